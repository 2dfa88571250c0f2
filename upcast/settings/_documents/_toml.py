"""TOML documents."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import takewhile
from typing import Any, ClassVar, Self

import attrs

from upcast.settings._documents._document import (
    CannotEdit,
    Edit,
    Kind,
    Path,
    Span,
    Spot,
    TextDocument,
    UnreadableDocument,
    items_out,
    joined,
    line_at,
)
from upcast.settings._documents._toml_layout import Layout
from upcast.settings._documents._toml_scan import Block, Entry, Part, scan_toml
from upcast.settings._documents._toml_write import toml_key, toml_value

__all__ = ["TomlDocument"]

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)\Z")


@attrs.frozen
class _Line:
    """An entry that is put in: its value as it is written, the comment lines above it and the comment behind it."""

    literal: str
    above: str = ""
    behind: str = ""

    def comments(self, indentation: str) -> list[str]:
        """The comment lines above it."""
        return [indentation + line.strip(" \t\r") for line in self.above.split("\n")[:-1]]

    def lines(self, written: str, indentation: str) -> list[str]:
        """All of its lines."""
        return [*self.comments(indentation), f"{indentation}{written}{self.behind.rstrip()}"]


@attrs.frozen
class TomlDocument(TextDocument):
    """See `Document`.

    A key that gets another parent stays where it stands if a dotted key can say so; else it goes to the end of the
    table, under a new header where there is none.
    """

    kind: ClassVar[Kind] = "toml"

    @classmethod
    def read(cls, text: str) -> Self:
        """See `TextDocument.read`."""
        line, problem = None, ""
        try:
            return cls(text, tomllib.loads(text.removeprefix("\ufeff")))
        except tomllib.TOMLDecodeError as error:
            place = _PLACE.search(str(error))
            line = int(place[1]) if place else line_at(text, len(text))
            problem = f"no TOML from column {place[2]} on" if place else "no TOML: the text ends too early"
        except ValueError:
            problem = "a number has too many digits"
        except RecursionError:
            problem = "it is nested too deeply"
        # Outside of the handlers: what the library raised may repeat keys and letters of the text.
        raise UnreadableDocument("toml", line, problem)

    # --- where things stand -----------------------------------------------------------------------------------------

    @cached_property
    def _finished(self) -> str:
        """The text with a line break at the end of its last line."""
        missing = self.text.strip("\ufeff") and not self.text.endswith("\n")
        return self.text + ("\r\n" if "\r\n" in self.text else "\n") if missing else self.text

    @cached_property
    def _blocks(self) -> tuple[Block, ...]:
        return scan_toml(self._finished)

    @cached_property
    def _tables(self) -> dict[Path, Block]:
        """The blocks whose entries have a key of their own."""
        return {block.path: block for block in self._blocks if not block.listed}

    @cached_property
    def _entries(self) -> dict[Path, Entry]:
        """All entries that have a key of their own, those of inline tables too, in order."""
        return {entry.path: entry for block in self._tables.values() for entry in _all(block.entries)}

    def _scan(self) -> Mapping[Path, tuple[Spot, ...]]:
        found: dict[Path, list[Spot]] = {}

        def add(above: Path, parts: Sequence[Part], at: int, says: Span) -> None:
            path = (*above, *(part.name for part in parts[: at + 1]))
            key = parts[at].span
            found.setdefault(path, []).append(Spot(path, key, says, line_at(self.text, key.start)))

        for block in self._blocks:
            for at in range(block.listed or len(block.parts)):
                add((), block.parts, at, Span(block.line.end, block.end))
            for entry in () if block.listed else _all(block.entries):
                for at, part in enumerate(entry.parts[1:]):
                    add(entry.table, entry.parts, at, Span(part.span.start, entry.value.end))
                add(entry.table, entry.parts, len(entry.parts) - 1, entry.value)
        return {path: tuple(spots) for path, spots in found.items()}

    # --- edits ------------------------------------------------------------------------------------------------------

    def _rename(self, path: Path, name: str) -> Sequence[Edit]:
        return [(spot.key, self._written(path, toml_key, name, spot.key.of(self.text))) for spot in self.spots()[path]]

    def _replace(self, path: Path, value: object) -> Sequence[Edit]:
        entry = self._entries.get(path)
        if entry is None:
            first = self.spots()[path][0]
            raise CannotEdit(path, first.line, "it is a table that is written in several lines; edit it by hand")
        return [(entry.value, self._written(path, self._literal, value, entry.value.of(self.text)))]

    def _insert(self, path: Path, value: object, after: Path | None) -> Sequence[Edit]:
        beside = None if after is None else self._entries.get(after)
        like = beside.value.of(self.text) if beside else ""
        literal = self._written(path, self._literal, value, like if like[:3] not in {'"""', "'''"} else "")
        return self._put(path, _Line(literal), beside)

    def _remove(self, path: Path) -> Sequence[Edit]:
        headers = [Span(block.line.start, self._layout.entries_end(block)) for block in self._under(path)]
        return self._out(self._writing(path), headers)

    def _move(self, path: Path, to: Path) -> Sequence[Edit]:
        entry = self._entries.get(path)
        if entry is None:
            return self._move_table(path, to)
        if self._can_be_dotted(entry, to):
            return [
                (
                    Span(entry.parts[0].span.start, entry.parts[-1].span.end),
                    self._dotted(to[len(entry.table) :], entry.parts),
                )
            ]
        going = self._leaving(path, to)
        headers = [block.line for block in self._under(going)]
        line = _Line(entry.value.of(self.text))
        if entry.line is not None:
            whole = Span(self._layout.above(entry.line.start), entry.line.end)
            line = _Line(
                line.literal, self.text[whole.start : entry.line.start], self.text[entry.value.end : whole.end]
            )
            headers.append(whole)
        return [*self._out(self._writing(going), headers), *self._put(to, line, None)]

    def _move_table(self, path: Path, to: Path) -> Sequence[Edit]:
        """The edits that give a table another parent, by its headers."""
        headers = self._under(path)
        if len(headers) < len(self.spots()[path]):
            raise self._cannot(path, "it is a table that is written in several pieces; edit it by hand")
        keys = [block.parts[: len(path)] for block in headers]
        moved = [(Span(parts[0].span.start, parts[-1].span.end), self._dotted(to, parts)) for parts in keys]
        gone = [block.line for block in self._under(self._leaving(path, to)) if len(block.parts) < len(path)]
        return [*moved, *self._layout.without(gone)]

    # --- how they are made ------------------------------------------------------------------------------------------

    @cached_property
    def _layout(self) -> Layout:
        return Layout(self._finished, self._blocks)

    def _joined(self, edits: Iterable[Edit]) -> str:
        text = joined(self._finished, edits)
        return text if self._finished is self.text else text.removesuffix("\n").removesuffix("\r")

    def _under(self, path: Path) -> list[Block]:
        """The headers of a table, and of all tables inside it."""
        return [block for block in self._blocks[1:] if block.path[: len(path)] == path]

    def _writing(self, path: Path) -> list[Entry]:
        """The entries that write a key, or a part of its table, from outside."""
        return [
            entry
            for entry in self._entries.values()
            if entry.path[: len(path)] == path and len(entry.table) < len(path)
        ]

    def _out(self, entries: Sequence[Entry], lines: Sequence[Span]) -> list[Edit]:
        """The edits that take out entries, and lines."""
        cuts: list[Edit] = []
        for table in {entry.table for entry in entries if entry.line is None}:
            members = self._entries[table].members or ()
            cuts += [
                (cut, "") for cut in items_out([each.item for each in members], [each in entries for each in members])
            ]
        return [*cuts, *self._layout.without([*lines, *(entry.line for entry in entries if entry.line)])]

    def _put(self, path: Path, line: _Line, beside: Entry | None) -> list[Edit]:
        """The edits that add an entry, behind *beside* or at the end of the innermost table that is there."""
        home = self._home(path)
        inline, table = self._entries.get(home), self._tables.get(home)
        at = None
        if beside is None and inline is not None:
            if not inline.members:
                inside = Span(inline.value.start + 1, inline.value.end - 1)
                written = f" {self._key(path[len(home) :])} = {line.literal} "
                return [(inside, written), *self._comments_above(home, line)]
            beside = inline.members[-1]
        elif beside is None and table is not None and len(path) == len(home) + 1:
            if not table.entries:
                return [self._first(table, path, line)]
            at, beside = self._layout.tail(table), table.entries[-1]
        elif beside is None:
            beside = next(reversed(self._writing(home)), None)
        if beside is None:
            return [self._with_header(path, line)]
        equals = self.text[beside.parts[-1].span.end : beside.value.start]
        key = self._dotted(path[len(beside.table) :], beside.parts)
        written = f"{key}{equals if equals == '=' else ' = '}{line.literal}"
        if beside.line is None:
            return [
                (Span(beside.value.end, beside.value.end), f", {written}"),
                *self._comments_above(beside.table, line),
            ]
        lines = line.lines(written, self._layout.indentation(beside.line))
        return [self._layout.with_lines(at or beside.line.end, *lines)]

    def _comments_above(self, path: Path, line: _Line) -> list[Edit]:
        """The edits that put comments above the line of an inline table, in which they cannot stand."""
        comments = [comment.strip() for comment in (*line.comments(""), line.behind) if comment.strip()]
        holders = [self._entries[path[:end]].line for end in range(1, len(path) + 1) if path[:end] in self._entries]
        above = next(holder for holder in holders if holder)
        indentation = self._layout.indentation(above)
        return [self._layout.with_lines(above.start, *(indentation + comment for comment in comments))]

    def _first(self, table: Block, path: Path, line: _Line) -> Edit:
        """The edit that adds an entry to a table without entries."""
        at = self._layout.tail(table)
        lines = line.lines(f"{self._key(path[-1:])} = {line.literal}", self._layout.indentation(table.line))
        return self._layout.with_lines(at, *lines) if table.parts else self._layout.with_block(at, *lines)

    def _with_header(self, path: Path, line: _Line) -> Edit:
        """The edit that adds an entry under a header of its own."""
        home = self._home(path)
        under = self._under(home) if home else []
        lines = [f"[{self._key(path[:-1])}]", *line.lines(f"{self._key(path[-1:])} = {line.literal}", "")]
        if under and len(path) == len(home) + 1:
            return self._layout.with_block(self._layout.above(under[0].line.start), *lines)
        return self._layout.with_block(self._layout.tail((under or self._blocks)[-1]), *lines)

    def _can_be_dotted(self, entry: Entry, to: Path) -> bool:
        """Whether a dotted key can say *to* where an entry stands: nothing else may say what is in these tables."""
        depth = len(entry.table)
        return to[:depth] == entry.table and not any(
            self._under(to[:end]) or to[:end] in self._entries for end in range(depth + 1, len(to))
        )

    def _dotted(self, names: Path, parts: Sequence[Part]) -> str:
        """A key as it is written beside another one: parts that are the same stay, the last one keeps its quotes."""
        old = [part.span.of(self.text) for part in parts]
        kept = len(list(takewhile(lambda pair: pair[0] == pair[1].name, zip(names[:-1], parts, strict=False))))
        new = [self._written(names, toml_key, name, "") for name in names[kept:-1]]
        return ".".join([*old[:kept], *new, self._written(names, toml_key, names[-1], old[-1])])

    def _key(self, names: Path) -> str:
        return ".".join(self._written(names, toml_key, name, "") for name in names)

    def _literal(self, value: object, like: str) -> str:
        return toml_value(value, like=like, newline=self._layout.newline)

    def _written(self, path: Path, write: Callable[[Any, str], str], what: object, like: str) -> str:
        """What a writer makes.

        Raises:
            CannotEdit: TOML has no way to write it.
        """
        try:
            return write(what, like)
        except (ValueError, RecursionError):
            pass
        raise self._cannot(path, "TOML has no way to write it")


def _all(entries: Sequence[Entry]) -> Iterator[Entry]:
    for entry in entries:
        yield entry
        yield from _all(entry.members or ())
