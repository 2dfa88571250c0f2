"""Values against a shape: which of those that one shape may write are most likely to be refused by another, and why.

What a reader takes is asked of its library; what is reasoned about here is only which values to ask it about.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, Final

from msgspec.structs import replace

from upcast.schemas._compare._asking import Asking
from upcast.schemas._compare._obstacle import Aspect
from upcast.schemas._sampler import shape_samples
from upcast.schemas.shapes import (
    AnyShape,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Integer,
    Null,
    Number,
    Numeric,
    Text,
    Unions,
    View,
)

__all__ = ["FINITE", "blamed", "candidates", "foreign", "lengths"]

FINITE: Final = (Null, Boolean, Enumeration)
"""Shapes of which every value is asked about."""

_ENOUGH = 48
_ENDS = ("\n", "\x1c")
_FIELDS: dict[Aspect, tuple[str, ...]] = {
    "minimum": ("minimum", "exclusive_minimum"),
    "maximum": ("maximum", "exclusive_maximum"),
    "multiple_of": ("multiple_of",),
    "min_length": ("min_length", "strips"),
    "max_length": ("max_length",),
    "pattern": ("pattern",),
    "digits": ("max_digits", "decimal_places"),
    "zone": ("zone",),
    "form": ("detail",),
}
_NOTHING = {"strips": False, "zone": "", "detail": ""}


def candidates(writer: AnyShape, reader: AnyShape, view: View) -> list[Any]:
    """Values of *writer*, the plainest first, and those that lie beyond the limits of *reader*.

    Args:
        writer: What writes; no reference.
        reader: What reads; no reference.
        view: The view of *writer*.
    """
    if isinstance(writer, Enumeration):
        return list(writer.values)
    found = _sampled(writer, view)[:_ENOUGH]
    for limits in reader.members if isinstance(reader, Unions) else (reader,):
        for beyond in _beyond(writer, limits):
            found += _sampled(beyond, view)[:4]
        if isinstance(writer, Numeric):
            found += _numbers(writer, limits)
        if isinstance(writer, Text) and isinstance(limits, Text):
            found += _blanks(writer, limits)
    return _distinct(found)


def foreign(writer: AnyShape, found: list[Any]) -> list[Any]:
    """Spellings that one library writes and another one may not read, some of which *writer* may not write either.

    Args:
        writer: What writes; no reference.
        found: Values of it.
    """
    match writer:
        case Text(pattern=str()):
            return [f"{text}{end}" for text in found[:4] for end in _ENDS]
        case Formatted(format="bytes"):
            return ["-_8="]
        case Formatted(format="duration"):
            return ["P1Y35D"]
    return []


def _sampled(shape: AnyShape, view: View) -> list[Any]:
    if isinstance(shape, Numeric | Formatted):
        return list(_alone(shape))
    found = shape_samples(shape, view)
    if found or not isinstance(shape, Text) or not shape.min_length:
        return found
    # What matches a pattern does so as a rule with more behind or before it.
    shorter = shape_samples(replace(shape, min_length=None), view)
    size = shape.min_length
    padded = [
        padded
        for text in shorter
        for letter in "a0-"
        for padded in (text.ljust(size, letter), text.rjust(size, letter))
    ]
    strict = Asking(view, "json-schema")
    return [text for text in dict.fromkeys(padded) if strict.takes(shape, text)]


@functools.lru_cache(maxsize=2048)
def _alone(shape: AnyShape) -> tuple[Any, ...]:
    # Most places of most events are one of a few shapes.
    return tuple(shape_samples(shape, View(root=shape)))


def _distinct(values: Iterable[Any]) -> list[Any]:
    # By representation, which tells 1, 1.0 and true apart.
    return list({repr(value): value for value in values}.values())


def _beyond(writer: AnyShape, reader: AnyShape) -> Iterator[AnyShape]:
    """*writer* where it leaves the limits of *reader*, one limit at a time."""
    if isinstance(writer, Numeric) and isinstance(reader, Numeric):
        least, most = "minimum", "maximum"
        pairs = (
            (least, f"exclusive_{most}", min),
            (f"exclusive_{least}", most, min),
            (most, f"exclusive_{least}", max),
            (f"exclusive_{most}", least, max),
        )
        for limit, other, closer in pairs:
            bound = getattr(reader, limit)
            if bound is not None:
                own = getattr(writer, other)
                yield replace(writer, **{other: bound if own is None else closer(own, bound, key=Fraction)})
    elif isinstance(writer, Formatted) and isinstance(reader, Formatted) and writer.format == reader.format:
        for limit, other in (
            ("minimum", "exclusive_maximum"),
            ("exclusive_minimum", "maximum"),
            ("maximum", "exclusive_minimum"),
            ("exclusive_maximum", "minimum"),
        ):
            bound = getattr(reader, limit)
            if bound is not None and getattr(writer, other) is None:
                yield replace(writer, **{other: bound})
        yield from lengths(writer, reader)
    elif isinstance(writer, Text) and isinstance(reader, Text):
        yield from lengths(writer, reader)
        if reader.pattern is not None and writer.pattern is None and reader.min_length is None:
            yield replace(writer, min_length=max(1, writer.min_length or 0))


def lengths(writer: Text | Formatted, reader: Text | Formatted) -> Iterator[AnyShape]:
    """*writer* where it leaves the lengths of *reader*: nothing where it never does."""
    least, most = writer.min_length or 0, writer.max_length
    if reader.max_length is not None and (most is None or most > reader.max_length):
        yield replace(writer, min_length=max(least, reader.max_length + 1))
    if reader.min_length and least < reader.min_length:
        yield replace(writer, max_length=reader.min_length - 1 if most is None else min(most, reader.min_length - 1))


def _numbers(writer: Integer | Number | DecimalNumber, reader: AnyShape) -> list[Any]:
    """Numbers that are no multiples of what *reader* wants, or have more digits than it bears."""
    found: list[Any] = []
    if isinstance(reader, Numeric) and reader.multiple_of is not None:
        step = Fraction(writer.multiple_of or 1)
        start = next((Fraction(at) for at in (writer.minimum, writer.exclusive_minimum) if at is not None), Fraction(0))
        first = -(-start // step)
        numbers = [(first + by) * step for by in range(-2, 13)]
        if not isinstance(writer, Integer):
            numbers += [number + Fraction(1, 2) for number in numbers if writer.multiple_of is None]
        found += [_spelled(writer, number) for number in numbers if _within(writer, number)]
    if isinstance(writer, DecimalNumber) and isinstance(reader, DecimalNumber):
        for size in {reader.max_digits, (reader.max_digits or 0) - (reader.decimal_places or 0), reader.decimal_places}:
            if size is not None and 0 <= size < 60:
                whole, part = Fraction(10) ** size, 1 / Fraction(10) ** (size + 1)
                found += [_spelled(writer, number) for number in (whole, part, -part) if _within(writer, number)]
    return found


def _within(shape: Numeric, number: Fraction) -> bool:
    bounds = (shape.minimum, shape.exclusive_minimum, shape.maximum, shape.exclusive_maximum, shape.multiple_of)
    least, above, most, below, step = (None if bound is None else Fraction(bound) for bound in bounds)
    if isinstance(shape, DecimalNumber) and not _has_digits(shape, number):
        return False
    return (
        (least is None or number >= least)
        and (above is None or number > above)
        and (most is None or number <= most)
        and (below is None or number < below)
        and (step is None or number % step == 0)
        and (not isinstance(shape, Integer) or number.denominator == 1)
    )


def _has_digits(shape: DecimalNumber, number: Fraction) -> bool:
    text = _decimal_text(number)
    whole, _, part = text.lstrip("-").partition(".")
    digits = len((whole + part).lstrip("0")) or 1
    return (
        (shape.decimal_places is None or len(part) <= shape.decimal_places)
        and (shape.max_digits is None or max(digits, len(part)) <= shape.max_digits)
        and (
            shape.max_digits is None
            or shape.decimal_places is None
            or len(whole.lstrip("0")) <= shape.max_digits - shape.decimal_places
        )
    )


def _decimal_text(number: Fraction) -> str:
    places = 0
    while (number * 10**places).denominator != 1 and places < 80:
        places += 1
    digits = str(abs(int(number * 10**places))).rjust(places + 1, "0")
    sign = "-" if number < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def _spelled(shape: Integer | Number | DecimalNumber, number: Fraction) -> Any:
    if isinstance(shape, Integer):
        return int(number)
    if isinstance(shape, Number) or shape.as_number:
        return float(number)
    return _decimal_text(number)


def _blanks(writer: Text, reader: Text) -> list[str]:
    """Texts that are nothing to a reader that strips them."""
    if not reader.strips or writer.strips or writer.pattern is not None:
        return []
    least, most = writer.min_length or 0, writer.max_length
    size = max(least, reader.min_length or 0, 1)
    return [" " * size] if most is None or size <= most else []


def blamed(reader: AnyShape, value: Any, ask: Asking, *, finite: bool) -> Aspect:
    """Which part of *reader*, a shape that refuses *value*, does so.

    Args:
        reader: The shape; no reference.
        value: The value.
        ask: The reader.
        finite: Whether the writer has a list of values as well.
    """
    if value is None:
        return "null"
    if isinstance(reader, Enumeration):
        return "value" if finite else "kind"
    bare = _bare(reader)
    if bare == reader:
        return "kind"
    if not ask.takes(bare, value):
        return "kind"
    for aspect, names in _FIELDS.items():
        limits = {name: getattr(reader, name) for name in names if hasattr(reader, name)}
        if limits and not ask.takes(replace(bare, **limits), value):
            return aspect
    return "kind"


def _bare(shape: AnyShape) -> AnyShape:
    names = [name for names in _FIELDS.values() for name in names if hasattr(shape, name)]
    return replace(shape, **{name: _NOTHING.get(name) for name in names}) if names else shape
