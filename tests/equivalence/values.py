r"""JSON texts, spelled as a case wants them: values that a field takes, and all else that JSON can be bent to.

Texts are `str`; a lone surrogate from U+DC80 on stands for that one byte, which is no UTF-8 (`surrogateescape`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

import attrs

__all__ = [
    "BAD_STRINGS",
    "ENUM_TEXTS",
    "KINDS",
    "NASTY",
    "ODD_NUMBERS",
    "ODD_STRINGS",
    "Kind",
    "anything",
    "encoded",
    "odd_key",
    "quoted",
]

Text = Callable[[Random], str]


def encoded(text: str) -> bytes:
    """The bytes of a text of this module."""
    return text.encode("utf-8", "surrogateescape")


def quoted(text: str) -> str:
    """A JSON string."""
    return json.dumps(text, ensure_ascii=False)


def odd_key(name: str, random: Random) -> str:
    """*name* as a JSON string in which one character is written by its code."""
    place = random.randrange(len(name))
    rest = [quoted(part)[1:-1] for part in (name[:place], name[place + 1 :])]
    code = f"{ord(name[place]):04x}"
    return f'"{rest[0]}\\u{code if random.random() < 0.5 else code.upper()}{rest[1]}"'


ODD_NUMBERS = {
    "-0": "minus-zero",
    "-0.0": "minus-zero",
    "-0e1": "minus-zero",
    "1e2": "exponent",
    "1E+2": "exponent",
    "1.0": "point-zero",
    "1.10": "trailing-zero",
    "12345678901234567.89": "many-digits",
    "0.1000000000000000055511151231257827": "many-digits",
    "1" * 30: "30-digits",
    "-" + "9" * 30: "30-digits",
    "9223372036854775808": "beyond-int64",
    "18446744073709551616": "beyond-int64",
    "7" * 400: "400-digits",
    "7" * 5000: "5000-digits",
    "1." + "3" * 400: "400-digits",
    "1e999": "1e999",
    "-1e999": "1e999",
    "1e308": "large-exponent",
    "1e400": "large-exponent",
    "1e-400": "large-exponent",
    "1e5000": "large-exponent",
    "1e99999999999999999999": "large-exponent",
    "NaN": "nan",
    "-NaN": "nan",
    "Infinity": "infinity",
    "-Infinity": "infinity",
    "01": "leading-zero",
    "-01": "leading-zero",
    "+1": "no-number",
    ".5": "no-number",
    "1.": "no-number",
    "1e": "no-number",
    "0x10": "no-number",
}

ODD_STRINGS = {
    '"\\ud800"': "lone-surrogate",
    '"x\\udc00"': "lone-surrogate",
    '"\\ud800\\u0061"': "lone-surrogate",
    '"\\ud83d\\ude00"': "escape-in-value",
    '"\\u0061bc"': "escape-in-value",
    '"a\\/b\\n"': "escape-in-value",
    '"\\u0000"': "escape-in-value",
    '"\\u0031"': "escape-in-value",
    '"2024-01-02T03:04:05\\u005a"': "escape-in-value",
    '"r\\u0065d"': "escape-in-value",
    '"é"': "non-ascii",
    '"\U0001f600"': "non-ascii",
    '"\u2028"': "non-ascii",
    '""': "empty-string",
    '"' + "long" * 200 + '"': "long-string",
    '"NaN"': "nan-as-text",
    '"Infinity"': "nan-as-text",
    '"1.10"': "number-as-text",
    '" 7 "': "number-as-text",
    '"sNaN"': "nan-as-text",
    '"1e1000000"': "number-as-text",
}

BAD_STRINGS = {
    '"\\x41"': "bad-escape",
    '"\\u12g4"': "bad-escape",
    '"\\u00"': "bad-escape",
    '"a\tb"': "control-character",
    '"a\x00b"': "control-character",
    '"a\x1fb"': "control-character",
    '"\udc80"': "invalid-utf8",
    '"\udced\udca0\udc80"': "invalid-utf8",
    '"ab\udcc3"': "invalid-utf8",
    "'a'": "no-string",
    "undefined": "no-value",
    "tru": "no-value",
    "nul": "no-value",
    "[1,]": "trailing-comma",
    '{"a":1,}': "trailing-comma",
    "{a:1}": "no-value",
    "[1 2]": "no-value",
    "[": "no-value",
    "": "no-value",
}

_NO_DECIMALS = ('"NaN"', '"sNaN"', '"-Infinity"', '"1e1000000"', "1e5000", '"0e9999999"', "1e999", '"-0"', "-0", "1.10")
_NO_TEXTS = ('"\\ud800"', '"\\u0061"', '"\\ud83d\\ude00"', "7", "null", '"é"', '"' + "x" * 9 + '"', '""')
_NO_MOMENTS = ('"2024-01-02"', '"2024-13-02T00:00:00Z"', '"2024-01-02T03:04:05"', "0", "1e999", "null")

NASTY = {
    "decimal": _NO_DECIMALS,
    "optional-decimal": _NO_DECIMALS,
    "float": ("1e999", "-1e999", "NaN", '"NaN"', "1e400", "-0", "-0.0", "9" * 400, "true", '"1.5"', "1e-400"),
    "int": ("1.0", "1e2", '"7"', "true", "9223372036854775808", "-0", "-0.0", "1" * 30, "9" * 400, "1e999", "null"),
    "positive": ("-1", "-0", "-0.0", "1.0", "true", "9223372036854775808", "null"),
    "str": _NO_TEXTS,
    "short": _NO_TEXTS,
    "optional-str": _NO_TEXTS,
    "bool": ("0", "1", '"true"', "1.0", "null", '"yes"'),
    "datetime": _NO_MOMENTS,
    "date": _NO_MOMENTS,
    "tag": ('"other"', "7", "null", '"Event"', "true", '"\\u0065vent"', '"In0A"', '"old"'),
    "literal": ('"Red"', '"r\\u0065d"', "null", "1", '"r"'),
    "enum": ('"Red"', '"r\\u0065d"', "null", "1", '"r"'),
    "literal-int": ("1.0", "true", '"1"', "1e0", "4", "null"),
    "unset": ("null", "1.0", '"7"', "-0"),
    "any": ("NaN", "-0", "1e999", '"\\ud800"', '{"a":1,"a":2}', "[1 ,2]", "9" * 400, "1.10"),
}
"""By kind, what is worst for a field of it."""

_SCALARS = (
    *("null", "true", "false", "0", "7", "-3", "1.5", "-0", "1e2", "1.10", '"x"', '""', '"7"', '"true"'),
    *('"\\u0061"', "[1, 2]", '{"b":1 ,"a":2}', '{"a":1,"a":2}', "9007199254740993"),
)


def anything(random: Random, depth: int = 2) -> str:
    """Any sound JSON value."""
    choice = random.random()
    if depth == 0 or choice < 0.6:
        return random.choice(_SCALARS)
    if choice < 0.8:
        return "[" + ",".join(anything(random, depth - 1) for _ in range(random.randrange(4))) + "]"
    keys = random.sample(("a", "b", "k v", "é", "x"), random.randrange(3))
    return "{" + ",".join(f"{quoted(key)}:{anything(random, depth - 1)}" for key in keys) + "}"


# --- kinds of fields ------------------------------------------------------------------------------------------------


@attrs.frozen
class Kind:
    """A kind of field.

    Attributes:
        name: Its name in reports.
        source: The annotation, by family: `m` for msgspec, `p` for pydantic; empty where the family has none.
        text: Makes a JSON text that the field takes.
        constant: A Python expression of a JSON value that it takes, for `add`.
        default: A Python expression of a default; one that starts with `lambda` or is a bare type name is a factory.
    """

    name: str
    source: dict[str, str]
    text: Text
    constant: str
    default: str


def _of(*texts: str) -> Text:
    return lambda random: random.choice(texts)


def _both(source: str) -> dict[str, str]:
    return {"m": source, "p": source}


def _list(item: Text) -> Text:
    return lambda random: "[" + ",".join(item(random) for _ in range(random.randrange(4))) + "]"


def _map(item: Text) -> Text:
    def text(random: Random) -> str:
        keys = random.sample(("a", "b", "nan", "é", "k 1", "type"), random.randrange(3))
        return "{" + ",".join(f"{quoted(key)}:{item(random)}" for key in keys) + "}"

    return text


_string = _of('"x"', '"abc"', '"é"', '"a b"', '"\\u0061"', '"x"', '"7"', '"-12"', '"a,b"')
_integer = _of("0", "7", "-3", "12", "255", "1000000", "9007199254740993", "2", "5")
_number = _of("1.5", "0.1", "2", "1.10", "-0.0", "-2.25", "1e2", "100", "0.30000000000000004")
_decimal = _of('"1.10"', "1.10", "3", "12345678901234567.89", '"-0.00"', "2.5", "1e2", '"12"')
_bool = _of("true", "false")
_moment = _of('"2024-01-02T03:04:05Z"', '"2024-01-02T03:04:05.123456+02:00"', '"1999-12-31T23:59:59Z"')
_day = _of('"2024-01-02"', '"1999-12-31"')
_uuid = _of('"12345678-1234-5678-1234-567812345678"', '"00000000-0000-0000-0000-000000000001"')

ENUM_TEXTS = ('"red"', '"green"', '"blue"')
_colour = _of(*ENUM_TEXTS)


def _or_null(text: Text) -> Text:
    return lambda random: "null" if random.random() < 0.25 else text(random)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("str", _both("str"), _string, "'added'", "'d'"),
        Kind("int", _both("int"), _integer, "3", "11"),
        Kind("float", _both("float"), _number, "2.5", "0.5"),
        Kind("bool", _both("bool"), _bool, "True", "False"),
        Kind("decimal", _both("Decimal"), _decimal, "'7.70'", "Decimal('0.10')"),
        Kind(
            "datetime",
            _both("dt.datetime"),
            _moment,
            "'2020-02-02T00:00:00Z'",
            "dt.datetime(2020, 1, 1, tzinfo=dt.UTC)",
        ),
        Kind("date", _both("dt.date"), _day, "'2020-02-02'", "dt.date(2020, 1, 1)"),
        Kind("uuid", _both("UUID"), _uuid, "'12345678-1234-5678-1234-567812345678'", "UUID(int=7)"),
        Kind("literal", _both("Literal['red', 'green', 'blue']"), _colour, "'green'", "'blue'"),
        Kind("literal-int", _both("Literal[1, 2, 3]"), _of("1", "2", "3"), "2", "3"),
        Kind("enum", _both("Color"), _colour, "'blue'", "Color.RED"),
        Kind("int-enum", _both("Level"), _of("1", "2"), "1", "Level.LOW"),
        Kind("optional-str", _both("str | None"), _or_null(_string), "None", "None"),
        Kind("optional-int", _both("int | None"), _or_null(_integer), "4", "None"),
        Kind("optional-decimal", _both("Decimal | None"), _or_null(_decimal), "'1.50'", "None"),
        Kind("list-int", _both("list[int]"), _list(_integer), "[1, 2]", "list"),
        Kind("list-str", _both("list[str]"), _list(_string), "['a', 'b']", "lambda: ['made']"),
        Kind("list-decimal", _both("list[Decimal]"), _list(_decimal), "['1.10']", "list"),
        Kind("map", _both("dict[str, int]"), _map(_integer), "{'k': 1}", "dict"),
        Kind("map-any", _both("dict[str, Any]"), _map(anything), "{'k': [1, {'z': None}]}", "dict"),
        Kind("set", _both("set[int]"), _list(_integer), "[3, 1]", "set"),
        Kind("frozenset", _both("frozenset[str]"), _list(_string), "['a']", "frozenset"),
        Kind("tuple", _both("tuple[int, str]"), _of('[1,"a"]', '[7, "b"]'), "[1, 'x']", "(0, 'd')"),
        Kind("any", _both("Any"), anything, "{'deep': [1, {'er': None}]}", "None"),
        Kind("union", _both("int | str"), _of('"x"', "7", '"7"', "-1"), "'u'", "0"),
        Kind("wide-union", _both("int | float | str | None"), _of('"x"', "7", "1.5", "null", "2.0"), "1.5", "None"),
        Kind(
            "short",
            {
                "m": "Annotated[str, Meta(min_length=1, max_length=8)]",
                "p": "Annotated[str, Field(min_length=1, max_length=8)]",
            },
            _string,
            "'short'",
            "'dflt'",
        ),
        Kind(
            "positive",
            {"m": "Annotated[int, Meta(ge=0)]", "p": "Annotated[int, Field(ge=0)]"},
            _of("0", "1", "77", "12345678901"),
            "5",
            "1",
        ),
        Kind("raw", {"m": "msgspec.Raw", "p": ""}, anything, "[1]", "lambda: msgspec.Raw(b'1')"),
        Kind("unset", {"m": "int | UnsetType", "p": ""}, _integer, "6", "UNSET"),
        Kind("bytes", {"m": "bytes", "p": ""}, _of('"YWI="', '""'), "'YWI='", "b'd'"),
        Kind("duration", {"m": "", "p": "dt.timedelta"}, _of('"PT1S"', '"P1DT2H"', "90"), "'PT5S'", "dt.timedelta(1)"),
        Kind("json", {"m": "", "p": "pydantic.Json[list[int]]"}, _of('"[1,2]"', '"[]"'), "'[1]'", "'[3]'"),
        Kind("strict-int", {"m": "", "p": "pydantic.StrictInt"}, _integer, "3", "8"),
        Kind("pair", _both("Pair"), _of('[1,"a"]', '[2, "b"]'), "[3, 'c']", "Pair(0)"),
        Kind("options", _both("Options"), _of('{"a":1}', '{"b":"x","a":2}', "{}", '{"c":1}'), "{'a': 5}", "dict"),
        Kind("root", {"m": "", "p": "Numbers"}, _list(_integer), "[1, 2]", "lambda: Numbers([9])"),
        Kind("secret", {"m": "", "p": "pydantic.SecretStr"}, _string, "'hidden'", "pydantic.SecretStr('d')"),
        Kind("before", {"m": "", "p": "Annotated[int, pydantic.BeforeValidator(identity)]"}, _integer, "3", "4"),
        Kind("after", {"m": "", "p": "Annotated[str, pydantic.AfterValidator(boom)]"}, _string, "'ok'", "'o'"),
        Kind("wrap", {"m": "", "p": "Annotated[str, pydantic.WrapValidator(handled)]"}, _string, "'ok'", "'o'"),
        Kind("plain", {"m": "", "p": "Annotated[Any, pydantic.PlainValidator(kind_of)]"}, anything, "[1]", "'k'"),
        Kind("trimmed", {"m": "", "p": "Trimmed"}, _string, "'trim'", "'t'"),
    )
}
"""All kinds of fields that hold no class of the case, by name."""
