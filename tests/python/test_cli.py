"""The command line: what it prints where, and its exit status."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterator

import numpy as np
import pytest

import consumer
from conftest import CONSUMER
from ring_writer import CONTROL_OFFSET, RingWriter, header_bytes


if TYPE_CHECKING:
    Starter = Callable[..., subprocess.Popen[str]]


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(CONSUMER), *arguments]


# Output must reach a pipe at once even where Python buffers it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), env=ENVIRONMENT, capture_output=True, text=True)


@pytest.fixture
def start() -> Iterator[Starter]:
    """Starts consumers that outlive the call, and ends them after the test."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command(*arguments), env=ENVIRONMENT, stdout=pipe, stderr=pipe, text=True
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout
    return [process.stdout.readline() for _ in range(count)]


def frame_ids(json_lines: list[str]) -> list[int]:
    return [json.loads(line)["frame_id"] for line in json_lines]


def test_without_arguments_the_newest_ten_frames_are_shown(writer: RingWriter) -> None:
    writer.publish_many(14)
    done = run("--path", writer.path)
    heading, *frames = done.stdout.splitlines()
    assert done.returncode == 0 and done.stderr == ""
    assert "conversation" in heading
    assert [int(line.split()[0]) for line in frames] == list(range(4, 14))
    assert "\x1b" not in done.stdout


def test_human_line_shows_the_frame_aligned_under_its_heading(writer: RingWriter) -> None:
    semantic = np.zeros(1024)
    semantic[:3] = (0.5, -0.25, 0.125)
    writer.publish(
        semantic=semantic,
        conversation_hash=0xABC,
        intent_id=7,
        velocity=12.5,
        delta_time=-1.25,
        sentiment=-0.5,
        timestamp_us=1_700_000_000_123_000,
    )
    heading, line = run("--path", writer.path).stdout.splitlines()
    for part in (
        "22:13:20.123",
        "0000000000000abc",
        "7",
        "12.5",
        "-1.25",
        "-0.50",
        "[+0.500 -0.250 +0.125 ...]",
    ):
        assert part in line
    for title, part in [("conversation", "0000"), ("embedding", "[+0.5")]:
        assert heading.index(title) == line.index(part)
    for title, part in [("msg/min", "12.5"), ("ln dt/s", "-1.25"), ("sentiment", "-0.50")]:
        assert heading.index(title) + len(title) == line.index(part) + len(part)


def test_absurd_timestamp_does_not_stop_the_output(writer: RingWriter) -> None:
    writer.publish(timestamp_us=2**62)
    done = run("--path", writer.path)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1].split()[1] == "-"


def test_json_prints_one_strict_object_per_frame(writer: RingWriter) -> None:
    event_id = uuid.uuid4()
    writer.publish(velocity=np.nan, event_id=np.frombuffer(event_id.bytes, np.uint8))
    plain = run("--path", writer.path, "--json").stdout
    assert json.loads(plain)["velocity"] is None
    assert json.loads(plain)["event_id"] == str(event_id)
    assert "NaN" not in plain and "semantic" not in plain
    full = run("--path", writer.path, "--json", "--embeddings").stdout
    assert len(json.loads(full)["semantic"]) == 1024


def test_batch_and_limit_bound_what_is_shown(writer: RingWriter) -> None:
    writer.publish_many(12)
    done = run("--path", writer.path, "--json", "--batch", "3")
    assert frame_ids(done.stdout.splitlines()) == [9, 10, 11]
    done = run("--path", writer.path, "--json", "--batch", "3", "--limit", "1")
    assert frame_ids(done.stdout.splitlines()) == [9]


def test_follow_begins_with_the_last_frames_and_goes_on(writer: RingWriter, start: Starter) -> None:
    writer.publish_many(12)
    process = start("--path", writer.path, "--json", "--follow", "--limit", "12")
    assert frame_ids(lines(process, 10)) == list(range(2, 12))
    writer.publish_many(2)
    assert frame_ids(lines(process, 2)) == [12, 13]
    assert process.wait(timeout=10) == 0


@pytest.mark.parametrize(("origin", "first"), [("oldest", 4), ("latest", 20)])
def test_follow_begins_where_it_is_told(
    origin: str, first: int, writer: RingWriter, start: Starter
) -> None:
    writer.publish_many(20)
    writer.set_heartbeat(0)
    process = start("--path", writer.path, "--json", "--follow", "--from", origin, "--limit", "1")
    # The note that the gateway is not running comes once the ring is open.
    assert process.stderr and "not running" in process.stderr.readline()
    if origin == "latest":
        writer.publish_many(1)
    assert frame_ids(lines(process, 1)) == [first]


def test_follow_stops_at_the_limit_inside_a_batch(writer: RingWriter) -> None:
    writer.publish_many(10)
    done = run("--path", writer.path, "--json", "--follow", "--limit", "3")
    assert frame_ids(done.stdout.splitlines()) == [0, 1, 2]


