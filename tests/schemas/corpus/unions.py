"""7xx: untagged unions."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field

from schemas.corpus._case import Case, breaks, safe
from schemas.corpus._plain import Float, Int, IntOrText, Text


class IntTextList(BaseModel):
    a: int | str | list[int]


class IntOrList(BaseModel):
    a: int | list[int]


class TextOrInt(BaseModel):
    a: str | int


class LeftIntOrText(BaseModel):
    a: int | str = Field(union_mode="left_to_right")


class LeftTextOrInt(BaseModel):
    a: str | int = Field(union_mode="left_to_right")


class IntOrFloat(BaseModel):
    a: int | float


class BoolOrInt(BaseModel):
    a: bool | int


class DateOrText(BaseModel):
    a: dt.date | str


class XInt(BaseModel):
    x: int


class XNotNegative(BaseModel):
    x: int = Field(ge=0)


class XFloat(BaseModel):
    x: float


class XText(BaseModel):
    x: str


class IntTextX(BaseModel):
    a: XInt | XText


class IntTextXTighter(BaseModel):
    a: XNotNegative | XText


class IntFloatX(BaseModel):
    a: XInt | XFloat


class IntFloatXTighter(BaseModel):
    a: XNotNegative | XFloat


INT_TEXT = ('{"a":0}', '{"a":""}', '{"a":"0"}')

CASES = [
    Case(
        "union-member-added",
        "U701",
        IntOrText,
        IntTextList,
        safe(*INT_TEXT, why="Both old members are still there."),
        breaks('{"a":[]}'),
    ),
    Case(
        "union-member-removed",
        "U702",
        IntOrText,
        Int,
        breaks('{"a":""}'),
        safe('{"a":0}', '{"a":-1}', '{"a":1000000000000000000000}', why="The member that is left was there before."),
    ),
    Case("union-member-replaced", "U703", IntOrText, IntOrList, breaks('{"a":""}'), breaks('{"a":[]}')),
    Case(
        "scalar-became-union",
        "U701",
        Text,
        TextOrInt,
        safe('{"a":""}', '{"a":"0"}', '{"a":"x"}', why="A string is one of what the new field takes."),
        breaks('{"a":0}'),
    ),
    Case(
        "union-reordered-smart",
        None,
        IntOrText,
        TextOrInt,
        safe(*INT_TEXT, why="The members are the same and the best one wins, wherever it stands."),
        safe(*INT_TEXT, why="The members are the same and the best one wins, wherever it stands."),
    ),
    Case(
        "union-reordered-left-to-right",
        "U704",
        LeftIntOrText,
        LeftTextOrInt,
        safe('{"a":0}', '{"a":""}', '{"a":"x"}', why="The same members take the same values."),
        safe('{"a":0}', '{"a":""}', '{"a":"0"}', why="The same members take the same values."),
        also=("U704",),
    ),
    Case(
        "union-absorbed-by-its-wider-member",
        "U702",
        IntOrFloat,
        Float,
        safe('{"a":0}', '{"a":0.5}', '{"a":-1000000000000000000000}', why="A float takes any JSON number."),
        safe('{"a":0.0}', '{"a":0.5}', '{"a":1e300}', why="The float member was there before."),
    ),
    Case(
        "bool-or-int-became-int",
        "U702",
        BoolOrInt,
        Int,
        safe('{"a":true}', '{"a":0}', '{"a":-1}', why="An int is read from true and false."),
        safe('{"a":0}', '{"a":1}', '{"a":-1}', why="The int member was there before."),
        also=("U212",),
    ),
    Case(
        "union-captures-strings",
        "U715",
        Text,
        DateOrText,
        safe('{"a":""}', '{"a":"2024-01-01"}', '{"a":"2024-13-01"}', why="What is no date is still a string."),
        safe('{"a":""}', '{"a":"2024-01-01"}', '{"a":"2024-13-01"}', why="A date is written as a string."),
        also=("U715",),
    ),
    Case(
        "union-member-tightened",
        "U703",
        IntTextX,
        IntTextXTighter,
        breaks('{"a":{"x":-1}}'),
        safe('{"a":{"x":0}}', '{"a":{"x":""}}', '{"a":{"x":1}}', why="Each new member is inside an old one."),
    ),
    Case(
        "union-member-tightened-but-another-takes-it",
        "U703",
        IntFloatX,
        IntFloatXTighter,
        safe('{"a":{"x":-1}}', '{"a":{"x":0}}', '{"a":{"x":-0.5}}', why="The member with the float takes any number."),
        safe('{"a":{"x":-1.0}}', '{"a":{"x":0}}', '{"a":{"x":0.5}}', why="Each new member is inside an old one."),
    ),
]
