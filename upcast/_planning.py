"""Which plan each stored version of each type has, decided when the codec is built."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from upcast._chain import Chain, FunctionEdge, Operation, SplitEdge, StepsEdge, operations
from upcast._door import Door
from upcast._functions import qualname
from upcast._line import Line
from upcast._plan import Plan, Plans
from upcast._reader import Unsuited, build_reader, sequence

__all__ = ["build_plans"]


def build_plans(
    lines: Mapping[str, Line], doors: Mapping[str, Door], stamped: tuple[str, str] | None, *, record_messages: bool
) -> Plans:
    """Make every plan of a registry without defects.

    Args:
        lines: The version lines by type name.
        doors: The doors of those that have a class.
        stamped: The payload's own members for type and version, for flat events.
        record_messages: Whether errors may repeat what exceptions of user code said.
    """

    @functools.cache
    def passed(name: str, end: int | None) -> tuple[Operation, ...]:
        """All that is done on the way to a split, or to today's class, from the first version of that way on."""
        line = lines[name]
        starts = [start for start in range(1, line.version + 1) if _end(line.route(start)[1]) == end]
        return operations(*line.route(starts[0])) if starts else ()

    def plan(line: Line, version: int, stored_as: str) -> Plan:
        edges, split = line.route(version)
        door = None if split else doors[line.name]
        stamp = _stamp(line, door, stamped)
        chain = Chain(
            operations=tuple(
                operation for operation in passed(line.name, _end(split)) if operation.from_version >= version
            ),
            # Where the parts of a split end may be many classes away, so any class that can tell decides.
            keep_literals=any(other.keep_literals for other in (doors.values() if door is None else (door,))),
            stamp=stamp,
            record_messages=record_messages,
            order=() if door is None else door.order,
        )
        needs_envelope = any(
            isinstance(edge, FunctionEdge | SplitEdge) and edge.needs_envelope for edge in (*edges, split)
        )
        # A flat event carries its name and version inside, so where either is not today's it must be stamped.
        header_is_todays = stored_as == line.name and version == line.version
        parts = line.name, version
        if door is None:
            return Plan(*parts, "plain", "it ends in a split or drop", chain, None, split, needs_envelope, None)
        if version >= line.version and (header_is_todays or not stamp):
            why = "today's class decodes it as it is"
            return Plan(*parts, "current", why, chain, door, None, needs_envelope, door.decode)
        if functions := [edge for edge in edges if isinstance(edge, FunctionEdge)]:
            why = "upcasters are functions: " + ", ".join(
                f"{qualname(edge.function)} (v{edge.from_version} → v{edge.from_version + 1})" for edge in functions
            )
            direct = None if needs_envelope else sequence(edges, stamp, door)
            return Plan(*parts, "plain", why, chain, door, None, needs_envelope, direct)
        assert line.cls is not None
        try:
            reader = build_reader([edge for edge in edges if isinstance(edge, StepsEdge)], stamp, line.cls, door)
        except Unsuited as unsuited:
            return Plan(*parts, "plain", str(unsuited), chain, door, None, False, sequence(edges, stamp, door))
        return Plan(*parts, "compiled", reader.how, chain, door, None, False, reader.read, reader.source)

    return {
        stored_as: {version: plan(line, version, stored_as) for version in range(1, line.reads_up_to + 1)}
        for line in lines.values()
        for stored_as in (line.name, *line.formerly)
    }


def _end(split: SplitEdge | None) -> int | None:
    return None if split is None else split.from_version


def _stamp(line: Line, door: Door | None, stamped: tuple[str, str] | None) -> dict[str, Any]:
    if stamped is None or door is None:
        return {}
    return {
        member: value
        for member, value in zip(stamped, (line.name, line.version), strict=True)
        if member in door.members
    }
