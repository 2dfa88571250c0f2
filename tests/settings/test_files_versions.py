"""Files that carry a `schema_version`: each goes through the chain of upcasters before files and sources merge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pydantic_settings as ps
import pytest
from pydantic import BaseModel

from settings.sources import FILES, LABELS, World, layered, yaml_of
from upcast import add, convert, move, rename
from upcast.errors import SettingsRefused
from upcast.settings import Legacy, LegacyUse, history_of, versioned
from upcast.settings._loading._files import upcast_table

WINDOW: dict[str, Any] = {"since": "2.1", "remove_in": "2.3"}
USES: list[LegacyUse] = []


class Database(BaseModel):
    """A section."""

    url: str = "none"
    timeout: int = 3


class Fields(layered()):  # type: ignore[misc]  # made at run time
    """Settings in their third version."""

    attempts: int = 1
    label: str = ""
    database: Database = Database()


def to_label(payload: dict[str, Any]) -> dict[str, Any]:
    """Bring a file of version 2 to version 3: the name and the colour became one."""
    payload["label"] = f"{payload.pop('name', '')}/{payload.pop('colour', 'none')}"
    return payload


CHAIN: dict[str, Any] = {
    "version": 3,
    "upcasters": {1: (rename("tries", to="attempts"), move("db_url", to="database.url")), 2: to_label},
}


def settings_class(base: type[Any] = Fields, **history: Any) -> Any:
    """The settings with a chain of upcasters."""

    class Settings(base):
        pass

    return versioned(release="2.2.0", on_use=USES.append, **{**CHAIN, **history})(Settings)


@pytest.mark.parametrize("layer", FILES)
@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"schema_version": 1, "tries": 4, "name": "a", "db_url": "pg"}, (4, "a/none", "pg")),
        ({"schema_version": 2, "attempts": 4, "name": "a", "colour": "red"}, (4, "a/red", "none")),
        ({"schema_version": 3, "attempts": 4, "label": "a"}, (4, "a", "none")),
        ({"attempts": 4, "label": "a"}, (4, "a", "none")),
    ],
    ids=["v1", "v2", "v3", "none"],
)
def test_a_file_of_every_version(layer: str, entries: dict[str, Any], expected: tuple[Any, ...], world: World) -> None:
    """Steps and functions of every edge from the file's version on run; a file without a version is of today."""
    for key, value in entries.items():
        world.write(layer, key, value)
    loaded = world.load(settings_class(), USES)
    assert loaded.refused is None
    settings = loaded.settings
    assert expected == (settings.attempts, settings.label, settings.database.url)
    assert [] == loaded.uses, "a file that says its version is no old key"


@pytest.mark.parametrize("layer", FILES)
def test_files_without_a_version_are_of_the_one_that_is_declared(layer: str, world: World) -> None:
    """`unversioned=1` reads them so; files that say a version are what they say."""
    world.write(layer, "tries", 4)
    world.write(layer, "name", "a")
    assert (4, "a/none") == _read(world, unversioned=1)
    world.clear()
    world.write(layer, "schema_version", 3)
    world.write(layer, "attempts", 5)
    world.write(layer, "label", "b")
    assert (5, "b") == _read(world, unversioned=1)


def _read(world: World, **history: Any) -> tuple[Any, ...]:
    loaded = world.load(settings_class(**history), USES)
    assert loaded.refused is None
    return loaded.settings.attempts, loaded.settings.label


@pytest.mark.parametrize("layer", ["init", "env", "dotenv", "secrets"])
def test_what_is_no_file_has_no_version(layer: str, world: World) -> None:
    """Only files are read through the chain, whatever `unversioned` says."""
    world.write(layer, "label", "b")
    assert (1, "b") == _read(world, unversioned=2)


def test_a_missing_file_has_no_version(world: World) -> None:
    """A file that is not there makes nothing of the upcasters: a function would set a label."""
    assert (1, "") == _read(world, unversioned=1)


