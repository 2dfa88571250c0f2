"""The settlement table: a pure function, and the table it prints."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcast.errors import (
    ClassRefused,
    InvalidVersion,
    MalformedEvent,
    NewerVersion,
    OversizeEvent,
    RefusedEvent,
    UnknownType,
    UpcasterFailed,
)
from upcast.streams import Ack, Reject, Retry, RetryPolicy
from upcast.streams._failure import Failure, asked_again, crashed, handler_raised, refused, rejected, vanished
from upcast.streams.errors import PolicyRefused
from upcast.streams.policy import Wait

AT_ONCE = [
    MalformedEvent("p"),
    OversizeEvent("p"),
    UnknownType("p"),
    InvalidVersion("p"),
]
RETRIED = [
    refused(UpcasterFailed("p", from_version=1, step="s")),
    refused(ClassRefused("p")),
    handler_raised(KeyError(), "h"),
    asked_again(Retry(), "h"),
]


@pytest.mark.parametrize("error", AT_ONCE, ids=lambda error: error.reason)
def test_what_no_attempt_can_mend_is_rejected_at_once(error: RefusedEvent) -> None:
    """The bytes stay what they are."""
    assert RetryPolicy().judge(refused(error)) == Reject(error.reason)


@pytest.mark.parametrize(
    "failure",
    [*map(refused, RETRIED), handler_raised(KeyError(), "h"), asked_again(Retry(), "h")],
    ids=lambda f: f.reason,
)
def test_what_another_worker_may_mend_is_tried_max_attempts_times(failure: Failure) -> None:
    """Three attempts are three: the first counts."""
    policy = RetryPolicy(max_attempts=3, first_delay=1, factor=3, jitter=0)

    assert [policy.judge(failure, attempt=attempt) for attempt in (1, 2, 3)] == [
        Retry(1.0),
        Retry(3.0),
        Reject(failure.reason),
    ]


def test_a_newer_version_waits_uncharged_and_not_for_ever() -> None:
    """It waits as often as the delay goes into the whole wait, whatever the attempt."""
    policy = RetryPolicy(newer_wait=90, newer_delay=30)
    failure = refused(NewerVersion("p", current_version=1))

    verdicts = [policy.judge(failure, attempt=99, waits=waits) for waits in range(4)]

    assert verdicts == [Wait(30), Wait(30), Wait(30), Reject("newer-version")]


def test_a_handlers_verdict_is_final_and_its_delay_its_own() -> None:
    """`Reject` is at once; `Retry(after=...)` replaces the delay, and is charged unless it says otherwise."""
    policy = RetryPolicy(max_attempts=2)

    assert policy.judge(rejected(Reject("sold-out"), "h")) == Reject("sold-out")
    assert policy.judge(asked_again(Retry(after=7), "h")) == Retry(7)
    assert policy.judge(asked_again(Retry(after=7), "h"), attempt=2) == Reject("handler-retried")
    assert policy.judge(asked_again(Retry(after=7, charged=False), "h"), attempt=99) == Retry(7, charged=False)


def test_a_process_killer_is_rejected_after_max_crashes() -> None:
    """One death may have been a neighbour's."""
    policy = RetryPolicy(max_crashes=3)

    assert policy.judge(crashed(2), crashes=2) == Retry(0, charged=False)
    assert policy.judge(crashed(3), crashes=3) == Reject("process-killer")


def test_what_vanished_is_reported() -> None:
    """There is nothing to retry."""
    assert RetryPolicy().judge(vanished()) == Reject("vanished")


def test_exceptions_can_be_fatal() -> None:
    """`reject_on` takes subclasses too, and leaves the others alone."""
    policy = RetryPolicy(reject_on=(LookupError,))

    assert policy.judge(handler_raised(KeyError(), "h")) == Reject("handler-raised")
    assert isinstance(policy.judge(handler_raised(ValueError(), "h")), Retry)


def test_each_line_can_be_changed() -> None:
    """A rule replaces the default of its reason and no other."""
    policy = RetryPolicy(rules={"unknown-type": "wait", "class-refused": "reject"}, newer_delay=5)

    assert policy.judge(refused(UnknownType("p"))) == Wait(5)
    assert policy.judge(refused(ClassRefused("p"))) == Reject("class-refused")
    assert policy.judge(refused(MalformedEvent("p"))) == Reject("malformed")


