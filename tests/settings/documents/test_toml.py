"""TOML documents: the corpus, read and edited, and what each edit writes."""

from __future__ import annotations

import tomllib
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
from upcast.settings._documents import _toml
from upcast.settings._documents._toml_scan import scan_toml
from upcast.settings.documents import CannotEdit, Document, Path, UnreadableDocument, read_document

FILES = files_of("toml")


def toml(text: str) -> Document:
    """A document."""
    return read_document(text, "toml")


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def file(request: pytest.FixtureRequest) -> File:
    """Each file of the corpus."""
    found: File = request.param
    return found


@pytest.fixture
def document(file: File) -> Document:
    """What it holds."""
    return document_of(file)


def literal_at(document: Document, path: Path) -> str | None:
    """The value of a key as it is written, where it is written in one piece."""
    spots = document.spots()[path]
    written = spots[-1].value.of(document.text)
    try:
        read = tomllib.loads(f"value = {written}")
    except tomllib.TOMLDecodeError:
        return None
    return written if len(spots) == 1 and alike(read, {"value": at(document.data, path)}) else None


# --- the corpus -----------------------------------------------------------------------------------------------------


def test_there_are_files_enough() -> None:
    """The corpus has at least 50 files, and each has an old key or an old value."""
    assert len(FILES) >= 50
    for file in FILES:
        document = document_of(file)
        assert [*legacy_in(file, document)] or '"WARN"' in document.text or "'WARN'" in document.text, file.name


def test_reading_equals_the_library(document: Document) -> None:
    """The data is what tomllib reads."""
    assert alike(tomllib.loads(document.text.removeprefix("\ufeff")), document.data)


def test_every_key_has_its_spot(document: Document) -> None:
    """Every key is found, with the line it stands on, and its last part and its value as they are written."""
    lines = document.text.split("\n")

    assert keys_of(document.data) == set(document.spots())
    for path, spots in document.spots().items():
        for spot in spots:
            assert spot.path == path
            assert [path[-1]] == list(tomllib.loads(f"{spot.key.of(document.text)} = 0"))
            assert spot.key.of(document.text) in lines[spot.line - 1]
        if not isinstance(at(document.data, path), dict) and "[[" not in document.text:
            assert literal_at(document, path) is not None


def test_a_spot_of_a_table_says_what_is_in_it(document: Document) -> None:
    """What an inline table or a dotted key says, read on its own, is part of the table."""
    for path, spots in document.spots().items():
        table = at(document.data, path)
        for spot in spots if isinstance(table, dict) else ():
            written = spot.value.of(document.text)
            if document.text[spot.key.end : spot.value.start].strip() == "=":
                assert alike(tomllib.loads(f"value = {written}")["value"], table)
            elif "\n" not in document.text[spot.key.end : spot.value.start]:
                assert set(tomllib.loads(written)) <= set(table)


def test_a_rename_touches_nothing_but_keys_and_can_be_undone(document: Document) -> None:
    """Every key gets another name in place, and its own back."""
    for path, spots in document.spots().items():
        name = f"{path[-1]}_x"

        renamed = document.rename(path, name)

        new = (*path[:-1], name)
        assert alike(with_name(document.data, path, name), renamed.data)
        assert outside(document.text, [spot.key for spot in spots]) == outside(
            renamed.text, [spot.key for spot in renamed.spots()[new]]
        )
        back = renamed.rename(new, path[-1])
        assert alike(document.data, back.data)
        if not any("\\" in spot.key.of(document.text) for spot in spots):
            assert document.text == back.text


def test_a_replacement_touches_nothing_but_the_value(document: Document) -> None:
    """Every value that is written in one piece gets another, of any type."""
    for path in document.spots():
        for value in ("new # \"value'", 60, True, 1.5, ["a", 1], {"a b": {"c": "d"}}):
            if literal_at(document, path) is None:
                with pytest.raises(CannotEdit) as refused:
                    document.replace(path, value)
                assert refused.value.line is not None
                continue
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
        assert document.text.endswith("\n") == removed.text.endswith("\n") or not removed.data


