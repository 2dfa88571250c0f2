"""Old flags of the command line: rewritten to those of today before anything parses them."""

from __future__ import annotations

import sys
from typing import Any

import pydantic_settings as ps
import pytest
from pydantic import BaseModel, Field
from pydantic_settings import CliApp, SettingsConfigDict

from settings.sources import World, loading
from upcast import convert, join_fields, move, remove, rename, split_field
from upcast.errors import SettingsRefused
from upcast.settings import ChangedDefault, Legacy, LegacyUse, Place, migrated_arguments, versioned

WINDOW: dict[str, Any] = {"since": "2.1", "remove_in": "2.3"}
USES: list[LegacyUse] = []


class Database(BaseModel):
    """A section."""

    url: str = "none"
    timeout: int = 3


class Fields(ps.BaseSettings):
    """Settings that a command takes."""

    model_config = SettingsConfigDict(cli_exit_on_error=False)

    attempts: int = 1
    seconds: int = 0
    hosts: list[str] = []
    host: str = ""
    port: int = 0
    smtp: str = ""
    verbose: bool = False
    database: Database = Database()
    cache_ttl: int = 0


DECLARATIONS = (
    Legacy(rename("tries", to="attempts"), **WINDOW),
    Legacy(rename("minutes", to="seconds"), convert("seconds", lambda value: value * 60), was=int, **WINDOW),
    Legacy(rename("servers", to="hosts"), **WINDOW),
    Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW),
    Legacy(join_fields(["smtp_host", "smtp_port"], to="smtp", separator=":"), defaults={"smtp_port": "25"}, **WINDOW),
    Legacy(rename("debug", to="verbose"), was=bool, **WINDOW),
    Legacy(move("db_url", to="database.url"), **WINDOW),
    Legacy(move("database.wait", to="database.timeout"), **WINDOW),
    Legacy(remove("toolbar"), reason="use --verbose", **WINDOW),
    Legacy(rename("cache_timeout", to="cache_ttl"), **WINDOW),
)


def settings_class(base: type[Any] = Fields, **history: Any) -> Any:
    """The settings with a history."""

    class Settings(base):
        pass

    return versioned(*DECLARATIONS, **{"release": "2.2.0", "on_use": USES.append, **history})(Settings)


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """Warnings of old flags pass: they are tested elsewhere."""
    import warnings

    from upcast.settings import LegacyKeyWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LegacyKeyWarning)
        USES.clear()
        yield


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], []),
        (["--attempts=4"], ["--attempts=4"]),
        (["--tries=4"], ["--attempts=4"]),
        (["--tries", "4"], ["--attempts=4"]),
        (["--tries", "-4"], ["--attempts=-4"]),
        (["--tries="], ["--attempts="]),
        (["--host=a", "--tries", "4", "--port", "1"], ["--host=a", "--attempts=4", "--port", "1"]),
        (["--minutes=2"], ["--seconds=120"]),
        (["--servers=a,b"], ["--hosts=a,b"]),
        (["--servers", '["a","b"]'], ['--hosts=["a","b"]']),
        (["--address=shop:80"], ["--host=shop", "--port=80"]),
        (["--smtp_host=m", "--smtp_port=26"], ["--smtp=m:26"]),
        (["--smtp_port=26", "--host", "h", "--smtp_host=m"], ["--smtp=m:26", "--host", "h"]),
        (["--smtp_host=m"], ["--smtp=m:25"]),
        (["--db_url=pg"], ["--database.url=pg"]),
        (["--database.wait=9"], ["--database.timeout=9"]),
        (["--debug"], ["--verbose=true"]),
        (["--debug", "--host=a"], ["--verbose=true", "--host=a"]),
        (["--debug", "false"], ["--verbose=false"]),
        (["--debug=no"], ["--verbose=false"]),
        (["--toolbar=1"], []),
        (["--cache-timeout=5"], ["--cache_ttl=5"]),
        (["--cache_timeout=5"], ["--cache_ttl=5"]),
        (["command", "--tries=4"], ["command", "--attempts=4"]),
        (["--", "--tries=4"], ["--", "--tries=4"]),
        (["--tries_more=4"], ["--tries_more=4"]),
        (["--tries=4=5"], ["--attempts=4=5"]),
        (["-tries=4"], ["-tries=4"]),
        (["tries=4"], ["tries=4"]),
    ],
    ids=" ".join,
)
def test_how_flags_are_rewritten(arguments: list[str], expected: list[str]) -> None:
    """Old flags become new ones where they stood, and nothing else is touched."""
    before = list(arguments)
    assert expected == migrated_arguments(settings_class(), arguments)
    assert before == arguments, "what was given is not changed"


