"""The verdict at build: every defect at once, each with its remedy."""

from __future__ import annotations

import dataclasses
from typing import Any

import attrs
import msgspec
import pydantic
import pytest

from upcast import (
    Defect,
    Flat,
    Payload,
    Registry,
    RegistryDefects,
    RegistryError,
    RegistrySealed,
    add,
    convert,
    map_values,
    move,
    remove,
    rename,
)


class Event(msgspec.Struct):
    """A class that takes any payload."""

    note: str = ""


def fresh_class(**fields: tuple[Any, ...]) -> type:
    """A Struct of its own, since one class belongs to one type."""
    return msgspec.defstruct("Fresh", [(name, *field) for name, field in fields.items()])


def defects(events: Registry, **options: Any) -> list[Defect]:
    """The defects of a registry, none if it builds."""
    try:
        events.codec(**options)
    except RegistryDefects as group:
        return list(group.exceptions)
    return []


def reasons(events: Registry, **options: Any) -> list[str]:
    """The reasons of the defects, in their order."""
    return [defect.reason for defect in defects(events, **options)]


# --- edges ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("current", "edges", "cut_off"),
    [
        (1, [], []),
        (2, [], [1]),
        (3, [], [1, 2]),
        (3, [1, 2], []),
        (3, [2], [1]),
        (3, [1], [1, 2]),
        (5, [1, 2, 4], [1, 2, 3]),
    ],
)
def test_known_answers_for_versions_that_cannot_reach_today(current: int, edges: list[int], cut_off: list[int]) -> None:
    """From the edges of a line follows exactly which stored versions are lost."""
    events = Registry()
    events.event("e", version=current)(Event)
    for start in edges:
        events.unchanged("e", from_version=start)
    found = defects(events)
    assert cut_off == sorted(version for defect in found for version in defect.cut_off)
    assert {defect.reason for defect in found} <= {"missing-edge"}


def test_a_missing_edge_comes_with_a_stub_that_works() -> None:
    """The stub of a missing edge, pasted and filled, makes the registry whole."""
    events = Registry()
    order = fresh_class(order_id=(str,))
    events.event("order.placed", version=2)(order)
    (defect,) = defects(events)
    assert ("order.placed", 1, (1,)) == (defect.event_type, defect.from_version, defect.cut_off)
    lines = defect.stub.splitlines()
    filled = [line for line in lines if "raise NotImplementedError" not in line]
    filled.insert(-1, '    payload["order_id"] = payload.pop("id")')
    exec("\n".join(filled), {"events": events, "Payload": Payload})  # what a user does with it
    event = events.codec().decode_payload("order.placed", 1, b'{"id": "A"}')
    assert order(order_id="A") == event


def test_an_unfilled_stub_refuses_every_event_of_that_version() -> None:
    """A stub nobody filled must not pass payloads through as they are."""
    events = Registry()
    events.event("e", version=2)(Event)
    (defect,) = defects(events)
    exec(defect.stub, {"events": events, "Payload": Payload})
    found = events.codec().decode_many([b'{"type": "e", "schema_version": 1, "data": {}}'], return_errors=True)
    assert "upcaster-failed" == found[0].reason  # type: ignore[attr-defined]


def test_all_defects_come_at_once_and_the_registry_stays_open() -> None:
    """One build reports everything, and what it reports can then be mended."""
    events = Registry()
    events.event("a", version=3)(Event)
    events.unchanged("b", from_version=1)
    events.unchanged("a", from_version=1)
    events.unchanged("a", from_version=1)
    events.unchanged("a", from_version=7)
    found = defects(events)
    assert ["duplicate-edge", "missing-edge", "orphan-edge", "orphan-edge"] == sorted(d.reason for d in found)
    assert all(d.remedy and d.event_type in {"a", "b"} for d in found)
    assert "test_verdict.py" in str(found[0].where)
    events.unchanged("a", from_version=2)
    assert "missing-edge" not in reasons(events)