def test_an_insertion_leaves_all_there_is(document: Document) -> None:
    """A key goes behind every other key, and to the end of every table."""
    for path in document.spots():
        new = (*path[:-1], "inserted")
        table = (*path, "inserted")
        behind = document.insert(new, "v", after=path)
        assert alike(with_value(document.data, new, "v"), behind.data)
        assert is_shortened(document.text, behind.text)
        if isinstance(at(document.data, path), dict):
            assert alike(with_value(document.data, table, 1), document.insert(table, 1).data)
            deep = (*path, "more", "than one", "inserted")
            assert alike(with_value(document.data, deep, 1), document.insert(deep, 1).data)


def test_old_keys_get_their_new_places(file: File, document: Document) -> None:
    """Each old key of the corpus can be moved where it belongs, and back where it stood unless another table has it."""
    for old, new in legacy_in(file, document):
        if new is None or new in document.spots():
            continue
        moved = document.move(old, new)
        assert alike(with_value(without(document.data, old), new, at(document.data, old)), moved.data)
        assert sorted(comments(document.text)) == sorted(comments(moved.text))
        back = moved.move(new, old)
        assert alike(with_value(without(moved.data, new), old, at(document.data, old)), back.data)
        if old[:-1] == new[:-1] or new[:-1] not in document.spots():
            assert "\\" in document.text or document.text == back.text


def comments(text: str) -> list[str]:
    """What looks like comments."""
    return [line.partition("#")[2].strip() for line in text.split("\n") if "#" in line]


# --- renames and replacements ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "path", "name", "expected"),
    [
        pytest.param("a = 1", ("a",), "b", "b = 1", id="bare"),
        pytest.param('"a" = 1', ("a",), "b", '"b" = 1', id="quotes of choice stay"),
        pytest.param("'a' = 1", ("a",), "b", "'b' = 1", id="apostrophes stay"),
        pytest.param("'a' = 1", ("a",), "b'c", '"b\'c" = 1', id="apostrophes that cannot stay"),
        pytest.param("a = 1", ("a",), "b.c", '"b.c" = 1', id="quotes that must be"),
        pytest.param('"a.b" = 1', ("a.b",), "c", "c = 1", id="quotes that need no longer be"),
        pytest.param("a = 1", ("a",), 'q"\\\n\x7f', '"q\\"\\\\\\n\\u007F" = 1', id="escapes"),
        pytest.param("a = 1", ("a",), "ö", '"ö" = 1', id="letters that cannot be bare"),
        pytest.param("[a]\n[a.b]\nx=1\n[[a.c]]", ("a",), "n", "[n]\n[n.b]\nx=1\n[[n.c]]", id="all headers"),
        pytest.param("a.b = 1\na . c = 2", ("a",), "n", "n.b = 1\nn . c = 2", id="all dotted keys"),
        pytest.param("x = {a.b = 1, a.c=2}", ("x", "a"), "n", "x = {n.b = 1, n.c=2}", id="in an inline table"),
        pytest.param("[[l]]\na=1\n[l.x]\n[[l]]", ("l",), "n", "[[n]]\na=1\n[n.x]\n[[n]]", id="a list of tables"),
    ],
)
def test_a_renamed_key_is_written_like_the_old_one(written: str, path: Path, name: str, expected: str) -> None:
    """Quotes stay where they were a matter of taste, and come and go where they must."""
    assert expected == toml(written).rename(path, name).text


