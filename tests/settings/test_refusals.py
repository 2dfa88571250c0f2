"""What is refused: by the spelling and the place that the user has, all at once, and never with a value."""

from __future__ import annotations

import logging
import pickle
import traceback
from pathlib import Path
from typing import Any, Literal

import pydantic_settings as ps
import pytest
from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from settings.sources import FILE_NAMES, FLAT, LABELS, LAYERS, World, env_name, layered
from upcast import convert, join_fields, map_values, move, rename, split_field
from upcast.errors import SettingProblem, SettingsRefused, UpcastError
from upcast.settings import Legacy, LegacyUse, Place, versioned

WINDOW: dict[str, Any] = {"since": "2.1", "remove_in": "2.3"}
USES: list[LegacyUse] = []
CANARY = "geheim987654"


class Database(BaseModel):
    """A section."""

    url: str = "none"
    timeout: int = Field(3, ge=1, le=60)
    ports: list[int] = []


def to_seconds(minutes: int) -> int:
    """Convert what `timeout_minutes` had."""
    return minutes * 60


class Fields(layered()):  # type: ignore[misc]  # made at run time
    """Settings with limits."""

    ttl: int = Field(100, ge=50, le=3600)
    seconds: int = Field(60, le=3600)
    level: Literal["low", "high"] = "low"
    password: SecretStr = SecretStr("")
    hosts: list[str] = Field([])
    host: str = ""
    port: int = 1
    smtp: str = ""
    database: Database = Database()


@versioned(
    Legacy(rename("timeout", to="ttl"), **WINDOW),
    Legacy(rename("minutes", to="seconds"), convert("seconds", to_seconds), was=int, **WINDOW),
    Legacy(rename("grade", to="level"), map_values("level", {"l": "low", "h": "high"}), **WINDOW),
    Legacy(rename("servers", to="hosts"), **WINDOW),
    Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW),
    Legacy(join_fields(["smtp_host", "smtp_port"], to="smtp", separator=":"), **WINDOW),
    Legacy(move("db_timeout", to="database.timeout"), **WINDOW),
    Legacy(rename("pass", to="password"), **WINDOW),
    release="2.2.0",
    on_use=USES.append,
)
class Settings(Fields):
    """The same with a history."""


def refusal(world: World, settings_class: Any = Settings, **given: Any) -> SettingsRefused:
    """The refusal of a load, which has nothing attached."""
    refused = world.load(settings_class, USES, **given).refused
    assert isinstance(refused, SettingsRefused), refused
    assert refused.__cause__ is None
    assert refused.__context__ is None
    return refused


def place_of(problem: SettingProblem) -> Place:
    """Where a problem stands."""
    return Place(problem.source, problem.spelling, problem.file, problem.line)


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("key", ["timeout", "ttl"])
@pytest.mark.parametrize(
    ("value", "kind", "text"), [(6, "greater_than_equal", "must be ≥ 50"), (3601, "less_than_equal", "must be ≤ 3600")]
)
def test_a_value_out_of_bounds(key: str, layer: str, value: int, kind: str, text: str, world: World) -> None:
    """It is told by the key, the file and the line that the user has, with the bound and what the old key sets."""
    world.write(layer, key, value)
    (problem,) = refusal(world).problems
    assert (kind, "ttl", world.place(layer, key)) == (problem.kind, problem.field, place_of(problem))
    assert text == problem.problem
    assert ("It sets ttl." if key == "timeout" else "") == problem.remedy


@pytest.mark.parametrize("layer", LAYERS)
def test_a_converted_value_out_of_bounds(layer: str, world: World) -> None:
    """The bound is that of the new setting, so it is said that the value is made into it."""
    world.write(layer, "minutes", 61)
    (problem,) = refusal(world).problems
    assert ("less_than_equal", "seconds", world.place(layer, "minutes")) == (
        problem.kind,
        problem.field,
        place_of(problem),
    )
    assert "seconds" in problem.remedy


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("key", ["db_timeout", "database.timeout"])
def test_a_value_of_a_section_out_of_bounds(key: str, layer: str, world: World) -> None:
    """The key is told as it stands, and the field as the class has it."""
    world.write(layer, key, 61)
    (problem,) = refusal(world).problems
    assert ("less_than_equal", "database.timeout") == (problem.kind, problem.field)
    place = world.place(layer, key)
    if layer == "cli" and key != "db_timeout":
        assert place.source == problem.source
    else:
        assert place == place_of(problem)


