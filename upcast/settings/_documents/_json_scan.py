"""Where the members of a JSON text stand; the text was read by the library before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import attrs

from upcast.settings._documents._document import Path, Span, Spot, line_at

__all__ = ["Member", "Node", "scan_json", "spots_of"]

_PIECE = re.compile(r'[ \t\r\n]*(?P<piece>"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^ \t\r\n{}\[\],:"]+)')


@attrs.frozen
class Node:
    """A value; *members* are those of an object, and None of anything else."""

    span: Span
    members: tuple[Member, ...] | None = None

    def named(self, name: str) -> tuple[Member, ...]:
        """The members of that name, in order; the last one counts."""
        return tuple(member for member in self.members or () if member.name == name)


@attrs.frozen
class Member:
    """A member of an object."""

    name: str
    key: Span
    value: Node


@attrs.define
class _Open:
    """An object or an array whose end was not met yet; *key* waits for its value."""

    start: int
    members: list[Member] | None
    key: Span | None = None


def scan_json(text: str) -> Node:
    """The value of a whole text.

    Raises:
        ValueError: It cannot be told.
    """
    open_ones: list[_Open] = []
    previous = ""
    for piece, span in _pieces(text):
        last = open_ones[-1] if open_ones else None
        node = None
        if piece in "{[":
            open_ones.append(_Open(span.start, [] if piece == "{" else None))
        elif piece in "}]":
            closed = open_ones.pop()
            node = Node(Span(closed.start, span.end), None if closed.members is None else tuple(closed.members))
            last = open_ones[-1] if open_ones else None
        elif piece not in ",:":
            if last is not None and last.members is not None and previous != ":":
                last.key = span
            else:
                node = Node(span)
        if node is not None:
            if last is None:
                return node
            if last.members is not None and last.key is not None:
                last.members.append(Member(json.loads(last.key.of(text)), last.key, node))
                last.key = None
        previous = piece
    raise ValueError("the text ends inside a value")


def _pieces(text: str) -> Iterator[tuple[str, Span]]:
    position = 1 if text.startswith("\ufeff") else 0
    while match := _PIECE.match(text, position):
        yield match["piece"], Span(*match.span("piece"))
        position = match.end()


def spots_of(text: str, node: Node, above: Path = ()) -> Iterator[Spot]:
    """Where every key inside an object stands; of members with one name the last one counts."""
    last = {member.name: member for member in node.members or ()}
    for member in node.members or ():
        path = (*above, member.name)
        yield Spot(path, member.key, member.value.span, line_at(text, member.key.start))
        if last[member.name] is member:
            yield from spots_of(text, member.value, path)
