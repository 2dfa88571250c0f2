"""YAML documents: reading, finding and editing, over a corpus of awkward files and over generated ones."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.documents.edited import (
    LEGACY,
    at,
    errors_of,
    files_of,
    is_shortened,
    line_of,
    outside,
    with_name,
    with_value,
    without,
)
from upcast.settings._documents._document import CannotEdit, UnreadableDocument
from upcast.settings._documents._yaml import YamlDocument

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = files_of("yaml")
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def read_file(path: Path) -> YamlDocument:
    """A file of the corpus, with its byte order mark and its line endings."""
    return YamlDocument.read(path.read_bytes().decode("utf-8"))


def keys_of(data: dict[Any, Any], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every key that is a text."""
    found = []
    for name, value in data.items():
        if isinstance(name, str):
            found += [(*above, name), *(keys_of(value, (*above, name)) if isinstance(value, dict) else [])]
    return found


def attempt(ask: Callable[..., YamlDocument], *given: Any) -> YamlDocument | CannotEdit | UnreadableDocument:
    """What comes of it, be it a refusal."""
    try:
        return ask(*given)
    except (CannotEdit, UnreadableDocument) as error:
        return error


def unshared(data: Any) -> Any:
    """The data with nothing in it twice, whatever aliases made of it."""
    return {name: unshared(value) for name, value in data.items()} if isinstance(data, dict) else data


