"""Following the ring: order, laps, waiting, and rings that are replaced."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest

import consumer
from consumer import FRAME_DTYPE, PhysicsConsumer, RingFormatError
from conftest import ROOT
from ring_writer import FRAMES_OFFSET, RingWriter, header_bytes


def followed(reader: PhysicsConsumer, idle_timeout_s: float = 0) -> list[int]:
    return [frame.frame_id for frame in reader.follow(idle_timeout_s=idle_timeout_s)]


@pytest.fixture(autouse=True)
def check_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks for a replaced ring at every idle step, so that no test waits for it."""
    monkeypatch.setattr(consumer, "REPLACED_CHECK_S", 0)


def test_latest_starts_with_the_next_frame_published(writer: RingWriter) -> None:
    writer.publish_many(3)
    with PhysicsConsumer(writer.path) as reader:
        writer.publish_many(2)
        assert followed(reader) == [3, 4]


def test_oldest_starts_at_the_tail_and_that_is_no_loss(writer: RingWriter) -> None:
    writer.publish_many(20)
    with PhysicsConsumer(writer.path, start="oldest") as reader:
        assert followed(reader) == list(range(4, 20))
        assert reader.lapped == 0


@pytest.mark.parametrize(("frame_id", "first"), [(10, 10), (0, 4), (-5, 4), (20, None), (99, None)])
def test_seek_moves_to_the_nearest_readable_frame(
    frame_id: int, first: int | None, writer: RingWriter
) -> None:
    writer.publish_many(20)
    with PhysicsConsumer(writer.path) as reader:
        reader.seek(frame_id)
        assert followed(reader) == ([] if first is None else list(range(first, 20)))


def test_whoever_stops_following_goes_on_with_the_next_frame(writer: RingWriter) -> None:
    writer.publish_many(10)
    with PhysicsConsumer(writer.path, start="oldest") as reader:
        first_three = [frame.frame_id for frame in itertools.islice(reader.follow(), 3)]
        assert first_three + followed(reader) == list(range(10))
        assert reader.lapped == 0


def test_ids_of_frames_are_ids_whatever_their_type(writer: RingWriter) -> None:
    writer.publish_many(10)
    with PhysicsConsumer(writer.path) as reader:
        ids = reader.read_batch(np.uint64(8))["frame_id"]
        assert len(ids) == 8
        assert reader.view(ids[-1]).frame_id == 9
        reader.seek(ids[3])
        batches = reader.follow_batches(np.uint32(3), idle_timeout_s=0.01)
        assert [len(frames) for frames in batches] == [3, 2]
        assert reader.lapped == 0
        wrong: Any
        for wrong in (2.5, float("nan"), "1", None):
            for method in (reader.seek, reader.view, reader.read_batch):
                with pytest.raises(TypeError):
                    method(wrong)


def test_seek_takes_effect_while_following(writer: RingWriter) -> None:
    writer.publish_many(10)
    seen = []
    with PhysicsConsumer(writer.path, start="oldest") as reader:
        for frame in reader.follow(idle_timeout_s=0):
            seen.append(frame.frame_id)
            if frame.frame_id == 2:
                reader.seek(7)
    assert seen == [0, 1, 2, 7, 8, 9]


def test_lapped_reader_is_told_how_many_it_lost_and_goes_on_at_the_tail(
    writer: RingWriter,
) -> None:
    with PhysicsConsumer(writer.path) as reader:
        writer.publish_many(2)
        assert followed(reader) == [0, 1]
        writer.publish_many(48)
        assert followed(reader) == list(range(34, 50))
        assert reader.lapped == 32


def test_frames_lost_inside_a_batch_count_as_lapped(writer: RingWriter) -> None:
    writer.publish_many(16)
    writer.sequence_of(5)[0] += 1
    writer.sequence_of(15)[0] += 1
    with PhysicsConsumer(writer.path, start="oldest") as reader:
        assert followed(reader) == [i for i in range(15) if i != 5]
        assert reader.lapped == 2


def test_batches_hold_every_frame_once_and_at_most_max_frames(writer: RingWriter) -> None:
    writer.publish_many(23)
    with PhysicsConsumer(writer.path, start="oldest") as reader:
        batches = list(reader.follow_batches(max_frames=5, idle_timeout_s=0))
    assert [len(batch) for batch in batches] == [5, 5, 5, 1]
    assert np.concatenate(batches)["frame_id"].tolist() == list(range(7, 23))


def test_batches_reuse_the_array_they_are_given(writer: RingWriter) -> None:
    writer.publish_many(10)
    out = np.empty(4, FRAME_DTYPE)
    with PhysicsConsumer(writer.path, start="oldest") as reader:
        seen = []
        for frames in reader.follow_batches(4, out, idle_timeout_s=0):
            assert np.shares_memory(frames, out)
            seen += frames["frame_id"].tolist()
    assert seen == list(range(10))


