"""The verdict on a registry: every defect it has, each with its remedy, before the first event."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import attrs
import msgspec

from upcast._bounds import printable
from upcast._chain import Edge, SplitEdge
from upcast._door import Door, open_door
from upcast._edges import bad_downcasters, bad_edges
from upcast._line import Downcaster, Line, is_version, missing_edges
from upcast._runs import bad_runs
from upcast._splits import bad_splits
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
        reads_up_to: The newest version that the class reads as it is; None means its own.
    """

    name: str
    version: int
    cls: type
    formerly: tuple[str, ...]
    where: str
    reads_up_to: int | None


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
    downcasters: Sequence[tuple[str, Downcaster]],
    stamped: tuple[str, str] | None,
) -> Verdict:
    """Find every defect of what was registered.

    Args:
        declarations: The event classes, in the order of their registration.
        edges: Type name and edge, in the order of their registration.
        downcasters: Type name and downcaster, in the order of their registration.
        stamped: The payload's own members for type and version, for flat events.
    """
    defects = [*_bad_declarations(declarations), *bad_edges(edges)]
    events = {declaration.name: declaration for declaration in reversed(declarations) if _sound(declaration)}
    by_type: dict[str, dict[int, Edge]] = {}
    for name, edge in edges:
        if is_version(edge.from_version):
            by_type.setdefault(name, {}).setdefault(edge.from_version, edge)
    undone_by: dict[str, dict[int, Downcaster]] = {}
    for name, downcaster in downcasters:
        if is_version(downcaster.to_version):
            undone_by.setdefault(name, {}).setdefault(downcaster.to_version, downcaster)
    lines: dict[str, Line] = {}
    for name in dict.fromkeys([*events, *by_type]):
        line, found = _line(name, events.get(name), by_type.get(name, {}), undone_by.get(name, {}), events)
        defects += found
        if line is not None:
            lines[name] = line
    defects += [*bad_splits(lines), *bad_downcasters(downcasters, lines)]
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
                defects += [*_bad_header(line, door, stamped, where), *_bad_reach(line, door, where)]
    return Verdict(lines, doors, tuple(defects))


def _sound(declaration: Declaration) -> bool:
    return is_version(declaration.version) and isinstance(declaration.name, str)


# --- what was registered --------------------------------------------------------------------------------------------


def _bad_declarations(declarations: Sequence[Declaration]) -> Iterator[Defect]:
    names: dict[str, str] = {}
    classes: dict[type, str] = {}
    for d in declarations:
        if not is_version(d.version):
            problem = f"its version is {d.version!r}"
            yield Defect(
                "invalid-version", problem, event_type=str(d.name), where=d.where, remedy="Give an integer from 1."
            )
        elif d.reads_up_to is not None and not (is_version(d.reads_up_to) and d.reads_up_to >= d.version):
            problem = f"its version is {d.version}, but it says reads_up_to={d.reads_up_to!r}"
            remedy = "Give the newest version that the class reads, or leave it out."
            yield Defect("invalid-version", problem, event_type=str(d.name), where=d.where, remedy=remedy)
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
            problem = f"{d.cls.__qualname__} is already the class of {classes[d.cls]}"
            remedy = "Give each type a class of its own, or list the old name in formerly=."
            yield Defect("duplicate-type", problem, event_type=str(d.name), where=d.where, remedy=remedy)
        classes.setdefault(d.cls, f"{d.name!r} at {d.where}")


# --- version lines --------------------------------------------------------------------------------------------------


def _line(
    name: str,
    event: Declaration | None,
    edges: Mapping[int, Edge],
    downcasters: Mapping[int, Downcaster],
    events: Mapping[str, Declaration],
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
    if event is None:
        return Line(name, version - 1, None, formerly, kept, downcasters, version - 1), defects
    reach = max(version, event.reads_up_to) if is_version(event.reads_up_to) else version
    return Line(name, version, event.cls, formerly, kept, downcasters, reach), defects


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


# --- newer versions -------------------------------------------------------------------------------------------------


def _bad_reach(line: Line, door: Door, where: str) -> Iterator[Defect]:
    """A class that would refuse what newer versions add."""
    if line.reads_up_to == line.version:
        return
    unknown = "added_later"
    while unknown in door.members:
        unknown += "_"
    if not door.ignores_unknown and door.refused_constant((unknown,), b"null") in _FORBIDDEN:
        yield Defect(
            "closed-class",
            f"it says reads_up_to={line.reads_up_to}, but the class forbids the fields that a newer version adds",
            event_type=line.name,
            where=where,
            remedy="Let the class ignore unknown fields, or leave reads_up_to= out.",
        )


# How the doors call a field that a class forbids: msgspec, pydantic models, pydantic dataclasses.
_FORBIDDEN = {"unknown-field", "extra_forbidden", "unexpected_keyword_argument"}
