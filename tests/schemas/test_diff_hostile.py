"""Payloads that one version writes and the other refuses: whatever else is said of the pair, never that it is safe."""

from __future__ import annotations

import msgspec
import pytest

from schemas.compared import side
from schemas.random_edits import make_case
from upcast._door import open_door
from upcast.schemas._rebuild import Refused, decoder_of, rebuild
from upcast.schemas.diff import SchemaDiff, diff
from upcast.schemas.rules import example_class
from upcast.schemas.shapes import (
    AnyShape,
    Array,
    Boolean,
    Integer,
    MapOf,
    Member,
    Record,
    Reference,
    SchemaSnapshot,
    Text,
    TupleOf,
    Unions,
    View,
)

STRUCT = "class Event(msgspec.Struct):\n    "


def of(body: str, config: str = "", before: str = "") -> str:
    """A pydantic model, with what stands before it."""
    lines = [f"model_config = ConfigDict({config})"] if config else []
    body = "\n".join(f"    {line}" for line in [*lines, *body.splitlines()])
    return f"{before}\nclass Event(BaseModel):\n{body}"


FLAGS = "from enum import IntFlag\nclass Flag(IntFlag):\n    A = 1\n    B = 2"
NUMBERS = "from enum import IntEnum\nclass E(IntEnum):\n    A = 1\n    B = 2"
KNOWN = """from pydantic import AfterValidator
def known(key):
    assert key != "q7"
    return key
"""
FORGIVING = """class E(Enum):
    A = "a"
    @classmethod
    def _missing_(cls, value):
        return cls.A if value != "x" else None
"""

BROKEN: dict[str, tuple[str, str, str]] = {
    # limits that no sample of the writer lies beyond, because they are finer than a sample, or finer than a float
    "decimals-between": (
        of("a: Decimal = Field(gt=Decimal('0.1'))"),
        of("a: Decimal = Field(ge=Decimal('0.11'))"),
        '{"a":"0.105"}',
    ),
    "multiples-of-a-fraction": (
        of("a: float = Field(le=5, multiple_of=0.01)"),
        of("a: float = Field(lt=2.5)"),
        '{"a":2.5}',
    ),
    "multiples-of-each-other": (
        of("a: float = Field(multiple_of=1)"),
        of("a: float = Field(multiple_of=0.1)"),
        '{"a":1e308}',
    ),
    "multiples-of-two-libraries": (
        of("a: float = Field(multiple_of=1)"),
        f"{STRUCT}a: Annotated[float, msgspec.Meta(multiple_of=1)]",
        '{"a":5e-324}',
    ),
    # texts that only look like something else
    "digits-of-other-scripts": (of(r"a: str = Field(pattern='^\\d+$')"), of("a: int"), '{"a":"\\u0663"}'),
    "a-decimal-is-a-long-text": (
        of("a: Decimal"),
        of("a: str = Field(max_length=20)"),
        '{"a":"1000000000000000000000"}',
    ),
    "a-time-is-no-duration": (of("a: time"), of("a: timedelta"), '{"a":"05:06:07Z"}'),
    # what two libraries, or two engines, take the same words for
    "a-dollar-before-a-line-end": (
        f"{STRUCT}a: Annotated[str, msgspec.Meta(pattern='^[a-z]+$')]",
        of("a: str = Field(pattern='^[a-z]+$')"),
        '{"a":"a\\n"}',
    ),
    "a-space-of-python": (
        f"{STRUCT}a: Annotated[str, msgspec.Meta(pattern='^\\\\s$')]",
        of(r"a: str = Field(pattern='^\\s$')"),
        '{"a":"\\u001c"}',
    ),
    "another-engine-of-one-library": (
        of("a: str = Field(pattern='^a$')", "regex_engine='python-re'"),
        of("a: str = Field(pattern='^a$')"),
        '{"a":"a\\n"}',
    ),
    "years-of-a-duration": (of("a: timedelta"), f"{STRUCT}a: timedelta", '{"a":"P1Y35D"}'),
    "two-alphabets": (
        of("a: bytes", "ser_json_bytes='base64', val_json_bytes='base64'"),
        f"{STRUCT}a: bytes",
        '{"a":"-_8="}',
    ),
    # what is dumped for reading back holds no computed fields
    "computed-and-not-stored": (
        of("a: int\n@computed_field\n@property\ndef b(self) -> int:\n    return self.a"),
        of("a: int\nb: int"),
        '{"a":1}',
    ),
    # enumerations that take more than they name
    "sum-of-flags": (of("a: Flag", "", FLAGS), of("a: int = Field(le=2)"), '{"a":3}'),
    "no-flag-at-all": (of("a: Flag", "", FLAGS), of("a: Literal[1, 2]"), '{"a":0}'),
    # things that are different to the writer and the same to the reader
    "items-in-lower-case": (
        of("a: set[str] = Field(min_length=2)"),
        of(
            "a: set[Annotated[str, StringConstraints(to_lower=True)]] = Field(min_length=2)",
            "",
            "from pydantic import StringConstraints",
        ),
        '{"a":["a","A"]}',
    ),
    "keys-in-lower-case": (
        of("a: dict[str, int] = Field(min_length=2)"),
        of(
            "a: dict[Annotated[str, StringConstraints(to_lower=True)], int] = Field(min_length=2)",
            "",
            "from pydantic import StringConstraints",
        ),
        '{"a":{"a":1,"A":1}}',
    ),
    "numbers-that-are-equal": (
        of("a: set[str] = Field(min_length=2)"),
        of("a: set[Decimal] = Field(min_length=2)"),
        '{"a":["1","1.0"]}',
    ),
    # what a list may hold, and a set not
    "lists-in-a-set": (of("a: list[Any]"), of("a: set[Any]"), '{"a":[[1]]}'),
    "lists-in-a-set-of-msgspec": (f"{STRUCT}a: list[Any]", f"{STRUCT}a: set[Any]", '{"a":[[1]]}'),
    # code that judges keys
    "keys-that-code-refuses": (
        of("a: dict[str, int]"),
        of("a: dict[Annotated[str, AfterValidator(known)], int]", "", KNOWN),
        '{"a":{"q7":1}}',
    ),
    # keys of maps that are no texts
    "numbered-keys": (
        of("a: dict[E, dict[int, int]]", "", NUMBERS),
        of("a: dict[E, dict[Annotated[int, Field(ge=100)], int]]", "", NUMBERS),
        '{"a":{"1":{"15":1}}}',
    ),
}


