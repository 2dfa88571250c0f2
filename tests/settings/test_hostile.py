"""What teams do with pydantic-settings that a history must not get in the way of."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import pydantic_settings as ps
import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, Field, HttpUrl, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from settings.sources import World
from upcast import move, rename
from upcast.errors import RegistryDefects, SettingsRefused
from upcast.settings import Legacy, LegacyKeyWarning, RetiredValue, check_health, migrated_arguments, versioned
from upcast.settings._loading import _places

pytestmark = pytest.mark.filterwarnings(f"ignore::{LegacyKeyWarning.__module__}.{LegacyKeyWarning.__name__}")
WINDOW: dict[str, Any] = {"since": "2.1", "remove_in": "2.3"}
RENAMED = Legacy(rename("tries", to="attempts"), **WINDOW)


def only(*sources: Any) -> Any:
    """A hook for a class whose sources are its arguments and these."""

    @classmethod  # type: ignore[misc]  # it becomes one of a class
    def settings_customise_sources(cls: Any, settings_cls: Any, init_settings: Any, **_: Any) -> Any:
        return (init_settings, *(source(settings_cls) for source in sources))

    return settings_customise_sources


class Asked(ps.PydanticBaseSettingsSource):
    """A source as the documentation of pydantic-settings has it: it reads the fields of the class, and nothing else."""

    CONTENT: Mapping[str, Any] = {}

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002  # the signature of such a source
        """What there is of a field; an error where there is nothing."""
        return self.CONTENT[field_name], field_name, False

    def __call__(self) -> dict[str, Any]:
        """Read the fields."""
        found = {}
        for name, field in self.settings_cls.model_fields.items():
            if name in self.CONTENT:
                value, key, is_complex = self.get_field_value(field, name)
                found[key] = self.prepare_field_value(name, field, value, is_complex)
        return found


# --- sources of the user's own --------------------------------------------------------------------------------------


def test_a_subclass_that_counts_the_sources_of_its_base(world: World) -> None:
    """A hook gets from `super()` what it would get without a history."""

    @versioned(RENAMED)
    class Base(ps.BaseSettings):
        attempts: int = 1

    class Derived(Base):
        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, **given: Any) -> Any:
            init, env, _, secrets = super().settings_customise_sources(settings_cls, **given)
            return env, init, secrets

    world.patch.setenv("TRIES", "3")
    assert 3 == Derived(attempts=2).attempts


@pytest.mark.parametrize("value", ["[1, 2]", [1, 2]], ids=["text", "list"])
def test_a_source_that_only_reads_the_fields_of_the_class(value: Any, world: World) -> None:
    """It is asked for old keys as it is asked for those of today, and reads both alike."""

    def settings_class(content: dict[str, Any]) -> Any:
        class Vault(Asked):
            CONTENT = content

            def prepare_field_value(self, field_name: str, field: Any, value: Any, value_is_complex: bool) -> Any:
                is_text = isinstance(value, str)
                return super().prepare_field_value(field_name, field, value, value_is_complex) if is_text else value

        class Settings(ps.BaseSettings):
            ports: list[int]
            settings_customise_sources = only(Vault)

        return versioned(Legacy(rename("doors", to="ports"), **WINDOW))(Settings)

    assert [1, 2] == settings_class({"ports": value})().ports
    health = check_health(settings_class({"doors": value}))
    assert [1, 2] == health.need().ports
    assert ["Vault"] == [use.place.source for use in health.uses]


def test_what_a_source_keeps_for_the_next_load(world: World) -> None:
    """A source that reads a vault once reads it once, also where the class makes it only once."""
    calls = []

    class Vault(ps.PydanticBaseSettingsSource):
        answer: dict[str, Any] | None = None

        def __getstate__(self) -> Any:
            raise TypeError("it holds a connection")

        def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002  # the signature of such a source
            return None, field_name, False

        def __call__(self) -> dict[str, Any]:
            if self.answer is None:
                calls.append(1)
                self.answer = {"tries": 4}
            return self.answer

    made: list[Any] = []

    @versioned(RENAMED)
    class Settings(ps.BaseSettings):
        attempts: int = 1

        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, **_: Any) -> Any:
            if not made:
                made.append(Vault(settings_cls))
            return tuple(made)

    assert [4, 4, 4] == [Settings().attempts for _ in range(3)]
    assert [1] == calls


def test_variables_that_are_looked_up_one_by_one(world: World) -> None:
    """Of the variables of a vault each name is asked for once: each is a call over the network."""
    asked: list[str] = []

    class Vault(Mapping[str, str]):
        def __getitem__(self, name: str) -> str:
            asked.append(name)
            return {"tries": "4"}[name]

        def __iter__(self) -> Iterator[str]:
            raise AssertionError("it is never listed")

        def __len__(self) -> int:
            return 1

    class Source(ps.EnvSettingsSource):
        def _load_env_vars(self) -> Any:
            return Vault()

    @versioned(RENAMED)
    class Settings(ps.BaseSettings):
        attempts: int = 1
        host: str = ""
        settings_customise_sources = only(Source)

    assert 4 == Settings().attempts
    assert ["attempts", "host", "tries"] == sorted(asked)


def test_a_source_that_has_its_variables_when_it_is_called(world: World) -> None:
    """Old names are looked up in the variables that the source read, not in those of the process."""

    class Source(ps.EnvSettingsSource):
        def __call__(self) -> dict[str, Any]:
            self.env_vars = {"tries": "4"}
            return super().__call__()

    @versioned(RENAMED)
    class Settings(ps.BaseSettings):
        attempts: int = 1
        settings_customise_sources = only(Source)

    world.patch.setenv("TRIES", "9")
    assert 4 == Settings().attempts


def test_a_source_with_a_notation_of_its_own(world: World) -> None:
    """What reads the new key of a map reads the old one, though it is no JSON."""

    class Source(ps.EnvSettingsSource):
        def decode_complex_value(self, field_name: str, field: Any, value: Any) -> Any:  # noqa: ARG002  # as above
            return dict(pair.split("=") for pair in value.split(","))

    @versioned(Legacy(rename("quota", to="limits"), **WINDOW))
    class Settings(ps.BaseSettings):
        limits: dict[str, int] = Field({})
        settings_customise_sources = only(Source)

    world.patch.setenv("QUOTA", "a=1,b=2")
    assert {"a": 1, "b": 2} == Settings().limits


# --- names ----------------------------------------------------------------------------------------------------------


class Model(BaseModel):
    """A section whose keys have the delimiter in their names."""

    api_key: str = ""


@pytest.mark.parametrize("splits", [None, 1])
def test_a_delimiter_that_is_in_names(splits: int | None, world: World) -> None:
    """What is moved into a section arrives under its key, however names are split."""

    @versioned(Legacy(move("key", to="llm.api_key"), **WINDOW), Legacy(rename("model", to="llm"), **WINDOW))
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_nested_delimiter="_", protected_namespaces=())
        llm: Model = Model()

    world.patch.setenv("KEY", "k")
    assert "k" == Settings(_env_nested_max_split=splits).llm.api_key


def test_the_old_name_of_a_section_is_split_as_the_new_one(world: World) -> None:
    """Where names are split once, so are old ones, also when only the constructor says so."""

    @versioned(Legacy(rename("model", to="llm"), **WINDOW))
    class Settings(ps.BaseSettings):
        model_config = SettingsConfigDict(env_nested_delimiter="_", protected_namespaces=())
        llm: Model = Model()

    world.patch.setenv("MODEL_API_KEY", "k")
    assert "k" == Settings(_env_nested_max_split=1).llm.api_key


@pytest.mark.parametrize("source", ["init", "env"])
def test_settings_that_are_taken_from_inside_of_something(source: str, world: World) -> None:
    """An old key goes where the class takes its successor from."""

    @versioned(Legacy(rename("x", to="inner"), **WINDOW), Legacy(rename("y", to="named"), **WINDOW))
    class Settings(ps.BaseSettings):
        inner: str = Field("", validation_alias=AliasPath("outer", "inner"))
        named: str = Field("", validation_alias=AliasChoices(AliasPath("list", 0), "name"))

    if source == "env":
        world.patch.setenv("X", "a")
        world.patch.setenv("Y", "b")
    settings = Settings(**({"x": "a", "y": "b"} if source == "init" else {}))
    assert ("a", "b") == (settings.inner, settings.named)


@pytest.mark.parametrize("version", [1, 7])
def test_a_setting_with_the_alias_schema_version(version: int, world: World) -> None:
    """A class that knows no versions may call a setting so."""
    world.folder.joinpath("settings.json").write_text(f'{{"schema_version": {version}}}')

    @versioned(RENAMED)
    class Settings(ps.BaseSettings):
        attempts: int = 1
        number: int = Field(0, validation_alias="schema_version")
        settings_customise_sources = only(lambda cls: ps.JsonConfigSettingsSource(cls, "settings.json"))

    assert version == Settings().number


# --- values ---------------------------------------------------------------------------------------------------------


def test_a_text_that_means_nothing(world: World) -> None:
    """`null` is what sources take for nothing, also under an old name."""

    @versioned(Legacy(rename("server", to="llm"), **WINDOW))
    class Settings(ps.BaseSettings):
        llm: Model | None = Model(api_key="default")

    world.patch.setenv("SERVER", "null")
    settings = Settings()
    assert settings.llm is not None
    assert "default" == settings.llm.api_key


def test_an_old_value_that_nobody_needs(world: World) -> None:
    """A list that cannot be read keeps nobody from starting where the new key is set, nor takes others along."""

    @versioned(RENAMED, Legacy(rename("doors", to="ports"), **WINDOW))
    class Settings(ps.BaseSettings):
        attempts: int = 1
        ports: list[int] = Field([])

    world.patch.setenv("DOORS", "garbage")
    world.patch.setenv("TRIES", "3")
    assert ["conversion-failed"] == [problem.kind for problem in check_health(Settings).problems]
    world.patch.setenv("PORTS", "[1]")
    settings = Settings()
    assert (3, [1]) == (settings.attempts, settings.ports)


def test_values_that_cannot_be_compared(world: World) -> None:
    """Whether two values are the same is asked for the sake of a warning: that must not refuse a start."""

    class Host(BaseModel):
        name: str = ""

        @field_validator("name")
        @classmethod
        def known(cls, value: str) -> str:
            return {"b": "b"}[value]

    @versioned(Legacy(rename("servers", to="hosts"), **WINDOW))
    class Settings(ps.BaseSettings):
        hosts: list[Host] = Field([])

    world.patch.setenv("SERVERS", '[{"name": "a"}]')
    world.patch.setenv("HOSTS", '[{"name": "b"}]')
    assert ["b"] == [host.name for host in Settings().hosts]


@pytest.mark.parametrize("config", [{}, {"enable_decoding": False}, {"strict": True}], ids=str)
def test_a_list_that_is_not_decoded(config: Any, world: World) -> None:
    """What a field asks not to be decoded arrives as it stands there."""

    class Settings(ps.BaseSettings):
        model_config = config
        hosts: Annotated[list[str], ps.NoDecode] = Field([])

        @field_validator("hosts", mode="before")
        @classmethod
        def split(cls, value: Any) -> Any:
            return value.split(",") if isinstance(value, str) else value

    versioned(Legacy(rename("servers", to="hosts"), **WINDOW))(Settings)
    world.patch.setenv("SERVERS", "a,b")
    assert ["a", "b"] == Settings().hosts


# --- the command line -----------------------------------------------------------------------------------------------


class Run(BaseModel):
    """A subcommand with a flag that is called as an old one of the program."""

    timeout: int = 1


class Program(ps.BaseSettings):
    """A program with a subcommand."""

    model_config = SettingsConfigDict(cli_exit_on_error=False)
    ttl: int = 0
    n: int = 0
    run: ps.CliSubCommand[Run]


versioned(Legacy(rename("timeout", to="ttl"), **WINDOW), Legacy(rename("m", to="n"), **WINDOW))(Program)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "--timeout", "5"], (0, 5)),
        (["--ttl", "3", "run", "--timeout=5"], (3, 5)),
        (["--timeout", "3", "run", "--timeout=5"], (3, 5)),
    ],
    ids=str,
)
@pytest.mark.parametrize("way", ["class", "CliApp"])
def test_flags_of_a_subcommand_are_its_own(
    way: Literal["class", "CliApp"], arguments: list[str], expected: tuple[int, int], world: World
) -> None:
    """What stands behind a subcommand is not looked at."""
    if way == "class":
        program = Program(_cli_parse_args=arguments)
    else:
        program = ps.CliApp.run(Program, cli_args=migrated_arguments(Program, arguments))
    assert program.run is not None
    assert expected == (program.ttl, program.run.timeout)


def test_flags_of_one_letter_have_one_dash(world: World) -> None:
    """Old and new, as pydantic-settings has them."""
    assert ["-n=4", "run"] == migrated_arguments(Program, ["-m", "4", "run"])


def test_a_command_line_that_cannot_be_parsed() -> None:
    """It is no file that is to be corrected, and nothing of it is repeated."""
    with pytest.raises(SettingsRefused) as refused:
        Program(_cli_parse_args=["--password=s3cret", "run"])
    [problem] = refused.value.problems
    assert ("unreadable-source", "command line") == (problem.kind, problem.source)
    assert "--help" in str(problem)
    assert "s3cret" not in str(problem)


# --- what is told ---------------------------------------------------------------------------------------------------


def test_a_traceback_with_the_variables_of_its_frames(world: World) -> None:
    """What reports errors with local variables finds no value in those of the loader."""

    @versioned(RENAMED)
    class Settings(ps.BaseSettings):
        attempts: int = 1

    world.patch.setenv("TRIES", "s3cret")
    with pytest.raises(SettingsRefused) as refused:
        Settings()
    shown = "".join(traceback.TracebackException.from_exception(refused.value, capture_locals=True).format())
    assert "load = " in shown
    assert "s3cret" not in shown.replace('"s3cret"', "")  # beside the line of this test


def test_a_message_that_begins_with_an_abbreviation() -> None:
    """Only words are made to go on a sentence."""

    @versioned(Legacy(rename("link", to="url"), **WINDOW))
    class Settings(ps.BaseSettings):
        url: HttpUrl

    [problem] = check_health(Settings, link="ftp://x").problems
    assert problem.problem.startswith("URL scheme should be")


def test_a_big_file_is_looked_through_once(world: World) -> None:
    """However many keys of it are told: each is found with its line, and it is read once for that."""
    count = 40
    lines = [f'text{number} = "old{number}: 1"\n' for number in range(count)]
    world.folder.joinpath("settings.toml").write_text("".join([*lines, *(f"old{n} = 1\n" for n in range(count))]))
    fields = {f"new{number}": 0 for number in range(count)}
    hook = only(lambda cls: ps.TomlConfigSettingsSource(cls, "settings.toml"))
    members: dict[str, Any] = {"__annotations__": dict.fromkeys(fields, int), "settings_customise_sources": hook}
    settings_class = type(
        "Settings", (ps.BaseSettings,), {**members, **fields, "model_config": SettingsConfigDict(extra="ignore")}
    )
    versioned(*(Legacy(rename(f"old{n}", to=f"new{n}"), **WINDOW) for n in range(count)))(settings_class)
    _places._spots.cache_clear()
    uses = check_health(settings_class).uses
    assert list(range(count + 1, 2 * count + 1)) == sorted(use.place.line or 0 for use in uses)
    assert 1 == _places._spots.cache_info().misses


def test_derived_class_with_an_old_key_as_a_field_is_refused() -> None:
    """Its value would be taken for that of the new key, and be lost."""

    @versioned(Legacy(rename("x", to="a"), since="2.1", remove_in="2.3"))
    class Base(ps.BaseSettings):
        a: int = 1

    with pytest.raises(RegistryDefects) as raised:

        class Derived(Base):
            x: int = 9

    assert "'x' is a setting of the class" in str(raised.value)


def test_replacement_of_a_secret_value_is_not_told() -> None:
    """What is declared in its place is a secret too."""

    @versioned(RetiredValue("password", "old", use="kanarienvogel", since="2.1", remove_in="2.3"))
    class Settings(ps.BaseSettings):
        password: SecretStr = SecretStr("")

    uses = check_health(Settings, password="old").uses  # no password of anything

    assert ["password"] == [use.spelled for use in uses]
