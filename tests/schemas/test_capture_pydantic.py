"""Capture of pydantic classes: what they read, what they write, and nothing of what they are called."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import ipaddress
import os
import pathlib
import re
import subprocess
import sys
import uuid
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypeVar
from zoneinfo import ZoneInfo

import annotated_types as at
import pydantic
import pydantic.dataclasses
import pytest
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    AnyUrl,
    AwareDatetime,
    Base64Bytes,
    Base64UrlStr,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Discriminator,
    Field,
    FilePath,
    HttpUrl,
    ImportString,
    Json,
    JsonValue,
    NaiveDatetime,
    PastDate,
    PlainSerializer,
    PlainValidator,
    PrivateAttr,
    RootModel,
    Secret,
    SecretBytes,
    SecretStr,
    SerializeAsAny,
    SkipValidation,
    StringConstraints,
    Tag,
    WrapSerializer,
    computed_field,
    create_model,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.networks import IPvAnyAddress, RedisDsn
from pydantic_core import core_schema
from typing_extensions import TypeAliasType, TypedDict

from upcast.schemas._capture import capture
from upcast.schemas._capture._fingerprints import PYTHON_ENGINE
from upcast.schemas.errors import SchemaError
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Hashed,
    Integer,
    Made,
    MapOf,
    Member,
    Null,
    Number,
    Opaque,
    Record,
    Reference,
    SchemaSnapshot,
    Static,
    Tagged,
    Text,
    TupleOf,
    Unions,
    Variant,
    View,
)


def snapshot(cls: type) -> SchemaSnapshot:
    """The schema snapshot of a class."""
    return capture(cls, event_type="x", version=1)


def views(cls: type) -> tuple[View, View]:
    """What a class reads and writes."""
    found = snapshot(cls)
    assert found.writer is not None
    return found.reader, found.writer


def members(cls: type, view: str = "reader") -> dict[str, Member]:
    """The members of a class by name."""
    found: View = getattr(snapshot(cls), view)
    root = found.resolve(found.root)
    assert isinstance(root, Record)
    return {member.name: member for member in root.members}


def shapes(annotation: Any, **config: Any) -> tuple[AnyShape, AnyShape]:
    """What a field of a type reads and writes."""
    cls = create_model("M", __config__=ConfigDict(**config), x=(annotation, ...))
    return members(cls)["x"].shape, members(cls, "writer")["x"].shape


def nullable(shape: AnyShape) -> Unions:
    """A shape or null."""
    return Unions(members=(shape, Null()))


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Pair(NamedTuple):
    first: int
    second: str


class Defaulted(NamedTuple):
    first: int
    second: str = "x"


class Typed(TypedDict):
    a: int
    b: NotRequired[Annotated[str, Field(alias="B")]]


def text_of(name: str, **limits: Any) -> Formatted:
    """A format without more ado."""
    return Formatted(format=name, **limits)


PLAIN: list[tuple[Any, AnyShape]] = [
    (int, Integer()),
    (bool, Boolean()),
    (float, Number()),
    (str, Text()),
    (Any, Anything()),
    (object, Anything()),
    (JsonValue, Anything()),
    (Any | None, Anything()),
    (bytes, text_of("bytes", encoding="utf8")),
    (decimal.Decimal, DecimalNumber()),
    (dt.datetime, text_of("date-time")),
    (AwareDatetime, text_of("date-time", zone="aware")),
    (NaiveDatetime, text_of("date-time", zone="naive")),
    (dt.date, text_of("date")),
    (PastDate, text_of("date", detail="past")),
    (dt.time, text_of("time")),
    (dt.timedelta, text_of("duration", encoding="iso8601")),
    (uuid.UUID, text_of("uuid")),
    (pydantic.UUID4, text_of("uuid", detail="version=4")),
    (AnyUrl, text_of("uri")),
    (HttpUrl, text_of("uri", max_length=2083, detail="schemes=http,https")),
    (RedisDsn, text_of("uri", detail="schemes=redis,rediss; host")),
    (ipaddress.IPv4Address, text_of("ipv4")),
    (ipaddress.IPv6Network, text_of("ipv6network")),
    (IPvAnyAddress, text_of("ipvanyaddress")),
    (pathlib.Path, text_of("path")),
    (FilePath, text_of("path", detail="file")),
    (re.Pattern[str], text_of("regex")),
    (ZoneInfo, text_of("time-zone")),
    (ImportString, text_of("python-name")),
    (Fraction, text_of("fraction")),
    (complex, text_of("complex")),
    (Json, text_of("json")),
    (Base64Bytes, text_of("bytes", encoding="base64", detail="standard")),
    (Base64UrlStr, text_of("bytes", encoding="base64", detail="url-safe; text")),
    (SecretStr, Text()),
    (SecretBytes, text_of("bytes", encoding="utf8")),
    (Secret[int], Integer()),
    (Colour, Enumeration(values=("blue", "red"))),
    (Level, Enumeration(values=(1, 2))),
    (Literal["b", 2, True, "a"], Enumeration(values=(True, 2, "a", "b"))),
    (Literal["a", None], nullable(Enumeration(values=("a",)))),  # noqa: PYI061  # the spelling that is tested
    (None, Null()),
    (list[int], Array(items=Integer())),
    (Sequence[int], Array(items=Integer())),
    (deque[int], Array(items=Integer())),
    (tuple[int, ...], Array(items=Integer())),
    (set[str], Array(items=Text(), unique=True)),
    (frozenset[str], Array(items=Text(), unique=True)),
    (tuple[int, str], TupleOf(items=(Integer(), Text()))),
    (Pair, TupleOf(items=(Integer(), Text()))),
    (dict[str, int], MapOf(keys=Text(), values=Integer())),
    (Mapping[int, str], MapOf(keys=Integer(), values=Text())),
    (OrderedDict[str, int], MapOf(keys=Text(), values=Integer())),
    (defaultdict[str, int], MapOf(keys=Text(), values=Integer())),
    (Counter[str], MapOf(keys=Text(), values=Integer())),
    (dict, MapOf(keys=Text(), values=Anything())),
    (list, Array(items=Anything())),
    (int | None, nullable(Integer())),
    (int | str | None, Unions(members=(Integer(), Text(), Null()))),
    (Annotated[int | None, Field(description="d")] | str, Unions(members=(Integer(), Text(), Null()))),
    (
        Annotated[int | str, Field(union_mode="left_to_right")],
        Unions(members=(Integer(), Text()), mode="left-to-right"),
    ),
    (
        Annotated[int | str, Field(union_mode="left_to_right")] | None,
        Unions(members=(Integer(), Text(), Null()), mode="left-to-right"),
    ),
    (Annotated[int, Field(ge=1, lt=9, multiple_of=2)], Integer(minimum=1, exclusive_maximum=9, multiple_of=2)),
    (Annotated[float, Field(gt=1, le=2.5)], Number(exclusive_minimum=1.0, maximum=2.5)),
    (Annotated[float, Field(allow_inf_nan=False)], Number()),
    (
        Annotated[decimal.Decimal, Field(ge=decimal.Decimal("1.50"), max_digits=5, decimal_places=2)],
        DecimalNumber(minimum="1.5", max_digits=5, decimal_places=2),
    ),
    (Annotated[str, Field(min_length=1, max_length=3, pattern="^a")], Text(min_length=1, max_length=3, pattern="^a")),
    (
        # What is compiled is read by Python's own engine.
        Annotated[str, Field(pattern=re.compile("a", re.IGNORECASE))],
        Text(pattern="(?i)a", checks=(PYTHON_ENGINE,)),
    ),
    (Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True)], Text(strips=True, case="lower")),
    (Annotated[bytes, Field(min_length=2)], text_of("bytes", encoding="utf8", min_length=2)),
    (Annotated[dt.date, Field(ge=dt.date(2020, 1, 1))], text_of("date", minimum="2020-01-01")),
    (
        Annotated[dt.datetime, Field(lt=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))],
        text_of("date-time", exclusive_maximum="2020-01-01T00:00:00Z"),
    ),
    (
        Annotated[dt.timedelta, Field(le=dt.timedelta(hours=1))],
        text_of("duration", encoding="iso8601", maximum="PT1H"),
    ),
    (Annotated[list[int], Field(min_length=1, max_length=3)], Array(items=Integer(), min_items=1, max_items=3)),
    (Annotated[Sequence[int], at.Len(1, 3)], Array(items=Integer(), min_items=1, max_items=3)),
    (Annotated[deque[int], Field(max_length=3)], Array(items=Integer(), max_items=3)),
    (Annotated[dict[str, int], Field(min_length=1)], MapOf(keys=Text(), values=Integer(), min_entries=1)),
    (Annotated[OrderedDict[str, int], Field(max_length=2)], MapOf(keys=Text(), values=Integer(), max_entries=2)),
    (Annotated[HttpUrl, Field(max_length=99)], text_of("uri", max_length=99, detail="schemes=http,https")),
    (Annotated[SecretStr, Field(min_length=8)], Text(min_length=8)),
    (
        Typed,
        Record(
            members=(
                Member(name="a", shape=Integer(), required=True),
                Member(name="b", shape=Text(), keys=(("B",),)),
            )
        ),
    ),
]


@pytest.mark.parametrize(("annotation", "expected"), PLAIN, ids=[str(annotation)[:70] for annotation, _ in PLAIN])
def test_a_type_is_read_and_written_as_one_shape(annotation: Any, expected: AnyShape) -> None:
    """Every type that pydantic knows has a shape, the same in both directions."""
    assert shapes(annotation) == (expected, expected)


@pytest.mark.parametrize(
    "annotation", [int, bool, float, dt.datetime, dt.date, dt.time, dt.timedelta, Level, complex, ipaddress.IPv4Address]
)
def test_strictness_is_the_readers(annotation: Any) -> None:
    """Where strict mode refuses what lax mode reads, the reader says so, by field or by model; the writer never."""
    lax, _ = shapes(annotation)
    by_model, written = shapes(annotation, strict=True)
    by_field, _ = shapes(Annotated[annotation, Field(strict=True)])
    assert (lax.strict, by_model.strict, by_field.strict, written.strict) == (False, True, True, False)
    assert shapes(Annotated[annotation, Field(strict=False)], strict=True)[0] == lax


@pytest.mark.parametrize(
    "annotation", [str, bytes, uuid.UUID, decimal.Decimal, Colour, list[str], set[str], deque[str], AnyUrl, SecretStr]
)
def test_strictness_that_changes_nothing_is_not_told(annotation: Any) -> None:
    """JSON has no other spelling for these, so a strict reader takes the same."""
    assert shapes(annotation, strict=True) == shapes(annotation)


def test_a_named_tuple_may_end_before_its_defaults() -> None:
    """A list may be as short as the defaults of a named tuple allow; the writer writes all of it."""
    whole = TupleOf(items=(Integer(), Text()))
    assert shapes(Defaulted) == (Unions(members=(whole, TupleOf(items=(Integer(),)))), whole)


def test_a_byte_size_is_written_as_a_number() -> None:
    """What is read in two spellings is written in one."""
    read, written = shapes(ByteSize)
    assert isinstance(read, Unions)
    assert written == Integer(minimum=0)


def test_a_generator_is_judged_late() -> None:
    """Nobody knows what a field accepts whose items are judged only when they are asked for."""
    assert shapes(Iterable[int])[0].checks


# --- configuration ----------------------------------------------------------------------------------------------------


def test_modes_of_bytes_and_times() -> None:
    """The reader's and the writer's encoding are told apart."""
    config: dict[str, Any] = {"val_json_bytes": "hex", "ser_json_bytes": "base64", "ser_json_timedelta": "float"}
    assert [shape.encoding for shape in shapes(bytes, **config) if isinstance(shape, Formatted)] == ["hex", "base64"]
    assert [s.encoding for s in shapes(dt.timedelta, **config) if isinstance(s, Formatted)] == ["iso8601", "seconds"]
    read, written = shapes(dt.datetime, ser_json_temporal="milliseconds", val_temporal_unit="milliseconds")
    assert read == text_of("date-time", detail="numbers=milliseconds")
    assert isinstance(written, Formatted)
    assert written.encoding == "milliseconds"


def test_texts_under_a_models_configuration() -> None:
    """What a model says of all its texts holds for each, also for those of a typed dictionary in it."""
    config: dict[str, Any] = {"str_strip_whitespace": True, "str_to_upper": True, "str_max_length": 5}
    expected = Text(strips=True, case="upper", max_length=5)
    assert shapes(str, **config)[0] == expected
    inner = shapes(Typed, **config)[0]
    assert isinstance(inner, Record)
    assert inner.members[1].shape == expected


def test_a_nested_model_knows_its_own_configuration_only() -> None:
    """The configuration of the model around it means nothing to a model."""

    class Inner(BaseModel):
        n: int

    read, _ = shapes(Inner, strict=True)
    assert read == Record(members=(Member(name="n", shape=Integer(), required=True),))


def test_numbers_as_text_are_marked() -> None:
    """A text field that takes numbers is not one that does not."""
    assert shapes(str, coerce_numbers_to_str=True)[0].checks
    assert not shapes(Annotated[str, Field(strict=True)], coerce_numbers_to_str=True)[0].checks


@pytest.mark.parametrize(("config", "extra"), [("ignore", "ignore"), ("allow", "keep"), ("forbid", "forbid")])
def test_undeclared_members(config: Any, extra: str) -> None:
    """The extra policy is the record's."""
    cls = create_model("M", __config__=ConfigDict(extra=config), x=(int, ...))
    assert [view.root.extra for view in views(cls) if isinstance(view.root, Record)] == [extra, extra]


