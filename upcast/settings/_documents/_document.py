"""What documents of every kind share: where keys stand, and edits that are read again before anyone sees them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Protocol, Self

import attrs

from upcast._paths import Path
from upcast.settings._documents._problems import CannotEdit, Kind, UnreadableDocument
from upcast.settings._documents._spans import Edit, Span, items_out, joined, line_at
from upcast.settings._documents._wanted import inserted, keys_of, moved, present, removed, renamed, replaced, same

__all__ = [
    "CannotEdit",
    "Document",
    "Edit",
    "Kind",
    "Path",
    "Span",
    "Spot",
    "TextDocument",
    "UnreadableDocument",
    "items_out",
    "joined",
    "line_at",
]


@attrs.frozen
class Spot:
    """Where a key stands with its value.

    Attributes:
        path: The key.
        key: The last part of it as it is written, with its quotes.
        value: The value as it is written, with its quotes and without comments. Of a table that is written in pieces,
            what this piece says of it: the body of a header, or what follows in a dotted key.
        line: The line of the key, from 1.
    """

    path: Path
    key: Span
    value: Span
    line: int


class Document(Protocol):
    """A text with the data in it. It never changes: each edit returns another document, of the edited text.

    All edits keep every character that they do not have to touch, and read what they made: where that is not exactly
    the data they should have made, they raise `CannotEdit`.
    """

    @property
    def kind(self) -> Kind:
        """In what it is written."""

    @property
    def text(self) -> str:
        """The text as it stands in the file, with its byte order mark and its line endings."""

    @property
    def data(self) -> dict[str, Any]:
        """What pydantic-settings reads from it; not to be changed."""

    def spots(self) -> Mapping[Path, tuple[Spot, ...]]:
        """Where each key stands, also those of tables; several where a key stands several times, in order.

        Keys inside lists have no path and no spot. Empty where the keys could not be found for certain: then nothing
        can be edited.
        """

    def rename(self, path: Path, name: str) -> Self:
        """Give the last part of a key another name, in place; quoted as it was, or where it must be.

        Raises:
            CannotEdit: It is not there, the name is taken, or it cannot be done safely.
        """

    def replace(self, path: Path, value: object) -> Self:
        """Give a key another value, written like the old one where both have the same type.

        Raises:
            CannotEdit: It is not there, the value cannot be written, or it cannot be done safely.
        """

    def insert(self, path: Path, value: object, *, after: Path | None = None) -> Self:
        """Add a key, with the tables on the way to it.

        Args:
            path: The key.
            value: Its value.
            after: The key of the same parent behind which it goes; by default the end of the parent.

        Raises:
            CannotEdit: It is there already, the value cannot be written, or it cannot be done safely.
        """

    def remove(self, path: Path) -> Self:
        """Remove a key with the comment at the end of its line, and the tables that become empty by it.

        Comment lines above it stay: they may well speak of more than this key. Those inside a table go with it.

        Raises:
            CannotEdit: It is not there, or it cannot be done safely.
        """

    def move(self, path: Path, to: Path) -> Self:
        """Give a key another parent, with its value as it is written and its comments.

        It stays where it stands if it can; else it goes to the end of the parent, with the comment at the end of its
        line and the comment lines directly above it. Tables that become empty by it go.

        Raises:
            CannotEdit: It is not there, the name is taken, or it cannot be done safely.
        """


@attrs.frozen
class TextDocument(ABC):
    """What is the same in documents of every kind; see `Document`.

    A kind says how a text is read (`read`), where its keys stand (`_scan`), and which spans an edit replaces. What an
    edit should make of the data is worked out here, and compared with what it made.
    """

    kind: ClassVar[Kind]

    text: str = attrs.field(repr=False)
    data: dict[str, Any] = attrs.field(repr=False)

    @classmethod
    @abstractmethod
    def read(cls, text: str) -> Self:
        """Read a text.

        Raises:
            UnreadableDocument: It is none of this kind.
        """

    @abstractmethod
    def _scan(self) -> Mapping[Path, tuple[Spot, ...]]:
        """Where the keys stand; raises ValueError where it cannot tell."""

    @abstractmethod
    def _rename(self, path: Path, name: str) -> Sequence[Edit]:
        """The edits of `rename`; the key is there, the name is free."""

    @abstractmethod
    def _replace(self, path: Path, value: object) -> Sequence[Edit]:
        """The edits of `replace`; the key is there and has another value."""

    @abstractmethod
    def _insert(self, path: Path, value: object, after: Path | None) -> Sequence[Edit]:
        """The edits of `insert`; the key is free, *after* is there and has the same parent."""

    @abstractmethod
    def _remove(self, path: Path) -> Sequence[Edit]:
        """The edits of `remove`; the key is there, and its parent would not become empty."""

    @abstractmethod
    def _move(self, path: Path, to: Path) -> Sequence[Edit]:
        """The edits of `move`; the key is there, *to* is free and has another parent."""

    @cached_property
    def _located(self) -> Mapping[Path, tuple[Spot, ...]]:
        try:
            found = self._scan()
            # The scanner only locates: where it sees other keys than the library of the format, it is not believed.
            return found if found.keys() == set(keys_of(self.data)) else {}
        except (ValueError, RecursionError):
            return {}

    def spots(self) -> Mapping[Path, tuple[Spot, ...]]:
        """See `Document.spots`."""
        return self._located

    def rename(self, path: Path, name: str) -> Self:
        """See `Document.rename`."""
        to = (*path[:-1], name)
        self._check(path, there=to)
        return self if path == to else self._edited(path, self._rename(path, name), renamed(self.data, path, name))

    def replace(self, path: Path, value: object) -> Self:
        """See `Document.replace`."""
        self._check(path)
        wanted = replaced(self.data, path, value)
        return self if same(self.data, wanted) else self._edited(path, self._replace(path, value), wanted)

    def insert(self, path: Path, value: object, *, after: Path | None = None) -> Self:
        """See `Document.insert`."""
        self._check(there=path)
        if after is not None:
            self._check(after)
            if after[:-1] != path[:-1]:
                raise self._cannot(path, "it cannot go behind a key of another parent")
        return self._edited(path, self._insert(path, value, after), inserted(self.data, path, value))

    def remove(self, path: Path) -> Self:
        """See `Document.remove`."""
        self._check(path)
        return self._edited(path, self._remove(self._emptied(path)), removed(self.data, path))

    def move(self, path: Path, to: Path) -> Self:
        """See `Document.move`."""
        if path[:-1] == to[:-1]:
            return self.rename(path, to[-1])
        self._check(path, there=to)
        if to[: len(path)] == path or path[: len(to)] == to:
            raise self._cannot(path, "it cannot be moved into itself")
        return self._edited(path, self._move(path, to), moved(self.data, path, to))

    def _spot(self, path: Path) -> Spot:
        """Where *path* stands: the last place, which is the one that counts where a key stands twice."""
        if path not in self._located:
            raise CannotEdit(path, None, "where it stands cannot be told for certain; edit it by hand")
        return self._located[path][-1]

    def _emptied(self, path: Path) -> Path:
        """The outermost table that becomes empty when *path* goes, or *path* itself."""
        kept = removed(self.data, path)
        return next(path[:end] for end in range(1, len(path) + 1) if not present(kept, path[:end]))

    def _leaving(self, path: Path, to: Path) -> Path:
        """The outermost table that becomes empty when *path* moves, but none that *to* is in; or *path* itself."""
        shared = next(end for end in range(len(path)) if path[end] != to[end])
        return path[: max(len(self._emptied(path)), shared + 1)]

    def _home(self, path: Path) -> Path:
        """The innermost table on the way to a new key that is there already."""
        return path[: next(end for end in range(len(path)) if not present(self.data, path[: end + 1]))]

    def _cannot(self, path: Path, problem: str) -> CannotEdit:
        """The error that says why the edit of *path* cannot be made."""
        spots = self._located.get(path)
        return CannotEdit(path, spots[-1].line if spots else None, problem)

    def _check(self, path: Path | None = None, *, there: Path | None = None) -> None:
        """Refuse a key that is not there, and a new one that is, or that something in the way has no room for."""
        if path is not None:
            if not present(self.data, path):
                raise CannotEdit(path, None, "there is no such key")
            self._spot(path)
        if there is None or there == path:
            return
        if not there or present(self.data, there):
            raise self._cannot(there, "there is such a key already")
        for end in range(1, len(there)):
            if not present(self.data, there[:end]):
                break
            self._spot(there[:end])
            if not isinstance(_at(self.data, there[:end]), dict):
                raise self._cannot(there[:end], "it is no table, so nothing can be put into it")

    def _joined(self, edits: Iterable[Edit]) -> str:
        """The text after edits."""
        return joined(self.text, edits)

    def _edited(self, path: Path, edits: Iterable[Edit], wanted: Mapping[str, Any]) -> Self:
        """The document of the edited text, if it says what it should.

        Raises:
            CannotEdit: It does not.
        """
        text = self._joined(edits)
        try:
            text.encode()  # a lone surrogate cannot stand in a file
            after = self.read(text)
            if same(after.data, wanted):
                return after
        except (UnicodeEncodeError, UnreadableDocument, RecursionError):
            pass
        raise self._cannot(path, "something else would change with it; edit it by hand")


def _at(data: dict[str, Any], path: Path) -> Any:
    value: Any = data
    for part in path:
        value = value[part]
    return value