@pytest.mark.parametrize(
    ("arguments", "key", "value"),
    [
        (["--tries=4"], "attempts", 4),
        (["--tries", "4"], "attempts", 4),
        (["--minutes=2"], "seconds", 120),
        (["--servers=a,b"], "hosts", ["a", "b"]),
        (["--servers", "a", "--servers", "b"], "hosts", ["a", "b"]),
        (["--servers", '["a","b"]'], "hosts", ["a", "b"]),
        (["--smtp_host=m"], "smtp", "m:25"),
        (["--db_url=pg"], "database", Database(url="pg")),
        (["--debug"], "verbose", True),
        (["--cache-timeout=5"], "cache_ttl", 5),
    ],
    ids=str,
)
@pytest.mark.parametrize("way", ["argument", "config", "argv", "CliApp"])
def test_every_way_to_read_a_command_line(way: str, arguments: list[str], key: str, value: Any, world: World) -> None:
    """A class that parses the command line itself rewrites it; `CliApp` gets it rewritten."""
    decorated = settings_class()
    if way == "argument":
        settings = decorated(_cli_parse_args=arguments)
    elif way == "config":
        decorated.model_config["cli_parse_args"] = arguments
        settings = decorated()
    elif way == "argv":
        world.patch.setattr(sys, "argv", ["program", *arguments])
        settings = decorated(_cli_parse_args=True)
    else:
        settings = CliApp.run(decorated, cli_args=migrated_arguments(decorated, arguments))
    assert value == getattr(settings, key)
    assert {"command line"} == {use.place.source for use in USES}


def test_a_command_line_that_is_not_parsed_is_not_read(world: World) -> None:
    """`sys.argv` is nobody's business until the class is told to parse it."""
    world.patch.setattr(sys, "argv", ["program", "--tries=4"])
    assert 1 == settings_class()().attempts
    assert [] == USES


def test_where_a_flag_stands() -> None:
    """The flag is told as it was written, and the new one as it is to be written."""
    migrated_arguments(settings_class(), ["--cache-timeout=987654", "--db_url", "x"])
    assert [
        (Place("command line", "--cache-timeout"), "--cache_ttl"),
        (Place("command line", "--db_url"), "--database.url"),
    ] == sorted(((use.place, use.spelled) for use in USES), key=lambda told: told[1])


@pytest.mark.parametrize(
    ("config", "arguments", "expected"),
    [
        ({"cli_kebab_case": True}, ["--cache-timeout=5"], ["--cache-ttl=5"]),
        ({"cli_kebab_case": True}, ["--cache_timeout=5"], ["--cache-ttl=5"]),
        ({"cli_prefix": "app"}, ["--app.tries=5"], ["--app.attempts=5"]),
        ({"cli_prefix": "app"}, ["--tries=5"], ["--tries=5"]),
        ({"cli_flag_prefix_char": "+"}, ["++tries=5"], ["++attempts=5"]),
        ({"case_sensitive": True}, ["--TRIES=5"], ["--TRIES=5"]),
        ({"case_sensitive": False}, ["--TRIES=5"], ["--attempts=5"]),
    ],
)
def test_how_the_class_writes_flags(config: dict[str, Any], arguments: list[str], expected: list[str]) -> None:
    """Dashes, prefixes and case of flags are those of the class."""

    class Configured(Fields):
        model_config = SettingsConfigDict(**config)

    decorated = settings_class(Configured)
    assert expected == migrated_arguments(decorated, arguments)
    if arguments != expected:
        rewritten = decorated(_cli_parse_args=arguments)
        assert 5 in (rewritten.attempts, rewritten.cache_ttl)


