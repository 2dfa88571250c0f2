"""What a shape is, in plain Python: a strict decoder of our own, for snapshots that no library reads.

It coerces nothing. The decoders of the families are tested against it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

import attrs
import msgspec

from upcast._bounds import MAX_DIGITS
from upcast._door import Refusal
from upcast._door._door import dotted
from upcast._json import NumberLiteral, parse
from upcast.errors import FieldProblem, MalformedEvent
from upcast.schemas._rebuild._defaults import default_of
from upcast.schemas._rebuild._finder import finder
from upcast.schemas._rebuild._places import names_of
from upcast.schemas._rebuild._plain_formats import formatted
from upcast.schemas._rebuild._refused import refusing
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Hashed,
    Integer,
    Made,
    MapOf,
    Member,
    Null,
    Number,
    Numeric,
    Opaque,
    Path,
    Record,
    Static,
    Tagged,
    Text,
    TupleOf,
    Unions,
    View,
)

__all__ = ["plain_decoder"]

_ABSENT = object()
_literals = msgspec.json.Decoder(float_hook=NumberLiteral)

Value: TypeAlias = Any


class _Mismatch(Exception):
    """A value is not of a shape."""

    def __init__(self, reason: str, *path: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: Path = path


def plain_decoder(view: View, *, whole_floats: bool) -> Callable[[bytes], object]:
    """A strict decoder; it raises `Refused`.

    Args:
        view: What it takes.
        whole_floats: Whether 1.0 is a whole number, as JSON Schema has it.
    """
    reader, names = _Reader(view, whole_floats), names_of(view)

    def decode(payload: bytes) -> object:
        parse(payload)  # refuses what no float can express
        return reader.read(view.root, _literals.decode(payload))

    def refusal(error: BaseException) -> Refusal:
        match error:
            case _Mismatch():
                return Refusal(problems=(FieldProblem(dotted(error.path, names), error.reason),))
            case MalformedEvent():
                return Refusal(malformed=error.detail)
            case _:
                return Refusal(exception=type(error).__qualname__)

    return refusing(decode, refusal)


@attrs.frozen
class _Reader:
    """Reads JSON values by the shapes of a view."""

    view: View
    whole_floats: bool

    def read(self, shape: AnyShape, value: Value) -> Value:
        """What *value* is by *shape*; raises `_Mismatch` where it is none."""
        shape = self.view.resolve(shape)
        match shape:
            case Record():
                return self.record(shape, _typed(value, dict))
            case Tagged():
                return self.tagged(shape, _typed(value, dict))
            case Unions():
                return self.union(shape, value)
            case Array():
                return self.array(shape, _typed(value, list))
            case TupleOf():
                return self.tuple(shape, _typed(value, list))
            case MapOf():
                return self.map(shape, _typed(value, dict))
            case Integer():
                return self.integer(shape, value)
            case _:
                return _scalar(shape, value)

    def at(self, part: str | int, shape: AnyShape, value: Value) -> Value:
        try:
            return self.read(shape, value)
        except _Mismatch as error:
            error.path = (part, *error.path)
            raise

    def record(self, shape: Record, value: dict[str, Value], given: str = "") -> Value:
        found: dict[str, Value] = {}
        known = {given}
        for member in shape.members:
            known.update(str(path[0]) for path in member.places)
            place, inner = _looked_up(member, value)
            if inner is not _ABSENT:
                found[member.name] = self.at(place, member.shape, inner)
            elif member.required:
                raise _Mismatch("missing", member.key)
            elif member.default is not None:
                found[member.name] = self.default(member.default, member.shape)
        others = {key: inner for key, inner in value.items() if key not in known}
        if others and shape.extra == "forbid":
            raise _Mismatch("unknown-field", next(iter(others)))
        if shape.extra == "keep":
            for key, inner in others.items():
                found[key] = inner if shape.extras is None else self.at(key, shape.extras, inner)
        return found

    def default(self, default: Static | Hashed | Made, shape: AnyShape) -> Value:
        return default_of(default, lambda text: self.read(shape, _literals.decode(text)))

    def tagged(self, shape: Tagged, value: dict[str, Value]) -> Value:
        if shape.discriminator not in value:
            raise _Mismatch("missing", shape.discriminator)
        tag = value[shape.discriminator]
        for variant in shape.variants:
            if type(variant.tag) is type(tag) and variant.tag == tag:
                target = self.view.resolve(variant.shape)
                if not isinstance(target, Record):
                    return self.read(target, value)
                return {shape.discriminator: tag, **self.record(target, value, shape.discriminator)}
        raise _Mismatch("unknown-tag", shape.discriminator)

    def union(self, shape: Unions, value: Value) -> Value:
        for member in shape.members:
            try:
                return self.read(member, value)
            except _Mismatch:
                continue
        raise _Mismatch("no-member-of-union")

    def array(self, shape: Array, value: list[Value]) -> Value:
        items = [self.at(index, shape.items, item) for index, item in enumerate(value)]
        if shape.unique:
            different: list[Value] = []
            for item in items:
                if item not in different:
                    different.append(item)
            items = different
        _counted(len(items), shape.min_items, shape.max_items)
        return items

    def tuple(self, shape: TupleOf, value: list[Value]) -> Value:
        count = len(shape.items)
        if len(value) < count or (shape.rest is None and len(value) > count):
            raise _Mismatch("wrong-length")
        shapes = [*shape.items, *([] if shape.rest is None else [shape.rest] * (len(value) - count))]
        return tuple(self.at(index, each, item) for index, (each, item) in enumerate(zip(shapes, value, strict=True)))

    def map(self, shape: MapOf, value: dict[str, Value]) -> Value:
        _counted(len(value), shape.min_entries, shape.max_entries)
        return {self.key(shape.keys, key): self.at(key, shape.values, inner) for key, inner in value.items()}

    def key(self, shape: AnyShape, key: str) -> Value:
        """A key as a string, or as the number or constant that it spells."""
        try:
            return self.at(key, shape, key)
        except _Mismatch as error:
            try:
                spelled = msgspec.json.decode(key)
            except msgspec.DecodeError:
                raise error from None
            if not isinstance(spelled, int | float | None):
                raise
            return self.at(key, shape, spelled)

    def integer(self, shape: Integer, value: Value) -> Value:
        if self.whole_floats and isinstance(value, float) and value.is_integer():
            value = int(value)
        return _limited(shape, _typed(value, int), Fraction)


def _looked_up(member: Member, value: Value) -> tuple[str | int, Value]:
    """What stands at the first place of a member that is there, and where that begins."""
    for path in member.places:
        found = value
        for part in path:
            found = _part(found, part)
        if found is not _ABSENT:
            return path[0], found
    return "", _ABSENT


def _part(value: Value, part: str | int) -> Value:
    if isinstance(part, int):
        return value[part] if isinstance(value, list) and part < len(value) else _ABSENT
    return value.get(part, _ABSENT) if isinstance(value, dict) else _ABSENT


def _typed(value: Value, kind: type) -> Value:
    if type(value) is kind:
        return value
    raise _Mismatch("wrong-type")


def _counted(count: int, least: int | None, most: int | None) -> None:
    if (least is not None and count < least) or (most is not None and count > most):
        raise _Mismatch("wrong-length")


def _scalar(shape: AnyShape, value: Value) -> Value:
    match shape:
        case Null():
            return _typed(value, type(None))
        case Boolean():
            return _typed(value, bool)
        case Number():
            number = float(value) if isinstance(value, float) else float(_typed(value, int))
            # Its decimal digits are what was meant: 0.3 is a multiple of 0.1.
            return _limited(shape, number, lambda each: Fraction(repr(float(each))))
        case DecimalNumber():
            return _decimal(shape, value)
        case Text():
            return _text(shape, _typed(value, str))
        case Formatted():
            found = formatted(shape, value)
            if found is None:
                raise _Mismatch("invalid-value")
            return found
        case Enumeration():
            value = float(value) if isinstance(value, float) else value
            if any(type(each) is type(value) and each == value for each in shape.values):
                return value
            raise _Mismatch("invalid-value")
        case Anything() | Opaque():
            return value
        case _:
            raise AssertionError(type(shape))


def _limited(shape: Numeric, value: Any, exact: Callable[[Any], Fraction]) -> Any:
    number = exact(value)
    if (
        (shape.minimum is not None and number < exact(shape.minimum))
        or (shape.exclusive_minimum is not None and number <= exact(shape.exclusive_minimum))
        or (shape.maximum is not None and number > exact(shape.maximum))
        or (shape.exclusive_maximum is not None and number >= exact(shape.exclusive_maximum))
        or (shape.multiple_of is not None and number % exact(shape.multiple_of) != 0)
    ):
        raise _Mismatch("constraint")
    return value


def _decimal(shape: DecimalNumber, value: Value) -> Decimal:
    if isinstance(value, NumberLiteral):
        value = value.text
    elif type(value) is int:
        value = str(value)
    try:
        number = Decimal(_typed(value, str))
    except ArithmeticError:
        raise _Mismatch("invalid-value") from None
    if not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
        raise _Mismatch("number-out-of-range")
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    places = max(0, -exponent)
    count = max(len(digits) + max(0, exponent), places)
    most = math.inf if shape.max_digits is None else shape.max_digits
    behind = math.inf if shape.decimal_places is None else shape.decimal_places
    # Room that is kept for digits behind the point is no room before it.
    if count > most or places > behind or count - places > most - (shape.decimal_places or 0):
        raise _Mismatch("constraint")
    _limited(shape, number, Fraction)
    return number


def _text(shape: Text, value: str) -> str:
    value = value.strip() if shape.strips else value
    _counted(len(value), shape.min_length, shape.max_length)
    is_found = None if shape.pattern is None else finder(shape.pattern)
    if is_found is not None and not is_found(value):
        raise _Mismatch("constraint")
    # The letters are changed last: the pattern looks at what was sent.
    return value.lower() if shape.case == "lower" else value.upper() if shape.case == "upper" else value
