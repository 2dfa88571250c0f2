"""A stream on a real server with its dead letter office, and the commands that work on it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import attrs
import click
import msgspec
import pytest
from click.testing import CliRunner

from upcast.cli._group import upcast
from upcast.errors import RefusedEvent
from upcast.streams._failure import Failure, refused
from upcast.streams.letters import Letter, letter_of, letter_values

if TYPE_CHECKING:
    import valkey

    from upcast.streams import EmbeddedValkey

UPCAST = Path(sys.executable).with_name("upcast")
SHOP = """
from msgspec import Struct
from upcast import Flat, Payload, Registry

events = Registry()


@events.event("order.placed", version=2)
class OrderPlaced(Struct):
    order_id: str
    first: str
    last: str


@events.upcaster("order.placed", from_version=1)
def split_name(payload: Payload) -> Payload:
    payload["first"], payload["last"] = payload.pop("name").split(" ")
    return payload


codec = events.codec()
flat = Registry().codec(envelope=Flat())
"""


@attrs.frozen
class Ran:
    """A command that was run in this process."""

    code: int
    out: str
    err: str


class Shop:
    """A stream `orders` on a server, and its dead letter office."""

    def __init__(self, server: EmbeddedValkey, client: valkey.Valkey, folder: Path) -> None:
        self.url = server.url
        self.folder = folder
        self.env = {"UPCAST_URL": server.url, "UPCAST_REGISTRY": "shop.events:events"}
        self.server: Any = client

    def run(self, *arguments: str, stdin: str = "", **variables: str) -> Ran:
        """Run the command in this process, which is quicker than the installed one."""
        done = CliRunner().invoke(
            upcast, arguments, input=stdin, env=self.env | variables, standalone_mode=False, prog_name="upcast"
        )
        error = done.exception
        if isinstance(error, click.ClickException):
            return Ran(error.exit_code, done.stdout, done.stderr + error.format_message())
        if error is not None:
            raise error
        return Ran(cast("int", done.return_value), done.stdout, done.stderr)

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL, **variables: str) -> subprocess.Popen[str]:
        """Start the installed command."""
        return subprocess.Popen(
            [UPCAST, *arguments],
            cwd=self.folder,
            env=os.environ | self.env | variables,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def add(self, data: bytes, *, version: int = 1, event_type: str = "order.placed") -> tuple[str, list[bytes]]:
        """Add an entry to the stream."""
        values = [b"type", event_type.encode(), b"schema_version", b"%d" % version, b"data", data]
        return self.server.execute_command("XADD", "orders", "*", *values).decode(), values

    def die(self, data: bytes, *, version: int = 1, failure: Failure | None = None, **told: Any) -> str:
        """Add an entry that becomes a dead letter of the group billing, and tell the letter's id."""
        with contextlib.suppress(Exception):
            self.server.xgroup_create("orders", "billing", "0", mkstream=True)
        source, values = self.add(data, version=version)
        self.server.execute_command("XREADGROUP", "GROUP", "billing", "c", "STREAMS", "orders", ">")
        self.server.xack("orders", "billing", source)
        letter = letter_of(failure or self.refusal(values), stream="orders", id=source, group="billing", attempts=5)
        return self.write(msgspec.structs.replace(letter, **told), values)

    def write(self, letter: Letter, values: list[bytes], letter_id: str = "*") -> str:
        """Write a letter as a consumer does."""
        return self.server.execute_command("XADD", "{orders}:dlo", letter_id, *letter_values(letter, values)).decode()

    def refusal(self, values: list[bytes]) -> Failure:
        """Why an entry is refused by the registry."""
        from upcast.cli._load import load_stream_codec

        codec = load_stream_codec("shop.events:events")
        with pytest.raises(RefusedEvent) as caught:
            codec.decode(dict(zip(values[::2], values[1::2], strict=True)))
        return refused(caught.value)

    def left(self) -> int:
        """How many letters there are."""
        return self.server.xlen("{orders}:dlo")

    def audit(self) -> list[dict[bytes, bytes]]:
        """What was done with letters."""
        return [fields for _, fields in self.server.xrange("{orders}:audit")]

    def pending(self) -> int:
        """How many entries the group has not settled."""
        return self.server.xpending("orders", "billing")["pending"]
