"""6xx: arrays, tuples, sets and maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from schemas.corpus._case import Case, breaks, safe
from schemas.corpus._plain import Floats, IntMap, Ints, IntSet, TextMap


class NullableInts(BaseModel):
    a: list[int | None]


class UpToThree(BaseModel):
    a: list[int] = Field(max_length=3)


class UpToTwo(BaseModel):
    a: list[int] = Field(max_length=2)


class AtLeastOne(BaseModel):
    a: list[int] = Field(min_length=1)


class AtLeastTwo(BaseModel):
    a: list[int] = Field(min_length=2)


class SetOfAtLeastTwo(BaseModel):
    a: set[int] = Field(min_length=2)


class Frozen(BaseModel):
    a: frozenset[int]


class AnySequence(BaseModel):
    a: Sequence[int]


class AnyTuple(BaseModel):
    a: tuple[int, ...]


class Pair(BaseModel):
    a: tuple[int, str]


class IntPair(BaseModel):
    a: tuple[int, int]


class Triple(BaseModel):
    a: tuple[int, int, int]


class NumberPair(BaseModel):
    a: tuple[float, float]


class NestedInts(BaseModel):
    a: list[list[int]]


class NestedFloats(BaseModel):
    a: list[list[float]]


class FloatMap(BaseModel):
    a: dict[str, float]


class IntKeys(BaseModel):
    a: dict[int, str]


class LowerKeys(BaseModel):
    a: dict[Annotated[str, StringConstraints(pattern="^[a-z]+$")], int]


class ShortKeys(BaseModel):
    a: dict[Annotated[str, Field(min_length=1, max_length=3)], int]


class LiteralKeys(BaseModel):
    a: dict[Literal["x", "y"], int]


class Point(BaseModel):
    x: int


class PointMaybe(BaseModel):
    x: int = 0


class APoint(BaseModel):
    a: Point


class APointMaybe(BaseModel):
    a: PointMaybe


class AnyMap(BaseModel):
    a: dict[str, Any]


LISTS = ('{"a":[]}', '{"a":[0]}', '{"a":[1,1,-1]}')
SETS = ('{"a":[]}', '{"a":[0]}', '{"a":[1,2]}')
MAPS = ('{"a":{}}', '{"a":{"":0}}', '{"a":{"x":-1,"1":1}}')

CASES = [
    Case(
        "item-type-narrowed",
        "U601",
        Floats,
        Ints,
        breaks('{"a":[0.5]}'),
        safe(*LISTS, why="A float takes any JSON number."),
    ),
    Case(
        "items-became-nullable",
        "U301",
        Ints,
        NullableInts,
        safe(*LISTS, why="An int is one of what an item may be."),
        breaks('{"a":[null]}'),
    ),
    Case(
        "items-of-items-widened",
        "U202",
        NestedInts,
        NestedFloats,
        safe('{"a":[]}', '{"a":[[]]}', '{"a":[[0],[],[-1,1]]}', why="A float takes any JSON number."),
        breaks('{"a":[[0.5]]}'),
    ),
    Case(
        "max-items-tightened",
        "U602",
        UpToThree,
        UpToTwo,
        breaks('{"a":[0,0,0]}'),
        safe('{"a":[]}', '{"a":[0]}', '{"a":[0,0]}', why="The old bound is higher."),
    ),
    Case(
        "min-items-tightened",
        "U603",
        Ints,
        AtLeastOne,
        breaks('{"a":[]}'),
        safe('{"a":[0]}', '{"a":[0,0]}', '{"a":[1,2,3,4]}', why="The old field takes any list."),
    ),
    Case(
        "items-bound-loosened",
        "U604",
        AtLeastTwo,
        AtLeastOne,
        safe('{"a":[0,0]}', '{"a":[0,1]}', '{"a":[1,2,3,4]}', why="The new bound is lower."),
        breaks('{"a":[0]}'),
    ),
    Case(
        "list-to-set",
        "U605",
        Ints,
        IntSet,
        safe(*LISTS, why="Duplicates are dropped without an error."),
        safe(*SETS, why="A set is written as an array."),
        also=("U605",),
    ),
    Case(
        "list-to-set-with-a-minimum",
        "U605",
        AtLeastTwo,
        SetOfAtLeastTwo,
        breaks('{"a":[0,0]}'),
        safe('{"a":[0,1]}', '{"a":[1,2]}', '{"a":[1,2,3]}', why="A set of two is written as an array of two."),
        also=("U605",),
    ),
    Case(
        "set-to-list",
        "U606",
        IntSet,
        Ints,
        safe(*SETS, why="A set is written as an array."),
        safe(*LISTS, why="Duplicates are dropped without an error."),
        also=("U606",),
    ),
    Case(
        "set-to-frozenset",
        None,
        IntSet,
        Frozen,
        safe(*SETS, why="Both are written and read as an array."),
        safe(*SETS, why="Both are written and read as an array."),
    ),
    Case(
        "list-to-sequence",
        None,
        Ints,
        AnySequence,
        safe(*LISTS, why="Both are written and read as an array."),
        safe(*LISTS, why="Both are written and read as an array."),
    ),
    Case(
        "list-to-open-tuple",
        None,
        Ints,
        AnyTuple,
        safe(*LISTS, why="Both are written and read as an array of any length."),
        safe(*LISTS, why="Both are written and read as an array of any length."),
    ),
    Case("tuple-length-changed", "U607", IntPair, Triple, breaks('{"a":[0,0]}'), breaks('{"a":[0,0,0]}')),
    Case("tuple-position-type-changed", "U608", IntPair, Pair, breaks('{"a":[0,0]}'), breaks('{"a":[0,""]}')),
    Case(
        "tuple-positions-widened",
        "U202",
        IntPair,
        NumberPair,
        safe('{"a":[0,0]}', '{"a":[-1,1]}', '{"a":[1,1000000000000000000000]}', why="A float takes any JSON number."),
        breaks('{"a":[0.5,0.0]}'),
    ),
    Case(
        "tuple-to-list",
        "U609",
        IntPair,
        Ints,
        safe('{"a":[0,0]}', '{"a":[-1,1]}', '{"a":[1,1000000000000000000000]}', why="A list takes any two ints."),
        breaks('{"a":[]}'),
    ),
    Case(
        "list-to-tuple",
        "U610",
        Ints,
        IntPair,
        breaks('{"a":[]}'),
        safe('{"a":[0,0]}', '{"a":[-1,1]}', '{"a":[1,1000000000000000000000]}', why="A list takes any two ints."),
    ),
    Case(
        "map-value-narrowed",
        "U611",
        FloatMap,
        IntMap,
        breaks('{"a":{"":0.5}}'),
        safe(*MAPS, why="A float takes any JSON number."),
    ),
    Case(
        "map-key-pattern-added",
        "U612",
        IntMap,
        LowerKeys,
        breaks('{"a":{"":0}}'),
        safe('{"a":{}}', '{"a":{"x":0}}', '{"a":{"xyz":-1,"y":1}}', why="The old map takes any key."),
    ),
    Case(
        "map-key-length-added",
        "U612",
        IntMap,
        ShortKeys,
        breaks('{"a":{"":0}}'),
        safe('{"a":{}}', '{"a":{"xyz":0}}', '{"a":{"x":-1,"y":1}}', why="The old map takes any key."),
    ),
    Case(
        "map-keys-opened",
        "U612",
        LiteralKeys,
        IntMap,
        safe('{"a":{}}', '{"a":{"x":0}}', '{"a":{"x":-1,"y":1}}', why="The new map takes any key."),
        breaks('{"a":{"":0}}'),
    ),
    Case(
        "map-int-keys-to-str",
        "U612",
        IntKeys,
        TextMap,
        safe('{"a":{}}', '{"a":{"0":""}}', '{"a":{"-1":"x","1":"y"}}', why="A JSON key is a string in any case."),
        breaks('{"a":{"":""}}'),
    ),
    Case(
        "model-to-map",
        "U613",
        APoint,
        AnyMap,
        safe('{"a":{"x":0}}', '{"a":{"x":-1}}', '{"a":{"x":1000000000000000000000}}', why="A map takes any object."),
        breaks('{"a":{}}'),
    ),
    Case(
        "map-to-open-model",
        "U613",
        IntMap,
        APointMaybe,
        safe(*MAPS, why="The model has one optional int and ignores the other keys."),
        safe('{"a":{}}', '{"a":{"x":0}}', '{"a":{"x":-1}}', why="The model writes an int or nothing."),
        also=("U803",),
    ),
    Case("list-map-swap", "U614", Ints, IntMap, breaks('{"a":[]}'), breaks('{"a":{}}')),
]
