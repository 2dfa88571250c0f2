"""What happens to one stored event, step by step, for a person to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs
import msgspec

from upcast._bounds import is_deep, printable, version_shown
from upcast._chain import divide
from upcast._envelope import Envelope
from upcast._functions import qualname
from upcast._json import NumberLiteral, is_bottomless, read_payload
from upcast._plan import Plan, Plans, door_refusal
from upcast.errors import RefusedEvent
from upcast.typing import Payload

__all__ = ["Change", "Explanation", "StepTrace", "explain"]

_ABSENT = "(absent)"
_MAX_VALUE = 60
_MAX_SHOWN_DEPTH = 20


@attrs.frozen
class Change:
    """One field before and after a step.

    Attributes:
        path: The field, dotted; list items by index.
        before: Its value as JSON, or `(absent)`.
        after: Its value as JSON, or `(absent)`.
    """

    path: str
    before: str
    after: str


@attrs.frozen
class StepTrace:
    """One step and what it did.

    Attributes:
        from_version: The version its edge starts from.
        step: The step as it was declared, or the name of the upcaster.
        changes: The fields it changed.
        error: What it failed with, or None.
    """

    from_version: int
    step: str
    changes: tuple[Change, ...]
    error: RefusedEvent | None = None


@attrs.frozen
class Explanation:
    """What happens to a stored event: `print` it.

    It holds values of the payload; it is the one thing besides `dlo show --values` that does.

    Attributes:
        event_type: The type as stored.
        schema_version: The version as stored.
        event_id: The envelope's id, or None.
        current_version: The version of today's class; None where the event was refused before its type was known.
        lane: The lane a decode takes.
        steps: Each step and what it did, up to the first that failed.
        events: What came out, in order; empty if it was refused or dropped.
        results: The same as text.
        error: Why it was refused, or None.
    """

    event_type: str | None
    schema_version: int | None
    event_id: str | None
    current_version: int | None
    lane: str
    steps: tuple[StepTrace, ...]
    events: tuple[object, ...]
    results: tuple[str, ...]
    error: RefusedEvent | None

    @classmethod
    def refused(cls, error: RefusedEvent, envelope: Envelope | None) -> Explanation:
        """The explanation of an event that was refused before any step ran."""
        event_type, version, identity = (
            (envelope.type, envelope.schema_version, envelope.id) if envelope else (error.event_type, None, None)
        )
        return cls(printable(event_type), version_shown(version), printable(identity), None, "none", (), (), (), error)

    def __str__(self) -> str:
        # What a payload holds must not command the terminal, nor forge a line.
        return "\n".join(map(_visible, self._lines()))

    def _lines(self) -> Iterator[str]:
        version = "" if self.schema_version is None else f" v{self.schema_version}"
        identity = "" if self.event_id is None else f" (id {self.event_id})"
        current = "" if self.current_version is None else f" → v{self.current_version}, {self.lane} lane"
        yield f"{self.event_type or 'event'}{version}{identity}{current}"
        edge = None
        for trace in self.steps:
            if trace.from_version != edge:
                edge = trace.from_version
                yield f"  v{edge} → v{edge + 1}"
            yield f"    {'✗' if trace.error else '✓'} {trace.step}"
            yield from (f"        {change.path}: {change.before} → {change.after}" for change in trace.changes)
        if self.error is not None:
            detail = f", {self.error.detail}" if self.error.detail else ""
            yield f"  ✗ {self.error.reason}{detail}: {self.error.problem}"
        yield from (f"  = {result}" for result in self.results)
        if self.error is None and not self.events:
            yield "  = dropped"


def explain(plans: Plans, plan: Plan, current: int, envelope: Envelope, data: bytes) -> Explanation:
    """Run a plan step by step and note every change; *current* is the version of today's class."""
    traces: list[StepTrace] = []
    events: list[object] = []
    results: list[str] = []
    error: RefusedEvent | None = None
    try:
        _follow(plans, plan, envelope, data, traces, events, results)
    except RefusedEvent as refused:
        error = refused
        error.event_type, error.schema_version = printable(envelope.type), envelope.schema_version
        events.clear()
        results.clear()
    return Explanation(
        printable(envelope.type),
        version_shown(envelope.schema_version),
        printable(envelope.id),
        current,
        plan.lane,
        tuple(traces),
        tuple(events),
        tuple(results),
        error,
    )


