"""Lists and tuples of a writer against those of a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from msgspec.structs import replace

from upcast.schemas._compare import _meanings
from upcast.schemas._compare._doubts import LIKE, keeps_apart
from upcast.schemas._compare._obstacle import Aspect, Context, Obstacle
from upcast.schemas._compare._places import EACH, resolved
from upcast.schemas.shapes import AnyShape, Anything, Array, TupleOf

if TYPE_CHECKING:
    from upcast.schemas._compare._walk import Walk

__all__ = ["sequences"]


def sequences(walk: Walk, writer: Array | TupleOf, reader: Array | TupleOf) -> list[Obstacle]:
    """The obstacles between two lists or tuples."""
    found = _counts(walk, writer, reader) + _meanings.of_sequence(walk, writer, reader)
    if isinstance(writer, Array) and isinstance(reader, Array):
        found += _unhashable(walk, writer, reader)
        return found + _items(walk, writer, writer.items, reader.items, reader, index=None)
    fixed = max(len(shape.items) for shape in (writer, reader) if isinstance(shape, TupleOf))
    for index in range(fixed):
        own, other = _at(writer, index), _at(reader, index)
        if own is not None and other is not None:
            found += _items(walk, writer, own, other, reader, index=index)
    own, other = _at(writer, fixed), _at(reader, fixed)
    if own is not None and other is not None:
        found += _items(walk, writer, own, other, reader, index=None)
    return found


def _at(shape: Array | TupleOf, index: int) -> AnyShape | None:
    if isinstance(shape, Array):
        return shape.items
    return shape.items[index] if index < len(shape.items) else shape.rest


def _items(
    walk: Walk,
    writer: Array | TupleOf,
    own: AnyShape,
    other: AnyShape,
    reader: Array | TupleOf,
    *,
    index: int | None,
) -> list[Obstacle]:
    """The obstacles between the items at one index, or at any."""
    if (isinstance(writer, Array) and writer.max_items == 0) or (isinstance(reader, Array) and reader.max_items == 0):
        return []
    part = EACH if index is None else index
    at = index if index is not None else len(writer.items) if isinstance(writer, TupleOf) else 0
    context: Context = "items" if index is None else "place"
    found = walk.pair(own, other)
    if not found:
        return []
    different = isinstance(writer, Array) and writer.unique
    base = walk.values.items(writer, reader, at_least=at + 1)
    spare = walk.values.items(writer, reader, at_least=len(base) + 1) if different else []

    def lifted(value: Any) -> list[Any]:
        if different:
            return [value, *[each for each in spare if each != value][: len(base) - 1]]
        return [*base[:at], value, *base[at + 1 :]]

    return [
        attrs.evolve(
            one,
            writer_parts=(part, *one.writer_parts),
            reader_parts=(part, *one.reader_parts),
            payloads=tuple(map(lifted, one.payloads)),
            context=context if one.here else one.context,
        )
        for one in found
    ]


def _of_anything(shape: Array | TupleOf) -> AnyShape:
    """*shape* as far as it counts."""
    if isinstance(shape, Array):
        return replace(shape, items=Anything())
    return replace(shape, items=(Anything(),) * len(shape.items), rest=None if shape.rest is None else Anything())


def _range(shape: Array | TupleOf) -> tuple[int, int | None]:
    if isinstance(shape, Array):
        return shape.min_items or 0, shape.max_items
    return len(shape.items), None if shape.rest is not None else len(shape.items)


def _counts(walk: Walk, writer: Array | TupleOf, reader: Array | TupleOf) -> list[Obstacle]:
    """Lists that are too short or too long for the reader."""
    least, most = _range(writer)
    low, high = _range(reader)
    either = isinstance(writer, TupleOf) or isinstance(reader, TupleOf)
    found: list[Obstacle] = []
    counted = _of_anything(reader)

    def add(lists: list[list[Any]], *, short: bool) -> None:
        aspect: Aspect = "places" if either else "min_items" if short else "max_items"
        payloads = tuple(each for each in lists if not walk.ask.takes(counted, each))
        if payloads:
            found.append(
                Obstacle(aspect=aspect, writer=writer, reader=reader, part=(writer, reader), payloads=payloads)
            )

    if least < low:
        add([walk.values.items(writer, reader, at_least=least)], short=True)
    elif low > 1 and isinstance(reader, Array) and reader.unique and not (isinstance(writer, Array) and writer.unique):
        one = walk.values.items(writer, reader, at_least=max(least, low))
        add([[one[0]] * len(one)], short=True)
    elif low > 1 and isinstance(writer, Array) and isinstance(reader, Array) and reader.unique:
        found += _merged(walk, writer, reader, max(least, low))
    if high is not None and (most is None or most > high):
        add([walk.values.items(writer, reader, at_least=high + 1)], short=False)
    return found


def _unhashable(walk: Walk, writer: Array, reader: Array) -> list[Obstacle]:
    """Items of any type that a list may hold, and a set not."""
    own, other = resolved(walk.writer, writer.items), resolved(walk.reader, reader.items)
    if writer.unique or not reader.unique or not isinstance(own, Anything) or not isinstance(other, Anything):
        return []
    count = max(1, writer.min_items or 0)
    asked: list[list[Any]] = [[[]] * count, [{}] * count]
    lists = tuple(value for value in asked if not walk.ask.takes(reader, value))
    at: dict[str, Any] = {"context": "items", "writer_parts": (EACH,), "reader_parts": (EACH,)}
    return [Obstacle(aspect="kind", writer=own, reader=other, part=(own, other), payloads=lists, **at)]


def _merged(walk: Walk, writer: Array, reader: Array, count: int) -> list[Obstacle]:
    """Items that are different to the writer and the same to the reader, which then counts too few of them."""
    own, other = resolved(walk.writer, writer.items), resolved(walk.reader, reader.items)
    if keeps_apart(own, other):
        return []
    lists = [list(pair) for pair in LIKE if count == len(pair)]
    payloads = tuple(each for each in lists if walk.own.takes(writer, each) and not walk.ask.takes(reader, each))
    unknown = "" if payloads else "items that are different may be the same to the reader"
    part = (writer, reader)
    return [Obstacle(aspect="min_items", writer=writer, reader=reader, part=part, payloads=payloads, unknown=unknown)]