def test_the_group_tells_every_defect_in_its_text() -> None:
    """A start-up failure in a log holds each defect, not only their number."""
    events = Registry()
    events.event("a", version=2)(Event)
    events.unchanged("b", from_version=1)
    with pytest.raises(RegistryDefects) as caught:
        events.codec()
    text = str(caught.value)
    assert "2 defects" in text
    assert "a: no edge brings version 1 to 2" in text
    assert "b: an edge belongs to no event type" in text
    assert isinstance(caught.value.subgroup(lambda d: getattr(d, "event_type", "") == "a"), RegistryDefects)


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "1", None])
def test_a_version_is_an_integer_from_1(version: Any) -> None:
    """Neither true nor 1.0 nor "1" is a version, of a class or of an edge."""
    events = Registry()
    events.event("a", version=version)(Event)
    assert "invalid-version" in reasons(events)
    events = Registry()
    events.event("a", version=1)(Event)
    events.unchanged("a", from_version=version)
    assert "invalid-version" in reasons(events)


@pytest.mark.parametrize("name", ["", "two words", "é", "x" * 201, "line\nbreak"])
def test_a_name_is_visible_ascii(name: str) -> None:
    """A name that could not stand in a log line is refused."""
    events = Registry()
    events.event(name, version=1)(Event)
    assert ["invalid-name"] == reasons(events)


def test_one_name_is_one_type_and_one_class_one_name() -> None:
    """A name taken twice, also as a former name, and a class used twice are defects."""
    events = Registry()
    events.event("a", version=1, formerly=["old"])(Event)
    events.event("old", version=1)(fresh_class())
    events.event("b", version=1)(Event)
    assert ["duplicate-type", "duplicate-type"] == reasons(events)


def test_an_edge_of_a_former_name_is_told_where_it_belongs() -> None:
    """The remedy of an orphan under a former name names today's type."""
    events = Registry()
    events.event("new", version=1, formerly="old")(Event)
    events.unchanged("old", from_version=1)
    (defect,) = defects(events)
    assert "orphan-edge" == defect.reason
    assert "'new'" in defect.remedy


def test_a_sealed_registry_takes_no_more() -> None:
    """After codec() every registration is refused, and another codec may still be made."""
    events = Registry()
    events.event("a", version=1)(Event)
    codec = events.codec()
    with pytest.raises(RegistrySealed):
        events.event("b", version=1)
    with pytest.raises(RegistrySealed):
        events.unchanged("a", from_version=1)
    with pytest.raises(RegistrySealed):
        events.steps("a", rename("x", to="y"), from_version=1)
    assert codec.fingerprint == events.codec().fingerprint


# --- splits ---------------------------------------------------------------------------------------------------------


def split_into(**into: Any) -> Registry:
    """A registry in which the whole of type `old` is split."""
    events = Registry()
    events.event("a", version=2, formerly=["was"])(fresh_class(x=(int, 0)))
    events.unchanged("a", from_version=1)
    events.split("old", from_version=1, into=into)(lambda payload: [("a", payload)])
    return events


def test_a_line_that_ends_in_a_split_or_drop_needs_no_class() -> None:
    """A type of which nothing is left today is declared by its split or drop alone."""
    assert [] == reasons(split_into(a=1))
    events = split_into(a=2)
    events.drop("gone", from_version=2)
    assert ["missing-edge"] == reasons(events)
    events.unchanged("gone", from_version=1)
    assert [] == reasons(events)


@pytest.mark.parametrize("into", [{"nobody": 1}, {"a": 3}, {"a": 0}, {"a": True}, {"was": 1}])
def test_a_split_target_must_exist_in_that_version(into: dict[str, Any]) -> None:
    """An unknown type, an impossible version and a former name are no targets."""
    (defect,) = defects(split_into(**into))
    assert ("unknown-split-target", "old", 1) == (defect.reason, defect.event_type, defect.from_version)