def exactly(one: object, other: object) -> bool:
    """Whether two values are equal and of the same types throughout; keys may be of any type."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(exactly(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(exactly, one, other))
    return type(one) is type(other) and one == other


# --- the corpus ------------------------------------------------------------------------------------------------------


def test_the_corpus_is_large_and_each_file_has_a_legacy_key() -> None:
    """There are at least fifty files, and each has something for an update to do."""
    assert len(FILES) >= 50
    keys = {*LEGACY, ("smtp_port",), ("log_level",)}
    assert [] == [path.name for path in FILES if not keys & set(read_file(path).spots())]


@each_file
def test_the_data_is_what_the_library_reads(path: Path) -> None:
    """A document has the data that pydantic-settings gets from the opened file."""
    with path.open(encoding="utf-8") as file:
        expected = yaml.safe_load(file)

    assert exactly(read_file(path).data, expected)


@each_file
def test_every_key_has_spots_that_slice_back(path: Path) -> None:
    """The key and the value of each spot are those of the data, also behind a byte order mark and between CRLF."""
    document = read_file(path)
    spots = document.spots()

    assert set(keys_of(document.data)) == set(spots)
    for key, places in spots.items():
        spot = places[-1]
        written = spot.value.of(document.text)
        assert yaml.safe_load(spot.key.of(document.text)) == key[-1]
        assert spot.line == line_of(document.text, spot.key.start)
        if any(sign in written for sign in ("*", "&", "<<")):
            continue
        # The value again, behind what stood before it in its line, so that its further lines fit.
        line = document.text[: spot.value.start].replace("\r", "\n").rpartition("\n")[2].lstrip("\ufeff")
        spaces = " " * (len(line) - len(line.lstrip(" ")))
        compact = not line.strip(" :")
        wrapped = f"k:\n{' ' * len(line)}{written}\n" if compact else f"{spaces}k: {written}\n"
        assert exactly(yaml.safe_load(wrapped)["k"], at(document.data, key)), key


@each_file
def test_a_rename_and_its_reverse_restore_every_byte(path: Path) -> None:
    """A rename changes nothing but the span of the key, and renaming back gives the same text."""
    document = read_file(path)

    for key in keys_of(document.data):
        spots = document.spots()[key]
        renamed = attempt(document.rename, key, "renamed-in-a-test")
        if isinstance(renamed, CannotEdit):
            continue
        before, after = document.text[: spots[0].key.start], document.text[spots[-1].key.end :]
        assert renamed.text.startswith(before)
        assert renamed.text.endswith(after)
        assert len(spots) > 1 or "renamed-in-a-test" == renamed.text[len(before) : -len(after) or None].strip("\"'")
        assert exactly(yaml.safe_load(renamed.text), with_name(document.data, key, "renamed-in-a-test"))
        # An escape is not written again where it need not be.
        if "\\" not in spots[0].key.of(document.text):
            assert renamed.rename((*key[:-1], "renamed-in-a-test"), key[-1]).text == document.text


@each_file
def test_a_value_is_replaced_in_its_span_only(path: Path) -> None:
    """What is not the value stays, to the byte; where lines of a table or a list go is another test."""
    document = read_file(path)

    for key in keys_of(document.data):
        if isinstance(at(document.data, key), dict | list):
            continue
        spot = document.spots()[key][-1]
        replaced = attempt(document.replace, key, 12345)
        if isinstance(replaced, CannotEdit):
            continue
        before, after = document.text[: spot.value.start], document.text[spot.value.end :]
        assert replaced.text == f"{before}{'' if spot.value.of(document.text) else ' '}12345{after}"
        assert exactly(yaml.safe_load(replaced.text), with_value(document.data, key, 12345))


@each_file
def test_what_was_put_in_goes_without_a_trace(path: Path) -> None:
    """A key added at the end of any mapping and taken out again leaves the text as it was."""
    document = read_file(path)
    homes = [
        (),
        *(key for key in keys_of(document.data) if at(document.data, key) and isinstance(at(document.data, key), dict)),
    ]

    for home in homes:
        key = (*home, "put-in-by-a-test")
        more = attempt(document.insert, key, "a # b")
        if isinstance(more, CannotEdit):
            continue
        assert exactly(yaml.safe_load(more.text), with_value(document.data, key, "a # b"))
        assert more.remove(key).text == document.text


@each_file
def test_a_removal_takes_lines_out_and_nothing_else(path: Path) -> None:
    """The text without a key is the old one with pieces left out, and the data are as they should."""
    document = read_file(path)

    for key in keys_of(document.data):
        less = attempt(document.remove, key)
        if isinstance(less, CannotEdit):
            continue
        assert exactly(yaml.safe_load(less.text) or {}, without(unshared(document.data), key))
        assert is_shortened(less.text, document.text)


REFUSED = {
    "alias-as-the-old-value": ["minute (line 1): it carries the anchor that line 2 uses"],
    "alias-of-a-whole-section": [
        "old_network (line 1): it carries the anchor that line 4 uses",
        "old_network.proxy (line 2): it stands under the anchor that line 4 uses",
        "old_network.retries (line 3): it stands under the anchor that line 4 uses",
        "network.proxy (line 2): it comes through the alias in line 4",
        "network.retries (line 3): it comes through the alias in line 4",
    ],
    "anchor-around-the-section": [
        "network (line 1): it carries the anchor that line 5 uses",
        "network.proxy (line 3): it stands under the anchor that line 5 uses",
        "mirror.network.proxy (line 3): it comes through the alias in line 5",
    ],
    "anchor-of-something-else": [
        "defaults (line 1): it carries the anchor that line 5 uses",
        "defaults.retries (line 2): it stands under the anchor that line 5 uses",
        "defaults.verify (line 3): it stands under the anchor that line 5 uses",
        "fallback.retries (line 2): it comes through the alias in line 5",
        "fallback.verify (line 3): it comes through the alias in line 5",
    ],
    "anchor-on-the-old-value": ["cache_timeout (line 1): it carries the anchor that line 2 uses"],
    "merge-brings-the-old-key": [
        "base (line 1): it carries the anchor that line 5 uses",
        "base.proxy (line 2): it stands under the anchor that line 5 uses",
        "base.retries (line 3): it stands under the anchor that line 5 uses",
        "network.proxy (line 2): it comes through the merge key in line 5",
        "network.retries (line 3): it comes through the merge key in line 5",
    ],
    "merge-of-several": [
        "x-first (line 1): it carries the anchor that line 6 uses",
        "x-first.retries (line 2): it stands under the anchor that line 6 uses",
        "x-second (line 3): it carries the anchor that line 6 uses",
        "x-second.verify (line 4): it stands under the anchor that line 6 uses",
        "network.verify (line 4): it comes through the merge key in line 6",
        "network.retries (line 2): it comes through the merge key in line 6",
    ],
    "merge-with-a-key-of-its-own": [
        "base (line 1): it carries the anchor that line 3 uses",
        "base.proxy (line 1): it stands under the anchor that line 3 uses",
        "base.retries (line 1): it stands under the anchor that line 3 uses",
        "network.proxy (line 4): something else would change with it; edit it by hand",
        "network.retries (line 1): it comes through the merge key in line 3",
    ],
}


def test_what_cannot_be_renamed_says_why_with_its_line() -> None:
    """Over the whole corpus exactly these keys are refused, each with the place and the reason."""
    found: dict[str, list[str]] = {}
    for path in FILES:
        document = read_file(path)
        for key in keys_of(document.data):
            try:
                document.rename(key, "renamed-in-a-test")
            except CannotEdit as error:
                found.setdefault(path.stem, []).append(str(error))

    assert found == REFUSED


def test_what_is_merged_stands_where_it_counts() -> None:
    """Of several merged mappings the first one counts, of several merge keys the last, and a key of its own always."""
    text = "a: &a\n  x: 1\nb: &b\n  x: 2\n  y: 2\n  z: 2\nc:\n  <<: [*a, *b]\n  z: 3\nd:\n  <<: *a\n  <<: *b\n"
    document = YamlDocument.read(text)

    assert document.data["c"] == {"x": 1, "y": 2, "z": 3}
    assert [2, 5, 9] == [document.spots()["c", name][-1].line for name in "xyz"]
    assert document.data["d"]["x"] == 2
    assert document.spots()["d", "x"][-1].line == 4


# --- what an edit makes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("db_url: a  # b\n", "database:\n  url: a  # b\n", id="in its place"),
        pytest.param("# c\ndb_url: a\nx: 1\n", "# c\ndatabase:\n  url: a\nx: 1\n", id="below its comment"),
        pytest.param(
            "n:\n    x: 1\ndb_url:\n  a\n   b\n",
            "n:\n    x: 1\ndatabase:\n    url:\n      a\n       b\n",
            id="as far in",
        ),
        pytest.param(
            "database:\n  # p\n  pool: 5 # q\n\n# c\n# d\ndb_url: a # b\n# e\nx: 1\n",
            "database:\n  # p\n  pool: 5 # q\n  # c\n  # d\n  url: a # b\n\n# e\nx: 1\n",
            id="with its comments",
        ),
        pytest.param(
            "db_url: >-\n  a\n  b\ndatabase:\n    pool: 5",
            "database:\n    pool: 5\n    url: >-\n      a\n      b",
            id="with a block scalar",
        ),
        pytest.param("database:\n  pool: 5\ndb_url: a", "database:\n  pool: 5\n  url: a", id="no final newline"),
        pytest.param("x: 1\r\ndb_url: a\r\n", "x: 1\r\ndatabase:\r\n  url: a\r\n", id="crlf"),
        pytest.param("\ufeffdb_url: a\n", "\ufeffdatabase:\n  url: a\n", id="byte order mark"),
        pytest.param(
            "x: |\n  a\n  # b\ndb_url: a\ndatabase:\n  pool: 5\n",
            "x: |\n  a\n  # b\ndatabase:\n  pool: 5\n  url: a\n",
            id="below a text that ends like a comment",
        ),
        pytest.param('"db_url": a\n', '"database":\n  "url": a\n', id="quoted"),
        pytest.param("db_url: a # b\ndatabase: {}  # c\n", "database:  # c\n  url: a # b\n", id="empty braces"),
        pytest.param("db_url: a\ndatabase: {pool: 5}\n", "database: {pool: 5, url: a}\n", id="braces"),
        pytest.param("db_url: a,b\ndatabase: {pool: 5}\n", "database: {pool: 5, url: 'a,b'}\n", id="braces, quoted"),
        pytest.param("{db_url: a, x: 1}\n", "{database: {url: a}, x: 1}\n", id="between braces"),
        pytest.param(
            "{\n  database: {pool: 5},\n  x: 1,\n  db_url: a  # b\n}\n",
            "{\n  database: {pool: 5, url: a},\n  x: 1\n}\n",
            id="from its own line between braces",
        ),
    ],
)
def test_a_key_moves_with_what_belongs_to_it(before: str, after: str) -> None:
    """A key goes to its new parent with its value as it is written and its comments, in place where it can."""
    assert YamlDocument.read(before).move(("db_url",), ("database", "url")).text == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a: 1\nnetwork:\n  # b\n  proxy: x # c\n", "a: 1\n# b\nhttp_proxy: x # c\n", id="whole section"),
        pytest.param(
            "network:\n  # b\n\n  # c\n  proxy: x\nz: 1\n", "# b\n# c\nhttp_proxy: x\nz: 1\n", id="all its comments"
        ),
        pytest.param(
            "network:\n  y: 1\n  proxy: x\nz: 1\n", "network:\n  y: 1\nz: 1\nhttp_proxy: x\n", id="one of two"
        ),
        pytest.param(
            "network:\n    y: 1\n    proxy: >-\n        a\n\n          b\n",
            "network:\n    y: 1\nhttp_proxy: >-\n    a\n\n      b\n",
            id="lines less far in",
        ),
        pytest.param(
            "network: {\n  y: 1,\n  proxy: x, # c\n}\n",
            "network: {\n  y: 1,\n}\nhttp_proxy: x  # c\n",
            id="a line of braces",
        ),
        pytest.param("network: {proxy: x}\nz: 1\n", "http_proxy: x\nz: 1\n", id="braces"),
        pytest.param("network: {y: 1, proxy: x}\nz: 1\n", "network: {y: 1}\nz: 1\nhttp_proxy: x\n", id="one of braces"),
    ],
)
def test_a_key_moves_out_of_its_section(before: str, after: str) -> None:
    """A key that leaves a section takes its place where that becomes empty, and goes to the end otherwise."""
    assert YamlDocument.read(before).move(("network", "proxy"), ("http_proxy",)).text == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a: 1\n# b\nx: 1 # c\n# d\nz: 1\n", "a: 1\n# b\n# d\nz: 1\n", id="a line"),
        pytest.param("x:\n  - 1\n  # b\n  - 2\n\nz: 1\n", "\nz: 1\n", id="several lines"),
        pytest.param("a: 1\nx: 1", "a: 1", id="no final newline"),
        pytest.param("a: 1\r\nx: 1", "a: 1", id="no final newline, crlf"),
        pytest.param("x: 1", "", id="the only one"),
        pytest.param("\ufeffx: 1\nz: 1\n", "\ufeffz: 1\n", id="byte order mark"),
        pytest.param("x: |+\n  a\n\nz: 1\n", "z: 1\n", id="kept blank lines"),
        pytest.param("x: |\n  a\n\nz: 1\n", "\nz: 1\n", id="blank lines of nobody"),
        pytest.param("x: 1\na: 2\nx: 3\n", "a: 2\n", id="twice"),
        pytest.param("{a: 1, x: 1, z: 1}\n", "{a: 1, z: 1}\n", id="between braces"),
        pytest.param("{a: 1, x: 1}\n", "{a: 1}\n", id="last between braces"),
        pytest.param("{a: 1, x: 1, }\n", "{a: 1, }\n", id="with a comma behind"),
        pytest.param("{x: 1}\n", "{}\n", id="only between braces"),
        pytest.param(
            "{\n  a: 1, # b\n  # c\n  x: 1, # d\n  z: 1\n}\n", "{\n  a: 1, # b\n  # c\n  z: 1\n}\n", id="line in braces"
        ),
        pytest.param("{\n  a: 1, # b\n  x: 1 # c\n}\n", "{\n  a: 1 # b\n}\n", id="last line in braces"),
    ],
)
def test_a_removal_takes_the_comment_of_the_line(before: str, after: str) -> None:
    """What goes is the entry with the comment behind it; comments and blank lines around it stay."""
    assert YamlDocument.read(before).remove(("x",)).text == after


def test_a_section_goes_with_its_last_key_and_leaves_its_comments() -> None:
    """The comments between a section and its only key stay, since they may speak of more."""
    text = "a: 1\nnetwork:  # b\n  # c\n\n  proxy: x # d\n  # e\nz: 1\n"

    assert YamlDocument.read(text).remove(("network", "proxy")).text == "a: 1\n  # c\n  # e\nz: 1\n"


@pytest.mark.parametrize(
    ("before", "key", "after_key", "after"),
    [
        pytest.param("a: 1 # b\nz: 1\n", "x", "a", "a: 1 # b\nx: new\nz: 1\n", id="behind"),
        pytest.param("a:\n- 1\n# b\nz: 1\n", "x", "a", "a:\n- 1\nx: new\n# b\nz: 1\n", id="behind a list"),
        pytest.param("a: 1\n# b\n", "x", None, "a: 1\nx: new\n# b\n", id="at the end"),
        pytest.param("a: 1", "x", None, "a: 1\nx: new", id="no final newline"),
        pytest.param("", "x", None, "x: new\n", id="empty"),
        pytest.param("# b", "x", None, "# b\nx: new", id="comments only"),
        pytest.param("---\n", "x", None, "---\nx: new\n", id="marker only"),
        pytest.param("{}\n", "x.y", None, "x:\n  y: new\n", id="braces only"),
        pytest.param("--- {}\n", "x.y", None, "--- {x: {y: new}}\n", id="braces behind a marker"),
        pytest.param("n:\n   a: 1\nz: 1\n", "n.x", None, "n:\n   a: 1\n   x: new\nz: 1\n", id="in a section"),
        pytest.param("n:\n   a: 1\n", "m.x", None, "n:\n   a: 1\nm:\n   x: new\n", id="new section"),
        pytest.param("n: {a: 1} # b\n", "n.x", None, "n: {a: 1, x: new} # b\n", id="between braces"),
        pytest.param("n: {\n  a: 1 # b\n}\n", "n.x", None, "n: {\n  a: 1, # b\n  x: new\n}\n", id="on a line"),
        pytest.param("n: {\n  a: 1, # b\n}\n", "n.x", None, "n: {\n  a: 1, # b\n  x: new,\n}\n", id="behind a comma"),
        pytest.param('"a": 1\n', "x", None, '"a": 1\n"x": new\n', id="quoted beside quoted"),
        pytest.param("a: |+\n  b\n\n", "x", None, "a: |+\n  b\n\nx: new\n", id="behind kept blank lines"),
    ],
)
def test_a_new_key_looks_like_its_neighbours(before: str, key: str, after_key: str | None, after: str) -> None:
    """A key goes where it was asked for, as far in as what stands beside it."""
    document = YamlDocument.read(before)

    assert document.insert(tuple(key.split(".")), "new", after=after_key and (after_key,)).text == after


TWICE = [1]


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        pytest.param("x: a # b\n", "c", "x: c # b\n", id="plain"),
        pytest.param("x: 'a'\n", "it's", "x: 'it''s'\n", id="single"),
        pytest.param('x: "a"\n', 'a "b"', 'x: "a \\"b\\""\n', id="double"),
        pytest.param("x: a\n", "yes", "x: 'yes'\n", id="a text that reads as true"),
        pytest.param("x: a\n", "1:30", "x: '1:30'\n", id="a text that reads as ninety"),
        pytest.param("x: a\n", "0o17", "x: '0o17'\n", id="a number of the next YAML"),
        pytest.param("x: a\n", "1e3", "x: '1e3'\n", id="another number of the next YAML"),
        pytest.param("x: a\n", "2024-01-02", "x: '2024-01-02'\n", id="a text that reads as a date"),
        pytest.param("x: a\n", "a # b", "x: 'a # b'\n", id="a text that reads as a comment"),
        pytest.param("x: a\n", "a\nb", 'x: "a\\nb"\n', id="two lines"),
        pytest.param("x: a\n", "", "x: ''\n", id="nothing"),
        pytest.param("x: {y: 1}\n", "{a}", "x: '{a}'\n", id="braces"),
        pytest.param("x: 5\n", "5", "x: '5'\n", id="digits"),
        pytest.param("x: '5'\n", 5, "x: 5\n", id="number for a text"),
        pytest.param("x: 0x5\n", 300, "x: 300\n", id="number for a number"),
        pytest.param("x: 1.5\n", 1e20, "x: 1.0e+20\n", id="float"),
        pytest.param("x: yes\n", False, "x: no\n", id="truth in its words"),
        pytest.param("x: OFF\n", True, "x: ON\n", id="truth in its case"),
        pytest.param("x: 1\n", True, "x: true\n", id="truth for a number"),
        pytest.param("x:  # b\n", 5, "x: 5  # b\n", id="number for nothing"),
        pytest.param("x: ~\n", None, "x: ~\n", id="the same"),
        pytest.param("x: 1\n", None, "x: null\n", id="nothing for a number"),
        pytest.param("x: !!str 5 # b\n", 5, "x: 5 # b\n", id="tag"),
        pytest.param("x: &a 5\n", 6, "x: 6\n", id="anchor of nobody"),
        pytest.param("a: &a 5\nx: *a\n", 6, "a: &a 5\nx: 6\n", id="alias"),
        pytest.param("x: |\n  a\n  b\nz: 1\n", "c", "x: c\nz: 1\n", id="block scalar"),
        pytest.param("x:\n- 1\n- 2 # b\nz: 1\n", 5, "x: 5 # b\nz: 1\n", id="lines of a list"),
        pytest.param("x: # a\n  # b\n  y: 1\n\n  z: 1\nz: 1\n", 5, "x: 5 # a\n  # b\nz: 1\n", id="lines of a mapping"),
        pytest.param("x: a\n", [1, {"a": ["b: c"]}], "x: [1, {a: ['b: c']}]\n", id="list"),
        pytest.param("x: a\n", [TWICE, TWICE], "x: [[1], [1]]\n", id="one list twice"),
        pytest.param("{x: a}\n", "b, c", "{x: 'b, c'}\n", id="between braces"),
        pytest.param("x: 1\n", dt.date(2024, 1, 2), "x: 2024-01-02\n", id="date"),
    ],
)
def test_a_value_is_written_so_that_it_is_read_back(before: str, value: object, after: str) -> None:
    """A value is written like the old one where it can be, and in quotes where it would be read as something else."""
    document = YamlDocument.read(before).replace(("x",), value)

    assert document.text == after
    assert exactly(yaml.safe_load(document.text)["x"], value)


@pytest.mark.parametrize(
    "name", ["yes", "1", "a b", "a: b", "#a", "it's", '"a"', "~", "<<", "=", "- a", "", "ü", "a\nb"]
)
def test_a_name_is_quoted_where_it_must_be(name: str) -> None:
    """Whatever a key is called, it is read back as that text."""
    assert list(yaml.safe_load(YamlDocument.read("x: 1\n").rename(("x",), name).text)) == [name]


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ask", "error"),
    [
        pytest.param(
            "a: &a 1\nb: *a\n",
            lambda it: it.remove(("a",)),
            "a (line 1): it carries the anchor that line 2 uses",
            id="anchor",
        ),
        pytest.param(
            "n: {a: &a 1}\nb: *a\n",
            lambda it: it.remove(("n",)),
            "n (line 1): there is an anchor in it that line 2 uses",
            id="anchor inside",
        ),
        pytest.param(
            "n: &n {a: 1}\nb: *n\n",
            lambda it: it.insert(("n", "x"), 1),
            "n.x: it stands under the anchor that line 2 uses",
            id="into an anchor",
        ),
        pytest.param(
            "n: &n {a: 1}\nb: *n\n",
            lambda it: it.insert(("b", "x"), 1),
            "b.x: it comes through the alias in line 2",
            id="into an alias",
        ),
        pytest.param("x: 1\n", lambda it: it.insert(("x", "y"), 1), "x (line 1): it is no table", id="into a number"),
        pytest.param("x:\n", lambda it: it.insert(("x", "y"), 1), "x (line 1): it is no table", id="into nothing"),
        pytest.param("x: 1\n", lambda it: it.replace(("x",), object()), "x (line 1): the value cannot be", id="object"),
        pytest.param(
            "x: 1\n", lambda it: it.replace(("x",), {1, 2}), "x (line 1): the value cannot be", id="a set of lines"
        ),
        pytest.param(
            "? x\n: 1\n", lambda it: it.remove(("x",)), "x (line 1): it does not begin its line", id="question"
        ),
        pytest.param(
            "# b\ndb_url: a\nn: {y: 1}\n",
            lambda it: it.move(("db_url",), ("n", "x")),
            "db_url (line 2): its value or its comment has no place between braces",
            id="comment into braces",
        ),
        pytest.param(
            "x: |\n  a\nn: {y: 1}\n",
            lambda it: it.move(("x",), ("n", "x")),
            "x (line 1): its value or its comment has no place between braces",
            id="block into braces",
        ),
    ],
)
def test_what_cannot_be_done_safely_says_why(text: str, ask: Callable[[YamlDocument], object], error: str) -> None:
    """The refusal names the key, its line and the reason."""
    with pytest.raises(CannotEdit) as refused:
        ask(YamlDocument.read(text))

    assert str(refused.value).startswith(error)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        pytest.param("a: CANARY: b\n", 1, "no YAML from here on", id="syntax"),
        pytest.param("a: 1\n\tCANARY: 2\n", 2, "no YAML from here on", id="tab"),
        pytest.param("a: 'CANARY\n", 2, "no YAML from here on", id="quote"),
        pytest.param("a: 1\n---\nCANARY: 2\n", 2, "another document begins", id="two documents"),
        pytest.param("a: *CANARY\n", 1, "an anchor or an alias that does not fit", id="no anchor"),
        pytest.param("a: 1\nb: !CANARY 2\n", 2, "a tag, a key or a value that settings cannot have", id="tag"),
        pytest.param(
            "a: 1\n? [CANARY]\n: 2\n", 2, "a tag, a key or a value that settings cannot have", id="list as key"
        ),
        pytest.param("a: 1\nb: CANARY\x00\n", 2, "a character that YAML does not take", id="null byte"),
        pytest.param("a: 2024-13-45 # CANARY\n", None, "a value is none of its type, such as", id="date"),
        pytest.param("a: !!int CANARY\n", None, "a value is none of its type, such as", id="tagged number"),
        pytest.param("a: !!bool CANARY\n", None, "a value is none of its type, such as", id="tagged truth"),
        pytest.param("- CANARY\n", None, "the text is no mapping", id="list"),
        pytest.param("CANARY\n", None, "the text is no mapping", id="text"),
        pytest.param("[" * 5000, None, "it is nested too deeply", id="deep"),
        pytest.param("a: &CANARY [*CANARY]\n", None, "its aliases stand for too much, or for themselves", id="circle"),
    ],
)
def test_what_is_no_yaml_says_where_and_repeats_nothing(text: str, line: int | None, problem: str) -> None:
    """The error names a line and a reason of ours, and neither it nor anything behind it has a piece of the text."""
    with pytest.raises(UnreadableDocument) as refused:
        YamlDocument.read(text)

    assert line == refused.value.line
    assert refused.value.problem.startswith(problem)
    assert [type(error) for error in errors_of(refused.value)] == [UnreadableDocument]
    assert "CANARY" not in repr(refused.value) + str(refused.value)


def test_a_refused_edit_repeats_nothing() -> None:
    """No value stands in the error of an edit, nor in anything behind it."""
    document = YamlDocument.read("CANARY: &a [CANARY]\nb: *a\n")

    with pytest.raises(CannotEdit) as refused:
        document.replace(("b",), object())

    assert [type(error) for error in errors_of(refused.value)] == [CannotEdit]
    assert "CANARY" not in str(refused.value)


@pytest.mark.parametrize("merge", [False, True])
def test_aliases_cannot_explode(merge: bool) -> None:
    """A text whose aliases stand for billions of values is refused before they are made."""
    if merge:
        lines = ["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12))]
    else:
        lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]

    with pytest.raises(UnreadableDocument, match="aliases stand for too much"):
        YamlDocument.read("\n".join(lines))


def test_without_the_library_the_extra_is_named() -> None:
    """Who reads YAML without PyYAML is told what to install."""
    script = """
