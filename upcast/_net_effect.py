"""The net effect: what a run of declarative steps does in total, however many they are.

Steps that share no member of the payload do not meet, so a run falls into components, each of which is composed by
itself. In most, every member of the result turns out to be the first present of some members of the stored payload, or
a constant; ten renames are one. What cannot be told without the payload (a move into a nested object, a value that is
converted and then replaced) stays a sequence of steps.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from upcast._json import parse
from upcast._steps import Add, Relocate, Remove, Step
from upcast.typing import Payload

__all__ = ["Alternative", "Component", "Member", "NetEffect", "net_effect", "runs_code", "worked"]


@attrs.frozen
class Alternative:
    """One member of the stored payload from which a member of the result may come.

    Attributes:
        source: Its name in the stored payload.
        steps: The steps that its value passes on the way; each touches one member only.
        placed: The number of the step that put it where it ends; -1 if it stays where it was.
    """

    source: str
    steps: tuple[Step, ...] = ()
    placed: int = -1


@attrs.frozen
class Member:
    """What a member of the result is: the first of its alternatives that is present, else the constant, else absent.

    Attributes:
        alternatives: In the order of their precedence.
        constant: A constant as JSON text, or None.
        placed: The number of the step that adds the constant.
        shadowed: Members whose value is never taken, but in whose place among the others this one comes.
        gathered: What is then put into it, which must be an object or absent: keys, each with the members of the
            stored payload of which the first that is present is put there.
    """

    alternatives: tuple[Alternative, ...] = ()
    constant: bytes | None = None
    placed: int = -1
    shadowed: tuple[str, ...] = ()
    gathered: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def is_worked(self) -> bool:
        """Whether a value passes steps on the way."""
        return any(alternative.steps for alternative in self.alternatives)


@attrs.frozen
class Component:
    """The steps of a run that share members with each other and with no others.

    Attributes:
        names: The members they may read or write.
        steps: The steps, in order.
        members: What the members are afterwards; None where only the steps themselves can tell.
    """

    names: frozenset[str]
    steps: tuple[Step, ...]
    members: dict[str, Member] | None

    @functools.cached_property
    def is_simple(self) -> bool:
        """Whether members only change places, come from constants, or go."""
        return self.members is not None and not any(
            member.is_worked or member.gathered for member in self.members.values()
        )

    def is_told(self, payload: Payload) -> bool:
        """Whether `members` tell everything of what happens to *payload*, the order of its members included."""
        return self.members is not None and not any(
            member.gathered
            or sum(found.source in payload for found in member.alternatives) > 1
            or any(name in payload for name in member.shadowed)
            for member in self.members.values()
        )

    def placements(self, payload: Payload) -> Iterator[tuple[int, str, object]]:
        """When a value is put in its place, the place, and the value; -1 for one that keeps its place."""
        for name, member in (self.members or {}).items():
            found = next((found for found in member.alternatives if found.source in payload), None)
            if found is not None:
                if found.steps or found.placed >= 0:
                    yield found.placed, name, worked(payload[found.source], found.steps)
            elif member.constant is not None:
                yield member.placed, name, parse(member.constant)


def worked(value: object, steps: Sequence[Step]) -> object:
    """What a value becomes by steps that touch nothing but the member that holds it."""
    for step in steps:
        (name,) = step.names
        payload: Payload = {name: value}
        step.apply(payload)
        value = payload[name]
    return value


def runs_code(steps: Iterable[Step]) -> bool:
    """Whether any of *steps* runs code of the user."""
    return any(step.code for step in steps)


@attrs.frozen
class NetEffect:
    """What a run of steps does in total.

    Attributes:
        steps: The run.
        components: Its parts, which do not meet, in the order of their first steps.
    """

    steps: tuple[Step, ...]
    components: tuple[Component, ...]

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """The members that any step may read or write."""
        return frozenset().union(*(component.names for component in self.components))

    def member(self, name: str) -> Member | None:
        """Where a member of the result comes from; None where steps must see values to tell."""
        return self._members[name] if name in self._members else Member((Alternative(name),))

    @functools.cached_property
    def _members(self) -> dict[str, Member | None]:
        return {
            name: component.members[name] if component.members and component.is_simple else None
            for component in self.components
            for name in component.names
        }

    def apply(self, payload: Payload) -> None:
        """Do to *payload*, which the caller owns, what the steps do one after the other.

        The order of members is the steps' own: an upcaster function may come after them, and look.
        """
        if not all(component.is_told(payload) for component in self.components):
            for step in self.steps:
                step.apply(payload)
            return
        placed = [placement for component in self.components for placement in component.placements(payload)]
        for name in self._gone:
            payload.pop(name, None)
        for _, name, value in sorted(placed, key=_number):
            payload[name] = value

    @functools.cached_property
    def _gone(self) -> tuple[str, ...]:
        """The members that are taken from their places, whatever comes there afterwards."""
        return tuple(
            name
            for component in self.components
            for name, member in (component.members or {}).items()
            if not any(found.source == name and found.placed < 0 for found in member.alternatives)
        )


def _number(placement: tuple[int, str, object]) -> int:
    return placement[0]


def net_effect(steps: Sequence[Step]) -> NetEffect:
    """Compose a run of steps."""
    groups: list[tuple[frozenset[str], list[tuple[int, Step]]]] = []
    for number, step in enumerate(steps):
        names, members = step.names, [(number, step)]
        for group in [group for group in groups if group[0] & names]:
            groups.remove(group)
            names |= group[0]
            members += group[1]
        groups.append((names, sorted(members, key=lambda member: member[0])))
    groups.sort(key=lambda group: group[1][0][0])
    return NetEffect(
        tuple(steps),
        tuple(
            Component(names, tuple(step for _, step in numbered), _composed(names, numbered))
            for names, numbered in groups
        ),
    )


def _composed(names: frozenset[str], steps: Sequence[tuple[int, Step]]) -> dict[str, Member] | None:
    """What the members are after the steps, or None where that depends on more than what is present."""
    members = {name: Member((Alternative(name),)) for name in sorted(names)}
    for number, step in steps:
        changed = _changed(step, members, number)
        if changed is None:
            return None
        members |= changed
    return members


def _changed(step: Step, members: Mapping[str, Member], number: int) -> dict[str, Member] | None:
    """The members that a step changes, as they are afterwards, or None where that depends on values."""
    if isinstance(step, Relocate) and (len(step.source), len(step.target)) == (1, 2):
        gathering = _gathering(members[step.source[0]], members[step.target[0]], step)
        return None if gathering is None else {step.target[0]: gathering, step.source[0]: Member()}
    if any(members[name].gathered for name in step.names):
        return None
    if isinstance(step, Relocate) and len(step.source) == len(step.target) == 1:
        merged = _replacing(members[step.source[0]], members[step.target[0]], number)
        return None if merged is None else {step.target[0]: merged, step.source[0]: Member()}
    if len(step.names) > 1:
        return None
    (name,) = step.names
    member = members[name]
    if isinstance(step, Add):
        if len(step.path) > 1:
            return None  # it makes the objects on its way
        is_added = member.constant is None
        return {name: attrs.evolve(member, constant=step.text, placed=number)} if is_added else {}
    if isinstance(step, Remove) and len(step.path) == 1:
        return None if member.is_worked else {name: Member()}  # a step on what goes may fail
    if member.constant is not None:
        return None
    found = tuple(attrs.evolve(found, steps=(*found.steps, step)) for found in member.alternatives)
    return {name: attrs.evolve(member, alternatives=found)}


def _gathering(moved: Member, into: Member, step: Relocate) -> Member | None:
    """What a member is after another has moved into it, or None where that takes more than members as they are."""
    name, key = step.target
    plain = attrs.evolve(into, gathered=())
    if moved.is_worked or moved.constant is not None or moved.gathered or step.source[0] == name:
        return None
    if plain not in (Member(), Member((Alternative(name),))) or key in dict(into.gathered):
        return None
    sources = tuple(found.source for found in moved.alternatives)
    return attrs.evolve(into, gathered=(*into.gathered, (key, sources))) if sources else into


def _replacing(moved: Member, replaced: Member, number: int) -> Member | None:
    """What a member is after another has moved to it, or None where something worked may be replaced."""
    # What replaces a constant comes in its place.
    number = number if replaced.constant is None else replaced.placed
    alternatives = tuple(attrs.evolve(found, placed=number) for found in moved.alternatives)
    if replaced.is_worked and (alternatives or moved.constant is not None):
        return None
    if moved.constant is not None:
        shadowed = (*replaced.shadowed, *(found.source for found in replaced.alternatives))
        return Member(alternatives, moved.constant, number, shadowed)
    return Member((*alternatives, *replaced.alternatives), replaced.constant, replaced.placed, replaced.shadowed)
