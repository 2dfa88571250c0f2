"""A report as GitHub shows it: annotations beside the lines of a pull request, and a step's summary in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upcast.schemas.reports._wording import as_json_text, counted, head_of, one_line, place_of, split_place
from upcast.schemas.reports.documents import kind_of

if TYPE_CHECKING:
    from pathlib import Path

    from upcast.schemas.reports.documents import ReportDocument, ReportedFinding

__all__ = ["MOST", "to_annotations", "to_markdown"]

MOST = 10
"""How many annotations of one level GitHub shows for a step; it drops the others without a word."""

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}
_ROWS = 200


def to_annotations(document: ReportDocument, *, root: Path) -> str:
    """Workflow commands, one a line, the worst findings first.

    What is covered or suppressed is not annotated. Where there are more findings of a level than GitHub shows, a last
    notice counts the others.

    Args:
        document: The report.
        root: The root of the checkout.
    """
    by_level: dict[str, list[ReportedFinding]] = {"error": [], "warning": [], "notice": []}
    for finding in document.findings:
        kind = kind_of(finding)
        if kind in _LEVELS:
            by_level[_LEVELS[kind]].append(finding)
    room = dict.fromkeys(by_level, MOST)
    if any(len(found) > MOST for found in by_level.values()):
        room["notice"] -= 1  # the count of the others is a notice too
    told = [_annotation(level, finding, root) for level, found in by_level.items() for finding in found[: room[level]]]
    others = {level: len(found) - room[level] for level, found in by_level.items() if len(found) > room[level]}
    if others:
        counts = ", ".join(counted(count, f"more {level}") for level, count in others.items())
        told.append(f"::notice title=upcast::{_data(f'{counts} in the log of this step')}")
    return "".join(line + "\n" for line in told)


def _annotation(level: str, finding: ReportedFinding, root: Path) -> str:
    properties = {}
    if finding.place:
        path, line = split_place(place_of(finding.place, root))
        properties = {"file": path} | ({} if line is None else {"line": str(line)})
    properties["title"] = f"{finding.rule} {finding.slug}: {head_of(finding)}"
    parts = [finding.message, _witness(finding), f"remedy: {finding.remedy}" if finding.remedy else ""]
    named = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {named}::{_data(chr(10).join(part for part in parts if part))}"


def _witness(finding: ReportedFinding) -> str:
    witness = finding.witness
    if witness is None:
        return ""
    return f"witness: {witness.fixture or as_json_text(witness.payload)}: {one_line(witness.refusal)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def to_markdown(document: ReportDocument, *, root: Path) -> str:
    """The report as a table in Markdown, for the summary of a step."""
    counts = document.counts
    head = "**ok**" if document.ok else f"**{counted(counts.blocking, 'blocking finding')}**"
    looked_at = f"{counted(counts.types, 'type')}, {counted(counts.versions, 'version')}"
    if document.command == "lint":
        looked_at = counted(counts.sources, "source")
    lines = [f"{head} in {looked_at}", ""]
    if document.findings:
        lines += ["| | rule | where | finding | remedy |", "|---|---|---|---|---|"]
    for finding in document.findings[:_ROWS]:
        about = head_of(finding) + (f" ({place_of(finding.place, root)})" if finding.place else "")
        rule = f"{finding.rule} {finding.slug}"
        cells = (kind_of(finding), rule, about, finding.message, finding.remedy)
        lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    if len(document.findings) > _ROWS:
        lines += ["", f"and {counted(len(document.findings) - _ROWS, 'finding')} more"]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    plain = one_line(" ".join(text.split()))
    for mark in "\\|<>[]*_`":
        plain = plain.replace(mark, f"\\{mark}")
    return plain
