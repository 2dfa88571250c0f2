"""Values of settings are secrets: none is in any warning, error, log record, metric, explanation or probe."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    JsonConfigSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
    YamlConfigSettingsSource,
)

from upcast import convert, join_fields, move, rename, split_field
from upcast.errors import UpcastError
from upcast.settings import (
    ChangedDefault,
    Legacy,
    LegacyKeyCounter,
    LegacyKeyWarning,
    RetiredValue,
    check_health,
    explain,
    versioned,
)

CANARY = "kanarienvogel-4711"


def raises_with_value(value: Any) -> Any:
    """A conversion that says the value in what it raises."""
    raise RuntimeError(f"cannot convert {value!r}")


class Database(BaseModel):
    """A nested model."""

    url: str = ""
    pool: int = 1


def settings_class(counter: LegacyKeyCounter, *, release: str = "2.2.0", conflicts: Any = "new-wins") -> Any:
    """A settings class that meets every way in which a value can go wrong."""
    window = {"since": "2.1", "remove_in": "2.3"}

    @versioned(
        Legacy(rename("old_name", to="name"), **window),
        Legacy(rename("old_limit", to="limit"), **window),
        Legacy(rename("old_converted", to="converted"), convert("converted", raises_with_value), was=str, **window),
        Legacy(rename("old_number", to="number"), convert("number", abs), was=int, **window),
        Legacy(move("old_url", to="database.url"), **window),
        Legacy(move("old_pool", to="database.pool"), **window),
        Legacy(split_field("address", into=["host", "port"], separator=":"), **window),
        Legacy(join_fields(["first", "second"], to="both", separator=":"), **window),
        Legacy(rename("old_list", to="tags"), **window),
        RetiredValue("mode", CANARY, use="plain", **window),
        ChangedDefault("greeting", was=CANARY, **window),
        release=release,
        conflicts=conflicts,
        on_use=counter,
        version=2,
        upcasters={1: refuse_table},
    )
    class Settings(BaseSettings):
        model_config = SettingsConfigDict(
            env_prefix="APP_",
            env_nested_delimiter="__",
            env_file=".env",
            secrets_dir="secrets",
            toml_file="settings.toml",
            yaml_file="settings.yaml",
            json_file="settings.json",
        )

        name: str = ""
        limit: int = Field(60, ge=50, le=3600)
        converted: str = ""
        number: int = 0
        database: Database = Database()
        host: str = ""
        port: int = 0
        both: str = ""
        tags: list[str] = []
        mode: str = "plain"
        greeting: str = "hello"
        password: SecretStr = SecretStr("")
        checked: str = ""
        custom: str = ""
        kind: Any = None

        @field_validator("checked")
        @classmethod
        def says_the_value(cls, value: str) -> str:
            if value:
                raise ValueError(f"not {value}")
            return value

        @field_validator("custom")
        @classmethod
        def says_it_otherwise(cls, value: str) -> str:
            if value:
                raise PydanticCustomError("own_error", "not {value}", {"value": value})
            return value

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (
                init_settings,
                env_settings,
                dotenv_settings,
                file_secret_settings,
                TomlConfigSettingsSource(settings_cls),
                YamlConfigSettingsSource(settings_cls),
                JsonConfigSettingsSource(settings_cls),
            )

    return Settings


def refuse_table(table: dict[str, Any]) -> dict[str, Any]:
    """An upcaster of files that says the whole table in what it raises."""
    raise ValueError(f"cannot upcast {table!r}")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, with a directory of secrets."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secrets").mkdir()
    return tmp_path


@contextlib.contextmanager
def everything_said() -> Iterator[Callable[[], str]]:
    """Everything that is logged, with every attribute of the records, and every warning."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]  # a handler that keeps what it gets
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            yield lambda: repr([vars(record) for record in records]) + repr([vars(each) for each in warned])
        finally:
            root.removeHandler(handler)
            root.setLevel(level)


def whole(error: BaseException | None) -> str:
    """All that an error and those it is chained to say and hold."""
    told = ""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        told += f"{error} {error!r} {error.args!r} {vars(error)!r} {getattr(error, '__notes__', '')}"
        told += "".join(traceback.format_exception(error))
        error = error.__cause__ or error.__context__
    return told


