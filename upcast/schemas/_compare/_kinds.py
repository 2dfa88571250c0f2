"""Which rule a change of a value falls under: by what it was, what it is, and which of the two refuses something."""

from __future__ import annotations

from typing import Literal

from upcast.schemas._compare._obstacle import Aspect, Context
from upcast.schemas.findings import Direction
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Boolean,
    Enumeration,
    Formatted,
    Integer,
    MapOf,
    Null,
    Number,
    Numeric,
    Record,
    Tagged,
    Text,
    TupleOf,
    Unions,
)

__all__ = ["rules_of_value", "without_null"]

_Kind = Literal["object", "map", "list", "scalar"]

_BY_DIRECTION: dict[Aspect, tuple[str, str]] = {
    "null": ("U302", "U301"),
    "maximum": ("U404", "U405"),
    "min_length": ("U412", "U411"),
    "max_length": ("U410", "U411"),
    "min_items": ("U603", "U604"),
    "max_items": ("U602", "U604"),
    "extra": ("U801", "U802"),
    "unforeseen": ("U203", "U202"),
}
_ALWAYS: dict[Aspect, str] = {
    "zone": "U210",
    "digits": "U416",
    "strict": "U216",
    "entries": "U805",
    "extras": "U804",
    "opaque": "U933",
}
_KIND: frozenset[Aspect] = frozenset({"kind", "value", "form", "member", "tag", "variant"})


def without_null(shape: AnyShape | None) -> AnyShape | None:
    """*shape* without null, where that leaves one shape."""
    if isinstance(shape, Unions):
        others = tuple(member for member in shape.members if not isinstance(member, Null))
        if len(others) == 1:
            return others[0]
    return shape


def rules_of_value(
    aspects: dict[Direction, set[Aspect]], old: AnyShape, new: AnyShape, *, context: Context, root: bool
) -> dict[tuple[Direction, Aspect], str]:
    """The rule of each thing that a value has against its reader.

    Args:
        aspects: What it is about, in each direction.
        old: What the value was.
        new: What it is.
        context: What it is to what it stands in.
        root: Whether it is the payload as a whole.
    """
    found: dict[tuple[Direction, Aspect], str] = {}
    backward, forward = aspects.get("backward", set()), aspects.get("forward", set())
    both = bool(backward & _KIND), bool(forward & _KIND)
    for direction, own in aspects.items():
        for aspect in own:
            if context == "keys" and aspect in _KIND | {"pattern", "min_length", "max_length"}:
                rule = "U612"
            elif aspect in _KIND or (aspect == "null" and Anything in {type(old), type(new)}):
                rule = _kind_rule(aspect, direction, old, new, both=both, context=context, root=root)
            elif aspect in _BY_DIRECTION:
                rule = _BY_DIRECTION[aspect][direction == "forward"]
            else:
                rule = _ALWAYS.get(aspect) or _limit_rule(aspect, direction, old, new, aspects)
            found[direction, aspect] = rule
    if isinstance(new, Array) and new.unique and isinstance(old, Array) and not old.unique:
        # Equal items become one, and then there may be too few: that is said once.
        found = {key: "U605" if rule == "U603" else rule for key, rule in found.items()}
    return found


def _limit_rule(
    aspect: Aspect, direction: Direction, old: AnyShape, new: AnyShape, aspects: dict[Direction, set[Aspect]]
) -> str:
    if aspect == "minimum":
        return "U403" if direction == "forward" else _minimum_rule(old, new)
    if aspect == "multiple_of":
        crossed = all(aspect in own for own in (aspects.get("backward", set()), aspects.get("forward", set())))
        return "U409" if crossed else "U407" if direction == "backward" else "U408"
    if aspect == "pattern":
        one, other = (getattr(without_null(shape), "pattern", None) for shape in (old, new))
        return "U413" if one is None else "U414" if other is None else "U415"
    if aspect == "places":
        one, other = isinstance(old, TupleOf), isinstance(new, TupleOf)
        return "U607" if one and other else "U610" if other else "U609"
    assert aspect == "checks"
    return "U220" if isinstance(new if direction == "backward" else old, Record) else "U219"


