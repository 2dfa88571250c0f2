"""What to write about a finding: the exact step, or the order in which to deploy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import msgspec

from upcast._paths import dotted
from upcast.schemas._compare._kinds import without_null
from upcast.schemas._compare._places import EACH, Parts, resolved
from upcast.schemas._compare._remarks import Remark
from upcast.schemas.rules import RULES
from upcast.schemas.shapes import (
    AnyShape,
    Array,
    Enumeration,
    MapOf,
    Member,
    Record,
    Static,
    Tagged,
    TupleOf,
    Unions,
    View,
)

__all__ = ["remedy"]

_Steps: TypeAlias = tuple[Parts, Callable[[Parts], str]]
_READERS_FIRST = "Deploy readers first."
_CONVERT = frozenset(
    {
        "U201",
        "U203",
        "U206",
        "U208",
        "U210",
        "U213",
        "U214",
        "U216",
        "U217",
        "U218",
        "U401",
        "U402",
        "U404",
        "U406",
        "U407",
        "U409",
        "U410",
        "U412",
        "U413",
        "U415",
        "U416",
        "U601",
        "U602",
        "U603",
        "U607",
        "U608",
        "U610",
        "U611",
        "U612",
        "U614",
        "U702",
        "U703",
        "U805",
    }
)


def remedy(remark: Remark, view: View) -> str:
    """The exact line to write where there is one; else the hint of the rule.

    Args:
        remark: What is said.
        view: How the older version reads its payloads.
    """
    steps = _steps(remark)
    if steps is None:
        only_forward = remark.effects == ("forward",)
        return _READERS_FIRST if only_forward else RULES[remark.rule].hint
    base, inner = steps
    return _inside(view, base, inner)


def _steps(remark: Remark) -> _Steps | None:
    """A place, and the step as it is written from the innermost list above that place."""
    if remark.effects == ("forward",) or not remark.parts:
        return None
    if remark.rule in _CONVERT:
        return remark.old_parts, lambda at: f"convert({_name(at)}, ...)"
    step = next((step for rules, step in _STEPS if remark.rule in rules), None)
    return None if step is None else step(remark)


def _added(remark: Remark) -> _Steps:
    value = "..." if remark.rule == "U101" else _default(remark.old_member)
    return remark.parts, lambda at: f"add({_name(at)}, {value})"


def _removed(remark: Remark) -> _Steps:
    return remark.parts, lambda at: f"remove({_name(at)})"


def _listed(remark: Remark) -> _Steps:
    verb = "wrap({})" if isinstance(without_null(remark.new), Array) else "convert({}, ...)"
    return remark.old_parts, lambda at: verb.format(_name(at))


def _objected(remark: Remark) -> _Steps | None:
    was, now = without_null(remark.old), without_null(remark.new)
    key = _only_key(was) or _only_key(now)
    step = "unwrap" if isinstance(was, Record) else "wrap"
    return (remark.old_parts, lambda at: f"{step}({_name(at)}, key={_quoted(key)})") if key else None


def _unnulled(remark: Remark) -> _Steps:
    return remark.old_parts, lambda at: f"map_values({_name(at)}, {{None: ...}}, nulls=True)"


def _valued(remark: Remark) -> _Steps:
    default = ", default=..." if remark.rule == "U504" else ""
    return remark.old_parts, lambda at: f"map_values({_name(at)}, {{{_mapped(remark.old, remark.new)}}}{default})"


def _divided(remark: Remark) -> _Steps:
    def names(at: Parts) -> str:
        return "[" + ", ".join(_name(place[len(place) - len(at) :]) for place in remark.among) + "]"

    if remark.parts in remark.among:
        return remark.old_parts, lambda at: f"split_field({_name(at)}, into={names(at)}, separator=...)"
    return remark.parts, lambda at: f"join_fields({names(at)}, to={_name(at)}, separator=...)"


def _relocated(remark: Remark) -> _Steps | None:
    old, new = remark.old_parts, remark.parts
    depth = _below_lists(old)
    if new[:depth] != old[:depth] or EACH in new[depth:]:
        return None
    target = new[depth:]

    def step(at: Parts) -> str:
        verb = "rename" if len(at) == len(target) == 1 else "move"
        return f"{verb}({_name(at)}, to={_name(target)})"

    return old, step


def _tags(remark: Remark) -> _Steps | None:
    one, other = without_null(remark.old), without_null(remark.new)
    if not isinstance(one, Tagged) or not isinstance(other, Tagged):
        return None
    if one.discriminator != other.discriminator:
        return (
            *remark.old_parts,
            one.discriminator,
        ), lambda at: f"move({_name(at)}, to={_name((*at[:-1], other.discriminator))})"
    ours, theirs = (tuple(variant.tag for variant in shape.variants) for shape in (one, other))
    return (*remark.old_parts, one.discriminator), lambda at: f"map_values({_name(at)}, {{{_pairs(ours, theirs)}}})"


def _inside(view: View, parts: Parts, inner: Callable[[Parts], str]) -> str:
    """The step for a place, inside an `each` for every list on the way to it."""
    shape: AnyShape | None = view.root
    for index, part in enumerate(parts):
        whole = shape if shape is None else without_null(resolved(view, shape))
        whole = None if whole is None else resolved(view, whole)
        if part == EACH and not isinstance(whole, Record):
            if not isinstance(whole, Array) or index == 0 or len(parts) == index + 1:
                return _above(parts[:index])
            below = View(root=whole.items, definitions=view.definitions)
            return f"each({_name(parts[:index])}, {_inside(below, parts[index + 1 :], inner)})"
        if isinstance(whole, TupleOf | MapOf):
            return _above(parts[:index])
        shape = _below(whole, part)
    return inner(parts)


def _above(parts: Parts) -> str:
    """What stands in a list or map as a plain value is changed with the whole of it."""
    return f"convert({_name(parts)}, ...)" if parts and EACH not in parts else "A function upcaster."


def _below(shape: AnyShape | None, part: str | int) -> AnyShape | None:
    if isinstance(shape, Record):
        return next((each.shape for each in shape.members if any(path[0] == part for path in each.places)), None)
    if isinstance(shape, Tagged | Unions):
        members = shape.members if isinstance(shape, Unions) else [variant.shape for variant in shape.variants]
        return next((found for each in members if (found := _below(each, part)) is not None), None)
    return None


def _below_lists(parts: Parts) -> int:
    """How many of the parts lead to the innermost list."""
    return max((index + 1 for index, part in enumerate(parts) if part == EACH), default=0)


def _name(parts: Parts) -> str:
    return _quoted(dotted(tuple(map(str, parts))))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _default(member: Member | None) -> str:
    default = None if member is None else member.default
    return _literal(msgspec.json.decode(default.json)) if isinstance(default, Static) else "..."


def _literal(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else repr(value)


def _only_key(shape: AnyShape | None) -> str:
    return shape.members[0].key if isinstance(shape, Record) and len(shape.members) == 1 else ""


def _mapped(old: AnyShape | None, new: AnyShape | None) -> str:
    one, other = without_null(old), without_null(new)
    if not isinstance(one, Enumeration) or not isinstance(other, Enumeration):
        return "...: ..."
    return _pairs(one.values, other.values)


def _pairs(old: tuple[Any, ...], new: tuple[Any, ...]) -> str:
    """What became of each value that is gone, where that can be seen."""
    come = [value for value in new if value not in old or isinstance(value, bool)]
    gone = [value for value in old if value not in new or isinstance(value, bool)]
    pairs = []
    for value in gone:
        same = [other for other in come if str(other).casefold() == str(value).casefold()]
        only = come if len(come) == len(gone) == 1 else []
        found = (same or only)[:1]
        pairs.append(f"{_literal(value)}: {_literal(found[0]) if found else '...'}")
    return ", ".join(pairs)


_STEPS: Final[tuple[tuple[frozenset[str], Callable[[Remark], _Steps | None]], ...]] = (
    (frozenset({"U101", "U107", "U118", "U303", "U305", "U306", "U307"}), _added),
    (frozenset({"U103", "U104", "U105", "U106", "U119"}), _removed),
    (frozenset({"U109", "U110", "U111", "U112", "U115", "U116", "U117"}), _relocated),
    (frozenset({"U113"}), _divided),
    (frozenset({"U204"}), _listed),
    (frozenset({"U205"}), _objected),
    (frozenset({"U302"}), _unnulled),
    (frozenset({"U502", "U503", "U504", "U506", "U507"}), _valued),
    (frozenset({"U707", "U708"}), _tags),
)
