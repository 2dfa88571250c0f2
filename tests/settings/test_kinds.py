"""What can become of settings: every kind of declaration, in every kind of source."""

from __future__ import annotations

import functools
from typing import Any, Literal

import attrs
import pytest
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings

from settings.sources import FLAT, LABELS, LAYERS, World, env_name, layered
from upcast import convert, join_fields, map_values, move, remove, rename, split_field, wrap
from upcast.errors import SettingsRefused
from upcast.settings import ChangedDefault, Legacy, LegacyUse, RetiredValue, check_health, versioned

WINDOW: dict[str, Any] = {"since": "2.1", "remove_in": "2.3"}
USES: list[LegacyUse] = []


class Pool(BaseModel):
    """A section inside a section."""

    size: int = 1
    hosts: list[str] = Field([])


class Database(BaseModel):
    """A section."""

    url: str = "none"
    timeout: int = 3
    pool: Pool = Pool()


def to_seconds(minutes: int) -> int:
    """Convert what `timeout_minutes` had."""
    return minutes * 60


@attrs.frozen(eq=False)
class Kind:
    """A kind of declaration with what is written in old and in new keys.

    Attributes:
        name: How it is called.
        declarations: The declarations.
        old: The old keys with their values.
        new: The same in today's keys.
        told: What is told of each old key: itself, the new keys, and what became of it.
    """

    name: str
    declarations: tuple[Any, ...]
    old: dict[str, Any]
    new: dict[str, Any]
    told: dict[str, tuple[str, str]]

    def __str__(self) -> str:
        return self.name


