"""Every way through one codec, each compared with the plain lane."""

from __future__ import annotations

import copy
import json
import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, TypeAlias

import attrs
import msgspec

import upcast
from equivalence.case import EVENT, FORMER, SOURCE, World
from equivalence.compare import difference, scribble
from equivalence.lanes import IDENTITY, Outcome, Reference, equal, hashed, held, lane_of, mismatch, outcome, shown, wire
from equivalence.payloads import Payload
from equivalence.report import Difference, Report, Stored
from upcast._json import payload_text

__all__ = ["Checks", "check_event"]

_MOST = 3  # differences of one kind told of one chain; more of them have the same cause


_Pair: TypeAlias = tuple[Stored, tuple[Any, Outcome]]


class Checks:
    """Compares the ways of one codec."""

    def __init__(self, world: World, random: Random, report: Report, *, thorough: bool = False) -> None:
        self.world = world
        self.thorough = thorough  # do for each event what is otherwise done for some
        self.random = random
        self.report = report
        self.codec = world.codec
        self.reference = Reference(world)
        self.form = "flat" if world.case.flat else "stream"
        self.json = None if world.case.flat else world.codec.with_envelope(upcast.JsonEnvelope())
        self.lanes = {
            (name, version): lane_of(world.codec, name, version)
            for name in (EVENT, *([FORMER] if world.case.former else []))
            for version in range(1, world.version + 1)
        }
        self.expected: list[tuple[Any, Outcome]] = []
        self.kinds: Counter[str] = Counter()

    def sampled(self, share: float) -> bool:
        """Whether to do what is done for a share of the events."""
        return self.thorough or self.random.random() < share

    def differ(self, stored: Stored, way: str, text: str) -> None:
        """Note a difference."""
        if not text:
            return
        case, data = self.world.case, stored.payload.data
        lane = self.lanes[(EVENT, case.split) if stored.name == SOURCE else (stored.name, stored.version)]
        found = Difference(case.label, case, lane, way, stored.name, stored.version, data, text)
        self.kinds[found.kind] += 1
        if self.kinds[found.kind] <= _MOST:
            self.report.differences.append(found)

    def one(self, stored: Stored) -> None:
        """One event through `decode` and one other way."""
        random, codec = self.random, self.codec
        data = stored.payload.data
        raw = wire(self.form, stored.name, stored.version, data)
        expected = self.reference.stored(self.form, raw)
        self.expected.append((raw, expected))
        found = self.compared(stored, "decode", expected, lambda: codec.decode(raw))
        self.count(stored, expected)
        if self.sampled(0.1):
            self.differ(stored, "chain", self.reference.stepwise(stored.name, stored.version, data))
        choice = random.random()
        if choice < 0.25 or self.thorough:
            self.compared(stored, "decode_all", expected, lambda: codec.decode_all(raw), many=True)
        if 0.25 <= choice < 0.6 or self.thorough:
            self.as_payload(stored, data, text=choice < 0.35)
        if self.json is not None and (choice >= 0.6 or self.thorough):
            self.as_json(stored, data)
        if found is not None and found.events and expected.events:
            self.closely(stored, raw, expected.events[0][0], found.events[0][0])

    def mismatch(self, stored: Stored, expected: Outcome, found: Outcome) -> str:
        """How an outcome differs from what is expected; a flat payload may have an id of its own."""
        identity = None if self.world.case.flat else IDENTITY
        return mismatch(expected, found, stored.name, stored.version, identity)

    def compared(
        self, stored: Stored, way: str, expected: Outcome, call: Callable[[], Any], *, many: bool = False
    ) -> Outcome | None:
        """What a call gives, compared."""
        try:
            found = outcome(call, many=many)
        except BaseException as error:  # whatever gets out is what is looked for
            self.differ(stored, way, f"{type(error).__name__} gets out: {error}")
            return None
        self.differ(stored, way, self.mismatch(stored, expected, found))
        return found

    def as_payload(self, stored: Stored, data: bytes, *, text: bool) -> None:
        """The payload alone."""
        given: bytes | str = data
        if text:
            try:
                given = data.decode()
            except UnicodeDecodeError:
                text = False
        if text and self.sampled(0.3) and (mapping := _mapping(data)) is not None:
            # What a database driver hands over is written anew.
            expected = self.reference.payload(stored.name, stored.version, payload_text(mapping))
            self.compared(
                stored,
                "decode_payload(dict)",
                expected,
                lambda: self.codec.decode_payload(stored.name, stored.version, mapping, id=IDENTITY),
            )
        expected = self.reference.payload(stored.name, stored.version, data)
        way = f"decode_payload({'str' if text else 'bytes'})"
        self.compared(
            stored, way, expected, lambda: self.codec.decode_payload(stored.name, stored.version, given, id="id-1")
        )

    def as_json(self, stored: Stored, data: bytes) -> None:
        """The same in a JSON envelope."""
        assert self.json is not None
        raw = wire("json", stored.name, stored.version, data)
        expected = self.reference.stored("json", raw)
        self.compared(stored, "decode of JsonEnvelope", expected, lambda: self.json.decode(raw))

    def count(self, stored: Stored, expected: Outcome) -> None:
        """Note the lane and the verdict."""
        lane = self.lanes[stored.name, stored.version]
        verdict = "accepted" if expected.error is None else expected.error.reason
        self.report.counts.update(("payloads", f"lane {lane}", verdict, f"{lane}: {verdict}"))

    def closely(self, stored: Stored, raw: Any, wanted: Any, event: Any) -> None:
        """What can be done with an event, some of it on a sample."""
        if type(event) is not self.world.cls:
            return  # the comparison has told
        wanted_too = None
        if not (verdict := equal(event, wanted)) or isinstance(verdict, str):
            wanted_too = self.reference.stored(self.form, raw).events[0][0]
            self.differ(stored, "==", "" if verdict == equal(wanted_too, wanted) else f"== says {verdict}")
        self.written(stored, wanted, event)
        if self.sampled(0.2):
            if hashed(event) != hashed(wanted):
                # Some hash by identity; then not even two readings of the plain lane hash alike.
                again = self.reference.stored(self.form, raw).events[0][0]
                self.differ(stored, "hash", "hash differs" if hashed(again) == hashed(wanted) else "")
            same = shown(event) == shown(wanted) or " object at 0x" in shown(event)
            self.differ(stored, "repr", "" if same else f"repr: {shown(event)} and {shown(wanted)}")
        if self.sampled(0.05):
            same = held(event) == held(wanted)
            self.differ(stored, "memory", "" if same else f"is held as {held(event)} and not as {held(wanted)}")
            copies = [copy.copy(item) for item in (wanted, event)]
            self.differ(stored, "copy", difference(*copies))
        if self.sampled(0.05):
            self.pickled(stored, wanted, event)
        if self.sampled(0.12):
            # What one reading hands out is nobody else's.
            scribble(self.codec.decode(raw))
            self.compared(
                stored, "decode after changes", self.reference.stored(self.form, raw), lambda: self.codec.decode(raw)
            )

    def written(self, stored: Stored, wanted: Any, event: Any) -> None:
        """What is stored of it."""
        door = self.codec._doors[EVENT]
        if door.decode_only:
            return
        texts = [_written(door.encode, item) for item in (wanted, event)]
        if self.sampled(0.03):
            texts += [_written(self.codec.encode_payload, item) for item in (wanted, event)]
        if texts[0] != texts[1] or texts[2:3] != texts[3:]:
            order = all(isinstance(text, bytes) for text in texts[:2]) and json.loads(texts[0]) == json.loads(texts[1])
            self.differ(stored, "encode", f"encodes {'in another order ' if order else ''}to {texts!r:.600}")

    def pickled(self, stored: Stored, wanted: Any, event: Any) -> None:
        """A round trip through pickle."""
        texts = []
        for item in (wanted, event):
            try:
                texts.append(pickle.loads(pickle.dumps(item)))
            except Exception as error:
                texts.append(type(error).__name__)
        same = isinstance(texts[0], str) and texts[0] == texts[1]
        if not same:
            wanted_way = Outcome(((texts[0], 0),))
            self.differ(stored, "pickle", self.mismatch(stored, wanted_way, Outcome(((texts[1], 0),))))

    def many(self, batch: list[Stored]) -> None:
        """All of them in batches of several sizes: with their errors, up to the first error, and without any."""
        pairs = list(zip(batch, self.expected, strict=True))
        for part in self.batches(pairs):
            self.batch(part, "decode_many(return_errors=True)", return_errors=True)
            self.batch(part, "decode_many")
        for part in self.batches([pair for pair in pairs if pair[1][1].error is None]):
            self.batch(part, "decode_many")

    def batches(self, pairs: list[_Pair]) -> Iterator[list[_Pair]]:
        """The same in parts."""
        start = 0
        while start < len(pairs):
            size = self.random.choice((1, 2, 7, 40, 100))
            yield pairs[start : start + size]
            start += size

    def batch(self, pairs: list[_Pair], way: str, *, return_errors: bool = False) -> None:
        """One batch."""
        raws = [raw for _, (raw, _) in pairs]
        first_refused = next((pair for pair in pairs if pair[1][1].error is not None), None)
        try:
            events = self.codec.decode_many(raws, return_errors=return_errors)
        except upcast.RefusedEvent as error:
            stored, (_, wanted) = first_refused or pairs[0]
            self.differ(stored, way, self.mismatch(stored, wanted, Outcome(error=error)))
            return
        except BaseException as error:  # whatever gets out is what is looked for
            self.differ(pairs[0][0], way, f"{type(error).__name__} gets out: {error}")
            return
        if len(events) != len(raws):
            self.differ(pairs[0][0], way, f"{len(raws)} events become {len(events)}")
            return
        for (stored, (_, wanted)), event in zip(pairs, events, strict=True):
            refused = isinstance(event, upcast.RefusedEvent)
            found = Outcome(error=event) if refused else Outcome(((event, 0),))
            self.differ(stored, way, self.mismatch(stored, wanted, found))

    def split(self, batch: list[Stored]) -> None:
        """The parts of a split."""
        start = self.world.case.split
        for stored in batch:
            if stored.version == start:
                part = attrs.evolve(stored, name=SOURCE, version=1)
                raw = wire("stream", SOURCE, 1, stored.payload.data)
                expected = self.reference.stored("stream", raw)
                self.compared(
                    part, "decode_all of a split", expected, lambda raw=raw: self.codec.decode_all(raw), many=True
                )


def _mapping(data: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _written(encode: Callable[[Any], Any], event: Any) -> Any:
    try:
        return encode(event)
    except Exception as error:
        return f"{type(error).__name__}: {getattr(error, 'reason', '')}"


def check_event(world: World, name: str, version: int, data: bytes) -> list[Difference]:
    """Every way on one payload: what differs."""
    report = Report()
    checks = Checks(world, Random(0), report, thorough=True)
    stored = Stored(name, version, Payload(None, data.decode("utf-8", "surrogateescape"), frozenset()))
    if name == SOURCE:
        checks.split([attrs.evolve(stored, version=world.case.split)])
    else:
        checks.one(stored)
        checks.many([stored])
    return report.differences
