"""Objects with declared members of a writer against those of a reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from upcast.schemas._compare import _meanings
from upcast.schemas._compare._obstacle import Aspect, Context, Obstacle, hard
from upcast.schemas._compare._places import Parts, resolved
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Member,
    Path,
    Record,
    TupleOf,
    Unions,
)

if TYPE_CHECKING:
    from upcast.schemas._compare._walk import Walk

__all__ = ["fresh_key", "lifted", "placed", "records"]


def lifted(
    found: list[Obstacle],
    wrap: Callable[[Any], Any],
    *,
    writer: Parts,
    reader: Parts,
    context: Context = "",
) -> list[Obstacle]:
    """Obstacles of what stands below a shape, as obstacles of the shape."""
    return [
        attrs.evolve(
            one,
            writer_parts=(*writer, *one.writer_parts),
            reader_parts=(*reader, *one.reader_parts),
            payloads=tuple(map(wrap, one.payloads)),
            context=(context if one.here else one.context),
        )
        for one in found
    ]


def placed(base: dict[str, Any], key: str) -> Callable[[Any], Any]:
    """Makes an object with one member more."""
    return lambda value: {**base, key: value}


def records(walk: Walk, writer: Record, reader: Record) -> list[Obstacle]:
    """The obstacles between two objects with declared members."""
    base = walk.values.record(writer, reader)
    found: list[Obstacle] = []
    for member in reader.members:
        found += _read(walk, writer, reader, member, base)
    readable = {path[0] for member in reader.members for path in member.places}
    for member in writer.members:
        if member.key not in readable:
            found += _unread(walk, writer, reader, member, base)
    return [*found, *_undeclared(walk, writer, reader, base), *_meanings.of_members(writer, reader, base)]


# --- members that the reader declares --------------------------------------------------------------------------------


def _read(walk: Walk, writer: Record, reader: Record, member: Member, base: dict[str, Any]) -> list[Obstacle]:
    """The obstacles of one member of the reader, at the places where it looks, in that order."""
    found: list[Obstacle] = []
    looked: dict[str, Any] = base
    for path in member.places:
        written = _written(walk, writer, path)
        if written is None:
            if len(path) == 1:
                found += _shadowed(walk, writer, reader, member, str(path[0]), looked)
            continue
        shape, sure, wrap = written

        def whole(value: Any, wrap: Callable[[Any], Any] = wrap, rest: dict[str, Any] = looked) -> Any:
            return {**rest, **wrap(value)}

        found += lifted(walk.pair(shape, member.shape), whole, writer=path, reader=path)
        if sure:
            return found
        # What is looked for next is read only where this is not there.
        looked = {key: value for key, value in looked.items() if key != path[0]}
    if member.required:
        found.append(
            Obstacle(
                aspect="absent",
                reader=member.shape,
                writer=None,
                payloads=(looked,),
                writer_parts=member.places[0],
                reader_parts=member.places[0],
                inside=(writer, reader),
                member=member,
            )
        )
    return found


def _written(walk: Walk, record: Record, path: Path) -> tuple[AnyShape, bool, Callable[[Any], Any]] | None:
    """What is written at a path: its shape, whether it is always there, and how a payload is made of a value of it."""
    key = path[0]
    member = next((each for each in record.members if each.key == key), None)
    if member is None:
        return None
    if len(path) == 1:
        return member.shape, member.required, lambda value: {str(key): value}
    shape, sure = resolved(walk.writer, member.shape), member.required
    if isinstance(shape, Unions):
        objects = [
            each for each in (resolved(walk.writer, m) for m in shape.members) if isinstance(each, Record | Array)
        ]
        if len(objects) != 1:
            return None
        shape, sure = objects[0], False
    part = path[1]
    if isinstance(shape, Record) and isinstance(part, str):
        below = _written(walk, shape, path[1:])
        if below is None:
            return None
        inner, always, wrap = below
        base = walk.values.record(shape, None)
        return inner, sure and always, lambda value: {str(key): {**base, **wrap(value)}}
    if isinstance(shape, Array | TupleOf) and isinstance(part, int) and len(path) == 2:
        count = len(shape.items) if isinstance(shape, TupleOf) else (shape.min_items or 0)
        item = shape.items[part] if isinstance(shape, TupleOf) and part < count else None
        item = shape.items if isinstance(shape, Array) else item
        if item is None:
            return None
        items = walk.values.items(shape, None, at_least=part + 1)
        return item, sure and part < count, lambda value: {str(key): [*items[:part], value, *items[part + 1 :]]}
    return None


def _shadowed(
    walk: Walk, writer: Record, reader: Record, member: Member, key: str, base: dict[str, Any]
) -> list[Obstacle]:
    """An undeclared member of the writer that the reader takes for one of its own."""
    written = writer.extra == "keep" or (writer.extra == "ignore" and walk.strict_openness)
    if writer.extra == "forbid" or (member.required and not written):
        return []
    shape = writer.extras or Anything()
    below = [one for one in hard(walk.pair(shape, member.shape)) if one.payloads and not one.unknown]
    if not below:
        return []
    return [
        Obstacle(
            aspect="shadow" if written else "beside",
            reader=member.shape,
            writer=shape,
            payloads=tuple({**base, key: value} for one in below for value in one.payloads),
            writer_parts=(key,),
            reader_parts=(key,),
            inside=(writer, reader),
            member=member,
        )
    ]


# --- members that it does not declare --------------------------------------------------------------------------------


def _unread(walk: Walk, writer: Record, reader: Record, member: Member, base: dict[str, Any]) -> list[Obstacle]:
    """The obstacles of a member that only the writer declares."""
    key = member.key
    if reader.extra == "forbid":
        value = walk.values.plain(member.shape)
        return [
            Obstacle(
                aspect="undeclared",
                writer=member.shape,
                payloads=({**base, key: value},),
                writer_parts=(key,),
                reader_parts=(key,),
                inside=(writer, reader),
                member=member,
            )
        ]
    if reader.extra == "keep" and reader.extras is not None:
        below = walk.pair(member.shape, reader.extras)
        return lifted(below, placed(base, key), writer=(key,), reader=(key,))
    return _meanings.of_unread(walk, writer, reader, member, base)


def _undeclared(walk: Walk, writer: Record, reader: Record, base: dict[str, Any]) -> list[Obstacle]:
    """The obstacles of members that neither declares."""
    key = fresh_key(writer, reader)
    aspect: Aspect = "extras"
    payloads: tuple[Any, ...] = ()
    unknown = ""
    # Other producers, and older versions, may have written what a class that ignores it never saw.
    if reader.extra == "ignore" and writer.extra == "keep":
        aspect, payloads = "dropped", ({**base, key: 0},)
    elif reader.extra == "forbid" and writer.extra != "forbid":
        aspect, payloads = "extra", ({**base, key: 0},)
    elif reader.extra == "keep" and reader.extras is not None:
        if writer.extra == "forbid":
            return []
        below = hard(walk.pair(writer.extras or Anything(), reader.extras))
        if not below:
            return []
        payloads = tuple({**base, key: value} for one in below for value in one.payloads)
        unknown = "" if payloads else below[0].unknown
    if not payloads and not unknown:
        return []
    return [
        Obstacle(
            aspect=aspect,
            writer=writer,
            reader=reader,
            part=(writer, reader),
            payloads=payloads,
            unknown=unknown,
        )
    ]


def fresh_key(*records: Record) -> str:
    """A key that nobody declares."""
    taken = {part for record in records for member in record.members for path in member.places for part in path}
    letters = (chr(code) for code in range(ord("a"), ord("z") + 1))
    return next((letter for letter in letters if letter not in taken), "undeclared")