KINDS = (
    Kind(
        "renamed",
        (Legacy(rename("tries", to="attempts"), **WINDOW),),
        {"tries": 4},
        {"attempts": 4},
        {"tries": ("attempts", "renamed")},
    ),
    Kind(
        "list-renamed",
        (Legacy(rename("servers", to="hosts"), **WINDOW),),
        {"servers": ["a", "b"]},
        {"hosts": ["a", "b"]},
        {"servers": ("hosts", "renamed")},
    ),
    Kind(
        "moved-into-a-section",
        (Legacy(move("db_url", to="database.url"), **WINDOW),),
        {"db_url": "pg:x"},
        {"database.url": "pg:x"},
        {"db_url": ("database.url", "moved")},
    ),
    Kind(
        "moved-two-sections-deep",
        (Legacy(move("pool_size", to="database.pool.size"), **WINDOW),),
        {"pool_size": 7},
        {"database.pool.size": 7},
        {"pool_size": ("database.pool.size", "moved")},
    ),
    Kind(
        "list-moved-two-sections-deep",
        (Legacy(move("pool_hosts", to="database.pool.hosts"), **WINDOW),),
        {"pool_hosts": ["a"]},
        {"database.pool.hosts": ["a"]},
        {"pool_hosts": ("database.pool.hosts", "moved")},
    ),
    Kind(
        "moved-inside-a-section",
        (Legacy(move("database.dsn", to="database.url"), **WINDOW),),
        {"database.dsn": "pg:x"},
        {"database.url": "pg:x"},
        {"database.dsn": ("database.url", "moved")},
    ),
    Kind(
        "moved-out-of-a-section",
        (Legacy(move("database.retries", to="attempts"), **WINDOW),),
        {"database.retries": 5},
        {"attempts": 5},
        {"database.retries": ("attempts", "moved")},
    ),
    Kind(
        "moved-out-of-a-section-that-is-gone",
        (Legacy(move("retry.count", to="attempts"), **WINDOW),),
        {"retry.count": 5},
        {"attempts": 5},
        {"retry.count": ("attempts", "moved")},
    ),
    Kind(
        "section-renamed",
        (Legacy(rename("db", to="database"), **WINDOW),),
        {"db.url": "pg:x", "db.timeout": 9},
        {"database.url": "pg:x", "database.timeout": 9},
        {"db": ("database", "renamed")},
    ),
    Kind(
        "section-with-a-section-renamed",
        (Legacy(rename("db", to="database"), **WINDOW),),
        {"db.pool.size": 8, "db.pool.hosts": ["h"], "db.url": "pg:y"},
        {"database.pool.size": 8, "database.pool.hosts": ["h"], "database.url": "pg:y"},
        {"db": ("database", "renamed")},
    ),
    Kind(
        "split",
        (Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW),),
        {"address": "shop.example:8080"},
        {"host": "shop.example", "port": "8080"},
        {"address": ("host, port", "split")},
    ),
    Kind(
        "merged",
        (Legacy(join_fields(["smtp_host", "smtp_port"], to="smtp", separator=":"), was={"smtp_port": str}, **WINDOW),),
        {"smtp_host": "mail", "smtp_port": "26"},
        {"smtp": "mail:26"},
        {"smtp_host": ("smtp", "merged"), "smtp_port": ("smtp", "merged")},
    ),
    Kind(
        "merged-with-a-default",
        (
            Legacy(
                join_fields(["smtp_host", "smtp_port"], to="smtp", separator=":"),
                defaults={"smtp_port": "25"},
                **WINDOW,
            ),
        ),
        {"smtp_host": "mail"},
        {"smtp": "mail:25"},
        {"smtp_host": ("smtp", "merged")},
    ),
    Kind(
        "converted",
        (
            Legacy(
                rename("timeout_minutes", to="timeout_seconds"),
                convert("timeout_seconds", to_seconds),
                was=int,
                **WINDOW,
            ),
        ),
        {"timeout_minutes": 5},
        {"timeout_seconds": 300},
        {"timeout_minutes": ("timeout_seconds", "converted")},
    ),
    Kind(
        "values-renamed",
        (Legacy(rename("verbosity", to="level"), map_values("level", {"loud": "debug", "low": "info"}), **WINDOW),),
        {"verbosity": "loud"},
        {"level": "debug"},
        {"verbosity": ("level", "converted")},
    ),
    Kind(
        "wrapped",
        (Legacy(rename("server", to="hosts"), wrap("hosts"), **WINDOW),),
        {"server": "a"},
        {"hosts": ["a"]},
        {"server": ("hosts", "reshaped")},
    ),
    Kind(
        "removed",
        (Legacy(remove("debug_toolbar"), reason="use --debug of the server", **WINDOW),),
        {"debug_toolbar": True},
        {},
        {"debug_toolbar": ("", "removed")},
    ),
    Kind(
        "value-retired",
        (RetiredValue("level", "warn", use="warning", **WINDOW),),
        {"level": "warn"},
        {"level": "warning"},
        {"level": ("", "retired-value")},
    ),
    Kind(
        "number-retired",
        (RetiredValue("attempts", -1, use=100, **WINDOW),),
        {"attempts": -1},
        {"attempts": 100},
        {"attempts": ("", "retired-value")},
    ),
    Kind(
        "value-in-a-section-retired",
        (RetiredValue("database.url", "memory", use="none", **WINDOW),),
        {"database.url": "memory"},
        {"database.url": "none"},
        {"database.url": ("", "retired-value")},
    ),
    Kind(
        "chain-from-the-first",
        (Legacy(rename("retries", to="tries"), **WINDOW), Legacy(rename("tries", to="attempts"), **WINDOW)),
        {"retries": 4},
        {"attempts": 4},
        {"retries": ("attempts", "renamed")},
    ),
    Kind(
        "chain-declared-backwards",
        (Legacy(rename("tries", to="attempts"), **WINDOW), Legacy(rename("retries", to="tries"), **WINDOW)),
        {"retries": 4},
        {"attempts": 4},
        {"retries": ("attempts", "renamed")},
    ),
    Kind(
        "chain-from-the-second",
        (Legacy(rename("retries", to="tries"), **WINDOW), Legacy(rename("tries", to="attempts"), **WINDOW)),
        {"tries": 4},
        {"attempts": 4},
        {"tries": ("attempts", "renamed")},
    ),
    Kind(
        "chain-with-a-conversion",
        (
            Legacy(rename("wait", to="timeout_minutes"), **WINDOW),
            Legacy(
                rename("timeout_minutes", to="timeout_seconds"),
                convert("timeout_seconds", to_seconds),
                was=int,
                **WINDOW,
            ),
        ),
        {"wait": 2},
        {"timeout_seconds": 120},
        {"wait": ("timeout_seconds", "renamed")},
    ),
    Kind(
        "chain-into-a-section",
        (
            Legacy(rename("dsn", to="db_url"), **WINDOW),
            Legacy(move("db_url", to="database.url"), **WINDOW),
        ),
        {"dsn": "pg:x"},
        {"database.url": "pg:x"},
        {"dsn": ("database.url", "renamed")},
    ),
)