def test_typed_undeclared_members() -> None:
    """Extras may have a type of their own, and their names a rule."""

    class Event(BaseModel, extra="allow"):
        __pydantic_extra__: dict[str, int]

    class Ruled(BaseModel, extra="allow"):
        __pydantic_extra__: dict[Annotated[str, Field(max_length=3)], int]

    assert views(Event) == (View(root=Record(extra="keep", extras=Integer())),) * 2
    assert views(Ruled)[0].root.checks


def test_enumerations_by_value() -> None:
    """An enumeration that stores its values in Python stores the same values in JSON."""
    assert shapes(Colour, use_enum_values=True) == shapes(Colour)


# --- names ------------------------------------------------------------------------------------------------------------


def test_aliases() -> None:
    """A reader has all places of a field in its order, a writer the one that it writes."""

    class Event(BaseModel):
        plain: int
        both: int = Field(alias="Both")
        read: int = Field(validation_alias=AliasChoices("r", AliasPath("deep", "r", 0)))
        written: int = Field(serialization_alias="w")

    read, written = members(Event), members(Event, "writer")
    assert {name: member.keys for name, member in read.items()} == {
        "plain": (),
        "both": (("Both",),),
        "read": (("r",), ("deep", "r", 0)),
        "written": (),
    }
    assert {name: member.keys for name, member in written.items()} == {
        "plain": (),
        "both": (("Both",),),
        "read": (),
        "written": (("w",),),
    }
    assert snapshot(Event).decode_only == "read is stored under a name that it is not read from"


