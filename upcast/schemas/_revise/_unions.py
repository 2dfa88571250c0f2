"""Tagged unions, whose variants share their steps, and the danger that another member takes a value."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from msgspec.structs import replace

from upcast._steps import Add, Relocate, Step
from upcast.schemas._revise._enums import plan_tags
from upcast.schemas._revise._parts import Context, Gap, Part, Place, recursive_gap
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Integer,
    MapOf,
    Number,
    Record,
    Tagged,
    Text,
    TupleOf,
)

__all__ = ["captured", "plan_tagged"]


def _json_types(shape: AnyShape) -> frozenset[str]:
    """The JSON types of the values that may be read as a shape, by lax readers too."""
    match shape:
        case Text() | Formatted():
            return frozenset({"string"})
        case Integer() | Number() | Boolean():
            return frozenset({"number"})
        case DecimalNumber():
            return frozenset({"string", "number"})
        case Enumeration(values=values):
            return frozenset("string" if isinstance(value, str) else "number" for value in values)
        case Array() | TupleOf():
            return frozenset({"array"})
        case MapOf() | Record() | Tagged():
            return frozenset({"object"})
    return frozenset({"string", "number", "array", "object"})


def captured(old: Sequence[AnyShape], new: Sequence[AnyShape], homes: Sequence[int], mode: tuple[str, str]) -> str:
    """Why a value may be read as another member than the one it was written by; empty where it may not."""
    if mode[0] != mode[1]:
        return "the union chooses its members in another way than before"
    if mode[1] == "left-to-right" and sorted(homes) != list(homes):
        return "the union tries its members in another order than before"
    fresh = [shape for number, shape in enumerate(new) if number not in homes and not isinstance(shape, Anything)]
    for shape in old:
        if any(_json_types(shape) & _json_types(other) and not _apart(shape, other) for other in fresh):
            return "a new member of the union may take a stored value"
    return ""


def _apart(old: AnyShape, new: AnyShape) -> bool:
    """Whether an object lacks what another one needs."""
    if not (isinstance(old, Record) and isinstance(new, Record)) or old.extra == "keep":
        return False
    stored = {member.key for member in old.members}
    return any(member.required and not {str(place[0]) for place in member.places} & stored for member in new.members)


def plan_tagged(ctx: Context, old: Tagged, new: Tagged, here: Place) -> Part:
    """Steps for the object that a tagged union is."""
    key = (new.discriminator,)
    tags = plan_tags(ctx, [v.tag for v in old.variants], [v.tag for v in new.variants], key, (*here, *key))
    if tags is None:
        return Part(gaps=(Gap(".".join(here), "a variant is gone, and nobody knows what became of it"),))
    target = {variant.tag: variant.shape for variant in new.variants}
    mapped = {variant.tag: variant.tag for variant in old.variants}
    for step in tags.steps:
        mapped = {tag: step.mapped(tag) for tag in mapped}  # type: ignore[attr-defined]  # only ever MapValues
    parts: list[tuple[frozenset[str], Part]] = []
    for variant in old.variants:
        part, keys = _variant(ctx, variant.shape, target[mapped[variant.tag]], old, new, here)
        parts.append((keys, part))
    renamed = Part()
    if old.discriminator != new.discriminator:
        renamed = Part((Relocate((old.discriminator,), key, "rename"),))
        if any(new.discriminator in keys for keys, _ in parts):
            return Part(gaps=(Gap(".".join(here), "the new discriminator is a field of a stored variant"),))
    return renamed + _shared(parts, here) + tags


def _variant(
    ctx: Context, old_shape: AnyShape, new_shape: AnyShape, old: Tagged, new: Tagged, here: Place
) -> tuple[Part, frozenset[str]]:
    one, other = ctx.old.resolve(old_shape), ctx.new.resolve(new_shape)
    if not (isinstance(one, Record) and isinstance(other, Record)):
        return Part(gaps=(Gap(".".join(here), "nothing is known of a variant"),)), frozenset()
    keys = frozenset(member.key for member in one.members)
    trail = ctx.entered(ctx.trail, one, other)
    if trail is None:
        return Part(), keys
    inside = attrs.evolve(ctx, trail=trail)
    part = inside.plan_record(inside, _untagged(one, old.discriminator), _untagged(other, new.discriminator), here)
    if part.steps and ctx.meets_itself(trail, one, other):
        part += recursive_gap(here)
    return part, keys


def _untagged(record: Record, discriminator: str) -> Record:
    return replace(record, members=tuple(member for member in record.members if member.key != discriminator))


def _shared(parts: Sequence[tuple[frozenset[str], Part]], here: Place) -> Part:
    """The steps of all variants as steps for whichever it is, where none of them does anything to another."""
    steps: list[Step] = []
    gaps: list[Gap] = []
    for number, (_, part) in enumerate(parts):
        for step in part.steps:
            others = [(keys, other) for n, (keys, other) in enumerate(parts) if n != number]
            strangers = [keys for keys, other in others if step not in other.steps]
            harmless = not isinstance(step, Add) and not any(_sources(step) & keys for keys in strangers)
            if strangers and not harmless:
                gaps.append(Gap(".".join(here), f"{step!r} is right for one variant only, and steps cannot tell them"))
            elif step not in steps:
                steps.append(step)
    functions = tuple(dict.fromkeys(function for _, part in parts for function in part.functions))
    gaps += [gap for _, part in parts for gap in part.gaps]
    losses = tuple(dict.fromkeys(loss for _, part in parts for loss in part.losses))
    return Part(tuple(steps), functions, tuple(dict.fromkeys(gaps)), losses)


def _sources(step: Step) -> frozenset[str]:
    """The members without which a step does nothing."""
    reads = {effect.reads[0][0] for effect in step.effects[:1] if effect.reads}
    clears = {place[0] for effect in step.effects for place in effect.clears[:1]}
    return frozenset(name for name in reads | clears if name is not None)