@pytest.mark.parametrize(
    ("old", "value", "expected"),
    [
        pytest.param('"a"', 'q"\\\t\x00', '"q\\"\\\\\\t\\u0000"', id="quotes"),
        pytest.param("'a'", "b", "'b'", id="apostrophes"),
        pytest.param("'a'", "b'", '"b\'"', id="apostrophes that cannot stay"),
        pytest.param("1", "b", '"b"', id="another type"),
        pytest.param('"""a"""', 'b"', '"""b\\""""', id="three quotes"),
        pytest.param('"""\na"""', "b\nc", '"""\nb\nc"""', id="three quotes and a line break"),
        pytest.param('"""a"""', "\nb", '"""\n\nb"""', id="three quotes before a line break"),
        pytest.param("'''a'''", "b\nc", "'''b\nc'''", id="three apostrophes"),
        pytest.param("'''a'''", "it's\n\\", '"""it\'s\n\\\\"""', id="three apostrophes that cannot stay"),
        pytest.param("1_000", 60000, "60_000", id="grouped"),
        pytest.param("+5", 300, "+300", id="sign"),
        pytest.param("+5", -300, "-300", id="another sign"),
        pytest.param("0x1E", 1800, "0x708", id="hexadecimal"),
        pytest.param("0xfe", 171, "0xab", id="hexadecimal in small letters"),
        pytest.param("0x708", 30, "0x1E", id="hexadecimal in capital letters"),
        pytest.param("0o17", 64, "0o100", id="octal"),
        pytest.param("0b1", 5, "0b101", id="binary"),
        pytest.param("0x1E", -1, "-1", id="hexadecimal without signs"),
        pytest.param("1", True, "true", id="true"),
        pytest.param("true", False, "false", id="false"),
        pytest.param("1", 1e100, "1e+100", id="float"),
        pytest.param("1.5", float("inf"), "inf", id="infinite"),
        pytest.param("1.5", float("-inf"), "-inf", id="infinitely small"),
        pytest.param("1.5", float("nan"), "nan", id="not a number"),
        pytest.param("[1]", [], "[]", id="empty list"),
        pytest.param("1", {}, "{}", id="empty table"),
        pytest.param("{a=1}", {"a b": [1, {"c": "d"}]}, '{ "a b" = [1, { c = "d" }] }', id="table"),
        pytest.param("1979-05-27", tomllib.loads("x = 07:32:00.5")["x"], "07:32:00.500000", id="time"),
    ],
)
def test_a_new_value_is_written_like_the_old_one(old: str, value: object, expected: str) -> None:
    """Quotes, groups of digits and bases stay where they can."""
    document = toml(f"a = {old} # c\n")

    replaced = document.replace(("a",), value)

    assert f"a = {expected} # c\n" == replaced.text


def test_the_same_value_is_not_written_again() -> None:
    """A replacement by the value that stands there leaves how it is written."""
    document = toml("a = 0x1E\nb = nan\n")

    assert document.replace(("a",), 30) is document
    assert document.replace(("b",), float("nan")) is document
    assert document.replace(("a",), 30.0).text == "a = 30.0\nb = nan\n"


def test_lines_of_a_text_end_as_those_of_the_file() -> None:
    """A text over lines gets the line breaks that the file has."""
    assert 'a = """\r\nb\r\nc"""\r\n' == toml('a = """\r\nx"""\r\n').replace(("a",), "b\nc").text


# --- insertions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "path", "after", "expected"),
    [
        pytest.param("", ("n",), None, "n = 1\n", id="empty text"),
        pytest.param("\ufeff", ("n",), None, "\ufeffn = 1\n", id="nothing but a byte order mark"),
        pytest.param("a = 0\nb = 0\n", ("n",), ("a",), "a = 0\nn = 1\nb = 0\n", id="behind a key"),
        pytest.param("a = 0\nb = 0", ("n",), ("b",), "a = 0\nb = 0\nn = 1", id="no line break at the end"),
        pytest.param("a=0\r\nb=0\r\n", ("n",), ("a",), "a=0\r\nn=1\r\nb=0\r\n", id="carriage returns"),
        pytest.param(
            "  a = [ # c\n 1\n] # d\nb = 0", ("n",), ("a",), "  a = [ # c\n 1\n] # d\n  n = 1\nb = 0", id="lines"
        ),
        pytest.param("# c\n\n[t]\n", ("n",), None, "# c\n\nn = 1\n\n[t]\n", id="below a licence"),
        pytest.param("# c\n[t]\n", ("n",), None, "n = 1\n\n# c\n[t]\n", id="above the comment of a header"),
        pytest.param("[t] # c\n\n[u]", ("t", "n"), None, "[t] # c\nn = 1\n\n[u]", id="first of a table"),
        pytest.param("[t]\na=0\n# c\n\n# d\n[u]", ("t", "n"), None, "[t]\na=0\n# c\nn=1\n\n# d\n[u]", id="last of it"),
        pytest.param("[t]\na = 0\n# c\n[u]", ("t", "n"), None, "[t]\na = 0\nn = 1\n# c\n[u]", id="before a comment"),
        pytest.param("a.b = 0\nc = 0\n", ("a", "n"), None, "a.b = 0\na.n = 1\nc = 0\n", id="dotted"),
        pytest.param("a . b = 0\n", ("a", "n"), ("a", "b"), "a . b = 0\na.n = 1\n", id="dotted with spaces"),
        pytest.param("a = {b = 0}", ("a", "n"), ("a", "b"), "a = {b = 0, n = 1}", id="inline"),
        pytest.param("a = {b=0,c=0}", ("a", "n"), ("a", "b"), "a = {b=0, n=1,c=0}", id="inside an inline table"),
        pytest.param("a = { }", ("a", "n"), None, "a = { n = 1 }", id="empty inline table"),
        pytest.param("a = {b.c = 0}", ("a", "b", "n"), None, "a = {b.c = 0, b.n = 1}", id="dotted inline"),
        pytest.param("a = {b = 0}", ("a", "x", "n"), None, "a = {b = 0, x.n = 1}", id="a table inline"),
        pytest.param("a = 0\n", ("t", "n"), None, "a = 0\n\n[t]\nn = 1\n", id="a header"),
        pytest.param("a = 0", ("t", "n"), None, "a = 0\n\n[t]\nn = 1", id="a header without a last line break"),
        pytest.param("[t]\na=0\n\n[u]\n", ("t", "v", "n"), None, "[t]\na=0\n\n[t.v]\nn = 1\n\n[u]\n", id="a sub-table"),
        pytest.param("[u]\n# c\n[t.v]\n", ("t", "n"), None, "[u]\n\n[t]\nn = 1\n\n# c\n[t.v]\n", id="a super-table"),
        pytest.param("[[l]]\na=0\n", ("n",), None, "n = 1\n\n[[l]]\na=0\n", id="before a list"),
        pytest.param("[t]\n[[t.l]]\n", ("t", "n"), None, "[t]\nn = 1\n[[t.l]]\n", id="before a list of the table"),
        pytest.param("[t]\n[t.u]\n", ("t", "n"), ("t", "u"), "[t]\nn = 1\n[t.u]\n", id="behind a table"),
    ],
)
def test_where_an_insertion_goes(written: str, path: Path, after: Path | None, expected: str) -> None:
    """What is put in stands and looks as its neighbours do."""
    assert expected == toml(written).insert(path, 1, after=after).text


