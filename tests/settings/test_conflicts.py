"""Old and new keys that are both set: what counts as a difference, what is said of it, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr

from settings.sources import FLAT, LAYERS, World, layered
from upcast import convert, move, rename, split_field
from upcast.errors import SettingsRefused
from upcast.settings import Legacy, LegacyKeyConflict, LegacyKeyCounter, LegacyUse, versioned

WINDOW: dict[str, Any] = {"since": "2.1", "remove_in": "2.3"}
USES: list[LegacyUse] = []


class Database(BaseModel):
    """A section."""

    url: str = "none"
    timeout: int = 3


def to_seconds(minutes: int) -> int:
    """Convert what `timeout_minutes` had."""
    return minutes * 60


def settings_class(conflicts: Any = "new-wins", release: str | None = "2.2.0", **more: Any) -> type[Any]:
    """Settings with a history of several kinds."""

    class Settings(layered()):  # type: ignore[misc]  # made at run time
        attempts: int = 1
        seconds: int = 0
        label: str = ""
        hosts: list[str] = Field([])
        secret: SecretStr = SecretStr("")
        flag: bool = False
        level: Literal["low", "high"] = "low"
        host: str = ""
        port: int = 0
        database: Database = Database()
        limit: int | None = None

    return versioned(
        Legacy(rename("tries", to="attempts"), **WINDOW),
        Legacy(rename("minutes", to="seconds"), convert("seconds", to_seconds), was=int, **WINDOW),
        Legacy(rename("name", to="label"), **WINDOW),
        Legacy(rename("servers", to="hosts"), **WINDOW),
        Legacy(rename("token", to="secret"), **WINDOW),
        Legacy(rename("debug", to="flag"), **WINDOW),
        Legacy(rename("grade", to="level"), **WINDOW),
        Legacy(rename("maximum", to="limit"), **WINDOW),
        Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW),
        Legacy(move("db_url", to="database.url"), **WINDOW),
        Legacy(rename("db", to="database"), **WINDOW),
        release=release,
        conflicts=conflicts,
        on_use=USES.append,
        **more,
    )(Settings)


# Old key and value, new key and value.
SAME: list[tuple[str, Any, str, Any]] = [
    ("tries", 4, "attempts", "4"),
    ("tries", "4", "attempts", 4),
    ("tries", " 4 ", "attempts", 4),
    ("tries", 4, "attempts", 4.0),
    ("minutes", 5, "seconds", 300),
    ("minutes", "5", "seconds", "300"),
    ("name", "x", "label", "x"),
    ("servers", ["a", "b"], "hosts", ["a", "b"]),
    ("token", "geheim", "secret", "geheim"),
    ("debug", "yes", "flag", True),
    ("debug", "1", "flag", "on"),
    ("grade", "high", "level", "high"),
    ("db_url", "pg:x", "database.url", "pg:x"),
    ("db.url", "pg:x", "database.url", "pg:x"),
    ("db.timeout", "9", "database.timeout", 9),
    ("db.timeout", 9, "database.url", "pg:x"),
    ("address", "shop:80", "port", 80),
]
DIFFERENT: list[tuple[str, Any, str, Any]] = [
    ("tries", 4, "attempts", 5),
    ("tries", 4, "attempts", "5"),
    ("tries", 0, "attempts", 1),
    ("minutes", 5, "seconds", 5),
    ("name", "x", "label", "X"),
    ("name", "", "label", "x"),
    ("servers", ["a", "b"], "hosts", ["b", "a"]),
    ("servers", [], "hosts", ["a"]),
    ("token", "geheim", "secret", "secret"),
    ("debug", "yes", "flag", False),
    ("grade", "high", "level", "low"),
    ("db_url", "pg:x", "database.url", "pg:y"),
    ("db.timeout", 9, "database.timeout", 8),
    ("address", "shop:80", "port", 81),
    ("address", "shop:80", "host", "store"),
]


def shown(case: tuple[str, Any, str, Any]) -> str:
    """A case as a part of a test's name."""
    return "-".join(json.dumps(part).replace('"', "") for part in case)


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer != "cli"])
@pytest.mark.parametrize("case", SAME, ids=shown)
def test_what_means_the_same_is_no_conflict(case: tuple[str, Any, str, Any], layer: str, world: World) -> None:
    """Values are compared as what the setting makes of them: a text and a number may mean the same."""
    old, old_value, new, new_value = case
    world.write(layer, old, old_value)
    world.write(layer, new, new_value)
    loaded = world.load(settings_class("error"), USES)
    assert loaded.refused is None
    assert [(old.partition(".")[0] if old.startswith("db.") else old, "")] == [(use.key, use.conflict) for use in USES]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("case", DIFFERENT, ids=shown)
