"""8xx: what a class does with keys that it does not know, and the root of a payload."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, RootModel

from schemas.corpus._case import Case, breaks, breaks_lax, safe
from schemas.corpus._plain import Int, IntMap


class Free(BaseModel, extra="allow"):
    a: int


class Closed(BaseModel, extra="forbid"):
    a: int


class Ignoring(BaseModel, extra="ignore"):
    a: int


class IntExtras(BaseModel, extra="allow"):
    __pydantic_extra__: dict[str, int]

    a: int


class FloatExtras(BaseModel, extra="allow"):
    __pydantic_extra__: dict[str, float]

    a: int


class OnlyIntExtras(BaseModel, extra="allow"):
    __pydantic_extra__: dict[str, int]


class IntByName(RootModel[dict[str, int]]):
    pass


class AnyByName(RootModel[dict[str, Any]]):
    pass


class Numbers(RootModel[list[int]]):
    pass


class Measures(RootModel[list[float]]):
    pass


class FreePart(BaseModel):
    part: Free


class ClosedPart(BaseModel):
    part: Closed


class SomeEntries(BaseModel):
    a: dict[str, int] = Field(min_length=1)


class FewEntries(BaseModel):
    a: dict[str, int] = Field(max_length=2)


class FreeTwo(BaseModel, extra="allow"):
    a: int
    b: int


class FloatBExtras(BaseModel, extra="allow"):
    __pydantic_extra__: dict[str, int]

    a: int
    b: float = 0.0


A_ALONE = ('{"a":0}', '{"a":-1}', '{"a":1000000000000000000000}')
INT_EXTRA = ('{"a":0}', '{"a":0,"b":0}', '{"a":0,"":-1,"b":1}')
MAPS = ("{}", '{"":0}', '{"a":-1,"x":1}')

CASES = [
    Case(
        "extras-forbidden",
        "U801",
        Free,
        Closed,
        breaks('{"a":0,"b":0}'),
        safe(*A_ALONE, why="A closed class writes its own field alone."),
    ),
    Case(
        "extras-allowed",
        "U802",
        Closed,
        Free,
        safe(*A_ALONE, why="The field is the same."),
        breaks('{"a":0,"b":0}'),
    ),
    Case(
        "extras-dropped",
        "U803",
        Free,
        Ignoring,
        safe('{"a":0}', '{"a":0,"b":null}', '{"a":0,"":[{}]}', why="An extra is ignored, whatever it is."),
        safe(*A_ALONE, why="The field is the same."),
        also=("U803",),
    ),
    Case(
        "ignoring-spelled-out",
        None,
        Int,
        Ignoring,
        safe(*A_ALONE, why="To ignore extras is what a class does unless told otherwise."),
        safe(*A_ALONE, why="To ignore extras is what a class does unless told otherwise."),
    ),
    Case(
        "extras-typed",
        "U804",
        Free,
        IntExtras,
        breaks('{"a":0,"b":null}'),
        safe(*INT_EXTRA, why="The old class keeps an extra of any type."),
    ),
    Case(
        "typed-extras-widened",
        "U804",
        IntExtras,
        FloatExtras,
        safe(*INT_EXTRA, why="A float takes any JSON number."),
        breaks('{"a":0,"b":0.5}'),
    ),
    Case(
        "extras-ignored-instead-of-typed",
        "U803",
        IntExtras,
        Ignoring,
        safe(*INT_EXTRA, why="An extra is ignored, whatever it is."),
        breaks_lax('{"a":0,"b":null}'),
        also=("U803",),
    ),
    Case(
        "ignored-extras-forbidden",
        "U801",
        Ignoring,
        Closed,
        breaks_lax('{"a":0,"b":0}'),
        safe(*A_ALONE, why="A closed class writes its own field alone, and accepts nothing else."),
    ),
    Case(
        "forbidden-extras-ignored",
        "U802",
        Closed,
        Ignoring,
        safe(*A_ALONE, why="A closed class writes its own field alone, and accepts nothing else."),
        breaks_lax('{"a":0,"b":0}'),
    ),
    Case(
        "field-added-inside-the-type-of-the-extras",
        "U103",
        IntExtras,
        FloatBExtras,
        safe(*INT_EXTRA, why="What was an int extra is read as a float field."),
        breaks('{"a":0,"b":0.5}'),
    ),
    Case(
        "extra-became-required",
        "U101",
        Free,
        FreeTwo,
        breaks('{"a":0}'),
        safe('{"a":0,"b":0}', '{"a":-1,"b":1}', '{"a":0,"b":0,"c":null}', why="The old class keeps any extra."),
    ),
    Case(
        "nested-extras-forbidden",
        "U801",
        FreePart,
        ClosedPart,
        breaks('{"part":{"a":0,"b":0}}'),
        safe(
            '{"part":{"a":0}}',
            '{"part":{"a":-1}}',
            '{"part":{"a":1}}',
            why="A closed class writes its own field alone.",
        ),
    ),
    Case(
        "map-needs-an-entry",
        "U805",
        IntMap,
        SomeEntries,
        breaks('{"a":{}}'),
        safe('{"a":{"":0}}', '{"a":{"x":-1}}', '{"a":{"x":0,"y":0}}', why="The old map has no bound."),
    ),
    Case(
        "map-entries-bound-removed",
        "U805",
        FewEntries,
        IntMap,
        safe('{"a":{}}', '{"a":{"":0}}', '{"a":{"x":0,"y":0}}', why="The new map has no bound."),
        breaks('{"a":{"x":0,"y":0,"z":0}}'),
    ),
    Case("root-object-to-list", "U806", Int, Numbers, breaks('{"a":0}'), breaks("[]")),
    Case(
        "root-list-widened",
        "U202",
        Numbers,
        Measures,
        safe("[]", "[0]", "[1,-1000000000000000000000]", why="A float takes any JSON number."),
        breaks("[0.5]"),
    ),
    Case(
        "root-map-to-typed-extras",
        "U806",
        IntByName,
        OnlyIntExtras,
        safe(*MAPS, why="A class of nothing but int extras is a map of ints."),
        safe(*MAPS, why="A class of nothing but int extras is a map of ints."),
    ),
    Case(
        "root-map-to-free-model",
        "U806",
        AnyByName,
        Free,
        breaks("{}"),
        safe(*A_ALONE, '{"a":0,"b":null}', why="The map takes any object."),
    ),
]
