"""Which handler takes which event, and what comes of calling it."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import msgspec

from upcast._codec import Codec
from upcast.errors import RefusedEvent, RegistryError
from upcast.streams._consumer._lease import Lease
from upcast.streams._entry import fields_of
from upcast.streams._failure import Failure, asked_again, handler_raised, refused, rejected
from upcast.streams._names import REPLAY_TO, REPLAYS
from upcast.streams.delivery import Delivery, replays_of
from upcast.streams.errors import UnhandledTypes
from upcast.streams.settlement import Ack, Reject, Retry, Settlement

__all__ = ["Answer", "Halt", "HandlerFunction", "Handlers", "Handling", "Job"]

_logger = logging.getLogger("upcast.streams")

_DONE = Ack()

Answer: TypeAlias = Settlement | None
HandlerFunction: TypeAlias = Callable[[Any, Delivery], Answer | Awaitable[Answer]]


@attrs.frozen
class Halt:
    """Something that is not the event's fault and ends the consumer: no memory, or Ctrl-C."""

    error: BaseException


@attrs.frozen(eq=False)
class Handler:
    """A handler, and what was found out about it when it was registered."""

    function: HandlerFunction
    name: str
    is_async: bool


class Handlers:
    """The handlers of a consumer by class."""

    def __init__(self) -> None:
        self._by_class: dict[type, Handler | None] = {}
        self._other: Handler | None = None

    def add(self, classes: Iterable[type], function: HandlerFunction) -> None:
        """Register a handler for classes; for none, as the catch-all.

        Raises:
            RegistryError: It cannot be called with an event and its delivery, or one of the classes has a handler.
        """
        handler = Handler(function, getattr(function, "__qualname__", type(function).__qualname__), _is_async(function))
        try:
            inspect.signature(function).bind(None, None)
        except (TypeError, ValueError):
            raise RegistryError(f"{handler.name} must take two arguments: the event and its delivery") from None
        classes = tuple(classes)
        for cls in classes:
            self._claim(cls, handler)
        if not classes:
            if self._other is not None:
                raise RegistryError(f"{self._other.name} is the catch-all already")
            self._other = handler

    def ignore(self, classes: Iterable[type]) -> None:
        """Acknowledge events of these classes unhandled.

        Raises:
            RegistryError: One of them has a handler.
        """
        for cls in classes:
            self._claim(cls, None)

    def _claim(self, cls: type, handler: Handler | None) -> None:
        if not isinstance(cls, type):
            raise RegistryError(f"{cls!r} is no class: write @consumer.on(OrderPlaced)")
        if cls in self._by_class:
            raise RegistryError(f"{cls.__qualname__} is handled or ignored already")
        self._by_class[cls] = handler

    def resolved(self, classes: Iterable[type]) -> Mapping[type, Handler | None]:
        """The handler of every class of a codec; None for those that are ignored.

        Raises:
            UnhandledTypes: Some have none.
            RegistryError: A handler is registered for a class that the codec does not know.
        """
        known = tuple(classes)
        strangers = [cls.__qualname__ for cls in self._by_class if cls not in known]
        if strangers:
            raise RegistryError(f"the codec knows no {', '.join(strangers)}: no such event can ever come")
        missing = [cls.__qualname__ for cls in known if cls not in self._by_class]
        if missing and self._other is None:
            raise UnhandledTypes(missing)
        return _Resolved({cls: self._by_class.get(cls, self._other) for cls in known})


class _Resolved(dict[type, Handler | None]):
    """The handlers of registered classes, and of those that are derived from them: validators can return subclasses."""

    def __missing__(self, cls: type) -> Handler | None:
        for base in cls.__mro__:
            if base in self:
                return self[base]
        raise LookupError(f"there is no handler for {cls.__qualname__}, which is no registered class")


def _is_async(function: HandlerFunction) -> bool:
    called = getattr(type(function), "__call__", None)  # noqa: B004  # an object with an async __call__ is meant
    # Not what it wraps: a sync wrapper around something async is sync.
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


class Job(msgspec.Struct, frozen=True, eq=False):
    """The calls that an entry asks for, in order."""

    lease: Lease
    calls: Sequence[tuple[Handler, object, Delivery]]
    is_async: bool


