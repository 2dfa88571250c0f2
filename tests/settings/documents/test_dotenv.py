"""`.env` files: reading, finding and editing, over a corpus of awkward files and over generated ones."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from dotenv import dotenv_values
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.documents.edited import CORPUS, LEGACY, errors_of, is_shortened, line_of, outside
from upcast.settings._documents._document import CannotEdit
from upcast.settings._documents._dotenv import DotenvDocument

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = sorted((CORPUS / "dotenv").iterdir())
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)

OLD_NAMES = {"APP_" + "__".join(key).upper() for key in [*LEGACY, ("smtp_port",), ("log_level",)]}


def read_file(path: Path) -> DotenvDocument:
    """A file of the corpus, with its byte order mark and its line endings."""
    return DotenvDocument.read(path.read_bytes().decode("utf-8"))


def library(text: str) -> dict[str, str | None]:
    """What the library reads from a file with this text."""
    return dict(dotenv_values(stream=io.StringIO(text, newline=None)))


def attempt(ask: Callable[..., DotenvDocument], *given: Any) -> DotenvDocument | CannotEdit:
    """What comes of it, be it a refusal."""
    try:
        return ask(*given)
    except CannotEdit as error:
        return error


# --- the corpus ------------------------------------------------------------------------------------------------------


def test_the_corpus_is_large_and_each_file_has_a_legacy_name() -> None:
    """There are at least fifty files, and each has something for an update to do."""
    assert len(FILES) >= 50
    assert [] == [path.name for path in FILES if not OLD_NAMES & {name.upper() for name in read_file(path).data}]


@each_file
def test_the_data_is_what_the_library_reads(path: Path) -> None:
    """A document has the data that pydantic-settings gets from the file."""
    assert read_file(path).data == dict(dotenv_values(path, encoding="utf-8"))


@each_file
def test_every_name_has_spots_that_slice_back(path: Path) -> None:
    """A name and its value, written alone, are read as what they are in the file."""
    document = read_file(path)

    assert {(name,) for name in document.data} == set(document.spots())
    for (name,), spots in document.spots().items():
        for spot in spots:
            key, value = spot.key.of(document.text), spot.value.of(document.text)
            assert spot.line == line_of(document.text, spot.key.start)
            assert key.strip("'") == name
            assert value == value.strip()
        sign = "=" if "=" in outside(document.text, [spots[-1].key, spots[-1].value])[1] else ""
        before = document.text[: spots[-1].key.start] if "${" in value else ""
        assert library(f"{before}{key}{sign}{value}\n")[name] == document.data[name]


@each_file
def test_a_rename_and_its_reverse_restore_every_byte(path: Path) -> None:
    """A rename changes nothing but the spans of the name, and renaming back gives the same text."""
    document = read_file(path)

    for name in document.data:
        spots = document.spots()[name,]
        renamed = attempt(document.rename, (name,), "RENAMED_IN_A_TEST")
        if isinstance(renamed, CannotEdit):
            continue
        assert outside(renamed.text, [spot.key for spot in renamed.spots()["RENAMED_IN_A_TEST",]]) == outside(
            document.text, [spot.key for spot in spots]
        )
        expected = {"RENAMED_IN_A_TEST" if key == name else key: value for key, value in document.data.items()}
        assert library(renamed.text) == expected
        assert renamed.rename(("RENAMED_IN_A_TEST",), name).text == document.text


@each_file
def test_a_value_is_replaced_in_its_span_only(path: Path) -> None:
    """What is not the value stays, to the byte, and the value is quoted as the old one was."""
    document = read_file(path)

    for name in document.data:
        spot = document.spots()[name,][-1]
        replaced = attempt(document.replace, (name,), "12345")
        if isinstance(replaced, CannotEdit):
            continue
        old = spot.value.of(document.text)
        quote = old[:1] if old[:1] in {"'", '"'} else ""
        before, after = document.text[: spot.value.start], document.text[spot.value.end :]
        sign = "=" if document.data[name] is None else ""
        assert replaced.text == f"{before}{sign}{quote}12345{quote}{after}"
        assert library(replaced.text) == {**document.data, name: "12345"}


@each_file
def test_what_was_put_in_goes_without_a_trace(path: Path) -> None:
    """A name put behind another one, or at the end, and taken out again leaves the text as it was."""
    document = read_file(path)

    for after in [None, *document.spots()]:
        more = document.insert(("PUT_IN",), "new", after=after)
        assert library(more.text) == {**document.data, "PUT_IN": "new"}
        assert more.remove(("PUT_IN",)).text == document.text


@each_file
def test_a_removal_takes_lines_out_and_nothing_else(path: Path) -> None:
    """The text without a name is the old one with lines left out."""
    document = read_file(path)

    for name in document.data:
        less = attempt(document.remove, (name,))
        if isinstance(less, CannotEdit):
            continue
        assert library(less.text) == {key: value for key, value in document.data.items() if key != name}
        assert is_shortened(less.text, document.text)


REFUSED = {
    "reference-in-single-quotes": ["APP_TIMEOUT_MINUTES (line 1): line 2 refers to it"],
    "reference-inside-the-old-value": ["DB_HOST (line 1): line 2 refers to it"],
    "reference-to-the-old-name": ["APP_CACHE_TIMEOUT (line 1): line 2 refers to it"],
    "reference-to-the-old-name-with-a-default": ["APP_DB_URL (line 1): line 2 refers to it"],
}


@pytest.mark.parametrize("edit", ["rename", "remove", "replace"])
def test_what_others_refer_to_is_not_touched(edit: str) -> None:
    """Over the whole corpus exactly the names that another line fills in are refused, with that line."""
    given = {"rename": ["NEW"], "remove": [], "replace": ["12345"]}[edit]
    found: dict[str, list[str]] = {}
    for path in FILES:
        document = read_file(path)
        for name in document.data:
            refused = attempt(getattr(document, edit), (name,), *given)
            if isinstance(refused, CannotEdit):
                found.setdefault(path.stem, []).append(str(refused))

    filled_in = {
        "reference-in-single-quotes": ["APP_NOTE (line 2): its value refers to other settings"],
        "reference-inside-the-old-value": [
            "APP_DB_URL (line 2): its value refers to other settings",
            "APP_TIMEOUT_MINUTES (line 3): its value refers to other settings",
        ],
        "reference-to-the-old-name": ["APP_IMAGE_TTL (line 2): its value refers to other settings"],
        "reference-to-the-old-name-with-a-default": ["APP_REPORTS_URL (line 2): its value refers to other settings"],
    }
    # What refers to others keeps doing so when it is renamed; a value in its place would not.
    own = filled_in if edit == "replace" else {}
    assert found == {name: [*REFUSED.get(name, []), *own.get(name, [])] for name in REFUSED}


# --- what an edit makes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        pytest.param("X=a # b\n", "c", "X=c # b\n", id="bare"),
        pytest.param("X=a\n", "b c", "X='b c'\n", id="a space"),
        pytest.param("X=a b # c\n", "d e", "X=d e # c\n", id="a space for a space"),
        pytest.param("X=a\n", "p://a?b=c&d", "X=p://a?b=c&d\n", id="signs of a shell where they stood before"),
        pytest.param("X=a\n", "#b", "X='#b'\n", id="a comment sign"),
        pytest.param("X=a\n", "b #c", "X='b #c'\n", id="a comment sign behind a space"),
        pytest.param("X=a\n", "", "X=\n", id="nothing"),
        pytest.param("X=a\n", " b ", "X=' b '\n", id="spaces around"),
        pytest.param("X=a\n", "it's", 'X="it\'s"\n', id="a quote inside"),
        pytest.param("X=a\n", "'a'", "X=\"'a'\"\n", id="quotes around"),
        pytest.param("X='a'\n", "it's \\ b", "X='it\\'s \\\\ b'\n", id="single"),
        pytest.param('X="a"\n', 'a "b" \\', 'X="a \\"b\\" \\\\"\n', id="double"),
        pytest.param("X='a'\n", "a\nb", 'X="a\\nb"\n', id="two lines"),
        pytest.param("X=  # b\n", "c", "X=c  # b\n", id="empty"),
        pytest.param("X = a\n", "c", "X = c\n", id="spaces around the sign"),
        pytest.param("export X # b\n", "c", "export X=c # b\n", id="no sign"),
        pytest.param("X='a' # b\n", None, "X # b\n", id="no value"),
        pytest.param("X=1\nX=2\n", "3", "X=1\nX=3\n", id="twice"),
        pytest.param('X="a\nb" # c\n', "d", 'X="d" # c\n', id="lines"),
        pytest.param("X=$Y\n", "$Z", "X=$Z\n", id="a dollar"),
    ],
)
def test_a_value_is_written_so_that_it_is_read_back(before: str, value: str | None, after: str) -> None:
    """A value is quoted like the old one where it can be, and where it would be read as something else."""
    document = DotenvDocument.read(before).replace(("X",), value)

    assert document.text == after
    assert library(document.text) == {"X": value}


@pytest.mark.parametrize(
    ("before", "name", "after_name", "after"),
    [
        pytest.param("A=1 # b\nB=2\n", "X", "A", "A=1 # b\nX=new\nB=2\n", id="behind"),
        pytest.param("A=1\n# b\n", "X", None, "A=1\nX=new\n# b\n", id="behind the last"),
        pytest.param("A='1\n2'\nB=3\n", "X", "A", "A='1\n2'\nX=new\nB=3\n", id="behind lines"),
        pytest.param("export A=1\n", "X", None, "export A=1\nexport X=new\n", id="exported like its neighbour"),
        pytest.param("A=1", "X", None, "A=1\nX=new", id="no final newline"),
        pytest.param("A=1\r\n", "X", None, "A=1\r\nX=new\r\n", id="crlf"),
        pytest.param("", "X", None, "X=new\n", id="empty"),
        pytest.param("\ufeff", "X", None, "\ufeffX=new\n", id="byte order mark"),
        pytest.param("# b", "X", None, "# b\nX=new", id="comment"),
        pytest.param("A=1\n", "X Y", None, "A=1\n'X Y'=new\n", id="a name that must be quoted"),
        pytest.param("A=1\nB=2\nA=3\n", "X", "A", "A=1\nB=2\nA=3\nX=new\n", id="behind the last of two"),
    ],
)
def test_a_new_name_looks_like_its_neighbours(before: str, name: str, after_name: str | None, after: str) -> None:
    """A name goes where it was asked for, exported if what stands beside it is."""
    document = DotenvDocument.read(before)

    assert document.insert((name,), "new", after=after_name and (after_name,)).text == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("A=1\n\n# b\nX=1 # c\n\nB=2\n", "A=1\n\n# b\n\nB=2\n", id="a line"),
        pytest.param("A=1\n\n  \nX=1\nB=2\n", "A=1\n\n  \nB=2\n", id="behind blank lines"),
        pytest.param("A=1\n  export X=1\nB=2\n", "A=1\nB=2\n", id="exported"),
        pytest.param("X='1\n\n2' # c\nB=2\n", "B=2\n", id="several lines"),
        pytest.param("A=1\nX=1", "A=1", id="no final newline"),
        pytest.param("A=1\r\nX=1", "A=1", id="no final newline, crlf"),
        pytest.param("X=1", "", id="the only one"),
        pytest.param("\ufeffX=1\nA=1\n", "\ufeffA=1\n", id="byte order mark"),
        pytest.param("X=1\nA=1\nX=2\n", "A=1\n", id="twice"),
        pytest.param("A=1\nX\n", "A=1\n", id="no value"),
        pytest.param("X=1\nX=2", "", id="twice and nothing else"),
    ],
)
def test_a_removal_takes_the_comment_of_the_line(before: str, after: str) -> None:
    """What goes is the line with the comment behind it; comments and blank lines around it stay."""
    assert DotenvDocument.read(before).remove(("X",)).text == after


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("p://a.b:1/c-d_e,f", "p://a.b:1/c-d_e,f"),
        ("a?b", "'a?b'"),
        ("$HOME", "'$HOME'"),
        ("a;b", "'a;b'"),
        ("", ""),
        ("a b", "'a b'"),
        ("it's", '"it\'s"'),
    ],
)
def test_a_new_value_is_quoted_where_a_shell_would_read_more(value: str, written: str) -> None:
    """What means something to a shell is quoted where nobody wrote it without quotes before."""
    assert DotenvDocument.read("").insert(("X",), value).text == f"X={written}\n"


def test_a_rename_keeps_how_a_line_is_written() -> None:
    """The name is the only thing that changes, wherever it stands, and is quoted as it was."""
    text = "\ufeffexport X = 'a' # X\r\n  'X'=b\r\n# X=1\r\nXX=X"

    renamed = DotenvDocument.read(text).rename(("X",), "NEW")

    assert renamed.text == "\ufeffexport NEW = 'a' # X\r\n  'NEW'=b\r\n# X=1\r\nXX=X"


def test_what_refers_to_others_moves_its_reference_along() -> None:
    """A value that the file fills in may get another name: it is filled in from there still."""
    document = DotenvDocument.read("HOST=db\nX=p://${HOST}/s\n")

    assert document.rename(("X",), "NEW").text == "HOST=db\nNEW=p://${HOST}/s\n"


def test_the_environment_is_filled_in_as_the_library_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference takes the value of the file before that of the environment, and that before its default."""
    monkeypatch.setenv("OUTSIDE", "outside")
    monkeypatch.setenv("BOTH", "outside")
    text = "BOTH=inside\nX=${OUTSIDE} ${BOTH} ${NOWHERE:-default} ${NOWHERE}\n"

    assert DotenvDocument.read(text).data == {"BOTH": "inside", "X": "outside inside default "} == library(text)


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ask", "error"),
    [
        pytest.param(
            "A=${NEW:-1}\nX=1\n",
            lambda it: it.rename(("X",), "NEW"),
            "X (line 2): line 1 refers to the new name",
            id="a reference to the new name",
        ),
        pytest.param(
            "A=${NEW:-1}\n",
            lambda it: it.insert(("NEW",), "1"),
            "NEW: line 1 refers to it",
            id="a reference to what is put in",
        ),
        pytest.param(
            "X=1\n",
            lambda it: it.replace(("X",), "${Y}"),
            "X (line 1): the value would be filled in",
            id="a value with one",
        ),
        pytest.param(
            "X=1\n", lambda it: it.replace(("X",), 5), "X (line 1): a .env file has nothing but texts", id="a number"
        ),
        pytest.param(
            "X=1\n", lambda it: it.rename(("X",), "it's"), "X (line 1): the name cannot be", id="a quote in a name"
        ),
        pytest.param("X=1\n", lambda it: it.rename(("X",), ""), "X (line 1): the name cannot be", id="no name"),
        pytest.param(
            "X=1\n", lambda it: it.rename(("X",), "A\nB"), "X (line 1): the name cannot be", id="a name of two lines"
        ),
        pytest.param("X=1\n", lambda it: it.insert(("Y", "Z"), "1"), "Y.Z: a .env file has no tables", id="a table"),
        pytest.param(
            "X=1\n", lambda it: it.move(("X",), ("Y", "Z")), "X (line 1): a .env file has no tables", id="into one"
        ),
        pytest.param("X=1\n", lambda it: it.insert(("X", "Z"), "1"), "X (line 1): it is no table", id="into a value"),
        pytest.param(
            "X='1\n", lambda it: it.rename(("X",), "Y"), "X: there is no such key", id="a line that is not read"
        ),
        pytest.param(
            "A='1\nX=1\n",
            lambda it: it.replace(("X",), "it 'is'"),
            "X (line 2): something else would change with it",
            id="a quote that would close an open one",
        ),
    ],
)
def test_what_cannot_be_done_safely_says_why(text: str, ask: Callable[[DotenvDocument], object], error: str) -> None:
    """The refusal names the name, its line and the reason, and repeats no value."""
    with pytest.raises(CannotEdit) as refused:
        ask(DotenvDocument.read(text))

    assert str(refused.value).startswith(error)
    assert [CannotEdit] == [type(each) for each in errors_of(refused.value)]