def test_the_higher_source_is_told(world: World) -> None:
    """What is refused is the value that counts, not one that it overrides."""
    world.write("env", "timeout", 6)
    world.write("toml", "ttl", 100)
    assert [world.place("env", "timeout")] == [place_of(problem) for problem in refusal(world).problems]
    world.clear()
    world.write("env", "ttl", 6)
    world.write("toml", "timeout", 7)
    assert [world.place("env", "ttl")] == [place_of(problem) for problem in refusal(world).problems]


@pytest.mark.parametrize("layer", LAYERS)
def test_the_new_key_of_the_same_source_is_told(layer: str, world: World) -> None:
    """Where both spellings differ the new one counts, so it is the one that is refused."""
    world.write(layer, "timeout", 100)
    world.write(layer, "ttl", 6)
    assert [world.place(layer, "ttl")] == [place_of(problem) for problem in refusal(world).problems]


def test_an_item_of_a_list(world: World) -> None:
    """A place inside a value is told by the key that has the value."""
    world.write("yaml", "database.ports", [1, "x"])
    (problem,) = refusal(world).problems
    assert "database.ports.1" == problem.field
    assert world.place("yaml", "database.ports") == place_of(problem)


# --- what is missing or unknown -------------------------------------------------------------------------------------


class Needs(Fields):
    """Settings with some that are required."""

    token: str
    section: Database


@versioned(
    Legacy(rename("key", to="token"), **WINDOW),
    Legacy(rename("old_section", to="section"), **WINDOW),
    release="2.2.0",
    on_use=USES.append,
)
class NeedsWithHistory(Needs):
    """The same with a history."""


def test_what_nothing_sets(world: World) -> None:
    """A missing setting is told by the name that sets it in the environment."""
    problems = refusal(world, NeedsWithHistory).problems
    assert [("missing", "token", "APP_TOKEN"), ("missing", "section", "APP_SECTION")] == [
        (problem.kind, problem.field, problem.spelling) for problem in problems
    ]
    assert "Set APP_TOKEN." == problems[0].remedy


@pytest.mark.parametrize("layer", LAYERS)
def test_an_old_key_fills_a_required_setting(layer: str, world: World) -> None:
    """What is required may be set by its old key."""
    world.write(layer, "key", "x")
    world.write("toml", "section.url", "pg")
    assert "x" == world.load(NeedsWithHistory, USES).settings.token


@pytest.mark.parametrize("layer", ["init", "dotenv", "toml", "yaml", "json", "pyproject"])
@pytest.mark.parametrize(("key", "remedy"), [("tll", "Did you mean "), ("quite_another", "Take it away")])
def test_a_key_that_nobody_knows(key: str, remedy: str, layer: str, world: World) -> None:
    """It is told as it stands, with its line, and with what it may have been meant to be."""
    world.write(layer, key, 5)
    (problem,) = refusal(world).problems
    assert "extra_forbidden" == problem.kind
    assert world.place(layer, key) == place_of(problem)
    assert problem.remedy.startswith(remedy)


@pytest.mark.parametrize("layer", ["dotenv", "toml", "init"])
def test_the_suggestion_is_spelled_as_the_source_wants_it(layer: str, world: World) -> None:
    """In a `.env` file the suggestion has the prefix, elsewhere it has not."""
    world.write(layer, "tll", 5)
    (problem,) = refusal(world).problems
    assert f"Did you mean {env_name(('ttl',)) if layer == 'dotenv' else 'ttl'}?" == problem.remedy


