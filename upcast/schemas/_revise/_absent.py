"""What the absence of a field means, kept where the new class would read something else into it."""

from __future__ import annotations

from typing import Any

import msgspec

from upcast._json import parse
from upcast._steps import Add, Step
from upcast.schemas._revise._parts import Context, Gap, Part, Place
from upcast.schemas._revise._values import confirmed, without_null
from upcast.schemas.shapes import Anything, Member, Static

__all__ = ["converted", "plan_absent"]


def plan_absent(ctx: Context, old: Member, new: Member, value: Part, key: str, here: Place) -> Part:
    """Steps for payloads without a field that may be absent.

    Args:
        ctx: The plan.
        old: The field as it was.
        new: The field as it is.
        value: What is done to its value afterwards.
        key: Where it stands by now.
        here: The same in the whole payload.
    """
    if old.required:
        return Part()
    place = ".".join(here)
    if isinstance(old.default, Static):
        default = old.default.json.encode()
        if isinstance(new.default, Static) and not new.required and _same(old.default, new.default, value.steps, key):
            return Part()
        if default == b"null" and not _takes_null(ctx, old, new):
            return Part(gaps=(Gap(place, "its absence meant null, which is not allowed any more"),))
        return Part((Add((key,), default),))
    if old.default is not None and old.default == new.default:
        return Part()
    if new.required:
        return Part(gaps=(Gap(place, "it may be absent, and nothing says which value that means"),))
    if type(old.default) is type(new.default) or old.default is None or new.default is None:
        why = "what its absence means has changed, and no constant can keep the old meaning"
        question = f"What the absence of {place} means has changed. May old events be read with the new meaning?"
        return confirmed(ctx, here, why, question)
    return Part(gaps=(Gap(place, "what its absence means has changed, and no constant can keep the old meaning"),))


def _takes_null(ctx: Context, old: Member, new: Member) -> bool:
    """Whether null is a value of the new field, or becomes one by what is done to nulls anyway."""
    was, _ = without_null(ctx.old, old.shape)
    nullable, rest = without_null(ctx.new, new.shape)
    return nullable or was or any(isinstance(shape, Anything) for shape in rest)


def _same(old: Static, new: Static, steps: tuple[Step, ...], key: str) -> bool:
    """Whether the old default becomes the new one by the steps that are done to its field."""
    found = converted(old, steps, key)
    return found is not None and _equal(parse(found.json.encode()), parse(new.json.encode()))


def converted(default: Static, steps: tuple[Step, ...], key: str) -> Static | None:
    """What the steps that are done to a field make of its default; None where they fail."""
    payload = {key: parse(default.json.encode())}
    try:
        for step in steps:
            step.apply(payload)
    except Exception:  # a stub, or a function for which the default is no value
        return None
    return Static(msgspec.json.encode(payload[key]).decode())


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
