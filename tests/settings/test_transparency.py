"""A history changes nothing but old keys: with today's keys a class is what it is without one, whatever its sources."""

from __future__ import annotations

import functools
import json
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pydantic_settings as ps
from hypothesis import HealthCheck, event, example, given, note, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, SecretStr, ValidationError

from settings.sources import LAYERS, World, layered
from upcast import convert, join_fields, move, remove, rename, split_field
from upcast.errors import SettingsRefused
from upcast.settings import Legacy, LegacyKeyWarning, LegacyUse, RetiredValue, versioned

WINDOW: dict[str, Any] = {"since": "2.1", "remove_in": "2.3"}
USES: list[LegacyUse] = []
PROFILE = settings(
    # The same examples each time, unless the long profile of the property tests is asked for.
    max_examples=2000 if os.environ.get("UPCAST_HYPOTHESIS") == "thorough" else 60,
    derandomize=os.environ.get("UPCAST_HYPOTHESIS") != "thorough",
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class Pool(BaseModel):
    """A section inside a section."""

    size: int = 1
    hosts: list[str] = Field([])


class Database(BaseModel):
    """A section."""

    url: str = "none"
    timeout: int | None = 3
    pool: Pool = Pool()


class Fields(ps.BaseSettings):
    """Settings of many types, some of whose names begin as old keys do."""

    cache_ttl: int = Field(0, le=3600)
    seconds: int | None = None
    hosts: list[str] = Field([])
    limits: dict[str, int] = Field({})
    host: str = ""
    port: int | str = 0
    smtp: str = ""
    level: Literal["low", "high"] = "low"
    secret: SecretStr = SecretStr("")
    flag: bool = False
    database: Database = Database()
    replica: Database | None = None
    alias: int = Field(0, validation_alias="OTHER_NAME")

    @classmethod
    def settings_customise_sources(cls, settings_cls: Any, **given: Any) -> Any:
        """Add files to what there is."""
        return (
            given["init_settings"],
            given["env_settings"],
            given["dotenv_settings"],
            given["file_secret_settings"],
            ps.TomlConfigSettingsSource(settings_cls, "settings.toml"),
            ps.YamlConfigSettingsSource(settings_cls, "settings.yaml"),
            ps.JsonConfigSettingsSource(settings_cls, ["base.json", "settings.json"]),
        )


def to_seconds(minutes: int) -> int:
    """Convert what `minutes` had."""
    return minutes * 60


DECLARATIONS = (
    Legacy(rename("cache", to="cache_ttl"), **WINDOW),
    Legacy(rename("minutes", to="seconds"), convert("seconds", to_seconds), was=int, **WINDOW),
    Legacy(rename("host_list", to="hosts"), **WINDOW),
    Legacy(rename("quota", to="limits"), **WINDOW),
    Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW),
    Legacy(join_fields(["smtp_host", "smtp_port"], to="smtp", separator=":"), **WINDOW),
    Legacy(move("database.dsn", to="database.url"), **WINDOW),
    Legacy(move("pool_size", to="database.pool.size"), **WINDOW),
    Legacy(rename("data", to="replica"), **WINDOW),
    Legacy(rename("token", to="secret"), **WINDOW),
    Legacy(remove("toolbar"), reason="it is gone", **WINDOW),
    Legacy(rename("number", to="alias"), **WINDOW),
    RetiredValue("level", "middle", use="low", **WINDOW),
)

