"""Stored settings of the releases around today's, loaded with today's class."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    JsonConfigSettingsSource,
    PydanticBaseSettingsSource,
    PyprojectTomlConfigSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
    YamlConfigSettingsSource,
)

from upcast import move, rename
from upcast.settings import Legacy, versioned
from upcast.settings.rolling import CannotRoll, RolledFile, Rolling, rolling


class Database(BaseModel):
    url: str


@versioned(
    Legacy(rename("cache_timeout", to="cache_ttl_seconds"), since="2.1", remove_in="2.3"),
    Legacy(move("db_url", to="database.url"), since="2.2", remove_in="2.4"),
    release="2.2.0",
)
class AppSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__", env_file=".env")

    cache_ttl_seconds: int = Field(ge=50, le=3600)
    database: Database


class FromFiles(AppSettings):
    model_config = SettingsConfigDict(toml_file="/etc/shop/settings.toml", json_file="settings.json")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], **sources: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read files too."""
        files = (
            TomlConfigSettingsSource,
            YamlConfigSettingsSource,
            JsonConfigSettingsSource,
            PyprojectTomlConfigSettingsSource,
        )
        return (sources["env_settings"], *(file(settings_cls) for file in files))


OLD = "APP_CACHE_TIMEOUT=60\nAPP_DB_URL=postgres://before\n"
NEW = "APP_CACHE_TTL_SECONDS=60\nAPP_DATABASE__URL=postgres://today\n"
NEXT = NEW + "APP_REGION=north\n"


def stored(folder: Path, **files: str) -> Path:
    """A folder of stored files, named as `release/name`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def told(done: Rolling) -> dict[str, Any]:
    """For each file whether an instance starts with it, or the kinds and spellings of what is wrong."""
    return {
        f"{file.release}/{Path(file.file).name}": [(each.kind, each.spelling) for each in file.problems] or "starts"
        for file in done.files
    }


def only(done: Rolling) -> RolledFile:
    """The only file."""
    (file,) = done.files
    return file


def test_settings_before_and_today_start(tmp_path: Path) -> None:
    """The old spelling and the new one never keep an instance from starting."""
    done = rolling(AppSettings, stored(tmp_path, **{"2.1.0/a.env": OLD, "2.2.0/a.env": NEW}))

    assert {"2.1.0/a.env": "starts", "2.2.0/a.env": "starts"} == told(done)
    assert done.ok
    assert () == done.notes
    assert [("before", 2), ("same", 0)] == [(file.era, len(file.uses)) for file in done.files]
    assert ("2.2.0", f"{__name__}:AppSettings") == (done.release, done.settings)


def test_use_names_file_and_line(tmp_path: Path) -> None:
    """What goes is told where it stands."""
    uses = only(rolling(AppSettings, stored(tmp_path, **{"2.1.0/a.env": f"\n{OLD}"}))).uses

    assert [("APP_CACHE_TIMEOUT", str(tmp_path / "2.1.0" / "a.env"), 2)] == [
        (use.place.spelling, use.place.file, use.place.line) for use in uses[:1]
    ]


def test_key_that_the_release_before_does_not_set(tmp_path: Path) -> None:
    """A required key that arrives crashes new instances while the old settings are there: that is found before."""
    done = rolling(AppSettings, stored(tmp_path, **{"2.1.0/a.env": "APP_DB_URL=x\n", "2.2.0/a.env": NEW}))

    assert {"2.1.0/a.env": [("missing", "APP_CACHE_TTL_SECONDS")], "2.2.0/a.env": "starts"} == told(done)
    assert not done.ok
    (problem,) = done.files[0].problems
    assert "release 2.1.0 does not set it" in problem.problem
    assert "Give it a default" in problem.remedy


def test_key_that_only_the_next_release_knows(tmp_path: Path) -> None:
    """A new key in a `.env` file crashes today's instances, since the class forbids it: deploy the program first."""
    file = only(rolling(AppSettings, stored(tmp_path, **{"2.3.0/a.env": NEXT}), releases=["2.3"]))

    (problem,) = file.problems
    assert ("after", "extra_forbidden") == (file.era, problem.kind)
    assert "release 2.3.0 sets it" in problem.problem
    assert "Deploy the program of 2.3.0 everywhere before its settings" in problem.remedy


def test_environment_of_the_next_release(tmp_path: Path) -> None:
    """A new variable in the environment is nothing to today's instances."""
    done = rolling(AppSettings, stored(tmp_path, **{"2.3.0/a.environment": NEXT}), releases=["2.3.0"])

    assert {"2.3.0/a.environment": "starts"} == told(done)


