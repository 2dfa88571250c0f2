"""Any steps over any payload: the plain lane does what the documentation says, or refuses and names the step."""

from __future__ import annotations

import copy
import json
from typing import Any

import msgspec
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import upcast
from properties.anysteps import (
    TOP,
    boxed,
    flat_steps,
    forgotten,
    paths,
    payloads,
    put_in_the_way,
    steps,
    wrapped,
)
from properties.model import CannotGoOn, Steps, Told, interpret
from properties.texts import dump, exact, own_decoder, plain
from properties.worlds import FAMILIES, FORMS, make_class, wire
from upcast._paths import StepFailed

chains = st.lists(st.lists(steps, max_size=2).map(tuple).map(Steps), min_size=1, max_size=7).map(tuple)

_ABSENT = "(absent)"


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
        put_in_the_way(payload, step, data)
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


NAMES = {name: getattr(upcast, name) for name in upcast.steps.__all__ if name != "Step"}
NAMES |= {"wrapped": wrapped, "boxed": boxed, "forgotten": forgotten}


@given(steps)
def test_a_step_reads_as_the_call_that_makes_it(told: Told) -> None:
    """The `repr` of a step makes an equal one, whose JSON form is JSON; a form is missing only where code is held."""
    step = told.real

    assert step == eval(repr(step), dict(NAMES))  # the claim itself
    assert bool(step.code) == (step.to_json() is None)
    assert step.to_json() == json.loads(json.dumps(step.to_json()))


@given(steps, payloads, st.data())
def test_a_step_touches_only_the_members_it_names(told: Told, payload: dict[str, Any], data: st.DataObject) -> None:
    """Members outside `names` stay what they are, whatever else there is, and do not change what is done."""
    put_in_the_way(payload, told, data)
    step, payload = told.real, plain(payload)
    there = {name: value for name, value in payload.items() if name in step.names}
    beside = {name: value for name, value in payload.items() if name not in step.names}
    outcomes = []
    for given_payload in (copy.deepcopy(payload), copy.deepcopy(there)):
        try:
            step.apply(given_payload)
        except StepFailed as failure:
            outcomes.append((str(failure), {}))
        else:
            outcomes.append(("", given_payload))

    (failed, whole), (failed_alone, alone) = outcomes

    assert failed == failed_alone
    if not failed:
        assert whole == {**beside, **alone}


def _around(inner: st.SearchStrategy[Told]) -> st.SearchStrategy[Told]:
    # One step only: of several, each inverse may do more than its step had to.
    return st.builds(Told, st.sampled_from(["within", "each"]), paths, steps=st.tuples(inner))


_one_way = flat_steps(("rename", "move", "wrap", "unwrap", "join_fields"))
_undoable = st.one_of(_one_way, _around(_one_way), _around(_around(_one_way)))


def _pruned(value: Any) -> Any:
    """A value without members that are empty objects: a step leaves those it emptied or made on its way."""
    if isinstance(value, list):
        return [_pruned(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: item for name, item in zip(value, map(_pruned, value.values()), strict=True) if item != {}}


# Cheap, and most payloads fail most steps.
@settings(max_examples=8 * settings().max_examples)
@given(_undoable, payloads, st.data())
def test_what_an_inverse_brings_back_becomes_the_same_again(
    told: Told, payload: dict[str, Any], data: st.DataObject
) -> None:
    """Where a step and its inverse both go through, the step makes of what came back what it had made before."""
    put_in_the_way(payload, told, data)
    step, back, payload = told.real, told.real.inverse(), plain(payload)
    try:
        step.apply(payload)
        once = copy.deepcopy(payload)
        back.apply(payload)
        step.apply(payload)
    except StepFailed:
        reject()

    assert back.inverse() == step
    assert _pruned(once) == _pruned(payload)


@given(payloads, paths, st.sampled_from([None, *TOP]), st.booleans())
def test_what_is_wrapped_comes_out_as_it_was(
    payload: dict[str, Any], path: tuple[str, ...], key: str | None, nulls: bool
) -> None:
    """`unwrap` undoes `wrap` on every payload."""
    step = Told("wrap", path, key=key, nulls=nulls).real
    wrapped = copy.deepcopy(payload)

    step.apply(wrapped)
    step.inverse().apply(wrapped)

    assert wrapped == payload


@given(st.lists(st.text("ab ,", max_size=4), min_size=2, max_size=4), st.sampled_from([" ", ", ", "ab"]))
def test_a_text_that_is_split_and_joined_is_the_same(parts: list[str], separator: str) -> None:
    """`join_fields` undoes `split_field` on every text, and the other way round if only the last part may divide."""
    names = [f"part{number}" for number in range(len(parts))]
    step = upcast.split_field("whole", into=names, separator=separator)
    text = separator.join(parts)
    payload: dict[str, Any] = {"whole": text}

    step.apply(payload)
    divided = dict(payload)
    back = step.inverse()
    assert back is not None
    back.apply(payload)

    assert payload == {"whole": text}
    step.apply(payload)
    assert payload == divided
    assert list(divided) == names
