"""A decoder that is rebuilt from a schema snapshot takes what the class took, and refuses what it refused."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

import attrs
import msgspec
import pydantic
import pytest

from schemas import corpus
from schemas.shape_cases import MSGSPEC_TOO, PYDANTIC_ONLY, event, kind, maybe, member, record, tagged
from upcast._door import Refusal
from upcast.schemas._capture import capture
from upcast.schemas._rebuild import Refused, decoder_of, rebuild
from upcast.schemas._rebuild._refused import refusing
from upcast.schemas._sampler import encode, samples, shape_samples
from upcast.schemas.errors import SchemaError
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    DecimalNumber,
    Enumeration,
    Formatted,
    Hashed,
    Integer,
    Made,
    MapOf,
    Member,
    Number,
    Opaque,
    Record,
    Reference,
    Text,
    TupleOf,
    Unions,
    View,
)

FAMILIES = ("pydantic", "msgspec", "json-schema")
ALL = {**MSGSPEC_TOO, **PYDANTIC_ONLY}


def refusal(decode: Callable[[bytes], object], payload: bytes | str) -> str:
    """Why a decoder refuses a payload; empty where it takes it."""
    try:
        decode(payload if isinstance(payload, bytes) else payload.encode())
    except Refused as refused:
        return refused.problem
    return ""


# --- the same verdict everywhere ------------------------------------------------------------------------------------

# What a family's decoder takes that is not of the shape, by kind of shape, and as which JSON types it comes. Where a
# shape holds another, what it takes inside of that is the same again.
SCALARS = {"bool", "int", "float", "str"}
PYDANTIC_TAKES: dict[str, set[str]] = {
    "Boolean": {"int", "float", "str"},  # 1, 1.0, "yes"
    "Integer": {"bool", "float", "str"},  # true, 1.0, "1"
    "Number": {"bool", "str", "float"},  # true, "1.5", and what is nearly a multiple
    "DecimalNumber": {"float"},  # 100.0 has one digit, and what is nearly a multiple
    "Enumeration": {"bool", "float"},  # true and 1.0 for 1
    "date-time": {"int", "float", "str"},  # seconds since 1970, also as a text, and a date
    "date": {"int", "float", "str"},
    "time": {"int", "float"},
    "duration": {"int", "float", "str"},  # also "12:30:00"
    "bytes": {"str"},  # base64 of the other alphabet, or without padding
    "ipv4": {"bool", "int"},  # an address is a number
    "ipv6": {"bool", "int"},
    "ipvanynetwork": {"bool", "int"},
    "fraction": {"int", "float"},
    "complex": {"int", "float"},
    "Unions": {*SCALARS, "list"},
    "Reference": SCALARS,
    "Array": {"list"},
    "TupleOf": {"list"},
    "MapOf": {"dict"},
    "Record": {"dict"},
}
PYDANTIC_REFUSES: dict[str, set[str]] = {
    "DecimalNumber": {"float"},  # multiples of numbers with more than 28 digits
    "date-time": {"int", "float"},  # seconds too far from 1970
    "duration": {"int", "float"},
}
MSGSPEC_REFUSES: dict[str, set[str]] = {
    "Number": {"int", "float"},  # 1.5 is no multiple of the float next to 0.1
}


def kind_of(shape: AnyShape) -> str:
    """What the tables call a shape."""
    return shape.format if isinstance(shape, Formatted) else type(shape).__name__


@pytest.fixture(scope="module")
def values() -> dict[bytes, str]:
    """JSON values of every shape, and the JSON type of each."""
    found: dict[bytes, str] = {}
    for shape in ALL.values():
        for value in shape_samples(shape, event(shape), limit=12):
            name = "float" if isinstance(value, Decimal) else type(value).__name__
            found.setdefault(encode(value), name)
    return found


@pytest.mark.parametrize("name", ALL)
def test_a_family_differs_from_the_plain_decoder_only_where_it_is_known(name: str, values: dict[bytes, str]) -> None:
    """Every value of every shape is taken or refused alike, but for what the tables above say."""
    shape = ALL[name]
    plain = rebuild(event(shape), "no library").decode
    asked: dict[str, tuple[dict[str, set[str]], dict[str, set[str]]]] = {"pydantic": (PYDANTIC_TAKES, PYDANTIC_REFUSES)}
    if name in MSGSPEC_TOO:
        asked["msgspec"] = ({}, MSGSPEC_REFUSES)
    for family, (takes, refuses) in asked.items():
        decode = rebuild(event(shape), family).decode
        for text, json_type in values.items():
            payload = b'{"v":' + text + b"}"
            expected, found = refusal(plain, payload), refusal(decode, payload)
            if bool(expected) != bool(found):
                known = refuses if found else takes
                assert json_type in known.get(kind_of(shape), ()), (family, payload, expected, found)


def test_json_schema_takes_a_whole_float_for_an_integer() -> None:
    """1.0 is an integer by JSON Schema, and none to msgspec."""
    view = event(Integer())
    assert refusal(rebuild(view, "json-schema").decode, '{"v": 1.0}') == ""
    assert refusal(rebuild(view, "json-schema").decode, '{"v": 1.5}') == "v: wrong-type"
    assert refusal(rebuild(view, "msgspec").decode, '{"v": 1.0}') == "v: wrong-type"


# pydantic reads a number with a fraction through a float, and loses digits.
@pytest.mark.parametrize("name", sorted(MSGSPEC_TOO.keys() - {"decimal as a number"}))
def test_pydantic_and_msgspec_read_the_same_values(name: str) -> None:
    """What both take is equal, so that a change of meaning can be seen."""
    view = event(MSGSPEC_TOO[name])
    first, second = rebuild(view, "pydantic"), rebuild(view, "msgspec")
    assert first.gaps == second.gaps == ()
    for sample in samples(view, limit=100):
        assert first.decode(sample.payload) == second.decode(sample.payload)


@pytest.mark.parametrize("case", corpus.ALL, ids=lambda case: case.id)
def test_a_rebuilt_class_agrees_with_the_class(case: corpus.Case) -> None:
    """Whatever either class of a pair writes is taken or refused alike by the class and by its snapshot."""
    snapshots = [capture(cls, event_type="e", version=1) for cls in (case.old, case.new)]
    payloads = [sample.payload for snapshot in snapshots for sample in samples(snapshot.written)]
    for cls, snapshot in zip((case.old, case.new), snapshots, strict=True):
        rebuilt, today = rebuild(snapshot.reader, snapshot.family), decoder_of(cls)
        for payload in payloads:
            assert rebuilt.gaps or bool(refusal(rebuilt.decode, payload)) == bool(refusal(today, payload)), payload


class Point(msgspec.Struct, forbid_unknown_fields=True):
    """A nested Struct."""

    x: int
    y: int = 0


class Cat(msgspec.Struct, tag=True):
    """A variant."""

    lives: Annotated[int, msgspec.Meta(ge=1, le=9)] = 9


class Dog(msgspec.Struct, tag="dog", rename="camel"):
    """Another."""

    loud_bark: str
    friend: Cat | Dog | None = None


class Zoo(msgspec.Struct, tag_field="what", tag="zoo"):
    """An event of msgspec's."""

    at: Annotated[dt.datetime, msgspec.Meta(tz=True)]
    animals: list[Cat | Dog]
    by_id: dict[uuid.UUID, Point] = {}
    names: frozenset[Annotated[str, msgspec.Meta(pattern="^[a-z]+$", max_length=4)]] = frozenset({"zoe"})
    price: Decimal | None = None
    corner: tuple[int, float] = (0, 0.0)