def test_a_text_is_quoted_like_the_one_it_follows() -> None:
    """The parts of a split key look like the key they come from."""
    document = toml("address = 'shop:80'\nnote = '''\nx'''\n")

    assert "host = 'shop'" in document.insert(("host",), "shop", after=("address",)).text
    assert 'host = "shop"' in document.insert(("host",), "shop", after=("note",)).text


# --- removals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "path", "expected"),
    [
        pytest.param("# c\na = 1 # d\n# e\nb = 2\n", ("a",), "# c\n# e\nb = 2\n", id="with its comment"),
        pytest.param("a = 1\nb = 2", ("b",), "a = 1", id="no line break at the end"),
        pytest.param("a = 1\r\nb = 2", ("b",), "a = 1", id="no line break at the end of lines with two letters"),
        pytest.param("a = 1", ("a",), "", id="all there is"),
        pytest.param("\ufeffa = 1\n", ("a",), "\ufeff", id="all behind a byte order mark"),
        pytest.param("a = 1\n\nb = 2\n\nc = 3\n", ("b",), "a = 1\n\nc = 3\n", id="between blank lines"),
        pytest.param("a = 1\nb = 2\n\nc = 3\n", ("b",), "a = 1\n\nc = 3\n", id="the last of a group"),
        pytest.param("a = 1  \n\nb = 2\n", ("b",), "a = 1  \n", id="the last of all"),
        pytest.param("[t]\na = 1\n\n[u]\nb = 2\n", ("t", "a"), "[u]\nb = 2\n", id="the last of a table"),
        pytest.param("[t]\n[t.u]\na = 1\n[v]\n", ("t", "u", "a"), "[v]\n", id="the last of several tables"),
        pytest.param("# c\n[t] # d\n# e\na = 1\n# f\n\n[u]\n", ("t",), "# c\n# f\n\n[u]\n", id="comments in a table"),
        pytest.param("a.b = 1\nc = 2\na.d = 3\n", ("a",), "c = 2\n", id="dotted"),
        pytest.param("x = {a = 1, b = 2, c = 3}", ("x", "a"), "x = {b = 2, c = 3}", id="first inline"),
        pytest.param("x = {a = 1, b = 2, c = 3}", ("x", "b"), "x = {a = 1, c = 3}", id="second inline"),
        pytest.param("x = {a = 1, b = 2, c = 3 }", ("x", "c"), "x = {a = 1, b = 2 }", id="last inline"),
        pytest.param("x = {a.b = 1, c = 2, a.d = 3}", ("x", "a"), "x = {c = 2}", id="dotted inline"),
        pytest.param("x = {a.b = 1, a.d = 3, c = 2}", ("x", "a"), "x = {c = 2}", id="two in a row"),
        pytest.param("x = {a = 1}\ny = 1\n", ("x", "a"), "y = 1\n", id="the only one inline"),
        pytest.param("[[l]]\na = 1\n[b]\n[[l]]\na = 2\n", ("l",), "[b]\n", id="a list of tables"),
        pytest.param('a = """\nb = 1\n"""\nb = 2\n', ("b",), 'a = """\nb = 1\n"""\n', id="not inside a text"),
    ],
)
def test_what_goes_with_a_removal(written: str, path: Path, expected: str) -> None:
    """The comment behind it, one comma, tables that become empty; never a comment above it."""
    assert expected == toml(written).remove(path).text


