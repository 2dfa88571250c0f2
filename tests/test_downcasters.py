"""Downcasters: functions that undo an edge, so that today's events can be written for older readers."""

from __future__ import annotations

import dataclasses
import itertools
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pydantic
import pytest

from upcast import (
    Defect,
    EncodeError,
    Flat,
    JsonEnvelope,
    Payload,
    Registry,
    RegistryDefects,
    StreamEntry,
    add,
    convert,
    map_values,
    remove,
    rename,
)


class StructPerson(msgspec.Struct):
    first: str
    last: str
    plan: str
    cents: int


class PydanticPerson(pydantic.BaseModel):
    first: str
    last: str
    plan: str
    cents: int


@attrs.define
class AttrsPerson:
    first: str
    last: str
    plan: str
    cents: int


@dataclasses.dataclass
class DataclassPerson:
    first: str
    last: str
    plan: str
    cents: int


@pydantic.dataclasses.dataclass
class PydanticDataclassPerson:
    first: str
    last: str
    plan: str
    cents: int


FAMILIES = [StructPerson, PydanticPerson, AttrsPerson, DataclassPerson, PydanticDataclassPerson]


def split_name(payload: Payload) -> Payload:
    """v1 → v2: an upcaster function."""
    payload["first"], payload["last"] = payload.pop("name").split(" ", 1)
    return payload


def join_name(payload: Payload) -> Payload:
    """v2 → v1: what undoes it."""
    return {**{k: v for k, v in payload.items() if k not in {"first", "last"}}, "name": name_of(payload)}


def name_of(payload: Payload) -> str:
    """The name in one."""
    return f"{payload['first']} {payload['last']}"


def with_fax(payload: Payload) -> Payload:
    """v4 → v3: the fax number that nobody has any more."""
    payload["fax"] = None
    return payload


def to_plan_id(payload: Payload) -> Payload:
    """v3 → v2: one of the numbers that the name stood for."""
    payload["plan_id"] = {"paid": 2, "free": 0}[payload.pop("plan")]
    return payload


def to_cents(euros: str) -> int:
    """Exactly."""
    return int(Decimal(euros) * 100)


def from_cents(cents: int) -> str:
    """Exactly."""
    return str(Decimal(cents) / 100)


def people(cls: Any, *, without: int = 0) -> Registry:
    """A function, a table with a default, a removal, and steps that know their own inverse."""
    events = Registry()
    events.event("person", version=5)(cls)
    events.upcaster("person", from_version=1)(split_name)
    plans = map_values("plan", {2: "paid", 1: "free"}, default="free")
    events.steps("person", rename("plan_id", to="plan"), plans, from_version=2)
    events.steps("person", remove("fax"), from_version=3)
    amounts = convert("cents", to_cents, inverse=from_cents)
    events.steps("person", rename("euros", to="cents"), amounts, from_version=4)
    for version, function in ((1, join_name), (2, to_plan_id), (3, with_fax)):
        if version != without:
            events.downcaster("person", to_version=version)(function)
    return events


OLD = {
    5: {"first": "Ann", "last": "Lee", "plan": "paid", "cents": 1250},
    4: {"first": "Ann", "last": "Lee", "plan": "paid", "euros": "12.5"},
    3: {"first": "Ann", "last": "Lee", "plan": "paid", "euros": "12.5", "fax": None},
    2: {"first": "Ann", "last": "Lee", "plan_id": 2, "euros": "12.5", "fax": None},
    1: {"name": "Ann Lee", "plan_id": 2, "euros": "12.5", "fax": None},
}


def refused(codec: Any, event: object, version: Any, **options: Any) -> EncodeError:
    """The refusal to write a version."""
    with pytest.raises(EncodeError) as caught:
        codec.encode(event, version=version, **options)
    return caught.value


