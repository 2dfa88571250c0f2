"""Frozen files must be those that were released, and those of today's classes."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from schemas.gated import blocking, froze, of, only
from upcast import Registry, add
from upcast.schemas.check import check
from upcast.schemas.freeze import freeze
from upcast.schemas.store import SchemaStore


class OrderV1(BaseModel):
    id: str


class OrderV2(BaseModel):
    id: str
    currency: str


def history(currency: str = "EUR", *, cls: type = OrderV2) -> Registry:
    """A registry of two versions."""
    events = Registry()
    events.event("order.placed", version=2)(cls)
    events.steps("order.placed", add("currency", currency), from_version=1)
    return events


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """Both versions are frozen, with payloads and what these become."""
    folder = tmp_path / "schemas"
    froze(folder, "order.placed", OrderV1)
    freeze(history(), folder)
    return folder


@pytest.fixture
def released(schemas: Path, tmp_path: Path) -> Path:
    """A copy of the same, as it was released."""
    import shutil

    return Path(shutil.copytree(schemas, tmp_path / "released"))


def test_what_freeze_writes_passes(schemas: Path, released: Path) -> None:
    """A freeze leaves nothing to be said, with a baseline or without."""
    assert all(each.covered_by or each.severity == "info" for each in check(history(), schemas).findings)
    assert check(history(), schemas, against=str(released)).ok


def test_an_edited_file_is_found(schemas: Path, released: Path) -> None:
    """A released schema snapshot is never changed, not even so that it would mean the same."""
    path = schemas / "order.placed" / "v1.json"
    path.write_bytes(path.read_bytes().replace(b'"required": true', b'"required": false'))

    told = only(check(history(), schemas, against=str(released)), "U901")

    assert told.blocks
    assert "order.placed/v1.json was changed" in told.message
    assert "restore" in told.remedy


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("v1.json", "is gone"),
        ("fixtures/v1/made-up.json", "is gone"),
        ("fixtures/v1/made-up.golden.json", "is gone for version 2"),
    ],
)
def test_a_deleted_file_is_found(schemas: Path, released: Path, name: str, problem: str) -> None:
    """Whatever was released must still be there."""
    if name.endswith("made-up.json"):
        (schemas / "order.placed" / name.replace(".json", ".golden.json")).unlink()
    (schemas / "order.placed" / name).unlink()

    told = [each for each in of(check(history(), schemas, against=str(released)), "U901") if name in each.place]

    assert [True] == [each.blocks for each in told]
    assert problem in told[0].message


def test_an_edited_payload_is_found(schemas: Path, released: Path) -> None:
    """A recorded payload is evidence, and stays as it was."""
    (schemas / "order.placed/fixtures/v1/made-up.json").write_bytes(b'{"id":"other"}')

    told = only(check(history(), schemas, against=str(released)), "U901")

    assert "fixtures/v1/made-up.json was changed" in told.message


def test_an_edited_outcome_is_found(schemas: Path, released: Path) -> None:
    """So is what it became."""
    path = schemas / "order.placed/fixtures/v1/made-up.golden.json"
    path.write_bytes(path.read_bytes().replace(b"EUR", b"USD"))

    report = check(history("USD"), schemas, against=str(released))

    assert "made-up.golden.json was changed for version 2" in only(report, "U901").message
    assert not of(report, "U908")


def test_the_baseline_may_be_a_git_ref(schemas: Path) -> None:
    """What a commit has is what was released."""
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(schemas.parent))
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "release"]):
        subprocess.run([*git, *command], check=True)
    assert check(history(), schemas, against="HEAD").ok
    path = schemas / "order.placed" / "v1.json"
    path.write_bytes(path.read_bytes() + b"\n")

    assert "HEAD" in only(check(history(), schemas, against="HEAD"), "U901").message


def test_a_file_that_cannot_be_read_is_a_finding(schemas: Path) -> None:
    """What is no schema snapshot any more is told of, and the rest is checked."""
    (schemas / "order.placed" / "v1.json").write_text("{}", encoding="utf-8")

    assert "v1.json" in only(check(history(), schemas), "U901").message


def test_a_changed_outcome_of_a_released_step_is_found(schemas: Path) -> None:
    """A step that makes something else of a recorded payload than when it was released is named."""
    told = only(check(history("USD"), schemas), "U917")

    assert (True, 1, 2, "/currency") == (told.blocks, told.from_version, told.to_version, told.pointer)
    assert "add('currency', 'USD')" in told.message
    assert told.witness is not None
    assert "order.placed/fixtures/v1/made-up.json" == told.witness.fixture


def test_the_spelling_of_an_outcome_does_not_matter(schemas: Path) -> None:
    """Another order of members is the same outcome."""
    path = schemas / "order.placed/fixtures/v1/made-up.golden.json"
    path.write_text('{"2": {"currency": "EUR", "id": "text"}}', encoding="utf-8")

    assert not of(check(history(), schemas), "U917")


def test_a_class_that_breaks_under_the_same_version(schemas: Path) -> None:
    """The message carries the payload that breaks, and the command that raises the version."""

    class Stricter(BaseModel):
        id: str
        currency: str
        country: str

    told = only(check(history(cls=Stricter), schemas, target="shop.events:events"), "U903")

    assert told.blocks
    assert "/country" == told.pointer
    assert f"upcast schema revise shop.events:events order.placed --schemas {schemas}" in told.remedy
    assert told.witness is not None
    assert not of(check(history(cls=Stricter), schemas), "U902")


def test_a_class_that_changed_without_breaking(schemas: Path) -> None:
    """Even a harmless change is one, if the version was released."""

    class Wider(BaseModel):
        id: str
        currency: str
        country: str = ""

    told = only(check(history(cls=Wider), schemas), "U902")

    assert told.blocks
    assert "raise the version of the class to 3" in told.remedy


def test_a_version_that_is_not_released_is_frozen_anew(schemas: Path, released: Path) -> None:
    """While the baseline does not have it, a version may be replaced."""
    (released / "order.placed" / "v2.json").unlink()
    for path in (released / "order.placed/fixtures").glob("v2/*"):
        path.unlink()
    (released / "order.placed/fixtures/v1/made-up.golden.json").unlink()

    class Stricter(BaseModel):
        id: str
        currency: str
        country: str

    told = only(check(history(cls=Stricter), schemas, against=str(released)), "U902")

    assert "--replace" in told.remedy
    assert not of(check(history(cls=Stricter), schemas, against=str(released)), "U903")


def test_a_version_that_is_not_frozen(tmp_path: Path) -> None:
    """A class whose version nobody froze is stale; the command is in the message."""
    froze(tmp_path, "order.placed", OrderV1)

    told = only(check(history(), tmp_path, target="shop:events"), "U902")

    assert "version 2 is not frozen" in told.message
    assert f"upcast schema freeze shop:events --schemas {tmp_path}" in told.remedy


def test_a_bump_without_change(tmp_path: Path) -> None:
    """Two versions that are the same are one too many."""
    froze(tmp_path, "order.placed", OrderV1, OrderV1)
    events = Registry()
    events.event("order.placed", version=2)(OrderV1)
    events.unchanged("order.placed", from_version=1)

    told = only(check(events, tmp_path), "U911")

    assert not told.blocks
    assert (1, 2) == (told.from_version, told.to_version)


def test_a_gap(tmp_path: Path) -> None:
    """A version between others that is not frozen cannot be checked."""
    store = froze(tmp_path, "order.placed", OrderV1)
    froze(tmp_path, "order.placed", OrderV2, first=3)
    assert (1, 3) == store.versions("order.placed")
    events = Registry()
    events.event("order.placed", version=3)(OrderV2)
    events.unchanged("order.placed", from_version=1)
    events.steps("order.placed", add("currency", "EUR"), from_version=2)

    told = only(check(events, tmp_path), "U912")

    assert (2, 2) == (told.from_version, told.to_version)


def test_history_that_was_never_frozen(tmp_path: Path) -> None:
    """A version before the first that is frozen is not checked, which blocks until it is said that none is stored."""
    froze(tmp_path, "order.placed", OrderV2, first=2)

    told = only(check(history(), tmp_path), "U912")

    assert (True, 1, "retained_from = 2") == (told.blocks, told.from_version, told.remedy[-17:])
    (tmp_path / "gate.toml").write_text('[events."order.placed"]\nretained_from = 2\n', encoding="utf-8")
    assert not of(check(history(), tmp_path), "U912")


def test_what_is_recorded_of_today(schemas: Path) -> None:
    """A recorded payload of today's version that its own class refuses is told, without its values."""
    store = SchemaStore.at(schemas)
    store.record("order.placed", 2, "real", b'{"id":"A-1","currency":7}')

    told = only(check(history(), schemas), "U906")

    assert (True, 2, 2) == (told.blocks, told.from_version, told.to_version)
    assert told.witness is not None
    assert ("", "order.placed/fixtures/v2/real.json") == (told.witness.payload, told.witness.fixture)
    assert "currency" in told.witness.refusal


