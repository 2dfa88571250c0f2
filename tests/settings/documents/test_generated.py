"""Whatever a document says and however it says it: edits make exactly the data they should, or say that they cannot."""

from __future__ import annotations

import os
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from settings.documents.edited import alike, at, errors_of, keys_of, outside, with_name, with_value, without
from settings.documents.generated import DATES, LETTERS, SCALARS, json_texts, new_paths, paths, toml_texts, trees
from upcast.settings.documents import CannotEdit, Document, Kind, UnreadableDocument, read_document

MANY = int(os.environ.get("UPCAST_EXAMPLES", "40"))
QUICK = settings(
    max_examples=MANY,
    derandomize=MANY == 40,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

TEXTS: dict[Kind, st.SearchStrategy[tuple[dict[str, Any], str]]] = {"toml": toml_texts(), "json": json_texts()}
VALUES = {"toml": SCALARS | DATES | trees(SCALARS) | st.lists(SCALARS), "json": SCALARS | st.none() | trees(SCALARS)}

kinds = pytest.mark.parametrize("kind", ["toml", "json"])


def drawn(data: st.DataObject, kind: Kind) -> tuple[dict[str, Any], Document]:
    """Made-up data with a document of it."""
    told, text = data.draw(TEXTS[kind])
    document = read_document(text, kind)
    assert alike(told, document.data)
    return told, document


@kinds
@QUICK
@given(data=st.data())
def test_renames(kind: Kind, data: st.DataObject) -> None:
    """A rename makes the data with another name, and touches nothing but keys."""
    told, document = drawn(data, kind)
    assume(told)
    path = data.draw(paths(told))
    name = data.draw(new_paths(at(told, path[:-1])).filter(lambda new: new[0] not in at(told, path[:-1])))[0]

    renamed = document.rename(path, name)

    assert alike(with_name(told, path, name), renamed.data)
    keys = [spot.key for spot in document.spots()[path]]
    assert outside(document.text, keys) == outside(
        renamed.text, [spot.key for spot in renamed.spots()[(*path[:-1], name)]]
    )
    assert alike(told, renamed.rename((*path[:-1], name), path[-1]).data)


@kinds
@QUICK
@given(data=st.data())
def test_replacements(kind: Kind, data: st.DataObject) -> None:
    """A replacement makes the data with another value; only what is written in pieces cannot be replaced."""
    told, document = drawn(data, kind)
    assume(told)
    path = data.draw(paths(told))
    value = data.draw(VALUES[kind])

    try:
        replaced = document.replace(path, value)
    except CannotEdit:
        assert kind == "toml"
        assert isinstance(at(told, path), dict | list)
        assert not document.text[document.spots()[path][0].key.end :].lstrip().startswith("=")
        return

    assert alike(with_value(told, path, value), replaced.data)
    assert outside(document.text, [document.spots()[path][-1].value]) == outside(
        replaced.text, [replaced.spots()[path][-1].value]
    )


@kinds
@QUICK
@given(data=st.data())
def test_insertions(kind: Kind, data: st.DataObject) -> None:
    """An insertion makes the data with a key more, behind any other or at the end, with tables on the way."""
    told, document = drawn(data, kind)
    path = data.draw(new_paths(told))
    value = data.draw(VALUES[kind])
    siblings = [(*path[:-1], name) for name in at(told, path[:-1])] if path[:-1] in {(), *document.spots()} else []
    after = data.draw(st.sampled_from([None, *siblings]))

    assert alike(with_value(told, path, value), document.insert(path, value, after=after).data)


@kinds
@QUICK
@given(data=st.data())
def test_removals(kind: Kind, data: st.DataObject) -> None:
    """A removal makes the data without the key, and without tables that become empty."""
    told, document = drawn(data, kind)
    assume(told)
    path = data.draw(paths(told))

    assert alike(without(told, path), document.remove(path).data)


@kinds
@QUICK
@given(data=st.data())
def test_moves(kind: Kind, data: st.DataObject) -> None:
    """A move makes the data with the key elsewhere, with no comment lost; only tables in pieces cannot be moved."""
    told, document = drawn(data, kind)
    assume(told)
    path = data.draw(paths(told))
    to = data.draw(new_paths(told).filter(lambda new: new[: len(path)] != path))

    try:
        moved = document.move(path, to)
    except CannotEdit:
        assert kind == "toml"
        assert isinstance(at(told, path), dict | list)
        return

    assert alike(with_value(without(told, path), to, at(told, path)), moved.data)
    header_stays = len(path) == 1 or path[:-1] in keys_of(without(told, path))
    if kind == "toml" and header_stays:
        assert document.text.count("# ") <= moved.text.count("# ")


@kinds
@QUICK
@given(data=st.data())
def test_every_key_has_a_spot(kind: Kind, data: st.DataObject) -> None:
    """However a document says it, its keys are found."""
    told, document = drawn(data, kind)

    assert keys_of(told) == set(document.spots())


CANARY = "qzjxv"
GARBAGE = st.text(LETTERS | st.sampled_from("[]{}\"'\\=.,:#\n\r\t\x00\ufeff \ud800"), max_size=40)


@kinds
@QUICK
@given(text=GARBAGE, cut=st.integers(0, 400), data=st.data())
@example(text="", cut=0, data=None)
def test_garbage_raises_nothing_else(kind: Kind, text: str, cut: int, data: st.DataObject | None) -> None:
    """Whatever a text holds, it is read or refused, edited or not, and no error holds a piece of it."""
    if data is not None and data.draw(st.booleans()):
        document = data.draw(TEXTS[kind])[1]
        text = document[:cut] + text + document[cut + data.draw(st.integers(0, 3)) :]
    refused: list[BaseException] = []
    try:
        found = read_document(text.replace("a", CANARY), kind)
        for path in found.spots():
            found.rename(path, "other name")
            found.remove(path)
    except (UnreadableDocument, CannotEdit) as error:
        refused = list(errors_of(error))

    assert len(refused) <= 1
    assert CANARY not in " ".join(f"{each} {each!r}" for each in refused if isinstance(each, UnreadableDocument))


@kinds
@pytest.mark.parametrize(
    "text", ["\x00", "\ud800", "a" * 100_000, "[" * 100_000, "{" * 100_000, "=" * 1000, '"' * 1001]
)
def test_garbage_by_hand(kind: Kind, text: str) -> None:
    """Some texts that no library likes."""
    with pytest.raises(UnreadableDocument):
        read_document(text, cast("Kind", kind))