# --- what cannot be converted ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(("key", "field"), [("minutes", "seconds"), ("grade", "level"), ("address", "host, port")])
def test_a_value_that_cannot_be_converted(key: str, field: str, layer: str, world: World) -> None:
    """It is told by the old key, once, without a word of what the new setting misses."""
    world.write(layer, key, CANARY)
    refused = refusal(world)
    assert [("conversion-failed", field, world.place(layer, key))] == [
        (problem.kind, problem.field, place_of(problem)) for problem in refused.problems
    ]
    assert CANARY not in str(refused)


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer not in FLAT and layer != "cli"])
@pytest.mark.parametrize("value", [5.5, [5], {"a": 5}, True, None])
def test_values_of_files_that_are_not_what_they_were(value: Any, layer: str, world: World) -> None:
    """`was=int` is lax as settings are: whole numbers are taken, and nothing that has to be guessed."""
    if value is None and layer in {"toml", "pyproject"}:
        pytest.skip("TOML has no null")
    world.write(layer, ("minutes",), value)
    loaded = world.load(Settings, USES)
    if value is True:
        assert loaded.refused is None, "for pydantic true is 1, in lax mode"
        return
    assert isinstance(loaded.refused, SettingsRefused)


@pytest.mark.parametrize("layer", FLAT)
def test_a_list_that_is_no_json(layer: str, world: World) -> None:
    """An old list that is no JSON text is told by the old key, as the new one is by the new."""
    for key in ("servers", "hosts"):
        world.write(layer, key, CANARY)
        refused = refusal(world)
        (problem,) = refused.problems
        assert "hosts" == problem.field
        assert CANARY not in str(refused)
        if key == "servers":
            assert world.place(layer, key) == place_of(problem)
        world.clear()


def test_a_function_that_raises(world: World) -> None:
    """It is told by its place in the code, without its message and without what it got."""

    def fails(value: str) -> str:
        raise RuntimeError(f"cannot read {value}")

    @versioned(Legacy(rename("old", to="host"), convert("host", fails), was=str, **WINDOW), release="2.2")
    class Failing(Fields):
        pass

    world.write("dotenv", "old", CANARY)
    refused = refusal(world, Failing)
    (problem,) = refused.problems
    line = fails.__code__.co_firstlineno + 1
    assert f"{Path(__file__).name}:{line}" in problem.problem
    assert CANARY not in str(refused)


def test_a_function_that_has_no_memory_left(world: World) -> None:
    """What is no fault of the value is not told as one."""

    def fails(value: str) -> str:
        raise MemoryError

    @versioned(Legacy(rename("old", to="host"), convert("host", fails), was=str, **WINDOW), release="2.2")
    class Failing(Fields):
        pass

    world.write("env", "old", "x")
    with pytest.raises(MemoryError):
        Failing()


# --- sources that cannot be read ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "text", "line"),
    [
        ("toml", f"ttl = 60\nhost = {CANARY}\n", 2),
        ("toml", f'ttl = 60\nhost = "a"\nhost = "{CANARY}"\n', None),
        ("yaml", f"ttl: 60\nhost: [{CANARY}\n", 3),
        ("yaml", f"ttl: 60\nhost: &a {CANARY}\nport: *b\n", 3),
        ("json", f'{{"ttl": 60,\n "host": {CANARY}}}', 2),
        ("pyproject", f"[tool.app]\nhost = {CANARY}\n", 2),
    ],
)
def test_a_file_that_cannot_be_read(layer: str, text: str, line: int | None, world: World) -> None:
    """It is told with its name and line, and with nothing that stands in it."""
    Path(FILE_NAMES[layer]).write_text(text)
    refused = refusal(world)
    (problem,) = refused.problems
    assert "unreadable-source" == problem.kind
    assert Path(problem.file).name == FILE_NAMES[layer]
    assert line is None or line == problem.line
    assert CANARY not in str(refused)


