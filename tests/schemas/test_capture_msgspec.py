"""What is captured of Structs, attrs classes and dataclasses is what msgspec reads and writes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
import pytest
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from upcast.schemas._capture._msgspec import capture_msgspec
from upcast.schemas.errors import SchemaError
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Integer,
    Made,
    MapOf,
    Member,
    Null,
    Number,
    Opaque,
    Record,
    Reference,
    Static,
    Tagged,
    Text,
    TupleOf,
    Unions,
    Variant,
    View,
)

T = TypeVar("T")


def reader(cls: Any) -> View:
    """What a class accepts."""
    return capture_msgspec(cls)[0]


def writer(cls: Any) -> View:
    """What a class writes."""
    view = capture_msgspec(cls)[1]
    assert view is not None
    return view


def members(view: View, *path: str) -> dict[str, Member]:
    """The members of the record at a path of names, by name."""
    shape = view.resolve(view.root)
    for name in path:
        shape = view.resolve(next(m.shape for m in shape.members if m.name == name))
    assert isinstance(shape, Record)
    return {member.name: member for member in shape.members}


# --- values ---------------------------------------------------------------------------------------------------------


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    LARGE = 10
    SMALL = 2


class Point(NamedTuple):
    x: int
    y: int


class Options(TypedDict):
    a: int
    b: NotRequired[str]


UserId = NewType("UserId", int)
NULL_AMONG: Any = Literal["a", None]  # noqa: PYI061  # not what typing makes of the other spelling

VALUES: list[tuple[Any, AnyShape]] = [
    (Any, Anything()),
    (Raw, Anything()),
    (None, Null()),
    (bool, Boolean()),
    (int, Integer()),
    (UserId, Integer()),
    (Annotated[int, Meta(ge=1, lt=9, multiple_of=2)], Integer(minimum=1, exclusive_maximum=9, multiple_of=2)),
    (Annotated[float, Meta(gt=0.0, le=1.5)], Number(exclusive_minimum=0, maximum=1.5)),
    (decimal.Decimal, DecimalNumber()),
    (
        Annotated[str, Meta(min_length=1, max_length=2, pattern="^a", title="t")],
        Text(min_length=1, max_length=2, pattern="^a"),
    ),
    (bytes, Formatted(format="bytes", encoding="base64")),
    (Annotated[bytearray, Meta(max_length=3)], Formatted(format="bytes", encoding="base64", max_length=3)),
    (memoryview, Formatted(format="bytes", encoding="base64")),
    (dt.datetime, Formatted(format="date-time")),
    (Annotated[dt.datetime, Meta(tz=True)], Formatted(format="date-time", zone="aware")),
    (Annotated[dt.time, Meta(tz=False)], Formatted(format="time", zone="naive")),
    (dt.date, Formatted(format="date")),
    (dt.timedelta, Formatted(format="duration", encoding="iso8601")),
    (uuid.UUID, Formatted(format="uuid")),
    (Colour, Enumeration(values=("blue", "red"))),
    (Size, Enumeration(values=(2, 10))),
    (Literal["b", 2, 1, "a", True], Enumeration(values=(True, 1, 2, "a", "b"))),
    (NULL_AMONG, Unions(members=(Enumeration(values=("a",)), Null()))),
    (list[int], Array(items=Integer())),
    (list, Array(items=Anything())),
    (Sequence[int], Array(items=Integer())),
    (Annotated[list[int], Meta(min_length=1, max_length=2)], Array(items=Integer(), min_items=1, max_items=2)),
    (set[int], Array(items=Integer(), unique=True)),
    (frozenset[str], Array(items=Text(), unique=True)),
    (tuple[int, ...], Array(items=Integer())),
    (tuple[int, str], TupleOf(items=(Integer(), Text()))),
    (tuple[()], TupleOf(items=())),
    (Point, TupleOf(items=(Integer(), Integer()))),
    (dict, MapOf(keys=Text(), values=Anything())),
    (Mapping[uuid.UUID, int], MapOf(keys=Formatted(format="uuid"), values=Integer())),
    (Annotated[dict[int, bool], Meta(min_length=1)], MapOf(keys=Integer(), values=Boolean(), min_entries=1)),
    (int | None, Unions(members=(Integer(), Null()))),
    (None | str | int, Unions(members=(Text(), Integer(), Null()))),
    (int | NULL_AMONG, Unions(members=(Integer(), Enumeration(values=("a",)), Null()))),
    (int | UnsetType, Integer()),
    (
        Options,
        Record(members=(Member(name="a", shape=Integer(), required=True), Member(name="b", shape=Text()))),
    ),
]


@pytest.mark.parametrize(("annotation", "expected"), VALUES, ids=lambda value: str(value)[:40])
def test_values(annotation: Any, expected: AnyShape) -> None:
    """Each type that msgspec knows has its shape, to read and to write."""
    cls = msgspec.defstruct("Event", [("a", annotation)])

    assert members(reader(cls))["a"].shape == expected
    assert members(writer(cls))["a"].shape == expected


def test_an_enumeration_that_takes_more_than_its_members_is_checked() -> None:
    """`_missing_` is code that judges, and flags have sums: what they take is not known from their values."""

    class Lenient(enum.Enum):
        A = "a"

        @classmethod
        def _missing_(cls, value: object) -> Lenient | None:
            return cls.A if value else None

    class Flags(enum.IntFlag):
        A = 1
        B = 2

    lenient, flags = (members(reader(msgspec.defstruct("E", [("a", t)])))["a"].shape for t in (Lenient, Flags))
    assert isinstance(lenient, Enumeration)
    assert (lenient.values, len(lenient.checks)) == (("a",), 1)
    assert isinstance(flags, Integer)
    assert len(flags.checks) == 1


def test_a_type_that_msgspec_cannot_build_is_opaque() -> None:
    """A class of the user's own, or a pydantic dataclass, whose constraints msgspec ignores, is not understood."""

    class Money:
        pass

    @pydantic.dataclasses.dataclass
    class Positive:
        a: Annotated[int, pydantic.Field(gt=0)]

    found = members(reader(msgspec.defstruct("E", [("a", Money), ("b", list[Positive])])))
    assert isinstance(found["a"].shape, Opaque)
    assert "Money" in found["a"].shape.reason
    assert isinstance(found["b"].shape, Array)
    assert isinstance(found["b"].shape.items, Opaque)


