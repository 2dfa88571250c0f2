"""The shapes of pydantic's lists, tuples and dictionaries."""

from __future__ import annotations

import msgspec

from upcast._door._core_schema import Schema
from upcast.schemas._capture._fingerprints import check, digest
from upcast.schemas._capture._pydantic_choices import enumerated
from upcast.schemas._capture._pydantic_walking import Config, Walking
from upcast.schemas._capture._unions import union_of
from upcast.schemas.shapes import AnyShape, Anything, Array, Enumeration, MapOf, Opaque, Text, TupleOf

__all__ = ["array", "called", "fixed", "mapping", "named_tuple"]

# A named tuple may be read from a list that ends early; so many lengths are told apart.
_MAX_LEFT_OUT = 8


def array(walk: Walking, node: Schema, config: Config) -> AnyShape:
    """A list, set, deque or generator."""
    # A generator judges its items when they are asked for, which is after the event was read.
    return Array(
        checks=(digest(["pydantic", "generator"]),) if node["type"] == "generator" else (),
        items=walk.shape(node.get("items_schema") or {"type": "any"}, config),
        min_items=node.get("min_length") or None,
        max_items=node.get("max_length"),
        unique=node["type"] in {"set", "frozenset"},
    )


def fixed(walk: Walking, node: Schema, config: Config) -> AnyShape:
    """A tuple."""
    items = [walk.shape(item, config) for item in node["items_schema"]]
    variadic = node.get("variadic_item_index")
    least, most = node.get("min_length") or None, node.get("max_length")
    if variadic == 0 and len(items) == 1:
        return Array(items=items[0], min_items=least, max_items=most)
    marks = {"min_length": least, "max_length": most}
    checks = [digest(["pydantic", name, value]) for name, value in marks.items() if value is not None]
    if variadic is None:
        return TupleOf(items=tuple(items), checks=tuple(checks))
    behind = len(items) - variadic - 1
    if behind:
        checks.append(digest(["pydantic", "items-at-the-end", behind]))
    return TupleOf(items=tuple(items[:variadic]), rest=union_of(items[variadic:]), checks=tuple(checks))


def mapping(walk: Walking, node: Schema, config: Config) -> AnyShape:
    """A dictionary."""
    anything: Schema = {"type": "any"}
    keys = _keys(walk, node.get("keys_schema") or anything, config)
    return MapOf(
        keys=Text() if keys == Anything() else keys,
        values=walk.shape(node.get("values_schema") or anything, config),
        min_entries=node.get("min_length") or None,
        max_entries=node.get("max_length"),
    )


def _keys(walk: Walking, node: Schema, config: Config) -> AnyShape:
    """The keys of a dictionary, which are texts in JSON."""
    while node["type"] == "definition-ref":
        node = walk.definitions[node["schema_ref"]]
    found = enumerated(walk, node, config) if node["type"] == "enum" and node.get("sub_type") else None
    if not isinstance(found, Enumeration):
        return walk.shape(node, config)
    # Only an enumeration of a kind of numbers reads their texts: any other number here is never read as a key.
    return msgspec.structs.replace(found, values=tuple(sorted(map(str, found.values))), strict=False)


def named_tuple(walk: Walking, node: Schema, config: Config) -> AnyShape:
    """A named tuple, which is written as a list."""
    return _named(walk, node["fields"], config)


def called(walk: Walking, node: Schema, config: Config) -> AnyShape:
    """The arguments of a function; earlier releases of pydantic read a named tuple so."""
    function = node["function"]
    fields = node["arguments_schema"].get("arguments_schema")
    if isinstance(function, type) and issubclass(function, tuple) and isinstance(fields, list):
        return _named(walk, fields, config)
    return Opaque(reason="the arguments of a function", checks=(check("call", function),))


def _named(walk: Walking, fields: list[Schema], config: Config) -> AnyShape:
    items = tuple(walk.shape(field["schema"], config) for field in fields)
    needed = sum(field["schema"]["type"] != "default" for field in fields)
    fewest = len(items) if walk.writes else max(needed, len(items) - _MAX_LEFT_OUT)
    return union_of(TupleOf(items=items[:length]) for length in range(len(items), fewest - 1, -1))
