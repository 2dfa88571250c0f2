"""The steps one by one: what each does when a field is absent, null or of another kind, and what it leaves alone."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import msgspec
import pydantic
import pytest

from upcast import (
    Codec,
    EncodeError,
    InvalidStep,
    Registry,
    RegistryDefects,
    UpcasterFailed,
    add,
    convert,
    each,
    join_fields,
    map_values,
    move,
    remove,
    rename,
    split_field,
    unwrap,
    within,
    wrap,
)


class Open(pydantic.BaseModel, extra="allow"):
    """Keeps whatever a payload holds."""


def codec_of(cls: Any, *steps: Any) -> Codec[bytes]:
    """A codec of version 2 of a class, which the steps lead to."""
    events = Registry()
    events.event("e", version=2)(cls)
    events.steps("e", *steps, from_version=1)
    return events.codec()


def after(step: Any, payload: dict[str, Any]) -> Any:
    """What a step makes of a payload, or what it says when it fails."""
    codec = codec_of(Open, step)
    failed = None
    try:
        made = codec.decode_payload("e", 1, payload)
    except UpcasterFailed as error:
        failed = error
    if failed:
        assert repr(step) == failed.step
        return failed.problem.removeprefix(f"v1 → v2, {step!r}: ")
    assert isinstance(made, Open)
    return made.model_extra


def same(value: int) -> int:
    """A function whose name can be read back."""
    return value


ADDRESS = within("address", rename("zip", to="postcode"), add("country", "CH"))
LINES = each("order.lines", rename("sku", to="article"), remove("note"))
PRICE = wrap("price", key="amount")
TAGS = wrap("tags")
NAME = split_field("name", into=("first", "person.last"), separator=" ")
WHOLE = join_fields(("first", "person.last"), to="name", separator=" ")


@pytest.mark.parametrize(
    ("step", "payload", "expected"),
    [
        # within
        (ADDRESS, {"address": {"zip": "1", "x": 1}}, {"address": {"postcode": "1", "x": 1, "country": "CH"}}),
        (ADDRESS, {"address": {}}, {"address": {"country": "CH"}}),
        (ADDRESS, {"zip": "1"}, {"zip": "1"}),
        (ADDRESS, {"address": None}, {"address": None}),
        (ADDRESS, {"address": "Bern"}, "'address' is not an object"),
        (ADDRESS, {"address": []}, "'address' is not an object"),
        (within("a.b", remove("c")), {"a": {"b": {"c": 1, "d": 2}, "c": 3}}, {"a": {"b": {"d": 2}, "c": 3}}),
        (within("a.b", remove("c")), {"a": "in the way"}, {"a": "in the way"}),
        (within("a.b", remove("c")), {"a": None}, {"a": None}),
        (within("a", within("b", move("c", to="d.e"))), {"a": {"b": {"c": 1}}}, {"a": {"b": {"d": {"e": 1}}}}),
        (
            within("a", move("b", to="c.d")),
            {"a": {"b": 1, "c": 2}},
            "in 'a', 'c' is not an object, so 'c.d' cannot be set",
        ),
        (
            within("a", within("b", wrap("c"), unwrap("c", key="d"))),
            {"a": {"b": {"c": 1}}},
            "in 'a', in 'b', 'c' is not an object",
        ),
        # each
        (
            LINES,
            {"order": {"lines": [{"sku": 1}, {"sku": 2, "note": 3}]}},
            {"order": {"lines": [{"article": 1}, {"article": 2}]}},
        ),
        (LINES, {"order": {"lines": []}}, {"order": {"lines": []}}),
        (LINES, {"order": {"lines": [None, {"sku": 1}, None]}}, {"order": {"lines": [None, {"article": 1}, None]}}),
        (LINES, {"order": {}}, {"order": {}}),
        (LINES, {"order": {"lines": None}}, {"order": {"lines": None}}),
        (LINES, {"order": "in the way"}, {"order": "in the way"}),
        (LINES, {"order": {"lines": {"sku": 1}}}, "'order.lines' is not an array"),
        (LINES, {"order": {"lines": "sku"}}, "'order.lines' is not an array"),
        (LINES, {"order": {"lines": [{}, 1]}}, "an item of 'order.lines' is not an object"),
        (LINES, {"order": {"lines": [[{"sku": 1}]]}}, "an item of 'order.lines' is not an object"),
        (
            each("a", each("b", add("c", 0))),
            {"a": [{"b": [{}, {"c": 1}]}, {}]},
            {"a": [{"b": [{"c": 0}, {"c": 1}]}, {}]},
        ),
        (
            each("a", map_values("b", {1: 2})),
            {"a": [{"b": 3}]},
            "in an item of 'a', the value of 'b' has no mapping and there is no default",
        ),
        # wrap
        (PRICE, {"price": 5}, {"price": {"amount": 5}}),
        (PRICE, {"price": {"amount": 5}}, {"price": {"amount": {"amount": 5}}}),
        (PRICE, {}, {}),
        (PRICE, {"price": None}, {"price": None}),
        (wrap("price", key="amount", nulls=True), {"price": None}, {"price": {"amount": None}}),
        (wrap("price", key="amount", nulls=True), {}, {}),
        (wrap("a.b", key=r"x\.y"), {"a": {"b": False}}, {"a": {"b": {"x.y": False}}}),
        (wrap("a.b", key="c"), {"a": "in the way"}, {"a": "in the way"}),
        (TAGS, {"tags": "red"}, {"tags": ["red"]}),
        (TAGS, {"tags": ["red"]}, {"tags": [["red"]]}),
        (TAGS, {"tags": None}, {"tags": None}),
        (TAGS, {}, {}),
        (wrap("tags", nulls=True), {"tags": None}, {"tags": [None]}),
        # unwrap
        (unwrap("price", key="amount"), {"price": {"amount": 5}}, {"price": 5}),
        (unwrap("price", key="amount"), {"price": {"amount": None}}, {"price": None}),
        (unwrap("price", key="amount"), {}, {}),
        (unwrap("price", key="amount"), {"price": None}, {"price": None}),
        (unwrap("price", key="amount", nulls=True), {"price": None}, {"price": None}),
        (unwrap("price", key="amount"), {"price": 5}, "'price' is not an object"),
        (unwrap("price", key="amount"), {"price": [5]}, "'price' is not an object"),
        (unwrap("price", key="amount"), {"price": {}}, "'price' does not hold 'amount' and nothing else"),
        (unwrap("price", key="amount"), {"price": {"cents": 5}}, "'price' does not hold 'amount' and nothing else"),
        (
            unwrap("price", key="amount"),
            {"price": {"amount": 5, "x": 1}},
            "'price' does not hold 'amount' and nothing else",
        ),
        (unwrap("a.b", key=r"x\.y"), {"a": {"b": {"x.y": 1}}}, {"a": {"b": 1}}),
        (unwrap("a.b"), {"a": []}, {"a": []}),
        (unwrap("tags"), {"tags": ["red"]}, {"tags": "red"}),
        (unwrap("tags"), {"tags": [None]}, {"tags": None}),
        (unwrap("tags"), {"tags": [["red"]]}, {"tags": ["red"]}),
        (unwrap("tags"), {"tags": None}, {"tags": None}),
        (unwrap("tags"), {}, {}),
        (unwrap("tags"), {"tags": []}, "'tags' does not hold exactly one item"),
        (unwrap("tags"), {"tags": [1, 2]}, "'tags' does not hold exactly one item"),
        (unwrap("tags"), {"tags": {"0": 1}}, "'tags' is not an array"),
        (unwrap("tags"), {"tags": "r"}, "'tags' is not an array"),
        # split_field
        (NAME, {"name": "Ada Lovelace"}, {"first": "Ada", "person": {"last": "Lovelace"}}),
        (NAME, {"name": "Ada King Lovelace"}, {"first": "Ada", "person": {"last": "King Lovelace"}}),
        (NAME, {"name": " "}, {"first": "", "person": {"last": ""}}),
        (NAME, {"name": "A B", "first": 1, "person": {"x": 1}}, {"first": "A", "person": {"x": 1, "last": "B"}}),
        (NAME, {"first": 1}, {"first": 1}),
        (NAME, {"name": None}, {"first": None, "person": {"last": None}}),
        (NAME, {"name": "Ada"}, "'name' has fewer than 2 parts"),
        (NAME, {"name": ""}, "'name' has fewer than 2 parts"),
        (NAME, {"name": 1}, "'name' is not a text"),
        (NAME, {"name": ["Ada", "Lovelace"]}, "'name' is not a text"),
        (NAME, {"name": "A B", "person": 1}, "'person' is not an object, so 'person.last' cannot be set"),
        (split_field("a.b", into=("a.b", "c"), separator=", "), {"a": {"b": "1, 2"}}, {"a": {"b": "1"}, "c": "2"}),
        (split_field("a.b", into=("c", "d"), separator="-"), {"a": {"b": "1-2"}}, {"a": {}, "c": "1", "d": "2"}),
        (split_field("a.b", into=("c", "d"), separator="-"), {"a": "1-2"}, {"a": "1-2"}),
        (split_field("t", into=("h", "m", "s"), separator=":"), {"t": "1:2:3:4"}, {"h": "1", "m": "2", "s": "3:4"}),
        (split_field("t", into=("h", "m", "s"), separator=":"), {"t": "1:2"}, "'t' has fewer than 3 parts"),
        # join_fields
        (
            WHOLE,
            {"first": "Ada", "person": {"last": "King", "x": 1}, "name": 0},
            {"person": {"x": 1}, "name": "Ada King"},
        ),
        (WHOLE, {"first": "", "person": {"last": ""}}, {"person": {}, "name": " "}),
        (WHOLE, {"name": 0}, {"name": 0}),
        (WHOLE, {"name": 0, "person": {}}, {"name": 0, "person": {}}),
        (WHOLE, {"first": None, "person": {"last": None}}, {"person": {}, "name": None}),
        (WHOLE, {"first": "Ada"}, "'person.last' is absent"),
        (WHOLE, {"first": None}, "'first' is not a text"),
        (WHOLE, {"person": {"last": "King"}}, "'first' is absent"),
        (WHOLE, {"first": "Ada", "person": "King"}, "'person.last' is absent"),
        (WHOLE, {"first": "Ada", "person": {"last": None}}, "'person.last' is not a text"),
        (WHOLE, {"first": 1, "person": {"last": "King"}}, "'first' is not a text"),
        (join_fields(("a", "b"), to="a", separator="-"), {"a": "1", "b": "2"}, {"a": "1-2"}),
        (
            join_fields(("a", "b"), to="c.d", separator="-"),
            {"a": "1", "b": "2", "c": 3},
            "'c' is not an object, so 'c.d' cannot be set",
        ),
    ],
    ids=lambda value: repr(value)[:70],
)
def test_a_step_does_what_is_written_down(step: Any, payload: dict[str, Any], expected: Any) -> None:
    """Present, absent, null, of another kind, in the way: each step has one answer, which never repeats a value."""
    assert expected == after(step, payload)


@pytest.mark.parametrize(
    ("step", "inverse"),
    [
        (
            within("a", rename("b", to="c"), wrap("c"), convert("c", same, inverse=abs)),
            within("a", convert("c", abs, inverse=same), unwrap("c"), rename("c", to="b")),
        ),
        (each("a", rename("b", to="c"), move("c", to="d.e")), each("a", move("d.e", to="c"), rename("c", to="b"))),
        (PRICE, unwrap("price", key="amount")),
        (TAGS, unwrap("tags")),
        (wrap("price", key="amount", nulls=True), unwrap("price", key="amount", nulls=True)),
        (NAME, WHOLE),
    ],
    ids=repr,
)
def test_a_step_that_loses_nothing_is_the_inverse_of_its_inverse(step: Any, inverse: Any) -> None:
    """The inverse is as written down, from the last nested step to the first."""
    assert inverse == step.inverse()
    assert step == inverse.inverse()


def test_a_nested_step_is_undone_if_all_of_it_can_be() -> None:
    """A removed field and a function without inverse cannot be brought back; what was added can be removed."""
    assert within("address", remove("country"), rename("postcode", to="zip")) == ADDRESS.inverse()
    assert LINES.inverse() is None
    assert within("a", convert("b", same)).inverse() is None


def test_a_table_that_makes_a_value_null_has_no_inverse() -> None:
    """Nulls that were there before are left alone, so they could not be told from those the table made."""
    assert map_values("a", {"x": None, "y": 1}).inverse() is None
    assert map_values("a", {"x": None}, nulls=True).inverse() == map_values("a", {None: "x"}, nulls=True)


@pytest.mark.parametrize(
    ("step", "form"),
    [
        (
            ADDRESS,
            {
                "step": "within",
                "field": "address",
                "steps": [
                    {"step": "rename", "field": "zip", "to": "postcode"},
                    {"step": "add", "field": "country", "value": "CH"},
                ],
            },
        ),
        (
            each("a.b", remove("c")),
            {"step": "each", "field": "a.b", "steps": [{"step": "remove", "field": "c"}]},
        ),
        (within("a", each("b", convert("c", same))), None),
        (wrap("price", key=r"a\.b"), {"step": "wrap", "field": "price", "key": r"a\.b", "nulls": False}),
        (wrap("tags", nulls=True), {"step": "wrap", "field": "tags", "nulls": True}),
        (unwrap("tags"), {"step": "unwrap", "field": "tags", "nulls": False}),
        (NAME, {"step": "split_field", "field": "name", "into": ["first", "person.last"], "separator": " "}),
        (WHOLE, {"step": "join_fields", "fields": ["first", "person.last"], "to": "name", "separator": " "}),
    ],
    ids=repr,
)
def test_a_step_is_data(step: Any, form: Any) -> None:
    """Its JSON form is as written down and missing where it holds code; its `repr` makes an equal step."""
    assert form == step.to_json()
    assert step == eval(repr(step))
    assert hash(step) == hash(eval(repr(step)))


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (ADDRESS, "within('address', rename('zip', to='postcode'), add('country', 'CH'))"),
        (each("a", convert("b", same, nulls=True)), "each('a', convert('b', same, nulls=True))"),
        (wrap("p", key="k", nulls=True), "wrap('p', key='k', nulls=True)"),
        (unwrap("p"), "unwrap('p')"),
        (NAME, "split_field('name', into=('first', 'person.last'), separator=' ')"),
        (WHOLE, "join_fields(('first', 'person.last'), to='name', separator=' ')"),
    ],
    ids=repr,
)
def test_a_step_reads_as_its_call(step: Any, text: str) -> None:
    """Errors and explanations show a step as one would write it."""
    assert text == repr(step)


def test_values_that_python_holds_equal_make_different_steps() -> None:
    """True, 1 and 1.0 are three values in JSON, in constants and in tables, also inside other steps."""
    for one, other in [(True, 1), (1, 1.0)]:
        assert within("a", add("b", one)) != within("a", add("b", other))
        assert each("a", map_values("b", {one: "x"})) != each("a", map_values("b", {other: "x"}))


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: within("a"), "within without steps does nothing: give the steps after the field, or take it away"),
        (lambda: each("a"), "each without steps does nothing"),
        (lambda: within("", remove("b")), "within takes the name of a field"),
        (lambda: each("a..b", remove("b")), "has an empty part"),
        (lambda: within("a", rename), "is no step: use rename, move, add, remove, convert, map_values, wrap"),  # type: ignore[arg-type]  # forgot the call
        (lambda: each("a", "b"), "'b' is no step"),  # type: ignore[arg-type]  # so it says
        (lambda: within("a", [remove("b")]), "is no step"),  # type: ignore[arg-type]  # a list of steps
        (lambda: wrap(""), "wrap takes the name of a field"),
        (lambda: wrap("a", key=""), "wrap(..., key=) takes the name of a field, not ''"),
        (lambda: unwrap("a", key="b.c"), r"key='b.c'): a key is one name; write a dot that belongs to it as '\.'"),
        (lambda: split_field("a", into=("b",), separator=" "), "two fields or more as into=; for one write move(...)"),
        (lambda: split_field("a", into=(), separator=" "), "takes two fields or more"),
        (lambda: split_field("a", into="bc", separator=" "), "split_field takes into=('bc', ...), the names of two"),
        (lambda: split_field("a", into=1, separator=" "), "split_field takes into=(1, ...)"),  # type: ignore[arg-type]  # so it says
        (lambda: split_field("a", into=("b", "b"), separator=" "), "names 'b' and 'b': give each part its own place"),
        (lambda: split_field("a", into=("b.c", "b"), separator=" "), "names 'b' and 'b.c': give each part"),
        (lambda: split_field("a", into=("b", ""), separator=" "), "split_field takes the name of a field, not ''"),
        (lambda: split_field("a", into=("a.b", "a.c"), separator=" "), "names 'a' and 'a.b', one inside the other"),
        (lambda: split_field("a.b", into=("a", "c"), separator=" "), "names 'a.b' and 'a', one inside the other"),
        (lambda: split_field("a", into=("b", "c"), separator=""), "takes a separator of one character or more, not ''"),
        (lambda: split_field("a", into=("b", "c"), separator=None), "not None"),  # type: ignore[arg-type]  # so it says
        (lambda: split_field("a", into=("b", "c"), separator="\ud800"), "has no JSON form"),
        (lambda: join_fields(("b",), to="a", separator=" "), "two fields or more as fields=; for one write move"),
        (lambda: join_fields("bc", to="a", separator=" "), "join_fields takes fields=('bc', ...)"),
        (lambda: join_fields(("b", "b"), to="a", separator=" "), "give each part its own place"),
        (lambda: join_fields(("a.b", "c"), to="a", separator=" "), "inside the other: use another name, and move(...)"),
        (lambda: join_fields(("b", "c"), to="", separator=" "), "join_fields takes the name of a field, not ''"),
        (lambda: join_fields(("b", "c"), to="a", separator=""), "takes a separator of one character or more"),
        (lambda: map_values("a", {Decimal(1): 1, "1": 2}), "two of its keys are the same value in JSON"),
        (lambda: rename("a", to="\udfff"), "has a lone surrogate, which no JSON text can hold"),
        (lambda: wrap("a", key="\ud800"), "has a lone surrogate"),
    ],
)  # fmt: skip
def test_a_step_that_can_mean_nothing_is_refused(make: Any, problem: str) -> None:
    """A mistake is found where it is written, and the text says what to write instead."""
    with pytest.raises(InvalidStep) as caught:
        make()
    assert problem in str(caught.value)


def test_a_registry_refuses_what_is_no_step() -> None:
    """The list of all steps stands in the error."""
    with pytest.raises(InvalidStep, match=r"is no step: use rename, .*split_field, join_fields, within or each"):
        Registry().steps("e", "rename", from_version=1)  # type: ignore[arg-type]  # so it says


# --- fresh data -----------------------------------------------------------------------------------------------------

CONSTANT: dict[str, Any] = {"address": {"zip": "1"}, "lines": [{"sku": "a", "deep": {"list": [1]}}], "name": "A B"}
SHARED: list[int] = [0]


def constant(_: Any) -> dict[str, Any]:
    """A function that hands out a constant of its module."""
    return CONSTANT


def shared(_: Any) -> list[int]:
    """Another."""
    return SHARED


def appended(value: list[int]) -> list[int]:
    """A function that changes what it gets."""
    value.append(len(value))
    return value


@pytest.mark.parametrize(
    "step",
    [
        within("address", rename("zip", to="postcode"), add("new", [])),
        each("lines", rename("sku", to="article"), within("deep", wrap("list", key="items"))),
        each("lines", wrap("deep.list"), move("deep.list", to="deep.inner.list")),
        each("lines", convert("deep.list", appended)),
        wrap("address.zip", key="code"),
        within("lines_are_not_here", remove("x")),
        unwrap("lines"),
        split_field("name", into=("address.first", "address.last"), separator=" "),
        join_fields(("name", "address.zip"), to="address.all", separator=" "),
    ],
    ids=repr,
)
def test_a_constant_of_a_module_is_never_written_into(step: Any) -> None:
    """A step copies what is nested before it changes it, so the same bytes read twice are equal."""
    events = Registry()
    events.event("e", version=3)(Open)
    events.upcaster("e", from_version=1)(constant)
    events.steps("e", step, from_version=2)
    codec, before = events.codec(), copy.deepcopy(CONSTANT)

    first = codec.decode_payload("e", 1, {})

    assert first == codec.decode_payload("e", 1, {})
    assert before == CONSTANT


@pytest.mark.parametrize("around", [within, each])
def test_functions_inside_a_step_do_not_meet_each_others_constants(around: Any) -> None:
    """What one function of a nested step holds, a later one of the same step cannot change."""
    step = around("a", convert("b", shared), convert("b", appended), convert("b", appended))
    payload = {"a": [{"b": 1}, {"b": 2}] if around is each else {"b": 1}}

    first = after(step, payload)

    assert [0, 1, 2] == (first["a"][1] if around is each else first["a"])["b"]
    assert first == after(step, payload)
    assert [0] == SHARED


def test_each_payload_gets_its_own_constant_in_every_item() -> None:
    """Two items that got the same constant do not share it."""
    made = after(each("a", add("b", []), convert("b", appended)), {"a": [{}, {}]})

    assert {"a": [{"b": [0]}, {"b": [0]}]} == made


# --- writing --------------------------------------------------------------------------------------------------------

ALL = (
    within("address", rename("zip", to="postcode"), wrap("city", key="name")),
    each("lines", rename("sku", to="article"), unwrap("prices")),
    wrap("price", key="amount", nulls=True),
    unwrap("labels", key="all"),
    split_field("name", into=("first", "last"), separator=" "),
    join_fields(("day", "time"), to="moment", separator="T"),
)
OLD: dict[str, Any] = {
    "address": {"zip": "1", "city": "Bern"},
    "lines": [{"sku": "a", "prices": [1]}, None],
    "price": None,
    "labels": {"all": ["x"]},
    "name": "Ada Lovelace",
    "day": "2024-01-01",
    "time": "10:00",
}


class City(pydantic.BaseModel):
    name: str


class Address(pydantic.BaseModel):
    postcode: str
    city: City


class Line(pydantic.BaseModel):
    article: str
    prices: int


class Price(pydantic.BaseModel):
    amount: int | None


class Order(pydantic.BaseModel):
    address: Address
    lines: list[Line | None]
    price: Price | None
    labels: list[str]
    first: str
    last: str
    moment: str


class StructCity(msgspec.Struct):
    name: str


class StructAddress(msgspec.Struct):
    postcode: str
    city: StructCity


class StructLine(msgspec.Struct):
    article: str
    prices: int


class StructPrice(msgspec.Struct):
    amount: int | None


class StructOrder(msgspec.Struct):
    address: StructAddress
    lines: list[StructLine | None]
    price: StructPrice | None
    labels: list[str]
    first: str
    last: str
    moment: str


@pytest.mark.parametrize("cls", [Order, StructOrder])
def test_an_event_goes_back_through_every_step(cls: Any) -> None:
    """What was read from version 1 is written as version 1 again, to the letter, and reads back as the same."""
    codec = codec_of(cls, *ALL)
    event: Any = codec.decode_payload("e", 1, OLD)

    raw = codec.encode(event, version=1)

    assert OLD == json.loads(raw)["data"]
    assert event == codec.decode(raw)
    assert ("1", "Bern", 1, None, "Ada", "Lovelace", "2024-01-01T10:00") == (
        *(event.address.postcode, event.address.city.name, event.lines[0].prices, event.price.amount),
        *(event.first, event.last, event.moment),
    )


@pytest.mark.parametrize("cls", [Order, StructOrder])
@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("first", "Ada Maria", "no-round-trip"),  # the separator inside a text would divide it elsewhere
        ("moment", "today", "no-downcast"),  # it has no second part
        ("price", None, "no-round-trip"),  # null would be wrapped when it is read again
    ],
)
def test_what_an_old_version_cannot_tell_is_refused(cls: Any, field: str, value: Any, reason: str) -> None:
    """A value that no old payload becomes is not stored as another one, unless that is asked for."""
    codec = codec_of(cls, *ALL)
    event = codec.decode_payload("e", 1, OLD)
    setattr(event, field, value)

    with pytest.raises(EncodeError) as caught:
        codec.encode(event, version=1)

    assert reason == caught.value.reason
    assert event == codec.decode(codec.encode(event))
    if reason == "no-round-trip":
        assert event != codec.decode(codec.encode(event, version=1, lossy=True))


@pytest.mark.parametrize("step", [within("a", remove("b")), each("a", convert("b", same))], ids=repr)
def test_a_nested_step_without_inverse_stops_a_downcast(step: Any) -> None:
    """The error names the step."""
    codec = codec_of(Open, step)

    with pytest.raises(EncodeError) as caught:
        codec.encode(Open(), version=1)

    assert "no-downcast" == caught.value.reason
    assert f"{step!r} has no inverse" in str(caught.value)


@pytest.mark.parametrize("number", ["1.10", "12345678901234567.89", "1" * 40, "1e400"])
def test_what_a_step_carries_along_keeps_its_digits(number: str) -> None:
    """A number that is moved inside, wrapped or unwrapped reaches the class as it was stored."""

    class Holder(msgspec.Struct):
        value: msgspec.Raw

    codec = codec_of(
        Holder, each("a", rename("b", to="c"), wrap("c", key="d")), unwrap("a"), within("a", unwrap("c", key="d")),
        move("a.c", to="value"),
    )  # fmt: skip
    event: Any = codec.decode_payload("e", 1, f'{{"a":[{{"b":{number}}}]}}')

    assert number == bytes(event.value).decode()


# --- the verdict ----------------------------------------------------------------------------------------------------


def defects(cls: Any, *steps: Any) -> list[tuple[str, str]]:
    """Reason and problem of every defect."""
    try:
        codec_of(cls, *steps)
    except RegistryDefects as group:
        return [(error.reason, error.problem) for error in group.exceptions]  # type: ignore[union-attr]  # only ever Defects
    return []


class Zipped(pydantic.BaseModel):
    zip: str = ""


class Shop(pydantic.BaseModel):
    address: Zipped | None = None
    lines: list[Zipped] = []
    old: list[list[Zipped]] = []


class StructZipped(msgspec.Struct):
    zip: str = ""


class StructShop(msgspec.Struct):
    address: StructZipped | None = None
    lines: list[StructZipped] = []
    old: list[list[StructZipped]] = []


@pytest.mark.parametrize("cls", [Shop, StructShop])
@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([within("address", add("zip", 5))], "bad-constant"),
        ([within("address", add("code", 5), rename("code", to="zip"))], "bad-constant"),
        ([within("address", add("code", 5)), move("address.code", to="address.zip")], "bad-constant"),
        ([within("place", add("zip", 5)), rename("place", to="address")], "bad-constant"),
        ([add("address", 5), wrap("address", key="zip")], "bad-constant"),
        ([add("address", None), wrap("address", key="zip", nulls=True)], "bad-constant"),
        ([each("address", add("zip", 5)), unwrap("address")], "bad-constant"),
        ([add("address.x.zip", 5), unwrap("address", key="x")], "bad-constant"),
        ([within("adress", add("zip", "1"))], "unread-field"),
        ([each("line", add("zip", "1"))], "unread-field"),
        ([add("adress", "1"), wrap("adress", key="zip")], "unread-field"),
        ([within("address", remove("zip"), convert("zip", str))], "missing-field"),
        ([remove("address.zip"), within("address", rename("zip", to="code"))], "missing-field"),
        ([remove("address"), within("address", add("zip", "1"))], "missing-field"),
        ([each("lines", remove("zip"), wrap("zip"))], "missing-field"),
        ([each("lines", remove("zip")), each("lines", wrap("zip"))], "missing-field"),
        ([remove("lines"), each("lines", add("zip", "1"))], "missing-field"),
        ([remove("address"), wrap("address")], "missing-field"),
        ([remove("address.x"), unwrap("address", key="x")], "missing-field"),
        ([rename("a", to="x"), split_field("a", into=("b", "c"), separator=" ")], "missing-field"),
        ([rename("a", to="x"), join_fields(("a", "b"), to="c", separator=" ")], "missing-field"),
        ([split_field("a", into=("b", "c"), separator=" "), convert("a", str)], "missing-field"),
        ([join_fields(("a", "b"), to="c", separator=" "), convert("b", str)], "missing-field"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_mistake_in_nested_steps_is_found_at_build(cls: Any, steps: list[Any], reason: str) -> None:
    """Constants are followed into, through and out of what is nested, and what is gone cannot be asked for."""
    ((found, problem),) = defects(cls, *steps)

    assert reason == found
    assert any(repr(step) in problem for step in steps)


@pytest.mark.parametrize("cls", [Shop, StructShop])
@pytest.mark.parametrize(
    "steps",
    [
        [within("address", add("zip", "1"))],
        [add("place.zip", "1"), rename("place", to="address")],
        [within("address", add("zip", 5), convert("zip", str))],
        [within("address", add("zip", 5), remove("zip"))],
        [add("address", None), wrap("address", key="zip")],
        [add("address", "1"), wrap("address", key="zip")],
        [add("address.zip", 5), wrap("address", key="x"), move("address.x.zip", to="unread.zip"), remove("unread")],
        # There is no path into an array, so what is put there is not judged.
        [each("lines", add("zip", 5))],
        [within("address", each("old", add("zip", 5)))],
        [add("lines", 5), wrap("lines")],
        [within("a", remove("b")), move("c", to="a"), within("a", rename("b", to="d"))],
        [remove("a.*.b"), each("a", convert("b", str))],
        [each("a", remove("b")), convert("a.*.b", str)],
        [each("a", remove("b")), convert("a", list), each("a", convert("b", str))],
        [each("a", remove("b"), add("b", 1), convert("b", str))],
        [remove("a.k"), wrap("a", key="k"), unwrap("a", key="k")],
        [remove("a.b"), unwrap("a", key="k"), convert("a.b", str)],
        [remove("b"), split_field("a", into=("b", "c"), separator=" "), convert("b", str)],
        [remove("c"), join_fields(("a", "b"), to="c", separator=" "), convert("c", str)],
        [split_field("a", into=("a", "b"), separator=" "), convert("a", str)],
        [join_fields(("a", "b"), to="a", separator=" "), convert("a", str)],
    ],
    ids=repr,
)
def test_nested_steps_that_may_be_right_have_no_defect(cls: Any, steps: list[Any]) -> None:
    """What nobody can know before the first event is not held against a registry."""
    assert [] == defects(cls, *steps)


def test_a_required_field_that_is_divided_is_a_defect() -> None:
    """The class cannot require what `split_field` or `join_fields` has taken."""

    class Person(msgspec.Struct):
        name: str
        last: str = ""

    split = split_field("name", into=("first", "last"), separator=" ")
    assert ["missing-field"] == [reason for reason, _ in defects(Person, split)]
    assert ["missing-field"] == [
        reason for reason, _ in defects(Person, join_fields(("name", "last"), to="whole", separator=" "))
    ]
    assert [] == defects(Person, split_field("name", into=("name", "last"), separator=" "))


def fingerprint(*steps: Any) -> str:
    """The fingerprint of a registry with steps."""
    return codec_of(Open, *steps).fingerprint


def test_the_fingerprint_covers_what_is_nested() -> None:
    """Another function, constant, key or order inside a step is another registry; the same again is the same."""

    def made(change: int) -> list[Any]:
        function = (lambda value: value + 1) if change == 1 else (lambda value: value + 2)
        return [
            within("a", each("b", convert("c", function))),
            within("a", add("b", change == 2)),
            wrap("a", key="k" if change == 3 else "l"),
            wrap("b", nulls=change == 4),
            split_field("c", into=("d", "e") if change == 5 else ("e", "d"), separator="-"),
            join_fields(("f", "g"), to="h", separator="+" if change == 6 else "-"),
            (each if change == 7 else within)("i", *([remove("j"), remove("k")][:: -1 if change == 8 else 1])),
        ]

    found = [fingerprint(*made(change)) for change in range(9)]

    assert len(found) == len(set(found))
    assert found == [fingerprint(*made(change)) for change in range(9)]
