"""What was found by trying to make the gate say ok although stored payloads would be refused, lost or misread."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from schemas.gated import blocking, froze, of, only
from schemas.revised import make_project
from upcast import Registry
from upcast.schemas.check import Report, check
from upcast.schemas.errors import SchemaError
from upcast.schemas.freeze import freeze

Payload = dict[str, Any]
Function = Callable[[Payload], Payload]


def ran(folder: Path, old: type, new: type, function: Function | None = None) -> Report:
    """Check a history of two versions with one edge between them."""
    froze(folder, "e", old, new)
    events = Registry()
    events.event("e", version=2)(new)
    if function is None:
        events.unchanged("e", from_version=1)
    else:
        events.upcaster("e", from_version=1)(function)
    return check(events, folder)


class Item(BaseModel):
    x: int
    y: str = ""


class Old(BaseModel):
    tags: list[str] = []
    counts: dict[str, int] = {}
    items: list[Item] = []


class New(Old):
    c: str


# --- what is lost ---------------------------------------------------------------------------------------------------


def first_tag(payload: Payload) -> Payload:
    """Keep one tag."""
    return {**payload, "tags": payload.get("tags", [])[:1], "c": ""}


def first_and_last_tag(payload: Payload) -> Payload:
    """Keep two tags."""
    tags = payload.get("tags", [])
    return {**payload, "tags": [*tags[:1], *tags[-1:]] if len(tags) > 2 else tags, "c": ""}


def first_count(payload: Payload) -> Payload:
    """Keep one count."""
    return {**payload, "counts": dict(list(payload.get("counts", {}).items())[:1]), "c": ""}


def bare_later_items(payload: Payload) -> Payload:
    """Keep less of later items."""
    for item in payload.get("items", [])[1:]:
        item.pop("y", None)
    return {**payload, "c": ""}


@pytest.mark.parametrize(
    ("function", "pointer"),
    [
        (first_tag, "/tags/*"),
        (first_and_last_tag, "/tags/*"),
        (first_count, "/counts/*"),
        (bare_later_items, "/items/*/y"),
    ],
)
def test_a_loss_behind_the_first_entry_is_seen(tmp_path: Path, function: Function, pointer: str) -> None:
    """What happens to the first entry of a list or map need not happen to the others."""
    assert pointer == only(ran(tmp_path, Old, New, function), "U907").pointer


def test_a_step_that_keeps_everything_loses_nothing(tmp_path: Path) -> None:
    """The same classes with a step that loses nothing pass."""
    assert [] == blocking(ran(tmp_path, Old, New, lambda payload: {**payload, "c": ""}))


class One(BaseModel):
    v: int
    z: str


class Other(BaseModel):
    w: str
    z: str


class OldUnion(BaseModel):
    u: One | Other


class NewUnion(OldUnion):
    c: str


def test_a_loss_in_one_member_of_a_union_is_seen(tmp_path: Path) -> None:
    """A member of that name counts in the other variant, which says nothing of this one."""

    def clears(payload: Payload) -> Payload:
        if "w" in payload["u"]:
            payload["u"]["z"] = ""
        return {**payload, "c": ""}

    assert "/u/z" == only(ran(tmp_path, OldUnion, NewUnion, clears), "U907").pointer


class OldScalar(BaseModel):
    u: int | str


class NewScalar(OldScalar):
    c: str


def test_a_loss_of_one_kind_of_value_is_seen(tmp_path: Path) -> None:
    """Numbers are kept, and every text becomes the same number."""

    def number(payload: Payload) -> Payload:
        return {"u": 0 if isinstance(payload["u"], str) else payload["u"], "c": ""}

    assert "/u" == only(ran(tmp_path, OldScalar, NewScalar, number), "U907").pointer


class OldOpen(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: str


class NewOpen(OldOpen):
    c: str


def test_a_loss_of_what_was_kept_undeclared_is_seen(tmp_path: Path) -> None:
    """A class that keeps what it does not know had it, and a step that makes a new payload drops it."""
    report = ran(tmp_path, OldOpen, NewOpen, lambda payload: {"a": payload["a"], "c": ""})

    assert "/*" == only(report, "U907").pointer


# --- what is refused ------------------------------------------------------------------------------------------------


def test_items_that_are_unlike_each_other_are_run(tmp_path: Path) -> None:
    """A step that relies on all items having the same members fails."""

    def alike(payload: Payload) -> Payload:
        assert len({"y" in item for item in payload.get("items", [])}) < 2
        return {**payload, "c": ""}

    assert only(ran(tmp_path, Old, New, alike), "U905").blocks


def test_members_in_another_order_are_run(tmp_path: Path) -> None:
    """JSON objects have no order, and another writer has another one."""

    def ordered(payload: Payload) -> Payload:
        names = [name for name in payload if name in Old.model_fields]
        assert names == [name for name in Old.model_fields if name in payload]
        return {**payload, "c": ""}

    assert only(ran(tmp_path, Old, New, ordered), "U905").blocks


class Validated(BaseModel):
    b: str
    o: str | None = None

    @field_validator("b")
    @classmethod
    def judge(cls, value: str) -> str:
        return value


class ValidatedWhole(BaseModel):
    b: str
    o: str | None = None

    @model_validator(mode="after")
    def judge(self) -> ValidatedWhole:
        return self


@pytest.mark.parametrize("old", [Validated, ValidatedWhole])
def test_a_frozen_example_excuses_no_failure(tmp_path: Path, old: type[BaseModel]) -> None:
    """A class with a validator, and what freeze made up for it, must not turn every failure into a warning."""
    before = Registry()
    before.event("e", version=1)(old)
    freeze(before, tmp_path)
    new = type("New", (old,), {"__annotations__": {"c": str}})

    report = ran(tmp_path, old, new, lambda payload: {**payload, "c": payload["o"].upper()})

    assert {"error"} == {told.severity for told in of(report, "U905")}
    assert not only(report, "U101").covered_by


def test_a_recorded_payload_excuses_only_what_a_validator_judged(tmp_path: Path) -> None:
    """A failure that has nothing to do with the place that a validator judged blocks, whatever was recorded."""
    store = froze(tmp_path, "e", Validated)
    store.record("e", 1, "production", b'{"b":"x","o":"y"}')

    class New(Validated):
        c: str

    report = ran(tmp_path, Validated, New, lambda payload: {**payload, "c": payload["o"].upper()})

    assert {"error"} == {told.severity for told in of(report, "U905")}


# --- former names ---------------------------------------------------------------------------------------------------


def renamed(folder: Path, old: type, new: type) -> Report:
    """A type that has a new name, and the same version."""
    froze(folder, "old", old)
    events = Registry()
    events.event("new", version=1, formerly=["old"])(new)
    freeze(events, folder)
    return check(events, folder)


def test_a_former_name_of_the_same_version_is_checked(tmp_path: Path) -> None:
    """What is stored under a former name was written by another class, and must be read all the same."""

    class Refusing(BaseModel):
        b: str

    class Before(BaseModel):
        a: str

    told = only(renamed(tmp_path, Before, Refusing), "U906")
    assert told.blocks
    assert "stored as old" in told.message


def test_a_loss_under_a_former_name_is_seen(tmp_path: Path) -> None:
    """No edge leads from it, so it is the class that does not read the value."""

    class Before(BaseModel):
        a: str
        z: int

    class After(BaseModel):
        a: str

    assert "/z" == only(renamed(tmp_path, Before, After), "U907").pointer


def test_a_former_name_of_the_same_class_passes(tmp_path: Path) -> None:
    """A type that only has another name is no trouble."""
    assert [] == blocking(renamed(tmp_path, Old, Old))


# --- the cache ------------------------------------------------------------------------------------------------------

HELPERS = """\
CURRENCY = "EUR"

