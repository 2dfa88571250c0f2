"""5xx: literals and enumerations."""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum
from typing import Literal

from pydantic import BaseModel

from schemas.corpus._case import Case, breaks, safe
from schemas.corpus._plain import Int, Text


class AB(BaseModel):
    a: Literal["a", "b"]


class BA(BaseModel):
    a: Literal["b", "a"]


class ABC(BaseModel):
    a: Literal["a", "b", "c"]


class AUpper(BaseModel):
    a: Literal["a", "B"]


class TextOne(BaseModel):
    a: Literal["1"]


class IntOne(BaseModel):
    a: Literal[1]


class V1(BaseModel):
    a: Literal["v1"] = "v1"


class V2(BaseModel):
    a: Literal["v2"] = "v2"


class Letter(Enum):
    A = "a"
    B = "b"


class LetterRenamed(Enum):
    ALPHA = "a"
    BETA = "b"


class TextLetter(StrEnum):
    B = "b"
    A = "a"


class LetterMore(Enum):
    A = "a"
    B = "b"
    C = "c"


class OpenLetter(Enum):
    A = "a"
    OTHER = "other"

    @classmethod
    def _missing_(cls, value: object) -> OpenLetter:  # noqa: ARG003 (its signature is given)
        return cls.OTHER


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class EnumAB(BaseModel):
    a: Letter


class EnumABRenamed(BaseModel):
    a: LetterRenamed


class EnumABText(BaseModel):
    a: TextLetter


class EnumABC(BaseModel):
    a: LetterMore


class EnumOpen(BaseModel):
    a: OpenLetter


class Leveled(BaseModel):
    a: Level


class AllAB(BaseModel):
    a: list[Literal["a", "b"]]


class AllABC(BaseModel):
    a: list[Literal["a", "b", "c"]]


class MaybeAB(BaseModel):
    a: Literal["a", "b"] | None = None


class NullInside(BaseModel):
    a: Literal["a", "b", None] = None  # noqa: PYI061 (the spelling is the case)


A_B = ('{"a":"a"}', '{"a":"b"}', '{"a":"a"}')
ONE_TWO = ('{"a":1}', '{"a":2}', '{"a":1}')

CASES = [
    Case(
        "enum-value-added",
        "U501",
        AB,
        ABC,
        safe(*A_B, why="The new class takes both old values."),
        breaks('{"a":"c"}'),
    ),
    Case(
        "enum-member-added",
        "U501",
        EnumAB,
        EnumABC,
        safe(*A_B, why="The new class takes both old values."),
        breaks('{"a":"c"}'),
    ),
    Case(
        "enum-value-added-in-list",
        "U501",
        AllAB,
        AllABC,
        safe('{"a":[]}', '{"a":["a"]}', '{"a":["b","a"]}', why="The new class takes both old values."),
        breaks('{"a":["c"]}'),
    ),
    Case(
        "enum-value-removed",
        "U502",
        ABC,
        AB,
        breaks('{"a":"c"}'),
        safe(*A_B, why="The old class takes both new values."),
    ),
    Case("enum-value-renamed", "U503", AB, AUpper, breaks('{"a":"b"}'), breaks('{"a":"B"}')),
    Case(
        "string-closed-to-enum",
        "U504",
        Text,
        EnumAB,
        breaks('{"a":""}'),
        safe(*A_B, why="Both values are strings."),
    ),
    Case(
        "enum-opened",
        "U505",
        AB,
        Text,
        safe(*A_B, why="Both values are strings."),
        breaks('{"a":""}'),
    ),
    Case(
        "int-enum-opened",
        "U505",
        Leveled,
        Int,
        safe(*ONE_TWO, why="Both values are ints."),
        breaks('{"a":0}'),
    ),
    Case("enum-value-type-changed", "U506", TextOne, IntOne, breaks('{"a":"1"}'), breaks('{"a":1}')),
    Case("const-changed", "U507", V1, V2, breaks('{"a":"v1"}'), breaks('{"a":"v2"}')),
    Case(
        "literal-reordered",
        None,
        AB,
        BA,
        safe(*A_B, why="The values are the same."),
        safe(*A_B, why="The values are the same."),
    ),
    Case(
        "literal-became-enum",
        None,
        AB,
        EnumAB,
        safe(*A_B, why="The values on the wire are the same."),
        safe(*A_B, why="The values on the wire are the same."),
    ),
    Case(
        "enum-members-renamed-in-python",
        None,
        EnumAB,
        EnumABRenamed,
        safe(*A_B, why="The values on the wire are the same."),
        safe(*A_B, why="The values on the wire are the same."),
    ),
    Case(
        "enum-became-str-enum",
        None,
        EnumAB,
        EnumABText,
        safe(*A_B, why="The values on the wire are the same."),
        safe(*A_B, why="The values on the wire are the same."),
    ),
    Case(
        "enum-fell-back-on-unknown-values",
        "U502",
        ABC,
        EnumOpen,
        safe(*A_B, '{"a":"c"}', why="The enumeration makes a member of every unknown value."),
        breaks('{"a":"other"}'),
    ),
    Case(
        "literal-null-inside-or-beside",
        None,
        MaybeAB,
        NullInside,
        safe("{}", '{"a":null}', '{"a":"a"}', why="Both take the two strings, a null and nothing at all."),
        safe("{}", '{"a":null}', '{"a":"a"}', why="Both take the two strings, a null and nothing at all."),
    ),
]
