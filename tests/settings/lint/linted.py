"""A settings class with a history, and what lint says of what sets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from upcast import convert, join_fields, move, remove, rename, split_field
from upcast.settings import ChangedDefault, Legacy, RetiredValue, versioned
from upcast.settings.lint import SettingsFinding, Text, lint

CANARY = "canary7f3a"
WINDOW: dict[str, Any] = {"since": "2.1", "remove_in": "2.4"}
GONE: dict[str, Any] = {"since": "1.9", "remove_in": "2.2"}


def to_seconds(minutes: int) -> int:
    """Minutes as seconds."""
    return minutes * 60


class Database(BaseModel):
    """A nested table that takes nothing else."""

    model_config = ConfigDict(extra="forbid")

    url: str
    pool: int = 5


class Cache(BaseModel):
    """A nested table that ignores what it does not know."""

    size: int = 1


@versioned(
    Legacy(rename("cache_timeout", to="cache_ttl"), **WINDOW),
    Legacy(rename("ttl", to="cache_timeout"), **WINDOW),
    Legacy(rename("timeout_minutes", to="timeout"), convert("timeout", to_seconds), was=int, **WINDOW),
    Legacy(move("db_url", to="database.url"), **WINDOW),
    Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW),
    Legacy(join_fields(["smtp_host", "smtp_port"], to="smtp", separator=":"), **WINDOW),
    Legacy(rename("labels", to="tags"), **WINDOW),
    Legacy(rename("store", to="cache"), **WINDOW),
    Legacy(rename("level", to="log_level"), **WINDOW),
    Legacy(remove("toolbar"), reason="use --debug", **WINDOW),
    Legacy(rename("user", to="login"), **GONE),
    RetiredValue("log_level", "WARN", use="WARNING", **WINDOW),
    RetiredValue("mode", "fast", reason="write quick", **GONE),
    ChangedDefault("workers", was=4, **WINDOW),
    release="2.2.0",
)
class AppSettings(BaseSettings):
    """Settings with a prefix, which forbid what they do not know."""

    model_config = SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__")

    cache_ttl: int = 60
    timeout: int = 60
    database: Database | None = None
    cache: Cache = Cache()
    host: str = "localhost"
    port: int = 80
    smtp: str = ""
    login: str = ""
    log_level: str = "INFO"
    mode: str = "quick"
    workers: int = 8
    tags: list[str] = []
    token: SecretStr


def env_file(tmp_path: Path, text: str, name: str = ".env") -> Path:
    """A file of that text."""
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def told(found: tuple[SettingsFinding, ...], *slugs: str) -> list[tuple[Any, ...]]:
    """Rule, severity, key and line of findings, of some rules or of all but the unset defaults."""
    return [
        (each.slug, each.severity, each.key, each.line)
        for each in found
        if (each.slug in slugs if slugs else each.slug != "changed-default-unset")
    ]


def of_env(tmp_path: Path, text: str, *slugs: str) -> list[tuple[Any, ...]]:
    """What lint says of a `.env` file."""
    return told(lint(AppSettings, files=[env_file(tmp_path, text)]), *slugs)


def of_manifest(text: str, *slugs: str, **options: Any) -> list[tuple[Any, ...]]:
    """What lint says of a manifest."""
    return told(lint(AppSettings, manifests=[Text("m.yaml", text)], **options), *slugs)
