"""Prove draws what nobody thought of, makes it small, follows it to one edge, and keeps it."""

from __future__ import annotations

import builtins
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel

from schemas.gated import froze, of, only
from upcast import Registry, rename
from upcast.errors import MissingExtra
from upcast.schemas.check import check
from upcast.schemas.prove import prove
from upcast.schemas.store import SchemaStore


class V1(BaseModel):
    id: int
    note: str = ""


class V2(BaseModel):
    order_id: int
    note: str = ""


class V3(BaseModel):
    order_id: int
    note: str = ""
    currency: str


def rare(payload: dict[str, Any]) -> dict[str, Any]:
    """Fail on what no list of samples has."""
    if len(payload.get("note", "")) == 2:
        raise ValueError("rare")
    return {**payload, "currency": "EUR"}


def history(function: Any = rare) -> Registry:
    """Three versions, of which the second edge is a function."""
    events = Registry()
    events.event("order.placed", version=3)(V3)
    events.steps("order.placed", rename("id", to="order_id"), from_version=1)
    events.upcaster("order.placed", from_version=2)(function)
    return events


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """All three versions are frozen."""
    froze(tmp_path, "order.placed", V1, V2, V3)
    return tmp_path


def test_what_samples_miss_is_found_and_kept(schemas: Path) -> None:
    """The payload is small, of the version where its edge begins, and a fixture from then on."""
    assert not of(check(history(), schemas), "U905")

    told = only(prove(history(), schemas, budget=2.5), "U905")

    assert (2, 3) == (told.from_version, told.to_version)
    assert told.witness is not None
    payload = msgspec.json.decode(told.witness.payload)
    assert (0, 2) == (payload["order_id"], len(payload["note"]))
    (fixture,) = SchemaStore.at(schemas).fixtures("order.placed", 2)
    assert told.witness.payload.encode() == fixture.payload
    assert fixture.path in told.remedy
    assert fixture.path in only(check(history(), schemas), "U905").message


def test_nothing_is_kept_if_told_so(schemas: Path) -> None:
    """A dry run writes no file."""
    before = sorted(schemas.rglob("*"))

    assert of(prove(history(), schemas, budget=2.5, record=False), "U905")
    assert before == sorted(schemas.rglob("*"))


def test_a_chain_that_holds_passes(schemas: Path) -> None:
    """Nothing is found where nothing is wrong, and the budget is kept."""
    import time

    begun = time.monotonic()
    report = prove(history(lambda payload: {**payload, "currency": "EUR"}), schemas, budget=1.0)

    assert report.ok
    assert (1, 2) == (report.types, report.versions)
    assert report.payloads > 20
    assert time.monotonic() - begun < 15


def test_steps_that_are_not_deterministic_are_found(schemas: Path) -> None:
    """Each payload is read twice."""
    calls = iter(range(10_000_000))

    told = of(prove(history(lambda p: {**p, "currency": str(next(calls))}), schemas, budget=1.0), "U908")

    assert [(2, 3)] == [(each.from_version, each.to_version) for each in told]


def test_a_class_that_refuses_is_found(schemas: Path) -> None:
    """So is what the class has against the outcome."""
    events = Registry()
    events.event("order.placed", version=3)(V3)
    events.steps("order.placed", rename("id", to="order_id"), from_version=1)
    events.unchanged("order.placed", from_version=2)

    told = only(prove(events, schemas, budget=1.0), "U906")

    assert "/currency" == told.pointer


def test_types_with_defects_are_noted(schemas: Path) -> None:
    """What cannot be run is said, not passed over."""
    events = Registry()
    events.event("order.placed", version=3)(V3)

    report = prove(events, schemas, budget=1.0)

    assert 0 == report.types
    assert "order.placed has defects" in report.notes[0]


def test_the_same_seed_draws_the_same(schemas: Path) -> None:
    """Two runs with one seed see the same payloads first."""

    def seen(seed: int) -> list[int]:
        found: list[int] = []

        def watch(payload: dict[str, Any]) -> dict[str, Any]:
            found.append(payload["order_id"])
            return {**payload, "currency": "EUR"}

        prove(history(watch), schemas, budget=0.4, seed=seed)
        return found[:60]

    assert seen(1) == seen(1)
    assert seen(1) != seen(2)


def test_ctrl_c_keeps_what_was_found(schemas: Path) -> None:
    """What was found until then is told, with a note."""
    seen: list[int] = []
    before = signal.getsignal(signal.SIGINT)

    def interrupted(payload: dict[str, Any]) -> dict[str, Any]:
        seen.append(0)
        if len(seen) == 500:
            signal.raise_signal(signal.SIGINT)
        raise ValueError

    report = prove(history(interrupted), schemas, budget=60.0)

    assert of(report, "U905")
    assert ("interrupted: this is what was found until then",) == report.notes
    assert before is signal.getsignal(signal.SIGINT)


def test_ctrl_c_is_not_lost_where_exceptions_are(schemas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that comes while the collector is at work, which swallows it, ends the run all the same."""

    class Swallows:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    seen: list[Any] = []

    def interrupted(payload: dict[str, Any]) -> dict[str, Any]:
        seen.append(0)
        if len(seen) == 300:
            Swallows()
        return {**payload, "currency": "EUR"}

    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    report = prove(history(interrupted), schemas, budget=60.0)

    assert 1 == len(report.notes)


def test_without_hypothesis_the_extra_is_named(schemas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is optional, and the error prints how to install it."""
    real = builtins.__import__

    def refuse(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name.partition(".")[0] == "hypothesis":
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.delitem(sys.modules, "upcast.schemas._sampler._strategy", raising=False)
    monkeypatch.setattr(builtins, "__import__", refuse)

    with pytest.raises(MissingExtra, match="gate"):
        prove(history(), schemas)


def test_only_some_types(schemas: Path) -> None:
    """The budget is spent on what was asked for."""
    assert 0 == prove(history(), schemas, only=["other"]).types