def test_neighbours_are_looked_at(tmp_path: Path) -> None:
    """Of many releases those next to the one that runs count, as releases and not as texts."""
    names = ["1.9.0", "1.10.0", "2.1.0", "v2.2.0", "2.10.0", "2.9.0"]
    folder = stored(tmp_path, **{f"{name}/a.env": NEW for name in names})

    done = rolling(AppSettings, folder)

    assert [("2.1.0", "before"), ("v2.2.0", "same"), ("2.9.0", "after")] == [
        (file.release, file.era) for file in done.files
    ]


def test_releases_can_be_named(tmp_path: Path) -> None:
    """Whoever keeps an older release alive names it."""
    folder = stored(tmp_path, **{f"{name}/a.env": NEW for name in ("1.9.0", "2.1.0", "2.2.0")})

    assert ["1.9.0/a.env", "2.2.0/a.env"] == list(told(rolling(AppSettings, folder, releases=["2.2", "v1.9.0"])))


def test_unknown_release_looks_at_all(tmp_path: Path) -> None:
    """Where nobody said which release runs, everything that is stored must be taken."""

    @versioned(Legacy(rename("old", to="new"), since="2.1", remove_in="2.3"))
    class Plain(BaseSettings):
        new: int

    done = rolling(Plain, stored(tmp_path, **{"1.0.0/a.env": "OLD=1", "3.0.0/a.env": "NEW=1"}))

    assert {"1.0.0/a.env": "starts", "3.0.0/a.env": "starts"} == told(done)
    assert ["", ""] == [file.era for file in done.files]


def test_missing_release_before_is_told(tmp_path: Path) -> None:
    """Where nothing of the release before is stored, nothing tells whether today's can follow it."""
    done = rolling(AppSettings, stored(tmp_path, **{"2.2.0/a.env": NEW}))

    assert done.ok
    assert "nothing of a release before 2.2.0" in "".join(done.notes)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds no settings of any release"),
        ({"production/a.env": NEW}, "is not called like a release"),
        ({"2.2.0/readme.md": ""}, "holds no settings: store some"),
    ],
)
def test_nothing_to_load_is_no_pass(tmp_path: Path, files: dict[str, str], message: str) -> None:
    """A slip in a name must not look like success."""
    with pytest.raises(CannotRoll, match=message):
        rolling(AppSettings, stored(tmp_path, **files))


def test_release_without_files_is_no_pass(tmp_path: Path) -> None:
    """A release that is asked for must be there."""
    with pytest.raises(CannotRoll, match=r"nothing of release 2\.9"):
        rolling(AppSettings, stored(tmp_path, **{"2.2.0/a.env": NEW}), releases=["2.9"])


def test_other_files_are_told(tmp_path: Path) -> None:
    """What was not loaded, since it is a folder or its name does not tell what it is, is said."""
    files = {"2.1.0/a.env": OLD, "2.1.0/notes.txt": "", "2.1.0/more.env/b.env": OLD}

    done = rolling(AppSettings, stored(tmp_path, **files))

    assert ["2.1.0/a.env"] == list(told(done))
    assert ["more.env was not loaded", "notes.txt was not loaded"] == [
        note.partition(":")[0].rpartition("/")[2] for note in done.notes
    ]


OLD_TOML = 'cache_timeout = 60\ndb_url = "x"\n'


def test_files_of_every_kind(tmp_path: Path) -> None:
    """Each is read by the source of its kind, wherever the class would look for it."""
    folder = stored(
        tmp_path,
        **{
            "2.1.0/a.toml": OLD_TOML,
            "2.1.0/b.yaml": "cache_timeout: 60\ndb_url: x\n",
            "2.1.0/c.yml": "cache_timeout: 60\ndb_url: x\n",
            "2.1.0/d.json": '{"cache_timeout": 60, "db_url": "x"}',
            "2.1.0/pyproject.toml": f"[tool.pydantic-settings]\n{OLD_TOML}",
        },
    )

    done = rolling(FromFiles, folder)

    assert dict.fromkeys(told(done), "starts") == told(done)
    assert [2] * 5 == [len(file.uses) for file in done.files]
    assert "/etc/shop/settings.toml" == FromFiles.model_config["toml_file"]


