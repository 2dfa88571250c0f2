"""What is said of a use: warnings that people see, one log line, and counters; and when nothing is said."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import warnings
from pathlib import Path
from typing import Any

import pydantic_settings as ps
import pytest
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from settings.sources import World, layered
from upcast import move, remove, rename
from upcast.settings import (
    ChangedDefault,
    Legacy,
    LegacyKeyConflict,
    LegacyKeyCounter,
    LegacyKeyWarning,
    LegacyUse,
    Place,
    RetiredValue,
    versioned,
)

WINDOW: dict[str, Any] = {"since": "2.1", "remove_in": "2.3"}
USES: list[LegacyUse] = []
ROOT = Path(__file__).resolve().parents[2]


@versioned(
    Legacy(rename("cache_timeout", to="cache_ttl_seconds"), reason="it is a time to live", **WINDOW),
    Legacy(move("db_url", to="database.url"), **WINDOW),
    Legacy(remove("debug_toolbar"), reason="use --debug of the server", **WINDOW),
    RetiredValue("level", "warn", use="warning", **WINDOW),
    release="2.2.0",
    on_use=USES.append,
)
class Settings(layered()):  # type: ignore[misc]  # made at run time
    """Settings that are read in several ways."""

    cache_ttl_seconds: int = 0
    database: dict[str, str] = Field({})
    level: str = "info"


NAME = f"{__name__}:Settings"


# --- the text -------------------------------------------------------------------------------------------------------


def test_the_text_of_a_warning(world: World) -> None:
    """It names class, spelling, source, file and line, what to write, since when, until when, and why."""
    world.write("dotenv", "cache_timeout", 987654)
    (warning,) = world.load(Settings, USES).warned
    assert (
        f"{NAME}: APP_CACHE_TIMEOUT (.env file, .env:2): this key was renamed in 2.1.0 and will not be read from "
        "2.3.0: write APP_CACHE_TTL_SECONDS (it is a time to live)"
    ) == str(warning.message)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("env", "env", "it has no effect: APP_CACHE_TTL_SECONDS (environment) is set to something else"),
        (
            "env",
            "toml",
            "it overrides cache_ttl_seconds (TOML file, settings.toml:3), which has another value in a lower source",
        ),
        (
            "toml",
            "env",
            "APP_CACHE_TTL_SECONDS (environment) is set to something else, which stands in a higher source",
        ),
    ],
)
def test_the_text_of_a_conflict(old: str, new: str, text: str, world: World) -> None:
    """It says which of the two has an effect, and where the other one stands."""
    world.write(old, "cache_timeout", 987654)
    world.write(new, "cache_ttl_seconds", 987655)
    (warning,) = world.load(Settings, USES).warned
    assert text in str(warning.message)
    assert "98765" not in str(warning.message)


def test_the_text_of_a_key_without_a_successor(world: World) -> None:
    """It says that the key went, and what to do instead."""
    world.write("yaml", "debug_toolbar", True)
    (warning,) = world.load(Settings, USES).warned
    assert (
        f"{NAME}: debug_toolbar (YAML file, settings.yaml:2): this key was removed in 2.1.0 and will not be read from "
        "2.3.0 (use --debug of the server)"
    ) == str(warning.message)


def test_the_text_of_a_retired_value(world: World) -> None:
    """It says so of the value, without the value."""
    world.write("json", "level", "warn")
    (warning,) = world.load(Settings, USES).warned
    assert (
        f"{NAME}: level (JSON file, settings.json:2): this value was retired in 2.1.0 and will not be taken from "
        "2.3.0: write level=warning"
    ) == str(warning.message)


def test_a_use_survives_pickling(world: World) -> None:
    """What a hook hears can be sent to another process."""
    world.write("env", "cache_timeout", 1)
    world.write("toml", "cache_ttl_seconds", 2)
    (use,) = world.load(Settings, USES).uses
    again = pickle.loads(pickle.dumps(use))
    assert use == again
    assert str(use) == str(again)


# --- categories and filters -----------------------------------------------------------------------------------------


def test_the_categories() -> None:
    """A conflict is a warning of an old key, and both are shown by default, as a `DeprecationWarning` is not."""
    assert issubclass(LegacyKeyConflict, LegacyKeyWarning)
    assert issubclass(LegacyKeyWarning, FutureWarning)
    assert not issubclass(LegacyKeyWarning, DeprecationWarning)


def test_a_warning_points_at_the_line_that_asked(world: World) -> None:
    """The line is the one of the user that made the settings, whatever lies between."""
    world.write("env", "cache_timeout", 1)
    with pytest.warns(LegacyKeyWarning) as caught:
        Settings()
    line = test_a_warning_points_at_the_line_that_asked.__code__.co_firstlineno + 4
    assert [(__file__, line)] == [(each.filename, each.lineno) for each in caught]


@pytest.mark.parametrize("way", ["cached", "validate", "subclass", "CliApp"])
def test_a_warning_points_at_the_line_of_other_ways(way: str, world: World) -> None:
    """Pydantic and pydantic-settings are never what asked."""

    class Sub(Settings):
        pass

    world.write("env", "cache_timeout", 1)
    ways = {
        "cached": lambda: [Sub.settings_cached()],
        "validate": lambda: Sub.model_validate({}),
        "subclass": lambda: [Sub()],
        "CliApp": lambda: ps.CliApp.run(Sub, cli_args=[]),
    }
    with pytest.warns(LegacyKeyWarning) as caught:
        ways[way]()
    assert [__file__] == [each.filename for each in caught]
    assert caught[0].lineno == ways[way].__code__.co_firstlineno


def test_a_warning_made_an_error(world: World) -> None:
    """A filter makes it an exception: that is how CI refuses old keys."""
    world.write("env", "cache_timeout", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error", LegacyKeyWarning)
        with pytest.raises(LegacyKeyWarning, match="APP_CACHE_TIMEOUT"):
            Settings()
    with pytest.warns(LegacyKeyWarning):
        assert 1 == Settings().cache_ttl_seconds, "the next load is none the worse"


def test_only_conflicts_made_errors(world: World) -> None:
    """Conflicts can be made errors while old keys alone only warn."""
    world.write("env", "cache_timeout", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LegacyKeyWarning)
        warnings.simplefilter("error", LegacyKeyConflict)
        assert 1 == Settings().cache_ttl_seconds
        world.write("toml", "cache_ttl_seconds", 2)
        with pytest.raises(LegacyKeyConflict):
            Settings()


def test_all_is_logged_and_counted_before_a_warning_is_an_error(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A warning that is an error ends the load, but only after the metrics know of every use."""
    world.write("env", "cache_timeout", 1)
    world.write("env", "db_url", "pg:x")
    USES.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error", LegacyKeyWarning)
        with caplog.at_level(logging.INFO, "upcast"), pytest.raises(LegacyKeyWarning):
            Settings()
    assert 2 == len(USES) == len(caplog.records)