def test_a_split_that_leads_back_to_itself_is_a_defect() -> None:
    """No payload may go round for ever."""
    events = Registry()
    events.split("a", from_version=1, into={"b": 1})(lambda payload: [("b", payload)])
    events.split("b", from_version=1, into={"a": 1})(lambda payload: [("a", payload)])
    assert ["split-cycle", "split-cycle"] == reasons(events)


def test_a_split_may_make_a_later_version_of_its_own_type() -> None:
    """Part of an event may stay what it was, in the next version."""
    events = Registry()
    kept = fresh_class(x=(int, 0))
    events.event("a", version=2)(kept)
    events.event("b", version=1)(fresh_class(y=(int, 0)))
    events.split("a", from_version=1, into={"a": 2, "b": 1})(lambda p: [("a", {"x": p["x"]}), ("b", {"y": p["y"]})])
    codec = events.codec()
    found = codec.decode_all(b'{"type": "a", "schema_version": 1, "data": {"x": 1, "y": 2}}')
    assert [0, 1] == [index for _, index in found]
    assert kept(x=1) == found[0][0]


# --- constants and fields -------------------------------------------------------------------------------------------


class Address(pydantic.BaseModel):
    zip: str


class Order(pydantic.BaseModel):
    amount: int
    address: Address
    currency: str = pydantic.Field("EUR", max_length=3)


class StructAddress(msgspec.Struct):
    zip: str


class StructOrder(msgspec.Struct):
    amount: int
    address: StructAddress
    currency: str = "EUR"


def with_steps(cls: type, *steps: Any, then: tuple[Any, ...] = ()) -> Registry:
    """A registry of version 2 (or 3, with *then*) with these steps from version 1."""
    events = Registry()
    events.event("o", version=3 if then else 2)(cls)
    events.steps("o", *steps, from_version=1)
    if then:
        events.steps("o", *then, from_version=2)
    return events


@pytest.mark.parametrize("cls", [Order, StructOrder])
@pytest.mark.parametrize(
    "steps",
    [
        [add("amount", "much")],
        [add("address", {"zip": 5})],
        [add("address.zip", 5)],
        [add("address", {})],
        [add("currency", None)],
        [add("old", "much"), rename("old", to="amount")],
        [add("postcode", 5), move("postcode", to="address.zip")],
    ],
    ids=repr,
)
def test_a_constant_that_its_field_refuses_is_a_defect(cls: type, steps: list[Any]) -> None:
    """A constant is followed to the field where it ends, and tried there."""
    (defect,) = defects(with_steps(cls, *steps))
    assert "bad-constant" == defect.reason
    assert repr(steps[0]) in defect.problem


@pytest.mark.parametrize("cls", [Order, StructOrder])
def test_a_constant_is_followed_across_edges(cls: type) -> None:
    """What version 2 adds and version 3 moves is tried where version 3 puts it."""
    assert ["bad-constant"] == reasons(with_steps(cls, add("cents", "x"), then=(rename("cents", to="amount"),)))
    assert [] == reasons(with_steps(cls, add("cents", 1), then=(rename("cents", to="amount"),)))


@pytest.mark.parametrize("cls", [Order, StructOrder])
@pytest.mark.parametrize(
    "steps",
    [
        [add("amount", 1)],
        [add("address", {"zip": "1"})],
        [add("address.zip", "1")],
        [add("amount", "1.5"), convert("amount", lambda v: int(float(v)))],
        [add("amount", "a"), map_values("amount", {"a": 1})],
        [add("unknown", 1), remove("unknown")],
        [add("amount", "x"), remove("amount"), add("amount", 1)],
    ],
    ids=repr,
)
def test_a_constant_that_its_field_takes_is_none(cls: type, steps: list[Any]) -> None:
    """Nested constants, constants that are converted later, and those that never arrive are no defects."""
    assert [] == reasons(with_steps(cls, *steps))