@dataclasses.dataclass
class Plain:
    """A dataclass."""

    points: list[Point]
    note: str | int = "none"


@pytest.mark.parametrize("cls", [Zoo, Plain, Dog])
def test_a_rebuilt_struct_agrees_with_the_struct(cls: type) -> None:
    """msgspec reads the rebuilt class as it reads the class itself."""
    snapshot = capture(cls, event_type="e", version=1)
    rebuilt, today = rebuild(snapshot.reader, "msgspec"), decoder_of(cls)
    assert rebuilt.gaps == ()
    payloads = [sample.payload for view in (snapshot.reader, snapshot.written) for sample in samples(view, limit=200)]
    spoiled = [
        payload.replace(old, new)
        for payload in payloads
        for old, new in (
            (b"1", b"77"),
            (
                b'"',
                b"",
            ),
            (b":", b':"'),
        )
    ]
    taken = 0
    for payload in payloads + spoiled:
        assert bool(refusal(rebuilt.decode, payload)) == bool(refusal(today, payload)), payload
        taken += not refusal(today, payload)
    assert taken >= len(payloads)


# --- what is refused, and how it is told ----------------------------------------------------------------------------

ORDER = View(
    root=record(
        member("order_id", Integer(minimum=1), keys=(("id",), ("order", "id"))),
        member("lines", Array(items=record(member("sku", Text(max_length=3)), extra="forbid"), min_items=1)),
        member("pay", tagged(card=record(kind("card"), member("last4", Text())), cash=record(kind("cash")))),
        member("meta", MapOf(keys=Text(), values=Integer()), "{}"),
    )
)
GOOD = '{"id": 1, "lines": [{"sku": "a"}], "pay": {"kind": "cash"}, "meta": {}}'


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"id": 1, ', "", "id: missing"),
        ('"id": 1', '"id": 0', "id: greater_than_equal"),
        ('"id": 1', '"order": {"id": "secret"}', "order.id: int_parsing"),
        ('"a"', '"secret"', "lines.*.sku: string_too_long"),
        ('"a"', '"a", "secret": 1', "lines.*.*: extra_forbidden"),
        ('[{"sku": "a"}]', "[]", "lines: too_short"),
        ('"cash"', '"secret"', "pay: union_tag_invalid"),
        ('"cash"', '"card"', "pay.*.last4: missing"),
        ("{}", '{"secret": "secret"}', "meta.*: int_parsing"),
        (GOOD, "[1]", "the payload: dict_type"),
        (GOOD, "{", "the payload: not-json"),
        (GOOD, "\xff", "the payload: not-json"),
        ('"id": 1', '"id": 0, "id2": NaN', "the payload: not-json"),
        (
            GOOD,
            '{"meta": {"a": "x", "b": "x", "c": "x"}}',
            "id: missing; lines: missing; pay: missing; meta.*: int_parsing",
        ),
    ],
)
def test_a_refusal_names_places_and_reasons_and_no_values(old: str, new: str, problem: str) -> None:
    """The problem is made of declared names and of pydantic's names of errors."""
    found = refusal(rebuild(ORDER, "pydantic").decode, GOOD.replace(old, new))
    assert found == problem
    assert "secret" not in found