@pytest.mark.parametrize(
    ("config", "keys"),
    [
        ({}, (("userId",),)),
        ({"validate_by_name": True, "validate_by_alias": True}, (("userId",), ("user_id",))),
        ({"populate_by_name": True}, (("userId",), ("user_id",))),
        ({"validate_by_name": True, "validate_by_alias": False}, ()),
    ],
)
def test_reading_by_name(config: Any, keys: Any) -> None:
    """A field may be read by alias, by name, or by both; it is always written by alias."""

    class Event(BaseModel):
        model_config = ConfigDict(alias_generator=to_camel, **config)
        user_id: int

    assert members(Event)["user_id"].keys == keys
    assert members(Event, "writer")["user_id"].keys == (("userId",),)


# --- what is written --------------------------------------------------------------------------------------------------


def test_what_only_one_side_has() -> None:
    """Excluded fields are read only, computed ones written only, and what has a default may be left out."""

    class Event(BaseModel):
        a: int
        b: int = 1
        hidden: int = Field(default=1, exclude=True)
        omitted: int | None = Field(default=None, exclude_if=lambda value: value is None)

        @computed_field(alias="twice")
        def two(self) -> int:
            return 2

    assert list(members(Event)) == ["a", "b", "hidden", "omitted"]
    assert list(members(Event, "writer").values()) == [
        Member(name="a", shape=Integer(), required=True),
        Member(name="b", shape=Integer()),
        Member(name="omitted", shape=Integer()),
        Member(name="two", shape=Integer(), keys=(("twice",),), required=True),
    ]
    assert snapshot(Event).decode_only == "hidden is excluded from what is stored"