@pytest.mark.parametrize("cls", FAMILIES)
@pytest.mark.parametrize("version", sorted(OLD))
def test_any_mix_of_inverses_and_downcasters_leads_down(cls: Any, version: int) -> None:
    """What is written is exactly what that version was, and reads back as the same event."""
    codec = people(cls).codec()
    event = cls("Ann", "Lee", "paid", 1250) if cls is not PydanticPerson else cls(**OLD[5])
    stored = codec.encode(event, version=version)
    assert {"type": "person", "schema_version": version, "data": OLD[version]} == msgspec.json.decode(stored)
    assert event == codec.decode(stored)
    name, written, payload = codec.encode_payload(event, version=version)
    assert ("person", version, OLD[version]) == (name, written, msgspec.json.decode(payload))


@pytest.mark.parametrize("form", [JsonEnvelope(), StreamEntry(), Flat()])
def test_every_envelope_can_hold_an_older_version(form: Any) -> None:
    """The stamp is that of the version that is written."""
    codec = people(StructPerson).codec(envelope=form)
    event = StructPerson("Ann", "Lee", "paid", 1250)
    stored = codec.encode(event, version=1)
    assert event == codec.decode(stored)
    assert 1 == codec.explain(stored).schema_version


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        (1, "v2 → v1, its upcaster is a function"),
        (2, "v3 → v2, map_values('plan', {2: 'paid', 1: 'free'}, default='free') has no inverse"),
        (3, "v4 → v3, remove('fax') has no inverse"),
    ],
)
def test_an_edge_that_has_neither_is_named_with_the_remedy(without: int, missing: str) -> None:
    """Version, step, and the line to write; versions above it can still be written."""
    codec = people(StructPerson, without=without).codec()
    event = StructPerson("Ann", "Lee", "paid", 1250)
    assert codec.encode(event, version=without + 1)
    for version in range(1, without + 1):
        error = refused(codec, event, version)
        remedy = f'register one with @events.downcaster("person", to_version={without})'
        assert ("no-downcast", f"cannot be written as v{version}: {missing}: {remedy}") == (error.reason, error.problem)
        assert "no-downcast" == refused(codec, event, version, lossy=True).reason


def test_the_remedy_works_as_it_is_printed() -> None:
    """The decorator in the message, above a function, makes the version writable."""
    event = StructPerson("Ann", "Lee", "paid", 1250)
    error = refused(people(StructPerson, without=3).codec(), event, 1)
    events = people(StructPerson, without=3)
    decorator = error.problem.partition("register one with ")[2]
    exec(f"{decorator}\ndef back(payload):\n    return {{**payload, 'fax': None}}", {"events": events})
    assert events.codec().encode(event, version=1)


def test_a_downcaster_takes_the_place_of_inverses() -> None:
    """Where both are known, the function that was written counts."""
    events = Registry()
    events.event("e", version=2)(msgspec.defstruct("E", [("b", int)]))
    events.steps("e", rename("a", to="b"), from_version=1)

    @events.downcaster("e", to_version=1)
    def keep_both(payload: Payload) -> Payload:
        return {"a": payload["b"], "b": -1}

    codec = events.codec()
    assert {"a": 5, "b": -1} == msgspec.json.decode(codec.encode(codec.decode_payload("e", 2, {"b": 5}), version=1))[
        "data"
    ]


def test_a_decorated_downcaster_is_what_it_was() -> None:
    """The decorator returns the function."""
    assert join_name is Registry().downcaster("person", to_version=1)(join_name)


def test_what_would_not_read_back_is_refused_unless_told() -> None:
    """A downcaster that loses something meets the same check as a step that does."""
    codec = people(StructPerson).codec()
    event = StructPerson("Ann", "Lee", "free", 1250)
    assert event == codec.decode(codec.encode(event, version=2))  # 0 is in no table, but the default is "free"
    odd = StructPerson("Ann Mae", "Lee", "paid", 1250)
    assert "no-round-trip" == refused(codec, odd, 1).reason
    assert StructPerson("Ann", "Mae Lee", "paid", 1250) == codec.decode(codec.encode(odd, version=1, lossy=True))