def test_an_event_that_is_gone(schemas: Path) -> None:
    """A type that is frozen and not declared may still be stored."""
    told = only(check(Registry(), schemas), "U913")

    assert ("order.placed", True) == (told.event, told.blocks)
    assert "events.drop(" in told.remedy


def test_an_event_that_was_renamed(schemas: Path) -> None:
    """A type of the same shape under another name lacks a former name."""
    events = Registry()
    events.event("order.made", version=2)(OrderV2)
    events.steps("order.made", add("currency", "EUR"), from_version=1)

    told = only(check(events, schemas), "U914")

    assert "order.placed" == told.event
    assert 'formerly=["order.placed"]' in told.remedy
    assert not of(check(events, schemas), "U913")


def test_an_event_that_is_gone_with_its_files(schemas: Path, released: Path) -> None:
    """Deleting the files does not hide it from the baseline."""
    import shutil

    shutil.rmtree(schemas / "order.placed")

    assert only(check(Registry(), schemas, against=str(released)), "U913")


def test_a_dropped_type_is_not_gone(schemas: Path) -> None:
    """A line that ends in a drop needs no class."""
    events = Registry()
    events.drop("order.placed", from_version=2)
    events.steps("order.placed", add("currency", "EUR"), from_version=1)

    assert [] == blocking(check(events, schemas))


