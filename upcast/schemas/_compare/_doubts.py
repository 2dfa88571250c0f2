"""Why it is not known that one shape takes all of another, although it took every value that it was asked about.

Asking a reader about values shows what it refuses, never that it refuses nothing. So one shape is known to take all of
another only where that follows from the limits of the two; whatever does not is a doubt.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from upcast.schemas._capture._fingerprints import PYTHON_ENGINE
from upcast.schemas._compare._scalars import FINITE, lengths
from upcast.schemas._sampler._moments import KINDS, limits_of
from upcast.schemas._sampler._numbers import ends_of
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    DecimalNumber,
    Formatted,
    Integer,
    Number,
    Numeric,
    Opaque,
    Text,
    Unions,
)

__all__ = ["LIKE", "keeps_apart", "other_engine", "undecided"]

LIKE: Final = (("a", "A"), ("a", "a "), ("1", "1.0"), ("2024-01-01", "2024-01-01T00:00:00"))
"""Texts that are different, and the same to some readers."""

_BEYOND = "no value was found beyond the limits, which does not mean that there is none"
_ENGINES = "the pattern is read by another engine, which may take it for something else"
_NO_PATTERN_FAILS = "no text was found that fails the pattern, which does not mean that there is none"
_LONGER = "the text might be longer than the limit"
_OTHER_KIND = "not every value of the one type is known to be one of the other"

# Forms of which every text is one of the other form, too.
_WIDER = {
    ("date", "date-time"),
    ("email", "idn-email"),
    ("hostname", "idn-hostname"),
    ("ipv4", "ipvanyaddress"),
    ("ipv6", "ipvanyaddress"),
    ("ipv4network", "ipvanynetwork"),
    ("ipv6network", "ipvanynetwork"),
    ("ipv4interface", "ipvanyinterface"),
    ("ipv6interface", "ipvanyinterface"),
}
# Forms whose texts have one length.
_LENGTHS = {"uuid": 36, "date": 10}


def undecided(writer: AnyShape, reader: AnyShape, families: tuple[str, str]) -> str:
    """Why it is not known that *reader* takes all of *writer*, although it took every value it was asked about.

    Args:
        writer: What writes; no reference.
        reader: What reads; no reference.
        families: Whose decoders their classes have.
    """
    if isinstance(writer, FINITE) or isinstance(reader, Anything):
        return ""
    if isinstance(writer, Opaque):
        return f"what is written is not known: {writer.reason}"
    if isinstance(writer, Anything):
        return "anything may be written"
    match writer, reader:
        case _, Opaque():
            return f"what is read is not known: {reader.reason}"
        case _, Unions():
            return "no single type of the union is known to take every value"
        case Text(), Text():
            return _texts(writer, reader, families)
        case Numeric(), Numeric():
            return _numbers(writer, reader, families)
        case Formatted(), Formatted() if writer.format == reader.format:
            return _forms(writer, reader, families)
        case ((Formatted() | Numeric()), Text()):
            return _as_text(writer, reader)  # as a key, or for a reader that takes numbers for texts
        case Formatted(encoding="seconds" | "milliseconds"), Number():
            return "" if reader == Number(strict=reader.strict, checks=reader.checks) else _OTHER_KIND
        case ((Formatted() | Text()), Formatted()):
            return "" if _is_wider(writer, reader) else _OTHER_KIND
    return _OTHER_KIND


# --- texts ----------------------------------------------------------------------------------------------------------


def _texts(writer: Text, reader: Text, families: tuple[str, str]) -> str:
    if reader.pattern is not None:
        if writer.pattern != reader.pattern or (reader.strips, reader.case) != (writer.strips, writer.case):
            return _NO_PATTERN_FAILS
        if len(set(families)) > 1 or other_engine(writer, reader):
            return _ENGINES
    if any(True for _ in lengths(writer, reader)) or (reader.min_length and reader.strips and not writer.strips):
        return "no text was found beyond the limits, which does not mean that there is none"
    return ""


def other_engine(writer: AnyShape, reader: AnyShape) -> bool:
    """Whether the patterns of two texts are found by different engines."""
    return (PYTHON_ENGINE in writer.checks) is not (PYTHON_ENGINE in reader.checks)


def _as_text(writer: Formatted | Numeric, reader: Text) -> str:
    """The same for numbers and texts of a certain form that become plain texts."""
    if reader.pattern is not None:
        return _NO_PATTERN_FAILS
    form = writer.format if isinstance(writer, Formatted) else ""
    least, most = _LENGTHS.get(form, 1), _LENGTHS.get(form)
    if isinstance(writer, Formatted) and form == "bytes":
        # Every character is at least one byte, whatever the encoding.
        least, most = min(1, writer.min_length or 0), _letters(writer)
    if (reader.min_length or 0) > least:
        return "the text might be shorter than the limit"
    return _LONGER if reader.max_length is not None and (most is None or most > reader.max_length) else ""


def _letters(writer: Formatted) -> int | None:
    """The most letters in which so many bytes are written; None for no limit."""
    size = writer.max_length
    if size is None or writer.encoding in {"", "utf8"}:
        return size
    return 2 * size if writer.encoding == "hex" else -(-size // 3) * 4


# --- texts of a certain form ----------------------------------------------------------------------------------------


def _is_wider(writer: Formatted | Text, reader: Formatted) -> bool:
    """Whether a form that takes other texts than those of its own form takes these."""
    limits = (reader.minimum, reader.exclusive_minimum, reader.maximum, reader.exclusive_maximum, reader.max_length)
    if any(limit is not None for limit in limits) or reader.detail or reader.zone == "aware":
        return False
    if reader.format == "bytes" and reader.encoding == "utf8":
        return not reader.min_length or (isinstance(writer, Text) and (writer.min_length or 0) >= reader.min_length)
    return not reader.min_length and isinstance(writer, Formatted) and (writer.format, reader.format) in _WIDER


def _forms(writer: Formatted, reader: Formatted, families: tuple[str, str]) -> str:
    if reader.detail not in {"", writer.detail}:
        return f"the form differs in detail ({reader.detail})"
    if len(set(families)) > 1 and writer.format in {"bytes", "duration"} and "pydantic" in families[:1]:
        return "another library may spell it otherwise"
    if reader.zone not in {"", writer.zone} or not _is_bounded(writer, reader):
        return _BEYOND
    if any(True for _ in lengths(writer, reader)):
        return _LONGER
    return ""


def _is_bounded(writer: Formatted, reader: Formatted) -> bool:
    """Whether the limits of *reader* follow from those of *writer*."""
    if writer.format not in KINDS:
        return _limits(writer) == _limits(reader) or not any(_limits(reader))
    own, other = limits_of(writer), limits_of(reader)
    try:
        return _follow(own, other)
    except TypeError:  # one has a zone, and the other none
        return False


def _limits(shape: Numeric | Formatted) -> tuple[Any, Any, Any, Any]:
    return shape.minimum, shape.exclusive_minimum, shape.maximum, shape.exclusive_maximum


def _follow(own: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether limits by name follow from others."""
    lows, highs = _given(own, "minimum", "exclusive_minimum"), _given(own, "maximum", "exclusive_maximum")
    kept: dict[str, Callable[[Any], bool]] = {
        "minimum": lambda limit: any(low >= limit for low in lows),
        "exclusive_minimum": lambda limit: any(low > limit for low in lows) or own.get("exclusive_minimum") == limit,
        "maximum": lambda limit: any(high <= limit for high in highs),
        "exclusive_maximum": lambda limit: any(high < limit for high in highs) or own.get("exclusive_maximum") == limit,
    }
    return all(kept[name](limit) for name, limit in other.items())