def test_serializers_are_opaque() -> None:
    """What a serializer of the user writes is not known, whatever it says that it returns."""

    class Event(BaseModel):
        a: int
        b: Annotated[int, PlainSerializer(hex, return_type=str)]
        c: Annotated[int, WrapSerializer(lambda value, write: write(value))]
        d: SerializeAsAny[int]

        @field_serializer("a")
        def _write(self, value: int) -> str:
            return hex(value)

    assert all(member.shape == Integer() for member in members(Event).values())
    written = members(Event, "writer")
    assert all(isinstance(written[name].shape, Opaque) and written[name].shape.checks for name in "abc")
    assert isinstance(written["d"].shape, Integer)
    assert written["d"].shape.checks


def test_a_serializer_of_the_model() -> None:
    """It may write anything in the place of the object."""

    class Event(BaseModel):
        a: int

        @model_serializer
        def _write(self) -> dict[str, int]:
            return {}

    read, written = views(Event)
    assert isinstance(read.root, Record)
    assert isinstance(written.root, Opaque)


# --- defaults ---------------------------------------------------------------------------------------------------------


class Set(BaseModel):
    names: set[str] = {"b", "c", "a"}


def _now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC)


DEFAULTS: list[tuple[Any, Any, Any]] = [
    (int, 1, Static(json="1")),
    (int | None, None, Static(json="null")),
    (float, 1, Static(json="1.0")),
    (str, "a", Static(json='"a"')),
    (decimal.Decimal, decimal.Decimal("1.50"), Static(json='"1.50"')),
    (dt.date, dt.date(2020, 1, 1), Static(json='"2020-01-01"')),
    (Colour, Colour.RED, Static(json='"red"')),
    (set[str], {"b", "c", "a"}, Static(json='["a","b","c"]')),
    (list[frozenset[str]], [frozenset({"b", "a"})], Static(json='[["a","b"]]')),
    (dict[str, int], {"b": 1, "a": 2}, Static(json='{"a":2,"b":1}')),
    (Set, Set(), Static(json='{"names":["a","b","c"]}')),
    (Json[list[int]], [1], Static(json='"[1]"')),
    (list[int], Field(default_factory=list), Static(json="[]")),
    (Set, Field(default_factory=Set), Static(json='{"names":["a","b","c"]}')),
    (int, Field(default="5", validate_default=True), Static(json="5")),
    (SecretStr, SecretStr("hush"), Hashed(digest="60c7ec0f22d2ac6f")),
    (SecretStr, "hush", Hashed(digest="60c7ec0f22d2ac6f")),
    (SecretStr | None, None, Static(json="null")),
]