def test_what_means_something_else_is_a_conflict(case: tuple[str, Any, str, Any], layer: str, world: World) -> None:
    """A difference is told with both places and refused by policy, and the new key wins."""
    old, old_value, new, new_value = case
    world.write(layer, old, old_value)
    world.write(layer, new, new_value)
    loaded = world.load(settings_class(), USES)
    assert loaded.refused is None
    (use,) = loaded.uses
    assert ("same-source", world.place(layer, new)) == (use.conflict, use.other) or old.startswith("db.")
    assert [LegacyKeyConflict] == [warning.category for warning in loaded.warned]
    told = loaded.settings
    for part in new.split("."):
        told = getattr(told, part)
    told = told.get_secret_value() if isinstance(told, SecretStr) else told
    assert new_value == (str(told) if isinstance(new_value, str) else told)

    refused = world.load(settings_class("error"), USES).refused
    assert isinstance(refused, SettingsRefused)
    assert ["conflict"] == [problem.kind for problem in refused.problems]


@pytest.mark.parametrize("conflicts", ["new-wins", "error"])
@pytest.mark.parametrize("layer", ["env", "toml", "init"])
def test_a_value_that_is_refused_differs_from_one_that_is_not(layer: str, conflicts: str, world: World) -> None:
    """An old value that the setting would refuse has no effect beside a new key, and is told."""
    world.write(layer, "tries", "many")
    world.write(layer, "attempts", 5)
    loaded = world.load(settings_class(conflicts), USES)
    (use,) = loaded.uses
    assert "same-source" == use.conflict
    if conflicts == "new-wins":
        assert 5 == loaded.settings.attempts


@pytest.mark.parametrize("value", [None, 5])
def test_null_is_a_value(value: Any, world: World) -> None:
    """An old null and a new number differ; two nulls do not."""
    Path("settings.json").write_text(json.dumps({"maximum": None, "limit": value}))
    loaded = world.load(settings_class(), USES)
    assert value == loaded.settings.limit
    assert ["" if value is None else "same-source"] == [use.conflict for use in loaded.uses]


def test_an_old_null_beats_the_new_key_of_a_lower_source(world: World) -> None:
    """A null in a higher source is what it says, as with the new key."""
    Path("settings.yaml").write_text("maximum: null\n")
    Path("settings.json").write_text(json.dumps({"limit": 7}))
    loaded = world.load(settings_class(), USES)
    assert loaded.settings.limit is None
    assert ["overrides"] == [use.conflict for use in loaded.uses]


def test_every_conflict_is_refused_at_once(world: World) -> None:
    """All conflicts, and all else that is wrong, come in one refusal."""
    world.write("env", "tries", 4)
    world.write("env", "attempts", 5)
    world.write("toml", "name", "x")
    world.write("toml", "label", "y")
    world.write("json", "port", "none")
    refused = world.load(settings_class("error"), USES).refused
    assert isinstance(refused, SettingsRefused)
    assert [
        ("conflict", "attempts", "APP_TRIES"),
        ("conflict", "label", "name"),
        ("int_parsing", "port", "port"),
    ] == [(problem.kind, problem.field, problem.spelling) for problem in refused.problems]


def test_the_policy_is_about_one_source_only(world: World) -> None:
    """Sources override each other by design: `conflicts="error"` refuses nothing between them."""
    world.write("env", "tries", 4)
    world.write("dotenv", "attempts", 5)
    world.write("json", "tries", 6)
    loaded = world.load(settings_class("error"), USES)
    assert loaded.refused is None
    assert 4 == loaded.settings.attempts
    assert ["overrides", "overridden"] == [use.conflict for use in loaded.uses]


def test_a_conflict_that_a_higher_source_settles(world: World) -> None:
    """A source that contradicts itself is told even where a higher one decides."""
    world.write("env", "attempts", 3)
    world.write("dotenv", "tries", 4)
    world.write("dotenv", "attempts", 5)
    loaded = world.load(settings_class(), USES)
    assert 3 == loaded.settings.attempts
    assert ["same-source"] == [use.conflict for use in loaded.uses]


