"""4xx: bounds of numbers, strings and dates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
    FiniteFloat,
    NonNegativeInt,
    StringConstraints,
    conint,
    constr,
)

from schemas.corpus._case import Case, breaks, safe
from schemas.corpus._plain import Date, Dec, Float, Int, Text


class AtLeastZero(BaseModel):
    a: int = Field(ge=0)


class AtLeastFive(BaseModel):
    a: int = Field(ge=5)


class AboveZero(BaseModel):
    a: int = Field(gt=0)


class AtLeastOne(BaseModel):
    a: Annotated[int, Field(ge=1)]


class AtMostTen(BaseModel):
    a: int = Field(le=10)


class AtMostFive(BaseModel):
    a: int = Field(le=5)


class BelowSix(BaseModel):
    a: int = Field(lt=6)


class ZeroToTenByField(BaseModel):
    a: int = Field(ge=0, le=10)


class ZeroToTenByFunction(BaseModel):
    a: conint(ge=0, le=10)  # type: ignore[valid-type]


class NotNegative(BaseModel):
    a: NonNegativeInt


class Int64(BaseModel):
    a: Annotated[int, Field(ge=-(2**63), lt=2**63)]


class FloatAtLeastZero(BaseModel):
    a: float = Field(ge=0)


class FloatAboveZero(BaseModel):
    a: float = Field(gt=0)


class Finite(BaseModel):
    a: FiniteFloat


class Fives(BaseModel):
    a: int = Field(multiple_of=5)


class Sixes(BaseModel):
    a: int = Field(multiple_of=6)


class Threes(BaseModel):
    a: int = Field(multiple_of=3)


class Fours(BaseModel):
    a: int = Field(multiple_of=4)


class UpToFifty(BaseModel):
    a: str = Field(max_length=50)


class UpToFive(BaseModel):
    a: str = Field(max_length=5)


class NotEmpty(BaseModel):
    a: str = Field(min_length=1)


class NotBlank(BaseModel):
    a: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class OneToFiveByField(BaseModel):
    a: str = Field(min_length=1, max_length=5)


class OneToFiveByFunction(BaseModel):
    a: constr(min_length=1, max_length=5)  # type: ignore[valid-type]


class OneToFiveByAnnotation(BaseModel):
    a: Annotated[str, StringConstraints(max_length=5, min_length=1)]


class StartsWithA(BaseModel):
    a: str = Field(pattern="^A")


class StartsWithB(BaseModel):
    a: str = Field(pattern="^B")


class Price(BaseModel):
    a: Decimal = Field(max_digits=8, decimal_places=2)


class SmallPrice(BaseModel):
    a: Decimal = Field(max_digits=5, decimal_places=2)


class WholePrice(BaseModel):
    a: Decimal = Field(max_digits=8, decimal_places=0)


class Recent(BaseModel):
    a: Annotated[dt.date, Field(ge=dt.date(2000, 1, 1))]


POSITIVE = ('{"a":1}', '{"a":2}', '{"a":1000000000000000000000}')
HIGH = ('{"a":5}', '{"a":6}', '{"a":1000000000000000000000}')
LOW = ('{"a":5}', '{"a":0}', '{"a":-1000000000000000000000}')
ZERO_TO_TEN = ('{"a":0}', '{"a":10}', '{"a":5}')
SHORT = ('{"a":"x"}', '{"a":"12345"}', '{"a":"ééééé"}')

CASES = [
    Case(
        "minimum-added",
        "U401",
        Int,
        AtLeastZero,
        breaks('{"a":-1}'),
        safe('{"a":0}', *POSITIVE, why="The old field has no bound."),
    ),
    Case(
        "minimum-added-to-date",
        "U401",
        Date,
        Recent,
        breaks('{"a":"1999-12-31"}'),
        safe('{"a":"2000-01-01"}', '{"a":"2024-02-29"}', '{"a":"9999-12-31"}', why="The old field has no bound."),
    ),
    Case(
        "minimum-raised",
        "U402",
        AtLeastZero,
        AtLeastFive,
        breaks('{"a":0}'),
        safe(*HIGH, why="The old bound is lower."),
    ),
    Case(
        "minimum-lowered",
        "U403",
        AtLeastFive,
        AtLeastZero,
        safe(*HIGH, why="The new bound is lower."),
        breaks('{"a":0}'),
    ),
    Case(
        "minimum-removed",
        "U403",
        AtLeastFive,
        Int,
        safe(*HIGH, why="The new field has no bound."),
        breaks('{"a":0}'),
    ),
    Case(
        "maximum-lowered",
        "U404",
        AtMostTen,
        AtMostFive,
        breaks('{"a":6}'),
        safe(*LOW, why="The old bound is higher."),
    ),
    Case(
        "maximum-raised",
        "U405",
        AtMostFive,
        AtMostTen,
        safe(*LOW, why="The new bound is higher."),
        breaks('{"a":6}'),
    ),
    Case(
        "bound-became-exclusive",
        "U406",
        AtLeastZero,
        AboveZero,
        breaks('{"a":0}'),
        safe(*POSITIVE, why="The old bound is lower."),
    ),
    Case(
        "float-bound-became-exclusive",
        "U406",
        FloatAtLeastZero,
        FloatAboveZero,
        breaks('{"a":0.0}'),
        safe('{"a":5e-324}', '{"a":0.5}', '{"a":1e300}', why="The old bound is lower."),
    ),
    Case(
        "exclusive-minimum-of-ints-spelled-inclusive",
        None,
        AboveZero,
        AtLeastOne,
        safe(*POSITIVE, why="No int lies between 0 and 1."),
        safe(*POSITIVE, why="No int lies between 0 and 1."),
    ),
    Case(
        "exclusive-maximum-of-ints-spelled-inclusive",
        None,
        AtMostFive,
        BelowSix,
        safe(*LOW, why="No int lies between 5 and 6."),
        safe(*LOW, why="No int lies between 5 and 6."),
    ),
    Case(
        "bounds-by-field-or-function",
        None,
        ZeroToTenByField,
        ZeroToTenByFunction,
        safe(*ZERO_TO_TEN, why="The bounds are the same."),
        safe(*ZERO_TO_TEN, why="The bounds are the same."),
    ),
    Case(
        "bound-by-ready-made-type",
        None,
        AtLeastZero,
        NotNegative,
        safe('{"a":0}', *POSITIVE, why="The bounds are the same."),
        safe('{"a":0}', *POSITIVE, why="The bounds are the same."),
    ),
    Case(
        "int-became-int64",
        "U404",
        Int,
        Int64,
        breaks(f'{{"a":{2**63}}}'),
        safe(f'{{"a":{2**63 - 1}}}', f'{{"a":{-(2**63)}}}', '{"a":0}', why="The old field has no bound."),
    ),
    Case(
        "float-became-finite",
        "U401",
        Float,
        Finite,
        safe('{"a":1.7976931348623157e308}', '{"a":5e-324}', '{"a":-0.0}', why="An infinity is never written as one."),
        safe('{"a":1.7976931348623157e308}', '{"a":5e-324}', '{"a":-0.0}', why="The old field has no bound."),
    ),
    Case(
        "int-with-minimum-to-float-with-lower-one",
        "U202",
        AtLeastFive,
        FloatAtLeastZero,
        safe(*HIGH, why="Every int of 5 or more is a float of 0 or more."),
        breaks('{"a":0.0}'),
    ),
    Case(
        "multiple-of-added",
        "U407",
        Int,
        Fives,
        breaks('{"a":1}'),
        safe('{"a":0}', '{"a":-5}', '{"a":1000000000000000000000}', why="The old field takes any int."),
    ),
    Case(
        "multiple-of-loosened",
        "U408",
        Sixes,
        Threes,
        safe('{"a":0}', '{"a":-6}', '{"a":12}', why="Every multiple of 6 is one of 3."),
        breaks('{"a":3}'),
    ),
    Case("multiple-of-crossed", "U409", Fours, Sixes, breaks('{"a":4}'), breaks('{"a":6}')),
    Case(
        "max-length-tightened",
        "U410",
        UpToFifty,
        UpToFive,
        breaks('{"a":"123456"}'),
        safe('{"a":""}', *SHORT, why="The old bound is higher."),
    ),
    Case(
        "max-length-loosened",
        "U411",
        UpToFive,
        UpToFifty,
        safe('{"a":""}', *SHORT, why="The new bound is higher."),
        breaks('{"a":"123456"}'),
    ),
    Case(
        "min-length-added",
        "U412",
        Text,
        NotEmpty,
        breaks('{"a":""}'),
        safe(*SHORT, why="The old field takes any string."),
    ),
    Case(
        "white-space-no-longer-counts",
        "U412",
        NotEmpty,
        NotBlank,
        breaks('{"a":" "}'),
        safe(*SHORT, why="A string that is not blank is not empty."),
    ),
    Case(
        "lengths-by-field-or-function",
        None,
        OneToFiveByField,
        OneToFiveByFunction,
        safe(*SHORT, why="The bounds are the same."),
        safe(*SHORT, why="The bounds are the same."),
    ),
    Case(
        "lengths-by-field-or-annotation",
        None,
        OneToFiveByField,
        OneToFiveByAnnotation,
        safe(*SHORT, why="The bounds are the same."),
        safe(*SHORT, why="The bounds are the same."),
    ),
    Case(
        "pattern-added",
        "U413",
        Text,
        StartsWithA,
        breaks('{"a":""}'),
        safe('{"a":"A"}', '{"a":"AB"}', '{"a":"A\\n"}', why="The old field takes any string."),
    ),
    Case(
        "pattern-removed",
        "U414",
        StartsWithA,
        Text,
        safe('{"a":"A"}', '{"a":"AB"}', '{"a":"A\\n"}', why="The new field takes any string."),
        breaks('{"a":""}'),
    ),
    Case("pattern-changed", "U415", StartsWithA, StartsWithB, breaks('{"a":"A"}'), breaks('{"a":"B"}')),
    Case(
        "decimal-digits-tightened",
        "U416",
        Price,
        SmallPrice,
        breaks('{"a":"1000"}'),
        safe('{"a":"999.99"}', '{"a":"-0.01"}', '{"a":"0"}', why="The old field takes as many places and more digits."),
    ),
    Case(
        "decimal-places-tightened",
        "U416",
        Price,
        WholePrice,
        breaks('{"a":"0.5"}'),
        breaks('{"a":"1000000"}'),
    ),
    Case(
        "decimal-digits-removed",
        "U416",
        Price,
        Dec,
        safe('{"a":"999999.99"}', '{"a":"-0.01"}', '{"a":"0"}', why="The new field takes any Decimal."),
        breaks('{"a":"0.001"}'),
    ),
]
