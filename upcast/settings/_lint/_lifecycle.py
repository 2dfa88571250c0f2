"""How long declarations live, against the releases that were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from upcast._paths import dotted
from upcast._releases import Release, parse_release
from upcast.settings._lint._finding import SettingsFinding, finding
from upcast.settings.history import History
from upcast.settings.legacy import Declaration, Legacy
from upcast.settings.window import Window

__all__ = ["lifecycle", "releases_of"]


def releases_of(names: Iterable[str]) -> tuple[Release, ...]:
    """Releases by their names, in order and without pre-releases, which nobody has to follow.

    Raises:
        ValueError: A name is none of a release.
    """
    found = set()
    for name in names:
        release = parse_release(name)
        if release is None:
            raise ValueError(f"{name!r} is no release: write it as 2.1 or 2.1.0")
        if not release.pre:
            found.add(release)
    return tuple(sorted(found))


def lifecycle(history: History, releases: Sequence[Release], min_releases: int) -> Iterator[SettingsFinding]:
    """Say which declarations give people too little time, stay too long, or name a release that is none.

    Args:
        history: The history of a settings class.
        releases: The releases that were made, in order.
        min_releases: How many releases must take what goes.
    """
    if not releases:
        yield finding(
            "since-not-a-release",
            history.name,
            "the list of releases is empty, so no declaration can be compared with it",
            remedy="Give the releases that were made; a shallow clone has no tags.",
        )
        return
    newest = releases[-1]
    running = max(newest, history.release or newest)
    for each in history.declarations:
        key = each.keys[0] if isinstance(each, Legacy) else each.key
        window = each.window
        file, _, line = each.where.rpartition(":")
        where: dict[str, Any] = {"key": key, "file": file, "line": int(line), "about": _about(each)}
        if window.since not in releases and window.since < newest:
            yield finding(
                "since-not-a-release",
                history.name,
                f"{_about(each)}: since {window.since} is neither a release nor newer than the last one, {newest}",
                remedy="Name the release that brought it.",
                **where,
            )
            continue
        count = _count(window, releases, closed=window.remove_in <= running)
        if count < min_releases:
            yield finding(
                "window-too-short",
                history.name,
                f"{_about(each)}: from {window.since} to {window.remove_in} there {'is' if count == 1 else 'are'} "
                f"{count} of {min_releases} releases that take it",
                remedy="Move remove_in to a later release.",
                **where,
            )
        if window.remove_in <= newest:
            yield finding(
                "removal-due",
                history.name,
                f"{_about(each)}: {window.remove_in} is released, and has told those who still had it",
                remedy="Delete the declaration, or keep it for one more release that tells them.",
                **where,
            )


def _count(window: Window, releases: Sequence[Release], *, closed: bool) -> int:
    """How many releases take what is declared.

    Of a window that is still open those count too for which its numbers leave room: from 2.1 to 2.3 there is room for
    2.1 and 2.2, from 2.1 to 3.0 for as many as anybody likes.
    """
    made = sum(window.since <= release < window.remove_in for release in releases)
    return made if closed else max(made, _room(window))


def _room(window: Window) -> int:
    first, last = window.since.numbers, window.remove_in.numbers
    if first[0] != last[0]:
        return _PLENTY
    return last[1] - first[1] if first[1] != last[1] else last[2] - first[2]


_PLENTY: Final = 1_000_000_000


def _about(declaration: Declaration) -> str:
    if isinstance(declaration, Legacy):
        return f"{', '.join(map(dotted, declaration.keys))} ({declaration.kind})"
    return f"{dotted(declaration.key)} ({type(declaration).__name__})"
