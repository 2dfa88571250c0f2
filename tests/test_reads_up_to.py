"""`reads_up_to`: newer versions that today's class reads as they are."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import attrs
import msgspec
import pydantic
import pytest

from upcast import (
    Codec,
    Defect,
    EncodeError,
    Flat,
    JsonEnvelope,
    NewerVersion,
    Registry,
    RegistryDefects,
    StreamEntry,
    rename,
)


class StructOrder(msgspec.Struct):
    order_id: str


class PydanticOrder(pydantic.BaseModel):
    order_id: str


@attrs.define
class AttrsOrder:
    order_id: str


@dataclasses.dataclass
class DataclassOrder:
    order_id: str


@pydantic.dataclasses.dataclass
class PydanticDataclassOrder:
    order_id: str


class KeepingOrder(pydantic.BaseModel, extra="allow"):
    order_id: str


FAMILIES = [StructOrder, PydanticOrder, AttrsOrder, DataclassOrder, PydanticDataclassOrder, KeepingOrder]


class ClosedStruct(msgspec.Struct, forbid_unknown_fields=True):
    order_id: str = ""
    added_later: int = 0


class ClosedModel(pydantic.BaseModel, extra="forbid"):
    order_id: str


@pydantic.dataclasses.dataclass(config={"extra": "forbid"})
class ClosedDataclass:
    order_id: str


class Numbers(pydantic.BaseModel, extra="allow"):
    __pydantic_extra__: dict[str, int]


def orders(cls: Any, *, reads_up_to: Any = 4) -> Registry:
    """Version 2 of 2, after a rename; more is only read."""
    events = Registry()
    events.event("order", version=2, formerly=["purchase"], reads_up_to=reads_up_to)(cls)
    events.steps("order", rename("id", to="order_id"), from_version=1)
    return events


def stored(version: int, *, type: str = "order", **payload: Any) -> bytes:  # noqa: A002  # its name
    """A stored event."""
    return msgspec.json.encode({"type": type, "schema_version": version, "data": payload})


def defects(events: Registry, **options: Any) -> list[Defect]:
    """The defects of a registry, none if it builds."""
    try:
        events.codec(**options)
    except RegistryDefects as group:
        return list(group.exceptions)  # type: ignore[arg-type]  # only ever Defects
    return []


@pytest.mark.parametrize("cls", FAMILIES)
@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("name", ["order", "purchase"])
def test_a_newer_version_is_read_as_it_is(cls: Any, version: int, name: str) -> None:
    """Every entry point and every family agree; what the class ignores is not in the object."""
    codec = orders(cls).codec()
    event = cls(order_id="A")
    raw = stored(version, type=name, order_id="A")
    row = (name, version, {"order_id": "A"})
    assert event == codec.decode(raw) == codec.decode_as(cls, raw) == codec.decode_payload(*row)
    assert [(event, 0)] == codec.decode_all(raw) == codec.decode_payload_all(*row)
    assert [event] == codec.decode_many([raw]) == list(codec.explain(raw).events)
    more = codec.decode(stored(version, type=name, order_id="A", coupon="MAY"))
    assert ("coupon" in repr(more)) == (cls is KeepingOrder)


@pytest.mark.parametrize("cls", FAMILIES)
def test_the_steps_of_older_versions_do_not_run_on_newer_ones(cls: Any) -> None:
    """A field that is called like an old one is an unknown field in a newer version."""
    codec = orders(cls).codec()
    assert "B" not in repr(codec.decode(stored(4, order_id="A", id="B"))) or cls is KeepingOrder
    assert cls(order_id="B") == codec.decode(stored(1, id="B"))


@pytest.mark.parametrize("reads_up_to", [None, 2, 3, 4])
def test_what_is_above_is_newer_and_the_message_names_what_is_read(reads_up_to: int | None) -> None:
    """No more than was promised."""
    codec = orders(StructOrder, reads_up_to=reads_up_to).codec()
    newest = reads_up_to or 2
    assert codec.decode(stored(newest, order_id="A"))
    with pytest.raises(NewerVersion) as caught:
        codec.decode(stored(newest + 1, order_id="A"))
    assert f"this release reads versions 1 to {newest}:" in caught.value.problem
    assert newest == caught.value.current_version


def test_what_the_class_refuses_of_a_newer_version_is_refused() -> None:
    """The promise was that the class reads it; where it does not, the class says so."""
    codec = orders(PydanticOrder).codec()
    (error,) = codec.decode_many([stored(3, coupon="MAY")], return_errors=True)
    assert ("class-refused", ("order_id",), 3) == (error.reason, error.paths, error.schema_version)  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", [JsonEnvelope(), StreamEntry()])
def test_every_envelope_reads_newer_versions(form: Any) -> None:
    """The version is judged after the envelope."""
    codec: Codec[Any] = orders(StructOrder).codec(envelope=form)
    raw = codec.encode(StructOrder(order_id="A"))
    newer = {**raw, b"schema_version": b"4"} if isinstance(raw, dict) else raw.replace(b":2", b":4")
    assert raw != newer
    assert StructOrder(order_id="A") == codec.decode(newer)


class FlatOrder(msgspec.Struct):
    order_id: str
    type: str = "order"
    schema_version: int = 2


class FlatModel(pydantic.BaseModel):
    order_id: str
    type: Literal["order"] = "order"
    schema_version: Literal[2] = 2


@pytest.mark.parametrize("cls", [FlatOrder, FlatModel, StructOrder, PydanticOrder])
@pytest.mark.parametrize("name", ["order", "purchase"])
@pytest.mark.parametrize("version", [2, 3, 4])
def test_a_flat_event_of_a_newer_version_meets_todays_header(cls: Any, name: str, version: int) -> None:
    """A class that declares type and version meets its own in them; others are as they are."""
    codec = orders(cls).codec(envelope=Flat())
    raw = msgspec.json.encode({"type": name, "schema_version": version, "order_id": "A", "coupon": "MAY"})
    assert cls(order_id="A") == codec.decode(raw)
    assert (cls(order_id="A"),) == codec.explain(raw).events
    assert cls(order_id="A") == codec.decode_payload(name, version, {"order_id": "A"})


def test_explain_names_the_version_of_the_class() -> None:
    """Not the newest that is read."""
    codec = orders(StructOrder).codec()
    assert "order v4 → v2, current lane" == str(codec.explain(stored(4, order_id="A"))).splitlines()[0]
    assert (2, 2) == tuple(codec.explain(stored(v, id="A", order_id="A")).current_version for v in (1, 4))


def test_encode_writes_the_version_of_the_class_or_an_older_one() -> None:
    """What a newer version holds is not known, so none is written."""
    codec = orders(StructOrder).codec()
    event = codec.decode(stored(4, order_id="A", coupon="MAY"))
    assert stored(2, order_id="A") == codec.encode(event)
    assert stored(1, id="A") == codec.encode(event, version=1)
    for version in (3, 4, 5):
        for write in (codec.encode, codec.encode_payload):
            with pytest.raises(
                EncodeError, match=f"no version {version} to write: this release writes 1 to 2"
            ) as caught:
                write(event, version=version)
            assert "invalid-argument" == caught.value.reason


def test_stored_types_and_classes_are_the_same() -> None:
    """A newer version is stored under the same names."""
    with_it, without = (orders(StructOrder, reads_up_to=n).codec() for n in (4, None))
    assert without.stored_types(StructOrder) == with_it.stored_types(StructOrder)
    assert without.classes == with_it.classes


def test_a_split_makes_versions_that_this_release_knows() -> None:
    """A target in a version that is only read is a slip."""
    events = orders(StructOrder)
    events.split("cart", from_version=1, into={"order": 3})(lambda payload: [("order", payload)])
    assert ["unknown-split-target"] == [defect.reason for defect in defects(events)]


def test_the_fingerprint_tells_how_far_is_read() -> None:
    """It is part of what stored events mean; saying nothing and naming the own version are the same."""
    prints = [orders(StructOrder, reads_up_to=n).codec().fingerprint for n in (None, 2, 3, 4)]
    assert prints[0] == prints[1]
    assert 3 == len(set(prints))


@pytest.mark.parametrize("cls", [StructOrder, ClosedModel])
@pytest.mark.parametrize("reads_up_to", [1, 0, -1, True, 4.0, "4", []])
def test_reads_up_to_is_a_version_from_that_of_the_class_on(cls: Any, reads_up_to: Any) -> None:
    """What is below it, or no version, is a defect at the event's own line."""
    (defect,) = defects(orders(cls, reads_up_to=reads_up_to))
    assert ("invalid-version", "order") == (defect.reason, defect.event_type)
    assert f"its version is 2, but it says reads_up_to={reads_up_to!r}" == defect.problem
    assert __file__ in str(defect.where)


