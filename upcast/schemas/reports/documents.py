"""The record that every form of a report is made of, and its published JSON Schema."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from importlib import metadata
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from upcast.schemas.findings import Finding, Outcome, Severity, Witness, ordered

if TYPE_CHECKING:
    from upcast.schemas.check import Report
    from upcast.schemas.diff import SchemaDiff

__all__ = [
    "Command",
    "Counts",
    "Kind",
    "ReportDocument",
    "ReportedFinding",
    "ReportedVerdict",
    "document_of_diff",
    "document_of_lint",
    "document_of_report",
    "kind_of",
    "report_schema",
]

Command: TypeAlias = Literal["check", "prove", "diff", "lint"]


class ReportedFinding(Finding, frozen=True, kw_only=True):
    """A finding, and whether it blocks.

    Attributes:
        blocking: Whether it keeps a change from being released: an error that is neither covered nor suppressed.
    """

    blocking: bool


class ReportedVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one direction is safe.

    Attributes:
        outcome: What is known.
        reasons: Why it breaks, or why nothing is known.
    """

    outcome: Outcome
    reasons: tuple[str, ...]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How much was looked at, and how many findings there are of which kind.

    Every finding is counted once: as blocking, covered or suppressed, else by its severity.

    Attributes:
        types: Event types.
        versions: Versions of them.
        payloads: Payloads that were run.
        cached: Types that were not run again, because nothing about them changed.
        sources: Files, manifests and environments whose settings were looked at.
        blocking: Findings that block.
        warnings: Findings that may be worth a look.
        infos: Findings that are worth knowing.
        covered: Breaks that the chain was proven to cover.
        suppressed: Findings that somebody answers for.
    """

    types: int
    versions: int
    payloads: int
    cached: int
    sources: int
    blocking: int
    warnings: int
    infos: int
    covered: int
    suppressed: int


class ReportDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A report.

    Attributes:
        format: The version of this format. Members may be added to it; none changes its meaning or goes.
        tool: Who reports.
        tool_version: Its version.
        command: What was done.
        ok: Whether nothing blocks.
        counts: How much was looked at, and what was found.
        backward: Whether the newer class reads what the older one wrote; null unless two were compared.
        forward: Whether the older class reads what the newer one writes; null unless two were compared.
        findings: What was found, the worst first.
        notes: What else there is to know, such as what could not be looked at.
    """

    format: Literal[1]
    tool: Literal["upcast"]
    tool_version: str
    command: Command
    ok: bool
    counts: Counts
    backward: ReportedVerdict | None
    forward: ReportedVerdict | None
    findings: tuple[ReportedFinding, ...]
    notes: tuple[str, ...]

    def to_json(self) -> bytes:
        """The document as JSON text."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def document_of_report(report: Report, command: Command) -> ReportDocument:
    """The document of what `check` or `prove` found."""
    looked_at = (report.types, report.versions, report.payloads, report.cached, 0)
    return _document(command, report.findings, looked_at, notes=tuple(report.notes))


def document_of_lint(findings: Iterable[Finding], sources: int) -> ReportDocument:
    """The document of what is wrong with settings.

    Args:
        findings: What was found, each with the settings class as its event.
        sources: How many sources of settings were looked at.
    """
    return _document("lint", findings, (0, 0, 0, 0, sources))


def document_of_diff(diff: SchemaDiff) -> ReportDocument:
    """The document of what is different between two versions."""
    backward, forward = (
        ReportedVerdict(outcome=verdict.outcome, reasons=tuple(verdict.reasons))
        for verdict in (diff.backward, diff.forward)
    )
    return _document("diff", diff.findings, (1, 2, 0, 0, 0), backward=backward, forward=forward)


def _document(
    command: Command,
    findings: Iterable[Finding],
    looked_at: tuple[int, int, int, int, int],
    *,
    backward: ReportedVerdict | None = None,
    forward: ReportedVerdict | None = None,
    notes: tuple[str, ...] = (),
) -> ReportDocument:
    told = tuple(_reported(finding) for finding in ordered(findings))
    types, versions, payloads, cached, sources = looked_at
    kinds = [kind_of(finding) for finding in told]
    return ReportDocument(
        format=1,
        tool="upcast",
        tool_version=metadata.version("upcast-events"),
        command=command,
        ok=not any(finding.blocks for finding in told),
        counts=Counts(
            types=types,
            versions=versions,
            payloads=payloads,
            cached=cached,
            sources=sources,
            blocking=kinds.count("error"),
            warnings=kinds.count("warning"),
            infos=kinds.count("info"),
            covered=kinds.count("covered"),
            suppressed=kinds.count("suppressed"),
        ),
        backward=backward,
        forward=forward,
        findings=told,
        notes=notes,
    )


Kind: TypeAlias = Severity | Literal["covered", "suppressed"]


def kind_of(finding: Finding) -> Kind:
    """What a finding comes to: its severity, unless it is suppressed or covered."""
    if finding.suppressed:
        return "suppressed"
    return "covered" if finding.covered_by else finding.severity


def _reported(finding: Finding) -> ReportedFinding:
    told = {name: getattr(finding, name) for name in Finding.__struct_fields__}
    if finding.witness is not None and finding.witness.fixture:
        # A recorded payload may hold what is nobody's business; its file is named instead.
        told["witness"] = msgspec.structs.replace(finding.witness, payload="")
    return ReportedFinding(**told, blocking=finding.blocks)


def report_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the JSON document."""
    records = (ReportDocument, Counts, ReportedVerdict, ReportedFinding, Witness)
    _, components = msgspec.json.schema_components(records, ref_template="#/$defs/{name}")
    for record in records:
        _describe(components[record.__name__], record)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A report of the gate of upcast, format 1",
        "$ref": "#/$defs/ReportDocument",
        "$defs": components,
    }


def _describe(component: dict[str, Any], record: type[msgspec.Struct]) -> None:
    """Say of each member what its record says of it, and that it is always there."""
    about: dict[str, str] = {}
    for cls in record.__mro__:
        summary, _, rest = (inspect.getdoc(cls) or "").partition("\nAttributes:\n")
        about |= dict(re.findall(r"^    (\w+): ((?:.|\n     +)+)", rest, re.MULTILINE))
        if cls is record:
            component["description"] = " ".join(summary.split())
    for name, schema in component["properties"].items():
        schema.pop("default", None)
        schema["description"] = " ".join(about[name].split()).replace("None", "null")
    component["required"] = list(component["properties"])
