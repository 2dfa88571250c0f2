"""Today's events for older readers, and today's class for the events of newer releases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel, ConfigDict, Field

from schemas.gated import froze, of, only
from upcast import Registry, add, remove, rename
from upcast.schemas.check import check


class OrderV1(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    amount: int = Field(ge=0)


class OrderV2(BaseModel):
    model_config = ConfigDict(extra="forbid")
    order_id: str
    amount: int = Field(ge=0)
    currency: str


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """Both versions are frozen."""
    froze(tmp_path, "order.placed", OrderV1, OrderV2)
    return tmp_path


def with_function() -> Registry:
    """A registry whose edge is a function, which nobody can undo by itself."""
    events = Registry()
    events.event("order.placed", version=2)(OrderV2)

    @events.upcaster("order.placed", from_version=1)
    def up(payload: dict[str, Any]) -> dict[str, Any]:
        return {"order_id": payload["id"], "amount": payload["amount"], "currency": "EUR"}

    return events


def test_a_downcast_is_missed_where_older_readers_must_go_on(schemas: Path) -> None:
    """Under a forward policy either the older reader takes today's events, or there is a way down."""
    told = only(check(with_function(), schemas, policy="full"), "U916")

    assert (True, 1, 2) == (told.blocks, told.from_version, told.to_version)
    assert "v2 → v1 cannot be undone" in told.message
    assert '@events.downcaster("order.placed", to_version=1)' in told.remedy


def test_no_downcast_is_missed_where_nobody_reads_backwards(schemas: Path) -> None:
    """Under the backward policy nobody asks for one."""
    assert not of(check(with_function(), schemas), "U916")


def test_no_downcast_is_missed_where_the_older_reader_is_tolerant(tmp_path: Path) -> None:
    """An older class that ignores what is new needs none."""

    class Tolerant(BaseModel):
        id: str

    class Wider(BaseModel):
        id: str
        note: str = ""

    froze(tmp_path, "order.placed", Tolerant, Wider)
    events = Registry()
    events.event("order.placed", version=2)(Wider)
    events.upcaster("order.placed", from_version=1)(lambda payload: payload)

    assert not of(check(events, tmp_path, policy="full"), "U916")


def test_inverses_of_steps_cover_what_older_readers_refuse(schemas: Path) -> None:
    """Steps that can be undone bring today's events to the older reader, and running them proves it."""
    events = Registry()
    events.event("order.placed", version=2)(OrderV2)
    events.steps("order.placed", rename("id", to="order_id"), add("currency", "EUR"), from_version=1)

    report = check(events, schemas, policy="full")

    forward = [told for told in report.findings if "forward" in told.effects]
    assert report.ok, report.findings
    assert forward
    assert all("downcast v2 → v1" in told.covered_by for told in forward)


def test_without_a_way_down_forward_breaks_block(schemas: Path) -> None:
    """What the older reader refuses stays an error."""
    forward = [told for told in check(with_function(), schemas, policy="full").findings if "forward" in told.effects]

    assert any(told.blocks for told in forward)


def test_a_downcaster_that_makes_what_the_older_reader_refuses(schemas: Path) -> None:
    """A function on the way down is run under every policy: somebody wrote it to be used."""
    events = with_function()

    @events.downcaster("order.placed", to_version=1)
    def down(payload: dict[str, Any]) -> dict[str, Any]:
        return {"id": payload["order_id"], "amount": -1 if payload["amount"] == 0 else payload["amount"]}

    told = only(check(events, schemas), "U916")

    assert told.blocks
    assert "test_check_downcasts.py" in told.place
    assert told.witness is not None
    assert ("forward", 0) == (told.witness.direction, msgspec.json.decode(told.witness.payload)["amount"])


def test_a_downcaster_that_leaves_what_the_older_reader_forbids(schemas: Path) -> None:
    """What comes back to today's class may be refused by the older one, which is asked itself."""
    events = with_function()

    @events.downcaster("order.placed", to_version=1)
    def down(payload: dict[str, Any]) -> dict[str, Any]:
        return {**payload, "id": payload["order_id"]}

    told = only(check(events, schemas), "U916")

    assert "version 1 refuses what is written for it" in told.message
    assert told.witness is not None
    assert "schema" == told.witness.executed_by


