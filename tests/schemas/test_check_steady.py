"""The same payload must become the same event: again, and in any other environment."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from pydantic import BaseModel, Field

from schemas.gated import froze, of, only
from upcast import Registry, add
from upcast.schemas.check import Report, check


class Old(BaseModel):
    id: str
    tags: list[str] = []


class New(BaseModel):
    id: str
    tags: list[str] = []
    extra: str = ""


def ran(tmp_path: Path, function: Any, cls: type = New) -> Report:
    """Check a history of two versions with one upcaster between them."""
    froze(tmp_path, "order.placed", Old, cls)
    events = Registry()
    events.event("order.placed", version=2)(cls)
    events.upcaster("order.placed", from_version=1)(function)
    return check(events, tmp_path)


def test_chance_is_seen(tmp_path: Path) -> None:
    """A step that asks for chance makes something else each time."""

    def random_id(payload: dict[str, Any]) -> dict[str, Any]:
        payload["extra"] = str(uuid4())
        return payload

    told = only(ran(tmp_path, random_id), "U908")

    assert (True, 1, 2) == (told.blocks, told.from_version, told.to_version)
    assert "random_id" in told.message
    assert "test_check_steady.py" in told.place
    assert told.witness is not None
    assert "id" in msgspec.json.decode(told.witness.payload)


def test_the_clock_is_seen(tmp_path: Path) -> None:
    """So does a step that asks for the time."""
    import time

    def stamped(payload: dict[str, Any]) -> dict[str, Any]:
        payload["extra"] = str(time.time_ns())
        return payload

    assert "stamped" in only(ran(tmp_path, stamped), "U908").message


def test_shared_state_is_seen(tmp_path: Path) -> None:
    """A list of the module that a step keeps adding to shows when payloads are run again."""
    shared: list[str] = []

    def grows(payload: dict[str, Any]) -> dict[str, Any]:
        shared.append(payload["id"])
        payload["tags"] = list(shared)
        return payload

    assert "grows" in only(ran(tmp_path, grows), "U908").message


def test_a_counter_is_seen(tmp_path: Path) -> None:
    """A step that counts its calls gives another number each time."""
    calls = iter(range(1_000_000))

    def counted(payload: dict[str, Any]) -> dict[str, Any]:
        payload["extra"] = str(next(calls))
        return payload

    assert only(ran(tmp_path, counted), "U908")


def test_the_step_that_is_unsteady_is_named_not_those_behind_it(tmp_path: Path) -> None:
    """What comes later only passes on what it gets."""
    froze(tmp_path, "order.placed", Old, Old, New)
    events = Registry()
    events.event("order.placed", version=3)(New)

    @events.upcaster("order.placed", from_version=1)
    def wild(payload: dict[str, Any]) -> dict[str, Any]:
        payload["id"] += str(uuid4())
        return payload

    @events.upcaster("order.placed", from_version=2)
    def tame(payload: dict[str, Any]) -> dict[str, Any]:
        payload["extra"] = payload["id"]
        return payload

    told = only(check(events, tmp_path), "U908")

    assert (1, 2) == (told.from_version, told.to_version)
    assert "wild" in told.message


def test_a_default_that_is_made_anew_is_seen(tmp_path: Path) -> None:
    """Two readings of one old event differ where the class makes up what it lacks: that is the class's doing."""

    class Identified(BaseModel):
        id: str
        tags: list[str] = []
        serial: str = Field(default_factory=lambda: str(uuid4()))

    report = ran(tmp_path, lambda payload: payload, cls=Identified)

    told = only(report, "U308")
    assert "/serial" == told.pointer
    assert "Identified" in told.message
    assert not of(report, "U908")


def test_steady_chains_are_silent(tmp_path: Path) -> None:
    """Nothing is said of a chain that derives everything from the payload."""

    def derived(payload: dict[str, Any]) -> dict[str, Any]:
        payload["extra"] = ",".join(sorted(set(payload.get("tags", []))))
        return payload

    assert not of(ran(tmp_path, derived), "U308", "U908")


# --- elsewhere ------------------------------------------------------------------------------------------------------

