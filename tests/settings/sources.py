"""Settings written into each kind of source, and what a settings class makes of them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pydantic_settings as ps

from upcast.settings import LegacyKeyWarning, LegacyUse, Place

if TYPE_CHECKING:
    import pytest

LAYERS = ("cli", "init", "env", "dotenv", "secrets", "toml", "yaml", "json", "pyproject")
"""The kinds of sources, in the order that the documentation of pydantic-settings gives them."""
FLAT = ("env", "dotenv", "secrets")
"""Those that have nothing but names and texts."""
FILES = ("toml", "yaml", "json", "pyproject")
"""Those that have numbers, lists and tables."""

LABELS = {
    "cli": "command line",
    "init": "arguments",
    "env": "environment",
    "dotenv": ".env file",
    "secrets": "secrets directory",
    "toml": "TOML file",
    "yaml": "YAML file",
    "json": "JSON file",
    "pyproject": "pyproject.toml",
}
PREFIX = "APP_"

Key = tuple[str, ...]
Uses = list[LegacyUse]


def text_of(value: Any) -> str:
    """A value as names and texts have it."""
    return value if isinstance(value, str) else json.dumps(value)


def env_name(key: Key) -> str:
    """A key as the environment has it."""
    return PREFIX + "__".join(key).upper()


def tree_of(entries: Sequence[tuple[Key, Any]]) -> dict[str, Any]:
    """Entries as nested objects."""
    result: dict[str, Any] = {}
    for key, value in entries:
        below = result
        for part in key[:-1]:
            below = below.setdefault(part, {})
        below[key[-1]] = value
    return result


def yaml_of(tree: Mapping[str, Any], depth: int = 0) -> str:
    """Nested objects as YAML."""
    lines = ""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            lines += f"{'  ' * depth}{name}:\n{yaml_of(value, depth + 1)}"
        else:
            lines += f"{'  ' * depth}{name}: {json.dumps(value)}\n"
    return lines


def toml_of(entries: Sequence[tuple[Key, Any]]) -> str:
    """Entries as TOML, each in one line."""
    return "".join(f"{'.'.join(key)} = {toml_value(value)}\n" for key, value in entries)


def toml_value(value: Any) -> str:
    """A value as TOML has it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {toml_value(inner)}" for name, inner in value.items()) + " }"
    return json.dumps(value)


@attrs.frozen
class Loaded:
    """What became of a load.

    Attributes:
        settings: The object, where there is one.
        refused: What was raised instead.
        uses: What the hooks heard.
        warned: The warnings of this package.
    """

    settings: Any
    refused: Exception | None
    uses: Uses
    warned: list[warnings.WarningMessage]


@attrs.define(eq=False)
class World:
    """A folder, an environment and arguments into which settings are written.

    Attributes:
        folder: The working directory.
        patch: What puts variables into the environment.
        entries: What was written, by kind of source.
    """

    folder: Path
    patch: pytest.MonkeyPatch
    entries: dict[str, list[tuple[Key, Any]]] = attrs.field(factory=dict)

    def write(self, layer: str, key: str | Key, value: Any) -> None:
        """Write one setting into a kind of source."""
        self.entries.setdefault(layer, []).append((tuple(key.split(".")) if isinstance(key, str) else key, value))
        getattr(self, f"_write_{layer}")(self.entries[layer])

    def clear(self) -> None:
        """Take everything away that was written."""
        for layer in self.entries:
            if layer == "env":
                for key, _ in self.entries[layer]:
                    self.patch.delenv(env_name(key), raising=False)
            elif layer in LAYERS[3:]:
                target = self.folder / FILE_NAMES[layer]
                for file in target.iterdir() if target.is_dir() else [target]:
                    file.unlink()
        self.entries.clear()

    def _write_cli(self, entries: list[tuple[Key, Any]]) -> None:
        """Arguments are given when settings are loaded."""

    def _write_init(self, entries: list[tuple[Key, Any]]) -> None:
        """Arguments are given when settings are loaded."""

    def _write_env(self, entries: list[tuple[Key, Any]]) -> None:
        for key, value in entries:
            self.patch.setenv(env_name(key), text_of(value))

    def _write_dotenv(self, entries: list[tuple[Key, Any]]) -> None:
        lines = "".join(f"{env_name(key)}='{text_of(value)}'\n" for key, value in entries)
        (self.folder / ".env").write_text(f"# of the shop\n{lines}")

    def _write_secrets(self, entries: list[tuple[Key, Any]]) -> None:
        folder = self.folder / FILE_NAMES["secrets"]
        folder.mkdir(exist_ok=True)
        # A secrets directory knows no delimiter: what is nested is the JSON text of its parent.
        for name, value in tree_of(entries).items():
            (folder / f"{PREFIX}{name}".lower()).write_text(text_of(value) + "\n")

    def _write_toml(self, entries: list[tuple[Key, Any]]) -> None:
        (self.folder / FILE_NAMES["toml"]).write_text(f"# of the shop\n\n{toml_of(entries)}")

    def _write_yaml(self, entries: list[tuple[Key, Any]]) -> None:
        (self.folder / FILE_NAMES["yaml"]).write_text(f"# of the shop\n{yaml_of(tree_of(entries))}")

    def _write_json(self, entries: list[tuple[Key, Any]]) -> None:
        (self.folder / FILE_NAMES["json"]).write_text(json.dumps(tree_of(entries), indent=2))

    def _write_pyproject(self, entries: list[tuple[Key, Any]]) -> None:
        (self.folder / FILE_NAMES["pyproject"]).write_text(f'[project]\nname = "x"\n\n[tool.app]\n{toml_of(entries)}')

    def place(self, layer: str, key: str | Key) -> Place:
        """Where a setting stands that was written."""
        key = tuple(key.split(".")) if isinstance(key, str) else key
        label = LABELS[layer]
        if layer == "cli":
            return Place(label, f"--{'.'.join(key)}")
        if layer == "init":
            return Place(label, ".".join(key))
        if layer == "env":
            return Place(label, env_name(key))
        if layer == "secrets":
            name = f"{PREFIX}{key[0]}".lower()
            inside = f"{'.'.join(key[1:])} in " if key[1:] else ""
            return Place(label, f"{inside}{name}", str(Path(FILE_NAMES["secrets"], name)))
        file = self.folder / FILE_NAMES[layer]
        told = env_name(key) if layer == "dotenv" else ".".join(key)
        mark = {"dotenv": f"{told}=", "yaml": f"{key[-1]}:", "json": f'"{key[-1]}":'}.get(layer, f"{told} =")
        lines = [
            number for number, line in enumerate(file.read_text().splitlines(), 1) if line.strip().startswith(mark)
        ]
        shown = file if layer == "pyproject" else Path(FILE_NAMES[layer])  # that source looks for its file itself
        return Place(label, told, str(shown), lines[-1])

    def arguments(self) -> dict[str, Any]:
        """What a settings class is made with."""
        given = tree_of(self.entries.get("init", []))
        if "cli" in self.entries:
            given["_cli_parse_args"] = [f"--{'.'.join(key)}={text_of(value)}" for key, value in self.entries["cli"]]
        if "secrets" in self.entries:
            given["_secrets_dir"] = FILE_NAMES["secrets"]
        return given

    def load(self, settings_class: type[ps.BaseSettings], uses: Uses, **given: Any) -> Loaded:
        """Load settings; what they are refused with is told, and nothing is raised."""
        return loading(lambda: settings_class(**{**self.arguments(), **given}), uses)


