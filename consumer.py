#!/usr/bin/env python3
"""Reads Collider's frames out of shared memory.

The gateway publishes one 4,224-byte frame per event into a ring; this module maps that ring
and hands the frames to NumPy, PyTorch or Arrow. It needs Python 3.9 and NumPy, nothing else;
PyTorch and pyarrow are imported only by the methods that return their types.

    with PhysicsConsumer() as consumer:
        for frame in consumer.follow():
            print(frame.event_id, frame.velocity, frame.semantic[:3])

From a shell, `python consumer.py --follow` shows the frames as they come; see `--help`.

How a read is known to be whole
    The writer moves `tail` past a slot, makes its `sequence` odd, rewrites it, and makes it even
    again. A reader therefore notes the sequence, copies, then looks at the sequence, the frame id
    and `tail` once more; a frame for which any of them moved is discarded (a SeqLock: Boehm, "Can
    seqlocks get along with programming language memory models?", 2012).

    Every word shared with the writer is read by one aligned 8-byte load: `memoryview.cast("Q")`
    and NumPy's aligned `u8` loops do that, while `struct.unpack("<Q", ...)` assembles the value
    byte by byte and could mix two of them.

    The order of those loads matters too. x86-64 keeps it by itself; ARM does not, and NumPy has
    no fence, so `memory_fence` below builds one out of a lock.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import math
import mmap
import operator
import os
import sys
import tempfile
import threading
import time
import uuid
import warnings
import weakref
from datetime import datetime, timezone
from types import TracebackType
from typing import (
    IO,
    Any,
    Callable,
    Dict,
    Iterator,
    Optional,
    Sequence,
    SupportsIndex,
    Tuple,
    Type,
    TypeVar,
    Union,
)

try:
    import numpy as np
    import numpy.typing as npt
except ModuleNotFoundError as error:
    if __name__ != "__main__" or error.name != "numpy":
        raise
    sys.exit(f"consumer: it needs NumPy; install it with {sys.executable} -m pip install numpy")

MAGIC = 0xCAFEBABE
VERSION = 2
EMBEDDING_DIMS = 1024
ATTRACTORS_MAX = 64
LABEL_BYTES_MAX = 32
CONTROL_OFFSET = 4_096
FRAMES_OFFSET = 1_052_672

HEADER_DTYPE = np.dtype(
    [
        ("magic", "<u8"),
        ("version", "<u4"),
        ("frame_size", "<u4"),
        ("capacity", "<u8"),
        ("head", "<u8"),
        ("tail", "<u8"),
        ("heartbeat_us", "<i8"),
        ("generation", "<u8"),
        ("reserved", "<u8"),
    ]
)

FRAME_DTYPE = np.dtype(
    [
        ("sequence", "<u8"),
        ("frame_id", "<u8"),
        ("semantic", "<f4", (EMBEDDING_DIMS,)),
        ("delta_time", "<f4"),
        ("duration_ms", "<f4"),
        ("velocity", "<f4"),
        ("interrupt", "<f4"),
        ("timestamp_us", "<i8"),
        ("conversation_hash", "<u8"),
        ("workflow_node", "<i4"),
        ("case_status", "<i4"),
        ("lead_status", "<i4"),
        ("fill_rate", "<f4"),
        ("actor_type", "<i4"),
        ("intent_id", "<i4"),
        ("sentiment", "<f4"),
        ("confidence", "<f4"),
        ("spin", "<f4", (4,)),
        ("event_id", "V16"),
        ("embedder", "<u4"),
        ("attractor", "<i4"),
        ("attraction", "<f4"),
        ("reserved", "<u4"),
    ]
)

ATTRACTOR_DTYPE = np.dtype(
    [
        ("position", "<f4", (EMBEDDING_DIMS,)),
        ("mass", "<f4"),
        ("label", f"S{LABEL_BYTES_MAX}"),
        ("reserved", "V60"),
    ]
)

CONTROL_DTYPE = np.dtype(
    [
        ("global_gravity", "<f4"),
        ("friction", "<f4"),
        ("attractor_count", "<u4"),
        ("reserved", "<u4"),
        ("attractors", ATTRACTOR_DTYPE, (ATTRACTORS_MAX,)),
    ]
)

READER_DTYPE = np.dtype(
    [
        ("generation", "<u8"),
        ("next_frame_id", "<u8"),
        ("lapped", "<u8"),
        ("seen_us", "<i8"),
        ("pid", "<u4"),
        ("reserved", "<u4"),
        ("name", "S24"),
    ]
)

FRAME_BYTES = FRAME_DTYPE.itemsize
FIELDS: Tuple[str, ...] = tuple(
    name for name in FRAME_DTYPE.names or () if name not in ("sequence", "reserved")
)
"""What a frame says, in the frame's order: all its fields but the two that serve the ring."""

_SCALAR_FEATURES = (
    "delta_time",
    "duration_ms",
    "velocity",
    "interrupt",
    "fill_rate",
    "sentiment",
    "confidence",
    "attraction",
    "workflow_node",
    "case_status",
    "lead_status",
    "actor_type",
    "intent_id",
    "embedder",
    "attractor",
)
FEATURES: Tuple[str, ...] = _SCALAR_FEATURES + ("spin_w", "spin_x", "spin_y", "spin_z")
"""The columns of `PyTorchConsumer`'s feature tensor, in this order."""

