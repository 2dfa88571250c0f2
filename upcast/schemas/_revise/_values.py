"""The steps that bring the value of one field from an old shape to a new one."""

from __future__ import annotations

from typing import Any

import attrs
import msgspec

from upcast._steps import Convert, Unwrap, Wrap
from upcast.schemas._revise._enums import plan_enumeration
from upcast.schemas._revise._fits import accepts_any_key, json_kind, misfit
from upcast.schemas._revise._literals import literal
from upcast.schemas._revise._parts import Context, Gap, Part, Place, recursive_gap, together
from upcast.schemas._revise._questions import Choice, Question
from upcast.schemas._revise._unions import captured, plan_tagged
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Boolean,
    Enumeration,
    Integer,
    MapOf,
    Null,
    Number,
    Record,
    Tagged,
    Text,
    TupleOf,
    Unions,
    View,
)

__all__ = ["confirmed", "needs_code", "plain_record", "plan_null", "plan_value", "without_null"]


def without_null(view: View, shape: AnyShape) -> tuple[bool, tuple[AnyShape, ...]]:
    """Whether null is allowed, and the shapes of everything else."""
    shape = view.resolve(shape)
    members = tuple(map(view.resolve, shape.members)) if isinstance(shape, Unions) else (shape,)
    rest = tuple(member for member in members if not isinstance(member, Null))
    return len(rest) < len(members), rest


def plain_record(view: View, shape: AnyShape) -> Record | None:
    """The record that a shape is, apart from null."""
    _, rest = without_null(view, shape)
    return rest[0] if len(rest) == 1 and isinstance(rest[0], Record) else None


def plan_value(ctx: Context, old: AnyShape, new: AnyShape, path: Place, here: Place) -> Part:
    """The steps for the value at *path* of the payload at hand, which is at *here* of the whole.

    Null is the caller's business where he has handled it before: see `plan_null`.
    """
    if isinstance(ctx.new.resolve(new), Anything):
        return Part()
    nulls = plan_null(ctx, old, new, path, here)
    _, old_rest = without_null(ctx.old, old)
    _, new_rest = without_null(ctx.new, new)
    if not old_rest:
        return nulls
    if len(old_rest) == len(new_rest) == 1:
        return nulls + _plan_one(ctx, old_rest[0], new_rest[0], path, here)
    return nulls + _plan_union(ctx, old, new, path, here)


def plan_null(ctx: Context, old: AnyShape, new: AnyShape, path: Place, here: Place) -> Part:
    """What becomes of null where it was allowed and is no more."""
    nullable, _ = without_null(ctx.old, old)
    still, rest = without_null(ctx.new, new)
    if not nullable or still or any(isinstance(shape, Anything) for shape in rest):
        return Part()
    question = Question(
        ".".join(here),
        f"null was allowed at {'.'.join(here)} and is not any more. What does a null become?",
        (Choice("stub", "leave it to a function that I write"),),
        takes_json=True,
    )
    answer = ctx.ask(question)
    if answer is None or answer == "stub":
        return needs_code(ctx, "null was allowed and is not any more", path, here, nulls=True)
    text = answer.removeprefix("json:")
    value = msgspec.json.decode(text)

    def filled(found: Any) -> Any:
        return msgspec.json.decode(text) if found is None else found

    function = ctx.function((*here, "filled"), (f"return {literal(value)} if value is None else value",), filled)
    return Part((Convert(path, function.run, None, True),), (function,))


def needs_code(ctx: Context, why: str, path: Place, here: Place, *, nulls: bool = False) -> Part:
    """A conversion that somebody has to write."""
    function = ctx.stub(here, why)
    return Part((Convert(path, function.run, None, nulls),), (function,))


def confirmed(ctx: Context, here: Place, why: str, question: str) -> Part:
    """Something that only a person can say is fine."""
    asked = Question(".".join(here), question, (Choice("fine", "yes, it is fine"), Choice("no", "no")), likeliness=0.5)
    return Part() if ctx.ask(asked) == "fine" else Part(gaps=(Gap(".".join(here), why, settled_by_code=False),))


def _plan_one(ctx: Context, old: AnyShape, new: AnyShape, path: Place, here: Place) -> Part:
    if isinstance(new, Anything) or (old == new and not _is_container(old)):
        return Part()
    if not _is_container(old) or isinstance(new, Record):  # which `plan_record` enters on its own
        return _plan_changed(ctx, old, new, path, here)
    trail = ctx.entered(ctx.trail, old, new)
    if trail is None:
        return Part()
    part = _plan_changed(attrs.evolve(ctx, trail=trail), old, new, path, here)
    return part + recursive_gap(here) if part.steps and ctx.meets_itself(trail, old, new) else part


