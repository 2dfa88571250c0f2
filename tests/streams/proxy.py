"""A proxy that breaks connections at a place that is named: the nth command of a kind, before it or after it.

    async with Proxy(server.socket_path) as proxy:
        lost = proxy.expect("XREADGROUP", action="drop the reply", filled=True)
        async with proxy.client() as client:
            ...
        await lost.happens()

It takes one command at a time from each connection, waits for its reply and hands that on, so nothing about it depends
on timing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import attrs
import valkey.asyncio

__all__ = ["Action", "Fault", "Proxy"]

Action = Literal["refuse the command", "drop the reply", "hold the command", "hold the reply", "fall silent"]
Words = Sequence[bytes]

_PATIENCE = 10.0
_EMPTY = (b"*0\r\n", b"*-1\r\n", b"$-1\r\n")


@attrs.define(eq=False)
class Fault:
    """Something that will go wrong, once.

    Attributes:
        matches: Which commands count.
        action: To refuse a command or to drop its reply cuts the connection; silence keeps it.
        nth: Which of the commands that count.
        filled: Whether only commands with a reply that carries something count.
        command: The command it happened to.
    """

    matches: Callable[[Words], bool]
    action: Action
    nth: int
    filled: bool
    command: Words = ()
    _seen: int = 0
    _happened: asyncio.Event = attrs.field(factory=asyncio.Event)
    _released: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def happens(self) -> None:
        """Wait for it."""
        async with asyncio.timeout(_PATIENCE):
            await self._happened.wait()

    def release(self) -> None:
        """Let go of what is held."""
        self._released.set()

    async def hold(self) -> None:
        """Wait until it is released."""
        async with asyncio.timeout(_PATIENCE):
            await self._released.wait()

    def strikes(self, command: Words, reply: bytes | None) -> bool:
        """Whether it happens now: *reply* is None before the command is passed on."""
        before = self.action in ("refuse the command", "hold the command", "fall silent")
        if self._happened.is_set() or before != (reply is None) or not self.matches(command):
            return False
        if self.filled and reply in _EMPTY:
            return False
        self._seen += 1
        if self._seen == self.nth:
            self.command = command
            self._happened.set()
        return self._happened.is_set()


class Proxy:
    """Stands between clients and the Unix socket of a server."""

    def __init__(self, socket_path: Path) -> None:
        self._socket_path = socket_path
        self._faults: list[Fault] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.commands: list[Words] = []
        """Every command that came, whatever became of it."""

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def port(self) -> int:
        """Where it listens, on the loopback interface."""
        return int(self._listener.sockets[0].getsockname()[1])

    def client(self, **settings: Any) -> valkey.asyncio.Valkey:
        """A client whose connections all lead through here."""
        return valkey.asyncio.Valkey(host="127.0.0.1", port=self.port, **{"socket_timeout": 5.0, **settings})

    def expect(
        self, *words: str | Callable[[Words], bool], action: Action, nth: int = 1, filled: bool = False
    ) -> Fault:
        """Let something go wrong with the nth command that has all these *words*, or for which a function says so."""

        def matches(command: Words) -> bool:
            return all(word(command) if callable(word) else word.encode() in command for word in words)

        self._faults.append(Fault(matches, action, nth, filled))
        return self._faults[-1]

    def count(self, *words: str) -> int:
        """How many commands came that have all these words."""
        return sum(all(word.encode() in command for word in words) for command in self.commands)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        server_reader, server_writer = await asyncio.open_unix_connection(self._socket_path)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, OSError):
                while await self._pass_on(reader, writer, server_reader, server_writer):
                    pass
        finally:
            # At once, so that a client never takes a connection for good that is about to end.
            server_writer.transport.abort()
            writer.transport.abort()

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        server_reader: asyncio.StreamReader,
        server_writer: asyncio.StreamWriter,
    ) -> bool:
        """Pass one command on, and its reply back; False ends the connection."""
        command = await _read_command(reader)
        self.commands.append(command)
        for fault in self._faults:
            if fault.strikes(command, None):
                if fault.action == "refuse the command":
                    return False
                await (fault.hold() if fault.action == "hold the command" else asyncio.Event().wait())
        head = b"*%d\r\n" % len(command)
        server_writer.write(head + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in command))
        reply = await _read_reply(server_reader)
        for fault in self._faults:
            if fault.strikes(command, reply):
                if fault.action == "drop the reply":
                    return False
                await fault.hold()
        writer.write(reply)
        await writer.drain()
        return True


async def _read_command(reader: asyncio.StreamReader) -> Words:
    count = int((await reader.readuntil(b"\r\n"))[1:])
    words = []
    for _ in range(count):
        size = int((await reader.readuntil(b"\r\n"))[1:])
        words.append((await reader.readexactly(size + 2))[:-2])
    return words


async def _read_reply(reader: asyncio.StreamReader) -> bytes:
    """One reply of RESP2, as it stands."""
    line = await reader.readuntil(b"\r\n")
    size = int(line[1:]) if line[:1] in b"$*" else -1
    if size < 0:
        return line
    if line[:1] == b"$":
        return line + await reader.readexactly(size + 2)
    return line + b"".join([await _read_reply(reader) for _ in range(size)])
