"""Where the headers and entries of a TOML text stand; the text was read by the library before."""

from __future__ import annotations

import re
import tomllib

import attrs

from upcast.settings._documents._document import Path, Span

__all__ = ["Block", "Entry", "Part", "scan_toml"]

_BLANK = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_BASIC, _LITERAL = r'"(?:[^"\\\n]|\\.)*"', r"'[^'\n]*'"
_PART = re.compile(rf"[A-Za-z0-9_-]+|{_BASIC}|{_LITERAL}")
_SCALAR = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""(?:""?)?'
    r"|'''(?:[^']|'(?!''))*'''(?:''?)?"
    rf"|{_BASIC}|{_LITERAL}"
    r"|\d{4}-\d{2}-\d{2} \d{2}:[^ \t\r\n,\]}#]+"
    r"|[^ \t\r\n,\]}#]+",
    re.DOTALL,
)


@attrs.frozen
class Part:
    """A part of a dotted key."""

    name: str
    span: Span


@attrs.frozen
class Entry:
    """A key with its value.

    Attributes:
        table: The key of the table in whose body it is written.
        parts: The parts of its key, as they follow in that body.
        value: Its value.
        line: The lines on which it stands, with the comment and the line break at the end; empty in an inline table.
        members: Those of its value, if that is an inline table.
    """

    table: Path
    parts: tuple[Part, ...]
    value: Span
    line: Span | None = None
    members: tuple[Entry, ...] | None = None

    @property
    def path(self) -> Path:
        """The whole key."""
        return (*self.table, *(part.name for part in self.parts))

    @property
    def item(self) -> Span:
        """The key and the value."""
        return Span(self.parts[0].span.start, self.value.end)


@attrs.frozen
class Block:
    """A header with the entries below it; what stands above all headers is a block without parts.

    Attributes:
        parts: The parts of the key in the header.
        listed: How many of them lead to the list that it is an item of, or is inside an item of; 0 where there is none.
        line: The line of the header.
        entries: The entries.
        end: Where the next one begins.
    """

    parts: tuple[Part, ...]
    listed: int
    line: Span
    entries: tuple[Entry, ...]
    end: int

    @property
    def path(self) -> Path:
        """The key of the table."""
        return tuple(part.name for part in self.parts)


@attrs.define
class _Cursor:
    text: str
    at: int

    def take(self, pattern: re.Pattern[str]) -> Span:
        """Go over what matches here.

        Raises:
            ValueError: Nothing does.
        """
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError("the text is not written as expected")
        self.at = match.end()
        return Span(*match.span())

    def sees(self, *marks: str) -> bool:
        """Whether one of these stands here."""
        return self.text.startswith(marks, self.at)

    def skip(self, mark: str) -> bool:
        """Go over a mark if it stands here."""
        found = self.sees(mark)
        self.at += len(mark) * found
        return found

    def need(self, mark: str) -> None:
        """Go over a mark.

        Raises:
            ValueError: It does not stand here.
        """
        if not self.skip(mark):
            raise ValueError("the text is not written as expected")

    def key(self) -> tuple[Part, ...]:
        """Go over a key."""
        parts = []
        while True:
            self.take(_BLANK)
            span = self.take(_PART)
            written = span.of(self.text)
            name = tomllib.loads(f"name = {written}")["name"] if written[0] in "\"'" else written
            parts.append(Part(name, span))
            self.take(_BLANK)
            if not self.skip("."):
                return tuple(parts)

    def entry(self, table: Path) -> Entry:
        """Go over a key and its value."""
        parts = self.key()
        self.need("=")
        self.take(_BLANK)
        start = self.at
        members = self.value((*table, *(part.name for part in parts)))
        return Entry(table, parts, Span(start, self.at), members=members)

    def value(self, path: Path) -> tuple[Entry, ...] | None:
        """Go over a value; the members of an inline table."""
        if self.skip("{"):
            return self.inline_table(path)
        if not self.skip("["):
            self.take(_SCALAR)
            return None
        self.take(_GAP)
        while not self.skip("]"):
            self.value(path)
            self.take(_GAP)
            self.skip(",")
            self.take(_GAP)
        return None

    def inline_table(self, path: Path) -> tuple[Entry, ...]:
        """Go over an inline table behind its first brace."""
        members = []
        self.take(_GAP)
        while not self.skip("}"):
            members.append(self.entry(path))
            self.take(_GAP)
            self.skip(",")
            self.take(_GAP)
        return tuple(members)


def scan_toml(text: str) -> tuple[Block, ...]:
    """The blocks of a whole text, in order; the first one has no header.

    Raises:
        ValueError: It cannot be told.
    """
    cursor = _Cursor(text, 1 if text.startswith("\ufeff") else 0)
    head: tuple[tuple[Part, ...], int, Span] = ((), 0, Span(cursor.at, cursor.at))
    entries: list[Entry] = []
    blocks: list[Block] = []
    lists: set[Path] = set()
    while cursor.at < len(text):
        start = cursor.at
        if _REST_OF_LINE.match(text, start):
            cursor.take(_REST_OF_LINE)
            continue
        cursor.take(_BLANK)
        if not cursor.sees("["):
            entry = cursor.entry(tuple(part.name for part in head[0]))
            cursor.take(_REST_OF_LINE)
            entries.append(attrs.evolve(entry, line=Span(start, cursor.at)))
            continue
        blocks.append(Block(*head, tuple(entries), start))
        entries = []
        mark = "]]" if cursor.skip("[[") else "]"
        if mark == "]":
            cursor.need("[")
        parts = cursor.key()
        cursor.need(mark)
        cursor.take(_REST_OF_LINE)
        names = tuple(part.name for part in parts)
        if mark == "]]":
            lists.add(names)
        listed = next((end for end in range(1, len(names) + 1) if names[:end] in lists), 0)
        head = (parts, listed, Span(start, cursor.at))
    return (*blocks, Block(*head, tuple(entries), len(text)))
