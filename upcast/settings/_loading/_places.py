"""Where a key stands in what a source reads: file, line, and the spelling that is found there."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Any

import attrs
import pydantic_settings as ps

from upcast._paths import Path, dotted
from upcast.settings._loading._kinds import files_of, is_flat, label_of, section_of
from upcast.settings.legacy import Legacy
from upcast.settings.spelling import Speller
from upcast.settings.uses import Place

__all__ = ["Said", "file_rank", "place_of", "spelled"]


@attrs.frozen
class Said:
    """A source that is known by nothing but what it said.

    Attributes:
        settings_cls: The settings class.
        name: The name of its class.
    """

    settings_cls: type[ps.BaseSettings]
    name: str


def spelled(source: Any, speller: Speller, path: Path, legacy: Legacy | None = None) -> str:
    """How a key is written in a kind of source."""
    if isinstance(source, Said):
        return speller.flag(path)
    if is_flat(source):
        names = speller.env_names(path, legacy)
        return names[0] if names else dotted(path)
    return speller.in_file(path)


def place_of(source: Any, speller: Speller, path: Path, legacy: Legacy | None = None) -> Place:
    """Where a key stands that a source has.

    Args:
        source: The source.
        speller: Its rules.
        path: The key, as today's class or an old declaration has it.
        legacy: The declaration, for an old key.
    """
    if isinstance(source, Said):
        is_cli = source.name == ps.CliSettingsSource.__name__
        return Place("command line", speller.flag(path)) if is_cli else Place(source.name, speller.in_file(path))
    label = label_of(type(source))
    names = _names(speller, path, legacy) if is_flat(source) else []
    found: Place | None
    if isinstance(source, ps.DotEnvSettingsSource):
        found = _place_in_dotenv(source, speller, names)
    elif isinstance(source, ps.SecretsSettingsSource | ps.NestedSecretsSettingsSource):
        named = {speller.folded(name) for name in names}
        files = (file for file in _secret_files(source) if speller.folded(file.name) in named)
        found = next((Place(label, file.name, str(file)) for file in files), None)
    elif label == "environment":
        there = {speller.folded(name): name for name in os.environ}
        found = next((Place(label, there[each]) for name in names if (each := speller.folded(name)) in there), None)
    else:
        found = _place_in_file(source, speller, path)
    return found or Place(label, spelled(source, speller, path, legacy))


def _place_in_dotenv(source: Any, speller: Speller, names: Sequence[str]) -> Place | None:
    for file in reversed(files_of(source)):
        for name in names:
            if found := _in_dotenv(file, name, speller, source.env_file_encoding):
                return Place(label_of(type(source)), found[0], str(file), found[1])
    return None


def _place_in_file(source: Any, speller: Speller, path: Path) -> Place | None:
    for file in reversed(files_of(source)):
        line = _line_in(file, (*section_of(source), *speller.file_path(path)))
        if line is not None:
            return Place(label_of(type(source)), speller.in_file(path), str(file), line)
    return None


def file_rank(source: Any, place: Place) -> int:
    """Which of the files of a source a place is in: the higher one wins."""
    names = [str(file) for file in files_of(source)]
    return names.index(place.file) if place.file in names else 0


def _names(speller: Speller, path: Path, legacy: Legacy | None) -> Sequence[str]:
    """The names under which a key can stand, itself or inside the text of what is above it."""
    found = list(speller.env_names(path, legacy))
    for depth in range(len(path) - 1, 0, -1):
        found += speller.env_names(path[:depth])
    return found


def _secret_files(source: Any) -> list[FilePath]:
    """The files of secrets directories, those that win first."""
    given = source.secrets_dir
    folders = [given] if isinstance(given, str | os.PathLike) else list(given or ())
    found = []
    for folder in reversed([FilePath(each).expanduser() for each in folders]):
        found += sorted(file for file in folder.glob("*") if file.is_file()) if folder.is_dir() else []
    return found


def _in_dotenv(file: FilePath, name: str, speller: Speller, encoding: str | None) -> tuple[str, int] | None:
    text = _text(file, encoding)
    flags = re.MULTILINE if speller.case_sensitive else re.MULTILINE | re.IGNORECASE
    found = list(
        re.finditer(rf"^[^\S\n]*(?:export[^\S\n]+)?['\"]?({re.escape(name)})['\"]?[^\S\n]*(?:=|$)", text, flags)
    )
    if len(found) == 1:
        return found[0][1], text.count("\n", 0, found[0].start(1)) + 1
    if not found:
        return None
    from upcast.settings.documents import read_document  # only needed here, and it knows every format

    # The name is also in a value of several lines, or set twice: only reading the file tells.
    spots = [
        spot
        for path, several in read_document(text, "dotenv").spots().items()
        if speller.folded(path[0]) == speller.folded(name)
        for spot in several
    ]
    last = max(spots, key=lambda spot: spot.line, default=None)
    return (last.path[0], last.line) if last else None


def _line_in(file: FilePath, path: Path) -> int | None:
    from upcast.settings.documents import UnreadableDocument, kind_of, read_document  # as above

    kind = kind_of(file)
    if kind is None:
        return None
    text = _text(file, None)
    if len(path) == 1:
        # Most files name a key once; then there is no need to read them again.
        found = list(re.finditer(rf"(?<![\w.-])['\"]?{re.escape(path[0])}['\"]?[^\S\n]*[:=]", text))
        if len(found) == 1:
            return text.count("\n", 0, found[0].start()) + 1
    try:
        spots = read_document(text, kind).spots()
    except UnreadableDocument:
        return None
    for depth in range(len(path), 0, -1):
        several = spots.get(path[:depth])
        if several:
            return several[-1].line
    return None


def _text(file: FilePath, encoding: str | None) -> str:
    try:
        return file.read_text(encoding=encoding or "utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""