ALIVE_WITHIN_US = 3_000_000
SPIN_S = 50e-6
SLEEP_MIN_S = 100e-6
# 0.8 ms plus the kernel's timer slack keeps a wake-up below 1 ms at about 2 % of a core.
SLEEP_MAX_S = 800e-6
REPLACED_CHECK_S = 0.25
PROGRESS_INTERVAL_S = 0.25
# follow() hands out frames one by one but copies them by the slab; a kept frame keeps its slab.
FOLLOW_SLAB_FRAMES = 64
READ_ATTEMPTS_MAX = 4
# The gateway lets an attractor pull only frames whose cosine similarity is above this.
ATTRACTION_COSINE_MIN = 0.8

FrameArray = npt.NDArray[np.void]
_Self = TypeVar("_Self", bound="PhysicsConsumer")

# The header seen as u64 words.
_HEAD, _TAIL, _HEARTBEAT, _GENERATION = 3, 4, 5, 6


class RingError(Exception):
    """What can be wrong with a ring, and a `hint` at what to do about it, in one line."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}; {hint}")
        self.hint = hint


class RingNotFound(RingError):
    """There is no file at the ring's path."""


class RingFormatError(RingError):
    """The file is not a ring that this reader understands."""


class RingNotReady(RingFormatError):
    """The file is shorter than it should be, or empty: cut off, or still being created."""


class RingAccessDenied(RingError):
    """The ring's permissions (mode 0600) don't let this user read or write it."""


class FrameUnavailable(RingError):
    """The frame asked for is not published yet, or no longer in the ring."""


class PackageMissing(ImportError):
    """An optional package is needed for what was asked."""


def default_path() -> str:
    """Where the gateway puts its ring: `COLLIDER_RING_PATH`, or else its place on this platform."""
    if os.environ.get("COLLIDER_RING_PATH"):
        return os.environ["COLLIDER_RING_PATH"]
    if sys.platform == "win32":
        return os.path.join(os.environ.get("TEMP", tempfile.gettempdir()), "cs_physics")
    return "/tmp/cs_physics" if sys.platform == "darwin" else "/dev/shm/cs_physics"


def memory_fence() -> None:
    """Keeps every load and store before this call before those after it, on ARM as on x86.

    Releasing a lock orders what came before it, acquiring one orders what follows, and an acquire
    can't overtake an earlier release of the same lock. One `with` alone would not do: both sides
    could slip into it and pass each other there. The lock is nobody else's, so it never waits,
    nor is it ever left locked in a forked child. Costs about 0.4 µs.
    """
    lock = threading.Lock()
    with lock:
        pass
    with lock:
        pass


def _number(name: str, meaning: str) -> Any:
    return property(lambda frame: frame.record[name].item(), doc=meaning)


def _vector(name: str, meaning: str) -> Any:
    return property(lambda frame: frame.record[name], doc=meaning)


class ParticleFrame:
    """One frame, its fields as attributes. `record` is the NumPy record it reads."""

    __slots__ = ("record",)

    frame_id: int = _number("frame_id", "0, 1, 2, ... within one generation of the ring")
    semantic: npt.NDArray[np.float32] = _vector(
        "semantic", "[1024], L2 norm 1; all zero when there is none"
    )
    delta_time: float = _number(
        "delta_time", "ln of the seconds since this conversation's previous event; 0 for its first"
    )
    duration_ms: float = _number("duration_ms", "from arrival to publication")
    velocity: float = _number(
        "velocity", "this conversation's messages per minute, plus the gravity boost"
    )
    interrupt: float = _number(
        "interrupt", "1 if it arrived while its conversation's previous event was in process"
    )
    timestamp_us: int = _number("timestamp_us", "arrival, Unix µs")
    conversation_hash: int = _number(
        "conversation_hash", "first 8 bytes, little-endian, of SHA-256 of the conversation id"
    )
    workflow_node: int = _number("workflow_node", "-1 = not in a workflow")
    case_status: int = _number("case_status", "0 new, 1 open, 2 pending, 3 resolved, 4 closed")
    lead_status: int = _number("lead_status", "0 cold, 1 warm, 2 hot, 3 converted, 4 lost")
    fill_rate: float = _number("fill_rate", "0 to 1")
    actor_type: int = _number("actor_type", "0 system, 1 human, 2 agent, 3 tool")
    intent_id: int = _number("intent_id", "the event type's id in the schema registry; -1 = none")
    sentiment: float = _number("sentiment", "-1 to 1")
    confidence: float = _number("confidence", "0 to 1")
    spin: npt.NDArray[np.float32] = _vector("spin", "[4], unit quaternion (w, x, y, z)")
    embedder: int = _number("embedder", "0 none, 1 local ONNX, 2 remote, 3 hashing")
    attractor: int = _number(
        "attractor", "index of the strongest attractor that pulled this frame; -1 = none"
    )
    attraction: float = _number("attraction", "its cosine similarity")

    def __init__(self, record: np.void) -> None:
        self.record = record

    @property
    def event_id(self) -> uuid.UUID:
        """The event's id in the gateway's store and HTTP API."""
        return uuid.UUID(bytes=self.record["event_id"].tobytes())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.frame_id} of event {self.event_id}>"

    def to_dict(self, embeddings: bool = False) -> Dict[str, Any]:
        """The fields as JSON values: hash in hex (JSON numbers are doubles), null for NaN."""
        members: Dict[str, Any] = {}
        for name in FIELDS:
            if name == "semantic" and not embeddings:
                continue
            value = getattr(self, name)
            if name == "event_id":
                members[name] = str(value)
            elif name == "conversation_hash":
                members[name] = f"{value:016x}"
            elif isinstance(value, np.ndarray):
                members[name] = [_finite_or_none(element) for element in value.tolist()]
            else:
                members[name] = _finite_or_none(value)
        return members


