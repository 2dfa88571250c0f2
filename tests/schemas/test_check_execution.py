"""Stored payloads through the chain: what fails is told with the step, the payload and a remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel, Field, field_validator

from schemas.gated import blocking, froze, of, only
from upcast import Registry, add, convert, remove, rename
from upcast.schemas.check import check
from upcast.schemas.errors import SchemaError


class OrderV1(BaseModel):
    id: str
    amount: int
    note: str = ""


class OrderV2(BaseModel):
    order_id: str
    amount: int
    currency: str


def registry_of(*, version: int = 2, cls: type = OrderV2) -> Registry:
    """A registry with the newest class, and no edges."""
    events = Registry()
    events.event("order.placed", version=version)(cls)
    return events


def with_function(function: Any) -> Registry:
    """A registry whose only edge is a function."""
    events = registry_of()
    events.upcaster("order.placed", from_version=1)(function)
    return events


def noop(payload: dict[str, Any]) -> dict[str, Any]:
    """Believed to be a migration by those who only look whether there is one."""
    return payload


def right(payload: dict[str, Any]) -> dict[str, Any]:
    """Make what the class takes, and lose nothing but the note."""
    payload["order_id"] = payload.pop("id")
    payload["currency"] = "EUR"
    return payload


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """Version 1 and 2 are frozen."""
    froze(tmp_path, "order.placed", OrderV1, OrderV2)
    return tmp_path


def test_a_no_op_does_not_silence_a_break(schemas: Path) -> None:
    """An upcaster that changes nothing leaves the break, with the payload that shows it."""
    report = check(with_function(noop), schemas)

    told = only(report, "U906")
    assert not report.ok
    assert told.blocks
    assert "noop" in told.message
    assert told.witness is not None
    assert {"id": "", "amount": 0} == msgspec.json.decode(told.witness.payload)
    assert "order_id: missing; currency: missing" == told.witness.refusal
    assert "test_check_execution.py" in told.place
    assert "currency, order_id" in told.remedy


def test_an_unchanged_edge_does_not_silence_a_break(schemas: Path) -> None:
    """Nor does a declaration that there is nothing to do."""
    events = registry_of()
    events.unchanged("order.placed", from_version=1)

    assert of(check(events, schemas), "U906")


def test_a_right_chain_passes(schemas: Path) -> None:
    """Declarative steps that make what the class takes, and say what goes, leave nothing that blocks."""
    events = registry_of()
    events.steps("order.placed", rename("id", to="order_id"), add("currency", "EUR"), remove("note"), from_version=1)

    report = check(events, schemas)

    assert report.ok, report.findings
    assert (1, 2) == (report.types, report.versions)
    assert report.payloads > 50


def test_a_break_is_covered_only_by_running(schemas: Path) -> None:
    """What a comparison of the versions finds is covered by a chain that works, and by no other."""
    events = registry_of()
    events.steps("order.placed", rename("id", to="order_id"), add("currency", "EUR"), remove("note"), from_version=1)

    covered = [each for each in check(events, schemas).findings if "backward" in each.effects]
    uncovered = [
        each
        for each in check(with_function(noop), schemas).findings
        if "backward" in each.effects and each.rule.startswith("U1")
    ]

    assert covered
    assert all("rename('id', to='order_id')" in each.covered_by for each in covered)
    assert all("payloads" in each.covered_by for each in covered)
    assert uncovered
    assert all(each.blocks for each in uncovered)


def test_an_edge_that_raises_is_told_with_its_line(schemas: Path) -> None:
    """The message names the step and the line that raised; the payload is as small as one that does it can be."""

    def reads_note(payload: dict[str, Any]) -> dict[str, Any]:
        return right({**payload, "amount": payload["amount"] + len(payload["note"])})

    told = only(check(with_function(reads_note), schemas), "U905")

    assert (1, 2) == (told.from_version, told.to_version)
    assert "KeyError" in told.message
    assert told.place.rpartition(":")[2] == str(reads_note.__code__.co_firstlineno + 1)
    assert told.witness is not None
    assert {"id": "", "amount": 0} == msgspec.json.decode(told.witness.payload)
    assert "chain" == told.witness.executed_by


def test_two_reasons_are_two_findings(schemas: Path) -> None:
    """An edge that fails in two ways is told of twice."""

    def picky(payload: dict[str, Any]) -> dict[str, Any]:
        payload["note"].strip()
        return right({**payload, "amount": 100 // payload["amount"]})

    found = of(check(with_function(picky), schemas), "U905")

    assert ["KeyError", "ZeroDivisionError"] == sorted(
        error for each in found for error in ("KeyError", "ZeroDivisionError") if error in each.message
    )
    assert 2 == len({each.fingerprint for each in found})


def test_a_fixture_fails_where_samples_pass(schemas: Path) -> None:
    """A chain that takes everything that was made up still fails on what was really stored, and repeats none of it."""
    from upcast.schemas.store import SchemaStore

    def trusting(payload: dict[str, Any]) -> dict[str, Any]:
        return right({**payload, "amount": 1 if payload["id"] != "s3cret-id" else None})

    assert not of(check(with_function(trusting), schemas), "U905", "U906")
    SchemaStore.at(schemas).record("order.placed", 1, "production", b'{"id": "s3cret-id", "amount": 5}')

    told = only(check(with_function(trusting), schemas), "U906")
    assert told.witness is not None
    assert ("", "order.placed/fixtures/v1/production.json") == (told.witness.payload, told.witness.fixture)
    assert "production.json" in told.message
    assert "s3cret" not in repr(told)


def test_the_edge_to_blame_is_the_first_that_makes_something_invalid(tmp_path: Path) -> None:
    """Where a middle edge makes what the version behind it refuses, that edge is named, not the last."""

    class Middle(BaseModel):
        order_id: str
        amount: int

    froze(tmp_path, "order.placed", OrderV1, Middle, OrderV2)
    events = registry_of(version=3)
    events.steps("order.placed", rename("id", to="order"), remove("note"), from_version=1)
    events.steps("order.placed", add("currency", "EUR"), from_version=2)

    told = only(check(events, tmp_path), "U906")

    assert (1, 2) == (told.from_version, told.to_version)
    assert "/order_id" == told.pointer


def test_an_edge_at_fault_for_two_versions_is_told_once(tmp_path: Path) -> None:
    """Payloads of every older version pass a broken edge; that is one finding."""

    class Middle(BaseModel):
        order_id: str
        amount: int

    froze(tmp_path, "order.placed", OrderV1, Middle, OrderV2)
    events = registry_of(version=3)
    events.steps("order.placed", rename("id", to="order_id"), remove("note"), from_version=1)
    events.unchanged("order.placed", from_version=2)

    told = only(check(events, tmp_path), "U906")

    assert (2, 3, "/currency") == (told.from_version, told.to_version, told.pointer)


def test_what_the_older_reader_refuses_is_not_held_against_the_chain(tmp_path: Path) -> None:
    """A payload that the version's writer seems to make, but that its own reader refuses, is not run."""
    from upcast.schemas.shapes import Integer, Member, Record, SchemaSnapshot, View
    from upcast.schemas.store import SchemaStore

    def view(**limits: Any) -> View:
        return View(root=Record(members=(Member(name="amount", shape=Integer(**limits), required=True),)))

    class Positive(BaseModel):
        amount: int = Field(ge=0)

    SchemaStore.at(tmp_path).freeze(
        SchemaSnapshot(
            format=1, type="order.placed", version=1, family="pydantic", reader=view(minimum=0), writer=view()
        )
    )
    froze(tmp_path, "order.placed", Positive, first=2)
    events = registry_of(cls=Positive)
    events.unchanged("order.placed", from_version=1)

    assert not of(check(events, tmp_path), "U906")


