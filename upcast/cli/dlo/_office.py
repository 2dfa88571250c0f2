"""The office that a command works on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from upcast.cli._connect import on_server

if TYPE_CHECKING:
    from valkey.asyncio import Valkey

    from upcast.streams.office import DeadLetterOffice

__all__ = ["in_office"]

T = TypeVar("T")


def in_office(url: str, stream: str, work: Callable[[DeadLetterOffice], Awaitable[T]], *, fence: bool = True) -> T:
    """Do something in the dead letter office of a stream.

    Args:
        url: The address of the server.
        stream: The key of the stream.
        work: What to do.
        fence: Whether the office may run scripts.

    Raises:
        MissingExtra: The client is not installed.
        CannotRun: The server cannot be used, or the office refuses.
    """

    async def run(client: Valkey) -> T:
        from upcast.streams.office import DeadLetterOffice

        return await work(DeadLetterOffice(client, stream, fence=fence))

    return on_server(url, run, purpose="upcast dlo")
