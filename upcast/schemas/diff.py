"""What changed between two versions of an event, and what that does to payloads that are stored already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import attrs
import msgspec

from upcast.schemas._capture import same
from upcast.schemas._compare._drift import diverging, drifting
from upcast.schemas._compare._evidence import Court, Proof, Side
from upcast.schemas._compare._naming import Versions
from upcast.schemas._compare._places import Parts, pointer
from upcast.schemas._compare._remarks import Remark, remarks
from upcast.schemas._compare._remedies import remedy
from upcast.schemas._compare._renames import renames
from upcast.schemas._compare._reused import reused
from upcast.schemas._compare._walk import obstacles
from upcast.schemas._compare._words import short, short_default
from upcast.schemas.findings import Direction, Finding, Outcome, Severity, Witness, fingerprint_of, ordered
from upcast.schemas.rules import RULES

__all__ = ["OpenObjects", "Policy", "SchemaDiff", "Side", "Verdict", "diff", "diff_all"]

Policy: TypeAlias = Literal["backward", "forward", "full", "rolling", "none"]
"""Which breaks block: of old payloads by the new class, of new payloads by the old class, or both; `rolling` is both,
between neighbouring versions only; `none` is neither."""

OpenObjects: TypeAlias = Literal["lenient", "strict"]
"""Whether objects that ignore undeclared members are taken to hold some under any name."""

_BLOCKING: dict[Policy, frozenset[str]] = {
    "backward": frozenset({"backward", "loss"}),
    "forward": frozenset({"forward"}),
    "full": frozenset({"backward", "forward", "loss"}),
    "rolling": frozenset({"backward", "forward", "loss"}),
    "none": frozenset(),
}


@attrs.frozen
class Verdict:
    """Whether one version's payloads are read by the other.

    Attributes:
        outcome: Whether they all are; `unknown` is never `safe`.
        reasons: The places that break, or else why it is not known.
        witnesses: Payloads that show it, one for each thing that breaks.
    """

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()


@attrs.frozen
class SchemaDiff:
    """What changed between two versions.

    Attributes:
        old: The older version.
        new: The newer one.
        findings: What is to be said of it, gravest first.
        backward: Whether the newer version reads what the older one stored.
        forward: Whether the older version reads what the newer one stores.
    """

    old: Side
    new: Side
    findings: tuple[Finding, ...]
    backward: Verdict
    forward: Verdict


def diff(old: Side, new: Side, *, policy: Policy = "full", open_objects: OpenObjects = "lenient") -> SchemaDiff:
    """Compare two versions of an event.

    Every break is shown by a payload that the one could have stored and that the other's decoder refused.

    Args:
        old: The older version.
        new: The newer one.
        policy: Which breaks are errors.
        open_objects: Whether objects that ignore undeclared members are taken to hold some under any name.
    """
    if _same(old, new):
        return SchemaDiff(old, new, (), Verdict("safe"), Verdict("safe"))
    backward = _proofs(old, new, "backward", open_objects)
    forward = _proofs(new, old, "forward", open_objects)
    versions = Versions(old.stored, new.stored, renames(old.snapshot.reader, new.snapshot.reader))
    said = [*remarks([*backward, *forward], versions), *drifting(old, new), *diverging(old, new)]
    if policy in {"backward", "none"}:
        said = [each for each in said if each.rule != "U508"]
    findings = [_finding(each, old, new, policy) for each in said]
    return SchemaDiff(old, new, tuple(ordered(findings)), _verdict(backward), _verdict(forward))


def diff_all(
    sides: Sequence[Side], *, policy: Policy = "full", open_objects: OpenObjects = "lenient"
) -> list[SchemaDiff]:
    """Compare every version with every later one; under `rolling` each with the next.

    Args:
        sides: The versions, oldest first.
        policy: Which breaks are errors.
        open_objects: Whether objects that ignore undeclared members are taken to hold some under any name.
    """
    found: list[SchemaDiff] = []
    for newer, new in enumerate(sides):
        for older in range(newer - 1, -1, -1):
            one = diff(sides[older], new, policy=policy, open_objects=open_objects)
            names = reused(sides[older], sides[older + 1 : newer], new, one.findings)
            if names:
                again = [_finding(each, sides[older], new, policy) for each in names]
                one = attrs.evolve(one, findings=tuple(ordered([*one.findings, *again])))
            found.append(one)
            if policy == "rolling":
                break
    return found


def _same(old: Side, new: Side) -> bool:
    """Whether two versions read and write the same, whatever they are called."""
    one, other = old.snapshot, new.snapshot
    named = msgspec.structs.replace(
        one, type=other.type, version=other.version, formerly=other.formerly, decode_only=other.decode_only
    )
    return same(named, other)


def _proofs(writer: Side, reader: Side, direction: Direction, open_objects: OpenObjects) -> list[Proof]:
    families = writer.snapshot.family, reader.snapshot.family
    strict = open_objects == "strict"
    found = obstacles(writer.stored, reader.snapshot.reader, families, strict_openness=strict)
    return Court(writer, reader, direction).proven(found)


def _verdict(proofs: Sequence[Proof]) -> Verdict:
    hard = [proof for proof in proofs if not proof.obstacle.soft]
    broken = [proof for proof in hard if proof.witness is not None]
    if broken:
        places = (pointer(proof.obstacle.reader_parts) or "the payload" for proof in broken)
        witnesses = {each.witness.payload: each.witness for each in broken if each.witness is not None}
        return Verdict("breaks", tuple(sorted(set(places))), tuple(witnesses[text] for text in sorted(witnesses)))
    reasons = (f"{pointer(each.obstacle.reader_parts) or 'the payload'}: {each.unknown}" for each in hard)
    return Verdict("unknown", tuple(sorted(set(reasons)))) if hard else Verdict("safe")


def _finding(remark: Remark, old: Side, new: Side, policy: Policy) -> Finding:
    rule = RULES[remark.rule]
    event, since, until = new.snapshot.type, old.snapshot.version, new.snapshot.version
    place = pointer(remark.parts)
    return Finding(
        rule=rule.id,
        slug=rule.slug,
        severity=_severity(remark, policy),
        effects=remark.effects,
        event=event,
        from_version=since,
        to_version=until,
        pointer=place,
        old=short(remark.old),
        new=short(remark.new),
        message=_message(remark),
        remedy=remedy(remark, old.snapshot.reader),
        witness=remark.witness,
        no_witness="" if remark.witness else remark.unknown or "it is about what no payload shows",
        fingerprint=fingerprint_of(rule.id, event, since, until, place),
    )


def _severity(remark: Remark, policy: Policy) -> Severity:
    severity = RULES[remark.rule].severity
    if policy == "none" or severity == "info" or (remark.rule == "U110" and not remark.effects):
        return "info"
    if not remark.effects:
        # It is not known whether it does anything; or only what other producers may have written is concerned.
        return "info" if remark.witness else "warning"
    return severity if _BLOCKING[policy] & set(remark.effects) else "warning"


def _message(remark: Remark) -> str:
    was, now = _told(remark)
    change = f" ({was} became {now})" if was and now and was != now else f" ({was or now})" if was or now else ""
    where = pointer(remark.parts) or "the payload"
    if remark.old_parts and remark.old_parts != remark.parts:
        where = f"{pointer(remark.old_parts)}, now {where}"
    return f"{where}: {RULES[remark.rule].title}{change}{_users(remark.users)}."


def _told(remark: Remark) -> tuple[str, str]:
    """What was there and what is, as a message tells it: of a default that changed, the default."""
    members = remark.old_member, remark.new_member
    if remark.rule in {"U303", "U306"} and None not in members:
        was, now = (short_default(each.default) for each in members if each is not None)
        return was, now
    return short(remark.old), short(remark.new)


def _users(users: tuple[Parts, ...]) -> str:
    if not users:
        return ""
    places = [pointer(place) or "the payload" for place in users]
    return "; the same at " + ", ".join(places[:5]) + (f" and {len(places) - 5} more places" if len(places) > 5 else "")