def test_parts_of_a_split_are_judged(tmp_path: Path) -> None:
    """Each part of a split must be a payload that its own type takes."""

    class Pair(msgspec.Struct):
        left: str
        right: str

    class Left(msgspec.Struct):
        text: str

    class Right(msgspec.Struct):
        text: int

    froze(tmp_path, "pair", Pair)
    froze(tmp_path, "left", Left)
    froze(tmp_path, "right", Right)
    events = Registry()
    events.event("left", version=1)(Left)
    events.event("right", version=1)(Right)

    @events.split("pair", from_version=1, into={"left": 1, "right": 1})
    def divide(payload: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        return [("left", {"text": payload["left"]}), ("right", {"text": payload["right"]})]

    told = only(check(events, tmp_path), "U906")

    assert "pair" == told.event
    assert "divide" in told.message
    assert "text: wrong-type" in told.message


def test_a_drop_needs_nothing(tmp_path: Path) -> None:
    """Versions that are dropped cannot fail, and lose nothing without a word."""
    froze(tmp_path, "order.placed", OrderV1)
    events = Registry()
    events.drop("order.placed", from_version=1)

    assert [] == blocking(check(events, tmp_path))


def test_a_function_that_asks_for_the_envelope_gets_one(schemas: Path) -> None:
    """What was made up has a plausible envelope."""
    events = registry_of()

    @events.upcaster("order.placed", from_version=1, envelope=True)
    def dated(payload: dict[str, Any], *, envelope: Any) -> dict[str, Any]:
        assert envelope.time.startswith("20")
        return right({**payload, "amount": len(envelope.type) + envelope.schema_version})

    assert not of(check(events, schemas), "U905", "U906")


def test_former_names_are_run(tmp_path: Path) -> None:
    """What is frozen under a former name of a type is run as it is stored."""
    froze(tmp_path, "order.made", OrderV1)
    froze(tmp_path, "order.placed", OrderV2, first=2)
    events = Registry()
    events.event("order.placed", version=2, formerly=["order.made"])(OrderV2)
    events.unchanged("order.placed", from_version=1)

    report = check(events, tmp_path)

    assert only(report, "U906")
    assert not of(report, "U913", "U914")


def test_versions_that_are_not_retained_are_not_run(schemas: Path) -> None:
    """What gate.toml says is stored nowhere any more may be left unread; its edge is dead."""
    (schemas / "gate.toml").write_text('[events."order.placed"]\nretained_from = 2\n', encoding="utf-8")

    report = check(with_function(noop), schemas)

    assert report.ok, report.findings
    assert only(report, "U910")


def test_a_converter_that_raises_names_its_step(schemas: Path) -> None:
    """A declarative step that fails is named as it was written."""
    events = registry_of()
    events.steps(
        "order.placed",
        rename("id", to="order_id"),
        add("currency", "EUR"),
        remove("note"),
        convert("amount", lambda amount: 100 // amount),
        from_version=1,
    )

    told = only(check(events, schemas), "U905")

    assert "convert('amount'" in told.message
    assert told.witness is not None
    assert 0 == msgspec.json.decode(told.witness.payload)["amount"]


def test_defects_are_findings(schemas: Path) -> None:
    """A registry that does not build is told of with the remedy of each defect, and the other types are checked."""
    events = registry_of()

    @events.event("order.paid", version=1)
    class Paid(BaseModel):
        id: str

    report = check(events, schemas)

    told = only(report, "U904")
    assert ("order.placed", 1, 2) == (told.event, told.from_version, told.to_version)
    assert "@events.upcaster" in told.remedy
    assert "order.paid" == only(report, "U902").event


def test_two_edges_from_one_version_are_ambiguous(schemas: Path) -> None:
    """A second edge from a version is a finding of its own rule."""
    events = with_function(right)
    events.unchanged("order.placed", from_version=1)

    assert only(check(events, schemas), "U909").blocks


def test_the_registry_stays_open(schemas: Path) -> None:
    """A check does not seal: modules that are imported later may still register."""
    events = with_function(right)
    check(events, schemas)

    @events.event("later", version=1)
    class Later(BaseModel):
        id: str

    assert "later" in events


def test_only_some_types(schemas: Path) -> None:
    """A check of one type says nothing about the others, frozen or declared."""
    froze(schemas, "gone", OrderV1)
    events = with_function(noop)

    report = check(events, schemas, only=["gone"])

    assert (0, ["U913"]) == (report.types, [told.rule for told in report.findings])


def test_a_slip_in_a_name_does_not_open_the_gate(schemas: Path) -> None:
    """A type that is neither declared nor frozen is refused, not passed over."""
    with pytest.raises(SchemaError, match="plcaed"):
        check(with_function(noop), schemas, only=["order.plcaed"])


class Judged(BaseModel):
    id: str
    amount: int

    @field_validator("id")
    @classmethod
    def numbered(cls, value: str) -> str:
        assert value.startswith("o-")
        return value


def halves(payload: dict[str, Any]) -> dict[str, Any]:
    """Rely on what the older class saw to."""
    return {"order_id": payload["id"].split("-")[1], "amount": payload["amount"], "currency": "EUR"}


def test_code_of_an_older_class_is_doubt_but_no_excuse(tmp_path: Path) -> None:
    """What a validator that is gone may have refused blocks until payloads are recorded that come through."""
    store = froze(tmp_path, "order.placed", Judged, OrderV2)

    told = only(check(with_function(halves), tmp_path), "U905")
    assert told.blocks
    assert "code of version 1 that judged /id may have refused it" in told.message
    assert "record payloads" in told.remedy

    store.record("order.placed", 1, "production", b'{"id":"o-7","amount":3}')
    report = check(with_function(halves), tmp_path)
    assert report.ok, report.findings
    assert "warning" == only(report, "U905").severity


def test_code_of_an_older_class_does_not_excuse_what_was_recorded(tmp_path: Path) -> None:
    """A recorded payload that fails blocks, whoever judged it."""
    store = froze(tmp_path, "order.placed", Judged, OrderV2)
    store.record("order.placed", 1, "production", b'{"id":"o-7","amount":3}')

    report = check(with_function(noop), tmp_path)

    assert {"error"} == {told.severity for told in of(report, "U905", "U906")}
    assert not [told for told in report.findings if told.rule == "U101" and told.covered_by]


def test_a_payload_that_was_made_up_is_no_evidence(tmp_path: Path) -> None:
    """What a freeze makes up for a version whose class is gone excuses nothing."""
    store = froze(tmp_path, "order.placed", Judged, OrderV2)
    store.record("order.placed", 1, "made-up", b'{"id":"o-7","amount":3}')

    assert only(check(with_function(halves), tmp_path), "U905").blocks


def test_recorded_payloads_excuse_nothing_where_no_code_judged(schemas: Path) -> None:
    """Without such code every payload that the older reader takes may be stored, whatever else was recorded."""
    from upcast.schemas.store import SchemaStore

    SchemaStore.at(schemas).record("order.placed", 1, "production", b'{"id":"o-7","amount":3}')

    assert only(check(with_function(halves), schemas), "U905").blocks


def test_a_chain_that_works_for_some_covers_nothing(schemas: Path) -> None:
    """A break is covered only if every payload of its version comes through."""

    def mostly(payload: dict[str, Any]) -> dict[str, Any]:
        return right({**payload, "amount": 100 // payload["amount"] * payload["amount"]})

    report = check(with_function(mostly), schemas)

    assert only(report, "U905")
    assert [""] == [told.covered_by for told in of(report, "U101")]


def test_undeclared_members_are_stored_too(schemas: Path) -> None:
    """Where the older class ignores what it does not know, a chain must not stumble over it."""

    def exact(payload: dict[str, Any]) -> dict[str, Any]:
        assert payload.keys() <= {"id", "amount", "note"}
        return right(payload)

    assert "AssertionError" in only(check(with_function(exact), schemas), "U905").message


def test_an_optional_field_may_be_added_to_an_open_class(tmp_path: Path) -> None:
    """What an undeclared member of that name might have held is no payload, unless gate.toml says so."""

    class Plain(BaseModel):
        id: str

    class Wider(BaseModel):
        id: str
        high: int = 0

    froze(tmp_path, "order.placed", Plain, Wider)
    events = registry_of(cls=Wider)
    events.unchanged("order.placed", from_version=1)

    assert check(events, tmp_path).ok
    (tmp_path / "gate.toml").write_text('open_objects = "strict"\n', encoding="utf-8")
    assert of(check(events, tmp_path), "U906")


def test_what_cannot_be_made_up_is_not_passed_over(tmp_path: Path) -> None:
    """Where no payload can be made, nothing was run, and the report says so."""
    from upcast.schemas.shapes import Member, Opaque, Record, SchemaSnapshot, View
    from upcast.schemas.store import SchemaStore

    root = Record(members=(Member(name="id", shape=Opaque(reason="nobody knows"), required=True),))
    view = View(root=root)
    SchemaStore.at(tmp_path).freeze(
        SchemaSnapshot(format=1, type="order.placed", version=1, family="pydantic", reader=view, writer=view)
    )

    class Loose(BaseModel):
        id: Any

    froze(tmp_path, "order.placed", Loose, first=2)
    events = registry_of(cls=Loose)
    events.unchanged("order.placed", from_version=1)

    told = only([each for each in check(events, tmp_path).findings if not each.pointer], "U933")

    assert "/id" in told.message
    assert "record payloads" in told.remedy


def test_progress(schemas: Path) -> None:
    """Each type that is done is told of."""
    told: list[tuple[int, int]] = []
    check(with_function(right), schemas, progress=lambda done, of_all: told.append((done, of_all)))

    assert [(1, 1)] == told
