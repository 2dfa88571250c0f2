"""The core schemas of values that are written as strings of a certain form, as pydantic reads them."""

from __future__ import annotations

import functools
import importlib.util
import ipaddress
import re
import zoneinfo
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
import pydantic
from pydantic_core import SchemaError, SchemaValidator, core_schema

from upcast.schemas._capture._fingerprints import PYTHON_ENGINE
from upcast.schemas._rebuild._details import details, schemes
from upcast.schemas.shapes import Formatted, Text

__all__ = ["BYTES", "Schema", "formatted", "in_encoding", "text"]

Schema: TypeAlias = Any
"""A core schema."""

BYTES = "bytes"

_TYPES: dict[str, Any] = {
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
    "ipv4network": ipaddress.IPv4Network,
    "ipv6network": ipaddress.IPv6Network,
    "ipv4interface": ipaddress.IPv4Interface,
    "ipv6interface": ipaddress.IPv6Interface,
    "ipvanyaddress": pydantic.IPvAnyAddress,
    "ipvanynetwork": pydantic.IPvAnyNetwork,
    "ipvanyinterface": pydantic.IPvAnyInterface,
    "path": Path,  # whether a file must be there is the business of another machine
    "regex": re.Pattern,
    "json": pydantic.Json,
    "fraction": Fraction,
    "complex": complex,
    "time-zone": zoneinfo.ZoneInfo,
}
_EMAIL = r"^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$"
_BOUNDS = {"minimum": "ge", "exclusive_minimum": "gt", "maximum": "le", "exclusive_maximum": "lt"}


def text(shape: Text) -> Schema:
    """A string."""
    return core_schema.str_schema(
        pattern=shape.pattern,
        regex_engine="python-re" if PYTHON_ENGINE in shape.checks else _engine(shape.pattern),
        min_length=shape.min_length,
        max_length=shape.max_length,
        strip_whitespace=shape.strips or None,
        to_lower=shape.case == "lower" or None,
        to_upper=shape.case == "upper" or None,
        strict=shape.strict or None,
    )


@functools.cache
def _engine(pattern: str | None) -> Literal["rust-regex", "python-re"]:
    # What only Python's engine can compile was meant for it.
    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError:
        return "python-re"
    return "rust-regex"


def formatted(shape: Formatted) -> Schema | None:
    """A string of a certain form; None for a form that nobody here knows."""
    make = _MAKERS.get(shape.format)
    if make is not None:
        return make(shape)
    schema = _by_type(shape.format)
    if schema is None or shape.min_length is None is shape.max_length:
        return schema
    return core_schema.chain_schema(
        [core_schema.str_schema(min_length=shape.min_length, max_length=shape.max_length), schema]
    )


@functools.cache
def _by_type(name: str) -> Schema | None:
    return pydantic.TypeAdapter(_TYPES[name]).core_schema if name in _TYPES else None


def _limits(shape: Formatted, read: Schema) -> dict[str, Any]:
    limits = ((key, getattr(shape, name)) for name, key in _BOUNDS.items())
    return {key: SchemaValidator(read).validate_python(limit) for key, limit in limits if limit is not None}


def _datetime(shape: Formatted) -> Schema:
    limits: Any = _limits(shape, core_schema.datetime_schema())
    return core_schema.datetime_schema(
        strict=shape.strict or None,
        tz_constraint=_zone(shape),
        now_op=_now_op(shape),
        microseconds_precision=_precision(shape),
        **limits,
    )


def _date(shape: Formatted) -> Schema:
    limits: Any = _limits(shape, core_schema.date_schema())
    return core_schema.date_schema(strict=shape.strict or None, now_op=_now_op(shape), **limits)


def _now_op(shape: Formatted) -> Literal["past", "future"] | None:
    known = details(shape)
    return "past" if "past" in known else "future" if "future" in known else None


def _zone(shape: Formatted) -> Any:
    offset = details(shape).get("utc-offset")
    return int(offset) if offset is not None else shape.zone or None


def _precision(shape: Formatted) -> Literal["truncate", "error"]:
    return "error" if details(shape).get("microseconds") == "error" else "truncate"


def _time(shape: Formatted) -> Schema:
    limits: Any = _limits(shape, core_schema.time_schema())
    precision = _precision(shape)
    return core_schema.time_schema(
        strict=shape.strict or None, tz_constraint=_zone(shape), microseconds_precision=precision, **limits
    )


def _duration(shape: Formatted) -> Schema:
    limits: Any = _limits(shape, core_schema.timedelta_schema())
    precision = _precision(shape)
    return core_schema.timedelta_schema(strict=shape.strict or None, microseconds_precision=precision, **limits)


def _uuid(shape: Formatted) -> Schema:
    version: Any = int(details(shape).get("version", 0)) or None
    return core_schema.uuid_schema(version=version, strict=shape.strict or None)


def _bytes(shape: Formatted) -> Schema:
    return core_schema.bytes_schema(
        min_length=shape.min_length, max_length=shape.max_length, strict=shape.strict or None
    )


def in_encoding(schema: Schema, encoding: Any) -> Schema:
    """Bytes in an encoding other than that of the record they stand in."""
    validator = SchemaValidator(schema, core_schema.CoreConfig(val_json_bytes=encoding))

    def read(value: object) -> object:
        return validator.validate_json(msgspec.json.encode(value))

    return core_schema.no_info_plain_validator_function(read)


def _url(make: Callable[..., Schema]) -> Callable[[Formatted], Schema]:
    def url(shape: Formatted) -> Schema:
        host = "host" in details(shape) or None
        allowed, longest = schemes(shape) or None, shape.max_length
        return make(allowed_schemes=allowed, host_required=host, max_length=longest, strict=shape.strict or None)

    return url


def _email(shape: Formatted) -> Schema:
    limits: Any = {"min_length": shape.min_length, "max_length": shape.max_length}
    if importlib.util.find_spec("email_validator") is None:
        return core_schema.str_schema(pattern=_EMAIL, **limits)
    # A network is no business of a validator, so this looks at the text alone.
    return core_schema.chain_schema(
        [core_schema.str_schema(**limits), pydantic.TypeAdapter(pydantic.EmailStr).core_schema]
    )


_MAKERS: dict[str, Callable[[Formatted], Schema]] = {
    "date-time": _datetime,
    "date": _date,
    "time": _time,
    "duration": _duration,
    "uuid": _uuid,
    BYTES: _bytes,
    "uri": _url(core_schema.url_schema),
    "multi-host-uri": _url(core_schema.multi_host_url_schema),
    "email": _email,
}
