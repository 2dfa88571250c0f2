"""2xx: rules of a class that its schema does not show."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, field_validator, model_validator

from schemas.corpus._case import Case, breaks, safe
from schemas.corpus._plain import Int, Text


class Range(BaseModel):
    lo: int
    hi: int


class OrderedRange(BaseModel):
    lo: int
    hi: int

    @model_validator(mode="after")
    def in_order(self) -> OrderedRange:
        if self.lo > self.hi:
            raise ValueError("lo is above hi")
        return self


class OrderedWideRange(BaseModel):
    lo: float
    hi: float

    @model_validator(mode="after")
    def in_order(self) -> OrderedWideRange:
        if self.lo > self.hi:
            raise ValueError("lo is above hi")
        return self


class Contact(BaseModel):
    mail: str | None = None
    phone: str | None = None


class ReachableContact(BaseModel):
    mail: str | None = None
    phone: str | None = None

    @model_validator(mode="before")
    @classmethod
    def one_of_them(cls, data: Any) -> Any:
        if isinstance(data, dict) and not (data.get("mail") or data.get("phone")):
            raise ValueError("nobody can be reached")
        return data


class NonNegativeByHand(BaseModel):
    a: int

    @field_validator("a")
    @classmethod
    def not_negative(cls, value: int) -> int:
        if value < 0:
            raise ValueError("negative")
        return value


class NonNegative(BaseModel):
    a: int = Field(ge=0)


class WholeCsv(BaseModel):
    a: list[str]

    @field_validator("a", mode="before")
    @classmethod
    def split(cls, value: Any) -> Any:
        return value.split(",") if isinstance(value, str) else value


class Words(BaseModel):
    a: list[str]


class Stripped(BaseModel):
    a: str

    @field_validator("a", mode="before")
    @classmethod
    def strip(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value


CASES = [
    Case(
        "cross-field-rule-added",
        "U220",
        Range,
        OrderedRange,
        breaks('{"lo":1,"hi":0}'),
        safe('{"lo":0,"hi":0}', '{"lo":-1,"hi":1}', '{"lo":0,"hi":1}', why="The old class takes any two ints."),
    ),
    Case(
        "cross-field-rule-kept",
        "U202",
        OrderedRange,
        OrderedWideRange,
        safe('{"lo":0,"hi":0}', '{"lo":-1,"hi":1}', '{"lo":0,"hi":1}', why="The rule is the same and ints are floats."),
        breaks('{"lo":0.5,"hi":1.5}'),
    ),
    Case(
        "one-of-two-required",
        "U220",
        Contact,
        ReachableContact,
        breaks("{}"),
        safe(
            '{"mail":"x"}',
            '{"phone":"1"}',
            '{"mail":"x","phone":null}',
            why="The old class takes any two strings, or none.",
        ),
    ),
    Case(
        "field-rule-added",
        "U219",
        Int,
        NonNegativeByHand,
        breaks('{"a":-1}'),
        safe('{"a":0}', '{"a":1}', '{"a":1000000000000000000000}', why="The old class takes any int."),
    ),
    Case(
        "field-rule-became-a-constraint",
        "U219",
        NonNegativeByHand,
        NonNegative,
        safe('{"a":0}', '{"a":1}', '{"a":1000000000000000000000}', why="Both take the ints that are not negative."),
        safe('{"a":0}', '{"a":1}', '{"a":1000000000000000000000}', why="Both take the ints that are not negative."),
    ),
    Case(
        "str-becomes-list-with-before-validator",
        "U204",
        Text,
        WholeCsv,
        safe('{"a":""}', '{"a":"x"}', '{"a":"x,y"}', why="The validator makes a list of every string."),
        breaks('{"a":[]}'),
    ),
    Case(
        "before-validator-dropped",
        "U219",
        WholeCsv,
        Words,
        safe('{"a":[]}', '{"a":[""]}', '{"a":["x,y","z"]}', why="The old class writes the list, not the string."),
        safe('{"a":[]}', '{"a":[""]}', '{"a":["x,y","z"]}', why="The validator leaves a list as it is."),
    ),
    Case(
        "before-validator-strips",
        "U219",
        Text,
        Stripped,
        safe('{"a":""}', '{"a":" "}', '{"a":"\\tx "}', why="The validator takes every string."),
        safe('{"a":""}', '{"a":"x"}', '{"a":"x y"}', why="The old class takes every string."),
        also=("U219",),
    ),
]
