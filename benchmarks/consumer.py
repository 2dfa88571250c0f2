"""The consumer, against a loop that only reads, decodes and acknowledges, and against FastStream.

Everybody reads the same events from one embedded server, in a group of its own that begins at the start of the stream:
entries of 300 bytes, at most 100 in a read, and a handler that does nothing. The clock runs from the start of the
consumer until the last entry is acknowledged, or, for FastStream, handled.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, Final, TypeAlias

import attrs
import msgspec
import valkey.asyncio

from benchmarks.harness import Different
from benchmarks.results import Measurement, Sample
from upcast import Registry
from upcast.streams import Consumer, Delivery, EmbeddedValkey, Publisher

__all__ = ["measure"]

_STREAM: Final = "orders"
_FASTSTREAM: Final = "orders:faststream"
_COUNT: Final = 100
"""How many entries a read brings at most."""
_EVENTS: Final = 30_000
"""In a turn: enough that what a consumer does before its first read is a few hundredths of it."""
_PAGE: Final = 5_000
"""How many events are published at once."""
_SLICE: Final = 20
"""By how much the share of FastStream is smaller, so that its turn is not many times as long as those of the others."""
_LOOK: Final = 0.002
"""Seconds between two looks at whether the consumer is done."""


class Order(msgspec.Struct, frozen=True):
    """With the rest of the entry, 300 bytes."""

    order_id: str
    customer_id: str
    cents: int
    currency: str
    country: str
    note: str


_See: TypeAlias = Callable[[Order], object] | None
"""What is done with an event where contenders are compared; nothing where they are measured."""

_Contender: TypeAlias = Callable[[valkey.asyncio.Valkey, str, int, _See], Awaitable[float]]
"""Consumes so many entries in a new group; the seconds that took."""


async def measure(quick: bool) -> list[Measurement]:
    """Let the contenders take turns.

    Raises:
        Different: They do not agree about the events.
    """
    rounds, count = 3 if quick else 15, _EVENTS
    contenders: dict[str, _Contender] = {"bare asyncio loop": _bare}
    for name, terms in _TERMS.items():
        contenders[f"upcast, {name}"] = terms.consume
    absent: dict[str, str] = {}
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with EmbeddedValkey() as server:
            async with server.async_client() as client:
                orders = [_order(number) for number in range(count)]
                publisher = Publisher(client, _codec(), stream=_STREAM)
                for start in range(0, count, _PAGE):
                    await publisher.publish_many(orders[start : start + _PAGE])
                try:
                    other = await _FastStream.on(server.url, orders[: count // _SLICE])
                except ImportError as error:
                    absent["FastStream"] = f"not installed ({error})"
                else:
                    contenders["FastStream"] = other.consume
                await _agree(client, contenders, orders)
                samples = await _take_turns(client, contenders, rounds, count)
    finally:
        logging.disable(disabled)
    title = "Consuming entries of 300 bytes from a stream, 100 in a read, with a handler that does nothing"
    return [Measurement(name="consumer", title=title, samples=samples, unit="events/s", better="higher", absent=absent)]


def _order(number: int) -> Order:
    return Order(f"order-{number:08}", f"customer-{number % 997:06}", number * 7, "EUR", "DE", "x" * 90)


def _codec() -> Any:
    events = Registry()
    events.event("order.placed", version=1)(Order)
    return events.codec()


async def _agree(client: valkey.asyncio.Valkey, contenders: dict[str, _Contender], orders: list[Order]) -> None:
    for name, consume in contenders.items():
        share = orders[: len(orders) // _SLICE] if name == "FastStream" else orders
        seen: set[Order] = set()
        await consume(client, "check", len(share), seen.add)
        await _forget(client, "check")
        if seen != set(share):
            raise Different(f"consumer: {name!r} sees other events than there are")


async def _take_turns(
    client: valkey.asyncio.Valkey, contenders: dict[str, _Contender], rounds: int, count: int
) -> tuple[Sample, ...]:
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        names = list(contenders)
        for name in reversed(names) if number % 2 else names:
            share = count // _SLICE if name == "FastStream" else count
            gc.collect()
            taken = await contenders[name](client, "turn", share, None)
            rates[name].append(round(share / taken, 1))
            await _forget(client, "turn")
    return tuple(
        Sample(contender=name, rounds=tuple(found), note=_NOTES.get(name, "")) for name, found in rates.items()
    )


async def _forget(client: valkey.asyncio.Valkey, group: str) -> None:
    for stream in (_STREAM, _FASTSTREAM):
        if await client.exists(stream):
            await client.xgroup_destroy(stream, group)


async def _bare(client: valkey.asyncio.Valkey, group: str, count: int, see: _See) -> float:
    await client.xgroup_create(_STREAM, group, "0")
    decode = msgspec.json.Decoder(Order).decode
    start, done = perf_counter(), 0
    while done < count:
        ((_, entries),) = await client.xreadgroup(group, "bare", {_STREAM: ">"}, count=_COUNT)
        for _, fields in entries:
            order = decode(fields[b"data"])
            if see:
                see(order)
        await client.xack(_STREAM, group, *[entry_id for entry_id, _ in entries])
        done += len(entries)
    return perf_counter() - start


@attrs.frozen
class _Terms:
    """How our consumer is made."""

    concurrency: int
    is_sync: bool = False
    waits: bool = False

    async def consume(self, client: valkey.asyncio.Valkey, group: str, count: int, see: _See) -> float:
        """See `_Contender`."""
        consumer = Consumer(
            client, _codec(), stream=_STREAM, group=group, name="bench", concurrency=self.concurrency, batch=_COUNT
        )
        consumer.on(Order)(self._handler(see))
        await client.xgroup_create(_STREAM, group, "0")
        start = perf_counter()
        running = asyncio.create_task(consumer.run(signals=()))
        while consumer.stats.acked < count and not running.done():  # noqa: ASYNC110  # no event tells of it
            await asyncio.sleep(_LOOK)
        taken = perf_counter() - start
        consumer.stop()
        await running
        if consumer.stats.acked != count:
            raise Different(f"consumer: {consumer.stats} of {count} events")
        return taken

    def _handler(self, see: _See) -> Callable[[Order, Delivery], Any]:
        def handle_sync(order: Order, _: Delivery) -> None:
            if see:
                see(order)

        async def handle(order: Order, _: Delivery) -> None:
            if see:
                see(order)

        async def handle_waiting(order: Order, _: Delivery) -> None:
            await asyncio.sleep(0)
            if see:
                see(order)

        return handle_sync if self.is_sync else handle_waiting if self.waits else handle


_TERMS: Final = {
    "concurrency 1": _Terms(1),
    "concurrency 32": _Terms(32),
    "sync handler": _Terms(8, is_sync=True),
    "sync handler, one thread": _Terms(1, is_sync=True),
    "handler that waits, concurrency 32": _Terms(32, waits=True),
}

_NOTES: Final = {
    "bare asyncio loop": "one XACK for all of a read; no retries, no dead letters, an entry that fails ends it",
    "upcast, sync handler": "eight threads",
    "upcast, handler that waits, concurrency 32": "for one turn of the event loop",
    "FastStream": "entries of its own making with the same payload, msgspec as its serializer",
}


@attrs.frozen
class _FastStream:
    """FastStream on the same server; it has a format of its own, so it reads a stream that it has written itself."""

    url: str
    broker: Any
    serializer: Any
    source: Any

    @classmethod
    async def on(cls, url: str, orders: list[Order]) -> _FastStream:
        """Publish its stream.

        Raises:
            ImportError: It is not installed.
        """
        from faststream.redis import RedisBroker, StreamSub

        serializer = importlib.import_module("fast_depends.msgspec").MsgSpecSerializer()
        found = cls(url, RedisBroker, serializer, StreamSub)
        broker = found._made()
        await broker.connect()
        for order in orders:
            await broker.publish(order, stream=_FASTSTREAM)
        await broker.stop()
        return found

    def _made(self) -> Any:
        return self.broker(self.url, logger=None, serializer=self.serializer)

    async def consume(self, _: valkey.asyncio.Valkey, group: str, count: int, see: _See) -> float:
        """See `_Contender`."""
        broker, done, left = self._made(), asyncio.Event(), count

        async def handle(order: Order) -> None:
            nonlocal left
            if see:
                see(order)
            left -= 1
            if not left:
                done.set()

        source = self.source(_FASTSTREAM, group=group, consumer="bench", max_records=_COUNT, last_id="0")
        broker.subscriber(stream=source)(handle)
        start = perf_counter()
        await broker.start()
        await done.wait()
        taken = perf_counter() - start
        await broker.stop()
        return taken
