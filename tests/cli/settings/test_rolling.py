"""`upcast settings rolling`: from the command line to its exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import msgspec
import pytest

from upcast.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = """\
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from upcast import rename
from upcast.settings import Legacy, versioned


@versioned(Legacy(rename("cache_timeout", to="cache_ttl_seconds"), since="2.1", remove_in="2.3"), release="2.2.0")
class AppSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_")

    cache_ttl_seconds: int = Field(ge=50, le=3600)
    token: SecretStr


class Plain(BaseSettings):
    pass
"""
TARGET = "shop.settings:AppSettings"
OLD = "APP_CACHE_TIMEOUT=60\n"
NEW = "APP_CACHE_TTL_SECONDS=60\n"


@attrs.frozen
class Ran:
    """What a run of the command came to."""

    code: int
    out: str
    err: str


@attrs.frozen
class Shop:
    """A folder with `shop/settings.py` and stored settings, which is the working folder."""

    folder: Path
    _monkeypatch: pytest.MonkeyPatch
    _capsys: pytest.CaptureFixture[str]

    def store(self, name: str, text: str) -> None:
        """Store a file, as `release/name`."""
        path = self.folder / "stored" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> Ran:
        """Run `upcast settings rolling`."""
        self._capsys.readouterr()
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["upcast", "settings", "rolling", *arguments])
            code = main()
        return Ran(code, *self._capsys.readouterr())


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shop]:
    """A project with a dummy for its secret and settings of two releases."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "settings.py").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "dummies.env").write_text("APP_TOKEN=hunter2\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    shop = Shop(tmp_path, monkeypatch, capsys)
    shop.store("2.1.0/production.env", OLD)
    shop.store("2.2.0/production.env", NEW)
    yield shop
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def test_deployment_that_keeps_running(shop: Shop) -> None:
    """A line for each file, and a verdict."""
    done = shop.run(TARGET, "stored", "--environment", "dummies.env")

    assert 0 == done.code
    assert [
        ["2.1.0", "the release before", "starts", "1 old spelling", "stored/2.1.0/production.env"],
        ["2.2.0", "this release", "starts", "stored/2.2.0/production.env"],
        ["shop.settings:AppSettings: ok"],
    ] == [[part.strip() for part in line.split("  ") if part.strip()] for line in done.out.splitlines()[1:]]


def test_deployment_that_would_stop(shop: Shop) -> None:
    """What is wrong stands below its file, with the key, the place and the remedy."""
    shop.store("2.3.0/production.env", f"{NEW}APP_REGION=north\n")

    done = shop.run(TARGET, "stored", "--environment", "dummies.env")

    assert 1 == done.code
    assert "release 2.3.0 sets it, and this one forbids in files what it does not know" in done.out
    assert "Deploy the program of 2.3.0 everywhere before its settings" in done.out
    assert done.out.endswith("shop.settings:AppSettings: refused: 1 of 3 files\n")


def test_secret_that_is_not_stored(shop: Shop) -> None:
    """Without the dummies the required secret is missing everywhere."""
    done = shop.run(TARGET, "stored")

    assert 1 == done.code
    assert 2 == done.out.count("[missing]")
    assert "APP_TOKEN" in done.out


def test_document(shop: Shop) -> None:
    """`--json` prints everything, and no value."""
    done = shop.run(TARGET, "stored", "--environment", "dummies.env", "--json")

    document: Any = msgspec.json.decode(done.out)
    assert (True, "2.2.0") == (document["ok"], document["release"])
    assert [("2.1.0", "before", 1), ("2.2.0", "same", 0)] == [
        (file["release"], file["era"], len(file["uses"])) for file in document["files"]
    ]
    assert "hunter2" not in done.out


def test_releases_can_be_named(shop: Shop) -> None:
    """Only these are looked at."""
    done = shop.run(TARGET, "stored", "--environment", "dummies.env", "--release", "2.2.0", "--json")

    assert ["2.2.0"] == [file["release"] for file in msgspec.json.decode(done.out)["files"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((TARGET, "nowhere"), "holds no settings of any release"),
        ((TARGET, "stored", "--release", "9.0"), "has nothing of release 9.0"),
        ((TARGET, "stored", "--environment", "missing.env"), "missing.env cannot be read"),
        (("shop.settings:Plain", "stored"), "has no history"),
        (("shop.settings:OLD", "stored"), "has no attribute 'OLD'"),
        (("shop.settings:Field", "stored"), "is no settings class"),
    ],
)
def test_slip_is_no_verdict(shop: Shop, arguments: tuple[str, ...], message: str) -> None:
    """Exit code 2 where nothing could be told."""
    done = shop.run(*arguments)

    assert (2, "") == (done.code, done.out)
    assert message in done.err


def test_broken_environment_is_told_without_its_text(shop: Shop) -> None:
    """A file that is no text cannot give anything."""
    (shop.folder / "dummies.env").write_bytes(b"APP_TOKEN=hunter2\xff\n")

    done = shop.run(TARGET, "stored", "--environment", "dummies.env")

    assert (2, "") == (done.code, done.out)
    assert "dummies.env" in done.err
    assert "hunter2" not in done.out + done.err
