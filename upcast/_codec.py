"""The codec: stored bytes to objects of today's classes, and back."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, NoReturn, TypeVar

import attrs

from upcast._bounds import check_bounds, printable, version_shown
from upcast._chain import SplitEdge
from upcast._door import Door
from upcast._downcast import downcast
from upcast._envelope import Envelope
from upcast._explain import Explanation, explain
from upcast._formats import Format, Header
from upcast._json import payload_text
from upcast._line import Line
from upcast._log import log_refusal
from upcast._plan import PlanExplanation, Plans, Unversioned, find_plan, run
from upcast._sharing import own
from upcast._writing import check_read_back, time_text, write_event
from upcast.errors import (
    EncodeError,
    NotOneEvent,
    OversizeEvent,
    RefusedEvent,
    RegistryError,
    UnexpectedType,
)

__all__ = ["Codec"]

WireT = TypeVar("WireT")
OtherWireT = TypeVar("OtherWireT")
EventT = TypeVar("EventT")

_MISSED: Final = object()


@attrs.frozen(repr=False, eq=False, slots=False)
class Codec(Generic[WireT]):
    """Turns any stored bytes into today's objects, and objects into bytes; made by `Registry.codec`.

    Immutable and safe to use from many threads. What a stored event is (`WireT`) depends on the envelope: `bytes` for
    `JsonEnvelope` and `Flat`, a mapping of `bytes` to `bytes` for `StreamEntry`.

    Attributes:
        fingerprint: A hex digest that changes when a step, an upcaster's source, a class's source or a version
            changes, and only then: the same on every machine and Python. Downcasters do not count: they change
            nothing that is read.
        max_bytes: How long a stored event may be.
    """

    fingerprint: str
    max_bytes: int
    _format: Format[WireT]
    _lines: Mapping[str, Line]
    _doors: Mapping[str, Door]
    _plans: Plans
    _unversioned: Unversioned
    _read: Callable[[WireT], Header] = attrs.field(init=False)
    _decode_hot: Callable[[WireT], object] = attrs.field(init=False)
    _decode_batch: Callable[[Sequence[WireT]], list[object]] = attrs.field(init=False)
    _by_class: Mapping[type, Line] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        direct = {
            name: {version: plan.direct for version, plan in plans.items() if plan.direct is not None}
            for name, plans in self._plans.items()
        }
        decode = self._format.decoder(direct, self.max_bytes, self._decode_otherwise)
        for name, value in (
            ("_read", self._format.reader(self.max_bytes)),
            ("_by_class", {line.cls: line for line in self._lines.values() if line.cls is not None}),
            # Functions of their own, for a method would have to look up on every call what never changes.
            ("decode", functools.update_wrapper(decode, type(self).decode)),
            ("_decode_hot", self._format.decoder(direct, self.max_bytes, _missed)),
            ("_decode_batch", self._format.many(direct, self.max_bytes, decode)),
        ):
            object.__setattr__(self, name, value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a codec holds compiled readers and cannot be pickled: make it of its registry in each process")

    def __repr__(self) -> str:
        return f"<Codec of {len(self._lines)} event types, {self._format!r}, fingerprint {self.fingerprint[:12]}>"

    @property
    def envelope(self) -> Format[WireT]:
        """The envelope the codec was made for."""
        return self._format

    @property
    def classes(self) -> tuple[type, ...]:
        """Today's classes: what this codec's events can be."""
        return tuple(self._by_class)

    def with_envelope(self, envelope: Format[OtherWireT]) -> Codec[OtherWireT]:
        """The same plans behind another envelope, so that one registry serves stream, file and table.

        Raises:
            RegistryError: One of the two is `Flat`, whose plans are of another kind: make a second codec.
        """
        if envelope.stamped != self._format.stamped:
            raise RegistryError(f"{self!r} cannot read {envelope!r}: make a codec with envelope={envelope!r}")
        return Codec(
            self.fingerprint, self.max_bytes, envelope, self._lines, self._doors, self._plans, self._unversioned
        )

    # --- reading ----------------------------------------------------------------------------------------------------

    def decode(self, raw: WireT) -> object:
        """Bring a stored event to today's class.

        Args:
            raw: What the codec's envelope says a stored event is; nothing is sniffed.

        Returns:
            An object of the class registered for its type.

        Raises:
            RefusedEvent: It cannot be; the error names type, version, id, reason and, where there is one, the step or
                the fields. One line is logged. A split or drop raises `NotOneEvent`: use `decode_all`.
        """
        return self._decode_otherwise(raw)

    def decode_as(self, cls: type[EventT], raw: WireT) -> EventT:
        """Like `decode`, for one class.

        Raises:
            RefusedEvent: As `decode`; `UnexpectedType` if the event is of another type.
            RegistryError: *cls* is no registered event class.
        """
        line = self._line_of_class(cls)
        event = self.decode(raw)
        if type(event) is cls:
            return event
        raise self._named(UnexpectedType(f"it is not a {line.name!r}"), self._envelope_of(raw))

    def decode_all(self, raw: WireT) -> list[tuple[object, int]]:
        """Bring a stored event to all the events it stands for.

        Returns:
            (event, index) pairs in order: one with index 0 for an ordinary event, several for a split, none for a
            drop. The envelope's id and the index together identify a part, until a later release splits a part in
            turn: that renumbers the parts after it.

        Raises:
            RefusedEvent: As `decode`, never `NotOneEvent`. If one part is refused, the whole event is.
        """
        event = self._decode_hot(raw)
        return self._decode_anew(raw) if event is _MISSED else [(event, 0)]

    def decode_many(self, batch: Iterable[WireT], *, return_errors: bool = False) -> list[object]:
        """Bring many stored events to today's classes: the fast path for lists.

        Args:
            batch: The stored events.
            return_errors: Put a `RefusedEvent` in the place of an event that is refused, instead of raising it.

        Returns:
            As many objects as *batch* has events, in the same order.
        """
        batch = batch if isinstance(batch, list | tuple) else list(batch)
        if not return_errors:
            return self._decode_batch(batch)
        found: list[object] = []
        for raw in batch:
            try:
                found.append(self.decode(raw))
            except RefusedEvent as error:
                found.append(error)
        return found

    def decode_payload(
        self,
        event_type: str,
        schema_version: int | None,
        data: bytes | str | Mapping[str, Any],
        *,
        id: str | None = None,
        time: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> object:
        """Like `decode`, for a payload whose envelope is stored elsewhere: rows of an event store, Kafka headers.

        Args:
            event_type: The type as stored.
            schema_version: The version as stored; None means unversioned history.
            data: The payload as JSON text, or as the mapping a database driver made of it.
            id: The event's identity, for errors and for steps that ask for the envelope.
            time: When it happened, for steps that ask for the envelope.
            headers: Anything else, for steps that ask for the envelope.

        Raises:
            RefusedEvent: As `decode`; for a payload that is split or dropped use `decode_payload_all`.
        """
        envelope = Envelope(event_type, schema_version, id, time, own(dict(headers or {})))
        events = self._run_payload(data, envelope)
        if len(events) != 1:
            raise self._named(_not_one(events), envelope)
        return events[0][0]

    def decode_payload_all(
        self,
        event_type: str,
        schema_version: int | None,
        data: bytes | str | Mapping[str, Any],
        *,
        id: str | None = None,
        time: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> list[tuple[object, int]]:
        """Like `decode_all`, for a payload whose envelope is stored elsewhere; see `decode_payload`."""
        return self._run_payload(data, Envelope(event_type, schema_version, id, time, own(dict(headers or {}))))

    def explain(self, raw: WireT) -> Explanation:
        """Tell what happens to a stored event, step by step, with every field before and after.

        Never raises for the event's sake: what refuses it is in the explanation. Meant for a person at a terminal;
        it holds values of the payload.
        """
        caught: BaseException
        try:
            name, version, data = self._read(raw)
            envelope = self._format.envelope(raw)
            plan = find_plan(self._plans, name, version, self._unversioned, lambda: envelope)
        except (Exception, SystemExit) as exception:
            caught = exception
        else:
            return explain(self._plans, plan, self._lines[plan.event_type].version, envelope, data)
        return Explanation.refused(_classified(caught), self._envelope_of(raw))

    def explain_plan(self, event_type: str, schema_version: int) -> PlanExplanation:
        """Tell which lane payloads of a type and version take, and why.

        Args:
            event_type: The type as it is stored: today's name or a former one.
            schema_version: The stored version.

        Raises:
            RegistryError: No such events are read.
        """
        plan = self._plans.get(event_type, {}).get(schema_version)
        if plan is None:
            raise RegistryError(f"no events {event_type!r} of version {schema_version!r} are read")
        return PlanExplanation(event_type, schema_version, plan.lane, plan.why, plan.source)

    def stored_types(self, cls: type) -> tuple[str, ...]:
        """Every type name under which events that become *cls* may be stored, today's name first.

        These are what a query of a store must ask for: former names and the sources of splits among them.

        Raises:
            RegistryError: *cls* is no registered event class.
        """
        found = [self._line_of_class(cls).name]
        for name in found:  # grows while it is walked
            found += [
                line.name
                for line in self._lines.values()
                if line.name not in found
                and any(isinstance(edge, SplitEdge) and name in edge.into for edge in line.edges.values())
            ]
        return tuple(stored for name in found for stored in (name, *self._lines[name].formerly))

    # --- writing ----------------------------------------------------------------------------------------------------

    def encode(
        self,
        event: object,
        *,
        version: int | None = None,
        lossy: bool = False,
        id: str | None = None,
        time: str | dt.datetime | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> WireT:
        """Write an event as it is stored, stamped with its type and version.

        What is written is read back before it is returned: nothing is stored that could not be read, or would be
        read as another object.

        Args:
            event: An object of a registered class.
            version: An older version to write instead, for readers that are not yet deployed; every edge down to it
                must have a downcaster, or consist of steps that can be inverted.
            lossy: Whether an older version may lose what it cannot hold; an event that reads back as another
                object is refused otherwise.
            id: The event's identity.
            time: When it happened; a datetime must be aware.
            headers: Anything else for the envelope.

        Raises:
            EncodeError: The object cannot be stored so that it can be read back; `reason` and message tell why.
        """
        line = self._line_of(event)
        envelope = Envelope(line.name, version or line.version, id, time_text(time, line), headers or {})
        if not isinstance(id, str | None):
            raise EncodeError("invalid-argument", f"id is {type(id).__name__}, not a string", event_type=line.name)
        payload = self._write(event, line, version)
        failed = ""
        try:
            raw = self._format.write(envelope, payload)
        except (TypeError, ValueError, AttributeError) as exception:
            failed = type(exception).__qualname__
        if failed:
            problem = f"id, time or headers cannot be written ({failed})"
            raise EncodeError("invalid-argument", problem, event_type=line.name)
        back = functools.partial(self._decoded, raw)
        check_read_back(event, line, self._doors[line.name], version or line.version, payload, back, lossy=lossy)
        return raw

    def encode_payload(
        self, event: object, *, version: int | None = None, lossy: bool = False
    ) -> tuple[str, int, bytes]:
        """Like `encode`, for a store that keeps type and version in columns of their own.

        Returns:
            Type, version and payload: what `decode_payload` takes.

        Raises:
            EncodeError: As `encode`.
        """
        line = self._line_of(event)
        payload = self._write(event, line, version)
        version = version or line.version
        back = functools.partial(self._decoded_payload, payload, Envelope(line.name, version))
        check_read_back(event, line, self._doors[line.name], version, payload, back, lossy=lossy)
        return line.name, version, payload

    def _line_of(self, event: object) -> Line:
        line = self._by_class.get(type(event))
        if line is None:
            problem = f"{type(event).__qualname__} is not registered: decorate it with @events.event(...)"
            raise EncodeError("not-registered", problem)
        return line

    def _write(self, event: object, line: Line, version: int | None) -> bytes:
        door = self._doors[line.name]
        payload = write_event(event, line, door)
        return payload if version is None else downcast(payload, line, door, version)

    def _line_of_class(self, cls: type) -> Line:
        if cls not in self._by_class:
            raise RegistryError(f"{cls.__qualname__} is not registered: decorate it with @events.event(...)")
        return self._by_class[cls]

    # --- what is unusual --------------------------------------------------------------------------------------------

    def _decode_otherwise(self, raw: WireT) -> object:
        """What `decode` does with an event that the hot path is not for, or has failed on."""
        events = self._decode_anew(raw)
        if len(events) == 1:
            return events[0][0]
        raise self._refused(raw, _not_one(events))

    def _decode_anew(self, raw: WireT) -> list[tuple[object, int]]:
        caught: BaseException
        try:
            # The hot path knows every version that is written out, so it has asked the reader.
            return self._decoded(raw, tried=True)
        except MemoryError:
            raise
        except (Exception, SystemExit) as exception:
            caught = exception
        # Raised outside the handler, so that what was caught, which may hold values, does not travel along.
        raise self._refused(raw, caught)

    def _run_payload(self, data: object, envelope: Envelope) -> list[tuple[object, int]]:
        caught: RefusedEvent
        try:
            return self._decoded_payload(payload_text(data), envelope)
        except RefusedEvent as error:
            caught = error
        except RecursionError:
            caught = _too_deep()
        raise self._named(caught, envelope)

    def _decoded(self, raw: WireT, *, tried: bool = False) -> list[tuple[object, int]]:
        name, version, data = self._read(raw)
        plan = find_plan(self._plans, name, version, self._unversioned, lambda: self._format.envelope(raw))
        envelope = self._format.envelope(raw) if plan.needs_envelope or plan.split else None
        return run(self._plans, plan, data, envelope, tried=tried and version is not None)

    def _decoded_payload(self, text: bytes, envelope: Envelope) -> list[tuple[object, int]]:
        check_bounds(text, self.max_bytes)
        plan = find_plan(self._plans, envelope.type, envelope.schema_version, self._unversioned, lambda: envelope)
        return run(self._plans, plan, text, envelope, bare=True)

    def _refused(self, raw: WireT, caught: BaseException) -> RefusedEvent:
        return self._named(_classified(caught), self._envelope_of(raw))

    def _envelope_of(self, raw: WireT) -> Envelope | None:
        """The envelope of a refused event, as far as it can be read: never of one that is out of bounds."""
        try:
            self._read(raw)
        except RefusedEvent as error:
            if isinstance(error, OversizeEvent) or error.detail == "not-utf8":
                return None
        try:
            return self._format.envelope(raw)
        except Exception:  # the envelope is what is wrong
            return None

    def _named(self, error: RefusedEvent, envelope: Envelope | None) -> RefusedEvent:
        """Complete an error by the event it concerns, and log it."""
        if envelope is not None:
            error.event_type = printable(envelope.type)
            error.event_id = printable(envelope.id)
            error.schema_version = version_shown(envelope.schema_version)
        elif error.event_type is not None:
            error.event_type = printable(error.event_type)
        log_refusal(error)
        return error


def _not_one(events: list[tuple[object, int]]) -> NotOneEvent:
    return NotOneEvent(f"it stands for {len(events)} events: use decode_all", count=len(events))


def _missed(raw: object) -> object:  # noqa: ARG001  # the hot path hands it over
    return _MISSED


def _classified(caught: BaseException) -> RefusedEvent:
    if isinstance(caught, RefusedEvent):
        return caught
    if isinstance(caught, RecursionError):
        return _too_deep()
    raise caught


def _too_deep() -> OversizeEvent:
    return OversizeEvent("nested deeper than this thread's stack bears", detail="depth")
