"""Names that came back for something else: what only shows between versions that are not neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from upcast.schemas._compare._evidence import Side
from upcast.schemas._compare._places import EACH, Parts, resolved
from upcast.schemas._compare._remarks import Remark
from upcast.schemas.findings import Finding
from upcast.schemas.shapes import AnyShape, Array, MapOf, Record, Tagged, TupleOf, Unions, View

__all__ = ["reused"]


def reused(old: Side, between: Sequence[Side], new: Side, findings: Iterable[Finding]) -> list[Remark]:
    """Members that the older and the newer version have for different things, and a version between them has not.

    Args:
        old: The older version.
        between: The versions between the two.
        new: The newer version.
        findings: What is said of the two.
    """
    found: dict[Parts, Remark] = {}
    for finding in findings:
        if "backward" not in finding.effects or not finding.old or not finding.new or not finding.pointer:
            continue
        parts: Parts = tuple(part.replace("~1", "/").replace("~0", "~") for part in finding.pointer.split("/")[1:])
        was, now = _at(old.snapshot.reader, parts), _at(new.snapshot.reader, parts)
        if was is None or now is None or parts in found:
            continue
        if any(_at(side.snapshot.reader, parts) is None for side in between):
            found[parts] = Remark(
                rule="U114",
                parts=parts,
                old_parts=parts,
                effects=("backward",),
                old=was,
                new=now,
                witness=finding.witness,
            )
    return list(found.values())


def _at(view: View, parts: Parts) -> AnyShape | None:
    """What a view has at a place."""
    level = [view.root]
    for part in parts:
        level = [below for shape in level for below in _below(view, resolved(view, shape), part)]
    return level[0] if level else None


def _below(view: View, shape: AnyShape, part: str | int) -> list[AnyShape]:
    match shape:
        case Record():
            return [each.shape for each in shape.members if any(str(path[0]) == part for path in each.places)]
        case Array() if part == EACH:
            return [shape.items]
        case MapOf() if part == EACH:
            return [shape.values]
        case TupleOf() if part != EACH and int(part) < len(shape.items):
            return [shape.items[int(part)]]
        case Unions():
            return [found for each in shape.members for found in _below(view, resolved(view, each), part)]
        case Tagged():
            return [found for each in shape.variants for found in _below(view, resolved(view, each.shape), part)]
        case _:
            return []
