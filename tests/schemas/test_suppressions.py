"""Suppressions take the severity of a finding away, for a while and for a reason; then they are findings."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from schemas.reported import finding
from upcast.schemas.config import GateConfig, Suppression
from upcast.schemas.suppressions import apply

if TYPE_CHECKING:
    from upcast.schemas.findings import Finding

TODAY = dt.date(2026, 11, 21)
ENTRY = Suppression(
    rule="U101", event="order.placed", reason="no v1 is stored", expires=TODAY, place="schemas/gate.toml:3"
)


def applied(entry: Suppression, *findings: Finding, **arguments: Any) -> list[Finding]:
    """What comes of findings with one entry; the baseline has v2."""
    arguments = {"today": TODAY, "versions": {"order.placed": 2}} | arguments
    return apply(findings, GateConfig(suppressions=(entry,)), **arguments)


@pytest.mark.parametrize(
    "narrower",
    [{}, {"pointer": "/currency"}, {"from_version": 1}, {"to_version": 2}, {"from_version": 1, "to_version": 2}],
)
def test_suppressed_finding_does_not_block(narrower: dict[str, Any]) -> None:
    """An entry that matches by rule, event and whatever else it names takes the severity away, on its last day too."""
    (told,) = applied(attrs.evolve(ENTRY, **narrower), finding())

    assert ("error", "no v1 is stored", False) == (told.severity, told.suppressed, told.blocks)


@pytest.mark.parametrize(
    "other",
    [
        {"rule": "U102"},
        {"event": "order.paid"},
        {"pointer": "/other"},
        {"pointer": ""},
        {"from_version": 2},
        {"to_version": 3},
    ],
)
def test_entry_for_something_else_is_unused(other: dict[str, Any]) -> None:
    """A finding that differs in one thing from the entry keeps blocking, and the entry is a warning."""
    told, unused = applied(attrs.evolve(ENTRY, **other), finding())

    assert told.blocks
    assert ("U931", "warning", "schemas/gate.toml:3") == (unused.rule, unused.severity, unused.place)


def test_fingerprint_is_enough() -> None:
    """A fingerprint says by itself which finding is meant."""
    entry = Suppression(fingerprint=finding().fingerprint, reason="r", expires=TODAY)

    told, other = applied(entry, finding(), finding("U102"))

    assert ["r", ""] == [told.suppressed, other.suppressed]


def test_one_entry_may_be_for_several_findings() -> None:
    """Without a pointer an entry is for every place of the event."""
    told = applied(ENTRY, finding(), finding(pointer="/note"))

    assert [True, True] == [bool(each.suppressed) for each in told]


def test_expired_entry_blocks_again() -> None:
    """The day after the last one the finding blocks, and so does the entry."""
    told, expired = applied(ENTRY, finding(), today=TODAY + dt.timedelta(days=1))

    assert told.blocks
    assert ("U932", "error", True) == (expired.rule, expired.severity, expired.blocks)
    assert "its last day was 2026-11-21" in expired.message
    assert "order.placed" == expired.event


def test_expired_entry_without_a_finding_is_only_unused() -> None:
    """What does nothing any more is to be deleted; it need not stop anybody."""
    (unused,) = applied(ENTRY, today=TODAY + dt.timedelta(days=1))

    assert "U931" == unused.rule


@pytest.mark.parametrize("entry", [attrs.evolve(ENTRY, to_version=2), None], ids=["by versions", "by fingerprint"])
def test_entry_dies_with_its_pair_of_versions(entry: Suppression | None) -> None:
    """As soon as the baseline has a newer version than the pair, the entry is over; while it has that one, not."""
    entry = entry or Suppression(fingerprint=finding().fingerprint, reason="r", expires=TODAY)

    (suppressed,) = applied(entry, finding())
    told, expired = applied(entry, finding(), versions={"order.placed": 3})

    assert suppressed.suppressed
    assert told.blocks
    assert ("U932", True) == (expired.rule, expired.blocks)
    assert "behind v3, which is released" in expired.message


def test_entry_without_versions_outlives_a_version() -> None:
    """An entry that names no versions is meant for all of them."""
    (told,) = applied(ENTRY, finding(), versions={"order.placed": 3})

    assert told.suppressed


@pytest.mark.parametrize("rule", ["U901", "U932"])
def test_some_rules_are_never_suppressed(rule: str) -> None:
    """Not even the fingerprint of an edited schema snapshot takes its severity away; the entry says why it is idle."""
    edited = finding(rule)

    told, unused = applied(Suppression(fingerprint=edited.fingerprint, reason="r", expires=TODAY), edited)

    assert told.blocks
    assert f"does nothing: {rule}" in unused.message


def test_entries_for_what_was_not_looked_at_are_left_alone() -> None:
    """Where only some types were checked, nothing is known about the entries for others."""
    by_fingerprint = Suppression(fingerprint="0123456789ab", reason="r", expires=TODAY)

    assert [] == applied(ENTRY, checked=["order.paid"])
    assert [] == applied(by_fingerprint, checked=["order.paid"])
    assert ["U931"] == [each.rule for each in applied(ENTRY, checked=["order.placed"])]


def test_findings_about_entries_can_be_told_apart() -> None:
    """Two entries for the same place of the same event have different fingerprints."""
    entries = (ENTRY, attrs.evolve(ENTRY, rule="U102"))

    told = apply([], GateConfig(suppressions=entries), today=TODAY, versions={})

    assert 2 == len({each.fingerprint for each in told})
