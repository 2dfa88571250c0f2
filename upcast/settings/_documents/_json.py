"""JSON documents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Self, TypeAlias

import attrs

from upcast.settings._documents._document import (
    Edit,
    Kind,
    Path,
    Span,
    Spot,
    TextDocument,
    UnreadableDocument,
    items_out,
)
from upcast.settings._documents._json_scan import Member, Node, scan_json, spots_of
from upcast.settings._documents._wanted import present

__all__ = ["JsonDocument"]

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

_Literal: TypeAlias = Callable[[str | None], str]
"""Writes a value, given the indentation of the line on which it begins, or None to write it in one line."""


@attrs.frozen
class JsonDocument(TextDocument):
    """See `Document`.

    What is put in looks like what stands beside it: on a line of its own or not, with spaces behind colons and commas
    or without. Where a key stands twice the last one counts: a rename renames all, a removal removes all.
    """

    kind: ClassVar[Kind] = "json"

    @classmethod
    def read(cls, text: str) -> Self:
        """See `TextDocument.read`."""
        line, problem = None, ""
        data: Any = None
        try:
            data = json.loads(text.removeprefix("\ufeff"))
        except json.JSONDecodeError as error:
            line, problem = error.lineno, f"no JSON from column {error.colno} on"
        except ValueError:
            problem = "a number has too many digits"
        except RecursionError:
            problem = "it is nested too deeply"
        else:
            if isinstance(data, dict):
                return cls(text, data)
            problem = "the text is no object"
        # Outside of the handlers: what the library raised holds the whole text.
        raise UnreadableDocument("json", line, problem)

    def _scan(self) -> Mapping[Path, tuple[Spot, ...]]:
        found: dict[Path, tuple[Spot, ...]] = {}
        for spot in spots_of(self.text, self._root):
            found[spot.path] = (*found.get(spot.path, ()), spot)
        return found

    def _rename(self, path: Path, name: str) -> Sequence[Edit]:
        return [(spot.key, self._written(path, name, None)) for spot in self.spots()[path]]

    def _replace(self, path: Path, value: object) -> Sequence[Edit]:
        spot = self._spot(path)
        indentation = self._indentation(spot.key) if "\n" in spot.value.of(self.text) else None
        return [(spot.value, self._written(path, value, indentation))]

    def _insert(self, path: Path, value: object, after: Path | None) -> Sequence[Edit]:
        return [self._put(path, lambda indentation: self._written(path, value, indentation), after)]

    def _remove(self, path: Path) -> Sequence[Edit]:
        return self._without(path)

    def _move(self, path: Path, to: Path) -> Sequence[Edit]:
        going = self._leaving(path, to)
        spot, holder = self._spot(path), self._spot(going)
        beside = going[:-1] == to[: len(going) - 1]

        def literal(indentation: str | None) -> str:
            written, old = spot.value.of(self.text), self._indentation(spot.key)
            return written if indentation is None else written.replace("\n" + old, "\n" + indentation)

        if beside and not present(self.data, to[: len(going)]):
            indentation = self._indentation(holder.key) if self._begins_line(holder.key) else None
            colon = self.text[holder.key.end : holder.value.start]
            member = self._member(to[len(going) - 1 :], literal, indentation, colon)
            return [*self._without(going, but=holder.key), (Span(holder.key.start, holder.value.end), member)]
        return [*self._without(going), self._put(to, literal, None)]

    def _without(self, path: Path, *, but: Span | None = None) -> list[Edit]:
        """The edits that take out all members of a name, or all but one."""
        members = self._object(path[:-1]).members or ()
        items = [Span(member.key.start, member.value.span.end) for member in members]
        gone = [member.name == path[-1] and member.key != but for member in members]
        return [(span, "") for span in items_out(items, gone)]

    def _put(self, path: Path, literal: _Literal, after: Path | None) -> Edit:
        """The edit that adds a member, with the objects on the way to it that are not there yet."""
        depth = len(self._home(path))
        home = self._object(path[:depth])
        if not home.members:
            return self._fill(home, path[depth:], literal)
        beside = home.members[-1] if after is None else home.named(after[-1])[-1]
        separator = self._separator(home.members, beside)
        indentation = separator.rpartition("\n")[2].partition(",")[0] if "\n" in separator else None
        written = self._member(path[depth:], literal, indentation, self._colon(beside))
        return Span(beside.value.span.end, beside.value.span.end), separator + written

    def _fill(self, home: Node, names: Path, literal: _Literal) -> Edit:
        """The edit that gives an empty object a member."""
        inside = Span(home.span.start + 1, home.span.end - 1)
        if "\n" not in self._root.span.of(self.text):
            return inside, self._member(names, literal, None, self._usual_colon)
        outer = self._indentation(home.span)
        member = self._member(names, literal, outer + self._unit, self._usual_colon)
        return inside, f"{self._newline}{outer}{self._unit}{member}{self._newline}{outer}"

    def _member(self, names: Path, literal: _Literal, indentation: str | None, colon: str) -> str:
        """A member as it is written, with an object around it for every name but the first."""
        if len(names) == 1:
            written = literal(indentation)
        elif indentation is None:
            written = f"{{{self._member(names[1:], literal, None, colon)}}}"
        else:
            inner = indentation + self._unit
            member = self._member(names[1:], literal, inner, colon)
            written = f"{{{self._newline}{inner}{member}{self._newline}{indentation}}}"
        return self._written(names, names[0], None) + colon + written

    def _written(self, path: Path, value: object, indentation: str | None) -> str:
        """A value in JSON; over several lines if an indentation is given and it has parts."""
        colon = self._usual_colon
        layout: dict[str, Any] = {"separators": (", " if colon.endswith(" ") else ",", colon)}
        if indentation is not None:
            layout = {"indent": self._unit, "separators": (",", colon)}
        try:
            written = json.dumps(value, ensure_ascii=False, **layout)
            if _LONE_SURROGATE.search(written) or (self.text.isascii() and "\\u" in self.text):
                written = json.dumps(value, **layout)
            return written if indentation is None else written.replace("\n", self._newline + indentation)
        except (TypeError, ValueError, RecursionError):
            pass
        raise self._cannot(path, "the value cannot be written in JSON")

    def _object(self, path: Path) -> Node:
        node = self._root
        for part in path:
            node = node.named(part)[-1].value
        return node

    def _separator(self, members: Sequence[Member], beside: Member) -> str:
        """What goes between a member and one that is put behind it."""
        at = members.index(beside)
        if len(members) > 1:
            one, other = members[at : at + 2] if beside is not members[-1] else members[-2:]
            found = self.text[one.value.span.end : other.key.start]
            first, last = found.find("\n") + 1, found.rfind("\n") + 1
            closer = found[:first] + found[last:]  # blank lines part groups
            return closer if "," in closer else found
        if self._begins_line(beside.key):
            return f",{self._newline}{self._indentation(beside.key)}"
        return ", " if self._colon(beside).endswith(" ") else ","

    def _colon(self, member: Member) -> str:
        return self.text[member.key.end : member.value.span.start]

    def _begins_line(self, span: Span) -> bool:
        return not self.text[self.text.rfind("\n", 0, span.start) + 1 : span.start].strip(" \t") and "\n" in self.text

    def _indentation(self, span: Span) -> str:
        """The indentation of the line on which a span begins."""
        line = self.text[self.text.rfind("\n", 0, span.start) + 1 : span.start]
        return line[: len(line) - len(line.lstrip(" \t"))]

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    @cached_property
    def _root(self) -> Node:
        return scan_json(self.text)

    @cached_property
    def _unit(self) -> str:
        """By how much a level is indented."""
        members = self._root.members
        return (self._indentation(members[0].key) if members else "") or "  "

    @cached_property
    def _usual_colon(self) -> str:
        members = self._root.members
        return self._colon(members[0]) if members else ": "
