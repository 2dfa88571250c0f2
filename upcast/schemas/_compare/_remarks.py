"""What is to be said of a change: obstacles of both directions, named by the catalogue and joined by place."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from upcast.schemas._compare._evidence import Proof
from upcast.schemas._compare._kinds import rules_of_value
from upcast.schemas._compare._naming import Versions
from upcast.schemas._compare._obstacle import Aspect, Context
from upcast.schemas._compare._places import EACH, Parts
from upcast.schemas.findings import Direction, Effect, Witness
from upcast.schemas.shapes import AnyShape, Boolean, Member, Null, Unions

__all__ = ["Remark", "remarks"]

_LOSS: frozenset[Aspect] = frozenset({"lost", "dropped", "repeats", "rounded"})
_MEANING: frozenset[Aspect] = frozenset({"counted", "respelled", "captured", "default", "made"})
# What the newer writer's data means to older readers is said where a rule is about that.
_FORWARD_SOFT: frozenset[Aspect] = frozenset({"repeats"})
_ANYTHING = Null()


@attrs.frozen(kw_only=True)
class Remark:
    """One rule at one place.

    Attributes:
        rule: The rule.
        parts: The place in the newer version, or in the older one where it is gone.
        old_parts: The place in the older version.
        effects: What it does for certain.
        old: What was there.
        new: What is there.
        old_member: The member that it is about, as it was.
        new_member: The member, as it is.
        witness: A payload that shows it.
        unknown: Why there is none.
        among: The places of the parts, where one member became several or several one.
        users: Other places at which the same class is used.
        recursive: Whether that class contains itself.
        direction: Whose reader was asked.
    """

    rule: str
    parts: Parts
    old_parts: Parts = ()
    effects: tuple[Effect, ...] = ()
    old: AnyShape | None = None
    new: AnyShape | None = None
    old_member: Member | None = None
    new_member: Member | None = None
    witness: Witness | None = None
    unknown: str = ""
    among: tuple[Parts, ...] = ()
    users: tuple[Parts, ...] = ()
    recursive: bool = False
    direction: Direction = "backward"


def remarks(proofs: Iterable[Proof], versions: Versions) -> list[Remark]:
    """What is to be said, each rule once at each place."""
    once = _once(proofs)
    members = [each for each in once if each[0].obstacle.inside is not None]
    values = [each for each in once if each[0].obstacle.inside is None]
    found = [remark for proof, users in members for remark in _of_member(proof, users, versions)]
    return _joined([*found, *_of_values(values), *_tightened(found, values)])


def _once(proofs: Iterable[Proof]) -> list[tuple[Proof, tuple[Parts, ...]]]:
    """Each proof with the other places at which the same was found of the same class."""
    groups: dict[object, list[Proof]] = {}
    for proof in sorted(proofs, key=lambda each: (len(_new_parts(each)), str(_new_parts(each)))):
        one = proof.obstacle
        if one.soft and proof.direction == "forward" and one.aspect not in _FORWARD_SOFT:
            continue
        key = (one.home, one.aspect, proof.direction) if one.home else id(proof)
        groups.setdefault(key, []).append(proof)
    return [(group[0], tuple(dict.fromkeys(map(_new_parts, group[1:])))) for group in groups.values()]


def _new_parts(proof: Proof) -> Parts:
    one = proof.obstacle
    return one.reader_parts if proof.direction == "backward" else one.writer_parts


def _old_parts(proof: Proof) -> Parts:
    one = proof.obstacle
    return one.writer_parts if proof.direction == "backward" else one.reader_parts


def _effects(proof: Proof) -> tuple[Effect, ...]:
    one = proof.obstacle
    if proof.witness is None or one.aspect in {"also", "closed", "beside"}:
        return ()
    if one.aspect == "repeats" and proof.direction == "forward":
        return ("meaning",)
    if one.aspect in _LOSS:
        return ("loss",)
    return ("meaning",) if one.aspect in _MEANING else (proof.direction,)


def _of_member(proof: Proof, users: tuple[Parts, ...], versions: Versions) -> list[Remark]:
    named = versions.named(proof.obstacle, proof.direction)
    first = Remark(
        rule=named.rule,
        parts=named.parts,
        old_parts=named.old_parts or named.parts,
        effects=_effects(proof),
        old=None if named.old is None else named.old.shape,
        new=None if named.new is None else named.new.shape,
        old_member=named.old,
        new_member=named.new,
        witness=proof.witness,
        unknown=proof.unknown,
        among=named.among,
        users=users,
        recursive=proof.obstacle.recursive,
        direction=proof.direction,
    )
    return [first, *(attrs.evolve(first, rule=rule) for rule in named.more)]


def _of_values(proofs: list[tuple[Proof, tuple[Parts, ...]]]) -> list[Remark]:
    groups: dict[tuple[Parts, Parts, Context], list[tuple[Proof, tuple[Parts, ...]]]] = {}
    for proof, users in proofs:
        place = (_old_parts(proof), _new_parts(proof), proof.obstacle.context)
        groups.setdefault(place, []).append((proof, users))
    found: list[Remark] = []
    for (old_parts, new_parts, context), group in groups.items():
        aspects: dict[Direction, set[Aspect]] = {}
        for proof, _ in group:
            if not proof.obstacle.soft:
                aspects.setdefault(proof.direction, set()).add(proof.obstacle.aspect)
        old, new = _shapes(group[0][0])
        rules = rules_of_value(aspects, old, new, context=context, root=not new_parts)
        for proof, users in group:
            one = proof.obstacle
            was, now = _shapes(proof)
            found.append(
                Remark(
                    rule=_soft_rule(proof, was, now) if one.soft else rules[proof.direction, one.aspect],
                    parts=new_parts,
                    old_parts=old_parts,
                    effects=_effects(proof),
                    old=was,
                    new=now,
                    witness=proof.witness,
                    unknown=proof.unknown,
                    users=users,
                    recursive=one.recursive,
                    direction=proof.direction,
                )
            )
    return found


def _shapes(proof: Proof) -> tuple[AnyShape, AnyShape]:
    one = proof.obstacle
    writer, reader = one.writer or _ANYTHING, one.reader or _ANYTHING
    return (writer, reader) if proof.direction == "backward" else (reader, writer)


def _soft_rule(proof: Proof, old: AnyShape, new: AnyShape) -> str:
    match proof.obstacle.aspect:
        case "repeats":
            return "U605" if proof.direction == "backward" else "U606"
        case "rounded":
            return "U211"
        case "counted":
            return "U212" if isinstance(proof.obstacle.part[0], Boolean) else "U213"
        case "respelled":
            return "U217"
        case "closed":
            return "U508"
        case "dropped":
            return "U803"
        case _:
            ordered = isinstance(old, Unions) and isinstance(new, Unions) and "left-to-right" in {old.mode, new.mode}
            return "U704" if ordered else "U715"


def _tightened(members: list[Remark], proofs: list[tuple[Proof, tuple[Parts, ...]]]) -> list[Remark]:
    """That a nested class takes less, once for each class."""
    found: dict[Parts, Remark] = {}
    values = _of_values(proofs)
    loosened = {each.parts for each in [*members, *values] if "forward" in each.effects}
    for each in [*values, *members]:
        home = _object_of(each.parts)
        if "backward" not in each.effects or each.parts in loosened or home in found:
            continue
        if not home and not each.recursive:
            continue
        used = tuple(dict.fromkeys(_object_of(place) for place in each.users))
        users = tuple(place for place in used if place != home)
        rule = "U712" if each.recursive else "U711"
        found[home] = attrs.evolve(
            each, rule=rule, parts=home, old_parts=_object_of(each.old_parts), old=None, new=None, users=users
        )
    return list(found.values())


def _object_of(parts: Parts) -> Parts:
    """The place of the object whose member a place is in."""
    rest = list(parts)
    while rest and (rest[-1] == EACH or isinstance(rest[-1], int)):
        rest.pop()
    return tuple(rest[:-1])


def _joined(found: list[Remark]) -> list[Remark]:
    """One remark for each rule and place, with all that it does; its witness is that of the gravest."""
    joined: dict[tuple[str, Parts], Remark] = {}
    for each in found:
        key = (each.rule, each.parts)
        former = joined.get(key)
        if former is None:
            joined[key] = each
            continue
        effects = tuple(dict.fromkeys((*former.effects, *each.effects)))
        order: tuple[Effect, ...] = ("backward", "forward", "loss", "meaning")
        graver = min((former, each), key=lambda one: min((order.index(e) for e in one.effects), default=len(order)))
        other = each if graver is former else former
        joined[key] = attrs.evolve(
            graver,
            effects=tuple(sorted(effects, key=order.index)),
            old=graver.old or other.old,
            new=graver.new or other.new,
            old_member=graver.old_member or other.old_member,
            new_member=graver.new_member or other.new_member,
            witness=graver.witness or other.witness,
            unknown="" if graver.witness or other.witness else graver.unknown or other.unknown,
            users=tuple(dict.fromkeys((*graver.users, *other.users))),
        )
    return list(joined.values())
