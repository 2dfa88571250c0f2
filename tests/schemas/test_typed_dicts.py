"""TypedDicts of frozen versions: what they say, and what mypy makes of upcasters that are annotated with them."""

from __future__ import annotations

import datetime as dt
import decimal
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal, get_type_hints

import msgspec
import pytest
from pydantic import BaseModel, ConfigDict, Field

from schemas.gated import froze
from upcast.schemas.errors import NoSuchSchema
from upcast.schemas.shapes import Array, MapOf, Member, Record, Reference, SchemaSnapshot, Text, Unions, View
from upcast.schemas.store import SchemaStore
from upcast.schemas.typed_dicts import stale, typed_dicts


class Line(BaseModel):
    sku: str
    price: decimal.Decimal


class Order(BaseModel):
    id: int
    at: dt.datetime
    state: Literal["new", "done", 3] | None
    lines: list[Line]
    note: str | None = None
    share: float
    paid: bool
    by_day: dict[dt.date, Line]
    pair: tuple[int, str]
    other: Any


class Tree(BaseModel):
    value: int
    children: list[Tree] = []


class Card(msgspec.Struct, tag="card"):
    number: str


class Cash(msgspec.Struct, tag="cash-in-hand"):
    amount: int


class Payment(msgspec.Struct):
    how: Card | Cash
    then: Card | Cash | None = None


class Odd(BaseModel):
    model_config = ConfigDict(serialize_by_alias=True)

    dashed: int = Field(alias="a-b")
    keyword: Literal["\"it's\\", 'é"""'] = Field(alias="class")
    mangled: list[Line] = Field(alias="__x")


class Empty(BaseModel):
    pass


HEADER = """\
# Written by `upcast schema types`. Do not edit it: freeze a version, and write it anew.
# ruff: noqa
\"""What stored payloads look like: a TypedDict for each frozen version of each event type.\"""

from __future__ import annotations

"""


def body(store: SchemaStore, *types: str) -> str:
    """What is written, below the header; it runs."""
    text = typed_dicts(store, types=types)
    assert text.startswith(HEADER.rstrip())
    exec(compile(text, "typed", "exec"), {"__name__": "typed"})
    return text.removeprefix(HEADER.rstrip()).lstrip("\n")


def test_every_kind_of_value_has_its_type(tmp_path: Path) -> None:
    """Values are typed as they stand in JSON, and members that may be absent are `NotRequired`."""
    assert body(froze(tmp_path, "order.placed", Order)) == (
        "from typing import Any, Literal, NotRequired, TypedDict\n"
        "\n"
        "\n"
        "class OrderPlacedV1(TypedDict):\n"
        '    """order.placed, version 1."""\n'
        "\n"
        "    id: int\n"
        "    at: str\n"
        '    state: Literal[3, "done", "new"] | None\n'
        "    lines: list[OrderPlacedV1LinesItem]\n"
        "    note: NotRequired[str | None]\n"
        "    share: float\n"
        "    paid: bool\n"
        "    by_day: dict[str, OrderPlacedV1LinesItem]\n"
        "    pair: list[int | str]\n"
        "    other: Any\n"
        "\n"
        "\n"
        "class OrderPlacedV1LinesItem(TypedDict):\n"
        "    sku: str\n"
        "    price: str\n"
    )


def test_each_version_has_its_own(tmp_path: Path) -> None:
    """Versions of a type come one after the other, and share nothing."""
    text = body(froze(tmp_path, "tree.grown", Tree, Empty))
    assert text == (
        "from typing import NotRequired, TypedDict\n"
        "\n"
        "\n"
        "class TreeGrownV1(TypedDict):\n"
        '    """tree.grown, version 1."""\n'
        "\n"
        "    value: int\n"
        "    children: NotRequired[list[TreeGrownV1]]\n"
        "\n"
        "\n"
        "class TreeGrownV2(TypedDict):\n"
        '    """tree.grown, version 2."""\n'
    )


def test_tags_are_members(tmp_path: Path) -> None:
    """A variant has the tag that its class does not declare, and a union that is met twice is named once."""
    assert body(froze(tmp_path, "paid", Payment)) == (
        "from typing import Literal, NotRequired, TypeAlias, TypedDict\n"
        "\n"
        "\n"
        "class PaidV1(TypedDict):\n"
        '    """paid, version 1."""\n'
        "\n"
        "    how: PaidV1How\n"
        "    then: NotRequired[PaidV1How | None]\n"
        "\n"
        "\n"
        "class PaidV1HowCard(TypedDict):\n"
        '    type: Literal["card"]\n'
        "    number: str\n"
        "\n"
        "\n"
        "class PaidV1HowCashInHand(TypedDict):\n"
        '    type: Literal["cash-in-hand"]\n'
        "    amount: int\n"
        "\n"
        "\n"
        "PaidV1How: TypeAlias = PaidV1HowCard | PaidV1HowCashInHand\n"
    )


def test_keys_that_are_no_names_are_written_all_the_same(tmp_path: Path) -> None:
    """The functional form takes keys and values with any letters in them."""
    assert body(froze(tmp_path, "odd", Odd)) == (
        "from typing import TypedDict\n".replace("TypedDict", "Literal, TypedDict") + "\n\n" + "OddV1 = TypedDict(\n"
        '    "OddV1",\n'
        "    {\n"
        '        "a-b": "int",\n'
        '        "class": "Literal[\\"\\\\\\"it\'s\\\\\\\\\\", \\"é\\\\\\"\\\\\\"\\\\\\"\\"]",\n'
        '        "__x": "list[OddV1XItem]",\n'
        "    },\n"
        ")\n"
        '"""odd, version 1."""\n'
        "\n"
        "\n"
        "class OddV1XItem(TypedDict):\n"
        "    sku: str\n"
        "    price: str\n"
    )


