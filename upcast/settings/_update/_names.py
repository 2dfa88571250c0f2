"""From operations on keys to operations on the entries of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from upcast._paths import Path, dotted
from upcast.settings._update._operations import Insert, Move, Operation, Remove, Replace
from upcast.settings._update._places import Found, Places
from upcast.settings._update._refusals import Refused, Refusing
from upcast.settings._update._types import natural
from upcast.settings.legacy import Legacy
from upcast.settings.spelling import annotation_at

__all__ = ["Names"]


@attrs.frozen
class Names:
    """How operations on keys become operations on the entries of a file.

    Attributes:
        places: How keys are written in the file.
        found: The keys that are there and go.
        legacy: The declaration that the new entries belong to, where they are old keys.
        lines: Where the entries stand that go.
    """

    places: Places
    found: Mapping[Path, Found]
    legacy: Legacy | None
    lines: tuple[int, ...]

    def spelled(self, operation: Operation) -> Iterator[Operation]:
        """An operation on keys as operations on entries; an object has several entries in `.env`."""
        match operation:
            case Move(path, to):
                for key, entry in self._entries(path):
                    yield Move(entry, self._new((*to, *key[len(path) :])))
            case Replace(path, value):
                yield Replace(self._new(path), self._natural(path, value))
            case Insert(path, value, after):
                yield Insert(self._new(path), self._natural(path, value), None if after is None else self._new(after))
            case Remove(path):
                for _, entry in self._entries(path):
                    yield Remove(entry)

    def _new(self, key: Path) -> Path:
        like = next(iter(self.found.values())).first
        path = self.places.path(key, like, self.legacy)
        if path is None:
            problem = f"{dotted(key)} has no name of its own in such files"
            remedy = "Give the class an env_nested_delimiter, or edit it by hand."
            raise Refusing(Refused("no-name", self.places.told(like), self.lines, problem, remedy))
        return path

    def _natural(self, key: Path, value: Any) -> Any:
        if self.legacy is not None:
            return natural(self.legacy.was.get(key), value)
        return natural(annotation_at(self.places.speller.settings_class, key), value)

    def _entries(self, path: Path) -> Iterator[tuple[Path, Path]]:
        for key, found in self.found.items():
            if path[: len(key)] != key:
                continue
            if key in found.entries:  # one entry has it all
                yield path, (*found.entries[key], *path[len(key) :])
            else:
                yield from ((inner, entry) for inner, entry in found.entries.items() if inner[: len(path)] == path)
