"""Which breaks are covered: those whose payloads the chain was seen to bring over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from upcast.schemas._check._downcasts import Downcast
from upcast.schemas._check._execution import Executed
from upcast.schemas._check._loss import Losses
from upcast.schemas._check._run import edge_label
from upcast.schemas._check._subject import Past
from upcast.schemas.findings import Finding

__all__ = ["covered"]


def covered(
    found: Iterable[Finding], past: Past, executed: Executed, lost: Losses, down: Downcast | None, *, forward: bool
) -> Iterator[Finding]:
    """The findings of a comparison, with what was proven of each by running.

    A break is covered if every payload of its version came through, its own witness among them. A loss is covered if
    something of today depends on the value, or if a step declares that it goes; what is lost without a word is told
    once, by the rule for steps.

    Args:
        found: The findings.
        past: The older version.
        executed: What came of running its payloads.
        lost: What of it has no part in today's events.
        down: What today's events are to its reader.
        forward: Whether older readers have to go on; otherwise what only they refuse needs no proof.
    """
    way = ", ".join(map(edge_label, past.chained.edges)) or f"read as {past.chained.line.name}"
    failing = [each.severity for each in executed.findings]
    brought = f"{way}: {_counted(executed)}" if executed.accepted and "error" not in failing else ""
    written = f"downcast {down.way}: {down.count} events" if down and down.count and not down.findings else ""
    silent = {finding.pointer for finding in lost.findings}
    taken = {stored.payload for stored in executed.accepted}
    for finding in found:
        effects = set(finding.effects)
        proofs = []
        if "backward" in effects:
            witness = finding.witness
            shown = witness is None or witness.direction != "backward" or witness.payload.encode() in taken or failing
            proofs.append(brought if shown else "")
        if "forward" in effects and (forward or not effects & {"backward", "loss"}):
            proofs.append(written)
        if "loss" in effects:
            if any(_within(finding.pointer, pointer) for pointer in silent):
                if effects == {"loss"}:
                    continue
                proofs.append("")
            else:
                proofs.append(_declared(finding, lost) or (brought if finding.pointer in lost.kept else ""))
        if proofs and all(proofs):
            finding = msgspec.structs.replace(finding, covered_by="; ".join(dict.fromkeys(proofs)))  # noqa: PLW2901
        yield finding


def _declared(finding: Finding, lost: Losses) -> str:
    return next((edge for pointer, edge in lost.declared.items() if _within(finding.pointer, pointer)), "")


def _within(pointer: str, outer: str) -> bool:
    return pointer == outer or pointer.startswith(f"{outer}/")


def _counted(executed: Executed) -> str:
    recorded = sum(bool(stored.fixture) for stored in executed.accepted)
    made = len(executed.accepted) - recorded
    return f"{made} payloads" + (f" and {recorded} recorded" if recorded else "")
