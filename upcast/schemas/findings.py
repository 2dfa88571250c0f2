"""What the gate says: findings, each with the payload that shows it, and verdicts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal, TypeAlias

import attrs
import msgspec

__all__ = [
    "BREAKING",
    "RUN",
    "Direction",
    "Effect",
    "Finding",
    "Outcome",
    "Report",
    "Severity",
    "Witness",
    "fingerprint_of",
    "ordered",
]

Direction: TypeAlias = Literal["backward", "forward"]
"""backward: what the old writer stored, read by the new reader; forward: what the new writer stores, read by the old
reader."""

Effect: TypeAlias = Literal["backward", "forward", "loss", "meaning"]
"""What a change does: payloads are refused in a direction; accepted, but data is lost; accepted, and read as
something else."""

Outcome: TypeAlias = Literal["safe", "breaks", "unknown"]

Severity: TypeAlias = Literal["error", "warning", "info"]
"""Only an error blocks."""

BREAKING: tuple[Effect, ...] = ("backward", "forward")


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """A payload that shows a finding.

    Attributes:
        direction: Which reader was asked.
        payload: The payload as JSON text, as small as it could be made; empty where it is a recorded fixture, whose
            values are not repeated.
        fixture: The path of the recorded fixture, relative to the folder of the schemas; empty for a payload that
            was made up.
        refusal: Why the reader refuses it, without values; or what was lost or changed.
        executed_by: `class` where today's class was asked, `chain` where the whole chain ran, `schema` where a decoder
            was rebuilt from a schema snapshot.
    """

    direction: Direction
    payload: str
    fixture: str = ""
    refusal: str
    executed_by: Literal["class", "chain", "schema"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the gate has to say about an event, or lint about settings.

    Attributes:
        rule: The id of the rule in the catalogue, such as `U101`.
        slug: Its name, such as `required-field-added`.
        severity: Whether it blocks.
        effects: What the change does.
        event: The event type, or the settings class.
        from_version: The older version; None where the finding is about the type as a whole.
        to_version: The newer version.
        pointer: The JSON pointer of the place in the newer version, `*` for items and keys; the place in the older
            one where it is gone from the newer.
        old: The older shape there, as a short text; empty where there was none.
        new: The newer shape there, as a short text; empty where there is none.
        message: What was found, in one sentence.
        remedy: What to do about it; the exact command or line where there is one.
        witness: A payload that shows it.
        no_witness: Why there is none; empty where there is one.
        covered_by: The edges that bring the older payloads over, where running them proved it, and how many payloads
            did: such a finding does not block.
        place: File and line of the class, step or setting, or the path of the file, that it is about.
        suppressed: The reason of the suppression that took its severity away.
        fingerprint: Twelve hex digits that stay the same while rule, event, versions and place do.
    """

    rule: str
    slug: str
    severity: Severity
    effects: tuple[Effect, ...] = ()
    event: str
    from_version: int | None = None
    to_version: int | None = None
    pointer: str = ""
    old: str = ""
    new: str = ""
    message: str
    remedy: str = ""
    witness: Witness | None = None
    no_witness: str = ""
    covered_by: str = ""
    place: str = ""
    suppressed: str = ""
    fingerprint: str

    @property
    def blocks(self) -> bool:
        """Whether it keeps a change from being released."""
        return self.severity == "error" and not self.covered_by and not self.suppressed


RUN: tuple[str, ...] = ("U905", "U906")
"""The rules of what was seen to fail when stored payloads were run: why a break is not covered."""


def fingerprint_of(rule: str, event: str, from_version: int | None, to_version: int | None, pointer: str) -> str:
    """The fingerprint of a finding: of what it is about, never of how it is worded."""
    about = msgspec.json.encode([rule, event, from_version, to_version, pointer])
    return hashlib.sha256(about).hexdigest()[:12]


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in the order in which they are told: what blocks first, then by severity, event and place."""
    rank = {"error": 0, "warning": 1, "info": 2}
    return sorted(
        findings,
        key=lambda finding: (
            not finding.blocks,
            rank[finding.severity],
            finding.event,
            finding.rule not in RUN,
            finding.to_version or 0,
            finding.from_version or 0,
            finding.pointer,
            finding.rule,
        ),
    )


@attrs.frozen(kw_only=True)
class Report:
    """What the gate says.

    Attributes:
        findings: Everything it has to say; what blocks first.
        types: How many event types were looked at.
        versions: How many versions of them.
        payloads: How many payloads were run through chains and classes.
        cached: How many types were taken from the cache, since nothing of them has changed.
        notes: What could not be done, and why.
    """

    findings: tuple[Finding, ...]
    types: int
    versions: int
    payloads: int
    cached: int = 0
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing blocks."""
        return not any(finding.blocks for finding in self.findings)
