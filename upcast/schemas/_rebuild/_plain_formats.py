"""Strings of a certain form, in plain Python."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import ipaddress
import re
import uuid
import zoneinfo
from collections.abc import Callable
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit

import msgspec

from upcast.schemas._rebuild._details import details, schemes
from upcast.schemas.shapes import Formatted

__all__ = ["formatted"]

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")
_EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*\Z")
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?\Z")
_TEMPORAL: dict[str, Any] = {
    "date-time": dt.datetime,
    "date": dt.date,
    "time": dt.time,
    "duration": dt.timedelta,
}
_NUMBERS = frozenset({"seconds", "milliseconds"})
_REFUSALS = (ValueError, re.error, ZeroDivisionError, OSError, msgspec.DecodeError, zoneinfo.ZoneInfoNotFoundError)


def formatted(shape: Formatted, value: object) -> object | None:
    """What *value* is by its form, or None where it is not of that form; one that is not known takes any string."""
    if shape.format in _TEMPORAL:
        return _temporal(shape, value)
    if not isinstance(value, str):
        return None
    try:
        if shape.format == "bytes":
            found = _BYTES[shape.encoding or "utf8"](value)
            return found if _has_length(shape, found) else None
        return value if _has_length(shape, value) and _is_read(shape, value) else None
    except _REFUSALS:
        return None


def _has_length(shape: Formatted, value: str | bytes) -> bool:
    return len(value) >= (shape.min_length or 0) and (shape.max_length is None or len(value) <= shape.max_length)


def _is_read(shape: Formatted, value: str) -> bool:
    if shape.format in _BY_DETAIL:
        return _BY_DETAIL[shape.format](shape, value)
    read = _READERS.get(shape.format)
    return read is None or read(value) is not None


def _temporal(shape: Formatted, value: object) -> object | None:
    kind = _TEMPORAL[shape.format]
    if isinstance(value, bool) or not isinstance(value, int | float if shape.encoding in _NUMBERS else str):
        return None
    try:
        found = msgspec.convert(value, kind) if isinstance(value, str) else _since(kind, value, shape.encoding)
        limits = [(name, _limit(kind, limit)) for name in _LIMITS if (limit := getattr(shape, name)) is not None]
        is_within = all(_LIMITS[name](found, limit) for name, limit in limits)
    except (msgspec.ValidationError, OverflowError, TypeError):  # also where one has a zone and the other none
        return None
    zone = "naive" if getattr(found, "tzinfo", None) is None else "aware"
    return found if is_within and shape.zone in {"", zone} and _is_timely(shape, found) else None


def _since(kind: Any, number: Any, unit: str) -> Any:
    """A number of a writer that writes numbers."""
    span = dt.timedelta(seconds=number / (1000 if unit == "milliseconds" else 1))
    if kind is dt.timedelta:
        return span
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + span
    return moment if kind is dt.datetime else moment.date() if kind is dt.date else moment.time()


def _is_timely(shape: Formatted, found: Any) -> bool:
    """Whether a moment is in the past or in the future, or in the one time zone, where that is demanded."""
    known = details(shape)
    if "utc-offset" in known and found.utcoffset() != dt.timedelta(seconds=int(known["utc-offset"])):
        return False
    demanded = known.keys() & {"past", "future"}
    if not demanded:
        return True
    now = dt.datetime.now(getattr(found, "tzinfo", None))
    return bool(("past" in demanded) == (found < (now if isinstance(found, dt.datetime) else now.date())))


_LIMITS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": lambda value, limit: value >= limit,
    "exclusive_minimum": lambda value, limit: value > limit,
    "maximum": lambda value, limit: value <= limit,
    "exclusive_maximum": lambda value, limit: value < limit,
}


def _limit(kind: Any, text: str) -> Any:
    try:
        return msgspec.convert(text, kind)
    except msgspec.ValidationError:
        return msgspec.convert(float(text), kind, strict=False)


def _uuid(shape: Formatted, value: str) -> bool:
    version = details(shape).get("version")
    return bool(_UUID.match(value)) and (not version or uuid.UUID(value).version == int(version))


def _url(shape: Formatted, value: str) -> bool:
    found = urlsplit(value)
    allowed = schemes(shape)
    return (
        bool(found.scheme)
        and (not allowed or found.scheme in allowed)
        and ("host" not in details(shape) or bool(found.netloc))
        and " " not in value
        and (shape.format == "multi-host-uri" or (found.port or 0) >= 0)
    )


def _json(value: str) -> object:
    return [msgspec.json.decode(value)]


_BYTES: dict[str, Callable[[str], bytes]] = {
    "utf8": str.encode,
    "base64": lambda text: base64.b64decode(text, validate=True),
    "base64url": lambda text: base64.b64decode(text, altchars=b"-_", validate=True),
    "hex": binascii.unhexlify,
}
_BY_DETAIL: dict[str, Callable[[Formatted, str], bool]] = {
    "uuid": _uuid,
    **dict.fromkeys(("uri", "iri", "multi-host-uri"), _url),
}
# Most of them say no by raising; the others by None.
_READERS: dict[str, Callable[[str], object | None]] = {
    **dict.fromkeys(("email", "idn-email"), _EMAIL.match),
    "hostname": _HOST.match,
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
    "ipv4network": ipaddress.IPv4Network,
    "ipv6network": ipaddress.IPv6Network,
    "ipv4interface": ipaddress.IPv4Interface,
    "ipv6interface": ipaddress.IPv6Interface,
    "ipvanyaddress": ipaddress.ip_address,
    "ipvanynetwork": ipaddress.ip_network,
    "ipvanyinterface": ipaddress.ip_interface,
    "regex": re.compile,
    "json": _json,
    "fraction": Fraction,
    "complex": complex,
    "time-zone": zoneinfo.ZoneInfo,
}
