"""The dtypes against the wire format, and what is refused when a ring is opened."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

import consumer
from consumer import PhysicsConsumer, RingAccessDenied, RingFormatError, RingNotFound, RingNotReady
from ring_writer import FIELD_OFFSETS, FRAMES_OFFSET, RingWriter, header_bytes


def test_every_frame_field_stands_at_its_offset_with_its_type() -> None:
    fields = consumer.FRAME_DTYPE.fields
    assert fields is not None
    assert consumer.FRAME_DTYPE.itemsize == 4224
    assert list(fields) == list(FIELD_OFFSETS)
    for name, (offset, kind) in FIELD_OFFSETS.items():
        dtype, found_offset = fields[name][:2]
        assert found_offset == offset, name
        if name != "event_id":
            assert dtype.base == np.dtype(kind), name
    assert fields["semantic"][0].shape == (1024,)
    assert fields["spin"][0].shape == (4,)
    assert fields["event_id"][0].itemsize == 16


def test_header_and_attractor_have_their_wire_sizes() -> None:
    assert consumer.HEADER_DTYPE.itemsize == 64
    assert consumer.ATTRACTOR_DTYPE.itemsize == 4192
    assert consumer.CONTROL_DTYPE.itemsize == 16 + 64 * 4192


@pytest.mark.parametrize(
    ("platform", "path"), [("linux", "/dev/shm/cs_physics"), ("darwin", "/tmp/cs_physics")]
)
def test_default_path_depends_on_the_platform(
    platform: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert consumer.default_path() == path


def test_default_path_is_the_one_that_the_gateway_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLIDER_RING_PATH", "/run/ring")
    assert consumer.default_path() == "/run/ring"


def test_default_path_on_windows_is_in_temp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("TEMP", "/temp")
    assert consumer.default_path() == os.path.join("/temp", "cs_physics")


def test_missing_ring_is_ring_not_found(path: str) -> None:
    with pytest.raises(RingNotFound, match="start the gateway"):
        PhysicsConsumer(path)


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        (header_bytes(4, 1, magic=0xDEADBEEF), "is not a ring"),
        (header_bytes(4, 1, version=1), "version 1"),
        (header_bytes(4, 1, version=3), "version 3"),
        (header_bytes(4, 1, frame_size=4096), "4096 bytes"),
        (header_bytes(0, 1), "capacity 0"),
    ],
)
def test_wrong_header_is_a_format_error_in_one_line(
    header: bytes, complaint: str, path: str
) -> None:
    Path(path).write_bytes(header + bytes(FRAMES_OFFSET + 4 * 4224))
    with pytest.raises(RingFormatError, match=complaint) as caught:
        PhysicsConsumer(path)
    assert "\n" not in str(caught.value)
    assert caught.value.hint in str(caught.value)


@pytest.mark.parametrize("size", [0, 63, 64, FRAMES_OFFSET + 4 * 4224 - 1])
def test_file_shorter_than_its_header_says_is_refused_before_it_is_mapped(
    size: int, path: str
) -> None:
    Path(path).write_bytes((header_bytes(4, 1) + bytes(FRAMES_OFFSET + 4 * 4224))[:size])
    with pytest.raises(RingNotReady):
        PhysicsConsumer(path)


def test_ring_still_being_created_is_not_ready(path: str) -> None:
    Path(path).write_bytes(bytes(FRAMES_OFFSET + 4 * 4224))
    with pytest.raises(RingNotReady, match="empty"):
        PhysicsConsumer(path)


def test_absurd_capacity_is_refused_by_the_file_size(path: str) -> None:
    Path(path).write_bytes(header_bytes(2**63, 1) + bytes(FRAMES_OFFSET))
    with pytest.raises(RingNotReady, match="truncated"):
        PhysicsConsumer(path)


def test_folder_is_not_a_ring(tmp_path: Path) -> None:
    with pytest.raises(RingFormatError, match="folder"):
        PhysicsConsumer(str(tmp_path))


def test_ring_of_another_user_is_access_denied(
    writer: RingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(*_: object, **__: object) -> None:
        raise PermissionError

    # Not by chmod: root, as in many containers, may read anyway.
    monkeypatch.setattr(consumer, "open", deny, raising=False)
    with pytest.raises(RingAccessDenied, match="can't be read"):
        PhysicsConsumer(writer.path)


def test_header_fields_are_read_live(writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader:
        writer.publish_many(20)
        assert (reader.head, reader.tail) == (20, 4)
        assert reader.capacity == 16
        assert reader.generation == writer.generation


def test_head_beyond_32_bits_is_read_whole(writer: RingWriter) -> None:
    struct.pack_into("<QQ", writer.bytes.data, 24, 2**40 + 5, 2**40)
    with PhysicsConsumer(writer.path) as reader:
        assert (reader.head, reader.tail) == (2**40 + 5, 2**40)


def test_alive_follows_the_heartbeat(writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader:
        writer.beat()
        assert reader.alive
        writer.set_heartbeat(1_700_000_000_000_000)
        assert not reader.alive
        writer.beat()
        assert reader.alive
        writer.set_heartbeat(0)
        assert not reader.alive


def test_unknown_start_is_refused(writer: RingWriter) -> None:
    with pytest.raises(ValueError, match="start"):
        PhysicsConsumer(writer.path, start="newest")


def test_closed_consumer_refuses_to_read_and_what_it_gave_stays(writer: RingWriter) -> None:
    writer.publish_many(1)
    with PhysicsConsumer(writer.path) as reader:
        view = reader.view(0)
    with pytest.raises(ValueError):
        reader.read_latest()
    assert view.frame_id == 0
    assert view.validate()
