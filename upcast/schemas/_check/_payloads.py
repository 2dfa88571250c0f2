"""Which payloads of a version are run: made up, recorded, and those that a comparison with today found telling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from upcast.schemas._check._rich import longer
from upcast.schemas._check._subject import Past, Stored
from upcast.schemas._rebuild._places import walk
from upcast.schemas._sampler import encode, samples
from upcast.schemas._sampler._tree import undeclared_key
from upcast.schemas.findings import Finding
from upcast.schemas.shapes import Record, SchemaSnapshot, Tagged

__all__ = ["made_up", "payloads_of"]

_FEWEST = 64  # of a large class each place has two turns all the same


def payloads_of(past: Past, findings: Iterable[Finding]) -> list[Stored]:
    """Payloads of one version, each once: what was recorded is run byte for byte.

    What was made up counts only if the version's own reader takes it.

    Args:
        past: The version.
        findings: What its comparison with today found: the payloads that show these must come through above all.
    """
    found = {fixture.payload: Stored(fixture.payload, fixture=fixture.path) for fixture in past.fixtures}
    made = list(made_up(past.schema))
    for stored in (*made, *_unlike(past.schema, made), *_witnesses(findings)):
        if stored.payload not in found and past.takes(stored.payload):
            found[stored.payload] = stored
    return list(found.values())


def made_up(schema: SchemaSnapshot) -> Iterator[Stored]:
    """Payloads as the writer of a version writes them, and one with a member that its reader does not know.

    The sampler varies the plainest payload; here the fullest one is varied alike, since code that looks at two members
    may fail on one only where the other is there.
    """
    made = samples(schema.written, limit=max(_FEWEST, 2 * sum(1 for _ in walk(schema.written))))
    whole = [sample.payload for sample in made if not sample.about]
    fullest = _members(max(whole, key=len)) if whole else None
    for sample in made:
        yield Stored(sample.payload, sample.about)
    root = schema.written.resolve(schema.written.root)
    if fullest is None or not isinstance(root, Record | Tagged):
        return
    for sample in made:
        key = sample.about[1:].partition("/")[0].replace("~1", "/").replace("~0", "~")
        varied = _members(sample.payload)
        if varied is not None and key in varied:
            yield Stored(encode({**fullest, key: varied[key]}), sample.about)
    reader = schema.reader.resolve(schema.reader.root)
    if isinstance(reader, Record) and reader.extra != "forbid":
        plainest = _members(made[0].payload) or {}
        yield Stored(encode({**plainest, undeclared_key(reader): "text"}), "/*")


def _unlike(schema: SchemaSnapshot, made: Iterable[Stored]) -> Iterator[Stored]:
    """The fullest payload with more entries, each unlike the others; and with its members the other way round."""
    whole = [stored.payload for stored in made if not stored.about]
    fullest = _members(max(whole, key=len)) if whole else None
    if fullest is not None:
        yield Stored(longer(schema.written, max(whole, key=len)))
        yield Stored(encode(dict(reversed(fullest.items()))))


def _members(payload: bytes) -> dict[str, msgspec.Raw] | None:
    """The members of a payload as they are written; None where it is no object."""
    try:
        return msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return None


def _witnesses(findings: Iterable[Finding]) -> Iterator[Stored]:
    for finding in findings:
        witness = finding.witness
        # Not all that a new reader would refuse counts as stored: what does has an effect.
        if "backward" in finding.effects and witness is not None and witness.direction == "backward":
            yield Stored(witness.payload.encode(), finding.pointer)