def test_batches_of_nothing_are_refused(writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader, pytest.raises(ValueError, match="max_frames"):
        next(reader.follow_batches(max_frames=0))


def test_follow_waits_for_a_frame_that_comes_later(writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader:
        publisher = threading.Timer(0.02, writer.publish)
        publisher.start()
        assert next(reader.follow(idle_timeout_s=10)).frame_id == 0
        publisher.join()


def test_no_frame_is_skipped_or_repeated_while_a_writer_publishes(
    path: str, busy_writer: Callable[[int, float], None]
) -> None:
    busy_writer(4_096, 0.002)
    with PhysicsConsumer(path, start="oldest") as reader:
        first = reader.tail
        frames = itertools.islice(reader.follow(), 10_000)
        for expected, frame in enumerate(frames, first):
            assert frame.frame_id == expected
            assert frame.timestamp_us == expected
        assert reader.lapped == 0


def test_a_reader_slower_than_the_writer_loses_exactly_what_it_is_told(
    path: str, busy_writer: Callable[[int, float], None]
) -> None:
    busy_writer(8, 0)
    with PhysicsConsumer(path, start="oldest") as reader:
        first = reader.tail
        got = 0
        for frame in reader.follow():
            assert (frame.semantic == frame.frame_id % 65_536).all()
            got += 1
            if reader.lapped > 100 and got > 100:
                break
        # Up to a slab of frames was copied, and its losses counted, ahead of this one.
        assert 0 <= first + got + reader.lapped - (frame.frame_id + 1) <= 8


def test_new_ring_file_at_the_path_is_followed_from_its_oldest_frame(writer: RingWriter) -> None:
    writer.publish_many(5)
    with PhysicsConsumer(writer.path, start="oldest") as reader:
        assert followed(reader) == [0, 1, 2, 3, 4]
        writer.publish_many(2)
        RingWriter(writer.path, capacity=32).publish_many(3)
        assert followed(reader, idle_timeout_s=0.05) == [5, 6, 0, 1, 2]
        assert (reader.reopened, reader.lapped, reader.capacity) == (1, 0, 32)


def test_ring_created_afresh_in_the_same_file_is_followed(writer: RingWriter) -> None:
    writer.publish_many(5)
    with PhysicsConsumer(writer.path) as reader:
        writer.restart_in_place()
        writer.publish_many(2)
        assert followed(reader, idle_timeout_s=0.05) == [0, 1]
        assert (reader.reopened, reader.lapped) == (1, 0)
        assert reader.generation == writer.generation


def test_fresh_ring_is_noticed_even_when_its_head_is_already_ahead(writer: RingWriter) -> None:
    writer.publish_many(5)
    with PhysicsConsumer(writer.path) as reader:
        writer.restart_in_place()
        writer.publish_many(9)
        assert followed(reader) == list(range(9))
        assert (reader.reopened, reader.lapped) == (1, 0)


def test_reopened_ring_of_a_restarted_gateway_just_goes_on(writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader:
        writer.publish_many(2)
        assert followed(reader) == [0, 1]
        writer.set_heartbeat(0)
        writer.publish_many(2)
        assert followed(reader) == [2, 3]
        assert reader.reopened == 0


@pytest.mark.parametrize("unfinished", [b"", bytes(64), header_bytes(4, 9)])
def test_ring_that_is_still_being_created_is_waited_for(
    unfinished: bytes, writer: RingWriter
) -> None:
    creating = Path(f"{writer.path}.creating")
    with PhysicsConsumer(writer.path) as reader:
        creating.write_bytes(unfinished)
        creating.replace(writer.path)
        assert followed(reader, idle_timeout_s=0.01) == []
        RingWriter(writer.path, capacity=4).publish_many(1)
        assert followed(reader, idle_timeout_s=0.05) == [0]
        assert reader.reopened == 1


def test_removed_ring_is_waited_for(writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader:
        Path(writer.path).unlink()
        assert followed(reader, idle_timeout_s=0.01) == []
        writer.publish_many(1)
        assert followed(reader) == [0]


def test_replacement_of_another_version_ends_the_following(writer: RingWriter) -> None:
    other = Path(f"{writer.path}.other")
    other.write_bytes(header_bytes(4, 9, version=3) + bytes(FRAMES_OFFSET + 4 * 4224))
    with PhysicsConsumer(writer.path) as reader:
        other.replace(writer.path)
        with pytest.raises(RingFormatError, match="version 3"):
            followed(reader, idle_timeout_s=1)


def test_view_into_a_replaced_ring_still_sees_the_old_frame(writer: RingWriter) -> None:
    writer.publish(velocity=5)
    with PhysicsConsumer(writer.path) as reader:
        view = reader.view(0)
        RingWriter(writer.path, capacity=16).publish(velocity=6)
        assert followed(reader, idle_timeout_s=0.05) == [0]
        assert view.velocity == 5
        assert view.validate()


def reader_files(path: str) -> list[Path]:
    directory = Path(f"{path}.readers")
    return sorted(directory.iterdir()) if directory.exists() else []


def test_a_follower_says_how_far_it_has_come(path: str, writer: RingWriter) -> None:
    writer.publish_many(5)
    with PhysicsConsumer(path, start="oldest") as reader:
        assert reader_files(path) == []
        assert followed(reader, idle_timeout_s=0.6) == [0, 1, 2, 3, 4]
        [file] = reader_files(path)
        record = np.frombuffer(file.read_bytes(), consumer.READER_DTYPE)[0]
        assert record["next_frame_id"] == 5
        assert record["generation"] == reader.generation
        assert record["pid"] == os.getpid()
        assert abs(int(record["seen_us"]) - time.time_ns() // 1000) < 5_000_000
    assert reader_files(path) == []


def test_a_follower_that_is_never_closed_leaves_no_file(path: str, writer: RingWriter) -> None:
    writer.publish()
    program = f"""
import consumer
reader = consumer.PhysicsConsumer({path!r}, start="oldest")
assert len(list(reader.follow(idle_timeout_s=0.01))) == 1
import os
assert len(os.listdir({path!r} + ".readers")) == 1
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
    assert reader_files(path) == []


def test_a_reader_follows_where_it_can_leave_no_file(path: str, writer: RingWriter) -> None:
    Path(f"{path}.readers").write_text("in the way")
    writer.publish()
    with PhysicsConsumer(path, start="oldest") as reader:
        assert followed(reader, idle_timeout_s=0.05) == [0]