def test_follow_says_when_frames_were_lost(
    writer: RingWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    with consumer.PhysicsConsumer(writer.path) as reader:
        writer.publish_many(20)
        assert len(next(consumer._live_batches(reader, None))) == 16
    assert capsys.readouterr().err == (
        "consumer: lost 4 frames: overwritten before they were read\n"
    )


def test_follow_says_when_the_ring_was_made_anew(
    writer: RingWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    with consumer.PhysicsConsumer(writer.path) as reader:
        RingWriter(writer.path, capacity=4).publish_many(2)
        assert len(next(consumer._live_batches(reader, None))) == 2
    assert "frame ids begin again" in capsys.readouterr().err


def test_empty_ring_is_said_to_be_empty(writer: RingWriter) -> None:
    done = run("--path", writer.path)
    assert done.returncode == 0
    assert "post an event" in done.stderr


def test_stopped_gateway_is_noted_on_stderr_only(writer: RingWriter) -> None:
    writer.publish_many(1)
    writer.set_heartbeat(0)
    done = run("--path", writer.path, "--json")
    assert "not running" in done.stderr
    assert frame_ids(done.stdout.splitlines()) == [0]


def test_missing_ring_is_one_line_and_exit_1(path: str) -> None:
    for mode in ([], ["--follow"], ["--learn"]):
        done = run("--path", path, *mode)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"consumer: no ring at {path}; start the gateway, or give --path\n"


def test_broken_ring_is_one_line_and_exit_1(path: str) -> None:
    Path(path).write_bytes(header_bytes(1000, 1))
    done = run("--path", path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "truncated" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--batch", "0"],
        ["--batch", "many"],
        ["--limit", "-1"],
        ["--clusters", "65"],
        ["--from", "oldest"],
        ["--embeddings"],
        ["--json", "--pytorch"],
        ["--follow", "--learn"],
    ],
)
def test_senseless_arguments_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit:
        consumer.main(arguments)
    assert exit.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_without_a_traceback(writer: RingWriter, start: Starter) -> None:
    writer.publish_many(1)
    process = start("--path", writer.path, "--follow")
    lines(process, 2)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130
    assert process.stderr and process.stderr.read() == ""


def test_closed_pipe_ends_without_a_traceback(path: str, start: Starter) -> None:
    writer = RingWriter(path, capacity=8_192)
    writer.publish_many(10)
    process = start("--path", writer.path, "--json", "--follow")
    lines(process, 1)
    assert process.stdout
    process.stdout.close()
    while process.poll() is None:
        writer.publish_many(1)
    assert process.returncode == 0
    assert process.stderr and process.stderr.read() == ""


def test_colour_is_for_terminals_that_want_it(
    writer: RingWriter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    writer.publish(sentiment=0.5)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    consumer.main(["--path", writer.path])
    assert "\x1b[32m" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    consumer.main(["--path", writer.path])
    assert "\x1b" not in capsys.readouterr().out


def test_learn_sets_the_attractors_to_the_clusters_of_the_embeddings(writer: RingWriter) -> None:
    for axis in (0, 1, 0, 2, 0, 1):
        writer.publish(semantic=np.eye(3, 1024)[axis])
    writer.publish()  # without embedding
    writer.publish(semantic=np.full(1024, np.nan))
    done = run("--path", writer.path, "--learn", "--json", "--limit", "8")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"frames": 6, "masses": [0.5, 0.3333, 0.1667]}
    control = writer.bytes.data
    assert struct.unpack_from("<I", control, CONTROL_OFFSET + 8) == (3,)
    for index, mass in enumerate((1 / 2, 1 / 3, 1 / 6)):
        start = CONTROL_OFFSET + 16 + index * 4192
        assert struct.unpack_from("<1024f", control, start) == tuple(np.eye(3, 1024)[index])
        assert struct.unpack_from("<f", control, start + 4096)[0] == pytest.approx(mass)
        label = struct.unpack_from("32s", control, start + 4100)[0]
        assert label.rstrip(b"\0") == f"cluster {index}".encode()


def test_learn_respects_the_number_of_clusters(writer: RingWriter) -> None:
    for axis in range(4):
        writer.publish(semantic=np.eye(4, 1024)[axis])
    done = run("--path", writer.path, "--learn", "--clusters", "2", "--limit", "4")
    assert "2 attractors" in done.stdout
    assert struct.unpack_from("<I", writer.bytes.data, CONTROL_OFFSET + 8) == (2,)


def test_pytorch_without_torch_is_one_line_and_exit_1(
    writer: RingWriter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert consumer.main(["--path", writer.path, "--pytorch"]) == 1
    assert capsys.readouterr().err == "consumer: this needs torch; pip install torch\n"


def test_a_package_that_is_there_and_fails_says_why(
    writer: RingWriter, tmp_path: Path
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('torch needs another NumPy')")
    environment = {**ENVIRONMENT, "PYTHONPATH": str(tmp_path)}
    arguments = command("--path", writer.path, "--pytorch")
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "consumer: torch can't be used: torch needs another NumPy\n"


@pytest.mark.parametrize(
    ("path", "problem"),
    [(f"{CONSUMER}/ring", "Not a directory"), (f"/{'x' * 5_000}", "File name too long")],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows says it otherwise")
def test_a_path_that_can_not_be_opened_is_named(path: str, problem: str) -> None:
    done = run("--path", path)
    assert done.returncode == 1
    assert done.stderr == f"consumer: {path} can't be opened: {problem}; give --path\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_closed_output_is_one_line_and_exit_1(writer: RingWriter) -> None:
    writer.publish_many(1)
    script = ["sh", "-c", 'exec "$@" >&-', "sh", *command("--path", writer.path)]
    done = subprocess.run(script, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "consumer: the output can't be written: it is closed\n"