# --- objects --------------------------------------------------------------------------------------------------------


class Camel(Struct, rename="camel", forbid_unknown_fields=True):
    order_id: int
    note: str = field(default="", name="remark")


@dataclasses.dataclass
class Plain:
    order_id: int
    note: str = ""


@attrs.define
class Attr:
    order_id: int
    note: str = ""


def test_names_are_those_of_the_payload() -> None:
    """Renamed fields stand under their names in the payload, and keep their own."""
    found = members(reader(Camel))

    assert found["order_id"] == Member(name="order_id", keys=(("orderId",),), shape=Integer(), required=True)
    assert found["note"].places == (("remark",),)
    assert members(writer(Camel))["note"].places == (("remark",),)


@pytest.mark.parametrize("cls", [Plain, Attr])
def test_classes_of_other_libraries(cls: type) -> None:
    """Dataclasses and attrs classes read over what they do not know, and always write every field."""
    assert reader(cls).root == Record(
        members=(
            Member(name="order_id", shape=Integer(), required=True),
            Member(name="note", shape=Text(), default=Static('""')),
        )
    )
    assert writer(cls).root == Record(
        members=(
            Member(name="order_id", shape=Integer(), required=True),
            Member(name="note", shape=Text(), required=True),
        )
    )


def test_unknown_members() -> None:
    """A class that forbids unknown members says so."""
    assert isinstance(reader(Camel).root, Record)
    assert reader(Camel).root.extra == "forbid"


