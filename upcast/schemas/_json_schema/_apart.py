"""Shapes that have nothing in common, and values that do not fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Boolean,
    Enumeration,
    Formatted,
    Integer,
    MapOf,
    Member,
    Null,
    Number,
    Opaque,
    Record,
    Tagged,
    Text,
    TupleOf,
    Unions,
)

__all__ = ["NEVER", "NoShape", "are_disjoint", "spliced", "takes", "undeclared"]

NEVER: Final = Opaque(reason="nothing is valid here")
"""The shape that takes no value."""


class NoShape(Exception):
    """There is no shape that is exact; the message names the keyword, where there is one to blame."""


def undeclared(record: Record) -> AnyShape:
    """What members may be that are not declared."""
    if record.extra == "forbid":
        return NEVER
    return record.extras or Anything()


def spliced(shape: AnyShape) -> tuple[AnyShape, ...]:
    """The members of a union that does no more than choose, or the shape itself."""
    return shape.members if isinstance(shape, Unions) and not shape.checks else (shape,)


# --- values ---------------------------------------------------------------------------------------------------------


def takes(shape: AnyShape, value: Any) -> bool:
    """Whether a scalar fits a shape, which is no union, reference or decimal.

    Raises:
        NoShape: That cannot be told.
    """
    match shape:
        case Null():
            return value is None
        case Boolean():
            return isinstance(value, bool)
        case Enumeration():
            return any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in shape.values)
        case Integer() | Number():
            if isinstance(value, bool) or not isinstance(value, int | float):
                return False
            return (isinstance(shape, Number) or value == int(value)) and _is_within(shape, value)
        case Text():
            if not isinstance(value, str):
                return False
            return (
                len(value) >= (shape.min_length or 0)
                and (shape.max_length is None or len(value) <= shape.max_length)
                and (shape.pattern is None or _matches(shape.pattern, value))
            )
        case Formatted():
            if isinstance(value, str):
                raise NoShape  # whether it has that form is not for us to say
            return False
    return False


def _is_within(shape: Integer | Number, value: Any) -> bool:
    limits: tuple[tuple[Any, Callable[[Any], bool]], ...] = (
        (shape.minimum, lambda limit: value >= limit),
        (shape.exclusive_minimum, lambda limit: value > limit),
        (shape.maximum, lambda limit: value <= limit),
        (shape.exclusive_maximum, lambda limit: value < limit),
        (shape.multiple_of, lambda limit: value % limit == 0),
    )
    return all(limit is None or holds(limit) for limit, holds in limits)


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:  # it is written for another engine
        raise NoShape from None


# --- apart ----------------------------------------------------------------------------------------------------------

_KINDS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((Null,), "null"),
    ((Boolean,), "boolean"),
    ((Integer, Number), "number"),
    ((Text, Formatted), "string"),
    ((Array, TupleOf), "array"),
    ((Record, MapOf, Tagged), "object"),
)


def are_disjoint(one: AnyShape, other: AnyShape, resolve: Callable[[AnyShape], AnyShape], *, depth: int = 8) -> bool:
    """Whether no value fits both shapes; False where it is not certain."""
    try:
        one, other = resolve(one), resolve(other)
    except NoShape:
        return False
    if depth == 0 or Anything() in (one, other):
        return False
    if NEVER in (one, other):
        return True
    for shape, second in ((one, other), (other, one)):
        if isinstance(shape, Unions):
            return all(are_disjoint(member, second, resolve, depth=depth - 1) for member in shape.members)
    if isinstance(one, Opaque) or isinstance(other, Opaque):
        return False
    if isinstance(one, Record) and isinstance(other, Record):
        return _are_apart(one, other, resolve, depth) or _are_apart(other, one, resolve, depth)
    for shape, second in ((one, other), (other, one)):
        if isinstance(shape, Enumeration):
            try:
                return not any(takes(second, value) for value in shape.values)
            except NoShape:
                return False
    kinds = {_kind(one), _kind(other)}
    return len(kinds) > 1 and "" not in kinds


def _are_apart(one: Record, other: Record, resolve: Callable[[AnyShape], AnyShape], depth: int) -> bool:
    """Whether something that *one* insists on is forbidden in *other*."""
    theirs: dict[str, Member] = {member.key: member for member in other.members}
    for member in one.members:
        if member.required:
            second = theirs[member.key].shape if member.key in theirs else undeclared(other)
            if are_disjoint(member.shape, second, resolve, depth=depth - 1):
                return True
    return False


def _kind(shape: AnyShape) -> str:
    return next((name for kinds, name in _KINDS if isinstance(shape, kinds)), "")
