"""Findings of the gate itself, with what the catalogue says of their rules."""

from __future__ import annotations

from collections.abc import Sequence

from upcast.schemas.findings import Effect, Finding, Severity, Witness, fingerprint_of
from upcast.schemas.rules import RULES

__all__ = ["finding", "pointer_of", "unescaped"]


def finding(
    rule: str,
    event: str,
    message: str,
    *,
    versions: tuple[int | None, int | None] = (None, None),
    pointer: str = "",
    remedy: str = "",
    witness: Witness | None = None,
    no_witness: str = "",
    place: str = "",
    severity: Severity | None = None,
    effects: Sequence[Effect] | None = None,
    about: str = "",
) -> Finding:
    """One finding.

    Args:
        rule: The id of its rule.
        event: The event type.
        message: See `Finding`; as all that follows.
        versions: The older and the newer version.
        pointer: The place in the payload.
        remedy: What to do.
        witness: A payload that shows it.
        no_witness: Why there is none.
        place: File and line.
        severity: Where it is not that of the rule.
        effects: Where they are not those of the rule.
        about: What tells it from others of the same rule, versions and pointer.
    """
    known = RULES[rule]
    return Finding(
        rule=rule,
        slug=known.slug,
        severity=severity or known.severity,
        effects=tuple(known.effects if effects is None else effects),
        event=event,
        from_version=versions[0],
        to_version=versions[1],
        pointer=pointer,
        message=message,
        remedy=remedy,
        witness=witness,
        no_witness="" if witness else no_witness or "it is not about a payload",
        place=place,
        fingerprint=fingerprint_of(rule, event, *versions, f"{pointer} {about}" if about else pointer),
    )


def pointer_of(path: str) -> str:
    """The JSON pointer of a dotted field path of a `FieldProblem`."""
    return "".join(f"/{part}" for part in path.split(".")) if path else ""


def unescaped(part: str) -> str:
    """A part of a JSON pointer as it stands in the payload."""
    return part.replace("~1", "/").replace("~0", "~")
