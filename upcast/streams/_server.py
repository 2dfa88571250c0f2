"""The one place that speaks to the server: commands in, raw replies out, errors sorted by what to do about them.

It goes below the client's commands to its connections, for three reasons: a command is never sent twice behind the
caller's back, which the client's own retries would do; replies come as the server sent them, so that an entry that was
deleted is not mistaken for one without fields, and a field that stands twice is seen; and a reader waits as long as it
asked the server to wait, whatever the client's time-out is.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Protocol, TypeAlias

import attrs

from upcast.errors import MissingExtra
from upcast.streams._scripts import Script
from upcast.streams.errors import ClientRefused

try:
    import valkey.asyncio
    from valkey.exceptions import (
        AuthenticationError,
        AuthorizationError,
        NoScriptError,
        ResponseError,
        ValkeyError,
    )
    from valkey.exceptions import ConnectionError as ServerGone
    from valkey.exceptions import TimeoutError as ServerSilent
except ModuleNotFoundError as error:
    if error.name not in ("valkey", "valkey.asyncio"):  # it is there, and broken
        raise
    raise MissingExtra("valkey", "upcast.streams") from error

__all__ = [
    "Command",
    "Reply",
    "Server",
    "ServerSilent",
    "Trouble",
    "Unreachable",
    "ValkeyError",
    "group_in",
    "text_of",
    "trouble_of",
]

Command: TypeAlias = Sequence[bytes | str | int]

Reply: TypeAlias = Any
"""What the server sent: bytes, integers, None and lists of them."""

_PASSING = (
    "READONLY",
    "NOREPLICAS",
    "LOADING",
    "BUSY",
    "MASTERDOWN",
    "TRYAGAIN",
    "CLUSTERDOWN",
    "UNBLOCKED",
    "MISCONF",
    "OOM",
)
"""Replies of a server that is there but cannot at the moment; none is the fault of an entry."""


class Unreachable(ServerGone):
    """There was no connection to be had: whatever was to be sent was not."""


class Trouble(Enum):
    """What an error of the server asks for."""

    PASSING = "wait and try again"
    NO_GROUP = "the stream or its group is gone"
    REFUSED = "it would be refused again"


def trouble_of(error: BaseException) -> Trouble:
    """Sort an error of the client or the server."""
    if isinstance(error, AuthenticationError | AuthorizationError):
        return Trouble.REFUSED
    if isinstance(error, ServerGone | ServerSilent | OSError):
        return Trouble.PASSING
    # The client takes the code away from some replies and makes a class of it instead.
    text = f"{type(error).__name__} {error}"
    if "NOGROUP" in text:
        return Trouble.NO_GROUP
    if type(error).__name__ in ("OutOfMemoryError", "ReadOnlyError", "BusyLoadingError", "MasterDownError"):
        return Trouble.PASSING
    if str(error).partition(" ")[0] in _PASSING:
        return Trouble.PASSING
    return Trouble.REFUSED


def text_of(error: BaseException) -> str:
    """What an error says, without the arguments of the command; some of the client's say nothing but their name."""
    return str(error).partition(", with args beginning with")[0] or type(error).__name__


def _packed(command: Command) -> bytes:
    """A command as it is sent: a third of the time that the client takes, and UTF-8 whatever its encoding."""
    parts = [b"*%d\r\n" % len(command)]
    for value in command:
        data = value if isinstance(value, bytes) else str(value).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(parts)


def _cancellations() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def _meet_cancellation(before: int) -> None:
    """Raise what was lost: in Python 3.11 `wait_for`, with which the client sends, may drop a cancellation."""
    if _cancellations() > before:
        raise asyncio.CancelledError


def group_in(rows: Reply, group: str) -> Mapping[bytes, Reply] | None:
    """What `XINFO GROUPS` tells about one group, with either protocol; None if it does not exist."""
    for row in rows:
        found = row if isinstance(row, Mapping) else dict(zip(row[::2], row[1::2], strict=True))
        if found[b"name"] == group.encode():
            return found
    return None


class _Connections(Protocol):
    """Where connections come from."""

    async def take(self) -> Any:
        """A connection that is there, for one round trip."""

    async def give_back(self, connection: Any) -> None:
        """It is not needed any more; it may be broken."""

    async def close(self) -> None:
        """Close those that are our own."""


@attrs.frozen
class _Borrowed:
    """Those of the user's client, who closes them."""

    pool: Any

    async def take(self) -> Any:
        # A cancellation that is due already would be lost in the pool, which looks at the socket with no time at all.
        await asyncio.sleep(0)
        return await self.pool.get_connection("upcast")

    async def give_back(self, connection: Any) -> None:
        await self.pool.release(connection)

    async def close(self) -> None:
        pass


