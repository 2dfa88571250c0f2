"""Where the keys of a YAML text stand, as the composer of the library marks them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import attrs
import yaml

from upcast.settings._documents._document import Path, Span, Spot, line_at

__all__ = ["Entry", "MarkingLoader", "Nodes", "Piece", "Row", "TooLarge"]

# Beyond this, what aliases stand for again and again is an attack, not settings.
_MOST_NODES: Final = 100_000
_MERGE: Final = "tag:yaml.org,2002:merge"
_MAP: Final = "tag:yaml.org,2002:map"
# An anchor and a tag stand before what they belong to; comments may follow them.
_PROPERTIES: Final = re.compile(r"(?:[&!]\S*(?:\s|#[^\r\n]*)*)*")
_LAST_BREAK: Final = re.compile("(?:\r\n|[\n\r\x85\u2028\u2029])\\Z")
_BLANK_END: Final = re.compile("(?:(?:\r\n|[\n\r\x85\u2028\u2029]) *)+\\Z")


class TooLarge(ValueError):
    """The aliases of a text stand for more than anybody can hold, or one holds itself."""


class MarkingLoader(yaml.SafeLoader):
    """Reads as `yaml.safe_load` does, and remembers where aliases stand, which the nodes do not tell."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.aliases: dict[tuple[int, int, bool], Span] = {}
        self.first_use: dict[int, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose a node, or find the one that an alias stands for."""
        if parent is None or not self.check_event(yaml.AliasEvent):
            return super().compose_node(parent, index)
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # as the stubs have it
        node = super().compose_node(parent, index)
        span = Span(event.start_mark.index, event.end_mark.index)
        self.aliases[id(parent), len(parent.value), index is None] = span
        self.first_use.setdefault(id(node), span.start)
        return node


@attrs.frozen(eq=False)
class Piece:
    """A node where it is written: with its anchor and its tag, or as an alias."""

    node: yaml.Node
    span: Span
    is_alias: bool

    @property
    def is_block(self) -> bool:
        """Whether lines of its own belong to it."""
        if self.is_alias:
            return False
        if isinstance(self.node, yaml.ScalarNode):
            return self.node.style in {"|", ">"}
        return isinstance(self.node, yaml.CollectionNode) and not self.node.flow_style

    @property
    def table(self) -> yaml.MappingNode | None:
        """The mapping that is written here."""
        return self.node if isinstance(self.node, yaml.MappingNode) and not self.is_alias else None


@attrs.frozen(eq=False)
class Row:
    """A key of a mapping with its value, as both are written."""

    key: Piece
    value: Piece

    @property
    def start(self) -> int:
        """Where the key begins, with what belongs to it."""
        return self.key.span.start

    @property
    def end(self) -> int:
        """Where the value ends."""
        return max(self.key.span.end, self.value.span.end)


@attrs.frozen(eq=False)
class Entry:
    """A key of the data, where it is written.

    Attributes:
        spot: Where.
        row: The same with the nodes.
        home: The mapping in which it is written.
        obstacle: Why it cannot be edited; empty where it can.
        inside: Why nothing inside it can be edited.
    """

    spot: Spot
    row: Row
    home: yaml.MappingNode
    obstacle: str
    inside: str


class Nodes:
    """The nodes of a text."""

    def __init__(self, text: str, loader: MarkingLoader) -> None:
        self.text = text
        self._loader = loader
        self._rows: dict[int, tuple[Row, ...]] = {}
        self.root: yaml.Node | None = loader.get_single_node()
        if self.root is not None and loader.aliases:
            self._bound(self.root, {})
        self.entries: dict[Path, tuple[Entry, ...]] = {}
        if isinstance(self.root, yaml.MappingNode):
            self._locate(self.root, (), "")

    def rows(self, table: yaml.MappingNode) -> tuple[Row, ...]:
        """The rows of a mapping, as they were before the library merged anything into it."""
        if id(table) not in self._rows:
            self._rows[id(table)] = tuple(
                Row(self._piece(table, number, True, key), self._piece(table, number, False, value))
                for number, (key, value) in enumerate(table.value)
            )
        return self._rows[id(table)]

    def first_use(self, piece: Piece) -> int | None:
        """Where what is anchored in a piece is used for the first time, or None."""
        if piece.is_alias:
            return None
        uses = [self._loader.first_use.get(id(piece.node)), *map(self.first_use, self._inside(piece))]
        return min((use for use in uses if use is not None), default=None)

    def _piece(self, parent: yaml.Node, number: int, is_key: bool, node: yaml.Node) -> Piece:
        alias = self._loader.aliases.get((id(parent), number, is_key))
        if alias is not None:
            return Piece(node, alias, True)
        start, end = node.start_mark.index, node.end_mark.index
        piece = Piece(node, Span(start, end), False)
        if not piece.is_block:
            return piece
        if isinstance(node, yaml.ScalarNode):
            return Piece(node, Span(start, self._end_of_block(start, end)), False)
        # The library ends a block where the next thing begins; comments and blank lines are not part of it.
        return Piece(node, Span(start, max((inner.span.end for inner in self._inside(piece)), default=end)), False)

    def _inside(self, piece: Piece) -> Iterator[Piece]:
        if isinstance(piece.node, yaml.MappingNode):
            for row in self.rows(piece.node):
                yield row.key
                yield row.value
        elif isinstance(piece.node, yaml.SequenceNode):
            for number, item in enumerate(piece.node.value):
                yield self._piece(piece.node, number, False, item)

    def _end_of_block(self, start: int, end: int) -> int:
        """The end of the last line of a block scalar; blank lines behind it count where the header keeps them."""
        header = _PROPERTIES.match(self.text, start, end)
        indicators = self.text[header.end() if header else start : end][:3]
        ending = (_LAST_BREAK if "+" in indicators else _BLANK_END).search(self.text[start:end])
        return start + ending.start() if ending else end

    def _locate(self, table: yaml.MappingNode, above: Path, obstacle: str) -> None:
        found: dict[Any, list[Entry]] = {}
        merged: dict[Any, bool] = {}
        for row, home, through in self._effective(table):
            if not isinstance(row.key.node, yaml.ScalarNode):
                continue
            name = self._loader.construct_object(row.key.node, deep=True)
            entry = self._entry((*above, name), row, home, obstacle or through)
            # What is merged stands first: a key of the mapping's own replaces it, and so does what is merged later.
            if merged.get(name):
                found[name] = []
            merged[name] = bool(through)
            found.setdefault(name, []).append(entry)
        for name, entries in found.items():
            self.entries[(*above, name)] = tuple(entries)
            last = entries[-1]
            if isinstance(last.row.value.node, yaml.MappingNode) and last.row.value.node.tag == _MAP:
                self._locate(last.row.value.node, (*above, name), last.inside)

    def _effective(self, table: yaml.MappingNode) -> Iterator[tuple[Row, yaml.MappingNode, str]]:
        """The rows that a mapping has in the end, with what is merged into it, in the order in which they count."""
        rows = self.rows(table)
        for row in rows:
            if row.key.node.tag == _MERGE:
                value = row.value.node
                through = f"it comes through the merge key in line {line_at(self.text, row.start)}"
                for source in reversed(value.value) if isinstance(value, yaml.SequenceNode) else [value]:
                    if isinstance(source, yaml.MappingNode):
                        yield from ((inner, home, through) for inner, home, _ in self._effective(source))
        yield from ((row, table, "") for row in rows if row.key.node.tag != _MERGE)

    def _entry(self, path: Path, row: Row, home: yaml.MappingNode, obstacle: str) -> Entry:
        inside = obstacle
        for piece in (row.key, row.value):
            use = None if piece.is_alias else self._loader.first_use.get(id(piece.node))
            if use is not None:
                line = line_at(self.text, use)
                obstacle = obstacle or f"it carries the anchor that line {line} uses"
                inside = inside or f"it stands under the anchor that line {line} uses"
        if row.value.is_alias:
            inside = inside or f"it comes through the alias in line {line_at(self.text, row.value.span.start)}"
        start, end = row.key.span.start, row.key.span.end
        properties = None if row.key.is_alias else _PROPERTIES.match(self.text, start, end)
        key = Span(properties.end() if properties else start, end)
        return Entry(Spot(path, key, row.value.span, line_at(self.text, start)), row, home, obstacle, inside)

    def _bound(self, node: yaml.Node, sizes: dict[int, int | None]) -> int:
        """How many nodes a node stands for, all aliases followed.

        Raises:
            TooLarge: They are too many.
        """
        if id(node) in sizes:
            known = sizes[id(node)]
            if known is None:
                raise TooLarge
            return known
        sizes[id(node)] = None
        parts = () if isinstance(node, yaml.ScalarNode) else node.value
        flat = (part for row in parts for part in row) if isinstance(node, yaml.MappingNode) else parts
        size = 1 + sum(self._bound(part, sizes) for part in flat)
        if size > _MOST_NODES:
            raise TooLarge
        sizes[id(node)] = size
        return size