def test_many_problems_are_counted() -> None:
    """Five problems are named, and the rest counted."""
    view = View(root=record(*(member(f"m{number}", Integer()) for number in range(8))))
    assert refusal(rebuild(view, "pydantic").decode, "{}").endswith("; m4: missing; and 3 more")


def test_what_two_members_of_a_union_have_to_say_is_said_once() -> None:
    """A problem that is met twice is named once."""
    decode = rebuild(event(Unions(members=(Integer(minimum=9), Integer(maximum=1)))), "pydantic").decode
    assert refusal(decode, '{"v": "x"}') == "v.*: int_parsing"


def test_running_out_of_memory_is_no_refusal() -> None:
    """It is the process that has a problem, not the payload."""

    def decode(payload: bytes) -> object:
        raise MemoryError

    with pytest.raises(MemoryError):
        refusing(decode, lambda error: Refusal(malformed="not-json"))(b"{}")


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ('{"v": {"x": 1}}', ""),
        ('{"v": {}}', "v.x: missing"),
        ('{"v": {"x": "secret"}}', "v.x: wrong-type"),
        ('{"v": {"x": 1, "secret": 2}}', "v.*: unknown-field"),
        ('{"v": [1]}', "v: wrong-type"),
        ('{"v": {"x": 1e999}}', ""),
        ("[]", "the payload: wrong-type"),
        ("nonsense", "the payload: not-json"),
    ],
)
@pytest.mark.parametrize("family", ["msgspec", "json-schema"])
def test_all_decoders_refuse_in_the_same_manner(family: str, payload: str, problem: str) -> None:
    """msgspec's and our own decoder name places and reasons alike."""
    found = refusal(rebuild(event(record(member("x", Integer()), extra="forbid")), family).decode, payload)
    if "1e999" in payload:
        assert found in {"the payload: number-out-of-range", "v.x: number-out-of-range"}
    else:
        assert found == problem


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", '"NaN"', '"Infinity"', "1e999"])
@pytest.mark.parametrize("shape", [Number(), DecimalNumber(), Anything(), maybe(Number())], ids=repr)
def test_what_is_not_finite_is_refused(family: str, number: str, shape: AnyShape) -> None:
    """NaN and infinity are refused in every spelling and by every decoder, also in what is not read."""
    if number.startswith('"') and shape == Anything():
        pytest.skip("a text like any other")
    if number == "1e999" and isinstance(shape, DecimalNumber):
        pytest.skip("a decimal number that can be held")
    assert refusal(rebuild(event(shape), family).decode, f'{{"v": {number}}}') != ""
    if not number.startswith('"'):
        assert (
            refusal(rebuild(event(Integer()), family).decode, f'{{"v": 1, "other": {number}}}') != "" or "e" in number
        )


