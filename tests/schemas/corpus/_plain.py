"""Models of one required field `a`, which many pairs share."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class Nothing(BaseModel):
    pass


class Anything(BaseModel):
    a: Any


class Bool(BaseModel):
    a: bool


class Int(BaseModel):
    a: int


class Float(BaseModel):
    a: float


class Dec(BaseModel):
    a: Decimal


class Text(BaseModel):
    a: str


class Bytes(BaseModel):
    a: bytes


class Date(BaseModel):
    a: dt.date


class Datetime(BaseModel):
    a: dt.datetime


class Ident(BaseModel):
    a: UUID


class Ints(BaseModel):
    a: list[int]


class Floats(BaseModel):
    a: list[float]


class IntSet(BaseModel):
    a: set[int]


class IntMap(BaseModel):
    a: dict[str, int]


class TextMap(BaseModel):
    a: dict[str, str]


class OptionalInt(BaseModel):
    a: int | None = None


class IntDefaultOne(BaseModel):
    a: int = 1


class IntOrText(BaseModel):
    a: int | str
