"""Maps of a writer against those of a reader, and against objects with declared members."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from upcast.schemas._compare._doubts import LIKE, keeps_apart, undecided
from upcast.schemas._compare._objects import fresh_key, lifted, placed
from upcast.schemas._compare._obstacle import Aspect, Obstacle
from upcast.schemas._compare._places import EACH, resolved
from upcast.schemas._compare._scalars import candidates
from upcast.schemas._compare._values import key_text
from upcast.schemas.shapes import AnyShape, Anything, Enumeration, MapOf, Record, Text

if TYPE_CHECKING:
    from upcast.schemas._compare._walk import Walk

__all__ = ["map_to_record", "maps", "record_to_map"]


def maps(walk: Walk, writer: MapOf, reader: MapOf) -> list[Obstacle]:
    """The obstacles between two maps."""
    found = _entries(walk, writer, reader)
    if writer.max_entries == 0 or reader.max_entries == 0:
        return found
    one = walk.values.entries(writer, reader, at_least=max(1, reader.min_entries or 0))
    if not one and isinstance(resolved(walk.writer, writer.keys), Enumeration) and not writer.min_entries:
        return found  # none of its keys can be spelled, so it is always empty
    if not one:
        unknown = "no key of what is written could be made up"
        return [*found, Obstacle(aspect="opaque", writer=writer, reader=reader, part=(writer, reader), unknown=unknown)]
    first, *others = one
    rest = {key: one[key] for key in others}
    below = walk.pair(writer.values, reader.values)
    found += lifted(below, lambda value: {first: value, **rest}, writer=(EACH,), reader=(EACH,), context="values")
    return found + _keys(walk, writer.keys, reader, lambda key: {key: one[first], **rest})


def _keys(walk: Walk, keys: AnyShape, reader: MapOf, whole: Callable[[str], Any]) -> list[Obstacle]:
    """The obstacles of the keys of a map."""
    own, other = resolved(walk.writer, keys), resolved(walk.reader, reader.keys)
    if isinstance(other, Anything) or (own == other and not walk.across):
        return []
    at: dict[str, Any] = {"context": "keys", "writer_parts": (EACH,), "reader_parts": (EACH,)}
    found = [attrs.evolve(one, **at) for one in walk.user_code(own, other)]
    spelled = walk.values.keys(own, map(key_text, candidates(own, other, walk.writer)))
    refused = [key for key in spelled if not walk.ask.takes_key(other, key)]
    unknown = "" if refused else undecided(own, other, walk.families)
    if not refused and not unknown:
        return found
    payloads, part = tuple(whole(key) for key in refused[:4]), (own, other)
    stop = Obstacle(aspect="kind", writer=own, reader=other, part=part, payloads=payloads, unknown=unknown, **at)
    return [*found, stop]


def _entries(walk: Walk, writer: MapOf, reader: MapOf) -> list[Obstacle]:
    payloads: list[Any] = []
    if (writer.min_entries or 0) < (reader.min_entries or 0):
        payloads.append(walk.values.entries(writer, reader, at_least=0))
    if reader.max_entries is not None and (writer.max_entries is None or writer.max_entries > reader.max_entries):
        payloads.append(walk.values.entries(writer, reader, at_least=reader.max_entries + 1))
    unknown = ""
    if (reader.min_entries or 0) > 1 and not keeps_apart(
        resolved(walk.writer, writer.keys), resolved(walk.reader, reader.keys)
    ):
        value = walk.values.plain(writer.values, reader.values)
        likes = (dict.fromkeys(pair, value) for pair in LIKE)
        payloads += [each for each in likes if walk.own.takes(writer, each)]
        unknown = "keys that are different may be the same to the reader"
    refused = tuple(value for value in payloads if not walk.ask.takes(reader, value))
    if not refused and not unknown:
        return []
    part = (writer, reader)
    unknown = "" if refused else unknown
    return [Obstacle(aspect="entries", writer=writer, reader=reader, part=part, payloads=refused, unknown=unknown)]


def record_to_map(walk: Walk, writer: Record, reader: MapOf) -> list[Obstacle]:
    """The obstacles between an object with declared members and a map."""
    base = walk.values.record(writer, reader)
    found: list[Obstacle] = []
    for member in writer.members:
        key = member.key
        below = walk.pair(member.shape, reader.values)
        found += lifted(below, placed(base, key), writer=(key,), reader=(EACH,), context="values")
        found += _keys(walk, Enumeration(values=(key,)), reader, _holding(base, walk.values.plain(member.shape)))
    if writer.extra == "keep":
        below = walk.pair(writer.extras or Anything(), reader.values)
        key = fresh_key(writer)
        found += lifted(below, placed(base, key), writer=(EACH,), reader=(EACH,), context="values")
        found += _keys(walk, Text(), reader, _holding(base, 0))
    every = {member.key: walk.values.plain(member.shape) for member in writer.members}
    count = MapOf(keys=Anything(), values=Anything(), min_entries=reader.min_entries, max_entries=reader.max_entries)
    refused = tuple(value for value in (base, every) if not walk.ask.takes(count, value))
    if refused:
        found.append(Obstacle(aspect="entries", writer=writer, reader=reader, part=(writer, reader), payloads=refused))
    return found


def _holding(base: dict[str, Any], value: Any) -> Callable[[str], Any]:
    return lambda key: {**base, key: value}


def map_to_record(walk: Walk, writer: MapOf, reader: Record) -> list[Obstacle]:
    """The obstacles between a map and an object with declared members."""
    base = walk.values.entries(writer, reader, at_least=0)
    keys = resolved(walk.writer, writer.keys)
    found: list[Obstacle] = []
    for member in reader.members:
        names = [str(path[0]) for path in member.places if len(path) == 1]
        for key in names:
            if walk.values.writes_key(keys, key):
                below = walk.pair(writer.values, member.shape)
                found += lifted(below, placed(base, key), writer=(EACH,), reader=(key,), context="values")
        if member.required:
            payload = {key: value for key, value in base.items() if key not in names}
            at = (member.places[0][0],)
            found.append(
                Obstacle(
                    aspect="absent",
                    reader=member.shape,
                    payloads=(payload,),
                    writer_parts=at,
                    reader_parts=at,
                    inside=(Record(), reader),
                    member=member,
                )
            )
    return found + _strangers(walk, writer, reader, keys, base)


def _strangers(walk: Walk, writer: MapOf, reader: Record, keys: AnyShape, base: dict[str, Any]) -> list[Obstacle]:
    """The obstacles of keys that the object does not declare."""
    names = {path[0] for member in reader.members for path in member.places}
    spelled = map(key_text, candidates(keys, Anything(), walk.writer))
    stranger = next((key for key in spelled if key not in names), None)
    if stranger is None:
        return []
    if reader.extra == "keep":
        below = walk.pair(writer.values, reader.extras or Anything())
        return lifted(below, placed(base, stranger), writer=(EACH,), reader=(EACH,), context="values")
    payload = {**base, stranger: walk.values.plain(writer.values)}
    aspect: Aspect = "extra" if reader.extra == "forbid" else "dropped"
    return [Obstacle(aspect=aspect, writer=writer, reader=reader, part=(writer, reader), payloads=(payload,))]