def _finite_or_none(value: float) -> Optional[float]:
    return value if math.isfinite(value) else None


class FrameView(ParticleFrame):
    """A frame read in place: nothing is copied, so the writer may overwrite it meanwhile.

    What was computed from it counts only if `validate()` is true *afterwards*.
    """

    __slots__ = ("_stamp",)

    def __init__(self, record: np.void) -> None:
        super().__init__(record)
        self._stamp = self._live_stamp()
        memory_fence()

    def is_of(self, frame_id: int) -> bool:
        """Whether the slot held this very frame, whole, when the view was made."""
        sequence, found_id = self._stamp
        return sequence % 2 == 0 and found_id == frame_id

    def validate(self) -> bool:
        """Whether everything read through this view so far was the frame asked for."""
        memory_fence()
        return self._live_stamp() == self._stamp

    def _live_stamp(self) -> Tuple[int, int]:
        return self.record["sequence"].item(), self.record["frame_id"].item()


class _ClosedWords:
    """The header of a ring that was let go of."""

    def __getitem__(self, index: int) -> int:
        raise ValueError("the consumer is closed")

    def release(self) -> None:
        pass


class _Ring:
    """One mapping of one ring file. The mapping lives as long as any array that looks into it."""

    def __init__(self, path: str) -> None:
        with _open_ring(path, "rb") as file:
            status = os.fstat(file.fileno())
            self.capacity = _checked_capacity(path, file.read(HEADER_DTYPE.itemsize), status)
            size = FRAMES_OFFSET + self.capacity * FRAME_BYTES
            mapping = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
        self._path = path
        self._file_id = (status.st_dev, status.st_ino)
        header = memoryview(mapping)[: HEADER_DTYPE.itemsize]
        self._words: Union[memoryview[int], _ClosedWords] = header.cast("Q")
        frame_bytes = np.frombuffer(mapping, np.uint8, self.capacity * FRAME_BYTES, FRAMES_OFFSET)
        self._look_at(frame_bytes.reshape(self.capacity, FRAME_BYTES))
        self.generation = self._words[_GENERATION]
        self._control: Optional[FrameArray] = None

    def _look_at(self, rows: npt.NDArray[np.uint8]) -> None:
        self.rows = rows
        self.frames: FrameArray = rows.view(FRAME_DTYPE)[:, 0]
        self.sequences: npt.NDArray[np.uint64] = self.frames["sequence"]
        self.frame_ids: npt.NDArray[np.uint64] = self.frames["frame_id"]

    @property
    def head(self) -> int:
        return self._words[_HEAD]

    @property
    def tail(self) -> int:
        return self._words[_TAIL]

    @property
    def alive(self) -> bool:
        return abs(time.time_ns() // 1000 - self._words[_HEARTBEAT]) < ALIVE_WITHIN_US

    def readable(self) -> Tuple[int, int]:
        """`(first, end)` of the frame ids that may be read now."""
        head = self.head
        memory_fence()
        # Both come from another process: never trust them to span more than the ring.
        return max(self.tail, head - self.capacity), head

    def snapshot(
        self, first: int, count: int, rows: npt.NDArray[np.uint8]
    ) -> npt.NDArray[np.bool_]:
        """Copies `count` frames from id `first` into `rows`; which of them are whole is returned.

        Bytes, not records: NumPy copies a structured array field by field, at half the speed.
        """
        start = first % self.capacity
        split = min(count, self.capacity - start)
        pieces = [(slice(start, start + split), slice(0, split))]
        if split < count:
            pieces.append((slice(0, count - split), slice(split, count)))
        before = np.empty(count, np.uint64)
        for source, target in pieces:
            before[target] = self.sequences[source]
        memory_fence()
        for source, target in pieces:
            rows[target] = self.rows[source]
        memory_fence()
        expected = np.arange(first, first + count, dtype=np.uint64)
        whole: npt.NDArray[np.bool_] = (before & 1) == 0
        for source, target in pieces:
            whole[target] &= self.sequences[source] == before[target]
            whole[target] &= self.frame_ids[source] == expected[target]
        whole[: max(0, self.tail - first)] = False
        return whole

    def control(self) -> FrameArray:
        """The control plane, writable. Mapped when first asked for, so that reading never is."""
        if self._control is None:
            with _open_ring(self._path, "r+b") as file:
                status = os.fstat(file.fileno())
                if (status.st_dev, status.st_ino) != self._file_id:
                    raise RingNotReady(f"{self._path} is being replaced", "try again")
                mapping = mmap.mmap(file.fileno(), FRAMES_OFFSET, access=mmap.ACCESS_WRITE)
            self._control = np.frombuffer(mapping, CONTROL_DTYPE, 1, CONTROL_OFFSET)
        return self._control

    def generation_changed(self) -> bool:
        """Whether the gateway has made another ring in this very file."""
        return self._words[_GENERATION] != self.generation

    def replaced(self) -> bool:
        """Whether the gateway has made another ring, in this file or in a new one at its path."""
        if self.generation_changed():
            return True
        try:
            status = os.stat(self._path)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) != self._file_id

    def close(self) -> None:
        self._words.release()
        self._words = _ClosedWords()
        self._look_at(np.empty((0, FRAME_BYTES), np.uint8))
        self._control = None