@pytest.mark.parametrize("family", FAMILIES)
def test_deep_payloads_are_read(family: str) -> None:
    """A recursive shape is read as deep as a payload may nest."""
    view = View(root=Reference(name="n"), definitions={"n": record(member("n", maybe(Reference(name="n")), "null"))})
    decode = rebuild(view, family).decode
    depth = 100 if family == "json-schema" else 200
    assert refusal(decode, '{"n":' * depth + "null" + "}" * depth) == ""
    assert refusal(decode, '{"n":' * depth + "1" + "}" * depth) != ""


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_an_absent_member_is_what_its_default_says(family: str) -> None:
    """A default is read as the member itself would be, a secret or made one known by its fingerprint alone."""
    view = View(
        root=record(
            member("at", Formatted(format="date-time"), '"2024-01-01T00:00:00Z"'),
            member("odd", Integer(), '"no integer"'),
            member("node", maybe(Reference(name="n")), '{"v":1}'),
            Member(name="key", shape=Text(), default=Hashed("0123456789abcdef")),
            Member(name="id", shape=Text(), default=Made("abc")),
            Member(name="unset", shape=Text()),
        ),
        definitions={"n": record(member("v", Integer()), member("n", maybe(Reference(name="n")), "null"))},
    )
    one: Any = rebuild(view, family).decode(b"{}")
    given: Any = rebuild(view, family).decode(b'{"at":"2024-01-01T00:00:00Z","node":{"v":1,"n":null}}')
    assert one == given
    assert one["odd"] == "no integer"
    assert one["at"] == dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    assert "unset" not in one
    assert one["key"] != one["id"]
    other = rebuild(View(root=record(Member(name="id", shape=Text(), default=Made("abd")))), family).decode(b"{}")
    assert other != {"id": one["id"]}


