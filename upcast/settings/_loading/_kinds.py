"""What kind of source a source of pydantic-settings is: how it is called, and which files it reads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Any

import pydantic_settings as ps

from upcast._paths import Path
from upcast.settings._named_paths import named_paths

__all__ = ["files_of", "is_flat", "label_of", "section_of"]

_LABELS: tuple[tuple[type, str], ...] = (
    (ps.DotEnvSettingsSource, ".env file"),
    (ps.NestedSecretsSettingsSource, "secrets directory"),
    (ps.SecretsSettingsSource, "secrets directory"),
    (ps.PyprojectTomlConfigSettingsSource, "pyproject.toml"),
    (ps.TomlConfigSettingsSource, "TOML file"),
    (ps.YamlConfigSettingsSource, "YAML file"),
    (ps.JsonConfigSettingsSource, "JSON file"),
)
# Of these only the class itself: what is derived from them reads something else, and is called by its own name.
_OWN_LABELS: dict[type, str] = {ps.EnvSettingsSource: "environment", ps.InitSettingsSource: "arguments"}


def label_of(source_class: type) -> str:
    """How a source is called, by its class."""
    found = next((label for known, label in _LABELS if issubclass(source_class, known)), "")
    if found:
        return found
    own = next((cls for cls in source_class.__mro__ if not getattr(cls, "__upcast_made__", False)), source_class)
    return _OWN_LABELS.get(own, own.__name__)


def is_flat(source: object) -> bool:
    """Whether a source has names and texts, as the environment has, and reads only the names it knows."""
    return isinstance(source, ps.EnvSettingsSource | ps.SecretsSettingsSource)


def files_of(source: Any) -> tuple[FilePath, ...]:
    """The files that a source reads and that are there, the one that wins last."""
    if isinstance(source, ps.DotEnvSettingsSource):
        return tuple(_existing(source.env_file, getattr(source, "env_file_depth", 0)))
    for attribute in ("toml_file_path", "yaml_file_path", "json_file_path"):
        if hasattr(source, attribute):
            return tuple(_existing(getattr(source, attribute)))
    return ()


def _existing(given: Any, depth: int = 0) -> Iterable[FilePath]:
    for path in named_paths(given):
        if path.is_file():
            yield path
        elif depth and not path.is_absolute():
            above = (folder / path for folder in list(FilePath.cwd().parents)[:depth])
            yield from [file for file in above if file.is_file()][:1]


def section_of(source: Any) -> Path:
    """The table of its file that a source reads; empty for the file as a whole."""
    if isinstance(source, ps.TomlConfigSettingsSource):
        return tuple(getattr(source, "toml_table_header", ()))
    section = getattr(source, "yaml_config_section", None)
    return tuple(section.split(".")) if isinstance(section, str) else ()