@pytest.mark.parametrize("layer", ["dotenv", "toml", "yaml", "json"])
def test_a_file_that_is_no_text(layer: str, world: World) -> None:
    """Bytes that are no UTF-8 are told, and none of them."""
    Path(FILE_NAMES[layer]).write_bytes(b"ttl=" + CANARY.encode() + b"\xff\xfe")
    refused = refusal(world)
    (problem,) = refused.problems
    assert "unreadable-source" == problem.kind
    assert CANARY not in str(refused)


@pytest.mark.parametrize("layer", FLAT)
def test_a_secret_that_is_no_text(layer: str, world: World) -> None:
    """A list of today that is no JSON text is told by its field, without the text."""
    world.write(layer, "hosts", CANARY)
    refused = refusal(world)
    (problem,) = refused.problems
    assert ("unreadable-source", "hosts") == (problem.kind, problem.field)
    assert CANARY not in str(refused)


@pytest.mark.parametrize("layer", FLAT)
def test_a_list_of_today_that_is_no_json_is_told_with_its_place(layer: str, world: World) -> None:
    """The user has a name, and for files a line: they are told."""
    world.write(layer, "hosts", CANARY)
    (problem,) = refusal(world).problems
    assert world.place(layer, "hosts") == place_of(problem)


def test_a_table_that_is_missing(world: World) -> None:
    """The section that a class reads and a file has not is told by both names."""

    class Tabled(ps.BaseSettings):
        ttl: int = 0

        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, **_given: Any) -> Any:
            return (ps.TomlConfigSettingsSource(settings_cls, "settings.toml", toml_table_header=("app",)),)

    versioned(Legacy(rename("timeout", to="ttl"), **WINDOW), release="2.2")(Tabled)
    Path("settings.toml").write_text("[other]\nttl = 1\n")
    (problem,) = refusal(world, Tabled).problems
    assert "unreadable-source" == problem.kind
    assert '"app"' in problem.problem
    assert "settings.toml" in problem.problem


# --- validators of the user -----------------------------------------------------------------------------------------


class Checked(Fields):
    """Settings with checks of their own."""

    name: str = ""

    @field_validator("name")
    @classmethod
    def polite(cls, value: str) -> str:
        """Refuse the canary, repeating it."""
        if CANARY in value:
            raise ValueError(f"{value} is not polite")
        return value

    @model_validator(mode="after")
    def fitting(self) -> Checked:
        """Refuse a port, repeating it."""
        if self.port == 13:
            raise ValueError(f"port {self.port} brings bad luck to {self.password.get_secret_value()}")
        return self


@versioned(Legacy(rename("title", to="name"), **WINDOW), release="2.2", on_use=USES.append)
class CheckedWithHistory(Checked):
    """The same with a history."""


@pytest.mark.parametrize("layer", LAYERS)
def test_the_message_of_a_validator_is_not_repeated(layer: str, world: World) -> None:
    """It may hold the value; its place is told."""
    world.write(layer, "title", CANARY)
    refused = refusal(world, CheckedWithHistory)
    (problem,) = refused.problems
    assert ("value_error", "name", world.place(layer, "title")) == (problem.kind, problem.field, place_of(problem))
    assert CANARY not in str(refused)


def test_a_validator_of_the_whole(world: World) -> None:
    """What is about no key is told of the settings."""
    world.write("env", "port", 13)
    world.write("env", "password", CANARY)
    refused = refusal(world, CheckedWithHistory)
    (problem,) = refused.problems
    assert ("value_error", "") == (problem.kind, problem.field)
    assert CANARY not in str(refused)
    assert "13" not in problem.problem


def test_an_exception_that_is_no_refusal(world: World) -> None:
    """A validator that breaks down is the user's own failure, and stays what it is."""

    class Broken(Fields):
        @field_validator("host")
        @classmethod
        def breaks(cls, _value: str) -> str:
            raise LookupError("broken")

    versioned(Legacy(rename("timeout", to="ttl"), **WINDOW), release="2.2")(Broken)
    world.write("env", "host", "x")
    with pytest.raises(LookupError, match="broken"):
        Broken()


# --- the refusal itself ---------------------------------------------------------------------------------------------


