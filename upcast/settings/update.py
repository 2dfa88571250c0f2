"""Brings files of settings to today's keys by editing nothing but the entries concerned, and back for a rollback."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs

from upcast._paths import Path
from upcast._releases import parse_release
from upcast.settings._documents._document import Document, Kind
from upcast.settings._update._chain import Versions
from upcast.settings._update._diff import masked_diff
from upcast.settings._update._files import FileChanged, replace_file
from upcast.settings._update._keys import Change, Prefer, Updating
from upcast.settings._update._places import DotenvPlaces, FilePlaces
from upcast.settings._update._plan import Backwards, Planned, forwards, means_the_same
from upcast.settings._update._refusals import Refused
from upcast.settings._update._secrets import Secrets
from upcast.settings.documents import read_document, read_file
from upcast.settings.history import History, history_of
from upcast.settings.manifests import is_manifest
from upcast.settings.spelling import Speller

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

__all__ = [
    "Change",
    "FileChanged",
    "FileUpdate",
    "Prefer",
    "Refused",
    "Update",
    "check_way_back",
    "plan_file",
    "plan_update",
    "section_of",
]


@attrs.frozen
class Update:
    """What becomes of the text of a file.

    Attributes:
        settings_class: The settings class.
        kind: In what the file is written.
        text_before: The text as it is.
        text_after: The text as it should be; the same where there is nothing to do.
        changes: What is done.
        refused: What is left as it is, for somebody to edit by hand.
        notes: What else to know.
    """

    settings_class: type[BaseSettings]
    kind: Kind
    text_before: str = attrs.field(repr=False)
    text_after: str = attrs.field(repr=False)
    changes: tuple[Change, ...]
    refused: tuple[Refused, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_needed(self) -> bool:
        """Whether the text changes."""
        return self.text_before != self.text_after

    def diff(self, name: str) -> str:
        """The change as a unified diff, in which secrets are masked, and in `.env` all values.

        Args:
            name: The name of the file, for the head of the diff.
        """
        return masked_diff(self.text_before, self.text_after, self.kind, Secrets.of_class(self.settings_class), name)


@attrs.frozen
class FileUpdate:
    """What becomes of a file.

    Attributes:
        path: The file.
        update: What becomes of its text.
        content: What was read of it.
    """

    path: pathlib.Path
    update: Update
    content: bytes = attrs.field(repr=False)

    def diff(self) -> str:
        """See `Update.diff`."""
        return self.update.diff(self.path.as_posix())

    def write(self, *, backup: bool = False) -> pathlib.Path | None:
        """Write the file, so that at every moment there is either the old one or the new one, whole.

        Args:
            backup: Whether to keep the old one beside it, as `NAME.bak`.

        Returns:
            The path of the backup, if there is one.

        Raises:
            FileChanged: The file was changed since it was read.
            FileExistsError: There is a backup already.
            OSError: It cannot be written.
        """
        if not self.update.is_needed:
            return None
        return replace_file(self.path, self.content, self.update.text_after.encode(), backup=backup)


def plan_file(
    settings_class: type[BaseSettings],
    path: pathlib.Path,
    *,
    section: Path | None = None,
    downgrade: bool = False,
    to_release: str | None = None,
    to_version: int | None = None,
    prefer: Prefer | None = None,
) -> FileUpdate:
    """Work out what becomes of a file; nothing is written.

    Args:
        settings_class: The settings class, with a history.
        path: The file; its name says in what it is written.
        section: The table that the class reads; by default that of its `model_config`.
        downgrade: See `plan_update`.
        to_release: See `plan_update`.
        to_version: See `plan_update`.
        prefer: See `plan_update`.

    Raises:
        UnreadableDocument: It is not what its name says.
        OSError: It cannot be read.
    """
    document, content = read_file(path)
    if document.kind == "yaml" and is_manifest(path):
        same = document.text
        return FileUpdate(path, Update(settings_class, document.kind, same, same, (), (_MANIFEST,)), content)
    update = plan_update(
        settings_class,
        document.text,
        document.kind,
        section=section_of(settings_class, path.name, document) if section is None else section,
        downgrade=downgrade,
        to_release=to_release,
        to_version=to_version,
        prefer=prefer,
    )
    return FileUpdate(path, update, content)


def section_of(settings_class: type[BaseSettings], name: str, document: Document) -> Path:
    """The table of a file that a settings class reads, as its `model_config` says.

    Args:
        settings_class: The settings class.
        name: The name of the file.
        document: What is in it.
    """
    config: Any = settings_class.model_config
    if name == "pyproject.toml":
        return tuple(config.get("pyproject_toml_table_header", ("tool", "pydantic-settings")))
    if document.kind == "toml":
        return tuple(config.get("toml_table_header") or ())
    section = config.get("yaml_config_section")
    if document.kind != "yaml" or section is None:
        return ()
    return next(_sections(document.data, section), tuple(section.split(".")))


def plan_update(
    settings_class: type[BaseSettings],
    text: str,
    kind: Kind,
    *,
    section: Path = (),
    downgrade: bool = False,
    to_release: str | None = None,
    to_version: int | None = None,
    prefer: Prefer | None = None,
) -> Update:
    """Work out what becomes of the text of a file.

    Old keys get the names, places and values of today, values that were retired those that they became, and a file
    with a `schema_version` goes through its chain. All else stays as it is, character by character. What cannot be
    done for certain is refused by name and line, and left alone.

    Args:
        settings_class: The settings class, with a history.
        text: The text.
        kind: In what it is written.
        section: The table that the class reads.
        downgrade: Whether to go back: to the old spellings, where today's release still takes them.
        to_release: With *downgrade* the release to go back to: undo what came after it.
        to_version: With *downgrade* the `schema_version` to go back to; by default it stays.
        prefer: Whose value stays where the file has an old key and its successor, and they differ; None to refuse.

    Raises:
        TypeError: The class has no history.
        ValueError: The arguments make no sense.
        UnreadableDocument: The text is not of this kind.
    """
    history = history_of(settings_class)
    back = check_way_back(history, downgrade=downgrade, to_release=to_release, to_version=to_version)
    document = read_document(text, kind)
    speller = Speller.of_class(settings_class)
    places = DotenvPlaces(speller) if kind == "dotenv" else FilePlaces(speller, section)
    updating = Updating(document, places, prefer)
    versions = None if kind == "dotenv" else Versions(history, section)
    if downgrade:
        planned = back.planned(document, updating, versions)
    else:
        planned = forwards(document, history, updating, versions)
    if (
        not planned.refused
        and prefer != "old"
        and versions is not None
        and not means_the_same(settings_class, history, document, planned.document, section)
    ):
        planned = Planned(document, refused=(_OTHERWISE,))
    return Update(
        settings_class=settings_class,
        kind=kind,
        text_before=document.text,
        text_after=planned.document.text,
        changes=planned.changes,
        refused=planned.refused,
        notes=tuple(dict.fromkeys(back.notes())) if downgrade else (),
    )


_MANIFEST = Refused(
    "manifest",
    "the file",
    problem="it is a manifest of Kubernetes or compose, whose names are not those of a settings file",
    remedy="Find its old names with `upcast settings lint`, and edit it by hand.",
)
_OTHERWISE = Refused("cannot-edit", "the file", problem="it would be read as other settings", remedy="Edit it by hand.")


def check_way_back(history: History, *, downgrade: bool, to_release: str | None, to_version: int | None) -> Backwards:
    """Check what is said of the way back, before any file is read.

    Args:
        history: The history of the settings class.
        downgrade: See `plan_update`.
        to_release: See `plan_update`.
        to_version: See `plan_update`.

    Raises:
        ValueError: It makes no sense.
    """
    if not downgrade and (to_release is not None or to_version is not None):
        raise ValueError("the release and the version to go back to are for a downgrade")
    if to_version is not None and not 1 <= to_version <= history.version:
        raise ValueError(f"version {to_version} is none to go back to: give one from 1 to {history.version}")
    release = parse_release(to_release)
    if to_release is not None and release is None:
        raise ValueError(f"{to_release!r} is no release: write it as 2.1.0")
    return Backwards(history, release, to_version)


def _sections(data: Any, section: str) -> Iterator[Path]:
    """The paths that a dotted section may mean, in the order in which pydantic-settings tries them."""
    if not isinstance(data, dict):
        return
    if section in data:
        yield (section,)
    parts = section.split(".")
    for end in range(len(parts) - 1, 0, -1):
        head = ".".join(parts[:end])
        if head in data:
            yield from ((head, *rest) for rest in _sections(data[head], ".".join(parts[end:])))