class Fields(layered()):  # type: ignore[misc]  # made at run time
    """The settings that all kinds are about."""

    attempts: int = 1
    hosts: list[str] = Field([])
    database: Database = Database()
    host: str = "localhost"
    port: int = 80
    smtp: str = ""
    timeout_seconds: int = 30
    level: Literal["debug", "info", "warning"] = "info"


@functools.cache
def settings_class(kind: Kind) -> type[Fields]:
    """The settings with the history of a kind."""

    class Settings(Fields):
        pass

    return versioned(*kind.declarations, release="2.2.0", on_use=USES.append)(Settings)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_kind_in_every_kind_of_source(kind: Kind, layer: str, world: World) -> None:
    """Old keys mean what the new ones mean to pydantic-settings itself, and each is told once, with its place."""
    for key, value in kind.new.items():
        world.write(layer, key, value)
    oracle = world.load(Fields, USES)
    assert oracle.refused is None

    world.clear()
    for key, value in kind.old.items():
        world.write(layer, key, value)
    loaded = world.load(settings_class(kind), USES)

    assert loaded.refused is None
    assert oracle.settings.model_dump() == loaded.settings.model_dump()
    assert oracle.settings.model_fields_set == loaded.settings.model_fields_set
    assert loaded.settings.model_extra is None
    assert kind.told == {use.key: (use.replacement, use.kind) for use in loaded.uses}
    assert len(kind.told) == len(loaded.uses) == len(loaded.warned)
    assert {LABELS[layer]} == {use.place.source for use in loaded.uses}
    assert {""} == {use.conflict for use in loaded.uses}
    assert {("2.1.0", "2.3.0", "deprecated")} == {(use.since, use.remove_in, use.stage) for use in loaded.uses}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_new_keys_are_not_told(kind: Kind, layer: str, world: World) -> None:
    """A source that has today's keys only is read as ever, without a word."""
    for key, value in kind.new.items():
        world.write(layer, key, value)
    oracle = world.load(Fields, USES)
    loaded = world.load(settings_class(kind), USES)

    assert loaded.refused is None
    assert oracle.settings.model_dump() == loaded.settings.model_dump()
    assert [] == loaded.uses == loaded.warned


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name != "removed"], ids=str)
def test_what_is_to_be_written_instead_works(kind: Kind, layer: str, world: World) -> None:
    """The spelling that a warning tells is one that the same kind of source takes."""
    for key, value in kind.old.items():
        world.write(layer, key, value)
    loaded = world.load(settings_class(kind), USES)
    for use in loaded.uses:
        if use.kind == "retired-value":
            continue
        told = use.spelled.split(", ")
        expected = [_spelled(layer, key) for key in use.replacement.split(", ")]
        assert expected == told


def _spelled(layer: str, key: str) -> str:
    path = tuple(key.split("."))
    if layer == "cli":
        return f"--{key}"
    if layer == "secrets" and path[1:]:
        # What is nested stands in the JSON text of its parent there.
        return f"{'.'.join(path[1:])} in {env_name(path[:1])}"
    return env_name(path) if layer in FLAT else key


# --- several keys, several sources ----------------------------------------------------------------------------------


