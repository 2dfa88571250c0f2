"""The events that are decoded, as shapes from which the classes of every family are made, so that all are alike."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import uuid
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs
import msgspec
import pydantic

__all__ = [
    "FAMILIES",
    "FLAT",
    "ORDER",
    "PLAIN_ORDER",
    "SMALL",
    "Family",
    "Payload",
    "Shape",
    "build",
    "examples",
    "plain",
    "text_of",
]

Payload: TypeAlias = dict[str, Any]
Family: TypeAlias = Literal["struct", "pydantic", "attrs", "dataclass"]

FAMILIES: Final[tuple[Family, ...]] = ("struct", "pydantic", "attrs", "dataclass")


@attrs.frozen
class Shape:
    """A class to be made: fields and their types, where another shape stands for a nested class.

    Attributes:
        name: What the class is called.
        fields: Names and types: a type, a `Shape`, or a list with one shape in it.
        optional: The fields that may be missing; they become None.
        wire_names: The names of fields in JSON that cannot be names in Python.
    """

    name: str
    fields: Mapping[str, Any]
    optional: frozenset[str] = frozenset()
    wire_names: Mapping[str, str] = attrs.field(factory=dict)


SMALL: Final = Shape("PaymentReceived", {"payment_id": str, "amount": int, "received_at": dt.datetime})

FLAT: Final = Shape(
    "CustomerRegistered",
    dict.fromkeys(("customer_id", "name", "email", "phone", "street", "city", "country", "language"), str),
)

ORDER: Final = Shape(
    "OrderPlaced",
    {
        "order_id": str,
        "customer": str,
        "address": Shape("Address", {"street": str, "city": str, "zip": str, "country": str}),
        "items": [Shape("Item", {"sku": str, "quantity": int, "price": int})],
        "total": int,
        "currency": str,
        "channel": str,
        "placed_at": dt.datetime,
        "note": str,
    },
)

PLAIN_ORDER: Final = Shape(
    "OrderPlaced",
    {
        "order_id": str,
        "customer": str,
        "email": str,
        "currency": str,
        "channel": str,
        "total": int,
        "paid": bool,
        "note": str,
        "items": [Shape("Line", {"sku": str, "quantity": int})],
    },
)
"""An order of what every library of this kind can express: nine fields, and no type that JSON does not have."""


def build(shape: Shape, family: Family) -> type:
    """Make the class of a shape, with those nested in it, as one would write it by hand."""
    fields = {name: _annotation(kind, family) for name, kind in shape.fields.items()}
    required = {name: kind for name, kind in fields.items() if name not in shape.optional}
    optional = {name: kind | None for name, kind in fields.items() if name in shape.optional}
    if family == "pydantic":
        members: dict[str, Any] = {
            name: (kind, pydantic.Field(default, alias=shape.wire_names.get(name)))
            for group, default in ((required, ...), (optional, None))
            for name, kind in group.items()
        }
        model: type = pydantic.create_model(
            shape.name, __config__=pydantic.ConfigDict(protected_namespaces=()), **members
        )
        return model
    if family == "struct":
        return msgspec.defstruct(
            shape.name,
            [*required.items(), *((name, kind, None) for name, kind in optional.items())],
            rename=dict(shape.wire_names),
        )
    assert not shape.wire_names
    assert not optional
    if family == "attrs":
        return attrs.make_class(shape.name, {name: attrs.field(type=kind) for name, kind in required.items()})
    return dataclasses.make_dataclass(shape.name, list(required.items()))


def _annotation(kind: Any, family: Family) -> Any:
    if isinstance(kind, list):
        item: Any = _annotation(kind[0], family)
        return list[item]
    return build(kind, family) if isinstance(kind, Shape) else kind


def plain(event: object) -> object:
    """An event as JSON values: how results of different classes are compared."""
    return event.model_dump(mode="json", by_alias=True) if isinstance(event, pydantic.BaseModel) else _builtins(event)


def _builtins(event: object) -> object:
    return msgspec.to_builtins(event)


def text_of(payload: Payload) -> bytes:
    """A payload as it is stored: JSON without spaces."""
    return msgspec.json.encode(payload)


CONSTANTS: Final = {"currency": "EUR", "channel": "web", "language": "en"}
"""Fields that all examples agree on: histories add them as constants."""

_WORDS: Final = ("amber", "birch", "cobalt", "dune", "ember", "fjord", "grove", "harbor", "indigo", "juniper", "kelp")


def examples(shape: Shape, count: int) -> list[Payload]:
    """Different payloads of today's version; the same in every run."""
    draw = random.Random(shape.name)
    return [_example(shape, draw) for _ in range(count)]


def _example(shape: Shape, draw: random.Random) -> Payload:
    return {name: CONSTANTS.get(name) or _value(name, kind, draw) for name, kind in shape.fields.items()}


def _value(name: str, kind: Any, draw: random.Random) -> Any:
    if isinstance(kind, list):
        return [_example(kind[0], draw) for _ in range(draw.choice((1, 2, 2, 3)))]
    if isinstance(kind, Shape):
        return _example(kind, draw)
    if kind is bool:
        return draw.random() < 0.5
    if kind is int:
        return draw.randrange(1, 20_000)
    if kind is dt.datetime:
        moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=draw.randrange(10**7))
        return moment.isoformat().replace("+00:00", "Z")
    if name.endswith("_id"):
        return str(uuid.UUID(int=draw.getrandbits(128)))
    if name in ("country", "zip"):
        return f"{draw.choice(_WORDS)[:2].upper()}"
    return f"{draw.choice(_WORDS)}-{draw.choice(_WORDS)}-{draw.randrange(1000)}"
