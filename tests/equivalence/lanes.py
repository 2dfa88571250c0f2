"""The ways a stored event takes through a codec, and the plain lane that each must equal."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from typing import Any

import attrs
import msgspec

import upcast
from equivalence.case import World
from equivalence.compare import difference, error_difference
from upcast._bounds import check_bounds
from upcast._chain import StepsEdge, divide
from upcast._envelope import Envelope
from upcast._json import read_payload, write_payload
from upcast._plan import door_refusal

__all__ = [
    "IDENTITY",
    "Outcome",
    "Reference",
    "equal",
    "hashed",
    "held",
    "lane_of",
    "mismatch",
    "outcome",
    "shown",
    "why_of",
    "wire",
]

IDENTITY = "id-1"
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@attrs.frozen
class Outcome:
    """What came of an event: events with their indexes, or a refusal."""

    events: tuple[tuple[Any, int], ...] = ()
    error: upcast.RefusedEvent | None = None


def outcome(call: Callable[[], Any], *, many: bool = False) -> Outcome:
    """What a call of the codec gives; anything but a named refusal goes through."""
    try:
        made = call()
    except upcast.RefusedEvent as error:
        return Outcome(error=error)
    return Outcome(tuple(made)) if many else Outcome(((made, 0),))


def lane_of(codec: Any, name: str, version: int) -> str:
    """The lane of a plan."""
    if hasattr(codec, "explain_plan"):
        return str(codec.explain_plan(name, version).lane)
    return str(codec._plans[name][version].lane)


def why_of(codec: Any, name: str, version: int) -> str:
    """Why a plan is on its lane."""
    if hasattr(codec, "explain_plan"):
        return str(codec.explain_plan(name, version).why)
    return str(getattr(codec._plans[name][version], "why", ""))


def wire(form: str, name: str, version: int, data: bytes) -> Any:
    """A stored event, written without the library."""
    if form == "stream":
        return {b"type": name.encode(), b"schema_version": b"%d" % version, b"id": IDENTITY.encode(), b"data": data}
    head = b'{"type":"%s","schema_version":%d,"id":"%s"' % (name.encode(), version, IDENTITY.encode())
    if form == "flat":
        inside = data.lstrip().removeprefix(b"{")
        if data[:1] == b" " and inside.lstrip()[:1] not in {b"}", b""}:  # the header may come last
            closed = data.rstrip()
            return b"%s,%s}" % (closed[:-1], head[1:])
        return b"%s%s%s" % (head, b"" if inside.lstrip().startswith(b"}") else b",", inside)
    return b'%s,"data":%s}' % (head, data)


class Reference:
    """The plain lane, step by step, whatever lane the plan is on."""

    def __init__(self, world: World) -> None:
        self.codec = world.codec
        self.plans = world.codec._plans
        self.read = {"stream": upcast.StreamEntry().reader(self.codec.max_bytes)}
        self.read["json"] = upcast.JsonEnvelope().reader(self.codec.max_bytes)
        self.read["flat"] = upcast.Flat().reader(self.codec.max_bytes)
        forms: dict[str, Any] = {"stream": upcast.StreamEntry(), "json": upcast.JsonEnvelope(), "flat": upcast.Flat()}
        self.envelope = {form: forms[form].envelope for form in forms}

    def stored(self, form: str, raw: Any) -> Outcome:
        """What a stored event of a format comes to."""
        try:
            name, version, data = self.read[form](raw)
            plan = self.plans[name][version]
            envelope = self.envelope[form](raw) if plan.needs_envelope or plan.split is not None else None
            return Outcome(tuple(self._events(plan, data, envelope, bare=False)))
        except upcast.RefusedEvent as error:
            return Outcome(error=error)

    def payload(self, name: str, version: int, data: bytes) -> Outcome:
        """What a payload comes to whose envelope is elsewhere."""
        try:
            check_bounds(data, self.codec.max_bytes)
            envelope = Envelope(name, version, IDENTITY, None, {})
            return Outcome(tuple(self._events(self.plans[name][version], data, envelope, bare=True)))
        except upcast.RefusedEvent as error:
            return Outcome(error=error)

    def stepwise(self, name: str, version: int, data: bytes) -> str:
        """Where the chain makes another text than its steps one after the other; empty where they agree, or fail."""
        plan = self.plans[name][version]
        edges, split = self.codec._lines[plan.event_type].route(version)
        if split is not None or not all(isinstance(edge, StepsEdge) for edge in edges):
            return ""
        try:
            text = plan.chain.text(data, None)
            payload = read_payload(data, keep_literals=plan.chain.keep_literals)
        except upcast.RefusedEvent:
            return ""
        for edge in edges:
            for step in edge.steps:
                step.apply(payload)
        payload.update(plan.chain.stamp)
        expected = write_payload(payload, check_finite=False)
        # In what order the class meets its members is the chain's to choose.
        same = _members(text) == _members(expected)
        return "" if same else f"the chain makes {text!r} and not {expected!r}"

    def _events(self, plan: Any, data: bytes, envelope: Any, *, bare: bool, first: int = 0) -> list[tuple[Any, int]]:
        if plan.split is not None:
            payload = plan.chain.payload(data, envelope)
            found: list[tuple[Any, int]] = []
            for name, text in divide(payload, plan.split, envelope, plan.chain.record_messages):
                part = self.plans[name][plan.split.into[name]]
                found += self._events(part, text, envelope, bare=True, first=first + len(found))
            return found
        as_stored = plan.lane == "current" and not (bare and plan.chain.stamp)
        text = data if as_stored else plan.chain.text(data, envelope)
        try:
            return [(plan.door.decode(text), first)]
        except (Exception, SystemExit) as exception:
            # This frame is no more of the user's than one of the library.
            below = exception.__traceback__.tb_next if exception.__traceback__ else None
            refusal = door_refusal(plan, text, exception.with_traceback(below))
        raise refusal


def mismatch(expected: Outcome, found: Outcome, name: str, version: int, identity: str | None = IDENTITY) -> str:
    """How an outcome differs from the plain lane's, or an empty text."""
    if expected.error is not None or found.error is not None:
        if expected.error is None or found.error is None:
            accepted, refused = ("plain", found.error) if found.error is not None else ("codec", expected.error)
            other = "codec" if accepted == "plain" else "plain"
            return f"{accepted} accepts, {other} refuses: {refused}"
        if found.error.__cause__ is not None or found.error.__context__ is not None:
            return "the refusal carries another exception along"
        if isinstance(found.error, upcast.UpcasterFailed | upcast.ClassRefused):
            told = (found.error.event_type, found.error.schema_version)
            if told != (name, version) or (identity is not None and found.error.event_id != identity):
                return f"the refusal is of {told!r}"
        return error_difference(expected.error, found.error)
    if [index for _, index in expected.events] != [index for _, index in found.events]:
        return f"{len(expected.events)} events and {len(found.events)}"
    for (one, _), (other, _) in zip(expected.events, found.events, strict=True):
        if text := difference(one, other):
            return text
    return ""


def equal(one: Any, other: Any) -> bool | str:
    """What `==` says, or the name of what it raises."""
    try:
        return bool(one == other)
    except Exception as error:
        return type(error).__name__


def hashed(value: Any) -> int | str:
    """Its hash, or the name of what that raises."""
    try:
        return hash(value)
    except Exception as error:
        return type(error).__name__


def held(value: Any) -> tuple[Any, ...]:
    """How Python holds it in memory: what differs here may end the process one day.

    Whether the garbage collector tracks it is left aside: msgspec decides that by what the fields once held.
    """
    try:
        weak = weakref.ref(value)() is value
    except TypeError:
        weak = False
    return weak, sys.getsizeof(value), hasattr(value, "__dict__")


def shown(value: Any) -> str:
    """Its `repr`, or the name of what that raises."""
    try:
        return repr(value)
    except Exception as error:
        return type(error).__name__
