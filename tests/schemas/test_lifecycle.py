"""Deprecated parts of events are removed neither too early nor never, by the ledger of releases."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from upcast.schemas.config import Deprecation, GateConfig
from upcast.schemas.errors import SchemaError
from upcast.schemas.lifecycle import deprecations, has_place, releases_of
from upcast.schemas.shapes import (
    Anything,
    Array,
    Integer,
    MapOf,
    Member,
    Null,
    Record,
    Reference,
    SchemaSnapshot,
    Tagged,
    Text,
    TupleOf,
    Unions,
    Variant,
    View,
)

if TYPE_CHECKING:
    from pathlib import Path

    from upcast.schemas.findings import Finding


def snapshot(*names: str) -> SchemaSnapshot:
    """A schema snapshot of an event with these fields."""
    root = Record(members=tuple(Member(name=name, shape=Text()) for name in names))
    return SchemaSnapshot(format=1, type="order.placed", version=3, family="pydantic", reader=View(root=root))


RELEASES = ("1.0.0", "1.1.0", "1.2.0")
WITH_NOTE, WITHOUT = snapshot("id", "note"), snapshot("id")


def told(
    entry: Deprecation, current: SchemaSnapshot | None, *releases: str, min_releases: int = 2, **arguments: object
) -> list[Finding]:
    """What is said about one entry."""
    config = GateConfig(deprecations=(entry,), min_releases=min_releases)
    classes = {} if current is None else {"order.placed": current}
    return deprecations(config, current=classes, releases=releases or RELEASES, **arguments)


def note(since: str = "1.1.0", remove_in: str = "") -> Deprecation:
    """An entry about `/note`."""
    return Deprecation(event="order.placed", pointer="/note", since=since, remove_in=remove_in, place="gate.toml:4")


def test_removal_behind_the_window_is_fine() -> None:
    """What two releases had as deprecated may go with the next one, and may stay as well."""
    assert [] == told(note("1.1.0"), WITHOUT)
    assert [] == told(note("1.1.0"), WITH_NOTE)


@pytest.mark.parametrize(("since", "seen"), [("1.2.0", 1), ("1.3.0", 0), ("v1.3.0", 0)])
def test_removal_within_the_window_blocks(since: str, seen: int) -> None:
    """What fewer releases had as deprecated must not be gone; the release that is being made counts as none."""
    (finding,) = told(note(since), WITHOUT)

    assert ("U921", True, "/note", "gate.toml:4") == (finding.rule, finding.blocks, finding.pointer, finding.place)
    assert f"after {seen} of 2 releases" in finding.message


def test_window_is_as_long_as_configured() -> None:
    """`min_releases` says how many releases must have had it."""
    assert [] == told(note("1.2.0"), WITHOUT, min_releases=1)
    assert ["U921"] == [finding.rule for finding in told(note("1.0.0"), WITHOUT, min_releases=4)]


@pytest.mark.parametrize("remove_in", ["1.2.0", "v1.2.0", "1.1.0", "1.1.7"])
def test_removal_that_did_not_happen_is_overdue(remove_in: str) -> None:
    """Once the promised release, or a later one, is out, the part must be gone."""
    (finding,) = told(note("1.0.0", remove_in), WITH_NOTE)

    assert "U922" == finding.rule
    assert remove_in in finding.message


@pytest.mark.parametrize("remove_in", ["1.3.0", "1.10.0", "2026-12"])
def test_removal_that_is_still_to_come_is_fine(remove_in: str) -> None:
    """Versions count as numbers; what is no version is over only once it is in the list."""
    assert [] == told(note("1.0.0", remove_in), WITH_NOTE)


@pytest.mark.parametrize("since", ["", "1.1.5", "0.9.0", "soon"])
def test_since_must_be_a_release(since: str) -> None:
    """Without the release that deprecated it nobody can count."""
    assert ["U923"] == [finding.rule for finding in told(note(since), WITH_NOTE)]


def test_empty_ledger_is_told() -> None:
    """A clone without tags must not look like a project without releases."""
    (finding,) = deprecations(GateConfig(deprecations=(note("1.0.0"),)), current={}, releases=())

    assert "U923" == finding.rule
    assert "a shallow clone has no tags" in finding.message


def test_releases_need_no_numbers() -> None:
    """A list of releases with names of their own has its own order."""
    names = ("spring", "summer", "autumn")

    assert [] == told(note("summer"), WITHOUT, *names)
    assert ["U921"] == [finding.rule for finding in told(note("autumn"), WITHOUT, *names)]
    assert ["U923"] == [finding.rule for finding in told(note("winter"), WITHOUT, *names)]


def test_event_as_a_whole_can_be_deprecated() -> None:
    """Without a pointer it is about the event type."""
    whole = Deprecation(event="order.placed", since="1.2.0", remove_in="1.2.0")

    assert ["U921"] == [finding.rule for finding in told(whole, None)]
    assert ["U922"] == [finding.rule for finding in told(whole, WITHOUT)]


def test_what_was_not_looked_at_is_not_judged() -> None:
    """Where only some types were checked, nothing is known about others."""
    assert [] == told(note("1.2.0"), None, checked=["order.paid"])
    assert ["U921"] == [finding.rule for finding in told(note("1.2.0"), None, checked=["order.placed"])]


ROOT = Record(
    members=(
        Member(name="id", shape=Text(), keys=(("ID",), ("id",))),
        Member(name="zip", shape=Text(), keys=(("address", "zip"),)),
        Member(name="lines", shape=Array(items=Reference(name="/lines/*"))),
        Member(name="by_name", shape=MapOf(keys=Text(), values=Record(members=(Member(name="a/b", shape=Text()),)))),
        Member(name="pair", shape=TupleOf(items=(Integer(), Record(members=(Member(name="x", shape=Text()),))))),
        Member(name="rest", shape=TupleOf(items=(), rest=Record(members=(Member(name="x", shape=Text()),)))),
        Member(name="maybe", shape=Unions(members=(Record(members=(Member(name="x", shape=Text()),)), Null()))),
        Member(
            name="pay",
            shape=Tagged(
                discriminator="kind",
                variants=(Variant(tag="card", shape=Record(members=(Member(name="pan", shape=Text()),))),),
            ),
        ),
        Member(name="free", shape=Anything()),
    )
)
LINE = Record(
    members=(Member(name="sku", shape=Text()), Member(name="parts", shape=Array(items=Reference(name="/lines/*"))))
)


@pytest.mark.parametrize(
    ("pointer", "there"),
    [
        ("", True),
        ("/ID", True),
        ("/id", True),
        ("/Id", False),
        ("/id/x", False),
        ("/address", True),
        ("/address/zip", True),
        ("/lines/*/sku", True),
        ("/lines/*/parts/*/parts/0/sku", True),
        ("/lines/*/name", False),
        ("/by_name/*/a~1b", True),
        ("/by_name/*/a", False),
        ("/pair/1/x", True),
        ("/pair/0/x", False),
        ("/pair/*/x", True),
        ("/pair/2", False),
        ("/rest/7/x", True),
        ("/maybe/x", True),
        ("/maybe/y", False),
        ("/pay/kind", True),
        ("/pay/pan", True),
        ("/pay/iban", False),
        ("/free/for/all", True),
    ],
)
def test_places_are_found_through_every_shape(pointer: str, *, there: bool) -> None:
    """A pointer leads through items, keys, unions, variants and definitions, by any key that the reader takes."""
    assert there == has_place(View(root=ROOT, definitions={"/lines/*": LINE}), pointer)


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_tags_are_sorted_as_versions(tmp_path: Path) -> None:
    """Tags that are named as versions are the releases, 1.10 behind 1.9; others and pre-releases are not."""
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    for tag in ("v1.10.0", "v1.9.0", "1.2.0", "v2.0.0rc1", "v2.0", "nightly"):
        git(tmp_path, "tag", tag)

    releases = releases_of(GateConfig(releases="git-tags"), tmp_path / "schemas" / "not-yet-there")

    assert ("1.2.0", "v1.9.0", "v1.10.0") == releases


def test_tags_need_a_repository(tmp_path: Path) -> None:
    """Where there is no repository, that is said."""
    with pytest.raises(SchemaError, match="no git repository"):
        releases_of(GateConfig(releases="git-tags"), tmp_path)


def test_list_of_releases_is_taken_as_it_is(tmp_path: Path) -> None:
    """A list needs no git."""
    assert ("b", "a") == releases_of(GateConfig(releases=("b", "a")), tmp_path)
