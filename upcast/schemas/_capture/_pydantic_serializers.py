"""What a serializer in a core schema writes in the place of a node."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import msgspec

from upcast._door._core_schema import Schema
from upcast.schemas._capture._fingerprints import check, digest, library_name
from upcast.schemas._capture._pydantic_scalars import SCALARS
from upcast.schemas.shapes import AnyShape, Formatted, Opaque, Text

__all__ = ["written"]

# They stand where pydantic does not validate as it serializes.
_ELSEWHERE = ("PlainValidator.", "SkipValidation.", "InstanceOf.")
_CONTAINERS = {"list", "dict", "set", "frozenset", "tuple", "generator"}


def written(serializer: Schema, own: Callable[[], AnyShape], inner: Callable[[Schema], AnyShape]) -> AnyShape:
    """The shape that *serializer* writes.

    Args:
        serializer: The member `serialization` of a node.
        own: The shape that the node would write without it.
        inner: The shape of a schema that the serializer holds.
    """
    kind = serializer["type"]
    if kind in {"function-plain", "function-wrap"}:
        return _by_function(serializer, own, inner)
    if kind == "to-string":
        found = own()
        return found if isinstance(found, Formatted | Text) else Text()
    if kind == "any":  # whatever the object that stands there writes of itself
        found = own()
        return msgspec.structs.replace(found, checks=(*found.checks, digest(["pydantic", "serialize-as-any"])))
    if kind == "model":
        return inner(serializer["schema"])
    if kind in SCALARS or kind in _CONTAINERS:
        return inner(serializer)
    return Opaque(reason="written by a serializer of its own", checks=(digest(["serializer", kind]),))


def _by_function(serializer: Schema, own: Callable[[], AnyShape], inner: Callable[[Schema], AnyShape]) -> AnyShape:
    function: Any = serializer["function"]
    name = library_name(function)
    if name.startswith(_ELSEWHERE) and "schema" in serializer:
        found = inner(serializer["schema"])
        return msgspec.structs.replace(found, checks=(*own().checks, *found.checks))
    # A secret is written as asterisks, which nobody stores: what is stored of it was written by someone else.
    if name or isinstance(function, operator.attrgetter):
        return own()
    if function is int and "return_schema" in serializer:
        return inner(serializer["return_schema"])
    return Opaque(reason="written by a function", checks=(check("serializer", function),))