def _minimum_rule(old: AnyShape, new: AnyShape) -> str:
    one, other = without_null(old), without_null(new)
    least, above = getattr(one, "minimum", None), getattr(one, "exclusive_minimum", None)
    if least is None and above is None:
        return "U401"
    return "U406" if least is not None and least == getattr(other, "exclusive_minimum", None) else "U402"


def _kind_rule(
    aspect: Aspect,
    direction: Direction,
    old: AnyShape,
    new: AnyShape,
    *,
    both: tuple[bool, bool],
    context: Context,
    root: bool,
) -> str:
    one, other = without_null(old) or old, without_null(new) or new
    if isinstance(one, Unions | Tagged) or isinstance(other, Unions | Tagged):
        return _choice_rule(aspect, direction, one, other, both)
    if isinstance(other, Anything):
        return "U215"
    if isinstance(one, Anything):
        return "U214"
    kinds = {_kind(one), _kind(other)}
    if len(kinds) > 1:
        if root:
            return "U806"
        if kinds == {"object", "map"}:
            return "U613"
        if "scalar" not in kinds:
            return "U614"
        return "U204" if "list" in kinds else "U205"
    return _scalar_rule(direction, one, other, both) or _plain_rule(both, context)


def _kind(shape: AnyShape) -> _Kind:
    match shape:
        case Record() | Tagged():
            return "object"
        case MapOf():
            return "map"
        case Array() | TupleOf():
            return "list"
        case _:
            return "scalar"


def _plain_rule(both: tuple[bool, bool], context: Context) -> str:
    if both == (False, True):
        return "U202"
    if context == "place":
        return "U608"
    if both == (True, True):
        return "U201"
    return {"items": "U601", "values": "U611"}.get(context, "U203")


def _choice_rule(aspect: Aspect, direction: Direction, old: AnyShape, new: AnyShape, both: tuple[bool, bool]) -> str:
    forward = direction == "forward"
    if isinstance(old, Tagged) and isinstance(new, Tagged):
        if old.discriminator != new.discriminator:
            return "U707"
        gone, come = ({v.tag for v in a.variants} - {v.tag for v in b.variants} for a, b in ((old, new), (new, old)))
        if gone and len(gone) == len(come):
            return "U708"
        return "U705" if forward else "U706"
    if isinstance(old, Anything) or isinstance(new, Anything):
        return "U214" if isinstance(old, Anything) else "U215"
    if (
        isinstance(old, Unions | Tagged)
        and isinstance(new, Unions | Tagged)
        and (aspect == "tag" or type(old) is not type(new))
    ):
        return "U709"
    if isinstance(old, Record) or isinstance(new, Record):
        return "U710"
    if both == (True, True):
        return "U703"
    return "U701" if forward else "U702"


def _scalar_rule(direction: Direction, old: AnyShape, new: AnyShape, both: tuple[bool, bool]) -> str:
    """The rule of two plain values; empty where none is more exact than that of any other change of type."""
    match old, new:
        case Enumeration(), Enumeration():
            return _enumeration_rule(direction, old, new)
        case _, Enumeration() if both == (True, False):
            return "U504"
        case Enumeration(), _ if both == (False, True):
            return "U505"
        case Text(), Formatted() if not both[1]:
            return "U206"
        case Formatted(), Text() if not both[0]:
            return "U207"
        case Formatted(), Formatted():
            return _form_rule(old, new)
        case Boolean(), Numeric():
            return "U212"
        case ((Integer() | Number()), Boolean()):
            return "U213"
    return ""


def _enumeration_rule(direction: Direction, old: Enumeration, new: Enumeration) -> str:
    ours, theirs = ({(type(value).__name__, value) for value in shape.values} for shape in (old, new))
    gone, come = ours - theirs, theirs - ours
    if gone and come:
        if {kind for kind, _ in gone}.isdisjoint(kind for kind, _ in come):
            return "U506"
        if len(ours) == len(theirs) == 1:
            return "U507"
        if len(gone) == len(come):
            return "U503"
    return "U502" if direction == "backward" else "U501"


def _form_rule(old: Formatted, new: Formatted) -> str:
    if old.format == new.format and old.encoding != new.encoding:
        return "U217"
    if (old.format, new.format) == ("date-time", "date"):
        return "U208"
    if (old.format, new.format) == ("date", "date-time"):
        return "U209"
    return ""