def _plan_changed(ctx: Context, old: AnyShape, new: AnyShape, path: Place, here: Place) -> Part:
    if not set(new.checks) <= set(old.checks) and not isinstance(new, Record | Tagged):
        question = f"The class judges {'.'.join(here)} by code that has changed. Does it take every stored value?"
        doubt = confirmed(ctx, here, "code of the class judges it, and that has changed", question)
        if not doubt.as_it_is:
            return doubt
        new = msgspec.structs.replace(new, checks=old.checks)
    part = _plan_containers(ctx, old, new, path, here)
    if part is not None:
        return part
    if isinstance(old, Enumeration) and not _is_container(new) and misfit(old, new):
        return plan_enumeration(ctx, old, new, path, here) or needs_code(ctx, misfit(old, new), path, here)
    if not _is_container(old) and not _is_container(new):
        if not (why := misfit(old, new)):
            return Part()
        if isinstance(old, Integer) and isinstance(new, Text) and not misfit(Text(), new):
            return Part((Convert(path, str, None, False),))
        if isinstance(old, Boolean) and isinstance(new, Integer | Number) and not misfit(_ZERO_OR_ONE, new):
            return Part((Convert(path, int, None, False),))
        return needs_code(ctx, why, path, here)
    return _plan_wrapping(ctx, old, new, path, here)


_ZERO_OR_ONE = Enumeration(values=(0, 1))


def _is_container(shape: AnyShape) -> bool:
    return isinstance(shape, Array | TupleOf | MapOf | Record | Tagged | Unions)


def _plan_containers(ctx: Context, old: AnyShape, new: AnyShape, path: Place, here: Place) -> Part | None:
    """The steps where both are of a kind that holds others; None where that is not so."""
    match old, new:
        case Record(), Record():
            return ctx.plan_record(ctx, old, new, here).under(path)
        case Tagged(), Tagged():
            return plan_tagged(ctx, old, new, here).under(path)
        case Array(), Array():
            return _plan_array(ctx, old, new, path, here)
        case TupleOf(), TupleOf() if len(old.items) == len(new.items):
            pairs = zip(old.items, new.items, strict=True)
            inner = [plan_value(ctx.trial(), one, other, ("*",), here) for one, other in pairs]
            if old.rest is not None:
                inner.append(
                    needs_code(ctx, "there are further items", path, here)
                    if new.rest is None
                    else plan_value(ctx.trial(), old.rest, new.rest, ("*",), here)
                )
            return _whole_or_code(ctx, together(inner), "an item may be refused", path, here)
        case TupleOf(rest=None), Array() if not new.unique and not _count_misfit(len(old.items), len(old.items), new):
            inner = [plan_value(ctx.trial(), one, new.items, ("*",), here) for one in old.items]
            return _whole_or_code(ctx, together(inner), "an item may be refused", path, here)
        case MapOf(), MapOf():
            return _plan_map(ctx, old, new, path, here)
        case Record(), MapOf() if old.extra != "keep" and accepts_any_key(new) and not new.min_entries:
            if new.max_entries is not None:
                return needs_code(ctx, "more entries than are allowed may be stored", path, here)
            inner = [plan_value(ctx.trial(), member.shape, new.values, ("*",), here) for member in old.members]
            return _whole_or_code(ctx, together(inner), "a value may be refused", path, here)
    return None


def _whole_or_code(ctx: Context, inner: Part, why: str, path: Place, here: Place) -> Part:
    """Nothing, where what is inside needs nothing: no step reaches there."""
    return Part() if inner.as_it_is else needs_code(ctx, why, path, here)


def _plan_array(ctx: Context, old: Array, new: Array, path: Place, here: Place) -> Part:
    if new.unique and not old.unique:
        return needs_code(ctx, "equal items would become one", path, here)
    if why := _count_misfit(old.min_items or 0, old.max_items, new):
        return needs_code(ctx, why, path, here)
    nullable, old_items = without_null(ctx.old, old.items)
    still, new_items = without_null(ctx.new, new.items)
    inside = (*here, "*")
    if (still or not nullable) and len(old_items) == len(new_items) == 1:
        match old_items[0], new_items[0]:
            case (Record(), Record()) | (Tagged(), Tagged()):
                return _plan_each(ctx, old_items[0], new_items[0], path, inside)
    inner = plan_value(ctx.trial(), old.items, new.items, ("*",), inside)
    return _whole_or_code(ctx, inner, "an item may be refused", path, inside)


