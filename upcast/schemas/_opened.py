"""A registry as the gate sees it: its sound event types, and every defect of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from upcast._bounds import DEFAULT_MAX_BYTES
from upcast._chain import SplitEdge
from upcast._codec import Codec
from upcast._door import Door
from upcast._formats import JsonEnvelope
from upcast._line import Line
from upcast._plan import Plans
from upcast._planning import build_plans
from upcast._registry import Registry
from upcast._verdict import Declaration, judge
from upcast.errors import Defect, RegistryError

__all__ = ["Opened", "open_registry"]


@attrs.frozen(eq=False)
class Opened:
    """What was declared on a registry, without sealing it.

    Attributes:
        lines: Every version line, also those with defects.
        doors: The doors of those that have a class.
        declarations: The event classes as they were registered, by type name.
        defects: Everything that is wrong.
        sound: The types that nothing is wrong with, nor with any type they are split into.
        plans: The plans of those.
        codec: Reads and writes those.
    """

    lines: Mapping[str, Line]
    doors: Mapping[str, Door]
    declarations: Mapping[str, Declaration]
    defects: tuple[Defect, ...]
    sound: frozenset[str]
    plans: Plans
    codec: Codec[bytes]
    _by_class: Mapping[type, str] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        by_class = {line.cls: name for name, line in self.lines.items() if line.cls is not None}
        object.__setattr__(self, "_by_class", by_class)

    def door_of(self, event: object) -> Door:
        """The door of an object that was read."""
        return self.doors[self._by_class[type(event)]]

    def current_name(self, stored_as: str) -> str | None:
        """Today's name of a type that is stored under *stored_as*; None where nobody knows it."""
        if stored_as in self.lines:
            return stored_as
        return next((name for name, line in self.lines.items() if stored_as in line.formerly), None)


def open_registry(registry: Registry) -> Opened:
    """Judge everything that is declared on *registry*, and make plans of what is sound.

    The registry stays as open as it was: the gate runs beside tests and imports that still register.

    Raises:
        RegistryError: It is no registry, or included ones disagree about events without a version.
    """
    if not isinstance(registry, Registry):
        raise RegistryError(f"{registry!r} is no Registry")
    ledger = registry._ledger  # noqa: SLF001  # the registry hands it to those that judge it, and to nobody else
    if problem := ledger.disagreement():
        raise RegistryError(problem)
    ledgers = ledger.all()
    declarations = [declaration for each in ledgers for declaration in each.declarations]
    verdict = judge(
        declarations,
        [edge for each in ledgers for edge in each.edges],
        [downcaster for each in ledgers for downcaster in each.downcasters],
        None,
    )
    sound = _sound(verdict.lines, verdict.defects)
    lines = {name: verdict.lines[name] for name in verdict.lines if name in sound}
    doors = {name: verdict.doors[name] for name in verdict.doors if name in sound}
    plans = build_plans(lines, doors, None, record_messages=False)
    codec = Codec("", DEFAULT_MAX_BYTES, JsonEnvelope(), lines, doors, plans, ledger.unversioned)
    return Opened(
        lines=verdict.lines,
        doors=verdict.doors,
        declarations={declaration.name: declaration for declaration in reversed(declarations)},
        defects=verdict.defects,
        sound=sound,
        plans=plans,
        codec=codec,
    )


def _sound(lines: Mapping[str, Line], defects: Sequence[Defect]) -> frozenset[str]:
    bad = {defect.event_type for defect in defects}
    while spoiled := {name for name, line in lines.items() if name not in bad and bad & set(_targets(line))}:
        bad |= spoiled
    return frozenset(name for name in lines if name not in bad)


def _targets(line: Line) -> Iterator[str]:
    for edge in line.edges.values():
        if isinstance(edge, SplitEdge):
            yield from edge.into