# By number, since a set is told otherwise in each process.
@pytest.mark.parametrize(("annotation", "default", "expected"), DEFAULTS, ids=map(str, range(len(DEFAULTS))))
def test_defaults(annotation: Any, default: Any, expected: Any) -> None:
    """A default is told as it would be written, a secret one as a digest; the writer has none."""
    cls = create_model("M", x=(annotation, default))
    found = members(cls)["x"]
    assert (found.required, found.default) == (False, expected)
    assert members(cls, "writer")["x"].default is None
    assert b"hush" not in snapshot(cls).to_json()


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (uuid.UUID, Field(default_factory=uuid.uuid4)),
        (dt.datetime, Field(default_factory=_now)),
        (int, Field(default_factory=lambda data: data["y"])),
        (int, Field(default_factory=lambda: 1)),
        (float, float("nan")),
        (Any, object()),
        (int, Field(default="x", validate_default=True)),
    ],
    ids=["uuid4", "now", "from-data", "function", "nan", "object", "refused"],
)
def test_defaults_that_are_made(annotation: Any, default: Any) -> None:
    """What is made anew, or has no JSON, is known by what makes it."""
    found = members(create_model("M", x=(annotation, default)))["x"].default
    assert isinstance(found, Made)
    assert re.fullmatch("[0-9a-f]{12}", found.by)


def test_required_and_nullable() -> None:
    """A field that must be there may be null all the same."""

    class Event(BaseModel):
        a: int | None
        b: int | None = None

    assert members(Event) == {
        "a": Member(name="a", shape=nullable(Integer()), required=True),
        "b": Member(name="b", shape=nullable(Integer()), default=Static(json="null")),
    }