def merged_class(**arguments: Any) -> type[Fields]:
    """Settings whose host and port of a mail server became one."""

    class Settings(Fields):
        pass

    return versioned(
        Legacy(join_fields(["smtp_host", "smtp_port"], to="smtp", separator=":"), **{**WINDOW, **arguments}),
        release="2.2.0",
        on_use=USES.append,
    )(Settings)


@pytest.mark.parametrize(
    ("first", "second"), [("env", "dotenv"), ("toml", "json"), ("init", "pyproject"), ("cli", "env")]
)
@pytest.mark.parametrize("swapped", [False, True])
def test_parts_of_a_merge_stand_in_several_sources(first: str, second: str, swapped: bool, world: World) -> None:
    """What is made of several keys is made of those that each stand in another source."""
    keys = ("smtp_port", "smtp_host") if swapped else ("smtp_host", "smtp_port")
    world.write(first, keys[0], {"smtp_host": "mail", "smtp_port": "26"}[keys[0]])
    world.write(second, keys[1], {"smtp_host": "mail", "smtp_port": "26"}[keys[1]])
    loaded = world.load(merged_class(), USES)
    assert loaded.refused is None
    assert "mail:26" == loaded.settings.smtp
    assert {(keys[0], LABELS[first]), (keys[1], LABELS[second])} == {(use.key, use.place.source) for use in loaded.uses}


def test_a_part_of_a_higher_source_wins(world: World) -> None:
    """Each part comes from the highest source that has it."""
    world.write("env", "smtp_host", "mail")
    world.write("dotenv", "smtp_host", "old")
    world.write("dotenv", "smtp_port", "26")
    loaded = world.load(merged_class(), USES)
    assert "mail:26" == loaded.settings.smtp


def test_a_part_of_a_higher_source_wins_over_a_whole_one(world: World) -> None:
    """A source that has all parts does not undo what a higher one says of one of them."""
    world.write("env", "smtp_port", "27")
    world.write("toml", "smtp_host", "mail")
    world.write("toml", "smtp_port", "26")
    loaded = world.load(merged_class(), USES)
    assert "mail:27" == loaded.settings.smtp


def test_the_default_of_a_part_is_taken_when_no_source_has_it(world: World) -> None:
    """A default stands for a part that no source has; one that a lower source has is not overruled by it."""
    world.write("env", "smtp_host", "mail")
    settings_class = merged_class(defaults={"smtp_port": "25"})
    assert "mail:25" == world.load(settings_class, USES).settings.smtp
    world.write("yaml", "smtp_port", "26")
    assert "mail:26" == world.load(settings_class, USES).settings.smtp


def test_a_part_without_the_others_is_refused(world: World) -> None:
    """A merge of which a part is missing and has no default is refused with the names of both."""
    world.write("dotenv", "smtp_host", "mail")
    loaded = world.load(merged_class(), USES)
    assert isinstance(loaded.refused, SettingsRefused)
    (problem,) = loaded.refused.problems
    assert "incomplete" == problem.kind
    assert "smtp" == problem.field
    assert world.place("dotenv", "smtp_host").spelling == problem.spelling
    assert "smtp_port" in problem.problem


@pytest.mark.parametrize("layer", ["dotenv", "toml"])
def test_a_merge_in_a_higher_source_beats_the_new_key_in_a_lower_one(layer: str, world: World) -> None:
    """All parts in the environment beat the new key below, as one old key does, and it is said."""
    world.write("env", "smtp_host", "mail")
    world.write("env", "smtp_port", "26")
    world.write(layer, "smtp", "other:1")
    loaded = world.load(merged_class(), USES)
    assert "mail:26" == loaded.settings.smtp
    assert {("smtp_host", "overrides"), ("smtp_port", "overrides")} == {(use.key, use.conflict) for use in loaded.uses}


