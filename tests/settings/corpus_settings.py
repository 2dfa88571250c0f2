"""The settings class of the corpus of files: one history with every kind of declaration."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict

from upcast import convert, join_fields, move, remove, rename, split_field
from upcast.settings import Legacy, RetiredValue, versioned

WINDOW = {"since": "2.1", "remove_in": "2.3"}


def minutes_to_seconds(minutes: int) -> int:
    """What the new key counts."""
    return minutes * 60


def seconds_to_minutes(seconds: int) -> int:
    """What the old key counted; what is no whole minute is rounded, and so cannot be told."""
    return seconds // 60


class Database(BaseModel):
    """A section that did not exist."""

    url: str = ""
    pool: int = 5


class Network(BaseModel):
    """A section one of whose keys got another name."""

    http_proxy: str | None = None
    retries: int = 3


@versioned(
    Legacy(rename("cache_timeout", to="cache_ttl_seconds"), **WINDOW),
    Legacy(
        rename("timeout_minutes", to="timeout_seconds"),
        convert("timeout_seconds", minutes_to_seconds, inverse=seconds_to_minutes),
        was=int,
        **WINDOW,
    ),
    Legacy(move("db_url", to="database.url"), **WINDOW),
    Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW),
    Legacy(
        join_fields(["smtp_host", "smtp_port"], to="smtp_address", separator=":"),
        defaults={"smtp_port": "25"},
        **WINDOW,
    ),
    Legacy(remove("debug_toolbar"), reason="use --debug of the server", **WINDOW),
    Legacy(move("network.proxy", to="network.http_proxy"), **WINDOW),
    RetiredValue("log_level", "WARN", use="WARNING", **WINDOW),
    release="2.2.0",
)
class CorpusSettings(BaseSettings):
    """What every file of the corpus is about, among other things."""

    model_config = SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__", extra="ignore")

    cache_ttl_seconds: int = 60
    timeout_seconds: int = 30
    database: Database = Database()
    host: str = "localhost"
    port: int = 80
    smtp_address: str = "localhost:25"
    log_level: str = "INFO"
    network: Network = Network()
    workers: int = 1


CORPUS = Path(__file__).with_name("corpus")
FILES = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
"""Every file of the corpus."""

OLD_KEYS = {
    ("cache_timeout",),
    ("timeout_minutes",),
    ("db_url",),
    ("address",),
    ("smtp_host",),
    ("smtp_port",),
    ("debug_toolbar",),
    ("network", "proxy"),
}
NEW_KEYS = {
    ("cache_ttl_seconds",),
    ("timeout_seconds",),
    ("database", "url"),
    ("host",),
    ("port",),
    ("smtp_address",),
    ("network", "http_proxy"),
}


def section_in(path: Path) -> tuple[str, ...]:
    """The table of a file that the class reads: that of the shop in files about sections."""
    return ("tool", "shop") if path.parent.name == "toml" and path.name.startswith("section-") else ()


def label(path: Path) -> str:
    """How tests call a file."""
    return f"{path.parent.name}/{path.name}"