@pytest.mark.parametrize("layer", FILES)
@pytest.mark.parametrize(
    ("version", "kind"),
    [
        (4, "newer-version"),
        (0, "invalid-version"),
        (-1, "invalid-version"),
        (True, "invalid-version"),
        ("2", "invalid-version"),
        (2.0, "invalid-version"),
    ],
)
def test_a_version_that_is_not_read(layer: str, version: Any, kind: str, world: World) -> None:
    """A version of a later release, or none at all, is refused with the file."""
    world.write(layer, "schema_version", version)
    world.write(layer, "attempts", 987654)
    refused = world.load(settings_class(), USES).refused
    assert isinstance(refused, SettingsRefused)
    (problem,) = refused.problems
    assert (kind, LABELS[layer], "schema_version") == (problem.kind, problem.source, problem.spelling)
    assert problem.file.endswith(str(world.place(layer, "schema_version").file))
    assert "987654" not in str(refused)


def test_a_null_version(world: World) -> None:
    """Null is no version."""
    Path("settings.json").write_text('{"schema_version": null, "attempts": 4}')
    refused = world.load(settings_class(), USES).refused
    assert isinstance(refused, SettingsRefused)
    assert ["invalid-version"] == [problem.kind for problem in refused.problems]


@pytest.mark.parametrize(("version", "read"), [(3, True), (4, True), (5, True), (6, False)])
def test_versions_of_later_releases(version: int, read: bool, world: World) -> None:
    """`reads_up_to=5` reads files of two later versions as they are, and no later ones."""
    world.write("toml", "schema_version", version)
    world.write("toml", "label", "b")
    loaded = world.load(settings_class(reads_up_to=5), USES)
    assert read is (loaded.refused is None)


def test_a_version_without_an_upcaster_is_read_as_it_is(world: World) -> None:
    """A version that added an optional setting needs none, and the edges behind it run."""
    world.write("toml", "schema_version", 1)
    world.write("toml", "name", "a")
    world.write("toml", "attempts", 2)
    assert (2, "a/none") == _read(world, upcasters={2: to_label})


@pytest.mark.parametrize("layer", FILES)
def test_a_function_that_fails(layer: str, world: World) -> None:
    """Its failure is told by its place in the code, with the file, and without a value."""

    def fails(payload: dict[str, Any]) -> dict[str, Any]:
        raise ValueError(f"cannot read {payload}")

    world.write(layer, "schema_version", 2)
    world.write(layer, "label", "secret987654")
    refused = world.load(settings_class(upcasters={2: fails}), USES).refused
    assert isinstance(refused, SettingsRefused)
    (problem,) = refused.problems
    assert ("chain-failed", LABELS[layer]) == (problem.kind, problem.source)
    assert Path(__file__).name in problem.problem
    assert "987654" not in str(refused)
    assert refused.__cause__ is None
    assert refused.__context__ is None


@pytest.mark.parametrize("result", [None, [], "x", 3])
def test_a_function_that_returns_no_table(result: Any, world: World) -> None:
    """What is no table is refused as a failing function."""
    world.write("json", "schema_version", 2)
    refused = world.load(settings_class(upcasters={2: lambda payload: result}), USES).refused
    assert isinstance(refused, SettingsRefused)
    assert ["chain-failed"] == [problem.kind for problem in refused.problems]


def test_a_step_that_fails(world: World) -> None:
    """A step meets what it cannot treat."""
    world.write("json", "schema_version", 1)
    world.write("json", "database", "text987654")
    world.write("json", "db_url", "pg")
    refused = world.load(settings_class(), USES).refused
    assert isinstance(refused, SettingsRefused)
    assert "chain-failed" in [problem.kind for problem in refused.problems]
    assert "987654" not in str(refused)


def test_a_function_that_writes_into_what_it_gets(world: World) -> None:
    """Loading twice is the same twice: a function owns its table."""

    def greedy(payload: dict[str, Any]) -> dict[str, Any]:
        payload["database"]["timeout"] += 1
        return payload

    world.write("toml", "schema_version", 2)
    world.write("toml", "database.timeout", 7)
    greedy_class = settings_class(upcasters={2: greedy})
    assert [8, 8] == [world.load(greedy_class, USES).settings.database.timeout for _ in range(2)]


def test_a_table_is_upcast_without_being_changed() -> None:
    """Whoever has the table of a file has it as it was afterwards, whatever an upcaster does to it."""

    def greedy(payload: dict[str, Any]) -> dict[str, Any]:
        payload["database"]["timeout"] += 1
        payload["hosts"].append("b")
        return payload

    table = {"schema_version": 2, "database": {"timeout": 7}, "hosts": ["a"]}
    found = upcast_table(history_of(settings_class(upcasters={2: greedy})), table)
    assert {"database": {"timeout": 8}, "hosts": ["a", "b"]} == found
    assert {"schema_version": 2, "database": {"timeout": 7}, "hosts": ["a"]} == table


