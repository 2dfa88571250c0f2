"""What stored payloads of a version look like: values as its class writes them, of members that it reads.

A class that writes a member with a default still reads payloads without it; those that hold what was set only, and
those that an older version wrote, are stored all the same. So a member is sure to be there only where the class both
writes it always and insists on it.
"""

from __future__ import annotations

import attrs
from msgspec.structs import replace

from upcast.schemas._capture._definitions import children, with_children
from upcast.schemas._compare._places import resolved
from upcast.schemas.shapes import (
    AnyShape,
    Array,
    MapOf,
    Member,
    Null,
    Record,
    Reference,
    SchemaSnapshot,
    Tagged,
    TupleOf,
    Unions,
    Variant,
    View,
)

__all__ = ["Stored", "stored"]


@attrs.frozen
class Stored:
    """The stored payloads of a version.

    Attributes:
        view: Their shapes. An object that a class writes has the checks and the strictness with which it reads it.
        readers: For each object of the view, how its own class reads it.
        omitted: Members that are left out where they are null, or though their class insists on them: by the object
            and their name.
    """

    view: View
    readers: dict[Record, Record] = attrs.field(factory=dict)
    omitted: set[tuple[Record, str]] = attrs.field(factory=set)

    def reader_of(self, record: Record) -> Record:
        """How the class of an object reads it."""
        return self.readers.get(record, record)

    def computes(self, record: Record, name: str) -> bool:
        """Whether a member of an object is written, and never read."""
        return all(member.name != name for member in self.reader_of(record).members)


def stored(snapshot: SchemaSnapshot) -> Stored:
    """The stored payloads of a version."""
    if snapshot.writer is None:
        return Stored(snapshot.reader)
    return _Merge(snapshot.writer, snapshot.reader).stored()


@attrs.define
class _Merge:
    writer: View
    reader: View
    definitions: dict[str, AnyShape] = attrs.field(factory=dict, init=False)
    names: dict[tuple[AnyShape, AnyShape | None], str] = attrs.field(factory=dict, init=False)
    readers: dict[Record, Record] = attrs.field(factory=dict, init=False)
    omitted: set[tuple[Record, str]] = attrs.field(factory=set, init=False)

    def stored(self) -> Stored:
        root = self.shape(self.writer.root, self.reader.root)
        view = View(root=root, definitions=self.definitions)
        return Stored(view, self.readers, self.omitted)

    def shape(self, writer: AnyShape, reader: AnyShape | None) -> AnyShape:
        """What is written, as far as it is the same that is read with what only the reader knows of it.

        Args:
            writer: What is written.
            reader: What is read; None where that is of another form.
        """
        if isinstance(writer, Reference) or isinstance(reader, Reference):
            # What one direction has many times, the other may have once: a definition for each pair that meets.
            pair = (writer, reader)
            if pair not in self.names:
                name = writer.name if isinstance(writer, Reference) else ""
                while name in self.definitions or not name:
                    name += "'"
                self.names[pair] = name
                self.definitions[name] = writer  # until it is known
                read = None if reader is None else resolved(self.reader, reader)
                self.definitions[name] = self.merged(resolved(self.writer, writer), read)
            return Reference(name=self.names[pair])
        return self.merged(writer, reader)

    def merged(self, writer: AnyShape, reader: AnyShape | None) -> AnyShape:
        """The same for two shapes that are no references."""
        if reader is not None and type(writer) is type(reader):
            checks = tuple(dict.fromkeys(writer.checks + reader.checks))
            writer = replace(writer, checks=checks, strict=reader.strict)
        match writer, reader:
            case Record(), Record():
                return self.record(writer, reader)
            case Array(), Array():
                return replace(writer, items=self.shape(writer.items, reader.items))
            case MapOf(), MapOf():
                keys, values = self.shape(writer.keys, reader.keys), self.shape(writer.values, reader.values)
                return replace(writer, keys=keys, values=values)
            case TupleOf(), TupleOf() if len(writer.items) == len(reader.items):
                return replace(writer, items=tuple(map(self.shape, writer.items, reader.items)))
            case Unions(), Unions() if len(writer.members) == len(reader.members):
                return replace(writer, members=tuple(map(self.shape, writer.members, reader.members)))
            case Tagged(), Tagged():
                shapes = {variant.tag: variant.shape for variant in reader.variants}
                variants = (
                    Variant(tag=each.tag, shape=self.shape(each.shape, shapes.get(each.tag)))
                    for each in writer.variants
                )
                return replace(writer, variants=tuple(variants))
        return with_children(writer, [self.shape(child, None) for _, child in children(writer)])

    def nullable(self, shape: AnyShape) -> bool:
        """Whether null may stand there; of either view, since null is never behind a reference of its own."""
        return isinstance(shape, Null) or (isinstance(shape, Unions) and any(map(self.nullable, shape.members)))

    def record(self, writer: Record, reader: Record) -> Record:
        read = {member.name: member for member in reader.members}
        members: list[Member] = []
        omitted: list[str] = []
        for member in writer.members:
            own = read.get(member.name)
            if own is None:
                # A computed member stands in what the class itself dumps, and not in what a codec of it stores.
                members.append(replace(member, shape=self.shape(member.shape, None), required=False))
                continue
            if not member.required and (own.required or self.nullable(own.shape) > self.nullable(member.shape)):
                omitted.append(member.name)
            shape = self.shape(member.shape, own.shape)
            sure = member.required and own.required
            members.append(replace(member, keys=(member.places[0],), shape=shape, required=sure, default=own.default))
        extra = "keep" if "keep" in (writer.extra, reader.extra) else reader.extra
        extras = reader.extras if writer.extras is None else self.shape(writer.extras, reader.extras)
        found = replace(writer, members=tuple(members), extra=extra, extras=extras)
        self.readers[found] = reader
        self.omitted.update((found, name) for name in omitted)
        return found