def made_lambda() -> list[int]:
    """A factory that calls something."""
    return sorted([2, 1])


class Defaults(Struct, omit_defaults=True):
    required: int
    value: int = 1
    day: dt.date = dt.date(2020, 1, 2)
    nothing: int | None = None
    empty: list[int] = []
    mapping: dict[str, int] = field(default_factory=dict)
    text: str = field(default_factory=str)
    constant: list[int] = field(default_factory=lambda: [1, 2])
    nested: Camel | None = None
    called: list[int] = field(default_factory=made_lambda)
    random: uuid.UUID = field(default_factory=uuid.uuid4)
    early: str = field(default_factory=lambda made="": made)
    unset: int | UnsetType = UNSET
    infinite: float = float("inf")


def test_defaults() -> None:
    """A default is the JSON text that would be written for it; a factory counts as one where it is plainly constant."""
    found = {name: member.default for name, member in members(reader(Defaults)).items()}

    assert isinstance(found.pop("called"), Made)
    assert isinstance(found.pop("random"), Made)
    assert isinstance(found.pop("early"), Made)
    assert isinstance(found.pop("infinite"), Made)
    assert found == {
        "required": None,
        "value": Static("1"),
        "day": Static('"2020-01-02"'),
        "nothing": Static("null"),
        "empty": Static("[]"),
        "mapping": Static("{}"),
        "text": Static('""'),
        "constant": Static("[1,2]"),
        "nested": Static("null"),
        "unset": None,
    }
    assert {name for name, member in members(reader(Defaults)).items() if member.required} == {"required"}


def test_a_class_is_a_constant_factory_where_all_of_it_is() -> None:
    """A nested object with defaults is a constant, unless something in it is made or runs code."""

    class Constant(Struct):
        a: int = 1

    class Random(Struct):
        a: uuid.UUID = field(default_factory=uuid.uuid4)

    class Hooked(Constant):
        def __post_init__(self) -> None:
            self.a = id(self)

    defaults = [
        members(reader(msgspec.defstruct("E", [("a", cls, field(default_factory=cls))])))["a"].default
        for cls in (Constant, Random, Hooked)
    ]
    assert defaults[0] == Static('{"a":1}')
    assert isinstance(defaults[1], Made)
    assert isinstance(defaults[2], Made)


def test_what_a_writer_may_leave_out() -> None:
    """With `omit_defaults` exactly the members that msgspec may leave out are not always written."""
    optional = {name for name, member in members(writer(Defaults)).items() if not member.required}

    assert optional == {"value", "day", "nothing", "empty", "mapping", "nested", "unset", "infinite"}
    event = Defaults(required=1)
    written = msgspec.to_builtins(event)
    assert set(written) == {"required", "text", "constant", "called", "random", "early"}
    assert all(member.default is None for member in members(writer(Defaults)).values())


def test_what_is_unset_is_not_written() -> None:
    """A field that may be UNSET, whatever its default, may be left out; others never are."""

    class Event(Struct):
        a: int | UnsetType = UNSET
        b: int | UnsetType | None = None
        c: Annotated[int | UnsetType, Meta(description="c")] = 3
        d: int = 3

    assert msgspec.json.encode(Event(b=UNSET, c=UNSET)) == b'{"d":3}'
    assert [m.required for m in members(writer(Event)).values()] == [False, False, False, True]
    assert [m.default for m in members(reader(Event)).values()] == [None, Static("null"), Static("3"), Static("3")]


# --- code -----------------------------------------------------------------------------------------------------------


