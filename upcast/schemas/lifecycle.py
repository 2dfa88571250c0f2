"""Parts of events that are going to be removed: not before others had the time to follow, and not never."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from upcast._releases import ReleaseLedger
from upcast.schemas._check._findings import finding
from upcast.schemas._store._git import Git
from upcast.schemas.shapes import Anything, Array, MapOf, Opaque, Record, SchemaSnapshot, Tagged, TupleOf, Unions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from upcast.schemas.config import Deprecation, GateConfig
    from upcast.schemas.findings import Finding
    from upcast.schemas.shapes import AnyShape, Member, View

__all__ = ["deprecations", "has_place", "releases_of", "tagged_releases"]


def releases_of(config: GateConfig, folder: Path) -> tuple[str, ...]:
    """The releases in order: those of the configuration, or the tags of the repository around *folder*.

    Of the tags those count that are named as semantic versions, `1.2.3` or `v1.2.3`; pre-releases do not.

    Raises:
        SchemaError: The tags cannot be listed.
    """
    return tagged_releases(folder) if config.releases == "git-tags" else config.releases


def tagged_releases(folder: Path) -> tuple[str, ...]:
    """The releases in order, by the tags of the repository around *folder*; see `releases_of`.

    Raises:
        SchemaError: The tags cannot be listed.
    """
    base = next(parent for parent in (folder.resolve(), *folder.resolve().parents) if parent.is_dir())
    listed = Git.of(base).output("tag", "--list").decode(errors="replace").split("\n")
    return ReleaseLedger.of_tags(listed).releases


def deprecations(
    config: GateConfig,
    *,
    current: Mapping[str, SchemaSnapshot],
    releases: Sequence[str],
    checked: Collection[str] | None = None,
) -> list[Finding]:
    """Say which deprecated parts went too early, stayed too long, or were deprecated in no release.

    A part may be removed by the release that follows `min_releases` releases in which it was deprecated.

    Args:
        config: The deprecated parts, and how long they stay.
        current: What today's class of each event type is.
        releases: The releases in order; the next one is being made.
        checked: The event types that were looked at, where those are not all.
    """
    ledger = ReleaseLedger(tuple(releases))
    found = []
    for entry in config.deprecations:
        if checked is not None and entry.event not in checked:
            continue
        snapshot = current.get(entry.event)
        there = snapshot is not None and has_place(snapshot.reader, entry.pointer)
        since = ledger.index(entry.since)
        if since is None:
            found.append(_about("U923", entry, _unknown_since(entry, releases), _SINCE_REMEDY))
        elif not there and len(releases) - since < config.min_releases:
            seen = len(releases) - since
            message = f"{_called(entry)} is gone after {seen} of {config.min_releases} releases since {entry.since}"
            found.append(_about("U921", entry, message, "bring it back until enough releases had it as deprecated"))
        if there and entry.remove_in and ledger.is_over(entry.remove_in):
            message = f"{_called(entry)} was to be gone in {entry.remove_in} and is still there"
            found.append(_about("U922", entry, message, "remove it, or move `remove_in` to a later release"))
    return found


_SINCE_REMEDY = "name the release that deprecated it first, as the list of releases has it"


def _unknown_since(entry: Deprecation, releases: Sequence[str]) -> str:
    if not entry.since:
        return f"it is not said since when {_called(entry)} is deprecated"
    if not releases:
        return f"{entry.since} is no release: the list of releases is empty; a shallow clone has no tags"
    return f"{_called(entry)} is deprecated since {entry.since}, which is no release"


def has_place(view: View, pointer: str) -> bool:
    """Whether a view declares the place *pointer*, or may have it.

    Args:
        view: One direction of a class.
        pointer: A JSON pointer, `*` for any item or key.
    """
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    shapes: list[AnyShape] = [view.root]
    for part in parts:
        shapes = [below for shape in shapes for below in _below(view, shape, part)]
    return bool(shapes)


def _below(view: View, shape: AnyShape, part: str) -> Iterator[AnyShape]:
    match view.resolve(shape):
        case Record(members=members):
            yield from _members(members, part)
        case Array(items=below) | MapOf(values=below):
            yield below
        case TupleOf() as places:
            yield from _places(places, part)
        case Unions(members=shapes):
            for one in shapes:
                yield from _below(view, one, part)
        case Tagged(discriminator=discriminator, variants=variants):
            if part == discriminator:
                yield Anything()
            for variant in variants:
                yield from _below(view, variant.shape, part)
        case Anything() | Opaque() as whatever:
            yield whatever


def _members(members: Iterable[Member], part: str) -> Iterator[AnyShape]:
    for member in members:
        for place in member.places:
            if str(place[0]) == part:
                # What is on the way to a member that stands deeper is not declared.
                yield member.shape if len(place) == 1 else Anything()


def _places(shape: TupleOf, part: str) -> Iterator[AnyShape]:
    if part == "*":
        yield from shape.items
    elif part.isdecimal():
        yield from shape.items[int(part) : int(part) + 1]
    if shape.rest is not None:
        yield shape.rest


def _called(entry: Deprecation) -> str:
    return f"{entry.event} {entry.pointer}".rstrip()


def _about(rule: str, entry: Deprecation, message: str, remedy: str) -> Finding:
    return finding(
        rule,
        entry.event,
        message,
        pointer=entry.pointer,
        remedy=remedy,
        no_witness="it is about releases",
        place=entry.place,
    )