# --- code of the user -------------------------------------------------------------------------------------------------


def _even(value: int) -> int:
    assert value % 2 == 0
    return value


def _even_again(value: int) -> int:
    """Another name, the same code."""
    assert value % 2 == 0
    return value


def _odd(value: int) -> int:
    assert value % 2 == 1
    return value


def test_validators_are_known_by_their_code() -> None:
    """Equal code is one check, under any name; other code, or another moment, is another."""

    def checks(*metadata: Any) -> tuple[str, ...]:
        read, written = shapes(Annotated[(int, *metadata)])
        assert read == written
        assert isinstance(read, Integer)
        return read.checks

    after = checks(AfterValidator(_even))
    assert re.fullmatch("[0-9a-f]{12}", after[0])
    assert after == checks(AfterValidator(_even_again))
    assert after != checks(AfterValidator(_odd))
    assert after != checks(BeforeValidator(_even))
    assert checks(AfterValidator(_even), AfterValidator(_odd)) != checks(AfterValidator(_odd), AfterValidator(_even))
    assert checks(at.Predicate(str.islower)) != checks(at.Predicate(str.isupper))


def test_validators_of_fields_and_models() -> None:
    """Those of a field stand at its shape, those of a model and its `__init__` at the record."""

    class Event(BaseModel):
        a: int

        @field_validator("a")
        @classmethod
        def _even(cls, value: int) -> int:
            return value

    class Before(BaseModel):
        a: int

        @model_validator(mode="before")
        @classmethod
        def _first(cls, data: Any) -> Any:
            return data

    class After(BaseModel):
        a: int

        @model_validator(mode="after")
        def _last(self) -> After:
            return self

    class Init(BaseModel):
        a: int

        def __init__(self, **data: Any) -> None:
            super().__init__(**data)

    class Post(BaseModel):
        _hidden: int = PrivateAttr(default=1)
        a: int

        def model_post_init(self, _: Any) -> None:
            self._hidden = 2

    class Private(BaseModel):
        _hidden: int = PrivateAttr(default=1)
        a: int

    assert members(Event)["a"].shape.checks
    assert all(len(views(cls)[0].root.checks) == 1 for cls in (Before, After, Init, Post))
    assert len({views(cls)[0].root.checks for cls in (Before, After, Init, Post)}) == 4
    assert views(Private)[0].root.checks == ()


def test_readers_of_the_user() -> None:
    """What replaces pydantic's reading is opaque, unless the user says what it takes."""
    read, written = shapes(Annotated[int, PlainValidator(_even)])
    assert isinstance(read, Opaque)
    assert isinstance(written, Integer)
    assert read.checks == written.checks
    declared, _ = shapes(Annotated[int, PlainValidator(_even, json_schema_input_type=str)])
    assert isinstance(declared, Text)
    assert declared.checks
    assert shapes(SkipValidation[int]) == (Anything(), Integer())


def test_types_of_the_user() -> None:
    """A type that brings a core schema is read by it; one that brings none cannot be read from JSON."""

    class Money:
        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            return core_schema.no_info_after_validator_function(lambda cents: cls(), core_schema.int_schema(ge=0))

    class Foreign:
        pass

    read, _ = shapes(Money)
    assert isinstance(read, Integer)
    assert (read.minimum, len(read.checks)) == (0, 1)
    assert isinstance(shapes(Foreign, arbitrary_types_allowed=True)[0], Opaque)


def test_json_in_text() -> None:
    """What must stand in a text of JSON is known by its shape, also where it holds itself."""

    class Deep(BaseModel):
        inner: Json[Deep] | None = None

    assert shapes(Json[list[int]])[0].checks == shapes(Json[tuple[int, ...]])[0].checks
    assert shapes(Json[list[int]])[0].checks != shapes(Json[list[str]])[0].checks
    read, written = members(Deep)["inner"].shape, members(Deep, "writer")["inner"].shape
    assert read == written


# --- unions and objects -----------------------------------------------------------------------------------------------


class Cat(BaseModel):
    kind: Literal["cat"] = Field(alias="Kind")


class Dog(BaseModel):
    kind: Literal["dog", "hound"] = Field(alias="Kind")
    loud: bool


