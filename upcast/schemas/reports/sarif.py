"""A report as SARIF 2.1.0, which code scanning reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from upcast.schemas.reports._wording import counted, head_of, place_of, split_place
from upcast.schemas.reports.documents import kind_of
from upcast.schemas.rules import RULES

if TYPE_CHECKING:
    from upcast.schemas.reports.documents import ReportDocument, ReportedFinding

__all__ = ["MOST", "to_sarif"]

MOST = 5_000
"""How many results code scanning keeps of a run."""

_LEVELS = {"error": "error", "warning": "warning", "info": "note", "covered": "note", "suppressed": "warning"}
_ROOT = "%SRCROOT%"


def to_sarif(document: ReportDocument, *, root: Path, fallback: str) -> dict[str, Any]:
    """A report as SARIF document.

    Args:
        document: The report.
        root: The root of the checkout; places below it are told relative to it.
        fallback: The path that is told for a finding without a place; code scanning takes no result without one.
    """
    told = document.findings[:MOST]
    rules = sorted({finding.rule for finding in told})
    places = {rule: number for number, rule in enumerate(rules)}
    left_out = len(document.findings) - len(told)
    notes = [*document.notes, *([f"{counted(left_out, 'finding')} left out"] if left_out else [])]
    run = {
        "tool": {
            "driver": {
                "name": document.tool,
                "semanticVersion": document.tool_version,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "exitCode": 0 if document.ok else 1,
                "toolExecutionNotifications": [{"level": "note", "message": {"text": note}} for note in notes],
            }
        ],
        "results": [_result(finding, places[finding.rule], root, fallback) for finding in told],
        "columnKind": "unicodeCodePoints",
    }
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def _rule(name: str) -> dict[str, Any]:
    rule = RULES[name]
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.slug.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.title},
        "help": {"text": f"{rule.hint or rule.title}\nupcast schema rules {rule.id} tells more."},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.slug, *rule.effects]},
    }


def _result(finding: ReportedFinding, number: int, root: Path, fallback: str) -> dict[str, Any]:
    kind = kind_of(finding)
    parts = [f"{head_of(finding)}: {finding.message}"]
    if finding.witness is not None:
        parts.append(f"witness: {finding.witness.fixture or finding.witness.payload}: {finding.witness.refusal}")
    parts += [
        f"{label}: {text}" for label, text in (("covered by", finding.covered_by), ("remedy", finding.remedy)) if text
    ]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": number,
        "level": _LEVELS[finding.severity if kind == "suppressed" else kind],
        "message": {"text": "\n".join(parts)},
        "locations": [_location(finding, root, fallback)],
        "partialFingerprints": {
            "upcast/v1": finding.fingerprint,
            # The one that GitHub matches alerts by; its own would change with the text of the line.
            "primaryLocationLineHash": finding.fingerprint,
        },
        # As soon as one result has some, the others say that they have none.
        "suppressions": [],
        "properties": {
            "event": finding.event,
            "pointer": finding.pointer,
            "effects": list(finding.effects),
            "blocking": finding.blocking,
            "witness": None if finding.witness is None else msgspec.to_builtins(finding.witness),
        },
    }
    if finding.suppressed:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.suppressed}]
    return result


def _location(finding: ReportedFinding, root: Path, fallback: str) -> dict[str, Any]:
    path, line = split_place(place_of(finding.place or fallback, root))
    artifact = {"uri": quote(path), "uriBaseId": _ROOT}
    if Path(path).is_absolute():
        artifact = {"uri": Path(path).as_uri()}
    physical: dict[str, Any] = {"artifactLocation": artifact}
    if line:
        physical["region"] = {"startLine": line}
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.event:
        version = "" if finding.to_version is None else f"@{finding.to_version}"
        name = f"{finding.event}{version}"
        location["logicalLocations"] = [
            {
                "fullyQualifiedName": f"{name}#{finding.pointer}" if finding.pointer else name,
                "kind": "member" if finding.pointer else "type",
            }
        ]
    return location
