"""Members of one object that a validator may compare.

They rise in the plainest payload, and fall or are equal in others.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Any

import attrs

from upcast.schemas._sampler._moments import on_days
from upcast.schemas._sampler._numbers import near
from upcast.schemas._sampler._scalars import Value, as_decimal
from upcast.schemas.shapes import (
    AnyShape,
    Boolean,
    DecimalNumber,
    Formatted,
    Integer,
    Member,
    Null,
    Number,
    Unions,
    View,
)

__all__ = ["Group", "groups"]

_NUMBER = "number"
_BOOLEAN = "boolean"


@attrs.frozen
class Group:
    """Members that can be compared with each other, in the order of their declaration.

    Attributes:
        kind: What they are.
        keys: Where they stand.
        shapes: What each of them is, null aside.
    """

    kind: str
    keys: tuple[str, ...]
    shapes: tuple[Any, ...]

    def rising(self, keys: Container[str]) -> dict[str, Value]:
        """Values for those of the members that are among *keys*, each greater than the one before, as far as may be."""
        chosen = [(key, shape) for key, shape in zip(self.keys, self.shapes, strict=True) if key in keys]
        return {} if self.kind == _BOOLEAN else _row(chosen, _upwards(len(chosen)))

    def rows(self) -> Iterator[dict[str, Value]]:
        """Values for all of them: each less than the one before, each greater, all equal, none, below zero, great."""
        members = list(zip(self.keys, self.shapes, strict=True))
        if self.kind == _BOOLEAN:
            yield from (dict.fromkeys(self.keys, value) for value in (False, True))
            return
        up = _upwards(len(members))
        levels = (up[0], 0.0, -10.0, 1_000_000.0) if self.kind == _NUMBER else (up[0],)
        for targets in (up[::-1], up, *([level] * len(up) for level in levels)):
            yield _row(members, targets)


def _upwards(count: int) -> list[float]:
    return [number + 0.5 for number in range(1, count + 1)]


def _row(members: Iterable[tuple[str, Any]], targets: Iterable[float]) -> dict[str, Value]:
    found = ((key, _value(shape, target)) for (key, shape), target in zip(members, targets, strict=True))
    return {key: value for key, value in found if value is not None}


def _value(shape: Any, target: float) -> Value:
    if isinstance(shape, Formatted):
        return next(iter(on_days(shape, [int(target)])), None)
    number = near(shape, target)
    return as_decimal(shape, number) if isinstance(shape, DecimalNumber) and number is not None else number


def groups(view: View, members: Iterable[Member]) -> list[Group]:
    """The comparable ones among the members of an object."""
    found: dict[str, list[tuple[str, AnyShape]]] = {}
    for member in members:
        shape = _plain(view, member.shape)
        kind = _kind(shape)
        if kind and len(member.places[0]) == 1:
            found.setdefault(kind, []).append((member.key, shape))
    return [Group(kind, *zip(*group, strict=True)) for kind, group in found.items() if len(group) > 1]


def _plain(view: View, shape: AnyShape) -> AnyShape:
    """The first shape that a value may have that is not null."""
    shape = view.resolve(shape)
    if isinstance(shape, Unions):
        return next((_plain(view, member) for member in shape.members if not isinstance(member, Null)), shape)
    return shape


def _kind(shape: AnyShape) -> str:
    match shape:
        case Integer() | Number() | DecimalNumber():
            return _NUMBER
        case Boolean():
            return _BOOLEAN
        case Formatted(format="date-time" | "date" | "duration" as name, zone=zone):
            return f"{name} {zone}"
        case _:
            return ""