def test_a_constant_before_a_function_is_not_judged() -> None:
    """Nobody can know what a function makes of a constant."""
    events = Registry()
    events.event("o", version=3)(Order)
    events.steps("o", add("amount", "x"), from_version=1)
    events.upcaster("o", from_version=2)(lambda payload: payload)
    assert [] == reasons(events)


@pytest.mark.parametrize(
    "steps",
    [
        [rename("id", to="order_id"), convert("id", str)],
        [remove("id"), rename("id", to="order_id")],
        [remove("customer"), move("customer.name", to="name")],
        [move("a.b", to="c"), map_values("a.b", {1: 2})],
    ],
    ids=repr,
)
def test_a_step_that_needs_what_is_gone_is_a_defect(steps: list[Any]) -> None:
    """A field that the steps before have certainly taken away cannot be asked for."""
    (defect,) = defects(with_steps(Event, *steps))
    assert "missing-field" == defect.reason
    assert repr(steps[1]) in defect.problem


@pytest.mark.parametrize(
    "steps",
    [
        [rename("a", to="b"), rename("b", to="a"), convert("a", str)],
        [rename("a", to="tmp"), rename("b", to="a"), rename("tmp", to="b")],
        [remove("a"), add("a", 1), convert("a", str)],
        [remove("a"), remove("a")],
        [remove("a"), move("b", to="a.c"), convert("a.c", str)],
    ],
    ids=repr,
)
def test_a_step_that_needs_what_is_back_is_none(steps: list[Any]) -> None:
    """Swaps and fields that were put back are no defects."""
    assert [] == reasons(with_steps(Event, *steps))


@pytest.mark.parametrize("cls", [Order, StructOrder])
def test_a_required_field_that_is_taken_away_is_a_defect(cls: type) -> None:
    """If no payload of an old version can ever satisfy the class, the build says so."""
    (defect,) = defects(with_steps(cls, remove("amount")))
    assert ("missing-field", 1) == (defect.reason, defect.from_version)
    assert "'amount'" in defect.problem
    assert [] == reasons(with_steps(cls, remove("amount"), then=(add("amount", 1),)))
    assert [] == reasons(with_steps(cls, remove("currency")))


# --- doors that would misread ---------------------------------------------------------------------------------------


@attrs.define
class Converter:
    x: int = attrs.field(converter=int)


@attrs.define
class Private:
    _x: int = 1


@attrs.define
class Alias:
    x: int = attrs.field(alias="y")


@attrs.define
class TakesSelf:
    x: int
    y: list[int] = attrs.Factory(lambda self: [self.x], takes_self=True)


@attrs.define(init=False)
class AttrsInit:
    x: int

    def __init__(self, x: int) -> None:
        self.x = x * 2


@dataclasses.dataclass
class WithInitVar:
    x: int
    y: dataclasses.InitVar[int] = 1


@dataclasses.dataclass
class DataclassInit:
    x: int

    def __init__(self, x: int) -> None:
        self.x = x * 2


@dataclasses.dataclass
class NotInit:
    x: int = dataclasses.field(init=False, default=1)


@dataclasses.dataclass
class PrivateField:
    _x: int = 1


@pydantic.dataclasses.dataclass
class Constrained:
    x: pydantic.PositiveInt


class HoldsPydantic(msgspec.Struct):
    x: list[Order]


class HoldsPydanticDataclass(msgspec.Struct):
    x: Constrained


class HoldsObject(msgspec.Struct):
    x: complex


@dataclasses.dataclass
class HoldsConverter:
    x: Converter


class TwoStructs(msgspec.Struct):
    x: StructOrder | StructAddress


class ArrayLike(msgspec.Struct, array_like=True):
    x: int


class HoldsPlain(pydantic.BaseModel, arbitrary_types_allowed=True):
    x: dict[str, Alias | None]


class Left(pydantic.BaseModel):
    next: Left | Right | None = None


class Right(pydantic.BaseModel):
    next: Left | Right | None = None


