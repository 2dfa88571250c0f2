"""The edits of a YAML text: rows of block mappings are lines, rows between braces are pieces of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import yaml

from upcast.settings._documents._document import Edit, Path, Span
from upcast.settings._documents._yaml_flow import added_between_braces, comment_behind, member, taken_from_braces
from upcast.settings._documents._yaml_lines import Carried, Lines
from upcast.settings._documents._yaml_nodes import Entry, Nodes, Row
from upcast.settings._documents._yaml_values import Obstacle, Quotes, quotes_of, written_as_before, written_value

__all__ = ["Edits"]


@attrs.frozen
class _Burden:
    """What is put somewhere: as lines, or between braces.

    Attributes:
        names: The key, and before it the mappings that are made around it.
        carried: The lines.
        literal: The value between braces; None where there is no place for it.
        quotes: How the key is quoted; None where that is as it is beside it.
    """

    names: Path
    carried: Carried
    literal: str | None
    quotes: Quotes | None = None


class Edits:
    """The edits of a text; each raises `Obstacle` where it cannot be made."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._lines = Lines(nodes)
        self._text = nodes.text

    def rename(self, path: Path, name: str) -> Sequence[Edit]:
        """The edits that give a key another name, wherever it stands."""
        return [
            (entry.spot.key, written_value(name, quotes=quotes_of(entry.row.key.node), flow=True))
            for entry in self._entries(path)
        ]

    def replace(self, path: Path, value: object) -> Sequence[Edit]:
        """The edits that give a key another value."""
        entry = self._entries(path, whole=True)[-1]
        old, span, lines = entry.row.value, entry.spot.value, self._lines
        written = written_as_before(value, old.node, flow=bool(entry.home.flow_style))
        if span.start == span.end and self._text[span.start - 1] not in " \t":
            return [(span, f" {written}")]
        start = lines.start(span.start)
        if old.is_block and isinstance(old.node, yaml.CollectionNode) and start > entry.row.key.span.end:
            # Lines go, a value in one line comes: it belongs behind the colon, before a comment that stands there.
            colon = self._text.index(":", entry.row.key.span.end) + 1
            return [(Span(colon, colon), f" {written}"), (Span(lines.end_before(start), span.end), "")]
        return [(span, written)]

    def insert(self, path: Path, value: object, home: Path, after: Path | None) -> Sequence[Edit]:
        """The edits that add a key; *home* is the innermost mapping on the way to it that is there."""
        carried = Carried(f": {written_value(value)}")
        burden = _Burden(path[len(home) :], carried, written_value(value, flow=True))
        return self._put(home, burden, None if after is None else self._nodes.entries[after][-1].row)

    def remove(self, path: Path) -> Sequence[Edit]:
        """The edits that remove a key, wherever it stands."""
        return self._ended(edit for entry in self._entries(path, whole=True) for edit in self._taken_out(entry))

    def move(self, path: Path, to: Path, going: Path, home: Path) -> Sequence[Edit]:
        """The edits that give a key another parent.

        Args:
            path: The key.
            to: Where it goes.
            going: The mapping that goes with it, or *path*.
            home: The innermost mapping on the way to *to* that is there.
        """
        entry = self._entries(path, whole=True)[-1]
        holders = self._entries(going, whole=True)
        shared = len(going) - 1
        if len(holders) == 1 and home == going[:-1] == to[:shared]:
            return self._put_in_place(holders[0], entry, to[shared:])
        comments_from = self._comments_from(entry)
        burden = self._burden(entry, to[len(home) :], comments_from)
        out = [edit for each in holders for edit in self._taken_out(each, entry.row, comments_from)]
        return self._ended([*out, *self._put(home, burden, None)])

    def _entries(self, path: Path, *, whole: bool = False) -> tuple[Entry, ...]:
        """Where a key stands.

        Args:
            path: The key.
            whole: Whether the value goes with the key, with all that is in it.
        """
        entries = self._nodes.entries[path]
        for entry in entries:
            if entry.obstacle:
                raise Obstacle(entry.obstacle)
            use = self._nodes.first_use(entry.row.value) if whole else None
            if use is not None:
                raise Obstacle(f"there is an anchor in it that line {self._lines.number(use)} uses")
        return entries

    # --- taking out

    def _taken_out(self, entry: Entry, inner: Row | None = None, inner_from: int | None = None) -> Iterator[Edit]:
        """The edits that take a row out, and all around it that is there for it alone.

        Comments between a section and its only key stay, since they may well speak of more than this key.

        Args:
            entry: The row.
            inner: The row inside it that it is there for, if it is known.
            inner_from: Where that begins, with its comments.
        """
        row, lines = entry.row, self._lines
        if entry.home.flow_style:
            braces = Span(entry.home.start_mark.index, entry.home.end_mark.index)
            yield from taken_from_braces(lines, braces, self._nodes.rows(entry.home), row)
            return
        if not lines.begins(row):
            raise Obstacle("it does not begin its line")
        if inner is None or not row.start <= inner.start < row.end:
            inner, inner_from = self._innermost(row), None
        start = lines.start(inner.start) if inner_from is None else inner_from
        yield from ((line, "") for line in lines.between(lines.start(row.start), start) if not lines.is_comment(line))
        yield Span(start, lines.after(row.end)), ""

    def _innermost(self, row: Row) -> Row:
        """The row for which alone a row is there, through mappings that have nothing else."""
        table = row.value.table
        if (
            table is None
            or table.flow_style
            or len(rows := self._nodes.rows(table)) > 1
            or not self._lines.begins(rows[0])
        ):
            return row
        return self._innermost(rows[0])

    def _ended(self, edits: Iterator[Edit] | Sequence[Edit]) -> Sequence[Edit]:
        """The edits, such that a text without a final break has none afterwards."""
        ordered = sorted(edits, key=lambda edit: (edit[0].start, edit[0].end))
        end = len(self._text)
        if self._lines.start(end) == end or not ordered or ordered[-1][0].end != end or ordered[-1][1]:
            return ordered
        start = end
        while ordered and ordered[-1][0].end >= start and not ordered[-1][1]:
            start = ordered.pop()[0].start
        if ordered and ordered[-1][0].end == start and ordered[-1][1]:
            at, written = ordered.pop()
            return [*ordered, (Span(at.start, end), written.removesuffix(self._lines.newline))]
        return [*ordered, (Span(self._lines.end_before(start), end), "")]

    # --- putting in

    def _put(self, home: Path, burden: _Burden, beside: Row | None) -> Sequence[Edit]:
        table = self._nodes.root
        if home:
            holder = self._nodes.entries[home][-1]
            if holder.inside:
                raise Obstacle(holder.inside)
            table = holder.row.value.table
        if not isinstance(table, yaml.MappingNode):
            return [self._line_after(len(self._text), burden, 0)]
        rows = self._nodes.rows(table)
        if not rows:
            return self._put_into_empty(home, table, burden)
        beside = rows[-1] if beside is None else beside
        quotes = quotes_of(beside.key.node) if burden.quotes is None else burden.quotes
        burden = attrs.evolve(burden, quotes=quotes)
        if table.flow_style:
            return added_between_braces(self._lines, beside, self._member(burden))
        return [self._line_after(beside.end, burden, min(map(self._lines.column, rows)))]

    def _put_into_empty(self, home: Path, table: yaml.MappingNode, burden: _Burden) -> Sequence[Edit]:
        """The edits that put a row into a mapping that is nothing but braces, which become lines where they can."""
        braces = Span(table.start_mark.index, table.end_mark.index)
        if not home and self._lines.start(braces.start) == braces.start:
            return [(braces, self._lines.written(burden.names, burden.carried, 0, burden.quotes or ""))]
        if home:
            entry = self._nodes.entries[home][-1]
            if not entry.home.flow_style and self._lines.begins(entry.row):
                behind_colon = Span(self._text.index(":", entry.row.key.span.end) + 1, braces.end)
                column = self._lines.column(entry.row) + self._lines.unit
                return [(behind_colon, ""), self._line_after(braces.end, burden, column)]
        inside = Span(self._text.index("{", braces.start) + 1, braces.end - 1)
        return [(inside, self._member(burden))]

    def _line_after(self, position: int, burden: _Burden, column: int) -> Edit:
        """The edit that puts lines behind that of a position."""
        lines = self._lines
        at = lines.after(position)
        written = lines.written(burden.names, burden.carried, column, burden.quotes or "")
        ends = lines.start(at) == at
        return Span(at, at), written + lines.newline if ends else lines.newline + written

    def _member(self, burden: _Burden) -> str:
        if burden.literal is None:
            raise Obstacle("its value or its comment has no place between braces")
        return member(burden.names, burden.literal, burden.quotes or "")

    # --- moving

    def _burden(self, entry: Entry, names: Path, comments_from: int) -> _Burden:
        """What goes with a key that moves."""
        row, lines = entry.row, self._lines
        literal = entry.spot.value.of(self._text)
        quotes = quotes_of(row.key.node)
        if entry.home.flow_style:
            comment = comment_behind(lines, row)
            return _Burden(names, Carried(f": {literal}{comment and f'  {comment}'}"), literal, quotes)
        carried = lines.carried(row, entry.spot.key.end, comments_from)
        alone = not carried.more and not carried.comments and row.end == lines.end(row.end)
        return _Burden(names, carried, self._between_braces(row, literal) if alone else None, quotes)

    def _between_braces(self, row: Row, literal: str) -> str | None:
        if row.value.is_block:
            return None
        node = row.value.node
        if isinstance(node, yaml.ScalarNode) and not row.value.is_alias and node.tag == "tag:yaml.org,2002:str":
            return written_value(node.value, quotes=quotes_of(node), flow=True)
        return literal

    def _comments_from(self, entry: Entry) -> int:
        """Where the comment lines directly above a row begin; only rows that are lines have some."""
        if entry.home.flow_style or not self._lines.begins(entry.row):
            return self._lines.start(entry.row.start)
        rows = self._nodes.rows(entry.home)
        number = rows.index(entry.row)
        return self._lines.comments_above(entry.row, rows[number - 1] if number else None)

    def _put_in_place(self, holder: Entry, entry: Entry, names: Path) -> Sequence[Edit]:
        """The edits that put a key where it stands, or where the mapping stands that becomes empty."""
        lines = self._lines
        row = holder.row
        if holder.home.flow_style:
            burden = self._burden(entry, names, entry.row.start)
            return [(Span(row.start, row.end), self._member(burden))]
        if not lines.begins(row):
            raise Obstacle("it does not begin its line")
        start, inner = lines.start(row.start), lines.start(entry.row.start)
        comments_from = self._comments_from(entry) if holder is not entry else inner
        burden = self._burden(entry, names, comments_from)
        column = lines.column(row)
        kept = [line for line in lines.between(start, comments_from) if lines.is_comment(line)]
        above = "".join(" " * column + line.of(self._text).lstrip(" ") for line in kept)
        written = lines.written(names, burden.carried, column, burden.quotes or "")
        return [(Span(start, lines.end(row.end)), above + written)]