def test_reading_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A line that cannot be read is skipped in silence: whoever loads the file is told by the library already."""
    assert DotenvDocument.read("no assignment\nX=1\n").data == {"X": "1"}
    assert [] == caplog.records


# --- generated documents ---------------------------------------------------------------------------------------------

TEXTS = st.text(st.sampled_from("ab1 \t\n\r'\"#$={}\\,:/ü\u2028"), max_size=10).filter(lambda text: "${" not in text)


@st.composite
def documents(draw: st.DrawFn) -> DotenvDocument:
    """A document with its lines laid out in any way."""
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    lines = []
    for name in draw(st.lists(st.sampled_from(["A", "B_C", "APP__X", "ü", "a.b", "export"]), min_size=1, max_size=6)):
        lines += draw(st.lists(st.sampled_from(["", "# c", "  # A=1", "\t", "no assignment", "="]), max_size=2))
        head = draw(st.sampled_from(["", "  ", "export ", " export\t"])) + draw(st.sampled_from(["{}", "'{}'"])).format(
            name
        )
        sign = draw(st.sampled_from(["=", " = ", "= ", "\t="]))
        value = draw(
            st.sampled_from(
                ["", "1", "a b", "a#b", '"a # b"', "'it\\'s'", '"a\\nb"', f"'a{newline}B_C=1'", "$A", "[1, 2]", "a=b"]
            )
        )
        tail = draw(st.sampled_from(["", " # d", "  #", " "]))
        lines.append(head + draw(st.sampled_from(["", sign + value, sign + value, sign + value])) + tail)
    text = draw(st.sampled_from(["", "\ufeff"])) + newline.join(lines) + draw(st.sampled_from(["", newline]))
    return DotenvDocument.read(text)


@settings(max_examples=150, deadline=None)
@given(documents(), TEXTS, st.data())
def test_a_generated_document_is_edited_exactly(document: DotenvDocument, value: str, data: st.DataObject) -> None:
    """Whatever the layout, an edit is made, and makes exactly the data that it should."""
    before = library(document.text)
    assert document.data == before
    if not before:
        return
    name = data.draw(st.sampled_from(list(before)))
    new = data.draw(st.sampled_from(["NEW", "with space", "ÄNEW", "#new"]))

    renamed = document.rename((name,), new)
    replaced = document.replace((name,), value)
    inserted = document.insert((new,), value, after=data.draw(st.sampled_from([None, (name,)])))
    removed = document.remove((name,))

    rest = {key: old for key, old in before.items() if key != name}
    assert library(renamed.text) == {**rest, new: before[name]}
    assert library(replaced.text) == {**before, name: value}
    assert library(inserted.text) == {**before, new: value}
    assert library(removed.text) == rest
    assert is_shortened(removed.text, document.text)
    # A name that must be quoted stays so.
    assert new in {"with space", "#new"} or renamed.rename((new,), name).text == document.text
    assert inserted.remove((new,)).text == document.text
    spots = document.spots()[name,]
    assert outside(document.text, [spot.key for spot in spots]) == outside(
        renamed.text, [spot.key for spot in renamed.spots()[new,]]
    )


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab export1\t\n\r'\"#$={}\\:-.\ufeff\x85\u2028\x0cé"), max_size=40))
def test_garbage_is_read_as_the_library_reads_it(text: str) -> None:
    """Any text has the data that the library gives it, and every edit is made exactly or refused."""
    document = DotenvDocument.read(text)

    assert document.data == library(text)
    # A quoted name may have a line break in it: the one thing that stands otherwise than it is read.
    breaks = any("\n" in name for name in document.data)
    assert breaks or {(name,) for name in document.data} == set(document.spots())
    for name in [*document.data, "A"]:
        for ask in (
            (document.rename, (name,), "new"),
            (document.replace, (name,), "new"),
            (document.insert, (f"{name}_new",), "1"),
            (document.remove, (name,)),
            (document.move, (name,), ("some", "where")),
        ):
            assert isinstance(attempt(*ask), DotenvDocument | CannotEdit)
