"""What is done to the entries of a file, found by comparing what was there with what is to be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from upcast._paths import Path
from upcast._steps._arguments import contains
from upcast.settings._documents._wanted import same

__all__ = ["Insert", "Move", "Operation", "Remove", "Replace", "differences", "successors"]


@attrs.frozen
class Move:
    """An entry goes to another place, or gets another name where it stands."""

    path: Path
    to: Path


@attrs.frozen
class Replace:
    """An entry gets another value."""

    path: Path
    value: Any = attrs.field(repr=False)


@attrs.frozen
class Insert:
    """A new entry, behind another one of the same parent."""

    path: Path
    value: Any = attrs.field(repr=False)
    after: Path | None


@attrs.frozen
class Remove:
    """An entry goes."""

    path: Path


Operation: TypeAlias = Move | Replace | Insert | Remove

Tree: TypeAlias = Mapping[Path, Any]
"""Values by their paths, none of which stands inside another."""


def successors(removed: Tree, added: Tree, *, loose: bool) -> list[Operation]:
    """What turns the one into the other, in the order in which it is done.

    An entry whose value turns up elsewhere, and only once, moves there, so that its comments go with it. What is left
    over goes or comes.

    Args:
        removed: What is there and is to be gone.
        added: What is to be there, in the order in which it is to be written.
        loose: Whether, of what is left over, one entry is the successor of several, or several are that of one, though
            its value is another one.
    """
    pairs = _equal(removed, added)
    old = [leaf for leaf in _leaves(removed) if not _inside(leaf, pairs)]
    new = {leaf: value for leaf, value in _leaves(added).items() if not _inside(leaf, pairs.values())}
    found: list[Operation] = [Move(path, to) for path, to in pairs.items()]
    last = next(reversed(pairs.values()), None) if loose else None
    if loose and new and (len(old) == 1 or (old and len(new) == 1)):
        last, value = next(iter(new.items()))
        del new[last]
        found += [Move(old[0], last), Replace(last, value)]
        pairs[old[0]] = last
    for path, value in new.items():
        found.append(Insert(path, value, after=last if last is not None and last[:-1] == path[:-1] else None))
        last = path
    found += [Remove(path) for path in removed if path not in pairs]
    return found


def differences(before: Mapping[str, Any], after: Mapping[str, Any], *, loose: bool) -> list[Operation]:
    """What turns one nested object into another.

    Args:
        before: What is there.
        after: What is to be there.
        loose: See `successors`.
    """
    removed: dict[Path, Any] = {}
    added: dict[Path, Any] = {}
    changed: list[Operation] = []

    def compare(one: Mapping[str, Any], other: Mapping[str, Any], at: Path) -> None:
        removed.update({(*at, name): value for name, value in one.items() if name not in other})
        added.update({(*at, name): value for name, value in other.items() if name not in one})
        for name in one:
            if name not in other or same(one[name], other[name]):
                continue
            if isinstance(one[name], Mapping) and isinstance(other[name], Mapping):
                compare(one[name], other[name], (*at, name))
            else:
                changed.append(Replace((*at, name), other[name]))

    compare(before, after, ())
    # What moves away may have held the very place that a change needs, and a change may make an object of a scalar.
    return [*successors(removed, added, loose=loose), *changed]


def _equal(removed: Tree, added: Tree) -> dict[Path, Path]:
    """Entries whose value turns up exactly once among the new ones, the largest first."""
    found: dict[Path, Path] = {}
    sources, targets = dict(_nodes(removed)), dict(_nodes(added))
    for path, value in sources.items():
        if _inside(path, found):
            continue
        fits = [to for to, other in targets.items() if same(value, other) and not _inside(to, found.values())]
        rivals = [other for other in sources if same(sources[other], value) and not _inside(other, found)]
        if len(fits) == len(rivals) == 1:
            found[path] = fits[0]
    return found


def _inside(path: Path, taken: Any) -> bool:
    return any(contains(each, path) for each in taken)


def _nodes(tree: Tree) -> Iterator[tuple[Path, Any]]:
    for path, value in tree.items():
        yield path, value
        if isinstance(value, Mapping):
            yield from _nodes({(*path, name): item for name, item in value.items()})


def _leaves(tree: Tree) -> dict[Path, Any]:
    return {path: value for path, value in _nodes(tree) if not isinstance(value, Mapping) or not value}