def _plan_each(ctx: Context, old: AnyShape, new: AnyShape, path: Place, inside: Place) -> Part:
    if isinstance(old, Record) and isinstance(new, Record):
        return ctx.plan_record(ctx, old, new, inside).under(path, many=True)
    assert isinstance(old, Tagged)
    assert isinstance(new, Tagged)
    return plan_tagged(ctx, old, new, inside).under(path, many=True)


def _count_misfit(fewest: int, most: int | None, new: Array) -> str:
    if (new.min_items or 0) > fewest:
        return "fewer items than are allowed may be stored"
    if new.max_items is not None and (most is None or most > new.max_items):
        return "more items than are allowed may be stored"
    return ""


def _plan_map(ctx: Context, old: MapOf, new: MapOf, path: Place, here: Place) -> Part:
    if (new.min_entries or 0) > (old.min_entries or 0):
        return needs_code(ctx, "fewer entries than are allowed may be stored", path, here)
    if new.max_entries is not None and (old.max_entries is None or old.max_entries > new.max_entries):
        return needs_code(ctx, "more entries than are allowed may be stored", path, here)
    keys = plan_value(ctx.trial(), old.keys, new.keys, ("*",), here)
    values = plan_value(ctx.trial(), old.values, new.values, ("*",), (*here, "*"))
    return _whole_or_code(ctx, keys + values, "a key or value may be refused", path, here)


def _plan_union(ctx: Context, old: AnyShape, new: AnyShape, path: Place, here: Place) -> Part:
    """Unions pass as they are or not at all: no step can tell which member a value belongs to."""
    _, old_rest = without_null(ctx.old, old)
    _, new_rest = without_null(ctx.new, new)
    trial = ctx.trial()

    def home(one: AnyShape) -> int | None:
        fitting = (n for n, other in enumerate(new_rest) if _plan_one(trial, one, other, ("*",), here).as_it_is)
        return next(fitting, None)

    homes = [home(one) for one in old_rest]
    if None in homes:
        return needs_code(ctx, "a member of the union may be refused", path, here)
    mode = _mode(ctx.old, old), _mode(ctx.new, new)
    ordered = [number for number in homes if number is not None]
    if why := captured(old_rest, new_rest, ordered, mode):
        return confirmed(ctx, here, why, f"At {'.'.join(here)}: {why}. Is that what it should be read as?")
    return Part()


def _mode(view: View, shape: AnyShape) -> str:
    shape = view.resolve(shape)
    return shape.mode if isinstance(shape, Unions) else "smart"


def _plan_wrapping(ctx: Context, old: AnyShape, new: AnyShape, path: Place, here: Place) -> Part:
    trial = ctx.trial()
    match old, new:
        case _, Array(items=items) if not isinstance(old, MapOf | TupleOf) and not _count_misfit(1, 1, new):
            if plan_value(trial, old, items, ("*",), here).as_it_is:
                return Part((Wrap(path, None, False),))
        case Array(items=items, min_items=1, max_items=1), _ if plan_value(trial, items, new, ("*",), here).as_it_is:
            return Part((Unwrap(path, None, False),))
        case _, Record() if not isinstance(old, Record):
            if key := _only_place(trial, old, new, here):
                return Part((Wrap(path, key, False),))
        case Record(members=(member,), extra=extra), _ if extra != "keep" and member.required:
            if plan_value(trial, member.shape, new, ("*",), here).as_it_is:
                return Part((Unwrap(path, member.key, False),))
    return needs_code(ctx, f"{json_kind(old)} is no {json_kind(new)}", path, here)


def _only_place(ctx: Context, old: AnyShape, new: Record, here: Place) -> str:
    """The only member of an object that a value may go to, and without others that would be missing."""
    fitting = [m for m in new.members if plan_value(ctx, old, m.shape, ("*",), here).as_it_is]
    required = [member for member in new.members if member.required]
    if len(fitting) != 1 or any(member is not fitting[0] for member in required):
        return ""
    return fitting[0].key if len(fitting[0].places[0]) == 1 else ""