@pytest.mark.parametrize("cls", [ClosedStruct, ClosedModel, ClosedDataclass])
def test_a_class_that_forbids_unknown_fields_cannot_read_newer_versions(cls: Any) -> None:
    """Whatever a newer version adds it would refuse; the remedy is told at build."""
    (defect,) = defects(orders(cls))
    assert "closed-class" == defect.reason
    assert "reads_up_to=4, but the class forbids" in defect.problem
    assert "ignore unknown fields" in defect.remedy
    assert [] == defects(orders(cls, reads_up_to=2))
    assert [] == defects(orders(cls, reads_up_to=None))


def test_a_class_that_keeps_unknown_fields_may_read_newer_versions() -> None:
    """Also one that keeps fields of one type only: nobody knows what will be added."""
    assert [] == defects(orders(KeepingOrder)) + defects(orders(Numbers))
    assert {"coupon": "MAY"} == orders(KeepingOrder).codec().decode(
        stored(3, order_id="A", coupon="MAY")
    ).__pydantic_extra__  # type: ignore[attr-defined]


@pytest.mark.parametrize("start", [2, 3])
def test_a_line_that_goes_on_is_no_newer_version(start: int) -> None:
    """An edge, a split or a drop from the version of the class on contradicts it."""
    for register in (
        lambda events: events.unchanged("order", from_version=start),
        lambda events: events.drop("order", from_version=start),
        lambda events: events.split("order", from_version=start, into={"order": 1})(lambda payload: []),
    ):
        events = orders(StructOrder)
        register(events)
        assert "orphan-edge" in {defect.reason for defect in defects(events)}
