"""Comparing two versions of an event: what is found, what is not, and how it is told."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from schemas.compared import compared, of_views, record, rules_of, shown, side
from schemas.random_edits import make_case
from upcast.schemas.diff import Policy, diff, diff_all
from upcast.schemas.rules import example_class
from upcast.schemas.shapes import (
    Anything,
    Array,
    Enumeration,
    Integer,
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

# --- what is silent -------------------------------------------------------------------------------------------------


SAME = {
    "reordered": ("a: int\nb: str", "b: str\na: int"),
    "documented": ("a: int", '"""Of interest."""\na: int = Field(title="A", description="An a.", examples=[1])'),
    "typing": ("a: int | None", "a: None | int"),
    "inlined": (
        "class Part(BaseModel):\n    x: int\n\nclass Event(BaseModel):\n    one: Part\n    two: Part",
        (
            "class One(BaseModel):\n    x: int\n\nclass Two(BaseModel):\n    x: int\n\n"
            "class Event(BaseModel):\n    two: Two\n    one: One"
        ),
    ),
    "recursive": (
        'class Event(BaseModel):\n    value: int\n    next: "Event | None" = None',
        'class Node(BaseModel):\n    next: "Node | None" = None\n    value: int\n\nclass Event(Node):\n    pass',
    ),
}


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME)
def test_nothing_is_said_of_what_is_not_on_the_wire(old: str, new: str) -> None:
    """Names of classes, order and documentation carry no meaning."""
    found = shown(old, new)
    assert found.findings == ()
    assert (found.backward.outcome, found.forward.outcome) == ("safe", "safe")


def test_a_class_and_itself() -> None:
    """Nothing is said of two versions of one class, even where its code judges and it drifts."""
    source = (
        'model_config = ConfigDict(extra="forbid")\na: int = Field(serialization_alias="A")\n\n'
        '@field_validator("a")\n@classmethod\ndef odd(cls, value: int) -> int:\n    assert value % 2\n    return value'
    )
    found = shown(source, source)
    assert found.findings == ()
    assert (found.backward.outcome, found.forward.outcome) == ("safe", "safe")


# --- witnesses ------------------------------------------------------------------------------------------------------


def test_witness_is_small() -> None:
    """A witness holds what its writer must write, the one thing that it shows, and nothing else."""
    found = shown(
        'a: int\nb: str = "x"\nc: list[int]\nd: int = 5', 'a: int\nb: str = "x"\nc: list[int]\nd: int = Field(5, ge=0)'
    )
    [finding] = found.findings
    assert finding.witness is not None
    assert finding.witness.payload == '{"a":1,"c":[],"d":-1}'
    assert finding.witness.refusal == "d: greater_than_equal"
    assert finding.witness.executed_by == "class"


def test_witness_of_a_schema_snapshot() -> None:
    """Without a class the decoder is rebuilt, and the witness says so."""
    old, new = example_class("a: int"), example_class("a: int = Field(ge=0)")
    [finding] = diff(side(old, alone=True), side(new, 2, alone=True)).findings
    assert finding.witness is not None
    assert finding.witness.executed_by == "schema"


def test_every_verdict_is_shown() -> None:
    """A verdict that something breaks holds a payload for each thing that does."""
    found = shown("a: int\nb: str", "a: str\nb: str = Field(min_length=1)")
    assert found.backward.reasons == ("/a", "/b")
    assert [witness.payload for witness in found.backward.witnesses] == ['{"a":1,"b":""}', '{"a":1,"b":"text"}']
    assert [witness.direction for witness in found.forward.witnesses] == ["forward"]


def test_no_value_is_repeated_in_a_refusal() -> None:
    """Refusals name places and reasons only."""
    found = shown("secret: str", "secret: UUID")
    [finding] = found.findings
    assert finding.witness is not None
    assert finding.witness.refusal == "secret: uuid_parsing"


# --- code of the user -----------------------------------------------------------------------------------------------

JUDGING = (
    'a: int\n\n@field_validator("a")\n@classmethod\n'
    "def not_unlucky(cls, value: int) -> int:\n"
    '    if value == 1313:\n        raise ValueError("unlucky")\n    return value'
)
MENDING = (
    'a: list[str]\n\n@field_validator("a", mode="before")\n@classmethod\n'
    'def divided(cls, value):\n    return value.split(",") if isinstance(value, str) else value'
)


def test_code_that_refuses_nothing_that_was_tried_is_unknown() -> None:
    """Where the code of a class is another one and no payload is known that it refuses, nothing is called safe."""
    found = shown("a: int", JUDGING)
    assert found.backward.outcome == "unknown"
    assert found.forward.outcome == "safe"
    [finding] = found.findings
    assert (finding.rule, finding.severity, finding.effects) == ("U219", "warning", ())
    assert finding.witness is None
    assert "code of the class" in finding.no_witness


def test_the_same_code_is_safe() -> None:
    """A value that passed the code once passes it again."""
    assert shown(JUDGING, JUDGING + "\n\nb: int = 0").backward.outcome == "safe"


def test_code_that_mends_what_the_types_refuse() -> None:
    """What the class takes after all is not called a break, and not safe either."""
    found = shown("a: str", MENDING)
    assert found.backward.outcome == "unknown"
    assert found.forward.outcome == "breaks"


def test_what_the_old_code_never_let_through() -> None:
    """A payload that the writer's own class refuses shows nothing."""
    positive = JUDGING.replace("value == 1313", "value < 0")
    found = shown(positive, "a: int = Field(ge=0)")
    assert found.backward.outcome == "unknown"
    assert all(finding.witness is None for finding in found.findings)


