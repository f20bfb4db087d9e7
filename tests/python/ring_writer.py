"""A ring writer for the tests, in the order and at the offsets of the wire format, version 2.

The offsets are written out here once more, on purpose: a test that borrowed them from the
consumer could not notice that they are wrong there. Run as a program, it publishes frames in a
tight loop until its standard input closes.
"""

from __future__ import annotations

import mmap
import os
import random
import select
import struct
import sys
import threading
import time
from typing import Any, Optional

import numpy as np
import numpy.typing as npt

HEADER_BYTES = 64
CONTROL_OFFSET = 4_096
FRAMES_OFFSET = 1_052_672
FRAME_BYTES = 4_224
NEVER_A_FRAME = 2**64 - 1

# Field: its offset in the frame and its NumPy type.
FIELD_OFFSETS = {
    "sequence": (0, "<u8"),
    "frame_id": (8, "<u8"),
    "semantic": (16, "<f4"),
    "delta_time": (4112, "<f4"),
    "duration_ms": (4116, "<f4"),
    "velocity": (4120, "<f4"),
    "interrupt": (4124, "<f4"),
    "timestamp_us": (4128, "<i8"),
    "conversation_hash": (4136, "<u8"),
    "workflow_node": (4144, "<i4"),
    "case_status": (4148, "<i4"),
    "lead_status": (4152, "<i4"),
    "fill_rate": (4156, "<f4"),
    "actor_type": (4160, "<i4"),
    "intent_id": (4164, "<i4"),
    "sentiment": (4168, "<f4"),
    "confidence": (4172, "<f4"),
    "spin": (4176, "<f4"),
    "event_id": (4192, "|u1"),
    "embedder": (4208, "<u4"),
    "attractor": (4212, "<i4"),
    "attraction": (4216, "<f4"),
    "reserved": (4220, "<u4"),
}

_lock = threading.Lock()


def fence() -> None:
    with _lock:
        pass
    with _lock:
        pass


def header_bytes(
    capacity: int,
    generation: int,
    magic: int = 0xCAFEBABE,
    version: int = 2,
    frame_size: int = FRAME_BYTES,
) -> bytes:
    return struct.pack("<QIIQQQqQQ", magic, version, frame_size, capacity, 0, 0, 0, generation, 0)


class RingWriter:
    """Makes a new ring file at `path` and publishes into it."""

    def __init__(self, path: str, capacity: int, generation: Optional[int] = None) -> None:
        self.path = path
        self.capacity = capacity
        self.generation = random.getrandbits(63) | 1 if generation is None else generation
        size = FRAMES_OFFSET + capacity * FRAME_BYTES
        creating = f"{path}.new"
        with open(creating, "w+b") as file:
            os.chmod(creating, 0o600)
            file.truncate(size)
            file.write(header_bytes(capacity, self.generation))
            file.flush()
            mapping = mmap.mmap(file.fileno(), size)
        os.replace(creating, path)
        self.bytes: npt.NDArray[np.uint8] = np.frombuffer(mapping, np.uint8)
        self._words = memoryview(mapping)[:HEADER_BYTES].cast("Q")
        self.beat()

    head = property(lambda self: self._words[3])
    tail = property(lambda self: self._words[4])

    def beat(self) -> None:
        self.set_heartbeat(time.time_ns() // 1000)

    def set_heartbeat(self, unix_us: int) -> None:
        self._words[5] = unix_us

    def set_tail(self, tail: int) -> None:
        self._words[4] = tail

    def set_generation(self, generation: int) -> None:
        self._words[6] = self.generation = generation

    def restart_in_place(self) -> None:
        """What a gateway does that creates its ring afresh in the same file."""
        self._words[3] = self._words[4] = 0
        self.bytes[FRAMES_OFFSET:] = 0
        self.set_generation(self.generation + 1)

    def slot(self, frame_id: int) -> npt.NDArray[np.uint8]:
        start = FRAMES_OFFSET + frame_id % self.capacity * FRAME_BYTES
        return self.bytes[start : start + FRAME_BYTES]

    def sequence_of(self, frame_id: int) -> npt.NDArray[np.uint64]:
        return self.slot(frame_id)[:8].view("<u8")

    def begin(self, frame_id: int) -> None:
        """Steps 1 and 2 of the publication: after this the slot is being written."""
        if frame_id >= self.capacity:
            self._words[4] = max(self.tail, frame_id - self.capacity + 1)
        fence()
        self.sequence_of(frame_id)[0] += 1
        fence()

    def finish(self, frame_id: int) -> None:
        """Steps 4 and 5."""
        fence()
        self.sequence_of(frame_id)[0] += 1
        fence()
        self._words[3] = frame_id + 1

    def publish(self, **fields: Any) -> int:
        """Publishes one frame; its fields are 0 but for those given. Its id is returned."""
        frame_id: int = self.head
        self.begin(frame_id)
        slot = self.slot(frame_id)
        slot[16:] = 0
        for name, value in {"frame_id": frame_id, **fields}.items():
            offset, kind = FIELD_OFFSETS[name]
            values = np.atleast_1d(np.asarray(value, kind))
            slot[offset : offset + values.nbytes] = values.view(np.uint8)
        self.finish(frame_id)
        return frame_id

    def publish_many(self, count: int) -> None:
        for _ in range(count):
            self.publish(semantic=np.full(1024, self.head % 65_536), timestamp_us=self.head)

    def publish_uniform(self) -> None:
        """A frame whose whole embedding and arrival repeat its id, so that a mix is seen."""
        frame_id: int = self.head
        self.begin(frame_id)
        slot = self.slot(frame_id)
        slot[8:16].view("<u8")[0] = frame_id
        slot[16:4112].view("<f4")[:] = frame_id % 65_536
        slot[4128:4136].view("<i8")[0] = frame_id
        self.finish(frame_id)


def main(path: str, capacity: int, pause_s: float) -> None:
    writer = RingWriter(path, capacity)
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], pause_s)[0]:
        for _ in range(64):
            writer.publish_uniform()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
