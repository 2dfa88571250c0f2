"""Lint of TOML, YAML and JSON files, with sections and versions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from pydantic_settings import BaseSettings, SettingsConfigDict

from settings.lint.linted import AppSettings, env_file, told
from upcast import move, rename
from upcast.settings import Legacy, versioned
from upcast.settings.lint import lint

if TYPE_CHECKING:
    from pathlib import Path

TOML = """\
# cache_timeout = 1
cache_timeout = 70   # seconds
cache_ttl = 71
workers = 1
log_level = "WARN"

[database]
url = "u"
uri = "v"
"""
YAML = """\
workers: 1   # cache_timeout: 1
cache_timeout: 70
cache_ttl: 71
log_level: WARN
database:
  url: u
  uri: v
"""


JSON = """\
{"workers": 1,
 "cache_timeout": 70,
 "cache_ttl": 71,
 "log_level": "WARN",
 "database": {"url": "u",
  "uri": "v"}}
"""


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a.toml", TOML, {"cache_timeout": 2, "log_level": 5, "": 9}),
        ("a.yaml", YAML, {"cache_timeout": 2, "log_level": 4, "": 7}),
        (
            "a.json",
            JSON,
            {"cache_timeout": 2, "log_level": 4, "": 6},
        ),
    ],
)
def test_every_kind_of_file(tmp_path: Path, name: str, text: str, lines: dict[str, int]) -> None:
    """Old keys, contradictions, retired values and unknown nested keys are found with their lines in every kind."""
    found = lint(AppSettings, files=[env_file(tmp_path, text, name)])
    assert [
        ("legacy-key-used", "warning", "cache_timeout", lines["cache_timeout"]),
        ("legacy-key-conflict", "error", "cache_timeout", lines["cache_timeout"]),
        ("retired-value-used", "warning", "log_level", lines["log_level"]),
        ("setting-unknown", "error", "", lines[""]),
    ] == sorted(
        told(found), key=lambda each: (each[3], ["l", "r", "s"].index(each[0][0]), each[0] != "legacy-key-used")
    )
    assert "Perhaps database.url." == next(each.remedy for each in found if each.line == lines[""])


def test_numbers_and_texts_that_mean_the_same(tmp_path: Path) -> None:
    """A text and a number of one setting are compared as what the class reads."""
    file = env_file(tmp_path, 'cache_timeout = "70"\ncache_ttl = 70\nworkers = 1', "a.toml")
    assert [("legacy-key-used", "warning", "cache_timeout", 1)] == told(lint(AppSettings, files=[file]))


def test_texts_in_files_are_no_json(tmp_path: Path) -> None:
    """Only names and texts have lists as JSON: in a file two texts that differ are two values."""
    file = env_file(tmp_path, """workers = 1\nlabels = '["a"]'\ntags = '[ "a" ]'""", "a.toml")
    assert [("legacy-key-conflict", "error", "labels", 2)] == told(
        lint(AppSettings, files=[file]), "legacy-key-conflict"
    )


def test_case_of_the_first_level(tmp_path: Path) -> None:
    """The case of a key matters in files as little as in the environment, on the first level."""
    file = env_file(
        tmp_path, "Workers = 1\nCACHE_TIMEOUT = 70\nCache_TTL = 71\n[Database]\nurl = 'u'\nURL = 'v'", "a.toml"
    )
    assert [
        ("legacy-key-used", "warning", "cache_timeout", 2),
        ("legacy-key-conflict", "error", "cache_timeout", 2),
        ("setting-unknown", "error", "", 6),
    ] == told(lint(AppSettings, files=[file]))


def test_header_of_pyproject(tmp_path: Path) -> None:
    """Without a header of its own it is the table of pydantic-settings."""
    file = env_file(tmp_path, "[tool.pydantic-settings]\nttl = 1\nworkers = 1\n[tool.other]\nx = 1", "pyproject.toml")
    assert [("legacy-key-used", "warning", "ttl", 2)] == told(lint(AppSettings, files=[file]))


def test_key_that_moved_between_tables(tmp_path: Path) -> None:
    """What moved within a table is found, and its table is no unknown key."""

    @versioned(Legacy(move("web.port", to="web.listen"), since="1.0", remove_in="3.0"))
    class Moved(BaseSettings):
        web: dict[str, int] = {}

    file = env_file(tmp_path, "[web]\nport = 1\n", "a.toml")
    assert [("legacy-key-used", "warning", "web.port", 2)] == told(lint(Moved, files=[file]))


def test_table_that_is_gone_with_a_key_that_is_not(tmp_path: Path) -> None:
    """Of a table that only old keys stood in, another key is unknown."""

    @versioned(Legacy(move("old.url", to="url"), since="1.0", remove_in="3.0"))
    class Flat(BaseSettings):
        url: str = ""

    file = env_file(tmp_path, "[old]\nurl = '1'\nother = 2\n", "a.toml")
    assert [
        ("legacy-key-used", "warning", "old.url", 2),
        ("setting-unknown", "error", "", 3),
    ] == told(lint(Flat, files=[file]))


@pytest.mark.parametrize("name", ["a.toml", "a.yaml", "a.json", "pyproject.toml"])
def test_sections(tmp_path: Path, name: str) -> None:
    """Only the section of the class is looked at; what stands elsewhere is somebody else's."""

    @versioned(Legacy(rename("old", to="new"), since="1.0", remove_in="3.0"))
    class Inner(BaseSettings):
        model_config = SettingsConfigDict(
            toml_table_header=("tool", "shop"), pyproject_toml_table_header=("tool", "shop"), yaml_config_section="tool"
        )
        new: int = 0

    texts = {
        "a.toml": "old = 1\n[tool.shop]\nold = 1\n",
        "pyproject.toml": "old = 1\n[tool.shop]\nold = 1\n",
        "a.yaml": "old: 1\ntool:\n  old: 1\n",
        "a.json": '{\n\n"old": 1}',
    }
    found = lint(Inner, files=[env_file(tmp_path, texts[name], name)])
    assert [("legacy-key-used", "warning", "old", 3)] == told(found)


