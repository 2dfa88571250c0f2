"""1xx: fields that come, go, move and change their names."""

from __future__ import annotations

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from schemas.corpus._case import Case, breaks, safe
from schemas.corpus._plain import Int, Text


class AB(BaseModel):
    a: int
    b: str


class AMaybeB(BaseModel):
    a: int
    b: str = "x"


class MaybeAMaybeB(BaseModel):
    a: int = 0
    b: int = 0


class ClosedA(BaseModel, extra="forbid"):
    a: int


class ClosedAMaybeB(BaseModel, extra="forbid"):
    a: int
    b: int = 0


class FreeA(BaseModel, extra="allow"):
    a: int


class FreeAMaybeB(BaseModel, extra="allow"):
    a: int
    b: int = 0


class Uid(BaseModel):
    uid: str


class UserId(BaseModel):
    user_id: str


class UserIdReadsUid(BaseModel):
    user_id: str = Field(validation_alias=AliasChoices("user_id", "uid"))


class UidReadsUserId(BaseModel):
    uid: str = Field(validation_alias=AliasChoices("uid", "user_id"))


class MaybeUid(BaseModel):
    uid: str = "nobody"


class MaybeUserId(BaseModel):
    user_id: str = "nobody"


class City(BaseModel):
    city: str


class Address(BaseModel):
    city: str


class Addressed(BaseModel):
    addr: Address


class CityReadsAddress(BaseModel):
    city: str = Field(validation_alias=AliasChoices("city", AliasPath("addr", "city")))


class FullName(BaseModel):
    name: str


class TwoNames(BaseModel):
    first: str
    last: str


class AliasA(BaseModel):
    user: str = Field(alias="userA")


class AliasB(BaseModel):
    user: str = Field(alias="userB")


class CamelOnly(BaseModel):
    user_id: str = Field(alias="userId")