def _open_ring(path: str, mode: str) -> IO[bytes]:
    try:
        file: IO[bytes] = open(path, mode, buffering=0)
    except FileNotFoundError:
        raise RingNotFound(f"no ring at {path}", "start the gateway, or give --path") from None
    except PermissionError:
        message = f"{path} can't be {'read' if mode == 'rb' else 'written'}"
        raise RingAccessDenied(message, "run as the gateway's user") from None
    except IsADirectoryError:
        raise RingFormatError(f"{path} is a folder", "give the ring's file") from None
    except OSError as error:
        raise RingNotFound(f"{path} can't be opened: {error.strerror}", "give --path") from None
    return file


def _checked_capacity(path: str, header_bytes: bytes, status: os.stat_result) -> int:
    """The ring's capacity, once header and file size agree: reading past the file is a SIGBUS."""
    if len(header_bytes) < HEADER_DTYPE.itemsize:
        raise RingNotReady(f"{path} has no whole header", "wait for the gateway to create it")
    header = np.frombuffer(header_bytes, HEADER_DTYPE)[0]
    magic, version, frame_size = (int(header[name]) for name in ("magic", "version", "frame_size"))
    if magic == 0:
        raise RingNotReady(f"{path} is empty", "wait for the gateway to create it")
    if magic != MAGIC:
        raise RingFormatError(f"{path} is not a ring (magic {magic:#x})", "give the ring's --path")
    if version != VERSION:
        message = f"{path} is a ring of version {version}, this reads version {VERSION}"
        raise RingFormatError(message, "use the consumer.py that came with the gateway")
    if frame_size != FRAME_BYTES:
        message = f"{path} has frames of {frame_size} bytes, this reads {FRAME_BYTES}"
        raise RingFormatError(message, "use the consumer.py that came with the gateway")
    capacity = int(header["capacity"])
    if capacity == 0:
        raise RingFormatError(f"{path} has capacity 0", "recreate it with --ring-reset")
    size = FRAMES_OFFSET + capacity * FRAME_BYTES
    if status.st_size < size:
        message = f"{path} is truncated: {status.st_size:,} bytes of {size:,}"
        raise RingNotReady(message, "recreate it with --ring-reset")
    return capacity


def _as_rows(frames: FrameArray, count: int) -> npt.NDArray[np.uint8]:
    if frames.dtype != FRAME_DTYPE or not frames.flags.c_contiguous or len(frames) < count:
        raise ValueError(f"out must be a contiguous array of at least {count} FRAME_DTYPE")
    return frames[:count].view(np.uint8).reshape(count, FRAME_BYTES)