class Kind:
    currency = "EUR"
    def __call__(self):
        return "EUR"

def currency():
    return "EUR"

kind = Kind()
"""

EVENTS = """\
from pydantic import BaseModel
from upcast import Registry
from {name} import helpers
from {name}.helpers import Kind, kind

events = Registry()

@events.event("e", version=2)
class E(BaseModel):
    a: str
    c: str

@events.upcaster("e", from_version=1)
def up(payload):
    return {{**payload, "c": {value}}}
"""


@pytest.mark.parametrize("value", ["helpers.CURRENCY", "helpers.currency()", "Kind.currency", "kind()"])
def test_what_a_step_reaches_by_attributes_is_not_cached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """An edit of a helper that a function does not name by itself is an edit of what the function does."""
    monkeypatch.setenv("UPCAST_GATE_PROCESS", "1")  # no other environments: this is about the cache
    project = make_project(tmp_path, monkeypatch)
    project.write("", "__init__")
    project.write(HELPERS, "helpers")
    project.write(EVENTS.format(name=project.name, value=value))

    class E(BaseModel):
        a: str

    froze(tmp_path / "schemas", "e", E)
    project.registry()
    froze(tmp_path / "schemas", "e", sys.modules[f"{project.name}.events"].E, first=2)
    cache = tmp_path / "cache"
    assert check(project.registry(), "schemas", cache=cache).ok
    assert 1 == check(project.registry(), "schemas", cache=cache).cached

    project.write(HELPERS.replace('"EUR"', "None"), "helpers")

    assert "U906" in blocking(check(project.registry(), "schemas", cache=cache))


STATEFUL = """\
from pydantic import BaseModel
from upcast import Registry