def test_a_version_without_payloads(tmp_path: Path) -> None:
    """A released version of which nothing is recorded is worth a warning."""
    froze(tmp_path, "order.placed", OrderV1, OrderV2)

    told = only(check(history(), tmp_path), "U915")

    assert ("warning", 1) == (told.severity, told.from_version)


def test_a_version_that_went_back(schemas: Path) -> None:
    """A class of an older version than what is frozen cannot read what is stored."""
    events = Registry()
    events.event("order.placed", version=1)(OrderV1)

    told = only(check(events, schemas), "U904")

    assert (True, 1, 2) == (told.blocks, told.from_version, told.to_version)


# --- freeze ---------------------------------------------------------------------------------------------------------


def test_freeze_records_payloads_and_outcomes(schemas: Path) -> None:
    """Each version without a payload gets one; each payload what it is at later versions."""
    store = SchemaStore.at(schemas)

    assert [b'{"id":"text"}'] == [fixture.payload for fixture in store.fixtures("order.placed", 1)]
    assert {2: b'{"id":"text","currency":"EUR"}'} == store.golden("order.placed", 1, "made-up")
    assert ["made-up"] == [fixture.name for fixture in store.fixtures("order.placed", 1)]
    # This one was taken by the class itself.
    assert ["example"] == [fixture.name for fixture in store.fixtures("order.placed", 2)]


def test_freeze_writes_nothing_twice(schemas: Path) -> None:
    """What is there stays byte for byte."""
    before = {path: path.read_bytes() for path in schemas.rglob("*.json")}

    again = freeze(history("USD"), schemas)

    assert before == {path: path.read_bytes() for path in schemas.rglob("*.json")}
    assert [()] == [frozen.recorded for frozen in again]


def test_freeze_replaces_the_outcomes_of_a_version_that_is_not_released(schemas: Path) -> None:
    """Where the newest version is replaced, so is what older payloads become there."""
    freeze(history("USD"), schemas, replace=True)

    assert {2: b'{"id":"text","currency":"USD"}'} == SchemaStore.at(schemas).golden("order.placed", 1, "made-up")


def test_freeze_records_no_outcome_that_the_class_refuses(tmp_path: Path) -> None:
    """What cannot be read is for the gate to tell, not to be made the rule."""
    froze(tmp_path, "order.placed", OrderV1).record("order.placed", 1, "production", b'{"id":"o-1"}')
    events: Any = Registry()
    events.event("order.placed", version=2)(OrderV2)
    events.unchanged("order.placed", from_version=1)

    freeze(events, tmp_path)

    assert SchemaStore.at(tmp_path).golden("order.placed", 1, "production") is None


def test_freeze_makes_up_no_payload_that_the_class_refuses(tmp_path: Path) -> None:
    """Nor is such a payload made up."""
    froze(tmp_path, "order.placed", OrderV1)
    events: Any = Registry()
    events.event("order.placed", version=2)(OrderV2)
    events.unchanged("order.placed", from_version=1)

    freeze(events, tmp_path)

    assert () == SchemaStore.at(tmp_path).fixtures("order.placed", 1)
