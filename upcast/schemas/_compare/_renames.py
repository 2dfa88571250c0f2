"""Members that have another name or place: found by what they are called, what they are and where they stand."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

import attrs
from msgspec.structs import replace

from upcast.schemas._compare._places import EACH, resolved
from upcast.schemas.shapes import AnyShape, Array, MapOf, Member, Null, Path, Record, Unions, View

__all__ = ["Rename", "kept_members", "renames"]

_SURE = 0.75
_LIKELY = 0.55
_APART = 0.15  # by how much the best must be better than the next best
_MAX_DEPTH = 3


@attrs.frozen
class Rename:
    """A member that seems to have another name or place.

    Attributes:
        old: Where it stood; `*` for items and entries.
        new: Where it stands.
        score: How alike the two are, up to 1.
        certain: Whether nothing else is nearly as likely.
    """

    old: Path
    new: Path
    score: float
    certain: bool


def renames(old: View, new: View) -> tuple[Rename, ...]:
    """What seems to have another name or place, with the surest first.

    Each place is in one of them at most. Where they are of different depth it moved.

    Args:
        old: How the older version reads its payloads.
        new: How the newer version reads its own.
    """
    found: list[Rename] = []
    for base, one, other in _records(old, new):
        found += _between(old, new, base, one, other)
    return tuple(sorted(found, key=lambda rename: (-rename.score, str(rename.old))))


def kept_members(old: Record, new: Record) -> list[tuple[Member, Member]]:
    """The members of two objects that stand under one key: the newer reads where the older is written, or so."""
    pairs: list[tuple[Member, Member]] = []
    left = list(new.members)
    for own in old.members:
        same = [each for each in left if own.places[0] in each.places or each.places[0] in own.places]
        if same:
            best = next((each for each in same if each.name == own.name), same[0])
            pairs.append((own, best))
            left.remove(best)
    return pairs


def _records(old: View, new: View) -> Iterator[tuple[Path, Record, Record]]:
    """Every pair of objects that stand at one place in both."""
    met: set[tuple[AnyShape, AnyShape]] = set()
    waiting: list[tuple[Path, AnyShape, AnyShape]] = [((), old.root, new.root)]
    while waiting:
        base, one, other = waiting.pop(0)
        if (one, other) in met:
            continue
        met.add((one, other))
        own, its = _single(old, one), _single(new, other)
        if isinstance(own, Record) and isinstance(its, Record):
            yield base, own, its
            waiting += [((*base, *b.places[0]), a.shape, b.shape) for a, b in kept_members(own, its)]
        elif isinstance(own, Array) and isinstance(its, Array):
            waiting.append(((*base, EACH), own.items, its.items))
        elif isinstance(own, MapOf) and isinstance(its, MapOf):
            waiting.append(((*base, EACH), own.values, its.values))


def _single(view: View, shape: AnyShape) -> AnyShape:
    """*shape* without null."""
    shape = resolved(view, shape)
    if isinstance(shape, Unions):
        others = [each for each in shape.members if not isinstance(each, Null)]
        if len(others) == 1:
            return resolved(view, others[0])
    return shape


@attrs.frozen
class _Candidate:
    path: Path
    member: Member
    position: float


def _between(old: View, new: View, base: Path, one: Record, other: Record) -> list[Rename]:
    kept = kept_members(one, other)
    gone = [each for each in one.members if all(each is not own for own, _ in kept)]
    come = [each for each in other.members if all(each is not its for _, its in kept)]
    last = max(len(one.members), len(other.members))
    gone_here, come_here = _placed(gone, one, last), _placed(come, other, last)
    scores = {
        (a.path, b.path): _likeness(old, new, a, b, alone=len(gone) == len(come) == 1)
        for a in gone_here
        for b in come_here
    }
    found = [Rename((*base, *a), (*base, *b), score, certain=sure) for a, b, score, sure in _matched(scores)]
    from_here = {rename.old[len(base) :] for rename in found}
    to_here = {rename.new[len(base) :] for rename in found}
    rest = [each for each in gone_here if each.path not in from_here]
    more = [each for each in come_here if each.path not in to_here]
    moved = {
        (a.path, b.path): 0.95
        for a in _deep(old, rest)
        for b in _deep(new, more)
        if len(a.path) != len(b.path) and a.path[-1] == b.path[-1] and _kind(old, new, a, b) == 1
    }
    return found + [Rename((*base, *a), (*base, *b), score, certain=sure) for a, b, score, sure in _matched(moved)]


def _placed(members: list[Member], record: Record, last: int) -> list[_Candidate]:
    order = [each.name for each in record.members]
    return [_Candidate(each.places[0], each, order.index(each.name) / last) for each in members]


def _deep(view: View, candidates: list[_Candidate]) -> list[_Candidate]:
    """The candidates, and what stands in the objects among them."""
    found = list(candidates)
    level = candidates
    for _ in range(_MAX_DEPTH):
        level = [
            _Candidate((*each.path, *inner.places[0]), inner, each.position)
            for each in level
            for shape in [_single(view, each.member.shape)]
            if isinstance(shape, Record)
            for inner in shape.members
        ]
        found += level
    return found


def _matched(scores: dict[tuple[Path, Path], float]) -> list[tuple[Path, Path, float, bool]]:
    """The likeliest pairs, each side once."""
    found: list[tuple[Path, Path, float, bool]] = []
    rest = {pair: score for pair, score in scores.items() if score >= _LIKELY}
    while rest:
        best = max(rest, key=lambda pair: (rest[pair], str(pair)))
        score = rest[best]
        rivals = [other for pair, other in rest.items() if pair != best and (pair[0] == best[0] or pair[1] == best[1])]
        found.append((*best, round(score, 3), score >= _SURE and score - max(rivals, default=0.0) >= _APART))
        rest = {pair: other for pair, other in rest.items() if pair[0] != best[0] and pair[1] != best[1]}
    return found


def _likeness(old: View, new: View, a: _Candidate, b: _Candidate, *, alone: bool) -> float:
    if a.member.name == b.member.name:
        return 1.0  # the class calls it the same: its alias changed
    kind = _kind(old, new, a, b)
    if kind == 0:
        return 0.0
    name = _name_likeness(str(a.path[-1]), str(b.path[-1]))
    position = 1 - abs(a.position - b.position)
    return 0.3 * kind + 0.5 * name + 0.15 * position + (0.15 if alone else 0.0)


def _kind(old: View, new: View, a: _Candidate, b: _Candidate) -> float:
    one, other = _single(old, a.member.shape), _single(new, b.member.shape)
    if isinstance(one, Record) and isinstance(other, Record):
        keys, others = ({member.key for member in record.members} for record in (one, other))
        return len(keys & others) / max(1, len(keys | others))
    if type(one) is not type(other):
        return 0.0
    return 1.0 if replace(one, checks=()) == replace(other, checks=()) else 0.7


def _name_likeness(one: str, other: str) -> float:
    a, b = _tokens(one), _tokens(other)
    joined = difflib.SequenceMatcher(a="".join(a), b="".join(b), autojunk=False).ratio()
    shared = len(set(a) & set(b)) / max(len(a), len(b))
    return max(joined, shared)


def _tokens(name: str) -> list[str]:
    parts = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name) or [name]
    return [part.lower() for part in parts]