def test_a_downcaster_that_raises(schemas: Path) -> None:
    """So is one that fails on some of today's events."""
    events = with_function()

    @events.downcaster("order.placed", to_version=1)
    def down(payload: dict[str, Any]) -> dict[str, Any]:
        return {"id": payload["order_id"], "amount": 10 // payload["amount"]}

    assert "ZeroDivisionError" in only(check(events, schemas), "U916").message


def test_a_right_downcaster_passes(schemas: Path) -> None:
    """What the older version cannot hold may be lost on the way down."""
    events = with_function()

    @events.downcaster("order.placed", to_version=1)
    def down(payload: dict[str, Any]) -> dict[str, Any]:
        return {"id": payload["order_id"], "amount": payload["amount"]}

    report = check(events, schemas, policy="full")

    assert report.ok, report.findings
    assert not of(report, "U916")


def test_rolling_looks_at_the_version_before_only(tmp_path: Path) -> None:
    """Under rolling, versions that no running release reads need no way down."""

    class Middle(BaseModel):
        model_config = ConfigDict(extra="forbid")
        order_id: str
        amount: int = Field(ge=0)

    froze(tmp_path, "order.placed", OrderV1, Middle, OrderV2)
    events = Registry()
    events.event("order.placed", version=3)(OrderV2)
    events.upcaster("order.placed", from_version=1)(
        lambda payload: {"order_id": payload["id"], "amount": payload["amount"]}
    )
    events.steps("order.placed", add("currency", "EUR"), from_version=2)

    assert not of(check(events, tmp_path, policy="rolling"), "U916")
    assert only(check(events, tmp_path, policy="full"), "U916")


def test_rolling_runs_no_downcast_that_nobody_needs(tmp_path: Path) -> None:
    """Inverses of steps that lead to what no running release reads are nobody's promise."""

    class Closed(BaseModel):
        model_config = ConfigDict(extra="forbid")
        id: str

    class Wide(BaseModel):
        id: str
        note: str = ""

    class Wider(BaseModel):
        id: str
        note: str = ""
        more: str = ""

    froze(tmp_path, "order.placed", Closed, Wide, Wider)
    events = Registry()
    events.event("order.placed", version=3)(Wider)
    events.unchanged("order.placed", from_version=1)
    events.unchanged("order.placed", from_version=2)

    assert not of(check(events, tmp_path, policy="rolling"), "U916")
    assert of(check(events, tmp_path, policy="full"), "U916")


# --- newer versions -------------------------------------------------------------------------------------------------


def tolerant(reads_up_to: int) -> tuple[Registry, type]:
    """A class that says that it reads newer versions."""
    events = Registry()

    @events.event("order.placed", version=1, reads_up_to=reads_up_to)
    class Order(BaseModel):
        id: str
        amount: int = Field(ge=0)

    return events, Order


def test_newer_versions_that_are_read_as_they_are(tmp_path: Path) -> None:
    """What the newer versions write is run through today's class."""

    class Newer(BaseModel):
        id: str
        amount: int = Field(ge=0)
        note: str

    events, cls = tolerant(2)
    froze(tmp_path, "order.placed", cls, Newer)

    report = check(events, tmp_path)

    assert report.ok, report.findings


def test_newer_versions_that_are_not(tmp_path: Path) -> None:
    """A newer version that writes what today's class refuses breaks the promise."""

    class Newer(BaseModel):
        id: str
        amount: int

    events, cls = tolerant(2)
    froze(tmp_path, "order.placed", cls, Newer)

    told = only(check(events, tmp_path), "U906")

    assert (True, 1, 2, "/amount") == (told.blocks, told.from_version, told.to_version, told.pointer)
    assert "reads_up_to=2" in told.message


def test_newer_versions_of_the_baseline_count(tmp_path: Path) -> None:
    """An older release branch is held against what the main branch has frozen since."""

    class Newer(BaseModel):
        id: str
        amount: int

    events, cls = tolerant(2)
    froze(tmp_path / "here", "order.placed", cls)
    froze(tmp_path / "main", "order.placed", cls, Newer)

    assert only(check(events, tmp_path / "here", against=str(tmp_path / "main")), "U906")


def test_decode_only_classes_need_no_downcast(tmp_path: Path) -> None:
    """What cannot be written at all is not written as an older version either."""
    from pydantic import SecretStr

    class Old(BaseModel):
        id: str

    class Secret(BaseModel):
        id: str
        token: SecretStr

    froze(tmp_path, "order.placed", Old, Secret)
    events = Registry()
    events.event("order.placed", version=2)(Secret)
    events.steps("order.placed", add("token", "x"), remove("nothing"), from_version=1)

    assert not of(check(events, tmp_path, policy="full"), "U916")
