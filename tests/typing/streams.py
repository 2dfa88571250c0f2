"""The types users meet with streams, pinned; checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import assert_type

import valkey.asyncio

from upcast import Registry
from upcast.streams import (
    Ack,
    Consumer,
    DeadLetter,
    DeadLetterOffice,
    Delivery,
    Letter,
    Publisher,
    Reject,
    Retry,
    RetryPolicy,
    Selection,
    Settlement,
    StreamCheck,
    check_stream,
)
from upcast.streams.office import DiscardReport, LetterCheck, LetterGroup, ReplayReport
from upcast.streams.stats import ConsumerStats

codec = Registry().codec()


class OrderPlaced:
    pass


class OrderPaid:
    pass


def handlers(client: valkey.asyncio.Valkey) -> None:
    consumer = Consumer(client, codec, stream="orders", group="billing", name="billing-1", policy=RetryPolicy())

    @consumer.on(OrderPlaced)
    async def placed(event: OrderPlaced, delivery: Delivery) -> Reject | None:
        assert_type(delivery.fields, Mapping[bytes, bytes])
        assert_type(delivery.attempt, int)
        assert_type(delivery.event_id, str | None)
        return None

    # The two checkers give the coroutine different names.
    _: Callable[[OrderPlaced, Delivery], Awaitable[Reject | None]] = placed

    @consumer.on(OrderPlaced, OrderPaid)
    def both(event: OrderPlaced | OrderPaid, delivery: Delivery) -> Retry | Ack:
        return Ack()

    assert_type(both, Callable[[OrderPlaced | OrderPaid, Delivery], Retry | Ack])

    @consumer.on_other
    async def rest(event: object, delivery: Delivery) -> Settlement | None:
        return Retry(after=1.0)

    @consumer.on(OrderPlaced)  # type: ignore[arg-type]  # a handler of another class
    def another(event: OrderPaid, delivery: Delivery) -> None: ...

    @consumer.on(OrderPlaced)  # type: ignore[type-var]  # a bool is no settlement
    def yes(event: OrderPlaced, delivery: Delivery) -> bool:
        return True

    assert_type(consumer.stats, ConsumerStats)
    assert_type(consumer.policy, RetryPolicy)


async def office(client: valkey.asyncio.Valkey) -> None:
    desk = DeadLetterOffice(client, "orders")
    selection = Selection(reason="upcaster-failed")
    assert_type(await desk.count(), int)
    assert_type(desk.letters(selection), AsyncGenerator[DeadLetter, None])
    assert_type(await desk.groups(), list[LetterGroup])
    assert_type(await desk.get("1-1"), DeadLetter)
    assert_type((await desk.get("1-1")).letter, Letter)
    assert_type((await desk.get("1-1")).data, bytes | None)
    assert_type(await desk.check(codec), LetterCheck)
    assert_type(await desk.replay(selection, only_passing=codec, rate=200), ReplayReport)
    assert_type(await desk.discard(selection, because="garbage"), DiscardReport)
    assert_type(await check_stream(client, codec, "orders", sample=10), StreamCheck)


async def publish(client: valkey.asyncio.Valkey) -> None:
    publisher = Publisher(client, codec, stream="orders")
    assert_type(await publisher.publish(OrderPlaced(), id="1"), str)
    assert_type(await publisher.publish_many([OrderPlaced()]), list[str])