def test_something_opaque_is_unknown() -> None:
    """What is not known of either side is not called safe, unless it is the same on both."""
    opaque, other = Opaque(reason="a type of its own"), Opaque(reason="another type")
    assert of_views(record(a=opaque), record(a=opaque)).backward.outcome == "safe"
    found = of_views(record(a=opaque), record(a=other))
    assert found.backward.outcome == "unknown"
    assert [finding.rule for finding in found.findings] == ["U933"]


# --- unions, definitions, recursion ---------------------------------------------------------------------------------


def tree(least: int | None) -> View:
    """An object that contains itself."""
    kids = Member(name="kids", shape=Array(items=Reference(name="")), default=Static("[]"))
    node = Record(members=(Member(name="value", shape=Integer(minimum=least), required=True), kids))
    return View(root=Reference(name=""), definitions={"": node})


def test_recursion_comes_to_an_end() -> None:
    """A class that contains itself is compared once, and what is found of it said once."""
    sides = [
        side_of(SchemaSnapshot(format=1, type="tree", version=number, family="pydantic", reader=view, writer=view))
        for number, view in enumerate((tree(None), tree(0)), 1)
    ]
    found = diff(*sides)
    assert rules_of(found) == {"U401": {"/value"}, "U712": {""}}
    assert found.forward.outcome == "safe"


def side_of(snapshot: SchemaSnapshot) -> Any:
    """A version of which only the schema snapshot is left."""
    from upcast.schemas.diff import Side

    return Side(snapshot)


def test_recursion_through_a_union() -> None:
    """A member of a union that is refused only because of what it contains is refused."""
    part = (
        'class Leaf(BaseModel):\n    x: int\n\nclass Event(BaseModel):\n    value: {}\n    next: list["Event"] | Leaf'
    )
    found = shown(part.format("int"), part.format("int = Field(ge=0)"))
    assert found.backward.outcome == "breaks"
    assert found.forward.outcome == "safe"


def test_a_nested_class_is_told_once_with_its_users() -> None:
    """What is found of a class that stands in several places is one finding, which names them."""
    source = (
        "class Item(BaseModel):\n    count: {}\n\n"
        "class Event(BaseModel):\n    first: Item\n    others: list[Item]\n    by_name: dict[str, Item]"
    )
    found = shown(source.format("int"), source.format("int = Field(ge=0)"))
    assert rules_of(found) == {"U401": {"/first/count"}, "U711": {"/first"}}
    told = {finding.rule: finding.message for finding in found.findings}
    assert "; the same at /by_name/*/count, /others/*/count." in told["U401"]
    assert "; the same at /by_name/*, /others/*." in told["U711"]


