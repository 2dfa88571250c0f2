"""What is said of a change: the rule in its several faces, the line to write, and what was renamed."""

from __future__ import annotations

import attrs
import msgspec
import pytest

import upcast.steps
from schemas.compared import record, rules_of, shown, side
from upcast.schemas._compare._renames import renames
from upcast.schemas._rebuild import Refused, decoder_of
from upcast.schemas.diff import diff
from upcast.schemas.rules import example_class
from upcast.schemas.shapes import (
    Array,
    Integer,
    Record,
    Text,
    View,
)

# --- rules with several faces -----------------------------------------------------------------------------------------

BOTH = 'class Event(BaseModel):\n    {}: str = Field(validation_alias=AliasChoices("{}", "{}"))'
CLOSED = 'model_config = ConfigDict(extra="forbid")\n'
ONE_WAY = 'user_id: str = Field(validation_alias="userId", serialization_alias="user_id")'
FACES = {
    "both-read-both": (BOTH.format("uid", "uid", "user_id"), BOTH.format("user_id", "user_id", "uid"), "U110", ()),
    "loss-by-rename": ('uid: str = ""', "user_id: str", "U109", ("backward",)),
    "rename-to-optional": ("uid: str", 'user_id: str = ""', "U109", ("forward", "loss")),
    "excluded": ('a: int\nb: str = Field("", exclude=True)', "a: int\nb: str", "U107", ("backward",)),
    "excluded-later": ("a: int\nb: str", 'a: int\nb: str = Field("", exclude=True)', "U108", ("forward",)),
    "read-by-path": (
        "class Address(BaseModel):\n    city: str\n\nclass Event(BaseModel):\n    addr: Address",
        'city: str = Field(validation_alias=AliasChoices("city", AliasPath("addr", "city")))',
        "U112",
        ("forward",),
    ),
    "written-and-forbidden": (CLOSED + 'user_id: str = Field(alias="userId")', CLOSED + ONE_WAY, "U117", ("forward",)),
    "never-read": (ONE_WAY, 'user_id: str = Field("", validation_alias="userId")', "U117", ("forward", "loss")),
    "computed-and-forbidden": (
        "a: int\n\n@computed_field\n@property\ndef double(self) -> int:\n    return self.a * 2",
        CLOSED + "a: int",
        "U119",
        ("backward",),
    ),
    "set-of-two": (
        "a: list[int] = Field(min_length=2)",
        "a: set[int] = Field(min_length=2)",
        "U605",
        ("backward", "loss"),
    ),
    "union-to-any": ("a: int | str", "a: Any", "U215", ("forward",)),
    "any-to-union": ("a: Any", "a: int | str", "U214", ("backward",)),
    "omitted-default": (
        "a: int | None = Field(None, exclude_if=lambda value: value is None)",
        "a: int | None",
        "U118",
        ("backward",),
    ),
    "typed-extras": (
        CLOSED.replace("forbid", "allow") + "__pydantic_extra__: dict[str, int]\na: int",
        CLOSED.replace("forbid", "allow") + "__pydantic_extra__: dict[str, float]\na: int",
        "U804",
        ("forward",),
    ),
    "strange-list": ("a: str", 'a: Literal["x", "y"]', "U508", ()),
    "a-shorter-least-length": ("a: str = Field(min_length=5)", "a: str = Field(min_length=1)", "U411", ("forward",)),
    "durations": (
        "a: timedelta",
        'model_config = ConfigDict(ser_json_timedelta="float")\na: Annotated[timedelta, Field(ge=timedelta(0))]',
        "U401",
        ("backward",),
    ),
}


@pytest.mark.parametrize(("old", "new", "rule", "effects"), FACES.values(), ids=FACES)
def test_rules_with_several_faces(old: str, new: str, rule: str, effects: tuple[str, ...]) -> None:
    """A rule is found in every change that it is about, with what that change does."""
    assert [finding.effects for finding in shown(old, new).findings if finding.rule == rule] == [effects]


def test_what_nobody_foresaw() -> None:
    """A decoder that refuses what its schema snapshot says it takes breaks, whatever the reasoning was."""

    def refusing(payload: bytes) -> object:
        if b"null" in payload:
            raise Refused("b: custom")
        return payload

    old, new = side(example_class("a: int\nb: int | None")), side(example_class("a: int\nb: int | None\nc: int = 0"), 2)
    backward = diff(old, attrs.evolve(new, decode=refusing))
    forward = diff(attrs.evolve(old, decode=refusing), new)
    assert (backward.backward.outcome, forward.forward.outcome) == ("breaks", "breaks")
    assert rules_of(backward)["U203"] == {"/b"}
    assert rules_of(forward)["U202"] == {"/b"}


# --- remedies -------------------------------------------------------------------------------------------------------