@given(
    attempt=st.integers(1, 10**6),
    chance=st.floats(0, 1),
    first=st.floats(0, 100),
    factor=st.floats(1, 10),
    longest=st.floats(0, 1000),
    jitter=st.floats(0, 1),
)
def test_a_delay_is_never_longer_than_the_longest(
    attempt: int, chance: float, first: float, factor: float, longest: float, jitter: float
) -> None:
    """Whatever the attempt, a delay is a number of seconds between nothing and `max_delay`, and grows with attempts."""
    policy = RetryPolicy(first_delay=first, factor=factor, max_delay=longest, jitter=jitter)

    assert 0 <= policy.delay(attempt, chance) <= longest
    assert policy.delay(attempt) <= policy.delay(attempt + 1)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"max_attempts": 0}, "max_attempts"),
        ({"max_attempts": True}, "max_attempts"),
        ({"max_crashes": 1}, "max_crashes"),
        ({"first_delay": -1}, "first_delay"),
        ({"factor": 0.5}, "factor"),
        ({"max_delay": float("inf")}, "max_delay"),
        ({"newer_wait": float("nan")}, "newer_wait"),
        ({"newer_delay": 0}, "newer_delay"),
        ({"jitter": 2}, "jitter"),
        ({"reject_on": (int,)}, "reject_on"),
        ({"reject_on": ValueError}, "a tuple of exception classes"),
        ({"rules": {"bad-luck": "retry"}}, "bad-luck"),
        ({"rules": {"malformed": "ignore"}}, "ignore"),
    ],
)
def test_a_policy_that_means_nothing_is_refused(arguments: dict[str, Any], named: str) -> None:
    """The error names the value."""
    with pytest.raises(PolicyRefused, match=named):
        RetryPolicy(**arguments)


def test_the_table_is_what_the_policy_does() -> None:
    """Every reason has its line, and the figures are the policy's."""
    printed = str(RetryPolicy(max_attempts=3, first_delay=2, jitter=0, reject_on=(KeyError,)))

    assert "handler-raised            3 attempts, after 2 s, 6 s, then dead letter" in printed
    assert "handler-raised, KeyError  dead letter at once" in printed
    assert "malformed                 dead letter at once" in printed
    assert "newer-version             looked at every 30 s for 24 h, uncharged, then dead letter" in printed


def test_a_fingerprint_is_that_of_the_cause() -> None:
    """The stored version does not matter, the failing step, the exception and the type do."""
    base = Failure("upcaster-failed", "upcast", event_type="a", schema_version=1, step="s", exception="KeyError")
    same = Failure("upcaster-failed", "upcast", event_type="a", schema_version=2, step="s", exception="KeyError")
    others = [
        Failure("upcaster-failed", "upcast", event_type="b", schema_version=1, step="s", exception="KeyError"),
        Failure("upcaster-failed", "upcast", event_type="a", schema_version=1, step="t", exception="KeyError"),
        Failure("upcaster-failed", "upcast", event_type="a", schema_version=1, step="s", exception="TypeError"),
        Failure("class-refused", "validate", event_type="a", schema_version=1, step="s", exception="KeyError"),
    ]

    assert base.fingerprint == same.fingerprint == "71cad7c97e47"
    assert len({base.fingerprint, *(other.fingerprint for other in others)}) == 5


@pytest.mark.parametrize("reason", ["", "Sold-Out", "sold out", "sold--out", "-a", "a" * 101, "no_", "ü"])
def test_a_reason_is_a_slug(reason: str) -> None:
    """What is stored and printed cannot be made of an event's values by accident."""
    with pytest.raises(ValueError, match="kebab-case"):
        Reject(reason)


@pytest.mark.parametrize("after", [-1, float("nan"), float("inf")])
def test_a_delay_is_a_number_of_seconds(after: float) -> None:
    """Nothing comes again before it failed, or never."""
    with pytest.raises(ValueError, match="seconds"):
        Retry(after)


def test_the_table_stays_readable() -> None:
    """One attempt is one, and dozens of delays are not listed."""
    assert "upcaster-failed           1 attempt, then dead letter" in str(RetryPolicy(max_attempts=1))
    many = RetryPolicy(max_attempts=30, first_delay=60, factor=2, max_delay=3600, jitter=0)
    assert "30 attempts, after 1 min, 2 min, 4 min, 8 min, 16 min, 32 min, 1 h, 1 h, …, then dead letter" in str(many)


def test_a_policy_can_be_pickled() -> None:
    """Settings travel to worker processes."""
    policy = RetryPolicy(max_attempts=2, rules={"unknown-type": "wait"})

    assert pickle.loads(pickle.dumps(policy)) == policy


def test_a_stream_of_several_services_can_be_shared() -> None:
    """What another service knows can be acknowledged; nothing else can be lost that way."""
    policy = RetryPolicy(rules={"unknown-type": "ack"})

    assert policy.judge(refused(UnknownType("p"))) == Ack()
    assert "unknown-type              acknowledged, unhandled" in str(policy)
    with pytest.raises(PolicyRefused, match="unknown-type only"):
        RetryPolicy(rules={"malformed": "ack"})
