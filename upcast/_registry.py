"""The registry: where events and upcasters are declared, and the only mutable object of the library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, TypeVar, overload

from upcast._bounds import DEFAULT_MAX_BYTES
from upcast._chain import FunctionEdge, SplitEdge, StepsEdge
from upcast._codec import Codec
from upcast._fingerprint import fingerprint
from upcast._formats import CloudEvent, Flat, Format, JsonEnvelope, StreamEntry
from upcast._functions import caller, misfit
from upcast._ledger import Ledger
from upcast._line import Downcaster
from upcast._plan import Unversioned
from upcast._planning import build_plans
from upcast._steps import Step, check_step
from upcast._verdict import Declaration, judge
from upcast.errors import InvalidStep, RegistryDefects, RegistryError, RegistrySealed
from upcast.typing import (
    EnvelopeSplitterDecorator,
    EnvelopeUpcasterDecorator,
    Payload,
    SplitterDecorator,
    UpcasterDecorator,
)

__all__ = ["Registry"]

WireT = TypeVar("WireT")
ClassT = TypeVar("ClassT", bound=type)


class Registry:
    """Event types, their classes, and the upcasters that bring old payloads to them.

    Args:
        unversioned: What a stored event without `schema_version` means: a version, or a function that takes the
            `Envelope` and returns one. By default such an event is refused.

    Registrations may come in any order and are judged together by `codec`, which seals the registry.
    """

    def __init__(self, *, unversioned: Unversioned = None) -> None:
        if not (unversioned is None or callable(unversioned) or (type(unversioned) is int and unversioned >= 1)):
            raise RegistryError(f"unversioned={unversioned!r}: give an integer from 1 or a function of the envelope")
        if callable(unversioned) and (problem := misfit(unversioned, None)):
            raise RegistryError(f"unversioned=: {problem}")
        self._ledger = Ledger(unversioned, caller(2))

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def __iter__(self) -> Iterator[str]:
        return iter([declaration.name for ledger in self._ledger.all() for declaration in ledger.declarations])

    def __repr__(self) -> str:
        ledgers = self._ledger.all()
        edges = sum(len(ledger.edges) for ledger in ledgers)
        included = f", {len(ledgers) - 1} included" if self._ledger.included else ""
        state = "sealed" if self._ledger.sealed else "open"
        return f"<Registry of {len(list(self))} event types and {edges} edges{included}, {state}>"

    # --- declaring --------------------------------------------------------------------------------------------------

    def event(
        self, name: str, *, version: int, formerly: Iterable[str] = (), reads_up_to: int | None = None
    ) -> Callable[[ClassT], ClassT]:
        """Declare a class as today's shape of an event type.

        Args:
            name: The event type, as stored: 1 to 200 visible ASCII characters.
            version: The `schema_version` of the class, an integer from 1.
            formerly: Names under which the type was stored before; they share its version line.
            reads_up_to: The newest version of later releases that the class reads as it is, because these versions
                only add fields that it ignores. What it ignores is not in the object, so an event that is read and
                written again loses it; `encode` always writes *version* or an older one.

        Returns:
            A decorator for a pydantic model or dataclass, a msgspec Struct, an attrs class or a dataclass, which it
            returns as it is.

        Raises:
            RegistrySealed: After `codec`.
        """
        where = self._where()

        def declare(cls: ClassT) -> ClassT:
            self._ledger.declarations.append(Declaration(name, version, cls, _names(formerly), where, reads_up_to))
            return cls

        return declare

    @overload
    def upcaster(self, name: str, *, from_version: int) -> UpcasterDecorator: ...
    @overload
    def upcaster(self, name: str, *, from_version: int, envelope: Literal[True]) -> EnvelopeUpcasterDecorator: ...
    def upcaster(self, name: str, *, from_version: int, envelope: bool = False) -> Callable[[Any], Any]:
        """Register a function that brings a payload from one version to the next.

        Args:
            name: The event type.
            from_version: The version the function takes; it returns the next one.
            envelope: Whether the function takes the event's `Envelope` as the keyword `envelope`.

        Returns:
            A decorator for a function that takes the payload, which it may change, and returns it or another one. It
            may know the payloads as TypedDicts, which `upcast schema types` writes.

        Raises:
            RegistrySealed: After `codec`.
        """
        where = self._where()

        def register(function: Callable[..., Payload]) -> Callable[..., Payload]:
            self._ledger.edges.append((name, FunctionEdge(from_version, function, envelope, where)))
            return function

        return register

    def steps(self, name: str, *steps: Step, from_version: int) -> None:
        """Register declarative steps that together bring a payload from one version to the next.

        Args:
            name: The event type.
            steps: The steps, in order.
            from_version: The version they take; they make the next one.

        Raises:
            InvalidStep: There are none (use `unchanged`), or one is no step.
            RegistrySealed: After `codec`.
        """
        if not steps:
            raise InvalidStep(f"no steps for {name!r}: if old payloads are valid as they are, use unchanged(...)")
        for step in steps:
            check_step(step)
        self._ledger.edges.append((name, StepsEdge(from_version, steps, self._where())))

    def unchanged(self, name: str, *, from_version: int) -> None:
        """Declare that payloads of a version are valid payloads of the next as they are.

        Args:
            name: The event type.
            from_version: The older version.

        Raises:
            RegistrySealed: After `codec`.
        """
        self._ledger.edges.append((name, StepsEdge(from_version, (), self._where())))

    @overload
    def split(self, name: str, *, from_version: int, into: Mapping[str, int]) -> SplitterDecorator: ...
    @overload
    def split(
        self, name: str, *, from_version: int, into: Mapping[str, int], envelope: Literal[True]
    ) -> EnvelopeSplitterDecorator: ...
    def split(
        self, name: str, *, from_version: int, into: Mapping[str, int], envelope: bool = False
    ) -> Callable[[Any], Any]:
        """Register a function that makes several events of one.

        Args:
            name: The event type.
            from_version: The version the function takes.
            into: The event types it makes, each with the version of the payloads it makes: today's code goes on from
                there, so the split need not be changed when a target gets a new version.
            envelope: Whether the function takes the event's `Envelope` as the keyword `envelope`.

        Returns:
            A decorator for a function that takes the payload and returns (event type, payload) pairs in order.

        Raises:
            InvalidStep: *into* is empty (use `drop`).
            RegistrySealed: After `codec`.
        """
        if not into:
            raise InvalidStep(f"a split of {name!r} into nothing: use drop(...)")
        where = self._where()

        def register(function: Callable[..., Iterable[tuple[str, Payload]]]) -> Any:
            self._ledger.edges.append((name, SplitEdge(from_version, function, dict(into), envelope, where)))
            return function

        return register

    def drop(self, name: str, *, from_version: int) -> None:
        """Declare that events of a version mean nothing today: they decode to no event.

        Args:
            name: The event type.
            from_version: The version that is dropped, and with it every older one.

        Raises:
            RegistrySealed: After `codec`.
        """
        self._ledger.edges.append((name, SplitEdge(from_version, None, {}, False, self._where())))

    def downcaster(self, name: str, *, to_version: int) -> UpcasterDecorator:
        """Register a function that brings a payload from one version back to the one before, for `encode(version=)`.

        It takes the place of the inverses of the steps on that edge, and makes an edge invertible that is not: an
        upcaster function, or a step such as `remove`.

        Args:
            name: The event type.
            to_version: The version the function makes; it takes the next one.

        Returns:
            A decorator for a function that takes the payload, which it may change, and returns it or another one.

        Raises:
            RegistrySealed: After `codec`.
        """
        where = self._where()

        def register(function: Any) -> Any:
            self._ledger.downcasters.append((name, Downcaster(to_version, function, where)))
            return function

        return register

    def include(self, other: Registry) -> None:
        """Let everything that is declared on another registry belong to this one too.

        It counts whether it is declared there before or after this call, as long as it is before `codec`; so does
        what *other* includes. A registry that is reached in several ways, or that leads back to this one, counts
        once. `codec` seals all of them. What an event without `schema_version` means is said by the registry whose
        `codec` is called: included ones say the same or nothing.

        Args:
            other: Another registry, which may be sealed.

        Raises:
            RegistryError: *other* is no registry.
            RegistrySealed: After `codec`.
        """
        self._where()
        if not isinstance(other, Registry):
            raise RegistryError(f"include({other!r}): give a Registry")
        self._ledger.included.append(other._ledger)

    def _where(self) -> str:
        """File and line of the registration; refuses it once the registry is sealed."""
        if self._ledger.sealed:
            raise RegistrySealed("the registry is sealed: register everything before the first codec()")
        return caller(3)

    # --- sealing ----------------------------------------------------------------------------------------------------

    @overload
    def codec(self, *, max_bytes: int = ..., record_messages: bool = ...) -> Codec[bytes]: ...
    @overload
    def codec(self, *, envelope: Format[WireT], max_bytes: int = ..., record_messages: bool = ...) -> Codec[WireT]: ...
    def codec(
        self,
        *,
        envelope: Format[Any] | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        record_messages: bool = False,
    ) -> Codec[Any]:
        """Check everything, seal the registry, and make a codec.

        Args:
            envelope: How events are stored: `JsonEnvelope()` (the default), `StreamEntry()`, `Flat()` or
                `CloudEvent(source=...)`.
            max_bytes: How long a stored event may be.
            record_messages: Whether errors repeat what exceptions of user code said. Such messages may hold values
                of payloads; by default only class names and places are kept.

        Raises:
            RegistryDefects: All defects at once, each with its remedy; the registry stays open.
            RegistryError: An argument means nothing, or an included registry says something else of unversioned
                events.
        """
        if type(max_bytes) is not int or max_bytes < 1:
            raise RegistryError(f"max_bytes={max_bytes!r}: give a positive number of bytes")
        form: Format[Any] = JsonEnvelope() if envelope is None else envelope
        if isinstance(form, type) or not isinstance(form, CloudEvent | Flat | JsonEnvelope | StreamEntry):
            raise RegistryError(
                f"envelope={form!r}: give JsonEnvelope(), StreamEntry(), Flat() or CloudEvent(source=...)"
            )
        ledgers = self._ledger.all()
        if problem := self._ledger.disagreement():
            raise RegistryError(problem)
        verdict = judge(
            [declaration for ledger in ledgers for declaration in ledger.declarations],
            [edge for ledger in ledgers for edge in ledger.edges],
            [downcaster for ledger in ledgers for downcaster in ledger.downcasters],
            form.stamped,
        )
        if verdict.defects:
            count = len(verdict.defects)
            raise RegistryDefects(f"the registry has {count} defect{'s' if count > 1 else ''}", verdict.defects)
        plans = build_plans(verdict.lines, verdict.doors, form.stamped, record_messages=record_messages)
        for ledger in ledgers:
            ledger.sealed = True
        unversioned = self._ledger.unversioned
        digest = fingerprint(verdict.lines, verdict.doors, unversioned)
        return Codec(digest, max_bytes, form, verdict.lines, verdict.doors, plans, unversioned)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    # A lone string is an iterable of its letters, which nobody means.
    return (names,) if isinstance(names, str) else tuple(names)
