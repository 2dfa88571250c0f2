"""Unions and variants of a writer against those of a reader.

Everything that a writer may write must be taken by some member of the reader's union. Which member that is, is asked
of the union as a whole; which one it was meant to be, so that what is said of it is said in the right place, is the
pairing that leaves the fewest members alone.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgspec

from upcast.schemas._compare._obstacle import Obstacle, hard
from upcast.schemas._compare._places import resolved
from upcast.schemas._compare._scalars import FINITE
from upcast.schemas.shapes import (
    AnyShape,
    Array,
    Enumeration,
    MapOf,
    Member,
    Null,
    Record,
    Tagged,
    TupleOf,
    Unions,
    Variant,
)

if TYPE_CHECKING:
    from upcast.schemas._compare._walk import Walk

__all__ = ["SPELLINGS", "from_choice", "into_tagged", "into_union", "pairing", "tagged", "with_tag"]

SPELLINGS: Final[tuple[Any, ...]] = ("1", 1.0, 1, 1.5, "1.5", True, "true", "2024-01-01", "2024-01-01T00:00:00", 0)
"""Spellings of other types, some of which lax readers take."""

_CONTAINERS = Record | MapOf | Array | TupleOf | Tagged


def with_tag(choice: Tagged, variant: Variant, record: Record) -> Record:
    """The object of a variant as it is written: with its tag, which its class need not declare."""
    others = tuple(member for member in record.members if member.key != choice.discriminator)
    shape: AnyShape = Null() if variant.tag is None else Enumeration(values=(variant.tag,))
    tag = Member(name=choice.discriminator, shape=shape, required=True)
    return msgspec.structs.replace(record, members=(tag, *others))


def pairing(edges: dict[int, list[int]]) -> dict[int, int]:
    """A pairing of as many as possible: for each on the left the one on the right, wanted in the order given."""
    taken: dict[int, int] = {}

    def placed(left: int, tried: set[int]) -> bool:
        for right in edges.get(left, []):
            if right in tried:
                continue
            tried.add(right)
            if right not in taken or placed(taken[right], tried):
                taken[right] = left
                return True
        return False

    for left in edges:
        placed(left, set())
    return {left: right for right, left in taken.items()}


# --- a choice that is written ---------------------------------------------------------------------------------------


def from_choice(walk: Walk, writer: Unions | Tagged, reader: AnyShape) -> list[Obstacle]:
    """The obstacles of each of several shapes that may be written."""
    members = _members(walk, writer)
    pairs = _pairs(walk, members, reader)
    found: list[Obstacle] = []
    for index, member in enumerate(members):
        for one in walk.pair(member, reader):
            whole = attrs.evolve(one, writer=writer) if one.here else one
            if not one.here and index not in pairs:
                if one.soft:
                    continue
                # It was never meant to be the shape that the reader has there: what is wrong is that it is there.
                whole = Obstacle(
                    aspect="member",
                    writer=writer,
                    reader=reader,
                    part=(member, reader),
                    payloads=one.payloads,
                    unknown=one.unknown,
                    home=one.home,
                )
            found.append(whole)
    return found


def _members(walk: Walk, choice: Unions | Tagged) -> list[AnyShape]:
    if isinstance(choice, Unions):
        return list(choice.members)
    found: list[AnyShape] = []
    for variant in choice.variants:
        shape = resolved(walk.writer, variant.shape)
        found.append(with_tag(choice, variant, shape) if isinstance(shape, Record) else shape)
    return found


def _pairs(walk: Walk, members: list[AnyShape], reader: AnyShape) -> dict[int, int]:
    """Which member of a choice is the former or later form of which that the reader has."""
    others: list[AnyShape] = list(reader.members) if isinstance(reader, Unions) else [reader]
    edges: dict[int, list[int]] = {}
    for index, member in enumerate(members):
        own = resolved(walk.writer, member)
        if not isinstance(own, _CONTAINERS):
            edges[index] = list(range(len(others)))  # what is said of a value stands at the choice in any case
            continue
        alike = [(_likeness(own, resolved(walk.reader, other)), at) for at, other in enumerate(others)]
        edges[index] = [at for likeness, at in sorted(alike, key=lambda each: (-each[0], each[1])) if likeness > 0]
    objects = {
        index: found for index, found in edges.items() if isinstance(resolved(walk.writer, members[index]), _CONTAINERS)
    }
    best = sorted(objects, key=lambda index: -_best(walk, members[index], others))
    paired = pairing({index: objects[index] for index in best})
    return paired | {index: 0 for index in edges if index not in objects}


def _best(walk: Walk, member: AnyShape, others: list[AnyShape]) -> float:
    own = resolved(walk.writer, member)
    return max((_likeness(own, resolved(walk.reader, other)) for other in others), default=0)


def _likeness(one: AnyShape, other: AnyShape) -> float:
    """How much two shapes look like one and the same: 0 where they do not at all."""
    if isinstance(one, Record) and isinstance(other, Record):
        ours, theirs = ({member.key: member.shape for member in record.members} for record in (one, other))
        shared = ours.keys() & theirs.keys()
        if any(_constant(ours[key]) and _constant(theirs[key]) and ours[key] != theirs[key] for key in shared):
            return 0.0
        same = sum(1.0 if type(ours[key]) is type(theirs[key]) else 0.5 for key in shared)
        return (same + 0.1) / (max(len(ours), len(theirs)) + 0.1)
    return 1.0 if type(one) is type(other) else 0.0


def _constant(shape: AnyShape) -> bool:
    return isinstance(shape, Enumeration)


# --- a choice that is read ------------------------------------------------------------------------------------------


def into_union(walk: Walk, writer: AnyShape, reader: Unions) -> list[Obstacle]:
    """The obstacles of a shape that must be taken by one of several."""
    tried = {index: walk.pair(writer, member) for index, member in enumerate(reader.members)}
    taken = [index for index, found in tried.items() if not hard(found)]
    likeness = {index: _likeness(writer, resolved(walk.reader, each)) for index, each in enumerate(reader.members)}
    if taken:
        return tried[max(taken, key=lambda index: (likeness[index], -index))]
    # Where the reader's members alone say nothing, they may do so together: the union is asked as a whole.
    if not isinstance(writer, _CONTAINERS):
        found = hard(walk.values_against(writer, reader))
        doubtful = [one for own in tried.values() for one in hard(own) if one.unknown and not _certain(own)]
        if doubtful and all(one.unknown for one in found):
            return [attrs.evolve(doubtful[0], reader=reader, writer=writer)]
        return found
    best = min(tried, key=lambda index: (-likeness[index], len(tried[index]), index))
    refused: list[Obstacle] = []
    for one in hard(tried[best]):
        payloads = tuple(value for value in one.payloads if not walk.ask.takes(reader, value))
        if payloads or one.unknown:
            refused.append(_at_union(one, writer, reader, payloads, inner=likeness[best] > 0))
    if not refused:
        unknown = "the members of the union may take it between them, or not"
        refused = [Obstacle(aspect="member", writer=writer, reader=reader, part=(writer, reader), unknown=unknown)]
    return refused


def _certain(found: list[Obstacle]) -> bool:
    return any(not one.unknown for one in hard(found))


def _at_union(one: Obstacle, writer: AnyShape, reader: Unions, payloads: tuple[Any, ...], *, inner: bool) -> Obstacle:
    if one.here:
        return attrs.evolve(one, reader=reader, payloads=payloads)
    if inner:
        return attrs.evolve(one, payloads=payloads)
    return Obstacle(
        aspect="member",
        writer=writer,
        reader=reader,
        part=(writer, None),
        payloads=payloads,
        unknown=one.unknown,
        home=one.home,
    )


def into_tagged(walk: Walk, writer: Record, reader: Tagged) -> list[Obstacle]:
    """The obstacles of an object that the reader tells apart by a tag."""
    shapes = {_tag(variant.tag): variant.shape for variant in reader.variants}
    member = next((each for each in writer.members if each.key == reader.discriminator), None)
    shape = None if member is None else resolved(walk.writer, member.shape)
    base = walk.values.record(writer, None)
    if member is None or shape is None or not isinstance(shape, FINITE) or not member.required:
        payload = {key: value for key, value in base.items() if member is None or key != member.key or member.required}
        if walk.ask.takes(reader, payload):
            payload = {key: value for key, value in payload.items() if key != reader.discriminator}
        unknown = "" if not walk.ask.takes(reader, payload) else "the tag may be any"
        return [
            Obstacle(
                aspect="tag",
                writer=writer,
                reader=reader,
                part=(writer, reader),
                payloads=() if unknown else (payload,),
                unknown=unknown,
            )
        ]
    found: list[Obstacle] = []
    tags = shape.values if isinstance(shape, Enumeration) else (None,) if isinstance(shape, Null) else (False, True)
    for tag in tags:
        if _tag(tag) not in shapes:
            found.append(_unknown_variant(writer, reader, {**base, member.key: tag}))
            continue
        only = msgspec.structs.replace(member, shape=Enumeration(values=(tag,)))
        members = tuple(only if each is member else each for each in writer.members)
        found += walk.pair(msgspec.structs.replace(writer, members=members), shapes[_tag(tag)])
    return found


def _tag(tag: object) -> Hashable:
    return type(tag).__name__, tag


def _unknown_variant(writer: AnyShape, reader: Tagged, payload: Any) -> Obstacle:
    return Obstacle(aspect="variant", writer=writer, reader=reader, part=(writer, reader), payloads=(payload,))


def tagged(walk: Walk, writer: Tagged, reader: Tagged) -> list[Obstacle]:
    """The obstacles between two choices that are told apart by a tag."""
    if writer.discriminator != reader.discriminator:
        return [attrs.evolve(one, writer=writer) if one.here else one for one in from_choice(walk, writer, reader)]
    shapes = {_tag(variant.tag): variant.shape for variant in reader.variants}
    found: list[Obstacle] = []
    for variant in writer.variants:
        shape = resolved(walk.writer, variant.shape)
        if _tag(variant.tag) not in shapes:
            value = walk.values.plain(variant.shape)
            payload = {writer.discriminator: variant.tag, **(value if isinstance(value, dict) else {})}
            found.append(attrs.evolve(_unknown_variant(writer, reader, payload), part=(variant.shape, None)))
            continue
        other = resolved(walk.reader, shapes[_tag(variant.tag)])
        if not isinstance(shape, Record) or not isinstance(other, Record):
            found += walk.pair(variant.shape, shapes[_tag(variant.tag)])
            continue
        found += _variants(walk, writer, variant, shapes[_tag(variant.tag)])
    return found


def _variants(walk: Walk, writer: Tagged, variant: Variant, other: AnyShape) -> list[Obstacle]:
    """The obstacles between two objects of one tag, which stands in every payload and is no matter between them."""
    key = writer.discriminator
    found = [one for one in walk.pair(variant.shape, other) if one.reader_parts[:1] != (key,)]
    return [attrs.evolve(one, payloads=tuple({key: variant.tag, **value} for value in one.payloads)) for one in found]