# --- a payload of its own -------------------------------------------------------------------------------------------

TABLE: dict[str, Any] = {"tags": [], "deep": {"x": [1]}}


class Anything(msgspec.Struct):
    tags: list[Any] = []
    deep: dict[str, Any] = {}


def by_downcaster(events: Registry, version: int, function: Any) -> None:
    """An edge that a downcaster undoes."""
    events.unchanged("e", from_version=version)
    events.downcaster("e", to_version=version)(function)


def by_inverse(events: Registry, version: int, function: Any) -> None:
    """An edge that the inverse of a step undoes."""

    def undo(_: Any) -> Any:
        return function({})["deep"]

    events.steps("e", convert("deep", lambda value: value, inverse=undo), from_version=version)


@pytest.mark.parametrize("first", [by_downcaster, by_inverse])
def test_what_a_function_returns_is_not_shared_with_the_next(first: Any) -> None:
    """A constant of the module that one returns is not changed by what is undone after it."""
    events = Registry()
    events.event("e", version=3)(Anything)
    first(events, 2, lambda payload: TABLE)

    @events.downcaster("e", to_version=1)
    def grow(payload: Payload) -> Payload:
        payload.setdefault("tags", []).append(1)
        payload["deep"]["x"].append(2)
        return payload

    events.unchanged("e", from_version=1)
    codec = events.codec()
    texts = {codec.encode(Anything(), version=1, lossy=True) for _ in range(3)}
    assert 1 == len(texts)
    assert {"tags": [], "deep": {"x": [1]}} == TABLE


def test_the_event_is_not_changed_by_its_downcast() -> None:
    """A downcaster that writes into its payload writes into nothing else."""
    events = Registry()
    events.event("e", version=2)(Anything)
    events.unchanged("e", from_version=1)

    @events.downcaster("e", to_version=1)
    def clear(payload: Payload) -> Payload:
        payload["tags"].clear()
        return payload

    event = Anything(tags=[1, [2]])
    events.codec().encode(event, version=1, lossy=True)
    assert Anything(tags=[1, [2]]) == event


def test_numbers_keep_their_digits_on_the_way_down() -> None:
    """A number that no float can hold passes a downcaster that does not touch it."""
    events = Registry()
    events.event("e", version=2)(msgspec.defstruct("E", [("amount", msgspec.Raw), ("x", int, 0)]))
    events.unchanged("e", from_version=1)
    events.downcaster("e", to_version=1)(lambda payload: {**payload, "x": 1})
    codec = events.codec()
    event = codec.decode_payload("e", 2, b'{"amount": 12345678901234567.8900}')
    assert b"12345678901234567.8900" in codec.encode(event, version=1, lossy=True)


# --- what a downcaster may do wrong ---------------------------------------------------------------------------------


def circular() -> Payload:
    """A payload that holds itself."""
    payload: Payload = {}
    payload["self"] = payload
    return payload


