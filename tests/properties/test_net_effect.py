"""The net effect of a run of steps is what the steps do one after the other, on any payload."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from properties.anysteps import TOP, flat_steps, payloads, put_in_the_way, steps
from properties.model import Told
from upcast._json import parse
from upcast._net_effect import Member, NetEffect, net_effect, worked

# Runs in which members only change places, in which steps fail on what goes later, and in which anything meets.
apart = st.lists(steps, max_size=6)
simple = st.lists(flat_steps(("rename", "rename", "move", "add", "add", "remove")), min_size=2, max_size=9)
failing = st.lists(flat_steps(("map_values", "map_values", "unwrap", "remove", "rename")), min_size=2, max_size=5)
runs = st.one_of(simple, simple, failing, apart, st.lists(flat_steps(), min_size=2, max_size=12))


def _exact(value: Any) -> Any:
    """What must agree: values with their types, and the order of members at every level."""
    if isinstance(value, dict):
        return [(name, _exact(item)) for name, item in value.items()]
    return [_exact(item) for item in value] if isinstance(value, list) else (type(value), repr(value))


def _one_by_one(run: Sequence[Told], payload: dict[str, Any]) -> Any:
    """What the steps make of a copy, one after the other; the type of the exception if one fails."""
    payload = copy.deepcopy(payload)
    try:
        for step in run:
            step.real.apply(payload)
    except Exception as error:
        return type(error)
    return payload


def _at_once(effect: NetEffect, payload: dict[str, Any]) -> Any:
    payload = copy.deepcopy(payload)
    try:
        effect.apply(payload)
    except Exception as error:
        return type(error)
    return payload


def _of(run: Sequence[Told]) -> NetEffect:
    return net_effect([step.real for step in run])


def _first_present(member: Member, payload: dict[str, Any]) -> Any:
    """The value that a member tells of, in a list; an empty list where it is absent."""
    for found in member.alternatives:
        if found.source in payload:
            return [worked(copy.deepcopy(payload[found.source]), found.steps)]
    return [] if member.constant is None else [parse(member.constant)]


# Cheap, and the one place where rare meetings of steps are looked for.
@settings(max_examples=8 * settings().max_examples)
@given(runs, payloads, st.data())
def test_the_net_effect_is_what_the_steps_do(run: list[Told], payload: dict[str, Any], data: st.DataObject) -> None:
    """Value, order of members at every level and the failure are the same, however many steps there are."""
    for step in run:
        put_in_the_way(payload, step, data)
    effect = _of(run)

    assert _exact(_one_by_one(run, payload)) == _exact(_at_once(effect, payload))


@settings(max_examples=8 * settings().max_examples)
@given(runs, payloads, st.data())
def test_members_tell_where_each_value_comes_from(
    run: list[Told], payload: dict[str, Any], data: st.DataObject
) -> None:
    """Where `member` answers, the first present alternative, else the constant, is what the steps put there."""
    for step in run:
        put_in_the_way(payload, step, data)
    effect = _of(run)
    made = _one_by_one(run, payload)
    if not isinstance(made, dict):
        return

    for name in {*payload, *made, *effect.names}:
        member = effect.member(name)
        if member is not None:
            assert _exact(_first_present(member, payload)) == _exact([made[name]] if name in made else [])


@settings(max_examples=8 * settings().max_examples)
@given(runs, payloads, st.data())
def test_members_of_components_tell_what_becomes_of_them(
    run: list[Told], payload: dict[str, Any], data: st.DataObject
) -> None:
    """Whatever `members` tell of a component, worked values and gathered objects too, its steps do."""
    for step in run:
        put_in_the_way(payload, step, data)
    for component in _of(run).components:
        own = {name: value for name, value in payload.items() if name in component.names}
        made: Any = copy.deepcopy(own)
        try:
            for step in component.steps:
                step.apply(made)
        except Exception:  # a step on the way, or what a member is put into, objects
            continue
        for name, member in (component.members or {}).items():
            expected = _first_present(member, own)
            gathered = {
                key: own[next(source for source in sources if source in own)]
                for key, sources in member.gathered
                if any(source in own for source in sources)
            }
            if gathered:
                expected = [{**(expected[0] if expected else {}), **gathered}]
            assert _exact(expected) == _exact([made[name]] if name in made else [])


@settings(max_examples=3 * settings().max_examples)
@given(runs)
def test_components_do_not_meet_and_hold_every_step(run: list[Told]) -> None:
    """Each step is in one component, in the order of the run, and no two components share a member."""
    effect = _of(run)
    real = [step.real for step in run]

    assert not any(one.names & other.names for one, other in itertools.combinations(effect.components, 2))
    assert sum(len(component.steps) for component in effect.components) == len(real)
    for component in effect.components:
        assert [step for step in real if step.names & component.names] == list(component.steps)
        assert component.names == frozenset().union(*(step.names for step in component.steps))
        assert component.members is None or component.members.keys() == component.names
    assert effect.names == frozenset().union(*(step.names for step in real))


@settings(max_examples=3 * settings().max_examples)
@given(runs, st.lists(payloads, min_size=2, max_size=2))
def test_the_net_effect_keeps_nothing(run: list[Told], both: list[dict[str, Any]]) -> None:
    """What one payload was given is not seen in the next: constants are made anew, and nothing is remembered."""
    effect = _of(run)
    first = copy.deepcopy(both[0])
    try:
        effect.apply(first)
    except Exception:
        first = {}
    for value in first.values():
        if isinstance(value, list):
            value.append("scribbled")
        elif isinstance(value, dict):
            value["scribbled"] = True

    assert _exact(_one_by_one(run, both[1])) == _exact(_at_once(effect, both[1]))


@given(st.permutations(TOP), st.integers(1, 30))
def test_any_number_of_renames_is_one(names: list[str], hops: int) -> None:
    """A value that is handed round comes from one member by no step at all."""
    path = [names[number % 3] for number in range(hops + 1)]
    renames = [Told("rename", (one,), (other,)) for one, other in itertools.pairwise(path)]
    effect = _of(renames)

    member = effect.member(path[-1])

    assert member is not None
    assert member.constant is None
    assert all(not found.steps for found in member.alternatives)
    assert member.alternatives[0].source == path[0]
    assert len(member.alternatives) == len(set(path))
