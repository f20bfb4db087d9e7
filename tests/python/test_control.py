"""The control plane: what is written, exactly where, and what is refused."""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path
from typing import IO, Any, Callable

import numpy as np
import pytest

import consumer
from consumer import OnlineKMeans, PhysicsConsumer, RingAccessDenied, RingNotFound, RingNotReady
from ring_writer import CONTROL_OFFSET, RingWriter


def control(writer: RingWriter, layout: str, offset: int) -> Any:
    values = struct.unpack_from(layout, writer.bytes.data, CONTROL_OFFSET + offset)
    return values[0] if len(values) == 1 else values


def test_gravity_and_friction_land_at_their_offsets(writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader:
        reader.set_gravity(2.5, 0.25)
    assert control(writer, "<ff", 0) == (2.5, 0.25)


@pytest.mark.parametrize("index", [0, 1, 63])
def test_attractor_lands_at_its_offsets(index: int, writer: RingWriter) -> None:
    start = 16 + index * 4192
    vector = np.linspace(-1, 1, 1024, dtype=np.float32)
    before = writer.bytes.copy()
    with PhysicsConsumer(writer.path) as reader:
        reader.set_attractor(index, vector, 1.5, "complaints")
    assert control(writer, "<1024f", start) == tuple(vector.tolist())
    assert control(writer, "<f", start + 4096) == 1.5
    assert control(writer, "32s", start + 4100) == b"complaints".ljust(32, b"\0")
    changed = np.flatnonzero(before != writer.bytes) - CONTROL_OFFSET
    assert start <= changed.min() and changed.max() < start + 4132


def test_shorter_label_leaves_nothing_of_the_longer_one(writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader:
        reader.set_attractor(0, np.ones(1024), 1, "x" * 32)
        assert control(writer, "32s", 16 + 4100) == b"x" * 32
        reader.set_attractor(0, np.ones(1024), 1, "y")
        assert control(writer, "32s", 16 + 4100) == b"y".ljust(32, b"\0")


def test_attractor_count_lands_at_its_offset(writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader:
        for count in (64, 0):
            reader.update_attractor_count(count)
            assert control(writer, "<I", 8) == count


def test_attractor_has_no_mass_while_its_position_is_written(
    writer: RingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PhysicsConsumer(writer.path) as reader:
        reader.set_attractor(0, np.zeros(1024), 3)
        states = []
        monkeypatch.setattr(
            "consumer.memory_fence",
            lambda: states.append((control(writer, "<f", 16), control(writer, "<f", 16 + 4096))),
        )
        reader.set_attractor(0, np.ones(1024), 5)
    assert states == [(0, 0), (1, 0)]
    assert control(writer, "<f", 16 + 4096) == 5


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e39])
def test_number_that_is_not_finite_in_32_bits_is_refused(bad: float, writer: RingWriter) -> None:
    before = writer.bytes.copy()
    vector = np.zeros(1024)
    vector[1023] = bad
    with PhysicsConsumer(writer.path) as reader:
        writes: list[Callable[[], None]] = [
            lambda: reader.set_gravity(bad, 0.1),
            lambda: reader.set_gravity(1, bad),
            lambda: reader.set_attractor(0, vector, 1),
            lambda: reader.set_attractor(0, np.ones(1024), bad),
        ]
        for write in writes:
            with pytest.raises(ValueError, match="finite"):
                write()
    assert (before == writer.bytes).all()


@pytest.mark.parametrize(
    ("index", "vector", "label"),
    [
        (-1, np.ones(1024), ""),
        (64, np.ones(1024), ""),
        (0, np.ones(1023), ""),
        (0, np.ones((1, 1024)), ""),
        (0, np.ones(1024), "x" * 33),
        (0, np.ones(1024), "naïve"),
        (0, np.ones(1024), "a\0b"),
    ],
)
def test_unfit_attractor_is_refused(
    index: int, vector: Any, label: str, writer: RingWriter
) -> None:
    before = writer.bytes.copy()
    with PhysicsConsumer(writer.path) as reader, pytest.raises(ValueError):
        reader.set_attractor(index, vector, 1, label)
    assert (before == writer.bytes).all()


@pytest.mark.parametrize("count", [-1, 65])
def test_attractor_count_out_of_range_is_refused(count: int, writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader, pytest.raises(ValueError, match="0 to 64"):
        reader.update_attractor_count(count)


def test_control_plane_of_a_new_ring_is_the_one_written(writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader:
        reader.set_gravity(2, 2)
        writer.publish_many(3)
        new = RingWriter(writer.path, capacity=4)
        reader.set_gravity(3, 3)
        assert (reader.reopened, reader.lapped) == (1, 3)
    assert control(writer, "<ff", 0) == (2, 2)
    assert control(new, "<ff", 0) == (3, 3)


def test_control_plane_of_a_ring_being_replaced_is_not_ready(writer: RingWriter) -> None:
    unfinished = Path(f"{writer.path}.unfinished")
    unfinished.write_bytes(b"")
    with PhysicsConsumer(writer.path) as reader:
        unfinished.replace(writer.path)
        with pytest.raises(RingNotReady, match="being replaced"):
            reader.set_gravity(1, 1)


def test_control_plane_of_a_removed_ring_is_not_found(writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader:
        os.unlink(writer.path)
        with pytest.raises(RingNotFound):
            reader.set_gravity(1, 1)


def test_ring_that_may_not_be_written_can_be_read_but_not_controlled(
    writer: RingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_read_only(path: str, mode: str, buffering: int) -> IO[bytes]:
        if mode != "rb":
            raise PermissionError
        return open(path, mode, buffering)

    # Not by chmod: root, as in many containers, may write anyway.
    monkeypatch.setattr(consumer, "open", open_read_only, raising=False)
    writer.publish_many(1)
    with PhysicsConsumer(writer.path) as reader:
        assert reader.read_latest() is not None
        with pytest.raises(RingAccessDenied, match="can't be written"):
            reader.set_gravity(1, 1)


def unit_vectors_around(centres: Any, count: int, seed: int) -> Any:
    random = np.random.default_rng(seed)
    chosen = centres[random.integers(len(centres), size=count)]
    vectors = chosen + 0.005 * random.standard_normal((count, 1024))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_online_k_means_finds_the_centres_the_vectors_lie_around() -> None:
    centres = np.eye(5, 1024, dtype=np.float32)
    model = OnlineKMeans(8)
    for seed in range(20):
        model.partial_fit(unit_vectors_around(centres, 50, seed))
    assert len(model.centres) == 5
    assert (model.centres @ centres.T).max(axis=0).min() > 0.99
    np.testing.assert_allclose(np.linalg.norm(model.centres, axis=1), 1, rtol=1e-5)
    assert model.counts.sum() == 1000


def test_online_k_means_weighs_every_vector_alike_over_all_batches() -> None:
    first, second = np.zeros((2, 1024), np.float32)
    first[0] = 1
    second[:2] = 0.9, np.sqrt(1 - 0.9**2)
    model = OnlineKMeans(1)
    model.partial_fit(np.array([first, first, first]))
    model.partial_fit(np.array([second]))
    mean = 3 * first + second
    np.testing.assert_allclose(model.centres[0], mean / np.linalg.norm(mean), rtol=1e-5)


def test_online_k_means_never_opens_more_clusters_than_it_may() -> None:
    model = OnlineKMeans(3)
    model.partial_fit(np.eye(10, 1024, dtype=np.float32))
    assert model.centres.shape == (3, 1024)
    assert np.isfinite(model.centres).all()


def test_online_k_means_survives_opposite_vectors() -> None:
    model = OnlineKMeans(1)
    up = np.eye(1, 1024, dtype=np.float32)
    model.partial_fit(np.concatenate([up, -up]))
    assert np.isfinite(model.centres).all()
