"""`.env` files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from io import StringIO
from typing import ClassVar, Self

import attrs
from dotenv.main import resolve_variables
from dotenv.parser import parse_stream
from dotenv.variables import Variable, parse_variables

from upcast.settings._documents._document import Edit, Kind, Path, Span, Spot, TextDocument, line_at
from upcast.settings._documents._dotenv_scan import Assignment, assignments_of, written_name, written_text

__all__ = ["DotenvDocument"]


@attrs.frozen
class DotenvDocument(TextDocument):
    """See `Document`.

    Its keys are the names as they are written, and its values texts, or None where there is a name alone. What `${}`
    refers to is filled in as the library does it: from the file, else from the environment of this process. Where a
    name stands twice the last one counts: a rename renames all, a removal removes all. What other lines refer to is
    not edited, nor is a value that refers to others replaced. A line that the library skips has no key.
    """

    kind: ClassVar[Kind] = "dotenv"

    @classmethod
    def read(cls, text: str) -> Self:
        """See `TextDocument.read`; the library takes any text."""
        # The steps of `dotenv.dotenv_values` with the newlines that an opened file has, but for its logging.
        newlines = text.replace("\r\n", "\n").replace("\r", "\n")
        pairs = [(one.key, one.value) for one in parse_stream(StringIO(newlines)) if one.key is not None]
        return cls(text, dict(resolve_variables(pairs, override=True)))

    def _scan(self) -> Mapping[Path, tuple[Spot, ...]]:
        found: dict[Path, tuple[Spot, ...]] = {}
        for one in self._assignments:
            spot = Spot((one.name,), one.key, one.value, line_at(self.text, one.key.start))
            found[spot.path] = (*found.get(spot.path, ()), spot)
        return found

    def _rename(self, path: Path, name: str) -> Sequence[Edit]:
        self._check_unreferred(path, path[0])
        self._check_unreferred(path, name)
        named = self._named(path)
        return [(one.key, self._name(path, name, quoted=one.key.of(self.text).startswith("'"))) for one in named]

    def _replace(self, path: Path, value: object) -> Sequence[Edit]:
        self._check_unreferred(path, path[0])
        one = self._named(path)[-1]
        if any(isinstance(atom, Variable) for atom in parse_variables(one.raw or "")):
            raise self._cannot(path, "its value refers to other settings")
        if value is None or one.raw is None:
            return [(Span(one.key.end, one.value.end), self._assigned(path, value))]
        return [(one.value, self._text(path, value, one.value.of(self.text)))]

    def _insert(self, path: Path, value: object, after: Path | None) -> Sequence[Edit]:
        self._check_unreferred(path, path[-1])
        if len(path) > 1:
            raise self._cannot(path, "a .env file has no tables")
        beside = self._assignments[-1] if after is None and self._assignments else None
        if after is not None:
            beside = self._named(after)[-1]
        at = len(self.text) if beside is None else beside.lines.end
        written = (beside.exported if beside else "") + self._name(path, path[0]) + self._assigned(path, value)
        ended = at == 0 or self.text[at - 1] in "\r\n\ufeff"
        return [(Span(at, at), written + self._newline if ended else self._newline + written)]

    def _remove(self, path: Path) -> Sequence[Edit]:
        self._check_unreferred(path, path[0])
        edits = [(one.lines, "") for one in self._named(path)]
        last = edits[-1][0]
        if last.end == len(self.text) and self.text[-1] not in "\r\n":
            # A text without a final newline has none afterwards.
            kept = self.text[: last.start]
            edits[-1] = (Span(len(kept.removesuffix("\n").removesuffix("\r")), last.end), "")
        return edits

    def _move(self, path: Path, to: Path) -> Sequence[Edit]:
        raise self._cannot(path, f"a .env file has no tables, so it cannot have {len(to)} parts")

    @cached_property
    def _assignments(self) -> tuple[Assignment, ...]:
        return tuple(assignments_of(self.text))

    @property
    def _newline(self) -> str:
        return next((ending for ending in ("\r\n", "\n", "\r") if ending in self.text), "\n")

    def _named(self, path: Path) -> list[Assignment]:
        return [one for one in self._assignments if one.name == path[0]]

    def _check_unreferred(self, path: Path, name: str) -> None:
        """Refuse to touch a name that a line fills in: it would get another value, or lose it without a word."""
        for one in self._assignments:
            for atom in parse_variables(one.raw or ""):
                if isinstance(atom, Variable) and atom.name == name:
                    line = line_at(self.text, one.key.start)
                    what = "it" if name == path[-1] else "the new name"
                    raise self._cannot(path, f"line {line} refers to {what}")

    def _name(self, path: Path, name: str, *, quoted: bool = False) -> str:
        written = written_name(name, quoted=quoted)
        if written is None:
            raise self._cannot(path, "the name cannot be written in a .env file")
        return written

    def _assigned(self, path: Path, value: object) -> str:
        return "" if value is None else f"={self._text(path, value)}"

    def _text(self, path: Path, value: object, before: str = "") -> str:
        if not isinstance(value, str):
            raise self._cannot(path, "a .env file has nothing but texts")
        if any(isinstance(atom, Variable) for atom in parse_variables(value)):
            raise self._cannot(path, "the value would be filled in from other settings")
        return written_text(value, before)
