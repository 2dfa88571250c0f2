"""Lint loads nothing, and says of each source what a load of it would say."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from pydantic_settings import (
    BaseSettings,
    JsonConfigSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from settings.lint.linted import AppSettings, env_file
from upcast.settings import check_health
from upcast.settings.lint import lint

if TYPE_CHECKING:
    from pathlib import Path

    from settings.sources import World
    from upcast.settings import LegacyUse
    from upcast.settings.lint import SettingsFinding

TEXTS = {
    "cache_ttl": ("70", "71"),
    "cache_timeout": ("70", "71"),
    "ttl": ("70", "71"),
    "timeout": ("60", "120"),
    "timeout_minutes": ("1", "2", "x"),
    "db_url": ("u", "v"),
    "database__url": ("u", "v"),
    "address": ("a:1", "b:2", "c"),
    "host": ("a", "b"),
    "port": ("1", "2"),
    "labels": ('["a"]', '["b"]'),
    "tags": ('[ "a" ]', '["c"]'),
    "store__size": ("1", "2"),
    "cache__size": ("1", "2"),
    "user": ("a", "b"),
    "login": ("a", "b"),
    "toolbar": ("1",),
    "log_level": ("WARN", "INFO"),
    "unknown": ("1",),
}


class FromJson(AppSettings):
    """The same settings, read from a JSON file."""

    model_config = SettingsConfigDict(json_file="a.json")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], **_: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only the file."""
        return (JsonConfigSettingsSource(settings_cls),)


def of_load(uses: tuple[LegacyUse, ...]) -> tuple[set[str], set[str], set[str]]:
    """The old keys that a load found, those with a conflict in their source, and the retired values."""
    keys = {use.key for use in uses if use.kind not in {"retired-value", "changed-default"}}
    return (
        keys,
        {use.key for use in uses if use.conflict == "same-source" and use.stage != "removed"},
        {use.key for use in uses if use.kind == "retired-value"},
    )


def of_lint(found: tuple[SettingsFinding, ...]) -> tuple[set[str], set[str], set[str]]:
    """The same of lint."""

    def keys(*slugs: str) -> set[str]:
        return {each.key for each in found if each.slug in slugs}

    return (
        keys("legacy-key-used", "legacy-key-removed"),
        keys("legacy-key-conflict"),
        keys("retired-value-used", "retired-value-removed"),
    )


def drawn(seed: int) -> dict[str, str]:
    """Some keys with values."""
    chance = random.Random(seed)  # the same for everybody
    names = chance.sample(sorted(TEXTS), chance.randint(1, 7))
    return {name: chance.choice(TEXTS[name]) for name in names} | {"token": "t"}


@pytest.mark.parametrize("start", range(0, 150, 30))
def test_env_files(world: World, tmp_path: Path, start: int) -> None:
    """Of `.env` files with any mix of old and new keys, lint and a load say the same."""
    assert world.folder.is_dir()
    for seed in range(start, start + 30):
        text = "".join(f"APP_{name.upper()}='{value}'\n" for name, value in drawn(seed).items())
        file = env_file(tmp_path, text)
        health = check_health(AppSettings, _env_file=file)
        found = lint(AppSettings, files=[file])
        assert of_load(health.uses) == of_lint(found), text
        blocking = {"conversion-failed", "extra_forbidden", "removed-key"}
        refused = any(problem.kind in blocking for problem in health.problems)
        told = {"legacy-key-not-convertible", "setting-unknown", "legacy-key-removed"}
        assert refused == any(each.severity == "error" and each.slug in told for each in found), text


@pytest.mark.parametrize("start", range(0, 150, 30))
def test_files(world: World, start: int) -> None:
    """The same of files with numbers and tables."""
    for seed in range(start, start + 30):
        tree: dict[str, Any] = {}
        for name, text in drawn(seed).items():
            head, _, inner = name.partition("__")
            value = json.loads(text) if text[:1] in "[0123456789" and seed % 2 else text
            tree[head] = {**tree.get(head, {}), inner: value} if inner else value
        file = env_file(world.folder, json.dumps(tree, indent=1), "a.json")
        health = check_health(FromJson)
        assert of_load(health.uses) == of_lint(lint(FromJson, files=[file])), json.dumps(tree)
