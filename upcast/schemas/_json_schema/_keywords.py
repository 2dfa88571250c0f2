"""The keywords of JSON Schema: which are read, which say nothing about what is valid, which cannot be expressed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from upcast.schemas.errors import BrokenSchema

__all__ = ["KINDS", "SPECIFIC", "Node", "count", "not_expressible", "number", "typed"]

Node: TypeAlias = Mapping[str, Any]
"""A schema that is an object."""

KINDS = ("boolean", "integer", "number", "string", "array", "object", "null")
"""The types of JSON values, null last."""

SPECIFIC = frozenset(
    {
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"),
        *("items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems"),
        *("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
        *("minProperties", "maxProperties"),
    }
)
"""The keywords that speak of values of one type."""

_READ = SPECIFIC | {
    *("type", "const", "enum", "allOf", "anyOf", "oneOf", "$ref", "discriminator", "nullable"),
    *("unevaluatedProperties", "contentSchema"),
}

# The closed list of what describes values and judges none.
_ANNOTATIONS = frozenset(
    {
        *("$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$comment", "$vocabulary", "$defs", "definitions"),
        *("title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly"),
        *("externalDocs", "xml"),
    }
)
# What says nothing without another keyword, which is not expressible itself.
_DEPENDENT = frozenset({"then", "else", "minContains", "maxContains"})


def not_expressible(node: Node) -> str:
    """The first keyword of a schema that a shape cannot express; empty where there is none."""
    return next(
        (word for word in node if word not in _READ | _ANNOTATIONS | _DEPENDENT and not word.startswith("x-")), ""
    )


def typed(node: Node, word: str, kind: type, place: str) -> Any:
    """The value of a keyword; None where it is not there.

    Raises:
        BrokenSchema: It is of another type.
    """
    value = node.get(word)
    if value is None or isinstance(value, kind):
        return value
    raise BrokenSchema(f"{place}: {word!r} of a JSON Schema is {_NAMES[kind]}")


def number(node: Node, word: str, place: str) -> int | float | None:
    """The value of a keyword that is a number; None where it is not there.

    Raises:
        BrokenSchema: It is none.
    """
    value = node.get(word)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise BrokenSchema(f"{place}: {word!r} of a JSON Schema is a number")


def count(node: Node, word: str, place: str) -> int | None:
    """The value of a keyword that counts; None where it is not there.

    Raises:
        BrokenSchema: It is no count.
    """
    value = number(node, word, place)
    if value is None or (value >= 0 and value == int(value)):
        return None if value is None else int(value)
    raise BrokenSchema(f"{place}: {word!r} of a JSON Schema is a whole number from 0")


_NAMES: Mapping[type, str] = {dict: "an object", list: "an array", str: "a string", bool: "true or false"}