def test_section_that_is_not_there(tmp_path: Path) -> None:
    """A file without the section of the class says nothing of it."""

    class Inner(BaseSettings):
        model_config = SettingsConfigDict(toml_table_header=("tool", "shop"))
        new: int = 0

    assert () == lint(Inner, files=[env_file(tmp_path, "old = 1\ntool = 3\n", "a.toml")])


@versioned(
    Legacy(rename("later", to="c"), since="1.0", remove_in="3.0"),
    version=3,
    upcasters={1: rename("a", to="b"), 2: lambda payload: payload | {"c": payload.pop("b")}},
    reads_up_to=4,
)
class Versioned(BaseSettings):
    """Settings of which files have versions."""

    c: int = 0


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"schema_version": 3, "c": 1}, []),
        ({"schema_version": 4, "c": 1}, []),
        ({"c": 1}, []),
        ({"schema_version": 1, "a": 1}, [("file-version-old", "warning", "schema_version", 2)]),
        (
            {"schema_version": 1, "a": 1, "z": 1},
            [("file-version-old", "warning", "schema_version", 2), ("setting-unknown", "error", "", 4)],
        ),
        ({"schema_version": 5, "c": 1}, [("file-version-unreadable", "error", "schema_version", 2)]),
        ({"schema_version": "3", "c": 1}, [("file-version-unreadable", "error", "schema_version", 2)]),
        ({"schema_version": 2, "a": 1}, [("file-version-unreadable", "error", "schema_version", 2)]),
    ],
)
def test_versions_of_files(tmp_path: Path, content: dict[str, int], expected: list[object]) -> None:
    """A file of an older version is judged as what it becomes; one that cannot be brought to today's blocks."""
    file = env_file(tmp_path, json.dumps(content, indent=1), "a.json")
    assert expected == told(lint(Versioned, files=[file]))


def test_unknown_keys_are_counted_where_they_are_many(tmp_path: Path) -> None:
    """A file of another program does not fill the report."""
    text = "".join(f"key{number} = 1\n" for number in range(300))
    found = lint(AppSettings, files=[env_file(tmp_path, f"workers = 1\n{text}", "a.toml")])
    assert 101 == len(found)
    assert "TOML file: 200 more keys are no settings of the class" in {each.message for each in found}
