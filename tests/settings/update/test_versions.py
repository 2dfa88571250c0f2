"""Files with a `schema_version`: what the chain makes of them is written into them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict

from upcast import add, convert, move, remove, rename, split_field
from upcast.settings import Legacy, versioned
from upcast.settings.update import Update, plan_update


class Cache(BaseModel):
    ttl: int = 60


def tidy(table: dict[str, Any]) -> dict[str, Any]:
    """Whatever somebody wrote in Python: a rename, a new value, a new key and one that goes."""
    table["workers"] = table.pop("threads")
    table["level"] = table.get("level", "info").upper()
    table["zone"] = "eu"
    table.pop("legacy", None)
    return table


@versioned(
    Legacy(rename("old", to="new"), since="2.1", remove_in="2.3"),
    release="2.2",
    version=4,
    upcasters={
        1: [rename("time", to="ttl"), convert("ttl", lambda minutes: minutes * 60, inverse=lambda ttl: ttl // 60)],
        2: move("ttl", to="cache.ttl"),
        3: tidy,
    },
    reads_up_to=5,
)
class Shop(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore")

    cache: Cache = Cache()
    workers: int = 1
    level: str = "INFO"
    zone: str = ""
    new: int = 0


@versioned(version=2, unversioned=1, upcasters={1: split_field("address", into=["host", "port"], separator=":")})
class Split(BaseSettings):
    host: str = ""
    port: str = ""


@versioned(version=3, upcasters={1: add("zone", "eu"), 2: remove("debug")})
class OneWay(BaseSettings):
    zone: str = ""


def told(update: Update) -> list[tuple[str, str, tuple[int, ...]]]:
    """What was refused, in short."""
    return [(refused.kind, refused.key, refused.lines) for refused in update.refused]


def test_chain_is_written_into_the_file() -> None:
    """Steps and functions alike: what moved keeps its comments, what a function made comes, and the number rises."""
    before = """\
schema_version = 1 # of the file
time = 5 # minutes
# how many at once
threads = 4 # cores
level = "debug"
legacy = true
old = 7
"""
    update = plan_update(Shop, before, "toml")

    assert (
        update.text_after
        == """\