def test_what_refers_to_itself_is_an_alias(tmp_path: Path) -> None:
    """A union that contains itself gets a name, quoted in its own definition only."""
    inner = Unions(members=(Text(), Array(items=Reference(name="j")), MapOf(keys=Text(), values=Reference(name="j"))))
    members = (
        Member(name="data", shape=Reference(name="j"), required=True),
        Member(name="more", shape=Reference(name="j")),
    )
    view = View(root=Record(members=members), definitions={"j": inner})
    store = SchemaStore.at(tmp_path)
    store.freeze(SchemaSnapshot(format=1, type="e", version=1, family="json-schema", reader=view))
    assert body(store).endswith(
        "    data: EV1Data\n"
        "    more: NotRequired[EV1Data]\n"
        "\n"
        "\n"
        'EV1Data: TypeAlias = "str | list[EV1Data] | dict[str, EV1Data]"\n'
    )


def test_names_are_given_once(tmp_path: Path) -> None:
    """Types whose names have the same words get a number, and so does a record that would take the name of a type."""
    store = froze(tmp_path, "a.b", Empty)
    for event_type in ("a_b", "2d", "a"):
        froze(tmp_path, event_type, Empty)
    froze(tmp_path, "a", type("Nested", (BaseModel,), {"__annotations__": {"b": Line, "v1": Line}}), first=2)
    lines = [line for line in body(store).splitlines() if line.startswith("class ")]
    assert lines == [
        "class Event2dV1(TypedDict):",
        "class AV1(TypedDict):",
        "class AV2(TypedDict):",
        "class AV2B(TypedDict):",
        "class ABV1(TypedDict):",
        "class ABV1_2(TypedDict):",
    ]


def test_types_may_be_chosen(tmp_path: Path) -> None:
    """Only those that are asked for are written; one that is not frozen is an error."""
    store = froze(tmp_path, "empty", Empty)
    froze(tmp_path, "tree", Tree)
    assert "class TreeV1" not in body(store, "empty")
    with pytest.raises(NoSuchSchema, match=r"^no version of branch, leaf is frozen in "):
        typed_dicts(store, types=["leaf", "tree", "branch"])


def test_nothing_frozen_gives_an_empty_module(tmp_path: Path) -> None:
    """The module is there, without classes."""
    assert body(SchemaStore.at(tmp_path)) == ""


def test_a_stale_module_is_told(tmp_path: Path) -> None:
    """A module that is not what would be written now is shown with what would change."""
    store = froze(tmp_path / "schemas", "tree", Tree)
    file = tmp_path / "typed.py"
    assert "+class TreeV1(TypedDict):\n" in stale(file, store)
    file.write_text(typed_dicts(store), encoding="utf-8")
    assert stale(file, store) == ""
    froze(tmp_path / "schemas", "tree", Empty, first=2)
    assert "+class TreeV2(TypedDict):\n" in stale(file, store)


def test_the_module_is_one_at_run_time(tmp_path: Path) -> None:
    """Its annotations can be resolved: every name that is used is there."""
    store = froze(tmp_path, "order", Order)
    for event_type, cls in (("tree", Tree), ("paid", Payment), ("odd", Odd)):
        froze(tmp_path, event_type, cls)
    space: dict[str, Any] = {"__name__": "typed"}
    exec(compile(typed_dicts(store), "typed", "exec"), space)
    classes = {name: value for name, value in space.items() if isinstance(value, type) and name[-1].isdigit()}
    assert sorted(classes) == ["OddV1", "OrderV1", "PaidV1", "TreeV1"]
    for value in classes.values():
        assert get_type_hints(value, space)


UPCASTERS = """
from typed import OrderPlacedV1, OrderPlacedV2
from upcast import Registry

events = Registry()


@events.upcaster("order.placed", from_version=1)
def up(payload: OrderPlacedV1) -> OrderPlacedV2:
    return {"order_id": payload["KEY"], "tree": {"value": 1}}
"""


class First(BaseModel):
    id: str


class Second(BaseModel):
    order_id: str
    tree: Tree


@pytest.mark.parametrize(("key", "told"), [("id", ""), ("uid", 'TypedDict "OrderPlacedV1" has no key "uid"')])
def test_mypy_sees_what_an_upcaster_really_gets(tmp_path: Path, key: str, told: str) -> None:
    """In strict mode, mypy takes the module and an upcaster that is right, and refuses one that reads another key."""
    pytest.importorskip("mypy")
    store = froze(tmp_path / "schemas", "order.placed", First, Second)
    for event_type, cls in (("order", Order), ("tree", Tree), ("paid", Payment), ("odd", Odd), ("empty", Empty)):
        froze(tmp_path / "schemas", event_type, cls)
    (tmp_path / "typed.py").write_text(typed_dicts(store), encoding="utf-8")
    (tmp_path / "upcasters.py").write_text(UPCASTERS.replace("KEY", key), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--cache-dir=cache",
        "typed.py",
        "upcasters.py",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1 if told else 0, "")
    assert told in done.stdout
    assert ("Found 1 error in 1 file" if told else "Success: no issues found in 2 source files") in done.stdout