@pytest.mark.parametrize(
    ("given", "arguments", "expected"),
    [
        ({"_cli_kebab_case": True}, ["--cache-timeout=5"], "cache_ttl"),
        ({"_cli_prefix": "app"}, ["--app.tries=5"], "attempts"),
        ({"_cli_flag_prefix_char": "+"}, ["++tries=5"], "attempts"),
        ({"_case_sensitive": True}, ["--tries=5"], "attempts"),
    ],
)
def test_what_is_given_to_the_constructor(given: dict[str, Any], arguments: list[str], expected: str) -> None:
    """Options of the constructor count as those of the class do."""
    assert 5 == getattr(settings_class()(_cli_parse_args=arguments, **given), expected)


def test_a_setting_with_an_alias() -> None:
    """The new flag is the alias, which is what the class takes."""

    class Aliased(Fields):
        cache_ttl: int = Field(0, alias="TTL")

    decorated = settings_class(Aliased)
    assert ["--TTL=5"] == migrated_arguments(decorated, ["--cache_timeout=5"])
    assert 5 == decorated(_cli_parse_args=["--cache_timeout=5"]).cache_ttl


# --- both spellings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["--tries=4", "--attempts=5"],
        ["--attempts=5", "--tries=4"],
        ["--attempts", "5", "--tries", "4"],
    ],
    ids=" ".join,
)
def test_both_flags(arguments: list[str]) -> None:
    """The new one wins and the difference is told."""
    assert 5 == settings_class()(_cli_parse_args=arguments).attempts
    assert [("same-source", "--attempts")] == [(use.conflict, use.other.spelling if use.other else "") for use in USES]
    with pytest.raises(SettingsRefused) as refused:
        settings_class(conflicts="error")(_cli_parse_args=arguments)
    assert ["conflict"] == [problem.kind for problem in refused.value.problems]


@pytest.mark.parametrize(
    "arguments",
    [["--tries=4", "--attempts=4"], ["--attempts", "4", "--tries", "4"], ["--minutes=1", "--seconds=60"]],
    ids=" ".join,
)
def test_both_flags_that_say_the_same(arguments: list[str]) -> None:
    """Equal values are no conflict."""
    settings_class(conflicts="error")(_cli_parse_args=arguments)
    assert [""] == [use.conflict for use in USES]


def test_an_old_flag_twice(world: World) -> None:
    """The last one counts, as it does for the new flag."""
    oracle = Fields(_cli_parse_args=["--attempts=4", "--attempts=5"]).attempts
    assert oracle == settings_class()(_cli_parse_args=["--tries=4", "--tries=5"]).attempts == 5


# --- what is refused ------------------------------------------------------------------------------------------------


def test_a_flag_that_cannot_be_converted() -> None:
    """It is told by the flag, and without the value."""
    with pytest.raises(SettingsRefused) as refused:
        migrated_arguments(settings_class(), ["--minutes=geheim987654"])
    (problem,) = refused.value.problems
    assert ("conversion-failed", "seconds", "--minutes", "command line") == (
        problem.kind,
        problem.field,
        problem.spelling,
        problem.source,
    )
    assert "987654" not in str(refused.value)


def test_a_flag_that_was_removed() -> None:
    """After its removal an old flag is told with the new one, instead of the usage of a parser."""
    with pytest.raises(SettingsRefused) as refused:
        migrated_arguments(settings_class(release="2.3.0"), ["--tries=4"])
    (problem,) = refused.value.problems
    assert ("removed-key", "--tries") == (problem.kind, problem.spelling)
    assert "--attempts" in problem.remedy


@pytest.mark.parametrize("way", ["argument", "CliApp"])
def test_a_flag_that_was_removed_beside_the_new_one(way: str) -> None:
    """Where the new flag is given too the old one has no effect."""
    decorated = settings_class(release="2.3.0")
    arguments = ["--tries=4", "--attempts=5"]
    if way == "argument":
        settings = decorated(_cli_parse_args=arguments)
    else:
        settings = CliApp.run(decorated, cli_args=migrated_arguments(decorated, arguments))
    assert 5 == settings.attempts


