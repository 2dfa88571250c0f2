"""What becomes of a delivery that did not end with an acknowledgement: one pure function, printable as a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

import attrs

from upcast.streams._failure import Failure
from upcast.streams.errors import PolicyRefused
from upcast.streams.settlement import Ack, Reject, Retry

__all__ = ["RetryPolicy", "Rule", "Wait"]

Rule: TypeAlias = Literal["reject", "retry", "wait", "ack"]

_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "malformed": "reject",
        "oversize": "reject",
        "unknown-type": "reject",
        "invalid-version": "reject",
        "newer-version": "wait",
        "upcaster-failed": "retry",
        "class-refused": "retry",
        "handler-raised": "retry",
        "handler-retried": "retry",
    }
)
_LEAST_CRASHES = 2
_MOST_DELAYS = 8
"""How many delays the table spells out."""


def _with_defaults(rules: Mapping[str, Rule]) -> Mapping[str, Rule]:
    return {**_RULES, **rules}


def _span(seconds: float) -> str:
    """Seconds as a person says them, where that is exact."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"


@attrs.frozen
class Wait:
    """The verdict for what a release that is still to come may read: it comes again, and no attempt is charged.

    Attributes:
        after: Seconds until then.
    """

    after: float


@attrs.frozen
class RetryPolicy:
    """How often, how soon and for how long; `print(RetryPolicy())` shows it as a table.

    Attributes:
        max_attempts: How often a delivery is tried before its bytes go to the dead letter office, first try included.
        first_delay: Seconds before the second attempt.
        factor: By how much each delay is longer than the one before.
        max_delay: The longest delay in seconds; at most the consumer's `min_idle`.
        jitter: The share of a delay, 0 to 1, that is left to chance, so that what failed together does not come again
            together.
        max_crashes: How many consumers in a row may die with an entry, at least 2: the first death may have been that
            of a neighbour in the same batch; from then on it is handled alone.
        newer_wait: Seconds that an event of a newer version waits for a release that can read it.
        newer_delay: Seconds between two looks at such an event; at most the consumer's `min_idle`.
        reject_on: Exceptions of handlers, subclasses included, that no further attempt can mend.
        rules: `"reject"`, `"retry"` or `"wait"` by the reason of an error, in place of the default. For
            `unknown-type` also `"ack"`, where other services have events on the same stream.

    Raises:
        PolicyRefused: A value means nothing.
    """

    max_attempts: int = 5
    first_delay: float = 1.0
    factor: float = 3.0
    max_delay: float = 30.0
    jitter: float = 0.2
    max_crashes: int = _LEAST_CRASHES
    newer_wait: float = 86_400.0
    newer_delay: float = 30.0
    reject_on: tuple[type[Exception], ...] = ()
    rules: Mapping[str, Rule] = attrs.field(factory=dict, converter=_with_defaults)

    def __attrs_post_init__(self) -> None:
        for name, least in (("max_attempts", 1), ("max_crashes", _LEAST_CRASHES)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise PolicyRefused(f"{name} must be an integer from {least}, not {value!r}")
        for name, least_seconds in (
            ("first_delay", 0.0),
            ("factor", 1.0),
            ("max_delay", 0.0),
            ("newer_wait", 0.0),
            ("newer_delay", 0.001),
        ):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not least_seconds <= value < math.inf:
                raise PolicyRefused(f"{name} must be a number from {least_seconds}, not {value!r}")
        if not 0 <= self.jitter <= 1:
            raise PolicyRefused(f"jitter must be a share from 0 to 1, not {self.jitter!r}")
        if not isinstance(self.reject_on, tuple) or not all(
            isinstance(cls, type) and issubclass(cls, Exception) for cls in self.reject_on
        ):
            raise PolicyRefused("reject_on takes a tuple of exception classes")
        unknown = self.rules.keys() - _RULES.keys()
        if unknown:
            raise PolicyRefused(f"no rule is called {min(unknown)!r}: there are {', '.join(_RULES)}")
        wrong = [rule for rule in self.rules.values() if rule not in ("reject", "retry", "wait", "ack")]
        if wrong:
            raise PolicyRefused(f"{wrong[0]!r} is no rule: say 'reject', 'retry' or 'wait'")
        if any(rule == "ack" and reason != "unknown-type" for reason, rule in self.rules.items()):
            raise PolicyRefused("'ack' is for unknown-type only: anything else would be lost in silence")

    def delay(self, attempt: int, chance: float = 0.0) -> float:
        """Seconds between an attempt and the next.

        Args:
            attempt: The attempt that failed, from 1.
            chance: A number from 0 to 1 that decides about the jitter; 0 gives the full delay.
        """
        # The exponent is bounded so that no attempt is too late for a float.
        delay = min(self.max_delay, self.first_delay * self.factor ** min(attempt - 1, 64))
        return delay * (1 - self.jitter * chance)

    def judge(
        self, failure: Failure, *, attempt: int = 1, waits: int = 0, crashes: int = 0, chance: float = 0.0
    ) -> Ack | Retry | Wait | Reject:
        """Decide about a failure.

        Args:
            failure: What went wrong.
            attempt: Which attempt it was, from 1.
            waits: How often the event has waited for a newer release.
            crashes: How many consumers in a row died with it.
            chance: See `delay`.
        """
        if failure.stage == "crash":
            return Retry(0, charged=False) if crashes < self.max_crashes else Reject(failure.reason)
        if failure.raised is not None and issubclass(failure.raised, self.reject_on):
            return Reject(failure.reason)
        answer = failure.answer
        if isinstance(answer, Reject):
            return answer
        delay = self.delay(attempt, chance) if answer is None or answer.after is None else answer.after
        if answer is not None and not answer.charged:
            return Retry(delay, charged=False)
        # What has no rule is an entry that is gone.
        rule = self.rules.get(failure.reason, "reject")
        if rule == "ack":
            return Ack()
        if rule == "wait" and waits * self.newer_delay < self.newer_wait:
            return Wait(self.newer_delay)
        if rule == "retry" and attempt < self.max_attempts:
            return Retry(delay)
        return Reject(failure.reason)

    def table(self) -> list[tuple[str, str]]:
        """What went wrong and what becomes of it, line by line."""
        return list(self._lines())

    def _lines(self) -> Iterator[tuple[str, str]]:
        delays = [_span(self.delay(attempt)) for attempt in range(1, min(self.max_attempts, _MOST_DELAYS + 1))]
        more = ["…"] if self.max_attempts > _MOST_DELAYS + 1 else []
        attempts = f"{self.max_attempts} attempts, after {', '.join(delays + more)}" if delays else "1 attempt"
        said = {
            "ack": "acknowledged, unhandled",
            "reject": "dead letter at once",
            "retry": f"{attempts}, then dead letter",
            "wait": f"looked at every {_span(self.newer_delay)} for {_span(self.newer_wait)}, uncharged, "
            "then dead letter",
        }
        for reason, rule in self.rules.items():
            yield reason, said[rule]
        for cls in self.reject_on:
            yield f"handler-raised, {cls.__qualname__}", said["reject"]
        yield "Reject(...) of a handler", said["reject"]
        yield "process-killer", f"alone after the first death, dead letter after {self.max_crashes} in a row"
        yield "vanished", "a dead letter without bytes tells of the loss"

    def __str__(self) -> str:
        lines = self.table()
        width = max(len(reason) for reason, _ in lines)
        return "\n".join(f"{reason:<{width}}  {becomes}" for reason, becomes in lines)
