"""The registry: where events and upcasters are declared, and the only mutable object of the library."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, TypeVar, overload

from upcast._bounds import DEFAULT_MAX_BYTES
from upcast._chain import Edge, FunctionEdge, SplitEdge, StepsEdge
from upcast._codec import Codec
from upcast._door import Door
from upcast._formats import Flat, Format, JsonEnvelope, StreamEntry
from upcast._functions import misfit
from upcast._line import Line
from upcast._plan import Unversioned, build_plans
from upcast._source import class_text, function_text, is_library
from upcast._steps import Step
from upcast._verdict import Declaration, judge
from upcast.errors import InvalidStep, RegistryDefects, RegistryError, RegistrySealed
from upcast.typing import EnvelopeSplitter, EnvelopeUpcaster, Payload, Splitter, Upcaster

__all__ = ["Registry"]

WireT = TypeVar("WireT")
ClassT = TypeVar("ClassT", bound=type)
UpcasterT = TypeVar("UpcasterT", bound=Upcaster)
EnvelopeUpcasterT = TypeVar("EnvelopeUpcasterT", bound=EnvelopeUpcaster)
SplitterT = TypeVar("SplitterT", bound=Splitter)
EnvelopeSplitterT = TypeVar("EnvelopeSplitterT", bound=EnvelopeSplitter)


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
        self._unversioned = unversioned
        self._declarations: list[Declaration] = []
        self._edges: list[tuple[str, Edge]] = []
        self._sealed = False

    def __contains__(self, name: object) -> bool:
        return any(name == declaration.name for declaration in self._declarations)

    def __iter__(self) -> Iterator[str]:
        return iter([declaration.name for declaration in self._declarations])

    def __repr__(self) -> str:
        state = "sealed" if self._sealed else "open"
        return f"<Registry of {len(self._declarations)} event types and {len(self._edges)} edges, {state}>"

    # --- declaring --------------------------------------------------------------------------------------------------

    def event(self, name: str, *, version: int, formerly: Iterable[str] = ()) -> Callable[[ClassT], ClassT]:
        """Declare a class as today's shape of an event type.

        Args:
            name: The event type, as stored: 1 to 200 visible ASCII characters.
            version: The `schema_version` of the class, an integer from 1.
            formerly: Names under which the type was stored before; they share its version line.

        Returns:
            A decorator for a pydantic model or dataclass, a msgspec Struct, an attrs class or a dataclass, which it
            returns as it is.

        Raises:
            RegistrySealed: After `codec`.
        """
        where = self._where()

        def declare(cls: ClassT) -> ClassT:
            self._declarations.append(Declaration(name, version, cls, _names(formerly), where))
            return cls

        return declare

    @overload
    def upcaster(self, name: str, *, from_version: int) -> Callable[[UpcasterT], UpcasterT]: ...
    @overload
    def upcaster(
        self, name: str, *, from_version: int, envelope: Literal[True]
    ) -> Callable[[EnvelopeUpcasterT], EnvelopeUpcasterT]: ...
    def upcaster(self, name: str, *, from_version: int, envelope: bool = False) -> Callable[[Any], Any]:
        """Register a function that brings a payload from one version to the next.

        Args:
            name: The event type.
            from_version: The version the function takes; it returns the next one.
            envelope: Whether the function takes the event's `Envelope` as the keyword `envelope`.

        Returns:
            A decorator for a function that takes the payload, which it may change, and returns it or another one.

        Raises:
            RegistrySealed: After `codec`.
        """
        where = self._where()

        def register(function: Callable[..., Payload]) -> Callable[..., Payload]:
            self._edges.append((name, FunctionEdge(from_version, function, envelope, where)))
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
            if not (hasattr(step, "apply") and hasattr(step, "effect")):
                raise InvalidStep(f"{step!r} is no step: use rename, add, remove, move, convert or map_values")
        self._edges.append((name, StepsEdge(from_version, steps, self._where())))

    def unchanged(self, name: str, *, from_version: int) -> None:
        """Declare that payloads of a version are valid payloads of the next as they are.

        Args:
            name: The event type.
            from_version: The older version.

        Raises:
            RegistrySealed: After `codec`.
        """
        self._edges.append((name, StepsEdge(from_version, (), self._where())))

    @overload
    def split(self, name: str, *, from_version: int, into: Mapping[str, int]) -> Callable[[SplitterT], SplitterT]: ...
    @overload
    def split(
        self, name: str, *, from_version: int, into: Mapping[str, int], envelope: Literal[True]
    ) -> Callable[[EnvelopeSplitterT], EnvelopeSplitterT]: ...
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
            self._edges.append((name, SplitEdge(from_version, function, dict(into), envelope, where)))
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
        self._edges.append((name, SplitEdge(from_version, None, {}, False, self._where())))

    def _where(self) -> str:
        """File and line of the registration; refuses it once the registry is sealed."""
        if self._sealed:
            raise RegistrySealed("the registry is sealed: register everything before the first codec()")
        frame = sys._getframe(2)  # noqa: SLF001  # the documented, if underscored, way to the caller's line
        return f"{frame.f_code.co_filename}:{frame.f_lineno}"

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
            envelope: How events are stored: `JsonEnvelope()` (the default), `StreamEntry()` or `Flat()`.
            max_bytes: How long a stored event may be.
            record_messages: Whether errors repeat what exceptions of user code said. Such messages may hold values
                of payloads; by default only class names and places are kept.

        Raises:
            RegistryDefects: All defects at once, each with its remedy; the registry stays open.
        """
        if type(max_bytes) is not int or max_bytes < 1:
            raise RegistryError(f"max_bytes={max_bytes!r}: give a positive number of bytes")
        form: Format[Any] = JsonEnvelope() if envelope is None else envelope
        if isinstance(form, type) or not isinstance(form, Flat | JsonEnvelope | StreamEntry):
            raise RegistryError(f"envelope={form!r}: give JsonEnvelope(), StreamEntry() or Flat()")
        verdict = judge(self._declarations, self._edges, form.stamped)
        if verdict.defects:
            count = len(verdict.defects)
            raise RegistryDefects(f"the registry has {count} defect{'s' if count > 1 else ''}", verdict.defects)
        plans = build_plans(verdict.lines, verdict.doors, form.stamped, record_messages=record_messages)
        self._sealed = True
        fingerprint = _fingerprint(verdict.lines, verdict.doors, self._unversioned)
        return Codec(fingerprint, max_bytes, form, verdict.lines, verdict.doors, plans, self._unversioned)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    # A lone string is an iterable of its letters, which nobody means.
    return (names,) if isinstance(names, str) else tuple(names)


