#!/usr/bin/env python3
"""Measures how fast consumer.py takes frames out of a ring, against NumPy on the same bytes.

Prints one JSON object, `{"consumer.read_batch": {...}, "consumer.follow_batches": {...}}`, each
`{"value", "floor", "ratio", "unit"}`, higher being better. Value and floor are medians over
rounds in which they take turns, so that a change of clock or load hits both.

Both floors copy frames out of the ring as bare bytes, the fastest NumPy can do: into a fresh
array for `read_batch`, which returns one, and into one reused array for `follow_batches(out=)`.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional, Union

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "python")]

from consumer import FRAME_BYTES, FRAME_DTYPE, FRAMES_OFFSET, PhysicsConsumer  # noqa: E402
from ring_writer import RingWriter  # noqa: E402

CAPACITY_FRAMES = 20_000
BATCH_FRAMES = 1_000
ROUNDS = 31

Result = Dict[str, Union[float, str]]


def frames_per_s(read: Callable[[], int]) -> float:
    started = time.perf_counter()
    frames = read()
    return frames / (time.perf_counter() - started)


def compare(read: Callable[[], int], floor: Callable[[], int]) -> Result:
    read(), floor()  # the first touch of every page
    reads: List[float] = []
    floors: List[float] = []
    for _ in range(ROUNDS):
        reads.append(frames_per_s(read))
        floors.append(frames_per_s(floor))
    value, limit = statistics.median(reads), statistics.median(floors)
    return {
        "value": round(value),
        "floor": round(limit),
        "ratio": round(value / limit, 3),
        "unit": "frames/s",
    }


def measure(path: str) -> Dict[str, Result]:
    writer = RingWriter(path, CAPACITY_FRAMES)
    writer.publish_many(CAPACITY_FRAMES)
    ring: npt.NDArray[np.uint8] = writer.bytes[FRAMES_OFFSET:].reshape(-1, FRAME_BYTES)
    out = np.empty(BATCH_FRAMES, FRAME_DTYPE)
    out_rows = out.view(np.uint8).reshape(BATCH_FRAMES, FRAME_BYTES)

    with PhysicsConsumer(path) as reader:

        def read_batch() -> int:
            for _ in range(CAPACITY_FRAMES // BATCH_FRAMES):
                frames = reader.read_batch(BATCH_FRAMES)
            assert len(frames) == BATCH_FRAMES
            return CAPACITY_FRAMES

        def copy_newest() -> int:
            for _ in range(CAPACITY_FRAMES // BATCH_FRAMES):
                # Kept until the next one is there, as its caller keeps what read_batch returns.
                copied = ring[-BATCH_FRAMES:].copy()
            assert len(copied) == BATCH_FRAMES
            return CAPACITY_FRAMES

        def follow_batches() -> int:
            reader.seek(0)
            batches = reader.follow_batches(BATCH_FRAMES, out, idle_timeout_s=0)
            frames = sum(len(batch) for batch in batches)
            assert frames == CAPACITY_FRAMES and reader.lapped == 0
            return frames

        def copy_all() -> int:
            for first in range(0, CAPACITY_FRAMES, BATCH_FRAMES):
                np.copyto(out_rows, ring[first : first + BATCH_FRAMES])
            return CAPACITY_FRAMES

        return {
            "consumer.read_batch": compare(read_batch, copy_newest),
            "consumer.follow_batches": compare(follow_batches, copy_all),
        }


def main() -> None:
    memory: Optional[str] = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="collider-bench-", dir=memory) as folder:
        print(json.dumps(measure(os.path.join(folder, "ring"))))


if __name__ == "__main__":
    main()