@attrs.frozen
class _Own:
    """Made like the user's, but for replies that take as long as they were asked to take."""

    pool: Any
    settings: Mapping[str, Any]
    _free: list[Any] = attrs.field(factory=list)

    async def take(self) -> Any:
        connection = self._free.pop() if self._free else self.pool.connection_class(**self.settings)
        await connection.connect()
        return connection

    async def give_back(self, connection: Any) -> None:
        self._free.append(connection)

    async def close(self) -> None:
        while self._free:
            with contextlib.suppress(ValkeyError, OSError):
                await self._free.pop().disconnect()


class Server:
    """A server, reached as a client reaches it.

    Args:
        client: The user's client; only its connections are used, or their settings.
        timeout: Seconds to wait for a reply, on connections of our own. None: the client's connections are used.

    Raises:
        ClientRefused: It is no asyncio client of valkey-py, or one with `decode_responses=True`.
    """

    def __init__(self, client: valkey.asyncio.Valkey, *, timeout: float | None = None) -> None:
        if not isinstance(client, valkey.asyncio.Valkey):
            kind = f"{type(client).__module__}.{type(client).__qualname__}"
            raise ClientRefused(f"expected a valkey.asyncio.Valkey, got {kind}")
        pool: Any = client.connection_pool
        settings = pool.connection_kwargs
        if settings.get("decode_responses"):
            raise ClientRefused(
                "the client has decode_responses=True: one entry that is not UTF-8 would stop the group for ever. "
                "Make it with decode_responses=False"
            )
        # The time is ours to keep: with a time-out of its own the client makes a task of each command it sends.
        if settings.get("cache_enabled") or settings.get("client_cache"):
            raise ClientRefused("the client caches replies, and a stream read from a cache is not the stream")
        own = {**settings, "protocol": 2, "socket_timeout": None, "health_check_interval": 0}
        self._connections: _Connections = _Borrowed(pool) if timeout is None else _Own(pool, own)
        self._timeout = timeout

    async def call(self, *command: bytes | str | int) -> Reply:
        """Send one command, once.

        Raises:
            ValkeyError: The server refuses it, or is not there; `trouble_of` tells what to do.
        """
        (reply,) = await self.all_of([command])
        return reply

    async def all_of(self, commands: Sequence[Command]) -> list[Reply]:
        """Send commands in one round trip, once, none of which may be refused.

        Raises:
            ValkeyError: As `call`; the first refusal, where there are several.
        """
        replies = await self.send(commands) if commands else []
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return replies

    async def send(self, commands: Sequence[Command]) -> list[Reply]:
        """Send commands in one round trip, once; a refusal stands in the list in the place of its reply.

        Raises:
            ValkeyError: The server is not there, or went away; nobody knows what it did of this.
        """
        try:
            async with asyncio.timeout(self._timeout) as limit:
                return await self._send(commands, limit)
        except TimeoutError as error:
            raise ServerSilent(f"no reply within {self._timeout} s") from error

    async def _send(self, commands: Sequence[Command], limit: asyncio.Timeout) -> list[Reply]:
        before = _cancellations()
        try:
            connection = await self._connections.take()
        except (AuthenticationError, AuthorizationError):
            raise
        except (ServerGone, ServerSilent, OSError) as error:
            raise Unreachable(text_of(error)) from error
        try:
            await connection.send_packed_command([_packed(command) for command in commands])
            _meet_cancellation(before)
            replies: list[Reply] = []
            for _ in commands:
                try:
                    replies.append(await connection.read_response(disable_decoding=True))
                except ResponseError as refusal:
                    replies.append(refusal)
                if self._timeout is not None:  # for each reply anew: a slow server is not a silent one
                    limit.reschedule(asyncio.get_running_loop().time() + self._timeout)
            return replies
        except BaseException:
            # Whatever is still to come would be taken for the reply to the next command.
            with contextlib.suppress(ValkeyError, OSError):
                await connection.disconnect(nowait=True)
            raise
        finally:
            await self._connections.give_back(connection)

    async def run(self, calls: Sequence[tuple[Script, Sequence[bytes], Command]]) -> list[Reply]:
        """Run scripts, each with its keys and arguments, in one round trip if the server has them, else in two."""
        commands: list[Command] = [
            ("EVALSHA", script.sha, len(keys), *keys, *arguments) for script, keys, arguments in calls
        ]
        replies = await self.send(commands)
        unknown = [place for place, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unknown:
            # A server forgets its scripts when it restarts and when another takes over.
            again = [("EVAL", calls[place][0].text, *commands[place][2:]) for place in unknown]
            for place, reply in zip(unknown, await self.send(again), strict=True):
                replies[place] = reply
        return replies

    async def run_one(self, script: Script, keys: Sequence[bytes], arguments: Command) -> Reply:
        """Run one script.

        Raises:
            ValkeyError: As `call`.
        """
        (reply,) = await self.run([(script, keys, arguments)])
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def close(self) -> None:
        """Close the connections, if they are our own."""
        await self._connections.close()
