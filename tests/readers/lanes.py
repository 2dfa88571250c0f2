"""One codec twice: as it is made, and with nothing but the plain lane for old versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs
import msgspec

from upcast import Codec, Payload, RefusedEvent, Registry, StreamEntry
from upcast.steps import Step

__all__ = ["codec_of", "entry", "exact", "outcome", "plain"]


def codec_of(cls: Any, *edges: Iterable[Step] | Callable[[Payload], Payload], envelope: Any = None) -> Codec[Any]:
    """A codec of one type `e`, each of whose edges is a run of steps or a function."""
    events = Registry()
    events.event("e", version=len(edges) + 1)(cls)
    for version, edge in enumerate(edges, 1):
        if callable(edge):
            events.upcaster("e", from_version=version)(edge)
        elif steps := tuple(edge):
            events.steps("e", *steps, from_version=version)
        else:
            events.unchanged("e", from_version=version)
    return events.codec(envelope=envelope or StreamEntry())


def plain(codec: Codec[Any]) -> Codec[Any]:
    """The same codec with the plain lane for whatever is not of today's version."""
    plans: Any = {
        name: {
            version: plan if plan.lane == "current" else attrs.evolve(plan, lane="plain", direct=None)
            for version, plan in of_type.items()
        }
        for name, of_type in codec._plans.items()
    }
    return attrs.evolve(codec, plans=plans)


def entry(data: bytes, version: int = 1) -> dict[bytes, bytes]:
    """A stream entry."""
    return {b"type": b"e", b"schema_version": b"%d" % version, b"data": data}


def exact(event: Any) -> Any:
    """What must agree of two events: classes, values with their types, fields set, extras, and order of attributes."""
    held = getattr(event, "first", None)
    return (
        type(event),
        bytes(held) if isinstance(held, msgspec.Raw) else repr(event),
        list(getattr(event, "__dict__", ())),
        getattr(event, "__pydantic_fields_set__", None),
        getattr(event, "__pydantic_extra__", None),
    )


def outcome(call: Callable[[], Any]) -> Any:
    """An event as `exact` tells it, or the refusal in full."""
    try:
        return exact(call())
    except RefusedEvent as error:
        return type(error), str(error), error.reason, error.detail
