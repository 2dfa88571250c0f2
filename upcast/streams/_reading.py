"""Reading streams for a person who waits: bounded pages, and every trouble of the server as a named error at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Sequence
from typing import TypeAlias

from upcast.streams._scripts import Script
from upcast.streams._server import Command, Reply, Server, Trouble, ValkeyError, text_of, trouble_of
from upcast.streams.errors import GroupMissing, ServerRefused, ServerUnavailable, StreamError

__all__ = ["LAST_ID", "PAGE", "Entry", "ask", "ask_script", "last_id", "pages", "range_of"]

LAST_ID = b"18446744073709551615-18446744073709551615"
"""The greatest id there can be: there is none after it to go on from."""

PAGE = 100
"""How many entries are asked for at once."""

Entry: TypeAlias = tuple[bytes, list[bytes]]
"""An entry id, and its fields and values in turn."""


async def ask(server: Server, commands: Sequence[Command], *, stream: str = "", group: str = "") -> list[Reply]:
    """Send commands in one round trip; the first refusal among the replies is raised.

    Raises:
        GroupMissing: The stream or the group is not there.
        ServerRefused: It would be refused again.
        ServerUnavailable: The server is not there, or cannot at the moment.
    """
    return await _checked(server.send(commands), [str(command[0]) for command in commands], stream, group)


async def ask_script(
    server: Server, script: Script, keys: Sequence[bytes], arguments: Command, *, stream: str, group: str
) -> Reply:
    """Run a script.

    Raises:
        StreamError: As `ask`.
    """
    (reply,) = await _checked(server.run([(script, keys, arguments)]), ["EVALSHA"], stream, group)
    return reply


async def _checked(sent: Awaitable[list[Reply]], names: Sequence[str], stream: str, group: str) -> list[Reply]:
    try:
        replies = await sent
    except (ValkeyError, OSError) as error:
        lost = _named(error, names[0], stream, group)
    else:
        for name, reply in zip(names, replies, strict=True):
            if isinstance(reply, Exception):
                raise _named(reply, name, stream, group)
        return replies
    # Raised outside the handler, so that the client's error, which may hold values, does not travel along.
    raise lost


def _named(error: Exception, command: str, stream: str, group: str) -> StreamError:
    trouble = trouble_of(error)
    if trouble is Trouble.NO_GROUP:
        return GroupMissing(stream, group)
    return (ServerUnavailable if trouble is Trouble.PASSING else ServerRefused)(command, text_of(error))


def range_of(key: bytes, start: str, end: str, count: int = PAGE) -> Command:
    """The command that reads a page."""
    return ("XRANGE", key, start, end, "COUNT", count)


async def last_id(server: Server, key: bytes) -> str | None:
    """The id of the last entry of a stream, or None if it has none."""
    (found,) = await ask(server, [("XREVRANGE", key, "+", "-", "COUNT", 1)])
    return found[0][0].decode() if found else None


async def pages(server: Server, key: bytes, start: str, end: str) -> AsyncGenerator[list[Entry], None]:
    """Walk from one id to another, both included, page by page, whatever is added or deleted meanwhile."""
    while True:
        (page,) = await ask(server, [range_of(key, start, end)])
        if page:
            yield [(entry_id, values) for entry_id, values in page]
        if len(page) < PAGE or page[-1][0] == LAST_ID:
            return
        start = f"({page[-1][0].decode()}"