def test_the_chain_runs_before_legacy_keys(world: World) -> None:
    """A file may be old and have old keys; what the chain makes may be an old key too."""

    class Settings(Fields):
        pass

    versioned(
        Legacy(rename("retries", to="attempts"), **WINDOW),
        Legacy(rename("title", to="label"), **WINDOW),
        release="2.2",
        on_use=USES.append,
        version=2,
        upcasters={1: rename("tries", to="retries")},
    )(Settings)
    world.write("toml", "schema_version", 1)
    world.write("toml", "tries", 4)
    world.write("toml", "title", "b")
    loaded = world.load(Settings, USES)
    assert (4, "b") == (loaded.settings.attempts, loaded.settings.label)
    assert {"retries", "title"} == {use.key for use in loaded.uses}


def test_versions_and_precedence(world: World) -> None:
    """Sources override each other key by key, whatever version their files have."""
    world.write("env", "label", "env")
    world.write("toml", "schema_version", 1)
    world.write("toml", "tries", 4)
    world.write("json", "schema_version", 3)
    world.write("json", "attempts", 5)
    world.write("json", "database.timeout", 9)
    loaded = world.load(settings_class(), USES)
    assert (4, "env", 9) == (loaded.settings.attempts, loaded.settings.label, loaded.settings.database.timeout)


def test_a_class_with_a_field_for_the_version(world: World) -> None:
    """A class that declares the field gets today's version, whatever the file had."""

    class Settings(Fields):
        schema_version: int = 0

    world.write("toml", "schema_version", 1)
    world.write("toml", "tries", 4)
    loaded = world.load(settings_class(Settings), USES)
    assert (3, 4) == (loaded.settings.schema_version, loaded.settings.attempts)


def test_a_field_of_that_name_in_a_class_without_versions(world: World) -> None:
    """A class that declares no version may use the name for what it likes."""

    class Own(layered()):  # type: ignore[misc]  # made at run time
        schema_version: str = ""
        attempts: int = 0

    @versioned(Legacy(rename("tries", to="attempts"), **WINDOW), release="2.2")
    class Settings(Own):
        pass

    world.write("toml", "schema_version", "2026-11")
    oracle = world.load(Own, USES).settings
    loaded = world.load(Settings, USES)
    assert loaded.refused is None
    assert oracle.schema_version == loaded.settings.schema_version


def test_a_file_that_says_its_version_to_a_class_without_versions(world: World) -> None:
    """Version 1 of a class that has no other is read, and the number is no unknown key."""
    world.write("toml", "schema_version", 1)
    world.write("toml", "attempts", 4)

    @versioned(Legacy(rename("tries", to="attempts"), **WINDOW), release="2.2")
    class Settings(Fields):
        pass

    loaded = world.load(Settings, USES)
    assert loaded.refused is None
    assert 4 == loaded.settings.attempts


# --- several files of one source ------------------------------------------------------------------------------------


def files_class(layer: str, *, deep: bool, section: tuple[str, ...] = ()) -> type[ps.BaseSettings]:
    """Settings of two files of one source, the later one of which wins."""

    class Settings(ps.BaseSettings):
        attempts: int = 1
        label: str = ""
        database: Database = Database()

        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, **_given: Any) -> Any:
            names = [f"base.{layer}", f"prod.{layer}"]
            if layer == "toml":
                return (ps.TomlConfigSettingsSource(settings_cls, names, toml_table_header=section, deep_merge=deep),)
            if layer == "yaml":
                where = ".".join(section) or None
                return (ps.YamlConfigSettingsSource(settings_cls, names, yaml_config_section=where, deep_merge=deep),)
            return (ps.JsonConfigSettingsSource(settings_cls, names, deep_merge=deep),)

    return Settings


def write_file(layer: str, name: str, tree: dict[str, Any], section: tuple[str, ...] = ()) -> None:
    """Write nested objects as a file."""
    for part in reversed(section):
        tree = {part: tree}
    if layer == "json":
        text = json.dumps(tree)
    elif layer == "yaml":
        text = yaml_of(tree)
    else:
        text = "".join(_toml_lines(tree))
    Path(f"{name}.{layer}").write_text(text)


