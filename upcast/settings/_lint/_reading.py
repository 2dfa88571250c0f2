"""What was given, as sources: files, `.env` files, the environment and secrets directories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs
from pydantic_settings import BaseSettings

from upcast._paths import Path as Key
from upcast.settings._lint._finding import SettingsFinding, finding
from upcast.settings._lint._sources import Names, Tree
from upcast.settings._lint._text import UnreadableFile, read_text
from upcast.settings._lint._versions import in_todays_version
from upcast.settings._manifests._records import UNKNOWN, Variable
from upcast.settings.documents import Document, Kind, UnreadableDocument, kind_of, read_document
from upcast.settings.history import History
from upcast.settings.manifests import variables_of
from upcast.settings.spelling import Speller

__all__ = ["Reading"]

_LABELS: Final[Mapping[Kind, str]] = {"toml": "TOML file", "yaml": "YAML file", "json": "JSON file"}
_MOST_SECRETS: Final = 10_000


@attrs.frozen
class Reading:
    """Reads sources for one settings class, and notes what cannot be read.

    Attributes:
        settings_class: The class.
        history: Its history.
        speller: Its rules for names.
        findings: What could not be read, so far.
    """

    settings_class: type[BaseSettings]
    history: History
    speller: Speller
    findings: list[SettingsFinding] = attrs.field(factory=list)

    def unreadable(self, file: str, problem: str, line: int | None = None) -> None:
        """Note that something cannot be read.

        Args:
            file: The path of the file.
            problem: Why, without a piece of it.
            line: Where.
        """
        message = f"{Path(file).name} {problem}"
        remedy = "Correct it: what stands in it was not looked at."
        self.findings.append(
            finding("source-unreadable", self.history.name, message, remedy=remedy, file=file, line=line)
        )

    def file(self, path: Path) -> Tree | Names | None:
        """A file, as what its name says that it is; None where it cannot be read or has nothing of the class."""
        kind = kind_of(path)
        if kind is None:
            self.unreadable(str(path), "is of no known kind: .toml, .yaml, .yml, .json, .env or .env.*")
            return None
        if kind == "dotenv":
            return self.env_file(path)
        document = self._document(path, kind)
        if document is None:
            return None
        section = self._section(path, kind)
        table: Any = document.data
        for part in section:
            table = table.get(part) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            return None
        lines = {
            spot[len(section) :]: spots[-1].line
            for spot, spots in document.spots().items()
            if len(spot) > len(section) and spot[: len(section)] == section
        }
        payload, said = in_todays_version(self.history, table, str(path), lines)
        if said is not None:
            self.findings.append(said)
        return None if payload is None else Tree(_LABELS[kind], self.speller, payload, str(path), lines)

    def env_file(self, path: Path) -> Names | None:
        """A `.env` file, whatever its name; None where it cannot be read."""
        try:
            return Names.of(".env file", self.speller, variables_of(path), dotenv=True)
        except UnreadableFile as error:
            self.unreadable(str(path), str(error))
        except UnreadableDocument as error:
            self.unreadable(str(path), error.problem, error.line)
        return None

    def secrets(self, folder: Path) -> Names | None:
        """A secrets directory; None where there is none."""
        try:
            inside = folder.resolve()
            files = sorted(file for file in folder.iterdir() if file.is_file() and inside in file.resolve().parents)
        except (OSError, ValueError):
            self.unreadable(str(folder), "is no directory that can be read")
            return None
        if len(files) > _MOST_SECRETS:
            self.unreadable(str(folder), f"has more than {_MOST_SECRETS:,} files")
            return None
        return Names.of("secrets directory", self.speller, self._secrets(files))

    def _secrets(self, files: list[Path]) -> Iterator[Variable]:
        for file in files:
            try:
                yield Variable(file.name, read_text(file).strip(), str(file))
            except UnreadableFile as error:
                self.unreadable(str(file), str(error))
                yield Variable(file.name, UNKNOWN, str(file))

    def environment(self, environ: Mapping[str, str]) -> Names:
        """The environment of a process."""
        return Names.of(
            "environment", self.speller, (Variable(name, value, owner="environment") for name, value in environ.items())
        )

    def _document(self, path: Path, kind: Kind) -> Document | None:
        try:
            return read_document(read_text(path), kind)
        except UnreadableFile as error:
            self.unreadable(str(path), str(error))
        except UnreadableDocument as error:
            self.unreadable(str(path), error.problem, error.line)
        return None

    def _section(self, path: Path, kind: Kind) -> Key:
        """The table of a file that is about the class."""
        config: Mapping[str, Any] = self.settings_class.model_config
        if path.name == "pyproject.toml":
            return tuple(config.get("pyproject_toml_table_header") or ("tool", "pydantic-settings"))
        if kind == "toml":
            return tuple(config.get("toml_table_header") or ())
        section = config.get("yaml_config_section") if kind == "yaml" else None
        return tuple(section.split(".")) if isinstance(section, str) else ()
