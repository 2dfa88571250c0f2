"""Settings classes of all sorts: subclasses, hooks, sources of the user's own, generic, frozen, with own methods."""

from __future__ import annotations

import asyncio
import copy
import pickle
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import pydantic_settings as ps
import pytest
from pydantic import BaseModel, Field, ValidationError, computed_field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from settings.sources import World, loading
from upcast import convert, move, rename
from upcast.errors import SettingsRefused
from upcast.settings import Legacy, LegacyUse, Place, RetiredValue, versioned

WINDOW: dict[str, Any] = {"since": "2.1", "remove_in": "2.3"}
USES: list[LegacyUse] = []
RENAMED = Legacy(rename("tries", to="attempts"), **WINDOW)
history: dict[str, Any] = {"release": "2.2.0", "on_use": USES.append}


@versioned(RENAMED, **history)
class Base(ps.BaseSettings):
    """Settings with a history."""

    model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env")
    attempts: int = 1


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """Warnings of old keys pass: they are tested elsewhere."""
    import warnings

    from upcast.settings import LegacyKeyWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LegacyKeyWarning)
        USES.clear()
        yield


class Own(ps.PydanticBaseSettingsSource):
    """A source of the user's own."""

    said: ClassVar[dict[str, Any]] = {}
    seen: ClassVar[list[tuple[dict[str, Any], dict[str, Any]]]] = []

    def get_field_value(self, _field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Nothing by field."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Say what the test wants."""
        Own.seen.append((dict(self.current_state), dict(self.settings_sources_data)))
        return copy.deepcopy(Own.said)


# --- subclasses -----------------------------------------------------------------------------------------------------


class Sub(Base):
    """A subclass that is not decorated."""

    more: str = ""


class SubSub(Sub):
    """A subclass of that."""


@versioned(Legacy(rename("extra", to="more"), **WINDOW), **history)
class Again(Base):
    """A subclass that is decorated itself."""

    more: str = ""


@pytest.mark.parametrize("settings_class", [Base, Sub, SubSub])
def test_subclasses_read_old_keys(settings_class: type[Base], world: World) -> None:
    """A subclass reads what its base reads, once."""
    world.patch.setenv("APP_TRIES", "4")
    assert 4 == settings_class().attempts
    assert 1 == len(USES)


def test_a_subclass_that_is_decorated_again(world: World) -> None:
    """It reads its own old keys and those of its base; each is told once, by each hook."""
    world.patch.setenv("APP_TRIES", "4")
    Path(".env").write_text("APP_EXTRA=x\n")
    settings = Again()
    assert (4, "x") == (settings.attempts, settings.more)
    assert ["tries", "tries", "extra", "extra"] == [use.key for use in USES], "the hook was given twice"
    assert {f"{__name__}:Again"} == {use.settings for use in USES}
    USES.clear()
    assert 4 == Base(_env_file=None).attempts, "the base is as it was"
    assert 1 == len(USES)


def test_the_name_that_a_subclass_is_told_by(world: World) -> None:
    """A refusal of a subclass is about a class that the user can find."""

    class Strict(Base):
        limit: int = Field(0, le=5)

    world.patch.setenv("APP_LIMIT", "9")
    with pytest.raises(SettingsRefused) as refused:
        Strict()
    assert refused.value.settings in {f"{__name__}:Base", f"{Strict.__module__}:{Strict.__qualname__}"}


def own_hook(cls: Any, settings_cls: Any, **given: Any) -> Any:
    """Read nothing but the user's own source and the environment."""
    return Own(settings_cls), given["env_settings"]


def test_a_subclass_that_overrides_the_hook(world: World) -> None:
    """Sources that a subclass chooses are migrated as those of its base are."""

    class Hooked(Base):
        settings_customise_sources = classmethod(own_hook)

    world.patch.setattr(Own, "said", {"tries": 4})
    world.patch.setenv("APP_TRIES", "5")
    assert 4 == Hooked().attempts
    assert [("Own", ""), ("environment", "overridden")] == [(use.place.source, use.conflict) for use in USES]


def test_a_subclass_that_asks_its_base_for_sources(world: World) -> None:
    """Sources are not migrated twice."""

    class Hooked(Base):
        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, **given: Any) -> Any:
            return (Own(settings_cls), *super().settings_customise_sources(settings_cls, **given))

    world.patch.setattr(Own, "said", {"tries": 4})
    world.patch.setenv("APP_TRIES", "5")
    assert 4 == Hooked().attempts
    assert 2 == len(USES)


