"""1xx and 807: what a class writes is not always what it reads."""

from __future__ import annotations

from pydantic import BaseModel, Field, computed_field

from schemas.corpus._case import Case, breaks, breaks_lax, safe
from schemas.corpus._plain import Int


class ClosedInt(BaseModel, extra="forbid"):
    a: int


class WithDouble(BaseModel):
    a: int

    @computed_field
    def double(self) -> int:
        return self.a * 2


class WithLabel(BaseModel):
    a: int

    @computed_field
    def double(self) -> str:
        return f"{self.a * 2}"


class DoubleStored(BaseModel):
    a: int
    double: int


class ClosedWithToken(BaseModel, extra="forbid"):
    a: int
    token: str = Field(default="", exclude=True)


class TokenExcluded(BaseModel):
    a: int
    token: str = Field(default="", exclude=True)


class TokenRequired(BaseModel):
    a: int
    token: str


class UserId(BaseModel):
    user_id: str


class UserIdWritesCamel(BaseModel):
    a: int = 0
    user_id: str = Field(default="nobody", serialization_alias="userId")


class MaybeUserId(BaseModel):
    a: int = 0
    user_id: str = "nobody"


class NoteOmittedWhenNull(BaseModel):
    a: int
    note: str | None = Field(default=None, exclude_if=lambda value: value is None)


class NoteRequired(BaseModel):
    a: int
    note: str | None


class NoteNeverNull(BaseModel):
    a: int
    note: str = ""


CASES = [
    Case(
        "computed-field-on-closed-model",
        "U119",
        ClosedInt,
        WithDouble,
        safe('{"a":1}', '{"a":0}', '{"a":-1}', why="The open new class reads the same field."),
        breaks('{"a":1,"double":2}'),
    ),
    Case(
        "computed-field-added-to-open",
        None,
        Int,
        WithDouble,
        safe('{"a":1}', '{"a":0}', '{"a":-1}', why="A computed field is never read."),
        safe(
            '{"a":1,"double":2}',
            '{"a":0,"double":0}',
            '{"a":-1,"double":-2}',
            why="The open old class ignores the computed key.",
        ),
    ),
    Case(
        "computed-field-changes-its-type",
        None,
        WithDouble,
        WithLabel,
        safe(
            '{"a":1,"double":2}',
            '{"a":0,"double":0}',
            '{"a":-1,"double":-2}',
            why="A computed field is never read, whatever its type.",
        ),
        safe(
            '{"a":1,"double":"2"}',
            '{"a":0,"double":"0"}',
            '{"a":-1,"double":"-2"}',
            why="A computed field is never read, whatever its type.",
        ),
    ),
    Case(
        "computed-field-becomes-stored",
        "U101",
        WithDouble,
        DoubleStored,
        # `model_dump_json` writes the key, but what is dumped for reading back (`round_trip=True`) holds none.
        breaks_lax('{"a":1}'),
        safe(
            '{"a":1,"double":2}',
            '{"a":1,"double":0}',
            '{"a":1,"double":-7}',
            why="The old class ignores the key and computes its own.",
        ),
    ),
    Case(
        "excluded-field-removed-from-closed",
        "U105",
        ClosedWithToken,
        ClosedInt,
        safe('{"a":1}', '{"a":0}', '{"a":-1}', why="The old class never writes the field that it excludes."),
        safe('{"a":1}', '{"a":0}', '{"a":-1}', why="The excluded field has a default."),
    ),
    Case(
        "excluded-field-became-required",
        "U107",
        TokenExcluded,
        TokenRequired,
        breaks('{"a":1}'),
        safe(
            '{"a":1,"token":""}',
            '{"a":0,"token":"x"}',
            '{"a":-1,"token":"y"}',
            why="The old class reads the field though it does not write it.",
        ),
    ),
    Case(
        "writer-ignores-alias",
        "U117",
        UserId,
        UserIdWritesCamel,
        safe('{"user_id":""}', '{"user_id":"x"}', '{"user_id":"userId"}', why="The new class reads by the old name."),
        breaks('{"a":0,"userId":"nobody"}'),
        also=("U807",),
    ),
    Case(
        "writer-uses-a-name-nobody-reads",
        "U807",
        MaybeUserId,
        UserIdWritesCamel,
        safe("{}", '{"user_id":""}', '{"user_id":"x"}', why="The new class reads by the old name."),
        safe(
            "{}",
            '{"a":0,"userId":"nobody"}',
            '{"a":1,"userId":"nobody"}',
            why="The old field falls back to its default.",
        ),
        also=("U807",),
    ),
    Case(
        "writer-omits-null",
        "U118",
        NoteOmittedWhenNull,
        NoteRequired,
        breaks('{"a":1}'),
        safe(
            '{"a":1,"note":null}',
            '{"a":1,"note":""}',
            '{"a":1,"note":"x"}',
            why="The old class reads a null though it does not write one.",
        ),
    ),
    Case(
        "writer-omits-null-reader-has-a-default",
        "U302",
        NoteOmittedWhenNull,
        NoteNeverNull,
        safe(
            '{"a":1}', '{"a":1,"note":""}', '{"a":0,"note":"x"}', why="A null is always left out, and then defaulted."
        ),
        safe('{"a":1}', '{"a":1,"note":""}', '{"a":0,"note":"x"}', why="A string is one of what the old class reads."),
    ),
]
