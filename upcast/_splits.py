"""Splits, judged before the first event: what they make must exist, and lead to an end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from upcast._chain import SplitEdge
from upcast._line import Line, is_version
from upcast.errors import Defect

__all__ = ["bad_splits"]


def bad_splits(lines: Mapping[str, Line]) -> Iterator[Defect]:
    former = {name: line.name for line in lines.values() for name in line.formerly}
    for line in lines.values():
        for edge in line.edges.values():
            if not isinstance(edge, SplitEdge):
                continue
            for target, version in edge.into.items():
                problem = remedy = ""
                if target in former:
                    problem = f"splits into {target!r}, a former name of {former[target]!r}"
                    remedy = f"Name {former[target]!r}."
                elif target not in lines:
                    problem, remedy = (
                        f"splits into {target!r}, which is no event type",
                        "Declare it with @events.event(...).",
                    )
                elif not is_version(version) or version > lines[target].version:
                    problem = (
                        f"splits into {target!r} version {version!r}, but its versions are 1 to {lines[target].version}"
                    )
                    remedy = "Name the version that the split makes."
                elif _returns(lines, target, version, (line.name, edge.from_version), set()):
                    yield _split_defect(
                        "split-cycle",
                        f"splits into {target!r}, which leads back to it",
                        line,
                        edge,
                        "Name a later version of the target.",
                    )
                if problem:
                    yield _split_defect("unknown-split-target", problem, line, edge, remedy)


def _split_defect(reason: str, problem: str, line: Line, edge: SplitEdge, remedy: str) -> Defect:
    return Defect(
        reason, problem, event_type=line.name, from_version=edge.from_version, where=edge.where, remedy=remedy
    )


def _returns(
    lines: Mapping[str, Line], name: str, version: object, goal: tuple[str, int], seen: set[tuple[str, object]]
) -> bool:
    if (name, version) in seen or name not in lines or not isinstance(version, int):
        return False
    seen.add((name, version))
    split = lines[name].route(version)[1]
    if split is None:
        return False
    return (name, split.from_version) == goal or any(
        _returns(lines, target, start, goal, seen) for target, start in split.into.items()
    )
