"""Whole values of a shape: the least there can be, and one with everything in it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import attrs

from upcast.schemas._sampler._scalars import Value, as_key, distinct, encode, values
from upcast.schemas._sampler._siblings import Group, groups
from upcast.schemas.shapes import (
    AnyShape,
    Array,
    MapOf,
    Member,
    Path,
    Record,
    Reference,
    Tagged,
    TupleOf,
    Unions,
    Variant,
    View,
)

__all__ = ["NOTHING", "Builder", "Fixed", "put", "variant_shape"]

NOTHING: Final = object()
"""There is no such value, or none that can be known."""

Fixed = Mapping[str, Value]
"""Members of an object whose values are given: discriminators."""

_ROUNDS = 2  # so often a definition may stand within itself
_BUDGET = 500  # so many shapes make one full value; definitions that branch could fill the memory


def put(container: dict[str, Any], path: Path, value: Value) -> None:
    """Set what stands at *path*, making what is missing on the way."""
    here: Any = container
    for part, following in itertools.pairwise(path):
        here = _slot(here, part, [] if isinstance(following, int) else {})
    last = path[-1]
    if isinstance(here, list) and isinstance(last, int):
        _slot(here, last, value)
        here[last] = value
    elif isinstance(here, dict):
        here[str(last)] = value


def _slot(here: Any, part: str | int, new: Value) -> Any:
    """What stands in one place, owned by its container; *new* where nothing does."""
    if isinstance(here, list) and isinstance(part, int):
        here += [None] * (part + 1 - len(here))
        if here[part] is None:
            here[part] = new
        return here[part]
    if not isinstance(here, dict):  # another member is read from the way to this one
        return {}
    return here.setdefault(str(part), new)


def variant_shape(view: View, tagged: Tagged, variant: Variant) -> AnyShape:
    """The shape of a variant, which may be told apart further by the same member."""
    shape = view.resolve(variant.shape)
    if isinstance(shape, Tagged) and shape.discriminator == tagged.discriminator:
        for inner in shape.variants:
            if inner.tag == variant.tag:
                return variant_shape(view, shape, inner)
    return variant.shape


@attrs.define
class Builder:
    """Builds values of one view's shapes; a value is never changed once it is made, so parts are shared.

    Attributes:
        view: The view.
        known: The least values of definitions, by name and what they stand within.
        plain: Those of records, by identity, what they stand within, and what is given.
        grouped: The comparable members of records, by identity.
        budget: How many shapes may still go into the full value that is being made.
    """

    view: View
    known: dict[tuple[str, frozenset[str]], Value] = attrs.field(factory=dict)
    plain: dict[tuple[int, frozenset[str], bytes], Value] = attrs.field(factory=dict)
    grouped: dict[int, list[Group]] = attrs.field(factory=dict)
    budget: int = _BUDGET

    def least(self, shape: AnyShape, within: frozenset[str] = frozenset(), fixed: Fixed | None = None) -> Value:
        """The plainest value: no more than is always written; `NOTHING` where there is none.

        Args:
            shape: The shape.
            within: The definitions that it stands in, which it cannot contain again.
            fixed: Members of the object that are given.
        """
        match shape:
            case Reference():
                return self._referred(shape, within, fixed)
            case Record():
                known = id(shape), within, encode(fixed)
                if known not in self.plain:
                    written = [member for member in shape.members if member.required]
                    self.plain[known] = self._record(shape, written, fixed, lambda each: self.least(each.shape, within))
                return self.plain[known]
            case Tagged():
                return _first(
                    self.least(
                        variant_shape(self.view, shape, each), within, {**(fixed or {}), shape.discriminator: each.tag}
                    )
                    for each in shape.variants
                )
            case Unions():
                # Definitions that may stand in each other without end would fill the memory.
                members = sorted(shape.members, key=lambda member: bool(within) and isinstance(member, Reference))
                return _first(self.least(member, within, fixed) for member in members)
            case Array():
                return self.several(shape, shape.min_items or 0, within)
            case TupleOf():
                items = [self.least(item, within) for item in shape.items]
                return NOTHING if NOTHING in items else items
            case MapOf():
                return self.entries(shape, shape.min_entries or 0, within)
            case _:
                return _first(values(shape))

    def _referred(self, shape: Reference, within: frozenset[str], fixed: Fixed | None) -> Value:
        if shape.name in within:
            return NOTHING
        target, inner = self.view.definitions[shape.name], within | {shape.name}
        if fixed:
            return self.least(target, inner, fixed)
        if (shape.name, within) not in self.known:
            self.known[shape.name, within] = self.least(target, inner)
        return self.known[shape.name, within]

    def groups(self, shape: Record) -> list[Group]:
        """The members of an object that can be compared with each other."""
        if id(shape) not in self.grouped:
            self.grouped[id(shape)] = groups(self.view, shape.members)
        return self.grouped[id(shape)]

    def _record(
        self, shape: Record, written: Iterable[Member], fixed: Fixed | None, make: Callable[[Member], Value]
    ) -> Value:
        found: dict[str, Any] = dict(fixed or {})
        for member in written:
            if member.key in found and fixed and member.key in fixed:
                continue
            value = make(member)
            if value is NOTHING:
                if member.required:
                    return NOTHING
                continue
            put(found, member.places[0], value)
        for group in self.groups(shape):
            # Most of what compares them wants them in this order.
            found |= group.rising(found)
        return found

    def several(self, shape: Array, count: int, within: frozenset[str] = frozenset()) -> Value:
        """An array of so many items, which are different if they have to be."""
        if count == 0:
            return []
        if not shape.unique:
            item = self.least(shape.items, within)
            return NOTHING if item is NOTHING else [item] * count
        items = _apart(self.pool(shape.items, count, within))
        return items if len(items) == count else NOTHING

    def entries(self, shape: MapOf, count: int, within: frozenset[str] = frozenset()) -> Value:
        """An object of so many entries."""
        if count == 0:
            return {}
        keys, value = self.pool(shape.keys, count, within), self.least(shape.values, within)
        return NOTHING if len(keys) < count or value is NOTHING else {as_key(key): value for key in keys}

    def pool(self, shape: AnyShape, count: int, within: frozenset[str] = frozenset()) -> list[Value]:
        """So many different values, or as many as can be made."""
        match shape:
            case Reference():
                inner = within | {shape.name}
                return [] if shape.name in within else self.pool(self.view.definitions[shape.name], count, inner)
            case Unions():
                found = [value for member in shape.members for value in self.pool(member, count, within)]
            case Tagged():
                found = [
                    {shape.discriminator: each.tag, **value}
                    for each in shape.variants
                    for value in self.pool(variant_shape(self.view, shape, each), count, within)
                ]
            case Record():
                found = self._different_records(shape, count, within)
            case Array() | TupleOf() | MapOf():
                found = [value for value in (self.least(shape, within), self.full(shape)) if value is not NOTHING]
            case _:
                return distinct(shape, count)
        return list({(encode(v) if isinstance(v, list | dict) else v): v for v in reversed(found)}.values())[::-1][
            :count
        ]

    def _different_records(self, shape: Record, count: int, within: frozenset[str]) -> list[Value]:
        least = self.least(shape, within)
        if least is NOTHING:
            return []
        best = [least]
        for member in shape.members:
            if len(best) < count and len(member.places[0]) == 1:
                values = self.pool(member.shape, count, within)
                best = max(best, [{**least, member.key: value} for value in values], key=len)
        return best

    def full(self, shape: AnyShape, path: tuple[str, ...] = (), fixed: Fixed | None = None) -> Value:
        """A value with every optional member and an item in every array, as deep as definitions may nest."""
        self.budget = _BUDGET
        return self._full(shape, path, fixed)

    def _full(self, shape: AnyShape, path: tuple[str, ...], fixed: Fixed | None = None) -> Value:
        found = self._fuller(shape, path, fixed)
        return self.least(shape, frozenset(path), fixed) if found is NOTHING else found

    def _fuller(self, shape: AnyShape, path: tuple[str, ...], fixed: Fixed | None) -> Value:
        self.budget -= 1
        match shape:
            case Reference():
                if path.count(shape.name) >= _ROUNDS or self.budget < 0:
                    return self.least(shape, frozenset(path), fixed)
                return self._full(self.view.definitions[shape.name], (*path, shape.name), fixed)
            case Record():
                return self._record(shape, shape.members, fixed, lambda member: self._full(member.shape, path))
            case Tagged():
                return _first(
                    self._full(
                        variant_shape(self.view, shape, each), path, {**(fixed or {}), shape.discriminator: each.tag}
                    )
                    for each in shape.variants
                )
            case Unions():
                return _first(self._full(member, path, fixed) for member in shape.members)
            case Array():
                return self._full_array(shape, path)
            case TupleOf():
                items = [self._full(item, path) for item in shape.items]
                rest = NOTHING if shape.rest is None else self._full(shape.rest, path)
                return NOTHING if NOTHING in items else [*items, *([] if rest is NOTHING else [rest])]
            case MapOf():
                entries, value = self.entries(shape, max(1, shape.min_entries or 0)), self._full(shape.values, path)
                if entries is NOTHING or value is NOTHING or shape.max_entries == 0:
                    return NOTHING
                return dict.fromkeys(entries, value)
            case _:
                return _first(values(shape))

    def _full_array(self, shape: Array, path: tuple[str, ...]) -> Value:
        item = NOTHING if shape.max_items == 0 else self._full(shape.items, path)
        return NOTHING if item is NOTHING else self.filled(shape, item, frozenset(path))

    def filled(self, shape: Array, item: Value, within: frozenset[str]) -> Value:
        """An array that begins with *item* and holds no more than it must."""
        more = (shape.min_items or 0) - 1
        if more < 1:
            return [item]
        if not shape.unique:
            return [item, *[self.least(shape.items, within)] * more]
        items = _apart([item, *self.pool(shape.items, more + 1, within)])
        return items[: more + 1] if len(items) > more else NOTHING


def _first(found: Iterable[Value]) -> Value:
    return next((value for value in found if value is not NOTHING), NOTHING)


def _apart(items: Iterable[Value]) -> list[Value]:
    """Those of some values that are different from all before them."""
    found: list[Value] = []
    scalars: set[Value] = set()
    for item in items:
        if isinstance(item, dict | list):
            if all(_differ(item, other) for other in found):
                found.append(item)
        elif item not in scalars:
            scalars.add(item)
            found.append(item)
    return found


def _differ(one: Value, other: Value) -> bool:
    """Whether two values are different whatever their absent members mean."""
    if isinstance(one, dict) and isinstance(other, dict):
        return any(_differ(one[key], other[key]) for key in one.keys() & other.keys())
    if isinstance(one, list) and isinstance(other, list):
        # In any order, for they may be sets.
        return len(one) != len(other) or any(all(_differ(a, b) for b in other) for a in one)
    return bool(one != other)
