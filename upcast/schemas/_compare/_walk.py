"""The walk of a writer's view against a reader's: every obstacle between the two.

Both directions of a change are this one walk: what the old version stored against the new reader, and what the new
version stores against the old one. So what one direction of a pair says is what the other says of the pair turned
round.

Where shapes contain themselves, a pair that is met again on the way is taken for compatible, and the walk repeated
until that agrees with what was found of it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, TypeAlias

import attrs
from msgspec.structs import replace

from upcast.schemas._capture._fingerprints import PYTHON_ENGINE
from upcast.schemas._compare import _choices, _maps, _meanings, _objects, _sequences
from upcast.schemas._compare._asking import Asking
from upcast.schemas._compare._doubts import other_engine, undecided
from upcast.schemas._compare._obstacle import Obstacle, hard
from upcast.schemas._compare._places import resolved
from upcast.schemas._compare._scalars import FINITE, blamed, candidates, foreign
from upcast.schemas._compare._stored import Stored
from upcast.schemas._compare._values import Values
from upcast.schemas._sampler import encode
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    MapOf,
    Opaque,
    Record,
    Reference,
    Tagged,
    TupleOf,
    Unions,
    View,
)

__all__ = ["Walk", "obstacles"]

_Pair: TypeAlias = tuple[AnyShape, AnyShape]

_MAX_ROUNDS = 8
_MAX_PLACES = 32


def obstacles(
    writer: Stored, reader: View, families: tuple[str, str], *, strict_openness: bool = False
) -> list[Obstacle]:
    """Every obstacle between what is stored and what reads it.

    Args:
        writer: What is stored.
        reader: What reads it.
        families: Whose decoders the writer's own class has, and the reader.
        strict_openness: Whether objects that ignore undeclared members count as holding some.
    """
    return Walk(writer, reader, families, strict_openness=strict_openness).run()


@attrs.define
class Walk:
    """See the module.

    Attributes:
        stored: What is stored.
        reader: What reads it.
        families: Whose decoders the writer's own class has, and the reader.
        strict_openness: Whether objects that ignore undeclared members count as holding some.
        ask: The decoders of the reader's places.
        own: The decoders of the writer's own.
    """

    stored: Stored
    reader: View
    families: tuple[str, str]
    strict_openness: bool = attrs.field(kw_only=True)
    ask: Asking = attrs.field(init=False)
    own: Asking = attrs.field(init=False)
    values: Values = attrs.field(init=False)
    _found: dict[_Pair, list[Obstacle]] = attrs.field(factory=dict, init=False)
    _open: list[_Pair] = attrs.field(factory=list, init=False)
    _met_again: set[_Pair] = attrs.field(factory=set, init=False)
    _known: dict[_Pair, list[Obstacle]] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        own, other = self.families
        self.ask = Asking(self.reader, other)
        self.own = Asking(self.writer, own)
        self.values = Values(self.writer, self.reader, self.ask, self.own)

    @property
    def writer(self) -> View:
        """The shapes of what is stored."""
        return self.stored.view

    @property
    def across(self) -> bool:
        """Whether two libraries meet, which may take equal shapes for different things."""
        own, other = self.families
        return own != other

    def run(self) -> list[Obstacle]:
        """Every obstacle."""
        for _ in range(_MAX_ROUNDS):
            self._found.clear()
            self._met_again.clear()
            found = self.pair(self.writer.root, self.reader.root)
            known = {pair: stops for pair in self._met_again if (stops := hard(self._found.get(pair, [])))}
            if known.keys() <= self._known.keys():
                break
            self._known |= known
        return found

    def pair(self, writer: AnyShape, reader: AnyShape) -> list[Obstacle]:
        """The obstacles between two shapes, with places and payloads that begin at them."""
        if not isinstance(writer, Reference) and not isinstance(reader, Reference):
            return self._between(writer, reader)
        pair = (writer, reader)
        if pair in self._found:
            return self._found[pair]
        if pair in self._open:
            self._met_again.add(pair)
            return self._known.get(pair, [])[:1]
        self._open.append(pair)
        found = self._between(resolved(self.writer, writer), resolved(self.reader, reader))
        self._open.pop()
        recursive = pair in self._met_again
        found = [
            one
            if one.home and not recursive
            else attrs.evolve(
                one, recursive=recursive, home=one.home or (pair, one.reader_parts, one.writer_parts, one.aspect)
            )
            for one in found
        ]
        self._found[pair] = found = _some_places(found)
        return found

    def _between(self, writer: AnyShape, reader: AnyShape) -> list[Obstacle]:
        found = [*self.user_code(writer, reader), *self._shapes(writer, reader)]
        return found + _meanings.of_choice(self, writer, reader) if isinstance(reader, Unions) else found

    def user_code(self, writer: AnyShape, reader: AnyShape) -> list[Obstacle]:
        """What code of the reader judges that the writer did not have to pass."""
        fresh = set(reader.checks) - {*writer.checks, PYTHON_ENGINE}
        same_kind = type(writer) is type(reader) or not reader.checks or isinstance(writer, Unions | Tagged)
        if not fresh and same_kind:
            return []
        unknown = "code of the class judges it, and what that refuses cannot be known from a schema snapshot"
        return [Obstacle(aspect="checks", writer=writer, reader=reader, unknown=unknown)]

    def _shapes(self, writer: AnyShape, reader: AnyShape) -> list[Obstacle]:
        if isinstance(reader, Anything):
            return []
        if isinstance(reader, Opaque) or isinstance(writer, Opaque):
            return [] if _alike(writer, reader) else [self._opaque(writer, reader)]
        match writer, reader:
            case Tagged(), Tagged():
                return _choices.tagged(self, writer, reader)
            case ((Unions() | Tagged()), _):
                return _choices.from_choice(self, writer, reader)
            case Record(), Tagged():
                return _choices.into_tagged(self, writer, reader)
            case _, Unions():
                return _choices.into_union(self, writer, reader)
        return self._single(writer, reader)

    def _single(self, writer: AnyShape, reader: AnyShape) -> list[Obstacle]:
        """The same where neither is a choice."""
        match writer, reader:
            case Record(), Record():
                return _objects.records(self, writer, reader)
            case Record(), MapOf():
                return _as_one(writer, reader, _maps.record_to_map(self, writer, reader))
            case MapOf(), Record():
                return _as_one(writer, reader, _maps.map_to_record(self, writer, reader))
            case MapOf(), MapOf():
                return _maps.maps(self, writer, reader)
            case ((Array() | TupleOf()), (Array() | TupleOf())):
                return _sequences.sequences(self, writer, reader)
        return self.values_against(writer, reader)

    def values_against(self, writer: AnyShape, reader: AnyShape) -> list[Obstacle]:
        """Decided by asking the reader about values of the writer: for shapes with nothing in them, and any others."""
        across = self.across or other_engine(writer, reader)
        if _alike(writer, reader) and not across:
            return []
        asked = candidates(writer, reader, self.writer)
        if across:
            asked += [value for value in foreign(writer, asked) if self.own.takes(writer, value)]
        if isinstance(writer, Record | MapOf | Array | TupleOf):
            asked = [self.values.plain(writer, reader), *asked[:4]]
        by_aspect: dict[Any, list[Any]] = {}
        for value in asked:
            if not self.ask.takes(reader, value):
                aspect = blamed(reader, value, self.ask, finite=isinstance(writer, FINITE))
                by_aspect.setdefault(aspect, []).append(value)
        found = [
            Obstacle(
                aspect=aspect,
                writer=writer,
                reader=reader,
                part=(writer, reader),
                payloads=tuple(sorted(refused, key=_size)[:6]),
            )
            for aspect, refused in by_aspect.items()
        ]
        reason = undecided(writer, reader, self.families) if asked else "no value of what is written could be made up"
        if not found and reason:
            aspect = "pattern" if "pattern" in reason else "opaque"
            found = [Obstacle(aspect=aspect, writer=writer, reader=reader, part=(writer, reader), unknown=reason)]
        return (found or self._stricter(writer, reader)) + _meanings.of_value(self, writer, reader)

    def _stricter(self, writer: AnyShape, reader: AnyShape) -> list[Obstacle]:
        """A spelling that the writer's class took, and that a reader of the same kind no longer does."""
        if not reader.strict or writer.strict or type(writer) is not type(reader):
            return []
        former = replace(reader, strict=False)
        for value in _choices.SPELLINGS:
            if self.ask.takes(former, value) and not self.ask.takes(reader, value):
                return [
                    Obstacle(aspect="strict", writer=writer, reader=reader, part=(writer, reader), payloads=(value,))
                ]
        return []

    def _opaque(self, writer: AnyShape, reader: AnyShape) -> Obstacle:
        unknown = undecided(writer, reader, self.families) or "it is not known what this is"
        return Obstacle(aspect="opaque", writer=writer, reader=reader, part=(writer, reader), unknown=unknown)


