"""`upcast schema prove`: searches for as long as it may, and keeps what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis  # noqa: F401  # importing it takes a part of the time that is given for the search
import pytest

from cli.project import EVENTS, SECOND

if TYPE_CHECKING:
    from cli.project import Project

TARGET = "shop.events:events"
FAILS = """

@events.upcaster("order.placed", from_version=1)
def with_currency(payload):
    return {"id": payload["id"], "currency": payload["id"][0]}
"""
FAILING = SECOND.partition("\n\nevents.steps")[0] + FAILS


@pytest.fixture
def frozen(project: Project) -> Project:
    """A project whose first version is frozen."""
    project.run("freeze", TARGET)
    return project


def test_steps_that_do_their_work_are_not_refuted(frozen: Project) -> None:
    """Nothing found is a yes, with the number of payloads."""
    frozen.write(SECOND)
    frozen.run("freeze", TARGET)

    done = frozen.run("prove", TARGET, "--seconds", "2", "--only", "order.placed")

    assert 0 == done.code
    assert done.out.startswith("ok: nothing found; 1 type, ")
    assert ", 0 payloads" not in done.out


def test_payload_that_fails_is_kept(frozen: Project) -> None:
    """What was found is told and written, so that the check runs it from then on; unless it should not be."""
    frozen.write(FAILING)
    frozen.run("freeze", TARGET)
    fixtures = frozen.folder / "schemas" / "order.placed" / "fixtures" / "v1"

    told = frozen.run("prove", TARGET, "--seconds", "2", "--only", "order.placed", "--no-record", "--json")
    kept = list(fixtures.glob("proved-*.json"))
    recorded = frozen.run("prove", TARGET, "--seconds", "2", "--only", "order.placed")

    assert [1, 1] == [told.code, recorded.code]
    assert ("prove", ['{"id":""}']) == (
        told.json["command"],
        [finding["witness"]["payload"] for finding in told.json["findings"]],
    )
    assert [] == kept
    assert ['{"id":""}'] == [path.read_text(encoding="utf-8") for path in fixtures.glob("proved-*.json")]
    assert "error[U905] edge-fails: order.placed v1" in recorded.out


def test_slip_in_a_name_proves_nothing(project: Project) -> None:
    """A type that nobody knows is exit code 2, at once."""
    project.write(EVENTS)

    assert 2 == project.run("prove", TARGET, "--only", "order.payed").code


def test_time_must_be_given(project: Project) -> None:
    """No time at all is no search."""
    assert 2 == project.run("prove", TARGET, "--seconds", "0").code


def test_no_payload_is_no_proof(frozen: Project) -> None:
    """Where there was no time for a single payload, nothing was found out."""
    done = frozen.run("prove", TARGET, "--seconds", "0.000001")

    assert 2 == done.code
    assert "no payload could be run in 1e-06 seconds" in done.err


def test_ctrl_c_tells_what_was_found_until_then(frozen: Project) -> None:
    """The report comes all the same, and the exit code is no verdict."""
    frozen.write(FAILING.replace("    return {", "    raise KeyboardInterrupt\n    return {"))

    done = frozen.run("prove", TARGET, "--only", "order.placed")

    assert 130 == done.code
    assert "note: interrupted: " in done.out
