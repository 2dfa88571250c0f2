"""What the launcher of the embedded server does to a server and its directory; no client is needed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

_POLL = 0.002
_ANSWER = 1.0  # seconds
_LOG_BYTES, _LOG_LINES = 4096, 20


def spawn(command: list[str], *, log: Path, lock: int, scratch: list[str], grace: float) -> subprocess.Popen[bytes]:
    """Start a server under a keeper, and hand the descriptor *lock* to both."""
    script = [sys.executable, "-I", "-S", str(Path(__file__).with_name("_keeper.py"))]
    try:
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603  # what is run is the user's own choice
                [*script, str(grace), *scratch, "--", *command],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=[lock],
                start_new_session=True,
            )
    finally:
        # It is free when the last who holds it is gone: not before the server, and not after.
        os.close(lock)


def await_answer(keeper: subprocess.Popen[bytes], socket_path: Path, seconds: float) -> str | None:
    """Wait until the server answers; None, or what happened instead."""
    deadline = time.monotonic() + seconds
    while ask(socket_path, b"PING\r\n", _ANSWER) != b"+PONG\r\n":
        if keeper.poll() is not None:
            return "ended at its start"
        if time.monotonic() > deadline:
            return f"did not answer within {seconds} s"
        time.sleep(_POLL)
    return None


def let_go(keeper: subprocess.Popen[bytes]) -> None:
    """Close the pipe to a keeper: to the watcher this is the end of the program."""
    if keeper.stdin is not None:
        keeper.stdin.close()


def end(keeper: subprocess.Popen[bytes], socket_path: Path, grace: float) -> None:
    """End a server by ever harsher means, with *grace* seconds after each, and reap its keeper."""
    if ask(socket_path, b"SHUTDOWN\r\n", grace) == b"":
        _wait(keeper, grace)
    let_go(keeper)
    _wait(keeper, 2 * grace)
    if keeper.returncode is None:
        os.killpg(keeper.pid, signal.SIGKILL)
        _wait(keeper, grace)


def _wait(keeper: subprocess.Popen[bytes], seconds: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        keeper.wait(seconds)


def ask(socket_path: Path, command: bytes, timeout: float) -> bytes | None:
    """Send a command; the reply, empty if the server hangs up instead, None if it cannot be had."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(str(socket_path))
            connection.sendall(command)
            return connection.recv(512)
    except OSError:
        return None


def lock(path: Path, seconds: float) -> int | None:
    """Take the lock of a data directory within *seconds*; a descriptor that holds it, or None."""
    import fcntl  # not on Windows, where the search for a server has failed before

    descriptor = os.open(path / "upcast.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                return None
            time.sleep(_POLL)
        else:
            return descriptor


def free_port() -> int:
    """Find a TCP port on 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def size(log: Path) -> int:
    """Return how long a log is by now."""
    return log.stat().st_size if log.exists() else 0


def tail(log: Path, start: int) -> str:
    """Read the last lines of a log, none from before the offset *start*."""
    with log.open("rb") as written:
        written.seek(max(start, size(log) - _LOG_BYTES))
        return "\n".join(written.read().decode(errors="replace").splitlines()[-_LOG_LINES:])