def test_undeclared_members_are_kept_or_dropped() -> None:
    """What the class keeps is part of the value, and what it ignores is not."""
    point = member("x", Integer())
    for family in ("pydantic", "json-schema"):
        assert rebuild(View(root=record(point)), family).decode(b'{"x":1,"y":2}') == {"x": 1}
        assert rebuild(View(root=record(point, extra="keep")), family).decode(b'{"x":1,"y":2}') == {"x": 1, "y": 2}
        typed = rebuild(View(root=record(point, extra="keep", extras=Integer())), family).decode
        assert refusal(typed, '{"x":1,"y":"z"}') != ""


def test_a_union_reads_by_its_mode() -> None:
    """The best match, or the first that takes the value."""
    members = (Integer(), Text())
    assert rebuild(event(Unions(members=members)), "pydantic").decode(b'{"v":"1"}') == {"v": "1"}
    assert rebuild(event(Unions(members=members, mode="left-to-right")), "pydantic").decode(b'{"v":"1"}') == {"v": 1}


def test_the_first_place_that_is_there_is_read() -> None:
    """A member with several keys is read from the first of them, and a path goes into objects and lists."""
    view = View(root=record(member("id", Integer(), keys=(("a",), ("b", 1), ("id",))), extra="forbid"))
    for family in ("pydantic", "json-schema"):
        decode = rebuild(view, family).decode
        assert decode(b'{"a":1}') == decode(b'{"b":[0,1]}') == decode(b'{"id":1}') == {"id": 1}
        assert refusal(decode, '{"b":[1]}') != ""


def test_a_strict_enumeration_takes_its_values_only() -> None:
    """A lax one takes what is equal to them in Python."""
    for spelling in ("1.0", "true"):
        payload = f'{{"v":{spelling}}}'
        assert refusal(rebuild(event(Enumeration(values=(1, 2), strict=True)), "pydantic").decode, payload) == "v: enum"
        assert refusal(rebuild(event(Enumeration(values=(1, 2))), "pydantic").decode, payload) == ""


def test_bytes_are_read_in_the_encoding_of_their_own_place() -> None:
    """Two encodings may stand in one record, and a definition has its own wherever it is used."""
    two, defined = event(PYDANTIC_ONLY["bytes of two encodings"]), event(PYDANTIC_ONLY["a defined digest"])
    for family in ("pydantic", "json-schema"):
        assert rebuild(two, family).decode(b'{"v":{"a":"6162","b":"YWI="}}') == {"v": {"a": b"ab", "b": b"ab"}}
        assert rebuild(defined, family).decode(b'{"v":{"a":"6162","b":["61"]}}') == {"v": {"a": b"ab", "b": [b"a"]}}
        assert refusal(rebuild(defined, family).decode, '{"v":{"a":"x","b":[]}}') != ""


def test_a_tag_is_part_of_the_value() -> None:
    """Two variants that hold the same are not the same."""
    view = event(tagged(a=record(), b=record()))
    for family in FAMILIES:
        decode = rebuild(view, family).decode
        assert decode(b'{"v":{"kind":"a"}}') == {"v": {"kind": "a"}} != decode(b'{"v":{"kind":"b"}}')


def test_strictness_reaches_through_a_reference() -> None:
    """A reference may be stricter than the definition it names, there and nowhere else."""
    view = View(
        root=record(member("a", Reference(name="n", strict=True)), member("b", Reference(name="n"))),
        definitions={"n": Integer()},
    )
    decode = rebuild(view, "pydantic").decode
    assert refusal(decode, '{"a":1,"b":"1"}') == ""
    assert refusal(decode, '{"a":"1","b":1}') == "a: int_type"


# --- gaps -----------------------------------------------------------------------------------------------------------


def test_gaps_are_where_code_of_the_user_decides() -> None:
    """Checks and what is opaque are named, each place once, those of a definition where it is met first."""
    view = View(
        root=record(
            member("a", Integer(checks=("123456789abc",))),
            member("b/c", Opaque(reason="unknown")),
            member("n", Array(items=Reference(name="n"))),
            member("m", MapOf(keys=Text(checks=("123456789abc",)), values=Reference(name="n"))),
            checks=("123456789abc",),
        ),
        definitions={"n": record(member("n", maybe(Reference(name="n")), "null"), checks=("123456789abc",))},
    )
    for family in ("pydantic", "msgspec", "json-schema"):
        assert rebuild(view, family).gaps == ("", "/a", "/b~1c", "/n/*", "/m/*")


