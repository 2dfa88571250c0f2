"""The report for people: what and where, the payload that shows it, what to do, and one line when all is well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.reported import MADE_UP, RECORDED, Found, finding
from upcast.schemas.reports.documents import document_of_report
from upcast.schemas.reports.text import report_lines, to_text

ROOT = Path("/srv")
WHOLE = finding(
    place="/srv/shop/events.py:12",
    old="",
    new="text",
    witness=MADE_UP,
    remedy='events.steps("order.placed", add("currency", "EUR"), from_version=1)',
)


def told(*findings: Any, **arguments: Any) -> str:
    """The report of these findings as text."""
    counts = {name: arguments.pop(name) for name in ("types", "cached", "notes") if name in arguments}
    return to_text(document_of_report(Found(findings=findings, **counts), "check"), root=ROOT, **arguments)


def test_finding_is_told_like_an_error_of_a_compiler() -> None:
    """Rule, event and place; file and line; both shapes; message; witness; remedy; then the count."""
    assert f"""\
error[U101] required-field-added: order.placed v1 -> v2 at /currency
  --> shop/events.py:12
  old: (absent)   new: text
  currency is required and was not there
  witness: {{"id":"1"}}
  refused by today's class: currency: missing
  remedy: events.steps("order.placed", add("currency", "EUR"), from_version=1)
  fingerprint: {WHOLE.fingerprint}

blocked: 1 blocking finding; 2 types, 5 versions, 120 payloads
""" == told(WHOLE)


def test_clean_run_is_one_line() -> None:
    """Where nothing was found, only the counts are told."""
    assert "ok: nothing found; 1 type, 5 versions, 120 payloads, 1 type unchanged\n" == told(types=1, cached=1)


def test_what_needs_no_reader_is_counted_only() -> None:
    """Covered, suppressed and merely interesting findings are told on request."""
    findings = (
        finding("U109", covered_by="v1 -> v2: 12 payloads passed", remedy="rename(...)"),
        finding("U106", suppressed="nobody reads it"),
        finding("U303", severity="info"),
    )

    brief, verbose = told(*findings), told(*findings, verbose=True)

    assert "ok: 1 covered, 1 suppressed, 1 info; 2 types, 5 versions, 120 payloads (--verbose tells all)\n" == brief
    assert "covered[U109] field-renamed" in verbose
    assert "  covered by: v1 -> v2: 12 payloads passed\n" in verbose
    assert "rename(...)" not in verbose
    assert "  suppressed: nobody reads it\n" in verbose
    assert "info[U303]" in verbose
    assert "--verbose" not in verbose


def test_recorded_payload_is_named_not_shown() -> None:
    """Of a fixture the file is told."""
    shown = told(finding(witness=RECORDED))

    assert "  witness: order.placed/fixtures/v1/first.json (a recorded payload)\n" in shown
    assert "  refused by the chain: currency: missing\n" in shown


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"direction": "forward", "executed_by": "class"}, "refused by the class of v1: "),
        ({"direction": "forward", "executed_by": "schema"}, "refused by a decoder rebuilt from v1: "),
        ({"direction": "backward", "executed_by": "schema"}, "refused by a decoder rebuilt from v2: "),
    ],
)
def test_reader_that_was_asked_is_named(changes: dict[str, str], said: str) -> None:
    """Forward it is the older side that reads."""
    assert said in told(finding(witness=msgspec.structs.replace(MADE_UP, **changes)))


def test_loss_is_no_refusal() -> None:
    """What was accepted and lost was run, not refused."""
    assert "run by today's class: currency: missing" in told(finding("U106", effects=("loss",), witness=MADE_UP))


def test_finding_without_a_witness_says_why() -> None:
    """Silence would look like a payload that was forgotten."""
    why = "no text matches ^$a"

    assert f"  no witness: {why}\n" in told(finding(no_witness=why, effects=("backward",)))
    assert "no witness" not in told(finding("U902", no_witness=why))


def test_nothing_commands_a_terminal() -> None:
    """Names and payloads come from anywhere: what a terminal would obey is escaped, in payloads as JSON does it."""
    nasty = "\x1b[31m\u202e\r\n\u200b"
    shown = told(
        finding(
            event=nasty,
            message=nasty,
            pointer=nasty,
            new=nasty,
            place=nasty,
            remedy=nasty,
            witness=msgspec.structs.replace(MADE_UP, payload='{"a":"\u202e"}', refusal=nasty),
        ),
        notes=(nasty,),
    )

    assert shown.replace("\n", "").isprintable()
    assert '  witness: {"a":"\\u202e"}\n' in shown


def test_lines_fit_the_terminal_but_payloads_stay_whole() -> None:
    """Prose is broken below its own beginning; a payload can be copied."""
    payload = '{"text":"' + "word " * 30 + '"}'
    shown = told(
        finding(message="word " * 30, witness=msgspec.structs.replace(MADE_UP, payload=payload), new="x" * 50), width=60
    )

    lines = shown.splitlines()[1:-1]  # but for the head and the count
    assert [f"  witness: {payload}"] == [line for line in lines if len(line) > 60]
    assert "  old: (absent)" in lines
    assert "  word word word word word word word word word word word" in lines


def test_endless_payload_is_cut() -> None:
    """The JSON document has it whole."""
    shown = told(finding(witness=msgspec.structs.replace(MADE_UP, payload='"' + "x" * 9_998 + '"')))

    assert "x… (10,000 characters)\n" in shown
    assert len(shown) < 3_000


def test_finding_about_the_configuration_names_it() -> None:
    """A finding without an event does not begin with a hole."""
    shown = told(finding("U931", event="", from_version=None, to_version=None, pointer="", severity="warning"))

    assert shown.startswith("warning[U931] suppression-unused: the configuration\n")


@pytest.mark.parametrize(
    ("versions", "said"), [((None, 2), "v2"), ((2, None), "v2"), ((2, 2), "v2"), ((1, 2), "v1 -> v2")]
)
def test_versions_are_told_as_far_as_they_are_known(versions: tuple[int | None, int | None], said: str) -> None:
    """One version is told once."""
    shown = told(finding("U902", from_version=versions[0], to_version=versions[1], pointer=""))

    assert shown.startswith(f"error[U902] snapshot-stale: order.placed {said}\n")


def test_places_outside_the_root_stay_whole() -> None:
    """Only what is below the root is told relative to it."""
    assert "  --> /elsewhere/events.py:3\n" in told(finding(place="/elsewhere/events.py:3"))


def test_notes_come_before_the_count() -> None:
    """What could not be looked at is told even where nothing was found."""
    assert "note: no fixtures\nok: nothing found;" in told(notes=("no fixtures",))


def test_parts_have_roles() -> None:
    """Colours are chosen by whoever has a terminal."""
    first = next(iter(report_lines(document_of_report(Found(findings=(WHOLE,)), "check"), root=ROOT)))

    assert (("error[U101]", "error"), (" required-field-added: order.placed v1 -> v2 at /currency", "strong")) == first
