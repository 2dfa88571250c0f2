"""What a reader takes and makes something else of: soft obstacles."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from upcast.schemas._compare._asking import REFUSED
from upcast.schemas._compare._obstacle import Aspect, Obstacle
from upcast.schemas._compare._places import resolved
from upcast.schemas._compare._scalars import candidates
from upcast.schemas._sampler import shape_samples
from upcast.schemas.shapes import (
    AnyShape,
    Array,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Made,
    MapOf,
    Member,
    Null,
    Number,
    Numeric,
    Record,
    Tagged,
    Text,
    TupleOf,
    Unions,
)

if TYPE_CHECKING:
    from upcast.schemas._compare._walk import Walk

__all__ = ["of_choice", "of_members", "of_sequence", "of_unread", "of_value"]

_SAFE_DIGITS = 15  # every decimal of so many digits is a float of its own
_LONG = ("0.12345678901234567891", "12345678901234567.89")
_ODD: tuple[Any, ...] = ("1", "1.5", "true", "2024-01-01", "2024-01-01T00:00:00", 1, 1.0, True)


def _soft(aspect: Aspect, writer: AnyShape, reader: AnyShape, payloads: Iterable[Any]) -> list[Obstacle]:
    found = tuple(payloads)
    if not found:
        return []
    return [Obstacle(aspect=aspect, writer=writer, reader=reader, part=(writer, reader), payloads=found[:4])]


def of_value(walk: Walk, writer: AnyShape, reader: AnyShape) -> list[Obstacle]:
    """Plain values that another type makes something else of."""
    match writer, reader:
        case _, Enumeration():
            return _of_list(writer, reader)
        case DecimalNumber(), Number() if (writer.max_digits or _SAFE_DIGITS + 1) > _SAFE_DIGITS:
            asked = [
                *candidates(writer, reader, walk.writer),
                *(long for long in _LONG if walk.own.takes(writer, long)),
            ]
            spelled = [value for value in asked if isinstance(value, str) or writer.as_number]
            return _soft("rounded", writer, reader, (value for value in spelled if _rounds(value)))
        case Boolean(), Numeric():
            return _soft("counted", writer, reader, [True])
        case Numeric(), Boolean():
            return _soft("counted", writer, reader, [value for value in (1, 0) if walk.own.takes(writer, value)])
        case Formatted(format="bytes"), Formatted(format="bytes") if writer.encoding != reader.encoding:
            values = candidates(writer, reader, walk.writer)
            return _soft("respelled", writer, reader, _reread(walk, writer, reader, values))
    return []


def _rounds(value: Any) -> bool:
    number = Decimal(str(value))
    return number.is_finite() and Decimal(repr(float(number))) != number


def _reread(walk: Walk, writer: AnyShape, reader: AnyShape, values: Iterable[Any]) -> list[Any]:
    """Those of the values that the reader takes for something else."""
    found = []
    for value in values:
        before, after = walk.own.read(writer, value), walk.ask.read(reader, value)
        if before is REFUSED or after is REFUSED:
            continue
        # The values that decoders give are told apart by type as well: 1 and true are equal.
        if type(_held(before)) is not type(_held(after)) or before != after:
            found.append(value)
    return found


def _held(read: Any) -> Any:
    return next(iter(read.values())) if isinstance(read, dict) and len(read) == 1 else read


def _of_list(writer: AnyShape, reader: Enumeration) -> list[Obstacle]:
    """A list of values that is new, and has none for the unknown ones."""
    if isinstance(writer, Enumeration) or reader.checks or len(reader.values) < 2:
        return []
    return _soft("closed", writer, reader, [_unknown_value(reader)])


def _unknown_value(shape: Enumeration) -> Any:
    if all(isinstance(value, str) for value in shape.values):
        return max((str(value) for value in shape.values), key=len) + "-or-another"
    return max((value for value in shape.values if isinstance(value, int | float)), default=0) + 1


def of_choice(walk: Walk, writer: AnyShape, reader: Unions) -> list[Obstacle]:
    """Values that another type of a union takes than the one that took them, though that is there still."""
    own = [each for each in _flat(walk, writer) if not isinstance(each, Null)]
    others = [resolved(walk.reader, each) for each in reader.members if not isinstance(each, Null)]
    if writer == reader or len(others) < 2 or any(map(_holds_others, [*own, *others])):
        return []
    values: list[Any] = [*_ODD] if "left-to-right" in {reader.mode, getattr(writer, "mode", "")} else []
    for each in own:
        values += candidates(each, reader, walk.writer)
    if any(isinstance(each, Text) for each in own):
        for other in others:
            if isinstance(other, Formatted):
                values += shape_samples(other, walk.reader)[:6]
    reread = [value for value in values if walk.own.takes(writer, value)]
    return _soft(
        "captured",
        writer,
        reader,
        (
            value
            for value in _reread(walk, writer, reader, reread)
            if any(_same(walk, writer, other, value) for other in others)
        ),
    )


def _same(walk: Walk, writer: AnyShape, other: AnyShape, value: Any) -> bool:
    after = walk.ask.read(other, value)
    before = walk.own.read(writer, value)
    return after is not REFUSED and before == after and type(_held(before)) is type(_held(after))


def _flat(walk: Walk, shape: AnyShape) -> list[AnyShape]:
    if isinstance(shape, Unions):
        return [resolved(walk.writer, each) for each in shape.members]
    return [shape]


def _holds_others(shape: AnyShape) -> bool:
    return isinstance(shape, Record | MapOf | Array | TupleOf | Tagged)


def of_sequence(walk: Walk, writer: AnyShape, reader: AnyShape) -> list[Obstacle]:
    """Equal items of which the reader makes one."""
    unique = isinstance(reader, Array) and reader.unique and not (isinstance(writer, Array) and writer.unique)
    if not unique or not isinstance(writer, Array) or not isinstance(reader, Array):
        return []
    one = walk.values.plain(writer.items, reader.items)
    others = [each for each in walk.values.different(writer.items, reader.min_items or 1) if each != one]
    items = [one, one, *others[: max(0, (reader.min_items or 0) - 1)]]
    items += [one] * ((writer.min_items or 0) - len(items))
    fits = writer.max_items is None or len(items) <= writer.max_items
    return _soft("repeats", writer, reader, [items] if fits else [])


def of_unread(walk: Walk, writer: Record, reader: Record, member: Member, base: dict[str, Any]) -> list[Obstacle]:
    """A declared member that the reader ignores, though it was data."""
    if reader.extra == "keep" or walk.stored.computes(writer, member.name):
        return []
    value = walk.values.plain(member.shape)
    return [
        Obstacle(
            aspect="lost",
            writer=member.shape,
            payloads=({**base, member.key: value},),
            writer_parts=(member.key,),
            reader_parts=(member.key,),
            inside=(writer, reader),
            member=member,
        )
    ]


def of_members(writer: Record, reader: Record, base: dict[str, Any]) -> list[Obstacle]:
    """Absence that means something else, and members that are read under a name that they had."""
    found: list[Obstacle] = []
    for member in reader.members:
        written = next((each for path in member.places for each in writer.members if each.places[0] == path), None)
        about: list[tuple[Aspect, dict[str, Any]]] = []
        if written is None:
            if isinstance(member.default, Made):
                about.append(("made", base))
            if isinstance(member.shape, Enumeration) and len(member.shape.values) > 1 and not member.shape.checks:
                about.append(("closed", {**base, member.key: _unknown_value(member.shape)}))
        else:
            if not written.required and not member.required and written.default != member.default:
                about.append(("default", base))
                if isinstance(member.default, Made):
                    about.append(("made", base))
            if written.places[0] != member.places[0] and written.name != member.name:
                about.append(("also", base))
        found += [
            Obstacle(
                aspect=aspect,
                writer=None if written is None else written.shape,
                reader=member.shape,
                payloads=(payload,),
                writer_parts=member.places[0] if written is None else written.places[0],
                reader_parts=member.places[0],
                inside=(writer, reader),
                member=member,
            )
            for aspect, payload in about
        ]
    return found
