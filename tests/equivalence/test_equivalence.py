"""Every lane against the plain lane, on a sample of the cases that `nox -s equivalence` runs in full."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pydantic
import pytest

import upcast
from equivalence.case import EVENT, build, made
from equivalence.cases import CASES, classifier
from equivalence.checks import check_event
from equivalence.compare import difference
from equivalence.generator import drafted, finished, payloads
from equivalence.report import Report
from equivalence.runner import quiet, run_cases
from equivalence.shrink import shrunk, told
from upcast._plan import Plan

SEED = 1
CHAINS = 300
PAYLOADS = 40


@pytest.fixture(scope="module")
def report() -> Report:
    """What came of the sample."""
    return run_cases((SEED, list(range(CHAINS)), PAYLOADS))


def test_no_lane_differs_from_the_plain_lane(report: Report) -> None:
    """Value, type, fields set, extras, private state, hash, re-encoding and error are the plain lane's."""
    if report.differences:
        pytest.fail(f"{len(report.differences)} differences, of which one:\n{told(shrunk(report.differences[0]))}")


def test_nothing_but_defects_keeps_a_codec_from_being_made(report: Report) -> None:
    """`codec()` builds what it does not refuse with a reason, and few of the generated cases are refused."""
    crashes = [problem for problem in report.problems if problem.startswith("CRASH")]
    assert not crashes, crashes
    assert report.chains > 0.9 * CHAINS, report.problems


@pytest.mark.parametrize("name", CASES)
def test_the_sample_holds_every_case_of_the_design(report: Report, name: str) -> None:
    """Each case for which a reader must be careful occurs in a chain and one of its payloads."""
    assert report.cases[name]


def test_the_sample_takes_every_lane_to_both_verdicts(report: Report) -> None:
    """Enough events of each lane are accepted, and enough refused, for the comparison to mean something."""
    for lane in ("compiled", "plain"):
        accepted = report.counts[f"{lane}: accepted"]
        assert 0.2 < accepted / report.counts[f"lane {lane}"] < 0.8


def test_a_case_is_the_same_in_every_run() -> None:
    """A seed and a number are all that is needed to see a difference again."""
    scripts = []
    for _ in range(2):
        draft = drafted(7, 11)
        with made(draft.case) as module:
            finished(draft, module)
            scripts.append((draft.case.script(), [stored.text for _, stored in payloads(draft, 20)]))
    assert scripts[0] == scripts[1]


# --- lanes that read otherwise, which the suite must see --------------------------------------------------------------

Lane = Callable[[bytes], Any]


def _with_operations(plan: Plan, change: Callable[[list[Any]], list[Any]]) -> Lane:
    chain = attrs.evolve(plan.chain, operations=tuple(change(list(plan.chain.operations))))
    return lambda data: plan.door.decode(chain.text(data, None))


def _after(plan: Plan, change: Callable[[Any], Any]) -> Lane:
    return lambda data: change(plan.door.decode(plan.chain.text(data, None)))


def _before(plan: Plan, change: Callable[[bytes], bytes]) -> Lane:
    return lambda data: plan.door.decode(plan.chain.text(change(data), None))


def _fields_set(event: Any) -> Any:
    if isinstance(event, pydantic.BaseModel):
        object.__setattr__(event, "__pydantic_fields_set__", {*type(event).__pydantic_fields__})
    return event


def _without_nulls(data: bytes) -> bytes:
    members = msgspec.json.decode(data)
    return msgspec.json.encode({name: value for name, value in members.items() if value is not None})


def _of_a_subclass(event: Any) -> Any:
    if isinstance(event, pydantic.BaseModel):
        object.__setattr__(event, "__class__", type(type(event).__name__, (type(event),), {}))
    return event


WRONG = {
    "forgets the first step": lambda plan: _with_operations(plan, lambda steps: steps[1:]),
    "forgets the last step": lambda plan: _with_operations(plan, lambda steps: steps[:-1]),
    "takes the steps backwards": lambda plan: _with_operations(plan, lambda steps: steps[::-1]),
    "forgets the chain": lambda plan: plan.door.decode,
    "hands out one object twice": lambda plan: functools.cache(_after(plan, lambda event: event)),
    "sets all fields": lambda plan: _after(plan, _fields_set),
    "makes an object of a subclass": lambda plan: _after(plan, _of_a_subclass),
    "loses the sign of zero": lambda plan: _before(plan, lambda data: data.replace(b"-0", b"0")),
    "reads every number as a float": lambda plan: _before(
        plan, lambda data: msgspec.json.encode(msgspec.json.decode(data))
    ),
    "loses nulls": lambda plan: _before(plan, _without_nulls),
    "takes the first of two keys": lambda plan: _before(plan, _first_keys),
    "repairs surrogates": lambda plan: _before(plan, lambda data: data.replace(b"\\ud800", b"?")),
    "mends control characters": lambda plan: _before(plan, lambda data: data.translate(None, b"\t\x00\x1f")),
}


def _first_keys(data: bytes) -> bytes:
    def first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(reversed(pairs))

    return json.dumps(json.loads(data, object_pairs_hook=first)).encode()


@pytest.mark.parametrize("name", WRONG)
def test_a_lane_that_reads_otherwise_is_seen(name: str) -> None:
    """A codec with a wrong lane differs within a few cases."""
    assert any(_differs(number, WRONG[name]) for number in range(40))


def _differs(number: int, wrong: Callable[[Plan], Lane]) -> bool:
    draft = drafted(3, number)
    with quiet(), made(draft.case) as module:
        finished(draft, module)
        try:
            world = build(draft.case, module)
        except upcast.RegistryDefects:
            return False
        world.codec = _misled(world.codec, wrong)
        found = (check_event(world, EVENT, version, payload.data) for version, payload in payloads(draft, 40))
        return any(found)


def _misled(codec: Any, wrong: Callable[[Plan], Lane]) -> Any:
    """A codec in which everything but the current lane is wrong."""
    plans = {
        name: {
            version: plan if plan.direct is None or plan.lane == "current" else attrs.evolve(plan, direct=wrong(plan))
            for version, plan in of_name.items()
        }
        for name, of_name in codec._plans.items()
    }
    return attrs.evolve(codec, plans=plans)


# --- the suite itself -------------------------------------------------------------------------------------------------


def test_a_difference_is_told_where_equality_sees_none() -> None:
    """The comparison is stricter than `==`: types, digits, the sign of zero, order."""
    for one, other in (
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        (Decimal("1.1"), Decimal("1.10")),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ([1, (2,)], [1, [2]]),
        ({1}, {True}),
    ):
        assert difference(one, other)
    assert not difference([float("nan")], [float("nan")])


def test_cases_are_counted_by_chain_and_payload_together() -> None:
    """A case whose tags are spread over both is met only where both occur."""
    counter: Counter[str] = Counter()
    note = classifier({"default"}, counter)
    note(frozenset({"valid"}))
    assert not counter["defaults"]
    note(frozenset({"missing", "null"}))
    assert counter["defaults"] == 1