def _finite_float32(what: str, values: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """The values as the ring holds them. The gateway would ignore what is not finite."""
    with np.errstate(over="ignore"):
        converted = np.asarray(values, np.float64).astype(np.float32)
    if not np.isfinite(converted).all():
        raise ValueError(f"{what} must be finite 32-bit floats")
    return converted


def _optional_package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == name:
            raise PackageMissing(f"this needs {name}; pip install {name}") from None
        raise PackageMissing(f"{name} can't be used: {error}") from error


class _Progress:
    """Tells the gateway how far this reader has come, in a small file beside the ring.

    A courtesy to whoever watches the gateway: where it can't be done, nothing happens.
    """

    def __init__(self) -> None:
        self._due_at = 0.0
        self._record: Optional[FrameArray] = None
        self._remove: Callable[[], Any] = lambda: None

    def tell(self, ring_path: str, generation: int, next_frame_id: int, lapped: int) -> None:
        now = time.monotonic()
        if now < self._due_at:
            return
        if self._due_at == 0.0:
            self._open(f"{ring_path}.readers")
        self._due_at = now + PROGRESS_INTERVAL_S
        if self._record is not None:
            self._record["generation"] = generation
            self._record["next_frame_id"] = next_frame_id
            self._record["lapped"] = lapped
            self._record["seen_us"] = time.time_ns() // 1000

    def close(self) -> None:
        self._record = None
        self._remove()

    def _open(self, directory: str) -> None:
        path = os.path.join(directory, f"{os.getpid()}-{uuid.uuid4().hex[:8]}")
        try:
            os.makedirs(directory, mode=0o700, exist_ok=True)
            with open(path, "x+b") as file:
                file.truncate(READER_DTYPE.itemsize)
                mapping = mmap.mmap(file.fileno(), READER_DTYPE.itemsize)
        except OSError:
            return
        self._record = np.frombuffer(mapping, READER_DTYPE)
        self._record["pid"] = os.getpid()
        self._record["name"] = os.path.basename(sys.argv[0]).encode()
        # Also at the end of the process, for those who never close.
        self._remove = weakref.finalize(self, _remove_if_there, path)


def _remove_if_there(path: str) -> None:
    with contextlib.suppress(OSError):
        os.remove(path)


class PhysicsConsumer:
    """A reader of the ring, with one cursor that `follow` and `follow_batches` move along.

    Not for several threads at once: give each its own.

    Args:
        path: the ring's file; the platform's default when None.
        start: where the cursor begins: `"latest"`, with the next frame to be published, or
            `"oldest"`, with the oldest one still in the ring. See also `seek`.

    Raises:
        RingNotFound, RingFormatError, RingAccessDenied
    """

    lapped: int
    """Frames the cursor lost, because they were overwritten before they were read."""
    reopened: int
    """How often the gateway made a new ring and the cursor went on there, at its oldest frame."""

    def __init__(
        self, path: Optional[Union[str, os.PathLike[str]]] = None, start: str = "latest"
    ) -> None:
        if start not in ("latest", "oldest"):
            raise ValueError(f"start is 'latest' or 'oldest', not {start!r}")
        self.path = default_path() if path is None else os.fspath(path)
        self.lapped = 0
        self.reopened = 0
        self._ring = _Ring(self.path)
        self._replaced_check_at = 0.0
        self._progress = _Progress()
        self._next = self._ring.head if start == "latest" else self._ring.readable()[0]

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the ring. Frames already handed out stay valid, views too."""
        self._progress.close()
        self._ring.close()

    @property
    def head(self) -> int:
        """Frames ever published in this generation; the newest has id `head - 1`."""
        return self._ring.head

    @property
    def tail(self) -> int:
        """Id of the oldest frame that is still readable."""
        return self._ring.tail

    @property
    def capacity(self) -> int:
        """How many frames the ring holds."""
        return self._ring.capacity

    @property
    def generation(self) -> int:
        """A random number that changes when the ring is created afresh."""
        return self._ring.generation

    @property
    def alive(self) -> bool:
        """Whether the gateway gave a sign of life within the last 3 s."""
        self._leave_dead_ring()
        return self._ring.alive

    def read_latest(self) -> Optional[ParticleFrame]:
        """A copy of the newest frame; None while there is none."""
        frames = self.read_batch(1)
        return ParticleFrame(frames[0]) if len(frames) else None

    def read_batch(self, n: SupportsIndex, out: Optional[FrameArray] = None) -> FrameArray:
        """Copies the newest `n` frames, oldest first, without moving the cursor. When the gateway
        has made a new ring, these are that one's, and the cursor goes on there.

        Fewer when the ring has fewer, or when the oldest were overwritten during the copy.

        Args:
            out: a FRAME_DTYPE array of at least `n` to copy into and return a slice of. Reusing
                one saves the page faults of fresh memory, half the time of a large batch.
        """
        n = operator.index(n)
        self._leave_dead_ring()
        for _ in range(READ_ATTEMPTS_MAX):
            first, end = self._ring.readable()
            frames, _ = self._copy(max(first, end - n), end, out)
            if len(frames) or end == 0 or n <= 0:
                break
        return frames

    def follow(self, idle_timeout_s: Optional[float] = None) -> Iterator[ParticleFrame]:
        """Every frame from the cursor on, in order, waiting for more; see `follow_batches`."""
        while self._wait(idle_timeout_s):
            slab = self._take(FOLLOW_SLAB_FRAMES, None)
            end = self._next
            for frame in map(ParticleFrame, slab):
                # Moved frame by frame, so that whoever stops here goes on with the next one.
                self._next = after = frame.frame_id + 1
                yield frame
                if self._next != after:  # seek() or a new ring: the rest of the slab is history
                    break
            else:
                self._next = end

    def follow_batches(
        self,
        max_frames: SupportsIndex = 1_000,
        out: Optional[FrameArray] = None,
        idle_timeout_s: Optional[float] = None,
    ) -> Iterator[FrameArray]:
        """Every frame from the cursor on, in order, in arrays of at most `max_frames`.

        Waits for frames without burning a core, and wakes within about a millisecond. A reader
        that was lapped goes on at `tail`; `lapped` says how many frames it lost. When the gateway
        makes a new ring, it goes on there; `reopened` counts that.

        Args:
            out: as in `read_batch`; each array is then overwritten by the next one.
            idle_timeout_s: ends when no frame has come for so long; None waits forever.
        """
        max_frames = operator.index(max_frames)
        if max_frames < 1:
            raise ValueError("max_frames must be at least 1")
        if out is not None:
            _as_rows(out, max_frames)
        while self._wait(idle_timeout_s):
            frames = self._take(max_frames, out)
            if len(frames):
                yield frames

    def seek(self, frame_id: SupportsIndex) -> None:
        """Moves the cursor to a frame, or to the nearest one that can be read."""
        first, end = self._ring.readable()
        self._next = min(max(operator.index(frame_id), first), end)

    def view(self, frame_id: SupportsIndex) -> FrameView:
        """Looks at a frame in place, copying nothing: `validate()` it after use.

        Raises:
            FrameUnavailable
        """
        frame_id = operator.index(frame_id)  # A NumPy integer, of a frame, would wrap around.
        first, end = self._ring.readable()
        slot = frame_id % self._ring.capacity
        view = FrameView(self._ring.frames[slot])
        if not (first <= frame_id < end and view.is_of(frame_id)):
            message = f"frame {frame_id} is not in the ring"
            raise FrameUnavailable(message, f"it holds {end - first} frames from {first}")
        return view

    def set_gravity(self, gravity: float, friction: float) -> None:
        """Sets the gateway's global gravity (1.0 by default) and friction (0.1).

        Raises:
            ValueError: not finite as a 32-bit float.
            RingAccessDenied
        """
        checked = _finite_float32("gravity and friction", [gravity, friction])
        control = self._control()
        control["global_gravity"], control["friction"] = checked

    def set_attractor(
        self, index: int, vector: npt.ArrayLike, mass: float, label: str = ""
    ) -> None:
        """Places attractor `index` (0 to 63) at `vector` [1024]. It pulls frames whose embedding
        is within cosine 0.8 of it, once `update_attractor_count` has passed it.

        Raises:
            ValueError: an index, shape, number or label (ASCII, 32 bytes) out of range.
            RingAccessDenied
        """
        index = operator.index(index)
        position = _finite_float32("vector", vector)
        checked_mass = _finite_float32("mass", mass)
        if not label.isascii():
            raise ValueError(f"label must be ASCII, not {label!r}")
        label_bytes = label.encode("ascii")
        if not 0 <= index < ATTRACTORS_MAX:
            raise ValueError(f"attractor index must be 0 to {ATTRACTORS_MAX - 1}, not {index}")
        if position.shape != (EMBEDDING_DIMS,):
            raise ValueError(f"vector must have shape ({EMBEDDING_DIMS},), not {position.shape}")
        if len(label_bytes) > LABEL_BYTES_MAX or "\0" in label:
            raise ValueError(f"label must be at most {LABEL_BYTES_MAX} bytes, without NUL")
        attractor = self._control()["attractors"][0, index : index + 1]
        # Without mass it pulls nothing: the gateway never uses a half-written position.
        attractor["mass"] = 0
        memory_fence()
        attractor["position"] = position
        attractor["label"] = label_bytes
        memory_fence()
        attractor["mass"] = checked_mass

    def update_attractor_count(self, n: int) -> None:
        """Lets the gateway use attractors 0 to `n - 1`.

        Raises:
            ValueError: not 0 to 64.
            RingAccessDenied
        """
        if not 0 <= n <= ATTRACTORS_MAX:
            raise ValueError(f"attractor count must be 0 to {ATTRACTORS_MAX}, not {n}")
        self._control()["attractor_count"] = n

    @staticmethod
    def to_arrow(frames: FrameArray) -> Any:
        """A `pyarrow.RecordBatch` with one column per member of `FIELDS`.

        Embeddings become FixedSizeList<float32>[1024], the event id 16 fixed bytes, the arrival
        a UTC timestamp.

        Raises:
            PackageMissing: pyarrow is not installed.
        """
        pa = _optional_package("pyarrow")
        columns = []
        for name in FIELDS:
            values = np.ascontiguousarray(frames[name])
            if name == "event_id":
                buffers = [None, pa.py_buffer(values.tobytes())]
                columns.append(pa.Array.from_buffers(pa.binary(16), len(frames), buffers))
            elif values.ndim == 2:
                flat = pa.array(values.reshape(-1))
                columns.append(pa.FixedSizeListArray.from_arrays(flat, values.shape[1]))
            elif name == "timestamp_us":
                columns.append(pa.array(values).cast(pa.timestamp("us", tz="UTC")))
            else:
                columns.append(pa.array(values))
        return pa.RecordBatch.from_arrays(columns, names=list(FIELDS))

    def _copy(self, first: int, end: int, out: Optional[FrameArray]) -> Tuple[FrameArray, int]:
        """The whole frames of ids `first` to `end - 1`, and how many of them were not whole."""
        count = max(0, end - first)
        frames = np.empty(count, FRAME_DTYPE) if out is None else out
        rows = _as_rows(frames, count)
        if count == 0:
            return frames[:0], 0
        whole = self._ring.snapshot(first, count, rows)
        kept = int(np.count_nonzero(whole))
        if kept < count:
            rows[:kept] = rows[whole]
        return frames[:kept], count - kept

    def _take(self, max_frames: int, out: Optional[FrameArray]) -> FrameArray:
        """The next frames at the cursor, which moves past them and past what was lost."""
        if self._ring.generation_changed():
            self._reopen()
        first, end = self._ring.readable()
        if self._next < first:
            self.lapped += first - self._next
            self._next = first
        end = min(end, self._next + max_frames)
        frames, lost = self._copy(self._next, end, out)
        self._next = max(self._next, end)
        self.lapped += lost
        return frames

    def _wait(self, timeout_s: Optional[float]) -> bool:
        """Waits until there is a frame at the cursor; False when the timeout came first."""
        started = time.monotonic()
        sleep_s = SLEEP_MIN_S
        self._tell_progress()
        while self._ring.head <= self._next:
            self._tell_progress()
            now = time.monotonic()
            if timeout_s is not None and now - started >= timeout_s:
                return False
            if now >= self._replaced_check_at:
                self._replaced_check_at = now + REPLACED_CHECK_S
                if self._ring.replaced():
                    self._reopen()
            elif now - started > SPIN_S:
                time.sleep(sleep_s)
                sleep_s = min(2 * sleep_s, SLEEP_MAX_S)
        return True

    def _tell_progress(self) -> None:
        self._progress.tell(self.path, self._ring.generation, self._next, self.lapped)

    def _leave_dead_ring(self) -> None:
        """Goes on in the gateway's new ring, if it has left this one for another."""
        if not self._ring.alive and self._ring.replaced():
            self._reopen()

    def _control(self) -> FrameArray:
        if self._ring.replaced():
            self._reopen()
        return self._ring.control()

    def _reopen(self) -> None:
        """Goes on in the ring that is at the path now, unless it is still being created."""
        try:
            ring = _Ring(self.path)
        except (RingNotFound, RingNotReady):
            return
        if not self._ring.generation_changed():  # then its head still counts the old frames
            self.lapped += max(0, self._ring.head - self._next)
        self._ring.close()
        self._ring = ring
        self._next = ring.readable()[0]
        self.reopened += 1


class PyTorchConsumer(PhysicsConsumer):
    """Hands frames out as tensors that share memory with the copied frames."""

    def read_batch_tensors(self, n: SupportsIndex) -> Tuple[Any, Any]:
        """The newest `n` frames as `(semantic [n, 1024], features [n, len(FEATURES)])`, float32.

        Raises:
            PackageMissing: PyTorch is not installed.
        """
        return self.to_tensors(self.read_batch(n))

    @staticmethod
    def to_tensors(frames: FrameArray) -> Tuple[Any, Any]:
        """Frames as in `read_batch_tensors`; `semantic` is a strided view into them, no copy."""
        torch = _optional_package("torch")
        features = np.empty((len(frames), len(FEATURES)), np.float32)
        for column, name in enumerate(_SCALAR_FEATURES):
            features[:, column] = frames[name]
        features[:, len(_SCALAR_FEATURES) :] = frames["spin"]
        return torch.from_numpy(frames["semantic"]), torch.from_numpy(features)

    def dataset(self, batch_size: int, idle_timeout_s: Optional[float] = None) -> Any:
        """A `torch.utils.data.IterableDataset` of every frame from this consumer's cursor on.

        It yields whole batches of `batch_size` as in `read_batch_tensors`, so give it to
        `DataLoader(..., batch_size=None)`; only a last batch, after `idle_timeout_s` without
        frames, may be smaller. Of several workers, each takes the frames whose id modulo the
        number of workers is its own.
        """
        if batch_size < 1:
            raise ValueError("batch_size must be at least 1")
        return _frame_dataset(self.path, self._next, batch_size, idle_timeout_s)


def _frame_dataset(
    path: str, first_id: int, batch_size: int, idle_timeout_s: Optional[float]
) -> Any:
    torch = _optional_package("torch")

    class FrameDataset(torch.utils.data.IterableDataset):  # type: ignore[misc, name-defined]
        def __iter__(self) -> Iterator[Tuple[Any, Any]]:
            worker = torch.utils.data.get_worker_info()
            shard, shards = (worker.id, worker.num_workers) if worker else (0, 1)
            pending = np.empty(0, FRAME_DTYPE)
            with PhysicsConsumer(path) as consumer:
                consumer.seek(first_id)
                lapped = 0
                for frames in consumer.follow_batches(idle_timeout_s=idle_timeout_s):
                    if consumer.lapped > lapped:
                        warnings.warn(f"lost {consumer.lapped - lapped} frames", stacklevel=2)
                        lapped = consumer.lapped
                    mine = frames[frames["frame_id"] % shards == shard]
                    pending = np.concatenate([pending, mine])
                    while len(pending) >= batch_size:
                        yield PyTorchConsumer.to_tensors(pending[:batch_size])
                        pending = pending[batch_size:]
            if len(pending):
                yield PyTorchConsumer.to_tensors(pending)

        # A worker process that is spawned rather than forked makes its own class.
        def __reduce__(self) -> Tuple[Any, ...]:
            return _frame_dataset, (path, first_id, batch_size, idle_timeout_s)

    return FrameDataset()


class OnlineKMeans:
    """Spherical mini-batch k-means (Sculley, "Web-scale k-means clustering", 2010).

    A vector that no centre would attract opens a new cluster, until there are `clusters`.
    """

    def __init__(self, clusters: int) -> None:
        self.clusters = clusters
        self.centres: npt.NDArray[np.float32] = np.empty((0, EMBEDDING_DIMS), np.float32)
        self.counts: npt.NDArray[np.int64] = np.empty(0, np.int64)

    def partial_fit(self, vectors: npt.NDArray[np.float32]) -> None:
        """Moves each centre to the mean direction of all unit vectors it was nearest to."""
        while len(self.centres) < self.clusters:
            closeness = (vectors @ self.centres.T).max(axis=1, initial=-1)
            unclaimed = vectors[closeness <= ATTRACTION_COSINE_MIN]
            if not len(unclaimed):
                break
            self.centres = np.concatenate([self.centres, unclaimed[:1]])
            self.counts = np.append(self.counts, 0)
        nearest = (vectors @ self.centres.T).argmax(axis=1)
        for cluster in np.unique(nearest):
            members = vectors[nearest == cluster]
            self.counts[cluster] += len(members)
            rate = len(members) / self.counts[cluster]
            mean = (1 - rate) * self.centres[cluster] + rate * members.mean(axis=0)
            length = np.linalg.norm(mean)
            if length > 0:
                self.centres[cluster] = mean / length


def _note(text: str) -> None:
    print(f"consumer: {text}", file=sys.stderr, flush=True)


class _Printer:
    """Writes frames to stdout: one JSON object, or one aligned line, for each."""

    _HEADING = (
        f"{'frame':>9}  {'arrived':<12}  {'conversation':<16}  {'intent':>6}  {'msg/min':>8}"
        f"  {'ln dt/s':>7}  {'sentiment':>9}  embedding"
    )

    def __init__(self, as_json: bool, embeddings: bool) -> None:
        self._as_json = as_json
        self._embeddings = embeddings
        self._heading_due = not as_json
        self._colour = (
            sys.stdout.isatty()
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM") != "dumb"
        )

    def show(self, frames: FrameArray) -> None:
        if self._heading_due:
            print(self._paint("1", self._HEADING))
            self._heading_due = False
        for frame in map(ParticleFrame, frames):
            if self._as_json:
                print(json.dumps(frame.to_dict(self._embeddings)))
            else:
                print(self._line(frame))
        sys.stdout.flush()

    def _line(self, frame: ParticleFrame) -> str:
        try:
            arrived_at = datetime.fromtimestamp(frame.timestamp_us / 1e6, timezone.utc)
            arrived = arrived_at.strftime("%H:%M:%S.%f")[:-3]
        except (ValueError, OverflowError, OSError):
            arrived = "-"
        mood = "32" if frame.sentiment > 0.05 else "31" if frame.sentiment < -0.05 else "0"
        start = " ".join(f"{value:+.3f}" for value in frame.semantic[:3])
        return "  ".join(
            [
                self._paint("2", f"{frame.frame_id:>9}"),
                f"{arrived:<12}",
                self._paint("36", f"{frame.conversation_hash:016x}"),
                f"{frame.intent_id:>6}",
                f"{frame.velocity:>8.1f}",
                f"{frame.delta_time:>7.2f}",
                self._paint(mood, f"{frame.sentiment:>+9.2f}"),
                self._paint("2", f"[{start} ...]" if frame.semantic.any() else "none"),
            ]
        )

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


def _live_batches(consumer: PhysicsConsumer, limit: Optional[int]) -> Iterator[FrameArray]:
    """`follow_batches`, at most `limit` frames in all, with a note when frames were lost."""
    lapped, reopened, left = 0, 0, limit
    for frames in consumer.follow_batches():
        if consumer.reopened > reopened:
            _note("the gateway made a new ring: frame ids begin again")
        if consumer.lapped > lapped:
            _note(f"lost {consumer.lapped - lapped:,} frames: overwritten before they were read")
        lapped, reopened = consumer.lapped, consumer.reopened
        yield frames[:left]
        if left is not None:
            left -= len(frames)
            if left <= 0:
                return


def _learn(consumer: PhysicsConsumer, clusters: int, limit: Optional[int], as_json: bool) -> None:
    """Clusters the embeddings of the frames as they come; the centres become the attractors."""
    model = OnlineKMeans(clusters)
    for frames in _live_batches(consumer, limit):
        vectors = np.ascontiguousarray(frames["semantic"])
        vectors = vectors[np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)]
        if not len(vectors):
            continue
        model.partial_fit(vectors)
        shares = model.counts / model.counts.sum()
        for index, (centre, share) in enumerate(zip(model.centres, shares)):
            consumer.set_attractor(index, centre, float(share), f"cluster {index}")
        consumer.update_attractor_count(len(model.centres))
        total = int(model.counts.sum())
        if as_json:
            print(json.dumps({"frames": total, "masses": shares.round(4).tolist()}), flush=True)
        else:
            masses = " ".join(f"{share:.2f}" for share in shares)
            print(f"{total:>9} frames  {len(shares):>2} attractors  masses {masses}", flush=True)


