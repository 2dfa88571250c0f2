"""The places of a payload, each with all that may stand there while everything else is as plain as it can be."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeAlias

import attrs

from upcast.schemas._rebuild._places import pointer
from upcast.schemas._sampler._build import NOTHING, Builder, Fixed, put, variant_shape
from upcast.schemas._sampler._scalars import Value, as_key, values
from upcast.schemas._sampler._siblings import Group
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    MapOf,
    Member,
    Null,
    Path,
    Record,
    Reference,
    Tagged,
    TupleOf,
    Unions,
)

__all__ = ["Place", "places", "undeclared_key", "variations", "with_member"]

_DEPTH = 3  # so often a definition is met within itself
_LONGEST = 2000  # a list at its limit is made up to this one

_Found: TypeAlias = tuple[str, Value]
"""A pointer to what was varied, and the value of the place that shows it."""


@attrs.frozen
class Place:
    """A place of a payload.

    Attributes:
        pointer: Where it is, as a JSON pointer with `*` for items, entries and undeclared members.
        shape: What it is.
        wrap: Makes a payload of a value of it.
        is_new: Whether no payload with its plainest value has been made for the place around it.
        fixed: Members of the object that are given.
        path: The definitions around it.
    """

    pointer: str
    shape: AnyShape
    wrap: Callable[[Value], Value]
    is_new: bool = True
    fixed: Fixed | None = None
    path: tuple[str, ...] = ()


def places(builder: Builder, root: AnyShape, limit: int) -> Iterator[Place]:
    """The places of a shape, outermost first: at most *limit*, and each definition so many times within itself.

    What a reference, a union or a tagged union stands for follows as a place of its own.
    """
    waiting = deque([Place("", root, lambda value: value, is_new=False)])
    for _ in range(limit):
        if not waiting:
            return
        place = waiting.popleft()
        yield place
        waiting.extend(_Below(builder, place).places())


@attrs.frozen
class _Below:
    """The places right below a place."""

    builder: Builder
    place: Place

    def places(self) -> Iterator[Place]:
        match self.place.shape:
            case Reference() as shape if self.place.path.count(shape.name) < _DEPTH:
                inner = self.builder.view.definitions[shape.name]
                yield attrs.evolve(self.place, shape=inner, path=(*self.place.path, shape.name))
            case Unions() as shape:
                yield from self.alternatives([(each, None) for each in shape.members if not isinstance(each, Null)])
            case Tagged() as shape:
                fixed = self.place.fixed or {}
                variants = [(each, variant_shape(self.builder.view, shape, each)) for each in shape.variants]
                yield from self.alternatives([(s, {**fixed, shape.discriminator: each.tag}) for each, s in variants])
            case Record() as shape:
                yield from self.members(shape)
            case Array() as shape:
                yield from self.array(shape)
            case TupleOf() as shape:
                yield from self.items(shape)
            case MapOf() as shape if shape.max_entries != 0:
                yield from self.entries(shape)

    def at(self, below: str, shape: AnyShape, put_in: Callable[[Value], Value], *, is_new: bool) -> Place:
        outer = self.place.wrap

        def wrap(value: Value) -> Value:
            container = put_in(value)
            return NOTHING if container is NOTHING else outer(container)

        return Place(self.place.pointer + below, shape, wrap, is_new, path=self.place.path)

    def alternatives(self, shapes: list[tuple[AnyShape, Fixed | None]]) -> Iterator[Place]:
        is_new = self.place.is_new
        for shape, given in shapes:
            fixed = given or self.place.fixed
            yield attrs.evolve(self.place, shape=shape, fixed=fixed, is_new=is_new or isinstance(shape, Reference))
            is_new = is_new or self.builder.least(shape, frozenset(), fixed) is not NOTHING

    def members(self, shape: Record) -> Iterator[Place]:
        least = self.builder.least(shape, frozenset(), self.place.fixed)
        if least is NOTHING:
            return
        for member in shape.members:
            if member.key in (self.place.fixed or {}):
                continue
            path = member.places[0]
            yield self.at(pointer(path), member.shape, _member_setter(least, path), is_new=not member.required)
        if shape.extra == "keep":
            key = undeclared_key(shape)
            yield self.at("/*", shape.extras or Anything(), lambda v: {**least, key: v}, is_new=True)

    def array(self, shape: Array) -> Iterator[Place]:
        if shape.max_items != 0:
            fill = functools.partial(self.builder.filled, shape, within=frozenset())
            yield self.at("/*", shape.items, fill, is_new=not shape.min_items)

    def items(self, shape: TupleOf) -> Iterator[Place]:
        least = self.builder.least(shape)
        if least is NOTHING:
            return
        for index, item in enumerate(shape.items):
            yield self.at(f"/{index}", item, _item_setter(least, index), is_new=False)
        if shape.rest is not None:
            yield self.at("/*", shape.rest, lambda value: [*least, value], is_new=True)

    def entries(self, shape: MapOf) -> Iterator[Place]:
        count = max(1, shape.min_entries or 0)
        least = self.builder.entries(shape, count)
        if least is NOTHING:
            return
        first, *others = least
        rest = {key: least[key] for key in others}
        value = least[first]
        yield self.at("/*", shape.values, lambda v: {first: v, **rest}, is_new=not shape.min_entries)
        yield self.at(
            "/*", shape.keys, lambda v: {as_key(v): value, **rest} if as_key(v) not in rest else NOTHING, is_new=False
        )


def _member_setter(least: dict[str, Value], path: Path) -> Callable[[Value], Value]:
    return lambda value: with_member(least, path, value)


def _item_setter(least: list[Value], index: int) -> Callable[[Value], Value]:
    return lambda value: [*least[:index], value, *least[index + 1 :]]


def with_member(container: dict[str, Value], path: Path, value: Value) -> dict[str, Value]:
    """A copy of an object in which *value* stands at *path*."""
    copied = dict(container)
    if len(path) > 1 and path[0] in copied:
        copied[str(path[0])] = _copied(copied[str(path[0])])
    put(copied, path, value)
    return copied


def _copied(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def undeclared_key(shape: Record) -> str:
    """A name that no member of *shape* has."""
    taken = {path[0] for member in shape.members for path in member.places}
    name = "undeclared"
    while name in taken:
        name += "_"
    return name


def variations(builder: Builder, place: Place) -> list[Iterator[_Found]]:
    """Payloads in which nothing but one place is other than in the plainest, and what that place is.

    Each of several kinds of them is to have its turns.
    """
    found = [_own(builder, place)]
    if isinstance(place.shape, Record):
        least = builder.least(place.shape, frozenset(), place.fixed)
        if least is NOTHING:
            return []
        found += [_compared(place, least, group) for group in builder.groups(place.shape)]
        found.append(_moved(builder, place, place.shape, least))
    return [_wrapped(place, kind) for kind in found]


def _wrapped(place: Place, found: Iterator[_Found]) -> Iterator[_Found]:
    for about, value in found:
        payload = NOTHING if value is NOTHING else place.wrap(value)
        if payload is not NOTHING:
            yield about, payload


def _own(builder: Builder, place: Place) -> Iterator[_Found]:
    here = place.pointer
    match place.shape:
        case Reference() | Tagged():
            return  # what they stand for is a place of its own
        case Record() as shape:
            if place.is_new:
                yield here, builder.least(shape, frozenset(), place.fixed)
            yield here, builder.full(shape, place.path, place.fixed)
        case Unions() as shape:
            if len(shape.members) > sum(not isinstance(each, Null) for each in shape.members):
                yield here, None
        case Array() as shape:
            yield from ((here, value) for value in _arrays(builder, shape, is_new=place.is_new))
        case MapOf() as shape:
            yield from ((here, value) for value in _maps(builder, shape, is_new=place.is_new))
        case TupleOf() as shape:
            yield from ((here, value) for value in ([builder.least(shape)] if place.is_new else []))
            yield here, builder.full(shape, place.path)
        case shape:
            known = values(shape)
            # What is probably there already comes last.
            yield from ((here, value) for value in (known if place.is_new else [*known[1:], *known[:1]]))


def _compared(place: Place, least: dict[str, Value], group: Group) -> Iterator[_Found]:
    for row in group.rows():
        yield place.pointer, {**least, **row, **(place.fixed or {})}


def _moved(builder: Builder, place: Place, shape: Record, least: dict[str, Value]) -> Iterator[_Found]:
    """An object without one of all its members, or with it where a reader looks later."""
    full = builder.full(shape, place.path, place.fixed)
    for member in shape.members:
        if member.key in (place.fixed or {}):
            continue
        for other in member.places[1:]:
            without = {key: value for key, value in least.items() if key != member.key}
            yield place.pointer + pointer(other), _elsewhere(builder, without, member, other)
        if not member.required and len(member.places[0]) == 1 and member.key in full:
            yield place.pointer + pointer(member.places[0]), {k: v for k, v in full.items() if k != member.key}


def _elsewhere(builder: Builder, without: dict[str, Value], member: Member, path: Path) -> Value:
    value = builder.least(member.shape)
    return value if value is NOTHING else with_member(without, path, value)


def _arrays(builder: Builder, shape: Array, *, is_new: bool) -> Iterator[Value]:
    low, high = shape.min_items or 0, shape.max_items
    if is_new:
        yield builder.several(shape, low)
    counts = [low, low + 1, *([] if high is None else [high, high - 1]), low + 10]
    yield from (builder.several(shape, count) for count in counts if _is_count(count, low, high))
    if _is_count(low + 2, low, high):
        others = builder.pool(shape.items, low + 2)
        yield others if len(others) == low + 2 else NOTHING
        if not shape.unique:
            yield builder.several(shape, low + 2)
    yield builder.full(shape)


def _maps(builder: Builder, shape: MapOf, *, is_new: bool) -> Iterator[Value]:
    low, high = shape.min_entries or 0, shape.max_entries
    if is_new:
        yield builder.entries(shape, low)
    counts = [low, low + 1, low + 2, *([] if high is None else [high, high - 1]), low + 10]
    yield from (builder.entries(shape, count) for count in counts if _is_count(count, low, high))
    yield builder.full(shape)


def _is_count(count: int, low: int, high: int | None) -> bool:
    return low <= count <= (_LONGEST if high is None else min(high, _LONGEST))
