"""Plans: what a codec does for one type and one stored version, decided when the codec is built.

A plan runs on a lane. `current` hands the payload text to the door as it is; `plain` brings it through the chain
first; `compiled` has a reader that does both in one. The plain lane defines what an old event means: what a reader
refuses is run again by it, and its verdict is the only one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import attrs

from upcast._chain import Chain, SplitEdge, divide, message_of, place_of
from upcast._door import Door
from upcast._envelope import Envelope
from upcast._json import parse, unreadable
from upcast.errors import (
    ClassRefused,
    InvalidVersion,
    MalformedEvent,
    NewerVersion,
    OversizeEvent,
    RefusedEvent,
    UnknownType,
)

__all__ = ["Plan", "PlanExplanation", "Plans", "Unversioned", "door_refusal", "find_plan", "run"]


@attrs.frozen
class Plan:
    """What is done with a payload of one type and stored version.

    Attributes:
        event_type: Today's name of the type.
        version: The stored version.
        lane: Which way the payload takes.
        why: Why it takes that lane.
        chain: What happens to it before the door or the split.
        door: Today's class; None where the route ends in a split.
        split: The split at the end of the route, or None.
        needs_envelope: Whether a function on the route asks for the envelope.
        direct: The whole plan as one function of the payload text, where it yields one event and needs nothing else.
        source: The source of the reader, if there is one.
    """

    event_type: str
    version: int
    lane: Literal["current", "compiled", "plain"]
    why: str
    chain: Chain
    door: Door | None
    split: SplitEdge | None
    needs_envelope: bool
    direct: Callable[[bytes], object] | None
    source: str = ""


Unversioned: TypeAlias = int | Callable[[Envelope], int] | None
"""What a stored event without `schema_version` means: a version, a function of the envelope, or an error."""

Plans: TypeAlias = Mapping[str, Mapping[int, Plan]]
"""The plans by stored type name (today's or a former one) and stored version."""


@attrs.frozen
class PlanExplanation:
    """What a codec does with payloads of one type and stored version: `str()` prints it.

    Attributes:
        event_type: The type as it is stored.
        version: The stored version.
        lane: Which way they take: `current` (today's class decodes them as they are), `compiled` (a reader made of
            the chain does) or `plain` (they pass the chain step by step).
        why: Why it is that lane, and for `compiled` how the reader works.
        source: For `compiled`, where every member comes from, and the Python that was generated, if any was.
    """

    event_type: str
    version: int
    lane: Literal["current", "compiled", "plain"]
    why: str
    source: str

    def __str__(self) -> str:
        head = f"{self.event_type} v{self.version}: {self.lane} lane\n  {self.why}"
        return "\n".join([head, *(f"    {line}" for line in self.source.splitlines())])


def find_plan(
    plans: Plans, name: object, version: object, unversioned: Unversioned, envelope: Callable[[], Envelope]
) -> Plan:
    """The plan for a type and version as stored.

    Args:
        plans: All plans.
        name: The type.
        version: The version; None where the envelope has none.
        unversioned: What that means.
        envelope: Makes the envelope, if *unversioned* is a function of it.

    Raises:
        RefusedEvent: There is none, and why.
    """
    of_type = plans.get(name) if isinstance(name, str) else None
    if of_type is None:
        problem = "no such event type: declare it with @events.event(...), or as a former name in formerly=[...]"
        raise UnknownType(problem)
    if version is None:
        version = _meaning_of_none(unversioned, envelope)
    if type(version) is not int or version < 1:
        raise InvalidVersion("the version is not an integer from 1", detail="not-a-version")
    plan = of_type.get(version)
    if plan is None:
        current = max(of_type)
        problem = f"this release reads versions 1 to {current}: deploy the release that wrote it, or wait for it"
        raise NewerVersion(problem, current_version=current)
    return plan


def _meaning_of_none(unversioned: Unversioned, envelope: Callable[[], Envelope]) -> object:
    if unversioned is None:
        problem = "it has no schema_version: say what that means with Registry(unversioned=...)"
        raise InvalidVersion(problem, detail="unversioned")
    if not callable(unversioned):
        return unversioned
    found = envelope()
    try:
        return unversioned(found)
    except MemoryError:
        raise
    except (Exception, SystemExit) as exception:
        failed = place_of(exception)
    raise InvalidVersion(f"the function given as unversioned= raised {failed}", detail="unversioned")


def run(
    plans: Plans, plan: Plan, data: bytes, envelope: Envelope | None, *, bare: bool = False, tried: bool = False
) -> list[tuple[object, int]]:
    """Run a plan to all the events it yields, each with its index.

    An index counts the parts of splits in their order; a part that is dropped further on keeps its number, so that
    the others keep theirs.

    Args:
        plans: All plans, for the parts of splits.
        plan: The plan.
        data: The payload text.
        envelope: The stored event's envelope, where the plan needs it.
        bare: Whether the payload was not stored in the codec's format: where a class declares the header of flat
            events, such a payload does not bring it along.
        tried: Whether the plan's reader has already been asked, in vain.

    Raises:
        RefusedEvent: Something refused; it names the step or the fields, not yet the event.
    """
    found: list[tuple[object, int]] = []
    _run(plans, plan, data, envelope, found, 0, bare=bare, tried=tried)
    return found


def _run(
    plans: Plans,
    plan: Plan,
    data: bytes,
    envelope: Envelope | None,
    found: list[tuple[object, int]],
    index: int,
    *,
    bare: bool,
    tried: bool = False,
) -> int:
    """Append what a plan yields, numbered from *index*; return the next free number."""
    if plan.split is not None:
        after = index
        payload = plan.chain.payload(data, envelope)
        for name, text in divide(payload, plan.split, envelope, plan.chain.record_messages):
            part = plans[name][plan.split.into[name]]
            after = _run(plans, part, text, envelope, found, after, bare=True)
        return max(after, index + 1)
    assert plan.door is not None
    if plan.lane == "compiled" and plan.direct is not None and not tried:
        try:
            found.append((plan.direct(data), index))
            return index + 1
        except MemoryError:
            raise
        except (Exception, SystemExit):  # noqa: S110  # what a reader refuses is for the plain lane to judge
            pass
    as_stored = plan.lane == "current" and not (bare and plan.chain.stamp)
    text = data if as_stored else plan.chain.text(data, envelope)
    try:
        found.append((plan.door.decode(text), index))
        return index + 1
    except MemoryError:
        raise
    except (Exception, SystemExit) as exception:
        refusal = door_refusal(plan, text, exception)
    raise refusal


def _unsound(text: bytes) -> str:
    """What is wrong with a text whatever the class; a typed decoder may meet the class's objection first."""
    try:
        return "" if type(parse(text)) is dict else "not-an-object"
    except MalformedEvent as error:
        return error.detail


def door_refusal(plan: Plan, text: bytes, error: BaseException) -> RefusedEvent:
    """Name what a door raised about *text*, without any value of the payload."""
    assert plan.door is not None
    if isinstance(error, RecursionError):
        return OversizeEvent("nested deeper than this thread's stack bears", detail="depth")
    refusal = plan.door.refusal(error)
    unsound = _unsound(text)
    if unsound:
        return unreadable(unsound)
    if refusal.malformed == "not-json":
        # The text is JSON after all: the decoder's own limit on depth is lower than ours.
        return OversizeEvent("nested deeper than the decoder of the class bears", detail="depth")
    if refusal.malformed:
        return unreadable(refusal.malformed)
    if refusal.exception:
        problem = f"a validator of the class raised {place_of(error)}"
    else:
        problem = "; ".join(map(str, refusal.problems))
    return ClassRefused(
        problem,
        problems=refusal.problems,
        exception=refusal.exception,
        message=message_of(error) if plan.chain.record_messages else None,
    )
