"""What is compared: a subject (a shape and its history), the ways of `upcast` to read it, and those without it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import attrs
import msgspec
import pydantic

from benchmarks.harness import Contender, copies, one_by_one, whole
from benchmarks.histories import Hop, as_stored
from benchmarks.shapes import Family, Payload, Shape, build, text_of
from upcast import Codec, Flat, JsonEnvelope, Registry, StreamEntry

__all__ = ["TYPE", "Subject", "Versioned", "door", "lane_of"]

TYPE: Final = "bench.event"

Entry: TypeAlias = dict[bytes, bytes]
Versioned: TypeAlias = tuple[int, bytes]
"""A row of an event store: the stored version and the payload."""

Wire: TypeAlias = Literal["entry", "envelope", "envelope-last", "flat", "flat-last"]

_FORMATS: Final[Mapping[Wire, Any]] = {
    "entry": StreamEntry(),
    "envelope": JsonEnvelope(),
    "envelope-last": JsonEnvelope(duplicates="last"),
    "flat": Flat(),
    "flat-last": Flat(duplicates="last"),
}


def door(cls: type, family: Family) -> Callable[[bytes], Any]:
    """The bare decoder of a class: the floor of every comparison."""
    if family == "pydantic":
        assert issubclass(cls, pydantic.BaseModel)
        return cls.model_validate_json
    return msgspec.json.Decoder(cls).decode


@attrs.frozen
class Subject:
    """An event type with a history, and examples of it.

    Attributes:
        cls: Today's class.
        family: Its family.
        hops: What happened since version 1.
        payloads: Payloads of today's version.
    """

    cls: type
    family: Family
    hops: tuple[Hop, ...]
    payloads: Sequence[Payload]

    @classmethod
    def of(cls, shape: Shape, family: Family, hops: tuple[Hop, ...], payloads: Sequence[Payload]) -> Subject:
        """A subject whose class is made for it."""
        return cls(build(shape, family), family, hops, payloads)

    @property
    def version(self) -> int:
        """Today's version."""
        return len(self.hops) + 1

    def registry(self, *, functions: bool = False) -> Registry:
        """The registry: with declarative steps, or with functions that do the same."""
        events = Registry()
        events.event(TYPE, version=self.version)(self.cls)
        for number, hop in enumerate(self.hops, start=1):
            if functions:
                events.upcaster(TYPE, from_version=number)(hop.function())
            else:
                events.steps(TYPE, *hop.steps, from_version=number)
        return events

    def codec(self, wire: Wire = "entry", *, functions: bool = False) -> Codec[Any]:
        """The codec for stored events in one of the formats."""
        return self.registry(functions=functions).codec(envelope=_FORMATS[wire])

    def texts(self, *, old: bool) -> list[bytes]:
        """The payloads as they are stored: of version 1 or of today's."""
        return [text_of(as_stored(payload, self.hops) if old else payload) for payload in self.payloads]

    def _entries(self, *, old: bool) -> list[Entry]:
        version = b"1" if old else b"%d" % self.version
        return [{b"type": TYPE.encode(), b"schema_version": version, b"data": text} for text in self.texts(old=old)]

    def fresh(self, *, old: bool, wire: Wire = "entry") -> Callable[[], Sequence[Any]]:
        """Makes the batch anew as a format has it."""
        if wire == "entry":
            return copies(self._entries(old=old), list[Entry])
        header = {"type": TYPE, "schema_version": 1 if old else self.version}
        texts = [
            msgspec.json.encode({**header, "data": msgspec.Raw(text)})
            if wire.startswith("envelope")
            else msgspec.json.encode({**header, **msgspec.json.decode(text)})
            for text in self.texts(old=old)
        ]
        return copies(texts, list[bytes])

    # --- the contenders ---------------------------------------------------------------------------------------------

    def floor(self, name: str, wire: Wire = "entry") -> Contender:
        """The bare decoder of the class, given the same stored events of today's version.

        Of a stream entry it takes the payload; an envelope it decodes in one, with a class for it around the event's.
        """
        decode = door(self.cls, self.family)
        decode_envelope = door(_envelope(self.cls, self.family), self.family)

        def of_entry(entry: Entry) -> object:
            return decode(entry[b"data"])

        def of_envelope(raw: bytes) -> object:
            return decode_envelope(raw).data

        bare = of_entry if wire == "entry" else of_envelope if wire.startswith("envelope") else decode
        return one_by_one(name, bare, self.fresh(old=False, wire=wire))

    def floor_many(self, name: str) -> Contender:
        """The same of stream entries in a list comprehension: a batch in, a list out."""
        decode = door(self.cls, self.family)
        return whole(name, lambda batch: [decode(entry[b"data"]) for entry in batch], self.fresh(old=False))

    def ours(self, name: str, *, old: bool, wire: Wire = "entry", functions: bool = False) -> Contender:
        """`Codec.decode`."""
        codec, fresh = self.codec(wire, functions=functions), self.fresh(old=old, wire=wire)
        return one_by_one(name, codec.decode, fresh, note=f"{lane_of(codec, fresh()[0])} lane")

    def ours_many(self, name: str, *, old: bool) -> Contender:
        """`Codec.decode_many`."""
        return whole(name, self.codec().decode_many, self.fresh(old=old))

    def plain_lane(self, name: str) -> Contender:
        """Version 1 on the plain lane, whatever lane the codec chose: header, bounds, dict, steps, text, door."""
        codec = self.codec()
        read, plan = codec._read, codec._plans[TYPE][1]
        assert plan.door is not None
        text, decode = plan.chain.text, plan.door.decode

        def plain_decode(entry: Entry) -> object:
            return decode(text(read(entry)[2], None))

        return one_by_one(name, plain_decode, self.fresh(old=True), note="plain lane, forced")

    def by_hand(self, name: str) -> Contender:
        """A loop over functions around the same door, as one would write it for speed: version 1."""
        functions = [hop.function() for hop in self.hops]
        decode, parse, write = door(self.cls, self.family), msgspec.json.Decoder().decode, msgspec.json.Encoder().encode

        def hand_written(entry: Entry) -> object:
            payload = parse(entry[b"data"])
            for function in functions[int(entry[b"schema_version"]) - 1 :]:
                payload = function(payload)
            return decode(write(payload))

        return one_by_one(name, hand_written, self.fresh(old=True), note="no bounds, no named errors")

    def usual_recipe(self, name: str) -> Contender:
        """`json.loads`, a loop over functions, and the class's own validation of a dict: version 1."""
        functions = dict(enumerate((hop.function() for hop in self.hops), start=1))
        validate = self._validate()

        def recipe(row: Versioned) -> object:
            version, data = row
            payload = json.loads(data)
            while version in functions:
                payload = functions[version](payload)
                version += 1
            return validate(payload)

        return one_by_one(name, recipe, self.rows(), note="no bounds, no named errors")

    def rows(self) -> Callable[[], Sequence[Any]]:
        """Makes the batch of version 1 anew as rows of version and payload."""
        return copies([(1, text) for text in self.texts(old=True)], list[Versioned])

    def _validate(self) -> Callable[[Any], object]:
        if issubclass(self.cls, pydantic.BaseModel):
            return self.cls.model_validate
        return functools.partial(msgspec.convert, type=self.cls)


def _envelope(cls: type, family: Family) -> type:
    """A class of the same family for an envelope around a payload."""
    fields: dict[str, Any] = {"type": str, "schema_version": int, "data": cls}
    if family == "pydantic":
        members: dict[str, Any] = {name: (kind, ...) for name, kind in fields.items()}
        envelope: type = pydantic.create_model("Envelope", **members)
        return envelope
    return msgspec.defstruct("Envelope", list(fields.items()))


def lane_of(codec: Codec[Any], raw: Any) -> str:
    """The lane on which a codec reads a stored event."""
    return codec.explain(raw).lane