@pytest.mark.parametrize("layer", ["dotenv", "toml"])
def test_a_part_with_defaults_in_a_higher_source_beats_the_new_key_in_a_lower_one(layer: str, world: World) -> None:
    """A part in the environment, whose others have defaults, beats the new key below."""
    world.write("env", "smtp_host", "mail")
    world.write(layer, "smtp", "other:1")
    loaded = world.load(merged_class(defaults={"smtp_port": "25"}), USES)
    assert "mail:25" == loaded.settings.smtp
    (use,) = loaded.uses
    assert ("overrides", world.place(layer, "smtp")) == (use.conflict, use.other)


def test_parts_below_the_new_key_have_no_effect_and_it_is_said(world: World) -> None:
    """The new key in the environment beats the parts below, wherever they stand."""
    world.write("env", "smtp", "other:1")
    world.write("dotenv", "smtp_host", "mail")
    world.write("json", "smtp_port", "26")
    loaded = world.load(merged_class(), USES)
    assert "other:1" == loaded.settings.smtp
    assert {("smtp_host", "overridden"), ("smtp_port", "overridden")} == {
        (use.key, use.conflict) for use in loaded.uses
    }


# --- chains ---------------------------------------------------------------------------------------------------------


def chained_class(**arguments: Any) -> type[Fields]:
    """Settings one of which was renamed twice."""

    class Settings(Fields):
        pass

    return versioned(
        Legacy(rename("retries", to="tries"), **WINDOW),
        Legacy(rename("tries", to="attempts"), **WINDOW),
        release="2.2.0",
        on_use=USES.append,
        **arguments,
    )(Settings)


@pytest.mark.parametrize("layer", LAYERS)
def test_two_links_of_a_chain_in_one_source(layer: str, world: World) -> None:
    """The later of two old spellings wins, and nothing is left of the other."""
    world.write(layer, "retries", 3)
    world.write(layer, "tries", 4)
    loaded = world.load(chained_class(), USES)
    assert loaded.refused is None
    assert 4 == loaded.settings.attempts
    assert {"retries", "tries"} == {use.key for use in loaded.uses}


@pytest.mark.parametrize("layer", LAYERS)
def test_two_links_of_a_chain_in_one_source_that_differ_are_told(layer: str, world: World) -> None:
    """The old spelling that has no effect is told with the one that has."""
    world.write(layer, "retries", 3)
    world.write(layer, "tries", 4)
    loaded = world.load(chained_class(), USES)
    assert {"retries": ("same-source", world.place(layer, "tries")), "tries": ("", None)} == {
        use.key: (use.conflict, use.other) for use in loaded.uses
    }


@pytest.mark.parametrize("layer", LAYERS)
def test_all_links_of_a_chain_in_one_source(layer: str, world: World) -> None:
    """Today's key wins over all the old ones."""
    world.write(layer, "retries", 3)
    world.write(layer, "tries", 4)
    world.write(layer, "attempts", 5)
    loaded = world.load(chained_class(), USES)
    assert loaded.refused is None
    assert 5 == loaded.settings.attempts
    assert {"retries": "same-source", "tries": "same-source"} == {use.key: use.conflict for use in loaded.uses}


def test_links_of_a_chain_in_several_sources(world: World) -> None:
    """The higher source wins, whichever link of the chain it has."""
    world.write("env", "retries", 3)
    world.write("dotenv", "tries", 4)
    world.write("toml", "attempts", 5)
    loaded = world.load(chained_class(), USES)
    assert 3 == loaded.settings.attempts
    assert {"retries": "overrides", "tries": "overridden"} == {use.key: use.conflict for use in loaded.uses}


def twice_renamed(**arguments: Any) -> type[Fields]:
    """Settings one of which has two old names that are no chain."""

    class Settings(Fields):
        pass

    return versioned(
        Legacy(rename("retries", to="attempts"), **WINDOW),
        Legacy(rename("tries", to="attempts"), **WINDOW),
        release="2.2.0",
        on_use=USES.append,
        **arguments,
    )(Settings)