CAT = Record(members=(Member(name="kind", keys=(("Kind",),), shape=Enumeration(values=("cat",)), required=True),))
DOG = Record(
    members=(
        Member(name="kind", keys=(("Kind",),), shape=Enumeration(values=("dog", "hound")), required=True),
        Member(name="loud", shape=Boolean(), required=True),
    )
)


def test_discriminated_unions() -> None:
    """The key is that of the payload; a shape of two tags becomes a definition."""

    class Event(BaseModel):
        pet: Annotated[Cat | Dog, Field(discriminator="kind")]

    tagged = Tagged(
        discriminator="Kind",
        variants=(
            Variant(tag="cat", shape=CAT),
            Variant(tag="dog", shape=Reference(name="/pet|dog")),
            Variant(tag="hound", shape=Reference(name="/pet|dog")),
        ),
    )
    root = Record(members=(Member(name="pet", shape=tagged, required=True),))
    assert views(Event) == (View(root=root, definitions={"/pet|dog": DOG}),) * 2


def test_nested_discriminated_unions() -> None:
    """A tagged union may be a variant of another."""

    class Black(BaseModel):
        kind: Literal["cat"]
        colour: Literal["black"]

    class White(BaseModel):
        kind: Literal["cat"]
        colour: Literal["white"]

    class Bird(BaseModel):
        kind: Literal["bird"]

    cats = Annotated[Black | White, Field(discriminator="colour")]
    read, _ = shapes(Annotated[cats | Bird, Field(discriminator="kind")])
    assert isinstance(read, Tagged)
    assert (read.discriminator, [variant.tag for variant in read.variants]) == ("kind", ["bird", "cat"])
    inner = read.variants[1].shape
    assert isinstance(inner, Tagged)
    assert (inner.discriminator, [variant.tag for variant in inner.variants]) == ("colour", ["black", "white"])


def test_a_function_that_discriminates() -> None:
    """Which choice a function picks is not known, so it is a union with a check."""
    choices = Annotated[Annotated[Cat, Tag("c")] | Annotated[int, Tag("i")], Discriminator(lambda value: "c")]
    read, written = shapes(choices)
    assert read == written
    assert isinstance(read, Unions)
    assert read.members == (CAT, Integer())
    assert read.checks


def test_recursive_models() -> None:
    """A model that holds itself is a definition, named by its place."""

    class Tree(BaseModel):
        children: list[Tree] = []

    root = Record(members=(Member(name="children", shape=Array(items=Reference(name="")), default=Static(json="[]")),))
    assert views(Tree)[0] == View(root=Reference(name=""), definitions={"": root})


def test_recursive_aliases() -> None:
    """So is a type that holds itself."""
    nested = TypeAliasType("nested", "list[nested] | str")  # type: ignore[misc]  # pydantic evaluates the text

    class Event(BaseModel):
        x: nested

    assert views(Event)[0].definitions == {
        "/x": Unions(members=(Array(items=Reference(name="/x")), Text())),
    }


@dataclass
class Inner:
    n: int


def test_dataclasses() -> None:
    """A pydantic dataclass with all that a field of a dataclass may be, and a plain one inside."""

    @pydantic.dataclasses.dataclass
    class Event:
        a: Inner
        b: list[int] = field(default_factory=list)
        c: int = field(default=1, init=False)

        def __post_init__(self) -> None:
            self.c = 2

    inner = Member(name="a", shape=Record(members=(Member(name="n", shape=Integer(), required=True),)), required=True)
    read, written = views(Event)
    assert isinstance(read.root, Record)
    assert isinstance(written.root, Record)
    assert read.root.members == (inner, Member(name="b", shape=Array(items=Integer()), default=Static(json="[]")))
    assert [member.name for member in written.root.members] == ["a", "b", "c"]
    assert len(read.root.checks) == 1


def test_a_dataclass_keeps_undeclared_members_to_itself() -> None:
    """pydantic sets them on the object and writes none of them."""
    cls = pydantic.dataclasses.dataclass(config=ConfigDict(extra="allow"))(
        type("E", (), {"__annotations__": {"a": int}})
    )
    assert [view.root.extra for view in views(cls) if isinstance(view.root, Record)] == ["keep", "ignore"]


