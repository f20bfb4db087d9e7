"""Snapshots: single frames, batches, zero-copy views, and what the SeqLock keeps out."""

from __future__ import annotations

import itertools
import math
import os
import uuid
from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from consumer import FRAME_DTYPE, FrameArray, FrameUnavailable, ParticleFrame, PhysicsConsumer
from ring_writer import NEVER_A_FRAME, RingWriter

EVENT_ID = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")
FIELDS = {
    "semantic": np.arange(1024) / 1024,
    "delta_time": 0.5,
    "duration_ms": 12.25,
    "velocity": 3.5,
    "interrupt": 1.0,
    "timestamp_us": 1_700_000_000_123_456,
    "conversation_hash": 2**64 - 2,
    "workflow_node": -1,
    "case_status": 3,
    "lead_status": 2,
    "fill_rate": 0.75,
    "actor_type": 1,
    "intent_id": 42,
    "sentiment": -0.5,
    "confidence": 0.875,
    "spin": [0.5, -0.5, 0.5, -0.5],
    "event_id": np.frombuffer(EVENT_ID.bytes, np.uint8),
    "embedder": 3,
    "attractor": 7,
    "attraction": 0.9375,
}


def ids(frames: FrameArray) -> list[int]:
    return [int(frame_id) for frame_id in frames["frame_id"]]


def test_read_latest_gives_every_field_of_the_newest_frame(writer: RingWriter) -> None:
    writer.publish()
    writer.publish(**FIELDS)
    with PhysicsConsumer(writer.path) as reader:
        frame = reader.read_latest()
    assert frame is not None
    assert frame.frame_id == 1
    assert frame.event_id == EVENT_ID
    for name, value in FIELDS.items():
        if name != "event_id":
            np.testing.assert_array_equal(getattr(frame, name), value, err_msg=name)
    assert type(frame.conversation_hash) is int
    assert type(frame.velocity) is float


