"""The shop's events as of today, and how each older version becomes them.

`schemas/` beside this file holds every version that was ever released, frozen on the day of its release, and payloads
recorded then. `upcast schema check examples.shop.events:events --schemas examples/shop/schemas` runs them all.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

import attrs
import msgspec
from pydantic import BaseModel, Field

from upcast import Payload, Registry, add, convert, each, map_values, move, remove, rename, wrap

events = Registry()


# --- orders ---------------------------------------------------------------------------------------------------------


class Line(BaseModel):
    """One line of an order."""

    sku: str
    quantity: int = Field(ge=1)
    cents: int


class Customer(BaseModel):
    """Who ordered."""

    first_name: str
    last_name: str


@events.event("order.placed", version=4)
class OrderPlaced(BaseModel):
    """An order was placed."""

    order_id: str
    customer: Customer
    lines: list[Line] = Field(min_length=1)
    currency: Literal["EUR", "USD", "CHF"]
    at: datetime


def to_cents(price: float) -> int:
    """Prices were floats of whole currency units once."""
    return round(price * 100)


events.steps("order.placed", rename("id", to="order_id"), add("currency", "EUR"), from_version=1)
events.steps("order.placed", each("lines", rename("price", to="cents"), convert("cents", to_cents)), from_version=2)


@events.upcaster("order.placed", from_version=3)
def split_name(payload: Payload) -> Payload:
    """The customer's name was one text."""
    first, _, last = payload["customer"].partition(" ")
    payload["customer"] = {"first_name": first, "last_name": last}
    return payload


# --- payments -------------------------------------------------------------------------------------------------------


@events.event("payment.captured", version=3)
class PaymentCaptured(msgspec.Struct, frozen=True):
    """Money has arrived."""

    payment_id: str
    order_id: str
    amount: Decimal
    method: Literal["card", "transfer", "voucher"]
    reference: str | None = None


events.steps(
    "payment.captured", map_values("method", {"cc": "card", "sepa": "transfer", "voucher": "voucher"}), from_version=1
)
events.unchanged("payment.captured", from_version=2)  # an optional reference was added


# --- customers ------------------------------------------------------------------------------------------------------


@attrs.frozen
class Consent:
    """What the customer agreed to."""

    newsletter: bool
    given: datetime | None = None


@events.event("customer.registered", version=3, formerly=["user.registered"])
@attrs.frozen
class CustomerRegistered:
    """Somebody made an account."""

    customer_id: str
    emails: list[str]
    consent: Consent


events.steps(
    "customer.registered",
    rename("user_id", to="customer_id"),
    rename("email", to="emails"),
    wrap("emails"),
    from_version=1,
)
events.steps("customer.registered", move("newsletter", to="consent.newsletter"), remove("referrer"), from_version=2)
