"""Lists of values that changed: which new value an old one became."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from upcast._steps import MapValues
from upcast._steps._values import typed
from upcast.schemas._revise._fits import takes_constant
from upcast.schemas._revise._names import likeness, same_word
from upcast.schemas._revise._parts import Context, Part, Place
from upcast.schemas._revise._questions import Choice, Question
from upcast.schemas.shapes import AnyShape, Enumeration

__all__ = ["plan_enumeration", "plan_tags"]


def plan_enumeration(ctx: Context, old: Enumeration, new: AnyShape, path: Place, here: Place) -> Part | None:
    """A table from old values to new ones; None where a value has no place that anybody knows."""
    fresh = new.values if isinstance(new, Enumeration) else ()
    values = [value for value in old.values if value is not None]
    if not isinstance(new, Enumeration) and all(takes_constant(str(v), new) and type(v) is int for v in values):
        return _mapping({value: str(value) for value in values}, path)
    table = _table(ctx, values, fresh, here)
    return None if table is None else _mapping(table, path)


def plan_tags(ctx: Context, old: Sequence[Any], new: Sequence[Any], path: Place, here: Place) -> Part | None:
    """The same for the tags of a union's variants."""
    table = _table(ctx, old, new, here)
    return None if table is None else _mapping(table, path)


def _mapping(table: Mapping[Any, Any], path: Place) -> Part:
    if all(typed(old) == typed(new) for old, new in table.items()):
        return Part()
    return Part((MapValues(path, tuple((old, msgspec.json.encode(new)) for old, new in table.items()), None, False),))


def _table(ctx: Context, old: Iterable[Any], new: Sequence[Any], here: Place) -> dict[Any, Any] | None:
    """What each old value becomes; every one is in it, for one that is not would fail the step."""
    old = list(old)
    staying, taken = set(map(typed, new)), set(map(typed, old))
    fresh = [value for value in new if typed(value) not in taken and value is not None]
    table: dict[Any, Any] = {}
    for value in old:
        if typed(value) in staying:
            table[value] = value
            continue
        twins = [other for other in fresh if same_word(str(value), str(other))]
        rivals = [other for other in old if typed(other) not in staying and same_word(str(value), str(other))]
        if len(twins) == len(rivals) == 1:
            table[value] = twins[0]
        elif (answer := _asked(ctx, value, fresh, [v for v in new if v is not None], here)) is not None:
            table[value] = answer[0]
        else:
            return None
    return table if len(table) == len(old) else None  # 1 and True are one key in Python


def _asked(ctx: Context, value: Any, fresh: Sequence[Any], new: Sequence[Any], here: Place) -> tuple[Any] | None:
    """What somebody says that an old value becomes, in a tuple, for it may be falsy."""
    likely = sorted(new, key=lambda other: (other not in fresh, -likeness(str(value), str(other)), str(other)))
    place = ".".join(here)
    shown = msgspec.json.encode(value).decode()
    choices = tuple(Choice(f"json:{text}", f"it becomes {text}") for text in map(_text, likely))
    question = Question(
        place,
        f"The value {shown} of {place} is gone. What does a stored one become?",
        (*choices, Choice("stub", "leave it to a function that I write")),
        likeliness=likeness(str(value), str(likely[0])) if likely else 0.0,
    )
    answer = ctx.ask(question)
    return None if answer in (None, "stub") else (msgspec.json.decode(str(answer).removeprefix("json:")),)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
