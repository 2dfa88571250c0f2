"""Payloads of today back to an older version, for readers that are not yet deployed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import attrs

from upcast._chain import StepsEdge, place_of
from upcast._door import Door
from upcast._functions import qualname
from upcast._json import read_payload, write_payload
from upcast._line import Line, is_version
from upcast._paths import StepFailed
from upcast._sharing import own
from upcast._steps import Step
from upcast.errors import EncodeError
from upcast.typing import Payload

__all__ = ["downcast"]


def downcast(text: bytes, line: Line, door: Door, version: int) -> bytes:
    """Bring a payload of today's version back to an older one, by downcasters and the inverses of steps.

    Raises:
        EncodeError: There is no such version, or an edge on the way has neither, or one fails.
    """
    if not is_version(version) or version > line.version:
        problem = f"there is no version {version!r} to write: this release writes 1 to {line.version}"
        raise EncodeError("invalid-argument", problem, event_type=line.name)
    if version == line.version:
        return text  # what is not read and written again keeps its spelling, which a Raw field compares by
    undos = [undo for start in range(line.version - 1, version - 1, -1) for undo in _undos(line, start, version)]
    try:
        return write_payload(_undone(text, door, undos, line), check_finite=True)
    except (EncodeError, MemoryError):
        raise
    except Exception as exception:
        failed = type(exception).__qualname__
    # Which one made what cannot be written is found by doing it all again.
    made = ((undo.label, _undone(text, door, undos[:n], line)) for n, undo in enumerate(undos, 1))
    culprit = next((label for label, payload in made if not _has_json_form(payload)), f"v{line.version} → v{version}")
    problem = f"{culprit} made a payload without JSON form ({failed})"
    raise EncodeError("no-downcast", problem, event_type=line.name)


@attrs.frozen
class _Undo:
    """One thing that is done to a payload on the way down; it owns what it gets, and nobody keeps what it returns."""

    label: str
    run: Callable[[Payload], Payload]


def _undos(line: Line, start: int, version: int) -> Iterator[_Undo]:
    """How an edge is undone: by its downcaster, else by the inverses of its steps."""
    way, edge = f"v{start + 1} → v{start}", line.edges[start]
    if start in line.downcasters:
        function = line.downcasters[start].function
        yield _Undo(f"{way}, {qualname(function)}", partial(_call, function))
        return
    missing = "" if isinstance(edge, StepsEdge) else "its upcaster is a function"
    for step in reversed(edge.steps) if isinstance(edge, StepsEdge) else ():
        inverse = step.inverse()
        if inverse is None:
            missing = missing or f"{step!r} has no inverse"
        else:
            yield _Undo(f"{way}, {inverse!r}", partial(_apply, inverse))
    if missing:
        remedy = f'register one with @events.downcaster("{line.name}", to_version={start})'
        problem = f"cannot be written as v{version}: {way}, {missing}: {remedy}"
        raise EncodeError("no-downcast", problem, event_type=line.name)


def _call(function: Callable[[Payload], Payload], payload: Payload) -> Payload:
    result = function(payload)
    if not isinstance(result, dict):
        raise StepFailed(f"returned {type(result).__name__}, not a payload: return the dict")
    # It may be, or hold, a constant of the user's module, and what is undone next may write into it.
    owned: Payload = own(result)
    return owned


def _apply(inverse: Step, payload: Payload) -> Payload:
    inverse.apply(payload)
    # As above: what a function of the user puts there may be held elsewhere.
    return own(payload) if inverse.code else payload


def _undone(text: bytes, door: Door, undos: Sequence[_Undo], line: Line) -> Payload:
    payload = read_payload(text, keep_literals=door.keep_literals)
    for undo in undos:
        try:
            payload = undo.run(payload)
        except MemoryError:
            raise
        except (Exception, SystemExit) as exception:
            ours = isinstance(exception, StepFailed)  # whose text repeats no value
            failed = str(exception) if ours else f"raised {place_of(exception)}"
        else:
            continue
        # Raised outside the handler, so that what was caught, which may hold values, does not travel along.
        raise EncodeError("no-downcast", f"{undo.label}: {failed}", event_type=line.name)
    return payload


def _has_json_form(payload: Payload) -> bool:
    try:
        write_payload(payload, check_finite=True)
    except MemoryError:
        raise
    except Exception:
        return False
    return True