class Nowhere(pydantic.BaseModel):
    x: DoesNotExist  # type: ignore[name-defined]  # noqa: F821  # that is the point


@pytest.mark.parametrize(
    ("cls", "named"),
    [
        (Converter, "Converter.x has a converter"),
        (Private, "Private._x is private"),
        (Alias, "Alias.x has the alias 'y'"),
        (TakesSelf, "TakesSelf.y has a default made from the object"),
        (AttrsInit, "AttrsInit has an __init__ of its own"),
        (WithInitVar, "WithInitVar.y is an InitVar"),
        (DataclassInit, "DataclassInit has an __init__ of its own"),
        (NotInit, "NotInit.x has init=False"),
        (PrivateField, "PrivateField._x is private"),
        (HoldsPydantic, "HoldsPydantic.x holds Order, which msgspec cannot build"),
        (HoldsPydanticDataclass, "HoldsPydanticDataclass.x holds the pydantic dataclass Constrained"),
        (HoldsObject, "HoldsObject.x holds complex, which msgspec cannot build"),
        (HoldsConverter, "Converter.x has a converter"),
        (TwoStructs, "msgspec cannot read TwoStructs"),
        (ArrayLike, "ArrayLike is array_like"),
        (HoldsPlain, "HoldsPlain.x holds what cannot be read from JSON"),
        (Nowhere, "pydantic cannot read Nowhere"),
        (int, "int is neither"),
        (list[int], "list[int] is no class"),
        (5, "5 is no class"),
    ],
)
def test_a_class_whose_door_would_misread_is_a_defect(cls: type, named: str) -> None:
    """What a decoder would skip, ignore or never accept is named with its field at build."""
    events = Registry()
    events.event("e", version=1)(cls)
    found = defects(events)
    assert {"misread-class"} == {defect.reason for defect in found}
    assert any(named in defect.problem for defect in found), [defect.problem for defect in found]


def test_a_recursive_untagged_union_is_a_defect() -> None:
    """A union that doubles the work at each level never meets a payload."""
    events = Registry()
    events.event("e", version=1)(Left)
    assert ["recursive-union"] == reasons(events)


class Node(pydantic.BaseModel):
    children: list[Node] | int | None = None


class Leaf(pydantic.BaseModel):
    kind: str


class Tree(pydantic.BaseModel):
    child: Tree | list[Tree] | Leaf | None = None


def test_recursion_without_a_doubling_union_is_none() -> None:
    """Trees, and unions of which one choice an object can take leads back, are linear and fine."""
    for cls in (Node, Tree):
        events = Registry()
        events.event("e", version=1)(cls)
        assert [] == reasons(events), cls


# --- flat events ----------------------------------------------------------------------------------------------------


class Ignores(pydantic.BaseModel):
    x: int = 0


class Declares(pydantic.BaseModel, extra="forbid"):
    type: str
    schema_version: int


class Forbids(pydantic.BaseModel, extra="forbid"):
    x: int = 0


class Allows(pydantic.BaseModel, extra="allow"):
    x: int = 0


class StructForbids(msgspec.Struct, forbid_unknown_fields=True):
    schema_version: int


@pytest.mark.parametrize(
    ("cls", "count"), [(Ignores, 0), (Declares, 0), (Forbids, 2), (Allows, 2), (StructForbids, 1), (Event, 0)]
)
def test_a_flat_class_declares_or_ignores_the_header(cls: type, count: int) -> None:
    """A class that would refuse or keep the header members cannot be stored flat."""
    events = Registry()
    events.event("e", version=1)(cls)
    assert ["flat-header"] * count == reasons(events, envelope=Flat())
    assert [] == reasons(events)


# --- functions that cannot serve ------------------------------------------------------------------------------------


async def asynchronous(payload: Payload) -> Payload:
    """Decoding is synchronous."""
    return payload


def generator(payload: Payload) -> Any:
    """An upcaster returns one payload."""
    yield payload


