"""Which field of the old version a field of the new one is: what is certain, and what has to be asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from upcast._paths import Path, dotted
from upcast.schemas._revise._names import likeness, same_name, same_word, words
from upcast.schemas._revise._parts import Context, Part, Place
from upcast.schemas._revise._values import plan_value, without_null
from upcast.schemas.shapes import Array, MapOf, Member, Record, Tagged, TupleOf, View

__all__ = ["Field", "likely_pairs", "sure_pair"]


@attrs.frozen
class Field:
    """A field that is in one version only.

    Attributes:
        path: Where it stands, after the relocations before it.
        member: It.
        outer: The path of the field around it that is in one version only too; empty where there is none.
    """

    path: Path
    member: Member
    outer: Path = ()


def sure_pair(ctx: Context, gone: Sequence[Field], fresh: Sequence[Field]) -> tuple[Field, Field] | None:
    """A field that is gone and the fresh one that it surely became: the only one for it, and it the only one for that.

    Names that differ in case and separators only are enough; all others must agree in shape too, so that a field of
    another meaning is not taken for it.
    """
    for judge in (_renamed, _moved):
        pairs = [(old, new) for old in gone for new in fresh if judge(ctx, old, new)]
        for old, new in sorted(pairs, key=lambda pair: (len(pair[0].path) + len(pair[1].path), pair[0].path)):
            rivals = [pair for pair in pairs if pair[0] is old or pair[1] is new]
            if len(rivals) == 1:
                return old, new
    return None


def _renamed(ctx: Context, old: Field, new: Field) -> bool:
    if old.path[:-1] != new.path[:-1] or old.outer or new.outer:
        return False
    if old.member.name == new.member.name or same_word(old.path[-1], new.path[-1]):
        return True
    context = (*ctx.words, *(word for part in old.path[:-1] for word in words(part)))
    return same_name(old.path[-1], new.path[-1], context) and _agrees(ctx, old, new)


# What many things have, so that a field of this name in another object is not for its name the one that is gone.
_GENERIC: Final = frozenset(
    {"at", "code", "count", "data", "date", "description", "id", "key", "kind", "name", "note", "state", "status"}
    | {"text", "time", "title", "type", "value"}
)


def _moved(ctx: Context, old: Field, new: Field) -> bool:
    source, target = old.path[:-1], new.path[:-1]
    # Into an object or out of it; from one object to another beside it something else may have moved in.
    if source == target or (old.outer and new.outer) or not (_starts(source, target) or _starts(target, source)):
        return False
    # `address_city` became `address.city`, or `city` did.
    own = same_word(old.path[-1], new.path[-1]) and old.path[-1].lower() not in _GENERIC
    return (own or same_word("_".join(old.path), "_".join(new.path))) and _agrees(ctx, old, new)


def _starts(path: Path, longer: Path) -> bool:
    return longer[: len(path)] == path


def _agrees(ctx: Context, old: Field, new: Field) -> bool:
    """Whether the one passes for the other as it is."""
    return plan_value(ctx.trial(), old.member.shape, new.member.shape, ("*",), new.path) == Part()


def likely_pairs(ctx: Context, gone: Sequence[Field], new: Field, here: Place) -> list[tuple[float, Field]]:
    """The fields that *new*, in the object that is at *here*, may have been before, the likeliest first."""
    found = []
    for old in gone:
        alike = likeness(old.path[-1], new.path[-1])
        same_place = old.path[:-1] == new.path[:-1] and not old.outer and not new.outer
        convertible = (
            _rank(ctx.old, old) == _rank(ctx.new, new)
            or plan_value(ctx.trial(), old.member.shape, new.member.shape, ("*",), new.path).certain
        )
        if (same_place and convertible) or alike >= 0.6:
            agrees = _agrees(ctx, old, new)
            # What diff tells of the same two places is as likely here.
            told = ctx.guesses.get(((*here, *old.path), (*here, *new.path)), 0.0)
            found.append((max(told, round(alike * 0.6 + same_place * 0.2 + agrees * 0.2, 2)), old))
    return sorted(found, key=lambda pair: (-pair[0], dotted(pair[1].path)))


def _rank(view: View, field: Field) -> str:
    """What kind of thing a field is, as coarsely as a rename with a conversion would respect it."""
    _, rest = without_null(view, field.member.shape)
    kinds = {
        "object" if isinstance(shape, Record | Tagged | MapOf) else "list" if isinstance(shape, Array | TupleOf) else ""
        for shape in rest
    }
    return "+".join(sorted(kinds))


def inner_fields(view: View, field: Field, depth: int = 3) -> Iterator[Field]:
    """The field, and those inside the record that it is."""
    yield field
    _, rest = without_null(view, field.member.shape)
    if depth and len(rest) == 1 and isinstance(rest[0], Record):
        for member in rest[0].members:
            if len(member.places[0]) == 1:
                inner = Field((*field.path, member.key), member, field.outer or field.path)
                yield from inner_fields(view, inner, depth - 1)


__all__ += ["inner_fields"]
