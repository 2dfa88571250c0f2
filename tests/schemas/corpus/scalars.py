"""2xx: one type becomes another."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from ipaddress import IPv4Address
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, IPvAnyAddress, SecretStr, Strict

from schemas.corpus._case import Case, breaks, breaks_lax, safe
from schemas.corpus._plain import Anything, Bool, Bytes, Date, Datetime, Dec, Float, Ident, Int, Ints, Text


class Inner(BaseModel):
    x: int


class InnerA(BaseModel):
    a: Inner


class Aware(BaseModel):
    a: AwareDatetime


class Link(BaseModel):
    a: HttpUrl


class Secret(BaseModel):
    a: SecretStr


class V4(BaseModel):
    a: IPv4Address


class AnyAddress(BaseModel):
    a: IPvAnyAddress


class StrictInt(BaseModel):
    a: Annotated[int, Strict()]


class StrictModel(BaseModel):
    model_config = ConfigDict(strict=True)

    a: float
    at: dt.datetime
    ident: UUID
    price: Decimal
    pair: tuple[int, int]


class LaxModel(BaseModel):
    a: float
    at: dt.datetime
    ident: UUID
    price: Decimal
    pair: tuple[int, int]


class StrictFloat(BaseModel):
    a: float = Field(strict=True)


class Base64(BaseModel):
    model_config = ConfigDict(val_json_bytes="base64", ser_json_bytes="base64")

    a: bytes


class Hex(BaseModel):
    model_config = ConfigDict(val_json_bytes="hex", ser_json_bytes="hex")

    a: bytes


class Span(BaseModel):
    a: dt.timedelta


class SpanSeconds(BaseModel):
    model_config = ConfigDict(ser_json_timedelta="float")

    a: dt.timedelta


class TimeOfDay(BaseModel):
    a: dt.time


STAMP = '{"a":"2024-02-29T23:59:59.999999"}'
MIDNIGHT = '{"a":"2024-01-01T00:00:00"}'
INSTANT = '{"a":"2024-01-01T00:00:00Z"}'
NIL = '{"a":"00000000-0000-0000-0000-000000000000"}'
ONES = '{"a":"ffffffff-ffff-ffff-ffff-ffffffffffff"}'
MIXED = (
    '{"a":1.0,"at":"2024-01-01T00:00:00","ident":"00000000-0000-0000-0000-000000000000","price":"1.50","pair":[0,-1]}',
    '{"a":-0.5,"at":"2024-01-01T00:00:00Z","ident":"ffffffff-ffff-ffff-ffff-ffffffffffff","price":"0","pair":[1,1]}',
    '{"a":1e300,"at":"0001-01-01T00:00:00","ident":"00000000-0000-0000-0000-000000000001","price":"1E+9","pair":[7,7]}',
)

CASES = [
    Case("int-to-str", "U201", Int, Text, breaks('{"a":1}'), breaks('{"a":""}')),
    Case(
        "int-to-float",
        "U202",
        Int,
        Float,
        safe('{"a":0}', '{"a":-1}', f'{{"a":{10**400}}}', why="JSON has one kind of number, and a float takes any."),
        breaks('{"a":0.5}'),
    ),
    Case(
        "float-to-int",
        "U203",
        Float,
        Int,
        breaks('{"a":0.5}'),
        safe('{"a":0}', '{"a":-1}', '{"a":123456789012345678901}', why="A float takes any JSON number."),
    ),
    Case(
        "int-to-decimal",
        "U202",
        Int,
        Dec,
        safe('{"a":0}', '{"a":-1}', f'{{"a":{10**400}}}', why="A Decimal without bounds is read from any JSON int."),
        breaks('{"a":"0.5"}'),
    ),
    Case("int-to-list", "U204", Int, Ints, breaks('{"a":0}'), breaks('{"a":[]}')),
    Case("object-to-scalar", "U205", InnerA, Int, breaks('{"a":{"x":0}}'), breaks('{"a":0}')),
    Case(
        "str-to-datetime",
        "U206",
        Text,
        Datetime,
        breaks('{"a":""}'),
        safe(STAMP, MIDNIGHT, INSTANT, why="A datetime is written as a string, and the old field takes any."),
    ),
    Case(
        "str-to-uuid",
        "U206",
        Text,
        Ident,
        breaks('{"a":""}'),
        safe(
            NIL,
            ONES,
            '{"a":"00000000-0000-0000-0000-000000000001"}',
            why="A UUID is written as a string, and the old field takes any.",
        ),
    ),
    Case(
        "str-to-url",
        "U206",
        Text,
        Link,
        breaks('{"a":""}'),
        safe(
            '{"a":"http://x/"}',
            '{"a":"https://x.example/?q=1"}',
            '{"a":"https://user@x.example:8/#f"}',
            why="A URL is written as a string, and the old field takes any.",
        ),
    ),
    Case(
        "datetime-to-str",
        "U207",
        Datetime,
        Text,
        safe(STAMP, MIDNIGHT, INSTANT, why="A datetime is written as a string, and the new field takes any."),
        breaks('{"a":""}'),
    ),
    Case(
        "datetime-to-date",
        "U208",
        Datetime,
        Date,
        breaks('{"a":"2024-01-01T00:00:01"}'),
        safe(
            '{"a":"0001-01-01"}',
            '{"a":"9999-12-31"}',
            '{"a":"2024-02-29"}',
            why="A datetime is read from a date alone, as its midnight.",
        ),
    ),
    Case(
        "date-to-datetime",
        "U209",
        Date,
        Datetime,
        safe(
            '{"a":"0001-01-01"}',
            '{"a":"9999-12-31"}',
            '{"a":"2024-02-29"}',
            why="A datetime is read from a date alone, as its midnight.",
        ),
        breaks('{"a":"2024-01-01T00:00:01"}'),
    ),
    Case(
        "datetime-to-aware",
        "U210",
        Datetime,
        Aware,
        breaks(MIDNIGHT),
        safe(
            INSTANT,
            '{"a":"2024-01-01T00:00:00+14:00"}',
            '{"a":"1969-12-31T23:59:59.999999-11:30"}',
            why="A plain datetime may have a time zone.",
        ),
    ),
    Case("datetime-to-epoch", "U201", Datetime, Int, breaks(MIDNIGHT), breaks('{"a":1000000000000000000000}')),
    Case(
        "time-to-str",
        "U207",
        TimeOfDay,
        Text,
        safe('{"a":"00:00:00"}', '{"a":"23:59:59.999999"}', '{"a":"12:00:00Z"}', why="A time is written as a string."),
        breaks('{"a":""}'),
    ),
    Case(
        "decimal-to-float",
        "U211",
        Dec,
        Float,
        safe(
            '{"a":"0.1"}',
            '{"a":"1E+400"}',
            '{"a":"-1E-27"}',
            why="A float is read from a string of digits, with any exponent.",
        ),
        safe('{"a":0.1}', '{"a":-1.0}', '{"a":1e300}', why="A Decimal is read from any finite JSON number."),
        also=("U211",),
    ),
    Case(
        "bool-to-int",
        "U212",
        Bool,
        Int,
        safe('{"a":true}', '{"a":false}', '{"a":true}', why="An int is read from either of the two values."),
        breaks('{"a":2}'),
        also=("U212",),
    ),
    Case(
        "int-to-bool",
        "U213",
        Int,
        Bool,
        breaks('{"a":2}'),
        safe('{"a":true}', '{"a":false}', '{"a":true}', why="An int is read from either of the two values."),
    ),
    Case(
        "any-narrowed",
        "U214",
        Anything,
        Int,
        breaks('{"a":null}'),
        safe('{"a":0}', '{"a":-1}', '{"a":1000000000000000000000}', why="The old field takes everything."),
    ),
    Case(
        "any-widened",
        "U215",
        Int,
        Anything,
        safe('{"a":0}', '{"a":-1}', '{"a":1000000000000000000000}', why="The new field takes everything."),
        breaks('{"a":null}'),
    ),
    Case(
        "strict-field",
        "U216",
        Int,
        StrictInt,
        breaks_lax('{"a":"1"}'),
        safe('{"a":0}', '{"a":-1}', '{"a":1000000000000000000000}', why="What strict mode takes, lax mode takes."),
    ),
    Case(
        "strict-float-field",
        "U216",
        Float,
        StrictFloat,
        breaks_lax('{"a":"1.5"}'),
        safe('{"a":0.0}', '{"a":-1.5}', '{"a":1e300}', why="What strict mode takes, lax mode takes."),
    ),
    Case(
        "strict-model-relaxed",
        "U216",
        StrictModel,
        LaxModel,
        safe(*MIXED, why="What strict mode takes, lax mode takes."),
        breaks_lax(MIXED[0].replace("1.0", '"1.0"')),
    ),
    Case(
        "int-to-strict-float",
        "U202",
        StrictInt,
        StrictFloat,
        safe('{"a":0}', '{"a":-1}', '{"a":1000000000000000000000}', why="A strict float is read from a JSON int."),
        breaks('{"a":0.5}'),
    ),
    Case(
        "bytes-utf8-to-base64",
        "U217",
        Bytes,
        Base64,
        breaks('{"a":"a"}'),
        safe('{"a":""}', '{"a":"aGk="}', '{"a":"_w=="}', why="What base64 writes is text, and so its own UTF-8 bytes."),
        also=("U217",),
    ),
    Case(
        "bytes-base64-to-hex",
        "U217",
        Base64,
        Hex,
        breaks('{"a":"aGk="}'),
        breaks('{"a":"00"}'),
        also=("U217",),
    ),
    Case(
        "bytes-to-str",
        "U201",
        Bytes,
        Text,
        safe('{"a":""}', '{"a":"\\u0000"}', '{"a":"é"}', why="Bytes are written as the text that they spell."),
        safe('{"a":""}', '{"a":"\\u0000"}', '{"a":"é"}', why="Every text has UTF-8 bytes."),
    ),
    Case(
        "timedelta-written-as-seconds",
        "U201",
        Span,
        SpanSeconds,
        safe('{"a":"PT0S"}', '{"a":"-P1D"}', '{"a":"P2739726Y9D"}', why="A timedelta is read from both spellings."),
        safe('{"a":0.0}', '{"a":-86400.0}', '{"a":86399999913600.0}', why="A timedelta is read from both spellings."),
    ),
    Case(
        "str-to-secret",
        "U201",
        Text,
        Secret,
        safe('{"a":""}', '{"a":"x"}', '{"a":"**********"}', why="A secret is read from any string."),
        safe('{"a":"**********"}', '{"a":""}', '{"a":"**********"}', why="A secret is written as a string of stars."),
    ),
    Case(
        "ipv4-to-any-address",
        "U202",
        V4,
        AnyAddress,
        safe(
            '{"a":"0.0.0.0"}', '{"a":"255.255.255.255"}', '{"a":"127.0.0.1"}', why="Every IPv4 address is an address."
        ),
        breaks('{"a":"::"}'),
    ),
]
