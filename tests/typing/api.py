"""What type checkers must see. This file is checked, never run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict, assert_type

import attrs
import msgspec
import pydantic

from upcast import (
    CloudEvent,
    Codec,
    Defect,
    Envelope,
    Explanation,
    Flat,
    JsonEnvelope,
    Payload,
    RefusedEvent,
    Registry,
    RegistryDefects,
    StreamEntry,
    UpcasterFailed,
    add,
    convert,
    each,
    join_fields,
    map_values,
    move,
    remove,
    rename,
    split_field,
    unwrap,
    within,
    wrap,
)
from upcast.steps import Step
from upcast.typing import EnvelopeUpcaster, Upcaster

events = Registry()
by_policy = Registry(unversioned=lambda envelope: 2 if envelope.headers else 1)


@events.event("order.placed", version=3, formerly=["OrderPlaced"])
class OrderPlaced(msgspec.Struct):
    order_id: str


@events.event("order.paid", version=1, reads_up_to=2)
class OrderPaid(pydantic.BaseModel):
    order_id: str


@events.event("order.sent", version=1)
@attrs.define
class OrderSent:
    order_id: str


# A decorated class and a decorated function are what they were.
assert_type(OrderPlaced(order_id="1"), OrderPlaced)
assert_type(OrderPaid(order_id="1"), OrderPaid)
assert_type(OrderSent("1"), OrderSent)


@events.upcaster("order.placed", from_version=1)
def rename_id(payload: Payload) -> Payload:
    return payload


@events.upcaster("order.placed", from_version=2, envelope=True)
def with_envelope(payload: Payload, *, envelope: Envelope) -> Payload:
    assert_type(envelope.id, str | None)
    assert_type(envelope.schema_version, int | None)
    assert_type(envelope.headers, Mapping[str, Any])
    return payload


@events.downcaster("order.placed", to_version=1)
def unname_id(payload: Payload) -> Payload:
    return payload


events.include(by_policy)


@events.split("signup", from_version=1, into={"order.paid": 1})
def parts(payload: Payload) -> list[tuple[str, Payload]]:
    return [("order.paid", payload)]


assert_type(rename_id({}), Payload)
assert_type(unname_id({}), Payload)
assert_type(with_envelope({}, envelope=Envelope("e", 1)), Payload)
assert_type(parts({}), list[tuple[str, Payload]])
upcaster: Upcaster = rename_id
envelope_upcaster: EnvelopeUpcaster = with_envelope


# A function upcaster may know its payloads by the TypedDicts that `upcast schema types` writes.
class OrderPlacedV1(TypedDict):
    id: str
    note: NotRequired[str]


class OrderPlacedV2(TypedDict):
    order_id: str


@events.upcaster("order.placed", from_version=1)
def shaped(payload: OrderPlacedV1) -> OrderPlacedV2:
    payload["uid"]  # type: ignore[typeddict-item]  # no such member
    return {"order_id": payload["id"]}


@events.upcaster("order.placed", from_version=1)
def half_shaped(payload: Payload) -> OrderPlacedV2:
    return {"order_id": payload["id"]}


@events.upcaster("order.placed", from_version=2, envelope=True)
def shaped_with_envelope(payload: OrderPlacedV1, *, envelope: Envelope) -> OrderPlacedV2:
    return {"order_id": envelope.id or payload["id"]}


@events.downcaster("order.placed", to_version=1)
def unshaped(payload: OrderPlacedV2) -> OrderPlacedV1:
    return {"id": payload["order_id"]}


@events.split("signup", from_version=1, into={"order.paid": 1})
def shaped_parts(payload: OrderPlacedV1) -> list[tuple[str, OrderPlacedV2]]:
    return [("order.paid", {"order_id": payload["id"]})]


@events.split("signup", from_version=1, into={"order.paid": 1}, envelope=True)
def shaped_parts_with_envelope(payload: OrderPlacedV1, *, envelope: Envelope) -> list[tuple[str, OrderPlacedV2]]:
    return [("order.paid", {"order_id": envelope.id or payload["id"]})]


assert_type(shaped({"id": "1"}), OrderPlacedV2)
assert_type(half_shaped({}), OrderPlacedV2)
assert_type(shaped_with_envelope({"id": "1"}, envelope=Envelope("e", 1)), OrderPlacedV2)
assert_type(unshaped({"order_id": "1"}), OrderPlacedV1)
assert_type(shaped_parts({"id": "1"}), list[tuple[str, OrderPlacedV2]])
assert_type(shaped_parts_with_envelope({"id": "1"}, envelope=Envelope("e", 1)), list[tuple[str, OrderPlacedV2]])


def no_payload(payload: int) -> int:
    return payload


def no_dict(payload: OrderPlacedV1) -> Mapping[str, object]:
    return payload


def nothing(payload: OrderPlacedV1) -> None: ...


# A function that does not fit is refused where it is registered.
events.upcaster("order.placed", from_version=1)(no_payload)  # type: ignore[type-var]  # a payload is no number
events.upcaster("order.placed", from_version=1)(no_dict)  # type: ignore[type-var]  # the payload must be a dict
events.upcaster("order.placed", from_version=1)(nothing)  # type: ignore[type-var]  # it must return the payload
events.upcaster("order.placed", from_version=1, envelope=True)(shaped)  # type: ignore[arg-type]  # takes no envelope
events.downcaster("order.placed", to_version=1)(no_payload)  # type: ignore[type-var]  # a payload is no number
events.split("signup", from_version=1, into={"e": 1})(no_payload)  # type: ignore[type-var]  # it must return pairs
events.upcaster("order.placed", from_version=1)(lambda: {"a": 1})  # type: ignore[type-var]  # takes no payload
events.upcaster("order.placed", from_version=1)(with_envelope)  # type: ignore[type-var]  # needs envelope=True
events.upcaster("order.placed", from_version="1")  # type: ignore[call-overload]  # versions are integers
events.downcaster("order.placed", to_version=1)(with_envelope)  # type: ignore[type-var]  # takes the payload alone
events.event("order.placed", version="3")  # type: ignore[arg-type]  # versions are integers

assert_type(rename("a", to="b"), Step)
assert_type(move("a", to="b.c"), Step)
assert_type(add("a", [1]), Step)
assert_type(remove("a"), Step)
assert_type(convert("a", int, inverse=str), Step)
assert_type(map_values("a", {1: "one"}, default=None), Step)
assert_type(wrap("a", key="b", nulls=True), Step)
assert_type(unwrap("a"), Step)
assert_type(split_field("a", into=["b", "c"], separator=" "), Step)
assert_type(join_fields(("b", "c"), to="a", separator=" "), Step)
assert_type(within("a", rename("b", to="c"), each("d", remove("e"))), Step)
each("a", [remove("b")])  # type: ignore[arg-type]  # steps are given one by one

# What a stored event is follows from the envelope.
codec = events.codec()
assert_type(codec, Codec[bytes])
assert_type(events.codec(envelope=JsonEnvelope(duplicates="last")), Codec[bytes])
assert_type(events.codec(envelope=Flat()), Codec[bytes])
assert_type(events.codec(envelope=CloudEvent(source="/shop", dataschema=None, duplicates="last")), Codec[bytes])
stream = events.codec(envelope=StreamEntry(), max_bytes=10, record_messages=True)
assert_type(stream.decode({b"type": b"e"}), object)
assert_type(stream.encode(OrderPlaced(order_id="1"), version=2, id="1"), dict[bytes, bytes])
codec.decode("text")  # type: ignore[arg-type]  # stored events are bytes
stream.decode(b"{}")  # type: ignore[arg-type]  # a stream entry is a mapping

assert_type(codec.with_envelope(StreamEntry()), Codec[dict[bytes, bytes]])
assert_type(codec.encode_payload(OrderPlaced(order_id="1")), tuple[str, int, bytes])
assert_type(codec.decode_payload_all("order.placed", 1, {}), list[tuple[object, int]])

assert_type(codec.decode(b""), object)
assert_type(codec.decode_as(OrderPlaced, b""), OrderPlaced)
assert_type(codec.decode_as(OrderPaid, b""), OrderPaid)
assert_type(codec.decode_all(b""), list[tuple[object, int]])
assert_type(codec.decode_many([b""], return_errors=True), list[object])
assert_type(codec.decode_payload("order.placed", 1, {"a": 1}), object)
assert_type(codec.decode_payload("order.placed", None, "{}"), object)
assert_type(codec.encode(OrderPlaced(order_id="1")), bytes)
assert_type(codec.stored_types(OrderPlaced), tuple[str, ...])
assert_type(codec.fingerprint, str)
assert_type(codec.explain(b""), Explanation)
assert_type(codec.explain(b"").error, RefusedEvent | None)

try:
    events.codec()
except RegistryDefects as group:
    assert_type(group.exceptions, tuple[Defect | ExceptionGroup[Defect], ...])
try:
    codec.decode(b"")
except UpcasterFailed as failed:
    assert_type(failed.from_version, int)
    assert_type(failed.message, str | None)
except RefusedEvent as refused:
    assert_type(refused.paths, tuple[str, ...])
    assert_type(refused.event_type, str | None)
