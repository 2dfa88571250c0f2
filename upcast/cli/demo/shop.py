"""The registry of a shop whose orders have had five shapes: what a program that uses `upcast` declares.

One edge has a mistake, as real ones do: `split_name` was tried with names that have two words. A program has one
registry, and its next release has the corrected one; here both are at hand, `events` and `fixed`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from annotated_types import Ge, MinLen
from pydantic import BaseModel

from upcast._registry import Registry  # a program writes: from upcast import Registry, Payload, add, ...
from upcast.steps import add, convert, map_values, move, rename
from upcast.typing import Payload, Upcaster

__all__ = ["OrderPlaced", "events", "fixed"]


class Customer(BaseModel):
    """Who ordered."""

    first: str
    last: str


class Address(BaseModel):
    """Where it goes."""

    city: str
    zip: str


class Item(BaseModel):
    """One line of an order."""

    sku: str
    quantity: Annotated[int, Ge(1)]


class OrderPlaced(BaseModel):
    """An order, as the shop sees it today."""

    order_id: str
    customer: Customer
    address: Address
    items: Annotated[list[Item], MinLen(1)]
    amount: Annotated[int, Ge(0)]
    """In cents."""
    currency: str
    status: Literal["new", "paid", "shipped"]
    coupon: str | None = None


def to_cents(euros: float) -> int:
    """Turn euros into cents: by the digits that were stored, not by the float nearest to them."""
    cents = Decimal(str(euros)) * 100
    if cents != int(cents):
        raise ValueError("a fraction of a cent")
    return int(cents)


def to_euros(cents: int) -> float:
    """Turn cents back into euros, for readers that still expect them."""
    return cents / 100


def split_name(payload: Payload) -> Payload:
    """Make two names of one: the mistake."""
    first, last = payload.pop("name").split(" ")
    payload["customer"] = {"first": first, "last": last}
    return payload


def split_any_name(payload: Payload) -> Payload:
    """Make two names of one, which may have a single word: the correction."""
    first, _, last = payload.pop("name").partition(" ")
    payload["customer"] = {"first": first, "last": last}
    return payload


def declare(split: Upcaster) -> Registry:
    """Declare the order and the edges between its five versions.

    Args:
        split: Makes two names of one.
    """
    events = Registry()
    events.event("order.placed", version=5)(OrderPlaced)

    # 2022: the order got a name of its own for its id, and a currency.
    events.steps("order.placed", rename("id", to="order_id"), add("currency", "EUR"), from_version=1)

    # 2023: first and last name became two fields.
    events.upcaster("order.placed", from_version=2)(split)

    # 2024: whole cents, an address of its own, words for the letters of the status.
    events.steps(
        "order.placed",
        convert("amount", to_cents, inverse=to_euros),
        move("city", to="address.city"),
        move("zip", to="address.zip"),
        map_values("status", {"N": "new", "P": "paid", "S": "shipped"}),
        from_version=3,
    )

    # 2025: an order may have a coupon; the orders of 2024 are valid as they are.
    events.unchanged("order.placed", from_version=4)
    return events


events = declare(split_name)
"""Today's release."""

fixed = declare(split_any_name)
"""The release that mends it."""