def _toml_lines(tree: dict[str, Any], above: str = "") -> list[str]:
    lines = []
    for name, value in tree.items():
        if isinstance(value, dict):
            lines += _toml_lines(value, f"{above}{name}.")
        else:
            lines.append(f"{above}{name} = {json.dumps(value)}\n")
    return lines


BASE = {"attempts": 4, "label": "a", "database": {"url": "pg", "timeout": 9}}
PROD = {"attempts": 5, "database": {"url": "pg:prod"}}
OLD_BASE = {"schema_version": 1, "tries": 4, "name": "a", "db_url": "pg", "database": {"timeout": 9}}
OLD_PROD = {"schema_version": 1, "tries": 5, "db_url": "pg:prod"}


def rename_label(payload: dict[str, Any]) -> dict[str, Any]:
    """Bring a file of version 2 to version 3."""
    if "name" in payload:
        payload["label"] = payload.pop("name")
    return payload


@pytest.mark.parametrize("layer", ["toml", "yaml", "json"])
@pytest.mark.parametrize("deep", [True, False], ids=["deep", "shallow"])
@pytest.mark.parametrize("base_is_old", [True, False])
@pytest.mark.parametrize("prod_is_old", [True, False])
@pytest.mark.parametrize("section", [(), ("tool", "app")], ids=["whole", "section"])
def test_several_files_of_different_versions(
    layer: str, deep: bool, base_is_old: bool, prod_is_old: bool, section: tuple[str, ...], world: World
) -> None:
    """Each file is brought to today's version on its own, and they merge as pydantic-settings merges them."""
    if layer == "json" and section:
        pytest.skip("files of JSON have no sections")
    plain = files_class(layer, deep=deep, section=section)
    write_file(layer, "base", BASE, section)
    write_file(layer, "prod", PROD, section)
    oracle = plain()

    decorated = versioned(
        release="2.2",
        version=3,
        upcasters={1: (rename("tries", to="attempts"), move("db_url", to="database.url")), 2: rename_label},
    )(files_class(layer, deep=deep, section=section))
    write_file(layer, "base", OLD_BASE if base_is_old else {"schema_version": 3, **BASE}, section)
    write_file(layer, "prod", OLD_PROD if prod_is_old else {"schema_version": 3, **PROD}, section)
    assert oracle.model_dump() == decorated().model_dump()


@pytest.mark.parametrize("layer", ["toml", "yaml", "json"])
@pytest.mark.parametrize("deep", [True, False], ids=["deep", "shallow"])
def test_a_section_renamed_between_two_files(layer: str, deep: bool, world: World) -> None:
    """Files merge by today's keys: a section that one of them has by its old name is the same section."""
    write_file(layer, "base", {"database": {"url": "pg", "timeout": 9}})
    write_file(layer, "prod", {"database": {"url": "pg:prod"}})
    oracle = files_class(layer, deep=deep)()
    decorated = versioned(release="2.2", version=2, upcasters={1: rename("db", to="database")})(
        files_class(layer, deep=deep)
    )
    write_file(layer, "base", {"schema_version": 1, "db": {"url": "pg", "timeout": 9}})
    write_file(layer, "prod", {"schema_version": 2, "database": {"url": "pg:prod"}})
    assert oracle.model_dump() == decorated().model_dump()


@pytest.mark.parametrize("layer", ["toml", "yaml", "json"])
@pytest.mark.parametrize("deep", [True, False], ids=["deep", "shallow"])
@pytest.mark.parametrize("base_is_old", [True, False])
@pytest.mark.parametrize("prod_is_old", [True, False])
def test_several_files_with_legacy_keys(
    layer: str, deep: bool, base_is_old: bool, prod_is_old: bool, world: World
) -> None:
    """Without versions too: the later file wins, whatever the spelling, and the place is the file that has the key."""
    decorated = versioned(Legacy(rename("tries", to="attempts"), **WINDOW), release="2.2", on_use=USES.append)(
        files_class(layer, deep=deep)
    )
    write_file(layer, "base", {"label": "a", "tries" if base_is_old else "attempts": 4})
    write_file(layer, "prod", {"tries" if prod_is_old else "attempts": 5})
    loaded = world.load(decorated, USES)
    assert (5, "a") == (loaded.settings.attempts, loaded.settings.label)
    expected = "prod" if prod_is_old else "base" if base_is_old else None
    assert ([] if expected is None else [f"{expected}.{layer}"]) == [use.place.file for use in loaded.uses]
    clash = {(True, False): ["overridden"], (False, True): ["overrides"]}.get((base_is_old, prod_is_old), [])
    assert clash == [use.conflict for use in loaded.uses if use.conflict]