@attrs.frozen
class Handling:
    """Takes entries to their handlers.

    Attributes:
        codec: For entries.
        handlers: By class.
        stream: The key of the stream.
        group: The consumer group.
        record_messages: Whether failures repeat what exceptions say.
    """

    codec: Codec[dict[bytes, bytes]]
    handlers: Mapping[type, Handler | None]
    stream: str
    group: str
    record_messages: bool

    def begin(self, lease: Lease) -> Job | Failure | Ack | Halt:
        """Decode an entry and look up its handlers; `Ack` where there is nothing to do."""
        try:
            fields = fields_of(lease.values)
            if REPLAY_TO in fields and fields[REPLAY_TO] != self.group.encode():
                _logger.info("entry %s of %s is a replay for another group", lease.id.decode(), self.stream)
                return _DONE
            entry_id, replays = lease.id.decode(), lease.replays
            if REPLAYS in fields:
                replays = replays or replays_of(fields)
            calls, is_async = [], False
            for event, index in self.codec.decode_all(fields):
                handler = self.handlers[type(event)]
                if handler is not None:
                    is_async = is_async or handler.is_async
                    told = Delivery(self.stream, self.group, entry_id, lease.attempt, index, fields, replays)
                    calls.append((handler, event, told))
        except RefusedEvent as error:
            return refused(error)
        except (MemoryError, KeyboardInterrupt) as error:
            return Halt(error)
        except BaseException as error:  # whatever user code raises, or a mistake of ours, must not stop the stream
            return handler_raised(error, "the codec", record_messages=self.record_messages)
        return Job(lease, calls, is_async) if calls else _DONE

    def run(self, job: Job) -> Ack | Failure | Halt:
        """Call handlers that are all sync."""
        for handler, event, delivery in job.calls:
            try:
                answer = handler.function(event, delivery)
            except BaseException as error:
                return self._raised(error, handler, delivery)
            verdict = None if answer is None else self._verdict(answer, handler, delivery)
            if verdict is not None:
                return verdict
        return _DONE

    async def run_async(self, job: Job, ending: Callable[[], bool]) -> Ack | Failure | Halt:
        """Call handlers of which some are async; those that are not have a thread of their own meanwhile.

        Raises:
            CancelledError: The consumer is *ending*, and this was cancelled.
        """
        for handler, event, delivery in job.calls:
            try:
                if handler.is_async:
                    answer: Any = await handler.function(event, delivery)  # type: ignore[misc]  # is_async says so
                else:
                    answer = await asyncio.to_thread(handler.function, event, delivery)
            except asyncio.CancelledError as error:
                if ending():
                    raise
                return self._raised(error, handler, delivery)  # the handler's own affair
            except BaseException as error:
                return self._raised(error, handler, delivery)
            verdict = None if answer is None else self._verdict(answer, handler, delivery)
            if verdict is not None:
                return verdict
        return _DONE

    def _verdict(self, answer: object, handler: Handler, delivery: Delivery) -> Failure | None:
        if isinstance(answer, Ack):
            return None
        if isinstance(answer, Reject):
            return _about(delivery, rejected(answer, handler.name))
        if isinstance(answer, Retry):
            return _about(delivery, asked_again(answer, handler.name))
        if inspect.iscoroutine(answer):
            answer.close()  # never awaited, it would warn of itself later and elsewhere
        kind = type(answer).__qualname__
        wrong = TypeError(f"a handler returns None, Ack, Retry or Reject, and this one returned a {kind}")
        failure = handler_raised(wrong, handler.name)
        return _about(delivery, attrs.evolve(failure, problem=f"{handler.name}: {wrong}"))

    def _raised(self, error: BaseException, handler: Handler, delivery: Delivery) -> Failure | Halt:
        if isinstance(error, MemoryError | KeyboardInterrupt):
            return Halt(error)
        return _about(delivery, handler_raised(error, handler.name, record_messages=self.record_messages))


def _about(delivery: Delivery, failure: Failure) -> Failure:
    return attrs.evolve(
        failure,
        event_type=delivery.event_type,
        schema_version=delivery.schema_version,
        event_id=delivery.event_id,
        index=delivery.index,
    )