def test_file_that_nothing_reads_is_no_pass(tmp_path: Path) -> None:
    """A file that the class has no source for shows nothing, so it does not count as taken."""

    @versioned()
    class Lenient(BaseSettings):
        new: int = 1

    problem = only(rolling(Lenient, stored(tmp_path, **{"2.1.0/a.toml": "new = 2"}))).problems[0]

    assert "unreadable-source" == problem.kind
    assert "has no source that reads such a file" in problem.problem


def test_broken_file_is_told_without_its_text(tmp_path: Path) -> None:
    """What cannot be read is named, and nothing of it repeated."""
    done = rolling(FromFiles, stored(tmp_path, **{"2.1.0/a.toml": 'cache_timeout = "hunter2'}))

    assert "unreadable-source" == only(done).problems[0].kind
    assert "hunter2" not in repr(done)


def test_values_are_never_told(tmp_path: Path) -> None:
    """What is out of bounds is named by its spelling."""
    done = rolling(AppSettings, stored(tmp_path, **{"2.1.0/a.env": "APP_CACHE_TIMEOUT=48151623\nAPP_DB_URL=hunter2\n"}))

    assert {"2.1.0/a.env": [("less_than_equal", "APP_CACHE_TIMEOUT")]} == told(done)
    assert "48151623" not in repr(done)
    assert "hunter2" not in repr(done)


def test_code_of_the_class_that_raises(tmp_path: Path) -> None:
    """An exception of a validator keeps an instance from starting too; what it says may be a value."""

    @versioned()
    class Raising(BaseSettings):
        new: str

        @field_validator("new")
        @classmethod
        def look(cls, value: str) -> str:
            """Fail."""
            raise RuntimeError(value)

    done = rolling(Raising, stored(tmp_path, **{"2.1.0/a.env": "NEW=hunter2"}))

    assert {"2.1.0/a.env": [("raised", "")]} == told(done)
    assert "RuntimeError" in only(done).problems[0].problem
    assert "hunter2" not in repr(done)


def test_secrets_that_are_not_stored(tmp_path: Path) -> None:
    """What no file may hold is given to every instance."""

    @versioned(Legacy(rename("old", to="new"), since="2.1", remove_in="2.3"), release="2.2.0")
    class WithSecret(BaseSettings):
        new: int
        token: SecretStr

    folder = stored(tmp_path, **{"2.1.0/a.env": "OLD=1\n"})

    assert {"2.1.0/a.env": [("missing", "TOKEN")]} == told(rolling(WithSecret, folder))
    assert rolling(WithSecret, folder, environ={"TOKEN": "dummy"}).ok


def test_nothing_of_this_machine_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment, nor files here, nor secrets, nor the arguments of this process reach the class."""
    secrets = stored(tmp_path / "secrets", cache_ttl_seconds="60")
    here = stored(tmp_path / "here", **{".env": "CACHE_TTL_SECONDS=60"})
    monkeypatch.chdir(here)
    monkeypatch.setenv("CACHE_TTL_SECONDS", "60")
    monkeypatch.setattr(sys, "argv", ["shop", "--cache_ttl_seconds", "60"])

    @versioned(release="2.2.0")
    class Everywhere(BaseSettings):
        model_config = SettingsConfigDict(secrets_dir=secrets, env_file=here / ".env", cli_parse_args=True)

        cache_ttl_seconds: int

    before = dict(os.environ)
    done = rolling(Everywhere, stored(tmp_path / "stored", **{"2.1.0/a.env": "", "2.1.0/b.environment": ""}))

    missing = [("missing", "CACHE_TTL_SECONDS")]
    assert {"2.1.0/a.env": missing, "2.1.0/b.environment": missing} == told(done)
    assert (before, here, ["shop", "--cache_ttl_seconds", "60"]) == (dict(os.environ), Path.cwd(), sys.argv)
    assert secrets == Everywhere.model_config["secrets_dir"]


def test_nobody_is_warned_or_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Stored files are no traffic: metrics and logs of the service stay as they are."""
    counted: list[object] = []

    @versioned(Legacy(rename("old", to="new"), since="2.1", remove_in="2.3"), release="2.2.0", on_use=counted.append)
    class Counted(BaseSettings):
        new: int

    done = rolling(Counted, stored(tmp_path, **{"2.1.0/a.env": "OLD=1"}))

    assert 1 == len(only(done).uses)
    assert [] == counted
    assert [] == caplog.records


def test_class_without_history(tmp_path: Path) -> None:
    """There is nothing to hold a plain class to."""

    class Plain(BaseSettings):
        new: int

    with pytest.raises(TypeError, match="has no history"):
        rolling(Plain, tmp_path)
