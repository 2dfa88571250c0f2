"""pydantic's own functions in core schemas: the types and constraints that it makes of them, by name."""

from __future__ import annotations

import functools
import ipaddress
import operator
from collections import Counter, OrderedDict
from typing import Any

import msgspec

from upcast.schemas._capture._fingerprints import check, digest, library_name
from upcast.schemas._capture._pydantic_scalars import decimal_text
from upcast.schemas.shapes import (
    AnyShape,
    Array,
    DecimalNumber,
    Formatted,
    MapOf,
    Opaque,
    Text,
)

__all__ = ["judged", "made"]

# What reads a value on its own account.
_PLAIN = {
    "pattern_either_validator": "regex",
    "pattern_str_validator": "regex",
    "pattern_bytes_validator": "regex",
    "ip_v4_address_validator": "ipv4",
    "ip_v6_address_validator": "ipv6",
    "ip_v4_network_validator": "ipv4network",
    "ip_v6_network_validator": "ipv6network",
    "ip_v4_interface_validator": "ipv4interface",
    "ip_v6_interface_validator": "ipv6interface",
    "IPvAnyAddress._validate": "ipvanyaddress",
    "IPvAnyInterface._validate": "ipvanyinterface",
    "IPvAnyNetwork._validate": "ipvanynetwork",
    "fraction_validator": "fraction",
    "import_string": "python-name",
    "validate_str_is_valid_iana_tz": "time-zone",
}
_ADDRESSES = {
    ipaddress.IPv4Address: "ipv4",
    ipaddress.IPv6Address: "ipv6",
    ipaddress.IPv4Network: "ipv4network",
    ipaddress.IPv6Network: "ipv6network",
    ipaddress.IPv4Interface: "ipv4interface",
    ipaddress.IPv6Interface: "ipv6interface",
}
# What makes a value of another type of a text.
_AFTER = {
    "GenerateSchema._path_schema.<locals>.path_validator": Formatted(format="path"),
    "PathType.validate_file": Formatted(format="path", detail="file"),
    "PathType.validate_directory": Formatted(format="path", detail="directory"),
    "PathType.validate_new": Formatted(format="path", detail="new"),
    "PathType.validate_socket": Formatted(format="path", detail="socket"),
    "EmailStr._validate": Formatted(format="email"),
    "NameEmail._validate": Formatted(format="email", detail="with-name"),
}
# What only makes the Python object of a value that was judged already.
_TRANSPARENT = frozenset(
    {
        "_BaseUrl.__get_pydantic_core_schema__.<locals>.wrap_val",
        "_BaseMultiHostUrl.__get_pydantic_core_schema__.<locals>.wrap_val",
        "ByteSize._validate",
        "Secret.__get_pydantic_core_schema__.<locals>.<lambda>",
        "SecretBytes",
        "SecretStr",
        "defaultdict_validator",
        "deque_validator",
        "sequence_validator",
    }
)
_CONTAINERS = (OrderedDict, Counter)
_ENCODERS = {"Base64Encoder": "standard", "Base64UrlEncoder": "url-safe"}
_CONSTRAINTS = {
    "greater_than_or_equal_validator": ("ge", "minimum"),
    "greater_than_validator": ("gt", "exclusive_minimum"),
    "less_than_or_equal_validator": ("le", "maximum"),
    "less_than_validator": ("lt", "exclusive_maximum"),
    "multiple_of_validator": ("multiple_of", "multiple_of"),
    "min_length_validator": ("min_length", "min"),
    "max_length_validator": ("max_length", "max"),
    "max_digits_validator": ("max_digits", "max_digits"),
    "decimal_places_validator": ("decimal_places", "decimal_places"),
}


def made(function: Any) -> AnyShape:
    """What a function takes that reads the JSON value by itself."""
    form = _PLAIN.get(library_name(function))
    if form is not None:
        return Formatted(format=form)
    return Opaque(reason="read by a function", checks=(check("plain", function),))


def judged(shape: AnyShape, role: str, function: Any) -> AnyShape:
    """*shape*, where a function comes before, after or around it."""
    name = library_name(function)
    if name in _TRANSPARENT or function in _CONTAINERS or isinstance(function, operator.attrgetter):
        return shape
    if name in _AFTER:
        return _AFTER[name]
    if isinstance(function, type) and function in _ADDRESSES:
        return Formatted(format=_ADDRESSES[function], strict=True)  # by itself it takes numbers, too
    if name.startswith("Encoded") and (encoded := _encoded(shape, name, function)):
        return encoded
    constrained = _constrained(shape, name, function)
    if constrained is not None:
        return constrained
    return msgspec.structs.replace(shape, checks=(check(role, function), *shape.checks))


def _encoded(shape: AnyShape, name: str, function: Any) -> AnyShape | None:
    """Base64; None for an encoder of the user, or where the encoded text has limits of its own."""
    alphabet = _ENCODERS.get(getattr(getattr(function.__self__, "encoder", None), "__name__", ""))
    if alphabet is None or getattr(shape, "min_length", None) or getattr(shape, "max_length", None):
        return None
    detail = f"{alphabet}; text" if name.startswith("EncodedStr") else alphabet
    return Formatted(format="bytes", encoding="base64", detail=detail)


def _constrained(shape: AnyShape, name: str, function: Any) -> AnyShape | None:
    """*shape* with a constraint that its node could not take; None where *name* is no constraint."""
    if name not in _CONSTRAINTS or not isinstance(function, functools.partial):
        return None
    argument, field = _CONSTRAINTS[name]
    value = function.keywords.get(argument)
    match shape:
        case Array() if field in {"min", "max"}:
            field = f"{field}_items"
        case MapOf() if field in {"min", "max"}:
            field = f"{field}_entries"
        case Text() | Formatted() if field in {"min", "max"}:
            field = f"{field}_length"
        case DecimalNumber() if field in {"max_digits", "decimal_places"}:
            pass
        case DecimalNumber() if field not in {"min", "max"}:
            value = decimal_text(value)
        case _:
            field = ""
    before = getattr(shape, field, None) if field else None
    if isinstance(before, int) and isinstance(value, int):
        value = max(before, value) if field.startswith("min") else min(before, value)
    elif not field or before is not None:
        mark = digest(["pydantic", argument, str(value)])
        return msgspec.structs.replace(shape, checks=(mark, *shape.checks))
    return msgspec.structs.replace(shape, **{field: value})
