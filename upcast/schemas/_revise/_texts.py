"""Texts that became one, and one that became several: only ever offered, for nobody sees which separator was meant."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from upcast._steps import JoinFields, SplitField, Step
from upcast.schemas._revise._names import words
from upcast.schemas._revise._pairing import Field
from upcast.schemas._revise._questions import Choice
from upcast.schemas.shapes import Text

__all__ = ["Rewording", "rewordings"]


@attrs.frozen
class Rewording:
    """A step that makes texts of texts.

    Attributes:
        choice: How it is offered.
        step: The step.
        old: The fields it takes.
        new: The fields it makes.
    """

    choice: Choice
    step: Step
    old: tuple[Field, ...]
    new: tuple[Field, ...]


def rewordings(field: Field, gone: Sequence[Field], fresh: Sequence[Field]) -> list[Rewording]:
    """How a new text may have come from texts that are gone beside it: `name` from `first_name` and `last_name`."""
    beside = [[each for each in fields if _is_text(each) and _beside(field, each)] for fields in (gone, fresh)]
    found: list[Rewording] = []
    parts = tuple(old for old in beside[0] if _is_part(old, field))
    if _is_text(field) and len(parts) > 1:
        names = [part.path[-1] for part in parts]
        choice = Choice(f"join:{','.join(names)}", f"it is {' and '.join(names)}, with a space between them")
        joined = JoinFields(tuple(part.path for part in parts), field.path, " ")
        found.append(Rewording(choice, joined, parts, (field,)))
    for old in beside[0]:
        parts = tuple(new for new in beside[1] if _is_part(new, old))
        if field in parts and len(parts) > 1:
            choice = Choice(f"split:{old.path[-1]}", f"it is a part of {old.path[-1]}, which is divided at spaces")
            divided = SplitField(old.path, tuple(part.path for part in parts), " ")
            found.append(Rewording(choice, divided, (old,), parts))
    return found


def _is_text(field: Field) -> bool:
    # Any limit of its own would have to hold for what comes out, which nobody can know.
    return field.member.shape == Text(strict=field.member.shape.strict)


def _beside(one: Field, other: Field) -> bool:
    return one.path[:-1] == other.path[:-1] and not one.outer and not other.outer


def _is_part(part: Field, whole: Field) -> bool:
    """Whether a name is that of a part: `first_name` of `name` and of `full_name`."""
    return part.path != whole.path and words(part.path[-1])[-1:] == words(whole.path[-1])[-1:]
