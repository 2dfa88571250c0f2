"""The limits an event must keep before anything parses it.

What the length of a text proves is not looked for in the text, so that an ordinary event pays for two comparisons
and one pass over its bytes.
"""

from __future__ import annotations

import re

from upcast.errors import MalformedEvent, OversizeEvent

__all__ = [
    "DEFAULT_MAX_BYTES",
    "MAX_DEPTH",
    "MAX_DIGITS",
    "UNSCANNED_BYTES",
    "check_bounds",
    "check_long",
    "check_utf8",
    "is_deep",
    "printable",
    "version_shown",
]

DEFAULT_MAX_BYTES = 1024 * 1024
"""How long an event may be, in bytes, unless the codec was made with another `max_bytes`."""

MAX_DEPTH = 200
"""How deep arrays and objects may nest where the depth is counted."""

MAX_DIGITS = 4300
"""How many digits may stand in a row in a number: CPython's own limit for converting text to an integer."""

DEEP = 24
"""How deep a text may nest and still be compared, shown and validated by recursion on any stack."""

# Below these nothing can go wrong that the decoders, and the smallest usual thread stack (256 KiB), do not bear.
UNSCANNED_BYTES = 512
"""How long a text may be of which nothing but its length need be known."""

_UNSCANNED_BRACKETS = 512
_USUAL_DEPTH = 12

_NAME = re.compile(r"[!-~]{1,200}")
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_DIGITS = re.compile(rb"[0-9]+")
_TWO_DIGITS = re.compile(rb"[0-9][0-9]")
_STRIDE = MAX_DIGITS // 2
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def check_bounds(data: bytes, max_bytes: int) -> None:
    """Refuse a text that is too long, too deep, has too long a number, or is not UTF-8.

    Args:
        data: A whole JSON text.
        max_bytes: How long it may be.

    Raises:
        OversizeEvent: It exceeds a bound.
        MalformedEvent: It is not UTF-8.
    """
    if len(data) > max_bytes:
        raise OversizeEvent(f"{len(data)} bytes exceed the limit of {max_bytes}", detail="bytes")
    if len(data) > UNSCANNED_BYTES:
        check_long(data)
    if not data.isascii():
        check_utf8(data)


def check_long(data: bytes) -> None:
    """What `check_bounds` does with a text of more than `UNSCANNED_BYTES`, its length and encoding left aside."""
    # To take the brackets out is several times faster than to count them: where they are not, it only copies.
    if 2 * len(data) - len(data.replace(b"[", b"")) - len(data.replace(b"{", b"")) > _UNSCANNED_BRACKETS:
        _check_depth(data)
    # A run of more than MAX_DIGITS digits covers two of these positions, one after the other.
    if len(data) > MAX_DIGITS and _TWO_DIGITS.search(data[_STRIDE::_STRIDE]):
        _check_digits(data)


def check_utf8(data: bytes) -> None:
    """Refuse bytes that are not UTF-8 (decoders skip this check in fields that nobody reads)."""
    try:
        data.decode()
    except UnicodeDecodeError:
        pass
    else:
        return
    raise MalformedEvent("the event is not valid UTF-8", detail="not-utf8")


def is_deep(data: bytes) -> bool:
    """Whether a text nests deeper than what recurses over it bears on the smallest usual stack."""
    return data.count(b"[") + data.count(b"{") > DEEP and _exceeds(data, DEEP)


def _check_depth(data: bytes) -> None:
    brackets = data.translate(None, _NO_BRACKETS)
    # Without the innermost pairs, a text is a level less deep; usual ones have few levels. Brackets in strings that do
    # not pair are found by the scan.
    for _ in range(_USUAL_DEPTH):
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not brackets:
            return
    if _exceeds(data, MAX_DEPTH):
        raise OversizeEvent(f"nested deeper than {MAX_DEPTH} levels", detail="depth")


def _exceeds(data: bytes, limit: int) -> bool:
    depth = 0
    for bracket in _STRING.sub(b"", data).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > limit:
            return True
    return False


def _check_digits(data: bytes) -> None:
    # Run by run: to look for a run of that length from every digit on would take a time quadratic in the runs.
    if any(len(run) > MAX_DIGITS for run in _DIGITS.findall(_STRING.sub(b'""', data))):
        raise OversizeEvent(f"a number has more than {MAX_DIGITS} digits", detail="digits")


def printable(name: object) -> str | None:
    """*name* if it may stand in a log line or an error as it is: 1 to 200 visible ASCII characters; else None."""
    return name if isinstance(name, str) and _NAME.fullmatch(name) else None


def version_shown(version: object) -> int | None:
    """*version* if it is one; the envelope of a refused event may hold anything in its place."""
    return version if type(version) is int and abs(version) < 10**18 else None
