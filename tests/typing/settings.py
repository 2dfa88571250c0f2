"""The types users meet with settings, pinned; checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_type

from pydantic_settings import BaseSettings

from upcast import convert, rename
from upcast.errors import SettingProblem, SettingsRefused
from upcast.settings import (
    ChangedDefault,
    ExplainedSetting,
    Explanation,
    Health,
    History,
    Legacy,
    LegacyKeyCounter,
    LegacyUse,
    Place,
    RetiredValue,
    check_health,
    explain,
    history_of,
    migrated_arguments,
    versioned,
)
from upcast.typing import Payload

counter = LegacyKeyCounter()


def split_hosts(table: Payload) -> Payload:
    return table


@versioned(
    Legacy(rename("old", to="new"), convert("new", int), was=str, since="2.1", remove_in="2.3"),
    RetiredValue("level", "WARN", use="WARNING", since="2.1", remove_in="2.3"),
    ChangedDefault("workers", was=4, since="2.1", remove_in="2.3"),
    release="2.2.0",
    conflicts="error",
    on_use=[counter],
    version=3,
    upcasters={1: rename("a", to="b"), 2: split_hosts},
    unversioned=1,
    reads_up_to=4,
)
class Settings(BaseSettings):
    new: int = 0
    level: str = "INFO"
    workers: int = 8


# The decorator gives back the class that it was given.
assert_type(Settings().new, int)
assert_type(history_of(Settings), History)
assert_type(check_health(Settings), Health[Settings])
assert_type(check_health(Settings).settings, Settings | None)
assert_type(check_health(Settings).need(), Settings)
assert_type(check_health(Settings).as_dict(), dict[str, Any])
assert_type(explain(Settings, values=True), Explanation)
assert_type(explain(Settings).fields, tuple[ExplainedSetting, ...])
assert_type(explain(Settings).uses, tuple[LegacyUse, ...])
assert_type(explain(Settings).fields[0].place, Place | None)
assert_type(migrated_arguments(Settings, ["--old", "1"]), list[str])
assert_type(counter.exposition(), str)
assert_type(iter(counter), Iterator[tuple[dict[str, str], int]])

try:
    Settings()
except SettingsRefused as refused:
    assert_type(refused.problems, tuple[SettingProblem, ...])
