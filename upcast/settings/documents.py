"""Documents that settings are read from, with edits that change nothing but what they must.

A document is read by the library of its format, as pydantic-settings does it; edits replace spans of the original text,
so that comments, order, quotes, indentation and line endings stay.
"""

from __future__ import annotations

import os
import pathlib

from upcast._atomic import write_whole
from upcast.settings._documents._document import CannotEdit, Document, Kind, Path, Span, Spot, UnreadableDocument

__all__ = [
    "CannotEdit",
    "Document",
    "Kind",
    "Path",
    "Span",
    "Spot",
    "UnreadableDocument",
    "kind_of",
    "read_document",
    "read_file",
    "write_file",
]

_SUFFIXES: dict[str, Kind] = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".env": "dotenv"}


def read_document(text: str, kind: Kind) -> Document:
    """Read a text.

    Args:
        text: The text, with its line endings, and with the byte order mark if it has one.
        kind: In what it is written.

    Raises:
        UnreadableDocument: It is none of this kind.
        MissingExtra: The library of the format is not installed.
    """
    match kind:
        case "toml":
            from upcast.settings._documents._toml import TomlDocument

            return TomlDocument.read(text)
        case "json":
            from upcast.settings._documents._json import JsonDocument

            return JsonDocument.read(text)
        case "yaml":
            from upcast.settings._documents._yaml import YamlDocument

            return YamlDocument.read(text)
        case "dotenv":
            from upcast.settings._documents._dotenv import DotenvDocument

            return DotenvDocument.read(text)


def kind_of(path: pathlib.Path) -> Kind | None:
    """In what a file is written, by its name; None where the name does not tell.

    The end of the name decides (`.toml`, `.yaml`, `.yml`, `.json`, `.env`), and else its beginning (`.env.local`).
    """
    name = path.name.lower()
    found = next((kind for suffix, kind in _SUFFIXES.items() if name.endswith(suffix)), None)
    return found or ("dotenv" if name.startswith(".env.") else None)


def read_file(path: pathlib.Path, *, kind: Kind | None = None) -> tuple[Document, bytes]:
    """Read a file, in UTF-8.

    Args:
        path: The file.
        kind: In what it is written; by default what its name tells.

    Returns:
        The document and the bytes of the file.

    Raises:
        UnreadableDocument: It is none of this kind, or nobody can tell of which kind it is.
        MissingExtra: The library of the format is not installed.
        OSError: The file cannot be read.
    """
    kind = kind or kind_of(path)
    if kind is None:
        known = ", ".join(_SUFFIXES)
        raise UnreadableDocument(None, None, f"the name does not tell what the file is written in: {known}, .env.*")
    content = path.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    else:
        return read_document(text, kind), content
    # Outside of the handler: what was raised there holds the whole file.
    raise UnreadableDocument(kind, line, "the file is not in UTF-8")


def write_file(path: pathlib.Path, text: str) -> None:
    """Write a file so that at every moment there is either the old one or the new one, whole.

    The mode stays, and of a symbolic link it is the file behind it that is written. Byte order mark and line endings
    are those of the text.

    Raises:
        OSError: It cannot be written.
    """
    write_whole(pathlib.Path(os.path.realpath(path)), text.encode())
