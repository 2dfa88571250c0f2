"""How an old key may be written: prefixes, delimiters, case, aliases, JSON texts, several files and directories."""

from __future__ import annotations

import enum
import json
import os
from pathlib import Path
from typing import Any

import pydantic_settings as ps
import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from settings.sources import FLAT, LAYERS, World, layered, loading
from upcast import convert, map_values, move, rename
from upcast.errors import SettingsRefused
from upcast.settings import Legacy, LegacyUse, Place, versioned

WINDOW: dict[str, Any] = {"since": "2.1", "remove_in": "2.3"}
USES: list[LegacyUse] = []
history: dict[str, Any] = {"release": "2.2.0", "on_use": USES.append}
RENAMED = Legacy(rename("cache_timeout", to="cache_ttl_seconds"), **WINDOW)


class Database(BaseModel):
    """A section."""

    url: str = "none"
    timeout: int = 3


def to_seconds(minutes: int) -> int:
    """Convert what `timeout_minutes` had."""
    return minutes * 60


def names_of(*names: str) -> list[str]:
    """The spellings that were told."""
    assert list(names) == [use.place.spelling for use in USES], "the spelling that the user has is told"
    return [use.spelled for use in USES]


# --- prefix and case ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "APP_", "app_", "App-", "çà_", "A.B_"])
@pytest.mark.parametrize("layer", ["env", "dotenv", "secrets"])
def test_every_prefix(prefix: str, layer: str, world: World) -> None:
    """The prefix of the class stands before the old name as before the new one, whatever its case."""

    @versioned(RENAMED, **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix=prefix, env_file=".env", secrets_dir=".")
        cache_ttl_seconds: int = 0

    name = f"{prefix}CACHE_TIMEOUT"
    if layer == "env":
        world.patch.setenv(name, "60")
    else:
        Path(".env" if layer == "dotenv" else name).write_text(f"{name}=60\n" if layer == "dotenv" else "60")
    assert 60 == Settings().cache_ttl_seconds
    assert [f"{prefix}cache_ttl_seconds".upper()] == names_of(name)


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """Warnings of old keys pass: they are tested elsewhere."""
    import warnings

    from upcast.settings import LegacyKeyWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LegacyKeyWarning)
        USES.clear()
        yield


