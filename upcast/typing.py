"""Public aliases and protocols: the types a user's own annotations need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeAlias

from upcast._envelope import Envelope

__all__ = ["Envelope", "EnvelopeSplitter", "EnvelopeUpcaster", "Payload", "Splitter", "Upcaster"]

Payload: TypeAlias = dict[str, Any]
"""A payload between two versions: the members of the JSON object, owned by the step that holds it."""

Upcaster: TypeAlias = Callable[[Payload], Payload]
"""An upcaster function: takes a payload of version n, which it may change, and returns one of version n+1."""

Splitter: TypeAlias = Callable[[Payload], Iterable[tuple[str, Payload]]]
"""A splitter: takes a payload and returns the (event type, payload) pairs it becomes, in order."""


class EnvelopeUpcaster(Protocol):
    """An upcaster function registered with `envelope=True`."""

    def __call__(self, payload: Payload, /, *, envelope: Envelope) -> Payload:
        """Bring *payload* to the next version."""


class EnvelopeSplitter(Protocol):
    """A splitter registered with `envelope=True`."""

    def __call__(self, payload: Payload, /, *, envelope: Envelope) -> Iterable[tuple[str, Payload]]:
        """Split *payload* into (event type, payload) pairs."""
