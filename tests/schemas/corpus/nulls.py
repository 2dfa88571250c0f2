"""3xx: nulls and defaults."""

from __future__ import annotations

from typing import Optional, Union
from uuid import UUID, uuid4

from pydantic import BaseModel, Field

from schemas.corpus._case import Case, breaks, safe
from schemas.corpus._plain import Int, IntDefaultOne, OptionalInt


class NullableInt(BaseModel):
    a: int | None


class IntDefaultTwo(BaseModel):
    a: int = 2


class NullableDefaultFive(BaseModel):
    a: int | None = 5


class IntDefaultFive(BaseModel):
    a: int = 5


class OldTypingOptional(BaseModel):
    a: Optional[int] = None  # noqa: UP045 (the spelling is the case)


class OldTypingUnion(BaseModel):
    a: Union[None, int] = None  # noqa: UP007, RUF036 (the spelling is the case)


class Tags(BaseModel):
    a: list[str] = []


class TagsFromFactory(BaseModel):
    a: list[str] = Field(default_factory=list)


class OneFromFactory(BaseModel):
    a: int = Field(default_factory=lambda: 1)


class IntWithId(BaseModel):
    a: int
    id: UUID = Field(default_factory=uuid4)


class Leaf(BaseModel):
    x: int = 0


class WithLeaf(BaseModel):
    leaf: Leaf


class WithMaybeLeaf(BaseModel):
    leaf: Leaf | None = None


class WithDefaultLeaf(BaseModel):
    leaf: Leaf = Leaf()


NUMBERS = ('{"a":0}', '{"a":-1}', '{"a":1000000000000000000000}')

CASES = [
    Case(
        "became-nullable",
        "U301",
        Int,
        NullableInt,
        safe(*NUMBERS, why="An int is one of what the new field takes."),
        breaks('{"a":null}'),
    ),
    Case(
        "became-non-nullable",
        "U302",
        NullableInt,
        Int,
        breaks('{"a":null}'),
        safe(*NUMBERS, why="An int is one of what the old field takes."),
    ),
    Case(
        "default-none-became-default-one",
        "U302",
        OptionalInt,
        IntDefaultOne,
        breaks('{"a":null}'),
        safe("{}", *NUMBERS, why="An absent field and an int are both among what the old field takes."),
        also=("U303",),
    ),
    Case(
        "nullable-with-default-became-non-nullable",
        "U302",
        NullableDefaultFive,
        IntDefaultFive,
        breaks('{"a":null}'),
        safe("{}", *NUMBERS, why="An absent field and an int are both among what the old field takes."),
    ),
    Case(
        "required-became-optional-nullable",
        "U301",
        Int,
        OptionalInt,
        safe(*NUMBERS, why="An int is one of what the new field takes."),
        breaks("{}"),
    ),
    Case(
        "default-changed",
        "U303",
        IntDefaultOne,
        IntDefaultTwo,
        safe("{}", '{"a":1}', '{"a":2}', why="A default is not a bound."),
        safe("{}", '{"a":1}', '{"a":2}', why="A default is not a bound."),
        also=("U303",),
    ),
    Case(
        "default-became-null",
        "U303",
        NullableDefaultFive,
        OptionalInt,
        safe("{}", '{"a":null}', '{"a":5}', why="Both take an int, a null and nothing at all."),
        safe("{}", '{"a":null}', '{"a":5}', why="Both take an int, a null and nothing at all."),
        also=("U303",),
    ),
    Case(
        "default-added",
        "U304",
        Int,
        IntDefaultOne,
        safe(*NUMBERS, why="The type is the same, and the field is always there."),
        breaks("{}"),
    ),
    Case(
        "default-removed",
        "U305",
        IntDefaultOne,
        Int,
        breaks("{}"),
        safe(*NUMBERS, why="The type is the same, and the field is always there."),
    ),
    Case(
        "default-became-a-factory",
        "U306",
        IntDefaultOne,
        OneFromFactory,
        safe("{}", '{"a":1}', '{"a":0}', why="Both fields may be absent and take any int."),
        safe("{}", '{"a":1}', '{"a":0}', why="Both fields may be absent and take any int."),
        also=("U306",),
    ),
    Case(
        "empty-list-became-a-factory",
        "U306",
        Tags,
        TagsFromFactory,
        safe("{}", '{"a":[]}', '{"a":["",""]}', why="Both fields may be absent and take any list of strings."),
        safe("{}", '{"a":[]}', '{"a":["",""]}', why="Both fields may be absent and take any list of strings."),
    ),
    Case(
        "null-default-removed",
        "U307",
        OptionalInt,
        NullableInt,
        breaks("{}"),
        safe('{"a":null}', '{"a":0}', '{"a":-1}', why="The types are the same, and the field is always there."),
    ),
    Case(
        "random-default-added",
        "U308",
        Int,
        IntWithId,
        safe(*NUMBERS, why="The new field makes its own default."),
        safe(
            '{"a":1}',
            '{"a":1,"id":"00000000-0000-0000-0000-000000000000"}',
            '{"a":0,"id":"ffffffff-ffff-ffff-ffff-ffffffffffff"}',
            why="The open old class ignores the new key.",
        ),
        also=("U308",),
    ),
    Case(
        "null-spelled-with-typing",
        None,
        OptionalInt,
        OldTypingOptional,
        safe("{}", '{"a":null}', '{"a":0}', why="The two spellings are one type."),
        safe("{}", '{"a":null}', '{"a":0}', why="The two spellings are one type."),
    ),
    Case(
        "null-spelled-first",
        None,
        OptionalInt,
        OldTypingUnion,
        safe("{}", '{"a":null}', '{"a":0}', why="The two spellings take the same values."),
        safe("{}", '{"a":null}', '{"a":0}', why="The two spellings take the same values."),
    ),
    Case(
        "nested-became-nullable",
        "U301",
        WithLeaf,
        WithMaybeLeaf,
        safe('{"leaf":{}}', '{"leaf":{"x":0}}', '{"leaf":{"x":-1}}', why="The object is one of what is taken."),
        breaks('{"leaf":null}'),
    ),
    Case(
        "nested-got-a-default",
        "U304",
        WithLeaf,
        WithDefaultLeaf,
        safe('{"leaf":{}}', '{"leaf":{"x":0}}', '{"leaf":{"x":-1}}', why="The object is the same."),
        breaks("{}"),
    ),
]
