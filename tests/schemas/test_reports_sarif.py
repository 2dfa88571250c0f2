"""SARIF 2.1.0: valid, with rules, places, stable fingerprints and suppressions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from schemas.reported import MADE_UP, RECORDED, Found, finding
from upcast.schemas.reports.documents import document_of_report
from upcast.schemas.reports.sarif import MOST, to_sarif
from upcast.schemas.rules import RULES

ROOT = Path("/srv")
USED = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0-used.schema.json").read_text(encoding="utf-8"))


def run_of(*findings: Any, notes: tuple[str, ...] = ()) -> dict[str, Any]:
    """The run of a report with these findings, which is valid."""
    document = document_of_report(Found(findings=findings, notes=notes), "check")
    sarif = to_sarif(document, root=ROOT, fallback="schemas")
    jsonschema.Draft202012Validator(USED).validate(sarif)
    (run,) = sarif["runs"]
    return run


def test_finding_becomes_a_result() -> None:
    """Rule, level, message with witness and remedy, place in file and event, fingerprint."""
    about = finding(place="/srv/shop/my events.py:12", witness=MADE_UP, remedy="add(...)")

    (result,) = run_of(about)["results"]

    assert ("U101", 0, "error") == (result["ruleId"], result["ruleIndex"], result["level"])
    assert (
        "order.placed v1 -> v2 at /currency: currency is required and was not there\n"
        'witness: {"id":"1"}: currency: missing\n'
        "remedy: add(...)"
    ) == result["message"]["text"]
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "shop/my%20events.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 12},
            },
            "logicalLocations": [{"fullyQualifiedName": "order.placed@2#/currency", "kind": "member"}],
        }
    ]
    assert {about.fingerprint} == set(result["partialFingerprints"].values())


def test_rules_that_are_used_are_explained() -> None:
    """Each rule stands there once, and results point at it."""
    run = run_of(finding("U303"), finding("U101"), finding("U303", pointer="/b"))

    rules = run["tool"]["driver"]["rules"]
    assert ["U101", "U303"] == [rule["id"] for rule in rules]
    assert "RequiredFieldAdded" == rules[0]["name"]
    assert RULES["U101"].hint in rules[0]["help"]["text"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_has_valid_metadata(rule: str) -> None:
    """Whatever a rule's entry holds, the document is valid."""
    run_of(finding(rule))


@pytest.mark.parametrize(
    ("attributes", "level"),
    [
        ({"severity": "error"}, "error"),
        ({"severity": "warning"}, "warning"),
        ({"severity": "info"}, "note"),
        ({"covered_by": "proven"}, "note"),
        ({"severity": "error", "suppressed": "because"}, "error"),
    ],
)
def test_levels_follow_severity(attributes: dict[str, str], level: str) -> None:
    """A covered break is a note; a suppressed one keeps its level, since it is suppressed as SARIF has it."""
    (result,) = run_of(finding(**attributes))["results"]

    assert level == result["level"]


def test_suppressed_results_say_why() -> None:
    """As soon as one result is suppressed, the others say that they are not."""
    results = run_of(finding(), finding("U102", suppressed="because"))["results"]

    assert [[], [{"kind": "external", "status": "accepted", "justification": "because"}]] == [
        result["suppressions"] for result in results
    ]


@pytest.mark.parametrize(("findings", "code"), [((), 0), ((finding(),), 1)])
def test_exit_code_is_told(findings: tuple[Any, ...], code: int) -> None:
    """Findings are no failure of the run; its exit code tells that they block."""
    (invocation,) = run_of(*findings, notes=("no fixtures",))["invocations"]

    assert (True, code) == (invocation["executionSuccessful"], invocation["exitCode"])
    assert ["no fixtures"] == [note["message"]["text"] for note in invocation["toolExecutionNotifications"]]


@pytest.mark.parametrize(
    ("place", "artifact"),
    [
        ("", {"uri": "schemas", "uriBaseId": "%SRCROOT%"}),
        ("schemas/gate.toml:3", {"uri": "schemas/gate.toml", "uriBaseId": "%SRCROOT%"}),
        ("/elsewhere/a b.py:3", {"uri": "file:///elsewhere/a%20b.py"}),
    ],
)
def test_every_result_has_a_place(place: str, artifact: dict[str, str]) -> None:
    """Without a place of its own it is the fallback; what is outside the checkout is told whole."""
    (result,) = run_of(finding(place=place))["results"]

    assert artifact == result["locations"][0]["physicalLocation"]["artifactLocation"]


def test_recorded_payload_is_named_not_shown() -> None:
    """Of a fixture the file is told."""
    (result,) = run_of(finding(witness=RECORDED))["results"]

    assert "witness: order.placed/fixtures/v1/first.json: currency: missing" in result["message"]["text"]


def test_finding_about_the_configuration_is_valid() -> None:
    """A finding without an event has no logical place."""
    (result,) = run_of(finding("U931", event="", from_version=None, to_version=None, pointer=""))["results"]

    assert "logicalLocations" not in result["locations"][0]


def test_no_more_than_code_scanning_keeps() -> None:
    """What blocks is among the first 5,000; a note counts the others."""
    warnings = [finding("U110", severity="warning", pointer=f"/f{number}") for number in range(MOST)]

    run = run_of(*warnings, finding())

    assert MOST == len(run["results"])
    assert "U101" == run["results"][0]["ruleId"]
    assert ["1 finding left out"] == [
        note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]
    ]