def _show_tensors(path: Optional[str], n: int) -> None:
    with PyTorchConsumer(path) as consumer:
        semantic, features = consumer.read_batch_tensors(n)
    print(f"semantic  {tuple(semantic.shape)} {semantic.dtype}")
    print(f"features  {tuple(features.shape)} {features.dtype}")
    if len(features):
        print(f"{'':<14}{'mean':>12}{'min':>12}{'max':>12}")
        for name, column in zip(FEATURES, features.T):
            print(f"{name:<14}{column.mean():>12.4g}{column.min():>12.4g}{column.max():>12.4g}")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _parse_arguments(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="consumer.py",
        description="Shows the frames in Collider's ring: the newest ones, unless told otherwise.",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--follow", action="store_true", help="go on with new frames as they come")
    mode.add_argument("--pytorch", action="store_true", help="summarise the frames as tensors")
    mode.add_argument(
        "--learn", action="store_true", help="set attractors to clusters of the embeddings"
    )
    parser.add_argument(
        "--batch",
        type=_positive,
        default=10,
        metavar="N",
        help="the newest N frames; --follow begins with them (default: %(default)s)",
    )
    parser.add_argument(
        "--from",
        dest="start",
        choices=("oldest", "latest"),
        help="where --follow and --learn (default: oldest) begin",
    )
    parser.add_argument("--limit", type=_positive, metavar="N", help="stop after N frames")
    parser.add_argument(
        "--clusters",
        type=_positive,
        default=8,
        metavar="N",
        help="how many attractors --learn may set (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument("--embeddings", action="store_true", help="embeddings in the JSON too")
    path = default_path().replace("%", "%%")
    parser.add_argument("--path", help=f"the ring (default: {path})")
    options = parser.parse_args(arguments)
    if options.clusters > ATTRACTORS_MAX:
        parser.error(f"--clusters is at most {ATTRACTORS_MAX}")
    if options.start and not (options.follow or options.learn):
        parser.error("--from goes with --follow or --learn")
    if options.embeddings and not options.json:
        parser.error("--embeddings goes with --json")
    if options.json and options.pytorch:
        parser.error("--json does not go with --pytorch")
    return options


def _run(options: argparse.Namespace) -> None:
    if options.pytorch:
        _show_tensors(options.path, options.batch)
        return
    start = options.start or ("oldest" if options.learn else "latest")
    printer = _Printer(options.json, options.embeddings)
    with PhysicsConsumer(options.path, start) as consumer:
        if not consumer.alive:
            _note("the gateway is not running; this is what its ring holds")
        if options.learn:
            _learn(consumer, options.clusters, options.limit, options.json)
        elif options.follow:
            if options.start is None:
                # So that an event posted just before this command is seen, as with `tail -f`.
                consumer.seek(consumer.head - options.batch)
            for frames in _live_batches(consumer, options.limit):
                printer.show(frames)
        else:
            frames = consumer.read_batch(options.batch)[: options.limit]
            if not len(frames):
                _note("the ring is empty; post an event to the gateway")
            printer.show(frames)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the command line; the exit status is returned."""
    options = _parse_arguments(arguments)
    if sys.stdout is None:
        _note("the output can't be written: it is closed")
        return 1
    try:
        _run(options)
        sys.stdout.flush()
    except (RingError, PackageMissing) as error:
        _note(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output, `head` for one, is gone.
        _discard_output()
    except OSError as error:
        _note(f"the output can't be written: {error.strerror}")
        _discard_output()
        return 1
    return 0


def _discard_output() -> None:
    """Keeps the exit from flushing what can't be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