# --- moves ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "path", "to", "expected"),
    [
        pytest.param("a = 1 # c\n", ("a",), ("t", "b"), "t.b = 1 # c\n", id="in place"),
        pytest.param('"a" = 1\n', ("a",), ("t", "b"), 't."b" = 1\n', id="in place with quotes"),
        pytest.param("t.b = 1\n", ("t", "b"), ("a",), "a = 1\n", id="back in place"),
        pytest.param("x = {a = 1}\n", ("x", "a"), ("x", "t", "b"), "x = {t.b = 1}\n", id="in place inline"),
        pytest.param("a = 1\nt.c = 2\n", ("a",), ("t", "b"), "t.b = 1\nt.c = 2\n", id="beside dotted keys"),
        pytest.param(
            "# c\n\n # d\n # e\n a = 1 # f\ng = 2\n[t]\n\tc = 3\n",
            ("a",),
            ("t", "b"),
            "# c\n\ng = 2\n[t]\n\tc = 3\n\t# d\n\t# e\n\tb = 1 # f\n",
            id="to a table with its comments",
        ),
        pytest.param("a=1\nx=2\n[t.u]\n", ("a",), ("t", "b"), "x=2\n\n[t]\nb = 1\n\n[t.u]\n", id="to a super-table"),
        pytest.param("[t]\nb = 1\n\n[u]\nc = 2\n", ("t", "b"), ("u", "b"), "[u]\nc = 2\nb = 1\n", id="the last one"),
        pytest.param(
            "[t]\n# c\n\n# d\nb = 1\n[u]\n",
            ("t", "b"),
            ("a",),
            "# d\na = 1\n\n# c\n\n[u]\n",
            id="comments of an emptied table",
        ),
        pytest.param("a = 1\nt = {c = 2}\n", ("a",), ("t", "b"), "t = {c = 2, b = 1}\n", id="to an inline table"),
        pytest.param("t = {c = 2, b = 1}\n", ("t", "b"), ("a",), "t = {c = 2}\na = 1\n", id="from an inline table"),
        pytest.param(
            "x = {t = {}}\n# c\na = 1 # d\n", ("a",), ("x", "t", "b"), "# c\n# d\nx = {t = { b = 1 }}\n", id="comments"
        ),
        pytest.param("a = [ # c\n 1 ]\n[t]\n", ("a",), ("t", "b"), "[t]\nb = [ # c\n 1 ]\n", id="a value over lines"),
        pytest.param(
            "[a]\nx = 1\n[a.b]\n[[a.c]]\n", ("a",), ("t", "n"), "[t.n]\nx = 1\n[t.n.b]\n[[t.n.c]]\n", id="a table"
        ),
        pytest.param("[t]\n[t.a]\nx = 1\n", ("t", "a"), ("n",), "[n]\nx = 1\n", id="the last table of a table"),
        pytest.param("a = 1\n[t]\nc = 2", ("a",), ("t", "b"), "[t]\nc = 2\nb = 1", id="no line break at the end"),
        pytest.param("[t]\nc = 2\n[u]\na = 1", ("u", "a"), ("t", "b"), "[t]\nc = 2\nb = 1", id="the last line"),
        pytest.param("a = 1\r\n[t]\r\n", ("a",), ("t", "b"), "[t]\r\nb = 1\r\n", id="carriage returns"),
        pytest.param(
            'x = """\n# c"""\na = 1\n[t]\n',
            ("a",),
            ("t", "b"),
            'x = """\n# c"""\n[t]\nb = 1\n',
            id="a text like a comment",
        ),
    ],
)
def test_where_a_move_goes(written: str, path: Path, to: Path, expected: str) -> None:
    """In place by a dotted key where that can be, else to the end of the table, with its comments."""
    assert expected == toml(written).move(path, to).text


