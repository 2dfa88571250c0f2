"""Settings classes in the tests of users: with nothing but what a test gives them."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from upcast import convert, rename
from upcast.settings import Legacy, LegacyKeyCounter, LegacyKeyWarning, versioned
from upcast.settings.rolling import CannotRoll
from upcast.testing import SettingsRun, assert_rolling, run_settings

counter = LegacyKeyCounter()


def minutes_to_seconds(minutes: int) -> int:
    """What a legacy key meant."""
    return minutes * 60


@versioned(
    Legacy(rename("cache_timeout", to="cache_ttl_seconds"), since="2.1", remove_in="2.3"),
    Legacy(
        rename("timeout_minutes", to="timeout_seconds"),
        convert("timeout_seconds", minutes_to_seconds),
        was=int,
        since="2.1",
        remove_in="2.3",
    ),
    release="2.2.0",
    on_use=counter,
)
class AppSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", toml_file="conf/settings.toml")

    cache_ttl_seconds: int = Field(ge=50, le=3600)
    timeout_seconds: int = 60

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], **sources: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read a file too."""
        toml = TomlConfigSettingsSource(settings_cls)
        return (sources["init_settings"], sources["env_settings"], sources["dotenv_settings"], toml)


LEGACY = "APP_CACHE_TIMEOUT=60\nAPP_TIMEOUT_MINUTES=2\n"
MODERN = "APP_CACHE_TTL_SECONDS=60\nAPP_TIMEOUT_SECONDS=120\n"


@pytest.mark.parametrize("text", [LEGACY, MODERN])
def test_legacy_and_modern_files_are_alike(text: str) -> None:
    """Neither raises, and both are the same settings, of the class itself."""
    run = run_settings(AppSettings, env_file=text)

    assert run
    assert run.settings == run_settings(AppSettings, env_file=MODERN).settings
    assert type(run.settings) is AppSettings
    assert () == run.problems


def test_uses_and_warnings_are_collected() -> None:
    """What goes is there to be asserted, and no warning leaves the test."""
    run = run_settings(AppSettings, env_file=LEGACY)

    assert [("cache_timeout", 1), ("timeout_minutes", 2)] == [(use.key, use.place.line) for use in run.uses]
    assert 2 == sum("APP_CACHE_TIMEOUT" in text or "APP_TIMEOUT_MINUTES" in text for text in run.warnings)
    assert () == run_settings(AppSettings, env_file=MODERN).uses
    assert () == run_settings(AppSettings, env_file=MODERN).warnings


def test_warnings_can_be_errors() -> None:
    """As they are where a project promotes them."""
    with pytest.raises(LegacyKeyWarning, match="APP_CACHE_TIMEOUT"):
        run_settings(AppSettings, env_file=LEGACY, promote=True)
    assert run_settings(AppSettings, env_file=MODERN, promote=True)