events = Registry()
seen = set()

@events.event("e", version=2)
class E(BaseModel):
    a: str
    c: str

@events.upcaster("e", from_version=1)
def up(payload):
    known = payload["a"] in seen
    seen.add(payload["a"])
    return {**payload, "c": str(known)}
"""


def test_a_step_that_remembers_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says the same again in one process, since by then it knows every payload: another order tells."""
    project = make_project(tmp_path, monkeypatch)
    project.write(STATEFUL)

    class E(BaseModel):
        a: str

    froze(tmp_path / "schemas", "e", E)
    registry = project.registry()
    froze(tmp_path / "schemas", "e", sys.modules[f"{project.name}.events"].E, first=2)

    assert only(check(registry, "schemas", target=f"{project.name}.events:events"), "U908").blocks


# --- slips ----------------------------------------------------------------------------------------------------------


def declared() -> Registry:
    """A registry of one type."""
    events = Registry()
    events.event("e", version=1)(Old)
    return events


def test_nothing_at_all_is_not_ok(tmp_path: Path) -> None:
    """A registry whose modules were not imported, and a folder with another name, must not pass."""
    with pytest.raises(SchemaError, match="nothing is frozen"):
        check(Registry(), tmp_path / "schemsa")


@pytest.mark.parametrize(
    ("entry", "problem"),
    [('[events."typo"]\npolicy = "full"\n', "typo"), ('[events."e"]\nretained_from = 99\n', "retained_from = 99")],
)
def test_a_slip_in_the_configuration_is_refused(tmp_path: Path, entry: str, problem: str) -> None:
    """What is meant for a type that is not there, or leaves nothing to check, opens no gate."""
    froze(tmp_path, "e", Old)
    (tmp_path / "gate.toml").write_text(entry, encoding="utf-8")

    with pytest.raises(SchemaError, match=problem):
        check(declared(), tmp_path)


def test_a_folder_with_the_name_of_a_branch_is_no_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing would count as released, and frozen files could be edited."""
    monkeypatch.chdir(tmp_path)
    froze(tmp_path / "schemas", "e", Old)
    (tmp_path / "main").mkdir()

    with pytest.raises(SchemaError, match="main is a folder in which nothing is frozen"):
        check(declared(), "schemas", against="main")


def test_a_fixture_without_bottom_is_named(tmp_path: Path) -> None:
    """It is refused as a file, and does not end the check with a traceback."""
    store = froze(tmp_path, "e", Old)
    path = store.record("e", 1, "deep", b'{"a":1}')
    path.write_bytes(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}")

    assert "deep.json" in only(check(declared(), tmp_path), "U901").message


def test_keys_of_recorded_payloads_are_not_told(tmp_path: Path) -> None:
    """The key of a map is a value that was stored, and findings about recorded payloads hold none."""
    store = froze(tmp_path, "e", Old, New)
    store.record("e", 1, "real", b'{"counts":{"CANARY":1}}')
    store.add_golden("e", 1, "real", {2: b'{"counts":{"CANARY":2},"c":""}'})
    events = Registry()
    events.event("e", version=2)(New)
    events.upcaster("e", from_version=1)(lambda payload: {**payload, "c": ""})

    report = check(events, tmp_path)

    assert ["/counts/*"] == [told.pointer for told in report.findings if "real" in told.message]
    assert "CANARY" not in repr(report)


NOISY = """\
from pydantic import BaseModel
from upcast import Registry

events = Registry()

@events.event("e", version=2)
class E(BaseModel):
    a: str
    c: str

@events.upcaster("e", from_version=1)
def up(payload):
    print("NOISE")
    return {**payload, "c": ""}
"""


@pytest.mark.parametrize("command", [["freeze", "--json"], ["check", "--no-cache", "--json"]])
def test_what_steps_print_is_no_part_of_the_answer(tmp_path: Path, command: list[str]) -> None:
    """A program that reads the answer gets JSON, whatever the steps print."""

    class E(BaseModel):
        a: str

    froze(tmp_path / "schemas", "e", E)
    (tmp_path / "noisy.py").write_text(NOISY, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-c", "from upcast.cli import main; main()", "schema", *command, "noisy:events"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert msgspec.json.decode(done.stdout)
    assert b"NOISE" in done.stderr


def test_a_baseline_without_anything_is_told(tmp_path: Path) -> None:
    """A folder that was moved has no past at the ref: nothing is protected there, and that is said."""
    git = ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "empty"], check=True)
    froze(tmp_path / "moved", "e", Old)

    report = check(declared(), tmp_path / "moved", against="HEAD")

    assert any("no version counts as released" in note for note in report.notes)