@pytest.mark.parametrize("deep", [True, False], ids=["deep", "shallow"])
def test_one_of_several_files_is_missing(deep: bool, world: World) -> None:
    """A file that is not there is passed over."""
    decorated = versioned(release="2.2", version=2, upcasters={1: rename("tries", to="attempts")})(
        files_class("toml", deep=deep)
    )
    write_file("toml", "prod", {"schema_version": 1, "tries": 5})
    assert 5 == world.load(decorated, USES).settings.attempts


def test_each_file_that_cannot_be_read_is_told(world: World) -> None:
    """Two files of versions that are not read are two problems, each with its file."""
    decorated = versioned(release="2.2", version=2)(files_class("toml", deep=True))
    write_file("toml", "base", {"schema_version": 7})
    write_file("toml", "prod", {"schema_version": 0})
    refused = world.load(decorated, USES).refused
    assert isinstance(refused, SettingsRefused)
    assert [("newer-version", "base.toml"), ("invalid-version", "prod.toml")] == [
        (problem.kind, problem.file) for problem in refused.problems
    ]


# --- sections and aliases -------------------------------------------------------------------------------------------


def test_a_version_inside_a_section(world: World) -> None:
    """The number stands in the table that the class reads; one beside it is another's."""
    Path("pyproject.toml").write_text(
        'schema_version = 9\n[tool.app]\nschema_version = 1\ntries = 4\nname = "a"\n[tool.other]\nschema_version = 8\n'
    )
    assert (4, "a/none") == _read(world)


def test_keys_are_upcast_before_aliases(world: World) -> None:
    """An upcaster gets a file as it is written, and what it makes may be an alias."""
    from pydantic import Field

    class Aliased(layered()):  # type: ignore[misc]  # made at run time
        attempts: int = Field(0, alias="Tries")

    decorated = versioned(release="2.2", version=2, upcasters={1: rename("Retries", to="Tries")})(Aliased)
    world.write("toml", "schema_version", 1)
    world.write("toml", "Retries", 4)
    loaded = world.load(decorated, USES)
    assert loaded.refused is None
    assert 4 == loaded.settings.attempts


def test_a_section_whose_name_has_a_dot(world: World) -> None:
    """The section of a YAML file may be one key with a dot in it, in several files too."""
    decorated = versioned(release="2.2", version=2, upcasters={1: rename("tries", to="attempts")})(
        files_class("yaml", deep=False, section=("tool", "app"))
    )
    Path("base.yaml").write_text("tool.app:\n  schema_version: 1\n  tries: 4\n")
    Path("prod.yaml").write_text("tool.app:\n  schema_version: 1\n  tries: 5\n")
    assert 5 == decorated().attempts


def test_an_upcaster_that_adds_and_converts(world: World) -> None:
    """All steps of events work on files."""
    decorated = settings_class(
        version=2,
        upcasters={
            1: (add("label", "new"), rename("hundreds", to="attempts"), convert("attempts", lambda value: value * 100))
        },
    )
    world.write("yaml", "schema_version", 1)
    world.write("yaml", "hundreds", 2)
    loaded = world.load(decorated, USES)
    assert (200, "new") == (loaded.settings.attempts, loaded.settings.label)


def test_a_custom_source_of_files(world: World) -> None:
    """A source derived from one of files is one."""

    class Own(ps.TomlConfigSettingsSource):
        """Files of a house format, which is TOML."""

    class Settings(ps.BaseSettings):
        attempts: int = 1

        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, **_given: Any) -> Any:
            return (Own(settings_cls, "house.conf"),)

    Path("house.conf").write_text("schema_version = 1\ntries = 4\n")
    versioned(release="2.2", version=2, upcasters={1: rename("tries", to="attempts")})(Settings)
    assert 4 == Settings().attempts
