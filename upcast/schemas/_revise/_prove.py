"""Proof by execution: sampled old payloads, through the steps, into the new reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import attrs

from upcast._chain import Chain, StepsEdge, operations
from upcast._steps import Step
from upcast.errors import RefusedEvent
from upcast.schemas._rebuild import Refused

__all__ = ["Unproven", "carried", "prove"]


@attrs.frozen
class Unproven:
    """A payload that shows that steps are not right yet, or a reason for which no payload can show that they are.

    Attributes:
        reason: Why.
        payload: The payload as JSON text; empty where there is none.
    """

    reason: str
    payload: str = ""

    def __str__(self) -> str:
        return self.reason


def carried(steps: Sequence[Step], from_version: int) -> Callable[[bytes], bytes]:
    """What the steps make of a payload, by the library's own chain; raises `RefusedEvent`."""
    edge = StepsEdge(from_version, tuple(steps), "")
    chain = Chain(operations((edge,), None), True, {}, record_messages=False)
    return lambda payload: chain.text(payload, None)


def prove(
    steps: Sequence[Step], from_version: int, payloads: Iterable[bytes], decode: Callable[[bytes], object]
) -> tuple[int, tuple[Unproven, ...]]:
    """Run payloads through steps into a decoder.

    Args:
        steps: The steps.
        from_version: The version they take.
        payloads: Payloads of that version.
        decode: The decoder of the next one.

    Returns:
        How many payloads passed, and what became of the others.
    """
    carry = carried(steps, from_version)
    passed, failed = 0, []
    for payload in payloads:
        try:
            decode(carry(payload))
        except RefusedEvent as error:
            failed.append(Unproven(f"a step fails: {error.problem}", payload.decode()))
        except Refused as error:
            failed.append(Unproven(f"the new version refuses it: {error.problem}", payload.decode()))
        else:
            passed += 1
    return passed, tuple(failed)
