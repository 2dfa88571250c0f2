"""What a class does not read of what it writes, and what another library does not read of what one did."""

from __future__ import annotations

from typing import Literal

from upcast.schemas._compare._evidence import Court, Proof, Side
from upcast.schemas._compare._remarks import Remark
from upcast.schemas._compare._walk import obstacles
from upcast.schemas._sampler import lax_samples
from upcast.schemas.findings import Effect, Witness

__all__ = ["diverging", "drifting"]


def drifting(old: Side, new: Side) -> list[Remark]:
    """That the newer class does not read back what it writes, where the older did."""
    now = _own(new)
    # Few classes do, and to ask the older one is as dear again.
    before = {(proof.obstacle.aspect, proof.obstacle.writer_parts) for proof in _own(old)} if now else set()
    found: dict[object, Remark] = {}
    for proof in now:
        one = proof.obstacle
        if (one.aspect, one.writer_parts) in before:
            continue
        effect: Effect = "loss" if one.soft else "backward"
        remark = Remark(
            rule="U807",
            parts=one.writer_parts,
            old_parts=one.writer_parts,
            effects=(effect,),
            old=None,
            new=one.writer or one.reader,
            witness=proof.witness,
        )
        former = found.get(one.writer_parts)
        found[one.writer_parts] = remark if former is None or former.effects == ("loss",) else former
    return list(found.values())


def _own(side: Side) -> list[Proof]:
    """What a version does not read of its own payloads, or loses."""
    family = side.snapshot.family
    if side.snapshot.writer is None:
        return []
    found = obstacles(side.stored, side.snapshot.reader, (family, family))
    told = [one for one in found if not one.soft or one.aspect == "lost"]
    return [proof for proof in Court(side, side, "backward").foreseen(told) if proof.witness is not None]


def diverging(old: Side, new: Side) -> list[Remark]:
    """Spellings that one library took, and the other refuses, of types that both read."""
    if old.snapshot.family == new.snapshot.family or "json-schema" in {old.snapshot.family, new.snapshot.family}:
        return []
    for sample in lax_samples(old.snapshot.reader, old.snapshot.family):
        if old.refusal(sample.payload):
            continue
        problem = new.refusal(sample.payload)
        if problem:
            by: Literal["class", "schema"] = "class" if new.decode is not None else "schema"
            witness = Witness(direction="backward", payload=sample.payload.decode(), refusal=problem, executed_by=by)
            parts = tuple(sample.about.split("/")[1:])
            return [Remark(rule="U218", parts=parts, old_parts=parts, effects=("meaning",), witness=witness)]
    return []
