"""What the tests of documents share: the corpus, edits worked out a second time, and texts without some spans."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from pathlib import Path as File
from typing import Any

from upcast.settings.documents import Document, Path, Span, read_file

CORPUS = File(__file__).parent.parent / "corpus"

# What becomes of the keys of the corpus; those without a new path go.
LEGACY: dict[Path, Path | None] = {
    ("cache_timeout",): ("cache_ttl_seconds",),
    ("timeout_minutes",): ("timeout_seconds",),
    ("db_url",): ("database", "url"),
    ("address",): ("host",),
    ("smtp_host",): ("smtp_address",),
    ("debug_toolbar",): None,
    ("network", "proxy"): ("network", "http_proxy"),
}
# Where the settings of a file stand that is not theirs alone.
SECTIONS: dict[str, Path] = {"section-of-pyproject.toml": ("tool", "shop"), "section-inline.toml": ("tool", "shop")}


def files_of(kind: str) -> list[File]:
    """The files of a kind in the corpus."""
    return sorted((CORPUS / kind).glob(f"*.{kind}"))


def document_of(file: File) -> Document:
    """A file of the corpus."""
    return read_file(file)[0]


def legacy_in(file: File, document: Document) -> Iterator[tuple[Path, Path | None]]:
    """The old keys that a file of the corpus has, with their new ones."""
    section = SECTIONS.get(file.name, ())
    for old, new in LEGACY.items():
        if (*section, *old) in document.spots():
            yield (*section, *old), None if new is None else (*section, *new)


def keys_of(data: dict[str, Any], above: Path = ()) -> set[Path]:
    """Every key, also those of the tables inside; not those inside lists."""
    return {
        path
        for name, value in data.items()
        for path in ((*above, name), *(keys_of(value, (*above, name)) if isinstance(value, dict) else ()))
    }


def at(data: Any, path: Path) -> Any:
    """What stands there."""
    for part in path:
        data = data[part]
    return data


def without(data: dict[str, Any], path: Path) -> dict[str, Any]:
    """The data without a key, and without the tables that become empty by it."""
    result = copy.deepcopy(data)
    del at(result, path[:-1])[path[-1]]
    for end in range(len(path) - 1, 0, -1):
        if not at(result, path[:end]):
            del at(result, path[: end - 1])[path[end - 1]]
    return result


def with_value(data: dict[str, Any], path: Path, value: object) -> dict[str, Any]:
    """The data with a value at a key, whose parents are made."""
    result = copy.deepcopy(data)
    table = result
    for part in path[:-1]:
        table = table.setdefault(part, {})
    table[path[-1]] = value
    return result


def with_name(data: dict[str, Any], path: Path, name: str) -> dict[str, Any]:
    """The data with another name for a key."""
    result = copy.deepcopy(data)
    table = at(result, path[:-1])
    table[name] = table.pop(path[-1])
    return result


def alike(one: object, other: object) -> bool:
    """Whether two values are the same in every type; the order of keys means nothing, and a NaN is a NaN."""

    def told(value: object) -> object:
        if isinstance(value, dict):
            return sorted((name, told(each)) for name, each in value.items())
        return [told(each) for each in value] if isinstance(value, list) else f"{type(value).__name__} {value!r}"

    return repr(told(one)) == repr(told(other))


def outside(text: str, spans: Iterable[Span]) -> list[str]:
    """The pieces of a text between spans."""
    pieces, end = [], 0
    for span in sorted(spans, key=lambda span: span.start):
        pieces.append(text[end : span.start])
        end = span.end
    return [*pieces, text[end:]]


def is_shortened(text: str, original: str) -> bool:
    """Whether a text is the original with letters left out, and nothing else."""
    letters = iter(original)
    return all(letter in letters for letter in text)


def errors_of(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it was raised from or in the course of."""
    seen: list[BaseException | None] = [error]
    while seen:
        found = seen.pop()
        if found is not None:
            yield found
            seen += [found.__cause__, found.__context__]


def line_of(text: str, offset: int) -> int:
    """The line of a character: lines end in a line feed, a carriage return, or both."""
    return len(re.split(r"\r\n|\n|\r", text[:offset]))
