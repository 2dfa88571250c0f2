"""A hypothesis strategy of what a writer may write: wider than the samples, and at random."""

from __future__ import annotations

import functools
from typing import Any

import attrs

from upcast.errors import MissingExtra
from upcast.schemas._sampler._build import NOTHING, Builder, Fixed, put, variant_shape
from upcast.schemas._sampler._moments import KINDS, meaning
from upcast.schemas._sampler._scalars import Value, as_key, encode
from upcast.schemas._sampler._tree import undeclared_key
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Formatted,
    MapOf,
    Path,
    Record,
    Reference,
    Tagged,
    TupleOf,
    Unions,
    View,
)

try:
    from hypothesis import strategies as st

    from upcast.schemas._sampler._draws import Draws, scalars
except ImportError as error:
    raise MissingExtra("gate", "schema prove") from error

__all__ = ["strategy"]

_ROUNDS = 3  # so often a definition may stand within itself
_MORE = 8


def strategy(view: View) -> st.SearchStrategy[bytes]:
    """Payloads of a writer, as JSON text.

    It draws from all that the shapes allow; recursion ends.

    Args:
        view: What the writer writes.

    Returns:
        The strategy; an empty one where something that is always written is of a shape of which nothing is known.
    """
    return _Maker(view, Builder(view)).of(view.root).map(encode)


@attrs.frozen
class _Maker:
    view: View
    builder: Builder

    def is_empty(self, shape: AnyShape, path: tuple[str, ...] = ()) -> bool:
        return self.builder.least(shape, _ended(path)) is NOTHING

    def of(self, shape: AnyShape, path: tuple[str, ...] = (), fixed: Fixed | None = None) -> Draws:
        if self.builder.least(shape, _ended(path), fixed) is NOTHING:
            return st.nothing()
        match shape:
            case Reference():
                inner, below = self.view.definitions[shape.name], (*path, shape.name)
                return st.deferred(lambda: self.of(inner, below, fixed))
            case Record():
                return self.record(shape, path, fixed or {})
            case Tagged():
                given = fixed or {}
                variants = (
                    self.of(variant_shape(self.view, shape, each), path, {**given, shape.discriminator: each.tag})
                    for each in shape.variants
                )
                return st.one_of(*variants)
            case Unions():
                return st.one_of(*(self.of(member, path, fixed) for member in reversed(shape.members)))
            case Array():
                return self.array(shape, path)
            case TupleOf():
                return self.row(shape, path)
            case MapOf():
                return self.entries(shape, path)
            case _:
                return scalars(shape)

    def record(self, shape: Record, path: tuple[str, ...], fixed: Fixed) -> Draws:
        members: dict[Path, Draws] = {}
        absent = st.just(NOTHING)  # first of two, so that what fails shrinks to it
        for member in shape.members:
            if member.key not in fixed and not self.is_empty(member.shape, path):
                drawn = self.of(member.shape, path)
                members[member.places[0]] = drawn if member.required else absent | drawn
        if shape.extra == "keep":
            members[undeclared_key(shape),] = absent | self.of(shape.extras or Anything(), path)
        return st.fixed_dictionaries(members).map(functools.partial(_object, dict(fixed)))

    def array(self, shape: Array, path: tuple[str, ...]) -> Draws:
        low, high = shape.min_items or 0, shape.max_items
        most = low + _MORE if high is None else min(high, low + _MORE)
        if most == 0 or self.is_empty(shape.items, path):
            return st.just([])
        return st.lists(
            self.of(shape.items, path),
            min_size=low,
            max_size=most,
            unique_by=functools.partial(_told, self.view, shape.items) if shape.unique else None,
        )

    def row(self, shape: TupleOf, path: tuple[str, ...]) -> Draws:
        first = st.tuples(*(self.of(item, path) for item in shape.items))
        if shape.rest is None or self.is_empty(shape.rest, path):
            return first.map(list)
        return st.builds(lambda some, more: [*some, *more], first, st.lists(self.of(shape.rest, path), max_size=_MORE))

    def entries(self, shape: MapOf, path: tuple[str, ...]) -> Draws:
        low, high = shape.min_entries or 0, shape.max_entries
        most = low + _MORE if high is None else min(high, low + _MORE)
        if most == 0 or self.is_empty(shape.keys, path) or self.is_empty(shape.values, path):
            return st.just({})
        pairs = st.lists(
            st.tuples(self.of(shape.keys, path), self.of(shape.values, path)),
            min_size=low,
            max_size=most,
            unique_by=lambda entry: _told(self.view, shape.keys, entry[0]),
        )
        return pairs.map(lambda found: {as_key(key): value for key, value in found})


def _ended(path: tuple[str, ...]) -> frozenset[str]:
    """The definitions that may not be met again."""
    return frozenset(name for name in path if path.count(name) >= _ROUNDS)


def _object(fixed: dict[str, Value], drawn: dict[Path, Value]) -> dict[str, Value]:
    found = dict(fixed)
    for path, value in drawn.items():
        if value is not NOTHING:
            put(found, path, value)
    return found


def _told(view: View, shape: AnyShape, value: Value) -> Any:
    """What tells a value from others, whatever absent members mean and however the same moment is written."""
    shape = view.resolve(shape)
    if isinstance(shape, Formatted) and shape.format in KINDS:
        return meaning(shape, value)
    if isinstance(shape, Record):
        return encode({m.key: value[m.key] for m in shape.members if m.required and m.key in value})
    return encode(value) if isinstance(value, list | dict) else value