def test_three_sources(world: World) -> None:
    """An old key that wins is told with what it overrides, one that loses with what wins."""
    world.write("init", "tries", 3)
    world.write("env", "attempts", 4)
    world.write("dotenv", "tries", 5)
    world.write("toml", "attempts", 6)
    loaded = world.load(settings_class(), USES)
    assert 3 == loaded.settings.attempts
    assert [
        ("overrides", world.place("env", "attempts")),
        ("overridden", world.place("init", "tries")),
    ] == [(use.conflict, use.other) for use in loaded.uses]


def test_a_lower_source_that_agrees_does_not_hide_one_that_does_not(world: World) -> None:
    """The first source below that says the same is no reason to keep quiet about the next."""
    world.write("env", "tries", 3)
    world.write("dotenv", "attempts", 3)
    world.write("toml", "attempts", 4)
    (use,) = world.load(settings_class(), USES).uses
    assert ("overrides", world.place("toml", "attempts")) == (use.conflict, use.other)


@pytest.mark.parametrize(("release", "expected"), [("2.0.0", "same-source"), (None, "same-source"), ("2.3.0", "")])
def test_conflicts_by_stage(release: str | None, expected: str, world: World) -> None:
    """A conflict is one as long as the old key is read; once it is not, there is nothing to contradict."""
    world.write("env", "tries", 4)
    world.write("env", "attempts", 5)
    loaded = world.load(settings_class(release=release), USES)
    assert 5 == loaded.settings.attempts
    assert [expected] == [use.conflict for use in loaded.uses]


def test_an_announced_conflict_is_refused_by_policy_too(world: World) -> None:
    """Before the first warning both keys are read already, so a difference is refused where it has to be."""
    world.write("env", "tries", 4)
    world.write("env", "attempts", 5)
    assert isinstance(world.load(settings_class("error", "2.0.0"), USES).refused, SettingsRefused)


def test_a_removed_key_is_no_conflict_by_policy(world: World) -> None:
    """Once the old key is not read any more it cannot contradict the new one."""
    world.write("env", "tries", 4)
    world.write("env", "attempts", 5)
    loaded = world.load(settings_class("error", "2.3.0"), USES)
    assert loaded.refused is None
    assert 5 == loaded.settings.attempts


def test_conflicts_are_counted_apart(world: World) -> None:
    """The label of the counter tells what became of the new key."""
    counter = LegacyKeyCounter()

    class Settings(settings_class()):  # type: ignore[misc]  # made at run time
        pass

    versioned(release="2.2.0", on_use=counter)(Settings)
    world.write("env", "tries", 4)
    world.load(Settings, USES)
    world.write("env", "attempts", 5)
    world.load(Settings, USES)
    world.load(Settings, USES)
    assert {"": 1, "same-source": 2} == {labels["conflict"]: count for labels, count in counter}


@pytest.mark.parametrize("layer", FLAT)
def test_texts_that_no_setting_can_read_differ_by_their_letters(layer: str, world: World) -> None:
    """Where neither value can be read they are compared as they are, so equal nonsense is one problem, not two."""
    world.write(layer, "tries", "x")
    world.write(layer, "attempts", "x")
    refused = world.load(settings_class("error"), USES).refused
    assert isinstance(refused, SettingsRefused)
    assert ["int_parsing"] == [problem.kind for problem in refused.problems]


@pytest.mark.parametrize("layer", ["env", "dotenv", "toml", "json", "init"])
@pytest.mark.parametrize("high", [None, "cli"])
def test_what_cannot_be_converted_and_nobody_needs(high: str | None, layer: str, world: World) -> None:
    """An old value that no conversion takes keeps nobody from starting where the new key is set, and it is told."""
    world.write(layer, "minutes", "many")
    world.write(high or layer, "seconds", 30)
    loaded = world.load(settings_class(), USES)
    assert loaded.refused is None
    assert 30 == loaded.settings.seconds
    assert [world.place(layer, "minutes")] == [use.place for use in loaded.uses]
    assert 1 == len(loaded.warned)


@pytest.mark.parametrize("layer", ["env", "dotenv", "toml", "json", "init"])
def test_what_cannot_be_converted_is_refused_where_it_would_count(layer: str, world: World) -> None:
    """The new key in a lower source is no excuse: the old one would override it."""
    world.write(layer, "minutes", "many")
    world.write("pyproject", "seconds", 30)
    refused = world.load(settings_class(), USES).refused
    assert isinstance(refused, SettingsRefused)
    assert [("conversion-failed", world.place(layer, "minutes").spelling)] == [
        (problem.kind, problem.spelling) for problem in refused.problems
    ]