schema_version = 4 # of the file
cache.ttl = 300 # minutes
# how many at once
workers = 4 # cores
level = "DEBUG"
new = 7
zone = "eu"
"""
    )
    assert [("version", 1), ("renamed", 7)] == [(change.kind, change.line) for change in update.changes]
    assert not plan_update(Shop, update.text_after, "toml").is_needed


def test_file_of_a_middle_version() -> None:
    """A chain begins where the file stands."""
    update = plan_update(Shop, '{"schema_version": 3, "threads": 2}', "json")

    assert '{"schema_version": 4, "workers": 2, "level": "INFO", "zone": "eu"}' == update.text_after


def test_file_without_a_version_is_of_the_declared_one() -> None:
    """It gets the number, so that nobody does it twice; without a declaration it is of today and gets none."""
    update = plan_update(Split, "address: a:1\n", "yaml")

    assert "host: a\nport: '1'\nschema_version: 2\n" == update.text_after.replace('"', "'")
    assert not plan_update(Split, update.text_after, "yaml").is_needed
    assert not plan_update(Shop, "threads: 1\n", "yaml").is_needed
    assert not plan_update(Split, "# nothing yet\n", "yaml").is_needed


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a: 1\nschema_version: 6\nold: 1\n", "newer-version"),
        ("a: 1\nschema_version: one\nold: 1\n", "invalid-version"),
        ("a: 1\nschema_version: 3\nold: 1\n", "chain-failed"),
    ],
)
def test_file_that_today_cannot_read_stays(text: str, kind: str) -> None:
    """Neither its version nor its keys are touched: nobody knows what they mean."""
    update = plan_update(Shop, text, "yaml")

    assert not update.is_needed
    assert [(kind, "schema_version", (2,))] == told(update)


def test_chain_that_cannot_be_written_is_refused_with_the_line() -> None:
    """What it would have to edit is named, and the file stays as it is."""
    update = plan_update(Shop, "schema_version: 1\ntime: &minutes 5\nthreads: *minutes\n", "yaml")

    assert not update.is_needed
    assert [("cannot-edit", "time", (2,))] == told(update)


def test_newer_version_that_is_read_as_it_is() -> None:
    """A version that the class declared to read keeps its number."""
    assert "schema_version: 5\nnew: 1\n" == plan_update(Shop, "schema_version: 5\nold: 1\n", "yaml").text_after


def test_env_files_have_no_version() -> None:
    """A variable of that name is a variable."""
    assert "SCHEMA_VERSION=1\nNEW=1\n" == plan_update(Shop, "SCHEMA_VERSION=1\nOLD=1\n", "dotenv").text_after


def test_section_has_its_own_version() -> None:
    """The number stands in the table that the class reads."""
    text = "schema_version = 9\n[shop]\nschema_version = 3\nthreads = 2 # c\nlevel = 'INFO'\nzone = 'eu'\n"

    after = text.replace("schema_version = 3\nthreads", "schema_version = 4\nworkers")
    assert after == plan_update(Shop, text, "toml", section=("shop",)).text_after


def test_version_goes_back_where_it_is_said() -> None:
    """Steps are undone, with the number; without a version to go back to it stays, and that is told."""
    text = "schema_version: 2\nhost: a\nport: b\n"

    kept = plan_update(Split, text, "yaml", downgrade=True)
    back = plan_update(Split, text, "yaml", downgrade=True, to_version=1)

    assert not kept.is_needed
    assert ["schema_version: stays as it is unless the version to go back to is said"] == list(kept.notes)
    assert "schema_version: 1\naddress: a:b\n" == back.text_after
    assert () == back.notes
    assert text == plan_update(Split, back.text_after, "yaml").text_after
    assert "HOST=a\n" == plan_update(Split, "HOST=a\n", "dotenv", downgrade=True, to_version=1).text_after


def test_version_without_an_edge_goes_both_ways() -> None:
    """Where old files are read as they are only the number changes."""

    @versioned(version=3, upcasters={2: rename("a", to="b")})
    class Skipped(BaseSettings):
        b: int = 0

    assert "schema_version: 3\nb: 1\n" == plan_update(Skipped, "schema_version: 1\na: 1\n", "yaml").text_after
    back = plan_update(Skipped, "schema_version: 3\nb: 1\n", "yaml", downgrade=True, to_version=1)
    assert "schema_version: 1\na: 1\n" == back.text_after


@pytest.mark.parametrize(
    ("settings_class", "text", "to_version"),
    [(Shop, "schema_version: 4\nworkers: 1\n", 3), (OneWay, "schema_version: 3\nzone: eu\n", 2)],
    ids=["function", "removal"],
)
def test_version_that_has_no_way_back_stays(settings_class: Any, text: str, to_version: int) -> None:
    """A function and a removal cannot be undone."""
    update = plan_update(settings_class, text, "yaml", downgrade=True, to_version=to_version)

    assert not update.is_needed
    assert [("cannot-undo", "schema_version", (1,))] == told(update)


def test_version_that_would_lose_on_the_way_back_stays() -> None:
    """Ninety seconds are no number of minutes; and a zone that is another one would come back as the default."""

    @versioned(version=2, upcasters={1: add("zone", "eu")})
    class Zoned(BaseSettings):
        zone: str = ""

    same = plan_update(Zoned, "a: 1\nschema_version: 2\nzone: eu\n", "yaml", downgrade=True, to_version=1)
    other = plan_update(Zoned, "a: 1\nschema_version: 2\nzone: us\n", "yaml", downgrade=True, to_version=1)

    assert "a: 1\nschema_version: 1\n" == same.text_after
    assert [("cannot-undo", "schema_version", (2,))] == told(other)
