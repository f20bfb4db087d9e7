"""Runs a command in a pseudo-terminal that another process drives.

    python pty_host.py COLUMNS ROWS COMMAND [ARGUMENT...]

Standard input takes messages: one byte for their kind, four for their length (big-endian), then
`k` keys as bytes, `r` a new size as "COLUMNS ROWS", `s` the number of a signal for the command.
Standard output has what the command writes. When it has ended, standard error gets one line of JSON:
its exit code (negative = the signal that ended it), and whether the terminal echoes and reads lines
again, as shells want it.
"""

import fcntl
import json
import os
import pty
import selectors
import signal
import struct
import sys
import termios
from typing import List


def set_size(terminal: int, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read_exactly(length: int) -> bytes:
    data = b""
    while len(data) < length:
        chunk = os.read(0, length - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def obey(terminal: int, pid: int) -> None:
    kind = read_exactly(1)
    data = read_exactly(struct.unpack(">I", read_exactly(4))[0])
    if kind == b"k":
        os.write(terminal, data)
    elif kind == b"r":
        set_size(terminal, *map(int, data.split()))
    elif kind == b"s":
        os.kill(pid, int(data))


def start(command: List[str], end: int) -> int:
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(end, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(end, fd)
        os.closerange(3, 256)
        os.execvp(command[0], command)
    return pid


def pass_on(terminal: int) -> None:
    sys.stdout.buffer.write(os.read(terminal, 65536))
    sys.stdout.buffer.flush()


def relay(terminal: int, child_signals: int, pid: int) -> int:
    """Until the command has ended; returns its status."""
    selector = selectors.DefaultSelector()
    for fd in (terminal, child_signals, 0):
        selector.register(fd, selectors.EVENT_READ)
    while True:
        ready = {key.fd for key, _ in selector.select()}
        if terminal in ready:
            pass_on(terminal)
        elif child_signals in ready:
            os.read(child_signals, 256)
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return status
        elif 0 in ready:
            obey(terminal, pid)


def main() -> None:
    columns, rows, *command = sys.argv[1:]
    child_signals, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # The end stays open, so that its settings can be read when the command has gone.
    terminal, end = pty.openpty()
    set_size(terminal, int(columns), int(rows))
    pid = start(command, end)
    try:
        status = relay(terminal, child_signals, pid)
    except EOFError:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    flags = termios.tcgetattr(end)[3]
    os.close(end)
    try:
        # Nobody has the other end any more: after what is left comes an error.
        while True:
            pass_on(terminal)
    except OSError:
        pass
    report = {
        "code": os.waitstatus_to_exitcode(status),
        "echoes": bool(flags & termios.ECHO),
        "readsLines": bool(flags & termios.ICANON),
    }
    print(json.dumps(report), file=sys.stderr)


main()
