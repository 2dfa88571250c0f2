"""`upcast settings explain` and `upcast settings health`, as they are run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

CANARY = "kanarienvogel-4711"
SETTINGS = """
from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from upcast import move, rename
from upcast.settings import Legacy, versioned

print("imported")


class Database(BaseModel):
    url: str = "postgresql://localhost"
    pool: int = 1


class Plain(BaseSettings):
    limit: int = 1


@versioned(
    Legacy(rename("cache_timeout", to="cache_ttl_seconds"), since="2.1", remove_in="2.3"),
    Legacy(move("db_url", to="database.url"), since="2.1", remove_in="2.3"),
    release="2.2.0",
)
class AppSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", env_nested_delimiter="__")

    cache_ttl_seconds: int = Field(ge=50, le=3600)
    region: str = "eu"
    password: SecretStr = SecretStr("")
    database: Database = Database()
"""
UPCAST = Path(sys.executable).with_name("upcast")
Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `upcast settings` in a folder with a module `shop.settings`."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "settings.py").write_text(SETTINGS, encoding="utf-8")

    def run(*arguments: str, dotenv: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "COVERAGE_PROCESS_START") if name in os.environ}
        return subprocess.run(
            [UPCAST, "settings", *arguments],
            cwd=tmp_path,
            env={**kept, **environment, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_explain_names_source_file_line_and_spelling(run: Run) -> None:
    """Each setting has its row: where it stands, how it is spelled, what it overrides and which old key it is."""
    done = run(
        "explain",
        "shop.settings:AppSettings",
        dotenv="# a comment\nAPP_CACHE_TTL_SECONDS=100\nAPP_DB_URL=postgresql://elsewhere\n",
        APP_CACHE_TIMEOUT="60",
    )
    rows = {line.split()[0]: " ".join(line.split()) for line in done.stdout.splitlines()}

    assert "" == done.stderr.replace("imported\n", "")
    assert 0 == done.returncode
    assert (
        "cache_ttl_seconds set APP_CACHE_TIMEOUT environment (over APP_CACHE_TTL_SECONDS (.env file, .env:2)) "
        "renamed in 2.1.0, until 2.3.0" == rows["cache_ttl_seconds"]
    )
    assert "database.url set APP_DB_URL .env file .env:3 moved in 2.1.0, until 2.3.0" == rows["database.url"]
    assert "region default APP_REGION" == rows["region"]


def test_explain_tells_what_is_missing(run: Run) -> None:
    """A required setting that nothing sets is named as it can be set, and the exit code says so."""
    done = run("explain", "shop.settings:AppSettings")

    assert 1 == done.returncode
    assert "APP_CACHE_TTL_SECONDS: nothing sets it, and it is required [missing]" in done.stdout


def test_explain_shows_values_only_when_asked_and_never_of_secrets(run: Run) -> None:
    """Without `--values` there are none; with it those of secrets are masked."""
    told = {
        "APP_PASSWORD": CANARY,
        "APP_DATABASE__URL": f"postgresql://{CANARY}",
        "APP_REGION": "mars",
        "APP_CACHE_TTL_SECONDS": "60",
    }
    plain = run("explain", "shop.settings:AppSettings", **told)
    shown = run("explain", "shop.settings:AppSettings", "--values", **told)
    document = run("explain", "shop.settings:AppSettings", "--values", "--json", **told)
    without = run("explain", "shop.settings:AppSettings", "--json", **told)

    assert "mars" not in plain.stdout
    assert "mars" in shown.stdout
    assert "********" in shown.stdout
    values = {field["field"]: field["value"] for field in json.loads(document.stdout)["fields"]}
    assert {"region": "mars", "password": "********", "database.url": "********"} == {
        name: values[name] for name in ("region", "password", "database.url")
    }
    assert all("value" not in field for field in json.loads(without.stdout)["fields"])
    assert CANARY not in "".join(done.stdout + done.stderr for done in (plain, shown, document, without))


def test_health_names_the_spelling_the_user_has(run: Run) -> None:
    """A value outside its limits is refused by the name that stands in the environment, and without the value."""
    done = run("health", "shop.settings:AppSettings", APP_CACHE_TIMEOUT="6")

    assert 1 == done.returncode
    assert "APP_CACHE_TIMEOUT (environment): must be ≥ 50 [greater_than_equal]" in done.stdout
    assert "shop.settings:AppSettings: refused: 1 problem; 1 old spelling" in done.stdout


def test_health_is_a_probe(run: Run) -> None:
    """The exit code and the document say whether a start would work."""
    good = run("health", "shop.settings:AppSettings", "--json", APP_CACHE_TTL_SECONDS="60")
    bad = run("health", "shop.settings:AppSettings", "--json")

    assert (0, True) == (good.returncode, json.loads(good.stdout)["ok"])
    assert (1, "missing") == (bad.returncode, json.loads(bad.stdout)["problems"][0]["kind"])


@pytest.mark.parametrize("command", ["explain", "health"])
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("shop.settings", "is no import string"),
        ("shop.settings:Missing", "has no attribute 'Missing'"),
        ("shop.settings:Database", "is no settings class"),
        ("shop.settings:Plain", "has no history: decorate it with upcast.settings.versioned(...)"),
        ("nowhere.settings:AppSettings", "there is no module 'nowhere'"),
    ],
)
def test_slips_in_the_target_are_named(run: Run, command: str, target: str, expected: str) -> None:
    """What is no settings class with a history is refused with exit code 2 and without a traceback."""
    done = run(command, target)

    assert 2 == done.returncode
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