class CamelOrName(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    user_id: str = Field(alias="userId")


class CamelGenerated(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    user_id: str


class CamelRenamedInPython(BaseModel):
    account: str = Field(alias="userId")


class CamelOptionalByName(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    user_id: str = Field(default="", alias="userId")


class NoteText(BaseModel):
    note: str = ""


class NoteLines(BaseModel):
    note: list[str] = []


CASES = [
    Case(
        "required-field-added",
        "U101",
        Int,
        AB,
        breaks('{"a":1}'),
        safe('{"a":1,"b":""}', '{"a":0,"b":"x"}', '{"a":-1,"b":"null"}', why="The open old class ignores the new key."),
    ),
    Case(
        "optional-field-added-to-closed",
        "U102",
        ClosedA,
        ClosedAMaybeB,
        safe('{"a":1}', '{"a":0}', '{"a":-1}', why="The new field has a default and the rest is the same."),
        breaks('{"a":1,"b":0}'),
    ),
    Case(
        "optional-field-added-to-open",
        "U103",
        Int,
        AMaybeB,
        safe(
            '{"a":1}', '{"a":0}', '{"a":-1}', why="A class that ignores extras never writes one, so b is always absent."
        ),
        safe('{"a":1}', '{"a":1,"b":""}', '{"a":0,"b":"x"}', why="The open old class ignores the new key."),
    ),
    Case(
        "optional-field-shadows-extra",
        "U103",
        FreeA,
        FreeAMaybeB,
        breaks('{"a":1,"b":"x"}'),
        safe('{"a":1}', '{"a":1,"b":0}', '{"a":1,"b":-1,"c":null}', why="The old class keeps an extra of any type."),
    ),
    Case(
        "required-field-removed",
        "U104",
        AB,
        Int,
        safe('{"a":1,"b":""}', '{"a":0,"b":"x"}', '{"a":-1,"b":"1"}', why="The open new class ignores what it lost."),
        breaks('{"a":1}'),
        also=("U104",),
    ),
    Case(
        "field-removed-from-closed",
        "U105",
        ClosedAMaybeB,
        ClosedA,
        breaks('{"a":1,"b":0}'),
        safe('{"a":1}', '{"a":0}', '{"a":-1}', why="The old field has a default and the rest is the same."),
    ),
    Case(
        "optional-field-removed",
        "U106",
        AMaybeB,
        Int,
        safe('{"a":1}', '{"a":1,"b":""}', '{"a":0,"b":"x"}', why="The open new class ignores what it lost."),
        safe('{"a":1}', '{"a":0}', '{"a":-1}', why="The old field has a default, and the new class writes no extras."),
        also=("U106",),
    ),
    Case(
        "removed-field-lives-on-as-extra",
        "U106",
        FreeAMaybeB,
        FreeA,
        safe('{"a":1}', '{"a":1,"b":0}', '{"a":1,"b":7,"c":[]}', why="The new class keeps an extra of any type."),
        breaks('{"a":1,"b":"x"}'),
    ),
    Case(
        "field-became-required",
        "U107",
        AMaybeB,
        AB,
        breaks('{"a":1}'),
        safe(
            '{"a":1,"b":""}', '{"a":0,"b":"x"}', '{"a":-1,"b":"y"}', why="A field that is always there suits a default."
        ),
    ),
    Case(
        "field-became-optional",
        "U108",
        AB,
        AMaybeB,
        safe(
            '{"a":1,"b":""}', '{"a":0,"b":"x"}', '{"a":-1,"b":"y"}', why="A field that is always there suits a default."
        ),
        breaks('{"a":1}'),
    ),
    Case("field-renamed", "U109", Uid, UserId, breaks('{"uid":""}'), breaks('{"user_id":""}')),
    Case(
        "field-renamed-with-read-alias",
        "U110",
        Uid,
        UserIdReadsUid,
        safe('{"uid":""}', '{"uid":"x"}', '{"uid":"user_id"}', why="The new class reads the old name as well."),
        breaks('{"user_id":""}'),
    ),
    Case(
        "field-renamed-and-both-read-both",
        "U110",
        UidReadsUserId,
        UserIdReadsUid,
        safe('{"uid":""}', '{"uid":"x"}', '{"uid":"user_id"}', why="The new class reads the old name as well."),
        safe('{"user_id":""}', '{"user_id":"x"}', '{"user_id":"uid"}', why="The old class reads the new name as well."),
    ),
    Case(
        "read-alias-dropped-after-the-move",
        "U110",
        UserIdReadsUid,
        UserId,
        safe('{"user_id":""}', '{"user_id":"x"}', '{"user_id":"uid"}', why="The old class never writes the alias."),
        safe('{"user_id":""}', '{"user_id":"x"}', '{"user_id":"uid"}', why="The name that is written did not change."),
    ),
    Case(
        "optional-field-renamed",
        "U111",
        MaybeUid,
        MaybeUserId,
        safe("{}", '{"uid":""}', '{"uid":"x"}', why="The new field falls back to its default."),
        safe("{}", '{"user_id":""}', '{"user_id":"x"}', why="The old field falls back to its default."),
        also=("U111",),
    ),
    Case(
        "field-moved",
        "U112",
        City,
        Addressed,
        breaks('{"city":""}'),
        breaks('{"addr":{"city":""}}'),
    ),
    Case(
        "field-moved-with-read-path",
        "U112",
        Addressed,
        CityReadsAddress,
        safe(
            '{"addr":{"city":""}}',
            '{"addr":{"city":"x"}}',
            '{"addr":{"city":"addr"}}',
            why="The new class reads the old path as well.",
        ),
        breaks('{"city":""}'),
    ),
    Case(
        "field-split",
        "U113",
        FullName,
        TwoNames,
        breaks('{"name":""}'),
        breaks('{"first":"","last":""}'),
    ),
    Case(
        "removed-name-reused",
        "U114",
        NoteText,
        NoteLines,
        breaks('{"note":""}'),
        breaks('{"note":[]}'),
    ),
    Case("wire-alias-changed", "U115", AliasA, AliasB, breaks('{"userA":""}'), breaks('{"userB":""}')),
    Case("wire-alias-added", "U116", UserId, CamelOnly, breaks('{"user_id":""}'), breaks('{"userId":""}')),
    Case(
        "wire-alias-added-name-still-read",
        "U116",
        UserId,
        CamelOrName,
        safe('{"user_id":""}', '{"user_id":"x"}', '{"user_id":"userId"}', why="The new class reads by name as well."),
        breaks('{"userId":""}'),
    ),
    Case(
        "wire-alias-dropped-from-optional",
        "U116",
        CamelOptionalByName,
        CamelOnly,
        breaks("{}"),
        safe('{"userId":""}', '{"userId":"x"}', '{"userId":"user_id"}', why="Both write and read the same alias."),
    ),
    Case(
        "alias-generated-instead-of-written",
        None,
        CamelOnly,
        CamelGenerated,
        safe('{"userId":""}', '{"userId":"x"}', '{"userId":"user_id"}', why="The generator yields the same alias."),
        safe('{"userId":""}', '{"userId":"x"}', '{"userId":"user_id"}', why="The generator yields the same alias."),
    ),
    Case(
        "renamed-in-python-only",
        None,
        CamelOnly,
        CamelRenamedInPython,
        safe('{"userId":""}', '{"userId":"x"}', '{"userId":"account"}', why="The name on the wire is the same."),
        safe('{"userId":""}', '{"userId":"x"}', '{"userId":"account"}', why="The name on the wire is the same."),
    ),
    Case(
        "two-optional-fields-from-one",
        "U103",
        Int,
        MaybeAMaybeB,
        safe('{"a":1}', '{"a":0}', '{"a":-1}', why="Every field of the new class has a default and a is still an int."),
        breaks("{}"),
    ),
    Case(
        "everything-renamed",
        "U109",
        Text,
        FullName,
        breaks('{"a":""}'),
        breaks('{"name":""}'),
    ),
]