def loading(make: Callable[[], Any], uses: Uses) -> Loaded:
    """Make settings; what they are refused with is told, and nothing is raised.

    Args:
        make: Makes them.
        uses: The list that the hook of the class appends to.
    """
    uses.clear()
    settings = None
    refused: Exception | None = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("error")
        warnings.simplefilter("always", LegacyKeyWarning)
        try:
            settings = make()
        except Exception as error:
            refused = error
    return Loaded(settings, refused, list(uses), caught)


FILE_NAMES = {
    "dotenv": ".env",
    "secrets": "secrets",
    "toml": "settings.toml",
    "yaml": "settings.yaml",
    "json": "settings.json",
    "pyproject": "pyproject.toml",
}


def layered(layers: Sequence[str] = LAYERS[1:], **config: Any) -> type[ps.BaseSettings]:
    """A base class of settings that are read from kinds of sources, the highest first.

    Args:
        layers: The kinds. The command line is the highest source where it is not among them.
        config: What differs from the usual configuration.
    """
    usual = {
        "env_prefix": PREFIX,
        "env_nested_delimiter": "__",
        "env_file": ".env",
        "pyproject_toml_table_header": ("tool", "app") if "pyproject" in layers else None,
    }

    class Layered(ps.BaseSettings):
        model_config = ps.SettingsConfigDict(**{**usual, **config})  # type: ignore[typeddict-item]  # it is checked there

        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[ps.BaseSettings], **given: Any
        ) -> tuple[ps.PydanticBaseSettingsSource, ...]:
            return sources_of(layers, settings_cls, given)

    return Layered


def sources_of(layers: Sequence[str], settings_cls: type[ps.BaseSettings], given: dict[str, Any]) -> tuple[Any, ...]:
    """Sources in the order of *layers*, from what pydantic-settings hands to its hook."""
    makers: dict[str, Callable[[], Any]] = {
        "cli": lambda: ps.CliSettingsSource(settings_cls),
        "init": lambda: given["init_settings"],
        "env": lambda: given["env_settings"],
        "dotenv": lambda: given["dotenv_settings"],
        "secrets": lambda: given["file_secret_settings"],
        "toml": lambda: ps.TomlConfigSettingsSource(settings_cls, FILE_NAMES["toml"]),
        "yaml": lambda: ps.YamlConfigSettingsSource(settings_cls, FILE_NAMES["yaml"]),
        "json": lambda: ps.JsonConfigSettingsSource(settings_cls, FILE_NAMES["json"]),
        "pyproject": lambda: ps.PyprojectTomlConfigSettingsSource(settings_cls),
    }
    return tuple(makers[layer]() for layer in layers)
