"""Which letters of an office."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

import attrs

from upcast.streams._entry import entry_number
from upcast.streams.errors import NoSuchLetter, RequestRefused
from upcast.streams.letters import DeadLetter

__all__ = ["EVERY_LETTER", "Selection", "letter_number", "without_entry"]

_PREFIX = re.compile(r"[0-9a-f]{4,12}\Z")


def _tuple(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(ids)


@attrs.frozen(kw_only=True)
class Selection:
    """Which letters. What is None or empty does not narrow; everything else must hold at once.

    Attributes:
        reason: Those with this reason.
        stage: Those that had come this far.
        event_type: Those of this event type, as stored.
        schema_version: Those of this version, as stored.
        fingerprint: Those with this fingerprint, or with one that begins with these 4 or more hex digits.
        group: Those that this consumer group could not handle.
        ids: These letters, by their ids in the office.
        since: Those that came to the office then or later; an aware time.
        until: Those that came to the office before; an aware time.

    Raises:
        RequestRefused: The fingerprint is none, or a time is naive.
    """

    reason: str | None = None
    stage: str | None = None
    event_type: str | None = None
    schema_version: int | None = None
    fingerprint: str | None = None
    group: str | None = None
    ids: tuple[str, ...] = attrs.field(default=(), converter=_tuple)
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def __attrs_post_init__(self) -> None:
        if self.fingerprint and not _PREFIX.match(self.fingerprint):
            raise RequestRefused(f"{self.fingerprint!r} is no fingerprint: give 4 to 12 of its hex digits")
        for name, time in (("since", self.since), ("until", self.until)):
            if time is not None and time.tzinfo is None:
                raise RequestRefused(f"{name} must be an aware time, such as datetime.now(UTC)")

    @property
    def names_cause(self) -> bool:
        """Whether it says what the letters died of, or which they are."""
        return bool(self.reason or self.stage or self.fingerprint or self.ids)

    def takes(self, letter: DeadLetter) -> bool:
        """Whether a letter is one of those."""
        about = letter.letter
        wanted = (
            (self.reason, about.reason),
            (self.stage, about.stage),
            (self.event_type, about.event_type),
            (self.schema_version, about.schema_version),
            (self.group, about.group),
        )
        return (
            all(not value or value == found for value, found in wanted)
            and about.fingerprint.startswith(self.fingerprint or "")
            and (not self.ids or letter.id in self.ids)
            and (self.since is None or letter.at >= self.since)
            and (self.until is None or letter.at < self.until)
        )

    @property
    def numbers(self) -> list[int]:
        """The numbers of `ids`, each once and oldest first.

        Raises:
            NoSuchLetter: One of them is no entry id at all.
        """
        return sorted({letter_number(letter_id) for letter_id in self.ids})

    @property
    def span(self) -> tuple[int, int | None]:
        """The numbers between which the letters' ids are; None is the end."""
        until = None if self.until is None else _number_at(self.until) + (1 << 64) - 1
        return 0 if self.since is None else _number_at(self.since), until


EVERY_LETTER = Selection()


def letter_number(letter_id: str) -> int:
    """The number of a letter's id.

    Raises:
        NoSuchLetter: It is no entry id at all.
    """
    number = entry_number(letter_id)
    if number is None:
        raise NoSuchLetter(f"{letter_id!r} is no id of a letter, which is like 1767225600000-0")
    return number


def _number_at(time: dt.datetime) -> int:
    """The number of the first id of a time, which is a whole millisecond."""
    milliseconds = (time - dt.datetime.fromtimestamp(0, dt.UTC)) // dt.timedelta(milliseconds=1)
    return max(0, milliseconds) << 64


def without_entry(letter: DeadLetter) -> str:
    """Why a letter holds no entry that could be read or replayed, as a slug; the empty string if it does."""
    # Whatever its reason: a handler may have rejected it with one of ours.
    if entry_number(letter.letter.id) is None:
        return "no-letter"
    return "" if letter.entry else "vanished"