def test_union_members_are_paired() -> None:
    """What changed in one member of a union is said in that member, whatever their order."""
    old = Unions(members=(record(x=Integer(), y=Text()), record(z=Text())))
    new = Unions(members=(record(z=Text(min_length=1)), record(x=Integer(), y=Text())))
    found = of_views(record(a=old), record(a=new))
    assert "U412" in rules_of(found)
    assert rules_of(found)["U412"] == {"/a/z"}
    assert found.forward.outcome == "safe"


def test_a_member_that_another_takes_is_no_break() -> None:
    """What one member of a union no longer takes may be taken by another."""
    old = Unions(members=(Integer(), Text()))
    new = Unions(members=(Integer(minimum=0), Number(), Text()))
    assert of_views(record(a=old), record(a=new)).backward.outcome == "safe"


def test_tags_need_not_be_declared() -> None:
    """A tag that no class declares stands in the payload all the same."""
    old = Tagged(discriminator="type", variants=(Variant(tag="A", shape=record(x=Integer())),))
    wide = Tagged(
        discriminator="type",
        variants=(Variant(tag="A", shape=record(x=Integer())), Variant(tag="B", shape=record(x=Integer()))),
    )
    found = of_views(record(a=old), record(a=wide), family="msgspec")
    assert rules_of(found) == {"U705": {"/a"}}
    [finding] = found.findings
    assert finding.witness is not None
    assert finding.witness.payload == '{"a":{"type":"B","x":1}}'


# --- openness -------------------------------------------------------------------------------------------------------


def test_an_optional_field_beside_strangers() -> None:
    """A new optional field breaks payloads that hold another thing under its name, where they are said to be open."""
    old, new = example_class("a: int"), example_class("a: int\nb: int = 0")
    lenient, strict = compared(old, new), compared(old, new, open_objects="strict")
    assert (lenient.backward.outcome, strict.backward.outcome) == ("safe", "breaks")
    assert [(f.rule, f.severity) for f in lenient.findings] == [("U103", "info")]
    assert [(f.rule, f.severity) for f in strict.findings] == [("U103", "error")]


def test_two_kinds_of_object() -> None:
    """An object with declared members and a map are told as wholes."""
    old, new = record(a=record(x=Integer())), record(a=MapOf(keys=Text(), values=Anything()))
    assert rules_of(of_views(old, new)) == {"U613": {"/a"}}
    assert rules_of(of_views(new, old)) == {"U613": {"/a"}}


# --- severity -------------------------------------------------------------------------------------------------------

BACKWARD, FORWARD, LOSS, MEANING = (
    ("a: int", "a: int = Field(ge=0)"),
    ("a: int = Field(ge=0)", "a: int"),
    ("a: list[int]", "a: set[int]"),
    ("a: int = 1", "a: int = 2"),
)
SEVERITIES: Mapping[Policy, tuple[str, ...]] = {
    "backward": ("error", "warning", "error", "warning"),
    "forward": ("warning", "error", "warning", "warning"),
    "full": ("error", "error", "error", "warning"),
    "rolling": ("error", "error", "error", "warning"),
    "none": ("info", "info", "info", "info"),
}


@pytest.mark.parametrize(("policy", "severities"), SEVERITIES.items(), ids=SEVERITIES)
def test_severity_by_policy(policy: Policy, severities: tuple[str, ...]) -> None:
    """A policy says which effects are errors; what it says nothing of is a warning."""
    found = [shown(*pair, policy=policy).findings for pair in (BACKWARD, FORWARD, LOSS, MEANING)]
    assert tuple(findings[0].severity for findings in found) == severities


