"""What type checkers must see. This file is checked, never run."""

from __future__ import annotations

from typing import assert_type

import msgspec

from upcast import Payload, Registry

events = Registry()


@events.event("order.placed", version=2)
class OrderPlaced(msgspec.Struct):
    order_id: str


@events.upcaster("order.placed", from_version=1)
def rename_id(payload: Payload) -> Payload:
    return payload


assert_type(OrderPlaced(order_id="1"), OrderPlaced)
assert_type(rename_id({}), Payload)

codec = events.codec()
assert_type(codec.decode_as(OrderPlaced, b""), OrderPlaced)
assert_type(codec.encode(OrderPlaced(order_id="1")), bytes)
