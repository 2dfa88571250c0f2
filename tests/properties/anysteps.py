"""Any steps, any payloads, and how the two meet."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from properties.model import Told
from properties.texts import Lit
from properties.worlds import integers, numbers

# Few names, so that steps meet each other's fields: present, absent, null, doubled, and in each other's way.
TOP = ("a", "b", "c", "x.y")
paths = st.one_of(st.tuples(st.sampled_from(TOP)), st.lists(st.sampled_from(TOP), min_size=2, max_size=3).map(tuple))
leaves = st.one_of(st.none(), st.booleans(), integers, numbers, st.sampled_from(["", "red", "green", "1", "null"]))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.dictionaries(st.sampled_from(TOP), inner, max_size=3), st.lists(inner, max_size=2)),
    max_leaves=8,
)
payloads = st.dictionaries(st.sampled_from(TOP), values, max_size=4)
constants = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([1.5, "red", [], {}, {"a": [1]}, [{"b": None}]])
)
scalar_constants = st.one_of(
    st.booleans(), st.integers(-3, 3), st.sampled_from([1.5, 0.1, 2.5, "red", "green", "1", ""])
)


def wrapped(value: Any) -> Any:
    """A list around it."""
    return [value]


def boxed(value: Any) -> Any:
    """An object around it."""
    return {"a": value}


def forgotten(_: Any) -> Any:
    """Always the same text."""
    return "gone"


FLAT_VERBS = (
    *("rename", "move", "move", "add", "remove", "convert", "map_values"),
    *("wrap", "unwrap", "split_field", "join_fields"),
)
SEPARATORS = (" ", "e", "ee")


@st.composite
def flat_steps(draw: st.DrawFn, verbs: tuple[str, ...] = FLAT_VERBS) -> Told:
    """A step that goes into nothing."""
    verb = draw(st.sampled_from(verbs))
    path, to = draw(paths), draw(paths)
    if verb == "rename":
        path, to = path[:1], to[:1]
    if verb in {"rename", "move"}:
        assume(_apart([path, to]))
        return Told(verb, path, to)
    if verb == "add":
        return Told(verb, path, value=draw(constants))
    if verb == "convert":
        function = draw(st.sampled_from([wrapped, boxed, forgotten]))
        return Told(verb, path, function=function, nulls=draw(st.booleans()))
    if verb == "map_values":
        nulls = draw(st.booleans())
        mapping = draw(
            st.dictionaries(
                st.one_of(scalar_constants, st.none()) if nulls else scalar_constants, constants, min_size=1
            )
        )
        return Told(verb, path, value=(mapping, draw(constants)), nulls=nulls, has_default=draw(st.booleans()))
    if verb in {"wrap", "unwrap"}:
        return Told(verb, path, key=draw(st.sampled_from([None, *TOP])), nulls=draw(st.booleans()))
    if verb in {"split_field", "join_fields"}:
        parts = tuple(draw(st.lists(paths, min_size=2, max_size=3, unique=True)))
        assume(_apart(parts) and all(whole == part or _apart([whole, part]) for whole in (path, to) for part in parts))
        return Told(verb, path, to, parts=parts, separator=draw(st.sampled_from(SEPARATORS)))
    return Told(verb, path)


def _apart(places: Sequence[tuple[str, ...]]) -> bool:
    """Whether no path is or contains another."""
    return not any(one == other[: len(one)] for one, other in itertools.permutations(places, 2))


def nested_steps(inner: st.SearchStrategy[Told]) -> st.SearchStrategy[Told]:
    """Steps inside an object or the items of an array."""
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.builds(Told, st.sampled_from(["within", "each"]), paths, steps=several)


steps = st.one_of(flat_steps(), flat_steps(), nested_steps(st.one_of(flat_steps(), nested_steps(flat_steps()))))
# What steps tell apart though Python holds much of it equal.
met = st.one_of(
    st.sampled_from([None, True, False, 1, 0, Lit("1.0"), Lit("1.5"), Lit("0.0"), "1", "red", [], {"a": None}]),
    st.sampled_from(["red green", "e e", " ", [1], [None], {"b": {"a": 1}}, [{"a": "ee"}, None, {"b": [{}]}], [[]]]),
    st.lists(st.dictionaries(st.sampled_from(TOP), values, max_size=2), max_size=2),
)


def put_in_the_way(payload: dict[str, Any], told: Told, data: st.DataObject) -> None:
    """Put odd things where a step will look, now and then."""
    for path in told.aims:
        if data.draw(st.booleans()):
            _aim(payload, path, data.draw(met))


def _aim(payload: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Put something where a step will look for it, unless something is in the way."""
    for name in path[:-1]:
        payload = payload.setdefault(name, {})
        if not isinstance(payload, dict):
            return
    payload[path[-1]] = copy.deepcopy(value)
