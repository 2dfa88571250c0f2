"""Whether two schema snapshots mean the same."""

from __future__ import annotations

import msgspec

from upcast.schemas._capture._definitions import Graph
from upcast.schemas.shapes import AnyShape, Record, SchemaSnapshot, View

__all__ = ["same"]


def same(one: SchemaSnapshot, other: SchemaSnapshot) -> bool:
    """Whether two schema snapshots are equal in all that carries meaning.

    The order of members carries none, nor that of the members of a union, unless its mode says so; nor does it matter
    what a field is called in its class, where the payload calls it otherwise, or which shapes are definitions.
    """
    return (
        (one.type, one.version, one.family, one.decode_only)
        == (other.type, other.version, other.family, other.decode_only)
        and sorted(one.formerly) == sorted(other.formerly)
        and _same(one.reader, other.reader)
        and _same(one.writer, other.writer)
    )


def _same(one: View | None, other: View | None) -> bool:
    if one is None or other is None:
        return one is other
    graph = Graph()
    tops = [graph.add(view.root, view.definitions) for view in (one, other)]
    classes = graph.classes(_as_stored)
    return classes[tops[0]] == classes[tops[1]]


def _as_stored(shape: AnyShape) -> AnyShape:
    """*shape* with its members known by their places alone."""
    if not isinstance(shape, Record):
        return shape
    members = (msgspec.structs.replace(member, name="", keys=member.places) for member in shape.members)
    return msgspec.structs.replace(shape, members=tuple(members))