def pair(old: str, new: str, *, alone: bool) -> SchemaDiff:
    """The difference of two sources, with their classes or with their schema snapshots alone."""
    return diff(side(example_class(old), alone=alone), side(example_class(new), 2, alone=alone))


@pytest.mark.parametrize("alone", [False, True], ids=["classes", "snapshots"])
@pytest.mark.parametrize("name", BROKEN)
def test_break_is_not_called_safe(name: str, alone: bool) -> None:
    """A payload that the old class writes and the new one refuses is a break, or at least not known not to be one."""
    old, new, payload = BROKEN[name]
    assert writes(example_class(old), payload)
    assert refuses(example_class(new), payload)
    assert pair(old, new, alone=alone).backward.outcome != "safe"
    assert pair(new, old, alone=alone).forward.outcome != "safe"


def writes(cls: type, payload: str) -> bool:
    """Whether a class writes a payload, spelled so; the items of a set in any order."""
    door, _ = open_door(cls)
    assert door is not None
    written = door.encode(door.decode(payload.encode()))
    one, other = (msgspec.json.decode(text)["a"] for text in (written, payload))
    return bool(one == other or (isinstance(one, list) and sorted(one) == sorted(other)))


def refuses(cls: type, payload: str) -> bool:
    """Whether a class refuses a payload."""
    try:
        decoder_of(cls)(payload.encode())
    except Refused:
        return True
    return False


def test_code_of_an_enumeration_judges() -> None:
    """An enumeration may take what it does not name, so its schema snapshot alone shows no refusal of that."""
    assert pair(of("a: str"), of("a: E", "", FORGIVING), alone=True).backward.outcome == "unknown"


def test_same_code_judges_the_same_keys() -> None:
    """Keys that passed the code of a class once pass it again."""
    body = "a: dict[Annotated[str, AfterValidator(known)], int]"
    found = pair(of(body, "", KNOWN), of(f"{body}\nb: int = 0", "", KNOWN), alone=False)
    assert (found.backward.outcome, found.forward.outcome) == ("safe", "safe")


def nested(depth: int, last: str) -> str:
    """Objects that each hold two of the next kind."""
    classes = [f"class M{depth}(BaseModel):\n    x: {last}\n    y: int"]
    for level in range(depth - 1, -1, -1):
        name = f"M{level}" if level else "Event"
        classes.append(
            f"class {name}(BaseModel):\n    x: M{level + 1} | None = None\n    y: M{level + 1} | None = None"
        )
    return "\n".join(classes)


