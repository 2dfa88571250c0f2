"""What runs of declarative steps do, judged against the class before the first event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from upcast._chain import Edge, SplitEdge, StepsEdge
from upcast._door import Door
from upcast._line import Line
from upcast._steps import Add, Step
from upcast.errors import Defect

__all__ = ["bad_runs"]

Path: TypeAlias = tuple[str, ...]


def bad_runs(line: Line, door: Door) -> Iterator[Defect]:
    """Constants that their field refuses, and fields that a step or the class needs and cannot have."""
    reported: set[tuple[str, int]] = set()
    for start, edge in line.edges.items():
        if not isinstance(edge, StepsEdge):
            continue
        yield from _unready_steps(line, edge)
        route, split = line.route(start)
        for place, step in enumerate(edge.steps):
            if isinstance(step, Add):
                path = _final_path(step.path, [*edge.steps[place + 1 :]], route[1:]) if split is None else None
                if path and door.ignores_unknown and not door.sees_all and path[0] not in door.members:
                    yield _step_defect(
                        "unread-field",
                        f"{step!r} ends at {path[0]!r}, which the class does not have",
                        line,
                        edge,
                        "Correct the name, declare the field, or take the step away.",
                    )
                    continue
                kind = door.refused_constant(path, step.text) if path else ""
                if kind:
                    yield _step_defect(
                        "bad-constant",
                        f"the constant of {step!r} is refused by the class at {'.'.join(path or ())!r} ({kind})",
                        line,
                        edge,
                        "Give a constant that the field takes.",
                    )
        for name in _lost_required(route, split, door):
            culprit = _culprit(route, name)
            if culprit and (name, culprit.from_version) not in reported:
                reported.add((name, culprit.from_version))
                yield _step_defect(
                    "missing-field",
                    f"{line.cls.__qualname__ if line.cls else line.name} requires {name!r}, which no payload from "
                    f"version {culprit.from_version} or before can still have",
                    line,
                    culprit,
                    f"Add it with add({name!r}, ...) or an upcaster, or give the field a default.",
                )


def _step_defect(reason: str, problem: str, line: Line, edge: Edge, remedy: str) -> Defect:
    return Defect(
        reason, problem, event_type=line.name, from_version=edge.from_version, where=edge.where, remedy=remedy
    )


def _related(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _after(absent: set[Path], step: Step) -> set[Path]:
    """The paths that are certainly absent after a step, from those that were before it."""
    effect = step.effect
    if effect.clears is not None:
        absent = absent | {effect.clears}
    if effect.sets is not None:
        absent = {path for path in absent if not _related(path, effect.sets)}
    return absent


def _unready_steps(line: Line, edge: StepsEdge) -> Iterator[Defect]:
    absent: set[Path] = set()
    for step in edge.steps:
        reads = step.effect.reads
        if reads is not None and any(reads[: len(path)] == path for path in absent):
            yield _step_defect(
                "missing-field",
                f"{step!r} needs {'.'.join(reads)!r}, which the steps before it have taken away",
                line,
                edge,
                "Name the field as it is called at that point, or change the order.",
            )
        absent = _after(absent, step)


def _absent_at_end(route: Sequence[Edge]) -> set[Path]:
    absent: set[Path] = set()
    for edge in route:
        if isinstance(edge, StepsEdge):
            for step in edge.steps:
                absent = _after(absent, step)
        else:
            absent = set()  # a function may put anything anywhere
    return absent


def _lost_required(route: Sequence[Edge], split: SplitEdge | None, door: Door) -> list[str]:
    if split is not None or door.sees_all:
        return []
    return sorted(path[0] for path in _absent_at_end(route) if len(path) == 1 and path[0] in door.required)


def _culprit(route: Sequence[Edge], name: str) -> Edge | None:
    """The last edge that takes a field away."""
    for edge in reversed(route):
        if isinstance(edge, StepsEdge) and any(step.effect.clears == (name,) for step in edge.steps):
            return edge
    return None


def _final_path(path: Path, steps: list[Step], edges: Sequence[Edge]) -> Path | None:
    """Where a constant put at *path* meets the class; None where it does not, or nobody can know."""
    for edge in edges:
        if not isinstance(edge, StepsEdge):
            return None
        steps += edge.steps
    for step in steps:
        effect = step.effect
        source = effect.reads if effect.reads == effect.clears else None
        if source is not None and effect.sets is not None and path[: len(source)] == source:
            path = effect.sets + path[len(source) :]
        elif any(touched is not None and _related(path, touched) for touched in (effect.clears, effect.sets)) and (
            not isinstance(step, Add) or step.path != path
        ):
            return None
    return path
