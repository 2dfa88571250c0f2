"""The verdict on steps is never wrong: what it refuses can do no good on any payload."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import msgspec
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import upcast
from properties.anysteps import constants, flat_steps, nested_steps, paths, payloads, put_in_the_way
from properties.model import CannotGoOn, Told
from properties.texts import dump, exact, own_decoder
from properties.worlds import make_class


def _defects(cls: type, steps: Sequence[Told]) -> list[upcast.Defect]:
    events = upcast.Registry()
    events.event("e", version=2)(cls)
    events.steps("e", *(step.real for step in steps), from_version=1)
    try:
        events.codec()
    except upcast.RegistryDefects as group:
        return [defect for defect in group.exceptions if isinstance(defect, upcast.Defect)]
    return []


def _went(step: Told, payload: dict[str, Any]) -> bool | None:
    """Do a step; whether it changed anything, None if it failed."""
    before = copy.deepcopy(payload)
    try:
        step.interpret(payload)
    except CannotGoOn:
        return None
    return exact(before) != exact(payload)


single_steps = st.one_of(flat_steps(), st.builds(Told, st.just("within"), paths, steps=st.tuples(flat_steps())))
Loose = make_class("struct", "Loose", dict.fromkeys(("a", "b", "c"), (Any, None)))


# Most steps find what they need.
@settings(max_examples=8 * settings().max_examples)
@given(st.lists(single_steps, min_size=2, max_size=4), payloads, st.data())
def test_a_step_that_is_told_to_need_what_is_gone_never_does_anything(
    steps: list[Told], payload: dict[str, Any], data: st.DataObject
) -> None:
    """The verdict `missing-field` is never wrong: on any payload such a step fails or leaves all as it was."""
    told = [defect for defect in _defects(Loose, steps) if defect.reason == "missing-field"]
    for step in steps:
        put_in_the_way(payload, step, data)
    for step in steps:
        went = _went(step, payload)
        if went is None:
            break
        if any(defect.problem.startswith(f"{step.real!r} needs ") for defect in told):
            # The same step may stand there twice, and only once in vain.
            assert not went or sum(other.real == step.real for other in steps) > 1


class StrictInner(pydantic.BaseModel):
    a: int = 0
    b: str | None = ""
    c: StrictInner | None = None


class Strict(pydantic.BaseModel):
    a: StrictInner | None = None
    b: list[StrictInner] = []
    c: str = ""


class StructInner(msgspec.Struct):
    a: int = 0
    b: str | None = ""
    c: StructInner | None = None


class StrictStruct(msgspec.Struct):
    a: StructInner | None = None
    b: list[StructInner] = []
    c: str = ""


_adders = st.builds(lambda path, value: Told("add", path, value=value), paths, constants)
_inner_adders = st.builds(
    lambda verb, path, add: Told(verb, path, steps=(add,)), st.sampled_from(["within", "each"]), paths, _adders
)
_followed = flat_steps(("rename", "move", "move", "wrap", "wrap", "unwrap", "remove", "split_field", "join_fields"))


# Most constants are fine, or not told about.
@settings(max_examples=16 * settings().max_examples)
@given(
    st.sampled_from([Strict, StrictStruct]),
    st.one_of(_adders, _inner_adders),
    st.lists(st.one_of(_followed, _followed, nested_steps(_followed)), max_size=2),
    payloads,
    st.data(),
)
def test_a_constant_that_is_told_to_be_refused_is_never_taken(
    cls: type, adder: Told, rest: list[Told], payload: dict[str, Any], data: st.DataObject
) -> None:
    """The verdict `bad-constant` is never wrong: a class takes no payload in which such a constant was put."""
    if not any(defect.reason == "bad-constant" for defect in _defects(cls, [adder, *rest])):
        return
    put_in_the_way(payload, adder, data)

    if _went(adder, payload) and None not in [_went(step, payload) for step in rest]:
        with pytest.raises((pydantic.ValidationError, msgspec.ValidationError)):
            own_decoder(cls, dump(payload).encode())
