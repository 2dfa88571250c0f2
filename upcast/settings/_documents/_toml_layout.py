"""The lines of a TOML text: what belongs together, and what goes with a line."""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from upcast.settings._documents._document import Edit, Span
from upcast.settings._documents._toml_scan import Block

__all__ = ["Layout"]

_COMMENT = re.compile(r"[ \t]*#[^\n]*(?:\n|\Z)")
_BLANK = re.compile(r"[ \t]*(?:\r?\n|\Z)")
_LINE_ENDS = re.compile(r"(\r?\n)(?:[ \t]*\r?\n)*\Z")


@attrs.frozen
class Layout:
    """The lines of a text, each with a line break at its end, with the headers and entries on them."""

    text: str
    blocks: tuple[Block, ...]

    @property
    def newline(self) -> str:
        """The line break of the text."""
        return "\r\n" if "\r\n" in self.text else "\n"

    @property
    def start(self) -> int:
        """Where the first line begins."""
        return self.blocks[0].line.start

    def entries_end(self, block: Block) -> int:
        """Where the last entry of a block ends, with its line."""
        return max([block.line.end, *(entry.line.end for entry in block.entries if entry.line)])

    def tail(self, block: Block) -> int:
        """Where a line may be added to a block: behind its last entry and the comments that follow it directly.

        Comments that the next header follows directly belong to that.
        """
        end = at = self.entries_end(block)
        while at < block.end and (match := _COMMENT.match(self.text, at)):
            at = match.end()
        return at if _BLANK.match(self.text, at) else end

    def above(self, start: int) -> int:
        """Where the comment lines directly above a line begin, or the line itself."""
        lines = [
            line for block in self.blocks for line in (block.line, *(entry.line for entry in block.entries)) if line
        ]
        floor = max(line.end for line in lines if line.end <= start)  # what looks like a comment may end a text
        while start > floor:
            before = max(self.text.rfind("\n", 0, start - 1) + 1, floor)
            if not _COMMENT.match(self.text, before):
                break
            start = before
        return start

    def indentation(self, line: Span) -> str:
        """What stands before the first letter of a line."""
        written = line.of(self.text)
        return written[: len(written) - len(written.lstrip(" \t"))]

    def without(self, lines: Iterable[Span]) -> list[Edit]:
        """The edits that take lines out, and blank lines that would else follow on blank lines."""
        joined: list[Span] = []
        for line in sorted(lines, key=lambda line: (line.start, line.end)):
            if joined and line.start <= joined[-1].end:
                joined[-1] = Span(joined[-1].start, max(line.end, joined[-1].end))
            else:
                joined.append(line)
        return [(self._with_blanks(span), "") for span in joined]

    def _with_blanks(self, lines: Span) -> Span:
        start, end = lines.start, lines.end
        if self._blank_above(start):
            while end < len(self.text) and (match := _BLANK.match(self.text, end)):
                end = match.end()
        before = _LINE_ENDS.search(self.text, self.start, start)
        if end == len(self.text) and before:
            start = before.end(1)
        return Span(start, end)

    def with_lines(self, at: int, *lines: str) -> Edit:
        """The edit that puts lines in where a line begins."""
        return Span(at, at), "".join(line + self.newline for line in lines)

    def with_block(self, at: int, *lines: str) -> Edit:
        """The edit that puts lines in with a blank line before and behind them."""
        before = [] if self._blank_above(at) else [""]
        behind = [] if _BLANK.match(self.text, at) else [""]
        return self.with_lines(at, *before, *lines, *behind)

    def _blank_above(self, at: int) -> bool:
        """Whether a blank line or nothing stands before a line."""
        match = _LINE_ENDS.search(self.text, self.start, at)
        return at == self.start or bool(match and match.end() > match.end(1))