def test_the_hook_of_a_mixin(world: World) -> None:
    """A hook that comes from beside the decorated class is migrated too."""

    class Mixin:
        settings_customise_sources = classmethod(own_hook)

    class Hooked(Mixin, Base):
        pass

    world.patch.setattr(Own, "said", {"tries": 4})
    assert 4 == Hooked().attempts
    assert ["Own"] == [use.place.source for use in USES]


def test_the_decorator_below_the_hook_of_the_class(world: World) -> None:
    """The order of class body and decorator is no matter: the hook of the decorated class itself counts."""

    @versioned(RENAMED, **history)
    class Hooked(ps.BaseSettings):
        attempts: int = 1
        settings_customise_sources = classmethod(own_hook)

    world.patch.setattr(Own, "said", {"tries": 4})
    assert 4 == Hooked().attempts


def test_a_hook_as_it_is_documented(world: World) -> None:
    """A hook that names its arguments and changes the order of the sources is called as ever."""

    @versioned(RENAMED, **history)
    class Hooked(ps.BaseSettings):
        attempts: int = 1

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[ps.BaseSettings],
            init_settings: ps.PydanticBaseSettingsSource,
            env_settings: ps.PydanticBaseSettingsSource,
            dotenv_settings: ps.PydanticBaseSettingsSource,
            file_secret_settings: ps.PydanticBaseSettingsSource,
        ) -> tuple[ps.PydanticBaseSettingsSource, ...]:
            assert settings_cls is Hooked
            return env_settings, init_settings, dotenv_settings, file_secret_settings

    world.patch.setenv("TRIES", "4")
    assert 4 == Hooked(attempts=5).attempts
    assert ["overrides"] == [use.conflict for use in USES]


def test_two_bases_with_histories(world: World) -> None:
    """A class of two decorated bases reads the old keys of both."""

    @versioned(Legacy(rename("colour", to="tint"), **WINDOW), **history)
    class Other(ps.BaseSettings):
        tint: str = ""

    class Both(Base, Other):
        pass

    world.patch.setenv("TRIES", "4")
    world.patch.setenv("COLOUR", "red")
    settings = Both(_env_prefix="")
    assert 4 == settings.attempts
    assert "red" == settings.tint


def test_a_hook_of_pydantic_in_a_subclass(world: World) -> None:
    """`__pydantic_init_subclass__` of the user's is called beside ours."""
    called: list[str] = []

    class Watching(Base):
        @classmethod
        def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
            called.append(cls.__name__)
            super().__pydantic_init_subclass__(**kwargs)

    class Watched(Watching):
        settings_customise_sources = classmethod(own_hook)

    assert ["Watched"] == called
    world.patch.setattr(Own, "said", {"tries": 4})
    assert 4 == Watched().attempts


# --- sources of the user's own --------------------------------------------------------------------------------------