PROGRAM = """
import library
library.load()
"""
LIBRARY = """
from pydantic_settings import BaseSettings
from upcast import rename
from upcast.settings import Legacy, versioned

@versioned(Legacy(rename("old", to="new"), since="2.1", remove_in="2.3"), release="2.2")
class Settings(BaseSettings):
    new: int = 0

def load():
    print(Settings().new)
"""


def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program that loads settings in a module that it imports."""
    Path("library.py").write_text(textwrap.dedent(LIBRARY))
    Path("program.py").write_text(textwrap.dedent(PROGRAM))
    return subprocess.run(
        [sys.executable, *options, "program.py"],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OLD": "987654", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_warning_is_seen_by_default(world: World) -> None:
    """An imported module warns where Python hides a `DeprecationWarning`, at its own line."""
    ran = run()
    assert "987654\n" == ran.stdout
    line = LIBRARY.splitlines().index("    print(Settings().new)") + 1
    assert f"library.py:{line}: LegacyKeyWarning: library:Settings: OLD (environment)" in ran.stderr
    assert "987654" not in ran.stderr


@pytest.mark.parametrize("by_option", [True, False])
def test_a_warning_is_made_an_error_from_outside(by_option: bool, world: World) -> None:
    """`-W` and `PYTHONWARNINGS` make it an error without a change of the program."""
    ran = run("-W", "error::FutureWarning") if by_option else run(PYTHONWARNINGS="error::FutureWarning")
    assert 1 == ran.returncode
    assert "LegacyKeyWarning: library:Settings: OLD (environment)" in ran.stderr
    assert "" == ran.stdout
    assert "987654" not in ran.stderr


def test_the_filter_that_the_documentation_names(world: World) -> None:
    """The category as documented can be given to pytest, which imports it; Python's own option only knows built-ins."""
    Path("test_it.py").write_text("import library\n\n\ndef test_it():\n    library.load()\n")
    Path("library.py").write_text(textwrap.dedent(LIBRARY))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    environment = {**os.environ, "OLD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    filtered = subprocess.run(
        [*command, "-W", "error::upcast.settings.LegacyKeyWarning"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 1 == filtered.returncode
    assert "LegacyKeyWarning: library:Settings: OLD" in filtered.stdout


# --- the log --------------------------------------------------------------------------------------------------------


def test_one_log_line_for_each_use(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The line has what the warning has, and the same as attributes, for logs that are data."""
    world.write("dotenv", "cache_timeout", 987654)
    with caplog.at_level(logging.DEBUG, "upcast"):
        (use,) = world.load(Settings, USES).uses
    (record,) = caplog.records
    assert ("upcast", logging.WARNING, f"legacy setting: {use}") == (record.name, record.levelno, record.getMessage())
    expected = {
        "settings": NAME,
        "legacy_key": "cache_timeout",
        "replacement": "cache_ttl_seconds",
        "source": ".env file",
        "spelling": "APP_CACHE_TIMEOUT",
        "file": ".env",
        "file_line": 2,
        "since": "2.1.0",
        "remove_in": "2.3.0",
        "stage": "deprecated",
        "conflict": "",
    }
    assert expected == {name: getattr(record, name) for name in expected}
    assert "987654" not in str(vars(record))
    assert "\n" not in record.getMessage()


def test_a_load_without_old_keys_says_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Today's keys are read without a word, a warning or a count."""
    world.write("env", "cache_ttl_seconds", 1)
    with caplog.at_level(logging.DEBUG):
        loaded = world.load(Settings, USES)
    assert 1 == loaded.settings.cache_ttl_seconds
    assert ([], [], []) == (loaded.uses, loaded.warned, caplog.records)


def test_a_refusal_logs_its_problems_and_uses(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A refused load logs each use and each problem, so the logs of a crash tell what to correct."""
    world.write("env", "cache_timeout", "abc987654")
    with caplog.at_level(logging.DEBUG, "upcast"):
        loaded = world.load(Settings, USES)
    assert loaded.refused is not None
    assert [logging.WARNING, logging.ERROR] == [record.levelno for record in caplog.records]
    assert "APP_CACHE_TIMEOUT" in caplog.records[1].getMessage()
    assert "987654" not in caplog.text
    assert [] == loaded.warned, "the refusal says it all; a warning made an error must not hide it"


# --- hooks ----------------------------------------------------------------------------------------------------------


def test_a_counter(world: World) -> None:
    """It counts each use once a load, by labels of bounded number, and prints the text format of Prometheus."""
    counter = LegacyKeyCounter()

    @versioned(on_use=counter)
    class Counted(Settings):
        pass

    world.write("env", "cache_timeout", 1)
    world.write("toml", "db_url", "pg:x")
    for _ in range(3):
        world.load(Counted, USES)
    name = f"{__name__}:test_a_counter.<locals>.Counted"
    assert [
        ({"key": "cache_timeout", "source": "environment", "replacement": "cache_ttl_seconds", "kind": "renamed"}, 3),
        ({"key": "db_url", "source": "TOML file", "replacement": "database.url", "kind": "moved"}, 3),
    ] == [({key: labels[key] for key in ("key", "source", "replacement", "kind")}, count) for labels, count in counter]
    lines = counter.exposition().splitlines()
    assert "# TYPE upcast_settings_legacy_key_total counter" == lines[1]
    assert (
        f'upcast_settings_legacy_key_total{{settings="{name}",key="cache_timeout",replacement="cache_ttl_seconds",'
        'source="environment",since="2.1.0",remove_in="2.3.0",kind="renamed",conflict=""} 3'
    ) == lines[2]
    assert 4 == len(lines)


def test_the_exposition_escapes_what_prometheus_asks_for() -> None:
    """Backslashes, quotes and line ends in labels are escaped."""
    counter = LegacyKeyCounter()
    use = LegacyUse(
        settings='a"b\\c\nd',
        key="k",
        replacement="",
        spelled="",
        kind="renamed",
        place=Place("environment", "K"),
        since="1.0.0",
        remove_in="2.0.0",
        stage="deprecated",
    )
    counter(use)
    assert 'settings="a\\"b\\\\c\\nd"' in counter.exposition()
    assert 3 == len(counter.exposition().splitlines())


def test_several_hooks(world: World) -> None:
    """Each hook hears each use, those of a base class too."""
    first: list[LegacyUse] = []
    second: list[LegacyUse] = []

    @versioned(on_use=[first.append, second.append])
    class Heard(Settings):
        pass

    world.write("env", "cache_timeout", 1)
    loaded = world.load(Heard, USES)
    assert 1 == len(first) == len(second)
    assert first == second == loaded.uses


def test_a_hook_that_fails_keeps_nobody_from_starting(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Its failure is logged without its message, the other hooks are called, and the settings load."""
    heard: list[LegacyUse] = []

    def fails(use: LegacyUse) -> None:
        raise RuntimeError("secret987654")

    @versioned(on_use=[fails, heard.append])
    class Unlucky(Settings):
        pass

    world.write("env", "cache_timeout", 1)
    with caplog.at_level(logging.DEBUG, "upcast"):
        loaded = world.load(Unlucky, USES)
    assert 1 == loaded.settings.cache_ttl_seconds
    assert 1 == len(heard)
    assert "on_use raised RuntimeError" in caplog.text
    assert "secret987654" not in caplog.text


def test_a_hook_that_loads_settings_itself(world: World) -> None:
    """A hook may read settings, as one that needs the address of a metrics server does."""
    found: list[int] = []

    class Metrics(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="METRICS_")
        port: int = 0

    versioned(Legacy(rename("number", to="port"), **WINDOW), release="2.2")(Metrics)

    @versioned(on_use=lambda use: found.append(Metrics().port))
    class Hooked(Settings):
        pass

    world.patch.setenv("METRICS_NUMBER", "9100")
    world.write("env", "cache_timeout", 1)
    assert 1 == world.load(Hooked, USES).settings.cache_ttl_seconds
    assert [9100] == found


def test_interrupts_of_hooks_are_not_swallowed(world: World) -> None:
    """What is no failure of the hook, such as Ctrl-C, ends the load."""

    def interrupt(use: LegacyUse) -> None:
        raise KeyboardInterrupt

    @versioned(on_use=interrupt)
    class Interrupted(Settings):
        pass

    world.write("env", "cache_timeout", 1)
    with pytest.raises(KeyboardInterrupt):
        world.load(Interrupted, USES)


def test_a_changed_default_and_an_announcement_do_not_warn(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """They are told to logs, as information, and to hooks."""
    heard: list[LegacyUse] = []

    @versioned(
        ChangedDefault("level", was="debug", **WINDOW),
        Legacy(rename("soon", to="cache_ttl_seconds"), since="2.1", warn_in="2.3", remove_in="2.4"),
        release="2.2.0",
        on_use=heard.append,
    )
    class Quiet(layered()):  # type: ignore[misc]  # made at run time
        cache_ttl_seconds: int = 0
        level: str = "info"

    world.write("env", "soon", 1)
    with caplog.at_level(logging.DEBUG, "upcast"):
        loaded = world.load(Quiet, USES)
    assert [] == loaded.warned
    assert ["announced", "deprecated"] == [use.stage for use in heard]
    assert [logging.INFO, logging.INFO] == [record.levelno for record in caplog.records]


# --- several at once ------------------------------------------------------------------------------------------------


class Slow(ps.PydanticBaseSettingsSource):
    """A source that waits until another load is in the middle too."""

    barrier: Any = None

    def get_field_value(self, _field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Nothing by field."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Wait for the others, then say what the thread has."""
        if Slow.barrier is not None:
            Slow.barrier.wait(timeout=30)
        return {"cache_timeout": int(threading.current_thread().name)}


@versioned(Legacy(rename("cache_timeout", to="cache_ttl_seconds"), **WINDOW), release="2.2.0", on_use=USES.append)
class Threaded(ps.BaseSettings):
    """Settings of a source that is in the middle of several loads at once."""

    cache_ttl_seconds: int = 0

    @classmethod
    def settings_customise_sources(cls, settings_cls: Any, **_given: Any) -> Any:
        """Take the slow source."""
        return (Slow(settings_cls),)


def test_threads_that_load_at_once(world: World) -> None:
    """Loads in several threads know nothing of each other: each has its own values and its own uses."""
    count = 8
    world.patch.setattr(Slow, "barrier", threading.Barrier(count))
    found: dict[int, int] = {}

    def load() -> None:
        found[int(threading.current_thread().name)] = Threaded().cache_ttl_seconds

    USES.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LegacyKeyWarning)
        threads = [threading.Thread(target=load, name=str(number)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert {number: number for number in range(count)} == found
    assert count == len(USES)


async def test_tasks_that_load_at_once(world: World) -> None:
    """Loads in several tasks and in threads of theirs know nothing of each other."""
    world.write("env", "cache_timeout", 5)

    async def load(number: int) -> int:
        await asyncio.sleep(0)
        return int((await asyncio.to_thread(Settings, cache_timeout=number)).cache_ttl_seconds)

    USES.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LegacyKeyWarning)
        found = await asyncio.gather(*(load(number) for number in range(10)))
    assert list(range(10)) == found
    assert 20 == len(USES)
    assert 9 == len([use for use in USES if use.conflict == "overridden"])


def test_a_load_inside_a_load(world: World) -> None:
    """Settings that are made while others are made are a load of their own."""

    @versioned(Legacy(rename("number", to="port"), **WINDOW), release="2.2", on_use=USES.append)
    class Inner(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="INNER_")
        port: int = 0

    @versioned(Legacy(rename("cache_timeout", to="cache_ttl_seconds"), **WINDOW), release="2.2", on_use=USES.append)
    class Outer(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_")
        cache_ttl_seconds: int = 0
        inner: Inner = Field(default_factory=Inner)

    world.patch.setenv("INNER_NUMBER", "9")
    world.write("env", "cache_timeout", 5)
    settings = world.load(Outer, USES).settings
    assert (5, 9) == (settings.cache_ttl_seconds, settings.inner.port)
    assert {("cache_timeout", "Outer"), ("number", "Inner")} == {
        (use.key, use.settings.rpartition(".")[2]) for use in USES
    }