NESTED = "class Item(BaseModel):\n    {}\n\nclass Event(BaseModel):\n    items: list[Item]\n    one: Item"
REMEDIES = {
    "add": ('b: str = "x"', "b: str", 'add("b", "x")'),
    "add-new": ("a: int", "a: int\nb: str", 'add("b", ...)'),
    "remove": ("a: int\nb: str", "a: int", 'remove("b")'),
    "rename": ("uid: str", "user_id: str", 'rename("uid", to="user_id")'),
    "rename-in-lists": (
        NESTED.replace("\n    one: Item", "").format("uid: str"),
        NESTED.replace("\n    one: Item", "").format("user_id: str"),
        'each("items", rename("uid", to="user_id"))',
    ),
    "move": (
        "city: str",
        "class Address(BaseModel):\n    city: str\n\nclass Event(BaseModel):\n    addr: Address",
        'move("city", to="addr.city")',
    ),
    "convert": ("a: int", "a: int = Field(ge=0)", 'convert("a", ...)'),
    "convert-items": ("a: list[int]", "a: list[str]", 'convert("a", ...)'),
    "map-values": ('a: Literal["a", "b"]', 'a: Literal["a", "B"]', 'map_values("a", {"b": "B"})'),
    "null": ("a: int | None", "a: int", 'map_values("a", {None: ...}, nulls=True)'),
    "wrap": ("a: int", "a: list[int]", 'wrap("a")'),
    "split": (
        "name: str",
        "first_name: str\nlast_name: str",
        'split_field("name", into=["first_name", "last_name"], separator=...)',
    ),
    "join": (
        "first_name: str\nlast_name: str",
        "name: str",
        'join_fields(["first_name", "last_name"], to="name", separator=...)',
    ),
    "dots": ('a: int = Field(alias="x.y")', 'a: int = Field(alias="z")', 'rename("x\\\\.y", to="z")'),
    "readers-first": ("a: int", "a: int | None", "Deploy readers first."),
}


@pytest.mark.parametrize(("old", "new", "remedy"), REMEDIES.values(), ids=REMEDIES)
def test_remedy_is_a_line_to_write(old: str, new: str, remedy: str) -> None:
    """A remedy is the step itself, for the place where it is needed."""
    assert remedy in {finding.remedy for finding in shown(old, new).findings}


def test_remedies_mend() -> None:
    """A remedy without gaps is a step after which the new class takes the old payload."""
    names = {name: getattr(upcast.steps, name) for name in upcast.steps.__all__}
    for name in ("add", "remove", "rename", "rename-in-lists", "move", "map-values", "wrap", "dots"):
        old, new, remedy = REMEDIES[name]
        found = shown(old, new)
        assert found.backward.witnesses or name == "remove"
        step = eval(remedy, {**names})
        decode = decoder_of(example_class(new))
        for witness in found.backward.witnesses:
            payload = msgspec.json.decode(witness.payload)
            step.apply(payload)
            decode(msgspec.json.encode(payload))


def test_defaults_are_told() -> None:
    """The message about a default says what it was and what it is."""
    [finding] = shown("a: int = 1", "a: int = 2").findings
    assert finding.message.endswith("(1 became 2).")


# --- renames --------------------------------------------------------------------------------------------------------


def renamed(old: Record, new: Record) -> list[tuple[tuple[str | int, ...], tuple[str | int, ...], bool]]:
    """What seems to have another name."""
    return [(one.old, one.new, one.certain) for one in renames(View(root=old), View(root=new))]


def test_renames_by_name_and_kind() -> None:
    """Of several candidates the one is taken that is called most alike and is of the same kind."""
    old = record(uid=Text(), amount=Integer(), note=Text())
    new = record(user_id=Text(), amount_cents=Integer(), note=Text(), currency=Text())
    assert sorted(renamed(old, new)) == [(("amount",), ("amount_cents",), True), (("uid",), ("user_id",), True)]


def test_renames_that_are_not_sure() -> None:
    """Where two candidates are nearly as likely, the rename is proposed and not certain."""
    found = renamed(record(name=Text()), record(name_a=Text(), name_b=Text()))
    assert [certain for _, _, certain in found] == [False]


def test_no_rename_of_another_kind() -> None:
    """A number does not become an object by being renamed."""
    assert renamed(record(amount=Integer()), record(amounts=record(x=Integer()))) == []


def test_renames_below_lists() -> None:
    """A rename within the objects of a list has the place in the list."""
    old, new = record(items=Array(items=record(uid=Text()))), record(items=Array(items=record(user_id=Text())))
    assert renamed(old, new) == [(("items", "*", "uid"), ("items", "*", "user_id"), True)]


def test_moves() -> None:
    """What is called the same at another depth moved."""
    old, new = record(city=Text(), zip=Text()), record(addr=record(city=Text(), zip=Text()))
    assert renamed(old, new) == [(("city",), ("addr", "city"), True), (("zip",), ("addr", "zip"), True)]
