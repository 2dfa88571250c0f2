"""Operations carried out on a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from upcast._paths import ABSENT, Path, get
from upcast.settings._documents._document import CannotEdit, Document
from upcast.settings._documents._wanted import same
from upcast.settings._loading._migration import as_text
from upcast.settings._update._operations import Insert, Move, Operation, Remove, Replace

__all__ = ["carried", "written"]


def carried(document: Document, operations: Iterable[Operation], *, above: Path = ()) -> Document:
    """The document after operations, whose paths are those of the document.

    Args:
        document: The document.
        operations: What is done, in order.
        above: The table that stays, whatever goes out of it.

    Raises:
        CannotEdit: One of them cannot be done safely.
    """
    for operation in operations:
        match operation:
            case Move(path, to):
                document = document.move(*_lifted(document.data, path, to, len(above)))
            case Replace(path, value):
                if not _is_there(document, path, value):
                    _check_composed(document, path)
                    document = document.replace(path, written(document, value))
            case Insert(path, value, after):
                document = document.insert(path, written(document, value), after=after)
            case Remove(path):
                # What moved out of a table may have taken the table with it.
                if get(document.data, path) is not ABSENT:
                    document = document.remove(path)
    return document


def _is_there(document: Document, path: Path, value: Any) -> bool:
    """Whether an entry has a value already; in `.env`, where all are texts, as it is written there."""
    found = get(document.data, path)
    if document.kind == "dotenv":
        return bool(found == written(document, value))
    return same(found, value)


def written(document: Document, value: Any) -> Any:
    """A value as the document has it: a text in `.env`."""
    if document.kind != "dotenv":
        return value
    text = as_text(value)
    return msgspec.json.encode(value).decode() if text is None else text


def _lifted(data: Mapping[str, Any], path: Path, to: Path, above: int) -> tuple[Path, Path]:
    """The tables around two places instead of the places, where the one holds nothing else and the other is new.

    A header with another name is the smaller change.
    """
    while (
        path[-1] == to[-1]
        and min(len(path), len(to)) > above + 1
        and len(get(dict(data), path[:-1])) == 1
        and get(dict(data), to[:-1]) is ABSENT
    ):
        path, to = path[:-1], to[:-1]
    return path, to


def _check_composed(document: Document, path: Path) -> None:
    """Refuse to write down what other variables say today."""
    for spot in document.spots().get(path, ()):
        if document.kind == "dotenv" and "${" in spot.value.of(document.text):
            raise CannotEdit(path, spot.line, "its value is made of other variables")