def with_sources(*makers: Any, **config: Any) -> Any:
    """Settings that read from given sources, the highest first."""

    @versioned(RENAMED, Legacy(move("db_url", to="database.url"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(**config)
        attempts: int = 1
        database: dict[str, str] = {}

        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, **_given: Any) -> Any:
            return tuple(maker(settings_cls) for maker in makers)

    return Settings


def test_a_source_of_the_users_own(world: World) -> None:
    """It is migrated, and told by the name of its class."""
    world.patch.setattr(Own, "said", {"tries": 4, "db_url": "pg"})
    settings = with_sources(Own)()
    assert (4, {"url": "pg"}) == (settings.attempts, settings.database)
    assert [Place("Own", "tries"), Place("Own", "db_url")] == [use.place for use in USES]
    assert {"tries": 4, "db_url": "pg"} == Own.said, "what a source holds is not changed"


def test_what_a_source_says_is_not_changed(world: World) -> None:
    """A source may hand out the same object each time: old keys are taken from a copy."""
    kept = {"tries": 4, "database": {"dsn": "pg", "other": "x"}}

    class Keeping(Own):
        def __call__(self) -> dict[str, Any]:
            return kept

    @versioned(RENAMED, Legacy(move("database.dsn", to="database.url"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        attempts: int = 1
        database: dict[str, str] = {}

        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, **_given: Any) -> Any:
            return (Keeping(settings_cls),)

    for _ in range(2):
        assert {"url": "pg", "other": "x"} == Settings().database
    assert {"tries": 4, "database": {"dsn": "pg", "other": "x"}} == kept


def test_what_is_given_is_not_changed(world: World) -> None:
    """A conversion may write into what it gets: what the caller gave stays as it was."""

    def sort(items: list[str]) -> list[str]:
        items.sort()
        items.append("last")
        return items

    @versioned(
        Legacy(rename("servers", to="hosts"), convert("hosts", sort), was=list[str], **WINDOW),
        Legacy(
            rename("mapping", to="table"), convert("table", lambda table: table.pop("x") and table), was=Any, **WINDOW
        ),
        **history,
    )
    class Settings(ps.BaseSettings):
        hosts: list[str] = Field([])
        table: dict[str, int] = Field({})

    servers, mapping = ["b", "a"], {"x": 1, "y": 2}
    settings = Settings(servers=servers, mapping=mapping)
    assert (["a", "b", "last"], {"y": 2}) == (settings.hosts, settings.table)
    assert (["b", "a"], {"x": 1, "y": 2}) == (servers, mapping)


def test_a_source_that_loads_settings_itself(world: World) -> None:
    """A source may need settings of its own, with a history of theirs: sources below it are none the worse."""

    @versioned(Legacy(rename("address", to="url"), **WINDOW), **history)
    class VaultSettings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_prefix="VAULT_")
        url: str = ""

    class Vault(Own):
        def __call__(self) -> dict[str, Any]:
            return {"database": {"url": VaultSettings().url}}

    world.patch.setenv("VAULT_ADDRESS", "vault")
    world.patch.setenv("TRIES", "4")
    settings = with_sources(Vault, ps.EnvSettingsSource)()
    assert (4, {"url": "vault"}) == (settings.attempts, settings.database)
    assert [("VaultSettings", "address"), ("Settings", "tries")] == [
        (use.settings.rpartition(".")[2], use.key) for use in USES
    ]


def test_a_source_that_is_kept(world: World) -> None:
    """A source object that serves several loads is not touched: it stays of its class and knows its old names."""
    Path(".env").write_text("TRIES=4\n")
    kept: list[Any] = []

    def keep(settings_cls: Any) -> Any:
        kept[:] = kept or [ps.DotEnvSettingsSource(settings_cls, env_file=".env")]
        return kept[0]

    settings_class = with_sources(keep)
    assert [4, 4] == [settings_class().attempts for _ in range(2)]
    assert type(kept[0]) is ps.DotEnvSettingsSource
    assert {"tries": "4"} == kept[0].env_vars


def test_a_source_that_looks_at_others(world: World) -> None:
    """A source sees the sources above it by their names, in today's keys."""
    world.patch.setattr(Own, "said", {})
    world.patch.setattr(Own, "seen", [])
    world.patch.setenv("TRIES", "4")
    with_sources(ps.EnvSettingsSource, Own)()
    ((state, sources),) = Own.seen
    assert {"attempts": "4"} == state
    assert {"EnvSettingsSource": {"attempts": "4"}} == sources


def test_a_source_derived_from_that_of_the_environment(world: World) -> None:
    """A source of names and texts that is not the environment: its names are looked up as its own are."""

    class Vault(ps.EnvSettingsSource):
        """Secrets of a vault."""

        def _load_env_vars(self) -> dict[str, str | None]:
            return {"tries": "4", "db_url": "pg"}

    settings = with_sources(Vault)()
    assert (4, {"url": "pg"}) == (settings.attempts, settings.database)
    assert [Place("Vault", "TRIES"), Place("Vault", "DB_URL")] == [use.place for use in USES]


def test_a_source_that_is_a_function(world: World) -> None:
    """pydantic-settings calls whatever it is given; a function is called as ever, and takes part in precedence."""
    settings_class = with_sources(lambda settings_cls: lambda: {"attempts": 5}, ps.EnvSettingsSource)
    world.patch.setenv("TRIES", "4")
    assert 5 == settings_class().attempts
    assert ["overridden"] == [use.conflict for use in USES]


def test_a_source_with_slots_and_arguments(world: World) -> None:
    """A source whose objects need arguments to be made is not made again."""

    class Picky(Own):
        __slots__ = ("_path",)

        def __init__(self, settings_cls: Any, path: str) -> None:
            super().__init__(settings_cls)
            self._path = path

        def __call__(self) -> dict[str, Any]:
            return {"tries": len(self._path)}

    assert 4 == with_sources(lambda settings_cls: Picky(settings_cls, "four"))().attempts


def test_two_sources_of_one_class(world: World) -> None:
    """Two files of one kind are two sources: the higher one wins, whatever the spelling, and it is said."""
    Path("high.toml").write_text("tries = 4\n")
    Path("low.toml").write_text("attempts = 5\n")
    settings_class = with_sources(
        lambda settings_cls: ps.TomlConfigSettingsSource(settings_cls, "high.toml"),
        lambda settings_cls: ps.TomlConfigSettingsSource(settings_cls, "low.toml"),
    )
    assert 4 == settings_class().attempts
    (use,) = USES
    assert ("overrides", Place("TOML file", "attempts", "low.toml", 1)) == (use.conflict, use.other)


def test_a_source_that_is_called_by_itself(world: World) -> None:
    """A source that somebody calls outside a load says what it says."""
    world.patch.setenv("APP_ATTEMPTS", "4")
    found = Base.settings_customise_sources(
        Base,
        init_settings=ps.InitSettingsSource(Base, {"tries": 5}),
        env_settings=ps.EnvSettingsSource(Base),
        dotenv_settings=ps.DotEnvSettingsSource(Base),
        file_secret_settings=ps.SecretsSettingsSource(Base),
    )
    assert {"attempts": 5} == found[0]()
    assert {"attempts": "4"} == found[1]()
    assert [] == USES


def test_sources_stay_what_they_are(world: World) -> None:
    """Whoever looks at the sources finds the classes that are there without a history, by name and by `isinstance`."""
    found = Base.settings_customise_sources(
        Base,
        init_settings=ps.InitSettingsSource(Base, {}),
        env_settings=ps.EnvSettingsSource(Base),
        dotenv_settings=ps.DotEnvSettingsSource(Base),
        file_secret_settings=ps.SecretsSettingsSource(Base),
    )
    expected = [ps.InitSettingsSource, ps.EnvSettingsSource, ps.DotEnvSettingsSource, ps.SecretsSettingsSource]
    for source, source_class in zip(found, expected, strict=False):
        assert isinstance(source, source_class)
        assert source_class.__name__ == type(source).__name__
        assert source_class.__module__ == type(source).__module__


# --- ways to make settings ------------------------------------------------------------------------------------------


def test_a_constructor_of_the_users_own(world: World) -> None:
    """What it hands on is a source like any other."""

    @versioned(RENAMED, **history)
    class Settings(ps.BaseSettings):
        attempts: int = 1
        doubled: int = 0

        def __init__(self, number: int, **values: Any) -> None:
            super().__init__(tries=number, **values)

    assert 4 == Settings(4).attempts
    assert 5 == Settings(number=5).attempts
    assert ["arguments", "arguments"] == [use.place.source for use in USES]


def test_a_constructor_that_takes_nothing(world: World) -> None:
    """A constructor without arguments is called without any, with a command line too."""

    @versioned(RENAMED, **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(cli_parse_args=["--attempts=4"])
        attempts: int = 1

        def __init__(self) -> None:
            super().__init__()

    assert 4 == Settings().attempts


def test_a_subclass_with_a_constructor_of_its_own(world: World) -> None:
    """A constructor of a subclass that is not decorated leads to that of its base."""

    class Settings(Base):
        def __init__(self, number: int) -> None:
            super().__init__(tries=number)

    assert 4 == Settings(4).attempts
    assert 1 == len(USES)


@pytest.mark.parametrize("way", ["validate", "adapter", "cached", "field", "list"])
def test_other_ways_to_make_settings(way: str, world: World) -> None:
    """However pydantic makes the object, its sources are read and its old keys are taken."""
    from pydantic import TypeAdapter

    class Settings(Base):
        pass

    class Holder(BaseModel):
        settings: Settings

    ways: dict[str, Any] = {
        "validate": lambda: Settings.model_validate({"tries": 4}),
        "adapter": lambda: TypeAdapter(Settings).validate_python({"tries": 4}),
        "cached": Settings.settings_cached,
        "field": lambda: Holder(settings={"tries": 4}).settings,
        "list": lambda: TypeAdapter(list[Settings]).validate_python([{"tries": 4}])[0],
    }
    if way == "cached":
        world.patch.setenv("APP_TRIES", "4")
    assert 4 == ways[way]().attempts
    assert 1 == len(USES)


def test_what_is_refused_inside_a_model(world: World) -> None:
    """A model that holds settings refuses what they refuse, without a value."""

    class Holder(BaseModel):
        settings: Base

    with pytest.raises((ValidationError, SettingsRefused)):
        Holder(settings={"tries": "many"})


def test_settings_are_made_only_once(world: World) -> None:
    """The sources are read once for each object, and cached settings once for all."""

    class Counting(Own):
        count = 0

        def __call__(self) -> dict[str, Any]:
            Counting.count += 1
            return {"tries": 4}

    settings_class = with_sources(Counting)
    settings_class()
    assert 1 == Counting.count
    assert settings_class.settings_cached() is settings_class.settings_cached()
    assert 2 == Counting.count
    settings_class.settings_clear_cache()


def test_making_them_again(world: World) -> None:
    """Calling `__init__` of an object reads the sources anew: pydantic-settings documents it for reloading."""
    world.patch.setenv("APP_TRIES", "4")
    settings = Base()
    world.patch.setenv("APP_TRIES", "5")
    settings.__init__()  # type: ignore[misc]  # as documented
    assert 5 == settings.attempts


def test_copies_and_pickles(world: World) -> None:
    """An object with a history is copied and pickled as one without."""
    world.patch.setenv("APP_TRIES", "4")
    settings = Base()
    USES.clear()
    assert settings == pickle.loads(pickle.dumps(settings)) == copy.deepcopy(settings) == settings.model_copy()
    assert 5 == settings.model_copy(update={"attempts": 5}).attempts
    assert 7 == Base.model_construct(attempts=7).attempts
    assert [] == USES


T = TypeVar("T")


def test_a_generic_class(world: World) -> None:
    """A generic class reads old keys, with its parameter and without."""

    @versioned(RENAMED, **history)
    class Settings(ps.BaseSettings, Generic[T]):
        attempts: T

    world.patch.setenv("TRIES", "4")
    assert 4 == Settings[int]().attempts
    assert "4" == Settings[str]().attempts
    assert 2 == len(USES)


def test_frozen_settings(world: World) -> None:
    """Frozen settings are made and stay frozen."""

    @versioned(RENAMED, **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(frozen=True)
        attempts: int = 1

    settings = Settings(tries=4)
    assert 4 == settings.attempts
    with pytest.raises(ValidationError):
        settings.attempts = 5
    assert hash(settings) == hash(Settings(attempts=4))


def test_strict_settings(world: World) -> None:
    """In strict mode an old text of the environment becomes what a new one becomes."""

    class Plain(ps.BaseSettings):
        model_config = SettingsConfigDict(strict=True)
        attempts: int = 1

    @versioned(RENAMED, **history)
    class Settings(Plain):
        pass

    world.patch.setenv("ATTEMPTS", "4")
    assert 4 == Plain().attempts
    world.patch.delenv("ATTEMPTS")
    world.patch.setenv("TRIES", "4")
    assert 4 == Settings().attempts


def test_validators_see_todays_keys_only(world: World) -> None:
    """Validators of all modes run as ever, on what the sources say in today's keys."""
    seen: list[Any] = []

    @versioned(RENAMED, **history)
    class Settings(ps.BaseSettings):
        attempts: int = 1

        @model_validator(mode="before")
        @classmethod
        def before(cls, data: Any) -> Any:
            seen.append(dict(data))
            return data

        @field_validator("attempts")
        @classmethod
        def doubled(cls, value: int) -> int:
            return value * 2

        @model_validator(mode="after")
        def after(self) -> Settings:
            seen.append(self.attempts)
            return self

        @computed_field
        def squared(self) -> int:
            return self.attempts**2

    world.patch.setenv("TRIES", "4")
    settings = Settings()
    assert (8, 64) == (settings.attempts, settings.squared)
    assert [{"attempts": "4"}, 8] == seen


def test_defaults_that_are_partly_overridden(world: World) -> None:
    """`nested_model_default_partial_update` works on what old keys make."""

    class Database(BaseModel):
        url: str = "none"
        timeout: int = 3

    @versioned(Legacy(move("db_url", to="database.url"), **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(nested_model_default_partial_update=True, env_nested_delimiter="__")
        database: Database = Database(timeout=9)

    world.patch.setenv("DB_URL", "pg")
    assert Database(url="pg", timeout=9) == Settings().database
    world.patch.delenv("DB_URL")
    assert Database(url="pg", timeout=9) == Settings(db_url="pg").database


def test_assignments_are_no_loads(world: World) -> None:
    """What is assigned later is validated by the class and told to nobody."""

    @versioned(RENAMED, RetiredValue("attempts", 0, use=1, **WINDOW), **history)
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(validate_assignment=True)
        attempts: int = 1

    settings = Settings(tries=4)
    USES.clear()
    settings.attempts = 0
    assert 0 == settings.attempts
    with pytest.raises(ValidationError):
        settings.attempts = "many"  # type: ignore[assignment]  # that is what is tested
    assert [] == USES


async def test_settings_in_coroutines(world: World) -> None:
    """A coroutine loads settings as any code does; loads of several do not mix."""

    async def load(number: int) -> int:
        await asyncio.sleep(0)
        settings = Base(tries=number)
        await asyncio.sleep(0)
        return settings.attempts

    assert list(range(20)) == await asyncio.gather(*map(load, range(20)))
    assert 20 == len(USES)


def test_a_failed_load_leaves_nothing_behind(world: World) -> None:
    """After a refusal, and after an exception of a source, the next load starts from nothing."""

    class Failing(Own):
        def __call__(self) -> dict[str, Any]:
            raise LookupError("no vault")

    with pytest.raises(LookupError):
        with_sources(ps.EnvSettingsSource, Failing)()
    with pytest.raises(SettingsRefused):
        Base(tries="many")
    loaded = loading(lambda: Base(attempts=3), USES)
    assert 3 == loaded.settings.attempts
    assert [] == loaded.uses


def test_the_debug_log_of_pydantic_settings(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The log in which pydantic-settings shows its sources knows ours by their names."""
    import logging

    world.patch.setenv("PYDANTIC_SETTINGS_DEBUG", "1")
    world.patch.setenv("APP_TRIES", "4")
    with caplog.at_level(logging.DEBUG, "pydantic_settings"):
        Base()
    assert "EnvSettingsSource: {'attempts': '4'}" in caplog.text