SHOP = """
import datetime
import locale
import os
import time

import msgspec

from upcast import Registry


class Old(msgspec.Struct):
    id: str
    tags: list[str] = []


def this_year():
    return datetime.datetime.now(datetime.UTC).year


events = Registry()
NAMES = ("hashed", "constants", "dated", "zoned", "localised", "classy", "pure", "today", "sides")
TODAY = {}
for name in NAMES:
    fields = [("id", str), ("tags", list[str], []), ("extra", str, "")]
    if name == "classy":
        fields.append(("year", int, msgspec.field(default_factory=this_year)))
    TODAY[name] = events.event(name, version=2)(msgspec.defstruct(name.title(), fields, module=__name__))


@events.upcaster("hashed", from_version=1)
def hashed(payload):
    payload["tags"] = list(set(payload.get("tags", [])))
    return payload


@events.upcaster("constants", from_version=1)
def constants(payload):
    payload["extra"] = "".join({"new", "old"})
    return payload


@events.upcaster("sides", from_version=1)
def sides(payload):
    payload["extra"] = "".join({"left", "right"})  # in this order with two of the first seeds
    return payload


@events.upcaster("dated", from_version=1)
def dated(payload):
    payload["extra"] = time.strftime("%Y")
    return payload


@events.upcaster("zoned", from_version=1)
def zoned(payload):
    payload["extra"] = datetime.datetime.fromtimestamp(1_700_000_000).isoformat()
    return payload


@events.upcaster("localised", from_version=1)
def localised(payload):
    payload["extra"] = os.environ.get("LC_ALL", "")
    return payload


@events.upcaster("pure", from_version=1)
def pure(payload):
    payload["extra"] = str(len(payload["id"]))
    return payload


@events.upcaster("today", from_version=1)
def today(payload):
    payload["extra"] = f"{datetime.datetime.now():%Y} {datetime.date.today():%Y}"
    return payload


events.unchanged("classy", from_version=1)
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    """A check of a registry that can be imported, whose steps hang on the environment in every way but one."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "steady_shop.py").write_text(SHOP, encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        shop: Any = importlib.import_module("steady_shop")
        for name in shop.NAMES:
            froze(folder / "schemas", name, shop.Old, shop.TODAY[name])
        yield check(shop.events, folder / "schemas", target="steady_shop:events")
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("steady_shop")


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        ("hashed", "with another hash seed"),
        ("constants", "with another hash seed"),
        ("sides", "with another hash seed"),
        ("dated", "at another time"),
        ("today", "at another time"),
        ("zoned", "in another time zone"),
        ("localised", "with another locale"),
    ],
)
def test_steps_that_hang_on_the_environment(elsewhere: Report, event: str, cause: str) -> None:
    """Each cause is found in another process, and named."""
    told = only([each for each in elsewhere.findings if each.event == event], "U908")

    assert told.blocks
    assert cause in told.message
    assert f"({event}, " in told.message


def test_classes_that_hang_on_the_environment(elsewhere: Report) -> None:
    """A default that asks for the year is found too."""
    told = [each for each in elsewhere.findings if each.event == "classy" and each.rule == "U308"]

    assert ["/year"] == [each.pointer for each in told]
    assert "at another time" in told[0].message


def test_pure_steps_are_the_same_everywhere(elsewhere: Report) -> None:
    """What derives everything from the payload passes."""
    assert not [each for each in elsewhere.findings if each.event == "pure" and each.rule in ("U308", "U908")]
    assert () == elsewhere.notes


def test_a_registry_that_no_module_holds_is_noted(tmp_path: Path) -> None:
    """Where nothing can be imported, the report says that it was not run elsewhere."""
    report = ran(tmp_path, lambda payload: {**payload, "extra": ""})

    assert 1 == len(report.notes)
    assert "target=" in report.notes[0]


def test_a_module_that_cannot_be_imported_is_noted(tmp_path: Path) -> None:
    """A wrong target is no finding about any event."""
    froze(tmp_path, "order.placed", Old, New)
    events = Registry()
    events.event("order.placed", version=2)(New)
    events.steps("order.placed", add("extra", ""), from_version=1)

    report = check(events, tmp_path, target="no_such_module:events")

    assert report.ok
    assert "no_such_module" in report.notes[0]
