"""The values of each type: what a schema says of numbers, texts, arrays and objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from upcast.schemas._capture._fingerprints import canonical_json, digest
from upcast.schemas._capture._unions import union_of
from upcast.schemas._json_schema._apart import NEVER, NoShape
from upcast.schemas._json_schema._forms import INTEGER_KEY, INTEGER_LIMITS, NUMBER_FORMATS, form_of
from upcast.schemas._json_schema._keywords import KINDS, SPECIFIC, Node, count, number, typed
from upcast.schemas.errors import BrokenSchema
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Boolean,
    Formatted,
    Integer,
    MapOf,
    Member,
    Null,
    Number,
    Record,
    Static,
    Text,
    TupleOf,
    Unions,
)

__all__ = ["Read", "of_types"]

Read: TypeAlias = Callable[[Any, str], AnyShape]
"""Makes a shape of a schema at a place."""

_EVERY_KEY = frozenset({"", ".*", "^.*", "^.*$"})
_MOST = 16  # how many places an array may have that may be there or not


def of_types(node: Node, place: str, read: Read) -> AnyShape:
    """What the types of a schema, and its keywords that speak of values of one type, allow.

    Raises:
        NoShape: There is no shape for it; the message names the keyword.
        BrokenSchema: A keyword has a value that it cannot have.
    """
    names = _names(node, place)
    if names is None:
        if not SPECIFIC & node.keys():
            return Anything()
        names = [name for name in KINDS if name != "integer"]
    found: list[AnyShape] = []
    for name in names:
        shape = _of_type(name, node, place, read, also_text="string" in names)
        found += shape.members if isinstance(shape, Unions) else [shape]
    possible = [shape for shape in found if shape != NEVER]
    return union_of(possible) if possible else NEVER


def _names(node: Node, place: str) -> list[str] | None:
    given = node.get("type")
    if given is None:
        return None
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not names or not all(name in KINDS for name in names):
        raise BrokenSchema(f"{place}: 'type' of a JSON Schema is one of {', '.join(KINDS)}, or an array of these")
    return [name for name in dict.fromkeys(names) if name != "integer" or "number" not in names]


def _of_type(name: str, node: Node, place: str, read: Read, *, also_text: bool) -> AnyShape:
    match name:
        case "null":
            return Null()
        case "boolean":
            return Boolean()
        case "string":
            return _text(node, place)
        case "array":
            return _array(node, place, read)
        case "object":
            return _object(node, place, read)
        case _:
            return _number(node, place, Integer if name == "integer" else Number, also_text=also_text)


# --- numbers and texts ----------------------------------------------------------------------------------------------


def _number(node: Node, place: str, kind: type[Integer | Number], *, also_text: bool) -> AnyShape:
    low, above = _limit(node, "minimum", "exclusiveMinimum", place)
    high, below = _limit(node, "maximum", "exclusiveMaximum", place)
    form = typed(node, "format", str, place)
    if form in INTEGER_LIMITS and kind is Integer:
        least, most = INTEGER_LIMITS[form]
        low, high = max(least, low if low is not None else least), min(most, high if high is not None else most)
    elif form == "duration" and not also_text:
        return Formatted(format="duration", encoding="seconds")
    elif form is not None and form not in NUMBER_FORMATS and not also_text:
        raise NoShape("format")
    step = number(node, "multipleOf", place)
    if step is not None and step <= 0:
        raise BrokenSchema(f"{place}: 'multipleOf' of a JSON Schema is greater than 0")
    return kind(minimum=low, exclusive_minimum=above, maximum=high, exclusive_maximum=below, multiple_of=step)


def _limit(node: Node, word: str, exclusive: str, place: str) -> tuple[int | float | None, int | float | None]:
    if isinstance(node.get(exclusive), bool):  # as it was until draft 4
        limit = number(node, word, place)
        return (None, limit) if node[exclusive] else (limit, None)
    return number(node, word, place), number(node, exclusive, place)


def _text(node: Node, place: str) -> AnyShape:
    for word in ("format", "contentEncoding", "contentMediaType", "pattern"):
        typed(node, word, str, place)
    form = form_of(node)
    if form is None:
        raise NoShape("contentEncoding")
    limits = {word: count(node, word, place) or None for word in ("minLength", "maxLength")}
    if node.get("maxLength") == 0:
        limits["maxLength"] = 0
    if isinstance(form, Text):
        return Text(min_length=limits["minLength"], max_length=limits["maxLength"], pattern=node.get("pattern"))
    # What a form has no place for is part of its details, so that no change of it is passed over.
    details = [form.detail, f"pattern={node['pattern']}" if "pattern" in node else ""]
    if form.format == "json" and "contentSchema" in node:
        details.append(f"content={digest(node['contentSchema'])}")
    if form.format == "bytes":  # whose lengths are not those of the text
        details += [f"{word}={limit}" for word, limit in limits.items() if limit is not None]
        limits = dict.fromkeys(limits)
    return msgspec.structs.replace(
        form,
        min_length=limits["minLength"],
        max_length=limits["maxLength"],
        detail="; ".join(detail for detail in details if detail),
    )


# --- arrays ---------------------------------------------------------------------------------------------------------


def _array(node: Node, place: str, read: Read) -> AnyShape:
    first, items = node.get("prefixItems"), ("items", node.get("items", True))
    if first is None and isinstance(items[1], list):  # as it was until 2019
        first, items = items[1], ("additionalItems", node.get("additionalItems", True))
    if not isinstance(first, list | None):
        raise BrokenSchema(f"{place}: 'prefixItems' of a JSON Schema is an array")
    low, high = count(node, "minItems", place) or 0, count(node, "maxItems", place)
    unique = bool(typed(node, "uniqueItems", bool, place))
    rest = read(items[1], f"{place}/{items[0]}")
    word = "items" if "prefixItems" not in node else "prefixItems"
    places = [read(item, f"{place}/{word}/{index}") for index, item in enumerate(first or ())]
    if not places and rest != NEVER and high != 0 and (high is None or low <= high):
        return Array(items=rest, min_items=low or None, max_items=high, unique=unique)
    if unique and places:
        raise NoShape("uniqueItems")
    return _row(places, None if rest == NEVER else rest, low, high)


def _row(places: list[AnyShape], rest: AnyShape | None, low: int, high: int | None) -> AnyShape:
    """An array of which the first places have shapes of their own, and the last of them may be absent."""
    if high is not None and low > high:
        return NEVER
    if high is not None and high < len(places):
        places, rest = places[:high], None
    for limit, word in ((high, "maxItems"), (low, "minItems")):
        if rest is not None and limit is not None and limit - len(places) > _MOST:
            raise NoShape(word)
    if rest is not None:
        places = places + [rest] * (max(low, high or 0) - len(places))
    if high is not None:
        rest = None
    if low > len(places):
        return NEVER
    if len(places) - low > _MOST:
        raise NoShape("prefixItems")
    shorter = [TupleOf(items=tuple(places[:size])) for size in range(len(places) - 1, low - 1, -1)]
    return union_of([TupleOf(items=tuple(places), rest=rest), *shorter])


# --- objects --------------------------------------------------------------------------------------------------------


def _object(node: Node, place: str, read: Read) -> AnyShape:
    properties = typed(node, "properties", dict, place)
    required = typed(node, "required", list, place)
    patterns = typed(node, "patternProperties", dict, place)
    low, high = count(node, "minProperties", place) or None, count(node, "maxProperties", place)
    others = node.get("additionalProperties")
    keys = _keys(node.get("propertyNames", True), place, read)
    if patterns:
        if properties or required or len(patterns) > 1 or keys != Text():
            raise NoShape("patternProperties")
        ((pattern, values),) = patterns.items()
        if pattern not in _EVERY_KEY and others is not False:
            raise NoShape("patternProperties")
        keys = Text() if pattern in _EVERY_KEY else Text(pattern=pattern)
        values = read(values, f"{place}/patternProperties")
        return MapOf(keys=keys, values=values, min_entries=low, max_entries=high)
    extras = read(True if others is None else others, f"{place}/additionalProperties")
    if properties is None and not required and extras != NEVER:
        return MapOf(keys=keys, values=extras, min_entries=low, max_entries=high)
    if keys != Text():
        raise NoShape("propertyNames")
    record = Record(
        members=_members(properties or {}, required or [], extras, place, read),
        extra="forbid" if extras == NEVER else "ignore" if others is None else "keep",
        extras=None if extras in (NEVER, Anything()) else extras,
    )
    if low is not None and low > sum(member.required for member in record.members):
        raise NoShape("minProperties")
    if high is not None and (record.extra != "forbid" or high < len(record.members)):
        raise NoShape("maxProperties")
    return NEVER if any(member.required and member.shape == NEVER for member in record.members) else record


def _members(
    properties: dict[str, Any], required: list[Any], extras: AnyShape, place: str, read: Read
) -> tuple[Member, ...]:
    if not all(isinstance(key, str) for key in required):
        raise BrokenSchema(f"{place}: 'required' of a JSON Schema is an array of strings")
    found = []
    for key, schema in properties.items():
        default = None
        if key not in required and isinstance(schema, dict) and "default" in schema:
            default = Static(canonical_json(schema["default"]))
        shape = read(schema, f"{place}/properties/{key}")
        if shape == extras == NEVER and key not in required:
            continue  # as good as undeclared
        found.append(Member(name=key, shape=shape, required=key in required, default=default))
    undeclared = (key for key in dict.fromkeys(required) if key not in properties)
    return (*found, *(Member(name=key, shape=extras, required=True) for key in undeclared))


def _keys(names: Any, place: str, read: Read) -> AnyShape:
    """What the keys of a map must be."""
    if names == {"pattern": INTEGER_KEY}:
        return Integer()
    if isinstance(names, dict) and "type" not in names and "$ref" not in names:
        names = {**names, "type": "string"}  # keys are nothing else
    shape = read(names, f"{place}/propertyNames")
    return Text() if shape == Anything() else shape
