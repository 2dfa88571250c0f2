"""The shapes of pydantic's literals, enumerations and unions."""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from upcast._door._core_schema import Schema
from upcast.schemas._capture._fingerprints import digest, own_missing
from upcast.schemas._capture._pydantic_known import judged
from upcast.schemas._capture._pydantic_records import discriminator_key
from upcast.schemas._capture._pydantic_walking import Config, Walking, is_strict
from upcast.schemas._capture._unions import enumeration, union_of
from upcast.schemas.shapes import AnyShape, Integer, Null, Opaque, Tagged, Variant

__all__ = ["enumerated", "literal", "nullable", "tagged", "union"]


def literal(_: Walking, node: Schema, __: Config) -> AnyShape:
    """One of the values of a `Literal`."""
    return enumeration(map(_plain, node["expected"])) or Opaque(reason="literals that are no JSON scalars")


def enumerated(walk: Walking, node: Schema, config: Config) -> AnyShape:
    """One of the values of an enumeration."""
    if issubclass(node["cls"], enum.Flag):
        # It takes and writes sums of its members, and more, as its boundary says.
        mark = digest(["pydantic", "flag", [member.value for member in node["cls"]]])
        return Integer(strict=is_strict(node, config) and not walk.writes, checks=(mark,))
    # Only an enumeration of numbers reads what merely looks like one of them.
    strict = is_strict(node, config) and not walk.writes and node.get("sub_type") in {"int", "float"}
    values = (_plain(member.value) for member in node["members"])
    found = enumeration(values, strict=strict) or Opaque(reason="an enumeration of values that are no JSON scalars")
    missing = own_missing(node["cls"])
    return found if missing is None else judged(found, "missing", missing)


def nullable(walk: Walking, node: Schema, config: Config) -> AnyShape:
    """Something, or null."""
    return union_of([walk.shape(node["schema"], config), Null()])


def union(walk: Walking, node: Schema, config: Config) -> AnyShape:
    """A union without a discriminator."""
    choices = [choice[0] if isinstance(choice, tuple) else choice for choice in node["choices"]]
    # The mark of a member that is not there stands in no payload.
    members = [walk.shape(choice, config) for choice in choices if choice["type"] != "missing-sentinel"]
    return union_of(members, "left-to-right" if node.get("mode") == "left_to_right" else "smart")


def tagged(walk: Walking, node: Schema, config: Config) -> AnyShape:
    """A union with a discriminator."""
    choices = {tag: _chosen(tag, node["choices"]) for tag in node["choices"]}
    shapes = {_plain(tag): walk.shape(choice, config) for tag, choice in choices.items()}
    discriminator = node["discriminator"]
    if callable(discriminator):
        return judged(union_of(shapes.values()), "discriminator", discriminator)
    key = discriminator_key(discriminator, choices.values(), walk.definitions, writes=walk.writes)
    if key is None or not all(isinstance(tag, str | int | None) for tag in shapes):
        mark = digest(["pydantic", "discriminator", repr(discriminator)])
        return msgspec.structs.replace(union_of(shapes.values()), checks=(mark,))
    variants = (
        Variant(tag=tag, shape=shapes[tag]) for tag in sorted(shapes, key=lambda tag: (type(tag).__name__, tag))
    )
    return Tagged(discriminator=key, variants=tuple(variants))


def _chosen(tag: Any, choices: dict[Any, Any]) -> Schema:
    choice = choices[tag]
    while not isinstance(choice, dict):  # another name of a tag
        choice = choices[choice]
    return choice


def _plain(value: Any) -> Any:
    """A value as JSON has it: that of an enumeration, and a text or number without its class."""
    value = value.value if isinstance(value, enum.Enum) else value
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value
