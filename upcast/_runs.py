"""What runs of declarative steps do, judged against the class before the first event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from upcast._chain import Edge, SplitEdge, StepsEdge
from upcast._door import Door
from upcast._line import Line
from upcast._steps import Effect, Place, Step, shown
from upcast.errors import Defect

__all__ = ["bad_runs"]


def bad_runs(line: Line, door: Door) -> Iterator[Defect]:
    """Constants that their field refuses, and fields that a step or the class needs and cannot have."""
    reported: set[tuple[str, int]] = set()
    for start, edge in line.edges.items():
        if not isinstance(edge, StepsEdge):
            continue
        yield from _unready_steps(line, edge)
        route, split = line.route(start)
        if split is None:
            yield from _bad_constants(line, edge, route[1:], door)
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


def _bad_constants(line: Line, edge: StepsEdge, later: Sequence[Edge], door: Door) -> Iterator[Defect]:
    effects = [(step, effect) for step in edge.steps for effect in step.effects]
    for number, (step, effect) in enumerate(effects):
        if effect.constant is None:
            continue
        place = _final_place(effect, [after for _, after in effects[number + 1 :]], later)
        if place and door.ignores_unknown and not door.sees_all and place[0] not in door.members:
            yield _step_defect(
                "unread-field",
                f"{step!r} ends at {place[0]!r}, which the class does not have",
                line,
                edge,
                "Correct the name, declare the field, or take the step away.",
            )
            continue
        # A door tries a constant by its path, and there are no paths into arrays.
        path = tuple(part for part in place or () if part is not None)
        kind = door.refused_constant(path, effect.constant) if path and path == place else ""
        if kind:
            yield _step_defect(
                "bad-constant",
                f"the constant of {step!r} is refused by the class at {shown(path)!r} ({kind})",
                line,
                edge,
                "Give a constant that the field takes.",
            )


def _related(one: Place, other: Place) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _after(absent: set[Place], effect: Effect) -> set[Place]:
    """The places that are certainly absent after an effect, from those that were before it."""
    return {
        place for place in absent.union(effect.clears) if not any(_related(place, target) for target in effect.sets)
    }


def _unready_steps(line: Line, edge: StepsEdge) -> Iterator[Defect]:
    absent: set[Place] = set()
    for step in edge.steps:
        missing: Place = ()
        for effect in step.effects:
            gone = (place for place in effect.reads if any(place[: len(path)] == path for path in absent))
            missing = missing or next(gone, ())
            absent = _after(absent, effect)
        if missing:
            yield _step_defect(
                "missing-field",
                f"{step!r} needs {shown(missing)!r}, which the steps before it have taken away",
                line,
                edge,
                "Name the field as it is called at that point, or change the order.",
            )


def _absent_at_end(route: Sequence[Edge]) -> set[Place]:
    absent: set[Place] = set()
    for edge in route:
        if isinstance(edge, StepsEdge):
            for effect in _effects(edge.steps):
                absent = _after(absent, effect)
        else:
            absent = set()  # a function may put anything anywhere
    return absent


def _lost_required(route: Sequence[Edge], split: SplitEdge | None, door: Door) -> list[str]:
    if split is not None or door.sees_all:
        return []
    absent = _absent_at_end(route)
    return sorted(name for name in door.required if (name,) in absent)


def _culprit(route: Sequence[Edge], name: str) -> Edge | None:
    """The last edge that takes a field away."""
    for edge in reversed(route):
        if isinstance(edge, StepsEdge) and any((name,) in effect.clears for effect in _effects(edge.steps)):
            return edge
    return None


def _effects(steps: Sequence[Step]) -> list[Effect]:
    return [effect for step in steps for effect in step.effects]


def _final_place(constant: Effect, effects: list[Effect], edges: Sequence[Edge]) -> Place | None:
    """Where a constant meets the class; None where it does not, or nobody can know."""
    for edge in edges:
        if not isinstance(edge, StepsEdge):
            return None
        effects += _effects(edge.steps)
    (place,) = constant.sets
    for effect in effects:
        source, target = effect.relocates or ((), ())
        if source and place[: len(source)] == source:
            if not (effect.spares_null and place == source and constant.constant == b"null"):
                place = target + place[len(source) :]
        elif any(_related(place, touched) for touched in (*effect.clears, *effect.sets)) and (
            effect.constant is None or effect.sets != (place,)
        ):
            return None
    return place
