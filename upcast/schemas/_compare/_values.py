"""Plain values of a writer: what a witness holds beside the one thing that it shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from upcast.schemas._compare._asking import Asking
from upcast.schemas._compare._places import resolved
from upcast.schemas._compare._scalars import candidates
from upcast.schemas._sampler import shape_samples
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Enumeration,
    MapOf,
    Member,
    Null,
    Record,
    Reference,
    Tagged,
    TupleOf,
    Unions,
    View,
)

__all__ = ["Values", "key_text"]

_MAX_DEPTH = 12


def key_text(value: Any) -> str:
    """How a value is spelled as the key of an object."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


@attrs.frozen
class Values:
    """The plainest values of a writer, such as the reader takes where there are some.

    Attributes:
        writer: What writes.
        reader: What reads.
        ask: The reader's decoders.
        own: The writer's own.
    """

    writer: View
    reader: View
    ask: Asking
    own: Asking

    def plain(self, writer: AnyShape, reader: AnyShape | None = None, *, depth: int = 0) -> Any:
        """A value of *writer* with nothing in it that could be left out.

        Args:
            writer: What writes it.
            reader: What is best to take it; None where nothing reads it.
            depth: How deep it stands.
        """
        writer = resolved(self.writer, writer)
        reader = None if reader is None else resolved(self.reader, reader)
        if depth > _MAX_DEPTH:
            return None
        match writer:
            case Record():
                return self.record(writer, reader, depth=depth)
            case Tagged():
                known = (
                    {variant.tag: variant.shape for variant in reader.variants} if isinstance(reader, Tagged) else {}
                )
                variant = next((each for each in writer.variants if each.tag in known), writer.variants[0])
                value = self.plain(variant.shape, known.get(variant.tag), depth=depth + 1)
                return {writer.discriminator: variant.tag, **value}
            case Unions():
                return self._of_union(writer, reader, depth)
            case Array() | TupleOf():
                least = (writer.min_items or 0) if isinstance(writer, Array) else len(writer.items)
                return self.items(writer, reader, at_least=least, depth=depth)
            case MapOf():
                return self.entries(writer, reader, at_least=writer.min_entries or 0, depth=depth)
            case _:
                return self._scalar(writer, reader)

    def record(self, writer: Record, reader: AnyShape | None, *, depth: int = 0) -> dict[str, Any]:
        """An object of the members that are always there."""
        return {
            member.key: self.plain(member.shape, _read_as(reader, member), depth=depth + 1)
            for member in writer.members
            if member.required
        }

    def items(self, writer: Array | TupleOf, reader: AnyShape | None, *, at_least: int, depth: int = 0) -> list[Any]:
        """A list of at least some items, as long as the writer must make it."""
        if isinstance(writer, TupleOf):
            shapes = [*writer.items, *([writer.rest] * max(0, at_least - len(writer.items)) if writer.rest else [])]
            others = [_item(reader, index) for index in range(len(shapes))]
            return [self.plain(own, other, depth=depth + 1) for own, other in zip(shapes, others, strict=True)]
        count = max(at_least, writer.min_items or 0)
        if writer.unique or (isinstance(reader, Array) and reader.unique):
            return self.different(writer.items, count)
        one = self.plain(writer.items, _item(reader, 0), depth=depth + 1) if count else None
        return [one] * count

    def entries(self, writer: MapOf, reader: AnyShape | None, *, at_least: int, depth: int = 0) -> dict[str, Any]:
        """A map of at least some entries, as large as the writer must make it."""
        count = max(at_least, writer.min_entries or 0)
        if not count:
            return {}
        other = reader if isinstance(reader, MapOf) else None
        keys = self.keys(writer.keys, [key_text(key) for key in self.different(writer.keys, max(count, 8))])
        if other is not None:
            keys.sort(key=lambda key: not self.ask.takes_key(other.keys, key))
        value = self.plain(writer.values, other and other.values, depth=depth + 1)
        return dict.fromkeys(keys[:count], value)

    def keys(self, keys: AnyShape, found: Iterable[str]) -> list[str]:
        """Those of the keys that the writer's own class takes: its type may have values that no key can spell."""
        return [key for key in dict.fromkeys(found) if self.own.takes_key(keys, key)]

    def writes_key(self, keys: AnyShape, text: str) -> bool:
        """Whether a map with these keys may have one that is spelled so."""
        if isinstance(keys, Enumeration):
            return text in map(key_text, keys.values)
        return Asking(self.writer, "json-schema").takes_key(keys, text)

    def different(self, shape: AnyShape, count: int) -> list[Any]:
        """Different values of a shape, as many as there are."""
        shape = resolved(self.writer, shape)
        found = list({repr(value): value for value in shape_samples(shape, self.writer)}.values())
        if len(found) < count:
            # As a rule a limit of a set is small; where it is not, numbers and texts by the dozen will do.
            more = [*range(count), *(f"x{number}" for number in range(count))]
            strict = Asking(self.writer, "json-schema")
            found += [value for value in more if value not in found and strict.takes(shape, value)]
        return found[:count]

    def _of_union(self, writer: Unions, reader: AnyShape | None, depth: int) -> Any:
        open_ended = [each for each in writer.members if isinstance(each, Reference)]
        closed = [each for each in writer.members if not isinstance(each, Reference | Null)]
        nulls = [each for each in writer.members if isinstance(each, Null)]
        values = [self.plain(each, reader, depth=depth + 1) for each in [*closed, *nulls]]
        if depth < _MAX_DEPTH // 2:
            values += [self.plain(each, reader, depth=depth + 1) for each in open_ended]
        taken = (value for value in values if reader is None or self.ask.takes(reader, value))
        return next(taken, values[0] if values else None)

    def _scalar(self, writer: AnyShape, reader: AnyShape | None) -> Any:
        values = candidates(writer, Anything() if reader is None else reader, self.writer)
        taken = (value for value in values if reader is None or self.ask.takes(reader, value))
        return next(taken, values[0] if values else None)


def _read_as(reader: AnyShape | None, member: Member) -> AnyShape | None:
    """What *reader* takes the member for."""
    if isinstance(reader, MapOf):
        return reader.values
    if not isinstance(reader, Record):
        return None
    place = member.places[0]
    return next((each.shape for each in reader.members if place in each.places), reader.extras)


def _item(reader: AnyShape | None, index: int) -> AnyShape | None:
    if isinstance(reader, Array):
        return reader.items
    if isinstance(reader, TupleOf):
        return reader.items[index] if index < len(reader.items) else reader.rest
    return None
