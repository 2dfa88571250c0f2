"""The program that bills the orders of the shop: its policy, its ledger, and its consumer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from upcast.cli.demo.shop import OrderPlaced
from upcast.streams.consumer import Consumer
from upcast.streams.policy import RetryPolicy

if TYPE_CHECKING:
    from valkey.asyncio import Valkey

    from upcast._codec import Codec
    from upcast.streams.delivery import Delivery

__all__ = ["GROUP", "POLICY", "STREAM", "Booking", "Ledger", "consumer_of"]

STREAM = "orders"
GROUP = "billing"

POLICY = RetryPolicy(first_delay=0.05, factor=2.0, max_delay=0.4, newer_wait=0.5, newer_delay=0.25)
"""As a program would have it, but that nobody wants to watch it wait for hours."""


@attrs.frozen
class Booking:
    """An order in the ledger.

    Attributes:
        amount: In cents.
        version: The version the order was stored with.
        replays: How often it had been replayed when it was booked.
    """

    amount: int
    version: int
    replays: int


class Ledger:
    """The books, in memory: what comes a second time is not booked again.

    Attributes:
        bookings: By entry id and index, which together name what was delivered.
        firsts: The first order of each version.
        repeats: How often something came that was booked already.
    """

    def __init__(self) -> None:
        self.bookings: dict[tuple[str, int], Booking] = {}
        self.firsts: dict[int, OrderPlaced] = {}
        self.repeats = 0

    def book(self, order: OrderPlaced, delivery: Delivery) -> None:
        """Book an order, once."""
        key = delivery.id, delivery.index
        if key in self.bookings:
            self.repeats += 1
            return
        version = delivery.schema_version or 0
        self.bookings[key] = Booking(order.amount, version, delivery.replays)
        self.firsts.setdefault(version, order)


def consumer_of(client: Valkey, codec: Codec[Any], ledger: Ledger, *, name: str) -> Consumer:
    """Make the consumer of a release, whose codec it is."""
    consumer = Consumer(
        client, codec, stream=STREAM, group=GROUP, name=name, policy=POLICY, batch=500, min_idle=5.0, poll=0.05
    )

    @consumer.on(OrderPlaced)
    async def bill(order: OrderPlaced, delivery: Delivery) -> None:
        ledger.book(order, delivery)

    return consumer
