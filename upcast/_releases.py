"""Releases by their semantic versions: how they are written and which comes first."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

import attrs

__all__ = ["Release", "ReleaseLedger", "parse_release"]

_RELEASE = re.compile(
    r"v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?"
    # A pre-release as semantic versions have it, or as the versions of Python packages have it.
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)|((?:a|b|rc)\d{1,9})?(?:\.post\d{1,9})?(\.dev\d{1,9})?)"
    r"(?:\+[0-9A-Za-z.-]+)?",
    re.ASCII,
)
_WORD_AND_NUMBER = re.compile(r"([a-z]+)(\d+)")


@functools.total_ordering
@attrs.frozen(eq=False)
class Release:
    """A release; releases are ordered as semantic versioning orders them (semver.org, 2.0.0, item 11).

    Attributes:
        numbers: Major, minor and patch.
        pre: The parts of a pre-release, which comes before the release; empty for the release itself.
    """

    numbers: tuple[int, int, int]
    pre: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ".".join(map(str, self.numbers)) + (f"-{'.'.join(self.pre)}" if self.pre else "")

    @property
    def _rank(self) -> tuple[Any, ...]:
        # Numbers come before words, and a longer list after the shorter one that it begins with.
        parts = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in self.pre)
        return self.numbers, not self.pre, parts

    def __eq__(self, other: object) -> bool:
        return self._rank == other._rank if isinstance(other, Release) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._rank < other._rank if isinstance(other, Release) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._rank)


def parse_release(text: object) -> Release | None:
    """The release that *text* names, or None where it names none.

    Semantic versions are (`2.1`, `2.1.0`, `v2.1.0`, `2.1.0-rc.1`), and versions of Python packages of two or three
    numbers (`2.1.0rc1`, `2.1.0.dev3`, `2.1.0.post1`), so that a program can say what `importlib.metadata` says of it.
    A missing patch number is 0, so that `2.1` and `2.1.0` are the same release; so is what comes after a release.
    """
    found = _RELEASE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    major, minor, patch, semantic, pre, dev = found.groups()
    parts = semantic.split(".") if semantic else []
    for word, number in _WORD_AND_NUMBER.findall(f"{pre or ''}{dev or ''}"):
        parts += [word, number]
    return Release((int(major), int(minor), int(patch or 0)), tuple(parts))


@attrs.frozen
class ReleaseLedger:
    """The releases that were made, in order; the next one is being made.

    Releases may have names of their own, such as `spring`: then only the list knows their order. Semantic versions are
    compared as such, so that `2.1`, `2.1.0` and `v2.1.0` are the same release.

    Attributes:
        releases: Their names.
    """

    releases: tuple[str, ...]
    _known: tuple[Release | str, ...] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_known", tuple(map(_plain, self.releases)))

    @classmethod
    def of_tags(cls, tags: Iterable[str]) -> ReleaseLedger:
        """The releases among the tags of a repository: those that are whole semantic versions, and no pre-releases."""
        found = [(release, tag) for tag in tags if (release := parse_release(tag)) is not None and not release.pre]
        # `v2.1` may be a tag that moves with its patch releases.
        return cls(tuple(tag for release, tag in sorted(found) if str(release) == tag.removeprefix("v")))

    def index(self, release: str) -> int | None:
        """Where a release stands; one that is newer than all is being made. None for no release."""
        known = _plain(release)
        if known in self._known:
            return self._known.index(known)
        return len(self._known) if self._is_newer(known) else None

    def is_over(self, release: str) -> bool:
        """Whether a release was made, or one behind it."""
        known, last = _plain(release), self._last
        if known in self._known:
            return True
        return isinstance(known, Release) and isinstance(last, Release) and known < last

    @property
    def _last(self) -> Release | str | None:
        return self._known[-1] if self._known else None

    def _is_newer(self, known: Release | str) -> bool:
        last = self._last
        return isinstance(known, Release) and isinstance(last, Release) and known > last


def _plain(name: str) -> Release | str:
    release = parse_release(name)
    return name if release is None else release
