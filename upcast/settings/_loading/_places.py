"""Where a key stands in what a source reads: file, line, and the spelling that is found there."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import attrs
import pydantic_settings as ps

from upcast._paths import Path, dotted
from upcast.settings._loading._kinds import files_of, is_flat, label_of, section_of
from upcast.settings._named_paths import named_paths
from upcast.settings.legacy import Legacy
from upcast.settings.spelling import Speller
from upcast.settings.uses import Place

if TYPE_CHECKING:
    from upcast.settings.documents import Kind, Spot

__all__ = ["Said", "file_rank", "place_of", "spelled"]


@attrs.frozen
class Said:
    """A source that is known by nothing but what it said.

    Attributes:
        settings_cls: The settings class.
        name: The name of its class.
        written: How keys are written there, where that is known.
    """

    settings_cls: type[ps.BaseSettings]
    name: str
    written: Mapping[Path, str] = attrs.field(factory=dict)

    @classmethod
    def of_arguments(cls, settings_class: type[ps.BaseSettings], written: Mapping[Path, str]) -> Said:
        """The arguments of a command line."""
        return cls(settings_class, ps.CliSettingsSource.__name__, written)


def spelled(source: Any, speller: Speller, path: Path, legacy: Legacy | None = None) -> str:
    """How a key is written in a kind of source."""
    if isinstance(source, Said):
        return speller.flag(path)
    if not is_flat(source):
        return speller.in_file(path)
    # This source has a file for a model as a whole, whatever the delimiter of the environment.
    whole = len(path) > 1 and isinstance(source, ps.SecretsSettingsSource)
    return next(
        (_inside(name, rest) for name, rest in _names(speller, path, legacy) if not whole or rest == path[1:]),
        dotted(path),
    )


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
        flag = source.written.get(path) or speller.flag(path)
        return Place("command line", flag) if is_cli else Place(source.name, speller.in_file(path))
    label = label_of(type(source))
    names = _names(speller, path, legacy) if is_flat(source) else []
    found: Place | None
    if isinstance(source, ps.DotEnvSettingsSource):
        found = _place_in_dotenv(source, speller, names)
    elif isinstance(source, ps.SecretsSettingsSource | ps.NestedSecretsSettingsSource):
        rests = {speller.folded(name): rest for name, rest in reversed(names)}
        files = (file for file in _secret_files(source) if speller.folded(file.name) in rests)
        found = next(
            (Place(label, _inside(file.name, rests[speller.folded(file.name)]), str(file)) for file in files), None
        )
    elif label == "environment":
        found = next(
            (Place(label, _inside(there, rest)) for name, rest in names if (there := _variable(name, speller))), None
        )
    else:
        found = _place_in_file(source, speller, path)
    return found or Place(label, spelled(source, speller, path, legacy))


def _variable(name: str, speller: Speller) -> str | None:
    """How a name stands in the environment; None where it does not."""
    if name in os.environ:
        return name
    if speller.case_sensitive:
        return None
    folded = speller.folded(name)
    return next((there for there in os.environ if speller.folded(there) == folded), None)


def _place_in_dotenv(source: Any, speller: Speller, names: Sequence[tuple[str, Path]]) -> Place | None:
    for file in reversed(files_of(source)):
        text = _text(file, source.env_file_encoding)
        for name, rest in names:
            if found := _in_dotenv(text, name, speller):
                return Place(label_of(type(source)), _inside(found[0], rest), str(file), found[1])
    return None


def _place_in_file(source: Any, speller: Speller, path: Path) -> Place | None:
    for file in reversed(files_of(source)):
        line = _line_in(file, (*section_of(source), *speller.file_path(path)))
        if line is not None:
            return Place(label_of(type(source)), speller.in_file(path), str(file), line)
    return None


def file_rank(source: Any, place: Place) -> int:
    """Which of the files or secrets directories of a source a place is in: the higher one wins."""
    if isinstance(source, ps.SecretsSettingsSource | ps.NestedSecretsSettingsSource):
        names, file = list(map(str, reversed(_secret_folders(source)))), str(FilePath(place.file).parent)
    else:
        names, file = [str(each) for each in files_of(source)], place.file
    return names.index(file) if file in names else 0


def _names(speller: Speller, path: Path, legacy: Legacy | None) -> list[tuple[str, Path]]:
    """The names under which a key can stand, and where inside the text that a name has."""
    found: list[tuple[str, Path]] = [(name, ()) for name in speller.env_names(path, legacy)]
    for depth in range(len(path) - 1, 0, -1):
        found += [(name, path[depth:]) for name in speller.env_names(path[:depth])]
    if legacy is None and path[0] not in speller.settings_class.model_fields:
        found.append((path[0], path[1:]))  # an alias, or what nobody knows: `.env` files hand it on as they have it
    return found


def _inside(name: str, rest: Path) -> str:
    return f"{dotted(rest)} in {name}" if rest else name


def _secret_files(source: Any) -> list[FilePath]:
    """The files of secrets directories, those that win first."""
    found = []
    for folder in _secret_folders(source):
        found += sorted(file for file in folder.glob("*") if file.is_file()) if folder.is_dir() else []
    return found


def _secret_folders(source: Any) -> list[FilePath]:
    return named_paths(source.secrets_dir)[::-1]


def _in_dotenv(text: str, name: str, speller: Speller) -> tuple[str, int] | None:
    flags = re.MULTILINE if speller.case_sensitive else re.MULTILINE | re.IGNORECASE
    found = list(
        re.finditer(rf"^[^\S\n]*(?:export[^\S\n]+)?['\"]?({re.escape(name)})['\"]?[^\S\n]*(?:=|$)", text, flags)
    )
    if len(found) == 1:
        return found[0][1], text.count("\n", 0, found[0].start(1)) + 1
    if not found:
        return None
    # The name is also in a value of several lines, or set twice: only reading the file tells.
    spots = [
        spot
        for path, several in _spots(text, "dotenv").items()
        if speller.folded(path[0]) == speller.folded(name)
        for spot in several
    ]
    last = max(spots, key=lambda spot: spot.line, default=None)
    return (last.path[0], last.line) if last else None


def _line_in(file: FilePath, path: Path) -> int | None:
    from upcast.settings.documents import kind_of  # see `_spots`

    kind = kind_of(file)
    if kind is None:
        return None
    text = _text(file, None)
    if len(path) == 1:
        # Most files name a key once; then there is no need to read them again.
        found = list(re.finditer(rf"(?<![\w.-])['\"]?{re.escape(path[0])}['\"]?[^\S\n]*[:=]", text))
        if len(found) == 1:
            return text.count("\n", 0, found[0].start()) + 1
    spots = _spots(text, kind)
    for depth in range(len(path), 0, -1):
        several = spots.get(path[:depth])
        if several:
            return several[-1].line
    return None


@functools.lru_cache(maxsize=4)  # of a big file many keys are told
def _spots(text: str, kind: Kind) -> Mapping[Path, tuple[Spot, ...]]:
    # Imported where it is needed: it knows every format, and most loads need none.
    from upcast.settings.documents import UnreadableDocument, read_document

    try:
        return read_document(text, kind).spots()
    except UnreadableDocument:
        return {}


def _text(file: FilePath, encoding: str | None) -> str:
    try:
        return file.read_text(encoding=encoding or "utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""
