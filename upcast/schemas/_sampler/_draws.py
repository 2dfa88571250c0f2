"""hypothesis strategies of values that have no shapes below them."""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec
from hypothesis import strategies as st

from upcast.schemas._rebuild._details import details
from upcast.schemas._rebuild._finder import UNREADABLE, finder, in_peace
from upcast.schemas._sampler._formats import in_letters
from upcast.schemas._sampler._moments import limits_of, written, zones_of
from upcast.schemas._sampler._numbers import ends_of, fits, has_room, step_of
from upcast.schemas._sampler._scalars import as_decimal, values
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Boolean,
    DecimalNumber,
    Formatted,
    Integer,
    Number,
    Text,
)

__all__ = ["Draws", "scalars"]

Draws: TypeAlias = st.SearchStrategy[Any]

_MORE_LETTERS = 200
_FIRST, _LAST = dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)  # noqa: DTZ001  # a zone is drawn beside it
_SPAN = dt.timedelta(days=36_500)


def scalars(shape: AnyShape) -> Draws:
    """Values of a shape: from all that it can be, or else those that are known."""
    wide = _wide(shape)
    # Never of both: what was drawn from a list does not shrink.
    return st.sampled_from(values(shape)) if wide is None else wide


def _wide(shape: AnyShape) -> Draws | None:
    match shape:
        case Boolean():
            return st.booleans()
        case Integer():
            return _integers(shape)
        case Number():
            return _floats(shape)
        case DecimalNumber():
            return _decimals(shape)
        case Text():
            return _texts(shape)
        case Formatted():
            make = _FORMATS.get(shape.format)
            return None if make is None else make(shape)
        case Anything():
            return _anything()
        case _:
            return None


def _anything() -> Draws:
    plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    return st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


def _integers(shape: Integer) -> Draws:
    step = step_of(shape)
    low, high = ends_of(shape, step)
    return st.integers(None if low is None else low // step, None if high is None else high // step).map(
        lambda number: number * step
    )


def _floats(shape: Number) -> Draws:
    if shape.multiple_of is not None:
        step = float(shape.multiple_of)
        return st.integers(-(2**40), 2**40).map(lambda number: number * step).filter(lambda found: fits(shape, found))
    lows = [float(bound) for bound in (shape.minimum, shape.exclusive_minimum) if bound is not None]
    highs = [float(bound) for bound in (shape.maximum, shape.exclusive_maximum) if bound is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    found = st.floats(low, high, allow_nan=False, allow_infinity=False)
    return found.filter(lambda number: fits(shape, number))


def _decimals(shape: DecimalNumber) -> Draws:
    places = 6 if shape.decimal_places is None else shape.decimal_places
    if shape.max_digits is not None:
        places = min(places, shape.max_digits)
    unit = Decimal(shape.multiple_of) if shape.multiple_of is not None else Decimal(1).scaleb(-places)
    # Where a remainder is asked for, 28 digits are all that there are.
    longest = 20 if shape.multiple_of is not None else 30
    most = 10 ** (longest if shape.max_digits is None else shape.max_digits)
    lows = [Decimal(bound) for bound in (shape.minimum, shape.exclusive_minimum) if bound is not None]
    highs = [Decimal(bound) for bound in (shape.maximum, shape.exclusive_maximum) if bound is not None]
    low, high = math.ceil(max(lows, default=-most) / unit), math.floor(min(highs, default=Decimal(most)) / unit)
    found = st.integers(max(low, -most), min(high, most)).map(lambda number: number * unit)
    return found.filter(lambda n: fits(shape, n) and has_room(shape, n)).map(lambda n: as_decimal(shape, n))


def _texts(shape: Text) -> Draws | None:
    low, high = shape.min_length or 0, shape.max_length
    if shape.pattern is None:
        found = st.text(min_size=low, max_size=low + _MORE_LETTERS if high is None else min(high, low + _MORE_LETTERS))
    else:
        try:
            found = st.from_regex(in_peace(re.compile, shape.pattern), alphabet=st.characters(max_codepoint=126))
        except (*UNREADABLE, ValueError):
            return None
    if shape.strips:
        found = found.map(str.strip)
    if shape.case:
        found = found.map(str.lower if shape.case == "lower" else str.upper)
    return found.filter(functools.partial(_is_written, shape))


def _is_written(shape: Text, text: str) -> bool:
    if len(text) < (shape.min_length or 0) or (shape.max_length is not None and len(text) > shape.max_length):
        return False
    is_found = None if shape.pattern is None else finder(shape.pattern)
    # The engines are of two minds about a newline at the end.
    return is_found is None or (is_found(text) and not text.endswith("\n"))


def _moments(shape: Formatted) -> Draws:
    limits = [limit.replace(tzinfo=None) for limit in limits_of(shape).values()]
    ends = limits if len(limits) > 1 else [*limits, *_span(shape)]
    return _in_zones(shape, st.datetimes(min(ends), max(ends)))


def _in_zones(shape: Formatted, moments: Draws) -> Draws:
    zones = st.sampled_from(zones_of(shape))
    return _spelled(shape, st.builds(lambda moment, zone: f"{moment.isoformat()}{zone}", moments, zones))


def _times(shape: Formatted) -> Draws:
    return _in_zones(shape, st.times())


def _dates(shape: Formatted) -> Draws:
    limits = list(limits_of(shape).values())
    ends = limits if len(limits) > 1 else [*limits, *(moment.date() for moment in _span(shape))]
    return _spelled(shape, st.dates(min(ends), max(ends)).map(str))


def _span(shape: Formatted) -> tuple[dt.datetime, dt.datetime]:
    """A time that is long enough for most."""
    if "future" in details(shape):
        return _FIRST.replace(year=3000), _LAST.replace(year=4000)
    return _FIRST, _FIRST.replace(year=2024) if "past" in details(shape) else _LAST


def _spelled(shape: Formatted, texts: Draws) -> Draws:
    """Texts in the writer's spelling, without those beyond the limits."""
    return texts.map(lambda text: written(shape, [text])).filter(bool).map(lambda found: found[0])


def _durations(shape: Formatted) -> Draws:
    limits = list(limits_of(shape).values())
    ends = limits if len(limits) > 1 else [*limits, -_SPAN, _SPAN]
    return _spelled(shape, st.timedeltas(min(ends), max(ends)).map(lambda span: str(msgspec.to_builtins(span))))


def _uuids(shape: Formatted) -> Draws:
    version = int(details(shape).get("version") or 0)

    def with_version(number: int) -> str:
        if version:
            number = number & ~(0xF << 76 | 0xC << 60) | version << 76 | 0x8 << 60
        return str(uuid.UUID(int=number))

    return st.integers(0, 2**128 - 1).map(with_version)


def _bytes(shape: Formatted) -> Draws:
    low, high = shape.min_length or 0, shape.max_length
    most = low + _MORE_LETTERS if high is None else min(high, low + _MORE_LETTERS)
    if shape.encoding in {"", "utf8"}:
        fitting = st.text(max_size=most).map(str.encode).filter(lambda found: low <= len(found) <= most)
        return (fitting | st.text(st.characters(max_codepoint=126), min_size=low, max_size=most).map(str.encode)).map(
            lambda found: in_letters(shape, found)
        )
    return st.binary(min_size=low, max_size=most).map(lambda found: in_letters(shape, found))


_FORMATS: dict[str, Callable[[Formatted], Draws]] = {
    "date-time": _moments,
    "date": _dates,
    "time": _times,
    "duration": _durations,
    "uuid": _uuids,
    "bytes": _bytes,
}