def wants_envelope(payload: Payload, *, envelope: object) -> Payload:
    """Asks for what it was not registered for."""
    return payload


@pytest.mark.parametrize(
    ("function", "options", "named"),
    [
        (3, {}, "3 cannot be called"),
        (None, {}, "None cannot be called"),
        (asynchronous, {}, "asynchronous is async"),
        (generator, {}, "generator is a generator"),
        (lambda *, payload: payload, {}, "does not fit"),
        (lambda a, b: {}, {}, "does not fit"),
        (wants_envelope, {}, "register it with envelope=True"),
        (lambda payload: payload, {"envelope": True}, "does not fit"),
    ],
)
def test_a_function_that_cannot_serve_is_a_defect(function: Any, options: dict[str, Any], named: str) -> None:
    """No message in production discovers a wrong signature."""
    events = Registry()
    events.event("e", version=2)(Event)
    events.upcaster("e", from_version=1, **options)(function)
    (defect,) = defects(events)
    assert ("bad-function", 1) == (defect.reason, defect.from_version)
    assert named in defect.problem


def test_every_function_of_a_registry_is_judged() -> None:
    """Those in steps, in splits and of unversioned history too."""
    for function in (asynchronous, lambda: 1, lambda a, b: a):
        assert ["bad-function"] == reasons(with_steps(Event, convert("note", function)))
        assert ["bad-function"] == reasons(with_steps(Event, convert("note", str, inverse=function)))
        with pytest.raises(RegistryError):
            Registry(unversioned=function)
    for function in (asynchronous, None, 5):
        events = Registry()
        events.event("a", version=1)(Event)
        events.split("old", from_version=1, into={"a": 1})(function)  # type: ignore[call-overload]
        assert ["bad-function"] == reasons(events)


class Handler(pydantic.BaseModel):
    handle: Any = None
    call: type[int] = int


class HoldsHandler(pydantic.BaseModel):
    inner: list[Handler]


def test_a_field_that_cannot_be_read_is_blamed_alone() -> None:
    """Not the fields of other classes that hold its class."""
    events = Registry()
    events.event("e", version=1)(HoldsHandler)
    (defect,) = defects(events)
    assert defect.problem.startswith("Handler.call holds")


@pytest.mark.parametrize("function", [dict, lambda *args: {}, Event.__class__, wants_envelope])
def test_a_function_that_may_serve_is_none(function: Any) -> None:
    """Builtins, varargs and classes are callable too."""
    events = Registry()
    events.event("e", version=2)(Event)
    events.upcaster("e", from_version=1, envelope=function is wants_envelope)(function)  # type: ignore[call-overload]
    assert "bad-function" not in reasons(events)


class BeforeAll(pydantic.BaseModel):
    x: int = 0

    @pydantic.model_validator(mode="before")
    @classmethod
    def read_anything(cls, data: Any) -> Any:
        """May look at members that the class does not declare."""
        return data


@pytest.mark.parametrize("cls", [Order, StructOrder])
def test_a_constant_that_nobody_reads_is_a_defect(cls: type) -> None:
    """A mistyped name would be added to every payload and ignored by the class."""
    assert ["unread-field"] == reasons(with_steps(cls, add("curency", "EUR")))
    assert ["unread-field"] == reasons(with_steps(cls, add("currency", "EUR"), rename("currency", to="curency")))


@pytest.mark.parametrize("cls", [BeforeAll, Allows])
def test_a_constant_that_somebody_may_read_is_none(cls: type) -> None:
    """A class that keeps unknown members, or looks at all of them, may want it."""
    assert [] == reasons(with_steps(cls, add("anything", 1)))


@pytest.mark.parametrize("form", [Flat, "json", object()])
def test_an_envelope_that_is_none_is_named(form: Any) -> None:
    """The class of an envelope instead of an envelope is a mistake one makes."""
    events = Registry()
    events.event("e", version=1)(Event)
    with pytest.raises(RegistryError, match="envelope="):
        events.codec(envelope=form)