import sys
sys.modules["yaml"] = None
from upcast.settings.documents import read_document
assert read_document("[a]", "toml").data == {"a": {}}
try:
    read_document("a: 1", "yaml")
except Exception as error:
    print(repr(error))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert 'MissingExtra(\'reading YAML needs the "settings" extra' in done.stdout


# --- generated documents ---------------------------------------------------------------------------------------------

NAMES = ["a", "b_c", "d-e", "ü", "yes", "7", "with space", "it's", "x: y", "%z", "~"]
SCALARS = ["300", "0x1F", "1:30", "yes", "~", "", "1.5", "2024-01-02", "plain", "a#b", "'q: r'", '"s\\nt"']
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=12).filter(lambda text: not any(0xD800 <= ord(letter) < 0xE000 for letter in text)),
    st.sampled_from(
        ["yes", "Off", "1:30", "0o17", "1e3", "2024-01-02", "<<", "=", "null", "- a", "{a}", "a: b", "%", "@x"]
    ),
    st.lists(st.integers() | st.text("ab: ,#", max_size=4), max_size=3),
)


@st.composite
def tables(draw: st.DrawFn, column: int, depth: int, newline: str) -> str:
    """The lines of a block mapping."""
    text = ""
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)):
        for _ in range(draw(st.integers(0, 2))):
            comment = draw(st.sampled_from(["", "# c", "  # a: 1", "#", "       # - deep"]))
            text += comment + newline
        key = draw(st.sampled_from(["'{}'", '"{}"']) if name in NAMES[4:] else st.sampled_from(["{}", "'{}'", '"{}"']))
        text += " " * column + key.format(name.replace("'", "''") if key[0] == "'" else name) + ":"
        behind = draw(st.sampled_from(["", " # b", "  # b: 'c"])) + newline
        kind = draw(st.sampled_from(["scalar", "scalar", "flow", "block", "list"] + ["table"] * 2 * (depth < 2)))
        inner = column + draw(st.sampled_from([1, 2, 4]))
        if kind == "table":
            text += behind + draw(tables(inner, depth + 1, newline))
        elif kind == "scalar":
            text += " " + draw(st.sampled_from(SCALARS)) + behind
        elif kind == "flow":
            text += (
                draw(st.sampled_from([" {x: 1, 'y' : [2, {z: 3}]}", " {}", " [a, {b: c}]", " { x: {y: 1}, }"])) + behind
            )
        elif kind == "block":
            text += draw(st.sampled_from([" |", " >-", " |2-", " |+"])) + newline
            # An indicator counts from the mapping around.
            text += "".join(" " * (column + 2) + line + newline for line in ("a: 1", "# b")) + newline
        else:
            text += behind + "".join(" " * draw(st.just(column)) + f"- {item}{newline}" for item in ("1", "k: v"))
    return text


