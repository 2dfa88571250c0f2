"""Shapes in a few words, for messages."""

from __future__ import annotations

import json

from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Hashed,
    Integer,
    Made,
    MapOf,
    Null,
    Number,
    Numeric,
    Opaque,
    Record,
    Reference,
    Static,
    Tagged,
    Text,
    TupleOf,
    Unions,
)

__all__ = ["short", "short_default"]

_MANY = 5
_LONG = 40
_PLAIN: dict[type, str] = {
    Anything: "anything",
    Null: "null",
    Boolean: "bool",
    Integer: "int",
    Number: "float",
    DecimalNumber: "decimal",
    Text: "str",
}
_SIGNS = {"minimum": "≥", "exclusive_minimum": ">", "maximum": "≤", "exclusive_maximum": "<"}


def short(shape: AnyShape | None, *, depth: int = 2) -> str:
    """A shape in a few words; empty for none."""
    if shape is None:
        return ""
    match shape:
        case Record():
            return _listed("{", [member.key for member in shape.members], "}")
        case Array():
            return f"{'set' if shape.unique else 'list'}[{_below(shape.items, depth)}]{_counts(shape)}"
        case TupleOf():
            items = [_below(item, depth) for item in shape.items]
            return _listed("tuple[", items + ([f"*{_below(shape.rest, depth)}"] if shape.rest is not None else []), "]")
        case MapOf():
            return f"map[{_below(shape.keys, depth)}, {_below(shape.values, depth)}]{_counts(shape)}"
        case Unions():
            return " | ".join(_below(member, depth) for member in shape.members)
        case Tagged():
            return _listed(f"{shape.discriminator} of ", [_value(variant.tag) for variant in shape.variants], "")
        case Enumeration():
            return _listed("", [_value(value) for value in shape.values], "", between=" | ")
        case Formatted():
            words = [shape.zone, shape.detail, shape.format, shape.encoding and f"as {shape.encoding}"]
            return " ".join(filter(None, words)) + _limits(shape)
        case Opaque():
            return f"unknown ({shape.reason})"
        case Reference():
            return "an object"
        case _:
            return _PLAIN[type(shape)] + _limits(shape) + (" strict" if shape.strict else "")


def short_default(default: Static | Hashed | Made | None) -> str:
    """A default in a few words."""
    if default is None:
        return "nothing"
    if isinstance(default, Static):
        return default.json if len(default.json) <= _LONG else default.json[:_LONG] + "..."
    return "a secret" if isinstance(default, Hashed) else "what a function makes"


def _below(shape: AnyShape, depth: int) -> str:
    return short(shape, depth=depth - 1) if depth else "..."


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _listed(before: str, words: list[str], after: str, *, between: str = ", ") -> str:
    more = [f"and {len(words) - _MANY} more"] if len(words) > _MANY else []
    return before + between.join(words[:_MANY] + more) + after


def _limits(shape: AnyShape) -> str:
    found: list[str] = []
    if isinstance(shape, Numeric | Formatted):
        found += [f"{sign} {limit}" for name, sign in _SIGNS.items() if (limit := getattr(shape, name)) is not None]
    if isinstance(shape, Numeric) and shape.multiple_of is not None:
        found.append(f"multiple of {shape.multiple_of}")
    if isinstance(shape, DecimalNumber):
        names = {"max_digits": "digits", "decimal_places": "places"}
        found += [f"{getattr(shape, name)} {word}" for name, word in names.items() if getattr(shape, name) is not None]
    if isinstance(shape, Text | Formatted) and (shape.min_length is not None or shape.max_length is not None):
        found.append(f"length {_range(shape.min_length, shape.max_length)}")
    if isinstance(shape, Text) and shape.pattern is not None:
        found.append(f"like {shape.pattern}")
    return f" ({', '.join(found)})" if found else ""


def _counts(shape: Array | MapOf) -> str:
    least, most = (
        (shape.min_items, shape.max_items) if isinstance(shape, Array) else (shape.min_entries, shape.max_entries)
    )
    return "" if least is None and most is None else f" ({_range(least, most)})"


def _range(least: int | None, most: int | None) -> str:
    return f"{least or 0}..{'' if most is None else most}"
