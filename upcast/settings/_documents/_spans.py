"""Pieces of a text, and what is left out with them."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import attrs

__all__ = ["Edit", "Span", "items_out", "joined", "line_at"]

_LINE_END = re.compile(r"\r\n|\n|\r")


@attrs.frozen
class Span:
    """Characters of a text, from *start* up to *end*."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """What stands there."""
        return text[self.start : self.end]


Edit: TypeAlias = tuple[Span, str]
"""What takes the place of a span."""


def joined(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits; what is put in where something is cut out stands before it."""
    pieces = []
    kept = 0
    for span, written in sorted(edits, key=lambda edit: (edit[0].start, edit[0].end)):
        pieces += [text[kept : span.start], written]
        kept = max(kept, span.end)
    return "".join([*pieces, text[kept:]])


def line_at(text: str, offset: int) -> int:
    """The line of a character, from 1."""
    return bisect_right(_line_starts(text), offset)


@functools.lru_cache(maxsize=1)
def _line_starts(text: str) -> list[int]:
    # A document asks for the line of every key it has.
    return [0, *(found.end() for found in _LINE_END.finditer(text))]


def items_out(items: Sequence[Span], gone: Sequence[bool]) -> list[Span]:
    """What to cut so that items with commas between them go, each with one comma."""
    if all(gone):
        return [Span(items[0].start, items[-1].end)]
    first_kept = list(gone).index(False)
    return [
        Span(items[at - 1].end, item.end) if at > first_kept else Span(item.start, items[at + 1].start)
        for at, item in enumerate(items)
        if gone[at]
    ]