def test_read_latest_of_an_empty_ring_is_none(writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader:
        assert reader.read_latest() is None
        assert len(reader.read_batch(10)) == 0


def test_frame_has_no_other_attributes(writer: RingWriter) -> None:
    writer.publish()
    with PhysicsConsumer(writer.path) as reader:
        frame = reader.read_latest()
    with pytest.raises(AttributeError, match="spinn"):
        getattr(frame, "spinn")


@pytest.mark.parametrize(
    ("published", "n", "expected"),
    [
        (5, 3, range(2, 5)),
        (5, 10, range(0, 5)),
        (16, 16, range(0, 16)),
        (20, 10, range(10, 20)),
        (20, 100, range(4, 20)),
        (48, 16, range(32, 48)),
        (5, 0, range(0)),
    ],
)
def test_read_batch_gives_the_newest_frames_oldest_first(
    published: int, n: int, expected: range, writer: RingWriter
) -> None:
    writer.publish_many(published)
    with PhysicsConsumer(writer.path) as reader:
        frames = reader.read_batch(n)
    assert frames.dtype == FRAME_DTYPE
    assert ids(frames) == list(expected)
    assert (frames["semantic"] == frames["frame_id"][:, None]).all()


def test_read_batch_is_a_copy(writer: RingWriter) -> None:
    writer.publish(velocity=1)
    with PhysicsConsumer(writer.path) as reader:
        frames = reader.read_batch(1)
        for _ in range(16):
            writer.publish(velocity=2)
    assert frames["velocity"].tolist() == [1]


def test_read_batch_does_not_move_the_cursor(writer: RingWriter) -> None:
    writer.publish_many(3)
    with PhysicsConsumer(writer.path, start="oldest") as reader:
        reader.read_batch(3)
        assert [frame.frame_id for frame in reader.follow(idle_timeout_s=0)] == [0, 1, 2]


def test_read_batch_fills_the_array_it_is_given(writer: RingWriter) -> None:
    writer.publish_many(20)
    out = np.empty(12, FRAME_DTYPE)
    with PhysicsConsumer(writer.path) as reader:
        frames = reader.read_batch(10, out=out)
    assert np.shares_memory(frames, out)
    assert ids(frames) == list(range(10, 20))


@pytest.mark.parametrize(
    "out", [np.empty(3, FRAME_DTYPE), np.empty(40, FRAME_DTYPE)[::2], np.empty(9, np.float32)]
)
def test_unfit_out_array_is_refused(out: FrameArray, writer: RingWriter) -> None:
    writer.publish_many(8)
    with PhysicsConsumer(writer.path) as reader, pytest.raises(ValueError, match="out"):
        reader.read_batch(8, out=out)


def test_slot_being_written_is_left_out(writer: RingWriter) -> None:
    writer.publish_many(20)
    writer.sequence_of(10)[0] += 1
    with PhysicsConsumer(writer.path) as reader:
        assert ids(reader.read_batch(16)) == [i for i in range(4, 20) if i != 10]


def test_frame_that_the_writer_begins_to_overwrite_is_left_out(writer: RingWriter) -> None:
    writer.publish_many(16)
    writer.begin(16)
    with PhysicsConsumer(writer.path) as reader:
        assert ids(reader.read_batch(16)) == list(range(1, 16))


def test_slot_repaired_after_a_crash_is_never_a_frame(writer: RingWriter) -> None:
    writer.publish_many(20)
    writer.slot(10)[8:16].view("<u8")[0] = NEVER_A_FRAME
    with PhysicsConsumer(writer.path) as reader:
        assert ids(reader.read_batch(16)) == [i for i in range(4, 20) if i != 10]
        with pytest.raises(FrameUnavailable):
            reader.view(10)


def test_tail_that_moves_during_the_copy_discards_what_it_passed(
    writer: RingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.publish_many(16)
    with PhysicsConsumer(writer.path) as reader:
        _interfere_in_fence(3, monkeypatch, lambda: writer.set_tail(4))
        assert ids(reader.read_batch(16)) == list(range(4, 16))


def test_sequence_that_moves_during_the_copy_discards_its_frame(
    writer: RingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.publish_many(16)

    def rewrite_frame_5() -> None:
        writer.sequence_of(5)[0] += 2

    with PhysicsConsumer(writer.path) as reader:
        _interfere_in_fence(3, monkeypatch, rewrite_frame_5)
        assert ids(reader.read_batch(16)) == [i for i in range(16) if i != 5]


def test_batch_that_was_overwritten_as_a_whole_is_read_again(
    writer: RingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.publish_many(16)
    with PhysicsConsumer(writer.path) as reader:
        _interfere_in_fence(2, monkeypatch, lambda: writer.publish_many(16))
        frames = reader.read_batch(4)
    assert ids(frames) == [28, 29, 30, 31]
    assert (frames["semantic"] == frames["frame_id"][:, None]).all()


def _interfere_in_fence(
    number: int, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]
) -> None:
    """Runs `act` once, in a batch read's fence 2 (just before the copy) or 3 (just after)."""
    fences = itertools.count(1)

    def fence() -> None:
        if next(fences) == number:
            act()

    monkeypatch.setattr("consumer.memory_fence", fence)


def test_header_that_claims_more_frames_than_the_ring_holds_is_not_believed(
    writer: RingWriter,
) -> None:
    writer.publish_many(20)
    writer.set_tail(0)
    with PhysicsConsumer(writer.path, start="oldest") as reader:
        assert ids(reader.read_batch(100)) == list(range(4, 20))
        assert next(reader.follow()).frame_id == 4
        assert reader.lapped == 0


def test_view_copies_nothing_and_is_read_only(writer: RingWriter) -> None:
    writer.publish(**FIELDS)
    with PhysicsConsumer(writer.path) as reader:
        view = reader.view(0)
        writer.slot(0)[4120:4124].view("<f4")[0] = 99
        assert view.velocity == 99
        assert view.event_id == EVENT_ID
        with pytest.raises(ValueError, match="read-only"):
            view.semantic[0] = 1
        with pytest.raises(ValueError, match="read-only"):
            view.record["velocity"] = 1


def test_view_validates_until_its_slot_is_rewritten(writer: RingWriter) -> None:
    writer.publish_many(16)
    with PhysicsConsumer(writer.path) as reader:
        view = reader.view(0)
        assert view.validate()
        writer.begin(16)
        assert not view.validate()
        writer.finish(16)
        assert not view.validate()


def test_view_of_a_frame_the_writer_is_about_to_overwrite_is_unavailable(
    writer: RingWriter,
) -> None:
    writer.publish_many(16)
    writer.set_tail(1)
    with PhysicsConsumer(writer.path) as reader, pytest.raises(FrameUnavailable):
        reader.view(0)


@pytest.mark.parametrize("frame_id", [0, 3, 20, 36, -1])
def test_view_of_a_frame_outside_the_ring_is_unavailable(frame_id: int, writer: RingWriter) -> None:
    writer.publish_many(20)
    with PhysicsConsumer(writer.path) as reader:
        assert reader.view(4).frame_id == 4
        with pytest.raises(FrameUnavailable, match=str(frame_id)):
            reader.view(frame_id)


def test_dict_of_a_frame_holds_json_values_only(writer: RingWriter) -> None:
    writer.publish(**{**FIELDS, "velocity": math.nan, "attraction": math.inf})
    with PhysicsConsumer(writer.path) as reader:
        frame = reader.read_latest()
    assert frame is not None
    members = frame.to_dict()
    assert members["velocity"] is None and members["attraction"] is None
    assert members["conversation_hash"] == "fffffffffffffffe"
    assert members["event_id"] == str(EVENT_ID)
    assert members["spin"] == [0.5, -0.5, 0.5, -0.5]
    assert "semantic" not in members
    assert frame.to_dict(embeddings=True)["semantic"] == (np.arange(1024) / 1024).tolist()


def test_frames_are_never_torn_while_a_writer_rewrites_the_ring(
    path: str, busy_writer: Callable[[int, float], None]
) -> None:
    busy_writer(8, 0)
    seen = 0
    with PhysicsConsumer(path) as reader:
        while reader.head < 20_000:
            frames = reader.read_batch(8)
            seen += len(frames)
            expected = frames["frame_id"] % 65_536
            assert (frames["semantic"] == expected[:, None]).all()
            assert (frames["timestamp_us"] == frames["frame_id"]).all()
            latest = reader.read_latest()
            if latest is not None:
                assert (latest.semantic == latest.frame_id % 65_536).all()
    assert seen > 0


def test_a_view_that_validates_was_whole_while_a_writer_rewrites_the_ring(
    path: str, busy_writer: Callable[[int, float], None]
) -> None:
    busy_writer(8, 0)
    valid = 0
    with PhysicsConsumer(path) as reader:
        while reader.head < 20_000:
            try:
                view = reader.view(reader.tail + 1)
            except FrameUnavailable:
                continue
            semantic, frame_id = view.semantic.copy(), view.frame_id
            if view.validate():
                valid += 1
                assert (semantic == frame_id % 65_536).all()
    assert valid > 0


def test_repr_names_frame_and_event(writer: RingWriter) -> None:
    writer.publish(**FIELDS)
    with PhysicsConsumer(writer.path) as reader:
        assert repr(reader.read_latest()) == f"<ParticleFrame 0 of event {EVENT_ID}>"
        assert isinstance(reader.view(0), ParticleFrame)


def test_reading_goes_on_in_the_ring_of_a_gateway_that_started_anew(
    writer: RingWriter, tmp_path: Path
) -> None:
    writer.publish()
    with PhysicsConsumer(writer.path) as reader:
        writer.set_heartbeat(0)
        other = RingWriter(str(tmp_path / "other"), 8)
        os.replace(tmp_path / "other", writer.path)
        other.beat()
        other.publish_many(3)
        assert reader.alive
        assert ids(reader.read_batch(8)) == [0, 1, 2]
        assert reader.reopened == 1


def test_a_closed_consumer_says_so(writer: RingWriter) -> None:
    reader = PhysicsConsumer(writer.path)
    reader.close()
    for read in (reader.read_latest, lambda: reader.head, lambda: next(reader.follow())):
        with pytest.raises(ValueError, match="closed"):
            read()
    reader.close()


def test_the_path_may_be_a_path(writer: RingWriter) -> None:
    with PhysicsConsumer(Path(writer.path)) as reader:
        assert reader.capacity == writer.capacity