@pytest.mark.parametrize(
    ("shape", "gaps"),
    [
        (Unions(members=(record(member("a", Integer())), record(member("b", Integer())))), ("/v",)),
        (Unions(members=(Formatted(format="date"), Text())), ("/v",)),
        (Array(items=Unions(members=(Array(items=Text()), TupleOf(items=(Integer(),))))), ("/v/*",)),
        (Text(strips=True), ("/v",)),
        (DecimalNumber(max_digits=3), ("/v",)),
        (Formatted(format="ipv4"), ("/v",)),
        (Enumeration(values=(True, 1.5)), ("/v",)),
        (Integer(minimum=1, exclusive_minimum=1), ("/v",)),
        (Integer(minimum=2**70), ("/v",)),
        (Record(extra="keep"), ("/v",)),
        (TupleOf(items=(Integer(),), rest=Text()), ("/v",)),
        (Reference(name="lists"), ("/v/*",)),
    ],
)
def test_where_msgspec_has_no_type_our_own_decoder_reads_and_says_so(shape: AnyShape, gaps: tuple[str, ...]) -> None:
    """The place is a gap, and the samples of the shape are taken all the same."""
    view = msgspec.structs.replace(event(shape), definitions={"lists": Array(items=Reference(name="lists"))})
    rebuilt = rebuild(view, "msgspec")
    assert rebuilt.gaps == gaps
    for sample in samples(view):
        rebuilt.decode(sample.payload)
    assert refusal(rebuilt.decode, '{"v": {"no": ["such thing"]}}') != "" or isinstance(shape, Record)


# --- classes that are still there -----------------------------------------------------------------------------------


class Order(pydantic.BaseModel):
    """A model."""

    low: int
    high: int

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> Order:
        if self.low > self.high:
            raise ValueError(f"secret {self.low}")
        return self


class Numbers(pydantic.RootModel[list[float]]):
    """A model that is no event."""


@pydantic.dataclasses.dataclass
class PlainOrder:
    """A pydantic dataclass."""

    low: int


@attrs.frozen
class AttrsOrder:
    """An attrs class with a validator."""

    low: int = attrs.field()

    @low.validator
    def _check(self, _: object, value: int) -> None:
        if value < 0:
            raise KeyError("secret")


@pytest.mark.parametrize(
    ("cls", "good", "bad", "problem"),
    [
        (Order, '{"low":1,"high":2}', '{"low":2,"high":1}', "the payload: value_error"),
        (Order, '{"low":1,"high":2}', '{"low":"secret"}', "low: int_parsing; high: missing"),
        (Numbers, "[1.5]", '["secret"]', "*: float_parsing"),
        (Numbers, "[1.5]", "[NaN]", "the payload: not-json"),
        (PlainOrder, '{"low":1}', "{}", "low: missing"),
        (AttrsOrder, '{"low":1}', '{"low":-1}', "the payload: KeyError raised"),
        (Point, '{"x":1}', '{"x":1,"secret":1}', "*: unknown-field"),
        (Plain, '{"points":[{"x":1}]}', '{"points":[{"x":"secret"}]}', "points.*.x: wrong-type"),
    ],
)
def test_todays_class_answers_for_itself(cls: type, good: str, bad: str, problem: str) -> None:
    """A class of any family takes what it takes; its refusal holds no value."""
    decode = decoder_of(cls)
    assert refusal(decode, good) == ""
    assert refusal(decode, bad) == problem


def test_a_class_that_nobody_reads_is_an_error() -> None:
    """What no library can read has no decoder."""
    with pytest.raises(SchemaError, match="dict"):
        decoder_of(dict)
