"""The lines of a YAML text: what stands above a row and behind it, and how far in."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import attrs

from upcast.settings._documents._document import Path, Span, line_at
from upcast.settings._documents._yaml_nodes import Nodes, Row
from upcast.settings._documents._yaml_values import Quotes, written_value

__all__ = ["Carried", "Lines"]

_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_COMMENT: Final = re.compile(r"[ \t]*#")
_SPACES: Final = re.compile(" *")


@attrs.frozen
class Carried:
    """What goes with a key to other lines.

    Attributes:
        tail: What follows the key in its line: the colon, the value, a comment.
        more: Further lines of the value.
        column: How far in the key stood.
        comments: Comment lines above it.
    """

    tail: str
    more: tuple[str, ...] = ()
    column: int = 0
    comments: tuple[str, ...] = ()


class Lines:
    """The lines of a text."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self.text = nodes.text
        # A byte order mark belongs to no line: nothing is to come before it.
        first = 1 if self.text.startswith("\ufeff") else 0
        self._starts = [first, *(match.end() for match in _BREAK.finditer(self.text))]

    def start(self, position: int) -> int:
        """Where the line of a position begins."""
        return self._starts[max(bisect_right(self._starts, position) - 1, 0)]

    def end_before(self, start: int) -> int:
        """Where the line before that which begins at *start* ends; *start* itself if there is none."""
        return self.end(self.start(start - 1)) if start > self._starts[0] else start

    def number(self, position: int) -> int:
        """The line of a position, as it is told."""
        return line_at(self.text, position)

    def after(self, position: int) -> int:
        """Where the line after that of a position begins, or the end of the text."""
        number = bisect_right(self._starts, position)
        return self._starts[number] if number < len(self._starts) else len(self.text)

    def end(self, position: int) -> int:
        """Where the line of a position ends, without its break."""
        found = _BREAK.search(self.text, position)
        return found.start() if found else len(self.text)

    def between(self, start: int, end: int) -> Iterator[Span]:
        """The lines from one beginning of a line to another, each with its break."""
        while start < end:
            after = self.after(start)
            yield Span(start, after)
            start = after

    def is_comment(self, line: Span) -> bool:
        """Whether there is nothing but a comment in a line."""
        return _COMMENT.match(self.text, line.start, line.end) is not None

    def begins(self, row: Row) -> bool:
        """Whether a row is the first thing in its line."""
        return not self.text[self.start(row.start) : row.start].strip(" ")

    def column(self, row: Row) -> int:
        """How far in the key of a row stands."""
        return row.start - self.start(row.start)

    def comments_above(self, row: Row, before: Row | None) -> int:
        """Where the comment lines directly above a row begin.

        Args:
            row: A row.
            before: The row before it, whose text may look like comments.
        """
        bound = 0 if before is None else self.after(before.end)
        start = self.start(row.start)
        while (above := self.start(start - 1) if start > self._starts[0] else start) < start and above >= bound:
            if not self.is_comment(Span(above, start)):
                break
            start = above
        return start

    def carried(self, row: Row, key_end: int, comments_from: int) -> Carried:
        """What goes with a row that stands on lines of its own."""
        tail, *more = _BREAK.split(self.text[key_end : self.end(row.end)])
        above = self.between(comments_from, self.start(row.start))
        comments = tuple(line.of(self.text).strip() for line in above)
        return Carried(tail, tuple(more), self.column(row), comments)

    def written(self, names: Path, carried: Carried, column: int, quotes: Quotes = "") -> str:
        """Lines that hold a key, with the mappings around it for every name but the last; without the final break."""
        keys = [written_value(name, quotes=quotes, flow=True) for name in names]
        lines = [" " * (column + depth * self.unit) + key + ":" for depth, key in enumerate(keys[:-1])]
        inner = column + (len(names) - 1) * self.unit
        lines += [" " * inner + comment for comment in carried.comments]
        lines.append(" " * inner + keys[-1] + carried.tail)
        lines += [_shifted(line, inner - carried.column) for line in carried.more]
        return self.newline.join(lines)

    @cached_property
    def newline(self) -> str:
        """What ends the lines of the text."""
        return next((ending for ending in ("\r\n", "\n", "\r") if ending in self.text), "\n")

    @cached_property
    def unit(self) -> int:
        """By how much the text indents a mapping inside another one."""
        steps = []
        for entries in self._nodes.entries.values():
            for entry in entries:
                inner = entry.row.value.table
                if inner is not None and not inner.flow_style and self.begins(entry.row):
                    rows = [row for row in self._nodes.rows(inner) if self.begins(row)]
                    steps += [self.column(row) - self.column(entry.row) for row in rows]
        return min((step for step in steps if step > 0), default=2)


def _shifted(line: str, by: int) -> str:
    if not line.strip():
        return line
    if by >= 0:
        return " " * by + line
    spaces = _SPACES.match(line)
    return line[min(-by, spaces.end() if spaces else 0) :]
