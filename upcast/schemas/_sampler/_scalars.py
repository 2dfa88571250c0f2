"""The values of shapes that have no shapes below them: a plain one first, then those at limits, then the odd ones."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from upcast.schemas._sampler._formats import distinct_formatted, formatted
from upcast.schemas._sampler._numbers import distinct_numbers, numbers
from upcast.schemas._sampler._texts import distinct_texts, texts
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Integer,
    Null,
    Number,
    Text,
)

__all__ = ["Value", "as_decimal", "as_key", "distinct", "encode", "values"]

Value: TypeAlias = Any
"""A JSON value; a `Decimal` is a number that is written with all its digits."""

_ANYTHING: tuple[Value, ...] = ("anything", 1, True, None, 1.5, [], {}, {"a": [1, "b", None]}, -1, "")

encode = msgspec.json.Encoder(decimal_format="number").encode
"""Writes a `Value`."""


@functools.lru_cache(4096)
def values(shape: AnyShape) -> tuple[Value, ...]:
    """The values; none where nothing is known of what may stand there, or nothing may."""
    return tuple(_values(shape))


def _values(shape: AnyShape) -> Iterable[Value]:
    match shape:
        case Null():
            return [None]
        case Boolean():
            return [True, False]
        case Integer() | Number():
            return numbers(shape)
        case DecimalNumber():
            return [as_decimal(shape, number) for number in numbers(shape)]
        case Text():
            return texts(shape)
        case Formatted():
            return formatted(shape)
        case Enumeration():
            return shape.values
        case Anything():
            return _ANYTHING
        case _:
            return []


def distinct(shape: AnyShape, count: int) -> list[Value]:
    """So many values that are different for their reader too, or as many as can be made."""
    match shape:
        case Text():
            return list(distinct_texts(shape, count))
        case Formatted():
            return list(distinct_formatted(shape, count))
        case Integer() | Number():
            return distinct_numbers(shape, count)
        case DecimalNumber():
            return [as_decimal(shape, number) for number in distinct_numbers(shape, count)]
        case _:
            found: dict[object, Value] = {}
            for value in values(shape):
                found.setdefault(value if isinstance(value, int | float | str) else encode(value), value)
            return list(found.values())[:count]


def as_decimal(shape: DecimalNumber, number: Decimal) -> str | Decimal:
    """A decimal number as its writer writes it."""
    return number if shape.as_number else str(number)


def as_key(value: Value) -> str:
    """A value as the key of an object."""
    return value if isinstance(value, str) else encode(value).decode()
