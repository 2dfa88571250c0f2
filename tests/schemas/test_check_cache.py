"""Types of which nothing has changed are not run again, and nothing that changed is ever taken from the cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from schemas.gated import froze, of, only
from upcast import Registry
from upcast.schemas.check import Report, check
from upcast.schemas.store import SchemaStore

Function = Callable[[dict[str, Any]], dict[str, Any]]


class Old(BaseModel):
    id: str


class New(BaseModel):
    id: str
    currency: str


def euro(payload: dict[str, Any]) -> dict[str, Any]:
    """Do it right."""
    payload["currency"] = "EUR"
    return payload


def dollar(payload: dict[str, Any]) -> dict[str, Any]:
    """Do it otherwise."""
    payload["currency"] = "USD"
    return payload


def noop(payload: dict[str, Any]) -> dict[str, Any]:
    """Do nothing."""
    return payload


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """Two versions of two types are frozen."""
    for name in ("order.placed", "order.paid"):
        froze(tmp_path, name, Old, New)
    return tmp_path


def ran(schemas: Path, placed: Function = euro, cls: type = New, **arguments: Any) -> Report:
    """Check both types with a cache."""
    events = Registry()
    events.event("order.placed", version=2)(cls)
    events.upcaster("order.placed", from_version=1)(placed)

    @events.event("order.paid", version=2)
    class Paid(New):
        pass

    events.upcaster("order.paid", from_version=1)(euro)
    return check(events, schemas, cache=schemas / ".upcast_cache", **arguments)


def test_nothing_is_run_twice(schemas: Path) -> None:
    """A second check takes everything from the cache, and says the same."""
    first = ran(schemas)
    again = ran(schemas)

    assert (0, 2) == (first.cached, again.cached)
    assert (first.findings, first.payloads, first.versions) == (again.findings, again.payloads, again.versions)


def test_findings_come_from_the_cache(schemas: Path) -> None:
    """What blocks goes on blocking."""
    first, again = ran(schemas, noop), ran(schemas, noop)

    assert 2 == again.cached
    assert only(first, "U906") == only(again, "U906")


def test_a_changed_function_is_run(schemas: Path) -> None:
    """Only the type whose function changed is looked at again."""

    def nothing(payload: dict[str, Any]) -> dict[str, Any]:
        return payload

    ran(schemas, euro)

    report = ran(schemas, nothing)

    assert 1 == report.cached
    assert "order.placed" == only(report, "U906").event


def test_a_changed_class_is_run(schemas: Path) -> None:
    """So is a type whose class changed."""
    ran(schemas)

    class New(BaseModel):
        id: str
        currency: str
        country: str

    assert of(ran(schemas, cls=New), "U906")


def test_a_changed_limit_is_run(schemas: Path) -> None:
    """So is one whose class looks the same and takes something else."""

    def limited(longest: int) -> type:
        class New(BaseModel):
            id: str
            currency: str = Field(max_length=longest)

        return New

    ran(schemas, cls=limited(9))

    assert 1 == ran(schemas, cls=limited(2)).cached
    assert of(ran(schemas, cls=limited(2)), "U906")


def test_a_new_fixture_is_run(schemas: Path) -> None:
    """A payload that was recorded since counts at once."""

    def picky(payload: dict[str, Any]) -> dict[str, Any]:
        assert payload["id"] != "trouble"
        return euro(payload)

    assert not of(ran(schemas, picky), "U905")
    SchemaStore.at(schemas).record("order.placed", 1, "trouble", b'{"id":"trouble"}')

    assert only(ran(schemas, picky), "U905")


def test_a_changed_file_is_run(schemas: Path) -> None:
    """So does an edit of a frozen file."""
    ran(schemas)
    (schemas / "order.placed" / "v1.json").write_text("{}", encoding="utf-8")

    assert of(ran(schemas), "U901")


def test_another_policy_is_another_question(schemas: Path) -> None:
    """What holds under one policy is not taken for another."""
    ran(schemas)

    assert 0 == ran(schemas, policy="full").cached


def test_suppressions_are_not_cached(schemas: Path) -> None:
    """A suppression counts from the moment it is written, and ends on its day."""
    ran(schemas, noop)
    (schemas / "gate.toml").write_text(
        '[[suppress]]\nrule = "U906"\nevent = "order.placed"\nreason = "soon"\nexpires = 2999-01-01\n',
        encoding="utf-8",
    )

    report = ran(schemas, noop)

    assert 2 == report.cached
    assert "soon" == only(report, "U906").suppressed


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"order.placed": 1}', b"\xff"])
def test_a_broken_cache_counts_as_none(schemas: Path, content: bytes) -> None:
    """Whatever stands in the file, the check runs."""
    ran(schemas)
    (schemas / ".upcast_cache" / "check.json").write_bytes(content)

    assert 0 == ran(schemas).cached
    assert 2 == ran(schemas).cached


def test_the_cache_is_not_committed(schemas: Path) -> None:
    """git is told to leave it alone."""
    ran(schemas)

    assert "*\n" == (schemas / ".upcast_cache" / ".gitignore").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_no_trouble(schemas: Path) -> None:
    """Nothing hangs on the cache."""
    (schemas / ".upcast_cache").write_text("a file", encoding="utf-8")

    assert ran(schemas).types == ran(schemas).types == 2


def test_without_a_cache_everything_is_run(schemas: Path) -> None:
    """None means none."""
    events = Registry()
    events.event("order.placed", version=2)(New)
    events.upcaster("order.placed", from_version=1)(dollar)

    assert [0, 0] == [check(events, schemas, only=["order.placed"]).cached for _ in range(2)]
    assert not (schemas / ".upcast_cache").exists()


def test_many_types_are_spread(tmp_path: Path) -> None:
    """Types that are looked at by other processes say the same as one by one."""
    events = Registry()
    for number in range(60):
        name = f"type.{number}"
        froze(tmp_path, name, Old, New)
        events.event(name, version=2)(type(f"New{number}", (New,), {"__module__": __name__}))
        events.upcaster(name, from_version=1)(noop if number % 7 == 0 else euro)

    report = check(events, tmp_path)
    alone = [check(events, tmp_path, only=[f"type.{number}"]) for number in (7, 8)]

    assert [f"type.{number}" for number in range(60) if number % 7 == 0] == sorted(
        (told.event for told in of(report, "U906")), key=lambda name: int(name[5:])
    )
    assert of(alone[0], "U906") == [told for told in of(report, "U906") if told.event == "type.7"]
    assert not of(alone[1], "U906")