def deep(levels: int) -> list[Any]:
    """Lists in lists."""
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def raising(error: BaseException) -> Any:
    """A function that raises."""

    def fail(payload: Payload) -> Payload:
        raise error

    return fail


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (lambda payload: None, "v2 → v1, {name}: returned NoneType, not a payload: return the dict"),
        (lambda payload: [payload], "v2 → v1, {name}: returned list, not a payload: return the dict"),
        (lambda payload: {"x": float("nan")}, "v2 → v1, {name} made a payload without JSON form (NotFinite)"),
        (lambda payload: {"x": [Decimal("Infinity")]}, "v2 → v1, {name} made a payload without JSON form (NotFinite)"),
        (lambda payload: {"x": object()}, "v2 → v1, {name} made a payload without JSON form (TypeError)"),
        (lambda payload: {(1, 2): 3}, "v2 → v1, {name} made a payload without JSON form (TypeError)"),
        (lambda payload: circular(), "v2 → v1, {name} made a payload without JSON form (RecursionError)"),
        (raising(ValueError("canary")), "v2 → v1, {name}: raised ValueError in fail ({file}:{line})"),
        (raising(SystemExit("canary")), "v2 → v1, {name}: raised SystemExit in fail ({file}:{line})"),
        (raising(KeyError("canary")), "v2 → v1, {name}: raised KeyError in fail ({file}:{line})"),
    ],
)
@pytest.mark.parametrize("lossy", [True, False])
def test_what_a_downcaster_does_wrong_is_named_without_a_value(function: Any, problem: str, lossy: bool) -> None:
    """Edge, function and place, by file, line and function; nothing of what an exception says."""
    events = Registry()
    events.event("e", version=3)(Anything)
    events.unchanged("e", from_version=1)
    events.unchanged("e", from_version=2)
    events.downcaster("e", to_version=1)(function)
    events.downcaster("e", to_version=2)(lambda payload: payload)
    error = refused(events.codec(), Anything(tags=["canary"]), 1, lossy=lossy)
    line = raising(ValueError()).__code__.co_firstlineno + 1
    assert problem.format(name=function.__qualname__, file=__file__, line=line) == error.problem
    assert ("no-downcast", "e") == (error.reason, error.event_type)
    chain = [error, error.__context__, error.__cause__]
    assert not any("canary" in str(link) for link in chain)


def test_running_out_of_memory_is_not_the_events_fault() -> None:
    """It propagates as it is."""
    events = Registry()
    events.event("e", version=2)(Anything)
    events.unchanged("e", from_version=1)
    events.downcaster("e", to_version=1)(raising(MemoryError()))
    with pytest.raises(MemoryError):
        events.codec().encode(Anything(), version=1)


def test_the_function_of_an_inverse_is_named_with_its_place() -> None:
    """What undoes a convert fails in the same words."""
    events = Registry()
    events.event("e", version=2)(Anything)
    events.steps("e", convert("deep", dict, inverse=raising(ValueError("canary"))), from_version=1)
    error = refused(events.codec(), Anything(), 1)
    assert "raised ValueError in fail (" in error.problem
    assert "canary" not in str(error)


@pytest.mark.parametrize("lossy", [True, False])
def test_a_payload_beyond_the_bounds_is_not_written(lossy: bool) -> None:
    """What could not be read back is refused, also where loss is allowed."""
    events = Registry()
    events.event("e", version=2)(Anything)
    events.unchanged("e", from_version=1)
    events.downcaster("e", to_version=1)(lambda payload: {"x": ["(" * 600, deep(400)] * 2})
    assert "no-round-trip" == refused(events.codec(), Anything(), 1, lossy=lossy).reason


# --- the build ------------------------------------------------------------------------------------------------------


def defects(events: Registry) -> list[Defect]:
    """The defects of a registry, none if it builds."""
    try:
        events.codec()
    except RegistryDefects as group:
        return list(group.exceptions)  # type: ignore[arg-type]  # only ever Defects
    return []


async def ask(payload: Payload) -> Payload:
    """Decoding is not async."""
    return payload


def yields(payload: Payload) -> Any:
    """One payload is wanted."""
    yield payload


def nothing() -> Payload:
    """It takes a payload."""
    return {}