CASES: dict[str, dict[str, Any]] = {
    "renamed": {"env": {"APP_OLD_NAME": CANARY}},
    "secret renamed in .env": {".env": f"APP_OLD_NAME={CANARY}\n"},
    "bound": {"env": {"APP_OLD_LIMIT": CANARY}},
    "bound, new key": {"env": {"APP_LIMIT": CANARY}},
    "conversion raises": {"env": {"APP_OLD_CONVERTED": CANARY}},
    "not the old type": {"env": {"APP_OLD_NUMBER": CANARY}},
    "nested": {"env": {"APP_OLD_URL": CANARY, "APP_OLD_POOL": CANARY}},
    "nested, new key": {"env": {"APP_DATABASE__POOL": CANARY}},
    "parent is no JSON": {"env": {"APP_DATABASE": "{" + CANARY}},
    "list is no JSON": {"env": {"APP_TAGS": "[" + CANARY}},
    "old list is no JSON": {"env": {"APP_OLD_LIST": "[" + CANARY}},
    "split fails": {"env": {"APP_ADDRESS": CANARY}},
    "split ends in a refusal": {"env": {"APP_ADDRESS": f"{CANARY}:{CANARY}"}},
    "parts missing": {"env": {"APP_FIRST": CANARY}},
    "conflict": {"env": {"APP_OLD_NAME": CANARY, "APP_NAME": f"{CANARY}-2"}},
    "conflict over sources": {"env": {"APP_OLD_NAME": CANARY}, ".env": f"APP_NAME={CANARY}-2\n"},
    "retired": {"env": {"APP_MODE": CANARY}},
    "validator": {"env": {"APP_CHECKED": CANARY}},
    "custom error": {"env": {"APP_CUSTOM": CANARY}},
    "unknown key in .env": {".env": f"APP_UNKNOWN={CANARY}\n"},
    "broken .env": {".env": f"APP_NAME='{CANARY}\n=={CANARY}\n"},
    "secrets directory": {"secrets/app_old_limit": CANARY, "secrets/app_password": CANARY},
    "toml": {"settings.toml": f'old_limit = "{CANARY}"\n'},
    "broken toml": {"settings.toml": f'name = "{CANARY}\n{CANARY}'},
    "toml of version 1": {"settings.toml": f'schema_version = 1\nname = "{CANARY}"\n'},
    "toml of a newer version": {"settings.toml": f'schema_version = 9\nname = "{CANARY}"\n'},
    "toml of no version": {"settings.toml": f'schema_version = "{CANARY}"\n'},
    "yaml": {"settings.yaml": f"old_limit: {CANARY}\n"},
    "broken yaml": {"settings.yaml": f"name: [{CANARY}\n{CANARY}: : {CANARY}\n"},
    "json": {"settings.json": json.dumps({"old_limit": CANARY})},
    "broken json": {"settings.json": f'{{"name": "{CANARY}", {CANARY}}}'},
    "unknown key in json": {"settings.json": json.dumps({"unknown": CANARY})},
    "password": {"env": {"APP_PASSWORD": CANARY, "APP_LIMIT": "1"}},
}


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """One way for a value to get in, set up."""
    for name, content in CASES[request.param].items():
        if name == "env":
            for variable, value in content.items():
                monkeypatch.setenv(variable, value)
        else:
            (folder / name).write_text(content, encoding="utf-8")
    return str(request.param)


@pytest.mark.parametrize("conflicts", ["new-wins", "error"])
@pytest.mark.parametrize("release", ["2.0.0", "2.2.0", "2.3.0"])
def test_loading_says_no_value(case: str, release: str, conflicts: str) -> None:
    """Warnings, log records, errors with all that is chained to them, hooks and counters are free of values."""
    counter = LegacyKeyCounter()
    told = ""
    with everything_said() as said:
        settings = settings_class(counter, release=release, conflicts=conflicts)
        try:
            settings()
        except UpcastError as error:
            told = whole(error) + repr(pickle.loads(pickle.dumps(error)).__dict__)
        told += said()
    told += counter.exposition() + repr(list(counter))

    assert CANARY not in told
    assert told


def test_promoted_warning_says_no_value(case: str) -> None:
    """A warning that was made an error says no more than the warning."""
    told = ""
    with warnings.catch_warnings():
        warnings.simplefilter("error", LegacyKeyWarning)
        try:
            settings_class(LegacyKeyCounter())()
        except (UpcastError, LegacyKeyWarning) as error:
            told = whole(error)

    assert CANARY not in told


@pytest.mark.parametrize("values", [False, True], ids=["no values", "values"])
def test_explanation_and_health_say_no_value_of_a_secret(case: str, values: bool) -> None:
    """An explanation without values and the answer of a probe are free of values; with them secrets stay hidden."""
    settings = settings_class(LegacyKeyCounter())
    with everything_said() as said:
        explanation = explain(settings, values=values)
        health = check_health(settings)
        told = said() + repr(health) + json.dumps(health.as_dict())
    secret = [field for field in explanation.fields if field.secret]

    assert CANARY not in told
    assert CANARY not in repr(explanation if not values else (secret, explanation.problems, explanation.uses))


def test_refusal_is_no_exception_of_pydantic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that holds the input is reachable from a refusal, not even by what it is chained to."""
    monkeypatch.setenv("APP_LIMIT", CANARY)
    error: Any = None
    try:
        settings_class(LegacyKeyCounter())()
    except UpcastError as caught:
        error = caught

    assert error is not None
    assert error.__cause__ is None
    assert error.__context__ is None


def test_canaries_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain pydantic-settings does say the value, so these tests can fail."""

    class Plain(BaseSettings):
        limit: int = 1

    monkeypatch.setenv("LIMIT", CANARY)
    out = io.StringIO()
    with pytest.raises(ValueError, match=CANARY) as raised:
        Plain()
    traceback.print_exception(raised.value, file=out)

    assert CANARY in out.getvalue()
