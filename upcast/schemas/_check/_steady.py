"""Whether the same payload always becomes the same event."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from upcast.schemas._check._differences import differences, parsed
from upcast.schemas._check._findings import finding
from upcast.schemas._check._run import Chained, edge_label, shown_place
from upcast.schemas._check._subject import Stored
from upcast.schemas.findings import Finding, Witness

__all__ = ["Reading", "read", "told", "unsteady"]


class Reading(msgspec.Struct, frozen=True):
    """How a payload was read in one process.

    Attributes:
        stages: A digest of the payload behind each operation; none where no code of the user runs in the chain.
        texts: What the class writes of the events that came out.
    """

    stages: tuple[str, ...]
    texts: tuple[str, ...]


def read(chained: Chained, payload: bytes) -> Reading:
    """Read a payload."""
    stages = chained.stages(payload) if chained.plan.chain.has_code or chained.plan.split else ()
    texts = chained.texts(chained.run(payload))
    return Reading(
        tuple(hashlib.blake2b(stage.text, digest_size=8).hexdigest() for stage in stages),
        tuple(text.decode(errors="replace") for text in texts),
    )


def unsteady(chained: Chained, payloads: Sequence[Stored]) -> list[Finding]:
    """Run payloads twice, in another order the second time: what a step keeps from one to the next shows."""
    first = [read(chained, stored.payload) for stored in payloads]
    second = [read(chained, stored.payload) for stored in reversed(payloads)][::-1]
    found: dict[str, Finding] = {}
    for stored, one, other in zip(payloads, first, second, strict=True):
        for each in told(chained, stored, one, other, "run twice"):
            found.setdefault(each.fingerprint, each)
    return list(found.values())


def told(chained: Chained, stored: Stored, one: Reading, other: Reading, when: str) -> Iterator[Finding]:
    """What two readings of one payload say of the chain, or else of the class.

    Args:
        chained: The way of the payload.
        stored: It.
        one: How it was read.
        other: How it was read again.
        when: What was different then.
    """
    line = chained.line
    witness = Witness(
        direction="backward",
        payload="" if stored.fixture else stored.payload.decode(),
        fixture=stored.fixture,
        refusal=f"the same payload becomes something else: {when}",
        executed_by="chain",
    )
    for number, (before, after) in enumerate(zip(one.stages, other.stages, strict=False)):
        if before != after:
            operation = chained.plan.chain.operations[number]
            edge = line.edges[operation.from_version]
            yield finding(
                "U908",
                line.name,
                f"the edge {edge_label(edge)} makes something else of the same payload of version "
                f"{chained.version}: {when}",
                versions=(edge.from_version, edge.from_version + 1),
                remedy=f"derive everything from the payload in {operation.label}: no clock, no chance, no locale, no "
                "hash order, nothing kept from one payload to the next",
                witness=witness,
                place=shown_place(edge.where),
                about=operation.label,
            )
            return
    if one.texts == other.texts or len(one.stages) != len(other.stages):
        return
    split = chained.plan.split
    if split is not None and len(one.texts) != len(other.texts):
        places = frozenset[tuple[str | int, ...]]()
    else:
        places = differences([parsed(text) for text in one.texts], [parsed(text) for text in other.texts])
    inner = sorted("".join(f"/{'*' if isinstance(part, int) else part}" for part in place[1:]) for place in places)
    pointer = inner[0] if inner else ""
    cls = line.cls.__qualname__ if line.cls else "what the split makes"
    declared = chained.opened.declarations.get(line.name)
    yield finding(
        "U308",
        line.name,
        f"{cls} reads the same payload of version {chained.version} as something else at {pointer or '/'}: {when}",
        versions=(chained.version, line.version),
        pointer=pointer,
        remedy="give old payloads a value that is derived from what they hold, or a constant, by a step; keep the "
        "default for events that are made today",
        witness=witness,
        place=shown_place(declared.where if declared else split.where if split else ""),
    )