def _fingerprint(lines: Mapping[str, Line], doors: Mapping[str, Door], unversioned: Unversioned) -> str:
    form = {
        "lines": [
            {
                "type": line.name,
                "version": line.version,
                "formerly": sorted(line.formerly),
                "classes": [class_text(cls) for cls in _classes(doors.get(line.name))],
                "edges": [[start, _edge_form(line.edges[start])] for start in sorted(line.edges)],
            }
            for line in sorted(lines.values(), key=lambda line: line.name)
        ],
        "unversioned": function_text(unversioned) if callable(unversioned) else unversioned,
    }
    return hashlib.sha256(json.dumps(form, sort_keys=True).encode()).hexdigest()


def _classes(door: Door | None) -> list[type]:
    found = {parent for cls in (door.classes if door else ()) for parent in cls.__mro__ if not is_library(parent)}
    return sorted(found, key=lambda cls: (cls.__module__, cls.__qualname__))


def _edge_form(edge: Edge) -> object:
    if isinstance(edge, StepsEdge):
        return [[step.to_json() or repr(step), *map(function_text, step.code)] for step in edge.steps]
    function = None if edge.function is None else function_text(edge.function)
    return [function, edge.needs_envelope, sorted(edge.into.items()) if isinstance(edge, SplitEdge) else None]
