"""Which entries move, change, come and go: worked out from values alone."""

from __future__ import annotations

from typing import Any

import pytest

from upcast.settings._update._operations import Insert, Move, Operation, Remove, Replace, differences, successors


@pytest.mark.parametrize(
    ("removed", "added", "expected"),
    [
        ({("a",): 1}, {("b",): 1}, [Move(("a",), ("b",))]),
        ({("a",): 1}, {("b",): 2}, [Move(("a",), ("b",)), Replace(("b",), 2)]),
        ({("a",): 1}, {}, [Remove(("a",))]),
        ({}, {("b", "c"): 1}, [Insert(("b", "c"), 1, None)]),
        (
            {("a",): "x:1"},
            {("h",): "x", ("p",): "1"},
            [Move(("a",), ("h",)), Replace(("h",), "x"), Insert(("p",), "1", ("h",))],
        ),
        (
            {("h",): "x", ("p",): "1"},
            {("a",): "x:1"},
            [Move(("h",), ("a",)), Replace(("a",), "x:1"), Remove(("p",))],
        ),
        (
            {("a",): "x:1"},
            {("s", "h"): "x", ("t", "p"): "1"},
            [Move(("a",), ("s", "h")), Replace(("s", "h"), "x"), Insert(("t", "p"), "1", None)],
        ),
        ({("a",): {"x": 1, "y": 1}}, {("b",): {"x": 1, "y": 1}}, [Move(("a",), ("b",))]),
        ({("a",): 5}, {("b",): {"value": 5}}, [Move(("a",), ("b", "value"))]),
        (
            {("a",): {"x": 1, "y": 2}},
            {("x",): 1, ("y",): 2},
            [Move(("a", "x"), ("x",)), Move(("a", "y"), ("y",)), Remove(("a",))],
        ),
        (
            {("a",): 1, ("b",): 2},
            {("c",): 1, ("d",): 3},
            [Move(("a",), ("c",)), Move(("b",), ("d",)), Replace(("d",), 3)],
        ),
        (
            {("a",): 1, ("b",): 2},
            {("c",): 3, ("d",): 4},
            [Insert(("c",), 3, None), Insert(("d",), 4, ("c",)), Remove(("a",)), Remove(("b",))],
        ),
        (
            {("a",): {"x": 1}},
            {("b",): {"x": 2}},
            [Move(("a", "x"), ("b", "x")), Replace(("b", "x"), 2), Remove(("a",))],
        ),
        ({}, {("b",): {}}, [Insert(("b",), {}, None)]),
        (
            {("q",): {"x": 1}, ("p",): 1},
            {("b",): {"x": 1}, ("c",): 1},
            [Move(("q",), ("b",)), Move(("p",), ("c",))],
        ),
    ],
    ids=[
        "renamed",
        "converted",
        "gone",
        "new",
        "split",
        "joined",
        "split-apart",
        "table",
        "wrapped",
        "unwrapped",
        "one-left-over",
        "two-left-over",
        "table-converted",
        "empty",
        "same-value-inside",
    ],
)
def test_successors(removed: dict[Any, Any], added: dict[Any, Any], expected: list[Operation]) -> None:
    """An entry goes on in what became of it, so that its place and its comments do."""
    assert expected == successors(removed, added, loose=True)


def test_values_that_two_entries_have_tell_nothing() -> None:
    """Which of two equal values is the successor of which would be a guess."""
    found = successors({("a",): 1, ("b",): 1}, {("c",): 1, ("d",): 1}, loose=False)

    assert [Insert(("c",), 1, None), Insert(("d",), 1, ("c",)), Remove(("a",)), Remove(("b",))] == found


def test_true_and_one_are_two_values() -> None:
    """Equality of Python is not that of files."""
    assert [Insert(("b",), 1, None), Remove(("a",))] == successors({("a",): True}, {("b",): 1}, loose=False)


def test_function_that_removes_and_adds_renames_nothing() -> None:
    """What a function did is only known where the values show it; else a comment would go to a stranger."""
    assert [Insert(("b",), 2, None), Remove(("a",))] == successors({("a",): 1}, {("b",): 2}, loose=False)


def test_differences_are_those_of_the_innermost_objects() -> None:
    """What stays is not touched, at any depth."""
    before = {"a": 1, "b": {"c": 1, "d": [1, 2], "e": {"f": 0}}, "g": 7}
    after = {"a": 1, "b": {"c": 2, "d": [1, 2], "e": {"f": 0}}, "h": 7}

    assert [Move(("g",), ("h",)), Replace(("b", "c"), 2)] == differences(before, after, loose=False)


@pytest.mark.parametrize(("before", "after"), [({"b": 1}, 5), (5, {"b": 1}), ([1], [2])])
def test_what_is_no_object_any_more_is_replaced(before: Any, after: Any) -> None:
    """And what becomes one."""
    assert [Replace(("a",), after)] == differences({"a": before}, {"a": after}, loose=True)


def test_values_are_not_shown() -> None:
    """Operations are safe to print."""
    assert "hunter2" not in repr([Replace(("a",), "hunter2"), Insert(("a",), "hunter2", None)])