@st.composite
def documents(draw: st.DrawFn) -> YamlDocument:
    """A document with its text laid out in any way."""
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    text = draw(st.sampled_from(["", "\ufeff", f"---{newline}", f"# head{newline}{newline}"])) + draw(
        tables(0, 0, newline)
    )
    document, shorter = YamlDocument.read(text), YamlDocument.read(text.rstrip("\r\n"))
    # A block scalar says whether a newline ends it: without one, nothing can come behind it.
    return shorter if draw(st.booleans()) and exactly(shorter.data, document.data) else document


@settings(max_examples=50, deadline=None)
@given(documents(), st.data())
def test_a_generated_document_is_edited_exactly(document: YamlDocument, data: st.DataObject) -> None:
    """Whatever the layout, an edit is made, and makes exactly the data that it should."""
    keys = keys_of(document.data)
    key = data.draw(st.sampled_from(keys))
    name = data.draw(st.sampled_from(["new", "off", "1", "new name", "n: m", "ключ", "# n"]))

    renamed = document.rename(key, name)
    replaced = document.replace(key, value := data.draw(VALUES))
    inserted = document.insert((*key[:-1], name), value, after=data.draw(st.sampled_from([None, key])))
    nested = document.insert(("new", "and", name), value)
    removed = attempt(document.remove, key)

    if isinstance(removed, CannotEdit):
        # A comment that stays would become part of the block scalar above it.
        assert set("|>") & set(document.text)
    else:
        assert exactly(yaml.safe_load(removed.text) or {}, without(document.data, key))
        assert is_shortened(removed.text, document.text)
    assert exactly(yaml.safe_load(renamed.text), with_name(document.data, key, name))
    assert exactly(yaml.safe_load(replaced.text), with_value(document.data, key, value))
    assert exactly(yaml.safe_load(inserted.text), with_value(document.data, (*key[:-1], name), value))
    assert exactly(yaml.safe_load(nested.text), with_value(document.data, ("new", "and", name), value))
    spots = document.spots()[key]
    assert outside(document.text, [spots[-1].key]) == outside(
        renamed.text, [renamed.spots()[(*key[:-1], name)][-1].key]
    )
    assert inserted.remove((*key[:-1], name)).text == document.text


