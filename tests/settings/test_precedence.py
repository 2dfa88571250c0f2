"""Which source wins: every pair of sources, in old and new spelling, with equal and different values.

What pydantic-settings itself makes of the same sources, written in today's keys only, is the oracle of every cell with
two sources; the rule of conflicts is that of every cell with one.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import pydantic_settings as ps
import pytest
from pydantic import BaseModel, Field, model_validator

from settings.sources import LABELS, LAYERS, World, layered
from upcast import convert, move, rename
from upcast.errors import SettingProblem, SettingsRefused
from upcast.settings import Legacy, LegacyKeyConflict, LegacyKeyWarning, LegacyUse, Place, versioned

WINDOW: dict[str, Any] = {"since": "2.1", "remove_in": "2.3"}
USES: list[LegacyUse] = []


class Database(BaseModel):
    """A section that settings moved into."""

    url: str = "none"


def to_seconds(minutes: int) -> int:
    """Convert what `timeout_minutes` had."""
    return minutes * 60


@attrs.frozen
class Kind:
    """A kind of declaration, with what is written in either spelling.

    Attributes:
        name: How it is called.
        old: The old key.
        new: The new one.
        values: Two different values, each in the old and in the new spelling.
        read: What the settings object has.
    """

    name: str
    old: str
    new: str
    values: tuple[tuple[Any, Any], tuple[Any, Any]]
    read: Callable[[Any], Any]


KINDS = (
    Kind(
        "rename",
        "cache_timeout",
        "cache_ttl_seconds",
        ((60, 60), (61, 61)),
        lambda settings: settings.cache_ttl_seconds,
    ),
    Kind(
        "convert", "timeout_minutes", "timeout_seconds", ((5, 300), (6, 360)), lambda settings: settings.timeout_seconds
    ),
    Kind(
        "move", "db_url", "database.url", (("pg:a", "pg:a"), ("pg:b", "pg:b")), lambda settings: settings.database.url
    ),
)
DECLARATIONS = (
    Legacy(rename("cache_timeout", to="cache_ttl_seconds"), **WINDOW),
    Legacy(rename("timeout_minutes", to="timeout_seconds"), convert("timeout_seconds", to_seconds), was=int, **WINDOW),
    Legacy(move("db_url", to="database.url"), **WINDOW),
)
WORDS = {"rename": "renamed", "convert": "converted", "move": "moved"}


@functools.cache
def plain(layers: Sequence[str]) -> type[ps.BaseSettings]:
    """Settings without a history."""

    class Settings(layered(layers)):  # type: ignore[misc]  # made at run time
        cache_ttl_seconds: int = Field(default=0, ge=0, le=3600)
        timeout_seconds: int = 0
        database: Database = Database()

    return Settings


@functools.cache
def with_history(layers: Sequence[str], conflicts: Any = "new-wins") -> type[ps.BaseSettings]:
    """The same settings with their history."""

    class Settings(plain(layers)):  # type: ignore[misc]  # made at run time
        pass

    return versioned(*DECLARATIONS, release="2.2.0", conflicts=conflicts, on_use=USES.append)(Settings)


def told(use: LegacyUse) -> tuple[Any, ...]:
    """What is exact about a use in every cell."""
    return use.key, use.replacement, use.kind, use.place, use.conflict, use.other


@attrs.frozen
class Cell:
    """Two sources, each with a spelling; *high* is the higher one."""

    kind: Kind
    high: str
    low: str
    high_is_old: bool
    low_is_old: bool
    equal: bool

    def __str__(self) -> str:
        written = {True: "old", False: "new"}
        return (
            f"{self.kind.name}-{self.high}.{written[self.high_is_old]}-over-{self.low}.{written[self.low_is_old]}-"
            f"{'equal' if self.equal else 'different'}"
        )


def cells() -> Iterator[Cell]:
    """Every pair of different sources, in both orders."""
    for kind in KINDS:
        for high, low in itertools.permutations(LAYERS, 2):
            for high_is_old, low_is_old, equal in itertools.product((True, False), repeat=3):
                yield Cell(kind, high, low, high_is_old, low_is_old, equal)


CELLS = tuple(cells())


def order_of(*first: str) -> tuple[str, ...]:
    """All kinds of sources, some of them before the others; the command line only where it is one of them."""
    others = [layer for layer in LAYERS if layer not in first and layer != "cli"]
    return (*first, *others)


def expected_uses(world: World, cell: Cell) -> list[tuple[Any, ...]]:
    """What must be told of a cell, the higher source first."""
    kind = cell.kind
    high = world.place(cell.high, kind.old if cell.high_is_old else kind.new)
    low = world.place(cell.low, kind.old if cell.low_is_old else kind.new)
    found: list[tuple[Any, ...]] = []
    if cell.high_is_old:
        clash = not cell.equal and not cell.low_is_old
        found.append((kind.old, kind.new, WORDS[kind.name], high, *(("overrides", low) if clash else ("", None))))
    if cell.low_is_old:
        clash = not cell.equal
        found.append((kind.old, kind.new, WORDS[kind.name], low, *(("overridden", high) if clash else ("", None))))
    return found


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_the_higher_source_wins_whatever_the_spelling(cell: Cell, world: World) -> None:
    """Two sources mean what they mean to pydantic-settings in the new spelling, and every old key is told exactly."""
    kind = cell.kind
    layers = order_of(cell.high, cell.low)
    first, second = kind.values[0], kind.values[0 if cell.equal else 1]

    world.write(cell.high, kind.new, first[1])
    world.write(cell.low, kind.new, second[1])
    oracle = world.load(plain(layers), USES)
    assert oracle.refused is None
    assert first[1] == kind.read(oracle.settings)

    world.clear()
    world.write(cell.high, kind.old if cell.high_is_old else kind.new, first[0 if cell.high_is_old else 1])
    world.write(cell.low, kind.old if cell.low_is_old else kind.new, second[0 if cell.low_is_old else 1])
    loaded = world.load(with_history(layers), USES)

    assert loaded.refused is None
    assert oracle.settings.model_dump() == loaded.settings.model_dump()
    by_layer = sorted(map(told, loaded.uses), key=lambda each: each[3].source != LABELS[cell.high])
    assert expected_uses(world, cell) == by_layer
    assert [str(use) for use in loaded.uses] == [str(warning.message) for warning in loaded.warned]
    assert [LegacyKeyConflict if use.conflict == "overrides" else LegacyKeyWarning for use in loaded.uses] == [
        warning.category for warning in loaded.warned
    ]


@attrs.frozen
class Both:
    """Both spellings in one source."""

    kind: Kind
    layer: str
    old_first: bool
    equal: bool
    conflicts: str

    def __str__(self) -> str:
        order = "old-then-new" if self.old_first else "new-then-old"
        return f"{self.kind.name}-{self.layer}-{order}-{'equal' if self.equal else 'different'}-{self.conflicts}"


BOTH = tuple(
    Both(kind, layer, old_first, equal, conflicts)
    for kind in KINDS
    for layer in LAYERS
    for old_first in (True, False)
    for equal in (True, False)
    for conflicts in ("new-wins", "error")
)


@pytest.mark.parametrize("cell", BOTH, ids=str)
def test_both_spellings_in_one_source(cell: Both, world: World) -> None:
    """The new key wins and the difference is told, or refused by policy; equal values are told once and no conflict."""
    kind = cell.kind
    old, new = kind.values[0][0], kind.values[0 if cell.equal else 1][1]
    for key, value in [(kind.old, old), (kind.new, new)] if cell.old_first else [(kind.new, new), (kind.old, old)]:
        world.write(cell.layer, key, value)
    layers = order_of(cell.layer)
    loaded = world.load(with_history(layers, cell.conflicts), USES)

    place, other = world.place(cell.layer, kind.old), world.place(cell.layer, kind.new)
    clash = ("", None) if cell.equal else ("same-source", other)
    assert [(kind.old, kind.new, WORDS[kind.name], place, *clash)] == [told(use) for use in loaded.uses]
    if cell.equal or cell.conflicts == "new-wins":
        assert loaded.refused is None
        assert new == kind.read(loaded.settings)
        assert [LegacyKeyWarning if cell.equal else LegacyKeyConflict] == [each.category for each in loaded.warned]
    else:
        assert isinstance(loaded.refused, SettingsRefused)
        (problem,) = loaded.refused.problems
        assert ("conflict", kind.new, place) == (problem.kind, problem.field, place_of(problem))
        assert str(other) in problem.problem


def place_of(problem: SettingProblem) -> Place:
    """Where a problem stands."""
    return Place(problem.source, problem.spelling, problem.file, problem.line)


# --- the sources that pydantic-settings has by itself ---------------------------------------------------------------


class BuiltIn(ps.BaseSettings):
    """Settings without a hook: arguments of the command line, of the call, environment, `.env` file, secrets."""

    model_config = ps.SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__", env_file=".env")
    cache_ttl_seconds: int = 0
    timeout_seconds: int = 0
    database: Database = Database()


BUILT_IN = tuple(cell for cell in CELLS if LAYERS.index(cell.high) < LAYERS.index(cell.low) < LAYERS.index("toml"))


@functools.cache
def built_in_with_history() -> type[ps.BaseSettings]:
    """The same with a history."""
    return versioned(*DECLARATIONS, release="2.2.0", on_use=USES.append)(type("Settings", (BuiltIn,), {}))


@pytest.mark.parametrize("cell", BUILT_IN, ids=str)
def test_the_order_of_the_built_in_sources(cell: Cell, world: World) -> None:
    """A class that has no hook keeps the order of pydantic-settings, whatever the spelling."""
    kind = cell.kind
    first, second = kind.values[0], kind.values[0 if cell.equal else 1]
    world.write(cell.high, kind.new, first[1])
    world.write(cell.low, kind.new, second[1])
    oracle = world.load(BuiltIn, USES)
    assert first[1] == kind.read(oracle.settings)
    world.clear()
    world.write(cell.high, kind.old if cell.high_is_old else kind.new, first[0 if cell.high_is_old else 1])
    world.write(cell.low, kind.old if cell.low_is_old else kind.new, second[0 if cell.low_is_old else 1])
    loaded = world.load(built_in_with_history(), USES)
    assert oracle.settings.model_dump() == loaded.settings.model_dump()
    assert expected_uses(world, cell) == sorted(
        map(told, loaded.uses), key=lambda each: each[3].source != LABELS[cell.high]
    )


# --- by name --------------------------------------------------------------------------------------------------------


def test_a_legacy_key_in_the_environment_beats_the_new_key_in_a_dotenv_file(world: World) -> None:
    """The environment is above `.env` files: whoever sets the old key there gets what they set, and is told."""
    world.patch.setenv("APP_CACHE_TIMEOUT", "77")
    Path(".env").write_text("APP_CACHE_TTL_SECONDS=10\n")
    loaded = world.load(built_in_with_history(), USES)
    assert 77 == loaded.settings.cache_ttl_seconds
    (use,) = loaded.uses
    assert "overrides" == use.conflict
    assert Place("environment", "APP_CACHE_TIMEOUT") == use.place
    assert Place(".env file", "APP_CACHE_TTL_SECONDS", ".env", 1) == use.other


def test_a_legacy_key_in_a_dotenv_file_does_not_beat_the_new_key_in_the_environment(world: World) -> None:
    """Nor does an old key get above its source."""
    Path(".env").write_text("APP_CACHE_TIMEOUT=77\n")
    world.patch.setenv("APP_CACHE_TTL_SECONDS", "10")
    loaded = world.load(built_in_with_history(), USES)
    assert 10 == loaded.settings.cache_ttl_seconds
    assert ["overridden"] == [use.conflict for use in loaded.uses]


def test_the_usual_recipe_inverts_the_order(world: World) -> None:
    """What the matrix guards against: a validator that maps old keys runs after the sources have merged."""

    class Recipe(ps.BaseSettings):
        model_config = ps.SettingsConfigDict(env_prefix="APP_", env_file=".env", extra="ignore")
        cache_ttl_seconds: int | None = None
        cache_timeout: int | None = None

        @model_validator(mode="before")
        @classmethod
        def map_old_keys(cls, data: dict[str, Any]) -> dict[str, Any]:
            if "cache_timeout" in data:
                data.setdefault("cache_ttl_seconds", data["cache_timeout"])
            return data

    world.patch.setenv("APP_CACHE_TIMEOUT", "77")
    Path(".env").write_text("APP_CACHE_TTL_SECONDS=10\n")
    assert 10 == Recipe().cache_ttl_seconds


@pytest.mark.parametrize(
    "spelled", list(itertools.product(["cache_timeout", "cache_ttl_seconds"], repeat=4)), ids="-".join
)
def test_four_sources_at_once(spelled: tuple[str, ...], world: World) -> None:
    """However many sources set it: the highest wins, each old key is told once with what became of it."""
    layers = ("env", "dotenv", "toml", "json")
    for number, (layer, key) in enumerate(zip(layers, spelled, strict=True)):
        world.write(layer, key, 60 + number)
    loaded = world.load(with_history(order_of(*layers)), USES)
    assert 60 == loaded.settings.cache_ttl_seconds
    old = [layer for layer, key in zip(layers, spelled, strict=True) if key == "cache_timeout"]
    assert [LABELS[layer] for layer in old] == [use.place.source for use in loaded.uses]
    for use in loaded.uses:
        if use.place.source == LABELS["env"]:
            assert ("overrides" if "cache_ttl_seconds" in spelled[1:] else "") == use.conflict
        else:
            assert ("overridden", LABELS["env"]) == (use.conflict, use.other.source if use.other else "")


# --- the count ------------------------------------------------------------------------------------------------------


def test_no_cell_of_the_matrix_is_missing() -> None:
    """Every ordered pair of nine sources, four pairs of spellings, equal and different; and each source with both."""
    pairs = len(LAYERS) * (len(LAYERS) - 1)
    assert pairs * 4 * 2 * len(KINDS) == len({str(cell) for cell in CELLS}) == 1728
    assert len(LAYERS) * 2 * 2 * 2 * len(KINDS) == len({str(cell) for cell in BOTH}) == 216
    assert 10 * 4 * 2 * len(KINDS) == len({str(cell) for cell in BUILT_IN}) == 240