def test_everything_at_once(world: World) -> None:
    """All that is wrong comes in one refusal: what cannot be converted, bounds, unknown keys, what is missing."""
    world.write("env", "key", "x")
    world.write("env", "ttl", "many")
    world.write("dotenv", "port", "none")
    world.write("toml", "database.timeout", 61)
    world.write("toml", "tll", 1)
    refused = refusal(world, NeedsWithHistory)
    assert {
        ("int_parsing", "APP_TTL"),
        ("int_parsing", "APP_PORT"),
        ("less_than_equal", "database.timeout"),
        ("extra_forbidden", "tll"),
        ("missing", "APP_SECTION"),
    } == {(problem.kind, problem.spelling) for problem in refused.problems}
    lines = str(refused).splitlines()
    assert lines[0].endswith("5 problems in the settings")
    assert [f"  {problem}" for problem in refused.problems] == lines[1:]


def test_what_a_refusal_is(world: World) -> None:
    """An error of this package and a `ValueError`, with a reason, which survives pickling; none of pydantic's."""
    world.write("env", "ttl", 1)
    refused = refusal(world)
    assert isinstance(refused, UpcastError)
    assert isinstance(refused, ValueError)
    assert not isinstance(refused, ValidationError)
    assert "settings-refused" == refused.reason
    assert f"{__name__}:Settings" == refused.settings
    again = pickle.loads(pickle.dumps(refused))
    assert (str(refused), refused.problems) == (str(again), again.problems)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(
    "key",
    ["timeout", "ttl", "minutes", "grade", "level", "servers", "hosts", "address", "smtp_host", "db_timeout", "port"],
)
def test_no_value_anywhere(key: str, layer: str, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A value is in no message, no attribute, no traceback, no log and no use, whatever is wrong with it."""
    if layer == "cli" and key in {"servers", "hosts"}:
        pytest.skip("the command line takes a word for a list")
    world.write(layer, key, CANARY)
    with caplog.at_level(logging.DEBUG):
        loaded = world.load(Settings, USES)
    assert isinstance(loaded.refused, SettingsRefused)
    told = "".join(traceback.format_exception(loaded.refused))
    for text in (told, repr(loaded.refused), repr(loaded.refused.problems), caplog.text, repr(loaded.uses)):
        assert CANARY not in text
    assert CANARY.encode() not in pickle.dumps(loaded.refused)


def test_no_value_in_the_exceptions_of_a_handler(world: World) -> None:
    """Nothing is chained but what the user handles already."""
    world.write("env", "ttl", CANARY)
    mine = KeyError("mine")

    def handle() -> None:
        try:
            raise mine
        except KeyError:
            Settings()

    with pytest.raises(SettingsRefused) as refused:
        handle()
    assert refused.value.__context__ is mine
    assert mine.__context__ is None


def test_secrets_of_every_kind_load(world: World) -> None:
    """The same keys with good values load: the refusals above are about the values."""
    good = {"timeout": 60, "minutes": 2, "grade": "h", "servers": ["a"], "address": "h:1", "db_timeout": 5}
    for key, value in good.items():
        world.write("env", key, value)
    assert world.load(Settings, USES).refused is None


def test_settings_inside_settings(world: World) -> None:
    """A refusal of settings that are a part of others is told in their words."""

    class Inner(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="INNER_")
        port: int = Field(1, le=9)

    versioned(Legacy(rename("number", to="port"), **WINDOW), release="2.2")(Inner)

    class Outer(ps.BaseSettings):
        inner: Inner = Field(default_factory=Inner)

    versioned(Legacy(rename("sub", to="inner"), **WINDOW), release="2.2")(Outer)
    world.patch.setenv("INNER_NUMBER", "987654")
    with pytest.raises(SettingsRefused) as refused:
        Outer()
    assert ["INNER_NUMBER"] == [problem.spelling for problem in refused.value.problems]
    assert "987654" not in str(refused.value)


def test_labels_of_all_sources_are_tested() -> None:
    """Every kind of source has a label here."""
    assert set(LAYERS) == set(LABELS)