def test_root_models_and_generics() -> None:
    """A root model is what it holds; each parametrisation of a generic model is a class of its own."""
    T = TypeVar("T")

    class Box(BaseModel, Generic[T]):
        value: T

    class Root(RootModel[list[int]]):
        pass

    assert views(Root) == (View(root=Array(items=Integer())),) * 2
    assert members(Box[int])["value"].shape == Integer()
    assert members(Box)["value"].shape == Anything()


def test_a_mark_of_absence() -> None:
    """A field that knows when it was not there has no default, and stands in no payload as such."""
    missing = pytest.importorskip("pydantic_core").MISSING
    cls = create_model("M", x=(int | missing, missing))
    assert members(cls)["x"] == Member(name="x", shape=Integer())
    assert members(cls, "writer")["x"] == Member(name="x", shape=Integer())


def test_a_class_that_cannot_be_completed() -> None:
    """A class whose annotations name nothing is an error that says so."""
    cls = create_model("M", x=("NoSuchType", ...))  # type: ignore[call-overload]  # what a forward reference is
    with pytest.raises(SchemaError, match="pydantic cannot read M"):
        snapshot(cls)


def test_a_secret_is_told_without_its_class() -> None:
    """Why a class is decode-only does not depend on what it is called."""

    class Login(BaseModel):
        password: SecretStr

    assert snapshot(Login).decode_only == "password is a secret, stored as asterisks"


_HASHED = """
import sys
import warnings
warnings.simplefilter("ignore")
from schemas.test_capture_pydantic import Everything
from upcast.schemas._capture import capture
sys.stdout.buffer.write(capture(Everything, event_type="x", version=1).to_json())
"""


class Everything(BaseModel):
    """One field for each type of the table, one for each default."""

    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    made: Annotated[int, AfterValidator(_even)] = Field(default_factory=lambda: max({1, 2}))
    names: set[str] = {"a", "b", "c", "d"}
    nested: dict[str, set[str]] = {"x": {"e", "f", "g"}}
    literal: Literal["z", "y", "x"] = "x"
    colour: Colour = Colour.RED
    url: HttpUrl | RedisDsn | None = None
    secret: SecretStr = SecretStr("hush")


def test_every_process_tells_the_same() -> None:
    """Neither the seed of hashes nor an address in memory gets into a file."""
    here = snapshot(Everything).to_json()
    assert re.search(rb"0x[0-9a-f]{6,}", here) is None
    for seed in ("1", "2"):
        found = subprocess.run(
            [sys.executable, "-c", _HASHED],
            capture_output=True,
            check=True,
            cwd=pathlib.Path(__file__).parent.parent,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        )
        assert found.stdout == here


def test_a_file_is_read_back() -> None:
    """The text of a schema snapshot is the whole of it."""
    found = snapshot(Everything)
    assert SchemaSnapshot.from_json(found.to_json()) == found


def test_nothing_in_a_class_raises() -> None:
    """Code of the user that fails, and text that no file can hold, end as something that is not known."""

    def fail(value: object = None) -> Any:
        raise RuntimeError

    def odd(value: str) -> str:
        return value.replace("\ud800", "")

    class Event(BaseModel):
        failing: int | None = Field(default=None, exclude_if=fail)
        made: int = Field(default_factory=fail)
        odd: Annotated[str, AfterValidator(odd)] = "\ud800"
        checked: Annotated[int, AfterValidator(fail)] = Field(default=1, validate_default=True)
        written: Annotated[int, PlainSerializer(fail)] = 1

    found = members(Event)
    assert members(Event, "writer")["failing"].shape == nullable(Integer())
    assert all(isinstance(found[name].default, Made) for name in ("made", "odd", "checked", "written"))
    assert SchemaSnapshot.from_json(snapshot(Event).to_json()) == snapshot(Event)


def test_the_family_is_that_of_the_door() -> None:
    """A plain dataclass that inherits from one of pydantic's is not read by pydantic."""

    @pydantic.dataclasses.dataclass
    class Base:
        a: int

    @dataclass
    class Plain(Base):
        b: int

    assert snapshot(Base).family == "pydantic"
    assert snapshot(Plain).family == "msgspec"
    with pytest.raises(SchemaError):
        capture(int, event_type="x", version=1)
