"""JSON documents: the corpus, read and edited, and what each edit writes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path as File
from typing import Any

import pytest

from settings.documents.edited import (
    alike,
    at,
    document_of,
    files_of,
    is_shortened,
    keys_of,
    legacy_in,
    outside,
    with_name,
    with_value,
    without,
)
from upcast.settings._documents import _json
from upcast.settings._documents._json_scan import scan_json
from upcast.settings.documents import CannotEdit, Document, Path, UnreadableDocument, read_document

FILES = files_of("json")


def of_json(text: str) -> Document:
    """A document."""
    return read_document(text, "json")


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def file(request: pytest.FixtureRequest) -> File:
    """Each file of the corpus."""
    found: File = request.param
    return found


@pytest.fixture
def document(file: File) -> Document:
    """What it holds."""
    return document_of(file)


# --- the corpus -----------------------------------------------------------------------------------------------------


def test_there_are_files_enough() -> None:
    """The corpus has at least 50 files, and each has an old key or an old value."""
    assert len(FILES) >= 50
    for file in FILES:
        assert [*legacy_in(file, document_of(file))] or document_of(file).data["log_level"] == "WARN", file.name


def test_reading_equals_the_library(document: Document) -> None:
    """The data is what the json module reads."""
    assert alike(json.loads(document.text.removeprefix("\ufeff")), document.data)


def test_every_key_has_its_spot(document: Document) -> None:
    """Every key is found, with the line it stands on, and with its value; of several the last one counts."""
    lines = re.split(r"\r\n|\n|\r", document.text)

    assert keys_of(document.data) == set(document.spots())
    for path, spots in document.spots().items():
        assert alike(at(document.data, path), json.loads(spots[-1].value.of(document.text)))
        for spot in spots:
            assert (path, path[-1]) == (spot.path, json.loads(spot.key.of(document.text)))
            assert spot.key.of(document.text) in lines[spot.line - 1]


def test_a_rename_touches_nothing_but_keys_and_can_be_undone(document: Document) -> None:
    """Every key gets another name in place, and its own back."""
    for path, spots in document.spots().items():
        new = (*path[:-1], f"{path[-1]}_x")

        renamed = document.rename(path, new[-1])

        assert alike(with_name(document.data, path, new[-1]), renamed.data)
        assert outside(document.text, [spot.key for spot in spots]) == outside(
            renamed.text, [spot.key for spot in renamed.spots()[new]]
        )
        back = renamed.rename(new, path[-1])
        assert alike(document.data, back.data)
        if not any("\\u" in spot.key.of(document.text) for spot in spots):
            assert document.text == back.text


def test_a_replacement_touches_nothing_but_the_value(document: Document) -> None:
    """Every value becomes another, of any type."""
    for path in document.spots():
        for value in ('new "value"', 60, True, None, 1.5, ["a", 1], {"a b": {"c": "d"}}):
            replaced = document.replace(path, value)

            assert alike(with_value(document.data, path, value), replaced.data)
            assert outside(document.text, [document.spots()[path][-1].value]) == outside(
                replaced.text, [replaced.spots()[path][-1].value]
            )
            assert alike(document.data, replaced.replace(path, at(document.data, path)).data)


def test_a_removal_writes_nothing(document: Document) -> None:
    """Every key goes, and what is left stood there before."""
    for path in document.spots():
        removed = document.remove(path)

        assert alike(without(document.data, path), removed.data)
        assert is_shortened(removed.text, document.text)


def test_an_insertion_leaves_all_there_is(document: Document) -> None:
    """A key goes behind every other key, and to the end of every object."""
    for path in document.spots():
        new = (*path[:-1], "inserted")
        behind = document.insert(new, {"x": [1, "y"]}, after=path)
        assert alike(with_value(document.data, new, {"x": [1, "y"]}), behind.data)
        assert is_shortened(document.text, behind.text)
        if isinstance(at(document.data, path), dict):
            for deep in ((*path, "inserted"), (*path, "more", "than one", "inserted")):
                inserted = document.insert(deep, 1)
                assert alike(with_value(document.data, deep, 1), inserted.data)
                assert is_shortened("".join(document.text.split()), "".join(inserted.text.split()))


def test_old_keys_get_their_new_places(file: File, document: Document) -> None:
    """Each old key of the corpus can be moved where it belongs, and back where it stood unless it went far."""
    for old, new in legacy_in(file, document):
        if new is None or new in document.spots():
            continue
        moved = document.move(old, new)
        assert alike(with_value(without(document.data, old), new, at(document.data, old)), moved.data)
        back = moved.move(new, old)
        assert alike(with_value(without(moved.data, new), old, at(document.data, old)), back.data)
        if old[:-1] == new[:-1] or new[:-1] not in document.spots():
            assert "\\u" in document.text or len(document.spots()[old]) > 1 or document.text == back.text


# --- what is written ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        pytest.param('{"a": 1}', "ö", '{"a": "ö"}', id="letters as they are"),
        pytest.param('{"a": "\\u00f6"}', "é", '{"a": "\\u00e9"}', id="letters escaped like the others"),
        pytest.param('{"a": "\\u00f6ö"}', "é", '{"a": "é"}', id="letters of both sorts"),
        pytest.param('{"a": 1}', "\ud800", '{"a": "\\ud800"}', id="a lone surrogate"),
        pytest.param('{"a": 1}', '\n"\\', '{"a": "\\n\\"\\\\"}', id="escapes"),
        pytest.param('{"a": 1}', [1, {"b": 2}], '{"a": [1, {"b": 2}]}', id="in a line"),
        pytest.param('{"a":1}', [1, {"b": 2}], '{"a":[1,{"b":2}]}', id="without spaces"),
        pytest.param('{\n\t"a": [\n\t\t1\n\t]\n}', [2, 3], '{\n\t"a": [\n\t\t2,\n\t\t3\n\t]\n}', id="over lines"),
        pytest.param('{\r\n "a": [\r\n1]}', [2], '{\r\n "a": [\r\n  2\r\n ]}', id="over lines with carriage returns"),
        pytest.param('{"a": 1}', float("nan"), '{"a": NaN}', id="not a number"),
        pytest.param('{"a": 1}', 1.0, '{"a": 1.0}', id="another type"),
        pytest.param('{"a": 1, "a": 2}', 3, '{"a": 1, "a": 3}', id="the one that counts"),
    ],
)
def test_how_a_new_value_is_written(written: str, value: object, expected: str) -> None:
    """In a line where the old one was in a line, and escaped where the text escapes."""
    assert expected == of_json(written).replace(("a",), value).text


def test_the_same_value_is_not_written_again() -> None:
    """A replacement by the value that stands there leaves how it is written."""
    document = of_json('{"a": 1E+2, "b": NaN}')

    assert document.replace(("a",), 100.0) is document
    assert document.replace(("b",), float("nan")) is document
    assert document.replace(("a",), 100).text == '{"a": 100, "b": NaN}'


@pytest.mark.parametrize(
    ("written", "path", "after", "expected"),
    [
        pytest.param("{}", ("n",), None, '{"n": 1}', id="empty"),
        pytest.param("\ufeff{ }\n", ("n",), None, '\ufeff{"n": 1}\n', id="empty behind a byte order mark"),
        pytest.param("{\n}\n", ("n",), None, '{\n  "n": 1\n}\n', id="empty over lines"),
        pytest.param('{"a":0,"b":0}', ("n",), ("a",), '{"a":0,"n":1,"b":0}', id="behind a key"),
        pytest.param('{"a": 0}', ("n",), None, '{"a": 0, "n": 1}', id="with spaces"),
        pytest.param('{ "a" : 0 }', ("n",), None, '{ "a" : 0, "n" : 1 }', id="with more spaces"),
        pytest.param('{\n  "a": 0\n}', ("n",), None, '{\n  "a": 0,\n  "n": 1\n}', id="on a line"),
        pytest.param('{\r\n\t"a":0\r\n}', ("n",), None, '{\r\n\t"a":0,\r\n\t"n":1\r\n}', id="with carriage returns"),
        pytest.param(
            '{\n "a": 0,\n\n\n "b": 0\n}', ("n",), ("a",), '{\n "a": 0,\n "n": 1,\n\n\n "b": 0\n}', id="of a group"
        ),
        pytest.param('{ "a": 0\n, "b": 0\n}', ("n",), ("b",), '{ "a": 0\n, "b": 0\n, "n": 1\n}', id="comma first"),
        pytest.param('{\n "a": 0, "b": 0\n}', ("n",), ("b",), '{\n "a": 0, "b": 0, "n": 1\n}', id="on the same line"),
        pytest.param('{"t": {}}', ("t", "n"), None, '{"t": {"n": 1}}', id="in an empty object"),
        pytest.param(
            '{\n  "t": {}\n}', ("t", "n"), None, '{\n  "t": {\n    "n": 1\n  }\n}', id="in an empty object on a line"
        ),
        pytest.param('{"a":0}', ("t", "n"), None, '{"a":0,"t":{"n":1}}', id="with its object"),
        pytest.param(
            '{\n "a": 0\n}', ("t", "n"), None, '{\n "a": 0,\n "t": {\n  "n": 1\n }\n}', id="with its object on lines"
        ),
    ],
)
def test_where_an_insertion_goes(written: str, path: Path, after: Path | None, expected: str) -> None:
    """What is put in stands and looks as its neighbours do."""
    assert expected == of_json(written).insert(path, 1, after=after).text


@pytest.mark.parametrize(
    ("written", "path", "expected"),
    [
        pytest.param('{"a": 1}', ("a",), "{}", id="all there is"),
        pytest.param('{"a": 1, "b": 2}', ("a",), '{"b": 2}', id="first"),
        pytest.param('{"a": 1, "b": 2}', ("b",), '{"a": 1}', id="last"),
        pytest.param('{\n "a": 1,\n "b": 2,\n "c": 3\n}', ("b",), '{\n "a": 1,\n "c": 3\n}', id="in the middle"),
        pytest.param('{"a": 1, "a": 2, "b": 3, "a": 4}', ("a",), '{"b": 3}', id="every one of several"),
        pytest.param('{"t": {"a": 1}, "b": 2}', ("t", "a"), '{"b": 2}', id="the last of an object"),
        pytest.param('{"t": {"u": {"a": 1}, "b": 2}}', ("t", "u", "a"), '{"t": {"b": 2}}', id="the last of one inside"),
        pytest.param('{"a": 1\n, "b": 2\n}', ("b",), '{"a": 1\n}', id="comma first"),
    ],
)
def test_what_goes_with_a_removal(written: str, path: Path, expected: str) -> None:
    """One comma, and objects that become empty."""
    assert expected == of_json(written).remove(path).text


@pytest.mark.parametrize(
    ("written", "path", "to", "expected"),
    [
        pytest.param('{"a":1,"b":2}', ("a",), ("t", "n"), '{"t":{"n":1},"b":2}', id="in place"),
        pytest.param(
            '{\n "a": 1,\n "b": 2\n}', ("a",), ("t", "n"), '{\n "t": {\n  "n": 1\n },\n "b": 2\n}', id="on lines"
        ),
        pytest.param('{\n "t": {\n  "n": 1\n },\n "b": 2\n}', ("t", "n"), ("a",), '{\n "a": 1,\n "b": 2\n}', id="back"),
        pytest.param('{"a": 1, "t": {"b": 2}}', ("a",), ("t", "n"), '{"t": {"b": 2, "n": 1}}', id="into an object"),
        pytest.param(
            '{"t": {"a": 1, "b": 2}, "c": 3}', ("t", "a"), ("n",), '{"t": {"b": 2}, "c": 3, "n": 1}', id="out of it"
        ),
        pytest.param('{"t": {"a": 1}, "u": {}}', ("t", "a"), ("u", "n"), '{"u": {"n": 1}}', id="the last of an object"),
        pytest.param('{"t": {"a": 1}}', ("t", "a"), ("t", "u", "n"), '{"t": {"u": {"n": 1}}}', id="deeper"),
        pytest.param('{"a": 1, "a": 2}', ("a",), ("t", "n"), '{"t": {"n": 2}}', id="the one that counts"),
        pytest.param(
            '{\n "a": [\n  1\n ],\n "t": {\n  "b": 2\n }\n}',
            ("a",),
            ("t", "n"),
            '{\n "t": {\n  "b": 2,\n  "n": [\n   1\n  ]\n }\n}',
            id="a value over lines",
        ),
        pytest.param(
            '{"a": 1E2, "t": {"b": "\\u00f6"}}', ("a",), ("t", "n"), '{"t": {"b": "\\u00f6", "n": 1E2}}', id="as is"
        ),
    ],
)
def test_where_a_move_goes(written: str, path: Path, to: Path, expected: str) -> None:
    """In place where the object it goes to is new, else to the end of it, as it is written."""
    assert expected == of_json(written).move(path, to).text


# --- what cannot be done --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "path", "line"),
    [
        pytest.param(lambda it: it.rename(("none",), "x"), "none", None, id="no such key"),
        pytest.param(lambda it: it.rename(("a",), "b"), "b", 3, id="the name is taken"),
        pytest.param(lambda it: it.replace(("a",), object()), "a", 2, id="no value of JSON"),
        pytest.param(lambda it: it.replace(("a",), (1,)), "a", 2, id="a tuple"),
        pytest.param(lambda it: it.replace(("a",), {1: 2}), "a", 2, id="a key that is no text"),
        pytest.param(lambda it: it.insert(("a",), 1), "a", 2, id="it is there"),
        pytest.param(lambda it: it.insert(("a", "x"), 1), "a", 2, id="no object"),
        pytest.param(lambda it: it.insert(("b", "x"), 1), "b", 3, id="an array"),
        pytest.param(lambda it: it.insert(("t", "x"), 1, after=("a",)), "t.x", None, id="behind another object"),
        pytest.param(lambda it: it.move(("t",), ("t", "x")), "t", 4, id="into itself"),
    ],
)
def test_edits_that_cannot_be_made(edit: Callable[[Document], Any], path: str, line: int | None) -> None:
    """Each names the key and its line, and nothing of what stands there."""
    document = of_json('{\n "a": "canary",\n "b": ["canary"],\n "t": {"d": "canary"}\n}')

    with pytest.raises(CannotEdit) as refused:
        edit(document)

    assert (path, line) == (refused.value.path, refused.value.line)
    assert "canary" not in f"{refused.value} {document!r}"
    assert refused.value.__context__ is None


def test_a_scanner_that_sees_other_keys_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that only the library understands is read all the same, and not edited."""
    monkeypatch.setattr(_json, "scan_json", lambda text: scan_json(text.replace("a", "z")))
    document = of_json('{"a": 1}')

    assert {"a": 1} == document.data
    assert {} == document.spots()
    with pytest.raises(CannotEdit, match="by hand"):
        document.rename(("a",), "b")


def test_nesting_as_deep_as_the_library_reads() -> None:
    """What is read and too deep to be searched is read, and not edited."""
    document = of_json('{"a": ' * 900 + "1" + "}" * 900)

    assert {"a"} == set(document.data)
    try:
        renamed = document.rename(("a",), "b")
    except CannotEdit:
        return
    assert {"b"} == set(renamed.data)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("\ufeff", 1),
        ('{"a": 1,\n"b": canary}', 2),
        ('{"a": "canary', 1),
        ('{"canary": 1}\n{"canary": 2}', 2),
        ('"canary"', None),
        ('["canary"]', None),
        ("null", None),
        ('{"a": ' + "[" * 100_000, None),
        ('{"a": ' + "1" * 5000 + "}", None),
        ('{"a": "\\ucanary"}', 1),
    ],
)
def test_what_is_no_json(text: str, line: int | None) -> None:
    """The error says on which line, and nothing of the text, not even in what it was raised from."""
    with pytest.raises(UnreadableDocument) as refused:
        of_json(text)

    assert ("json", line) == (refused.value.kind, refused.value.line)
    assert "canary" not in str(refused.value)
    assert refused.value.__context__ is None
