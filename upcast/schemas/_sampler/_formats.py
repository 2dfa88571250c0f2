"""Values that are written as strings of a certain form."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterable

from upcast.schemas._rebuild._details import details, schemes
from upcast.schemas._sampler._moments import KINDS, meaning, moments, on_days
from upcast.schemas.shapes import Formatted

__all__ = ["distinct_formatted", "formatted", "in_letters"]

_OTHERS: dict[str, tuple[str, ...]] = {
    "email": ("user@example.com", "first.last+tag@mail.example.org", "a@example.co"),
    "idn-email": ("user@example.com", "first.last@mail.example.org"),
    "hostname": ("example.com", "a.example", "xn--bcher-kva.example"),
    "idn-hostname": ("example.com", "a.example"),
    "ipv4": ("192.0.2.1", "0.0.0.0", "255.255.255.255", "127.0.0.1"),  # noqa: S104  # addresses, not bindings
    "ipv6": ("2001:db8::1", "::", "::1", "fe80::1"),
    "ipv4network": ("192.0.2.0/24", "0.0.0.0/0", "192.0.2.1/32"),
    "ipv6network": ("2001:db8::/32", "::/0", "::1/128"),
    "ipv4interface": ("192.0.2.1/24", "192.0.2.1/32"),
    "ipv6interface": ("2001:db8::1/32", "::1/128"),
    "ipvanyaddress": ("192.0.2.1", "2001:db8::1"),
    "ipvanynetwork": ("192.0.2.0/24", "2001:db8::/32"),
    "ipvanyinterface": ("192.0.2.1/24", "2001:db8::1/32"),
    "path": ("dir/file.txt", "file", "/", "/a/b c"),
    "regex": ("^a+$", "a", ""),
    "json": ('{"a": 1}', "1", "null", "[]"),
    "fraction": ("1/2", "-3/4", "0", "5"),
    "complex": ("1+2j", "0j", "-1.5j"),
    "time-zone": ("Europe/Berlin", "UTC", "America/New_York"),
    "uri-reference": ("/a/b?c=d#e", "https://example.com/", "#a"),
    "iri": ("https://example.com/",),
    "iri-reference": ("/a/b",),
    "json-pointer": ("/a/b", ""),
    "relative-json-pointer": ("1/a", "0#"),
    "uri-template": ("https://example.com/{id}",),
}
_ELSEWHERE = frozenset({"file", "directory", "new", "socket"})  # what a path must be on the reader's machine
_BYTES = (b"bytes", b"", b"a", b"ab", b"abc", b"\x00", b"~" * 300)
_NOT_ASCII = ("é", "日本語", "😀")
_BINARY = (b"\xff\xfe", bytes(range(256)))


def formatted(shape: Formatted) -> list[str | float]:
    """Values of a form: a plain one, those at the limits, and the odd ones; none for a form that is not known."""
    make = _MAKERS.get(shape.format)
    found = make(shape) if make is not None else _OTHERS.get(shape.format, ())
    return [value for value in dict.fromkeys(found) if shape.format == "bytes" or _has_length(shape, value)]


def distinct_formatted(shape: Formatted, count: int) -> list[str | float]:
    """So many values of which no two mean the same, or as many as can be made."""
    more = _MORE.get(shape.format)
    found: dict[object, str | float] = {}
    for value in [*formatted(shape)[:1], *([] if more is None else more(shape, count)), *formatted(shape)]:
        found.setdefault(meaning(shape, value) if shape.format in KINDS else value, value)
    return list(found.values())[:count]


def _has_length(shape: Formatted, value: str | float) -> bool:
    if isinstance(value, float):
        return True
    return len(value) >= (shape.min_length or 0) and (shape.max_length is None or len(value) <= shape.max_length)


def _uuids(shape: Formatted) -> list[str | float]:
    version = details(shape).get("version")
    if version:
        return [_uuid(int(version), 1), _uuid(int(version), 2**48)]
    nil, full = uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)
    return [_uuid(4, 1), str(nil), str(full), _uuid(1, 1), _uuid(7, 1)]


def _uuid(version: int, number: int) -> str:
    return f"{number >> 48:08x}-0000-{version}000-8000-{number & (1 << 48) - 1:012x}"


def _bytes(shape: Formatted) -> list[str | float]:
    low, high = shape.min_length or 0, shape.max_length
    ends = [low, low + 1, *([] if high is None or high > 100_000 else [high, high - 1])]
    found = [b"bytes"[:high].ljust(low, b"t"), *(b"x" * length for length in ends), *_BYTES]
    if shape.encoding in {"", "utf8"}:
        found += [text.encode() for text in _NOT_ASCII]
    else:
        found += _BINARY
    return [in_letters(shape, value) for value in found if len(value) >= low and (high is None or len(value) <= high)]


def in_letters(shape: Formatted, value: bytes) -> str:
    """Bytes as their writer writes them."""
    match shape.encoding:
        case "base64":
            # The letters in which the two alphabets differ are left out: which one it is depends on the library.
            text = base64.b64encode(value).decode()
            return text if not set(text) & set("+/") else base64.b64encode(b"~" * len(value)).decode()
        case "base64url":
            return base64.urlsafe_b64encode(value).decode()
        case "hex":
            return value.hex()
        case _:
            return value.decode()


def _urls(shape: Formatted) -> list[str | float]:
    allowed = schemes(shape) or ["https", "http"]
    first = allowed[0]
    rest = ("example.com/", "example.com/a/b?c=d&e=%20#f", "user:secret@example.com:8080/a")
    odd = [] if schemes(shape) else ["ftp://example.com/a", "urn:isbn:0451450523"]
    if "host" in details(shape):
        odd = odd[:1]
    return [*(f"{first}://{each}" for each in rest), *(f"{scheme}://example.com/" for scheme in allowed[1:]), *odd]


def _many_hosts(shape: Formatted) -> list[str | float]:
    scheme = (schemes(shape) or ["https"])[0]
    return [f"{scheme}://user:secret@one.example:5432/db", f"{scheme}://user:secret@one.example:1,two.example:2/db"]


def _paths(shape: Formatted) -> Iterable[str]:
    return () if details(shape).keys() & _ELSEWHERE else _OTHERS["path"]


def _more_bytes(shape: Formatted, count: int) -> list[str | float]:
    values = (bytes([97 + number % 26, 97 + number // 26 % 26]) for number in range(count))
    stretched = (value[: shape.max_length].ljust(shape.min_length or 0, b"x") for value in values)
    return [in_letters(shape, value) for value in stretched]


_MAKERS: dict[str, Callable[[Formatted], Iterable[str | float]]] = {
    **dict.fromkeys(KINDS, moments),
    "uuid": _uuids,
    "bytes": _bytes,
    "uri": _urls,
    "multi-host-uri": _many_hosts,
    "path": _paths,
}


def _more_urls(shape: Formatted, count: int) -> list[str | float]:
    scheme = (schemes(shape) or ["https"])[0]
    return [f"{scheme}://example.com/{number}" for number in range(count)]


def _more_uuids(shape: Formatted, count: int) -> list[str | float]:
    version = int(details(shape).get("version") or 4)
    return [_uuid(version, number) for number in range(count)]


_MORE: dict[str, Callable[[Formatted, int], Iterable[str | float]]] = {
    **dict.fromkeys(("date-time", "date", "duration"), lambda shape, count: on_days(shape, range(1, count + 1))),
    "uuid": _more_uuids,
    "bytes": _more_bytes,
    "uri": _more_urls,
}
