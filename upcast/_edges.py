"""Edges and downcasters, judged one by one before the first event."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from upcast._chain import Edge, FunctionEdge, SplitEdge, StepsEdge
from upcast._functions import misfit, qualname
from upcast._line import Downcaster, Line, is_version
from upcast.errors import Defect

__all__ = ["bad_downcasters", "bad_edges"]


def bad_edges(edges: Sequence[tuple[str, Edge]]) -> Iterator[Defect]:
    seen: dict[tuple[str, int], Edge] = {}
    for name, edge in edges:
        if not is_version(edge.from_version):
            problem = f"an edge starts from version {edge.from_version!r}"
            yield Defect(
                "invalid-version", problem, event_type=name, where=edge.where, remedy="Give an integer from 1."
            )
            continue
        for problem in _misfits(edge):
            yield Defect(
                "bad-function",
                problem,
                event_type=name,
                from_version=edge.from_version,
                where=edge.where,
                remedy="Write a plain function of the payload (of the value, in convert).",
            )
        first = seen.setdefault((name, edge.from_version), edge)
        if first is not edge:
            yield Defect(
                "duplicate-edge",
                f"a second edge starts from version {edge.from_version}; the first stands at {first.where}",
                event_type=name,
                from_version=edge.from_version,
                where=edge.where,
                remedy="Keep one; steps of the same edge go into one call.",
            )


def _misfits(edge: Edge) -> Iterator[str]:
    """Why functions of an edge can never serve."""
    if isinstance(edge, StepsEdge):
        for step in edge.steps:
            yield from (f"in {step!r}, {problem}" for function in step.code if (problem := misfit(function, None)))
    elif isinstance(edge, FunctionEdge) or not edge.is_drop:
        function: Any = edge.function
        problem = misfit(function, {}, **({"envelope": None} if edge.needs_envelope else {}))
        if problem and not edge.needs_envelope and not misfit(function, {}, envelope=None):
            problem = f"{qualname(function)} asks for the envelope: register it with envelope=True"
        if isinstance(edge, FunctionEdge):
            problem = problem or _generator(function, "an upcaster")
        if problem:
            yield problem


def _generator(function: object, role: str) -> str:
    """Why a function of which a payload is expected makes none."""
    if callable(function) and inspect.isgeneratorfunction(function):
        return f"{qualname(function)} is a generator, but {role} returns one payload"
    return ""


def bad_downcasters(downcasters: Sequence[tuple[str, Downcaster]], lines: Mapping[str, Line]) -> Iterator[Defect]:
    """Downcasters that stand twice, can never serve, or undo nothing."""
    former = {name: line.name for line in lines.values() for name in line.formerly}
    seen: dict[tuple[str, int], Downcaster] = {}
    for name, downcaster in downcasters:
        version, function = downcaster.to_version, downcaster.function

        def defect(reason: str, problem: str, remedy: str, name: str = name, found: Downcaster = downcaster) -> Defect:
            start = found.to_version if is_version(found.to_version) else None
            return Defect(reason, problem, event_type=name, from_version=start, where=found.where, remedy=remedy)

        if not is_version(version):
            yield defect("invalid-version", f"a downcaster makes version {version!r}", "Give an integer from 1.")
            continue
        if problem := misfit(function, {}) or _generator(function, "a downcaster"):
            yield defect("bad-function", problem, "Write a plain function of the payload.")
        first = seen.setdefault((name, version), downcaster)
        if first is not downcaster:
            problem = f"a second downcaster makes version {version}; the first stands at {first.where}"
            yield defect("duplicate-downcaster", problem, "Keep one.")
        elif (line := lines.get(name)) is None:
            remedy = f"Register it for {former[name]!r}." if name in former else "Declare it with @events.event(...)."
            yield defect("orphan-downcaster", "a downcaster belongs to no event type", remedy)
        elif problem := _undoes_nothing(line, version):
            yield defect("orphan-downcaster", f"a downcaster makes version {version}, but {problem}", "Remove it.")


def _undoes_nothing(line: Line, version: int) -> str:
    """Why no event of today can become one of *version* by undoing the edge that starts there."""
    ends = [start for start, edge in line.edges.items() if isinstance(edge, SplitEdge) and start >= version]
    if ends:
        return f"events of version {min(ends)} are split or dropped, which cannot be undone"
    # An edge that is missing in between is a defect of its own.
    return "" if version < line.version else f"the class is version {line.version}"
