"""The JSON document of a report: complete, ordered, without recorded values, and as its published schema says."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import jsonschema
import msgspec
import pytest

from schemas.reported import MADE_UP, RECORDED, Found, finding
from upcast.schemas.findings import Finding
from upcast.schemas.reports.documents import document_of_diff, document_of_report, report_schema

PUBLISHED = Path(__file__).parents[2] / "docs" / "assets" / "schema-report.schema.json"

EVERY_KIND = (
    finding("U303", severity="info"),
    finding("U110", severity="warning"),
    finding(witness=MADE_UP),
    finding("U109", covered_by="v1 -> v2: 12 payloads"),
    finding("U106", suppressed="nobody reads it"),
    finding("U931", event="", from_version=None, to_version=None, pointer="", severity="warning"),
)


def test_every_finding_is_counted_once() -> None:
    """What is covered or suppressed counts as that, whatever its severity."""
    document = document_of_report(Found(findings=EVERY_KIND, cached=1, notes=("one",)), "check")

    assert msgspec.structs.asdict(document.counts) == {
        "types": 2,
        "versions": 5,
        "payloads": 120,
        "cached": 1,
        "sources": 0,
        "blocking": 1,
        "warnings": 2,
        "infos": 1,
        "covered": 1,
        "suppressed": 1,
    }
    assert (False, "check", ("one",)) == (document.ok, document.command, document.notes)


def test_what_blocks_comes_first() -> None:
    """The order of a document does not depend on that of the findings."""
    document = document_of_report(Found(findings=EVERY_KIND), "check")

    assert document == document_of_report(Found(findings=EVERY_KIND[::-1]), "check")
    assert [True, False, False, False, False, False] == [told.blocking for told in document.findings]


@pytest.mark.parametrize("findings", [(), EVERY_KIND[:2], EVERY_KIND[3:5]])
def test_only_what_blocks_is_not_ok(findings: tuple[Finding, ...]) -> None:
    """Warnings, covered and suppressed findings let a change pass."""
    assert document_of_report(Found(findings=findings), "prove").ok


def test_recorded_values_are_not_repeated() -> None:
    """The payload of a fixture stays in its file, even where a finding brought it along."""
    leaky = msgspec.structs.replace(RECORDED, payload='{"card": "4111"}')

    document = document_of_report(Found(findings=(finding(witness=leaky),)), "check")

    assert b"4111" not in document.to_json()
    assert RECORDED == document.findings[0].witness


def test_two_versions_are_judged_in_both_directions() -> None:
    """The document of a diff has the verdicts."""

    @attrs.frozen
    class Verdict:
        outcome: str
        reasons: tuple[str, ...] = ()

    @attrs.frozen
    class Diff:
        findings: tuple[Finding, ...]
        backward: Verdict
        forward: Verdict

    document = document_of_diff(Diff((finding(),), Verdict("breaks", ("U101",)), Verdict("safe")))  # type: ignore[arg-type]

    assert document.backward is not None
    assert document.forward is not None
    assert ("breaks", ("U101",), "safe") == (
        document.backward.outcome,
        document.backward.reasons,
        document.forward.outcome,
    )


def test_published_schema_is_current() -> None:
    """The file in the documentation is the schema of today's document."""
    assert report_schema() == json.loads(PUBLISHED.read_text(encoding="utf-8"))


def test_published_schema_is_a_schema() -> None:
    """It is valid JSON Schema 2020-12, and says of each member what it is."""
    schema = report_schema()

    jsonschema.Draft202012Validator.check_schema(schema)
    for component in schema["$defs"].values():
        assert all(member["description"] for member in component["properties"].values())
        assert sorted(component["properties"]) == sorted(component["required"])


@pytest.mark.parametrize("command", ["check", "prove"])
def test_documents_are_as_the_schema_says(command: str) -> None:
    """Every kind of finding validates, with every member there."""
    document = document_of_report(Found(findings=EVERY_KIND, notes=("one",)), command)  # type: ignore[arg-type]
    content = json.loads(document.to_json())

    jsonschema.Draft202012Validator(report_schema()).validate(content)
    for member in content["findings"][0]:
        less = json.loads(document.to_json())
        del less["findings"][0][member]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(report_schema()).validate(less)
