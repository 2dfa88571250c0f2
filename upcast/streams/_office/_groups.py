"""What letters have in common, and whether they would pass today."""

from __future__ import annotations

import datetime as dt
from typing import Any

import attrs

from upcast._codec import Codec
from upcast.streams._failure import Failure
from upcast.streams._office._selection import without_entry
from upcast.streams._tally import Failed, Tally, judge
from upcast.streams.letters import DeadLetter

__all__ = ["CheckedGroup", "Grouping", "LetterCheck", "LetterGroup", "why_not"]


@attrs.frozen
class LetterGroup:
    """Letters with one fingerprint: the same cause.

    Attributes:
        fingerprint: Twelve hex digits; empty for entries that are no letters.
        reason: Why they are here, as a slug.
        stage: How far they had come.
        problem: One line for a person, of the newest of them.
        event_type: The type as stored, if it could be read.
        versions: The versions as stored.
        step: The failing step.
        groups: The consumer groups that could not handle them.
        count: How many there are.
        first: When the oldest came to the office.
        last: When the newest did.
        example: The id of the newest.
    """

    fingerprint: str
    reason: str
    stage: str
    problem: str
    event_type: str | None
    versions: tuple[int, ...]
    step: str
    groups: tuple[str, ...]
    count: int
    first: dt.datetime
    last: dt.datetime
    example: str

    @property
    def title(self) -> str:
        """Reason, event type and versions, in one line."""
        versions = " ".join(f"v{version}" for version in self.versions)
        return " ".join(filter(None, (self.reason, self.event_type, versions)))


@attrs.frozen
class CheckedGroup:
    """What a check found out about the letters of one group.

    Attributes:
        group: The group, as far as its letters were checked.
        total: How many letters were checked.
        passed: How many of them the codec reads today.
        failures: Why it does not read the others, the most frequent first.
    """

    group: LetterGroup
    total: int
    passed: int
    failures: tuple[Failed, ...]

    @property
    def verdict(self) -> str:
        """What passing means here; the codec was never what failed where a handler did."""
        if self.group.stage == "handler":
            return "decodes; the handler decides"
        if self.group.stage == "crash":
            return "decodes; what its consumers died of is not known"
        return "would pass"


@attrs.frozen
class LetterCheck:
    """How many letters the codec at hand reads; nothing was moved.

    Attributes:
        groups: What was found out group by group, most letters first.
    """

    groups: tuple[CheckedGroup, ...]

    @property
    def total(self) -> int:
        """How many letters were checked."""
        return sum(group.total for group in self.groups)

    @property
    def passed(self) -> int:
        """How many of them the codec reads today."""
        return sum(group.passed for group in self.groups)

    def __str__(self) -> str:
        lines = [f"{self.passed} of {self.total} would pass with this code"]
        for checked in self.groups:
            name = f"{checked.group.fingerprint or '-':<12}  {checked.group.title}"
            verdict = f" ({checked.verdict})" if checked.passed else ""
            lines.append(f"  {name}: {checked.passed} of {checked.total}{verdict}")
            lines += [f"    {failed}" for failed in checked.failures]
        return "\n".join(lines)


class _Members:
    """The letters of one group while they are collected."""

    def __init__(self, first: DeadLetter) -> None:
        self.first = self.last = first
        self.count = 0
        self.versions: set[int] = set()
        self.groups: set[str] = set()
        self.tally = Tally()

    def add(self, letter: DeadLetter) -> None:
        self.last = letter
        self.count += 1
        if letter.letter.schema_version is not None:
            self.versions.add(letter.letter.schema_version)
        if letter.letter.group:
            self.groups.add(letter.letter.group)

    @property
    def group(self) -> LetterGroup:
        about = self.last.letter
        return LetterGroup(
            about.fingerprint,
            about.reason,
            about.stage,
            about.problem,
            about.event_type,
            tuple(sorted(self.versions)),
            about.step,
            tuple(sorted(self.groups)),
            self.count,
            self.first.at,
            self.last.at,
            self.last.id,
        )


class Grouping:
    """Sorts letters, oldest first, into groups."""

    def __init__(self) -> None:
        self._members: dict[tuple[str, str], _Members] = {}

    def add(self, letter: DeadLetter) -> _Members:
        """Take a letter in, and tell among which."""
        # The reason is in the fingerprint; it tells those apart that have none.
        key = letter.letter.fingerprint, letter.letter.reason
        members = self._members.setdefault(key, _Members(letter))
        members.add(letter)
        return members

    def check(self, codec: Codec[Any], letter: DeadLetter) -> None:
        """Take a letter in and try it."""
        self.add(letter).tally.add(why_not(codec, letter), letter.id)

    def _by_size(self) -> list[_Members]:
        return sorted(self._members.values(), key=lambda members: -members.count)

    @property
    def groups(self) -> list[LetterGroup]:
        """The groups, most letters first."""
        return [members.group for members in self._by_size()]

    @property
    def checked(self) -> LetterCheck:
        """What was found out about them."""
        return LetterCheck(
            tuple(
                CheckedGroup(members.group, members.tally.total, members.tally.passed, members.tally.failures)
                for members in self._by_size()
            )
        )


def why_not(codec: Codec[Any], letter: DeadLetter) -> Failure | None:
    """Why the entry of a letter would not pass; None if it would."""
    slug = without_entry(letter)
    if slug:
        return Failure(slug, "stream", letter.letter.problem)
    return judge(codec, letter.entry)