@pytest.mark.parametrize("layer", FLAT)
@pytest.mark.parametrize("name", ["app_cache_timeout", "APP_CACHE_TIMEOUT", "App_Cache_Timeout", "app_CACHE_timeout"])
def test_case_does_not_matter(layer: str, name: str, world: World) -> None:
    """Where case does not matter for new names it does not for old ones, and the name is told as it is written."""

    @versioned(RENAMED, **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", secrets_dir=".")
        cache_ttl_seconds: int = 0

    _put(layer, name, "60", world)
    assert 60 == Settings().cache_ttl_seconds
    assert ["APP_CACHE_TTL_SECONDS"] == names_of(name)


@pytest.mark.parametrize("layer", FLAT)
@pytest.mark.parametrize("constructor", [False, True])
def test_case_matters_where_the_class_says_so(layer: str, constructor: bool, world: World) -> None:
    """Where case matters only the exact old name is one."""

    @versioned(Legacy(rename("cacheTimeout", to="cacheTtl"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(
            env_prefix="App_", env_file=".env", secrets_dir=".", case_sensitive=not constructor, extra="ignore"
        )
        cacheTtl: int = 0  # noqa: N815  # as the environment has it

    given: dict[str, Any] = {"_case_sensitive": True} if constructor else {}
    _put(layer, "APP_CACHETIMEOUT", "50", world)
    assert 0 == Settings(**given).cacheTtl
    assert [] == USES
    _put(layer, "App_cacheTimeout", "60", world)
    assert 60 == Settings(**given).cacheTtl
    assert ["App_cacheTtl"] == names_of("App_cacheTimeout")


def _put(layer: str, name: str, text: str, world: World) -> None:
    if layer == "env":
        world.patch.setenv(name, text)
    elif layer == "dotenv":
        with Path(".env").open("a") as file:
            file.write(f"{name}={text}\n")
    else:
        Path(name).write_text(text + "\n")


@pytest.mark.parametrize("layer", ["init", "toml", "yaml", "json", "pyproject", "cli"])
def test_the_case_of_keys_of_files_and_arguments(layer: str, world: World) -> None:
    """pydantic-settings takes any case of a top-level key there, so that of an old key does not matter either."""

    class Fields(layered()):  # type: ignore[misc]  # made at run time
        cache_ttl_seconds: int = 0

    @versioned(RENAMED, **history)
    class Settings(Fields):
        pass

    world.write(layer, "Cache_TTL_Seconds", 60)
    oracle = world.load(Fields, USES)
    assert oracle.refused is None
    assert 60 == oracle.settings.cache_ttl_seconds
    world.clear()
    world.write(layer, "Cache_Timeout", 60)
    loaded = world.load(Settings, USES)
    assert loaded.refused is None
    assert 60 == loaded.settings.cache_ttl_seconds


# --- what is given to the constructor -------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", FLAT)
def test_a_prefix_given_to_the_constructor(layer: str, world: World) -> None:
    """`_env_prefix=` moves old names as it moves new ones, and what is told has it."""

    @versioned(RENAMED, **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", secrets_dir=".", extra="ignore")
        cache_ttl_seconds: int = 0

    _put(layer, "APP_CACHE_TIMEOUT", "50", world)
    _put(layer, "OTHER_CACHE_TIMEOUT", "60", world)
    assert 60 == Settings(_env_prefix="OTHER_").cache_ttl_seconds
    assert ["OTHER_CACHE_TTL_SECONDS"] == names_of("OTHER_CACHE_TIMEOUT")


def test_what_is_missing_is_told_with_the_prefix_given_to_the_constructor(world: World) -> None:
    """The name that is told to be set is one that would have been read."""

    @versioned(RENAMED, **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_")
        cache_ttl_seconds: int

    with pytest.raises(SettingsRefused) as refused:
        Settings(_env_prefix="OTHER_")
    assert ["OTHER_CACHE_TTL_SECONDS"] == [problem.spelling for problem in refused.value.problems]


def test_a_delimiter_given_to_the_constructor(world: World) -> None:
    """`_env_nested_delimiter=` counts for old nested names and for what they become."""

    @versioned(Legacy(move("database.dsn", to="database.url"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_")
        database: Database = Database()

    world.patch.setenv("APP_DATABASE::DSN", "pg:x")
    assert "pg:x" == Settings(_env_nested_delimiter="::").database.url
    assert ["APP_DATABASE::URL"] == names_of("APP_DATABASE::DSN")


def test_a_file_and_a_directory_given_to_the_constructor(world: World) -> None:
    """`_env_file=` and `_secrets_dir=` are read, and told."""

    @versioned(RENAMED, Legacy(rename("pass", to="password"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_")
        cache_ttl_seconds: int = 0
        password: SecretStr = SecretStr("")

    Path("prod.env").write_text("\nAPP_CACHE_TIMEOUT=60\n")
    Path("run").mkdir()
    Path("run/app_pass").write_text("x\n")
    settings = Settings(_env_file="prod.env", _secrets_dir="run")
    assert (60, "x") == (settings.cache_ttl_seconds, settings.password.get_secret_value())
    assert [
        Place(".env file", "APP_CACHE_TIMEOUT", "prod.env", 2),
        Place("secrets directory", "app_pass", str(Path("run", "app_pass"))),
    ] == [use.place for use in USES]


def test_no_file_by_the_constructor(world: World) -> None:
    """`_env_file=None` reads no file, so its old keys are neither taken nor told."""

    @versioned(RENAMED, **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env")
        cache_ttl_seconds: int = 0

    Path(".env").write_text("APP_CACHE_TIMEOUT=60\n")
    assert 0 == Settings(_env_file=None).cache_ttl_seconds
    assert [] == USES


# --- delimiters -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", ["__", "_", ".", "::", "_x_"])
@pytest.mark.parametrize("layer", ["env", "dotenv"])
def test_every_delimiter(delimiter: str, layer: str, world: World) -> None:
    """Old nested names have the delimiter of the class, and so has what is told to be written."""

    @versioned(
        Legacy(move("db.dsn", to="database.url"), **WINDOW),
        Legacy(move("wait", to="database.timeout"), **WINDOW),
        **history,
    )
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(
            env_prefix="APP_", env_file=".env", env_nested_delimiter=delimiter, env_nested_max_split=1
        )
        database: Database = Database()

    _put(layer, f"APP_DB{delimiter}DSN".upper(), "pg:x", world)
    _put(layer, "APP_WAIT", "9", world)
    settings = Settings()
    assert ("pg:x", 9) == (settings.database.url, settings.database.timeout)
    assert [f"APP_DATABASE{delimiter}URL".upper(), f"APP_DATABASE{delimiter}TIMEOUT".upper()] == names_of(
        f"APP_DB{delimiter}DSN".upper(), "APP_WAIT"
    )


@pytest.mark.parametrize("layer", ["env", "dotenv"])
def test_a_setting_whose_name_begins_as_an_old_key(layer: str, world: World) -> None:
    """Where the delimiter is also part of names, a setting of today is not taken for a part of an old key."""

    class Fields(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", env_nested_delimiter="_")
        cache_ttl: int = 0
        cache: int = 0

    @versioned(Legacy(rename("cache", to="cache_ttl"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", env_nested_delimiter="_")
        cache_ttl: int = 0

    _put(layer, "APP_CACHE_TTL", "60", world)
    assert 60 == Fields().cache_ttl
    assert 60 == Settings().cache_ttl
    assert [] == USES


def test_an_old_nested_key_has_no_name_without_a_delimiter(world: World) -> None:
    """Without a delimiter a nested key stands inside the JSON text of its parent."""

    @versioned(Legacy(move("database.dsn", to="database.url"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_")
        database: Database = Database()

    world.patch.setenv("APP_DATABASE", '{"dsn": "pg:x", "timeout": 9}')
    settings = Settings()
    assert ("pg:x", 9) == (settings.database.url, settings.database.timeout)
    assert ["url in APP_DATABASE"] == names_of("dsn in APP_DATABASE")


@pytest.mark.parametrize("layer", FLAT)
def test_the_json_text_of_a_parent(layer: str, world: World) -> None:
    """An old key inside the JSON text of a section is found there, and told by the name that holds it."""

    @versioned(Legacy(move("database.dsn", to="database.url"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(
            env_prefix="APP_", env_file=".env", secrets_dir=".", env_nested_delimiter="__"
        )
        database: Database = Database()

    _put(layer, "APP_DATABASE", '{"dsn": "pg:x", "timeout": 9}', world)
    settings = Settings()
    assert ("pg:x", 9) == (settings.database.url, settings.database.timeout)
    names_of("dsn in APP_DATABASE")


@pytest.mark.parametrize("layer", FLAT)
def test_the_json_text_of_a_section_that_was_renamed(layer: str, world: World) -> None:
    """A section that was renamed may be written as JSON text, as the new one may."""

    @versioned(Legacy(rename("db", to="database"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(
            env_prefix="APP_", env_file=".env", secrets_dir=".", env_nested_delimiter="__"
        )
        database: Database = Database()

    _put(layer, "APP_DB", '{"url": "pg:x", "timeout": 9}', world)
    settings = Settings()
    assert ("pg:x", 9) == (settings.database.url, settings.database.timeout)
    assert ["APP_DATABASE"] == names_of("APP_DB")


@pytest.mark.parametrize("layer", ["env", "dotenv"])
def test_a_json_text_and_names_inside_it(layer: str, world: World) -> None:
    """A section that was renamed, written as JSON text and with one name of its own: both count, as in the new one."""

    class Fields(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", env_nested_delimiter="__")
        database: Database = Database()

    @versioned(Legacy(rename("db", to="database"), **WINDOW), **history)
    class Settings(Fields):
        pass

    _put(layer, "APP_DATABASE", '{"url": "pg:x", "timeout": 9}', world)
    _put(layer, "APP_DATABASE__TIMEOUT", "8", world)
    oracle = Fields().database
    assert Database(url="pg:x", timeout=8) == oracle
    for name in ("APP_DATABASE", "APP_DATABASE__TIMEOUT"):
        world.patch.delenv(name, raising=False)
    Path(".env").unlink(missing_ok=True)
    _put(layer, "APP_DB", '{"url": "pg:x", "timeout": 9}', world)
    _put(layer, "APP_DB__TIMEOUT", "8", world)
    assert oracle == Settings().database


@pytest.mark.parametrize("layer", FLAT)
def test_the_json_text_of_a_section_that_is_gone(layer: str, world: World) -> None:
    """A key that moved out of a section which is gone is found in the JSON text of that section."""

    @versioned(Legacy(move("retry.count", to="attempts"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(
            env_prefix="APP_", env_file=".env", secrets_dir=".", env_nested_delimiter="__"
        )
        attempts: int = 1

    _put(layer, "APP_RETRY", '{"count": 5}', world)
    assert 5 == Settings().attempts
    names_of("count in APP_RETRY")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_map_that_was_renamed(layer: str, world: World) -> None:
    """A map of any keys keeps its keys."""

    class Fields(layered()):  # type: ignore[misc]  # made at run time
        limits: dict[str, int] = Field({})

    @versioned(Legacy(rename("quotas", to="limits"), **WINDOW), **history)
    class Settings(Fields):
        pass

    world.write(layer, ("limits",), {"a": 1, "b": 2})
    oracle = world.load(Fields, USES)
    assert oracle.refused is None
    world.clear()
    world.write(layer, ("quotas",), {"a": 1, "b": 2})
    loaded = world.load(Settings, USES)
    assert loaded.refused is None
    assert {"a": 1, "b": 2} == oracle.settings.limits == loaded.settings.limits


@pytest.mark.parametrize("layer", ["env", "dotenv"])
def test_a_map_that_was_renamed_written_by_its_parts(layer: str, world: World) -> None:
    """A map may be written one name for each of its keys."""

    @versioned(Legacy(rename("quotas", to="limits"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", env_nested_delimiter="__")
        limits: dict[str, int] = Field({})

    _put(layer, "APP_QUOTAS__A", "1", world)
    _put(layer, "APP_QUOTAS__B", "2", world)
    assert {"a": 1, "b": 2} == Settings().limits


# --- aliases --------------------------------------------------------------------------------------------------------


def aliased(field: Any, **config: Any) -> type[ps.BaseSettings]:
    """Settings whose only field is known by other names."""

    class Fields(layered(**config)):  # type: ignore[misc]  # made at run time
        cache_ttl_seconds: int = field

    return Fields


ALIASES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "alias": (Field(0, alias="TTL"), {}, "TTL"),
    "validation-alias": (Field(0, validation_alias="TTL"), {}, "TTL"),
    "choices": (Field(0, validation_alias=AliasChoices("TTL", "CACHE_TTL")), {}, "TTL"),
    "by-name-too": (Field(0, alias="TTL"), {"populate_by_name": True}, "TTL"),
    "validate-by-name-too": (Field(0, alias="TTL"), {"validate_by_name": True, "validate_by_alias": True}, "TTL"),
    "by-name-only": (
        Field(0, alias="TTL"),
        {"validate_by_name": True, "validate_by_alias": False},
        "cache_ttl_seconds",
    ),
}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", ALIASES)
def test_a_setting_with_an_alias(name: str, layer: str, world: World) -> None:
    """What an old key becomes is put under a name that the class takes, and told by it."""
    field, config, alias = ALIASES[name]
    settings_class = versioned(RENAMED, **history)(aliased(field, **config))
    world.write(layer, "cache_timeout", 60)
    loaded = world.load(settings_class, USES)
    assert loaded.refused is None
    assert 60 == loaded.settings.cache_ttl_seconds
    (use,) = USES
    if layer in FLAT:
        # The prefix belongs to names and not to aliases.
        assert {"cache_ttl_seconds": "APP_CACHE_TTL_SECONDS"}.get(alias, alias) == use.spelled
    else:
        assert ("--" if layer == "cli" else "") + alias == use.spelled
    assert "cache_ttl_seconds" == use.replacement


@pytest.mark.parametrize("low", ["dotenv", "toml", "json", "secrets"])
@pytest.mark.parametrize("name", [name for name in ALIASES if name != "by-name-only"])
@pytest.mark.parametrize("high_is_old", [True, False])
def test_precedence_of_a_setting_with_an_alias(name: str, low: str, high_is_old: bool, world: World) -> None:
    """The higher source wins, and it is said, by whatever name the new key is known."""
    field, config, alias = ALIASES[name]
    settings_class = versioned(RENAMED, **history)(aliased(field, **config))
    old, new = ("env", low) if high_is_old else (low, "env")
    world.write(old, "cache_timeout", 60)
    if new in FLAT:
        _put_as(new, alias, "61", world)
    else:
        world.write(new, alias, 61)
    loaded = world.load(settings_class, USES)
    assert loaded.refused is None
    assert (60 if high_is_old else 61) == loaded.settings.cache_ttl_seconds
    assert ["overrides" if high_is_old else "overridden"] == [use.conflict for use in USES]


def _put_as(layer: str, name: str, text: str, world: World) -> None:
    if layer == "secrets":
        Path("secrets").mkdir(exist_ok=True)
        Path("secrets", name).write_text(text)
        world.entries.setdefault("secrets", [])
    else:
        _put(layer, name, text, world)


@pytest.mark.parametrize("layer", FLAT)
def test_the_second_alias_in_the_same_source(layer: str, world: World) -> None:
    """A new key by its second alias is the new key: it wins, and the difference is told."""
    field = Field(0, validation_alias=AliasChoices("TTL", "CACHE_TTL"))
    settings_class = versioned(RENAMED, **history)(aliased(field))
    world.write(layer, "cache_timeout", 60)
    _put_as(layer, "CACHE_TTL", "61", world)
    loaded = world.load(settings_class, USES)
    assert 61 == loaded.settings.cache_ttl_seconds
    assert ["same-source"] == [use.conflict for use in USES]


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer not in FLAT])
def test_the_second_alias_in_the_same_file(layer: str, world: World) -> None:
    """A new key by its second alias is the new key, in files and arguments too."""
    field = Field(0, validation_alias=AliasChoices("TTL", "CACHE_TTL"))
    settings_class = versioned(RENAMED, **history)(aliased(field))
    world.write(layer, "cache_timeout", 60)
    world.write(layer, "CACHE_TTL", 61)
    loaded = world.load(settings_class, USES)
    assert 61 == loaded.settings.cache_ttl_seconds
    assert ["same-source"] == [use.conflict for use in USES]


@pytest.mark.parametrize("layer", ["env", "toml"])
def test_a_path_as_an_alias(layer: str, world: World) -> None:
    """An old key that becomes the list whose item a field takes is read as that list."""

    class Settings(layered()):  # type: ignore[misc]  # made at run time
        first: str = Field("", validation_alias=AliasPath("hosts", 0))

    versioned(Legacy(rename("servers", to="first"), was=list[str], **WINDOW), **history)(Settings)
    world.write(layer, "servers", ["a", "b"])
    loaded = world.load(Settings, USES)
    assert loaded.refused is None
    assert "a" == loaded.settings.first


@pytest.mark.parametrize("target", ["variable", "alias", "all"])
def test_the_target_of_the_prefix(target: Any, world: World) -> None:
    """What is told to be written has the prefix exactly where pydantic-settings wants it."""

    @versioned(RENAMED, Legacy(rename("tries", to="attempts"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_prefix_target=target)
        cache_ttl_seconds: int = Field(0, alias="TTL")
        attempts: int = 0

    old_prefix = "" if target == "alias" else "APP_"
    world.patch.setenv(f"{old_prefix}CACHE_TIMEOUT", "60")
    world.patch.setenv(f"{old_prefix}TRIES", "4")
    settings = Settings()
    assert (60, 4) == (settings.cache_ttl_seconds, settings.attempts)
    told = [use.spelled for use in USES]
    for name in (f"{old_prefix}CACHE_TIMEOUT", f"{old_prefix}TRIES"):
        world.patch.delenv(name)
    for name, value in zip(told, ("61", "5"), strict=True):
        world.patch.setenv(name, value)
    settings = Settings()
    assert (61, 5) == (settings.cache_ttl_seconds, settings.attempts)


# --- names of their own ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", FLAT)
def test_an_old_key_with_a_name_of_its_own(layer: str, world: World) -> None:
    """`env=` is the whole name, without the prefix, which the usual name loses."""

    @versioned(Legacy(rename("timeout", to="cache_ttl_seconds"), env="LEGACY_TIMEOUT", **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", secrets_dir=".", extra="ignore")
        cache_ttl_seconds: int = 0

    _put(layer, "APP_TIMEOUT", "50", world)
    assert 0 == Settings().cache_ttl_seconds
    _put(layer, "LEGACY_TIMEOUT", "60", world)
    assert 60 == Settings().cache_ttl_seconds
    assert ["APP_CACHE_TTL_SECONDS"] == names_of("LEGACY_TIMEOUT")


def test_several_names_of_one_old_key(world: World) -> None:
    """The first name that is set counts."""

    @versioned(Legacy(rename("timeout", to="ttl"), env=("TIMEOUT_A", "TIMEOUT_B"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        ttl: int = 0

    world.patch.setenv("TIMEOUT_B", "50")
    assert 50 == Settings().ttl
    world.patch.setenv("TIMEOUT_A", "60")
    assert 60 == Settings().ttl


def test_names_of_a_nested_old_key(world: World) -> None:
    """A mapping gives each of several keys its name."""
    from upcast import join_fields

    @versioned(
        Legacy(
            join_fields(["host", "mail.port"], to="smtp", separator=":"),
            env={"host": "MAIL_HOST", "mail.port": "MAIL_PORT"},
            **WINDOW,
        ),
        **history,
    )
    class Settings(ps.BaseSettings):
        smtp: str = ""

    world.patch.setenv("MAIL_HOST", "mail")
    world.patch.setenv("MAIL_PORT", "26")
    assert "mail:26" == Settings().smtp
    names_of("MAIL_HOST", "MAIL_PORT")


# --- texts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ["env", "dotenv"])
def test_an_empty_text_is_a_value(layer: str, world: World) -> None:
    """An empty old name is taken as an empty new one is, unless the class ignores empty names."""

    class Fields(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env")
        label: str = "default"

    @versioned(Legacy(rename("name", to="label"), **WINDOW), **history)
    class Settings(Fields):
        pass

    _put(layer, "APP_LABEL", "", world)
    oracle = Fields().label, Fields(_env_ignore_empty=True).label
    assert ("", "default") == oracle
    world.patch.delenv("APP_LABEL", raising=False)
    Path(".env").unlink(missing_ok=True)
    _put(layer, "APP_NAME", "", world)
    assert oracle[0] == Settings().label
    assert 1 == len(USES)
    USES.clear()
    assert oracle[1] == Settings(_env_ignore_empty=True).label
    assert [] == USES


@pytest.mark.parametrize("layer", ["env", "dotenv"])
def test_a_name_without_a_value(layer: str, world: World) -> None:
    """A name alone in a `.env` file says nothing, whatever its spelling."""

    @versioned(Legacy(rename("name", to="label"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env")
        label: str = "default"

    Path(".env").write_text("APP_NAME\n")
    assert "default" == Settings().label
    assert [] == USES


@pytest.mark.parametrize("was", [None, int])
@pytest.mark.parametrize("layer", ["env", "dotenv"])
def test_the_text_that_means_none(layer: str, was: Any, world: World) -> None:
    """`env_parse_none_str` means None in an old name as in a new one, whatever type the old one had."""

    class Fields(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", env_parse_none_str="null")
        ttl: int | None = 5

    @versioned(Legacy(rename("timeout", to="ttl"), was=was, **WINDOW), **history)
    class Settings(Fields):
        pass

    _put(layer, "APP_TIMEOUT", "null", world)
    assert Settings().ttl is None


@pytest.mark.parametrize("layer", ["env", "dotenv"])
def test_the_text_that_means_none_is_not_converted(layer: str, world: World) -> None:
    """A conversion leaves None alone, as the steps say."""

    @versioned(
        Legacy(rename("minutes", to="seconds"), convert("seconds", to_seconds), was=int, **WINDOW),
        **history,
    )
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", env_parse_none_str="null")
        seconds: int | None = 5

    _put(layer, "APP_MINUTES", "null", world)
    assert Settings().seconds is None


class Level(enum.Enum):
    """Levels whose names are not their values."""

    LOW = 1
    HIGH = 2


@pytest.mark.parametrize("layer", ["env", "dotenv"])
def test_names_of_enumerations(layer: str, world: World) -> None:
    """`env_parse_enums` reads the name of a member in an old name as in a new one, nested ones included."""

    class Section(BaseModel):
        level: Level = Level.LOW

    @versioned(
        Legacy(rename("strength", to="level"), **WINDOW), Legacy(move("inner", to="section.level"), **WINDOW), **history
    )
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(
            env_prefix="APP_", env_file=".env", env_parse_enums=True, env_nested_delimiter="__"
        )
        level: Level = Level.LOW
        section: Section = Section()

    _put(layer, "APP_STRENGTH", "HIGH", world)
    _put(layer, "APP_INNER", "HIGH", world)
    settings = Settings()
    assert (Level.HIGH, Level.HIGH) == (settings.level, settings.section.level)


@pytest.mark.parametrize("layer", FLAT)
@pytest.mark.parametrize(
    ("annotation", "text", "expected"),
    [
        (int, "60", 60),
        (int, " 60 ", 60),
        (bool, "yes", True),
        (float, "1e3", 1000.0),
        (list[int], "[1, 2]", [1, 2]),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (int | None, "60", 60),
        (list[int] | None, "[1]", [1]),
        (str, "60", "60"),
        (str | list[str], '["a"]', ["a"]),
        (str | list[str], "a", "a"),
        (Database, '{"url": "pg:x"}', Database(url="pg:x")),
        (Database | None, '{"url": "pg:x"}', Database(url="pg:x")),
        (list[Database], '[{"url": "pg:x"}]', [Database(url="pg:x")]),
        (tuple[int, ...], "[1, 2]", (1, 2)),
        (set[int], "[1]", {1}),
        (SecretStr, "geheim", SecretStr("geheim")),
    ],
    ids=str,
)
def test_texts_are_read_as_the_new_setting_asks(
    annotation: Any, text: str, expected: Any, layer: str, world: World
) -> None:
    """The text of an old name becomes what the text of the new one becomes."""
    if layer == "secrets" and annotation == str | list[str] and text == "a":
        pytest.skip("pydantic-settings itself takes nothing but JSON for such a setting in a secrets directory")

    class Fields(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", secrets_dir=".")
        new: annotation

    @versioned(Legacy(rename("old", to="new"), **WINDOW), **history)
    class Settings(Fields):
        pass

    _put(layer, "APP_NEW", json.dumps(text) if layer == "dotenv" and text.startswith(" ") else text, world)
    assert expected == Fields().new
    for name in ("APP_NEW", ".env"):
        world.patch.delenv(name, raising=False)
        Path(name).unlink(missing_ok=True)
    _put(layer, "APP_OLD", json.dumps(text) if layer == "dotenv" and text.startswith(" ") else text, world)
    assert expected == Settings().new


def test_decoding_that_is_switched_off(world: World) -> None:
    """A field that wants its text as it is gets it, from an old name too."""
    from typing import Annotated

    from pydantic import field_validator

    class Settings(ps.BaseSettings):
        hosts: Annotated[list[str], ps.NoDecode] = []

        @field_validator("hosts", mode="before")
        @classmethod
        def parts(cls, value: Any) -> Any:
            return value.split(",") if isinstance(value, str) else value

    versioned(Legacy(rename("servers", to="hosts"), **WINDOW), **history)(Settings)
    world.patch.setenv("SERVERS", "a,b")
    assert ["a", "b"] == Settings().hosts


@pytest.mark.parametrize("layer", ["env", "dotenv", "secrets"])
def test_was_reads_texts_and_json(layer: str, world: World) -> None:
    """`was=` makes a text the type that the old value had, by JSON where it must."""

    @versioned(
        Legacy(rename("minutes", to="seconds"), convert("seconds", to_seconds), was=int, **WINDOW),
        Legacy(rename("hosts_list", to="host"), convert("host", ",".join), was=list[str], **WINDOW),
        **history,
    )
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", secrets_dir=".")
        seconds: int = 0
        host: str = ""

    _put(layer, "APP_MINUTES", "5", world)
    _put(layer, "APP_HOSTS_LIST", '["a","b"]', world)
    settings = Settings()
    assert (300, "a,b") == (settings.seconds, settings.host)


def test_numbers_of_a_table_of_values(world: World) -> None:
    """A table of numbers meets the numbers of files and, with `was=`, the texts of the environment."""

    class Settings(layered()):  # type: ignore[misc]  # made at run time
        level: str = ""

    versioned(
        Legacy(rename("verbosity", to="level"), map_values("level", {0: "error", 1: "info"}), was=int, **WINDOW),
        **history,
    )(Settings)
    for layer in ("env", "toml"):
        world.write(layer, "verbosity", 1)
        assert "info" == world.load(Settings, USES).settings.level
        world.clear()


# --- files of names -------------------------------------------------------------------------------------------------


DOTENV_LINES = [
    "APP_CACHE_TIMEOUT=60",
    "export APP_CACHE_TIMEOUT=60",
    "  APP_CACHE_TIMEOUT = 60",
    "APP_CACHE_TIMEOUT='60'",
    'APP_CACHE_TIMEOUT="60"',
    "APP_CACHE_TIMEOUT=60 # seconds",
    "'APP_CACHE_TIMEOUT'=60",
    "app_cache_timeout=60",
    "APP_SIXTY=60\nAPP_CACHE_TIMEOUT=${APP_SIXTY}",
    "APP_CACHE_TIMEOUT=50\nAPP_CACHE_TIMEOUT=60",
    "APP_NOTE='\nAPP_CACHE_TIMEOUT=1\n'\nAPP_CACHE_TIMEOUT=60",
    "\r\nAPP_CACHE_TIMEOUT=60\r\n",
]


@pytest.mark.parametrize("text", DOTENV_LINES, ids=repr)
def test_how_a_line_of_a_dotenv_file_may_look(text: str, world: World) -> None:
    """However a line is written, its value is read and its line is told."""

    @versioned(RENAMED, **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", extra="ignore")
        cache_ttl_seconds: int = 0

    Path(".env").write_bytes(f"# first\n{text}\n".encode())
    assert 60 == Settings().cache_ttl_seconds
    (use,) = USES
    lines = f"# first\n{text}".rstrip().splitlines()
    assert (".env", len(lines)) == (use.place.file, use.place.line)


def test_an_old_name_that_another_name_refers_to(world: World) -> None:
    """A reference to an old name still finds it."""

    @versioned(RENAMED, **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env")
        cache_ttl_seconds: int = 0
        note: str = ""

    Path(".env").write_text("APP_CACHE_TIMEOUT=60\nAPP_NOTE=${APP_CACHE_TIMEOUT}s\n")
    settings = Settings()
    assert (60, "60s") == (settings.cache_ttl_seconds, settings.note)


class Several(ps.BaseSettings):
    """Settings of several `.env` files, the last one of which wins."""

    model_config = SettingsConfigDict(env_prefix="APP_", env_file=("base.env", "prod.env"))
    cache_ttl_seconds: int = 0


SeveralWithHistory = versioned(RENAMED, **history)(type("SeveralWithHistory", (Several,), {}))


@pytest.mark.parametrize("equal", [True, False], ids=["equal", "different"])
@pytest.mark.parametrize("base_is_old", [True, False])
@pytest.mark.parametrize("prod_is_old", [True, False])
def test_several_dotenv_files(base_is_old: bool, prod_is_old: bool, equal: bool, world: World) -> None:
    """The later file wins whatever the spelling, as it does for pydantic-settings itself."""
    base, prod = 60, 60 if equal else 61
    Path("base.env").write_text(f"APP_CACHE_TTL_SECONDS={base}\n")
    Path("prod.env").write_text(f"APP_CACHE_TTL_SECONDS={prod}\n")
    oracle = Several().cache_ttl_seconds
    assert prod == oracle
    Path("base.env").write_text(f"APP_CACHE_{'TIMEOUT' if base_is_old else 'TTL_SECONDS'}={base}\n")
    Path("prod.env").write_text(f"APP_CACHE_{'TIMEOUT' if prod_is_old else 'TTL_SECONDS'}={prod}\n")
    assert oracle == SeveralWithHistory().cache_ttl_seconds
    assert (base_is_old or prod_is_old) == len(USES)
    for use in USES:
        assert ("prod.env" if prod_is_old else "base.env", 1) == (use.place.file, use.place.line)
        if equal or base_is_old == prod_is_old:
            assert "" == use.conflict
        else:
            clash = ("overrides", "base.env") if prod_is_old else ("overridden", "prod.env")
            assert clash == (use.conflict, use.other.file if use.other else "")


# --- secrets --------------------------------------------------------------------------------------------------------


def kubernetes(folder: Path, **secrets: str) -> None:
    """A directory as Kubernetes mounts a secret: links into a directory that a link exchanges as a whole."""
    data = folder / "..2026_11_21_10_00_00.123"
    data.mkdir(parents=True)
    (folder / "..data").symlink_to(data.name)
    for name, text in secrets.items():
        (data / name).write_text(text)
        (folder / name).symlink_to(Path("..data", name))


def test_a_secret_as_kubernetes_mounts_it(world: World) -> None:
    """Links inside the directory are followed."""

    @versioned(Legacy(rename("pass", to="password"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", secrets_dir="run")
        password: str = ""

    kubernetes(Path("run"), APP_PASS="x")
    assert "x" == Settings().password
    (use,) = USES
    assert Place("secrets directory", "APP_PASS", str(Path("run", "APP_PASS"))) == use.place


def test_a_link_out_of_a_secrets_directory_is_not_followed(world: World) -> None:
    """What points out of the directory is no secret of it, whatever the spelling."""

    @versioned(Legacy(rename("pass", to="password"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", secrets_dir="run")
        password: str = "none"

    Path("outside").write_text("x")
    Path("run").mkdir()
    Path("run/APP_PASS").symlink_to(Path("outside").resolve())
    assert "none" == Settings().password
    assert [] == USES


@pytest.mark.parametrize("first_is_old", [True, False])
@pytest.mark.parametrize("second_is_old", [True, False])
def test_several_secrets_directories(first_is_old: bool, second_is_old: bool, world: World) -> None:
    """The later directory wins whatever the spelling, as it does for pydantic-settings itself."""

    class Fields(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", secrets_dir=("one", "two"))
        password: str = "none"

    @versioned(Legacy(rename("pass", to="password"), **WINDOW), **history)
    class Settings(Fields):
        pass

    for folder in ("one", "two"):
        Path(folder).mkdir()
        Path(folder, "APP_PASSWORD").write_text(folder)
    oracle = Fields().password
    assert "two" == oracle
    for folder, is_old in (("one", first_is_old), ("two", second_is_old)):
        Path(folder, "APP_PASSWORD").unlink()
        Path(folder, "APP_PASS" if is_old else "APP_PASSWORD").write_text(folder)
    assert oracle == Settings().password
    clash = {(True, False): ["overridden"], (False, True): ["overrides"]}.get((first_is_old, second_is_old), [])
    assert clash == [use.conflict for use in USES if use.conflict]


@pytest.mark.parametrize("subdirectories", [True, False])
def test_nested_secrets(subdirectories: bool, world: World) -> None:
    """The nested source of secrets reads old keys by its own delimiter, or in directories."""
    options: dict[str, Any] = {"secrets_nested_subdir": True} if subdirectories else {"secrets_nested_delimiter": "--"}

    class Fields(ps.BaseSettings):
        model_config = SettingsConfigDict(secrets_dir="run", secrets_prefix="", **options)
        database: Database = Database()

        @classmethod
        def settings_customise_sources(cls, _settings_cls: Any, file_secret_settings: Any, **_given: Any) -> Any:
            return (ps.NestedSecretsSettingsSource(file_secret_settings),)

    @versioned(
        Legacy(move("database.dsn", to="database.url"), **WINDOW),
        Legacy(move("db.wait", to="database.timeout"), **WINDOW),
        **history,
    )
    class Settings(Fields):
        pass

    separator = os.sep if subdirectories else "--"

    def write(name: str, text: str) -> None:
        file = Path("run", name.replace("/", separator))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    write("database/url", "pg:x")
    write("database/timeout", "9")
    oracle = Fields().database
    assert Database(url="pg:x", timeout=9) == oracle
    for file in [*Path("run").rglob("*")]:
        if file.is_file():
            file.unlink()
    write("database/dsn", "pg:x")
    write("db/wait", "9")
    assert oracle == Settings().database
    assert {"secrets directory"} == {use.place.source for use in USES}


def test_a_secret_that_is_a_directory_is_left_alone(world: World) -> None:
    """A directory with the name of an old key is no secret."""

    @versioned(Legacy(rename("pass", to="password"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(secrets_dir="run")
        password: str = "none"

    Path("run/pass").mkdir(parents=True)
    assert "none" == Settings().password


# --- what the class does not know -----------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("extra", ["forbid", "ignore", "allow"])
def test_an_old_key_never_counts_as_an_extra(layer: str, extra: Any, world: World) -> None:
    """Whatever the class does with keys that it does not know: an old key is known, and nothing is left of it."""

    class Settings(layered(extra=extra)):  # type: ignore[misc]  # made at run time
        cache_ttl_seconds: int = 0
        database: Database = Database()

    versioned(RENAMED, Legacy(move("database.dsn", to="database.url"), **WINDOW), **history)(Settings)
    world.write(layer, "cache_timeout", 60)
    world.write(layer, "database.dsn", "pg:x")
    loaded = world.load(Settings, USES)
    assert loaded.refused is None
    assert (60, "pg:x") == (loaded.settings.cache_ttl_seconds, loaded.settings.database.url)
    assert not loaded.settings.model_extra


@pytest.mark.parametrize("layer", ["init", "dotenv", "toml", "yaml", "json", "pyproject"])
def test_other_extras_stay_what_they_are(layer: str, world: World) -> None:
    """What the class takes beside its fields it takes with a history too."""

    class Fields(layered(extra="allow")):  # type: ignore[misc]  # made at run time
        cache_ttl_seconds: int = 0

    @versioned(RENAMED, **history)
    class Settings(Fields):
        pass

    world.write(layer, "other", "x")
    oracle = world.load(Fields, USES).settings.model_extra
    assert "x" in oracle.values()
    world.write(layer, "cache_timeout", 60)
    assert oracle == world.load(Settings, USES).settings.model_extra


@pytest.mark.parametrize("filtering", ["only_existing", "match_prefix", "all"])
def test_the_filtering_of_dotenv_files(filtering: Any, world: World) -> None:
    """Old names are found and taken out, whatever `.env` files hand on."""

    class Fields(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", dotenv_filtering=filtering, extra="allow")
        cache_ttl_seconds: int = 0

    @versioned(RENAMED, **history)
    class Settings(Fields):
        pass

    Path(".env").write_text("APP_OTHER=x\nSTRANGE=y\n")
    oracle = Fields().model_extra
    Path(".env").write_text("APP_OTHER=x\nSTRANGE=y\nAPP_CACHE_TIMEOUT=60\n")
    settings = Settings()
    assert 60 == settings.cache_ttl_seconds
    assert oracle == settings.model_extra


def test_sections_that_are_optional_maps_or_dataclasses(world: World) -> None:
    """A key moves into whatever holds the section."""
    import dataclasses

    @dataclasses.dataclass
    class Mail:
        host: str = ""

    @versioned(
        Legacy(move("db_url", to="database.url"), **WINDOW),
        Legacy(move("limit_a", to="limits.a"), **WINDOW),
        Legacy(move("mail_host", to="mail.host"), **WINDOW),
        **history,
    )
    class Settings(layered()):  # type: ignore[misc]  # made at run time
        database: Database | None = None
        limits: dict[str, int] = Field({})
        mail: Mail = dataclasses.field(default_factory=Mail)

    for layer in ("env", "toml"):
        world.write(layer, "db_url", "pg:x")
        world.write(layer, "limit_a", 1)
        world.write(layer, "mail_host", "mail")
        loaded = world.load(Settings, USES)
        assert loaded.refused is None
        assert loaded.settings.database == Database(url="pg:x")
        assert {"a": 1} == loaded.settings.limits
        assert "mail" == loaded.settings.mail.host
        world.clear()


def test_loading_tells_what_was_told_here() -> None:
    """The helper of these tests sees uses at all: without it every empty list above would mean nothing."""

    @versioned(RENAMED, **history)
    class Settings(ps.BaseSettings):
        cache_ttl_seconds: int = 0

    assert 1 == len(loading(lambda: Settings(cache_timeout=3), USES).uses)
