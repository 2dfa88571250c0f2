"""Where keys stand in a file: as tables in TOML, YAML and JSON, as names in `.env`."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from upcast._paths import ABSENT, Path, dotted, get, put
from upcast.settings._documents._document import Document
from upcast.settings._update._refusals import Refused, Refusing
from upcast.settings.legacy import Legacy
from upcast.settings.spelling import Speller, aliases

__all__ = ["DotenvPlaces", "FilePlaces", "Found", "Places", "lines"]


@attrs.frozen
class Found:
    """A key that stands in a file.

    Attributes:
        value: Its value, a nested object where it is one.
        entries: Its entries: for each key at or below it the path in the file.
        inside: The entry whose JSON text holds it; None where it has entries of its own.
    """

    value: Any = attrs.field(repr=False)
    entries: Mapping[Path, Path]
    inside: Path | None = None

    @property
    def first(self) -> Path:
        """The first of its entries; there is none where it stands inside a text."""
        return next(iter(self.entries.values()))


@attrs.frozen
class Places(ABC):
    """How the keys of a settings class are written in a file.

    Attributes:
        speller: The rules of the class.
    """

    speller: Speller

    @abstractmethod
    def find(self, document: Document, key: Path, legacy: Legacy | None = None) -> Found | None:
        """What the file has of a key.

        Args:
            document: The file.
            key: The key: of today's class, or an old one.
            legacy: The declaration that an old key belongs to.

        Raises:
            Refusing: It is there in a way that leaves open which entry counts.
        """

    @abstractmethod
    def path(self, key: Path, like: Path, legacy: Legacy | None = None) -> Path | None:
        """Where a new entry of a key goes, written like an entry that the file has; None where it has no name there."""

    @abstractmethod
    def told(self, path: Path) -> str:
        """An entry as messages name it."""


@attrs.frozen
class FilePlaces(Places):
    """Keys in TOML, YAML and JSON.

    Attributes:
        section: The table that the class reads.
    """

    section: Path = ()

    def find(self, document: Document, key: Path, legacy: Legacy | None = None) -> Found | None:  # noqa: ARG002
        """See `Places.find`."""
        there = [path for path in self._spellings(key) if get(document.data, path) is not ABSENT]
        if len(there) > 1:
            at = tuple(line for path in there for line in lines(document, path))
            raise Refusing(_twice([self.told(path) for path in there], at))
        return Found(get(document.data, there[0]), {key: there[0]}) if there else None

    def path(self, key: Path, like: Path, legacy: Legacy | None = None) -> Path:  # noqa: ARG002
        """See `Places.path`."""
        return (*self.section, *self.speller.file_path(key))

    def told(self, path: Path) -> str:
        """See `Places.told`."""
        return dotted(path[len(self.section) :])

    def _spellings(self, key: Path) -> Iterator[Path]:
        known = key[0] in self.speller.settings_class.model_fields
        for head in aliases(self.speller.settings_class, key[0]) if known else (key[0],):
            yield (*self.section, head, *key[1:])


@attrs.frozen
class DotenvPlaces(Places):
    """Keys in `.env` files."""

    def find(self, document: Document, key: Path, legacy: Legacy | None = None) -> Found | None:
        """See `Places.find`."""
        names = self._names(document)
        whole = [self.speller.folded(name) for name in self.speller.env_names(key, legacy)]
        there = [written for name in whole for written in names.get(name, ())]
        below = self._below(document, names, key, whole)
        if len(there) > 1 or (there and below):
            every = [*there, *(name for (name,) in (below.entries.values() if below else ()))]
            raise Refusing(_twice(every, tuple(line for name in every for line in lines(document, (name,)))))
        if there:
            return Found(document.data[there[0]], {key: (there[0],)})
        return below or self._inside(document, names, key, legacy)

    def path(self, key: Path, like: Path, legacy: Legacy | None = None) -> Path | None:
        """See `Places.path`."""
        names = self.speller.env_names(key, legacy)
        if not names:
            return None
        keeps_case = self.speller.case_sensitive or not like[0].islower()
        return (names[0] if keeps_case else names[0].lower(),)

    def told(self, path: Path) -> str:
        """See `Places.told`."""
        return path[0]

    def _names(self, document: Document) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in document.data:
            found.setdefault(self.speller.folded(name), []).append(name)
        return found

    def _below(self, document: Document, names: Mapping[str, list[str]], key: Path, whole: list[str]) -> Found | None:
        """An object whose members have names of their own."""
        if self.speller.delimiter is None:
            return None
        delimiter = self.speller.folded(self.speller.delimiter)
        value: dict[str, Any] = {}
        entries: dict[Path, Path] = {}
        for folded, written in names.items():
            head = next((f"{name}{delimiter}" for name in whole if folded.startswith(f"{name}{delimiter}")), None)
            if head is None:
                continue
            inner = tuple(folded[len(head) :].split(delimiter))
            put(value, inner, document.data[written[0]])
            entries[(*key, *inner)] = (written[0],)
        return Found(value, entries) if entries else None

    def _inside(
        self, document: Document, names: Mapping[str, list[str]], key: Path, legacy: Legacy | None
    ) -> Found | None:
        """A member of an object that stands there as one JSON text."""
        for depth in range(len(key) - 1, 0, -1):
            for name in self.speller.env_names(key[:depth], legacy):
                written = names.get(self.speller.folded(name), [""])[0]
                value = get(_parsed(document.data.get(written)), key[depth:])
                if value is not ABSENT:
                    return Found(value, {}, (written,))
        return None


def lines(document: Document, path: Path) -> tuple[int, ...]:
    """The lines where an entry stands, where they are known."""
    return tuple(spot.line for spot in document.spots().get(path, ()))


def _twice(names: list[str], at: tuple[int, ...]) -> Refused:
    return Refused(
        "ambiguous",
        ", ".join(dict.fromkeys(names)),
        lines=at,
        problem="the same key is written in two ways",
        remedy="Keep one of them.",
    )


def _parsed(text: object) -> dict[str, Any]:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