@pytest.mark.parametrize("layer", LAYERS)
def test_two_old_names_of_one_setting_in_one_source(layer: str, world: World) -> None:
    """One of them wins, and it is said that they differ."""
    world.write(layer, "retries", 3)
    world.write(layer, "tries", 4)
    loaded = world.load(twice_renamed(), USES)
    assert loaded.refused is None
    assert loaded.settings.attempts in (3, 4)
    assert 1 == len([use for use in loaded.uses if use.conflict == "same-source"])


@pytest.mark.parametrize("layer", LAYERS)
def test_two_old_names_of_one_setting_that_say_the_same(layer: str, world: World) -> None:
    """Equal values are no conflict."""
    world.write(layer, "retries", 3)
    world.write(layer, "tries", 3)
    loaded = world.load(twice_renamed(conflicts="error"), USES)
    assert loaded.refused is None
    assert 3 == loaded.settings.attempts
    assert {""} == {use.conflict for use in loaded.uses}


# --- parts of a section ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
def test_a_section_partly_in_old_and_partly_in_new_spelling(layer: str, world: World) -> None:
    """What the old section says and the new one does not is kept beside it, and no conflict."""

    class Settings(Fields):
        pass

    versioned(Legacy(rename("db", to="database"), **WINDOW), release="2.2", on_use=USES.append, conflicts="error")(
        Settings
    )
    world.write(layer, "db.url", "pg:x")
    world.write(layer, "database.timeout", 9)
    loaded = world.load(Settings, USES)
    assert loaded.refused is None
    assert ("pg:x", 9) == (loaded.settings.database.url, loaded.settings.database.timeout)
    assert [("db", "")] == [(use.key, use.conflict) for use in loaded.uses]


@pytest.mark.parametrize("low", ["dotenv", "toml", "yaml"])
def test_a_section_is_merged_over_sources(low: str, world: World) -> None:
    """A key of the old section in a high source leaves its neighbours in a lower source as they are."""

    class Settings(Fields):
        pass

    versioned(Legacy(rename("db", to="database"), **WINDOW), release="2.2", on_use=USES.append)(Settings)
    world.write("env", "db.url", "pg:x")
    world.write(low, "database.url", "pg:y")
    world.write(low, "database.timeout", 9)
    loaded = world.load(Settings, USES)
    assert ("pg:x", 9) == (loaded.settings.database.url, loaded.settings.database.timeout)
    (use,) = loaded.uses
    assert "overrides" == use.conflict


@pytest.mark.parametrize("layer", LAYERS)
def test_a_split_of_which_one_half_is_set_by_its_new_key(layer: str, world: World) -> None:
    """A new key wins over the half of an old one, the other half stays, and the difference is told."""

    class Settings(Fields):
        pass

    versioned(
        Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW),
        release="2.2",
        on_use=USES.append,
    )(Settings)
    world.write(layer, "address", "shop.example:8080")
    world.write(layer, "port", 81)
    loaded = world.load(Settings, USES)
    assert ("shop.example", 81) == (loaded.settings.host, loaded.settings.port)
    (use,) = loaded.uses
    assert ("same-source", world.place(layer, "port")) == (use.conflict, use.other)


# --- values and defaults --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
def test_an_old_key_with_a_retired_value(layer: str, world: World) -> None:
    """Both are told, and both where they stand."""

    class Settings(Fields):
        pass

    versioned(
        Legacy(rename("loglevel", to="level"), **WINDOW),
        RetiredValue("level", "warn", use="warning", **WINDOW),
        release="2.2",
        on_use=USES.append,
    )(Settings)
    world.write(layer, "loglevel", "warn")
    loaded = world.load(Settings, USES)
    assert loaded.refused is None
    assert "warning" == loaded.settings.level
    assert ["loglevel", "level"] == [use.key for use in loaded.uses]
    assert [world.place(layer, "loglevel")] * 2 == [use.place for use in loaded.uses]