def test_code_that_judges_a_whole_object() -> None:
    """What runs when an object is made is a check of the object, and so is that of its bases."""

    class Base(Struct):
        a: int

        def __post_init__(self) -> None:
            if self.a < 0:
                raise ValueError

    class Derived(Base):
        def __post_init__(self) -> None:
            super().__post_init__()

    @dataclasses.dataclass
    class Data:
        a: int

        def __post_init__(self) -> None:
            pass

    @attrs.define
    class Attrs:
        a: int

        def __attrs_post_init__(self) -> None:
            pass

    assert [len(reader(cls).root.checks) for cls in (Plain, Base, Derived, Data, Attrs)] == [0, 1, 2, 1, 1]
    assert reader(Derived).root.checks[1] == reader(Base).root.checks[0]
    assert reader(Base).root.checks == writer(Base).root.checks


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (attrs.validators.ge(3), attrs.validators.ge(4)),
        (attrs.validators.ge(3), attrs.validators.gt(3)),
        (attrs.validators.in_([1, 2]), attrs.validators.in_([1, 3])),
        (attrs.validators.matches_re("a"), attrs.validators.matches_re("b")),
        (attrs.validators.instance_of(int), attrs.validators.instance_of(str)),
        (attrs.validators.optional(attrs.validators.ge(3)), attrs.validators.optional(attrs.validators.ge(4))),
        (lambda self, attribute, value: value / 1, lambda self, attribute, value: value / 2),
    ],
)
def test_validators_of_attrs_fields(one: Callable[..., Any], other: Callable[..., Any]) -> None:
    """A validator is a check of its field, which changes with what it was given and with nothing else."""

    def checks(validator: Any) -> tuple[str, ...]:
        cls = attrs.make_class("Event", {"a": attrs.field(type=int, validator=validator)})
        return members(reader(cls))["a"].shape.checks

    assert len(checks(one)) == 1
    assert checks(one) == checks(one) != checks(other)
    assert checks([one, other]) != checks(one)


def test_converters_of_attrs_fields() -> None:
    """A converter, which msgspec skips, is a check too: what it would have made of the value is not known."""
    cls = attrs.make_class("Event", {"a": attrs.field(type=str, converter=str.upper)})

    assert len(members(reader(cls))["a"].shape.checks) == 1


# --- tags -----------------------------------------------------------------------------------------------------------


class Cat(Struct, tag="cat", tag_field="species"):
    lives: int = 9


class Dog(Struct, tag="dog", tag_field="species", forbid_unknown_fields=True):
    name: str


def test_a_tag_by_itself() -> None:
    """A Struct that stands alone always writes its tag, and reads over its absence, but not over another one."""
    tag = Member(name="species", shape=Enumeration(values=("cat",)), default=Static('"cat"'))
    lives = Member(name="lives", shape=Integer(), default=Static("9"))

    assert msgspec.json.decode(b"{}", type=Cat) == Cat()
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"species":"dog"}', type=Cat)
    assert reader(Cat).root == Record(members=(tag, lives))
    assert [member.required for member in members(writer(Cat)).values()] == [True, True]
    assert members(reader(msgspec.defstruct("E", [("a", Cat | None)])))["a"].shape == Unions(
        members=(reader(Cat).root, Null())
    )


def test_tags_of_a_union() -> None:
    """Structs of a union are told apart by their tags, whatever else the union holds."""
    shape = members(reader(msgspec.defstruct("E", [("a", int | Dog | None | Cat)])))["a"].shape
    expected = Tagged(
        discriminator="species",
        variants=(
            Variant(tag="cat", shape=Record(members=(Member(name="lives", shape=Integer(), default=Static("9")),))),
            Variant(
                tag="dog", shape=Record(members=(Member(name="name", shape=Text(), required=True),), extra="forbid")
            ),
        ),
    )

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b"{}", type=Dog | Cat)
    assert shape == Unions(members=(Integer(), expected, Null()))


def test_tags_that_are_numbers() -> None:
    """Tags may be integers, and are sorted as such."""
    kinds = [msgspec.defstruct(f"K{tag}", [("a", int)], tag=tag) for tag in (10, 2)]
    shape = members(reader(msgspec.defstruct("E", [("a", kinds[0] | kinds[1])])))["a"].shape

    assert isinstance(shape, Tagged)
    assert [variant.tag for variant in shape.variants] == [2, 10]


