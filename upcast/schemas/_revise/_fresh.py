"""A field that no old payload has: what it can only be, and what is asked about it."""

from __future__ import annotations

import attrs
import msgspec

from upcast._paths import dotted
from upcast.schemas._revise._pairing import Field
from upcast.schemas._revise._questions import Choice, Question
from upcast.schemas.shapes import Enumeration, Member

__all__ = ["Origin", "only_value", "question_of"]


def only_value(member: Member) -> bytes | None:
    """The value of a field that can have one only."""
    shape = member.shape
    if isinstance(shape, Enumeration) and len(shape.values) == 1 and not shape.checks:
        return msgspec.json.encode(shape.values[0])
    return None


@attrs.frozen
class Origin:
    """A field that a new one may have been before.

    Attributes:
        score: How likely that is.
        old: It.
        new: The new one, or one inside of it.
    """

    score: float
    old: Field
    new: Field

    @property
    def choice(self) -> Choice:
        """How it is offered."""
        old = dotted(self.old.path)
        if self.new.outer:
            new = dotted(self.new.path)
            return Choice(f"move:{old},{new}", f"the former {old} is {new} in it")
        return Choice(f"rename:{old}", f"it is the former {old}")


def question_of(member: Member, place: str, origins: list[Origin], more: tuple[Choice, ...]) -> Question:
    """What is asked about a new field.

    Args:
        member: It.
        place: Where it is.
        origins: The fields that it may have been, the likeliest first.
        more: Other answers that it may have.
    """
    known = (*(origin.choice for origin in origins), *more)
    likeliness = origins[0].score if origins else 0.0
    if member.required:
        text = f"{place} is required and not in old payloads. What is it there?"
        stub = Choice("stub", "leave it to a function that I write")
        return Question(place, text, (*known, stub), likeliness=likeliness, takes_json=True)
    text = f"{place} is new. Is it a field that had another name?"
    new = Choice("new", "no, it is new: old events have its default")
    return Question(place, text, (*known, new), likeliness=likeliness, takes_json=True)
