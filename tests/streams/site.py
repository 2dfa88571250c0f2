"""What the tests of streams do at a stream by hand: write entries, see who has them, age them, read letters.

Beside the library: through the server's own replies, so that a mistake of the library does not hide itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import attrs
import msgspec
import valkey.asyncio

from streams.shop import make_codec, order
from upcast.streams import Consumer, DeadLetter, Delivery, RetryPolicy
from upcast.streams._server import Server

__all__ = ["CODEC", "QUICK", "Pending", "Site", "consumer_of", "entry", "reached", "running", "until", "values_of"]

CODEC = make_codec()
QUICK = RetryPolicy(max_attempts=3, first_delay=0.02, factor=1, max_delay=0.02, jitter=0, newer_delay=0.05)
LONG_AGO = 100_000_000  # milliseconds
PATIENCE = float(os.environ.get("UPCAST_TEST_PATIENCE", "10"))  # seconds; less where a test is expected to fail


def entry(event_type: str, version: int, data: bytes, **headers: bytes) -> dict[bytes, bytes]:
    """The fields of an entry."""
    fields = {b"type": event_type.encode(), b"schema_version": b"%d" % version, b"data": data}
    return fields | {name.encode(): value for name, value in headers.items()}


async def reached(condition: Callable[[], bool | Awaitable[bool]], *, seconds: float) -> bool:
    """Whether a condition comes true in time."""
    deadline = time.monotonic() + seconds
    while True:
        met = condition()
        met = await met if inspect.isawaitable(met) else met
        if met or time.monotonic() > deadline:
            return met
        await asyncio.sleep(0.01)


async def until(condition: Callable[[], bool | Awaitable[bool]], *, seconds: float = 10.0) -> None:
    """Wait until a condition comes true.

    Raises:
        TimeoutError: It did not.
    """
    if not await reached(condition, seconds=seconds):
        raise TimeoutError(inspect.getsource(condition).strip())


@contextlib.asynccontextmanager
async def running(*consumers: Consumer) -> AsyncIterator[None]:
    """Run consumers for as long as the block lasts; one that fails fails the block."""
    async with asyncio.TaskGroup() as group:
        for consumer in consumers:
            group.create_task(consumer.run(signals=()))
        try:
            yield
        finally:
            for consumer in consumers:
                consumer.stop()


def consumer_of(client: valkey.asyncio.Valkey, handle: Callable[[Any, Delivery], object], **settings: Any) -> Consumer:
    """A consumer whose events all come to one handler, and that is not patient."""
    defaults = {"stream": "orders", "group": "billing", "name": "billing-1", "policy": QUICK, "poll": 0.02}
    codec = settings.pop("codec", CODEC)
    consumer = Consumer(client, codec, **{**defaults, "start": "beginning", **settings})
    consumer.on_other(handle)
    return consumer


@attrs.frozen
class Pending:
    """A line of the list of pending entries."""

    id: bytes
    owner: bytes
    idle: int
    count: int


@attrs.frozen
class Site:
    """A stream, one of its groups, and a client."""

    client: valkey.asyncio.Valkey
    stream: str = "orders"
    group: str = "billing"

    async def call(self, *command: bytes | str | int) -> Any:
        """What the server answers, as it stands."""
        return await Server(self.client).call(*command)

    async def add(self, fields: Mapping[bytes, bytes] | Sequence[bytes]) -> str:
        """Write an entry; its id."""
        (entry_id,) = await self.add_all([fields])
        return entry_id

    async def add_all(self, entries: Sequence[Mapping[bytes, bytes] | Sequence[bytes]]) -> list[str]:
        """Write entries in one round trip; their ids."""
        values = [values_of(fields) if isinstance(fields, Mapping) else fields for fields in entries]
        replies = await Server(self.client).send([("XADD", self.stream, "*", *each) for each in values])
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return [reply.decode() for reply in replies]

    async def orders(self, *numbers: int) -> list[str]:
        """Write orders of today; their ids."""
        return await self.add_all([entry("order.placed", 3, msgspec.json.encode(order(number))) for number in numbers])

    async def create_group(self) -> None:
        """Make the group, from the beginning."""
        await self.call("XGROUP", "CREATE", self.stream, self.group, "0", "MKSTREAM")

    async def deliver(self, owner: str, count: int = 1000) -> list[str]:
        """Let somebody read new entries and leave it at that; their ids."""
        reply = await self.call("XREADGROUP", "GROUP", self.group, owner, "COUNT", count, "STREAMS", self.stream, ">")
        return [entry_id.decode() for entry_id, _ in reply[0][1]] if reply else []

    async def claim(self, owner: str, *ids: str, idle: int = LONG_AGO, count: int | None = None) -> None:
        """Give pending entries to *owner*, as if long ago; the counter stays where none is given."""
        terms: list[str | int] = ["IDLE", idle] + ([] if count is None else ["RETRYCOUNT", count])
        await self.call("XCLAIM", self.stream, self.group, owner, 0, *ids, *terms, "JUSTID")

    async def pending(self) -> list[Pending]:
        """Every pending entry of the group."""
        rows = await self.call("XPENDING", self.stream, self.group, "-", "+", 100_000)
        return [Pending(*row) for row in rows]

    async def owners(self) -> dict[str, str]:
        """Who has which pending entry."""
        return {row.id.decode(): row.owner.decode() for row in await self.pending()}

    async def owned_by(self, owner: str, *ids: str) -> bool:
        """Whether *owner* has these entries."""
        return dict.fromkeys(ids, owner).items() <= (await self.owners()).items()

    async def idle_at_least(self, milliseconds: int) -> bool:
        """Whether every name was idle for that long."""
        rows = await self._rows("XINFO", "CONSUMERS", self.stream, self.group)
        return all(row[b"idle"] >= milliseconds for row in rows)

    async def consumers(self) -> dict[str, int]:
        """The names the group knows, and how many entries are pending for each."""
        rows = await self._rows("XINFO", "CONSUMERS", self.stream, self.group)
        return {row[b"name"].decode(): row[b"pending"] for row in rows}

    async def done(self) -> bool:
        """Whether everything was delivered and nothing is pending."""
        last = await self.call("XREVRANGE", self.stream, "+", "-", "COUNT", 1)
        groups = [
            dict(zip(row[::2], row[1::2], strict=True)) for row in await self.call("XINFO", "GROUPS", self.stream)
        ]
        (found,) = [row for row in groups if row[b"name"] == self.group.encode()]
        return found[b"pending"] == 0 and (not last or _number(found[b"last-delivered-id"]) >= _number(last[0][0]))

    async def _rows(self, *command: str) -> list[dict[bytes, Any]]:
        return [dict(zip(row[::2], row[1::2], strict=True)) for row in await self.call(*command)]

    async def letters(self) -> list[DeadLetter]:
        """The dead letters, oldest first."""
        rows = await self.call("XRANGE", f"{{{self.stream}}}:dlo", "-", "+")
        return [DeadLetter.read(entry_id, values) for entry_id, values in rows]


def _number(entry_id: bytes) -> tuple[int, int]:
    before, _, after = entry_id.partition(b"-")
    return int(before), int(after)


def values_of(fields: Mapping[bytes, bytes]) -> tuple[bytes, ...]:
    """Fields and values in turn."""
    return tuple(part for field in fields.items() for part in field)