def test_stored_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is a file that a project keeps; it is named as it lies there."""
    (tmp_path / "production.env").write_text(LEGACY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    run = run_settings(AppSettings, env_file=Path("production.env"))

    assert str(tmp_path / "production.env") == run.uses[0].place.file


def test_refusal_is_returned() -> None:
    """What is wrong is told with the spelling of the file."""
    run = run_settings(AppSettings, env_file="APP_CACHE_TIMEOUT=7\n")

    assert not run
    assert run.settings is None
    assert [("greater_than_equal", "APP_CACHE_TIMEOUT", 1)] == [(p.kind, p.spelling, p.line) for p in run.problems]


def test_environment_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables, and files where the class looks for them, as texts, bytes or stored ones."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stored.toml").write_text("timeout_minutes = 3", encoding="utf-8")

    by_text = run_settings(
        AppSettings, environ={"APP_CACHE_TIMEOUT": "70"}, files={"conf/settings.toml": "timeout_minutes = 3"}
    )
    by_path = run_settings(
        AppSettings, environ={"APP_CACHE_TIMEOUT": "70"}, files={"conf/settings.toml": Path("stored.toml")}
    )
    by_bytes = run_settings(AppSettings, files={".env": b"APP_CACHE_TIMEOUT=70\nAPP_TIMEOUT_MINUTES=3\n"})

    assert by_text.settings is not None
    assert (70, 180) == (by_text.settings.cache_ttl_seconds, by_text.settings.timeout_seconds)
    assert by_text.settings == by_path.settings == by_bytes.settings
    assert ["environment", "TOML file"] == [use.place.source for use in by_text.uses]


def test_arguments_of_the_class() -> None:
    """What else the class is made with is handed on."""
    run = run_settings(AppSettings, cache_ttl_seconds=80)

    assert run.settings is not None
    assert 80 == run.settings.cache_ttl_seconds


def test_nothing_else_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment nor files of whoever runs the test reach the class; all is put back."""
    (tmp_path / ".env").write_text(MODERN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("APP_CACHE_TTL_SECONDS", "60")
    monkeypatch.setitem(AppSettings.model_config, "env_file", str(tmp_path / ".env"))
    before = dict(os.environ), Path.cwd(), sys.argv, dict(AppSettings.model_config)

    run = run_settings(AppSettings)

    assert ["missing"] == [problem.kind for problem in run.problems]
    assert before == (dict(os.environ), Path.cwd(), sys.argv, dict(AppSettings.model_config))


def test_home_is_empty() -> None:
    """`~` leads to no file of whoever runs the test, also where the environment does not say where that is."""

    @versioned()
    class AtHome(BaseSettings):
        home_folder: Path = Field(default_factory=Path.home)

    settings = run_settings(AtHome).settings

    assert settings is not None
    assert settings.home_folder not in {Path.home(), Path(pwd.getpwuid(os.getuid()).pw_dir)}


def test_hooks_are_called() -> None:
    """It is a load like any other: counters count."""
    before = sum(count for _, count in counter)

    run_settings(AppSettings, env_file=LEGACY)

    assert before + 2 == sum(count for _, count in counter)


def test_everything_is_put_back_after_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be put there spoils no other test."""
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ), Path.cwd()

    with pytest.raises(FileNotFoundError):
        run_settings(AppSettings, files={"conf/settings.toml": tmp_path / "missing.toml"})
    assert before == (dict(os.environ), Path.cwd())


def test_class_without_history() -> None:
    """There is nothing to be asserted of a plain class."""

    class Plain(BaseSettings):
        new: int = 1

    with pytest.raises(TypeError, match="has no history"):
        run_settings(Plain)


def test_rolling_deployment_that_keeps_running(tmp_path: Path) -> None:
    """Stored files of two releases are taken, and what became of them is there to be looked at."""
    for release, text in (("2.1.0", LEGACY), ("2.2.0", MODERN)):
        (tmp_path / release).mkdir()
        (tmp_path / release / "production.env").write_text(text, encoding="utf-8")

    assert [2, 0] == [len(file.uses) for file in assert_rolling(AppSettings, tmp_path).files]


def test_rolling_deployment_that_would_stop(tmp_path: Path) -> None:
    """The message names release, file, key and remedy, and no value."""
    (tmp_path / "2.1.0").mkdir()
    (tmp_path / "2.1.0" / "production.env").write_text("APP_TIMEOUT_MINUTES=hunter2\n", encoding="utf-8")

    with pytest.raises(AssertionError) as caught:
        assert_rolling(AppSettings, tmp_path)

    for part in (
        "2.1.0 production.env",
        "APP_CACHE_TTL_SECONDS",
        "release 2.1.0 does not set it",
        "APP_TIMEOUT_MINUTES",
    ):
        assert part in str(caught.value)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(CannotRoll):
        assert_rolling(AppSettings, tmp_path / "nowhere")


def test_fixture(upcast_settings: Callable[..., SettingsRun[AppSettings]]) -> None:
    """Every test may ask for it."""
    assert upcast_settings(AppSettings, env_file=MODERN)


def test_import_is_light() -> None:
    """The plugin loads nothing of settings before a test asks for it."""
    unwanted = {"pydantic", "pydantic_settings", "upcast.settings"}
    code = f"import sys, upcast.testing.plugin; print({unwanted} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "set()" == done.stdout.strip()
