"""Sides of a comparison, for tests: of classes, of their schema snapshots alone, and of the catalogue's examples."""

from __future__ import annotations

from typing import Any

from upcast.schemas._capture import capture
from upcast.schemas._rebuild import decoder_of
from upcast.schemas.diff import SchemaDiff, Side, diff, diff_all
from upcast.schemas.rules import Rule, example_class
from upcast.schemas.shapes import Member, Record, SchemaSnapshot, View


def side(cls: type, version: int = 1, *, alone: bool = False) -> Side:
    """A version by its class, or by its schema snapshot alone."""
    snapshot = capture(cls, event_type="order.placed", version=version)
    return Side(snapshot, None if alone else decoder_of(cls))


def compared(old: type, new: type, **how: object) -> SchemaDiff:
    """The difference of two classes."""
    return diff(side(old), side(new, 2), **how)  # type: ignore[arg-type]  # the arguments of diff


def shown(old: str, new: str, **how: object) -> SchemaDiff:
    """The difference of two classes by their sources, as the catalogue writes them."""
    return compared(example_class(old), example_class(new), **how)


def example(rule: Rule, *, turned: bool = False) -> SchemaDiff:
    """The difference that a rule's example shows, or the opposite one."""
    sources = [rule.old, *([rule.between] if rule.between else []), rule.new]
    if turned:
        sources.reverse()
    sides = [side(example_class(source), number) for number, source in enumerate(sources, 1)]
    return next(one for one in diff_all(sides) if one.old is sides[0] and one.new is sides[-1])


def of_views(old: Record, new: Record, *, family: str = "pydantic") -> SchemaDiff:
    """The difference of two shapes that are written as they are read."""
    sides = [
        Side(
            SchemaSnapshot(
                format=1,
                type="order.placed",
                version=number,
                family=family,  # type: ignore[arg-type]  # one of the three
                reader=View(root=root),
                writer=View(root=root),
            )
        )
        for number, root in enumerate((old, new), 1)
    ]
    return diff(*sides)


def record(**shapes: Any) -> Record:
    """An object whose members are all required."""
    return Record(members=tuple(Member(name=name, shape=shape, required=True) for name, shape in shapes.items()))


def rules_of(found: SchemaDiff) -> dict[str, set[str]]:
    """The rules that fired, and at which places."""
    rules: dict[str, set[str]] = {}
    for finding in found.findings:
        rules.setdefault(finding.rule, set()).add(finding.pointer)
    return rules
