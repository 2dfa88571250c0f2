"""What every kind of step offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, runtime_checkable

import attrs

from upcast._paths import dotted
from upcast.errors import InvalidStep
from upcast.typing import Payload

__all__ = ["Effect", "Place", "Step", "check_step", "shown"]

Place: TypeAlias = tuple[str | None, ...]
"""A path in which None stands for every item of an array."""


def shown(place: Place) -> str:
    """A place as errors name it."""
    return dotted(tuple("*" if part is None else part for part in place))


@attrs.frozen
class Effect:
    """What is done to places, whatever the payload: enough to judge a step before the first event.

    Attributes:
        reads: The places without each of which there is nothing to do, or the step fails.
        clears: The places that are absent afterwards.
        sets: The places that may be present afterwards, though they were not before; they count as set after
            *clears* is cleared.
        relocates: What stands at or below the first place stands at or below the second one afterwards.
        spares_null: Whether *relocates* does not hold for a null at the first place itself, which stays.
        constant: What is put at *sets* as JSON text, where nothing is.
    """

    reads: tuple[Place, ...] = ()
    clears: tuple[Place, ...] = ()
    sets: tuple[Place, ...] = ()
    relocates: tuple[Place, Place] | None = None
    spares_null: bool = False
    constant: bytes | None = None

    def under(self, place: Place) -> Effect:
        """The same, done to what stands at *place*."""
        return Effect(
            reads=tuple(place + inner for inner in self.reads),
            clears=tuple(place + inner for inner in self.clears),
            sets=tuple(place + inner for inner in self.sets),
            relocates=(place + self.relocates[0], place + self.relocates[1]) if self.relocates else None,
            spares_null=self.spares_null,
            constant=self.constant,
        )


@runtime_checkable
class Step(Protocol):
    """A declarative step."""

    @property
    def code(self) -> tuple[Callable[[Any], Any], ...]:
        """The functions of the user that it holds."""

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What it does to places, one after the other."""

    @property
    def names(self) -> frozenset[str]:
        """Every top-level member of a payload that it may read or write."""

    def apply(self, payload: Payload) -> None:
        """Do it to *payload*, which the caller owns; what is nested in it is copied before it is changed."""

    def inverse(self) -> Step | None:
        """The step that undoes it, or None where there is none."""

    def to_json(self) -> dict[str, Any] | None:
        """Its JSON form, or None where it holds code."""


def check_step(step: object) -> None:
    """Raise `InvalidStep` for what is no step."""
    if not isinstance(step, Step):
        raise InvalidStep(
            f"{step!r} is no step: use rename, move, add, remove, convert, map_values, wrap, unwrap, split_field, "
            "join_fields, within or each"
        )
