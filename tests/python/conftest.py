from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from ring_writer import RingWriter  # noqa: E402

CONSUMER = ROOT / "consumer.py"


TEST_LIMIT_S = 30


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "time_limit(seconds): how long the test may take")


@pytest.fixture(autouse=True)
def time_limit(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that waits for what never comes."""
    marker = request.node.get_closest_marker("time_limit")
    limit_s = TEST_LIMIT_S if marker is None else marker.args[0]

    def give_up(*_: object) -> None:
        raise TimeoutError(f"no end after {limit_s} s")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(limit_s)
    yield
    signal.alarm(0)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "ring")


@pytest.fixture
def writer(path: str) -> RingWriter:
    """A new, empty ring of 16 frames."""
    return RingWriter(path, capacity=16)


@pytest.fixture
def busy_writer(path: str) -> Iterator[Callable[[int, float], None]]:
    """Starts a process that publishes without end: `busy_writer(capacity, pause_s)`.

    It writes bursts of 64 uniform frames with `pause_s` in between.
    """
    processes = []

    def start(capacity: int, pause_s: float) -> None:
        program = str(Path(__file__).with_name("ring_writer.py"))
        command = [sys.executable, program, path, str(capacity), str(pause_s)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        processes.append(process)
        assert process.stdout and process.stdout.readline() == b"ready\n"

    yield start
    for process in processes:
        process.communicate(b"stop\n", timeout=10)
