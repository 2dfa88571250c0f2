"""A report for people, in the manner of a compiler.

What stands here is text and the role of each part of it; colours are the business of whoever has a terminal.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

from upcast.schemas.findings import RUN
from upcast.schemas.reports._wording import as_json_text, counted, head_of, one_line, place_of, versions_of
from upcast.schemas.reports.documents import kind_of

if TYPE_CHECKING:
    from pathlib import Path

    from upcast.schemas.findings import Finding, Witness
    from upcast.schemas.reports.documents import Kind, ReportDocument, ReportedVerdict

__all__ = ["Line", "Role", "finding_lines", "report_lines", "to_text"]

Role: TypeAlias = Literal["", "error", "warning", "info", "quiet", "good", "strong"]
"""What a part of a line is, which decides how it looks."""

Line: TypeAlias = tuple[tuple[str, Role], ...]
"""A line: its parts, each with its role."""

_ROLES: dict[Kind, Role] = {
    "error": "error",
    "warning": "warning",
    "info": "info",
    "covered": "good",
    "suppressed": "quiet",
}
_INDENT = "  "
_LONG = 2_000
"""How long a payload may be before it is cut; the JSON document has it whole."""


def to_text(document: ReportDocument, *, root: Path, verbose: bool = False, width: int | None = None) -> str:
    """A report as plain text; see `report_lines`."""
    lines = report_lines(document, root=root, verbose=verbose, width=width)
    return "".join("".join(text for text, _ in line) + "\n" for line in lines)


def report_lines(
    document: ReportDocument, *, root: Path, verbose: bool = False, width: int | None = None
) -> Iterator[Line]:
    """Lay out a report.

    Args:
        document: The report.
        root: The folder to which places are told relative.
        verbose: Whether to tell also what is covered, suppressed, or only worth knowing. What is left out is counted.
        width: Where lines are broken; None leaves them whole.
    """
    told = document.findings
    if not verbose:
        told = tuple(finding for finding in told if kind_of(finding) in ("error", "warning"))
    failing = {finding.event for finding in told if finding.blocks and finding.rule in RUN}
    for finding in told:
        waits = finding.blocks and finding.event in failing and finding.rule < "U9" and "backward" in finding.effects
        if waits and not verbose:
            yield from _waiting_lines(finding, width)
        else:
            yield from finding_lines(finding, root=root, width=width)
        yield ()
    for note in document.notes:
        yield from _wrapped("note: ", note, width, "quiet", indent="")
    for name, verdict in (("backward", document.backward), ("forward", document.forward)):
        if verdict is not None:
            yield from _verdict_lines(name, verdict, width)
    yield from _summary(document, left_out=not verbose)


def finding_lines(finding: Finding, *, root: Path, width: int | None = None) -> Iterator[Line]:
    """Lay out one finding: what and where, the shapes, the payload that shows it, and what to do."""
    kind = kind_of(finding)
    about = f" {finding.slug}: {head_of(finding)}"
    yield ((f"{kind}[{finding.rule}]", _ROLES[kind]), (one_line(about), "strong"))
    if finding.place:
        yield ((f"{_INDENT}--> ", "quiet"), (one_line(place_of(finding.place, root)), ""))
    if finding.old or finding.new:
        old, new = (one_line(shape or "(absent)") for shape in (finding.old, finding.new))
        if width is None or len(f"{_INDENT}old: {old}   new: {new}") <= width:
            yield ((f"{_INDENT}old: ", "quiet"), (old, ""), ("   new: ", "quiet"), (new, ""))
        else:
            yield from _wrapped("old: ", old, width)
            yield from _wrapped("new: ", new, width)
    yield from _wrapped("", finding.message, width)
    if finding.witness is not None:
        yield from _witness_lines(finding.witness, finding, width)
    elif finding.no_witness and finding.effects:  # what is about the process needs no payload
        yield from _wrapped("no witness: ", finding.no_witness, width)
    if finding.covered_by:
        yield from _wrapped("covered by: ", finding.covered_by, width)
    if finding.suppressed:
        yield from _wrapped("suppressed: ", finding.suppressed, width)
    if finding.remedy and kind != "covered":
        yield from _wrapped("remedy: ", finding.remedy, width)
    if kind == "error":
        yield from _wrapped("fingerprint: ", finding.fingerprint, width)


def _waiting_lines(finding: Finding, width: int | None) -> Iterator[Line]:
    """A break that nothing covers while the edges fail of which was told before: what to do stands there."""
    yield ((f"error[{finding.rule}]", "error"), (one_line(f" {finding.slug}: {head_of(finding)}"), "strong"))
    yield from _wrapped("", "not covered while the steps fail on stored payloads (--verbose tells more)", width)


def _witness_lines(witness: Witness, finding: Finding, width: int | None) -> Iterator[Line]:
    if witness.fixture:
        yield from _wrapped("witness: ", f"{witness.fixture} (a recorded payload)", width)
    else:
        # Not broken into lines, so that it can be copied.
        payload = as_json_text(witness.payload)
        if len(payload) > _LONG:
            payload = f"{payload[:_LONG]}… ({counted(len(payload), 'character')})"
        yield ((f"{_INDENT}witness: ", "quiet"), (payload, ""))
    older, newer = versions_of(finding)
    reader = older if witness.direction == "forward" else newer
    by = {
        "class": "today's class" if witness.direction == "backward" else f"the class of {reader}",
        "chain": "the chain",
        "schema": f"a decoder rebuilt from {reader}" if reader else "a rebuilt decoder",
    }[witness.executed_by]
    verb = "refused by" if set(finding.effects) & {"backward", "forward"} or not finding.effects else "run by"
    yield from _wrapped(f"{verb} {by}: ", witness.refusal, width)


def _verdict_lines(name: str, verdict: ReportedVerdict, width: int | None) -> Iterator[Line]:
    roles: dict[str, Role] = {"safe": "good", "breaks": "error", "unknown": "warning"}
    yield ((f"{name}: ", "quiet"), (verdict.outcome, roles[verdict.outcome]))
    for reason in verdict.reasons:
        yield from _wrapped("", reason, width)


def _summary(document: ReportDocument, *, left_out: bool) -> Iterator[Line]:
    counts = document.counts
    looked_at = _looked_at(document)
    found = [
        (counted(counts.blocking, "blocking finding"), counts.blocking),
        (counted(counts.warnings, "warning"), counts.warnings),
        (f"{counts.covered:,} covered", counts.covered),
        (f"{counts.suppressed:,} suppressed", counts.suppressed),
        (counted(counts.infos, "info"), counts.infos),
    ]
    said = ", ".join(text for text, count in found if count) or "nothing found"
    verdict: tuple[str, Role] = ("ok", "good") if document.ok else ("blocked", "error")
    hint = " (--verbose tells all)" if left_out and (counts.covered or counts.suppressed or counts.infos) else ""
    yield (verdict, (f": {said}{f'; {looked_at}' if looked_at else ''}{hint}", ""))


def _looked_at(document: ReportDocument) -> str:
    counts = document.counts
    if document.command == "diff":
        return ""
    if document.command == "lint":
        return counted(counts.sources, "source")
    cached = f", {counted(counts.cached, 'type')} unchanged" if counts.cached else ""
    things = ((counts.types, "type"), (counts.versions, "version"), (counts.payloads, "payload"))
    return ", ".join(counted(count, thing) for count, thing in things) + cached


def _wrapped(label: str, text: str, width: int | None, role: Role = "", *, indent: str = _INDENT) -> Iterator[Line]:
    """A labelled text, broken below its own beginning."""
    told = [one_line(part) for part in text.split("\n") if part.strip()] or [""]
    room = None if width is None else max(20, width - len(indent) - len(label))
    parts = told if room is None else [line for part in told for line in _broken(part, room)]
    blank = " " * len(label)
    for number, part in enumerate(parts):
        yield ((indent + (blank if number else label), "quiet"), (part, role))


def _broken(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False, drop_whitespace=True, replace_whitespace=False) or [""]