LARGE = {
    "members": (
        "\n".join(f"f{number}: int = 0" for number in range(200)),
        "\n".join(f"f{number}: {'str' if number % 7 == 0 else 'int'} = Field(0)" for number in range(200)),
    ),
    "levels": (nested(16, "int"), nested(16, "str")),
    "lists": (of(f"a: {'list[' * 30}int{']' * 30}"), of(f"a: {'list[' * 30}str{']' * 30}")),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_classes_are_compared(name: str) -> None:
    """Many members, and classes that are met by exponentially many ways, take no longer than they must."""
    assert pair(*LARGE[name], alone=False).backward.outcome == "breaks"


ODD: dict[str, tuple[str, str, str, str]] = {
    "a-limit-of-a-year": (of("a: timedelta"), of("a: timedelta = Field(le=timedelta(days=365))"), "breaks", "breaks"),
    "limits-of-both-kinds": (
        of("a: datetime = Field(ge=datetime(2000, 1, 1))"),
        of("a: datetime = Field(ge=datetime(2000, 1, 1, tzinfo=UTC))", "", "from datetime import UTC"),
        "unknown",
        "unknown",
    ),
    "a-factory-that-fails": (
        f"{STRUCT}a: int",
        f"{STRUCT}a: int\n    b: int = msgspec.field(default_factory=lambda: 1 // 0)",
        "breaks",
        "safe",
    ),
    # what is written is a list of two, and what is read a list of one or two, each of which holds the event
    # the one looks for a member of an object where the other has a list
    "a-member-of-a-row": (
        of(
            "a: Row\nb: int = Field(0, validation_alias=AliasPath('a', 'q'))",
            "",
            "from typing import NamedTuple\nclass Row(NamedTuple):\n    b: int",
        ),
        of("a: Row", "", "from typing import NamedTuple\nclass Row(NamedTuple):\n    b: str"),
        "breaks",
        "breaks",
    ),
    "sets-of-objects": (
        "class M(msgspec.Struct, frozen=True):\n    x: int\n" + STRUCT + "a: list[tuple[M, M]]",
        "class M(msgspec.Struct, frozen=True):\n    x: str\n" + STRUCT + "a: set[tuple[M, M]]",
        "breaks",
        "breaks",
    ),
    "rows-that-end-early": (
        of("a: Row", "", "from typing import NamedTuple\nclass Row(NamedTuple):\n    b: list['Event']\n    c: int = 0"),
        of("a: Row", "", "from typing import NamedTuple\nclass Row(NamedTuple):\n    b: list['Event']"),
        "breaks",
        "breaks",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_limits_and_defaults_are_compared(name: str) -> None:
    """No limit, no default and no recursion is too odd to be compared."""
    old, new, with_classes, alone = ODD[name]
    assert pair(old, new, alone=False).backward.outcome == with_classes
    assert pair(old, new, alone=True).backward.outcome == alone


@pytest.mark.parametrize("number", range(90))
def test_random_edits_are_judged_soundly(number: int) -> None:
    """Whatever was edited: what a payload of the old class breaks on is not called safe, nor does the order matter."""
    case = make_case(number)
    door, _ = open_door(case.old)
    assert door is not None
    sides = side(case.old), side(case.new, 2)
    there, back = diff(*sides), diff(*reversed(sides))
    assert (there.backward.outcome, there.forward.outcome) == (back.forward.outcome, back.backward.outcome)
    assert not diff(sides[0], sides[0]).findings
    read = [SchemaSnapshot.from_json(each.snapshot.to_json()) for each in sides]
    assert read == [each.snapshot for each in sides]
    if there.backward.outcome == "safe":
        for payload in case.payloads:
            written = door.encode(door.decode(msgspec.json.encode(payload)))
            assert not sides[1].refusal(written)


UNSAFE: dict[str, tuple[AnyShape, ...]] = {
    "row-or-limited-number": (TupleOf(items=(Integer(), Integer())), Integer(minimum=1)),
    "row-or-limited-text": (TupleOf(items=(Integer(),)), Text(max_length=3)),
    "list-or-patterned-text": (Array(items=Integer()), Text(pattern="^a")),
    "map-or-patterned-text": (MapOf(keys=Text(), values=Integer()), Text(pattern="^a")),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_msgspec_is_not_made_to_spoil_memory(name: str) -> None:
    """No decoder is rebuilt of unions that msgspec mixes up: our own takes their place, and the place is told."""
    members = UNSAFE[name]
    inner = Unions(members=(*members[:1], Boolean()))
    for choice in (Unions(members=members), Unions(members=(Reference(name="inner"), *members[1:]))):
        view = View(root=Record(members=(Member(name="a", shape=choice, required=True),)), definitions={"inner": inner})
        assert "/a" in rebuild(view, "msgspec").gaps