def _follow(
    plans: Plans,
    plan: Plan,
    envelope: Envelope,
    data: bytes,
    traces: list[StepTrace],
    events: list[object],
    results: list[str],
    *,
    bare: bool = False,
) -> None:
    chain = plan.chain
    if plan.lane != "current" or (bare and chain.stamp):
        payload = read_payload(data, keep_literals=True)
        for operation in chain.operations:
            before = _leaves(payload)
            try:
                payload = chain.apply(payload, (operation,), envelope)
            except RefusedEvent as error:
                traces.append(StepTrace(operation.from_version, operation.label, (), error))
                raise
            traces.append(StepTrace(operation.from_version, operation.label, _changes(before, _leaves(payload))))
        if plan.split is not None:
            _follow_split(plans, plan, envelope, payload, traces, events, results)
            return
        data = chain.text(data, envelope)
    assert plan.door is not None
    caught: BaseException
    try:
        event = plan.door.decode(data)
        events.append(event)
        results.append(_result(event, data))
        return
    except MemoryError:
        raise
    except (Exception, SystemExit) as exception:
        caught = exception
    raise door_refusal(plan, data, caught)


def _follow_split(
    plans: Plans,
    plan: Plan,
    envelope: Envelope,
    payload: Payload,
    traces: list[StepTrace],
    events: list[object],
    results: list[str],
) -> None:
    split = plan.split
    assert split is not None
    label = "drop" if split.function is None else f"{qualname(split.function)} (split)"
    try:
        parts = divide(payload, split, envelope, plan.chain.record_messages)
    except RefusedEvent as error:
        traces.append(StepTrace(split.from_version, label, (), error))
        raise
    made = tuple(Change(f"part {n}", _ABSENT, f"{name} v{split.into[name]}") for n, (name, _) in enumerate(parts))
    traces.append(StepTrace(split.from_version, label, made))
    for name, text in parts:
        _follow(plans, plans[name][split.into[name]], envelope, text, traces, events, results, bare=True)


def _result(event: object, data: bytes) -> str:
    name = type(event).__qualname__
    if is_deep(data):
        return f"{name}(nested too deep to show)"  # its repr would recurse, and overflow a small stack
    try:
        return repr(event)
    except Exception as failure:  # a broken __repr__ of the user's class must not end an explanation
        return f"{name}(its repr raised {type(failure).__qualname__})"


def _leaves(value: Any, path: tuple[str, ...] = ()) -> dict[str, str]:
    """Every leaf of a payload by its path, as JSON text: a copy, since steps change payloads in place."""
    items: Iterable[tuple[Any, Any]] = ()
    if len(path) < _MAX_SHOWN_DEPTH:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = {p: text for key, item in items for p, text in _leaves(item, (*path, str(key))).items()}
    return found or {".".join(path): _shown(value)}


def _shown(value: Any) -> str:
    if isinstance(value, NumberLiteral):
        return value.text
    if isinstance(value, dict | list | tuple) and is_bottomless(value):
        return f"({type(value).__qualname__})"
    try:
        text = msgspec.json.encode(value, enc_hook=repr).decode()
    except Exception:  # a step may make anything, however deep or strange; here it is only shown
        return f"({type(value).__qualname__})"
    return text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"


def _visible(line: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def _changes(before: dict[str, str], after: dict[str, str]) -> tuple[Change, ...]:
    paths = [*before, *(path for path in after if path not in before)]
    return tuple(
        Change(path, before.get(path, _ABSENT), after.get(path, _ABSENT))
        for path in paths
        if path and before.get(path) != after.get(path)
    )