@pytest.mark.parametrize("arguments", [["--tries"], ["--tries", "--host=a"]], ids=" ".join)
def test_a_flag_without_its_value(arguments: list[str]) -> None:
    """It never takes another flag for its value."""
    try:
        settings = settings_class()(_cli_parse_args=arguments)
    except (SettingsRefused, ps.SettingsError):
        return
    assert "a" == settings.host
    pytest.fail("an old flag without a value was taken")


def test_a_part_of_a_merge_without_its_other() -> None:
    """It is told with the key that is missing."""
    decorated = versioned(
        Legacy(join_fields(["smtp_host", "smtp_port"], to="smtp", separator=":"), **WINDOW), release="2.2"
    )(type("Settings", (Fields,), {}))
    with pytest.raises(SettingsRefused) as refused:
        migrated_arguments(decorated, ["--smtp_host=m"])
    assert ["incomplete"] == [problem.kind for problem in refused.value.problems]


# --- what is told besides -------------------------------------------------------------------------------------------


def test_a_changed_default_is_told_once(world: World) -> None:
    """Rewriting arguments is no load: what nothing sets is only known when settings are loaded."""
    decorated = versioned(ChangedDefault("attempts", was=3, **WINDOW), release="2.2", on_use=USES.append)(
        type("Settings", (Fields,), {})
    )
    world.patch.setenv("ATTEMPTS", "5")
    CliApp.run(decorated, cli_args=migrated_arguments(decorated, ["--host=a"]))
    assert [] == USES


def test_an_old_flag_and_other_sources(world: World) -> None:
    """The command line is above the environment, and both are told."""
    world.patch.setenv("TRIES", "3")
    loaded = loading(lambda: settings_class()(_cli_parse_args=["--tries=4"]), USES)
    assert 4 == loaded.settings.attempts
    assert {"command line": "", "environment": "overridden"} == {use.place.source: use.conflict for use in USES}


def test_a_class_without_old_keys() -> None:
    """Arguments of a class that only has a version come back as they are."""
    decorated = versioned(release="2.2", version=2)(type("Settings", (Fields,), {}))
    assert ["--attempts=4"] == migrated_arguments(decorated, ["--attempts=4"])
    assert 4 == decorated(_cli_parse_args=["--attempts=4"]).attempts


def test_a_class_without_a_history() -> None:
    """Its arguments cannot be rewritten."""
    with pytest.raises(TypeError, match="versioned"):
        migrated_arguments(Fields, ["--attempts=4"])


def test_subcommands(world: World) -> None:
    """Old flags before and behind a subcommand of today are those of the settings."""

    class Serve(BaseModel):
        workers: int = 1

    class Program(Fields):
        serve: ps.CliSubCommand[Serve]

    decorated = settings_class(Program)
    settings = decorated(_cli_parse_args=["--tries=4", "serve", "--workers=3"])
    assert (4, 3) == (settings.attempts, settings.serve.workers)


def test_help_shows_no_old_flag(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever asks for help is told of today's flags only."""
    with pytest.raises(SystemExit):
        settings_class()(_cli_parse_args=["--help"])
    shown = capsys.readouterr().out
    assert "--attempts" in shown
    assert "--tries" not in shown


def test_switches_that_have_no_value(world: World) -> None:
    """With implicit flags an old switch becomes the new one, in both its forms."""

    class Switched(Fields):
        model_config = SettingsConfigDict(cli_implicit_flags=True)

    decorated = settings_class(Switched)
    assert decorated(_cli_parse_args=["--debug"]).verbose is True
    assert decorated(_cli_parse_args=["--debug", "--host=a"]).verbose is True
    assert Switched(_cli_parse_args=["--no-verbose"]).verbose is False
    assert decorated(_cli_parse_args=["--no-debug"]).verbose is False