def _given(limits: dict[str, Any], *names: str) -> list[Any]:
    return [limits[name] for name in names if name in limits]


# --- numbers --------------------------------------------------------------------------------------------------------


def _numbers(writer: Numeric, reader: Numeric, families: tuple[str, str]) -> str:
    kinds = type(writer), type(reader)
    if kinds in {(Number, Integer), (DecimalNumber, Integer)}:
        return _OTHER_KIND
    if not _follow(_exact(writer), _exact(reader)):
        return _BEYOND
    if not _is_multiple(writer, reader, families):
        return "no number was found that is no multiple, which does not mean that there is none"
    if isinstance(reader, DecimalNumber) and not _has_digits(writer, reader):
        return "no number was found with too many digits, which does not mean that there is none"
    return ""


def _exact(shape: Numeric) -> dict[str, Fraction]:
    """The limits of numbers, by name."""
    found = dict(zip(("minimum", "exclusive_minimum", "maximum", "exclusive_maximum"), _limits(shape), strict=True))
    exact = {name: Fraction(limit) for name, limit in found.items() if limit is not None}
    if isinstance(shape, Integer):
        # Above 4 is at least 5, and so on.
        low, high = ends_of(shape, 1)
        exact |= {} if low is None else {"minimum": Fraction(low)}
        exact |= {} if high is None else {"maximum": Fraction(high)}
    return exact


def _is_multiple(writer: Numeric, reader: Numeric, families: tuple[str, str]) -> bool:
    own, other = writer.multiple_of, reader.multiple_of
    if other is None:
        return True
    if own is None or type(writer) is not type(reader):
        return False
    if isinstance(writer, Integer):
        return Fraction(own) % Fraction(other) == 0
    # Of fractions every library has its own idea of what a multiple is.
    return own == other and len(set(families)) == 1


def _has_digits(writer: Numeric, reader: DecimalNumber) -> bool:
    """Whether the digits of every number of *writer* are few enough."""
    if reader.max_digits is None and reader.decimal_places is None:
        return True
    most, places = _digits_of(writer)
    if reader.decimal_places is not None and (places is None or places > reader.decimal_places):
        return False
    if reader.max_digits is None:
        return True
    whole = None if most is None or places is None else most - places
    if whole is None and isinstance(writer, DecimalNumber):
        whole = most
    room = reader.max_digits - (reader.decimal_places or 0)
    return most is not None and whole is not None and most <= reader.max_digits and whole <= room


def _digits_of(writer: Numeric) -> tuple[int | None, int | None]:
    """How many digits a number may have, and how many of them behind the point; None for any number."""
    if isinstance(writer, DecimalNumber):
        return writer.max_digits, writer.decimal_places
    limits = _exact(writer)
    low, high = _given(limits, "minimum", "exclusive_minimum"), _given(limits, "maximum", "exclusive_maximum")
    if not isinstance(writer, Integer) or not low or not high:
        return None, 0 if isinstance(writer, Integer) else None
    return max(len(str(abs(int(limit)))) for limit in (*low, *high)), 0


# --- values that are different --------------------------------------------------------------------------------------


def keeps_apart(writer: AnyShape, reader: AnyShape) -> bool:
    """Whether values that are different to the one are known to be different to the other, both no references."""
    if writer == reader or isinstance(writer, FINITE):
        return True
    match writer, reader:
        case Text(), Text():
            return reader.case in {"", writer.case} and (writer.strips or not reader.strips)
        case ((Formatted() | DecimalNumber()), Text()):
            return not reader.case
        case ((Integer() | DecimalNumber()), DecimalNumber()):
            return True
        case Formatted(), Formatted():
            return writer.format == reader.format and writer.encoding == reader.encoding
        case ((Integer() | Number()), (Integer() | Number())):
            return type(writer) is type(reader)
    return False
