"""What a history costs when settings are loaded: a settings class with one beside the same class without."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import attrs
import pydantic_settings as ps
from pydantic import BaseModel, Field

from benchmarks.harness import Case, Contender, Effort, compare, copies
from benchmarks.results import Measurement
from upcast import convert, join_fields, move, remove, rename, split_field
from upcast.settings import Legacy, versioned

__all__ = ["settings_cases"]

Source: TypeAlias = Literal["arguments", "environment", "dotenv", "secrets", "toml", "yaml", "json"]

_SETS: Final[Mapping[str, tuple[Source, ...]]] = {
    "environment": ("environment",),
    "default sources": ("arguments", "environment", "dotenv", "secrets"),
    "toml": ("toml",),
    "yaml": ("yaml",),
    "json": ("json",),
    "all sources": ("arguments", "environment", "dotenv", "secrets", "toml", "yaml", "json"),
}
_LOADS: Final = 8
"""How often settings are loaded in a pass."""

_VALUES: Final = {"host": "shop.example", "port": 8080, "region": "eu", "workers": 4, "log_level": "INFO"}


def settings_cases() -> Iterator[Case]:
    """The cases."""
    for name, sources in _SETS.items():
        yield Case(f"settings/{name}", partial(_measure, f"settings/{name}", sources))


def _measure(name: str, sources: tuple[Source, ...], effort: Effort) -> list[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        stages = [
            _Stage(Path(folder) / "plain", sources, old=False, versioned=False),
            _Stage(Path(folder) / "today", sources, old=False, versioned=True),
            _Stage(Path(folder) / "old", sources, old=True, versioned=True),
        ]
        names = ("pydantic-settings", "upcast, keys of today", "upcast, an old key in the lowest source")
        environment = os.environ.copy()
        disabled = logging.root.manager.disable
        logging.disable(logging.WARNING)  # what a use costs is measured without a handler's own work
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                contenders = [stage.contender(label) for label, stage in zip(names, stages, strict=True)]
                return [compare(name, f"Settings from {name.partition('/')[2]}", contenders, effort)]
        finally:
            logging.disable(disabled)
            os.environ.clear()
            os.environ.update(environment)


@attrs.frozen
class _Stage:
    """A settings class with files, and names in the environment, of its own.

    Attributes:
        folder: Where its files are.
        sources: What it reads.
        old: Whether its lowest source has an old key.
        versioned: Whether it has a history.
    """

    folder: Path
    sources: tuple[Source, ...]
    old: bool
    versioned: bool

    @property
    def prefix(self) -> str:
        """What its names in the environment begin with."""
        return f"{self.folder.name.upper()}_"

    def contender(self, label: str) -> Contender:
        """Loads the settings, over and over."""
        self._provide()
        load = self._settings_class()

        def run(batch: Sequence[Any]) -> None:
            for _ in batch:
                load()

        def results(batch: Sequence[Any]) -> Sequence[object]:
            return [load().model_dump() for _ in batch]

        return Contender(label, copies([None] * _LOADS, list[None]), run, results)

    def _provide(self) -> None:
        (self.folder / "secrets").mkdir(parents=True)
        for place, source in enumerate(self.sources):
            last = place == len(self.sources) - 1
            table: dict[str, Any] = {**_VALUES, "cache_ttl_seconds": 60 + place, "database": {"pool": 4}}
            if last and self.old:
                table["cache_timeout"] = table.pop("cache_ttl_seconds")
            elif not last:
                del table["cache_ttl_seconds"]
            self._write(source, table)

    def _write(self, source: Source, table: dict[str, Any]) -> None:
        pool = table["database"]["pool"]
        names = {**{key: value for key, value in table.items() if key != "database"}, "database__pool": pool}
        flat = {f"{self.prefix}{key}".upper(): str(value) for key, value in names.items()}
        if source == "environment":
            os.environ.update(flat)
        elif source == "dotenv":
            lines = [f"{key}={value}\n" for key, value in flat.items()]
            (self.folder / ".env").write_text("# a comment\n" + "".join(lines), encoding="utf-8")
        elif source == "secrets":
            for key, value in flat.items():
                if "__" not in key:
                    (self.folder / "secrets" / key.lower()).write_text(value, encoding="utf-8")
        elif source == "json":
            (self.folder / "settings.json").write_text(json.dumps(table, indent=2), encoding="utf-8")
        elif source == "yaml":
            lines = [f"{key}: {json.dumps(value)}\n" for key, value in table.items() if key != "database"]
            text = f"# a comment\n{''.join(lines)}database:\n  pool: {pool}\n"
            (self.folder / "settings.yaml").write_text(text, encoding="utf-8")
        elif source == "toml":
            lines = [f"{key} = {json.dumps(value)}\n" for key, value in table.items() if key != "database"]
            text = f"# a comment\n{''.join(lines)}\n[database]\npool = {pool}\n"
            (self.folder / "settings.toml").write_text(text, encoding="utf-8")

    def _settings_class(self) -> Callable[[], BaseModel]:
        folder, sources = self.folder, self.sources

        class Database(BaseModel):
            url: str = "postgresql://localhost"
            pool: int = 1

        class Settings(ps.BaseSettings):
            model_config = ps.SettingsConfigDict(
                env_prefix=self.prefix,
                env_nested_delimiter="__",
                env_file=folder / ".env",
                secrets_dir=folder / "secrets",
            )

            cache_ttl_seconds: int = Field(ge=50, le=3600)
            host: str = "localhost"
            port: int = 80
            region: str = "us"
            workers: int = 1
            log_level: str = "WARNING"
            timeout_seconds: int = 30
            smtp_address: str = "localhost:25"
            proxy_host: str = ""
            proxy_port: int = 3128
            database: Database = Database()

            @classmethod
            def settings_customise_sources(
                cls,
                settings_cls: type[ps.BaseSettings],
                init_settings: ps.PydanticBaseSettingsSource,
                env_settings: ps.PydanticBaseSettingsSource,
                dotenv_settings: ps.PydanticBaseSettingsSource,
                file_secret_settings: ps.PydanticBaseSettingsSource,
            ) -> tuple[ps.PydanticBaseSettingsSource, ...]:
                made: dict[Source, Callable[[], ps.PydanticBaseSettingsSource]] = {
                    "arguments": lambda: init_settings,
                    "environment": lambda: env_settings,
                    "dotenv": lambda: dotenv_settings,
                    "secrets": lambda: file_secret_settings,
                    "toml": lambda: ps.TomlConfigSettingsSource(settings_cls, folder / "settings.toml"),
                    "yaml": lambda: ps.YamlConfigSettingsSource(settings_cls, folder / "settings.yaml"),
                    "json": lambda: ps.JsonConfigSettingsSource(settings_cls, folder / "settings.json"),
                }
                return tuple(made[source]() for source in sources)

        return _with_history(Settings) if self.versioned else Settings


def _with_history(settings_class: type[ps.BaseSettings]) -> type[ps.BaseSettings]:
    """The same class with six legacy keys, one of each common kind."""
    return versioned(
        Legacy(rename("cache_timeout", to="cache_ttl_seconds"), since="2.1", remove_in="2.3"),
        Legacy(move("db_url", to="database.url"), since="2.1", remove_in="2.3"),
        Legacy(
            rename("timeout_minutes", to="timeout_seconds"),
            convert("timeout_seconds", lambda minutes: minutes * 60),
            was=int,
            since="2.1",
            remove_in="2.3",
        ),
        Legacy(join_fields(["smtp_host", "smtp_port"], to="smtp_address", separator=":"), since="2.1", remove_in="2.3"),
        Legacy(split_field("proxy", into=["proxy_host", "proxy_port"], separator=":"), since="2.1", remove_in="2.3"),
        Legacy(remove("debug_toolbar"), reason="it is gone", since="2.1", remove_in="2.3"),
        release="2.2.0",
    )(settings_class)