def test_fingerprints_outlive_wording() -> None:
    """A fingerprint is of rule, event, versions and place, so that another bound keeps it."""
    one, other = shown("a: int", "a: int = Field(ge=0)"), shown("a: int", "a: int = Field(ge=7)")
    assert one.findings[0].fingerprint == other.findings[0].fingerprint
    assert one.findings[0].message != other.findings[0].message


# --- several versions -----------------------------------------------------------------------------------------------


def test_every_pair_of_versions() -> None:
    """Every version is compared with every later one, and under `rolling` with the next only."""
    sides = [side(example_class(source), n) for n, source in enumerate(("a: int", "a: int\nb: int = 0", "a: str"), 1)]
    pairs = [(one.old.snapshot.version, one.new.snapshot.version) for one in diff_all(sides)]
    assert sorted(pairs) == list(itertools.combinations((1, 2, 3), 2))
    rolling = [(one.old.snapshot.version, one.new.snapshot.version) for one in diff_all(sides, policy="rolling")]
    assert rolling == [(1, 2), (2, 3)]


def test_a_name_that_was_never_gone_is_not_reused() -> None:
    """A field that changes its type over three versions was not removed in between."""
    sources = ("note: str", "note: str\nmore: int = 0", "note: list[str]")
    sides = [side(example_class(source), n) for n, source in enumerate(sources, 1)]
    assert all("U114" not in rules_of(one) for one in diff_all(sides))


# --- the other families ---------------------------------------------------------------------------------------------


class Struct(msgspec.Struct):
    a: int
    b: str = "x"


class StructTighter(msgspec.Struct, forbid_unknown_fields=True):
    a: float
    c: int = 0


def test_structs() -> None:
    """Structs are compared by what msgspec does with them."""
    found = compared(Struct, StructTighter)
    assert rules_of(found) == {"U105": {"/b"}, "U202": {"/a"}, "U801": {""}, "U103": {"/c"}}
    assert (found.backward.outcome, found.forward.outcome) == ("breaks", "breaks")


class Flag(msgspec.Struct):
    a: bool


class Count(msgspec.Struct):
    a: int


def test_msgspec_does_not_count_true() -> None:
    """To msgspec true is no number, so that a change that pydantic forgives breaks both ways."""
    found = compared(Flag, Count)
    assert rules_of(found) == {"U212": {"/a"}}
    assert (found.backward.outcome, found.forward.outcome) == ("breaks", "breaks")


def test_another_library() -> None:
    """A class that moves to another library is compared as the one writes and the other reads."""
    found = compared(example_class("a: int"), Count)
    assert (found.backward.outcome, found.forward.outcome) == ("safe", "safe")
    assert rules_of(found) == {"U218": {"/a"}}


def test_shapes_from_anywhere() -> None:
    """Where no library is known the shapes themselves are the reader."""
    old, new = record(a=TupleOf(items=(Integer(), Text()))), record(a=Array(items=Unions(members=(Integer(), Text()))))
    found = of_views(old, new, family="json-schema")
    assert (found.backward.outcome, found.forward.outcome) == ("safe", "breaks")
    old, new = record(a=Unions(members=(Enumeration(values=("x",)), Null()))), record(a=Enumeration(values=("x",)))
    assert rules_of(of_views(old, new, family="json-schema")) == {"U302": {"/a"}}


# --- at random --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(90))
def test_no_break_of_a_random_edit_is_called_safe(number: int) -> None:
    """Whatever was done to a class: where the new one refuses a payload of the old, the verdict is not `safe`."""
    case = make_case(number)
    old, new = side(case.old), side(case.new, 2)
    found = diff(old, new)
    stored = [msgspec.json.encode(payload) for payload in case.payloads]
    refused = [payload for payload in stored if not old.refusal(payload) and new.refusal(payload)]
    assert not (refused and found.backward.outcome == "safe"), refused[0]
    for witness in found.backward.witnesses:
        assert not old.refusal(witness.payload.encode())
        assert new.refusal(witness.payload.encode())