def comment_lines(text: str) -> list[str]:
    """The lines that look like comments, wherever they stand."""
    lines = [line.strip(" \ufeff") for line in text.splitlines()]
    return sorted(line for line in lines if line.startswith("#"))


@settings(max_examples=50, deadline=None)
@given(documents(), st.data())
def test_a_generated_document_keeps_all_when_a_key_moves(document: YamlDocument, data: st.DataObject) -> None:
    """A key that moves takes its value and its comments along; only what stood behind a section that goes is lost."""
    key = data.draw(st.sampled_from(keys_of(document.data)))
    homes = [(), ("new",), *(key for key in keys_of(document.data) if isinstance(at(document.data, key), dict))]
    to = (*data.draw(st.sampled_from(homes)), "moved")

    moved = attempt(document.move, key, to)
    if isinstance(moved, CannotEdit):
        # Lines do not fit between braces, and nothing into itself; a comment that stays could end in a block scalar.
        reasons = ["its value or its comment has no place", "it cannot be moved into itself"]
        assert moved.problem.startswith((*reasons, *["something else"] * bool(set("|>") & set(document.text))))
        return
    expected = with_value(without(document.data, key), to, at(document.data, key))
    assert exactly(yaml.safe_load(moved.text), expected)
    gone = len(set(keys_of(document.data)) - set(keys_of(expected))) - len(keys_of({"": at(document.data, key)}))
    assert document.text.count("#") - gone <= moved.text.count("#") <= document.text.count("#")
    assert comment_lines(moved.text) == comment_lines(document.text)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab01 \t\n\r:-?,[]{}#&*!|>'\"%@`<=~.\ufeff\x85\u2028\\é"), max_size=40))
def test_garbage_is_read_or_refused(text: str) -> None:
    """No text makes reading or editing raise anything but the errors of documents."""
    document = attempt(YamlDocument.read, text)
    if isinstance(document, UnreadableDocument):
        assert [UnreadableDocument] == [type(each) for each in errors_of(document)]
        return
    assert isinstance(document, YamlDocument)
    assert exactly(document.data, yaml.safe_load(text) or {})
    for key in [*document.spots(), ("a",)]:
        for ask in (
            (document.rename, key, "new"),
            (document.replace, key, "new"),
            (document.insert, (*key, "new"), 1),
            (document.remove, key),
            (document.move, key, ("some", "where")),
        ):
            assert isinstance(attempt(*ask), YamlDocument | CannotEdit)