def test_a_move_within_a_table_is_a_rename() -> None:
    """Where the parent stays, only the name changes."""
    document = toml("[t]\na = 1\nb = 2\n")

    assert document.rename(("t", "a"), "c").text == document.move(("t", "a"), ("t", "c")).text


# --- what cannot be done --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "path", "line"),
    [
        pytest.param(lambda it: it.rename(("none",), "x"), "none", None, id="no such key"),
        pytest.param(lambda it: it.rename(("a",), "b"), "b", 2, id="the name is taken"),
        pytest.param(lambda it: it.replace(("t",), 1), "t", 4, id="a table of several lines"),
        pytest.param(lambda it: it.replace(("a",), None), "a", 1, id="null"),
        pytest.param(lambda it: it.replace(("a",), object()), "a", 1, id="no value of TOML"),
        pytest.param(lambda it: it.replace(("a",), "\ud800"), "a", 1, id="a lone surrogate"),
        pytest.param(lambda it: it.replace(("a",), (1,)), "a", 1, id="a tuple"),
        pytest.param(lambda it: it.rename(("a",), "\ud800"), "a", 1, id="a key with a lone surrogate"),
        pytest.param(lambda it: it.insert(("a",), 1), "a", 1, id="it is there"),
        pytest.param(lambda it: it.insert(("a", "x"), 1), "a", 1, id="no table"),
        pytest.param(lambda it: it.insert(("l", "x"), 1), "l", 8, id="a list"),
        pytest.param(lambda it: it.insert(("t", "x"), 1, after=("a",)), "t.x", None, id="behind another table"),
        pytest.param(lambda it: it.move(("t", "d"), ("t", "d", "x")), "t.d", 5, id="into itself"),
        pytest.param(lambda it: it.move(("i",), ("l", "x")), "l", 8, id="into a list"),
        pytest.param(lambda it: it.remove(()), "", None, id="nothing"),
    ],
)
def test_edits_that_cannot_be_made(edit: Callable[[Document], Any], path: str, line: int | None) -> None:
    """Each names the key and its line, and nothing of what stands there."""
    document = toml('a = "canary"\nb = "canary" # canary\ni = {j = "canary"}\n[t]\nd = "canary"\n[t.u]\n\n[[l]]\n')

    with pytest.raises(CannotEdit) as refused:
        edit(document)

    assert (path, line) == (refused.value.path, refused.value.line)
    assert "canary" not in f"{refused.value} {document!r}"
    assert refused.value.__context__ is None


def test_a_scanner_that_sees_other_keys_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that only the library understands is read all the same, and not edited."""
    monkeypatch.setattr(_toml, "scan_toml", lambda text: scan_toml(text.replace("a", "z")))
    document = toml("a = 1\n")

    assert {"a": 1} == document.data
    assert {} == document.spots()
    with pytest.raises(CannotEdit, match="by hand"):
        document.rename(("a",), "b")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = canary\n", 2),
        ("a = canary", 1),
        ("\ufeffa = 1\ncanary\n", 2),
        ("canary = 1\ncanary = 2\n", 2),
        ("[canary]\n[canary]\n", 2),
        ('a = """canary\n\n', 3),
        ("a = [\n1,", 2),
        ("a = " + "[" * 5000, None),
        ("a = " + "1" * 5000, None),
        ("canary = 2024-02-30", 1),
    ],
)
def test_what_is_no_toml(text: str, line: int | None) -> None:
    """The error says on which line, and nothing of the text, not even in what it was raised from."""
    with pytest.raises(UnreadableDocument) as refused:
        toml(text)

    assert ("toml", line) == (refused.value.kind, refused.value.line)
    assert "canary" not in str(refused.value)
    assert refused.value.__context__ is None
