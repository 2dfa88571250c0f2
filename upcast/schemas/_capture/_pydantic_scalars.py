"""The shapes of pydantic's single values, from the nodes of a core schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from pydantic_core import to_json

from upcast._door._core_schema import Schema
from upcast.schemas._capture._fingerprints import PYTHON_ENGINE, digest
from upcast.schemas._capture._pydantic_walking import Config, is_strict
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Boolean,
    DecimalNumber,
    Formatted,
    Integer,
    Null,
    Number,
    Opaque,
    Text,
)

__all__ = ["SCALARS", "decimal_text", "pattern_text", "scalar"]

_BOUNDS = {"ge": "minimum", "gt": "exclusive_minimum", "le": "maximum", "lt": "exclusive_maximum"}
_FLAGS = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.DOTALL, "s"), (re.VERBOSE, "x"), (re.ASCII, "a"))
# What pydantic keeps of the digits of a second by default.
_PRECISION = "truncate"


def scalar(node: Schema, config: Config) -> AnyShape:
    """The shape of a node whose type is one of `SCALARS`, as a reader takes it."""
    return SCALARS[node["type"]](node, config)


def decimal_text(number: object) -> str:
    """A number as the text of a decimal without needless digits."""
    return format(Decimal(str(number)).normalize(), "f")


def pattern_text(pattern: str | re.Pattern[str] | None) -> str | None:
    """A regular expression with its flags inside."""
    if pattern is None or isinstance(pattern, str):
        return pattern
    flags = "".join(letter for flag, letter in _FLAGS if pattern.flags & flag)
    return f"(?{flags}){pattern.pattern}" if flags else pattern.pattern


# --- numbers --------------------------------------------------------------------------------------------------------


def _limits(node: Schema, spelled: Callable[[Any], Any]) -> dict[str, Any]:
    limits = {name: spelled(node[key]) for key, name in _BOUNDS.items() if node.get(key) is not None}
    if node.get("multiple_of") is not None:
        limits["multiple_of"] = spelled(node["multiple_of"])
    return limits


def _whole(number: Any) -> int | float | str:
    if isinstance(number, int):
        return int(number)
    return int(number) if number == int(number) else float(number)


def _integer(node: Schema, config: Config) -> AnyShape:
    return Integer(strict=is_strict(node, config), **_limits(node, _whole))


def _number(node: Schema, config: Config) -> AnyShape:
    # NaN and infinity have no JSON form, so it does not matter whether they would be taken.
    return Number(strict=is_strict(node, config), **_limits(node, float))


def _decimal(node: Schema, _: Config) -> AnyShape:
    return DecimalNumber(  # strict or not, it takes a number and its text
        max_digits=node.get("max_digits"),
        decimal_places=node.get("decimal_places"),
        **_limits(node, decimal_text),
    )


# --- text -----------------------------------------------------------------------------------------------------------


def _text(node: Schema, config: Config) -> AnyShape:
    def chosen(key: str, default: str) -> Any:
        return node[key] if node.get(key) is not None else config.get(default)

    lower, upper = chosen("to_lower", "str_to_lower"), chosen("to_upper", "str_to_upper")
    pattern = node.get("pattern")
    coerces = chosen("coerce_numbers_to_str", "coerce_numbers_to_str") and not is_strict(node, config)
    engine = "python-re" if isinstance(pattern, re.Pattern) else chosen("regex_engine", "regex_engine")
    marks = {"coerces-numbers": coerces, "ascii-only": node.get("ascii_only")}
    checks = [digest(["pydantic", mark]) for mark, is_set in marks.items() if is_set]
    if pattern is not None and engine == "python-re":
        checks.append(PYTHON_ENGINE)
    return Text(
        min_length=chosen("min_length", "str_min_length") or None,
        max_length=chosen("max_length", "str_max_length"),
        pattern=pattern_text(pattern),
        strips=bool(chosen("strip_whitespace", "str_strip_whitespace")),
        case="lower" if lower else "upper" if upper else "",
        checks=tuple(checks),
    )


def _bytes(node: Schema, config: Config) -> AnyShape:
    return Formatted(
        format="bytes",
        encoding=config.get("val_json_bytes") or "utf8",
        min_length=node.get("min_length") or None,
        max_length=node.get("max_length"),
    )


# --- what is written as text ----------------------------------------------------------------------------------------


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value
    text: str = msgspec.json.decode(to_json(value))
    return text


def _temporal(name: str) -> Callable[[Schema, Config], AnyShape]:
    def shape(node: Schema, config: Config) -> AnyShape:
        limits = _limits(node, _written)
        zone = node.get("tz_constraint")
        details = [
            node.get("now_op", ""),
            f"utc-offset={zone}" if isinstance(zone, int) else "",
            f"multiple-of={limits.pop('multiple_of')}" if "multiple_of" in limits else "",
            "" if node.get("microseconds_precision", _PRECISION) == _PRECISION else "microseconds=error",
            _unit(config) if name in {"date-time", "date"} else "",
        ]
        return Formatted(
            format=name,
            zone="" if zone is None else "aware" if isinstance(zone, int) else zone,
            encoding="iso8601" if name == "duration" else "",
            detail=_joined(details),
            strict=is_strict(node, config),
            **limits,
        )

    return shape


def _unit(config: Config) -> str:
    unit = config.get("val_temporal_unit")
    return f"numbers={unit}" if unit not in {None, "infer"} else ""


def _joined(details: list[str]) -> str:
    return "; ".join(detail for detail in details if detail)


def _uuid(node: Schema, _: Config) -> AnyShape:
    version = node.get("version")
    return Formatted(format="uuid", detail=f"version={version}" if version else "")


def _url(name: str) -> Callable[[Schema, Config], AnyShape]:
    def shape(node: Schema, _: Config) -> AnyShape:
        schemes = ",".join(sorted(node.get("allowed_schemes") or ()))
        details = [f"schemes={schemes}" if schemes else "", "host" if node.get("host_required") else ""]
        return Formatted(format=name, max_length=node.get("max_length"), detail=_joined(details))

    return shape


def _form(name: str) -> Callable[[Schema, Config], AnyShape]:
    return lambda node, config: Formatted(
        format=name, strict=name == "complex" and is_strict(node, config), **_limits(node, str)
    )


def _opaque(reason: str) -> Callable[[Schema, Config], AnyShape]:
    return lambda _, __: Opaque(reason=reason)


SCALARS: dict[str, Callable[[Schema, Config], AnyShape]] = {
    "any": lambda _, __: Anything(),
    "none": lambda _, __: Null(),
    "bool": lambda node, config: Boolean(strict=is_strict(node, config)),
    "int": _integer,
    "float": _number,
    "decimal": _decimal,
    "fraction": _form("fraction"),
    "complex": _form("complex"),
    "str": _text,
    "bytes": _bytes,
    "date": _temporal("date"),
    "time": _temporal("time"),
    "datetime": _temporal("date-time"),
    "timedelta": _temporal("duration"),
    "uuid": _uuid,
    "url": _url("uri"),
    "multi-host-url": _url("multi-host-uri"),
    "is-instance": _opaque("an object of a Python class"),
    "is-subclass": _opaque("a Python class"),
    "callable": _opaque("something to call"),
    "ellipsis": _opaque("an ellipsis"),
    "invalid": _opaque("nothing is valid here"),
}
"""The types of nodes that are single values, and what makes shapes of them."""