def _some_places(found: list[Obstacle]) -> list[Obstacle]:
    """The obstacles without most of those that a definition has in very many places: ways to it may be exponential."""
    met: Counter[tuple[object, ...]] = Counter()
    kept: list[Obstacle] = []
    for one in found:
        met[one.home] += 1
        if met[one.home] <= _MAX_PLACES:
            kept.append(one)
    return kept


def _size(value: Any) -> int:
    return len(encode(value))


def _as_one(writer: AnyShape, reader: AnyShape, found: list[Obstacle]) -> list[Obstacle]:
    """What stands between two shapes of different kinds, said of the two as wholes."""
    soft = [one for one in found if one.soft and one.here]
    found = hard(found)
    if not found:
        return soft
    payloads = tuple(payload for one in found if not one.unknown for payload in one.payloads[:2])
    unknown = "" if payloads else found[0].unknown
    part = (writer, reader)
    whole = Obstacle(aspect="kind", writer=writer, reader=reader, part=part, payloads=payloads, unknown=unknown)
    return [whole, *soft]


def _alike(writer: AnyShape, reader: AnyShape) -> bool:
    """Whether two shapes are equal, apart from checks, which are judged by themselves, and from strictness."""
    if type(writer) is not type(reader):
        return False
    return writer == replace(reader, checks=writer.checks, strict=writer.strict) and writer.strict >= reader.strict
