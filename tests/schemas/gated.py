"""What the tests of the gate share: a folder with what was frozen of a history of classes, and a look at findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from upcast.schemas._capture import capture
from upcast.schemas.check import Report
from upcast.schemas.findings import Finding
from upcast.schemas.store import SchemaStore


def froze(folder: Path, event_type: str, *classes: type, first: int = 1) -> SchemaStore:
    """Freeze the classes of a type as its versions, and say where."""
    store = SchemaStore.at(folder)
    for version, cls in enumerate(classes, first):
        store.freeze(capture(cls, event_type=event_type, version=version))
    return store


def of(report: Report | Iterable[Finding], *rules: str) -> Sequence[Finding]:
    """The findings of some rules."""
    findings = report.findings if isinstance(report, Report) else report
    return [finding for finding in findings if finding.rule in rules]


def only(report: Report | Iterable[Finding], rule: str) -> Finding:
    """The one finding of a rule."""
    found = of(report, rule)
    assert 1 == len(found), found
    return found[0]


def blocking(report: Report) -> list[str]:
    """The rules of what blocks, each once."""
    return sorted({finding.rule for finding in report.findings if finding.blocks})
