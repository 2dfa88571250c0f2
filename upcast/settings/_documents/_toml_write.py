"""Keys and values as TOML writes them, in the style of what stood there."""

from __future__ import annotations

import datetime as dt
import math
import re

__all__ = ["toml_key", "toml_value"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN = re.compile(r"[^'\x00-\x08\x0a-\x1f\x7f]*")
"""What may stand between apostrophes."""
_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f]')
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def toml_key(name: str, like: str = "") -> str:
    """A part of a key.

    Args:
        name: The part.
        like: The one whose place it takes, as it is written. Quotes stay, unless only the old name needed them.
    """
    bare = _BARE.fullmatch(name) is not None
    if bare and (like[:1] not in {'"', "'"} or not _BARE.fullmatch(like[1:-1])):
        return name
    return _text(name, like if like.startswith("'") else '"', "\n")


def toml_value(value: object, *, like: str = "", newline: str = "\n") -> str:
    """A value.

    Args:
        value: The value.
        like: The value whose place it takes, as it is written.
        newline: The line break of the document.

    Raises:
        ValueError: TOML cannot write it.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value, like, newline)
        case int():
            return _integer(value, like)
        case float():
            return repr(value) if math.isfinite(value) else f"{value:f}"
        case dt.date() | dt.time():
            return value.isoformat()
        case list():
            return f"[{', '.join(toml_value(item, newline=newline) for item in value)}]"
        case dict():
            members = [f"{toml_key(name)} = {toml_value(each, newline=newline)}" for name, each in value.items()]
            return f"{{ {', '.join(members)} }}" if members else "{}"
        case _:
            raise ValueError("TOML cannot write it")


def _integer(value: int, like: str) -> str:
    base = {"0x": "x", "0o": "o", "0b": "b"}.get(like[:2])
    if base and value >= 0:
        digits = format(value, base)
        return like[:2] + (digits if re.search("[a-f]", like[2:]) else digits.upper())
    sign = "+" if like.startswith("+") and value >= 0 else ""
    return f"{sign}{value:_}" if "_" in like else f"{sign}{value}"


def _text(value: str, like: str, newline: str) -> str:
    """A text between the quotes that *like* has, if it can stand there."""
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("TOML cannot write it")
    if like.startswith(("'''", '"""')):
        lines = value.split("\n")
        quotes = like[:3] if all(map(_PLAIN.fullmatch, lines)) else '"""'
        written = [line if quotes == "'''" else _ESCAPED.sub(_escape, line) for line in lines]
        # A line break behind the quotes is not part of the text, so that one that is has to be the second.
        first = newline if like[3:5].startswith(("\n", "\r\n")) or value.startswith("\n") else ""
        return f"{quotes}{first}{newline.join(written)}{quotes}"
    if like.startswith("'") and _PLAIN.fullmatch(value):
        return f"'{value}'"
    return f'"{_ESCAPED.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    letter = match[0]
    return _SHORT.get(letter) or f"\\u{ord(letter):04X}"
