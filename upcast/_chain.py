"""The ordered edges that bring a payload from the version it was stored with to today's."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from upcast._bounds import check_bounds
from upcast._envelope import Envelope
from upcast._functions import qualname
from upcast._json import read_payload, write_payload
from upcast._paths import StepFailed
from upcast._sharing import may_share, own
from upcast._steps import Step
from upcast.errors import Frame, UpcasterFailed
from upcast.typing import Payload

__all__ = [
    "Chain",
    "Edge",
    "FunctionEdge",
    "Operation",
    "SplitEdge",
    "StepsEdge",
    "divide",
    "failure_of",
    "message_of",
    "operations",
    "ordered",
    "place_of",
]

_MAX_FRAMES = 20

Part: TypeAlias = tuple[str, Payload]


@attrs.frozen
class StepsEdge:
    """Declarative steps; none at all where old payloads are valid as they are."""

    from_version: int
    steps: tuple[Step, ...]
    where: str


@attrs.frozen
class FunctionEdge:
    """An upcaster function."""

    from_version: int
    function: Callable[..., Payload]
    needs_envelope: bool
    where: str


@attrs.frozen
class SplitEdge:
    """The end of a line: a payload becomes others, of the types and versions in *into*; a drop becomes none."""

    from_version: int
    function: Callable[..., Iterable[Part]] | None
    into: Mapping[str, int]
    needs_envelope: bool
    where: str

    @property
    def is_drop(self) -> bool:
        """Whether it makes nothing."""
        return not self.into


Edge: TypeAlias = StepsEdge | FunctionEdge | SplitEdge


@attrs.frozen
class Operation:
    """One thing a chain does to a payload: a declarative step, or a call of an upcaster function.

    Attributes:
        from_version: The version its edge starts from.
        label: How it is called in errors and explanations.
        code: The user's functions that run in it.
        run: Takes the payload, which it may change, and the envelope; returns the payload to go on with.
    """

    from_version: int
    label: str
    code: tuple[Callable[..., Any], ...]
    run: Callable[[Payload, Envelope | None], Payload]


class _WrongResult(TypeError):
    """An upcaster returned something that is no payload; the text is ours."""


def operations(edges: Sequence[Edge], split: SplitEdge | None) -> tuple[Operation, ...]:
    """What the edges of a route do, one after the other; the split at its end, if any, is left to `divide`."""
    found = [operation for edge in edges for operation in _edge_operations(edge)]
    last = len(found) if split is not None else max((n for n, op in enumerate(found) if op.code), default=-1)
    # User code that comes later may write into what it gets, so it must get what nobody else holds.
    return tuple(_isolated(op) if n < last and any(map(may_share, op.code)) else op for n, op in enumerate(found))


def _isolated(operation: Operation) -> Operation:
    run = operation.run
    return attrs.evolve(operation, run=lambda payload, envelope: own(run(payload, envelope)))


def _edge_operations(edge: Edge) -> Iterator[Operation]:
    if isinstance(edge, StepsEdge):
        if not edge.steps:
            yield Operation(edge.from_version, "unchanged", (), _unchanged)
        for step in edge.steps:
            yield Operation(edge.from_version, repr(step), step.code, _step_run(step))
    elif isinstance(edge, FunctionEdge):
        yield Operation(edge.from_version, qualname(edge.function), (edge.function,), _function_run(edge))


def _unchanged(payload: Payload, _: Envelope | None) -> Payload:
    return payload


def _step_run(step: Step) -> Callable[[Payload, Envelope | None], Payload]:
    apply = step.apply

    def run(payload: Payload, _: Envelope | None) -> Payload:
        apply(payload)
        return payload

    return run


def _function_run(edge: FunctionEdge) -> Callable[[Payload, Envelope | None], Payload]:
    function, needs_envelope = edge.function, edge.needs_envelope

    def run(payload: Payload, envelope: Envelope | None) -> Payload:
        result = function(payload, envelope=envelope) if needs_envelope else function(payload)
        if result is payload:
            return payload
        if not isinstance(result, dict):
            raise _WrongResult(f"returned {type(result).__name__}, not a payload: return the dict")
        # The next step owns what it gets, and this may be a constant of the user's module.
        return dict(result)

    return run


@attrs.frozen
class Chain:
    """What the edges of a route do to a payload, and how it is read and written around them.

    Attributes:
        operations: What is done, in order.
        keep_literals: Whether numbers that no step touches keep their digits.
        stamp: Members that are set afterwards, where the payload carries its own header.
        record_messages: Whether an error may repeat what an exception of user code said.
        order: The order in which members are written that are among these.
    """

    operations: tuple[Operation, ...]
    keep_literals: bool
    stamp: Mapping[str, object]
    record_messages: bool
    order: tuple[str, ...] = ()
    has_code: bool = attrs.field(init=False)
    _active: tuple[Operation, ...] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        # An edge that changes nothing is there to be explained, not to be run.
        active = tuple(operation for operation in self.operations if operation.run is not _unchanged)
        object.__setattr__(self, "_active", active)
        object.__setattr__(self, "has_code", any(operation.code for operation in self.operations))

    def payload(self, data: bytes, envelope: Envelope | None) -> Payload:
        """The payload after the last operation; raises `MalformedEvent` or `UpcasterFailed`."""
        payload = read_payload(data, keep_literals=self.keep_literals)
        payload = self.apply(payload, self._active, envelope)
        payload.update(self.stamp)
        return payload

    def text(self, data: bytes, envelope: Envelope | None) -> bytes:
        """The same as JSON text; a payload that has none is an `UpcasterFailed` of the step that made it."""
        payload = self.payload(data, envelope)
        if self.order and (self._active or self.stamp):
            payload = ordered(payload, self.order)
        try:
            return self._write(payload)
        except MemoryError:
            raise
        except Exception as exception:
            caught = exception
        raise self._unwritable(data, envelope, caught)

    def _write(self, payload: Payload) -> bytes:
        text = write_payload(payload, check_finite=self.has_code)
        if self.has_code:
            # Only a function can have made it deeper, or a number longer, than what was stored.
            check_bounds(text, sys.maxsize)
        return text

    def apply(self, payload: Payload, operations: Sequence[Operation], envelope: Envelope | None) -> Payload:
        """Run operations on a payload the caller owns; raises `UpcasterFailed`."""
        caught: BaseException
        operation: Operation | None = None
        try:
            for operation in operations:
                payload = operation.run(payload, envelope)
            return payload
        except MemoryError:
            raise
        except (Exception, SystemExit) as exception:
            caught = exception
        assert operation is not None
        # Raised outside the handler, so that the exception, which may hold values, does not travel along.
        raise failure_of(operation.from_version, operation.label, caught, self.record_messages)

    def _unwritable(self, data: bytes, envelope: Envelope | None, caught: Exception) -> UpcasterFailed:
        """Find the operation after which the payload has no JSON form, by doing it all again."""
        payload = read_payload(data, keep_literals=self.keep_literals)
        culprit = self.operations[-1]
        for operation in self.operations:
            payload = self.apply(payload, (operation,), envelope)
            try:
                self._write(payload)
            except MemoryError:
                raise
            except Exception:
                culprit = operation
                break
        return failure_of(
            culprit.from_version, culprit.label, caught, self.record_messages, did="made a payload without JSON form"
        )


def ordered(payload: Payload, names: Iterable[str]) -> Payload:
    """A payload with some of its members first, in the order given."""
    return {**{name: payload[name] for name in names if name in payload}, **payload}


def divide(
    payload: Payload, edge: SplitEdge, envelope: Envelope | None, record_messages: bool
) -> list[tuple[str, bytes]]:
    """Run the split at the end of a chain.

    Returns:
        The (event type, payload text) pairs; texts, so that no part can reach into another.

    Raises:
        UpcasterFailed: The split failed, or made a part that was not declared or has no JSON form.
    """
    if edge.function is None:
        return []  # a drop
    caught: BaseException
    try:
        result = edge.function(payload, envelope=envelope) if edge.needs_envelope else edge.function(payload)
        return [_part(part, edge) for part in result]
    except MemoryError:
        raise
    except (Exception, SystemExit) as exception:
        caught = exception
    raise failure_of(edge.from_version, qualname(edge.function), caught, record_messages)


def _part(part: object, edge: SplitEdge) -> tuple[str, bytes]:
    if not (isinstance(part, tuple) and len(part) == 2 and isinstance(part[1], dict)):
        raise _WrongResult("made a part that is no (event type, payload) pair")
    name, payload = part
    if name not in edge.into:
        raise _WrongResult(f"made a part of a type that it did not declare in into={dict(edge.into)!r}")
    text = write_payload(payload, check_finite=True)
    check_bounds(text, sys.maxsize)
    return name, text


def failure_of(
    from_version: int, label: str, caught: BaseException, record_messages: bool, *, did: str = ""
) -> UpcasterFailed:
    """Name the failure of an operation without repeating anything the exception says."""
    frames = frames_of(caught)
    if isinstance(caught, StepFailed | _WrongResult):
        what = str(caught)
    else:
        what = (f"{did}: " if did else "raised ") + place_of(caught)
    return UpcasterFailed(
        f"v{from_version} → v{from_version + 1}, {label}: {what}",
        from_version=from_version,
        step=label,
        exception=type(caught).__qualname__,
        frames=frames,
        message=message_of(caught) if record_messages else None,
    )


def frames_of(caught: BaseException) -> list[Frame]:
    """Where something was raised in code that is not ours, innermost last."""
    return [
        Frame(frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in traceback.walk_tb(caught.__traceback__)
        if not _is_ours(frame.f_globals.get("__name__", ""))
    ][-_MAX_FRAMES:]


def _is_ours(module: str) -> bool:
    # The machinery only: the demo's upcasters are in this package too.
    return module.startswith(("upcast._", "upcast.settings.", "upcast.streams."))


def place_of(caught: BaseException) -> str:
    """What was raised and where, without what it says."""
    frames = frames_of(caught)
    return type(caught).__qualname__ + (f" in {frames[-1]}" if frames else "")


def message_of(caught: BaseException) -> str:
    """What an exception says, even one that cannot say it."""
    try:
        return str(caught)
    except Exception as failure:  # a broken __str__ of a user's exception must not hide the failure it reports
        return f"({type(failure).__name__} while reading the message)"
