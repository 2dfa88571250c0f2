"""The releases in which an old spelling is still taken."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from upcast._releases import Release, parse_release
from upcast.errors import InvalidLegacy

__all__ = ["Stage", "Window"]

Stage: TypeAlias = Literal["announced", "deprecated", "removed"]
"""announced: the new spelling is known, the old one is taken without a warning; deprecated: it is taken with a warning;
removed: it is not taken any more, and whoever still has it is told."""


@attrs.frozen
class Window:
    """The releases in which something is still taken.

    Attributes:
        since: The release that brought the successor.
        warn_in: The first release that warns; the same as *since* unless it was said.
        remove_in: The first release that does not take it any more.
    """

    since: Release
    warn_in: Release
    remove_in: Release

    @classmethod
    def of(cls, since: str, remove_in: str, warn_in: str | None, about: str) -> Window:
        """A window as it was declared.

        Raises:
            InvalidLegacy: One of them is no release, or they are not in order.
        """
        found = []
        for name, text in (
            ("since", since),
            ("warn_in", since if warn_in is None else warn_in),
            ("remove_in", remove_in),
        ):
            release = parse_release(text)
            if release is None:
                raise InvalidLegacy(f"{about}: {name}={text!r} is no release: write it as 2.1 or 2.1.0")
            found.append(release)
        first, warned, last = found
        if not first <= warned < last:
            raise InvalidLegacy(
                f"{about}: since={since!r}, {'' if warn_in is None else f'warn_in={warn_in!r}, '}"
                f"remove_in={remove_in!r} are not in order: a key goes after the release that warns of it"
            )
        return cls(first, warned, last)

    def stage(self, running: Release | None) -> Stage:
        """In which stage the release *running* is; a release that is not known warns."""
        if running is None:
            return "deprecated"
        if running >= self.remove_in:
            return "removed"
        return "announced" if running < self.warn_in else "deprecated"
