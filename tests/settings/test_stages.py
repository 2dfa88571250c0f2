"""The life of an old key: announced, deprecated, removed, by the release that runs; for every kind of declaration."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from pydantic import BaseModel

from settings.sources import LABELS, LAYERS, World, layered
from upcast import convert, join_fields, move, remove, rename, split_field
from upcast.errors import SettingsRefused
from upcast.settings import ChangedDefault, Legacy, LegacyKeyWarning, LegacyUse, RetiredValue, versioned

WINDOW: dict[str, Any] = {"since": "2.1", "warn_in": "2.2", "remove_in": "2.4"}
USES: list[LegacyUse] = []
STAGES = {
    "2.1.0": "announced",
    "2.1.9": "announced",
    "2.2.0-rc.1": "announced",
    "2.2.0": "deprecated",
    "v2.3": "deprecated",
    "2.4.0-rc.1": "deprecated",
    "2.4.0": "removed",
    "3.0.0": "removed",
    None: "deprecated",
}


class Database(BaseModel):
    """A section."""

    url: str = "none"
    timeout: int = 3


class Fields(layered()):  # type: ignore[misc]  # made at run time
    """What all kinds are about."""

    attempts: int = 1
    seconds: int = 0
    host: str = ""
    port: int = 0
    smtp: str = ""
    level: str = "info"
    database: Database = Database()


def to_seconds(minutes: int) -> int:
    """Convert what `minutes` had."""
    return minutes * 60


@attrs.frozen(eq=False)
class Kind:
    """A kind of declaration, with what is written in old and in today's keys."""

    name: str
    declaration: Any
    old: dict[str, Any]
    new: dict[str, Any]

    def __str__(self) -> str:
        return self.name


KINDS = (
    Kind("renamed", Legacy(rename("tries", to="attempts"), **WINDOW), {"tries": 4}, {"attempts": 4}),
    Kind("moved", Legacy(move("db_url", to="database.url"), **WINDOW), {"db_url": "pg"}, {"database.url": "pg"}),
    Kind(
        "section",
        Legacy(rename("db", to="database"), **WINDOW),
        {"db.url": "pg", "db.timeout": 4},
        {"database.url": "pg", "database.timeout": 4},
    ),
    Kind(
        "converted",
        Legacy(rename("minutes", to="seconds"), convert("seconds", to_seconds), was=int, **WINDOW),
        {"minutes": 2},
        {"seconds": 120},
    ),
    Kind(
        "split",
        Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW),
        {"address": "shop:80"},
        {"host": "shop", "port": 80},
    ),
    Kind(
        "merged",
        Legacy(join_fields(["smtp_host", "smtp_port"], to="smtp", separator=":"), **WINDOW),
        {"smtp_host": "mail", "smtp_port": "25"},
        {"smtp": "mail:25"},
    ),
    Kind("removed", Legacy(remove("toolbar"), reason="use --debug", **WINDOW), {"toolbar": 1}, {}),
    Kind("value", RetiredValue("level", "warn", use="warning", **WINDOW), {"level": "warn"}, {"level": "warning"}),
)
# Of the command line only what its rewriting knows; the other kinds have tests of their own.
CELLS = [
    pytest.param(kind, layer, id=f"{kind}-{layer}")
    for kind in KINDS
    for layer in LAYERS
    if layer != "cli" or kind.name not in {"section", "value"}
]


def settings_class(release: str | None, *declarations: Any) -> type[Fields]:
    """The settings with declarations, as a release has them."""

    class Settings(Fields):
        pass

    return versioned(*declarations, release=release, on_use=USES.append)(Settings)


@pytest.mark.parametrize("release", STAGES)
def test_the_stage_of_a_release(release: str | None, world: World) -> None:
    """A pre-release comes before its release; a release that is not known warns and takes everything."""
    world.write("env", "tries", 4)
    world.load(settings_class(release, KINDS[0].declaration), USES)
    assert [STAGES[release]] == [use.stage for use in USES]


