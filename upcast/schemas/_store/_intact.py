"""What a frozen file must keep beyond its form, so that nothing that reads it has to look again."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from upcast.schemas._capture._definitions import children
from upcast.schemas.shapes import AnyShape, Record, Reference, SchemaSnapshot, Static, View

__all__ = ["defect_of"]


def defect_of(snapshot: SchemaSnapshot) -> str:
    """What is wrong with a schema snapshot that was decoded; empty where nothing is."""
    writer = [("writer", snapshot.writer)] if snapshot.writer else []
    views = [("reader", snapshot.reader), *writer]
    return next((f"its {side} {problem}" for side, view in views for problem in _problems(view, side)), "")


def _problems(view: View, side: str) -> Iterator[str]:
    for shape in _shapes(view):
        if isinstance(shape, Reference) and _end(shape, view) is None:
            yield f"refers to {shape.name!r}, which it does not define"
        if not isinstance(shape, Record):
            continue
        for member in shape.members:
            if not all(path and isinstance(path[0], str) for path in member.places):
                yield f"has a member {member.name!r} without a key"
            if side == "writer" and [len(path) for path in member.places] != [1]:
                yield f"writes the member {member.name!r} to more than one key"
            if isinstance(member.default, Static) and not _is_json(member.default.json):
                yield f"has a member {member.name!r} whose default is no JSON"


def _shapes(view: View) -> Iterator[AnyShape]:
    waiting = [view.root, *view.definitions.values()]
    while waiting:
        shape = waiting.pop()
        yield shape
        waiting.extend(child for _, child in children(shape))


def _end(shape: AnyShape, view: View) -> AnyShape | None:
    """What a reference leads to; None where that is nothing, or itself."""
    for _ in range(len(view.definitions) + 1):
        if not isinstance(shape, Reference):
            return shape
        if shape.name not in view.definitions:
            return None
        shape = view.definitions[shape.name]
    return None


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
