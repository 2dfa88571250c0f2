"""Stored values that nothing of today's event depends on are told of, unless a step says that they go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import attrs
import msgspec
import pytest
from pydantic import BaseModel, Field

from schemas.gated import froze, of, only
from upcast import Registry, add, each, move, remove, rename, within
from upcast.schemas.check import check


class Address(BaseModel):
    city: str
    zip: str


class OrderV1(BaseModel):
    id: str
    note: str = ""
    address: Address | None = None
    tags: list[str] = []


class Order(BaseModel):
    id: str
    address: Address | None = None
    tags: list[str] = []


def ran(tmp_path: Path, function: Callable[[dict[str, Any]], object], cls: type = Order, old: type = OrderV1) -> Any:
    """Check a history of two versions with one upcaster between them."""
    froze(tmp_path, "order.placed", old, cls)
    events = Registry()
    events.event("order.placed", version=2)(cls)
    events.upcaster("order.placed", from_version=1)(function)  # type: ignore[arg-type]
    return check(events, tmp_path)


def stepped(tmp_path: Path, *steps: Any, cls: type = Order, old: type = OrderV1) -> Any:
    """Check a history of two versions with steps between them."""
    froze(tmp_path, "order.placed", old, cls)
    events = Registry()
    events.event("order.placed", version=2)(cls)
    if steps:
        events.steps("order.placed", *steps, from_version=1)
    else:
        events.unchanged("order.placed", from_version=1)
    return check(events, tmp_path)


def test_a_function_that_drops_a_field_says_so(tmp_path: Path) -> None:
    """The edge that loses it is named, with a payload that has it."""

    def forget(payload: dict[str, Any]) -> dict[str, Any]:
        payload.pop("note", None)
        return payload

    told = only(ran(tmp_path, forget), "U907")

    assert (True, "/note", 1, 2) == (told.blocks, told.pointer, told.from_version, told.to_version)
    assert "forget" in told.message
    assert "test_check_loss.py" in told.place
    assert "remove('note')" in told.remedy
    assert told.witness is not None
    assert {"id": "", "note": ""} == msgspec.json.decode(told.witness.payload)


def test_a_class_that_does_not_read_a_field_says_so(tmp_path: Path) -> None:
    """What arrives and is ignored is as lost as what is taken away."""
    told = only(stepped(tmp_path), "U907")

    assert "/note" == told.pointer
    assert "Order does not read it" in told.message
    assert "among the steps from version 1" in told.remedy


def test_a_declared_removal_is_no_loss(tmp_path: Path) -> None:
    """A step that says what goes is the declaration."""
    report = stepped(tmp_path, remove("note"))

    assert report.ok, report.findings
    assert not of(report, "U907")


def test_a_declared_removal_covers_the_comparison(tmp_path: Path) -> None:
    """What the comparison calls a loss is covered by the step that declares it."""
    losses = [told for told in stepped(tmp_path, remove("note")).findings if "loss" in told.effects]

    assert losses
    assert all("remove('note')" in told.covered_by for told in losses)


def test_an_undeclared_loss_is_told_once(tmp_path: Path) -> None:
    """The rule for steps says more than the comparison, which is silent then."""
    losses = [told for told in stepped(tmp_path).findings if told.pointer == "/note"]

    assert ["U907"] == [told.rule for told in losses]


def test_removals_are_followed_through_renames(tmp_path: Path) -> None:
    """What is renamed first and removed later is declared all the same."""
    froze(tmp_path, "order.placed", OrderV1, OrderV1, Order)
    events = Registry()
    events.event("order.placed", version=3)(Order)
    events.steps("order.placed", rename("note", to="remark"), from_version=1)
    events.steps("order.placed", remove("remark"), remove("note"), from_version=2)

    assert not of(check(events, tmp_path), "U907")


def test_nested_removals_are_declared(tmp_path: Path) -> None:
    """`within` and `each` declare what goes inside of objects and lists."""

    class Line(BaseModel):
        sku: str
        price: int

    class Old(BaseModel):
        address: Address
        lines: list[Line]

    class City(BaseModel):
        city: str

    class Bare(BaseModel):
        sku: str

    class New(BaseModel):
        address: City
        lines: list[Bare]

    silent = {told.pointer for told in of(stepped(tmp_path / "a", cls=New, old=Old), "U907")}
    steps = (within("address", remove("zip")), each("lines", remove("price")))
    declared = of(stepped(tmp_path / "b", *steps, cls=New, old=Old), "U907")

    assert {"/address/zip", "/lines/*/price"} == silent
    assert [] == list(declared)


def test_a_removal_declares_no_other_loss(tmp_path: Path) -> None:
    """A step that removes one member of an object and writes over another declares the first only."""

    class Line(BaseModel):
        sku: str
        name: str
        price: int

    class Old(BaseModel):
        lines: list[Line]

    class Short(BaseModel):
        name: str

    class New(BaseModel):
        lines: list[Short]

    step = each("lines", remove("price"), rename("sku", to="name"))

    assert ["/lines/*/name"] == [told.pointer for told in of(stepped(tmp_path, step, cls=New, old=Old), "U907")]


def test_what_is_written_over_is_lost(tmp_path: Path) -> None:
    """A rename onto a field that is there already loses what stood there."""

    class Old(BaseModel):
        id: str
        note: str

    class New(BaseModel):
        note: str

    told = only(stepped(tmp_path, rename("id", to="note"), cls=New, old=Old), "U907")

    assert "/note" == told.pointer
    assert "rename('id', to='note')" in told.message


def test_an_object_that_is_lost_as_a_whole_is_told_once(tmp_path: Path) -> None:
    """Not each of its members is a finding, but the largest place that is gone."""

    class New(BaseModel):
        id: str
        note: str = ""
        tags: list[str] = []

    assert ["/address"] == [told.pointer for told in of(stepped(tmp_path, cls=New), "U907")]


def test_part_of_an_object_is_told_by_itself(tmp_path: Path) -> None:
    """Where a sibling is kept, the member alone is lost."""

    class City(BaseModel):
        city: str

    class New(BaseModel):
        id: str
        note: str = ""
        address: City | None = None
        tags: list[str] = []

    assert ["/address/zip"] == [told.pointer for told in of(stepped(tmp_path, cls=New), "U907")]


def test_moved_and_converted_values_are_kept(tmp_path: Path) -> None:
    """A value that something depends on is not lost, however it is transformed or where it goes."""

    class New(BaseModel):
        id: str
        length: int
        where: str = ""
        tags: list[str] = []

    def condense(payload: dict[str, Any]) -> dict[str, Any]:
        payload["length"] = len(payload.pop("note", "").strip())
        address = payload.pop("address", None)
        payload["where"] = f"{address['city']} {address['zip']}" if address else ""
        return payload

    assert not of(ran(tmp_path, condense, cls=New), "U907")


def test_presence_counts(tmp_path: Path) -> None:
    """A value of which only the presence is remembered is not lost without a word."""

    class New(BaseModel):
        id: str
        noted: bool
        address: Address | None = None
        tags: list[str] = []

    def presence(payload: dict[str, Any]) -> dict[str, Any]:
        payload["noted"] = payload.pop("note", None) is not None
        return payload

    assert not of(ran(tmp_path, presence, cls=New), "U907")


def test_a_value_that_counts_for_one_variant_is_kept(tmp_path: Path) -> None:
    """It is enough that some payloads depend on it."""

    class Old(BaseModel):
        kind: Literal["a", "b"]
        detail: str

    class New(BaseModel):
        kind: Literal["a", "b"]
        detail: str | None = None

    def only_for_b(payload: dict[str, Any]) -> dict[str, Any]:
        if payload["kind"] == "a":
            del payload["detail"]
        return payload

    assert not of(ran(tmp_path, only_for_b, cls=New, old=Old), "U907")


def test_a_class_with_a_new_id_each_time_still_shows_what_is_lost(tmp_path: Path) -> None:
    """What differs each time tells nothing, and hides nothing."""
    from uuid import UUID, uuid4

    class New(BaseModel):
        id: str
        address: Address | None = None
        tags: list[str] = []
        serial: UUID = Field(default_factory=uuid4)

    assert ["/note"] == [told.pointer for told in of(stepped(tmp_path, cls=New), "U907")]


def test_a_class_without_equality_still_shows_what_is_lost(tmp_path: Path) -> None:
    """Objects that are never equal are compared by what is written of them."""

    @attrs.define(eq=False)
    class Old:
        id: str
        note: str = ""

    @attrs.define(eq=False)
    class New:
        id: str

    assert ["/note"] == [told.pointer for told in of(stepped(tmp_path, cls=New, old=Old), "U907")]


def test_what_equality_ignores_is_kept_where_it_is_written(tmp_path: Path) -> None:
    """A field that takes no part in equality is not lost."""

    @attrs.define
    class Both:
        id: str
        note: str = attrs.field(default="", eq=False)

    assert not of(stepped(tmp_path, add("id", "x"), cls=Both, old=Both), "U907")


@pytest.mark.parametrize("base", ["struct", "attrs"])
def test_every_family(tmp_path: Path, base: str) -> None:
    """Structs and attrs classes are looked at alike."""
    if base == "struct":
        old: type = msgspec.defstruct("Old", [("id", str), ("note", str, "")])
        new: type = msgspec.defstruct("New", [("id", str)])
    else:
        old = attrs.make_class("Old", {"id": attrs.field(type=str), "note": attrs.field(type=str, default="")})
        new = attrs.make_class("New", {"id": attrs.field(type=str)})

    assert ["/note"] == [told.pointer for told in of(stepped(tmp_path, cls=new, old=old), "U907")]


def test_a_part_of_a_split_that_is_left_out_is_lost(tmp_path: Path) -> None:
    """What none of the parts depends on is told of, with the split."""

    class Pair(msgspec.Struct):
        left: str
        right: str
        rest: str

    class Half(msgspec.Struct):
        text: str

    froze(tmp_path, "pair", Pair)
    froze(tmp_path, "half", Half)
    events = Registry()
    events.event("half", version=1)(Half)

    @events.split("pair", from_version=1, into={"half": 1})
    def divide(payload: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        return [("half", {"text": payload[side]}) for side in ("left", "right")]

    told = only(check(events, tmp_path), "U907")

    assert "/rest" == told.pointer
    assert "divide" in told.message


def test_a_loss_can_be_suppressed(tmp_path: Path) -> None:
    """A reason and a last day let it pass."""
    froze(tmp_path, "order.placed", OrderV1, Order)
    (tmp_path / "gate.toml").write_text(
        '[[suppress]]\nrule = "U907"\nevent = "order.placed"\npointer = "/note"\nreason = "never used"\n'
        "expires = 2999-01-01\n",
        encoding="utf-8",
    )
    events = Registry()
    events.event("order.placed", version=2)(Order)
    events.unchanged("order.placed", from_version=1)

    report = check(events, tmp_path)

    assert report.ok, report.findings
    assert "never used" == only(report, "U907").suppressed


def test_moving_into_an_object_keeps(tmp_path: Path) -> None:
    """A declarative move is neither a loss nor a removal."""

    class New(BaseModel):
        id: str
        address: Address | None = None
        tags: list[str] = []
        more: dict[str, str] = {}

    assert not of(stepped(tmp_path, move("note", to="more.note"), add("more", {}), cls=New), "U907")
