"""The fingerprint of a registry: what stored events mean to it, as one digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from upcast._chain import Edge, SplitEdge, StepsEdge
from upcast._door import Door
from upcast._line import Line
from upcast._plan import Unversioned
from upcast._source import class_text, function_text, is_library

__all__ = ["fingerprint"]


def fingerprint(lines: Mapping[str, Line], doors: Mapping[str, Door], unversioned: Unversioned) -> str:
    """A hex digest that changes when stored events may be read otherwise.

    Downcasters do not count: they change what is written for others, never what is read here.
    """
    form = {
        "lines": [_line_form(lines[name], doors.get(name)) for name in sorted(lines)],
        "unversioned": function_text(unversioned) if callable(unversioned) else unversioned,
    }
    return hashlib.sha256(json.dumps(form, sort_keys=True).encode()).hexdigest()


def _line_form(line: Line, door: Door | None) -> dict[str, object]:
    form: dict[str, object] = {
        "type": line.name,
        "version": line.version,
        "formerly": sorted(line.formerly),
        "classes": [class_text(cls) for cls in _classes(door)],
        "edges": [[start, _edge_form(line.edges[start])] for start in sorted(line.edges)],
    }
    return form if line.reads_up_to == line.version else {**form, "reads_up_to": line.reads_up_to}


def _classes(door: Door | None) -> list[type]:
    found = {parent for cls in (door.classes if door else ()) for parent in cls.__mro__ if not is_library(parent)}
    return sorted(found, key=lambda cls: (cls.__module__, cls.__qualname__))


def _edge_form(edge: Edge) -> object:
    if isinstance(edge, StepsEdge):
        return [[step.to_json() or repr(step), *map(function_text, step.code)] for step in edge.steps]
    function = None if edge.function is None else function_text(edge.function)
    return [function, edge.needs_envelope, sorted(edge.into.items()) if isinstance(edge, SplitEdge) else None]