@pytest.mark.parametrize(("kind", "layer"), CELLS)
def test_announced(kind: Kind, layer: str, world: World) -> None:
    """The old key is taken without a warning, and hooks hear of it."""
    for key, value in kind.old.items():
        world.write(layer, key, value)
    loaded = world.load(settings_class("2.1.0", kind.declaration), USES)
    assert [] == loaded.warned
    assert {"announced"} == {use.stage for use in loaded.uses}
    _assert_taken(kind, layer, loaded.settings, world)


@pytest.mark.parametrize(("kind", "layer"), CELLS)
def test_deprecated(kind: Kind, layer: str, world: World) -> None:
    """The old key is taken with a warning."""
    for key, value in kind.old.items():
        world.write(layer, key, value)
    loaded = world.load(settings_class("2.3.0", kind.declaration), USES)
    assert {"deprecated"} == {use.stage for use in loaded.uses}
    assert {LegacyKeyWarning} == {warning.category for warning in loaded.warned}
    _assert_taken(kind, layer, loaded.settings, world)


def _assert_taken(kind: Kind, layer: str, settings: Any, world: World) -> None:
    world.clear()
    for key, value in kind.new.items():
        world.write(layer, key, value)
    assert world.load(Fields, USES).settings.model_dump() == settings.model_dump()


@pytest.mark.parametrize(("kind", "layer"), CELLS)
def test_removed(kind: Kind, layer: str, world: World) -> None:
    """The old key is refused by its name and place, with what to write; never as an unknown key, nor in silence."""
    for key, value in kind.old.items():
        world.write(layer, key, value)
    loaded = world.load(settings_class("2.4.0", kind.declaration), USES)
    assert {"removed"} == {use.stage for use in loaded.uses}
    if kind.name == "removed":
        # Nothing would be set by it, so nothing is missing: it is told, and the service starts.
        assert loaded.refused is None
        (warning,) = loaded.warned
        assert "is not read since 2.4.0 (use --debug)" in str(warning.message)
        return
    assert isinstance(loaded.refused, SettingsRefused)
    assert {"removed-value" if kind.name == "value" else "removed-key"} == {
        problem.kind for problem in loaded.refused.problems
    }
    assert len(loaded.uses) == len(loaded.refused.problems)
    for use, problem in zip(loaded.uses, loaded.refused.problems, strict=True):
        assert (use.place.spelling, use.place.source, use.place.file, use.place.line) == (
            problem.spelling,
            problem.source,
            problem.file,
            problem.line,
        )
        assert LABELS[layer] == problem.source
        assert "since 2.4.0" in problem.problem
        if kind.name != "value":
            assert problem.remedy.startswith(f"Write {use.spelled}")


@pytest.mark.parametrize(("kind", "layer"), [cell for cell in CELLS if not cell.id.startswith(("removed", "value"))])
def test_removed_beside_the_new_key(kind: Kind, layer: str, world: World) -> None:
    """Where the new key is set the old one has no effect: it warns, and the service starts."""
    for key, value in kind.new.items():
        world.write(layer, key, value)
    oracle = world.load(Fields, USES).settings.model_dump()
    for key, value in kind.old.items():
        world.write(layer, key, value)
    loaded = world.load(settings_class("2.4.0", kind.declaration), USES)
    assert loaded.refused is None
    assert oracle == loaded.settings.model_dump()
    assert {LegacyKeyWarning} == {warning.category for warning in loaded.warned}
    assert all("is not read since 2.4.0" in str(warning.message) for warning in loaded.warned)


def test_a_removed_key_that_another_source_replaces(world: World) -> None:
    """The new key may stand in any source, a lower one too."""
    world.write("env", "tries", 4)
    world.write("json", "attempts", 5)
    loaded = world.load(settings_class("2.4.0", KINDS[0].declaration), USES)
    assert loaded.refused is None
    assert 5 == loaded.settings.attempts
    assert [("removed", "")] == [(use.stage, use.conflict) for use in loaded.uses]


@pytest.mark.parametrize("required", [True, False])
def test_a_removed_key_is_one_problem(required: bool, world: World) -> None:
    """A required setting that the old key would have set is not told as missing beside it."""

    class Settings(layered()):  # type: ignore[misc]  # made at run time
        pass

    class Required(Settings):
        attempts: int

    class Optional(Settings):
        attempts: int = 1

    decorated = versioned(KINDS[0].declaration, release="2.4.0", on_use=USES.append)(Required if required else Optional)
    world.write("dotenv", "tries", 4)
    refused = world.load(decorated, USES).refused
    assert isinstance(refused, SettingsRefused)
    assert ["removed-key"] == [problem.kind for problem in refused.problems]