CONFIGS = st.fixed_dictionaries(
    {
        "env_prefix": st.sampled_from(["", "APP_", "app_"]),
        "env_nested_delimiter": st.sampled_from(["__", "_", None]),
        "case_sensitive": st.booleans(),
        "env_ignore_empty": st.booleans(),
        "extra": st.sampled_from(["forbid", "ignore", "allow"]),
        "env_parse_none_str": st.sampled_from([None, "null"]),
    }
)
JUNK = st.sampled_from(["", "null", "x", "4000", "[]", '["a"]', '{"a": 1}', '{"url": "pg"}'])
# What a key may be set to, as a text and in a file.
TEXTS: dict[tuple[str, ...], list[str]] = {
    ("cache_ttl",): ["0", "60", " 7 "],
    ("seconds",): ["5", "null"],
    ("hosts",): ["[]", '["a", "b"]'],
    ("limits",): ["{}", '{"a": 1, "B": 2}'],
    ("limits", "a"): ["1"],
    ("host",): ["", "a", "null", "a:1"],
    ("port",): ["80", "x"],
    ("smtp",): ["mail:25"],
    ("level",): ["low", "high"],
    ("secret",): ["geheim", ""],
    ("flag",): ["yes", "0"],
    ("database",): ["{}", '{"url": "pg", "timeout": 4}', '{"pool": {"size": 3}}'],
    ("database", "url"): ["pg", ""],
    ("database", "timeout"): ["4", "null"],
    ("database", "pool"): ['{"size": 2}'],
    ("database", "pool", "size"): ["2"],
    ("database", "pool", "hosts"): ['["h"]'],
    ("replica",): ['{"url": "pg"}', "null"],
    ("replica", "url"): ["pg"],
    ("OTHER_NAME",): ["5"],
}
FILED: dict[str, list[Any]] = {
    "cache_ttl": [0, 60, "7"],
    "seconds": [5, None],
    "hosts": [[], ["a", "b"]],
    "limits": [{}, {"a": 1, "B": 2}],
    "host": ["", "a"],
    "port": [80, "x"],
    "smtp": ["mail:25"],
    "level": ["low", "high"],
    "secret": ["geheim"],
    "flag": [True, "no"],
    "database": [{}, {"url": "pg", "timeout": 4}, {"pool": {"size": 3}}, {"timeout": None, "pool": {"hosts": ["h"]}}],
    "replica": [{"url": "pg"}, {"pool": {}}],
    "OTHER_NAME": [5],
}
# One value in a while is none that the setting takes, and one key is none that the class has.
TREES = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in FILED.items()}) | (
    st.dictionaries(st.sampled_from([*FILED, "unknown"]), JUNK, max_size=2)
)
NAMES = st.fixed_dictionaries({}, optional={path: st.sampled_from(values) for path, values in TEXTS.items()}) | (
    st.dictionaries(st.sampled_from([*TEXTS, ("unknown",), ("database", "unknown")]), JUNK, max_size=2)
)


@contextmanager
def alone(environment: dict[str, str]) -> Iterator[Path]:
    """A folder and an environment that hold nothing else."""
    before, here = dict(os.environ), Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        try:
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(folder)
            yield Path(folder)
        finally:
            os.chdir(here)
            os.environ.clear()
            os.environ.update(before)


def names_of(entries: dict[tuple[str, ...], str], config: dict[str, Any], *, upper: bool) -> dict[str, str]:
    """Entries as names of an environment."""
    delimiter = config["env_nested_delimiter"] or "__"
    found = {
        ("" if path == ("OTHER_NAME",) else config["env_prefix"]) + delimiter.join(path): value
        for path, value in entries.items()
    }
    return {name.upper() if upper and not config["case_sensitive"] else name: value for name, value in found.items()}


def outcome(settings_class: type[ps.BaseSettings], arguments: dict[str, Any]) -> Any:
    """What becomes of settings: their values, or what is wrong with them."""
    try:
        made = settings_class(_env_file=".env", _secrets_dir="secrets", **arguments)
    except SettingsRefused as refused:
        unreadable = [problem for problem in refused.problems if problem.kind == "unreadable-source"]
        return "unreadable" if unreadable else sorted((problem.kind, problem.field) for problem in refused.problems)
    except ValidationError as error:
        return sorted((each["type"], ".".join(map(str, each["loc"]))) for each in error.errors())
    except ps.SettingsError:
        return "unreadable"
    return made.model_dump(), made.model_fields_set, made.model_extra


@PROFILE
@given(
    config=CONFIGS,
    environment=NAMES,
    upper=st.booleans(),
    dotenv=NAMES,
    secrets=NAMES,
    files=st.tuples(TREES, TREES, TREES, TREES),
    arguments=TREES,
)
@example(
    config={
        "env_prefix": "APP_",
        "env_nested_delimiter": "_",
        "case_sensitive": False,
        "env_ignore_empty": False,
        "extra": "forbid",
        "env_parse_none_str": None,
    },
    environment={("cache_ttl",): "60", ("database", "url"): "pg"},
    upper=True,
    dotenv={("cache_ttl",): "61"},
    secrets={},
    files=({}, {}, {}, {}),
    arguments={},
)
def test_todays_keys_mean_what_they_mean_without_a_history(
    config: dict[str, Any],
    environment: dict[tuple[str, ...], str],
    upper: bool,
    dotenv: dict[tuple[str, ...], str],
    secrets: dict[tuple[str, ...], str],
    files: tuple[dict[str, Any], ...],
    arguments: dict[str, Any],
) -> None:
    """The same values, the same set fields, the same extras, and the same refusals; nothing is told."""

    class Plain(Fields):
        model_config = ps.SettingsConfigDict(**config)

    class Decorated(Fields):
        model_config = ps.SettingsConfigDict(**config)

    versioned(*DECLARATIONS, release="2.2.0", on_use=USES.append)(Decorated)
    with alone(names_of(environment, config, upper=upper)) as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        (folder / "secrets").mkdir()
        for name, text in names_of(secrets, config, upper=False).items():
            (folder / "secrets" / name).write_text(text)
        lines = [f"{name}='{text}'\n" for name, text in names_of(dotenv, config, upper=upper).items()]
        (folder / ".env").write_text("".join(lines))
        toml, yaml, base, last = files
        lines = [f"{name} = {_toml(value)}\n" for name, value in toml.items() if value is not None]
        (folder / "settings.toml").write_text("".join(lines))
        (folder / "settings.yaml").write_text(json.dumps(yaml))
        (folder / "base.json").write_text(json.dumps(base))
        (folder / "settings.json").write_text(json.dumps(last))
        USES.clear()
        expected = outcome(Plain, arguments)
        note(f"without a history: {expected}")
        found = outcome(Decorated, arguments)
    event("taken" if isinstance(expected, tuple) else "refused")
    assert expected == found
    assert [] == USES


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        # TOML has no null.
        return "{" + ", ".join(f"{name} = {_toml(inner)}" for name, inner in value.items() if inner is not None) + "}"
    return json.dumps(value)


