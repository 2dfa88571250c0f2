"""The server that a command works on: its address, a client for it, and what is said when it cannot be used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import SplitResult, urlsplit

import click

from upcast.cli._output import printable
from upcast.cli._problem import CannotRun
from upcast.errors import MissingExtra

if TYPE_CHECKING:
    from valkey.asyncio import Valkey

    from upcast.streams.errors import StreamError

__all__ = ["need_client", "on_server", "url_option"]

T = TypeVar("T")

_CONNECT_SECONDS = 5.0
_REPLY_SECONDS = 60.0
_FORMS = "write valkey://host:6379, valkeys://host:6379 or unix:///path/to/socket"
_LOG_IN = ("NOAUTH", "WRONGPASS", "Authentication required", "invalid username-password")

url_option = click.option(
    "--url",
    envvar="UPCAST_URL",
    show_envvar=True,
    default="valkey://127.0.0.1:6379",
    show_default=True,
    help="The server: valkey://, valkeys:// (TLS) or unix://. A password stands better in the variable than on the "
    "command line, where others on the machine can see it.",
)
"""The option that names the server."""


def on_server(url: str, work: Callable[[Valkey], Awaitable[T]], *, purpose: str) -> T:
    """Do something with a client, and close it.

    Args:
        url: The address of the server.
        work: What to do.
        purpose: The command, for where the client is not installed.

    Raises:
        MissingExtra: The client is not installed.
        CannotRun: The address means nothing, the server cannot be reached or refuses, or streams refuse to work.
    """
    need_client(purpose)
    import asyncio  # not before a command runs: it is heavy

    from upcast.streams.errors import StreamError

    address = _address(url)

    async def run() -> T:
        async with _client(url) as client:
            return await work(client)

    try:
        return asyncio.run(run())
    except StreamError as error:
        raise CannotRun(_said(error, address)) from error


def need_client(purpose: str) -> None:
    """Make sure that the client is installed, before something imports it.

    Raises:
        MissingExtra: It is not.
    """
    try:
        import valkey.asyncio  # noqa: F401  # only asked for
    except ImportError as error:
        raise MissingExtra("valkey", purpose) from error


def _client(url: str) -> Valkey:
    import valkey.asyncio

    make: Any = valkey.asyncio.Valkey.from_url  # has no annotations
    try:
        client = make(url, socket_connect_timeout=_CONNECT_SECONDS, socket_timeout=_REPLY_SECONDS)
        client.connection_pool.make_connection()  # what the address asks for is looked at only here
    except (TypeError, ValueError):
        # What was raised may repeat a part of the password.
        raise CannotRun(f"the address of the server cannot be understood: {_FORMS}") from None
    return cast("Valkey", client)


def _address(url: str) -> str:
    """The address without user, password and settings.

    Raises:
        CannotRun: It cannot be told what is a password in it.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if parts.scheme == "unix" and parts.path:
        return f"unix://{parts.path}"
    if parts.scheme not in ("valkey", "valkeys", "redis", "rediss"):
        raise CannotRun(f"the address of the server cannot be understood: {_FORMS}")
    if "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise CannotRun("in the address of the server, write / ? # of a password as %2F %3F %23")
    return f"{parts.scheme}://{parts.hostname or 'localhost'}:{parts.port or 6379}"


def _said(error: StreamError, address: str) -> str:
    """What happened, in one line with a remedy."""
    from upcast.streams.errors import ServerRefused, ServerUnavailable

    if isinstance(error, ServerUnavailable):
        return f"cannot use {address}: {_one_line(error.reply)}: check --url or UPCAST_URL, and that the server runs"
    if isinstance(error, ServerRefused):
        reply = _one_line(error.reply)
        if any(words in reply for words in _LOG_IN):
            return f"{address} refuses the log-in: give UPCAST_URL as valkey://user:password@host:6379"
        if "WRONGTYPE" in reply:
            return f"{address} keeps something else than a stream there: check the name of the stream"
        remedy = ": --no-fence does without scripts" if "EVAL" in error.command else ""
        return f"{address} refuses {error.command} ({reply}){remedy}"
    return _one_line(str(error))


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()).rstrip(".")) or "no reason was given"