def test_the_first_link_of_a_chain_is_removed(world: World) -> None:
    """Each link has a window of its own: the first may be gone while the second is still taken."""
    chain = settings_class(
        "2.2.0",
        Legacy(rename("retries", to="tries"), since="2.0", remove_in="2.2"),
        Legacy(rename("tries", to="attempts"), since="2.1", remove_in="2.4"),
    )
    world.write("env", "tries", 4)
    assert 4 == world.load(chain, USES).settings.attempts
    world.clear()
    world.write("env", "retries", 4)
    refused = world.load(chain, USES).refused
    assert isinstance(refused, SettingsRefused)
    (problem,) = refused.problems
    assert ("removed-key", "attempts") == (problem.kind, problem.field)
    assert "APP_ATTEMPTS" in problem.remedy


def test_the_second_link_of_a_chain_is_removed(world: World) -> None:
    """What the first link makes is not taken any more either, and says so by the key that the user has."""
    chain = settings_class(
        "2.4.0",
        Legacy(rename("retries", to="tries"), since="2.3", remove_in="2.5"),
        Legacy(rename("tries", to="attempts"), since="2.1", remove_in="2.4"),
    )
    world.write("toml", "retries", 4)
    loaded = world.load(chain, USES)
    if loaded.refused is None:
        assert 4 == loaded.settings.attempts
    else:
        assert isinstance(loaded.refused, SettingsRefused)
        assert ["removed-key"] == [problem.kind for problem in loaded.refused.problems]


@pytest.mark.parametrize("layer", ["env", "toml"])
def test_a_removed_part_of_a_merge(layer: str, world: World) -> None:
    """One part alone is refused as removed, and not as incomplete."""
    world.write(layer, "smtp_host", "mail")
    refused = world.load(settings_class("2.4.0", KINDS[5].declaration), USES).refused
    assert isinstance(refused, SettingsRefused)
    assert ["removed-key"] == [problem.kind for problem in refused.problems]


@pytest.mark.parametrize(
    ("release", "told"), [("2.0.0", False), ("2.1.0", False), ("2.2.0", True), ("2.3.9", True), ("2.4.0", False)]
)
def test_the_window_of_a_changed_default(release: str, told: bool, world: World) -> None:
    """It is told from the release that speaks of it until the one that does not."""
    world.load(settings_class(release, ChangedDefault("attempts", was=3, **WINDOW)), USES)
    assert told is bool(USES)


@pytest.mark.parametrize("release", ["2.1.0", "2.3.0", "2.4.0"])
def test_new_keys_at_every_stage(release: str, world: World) -> None:
    """Whoever writes today's keys notices no stage."""
    everything = settings_class(release, *(kind.declaration for kind in KINDS if kind.name != "moved"))
    for kind in KINDS:
        for key, value in kind.new.items():
            if key != "database.url" or kind.name == "section":
                world.write("yaml", key, value)
    oracle = world.load(Fields, USES)
    loaded = world.load(everything, USES)
    assert oracle.settings.model_dump() == loaded.settings.model_dump()
    assert [] == loaded.uses == loaded.warned


def test_the_same_class_release_by_release(world: World) -> None:
    """One old key through the releases: silent, warned, refused; the new one all along."""
    expected = {"2.0.0": "announced", "2.2.0": "deprecated", "2.4.0": "removed"}
    for release, stage in expected.items():
        world.write("env", "tries", 4)
        loaded = world.load(settings_class(release, KINDS[0].declaration), USES)
        assert [stage] == [use.stage for use in loaded.uses]
        assert (loaded.refused is None) is (stage != "removed")
        assert bool(loaded.warned) is (stage == "deprecated")
        world.clear()
        world.write("env", "attempts", 4)
        assert 4 == world.load(settings_class(release, KINDS[0].declaration), USES).settings.attempts
        world.clear()
