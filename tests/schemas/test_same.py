"""Canonical views and equal meaning: what a class is called, and in which order it says things, changes nothing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, create_model

from upcast.schemas._capture import canonical, capture, same
from upcast.schemas.shapes import (
    AnyShape,
    Array,
    Integer,
    MapOf,
    Member,
    Null,
    Number,
    Record,
    Reference,
    SchemaSnapshot,
    Tagged,
    Text,
    TupleOf,
    Unions,
    Variant,
    View,
)


def record(**fields: AnyShape) -> Record:
    """An object with required members."""
    return Record(members=tuple(Member(name=name, shape=shape, required=True) for name, shape in fields.items()))


def snapshot(root: AnyShape, **parts: AnyShape) -> SchemaSnapshot:
    """A schema snapshot of nothing but a reader."""
    return SchemaSnapshot(format=1, type="x", version=1, family="pydantic", reader=View(root=root, definitions=parts))


def ref(name: str, *checks: str) -> Reference:
    """A reference by a provisional key."""
    return Reference(name=name, checks=checks)


INNER = record(n=Integer())


# --- definitions ------------------------------------------------------------------------------------------------------


def test_what_is_met_once_is_put_where_it_is_met() -> None:
    """A reference that serves one place leaves no definition behind."""
    assert canonical(ref("E"), {"E": record(a=ref("I")), "I": INNER}) == View(root=record(a=INNER))


def test_what_is_met_twice_is_a_definition() -> None:
    """It is named by the smallest place at which it is met, whatever the order of the fields."""
    parts = {"I": INNER}
    one = canonical(record(b=ref("I"), a=Array(items=ref("I"))), parts)
    assert one == View(
        root=record(b=Reference(name="/b"), a=Array(items=Reference(name="/b"))), definitions={"/b": INNER}
    )
    other = canonical(record(a=Array(items=ref("I")), b=ref("I")), parts)
    assert other.definitions == one.definitions


def test_equal_shapes_of_two_classes_are_one() -> None:
    """A class that is copied, or written out in place, is the same definition."""
    copied = canonical(record(a=ref("I"), b=ref("J")), {"I": INNER, "J": INNER})
    assert copied == canonical(record(a=INNER, b=ref("I")), {"I": INNER})
    assert list(copied.definitions) == ["/a"]


def test_small_shapes_are_never_definitions() -> None:
    """Scalars, containers of them and objects without members are put where they are met."""
    parts = {"S": Text(), "A": Array(items=Text()), "E": Record()}
    shape = record(a=ref("S"), b=ref("S"), c=ref("A"), d=ref("A"), e=ref("E"), f=ref("E"))
    assert canonical(shape, parts).definitions == {}


def test_the_names_of_places() -> None:
    """Each way down has its own sign, and a key that looks like one is escaped."""

    def name_of(shape: AnyShape) -> list[str]:
        found = canonical(record(a=shape, b=record(deeper=record(still=ref("I")))), {"I": INNER}).definitions
        return list(found)

    inner = ref("I")
    assert name_of(Array(items=inner)) == ["/a/*"]
    assert name_of(MapOf(keys=Text(), values=inner)) == ["/a/*"]
    assert name_of(TupleOf(items=(Text(), inner), rest=Text())) == ["/a/1"]
    assert name_of(Unions(members=(inner, Null()))) == ["/a|0"]
    assert name_of(Tagged(discriminator="k", variants=(Variant(tag="x/y", shape=inner),))) == ["/a|x~1y"]
    assert name_of(Record(extra="keep", extras=inner)) == ["/a/*"]
    moved = Member(name="m", keys=(("p", "q|*~"), ("other",)), shape=inner)
    assert name_of(Record(members=(moved,))) == ["/a/p/q~2~3~0"]


def test_two_definitions_at_one_place() -> None:
    """Two fields may be read from one key, and still have names of their own."""
    other = record(t=Text())
    fields = [("a", ref("I")), ("b", ref("O"))]
    root = Record(members=tuple(Member(name=name, keys=(("k",),), shape=shape) for name, shape in fields))
    again = record(again=Array(items=ref("I")), more=Array(items=ref("O")), root=root)
    assert canonical(again, {"I": INNER, "O": other}).definitions == {"/again/*": INNER, "/more/*": other}
    twice = Record(members=(*root.members, *(Member(name=f"{n}2", keys=(("k",),), shape=s) for n, s in fields)))
    assert canonical(twice, {"I": INNER, "O": other}).definitions == {"/k": INNER, "/k'": other}


def test_what_contains_itself_is_a_definition() -> None:
    """Also where no object is in between; and it is the same wherever its author began."""
    tree = canonical(ref("T"), {"T": record(kids=Array(items=ref("T")))})
    assert tree == View(root=Reference(name=""), definitions={"": record(kids=Array(items=Reference(name="")))})
    unrolled = canonical(record(kids=Array(items=ref("T"))), {"T": record(kids=Array(items=ref("T")))})
    assert unrolled == tree
    nested = canonical(record(x=ref("J")), {"J": Unions(members=(Array(items=ref("J")), Text()))})
    assert nested.definitions == {"/x": Unions(members=(Array(items=Reference(name="/x")), Text()))}


def test_a_check_of_a_reference_is_its_own() -> None:
    """A validator around a nested model judges that field, not every field of that model."""
    found = canonical(record(a=ref("I"), b=ref("I", "c0"), c=ref("I")), {"I": INNER})
    assert found.root == record(
        a=Reference(name="/a"), b=msgspec.structs.replace(INNER, checks=("c0",)), c=Reference(name="/a")
    )


# --- equal meaning ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (record(a=Integer(), b=Text()), record(b=Text(), a=Integer())),
        (Unions(members=(Integer(), Text())), Unions(members=(Text(), Integer()))),
        (
            Record(members=(Member(name="a", keys=(("k",),), shape=Text()),)),
            Record(members=(Member(name="k", shape=Text()),)),
        ),
        (
            record(x=Unions(members=(INNER, Text(), Null())), y=INNER),
            record(y=INNER, x=Unions(members=(Text(), INNER, Null()))),
        ),
    ],
    ids=["members", "union", "field-name", "definition-in-a-union"],
)
def test_order_and_names_carry_no_meaning(one: AnyShape, other: AnyShape) -> None:
    """Members, choices of a smart union and names of fields may change places."""
    assert same(snapshot(one), snapshot(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Integer(), Number()),
        (Integer(), Integer(minimum=0)),
        (Integer(), Integer(strict=True)),
        (Integer(), Integer(checks=("c",))),
        (Integer(checks=("c", "d")), Integer(checks=("d", "c"))),
        (TupleOf(items=(Integer(), Text())), TupleOf(items=(Text(), Integer()))),
        (
            Unions(members=(Integer(), Text()), mode="left-to-right"),
            Unions(members=(Text(), Integer()), mode="left-to-right"),
        ),
        (Unions(members=(Integer(), Text())), Unions(members=(Integer(), Text()), mode="left-to-right")),
        (record(a=Integer()), Record(members=(Member(name="a", shape=Integer()),))),
        (record(a=Integer()), record(b=Integer())),
        (record(a=INNER), record(a=record(n=Text()))),
        (
            Record(members=(Member(name="a", keys=(("k",), ("l",)), shape=Text()),)),
            Record(members=(Member(name="a", keys=(("l",), ("k",)), shape=Text()),)),
        ),
    ],
    ids=str,
)
def test_everything_else_does(one: AnyShape, other: AnyShape) -> None:
    """Types, limits, strictness, checks and their order, places, presence: each of them is a difference."""
    assert not same(snapshot(one), snapshot(other))


def test_what_stands_around_the_views() -> None:
    """Names, family and what can be written belong to a schema snapshot."""
    one = snapshot(INNER)
    assert same(one, msgspec.structs.replace(one))
    changes = {"type": "y", "version": 2, "family": "msgspec", "formerly": ("z",), "writer": one.reader}
    for change in ({name: value} for name, value in {**changes, "decode_only": "no"}.items()):
        assert not same(one, msgspec.structs.replace(one, **change))


def test_recursion_of_another_length() -> None:
    """A definition that is unrolled once means what it meant."""
    tree = {"T": record(kids=Array(items=ref("T")))}
    assert same(snapshot(ref("T"), **tree), snapshot(record(kids=Array(items=ref("T"))), **tree))
    assert not same(snapshot(ref("T"), **tree), snapshot(record(kids=Array(items=Record())), **tree))


class Leaf(BaseModel):
    n: int


class Renamed(BaseModel):
    """The same leaf under another name."""

    model_config = ConfigDict(title="Another")
    n: int = Field(title="number", description="how many", examples=[1])


_LEAVES: tuple[tuple[Any, Any], ...] = (
    (int, int),
    (str | None, str | None),
    (Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1, description="at least one")]),
    (Leaf, Renamed),
    (list[Leaf], list[Renamed]),
    (Leaf | None, Renamed | None),
    (dict[str, Leaf], dict[str, Renamed]),
    (Literal["a", "b"], Literal["b", "a"]),
    (Leaf | int | str, str | Renamed | int),
)
_FIELDS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, len(_LEAVES) - 1), min_size=1)


@settings(max_examples=60, deadline=None)
@given(fields=_FIELDS, random=st.randoms(use_true_random=False), extra=st.sampled_from(["ignore", "forbid"]))
def test_renamed_and_reordered_classes_are_the_same(fields: dict[str, int], random: Any, extra: Any) -> None:
    """A class whose name, order, titles and nested classes' names changed is the same; with another type it is not."""
    one = create_model(
        "One", __config__=ConfigDict(extra=extra), **{n: (_LEAVES[i][0], ...) for n, i in fields.items()}
    )
    names = random.sample(sorted(fields), len(fields))
    changed: dict[str, Any] = {n: (_LEAVES[fields[n]][1], Field(title=n.upper())) for n in names}
    two = create_model("Two", __config__=ConfigDict(extra=extra, title="Other"), **changed)
    first, second = (capture(cls, event_type="x", version=1) for cls in (one, two))
    assert same(first, second)
    name = names[0]
    kind = _LEAVES[(fields[name] + 1) % len(_LEAVES)][1]
    other = create_model("Two", __config__=ConfigDict(extra=extra), **{**changed, name: (kind, ...)})
    assert not same(first, capture(other, event_type="x", version=1))