# --- arrays that are objects ----------------------------------------------------------------------------------------


class Row(Struct, array_like=True):
    a: int
    b: str = ""


class ClosedRow(Struct, array_like=True, forbid_unknown_fields=True, tag="row"):
    a: int


class Pair(NamedTuple):
    a: int
    b: str = ""


@pytest.mark.parametrize(
    ("cls", "read", "written"),
    [
        (
            Row,
            Unions(members=(TupleOf(items=(Integer(), Text()), rest=Anything()), TupleOf(items=(Integer(),)))),
            TupleOf(items=(Integer(), Text())),
        ),
        (
            ClosedRow,
            TupleOf(items=(Enumeration(values=("row",)), Integer())),
            TupleOf(items=(Enumeration(values=("row",)), Integer())),
        ),
        (
            Pair,
            Unions(members=(TupleOf(items=(Integer(), Text())), TupleOf(items=(Integer(),)))),
            TupleOf(items=(Integer(), Text())),
        ),
    ],
)
def test_arrays_that_are_objects(cls: Any, read: AnyShape, written: AnyShape) -> None:
    """A Struct or named tuple that is stored as an array has a place for each field; the last may be absent."""
    event = msgspec.defstruct("E", [("a", cls)])

    assert members(reader(event))["a"].shape == read
    assert members(writer(event))["a"].shape == written


def test_arrays_of_a_union() -> None:
    """Structs that are stored as arrays are told apart by their first place."""
    other = msgspec.defstruct("Other", [("b", str)], array_like=True, forbid_unknown_fields=True, tag="other")
    shape = members(reader(msgspec.defstruct("E", [("a", ClosedRow | other | None)])))["a"].shape

    assert shape == Unions(
        members=(
            TupleOf(items=(Enumeration(values=("row",)), Integer())),
            TupleOf(items=(Enumeration(values=("other",)), Text())),
            Null(),
        )
    )


# --- classes that are met again -------------------------------------------------------------------------------------


class Tree(Struct):
    value: int
    left: Tree | None = None
    more: list[Tree] = []


class Box(Struct, Generic[T]):
    content: T
    next: Box[T] | None = None


def test_a_class_that_contains_itself() -> None:
    """It becomes a definition, in both directions."""
    view = reader(Tree)

    assert isinstance(view.root, Reference)
    assert members(view)["left"].shape == Unions(members=(view.root, Null()))
    assert members(writer(Tree))["more"].shape == Array(items=writer(Tree).root)


def test_generic_classes() -> None:
    """A generic class is captured with its arguments."""

    class Event(Struct):
        ints: Box[int]
        texts: Box[str]

    assert members(reader(Event), "ints")["content"].shape == Integer()
    assert members(reader(Event), "texts")["content"].shape == Text()


def test_names_of_classes_do_not_count() -> None:
    """A class of another name with the same fields is captured alike."""
    one, other = (
        msgspec.defstruct("Event", [("a", msgspec.defstruct(name, [("x", int)])), ("b", list[int])])
        for name in ("Address", "Place")
    )

    assert capture_msgspec(one) == capture_msgspec(other)


# --- what is no event -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [int, enum.Enum, Colour, Pair, dict])
def test_what_is_no_class_of_events(cls: type) -> None:
    """Only Structs, attrs classes and dataclasses are."""
    with pytest.raises(SchemaError, match=r"neither a pydantic model|cannot read"):
        capture_msgspec(cls)


def test_what_msgspec_cannot_read() -> None:
    """Where msgspec refuses a class, so does the capture, in its words."""

    class Mixed(enum.Enum):
        A = 1
        B = "b"

    with pytest.raises(SchemaError, match="Enums must contain either"):
        capture_msgspec(msgspec.defstruct("E", [("a", Mixed)]))
