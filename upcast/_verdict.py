"""The verdict on a registry: every defect it has, each with its remedy, before the first event."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import msgspec

from upcast._bounds import printable
from upcast._chain import Edge, FunctionEdge, SplitEdge, StepsEdge
from upcast._door import Door, open_door
from upcast._functions import misfit, qualname
from upcast._line import Line, missing_edges
from upcast._runs import bad_runs
from upcast.errors import Defect

__all__ = ["Declaration", "Verdict", "judge"]


@attrs.frozen
class Declaration:
    """An event class as it was registered.

    Attributes:
        name: The event type.
        version: The version of the class.
        cls: The class.
        formerly: Other names under which the type was stored.
        where: File and line of the registration.
    """

    name: str
    version: int
    cls: type
    formerly: tuple[str, ...]
    where: str


@attrs.frozen
class Verdict:
    """What a codec is built from, if there are no defects.

    Attributes:
        lines: The version lines by type name.
        doors: The doors of those that have a class.
        defects: Everything that is wrong.
    """

    lines: Mapping[str, Line]
    doors: Mapping[str, Door]
    defects: tuple[Defect, ...]


def judge(
    declarations: Sequence[Declaration],
    edges: Sequence[tuple[str, Edge]],
    stamped: tuple[str, str] | None,
) -> Verdict:
    """Find every defect of what was registered.

    Args:
        declarations: The event classes, in the order of their registration.
        edges: Type name and edge, in the order of their registration.
        stamped: The payload's own members for type and version, for flat events.
    """
    defects = [*_bad_declarations(declarations), *_bad_edges(edges)]
    events = {declaration.name: declaration for declaration in reversed(declarations) if _sound(declaration)}
    by_type: dict[str, dict[int, Edge]] = {}
    for name, edge in edges:
        if _is_version(edge.from_version):
            by_type.setdefault(name, {}).setdefault(edge.from_version, edge)
    lines: dict[str, Line] = {}
    for name in dict.fromkeys([*events, *by_type]):
        line, found = _line(name, events.get(name), by_type.get(name, {}), events)
        defects += found
        if line is not None:
            lines[name] = line
    defects += _bad_splits(lines)
    doors: dict[str, Door] = {}
    for line in lines.values():
        if line.cls is not None:
            door, misread = open_door(line.cls)
            where = events[line.name].where
            defects += [
                Defect(m.reason, m.problem, event_type=line.name, where=where, remedy=m.remedy) for m in misread
            ]
            if door is not None:
                doors[line.name] = door
                defects += bad_runs(line, door)
                defects += _bad_header(line, door, stamped, where)
    return Verdict(lines, doors, tuple(defects))


def _is_version(version: object) -> bool:
    return type(version) is int and version >= 1


def _sound(declaration: Declaration) -> bool:
    return _is_version(declaration.version) and isinstance(declaration.name, str)


# --- what was registered --------------------------------------------------------------------------------------------


def _bad_declarations(declarations: Sequence[Declaration]) -> Iterator[Defect]:
    names: dict[str, str] = {}
    classes: dict[type, str] = {}
    for d in declarations:
        if not _is_version(d.version):
            problem = f"its version is {d.version!r}"
            yield Defect(
                "invalid-version", problem, event_type=str(d.name), where=d.where, remedy="Give an integer from 1."
            )
        for name in (d.name, *d.formerly):
            if not isinstance(name, str) or printable(name) is None:
                remedy = "Use 1 to 200 visible ASCII characters, without spaces."
                problem = f"{name!r} is no name for an event type"
                yield Defect("invalid-name", problem, event_type=str(d.name), where=d.where, remedy=remedy)
            elif name in names:
                problem = f"the name {name!r} is taken at {names[name]}"
                remedy = "One name means one type: rename one of them, or list an old name in formerly= once."
                yield Defect("duplicate-type", problem, event_type=d.name, where=d.where, remedy=remedy)
            else:
                names[name] = d.where
        if not isinstance(d.cls, type):
            continue  # the door says what is wrong with it
        if d.cls in classes:
            problem = f"{d.cls.__qualname__} is already the class of {classes[d.cls]!r}"
            remedy = "Give each type a class of its own, or list the old name in formerly=."
            yield Defect("duplicate-type", problem, event_type=str(d.name), where=d.where, remedy=remedy)
        classes.setdefault(d.cls, str(d.name))


def _bad_edges(edges: Sequence[tuple[str, Edge]]) -> Iterator[Defect]:
    seen: dict[tuple[str, int], Edge] = {}
    for name, edge in edges:
        if not _is_version(edge.from_version):
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
        if not problem and isinstance(edge, FunctionEdge) and inspect.isgeneratorfunction(function):
            problem = f"{qualname(function)} is a generator, but an upcaster returns one payload"
        if problem:
            yield problem


# --- version lines --------------------------------------------------------------------------------------------------


def _line(
    name: str, event: Declaration | None, edges: Mapping[int, Edge], events: Mapping[str, Declaration]
) -> tuple[Line | None, list[Defect]]:
    if event is not None:
        version, formerly = event.version, event.formerly
    else:
        ends = [edge.from_version for edge in edges.values() if isinstance(edge, SplitEdge)]
        if not ends:
            return None, [_orphan(name, edge, events) for edge in edges.values()]
        # A line that ends in a split or drop needs no class: nothing of that type is left today.
        version, formerly = max(ends) + 1, ()
    kept = {start: edge for start, edge in edges.items() if start < version}
    defects = [
        Defect(
            "orphan-edge",
            f"an edge starts from version {start}, but the class is version {version}"
            if event
            else f"an edge starts from version {start}, but the line ends with version {version - 1}",
            event_type=name,
            from_version=start,
            where=edge.where,
            remedy=f"Declare the class with version={start + 1}, or remove the edge." if event else "Remove the edge.",
        )
        for start, edge in edges.items()
        if start >= version
    ]
    defects += [
        Defect(
            "missing-edge",
            f"no edge brings version {start} to {start + 1}, so events stored as "
            f"{', '.join(f'v{version}' for version in versions)} cannot be read",
            event_type=name,
            from_version=start,
            cut_off=versions,
            where=event.where if event else None,
            remedy="Register an upcaster, or unchanged(...); this one is to be pasted and filled:",
            stub=_stub(name, start),
        )
        for start, versions in missing_edges(version, kept.keys()).items()
    ]
    line = Line(name, version if event else version - 1, event.cls if event else None, formerly, kept)
    return line, defects


def _orphan(name: str, edge: Edge, events: Mapping[str, Declaration]) -> Defect:
    current = next((event.name for event in events.values() if name in event.formerly), None)
    remedy = (
        f"Register it for {current!r}, which {name!r} is a former name of."
        if current
        else "Declare the event with @events.event(...), or end the line with a split or drop."
    )
    return Defect(
        "orphan-edge",
        "an edge belongs to no event type",
        event_type=name,
        from_version=edge.from_version,
        where=edge.where,
        remedy=remedy,
    )


def _stub(name: str, start: int) -> str:
    function = re.sub(r"\W+", "_", name).strip("_").lower()
    return (
        f'@events.upcaster("{name}", from_version={start})\n'
        f"def {function}_v{start}_to_v{start + 1}(payload: Payload) -> Payload:\n"
        f"    # Bring the payload from version {start} to {start + 1}. If old payloads are valid as they are, write\n"
        f'    # events.unchanged("{name}", from_version={start}) instead.\n'
        f'    raise NotImplementedError("{name} v{start} to v{start + 1}")\n'
        f"    return payload"
    )


# --- splits ---------------------------------------------------------------------------------------------------------


def _bad_splits(lines: Mapping[str, Line]) -> Iterator[Defect]:
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
                elif not _is_version(version) or version > lines[target].version:
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


# --- flat events ----------------------------------------------------------------------------------------------------


def _bad_header(line: Line, door: Door, stamped: tuple[str, str] | None, where: str) -> Iterator[Defect]:
    for member in stamped or ():
        if member not in door.members and not door.ignores_unknown:
            yield Defect(
                "flat-header",
                f"the class neither declares nor ignores {member!r}, which stands in every flat event",
                event_type=line.name,
                where=where,
                remedy=f"Declare a field {member!r}, or let the class ignore unknown fields.",
            )
    for member, value in zip(stamped or (), (line.name, line.version), strict=False):
        kind = door.refused_constant((member,), msgspec.json.encode(value)) if member in door.members else ""
        if kind:
            yield Defect(
                "flat-header",
                f"the class refuses {value!r} for {member!r} ({kind}), which every flat event gets",
                event_type=line.name,
                where=where,
                remedy="Let the field take today's type and version.",
            )
