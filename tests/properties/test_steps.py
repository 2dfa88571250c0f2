"""Any steps over any payload: the plain lane does what the documentation says, or refuses and names the step."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

import upcast
from properties.model import CannotGoOn, Steps, Told, interpret
from properties.texts import Lit, dump, exact, own_decoder
from properties.worlds import FAMILIES, FORMS, integers, make_class, numbers, wire

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


def _wrapped(value: Any) -> Any:
    return [value]


def _boxed(value: Any) -> Any:
    return {"a": value}


def _forgotten(_: Any) -> Any:
    return "gone"


@st.composite
def _steps(draw: st.DrawFn) -> Told:
    verb = draw(st.sampled_from(["rename", "move", "move", "add", "remove", "convert", "map_values"]))
    path, to = draw(paths), draw(paths)
    if verb == "rename":
        path, to = path[:1], to[:1]
    if verb in {"rename", "move"}:
        shorter = min(len(path), len(to))
        assume(path[:shorter] != to[:shorter])
        return Told(verb, path, to)
    if verb == "add":
        return Told(verb, path, value=draw(constants))
    if verb == "convert":
        function = draw(st.sampled_from([_wrapped, _boxed, _forgotten]))
        return Told(verb, path, function=function, nulls=draw(st.booleans()))
    if verb == "map_values":
        nulls = draw(st.booleans())
        mapping = draw(
            st.dictionaries(
                st.one_of(scalar_constants, st.none()) if nulls else scalar_constants, constants, min_size=1
            )
        )
        return Told(verb, path, value=(mapping, draw(constants)), nulls=nulls, has_default=draw(st.booleans()))
    return Told(verb, path)


chains = st.lists(st.lists(_steps(), max_size=2).map(tuple).map(Steps), min_size=1, max_size=7).map(tuple)

_ABSENT = "(absent)"

# What steps tell apart though Python holds much of it equal.
met = st.sampled_from([None, True, False, 1, 0, Lit("1.0"), Lit("1.5"), Lit("0.0"), "1", "red", [], {"a": None}])


def _aim(payload: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Put something where a step will look for it, unless something is in the way."""
    for name in path[:-1]:
        payload = payload.setdefault(name, {})
        if not isinstance(payload, dict):
            return
    payload[path[-1]] = copy.deepcopy(value)


# Cheap, and the one place where rare meetings of steps are looked for.
@settings(max_examples=8 * settings().max_examples)
@given(st.sampled_from([*FAMILIES, "raw"]), chains, payloads, st.data())
def test_any_chain_does_what_the_documentation_says(
    family: str, edges: tuple[Steps, ...], payload: dict[str, Any], data: st.DataObject
) -> None:
    """Any chain over any payload hands to the class what the interpreter makes, or fails at the same step."""
    kind, absent = (msgspec.Raw, msgspec.Raw(b"")) if family == "raw" else (Any, _ABSENT)
    # A field called "x.y" cannot be written in a class, so the observer looks at what it is renamed to.
    cls = make_class(
        "struct" if family == "raw" else family, "Event", dict.fromkeys(("a", "b", "c", "d"), (kind, absent))
    )
    edges = (*edges, Steps((Told("rename", ("x.y",), ("d",)),)))
    version = data.draw(st.integers(1, len(edges)))
    for step in (step for edge in edges[version - 1 :] for step in edge.steps):
        if data.draw(st.booleans()):
            _aim(payload, step.path, data.draw(met))
    form = data.draw(st.sampled_from(FORMS))
    events = upcast.Registry()
    events.event("e", version=len(edges) + 1)(cls)
    for number, edge in enumerate(edges, 1):
        edge.register(events, "e", number)
    try:
        codec = events.codec(envelope=form)
    except upcast.RegistryDefects:
        # A step that can never do anything, or whose result nobody reads, is told at build.
        reject()
    raw = wire(form, "e", version, dump(payload))
    try:
        expected: Any = exact(own_decoder(cls, dump(interpret(edges, version, payload)).encode()))
    except CannotGoOn as failure:
        expected = failure.args

    found: list[Any] = []
    for _ in range(2):
        try:
            found.append(exact(codec.decode(raw)))
        except upcast.UpcasterFailed as error:
            found.append((error.from_version, error.step))

    assert [expected, expected] == found