def test_a_retired_value_without_a_successor_is_left_to_the_class(world: World) -> None:
    """Without `use=` the value stays what it is; the class decides, and the reason is told."""

    class Settings(Fields):
        pass

    versioned(RetiredValue("attempts", 0, reason="say how often", **WINDOW), release="2.2", on_use=USES.append)(
        Settings
    )
    world.write("env", "attempts", 0)
    loaded = world.load(Settings, USES)
    assert 0 == loaded.settings.attempts
    (use,) = loaded.uses
    assert "say how often" == use.reason


def test_values_that_only_look_like_a_retired_one_are_kept(world: World) -> None:
    """A retired 1 is neither true nor 1.0 in a file, and a retired text is compared exactly."""

    class Settings(layered()):  # type: ignore[misc]  # made at run time
        flag: bool | int | float | str = "none"

    versioned(RetiredValue("flag", 1, use="one", **WINDOW), release="2.2", on_use=USES.append)(Settings)
    for value, expected in ((True, True), (1.0, 1.0), ("1", "1"), (1, "one")):
        world.write("json", "flag", value)
        loaded = world.load(Settings, USES)
        assert (type(expected), expected) == (type(loaded.settings.flag), loaded.settings.flag)
        assert (expected == "one") is bool(loaded.uses)


@pytest.mark.parametrize(
    ("retired", "texts"),
    [
        (True, ["true", "True", "1", "yes", " on "]),
        (False, ["false", "0", "no", "off", "OFF"]),
        (None, ["", "null"]),
        (4, ["4", " 4 "]),
        ("a", ["a"]),
    ],
)
def test_texts_of_the_environment_for_a_retired_value(retired: Any, texts: list[str], world: World) -> None:
    """Where there are only texts, each text that means the value is the value."""

    class Settings(layered()):  # type: ignore[misc]  # made at run time
        mode: str = "none"

    versioned(RetiredValue("mode", retired, use="new", **WINDOW), release="2.2", on_use=USES.append)(Settings)
    for text in texts:
        world.write("env", "mode", text)
        assert "new" == world.load(Settings, USES).settings.mode
    world.write("env", "mode", "other")
    assert "other" == world.load(Settings, USES).settings.mode


def changed_class(key: str = "attempts") -> type[Fields]:
    """Settings with a default that changed."""

    class Settings(Fields):
        pass

    return versioned(ChangedDefault(key, was=3, **WINDOW), release="2.2", on_use=USES.append)(Settings)


def test_a_changed_default_is_told_where_nothing_sets_it(world: World) -> None:
    """It is told how to keep what there was; it is information, so nothing warns."""
    loaded = world.load(changed_class(), USES)
    (use,) = loaded.uses
    assert ("attempts", "changed-default", "default", "APP_ATTEMPTS") == (
        use.key,
        use.kind,
        use.place.source,
        use.place.spelling,
    )
    assert [] == loaded.warned
    assert 1 == loaded.settings.attempts


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("key", ["attempts", "database.timeout"])
def test_a_changed_default_is_not_told_where_something_sets_it(layer: str, key: str, world: World) -> None:
    """Any source that sets it, to whatever value, keeps it quiet."""
    world.write(layer, key, 1)
    assert [] == world.load(changed_class(key), USES).uses


def test_a_changed_default_is_not_told_where_an_old_key_sets_it(world: World) -> None:
    """An old key sets its successor too."""

    class Settings(Fields):
        pass

    versioned(
        ChangedDefault("attempts", was=3, **WINDOW),
        Legacy(rename("tries", to="attempts"), **WINDOW),
        release="2.2",
        on_use=USES.append,
    )(Settings)
    world.write("env", "tries", 1)
    assert ["renamed"] == [use.kind for use in world.load(Settings, USES).uses]


@pytest.mark.usefixtures("world")
def test_numbers_are_joined_as_they_are_written() -> None:
    """A port is a number in a file and a text in the environment."""

    @versioned(Legacy(join_fields(["h", "p"], to="address", separator=":"), since="2.1", remove_in="2.3"))
    class Settings(BaseSettings):
        address: str = ""

    assert "mail:587" == check_health(Settings, h="mail", p=587).need().address
    assert "mail:true" == check_health(Settings, h="mail", p=True).need().address
