"""A small shop, for the tests of streams: Structs and pydantic models, several versions, a split, a nested payload.

`make_codec()` has a bug that only some old orders show; `make_codec(mended=True)` is the release that mends it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict

from upcast import Codec, Payload, Registry, add, rename

__all__ = [
    "Address",
    "BasketSaved",
    "EmailChanged",
    "Item",
    "NameChanged",
    "OrderPlaced",
    "UserRegistered",
    "make_codec",
    "order",
    "order_v1",
]


class OrderPlaced(msgspec.Struct, frozen=True, kw_only=True):
    """Version 3; version 1 had `id` and the amount as text in units, version 2 had the amount as text."""

    order_id: str
    cents: int
    currency: str = "EUR"


class Item(BaseModel):
    sku: str
    count: int
    tags: list[str] = []


class Address(BaseModel):
    street: str
    geo: dict[str, float] | None = None


class BasketSaved(BaseModel):
    """Objects in lists in objects, and keys that begin with an underscore."""

    model_config = ConfigDict(extra="allow")

    basket_id: str
    items: list[Item]
    address: Address
    meta: dict[str, Any] = {}


class UserRegistered(BaseModel):
    """Text that looks like something else."""

    user_id: str
    code: str = ""
    flag: str = ""


class NameChanged(msgspec.Struct, frozen=True):
    user_id: str
    name: str


class EmailChanged(msgspec.Struct, frozen=True):
    user_id: str
    email: str


def _in_cents(payload: Payload) -> Payload:
    """The bug: old orders from some shops have a decimal comma."""
    units, _, rest = payload.pop("amount").partition(".")
    payload["cents"] = int(units) * 100 + int((rest + "00")[:2])
    return payload


def _in_cents_mended(payload: Payload) -> Payload:
    payload["amount"] = payload["amount"].replace(",", ".")
    return _in_cents(payload)


def _split_profile(payload: Payload) -> list[tuple[str, Payload]]:
    user_id = payload["user_id"]
    return [
        ("user.name-changed", {"user_id": user_id, "name": payload["name"]}),
        ("user.email-changed", {"user_id": user_id, "email": payload["email"]}),
    ]


def make_codec(*, mended: bool = False) -> Codec:
    """The codec of today's release, or of the next one."""
    events = Registry()
    events.event("order.placed", version=3)(OrderPlaced)
    events.steps("order.placed", rename("id", to="order_id"), from_version=1)
    events.upcaster("order.placed", from_version=2)(_in_cents_mended if mended else _in_cents)

    events.event("basket.saved", version=2)(BasketSaved)
    events.steps("basket.saved", add("meta", {}), from_version=1)

    events.event("user.registered", version=1)(UserRegistered)

    events.event("user.name-changed", version=1)(NameChanged)
    events.event("user.email-changed", version=1)(EmailChanged)
    events.split("user.profile-updated", from_version=1, into={"user.name-changed": 1, "user.email-changed": 1})(
        _split_profile
    )
    return events.codec()


def order(number: int) -> OrderPlaced:
    """An order of today."""
    return OrderPlaced(order_id=f"o-{number}", cents=number)


def order_v1(number: int, amount: str = "12.50") -> bytes:
    """The payload of an order of the first version; with a comma in its amount it shows the bug."""
    return msgspec.json.encode({"id": f"o-{number}", "amount": amount})