def by_envelope(payload: Payload, *, envelope: Any) -> Payload:
    """There is no envelope yet."""
    return payload


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        ("join", "'join' cannot be called"),
        (ask, "ask is async"),
        (yields, "yields is a generator, but a downcaster returns one payload"),
        (by_envelope, "does not fit"),
        (nothing, "does not fit"),
        (join_name, ""),
    ],
)
def test_a_function_that_can_never_serve_is_a_defect(function: Any, problem: str) -> None:
    """As for upcasters, by the same rules."""
    events = people(StructPerson, without=1)
    events.downcaster("person", to_version=1)(function)
    found = defects(events)
    assert ["bad-function"] * bool(problem) == [defect.reason for defect in found]
    assert all(problem in defect.problem and 1 == defect.from_version for defect in found)


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "1", None, []])
def test_a_downcaster_makes_a_version(version: Any) -> None:
    """An integer from 1."""
    events = people(StructPerson)
    events.downcaster("person", to_version=version)(join_name)
    assert [("invalid-version", f"a downcaster makes version {version!r}")] == [
        (defect.reason, defect.problem) for defect in defects(events)
    ]


def test_a_second_downcaster_of_an_edge_names_the_first() -> None:
    """Nobody could tell which counts."""
    events = people(StructPerson)
    events.downcaster("person", to_version=2)(to_plan_id)
    (defect,) = defects(events)
    assert ("duplicate-downcaster", "person", 2) == (defect.reason, defect.event_type, defect.from_version)
    assert 2 == str(defect).count(f"{__file__}:")


@pytest.mark.parametrize(
    ("name", "version", "problem", "remedy"),
    [
        ("person", 5, "a downcaster makes version 5, but the class is version 5", "Remove it."),
        ("person", 9, "a downcaster makes version 9, but the class is version 5", "Remove it."),
        ("persno", 1, "a downcaster belongs to no event type", "Declare it with @events.event(...)."),
        ("user", 1, "a downcaster belongs to no event type", "Register it for 'member'."),
        ("member", 1, "events of version 2 are split or dropped, which cannot be undone", "Remove it."),
        ("member", 2, "events of version 2 are split or dropped, which cannot be undone", "Remove it."),
        ("member", 3, "", ""),
        ("gone", 1, "events of version 2 are split or dropped, which cannot be undone", "Remove it."),
        ("gone", 2, "events of version 2 are split or dropped, which cannot be undone", "Remove it."),
    ],
)
def test_a_downcaster_that_undoes_nothing_is_a_defect(name: str, version: int, problem: str, remedy: str) -> None:
    """An unknown or former type, today's version, and all below a split or drop."""
    events = people(StructPerson)
    events.event("member", version=4, formerly=["user"])(Anything)
    for start in (1, 3):
        events.unchanged("member", from_version=start)
    events.split("member", from_version=2, into={"person": 5})(lambda payload: [])
    events.unchanged("gone", from_version=1)
    events.drop("gone", from_version=2)
    events.downcaster(name, to_version=version)(join_name)
    found = defects(events)
    assert ["orphan-downcaster"] * bool(problem) == [defect.reason for defect in found]
    assert all(problem in defect.problem and remedy == defect.remedy for defect in found)


def test_a_missing_edge_is_reported_once() -> None:
    """A downcaster over a gap is not blamed for it."""
    events = Registry()
    events.event("e", version=2)(Anything)
    events.downcaster("e", to_version=1)(join_name)
    assert ["missing-edge"] == [defect.reason for defect in defects(events)]


def test_a_downcaster_is_no_part_of_the_fingerprint() -> None:
    """It changes what is written for others, never what stored events mean."""
    prints = {people(StructPerson, without=without).codec().fingerprint for without in range(4)}
    assert 1 == len(prints)


def test_downcasters_may_be_registered_in_any_order() -> None:
    """Before the event and the edge, too."""
    for order in itertools.permutations(range(3)):
        events = Registry()
        actions = [
            lambda: events.event("e", version=2)(Anything),  # noqa: B023  # called in this round
            lambda: events.steps("e", add("deep", {}), from_version=1),  # noqa: B023
            lambda: events.downcaster("e", to_version=1)(lambda payload: {"tags": [1]}),  # noqa: B023
        ]
        for number in order:
            actions[number]()
        assert Anything(tags=[1]) == events.codec().decode(events.codec().encode(Anything(), version=1, lossy=True))