# --- any mixture of old and new keys --------------------------------------------------------------------------------


class Mixed(layered()):  # type: ignore[misc]  # made at run time
    """Settings each of which has an old spelling."""

    attempts: int = 1
    seconds: int = 0
    hosts: list[str] = Field([])
    label: str = ""
    database: Database = Database()


@functools.cache
def mixed_class() -> type[Mixed]:
    """The same with a history."""

    class Settings(Mixed):
        pass

    return versioned(
        Legacy(rename("tries", to="attempts"), **WINDOW),
        Legacy(rename("minutes", to="seconds"), convert("seconds", to_seconds), was=int, **WINDOW),
        Legacy(rename("servers", to="hosts"), **WINDOW),
        Legacy(rename("title", to="name"), **WINDOW),
        Legacy(rename("name", to="label"), **WINDOW),
        Legacy(move("db_url", to="database.url"), **WINDOW),
        Legacy(move("database.wait", to="database.timeout"), **WINDOW),
        Legacy(move("pool_size", to="database.pool.size"), **WINDOW),
        release="2.2.0",
        on_use=USES.append,
    )(Settings)


SETTINGS: dict[str, tuple[list[str], Any]] = {
    "attempts": (["tries"], st.integers(0, 3).map(lambda number: (number, number))),
    "seconds": (["minutes"], st.integers(0, 3).map(lambda number: (number, number * 60))),
    "hosts": (["servers"], st.lists(st.sampled_from("ab"), max_size=2).map(lambda items: (items, items))),
    "label": (["name", "title"], st.sampled_from("xyz").map(lambda text: (text, text))),
    "database.url": (["db_url"], st.sampled_from("pq").map(lambda text: (text, text))),
    "database.timeout": (["database.wait"], st.integers(0, 3).map(lambda number: (number, number))),
    "database.pool.size": (["pool_size"], st.integers(0, 3).map(lambda number: (number, number))),
}


@st.composite
def mixtures(draw: st.DrawFn) -> list[tuple[str, str, str, Any, Any]]:
    """Some settings in some sources, each in one of its spellings: source, old or new key, new key, both values."""
    found = []
    layers = [layer for layer in LAYERS if layer != "cli"]
    for key, (old, values) in SETTINGS.items():
        for layer in draw(st.lists(st.sampled_from(layers), unique=True, max_size=4)):
            before, now = draw(values)
            spelled = draw(st.sampled_from([key, *old]))
            found.append((layer, spelled, key, now if spelled == key else before, now))
    return found


@PROFILE
@given(entries=mixtures())
def test_any_mixture_of_old_and_new_keys(entries: list[tuple[str, str, str, Any, Any]], world: World) -> None:
    """However many sources have however many keys in whatever spelling: it means what today's keys would mean."""
    world.clear()
    for layer, _, new, _, now in entries:
        world.write(layer, new, now)
    oracle = world.load(Mixed, USES)
    assert oracle.refused is None
    world.clear()
    for layer, spelled, _, value, _ in entries:
        world.write(layer, spelled, value)
    loaded = world.load(mixed_class(), USES)
    assert loaded.refused is None
    assert oracle.settings.model_dump() == loaded.settings.model_dump()
    old = sorted((layer, spelled) for layer, spelled, new, _, _ in entries if spelled != new)
    assert len(old) == len(loaded.uses) == len([use for use in loaded.uses if use.conflict != "same-source"])
    assert sorted(spelled for _, spelled in old) == sorted(use.key for use in loaded.uses)
    assert all(issubclass(warning.category, LegacyKeyWarning) for warning in loaded.warned)
    # Whatever loses is told so, and only that.
    for use in loaded.uses:
        if use.conflict == "overridden":
            assert use.other is not None
            assert use.other != use.place
