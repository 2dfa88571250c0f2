"""Evidence: what a reader really says of a payload that its writer could have stored."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Literal

import attrs

from upcast.schemas._capture._fingerprints import PYTHON_ENGINE
from upcast.schemas._compare._obstacle import Aspect, Obstacle, hard
from upcast.schemas._compare._stored import Stored, stored
from upcast.schemas._compare._walk import obstacles
from upcast.schemas._minimise import minimised
from upcast.schemas._rebuild import Rebuilt, Refused, rebuild
from upcast.schemas._sampler import Sample, encode, samples
from upcast.schemas.findings import Direction, Witness
from upcast.schemas.shapes import SchemaSnapshot

__all__ = ["Court", "Proof", "Side"]

Decode = Callable[[bytes], object]

_TRIED = 6
_SAMPLES = 64
_FEWER = 32
_TOLD: dict[Aspect, str] = {
    "lost": "taken, and read over",
    "dropped": "taken, and what is not declared is dropped",
    "repeats": "taken, and equal items become one",
    "rounded": "taken, and rounded",
    "counted": "taken, as another type",
    "respelled": "taken, and read as other bytes",
    "captured": "taken, as another type of the union",
    "default": "taken, and its absence means something else",
    "made": "taken, and a value is made up for it",
    "also": "taken, under its former name",
}
_CODE = "code of the class judges it, and what that refuses cannot be known from a schema snapshot"


@attrs.frozen(eq=False)
class Side:
    """One of two versions that are compared.

    Attributes:
        snapshot: Its schema snapshot.
        decode: The decoder of its class, where there still is one: it raises `Refused`. Otherwise one is rebuilt from
            the schema snapshot.
    """

    snapshot: SchemaSnapshot
    decode: Decode | None = None

    @functools.cached_property
    def stored(self) -> Stored:
        """What payloads of the version look like."""
        return stored(self.snapshot)

    @functools.cached_property
    def rebuilt(self) -> Rebuilt:
        """The decoder that is made of the schema snapshot, which knows nothing of code of the class."""
        return rebuild(self.snapshot.reader, self.snapshot.family)

    @functools.cached_property
    def writes(self) -> Rebuilt:
        """Takes what the version writes, spelled as it writes it."""
        return rebuild(self.stored.view, "json-schema")

    @functools.cached_property
    def drifts(self) -> bool:
        """Whether the version writes what it does not read."""
        family = self.snapshot.family
        return any(not one.unknown for one in hard(obstacles(self.stored, self.snapshot.reader, (family, family))))

    def refusal(self, payload: bytes) -> str:
        """Why the version refuses a payload; empty where it takes it."""
        return _refusal(self.decode or self.rebuilt.decode, payload)

    def could_store(self, payload: bytes) -> bool:
        """Whether the version could have stored a payload: it takes it, or it is one of those that only it writes."""
        if not self.refusal(payload):
            return True
        return (
            self.drifts and bool(_refusal(self.rebuilt.decode, payload)) and not _refusal(self.writes.decode, payload)
        )


def _refusal(decode: Decode, payload: bytes) -> str:
    try:
        decode(payload)
    except Refused as refused:
        return refused.problem
    return ""


@attrs.frozen
class Proof:
    """An obstacle, and what became of it when its reader was asked.

    Attributes:
        obstacle: The obstacle.
        direction: Whose reader it is.
        witness: A payload that the reader refuses; None where none is known.
        unknown: Why it is not known whether it refuses any; empty where there is a witness.
    """

    obstacle: Obstacle
    direction: Direction
    witness: Witness | None = None
    unknown: str = ""


@attrs.frozen
class Court:
    """A writer and a reader, and the question what the one stores that the other refuses."""

    writer: Side
    reader: Side
    direction: Direction

    def proven(self, obstacles: list[Obstacle]) -> list[Proof]:
        """The obstacles that stand, and those of which that is not known."""
        return self._with_code(self.foreseen(obstacles))

    def foreseen(self, obstacles: list[Obstacle]) -> list[Proof]:
        """The same, without looking for any that were not foreseen."""
        return [proof for one in obstacles if (proof := self._proof(one)) is not None]

    def _soft_proof(self, one: Obstacle) -> Proof | None:
        """What is lost or changed, where the reader does take it."""
        refused_by_design = one.aspect in {"closed", "beside"}
        for payload in map(encode, one.payloads[:_TRIED]):
            problem = self.reader.refusal(payload)
            if bool(problem) is not refused_by_design:
                continue
            if one.aspect == "made" and not self._differs(payload):
                continue
            return Proof(one, self.direction, witness=self._witness(payload, problem or _TOLD[one.aspect]))
        return None

    def _differs(self, payload: bytes) -> bool:
        """Whether a payload is read twice as two different things, as far as that can be asked."""
        decode = self.reader.decode
        return decode is None or decode(payload) != decode(payload)

    def _proof(self, one: Obstacle) -> Proof | None:
        if one.soft:
            return self._soft_proof(one)
        if not one.payloads:
            return Proof(one, self.direction, unknown=one.unknown)
        tried = [encode(payload) for payload in one.payloads[:_TRIED]]
        storable = [payload for payload in tried if self.writer.could_store(payload)]
        for payload in storable:
            if problem := self.reader.refusal(payload):
                if self._may_differ(one):
                    return Proof(one, self.direction, unknown=_CODE)
                return Proof(one, self.direction, witness=self._witness(payload, problem))
        if not storable:
            return Proof(one, self.direction, unknown="the writer's own class refuses every payload that was tried")
        return None

    def _may_differ(self, one: Obstacle) -> bool:
        """Whether code of a class that is gone may have mended the value, or never let it be written."""
        mended = self.reader.decode is None and one.reader is not None and bool({*one.reader.checks} - {PYTHON_ENGINE})
        barred = self.writer.decode is None and one.writer is not None and bool({*one.writer.checks} - {PYTHON_ENGINE})
        # Whatever code judges the values of a writer, it has some.
        return mended or (barred and one.aspect not in {"kind", "absent", "undeclared", "extra"})

    def _witness(self, payload: bytes, problem: str) -> Witness:
        by: Literal["class", "schema"] = "class" if self.reader.decode is not None else "schema"
        return Witness(direction=self.direction, payload=payload.decode(), refusal=problem, executed_by=by)

    def _with_code(self, proofs: list[Proof]) -> list[Proof]:
        """What only running payloads shows: refusals by code of the reader's class, and any that nobody foresaw."""
        hard = [proof for proof in proofs if not proof.obstacle.soft]
        certain = any(proof.witness for proof in hard)
        doubtful = self.reader.decode is not None and any(proof.obstacle.aspect == "checks" for proof in hard)
        if (certain and not doubtful) or (self.reader.decode is None and hard):
            return proofs
        for sample in samples(self.writer.stored.view, limit=_SAMPLES if doubtful else _FEWER):
            problem = self.reader.refusal(sample.payload)
            if not problem or not self.writer.could_store(sample.payload):
                continue
            if doubtful and not _refusal(self.reader.rebuilt.decode, sample.payload):
                proofs = self._blamed(proofs, sample.payload, problem)
            elif not certain and not self.writer.refusal(sample.payload):
                # What its own class does not take either was never stored.
                proofs = [*proofs, self._unforeseen(sample, problem)]
                certain = True
        return proofs

    def _unforeseen(self, sample: Sample, problem: str) -> Proof:
        """The proof that the reader refuses what no reasoning had it refuse."""
        place = tuple(part.replace("~1", "/").replace("~0", "~") for part in sample.about.split("/")[1:])
        one = Obstacle(
            aspect="unforeseen",
            writer=self.writer.stored.view.root,
            reader=self.reader.snapshot.reader.root,
            writer_parts=place,
            reader_parts=place,
        )
        return Proof(one, self.direction, witness=self._witness(sample.payload, problem))

    def _blamed(self, proofs: list[Proof], payload: bytes, problem: str) -> list[Proof]:
        """The proofs with a witness for that one of the reader's checks that refuses a payload."""
        place = problem.split(": ", 1)[0]
        checks = [proof for proof in proofs if proof.obstacle.aspect == "checks"]
        named = {".".join(map(str, proof.obstacle.reader_parts)) or "the payload": proof for proof in reversed(checks)}
        blamed = named.get(place) or next((each for each in checks if not each.obstacle.reader_parts), None)
        blamed = blamed or (checks[0] if checks else None)
        if blamed is None or blamed.witness is not None:
            return proofs

        def shows(smaller: bytes) -> bool:
            return (
                not _refusal(self.writer.writes.decode, smaller)
                and self.reader.refusal(smaller).split(": ", 1)[0] == place
                and self.writer.could_store(smaller)
            )

        witness = self._witness(minimised(payload, shows), problem)
        return [attrs.evolve(each, witness=witness, unknown="") if each is blamed else each for each in proofs]
