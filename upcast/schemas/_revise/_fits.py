"""Whether a value that one shape allows is surely one of another, with the same meaning, as it stands."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from upcast._steps._values import typed
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Integer,
    MapOf,
    Null,
    Number,
    Numeric,
    Opaque,
    Text,
)

__all__ = ["json_kind", "misfit", "takes_constant"]


def misfit(old: AnyShape, new: AnyShape) -> str:
    """Why a scalar of shape *old* may be refused as *new*, or read as something else; empty where it surely is not."""
    if isinstance(old, Opaque) or isinstance(new, Opaque):
        return "" if old == new else "nothing is known of what it is"
    if not set(new.checks) <= set(old.checks):
        return "code of the class judges it, and that has changed"
    match old, new:
        case _, Anything():
            return ""
        case Enumeration(), _:
            return _values_misfit(old, new)
        case Text(), Text():
            return _text_misfit(old, new)
        case Formatted(), Formatted():
            return _format_misfit(old, new)
        case ((Formatted() | DecimalNumber(as_number=False)), Text()) if _is_bare(new):
            return ""
        case Integer(), (Integer() | Number() | DecimalNumber()):
            return _numeric_misfit(old, new)
        case Number(), (Number() | DecimalNumber()):
            return _numeric_misfit(old, new)
        case DecimalNumber(), DecimalNumber():
            return _numeric_misfit(old, new)
        case (Boolean(), Boolean()) | (Null(), Null()):
            return ""
    return f"{json_kind(old)} is no {json_kind(new)}"


def json_kind(shape: AnyShape) -> str:
    """What a shape is, in a word or two."""
    if isinstance(shape, Formatted):
        return shape.format
    return _KINDS.get(type(shape).__name__, "value")


_KINDS: Final = {
    "Anything": "any value",
    "Null": "null",
    "Boolean": "boolean",
    "Integer": "whole number",
    "Number": "number",
    "DecimalNumber": "decimal",
    "Text": "text",
    "Enumeration": "enumeration",
    "Array": "list",
    "TupleOf": "tuple",
    "MapOf": "map",
    "Record": "object",
    "Unions": "union",
    "Tagged": "tagged union",
}


def _values_misfit(old: Enumeration, new: AnyShape) -> str:
    refused = [value for value in old.values if not takes_constant(value, new)]
    return "" if not refused else f"it has no place for {', '.join(map(repr, refused))}"


def takes_constant(value: Any, new: AnyShape) -> bool:
    """Whether a scalar shape surely takes a constant as it stands."""
    match new:
        case Anything():
            return True
        case Enumeration():
            return typed(value) in set(map(typed, new.values))
        case Text():
            return isinstance(value, str) and (_is_bare(new) or _text_takes(value, new))
        case Null():
            return value is None
        case Boolean():
            return isinstance(value, bool)
        case Integer():
            return type(value) is int and not _bounds_misfit(Integer(minimum=value, maximum=value), new)
        case Number():
            return type(value) in (int, float) and not _bounds_misfit(Number(minimum=value, maximum=value), new)
    return False


def _text_takes(value: str, new: Text) -> bool:
    changes = new.strips or new.case or new.pattern is not None or new.checks
    return not changes and (new.min_length or 0) <= len(value) <= (
        len(value) if new.max_length is None else new.max_length
    )


def _is_bare(text: Text) -> bool:
    return text == Text(strict=text.strict)


def _text_misfit(old: Text, new: Text) -> str:
    if new.pattern not in (None, old.pattern):
        return "not every text matches the pattern"
    if (new.strips and not old.strips) or new.case not in ("", old.case):
        return "it would be read with other letters or white space than it has"
    return _length_misfit(old, new, "text")


def _length_misfit(old: Text | Formatted, new: Text | Formatted, what: str) -> str:
    if (new.min_length or 0) > (old.min_length or 0):
        return f"a shorter {what} than is allowed may be stored"
    if new.max_length is not None and (old.max_length is None or old.max_length > new.max_length):
        return f"a longer {what} than is allowed may be stored"
    return ""


def _format_misfit(old: Formatted, new: Formatted) -> str:
    if (old.format, old.encoding) != (new.format, new.encoding):
        return f"{_named(old)} is no {_named(new)}"
    if new.zone not in ("", old.zone):
        return "not every stored time says its zone in that way"
    if new.detail not in ("", old.detail):
        return "the form allows less than before"
    for name in ("minimum", "exclusive_minimum", "maximum", "exclusive_maximum"):
        if getattr(new, name) not in (None, getattr(old, name)):
            return "a value outside of the limits may be stored"
    return _length_misfit(old, new, old.format)


def _named(shape: Formatted) -> str:
    return f"{shape.format} ({shape.encoding})" if shape.encoding else shape.format


def _numeric_misfit(old: Numeric, new: Numeric) -> str:
    if isinstance(new, DecimalNumber):
        for name in ("max_digits", "decimal_places"):
            limit, before = getattr(new, name), getattr(old, name, None)
            if limit is not None and (before is None or before > limit):
                return "more digits than are allowed may be stored"
        # Fewer places leave more digits before the point, which the limits of the old shape may have had no room for.
        if new.max_digits is not None and getattr(old, "decimal_places", None) != new.decimal_places:
            return "more digits than are allowed may be stored"
    return _bounds_misfit(old, new)


def _bounds_misfit(old: Numeric, new: Numeric) -> str:
    if not (_low(old) >= _low(new)):
        return "a smaller number than is allowed may be stored"
    if not (_high(old) <= _high(new)):
        return "a greater number than is allowed may be stored"
    if new.multiple_of is not None:
        known = old.multiple_of is not None and Decimal(str(old.multiple_of)) % Decimal(str(new.multiple_of)) == 0
        exact = old.minimum is not None and old.minimum == old.maximum  # a constant
        if not known and not (exact and Decimal(str(old.minimum)) % Decimal(str(new.multiple_of)) == 0):
            return "a number that is no multiple may be stored"
    return ""


def _low(shape: Numeric) -> tuple[Decimal, bool]:
    """The least value, and whether itself is left out; comparable."""
    bounds = [(Decimal(str(shape.minimum)), False)] if shape.minimum is not None else []
    bounds += [(Decimal(str(shape.exclusive_minimum)), True)] if shape.exclusive_minimum is not None else []
    return max(bounds, default=(Decimal("-Infinity"), False))


def _high(shape: Numeric) -> tuple[Decimal, bool]:
    bounds = [(Decimal(str(shape.maximum)), True)] if shape.maximum is not None else []
    bounds += [(Decimal(str(shape.exclusive_maximum)), False)] if shape.exclusive_maximum is not None else []
    return min(bounds, default=(Decimal("Infinity"), True))


def accepts_any_key(shape: MapOf) -> bool:
    """Whether every key is allowed."""
    return isinstance(shape.keys, Anything) or (isinstance(shape.keys, Text) and _is_bare(shape.keys))
