"""Stored payloads through the real chain: what comes out, and what they are on the way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from upcast._bounds import DEFAULT_MAX_BYTES, check_bounds
from upcast._chain import Edge, FunctionEdge, Operation, SplitEdge, StepsEdge
from upcast._envelope import Envelope
from upcast._functions import qualname
from upcast._json import read_payload, write_payload
from upcast._line import Line, is_read_only
from upcast._plan import Plan, run
from upcast._steps import Step
from upcast.errors import OversizeEvent, RefusedEvent, UpcasterFailed
from upcast.schemas._opened import Opened

__all__ = ["Chained", "Result", "Stage", "edge_label", "envelope_of", "failed_place", "shown_place", "steps_of"]


@attrs.frozen(eq=False)
class Result:
    """What a stored payload became.

    Attributes:
        events: The objects, several for a split and none for a drop; empty where it was refused.
        refusal: Why it was refused, or None.
    """

    events: tuple[object, ...] = ()
    refusal: RefusedEvent | None = None


@attrs.frozen
class Stage:
    """A payload behind one operation of the chain.

    Attributes:
        operation: It.
        text: The payload then, as JSON text.
    """

    operation: Operation
    text: bytes


@attrs.frozen(eq=False)
class Chained:
    """The way from one stored version of a type to today.

    Attributes:
        opened: The registry.
        line: The version line.
        stored_as: The name under which the payloads are stored: today's or a former one.
        version: Their version.
    """

    opened: Opened
    line: Line
    stored_as: str
    version: int

    @property
    def plan(self) -> Plan:
        """What the codec does with them."""
        return self.opened.plans[self.stored_as][self.version]

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edges on the way, a split at its end included."""
        edges, split = self.line.route(self.version)
        return edges if split is None else (*edges, split)

    def run(self, payload: bytes) -> Result:
        """What `Codec.decode_payload_all` makes of a payload; a refusal is not logged."""
        try:
            check_bounds(payload, DEFAULT_MAX_BYTES)
            found = run(self.opened.plans, self.plan, payload, self._envelope, bare=True)
        except RefusedEvent as refusal:
            return Result(refusal=refusal)
        except RecursionError:
            return Result(refusal=OversizeEvent("nested deeper than the stack bears", detail="depth"))
        return Result(events=tuple(event for event, _ in found))

    def stages(self, payload: bytes) -> list[Stage]:
        """The payload behind each operation, up to the first that fails or makes what has no JSON form."""
        found: list[Stage] = []
        chain = self.plan.chain
        try:
            current = read_payload(payload, keep_literals=True)
            for operation in chain.operations:
                current = chain.apply(current, (operation,), self._envelope)
                found.append(Stage(operation, write_payload(current, check_finite=True)))
        except MemoryError:
            raise
        except Exception:  # the verdict is told by `run`; here it is only shown how far it came
            return found
        return found

    def by_version(self, payload: bytes) -> dict[int, bytes]:
        """The payload at each later version, as far as the chain comes; only today's where the class is read-only."""
        stages, operations = self.stages(payload), self.plan.chain.operations
        # An edge that was left half-way has made nothing.
        left = operations[len(stages)].from_version if len(stages) < len(operations) else self.line.version
        found = {stage.operation.from_version + 1: stage.text for stage in stages}
        first = self.line.version if is_read_only(self.line.cls) else self.version
        return {version: text for version, text in found.items() if first <= version <= left}

    def texts(self, result: Result) -> list[bytes]:
        """What the class writes of each object that came out; null of one that it cannot write."""
        return [self._text(event) for event in result.events]

    def _text(self, event: object) -> bytes:
        try:
            return self.opened.door_of(event).encode(event)
        except MemoryError:
            raise
        except Exception:  # whatever an encoder says of an object that it cannot write
            return b"null"

    @property
    def _envelope(self) -> Envelope:
        return envelope_of(self.stored_as, self.version)


def envelope_of(stored_as: str, version: int) -> Envelope:
    """What stands around a payload that was made up: plausible, and the same each time."""
    return Envelope(stored_as, version, "00000000-0000-4000-8000-000000000001", "2024-02-29T12:30:00+00:00", {})


# --- how edges are called -------------------------------------------------------------------------------------------


def edge_label(edge: Edge) -> str:
    """An edge with its versions, what it is and where it stands."""
    if isinstance(edge, FunctionEdge):
        what = qualname(edge.function)
    elif isinstance(edge, SplitEdge):
        what = "drop" if edge.function is None else f"split {qualname(edge.function)}"
    else:
        what = ", ".join(map(repr, edge.steps)) or "unchanged"
    return f"v{edge.from_version} → v{edge.from_version + 1} ({what}, {shown_place(edge.where)})"


def shown_place(place: str) -> str:
    """A file and line, relative to the working folder where it lies below it."""
    try:
        return str(Path(place).relative_to(Path.cwd()))
    except ValueError:
        return place


def steps_of(edges: Mapping[int, Edge], operations: tuple[Operation, ...]) -> list[Step | None]:
    """The declarative step that each operation does; None for functions, and for edges that change nothing."""
    found: list[Step | None] = []
    for start in dict.fromkeys(operation.from_version for operation in operations):
        edge = edges[start]
        steps = edge.steps if isinstance(edge, StepsEdge) else ()
        found += steps or (None,)
    return found


def failed_place(refusal: UpcasterFailed, line: Line) -> str:
    """Where an upcaster failed: the innermost line of its own code, else where its edge is declared."""
    if refusal.frames:
        frame = refusal.frames[-1]
        return shown_place(f"{frame.file}:{frame.line}")
    return shown_place(line.edges[refusal.from_version].where)
