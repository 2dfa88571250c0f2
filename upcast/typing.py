"""Public aliases and protocols: the types a user's own annotations need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Never, Protocol, TypeAlias, TypeVar, overload

from upcast._envelope import Envelope

__all__ = [
    "Envelope",
    "EnvelopeSplitter",
    "EnvelopeUpcaster",
    "Payload",
    "ShapedPayload",
    "Splitter",
    "Upcaster",
]

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


class ShapedPayload(Protocol):
    """A payload as a type checker may know it: a `Payload`, or a TypedDict of one version.

    `upcast schema types` writes a TypedDict per frozen version, so that a function upcaster is checked against the
    shapes it really gets. A mapping that is no dict is none.
    """

    def __getitem__(self, key: str, /) -> Any: ...

    def __delitem__(self, key: Never, /) -> None: ...


# --- what the decorators of a registry take -------------------------------------------------------------------------
# The first overload gives a function back as exactly what it was; the second one takes those whose payloads are
# TypedDicts, which are no dicts to a type checker, and forgets no more of them than how their argument is called.

UpcasterT = TypeVar("UpcasterT", bound=Upcaster)
EnvelopeUpcasterT = TypeVar("EnvelopeUpcasterT", bound=EnvelopeUpcaster)
SplitterT = TypeVar("SplitterT", bound=Splitter)
EnvelopeSplitterT = TypeVar("EnvelopeSplitterT", bound=EnvelopeSplitter)
OldT = TypeVar("OldT", bound=ShapedPayload)
NewT = TypeVar("NewT", bound=ShapedPayload)
PartsT = TypeVar("PartsT", bound=Iterable[tuple[str, ShapedPayload]])
OldT_contra = TypeVar("OldT_contra", bound=ShapedPayload, contravariant=True)
ResultT_co = TypeVar("ResultT_co", covariant=True)


class WithEnvelope(Protocol[OldT_contra, ResultT_co]):
    """A function of a payload and its envelope."""

    def __call__(self, payload: OldT_contra, /, *, envelope: Envelope) -> ResultT_co: ...


class UpcasterDecorator(Protocol):
    """Registers an upcaster or downcaster, and returns it."""

    @overload
    def __call__(self, function: UpcasterT, /) -> UpcasterT: ...  # type: ignore[overload-overlap]  # both are right
    @overload
    def __call__(self, function: Callable[[OldT], NewT], /) -> Callable[[OldT], NewT]: ...


class EnvelopeUpcasterDecorator(Protocol):
    """Registers an upcaster that asks for the envelope, and returns it."""

    @overload
    def __call__(self, function: EnvelopeUpcasterT, /) -> EnvelopeUpcasterT: ...
    @overload
    def __call__(self, function: WithEnvelope[OldT, NewT], /) -> WithEnvelope[OldT, NewT]: ...


class SplitterDecorator(Protocol):
    """Registers a splitter, and returns it."""

    @overload
    def __call__(self, function: SplitterT, /) -> SplitterT: ...  # type: ignore[overload-overlap]  # both are right
    @overload
    def __call__(self, function: Callable[[OldT], PartsT], /) -> Callable[[OldT], PartsT]: ...


class EnvelopeSplitterDecorator(Protocol):
    """Registers a splitter that asks for the envelope, and returns it."""

    @overload
    def __call__(self, function: EnvelopeSplitterT, /) -> EnvelopeSplitterT: ...
    @overload
    def __call__(self, function: WithEnvelope[OldT, PartsT], /) -> WithEnvelope[OldT, PartsT]: ...
