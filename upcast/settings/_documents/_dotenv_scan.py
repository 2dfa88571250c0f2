"""Where the assignments of a `.env` file stand, and how names and texts are written in one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from typing import Final

import attrs
from dotenv.parser import parse_stream

from upcast.settings._documents._document import Span

__all__ = ["Assignment", "assignments_of", "written_name", "written_text"]

# What the parser of the library takes, piece by piece; it tells whole lines only.
_HEAD: Final = re.compile(
    r"\s*(?P<start>)(?P<export>export[^\S\r\n]+)?(?P<key>'[^']+'|[^=#\s]+)[^\S\r\n]*(?:(?P<equals>=)(?P<gap>[^\S\r\n]*))?"
)
_QUOTED: Final = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_LINE: Final = re.compile(r"[^\r\n]*")
_COMMENT: Final = re.compile(r"\s+#.*")
_BREAK: Final = re.compile(r"[\r\n]")

_NAME: Final = re.compile(r"[^=#\s']+")
_QUOTABLE_NAME: Final = re.compile(r"[^'\r\n]+")
# What means the same to the library and to a shell.
_BARE: Final = re.compile(r"[\w@%+=:,./-]*")
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"}


@attrs.frozen
class Assignment:
    """A line with a name, or several that a quoted value stands on.

    Attributes:
        name: The name.
        raw: The value before anything is filled in; None where there is a name alone.
        lines: Where the line begins, up to the end of the last one with its break.
        key: The name as it is written.
        value: The value as it is written; empty behind the name where there is none.
        exported: What stands before the name, `export` and the space behind it, or nothing.
    """

    name: str
    raw: str | None
    lines: Span
    key: Span
    value: Span
    exported: str


def assignments_of(text: str) -> Iterator[Assignment]:
    """The assignments of a text, in order.

    Raises:
        ValueError: One stands otherwise than the library reads it.
    """
    # The library drops a byte order mark.
    end = 1 if text.startswith("\ufeff") else 0
    for binding in parse_stream(StringIO(text)):
        start, end = end, end + len(binding.original.string)
        if binding.key is None:
            continue
        head = _HEAD.match(text, start, end)
        if head is None or head["key"] not in {binding.key, f"'{binding.key}'"}:
            raise ValueError("a name stands elsewhere")
        breaks = [found.end() for found in _BREAK.finditer(text, start, head.start("start"))]
        yield Assignment(
            binding.key,
            binding.value,
            Span(breaks[-1] if breaks else start, end),
            Span(*head.span("key")),
            _value(text, head, end),
            head["export"] or "",
        )


def _value(text: str, head: re.Match[str], end: int) -> Span:
    if head["equals"] is None:
        return Span(head.end("key"), head.end("key"))
    start = head.end()
    if quoted := _QUOTED.match(text, start, end):
        return Span(*quoted.span())
    line = _LINE.match(text, start, end)
    written = line[0] if line else ""
    if head["gap"] and written.startswith("#"):
        written = ""
    written = _COMMENT.sub("", written).rstrip()
    # Where there is nothing, it is missing right behind the sign, whatever spaces there are.
    return Span(start, start + len(written)) if written else Span(head.end("equals"), head.end("equals"))


def written_name(name: str, *, quoted: bool) -> str | None:
    """A name as it is written, or None where it cannot be."""
    if not quoted and _NAME.fullmatch(name):
        return name
    return f"'{name}'" if _QUOTABLE_NAME.fullmatch(name) else None


def written_text(text: str, before: str = "") -> str:
    """A text in one line, quoted as the one before it was, or as it must be."""
    breaks = "\n" in text or "\r" in text
    if before.startswith('"') or breaks or (not before.startswith("'") and "'" in text):
        return '"' + "".join(_ESCAPES.get(letter, letter) for letter in text) + '"'
    if not before.startswith("'") and (_BARE.fullmatch(text) or (before and _stays_bare(text, before))):
        return text
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _stays_bare(text: str, before: str) -> bool:
    """Whether a text is read as it is where another one stood without quotes, and has spaces only if that had some."""
    spaced = any(letter.isspace() for letter in text)
    readable = text == text.strip() and text[:1] not in {"'", '"', "#"} and not _COMMENT.search(text)
    return readable and (not spaced or any(letter.isspace() for letter in before))
