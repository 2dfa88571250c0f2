"""Rows between the braces of a YAML text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from upcast.settings._documents._document import Edit, Path, Span
from upcast.settings._documents._yaml_lines import Lines
from upcast.settings._documents._yaml_nodes import Row
from upcast.settings._documents._yaml_values import Quotes, written_value

__all__ = ["added_between_braces", "comment_behind", "member", "taken_from_braces"]

_TO_COMMA: Final = re.compile(r"(?:\s|#[^\r\n]*)*,")
_REST: Final = re.compile(r"[ \t]*(#.*)?")


def member(names: Path, literal: str, quotes: Quotes) -> str:
    """A row, with braces around it for every name but the first."""
    first, *more = names
    value = f"{{{member(tuple(more), literal, quotes)}}}" if more else literal
    return f"{written_value(first, quotes=quotes, flow=True)}: {value}"


def added_between_braces(lines: Lines, beside: Row, written: str) -> Sequence[Edit]:
    """The edits that put a row behind another one: on a line of its own, if the other one has that."""
    comma = _TO_COMMA.match(lines.text, beside.end)
    end = comma.end() if comma else beside.end
    if not lines.begins(beside) or not _rest(lines, end):
        return [(Span(beside.end, beside.end), f", {written}")]
    line = f"{lines.newline}{' ' * lines.column(beside)}{written}"
    at = Span(lines.end(end), lines.end(end))
    return [(at, line + ",")] if comma else [(Span(end, end), ","), (at, line)]


def taken_from_braces(lines: Lines, braces: Span, rows: Sequence[Row], row: Row) -> Sequence[Edit]:
    """The edits that take a row out, with its comma and, if it has lines of its own, the comment behind it."""
    if len(rows) == 1:
        return [(Span(lines.text.index("{", braces.start) + 1, braces.end - 1), "")]
    number = rows.index(row)
    comma = _TO_COMMA.match(lines.text, row.end)
    end = comma.end() if comma else row.end
    edits: list[Edit] = []
    if number == len(rows) - 1 and not comma:
        before = _TO_COMMA.match(lines.text, rows[number - 1].end)
        if before:
            edits.append((Span(before.end() - 1, before.end()), ""))
    if lines.begins(row) and _rest(lines, end):
        return [*edits, (Span(lines.start(row.start), lines.after(end)), "")]
    if number < len(rows) - 1:
        return [(Span(row.start, rows[number + 1].start), "")]
    start = row.start
    while lines.text[start - 1] in " \t":
        start -= 1
    return [*edits, (Span(start, end), "")]


def comment_behind(lines: Lines, row: Row) -> str:
    """The comment behind a row that has lines of its own."""
    comma = _TO_COMMA.match(lines.text, row.end)
    rest = _rest(lines, comma.end() if comma else row.end)
    return rest[1] or "" if rest and lines.begins(row) else ""


def _rest(lines: Lines, position: int) -> re.Match[str] | None:
    """What follows a position in its line, if that is nothing but a comment."""
    return _REST.fullmatch(lines.text, position, lines.end(position))
