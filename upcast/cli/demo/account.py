"""The account of the demo: what the producers say they wrote against the server and the ledger."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import attrs

from upcast.cli.demo.billing import POLICY, Booking
from upcast.cli.demo.producers import Written
from upcast.streams.letters import DeadLetter

__all__ = ["MENDED", "Account", "Check", "Found"]

MENDED = "upcaster-failed"
"""The fault that the fixed code mends."""

_RETRIED = (MENDED, "class-refused")
"""The faults for which the policy tries again: another process may run the fix already."""


@attrs.frozen
class Check:
    """One of the demo's own checks."""

    claim: str
    holds: bool


@attrs.frozen
class Found:
    """What was found on the server and in the ledger.

    Attributes:
        length: How many entries the stream has.
        unsettled: How many of them the group has still to read, or has pending.
        night: The dead letters that today's release left.
        left: Those that are still there in the end.
        bookings: The ledger, by entry id and index.
        retried: How many attempts were followed by another, as the consumer counts.
        logged: How many lines about refused events were logged.
    """

    length: int
    unsettled: int
    night: Sequence[DeadLetter]
    left: Sequence[DeadLetter]
    bookings: Mapping[tuple[str, int], Booking]
    retried: int
    logged: int


@attrs.frozen
class _Entry:
    """A published entry, without its bytes."""

    version: int
    fault: str | None
    cents: int
    digest: bytes


class Account:
    """Knows what was published, and compares."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def wrote(self, ids: Iterable[bytes], batch: Iterable[Written]) -> None:
        """Note what was published, and the ids that the server gave it."""
        for entry_id, written in zip(ids, batch, strict=True):
            digest = _digest(chain.from_iterable(written.fields.items()))
            self._entries[entry_id.decode()] = _Entry(written.version, written.fault, written.cents, digest)

    @property
    def published(self) -> Counter[int]:
        """How many entries were published, by version."""
        return Counter(entry.version for entry in self._entries.values())

    def checks(self, found: Found) -> Iterator[Check]:
        """Compare what was published with what was found."""
        entries = self._entries
        faults = {entry_id: entry.fault for entry_id, entry in entries.items() if entry.fault is not None}
        mended = {entry_id for entry_id, fault in faults.items() if fault == MENDED}
        booked = [entry_id for entry_id, _ in found.bookings]
        kept = [letter.letter.id for letter in found.left]
        night = [(letter.letter.id, letter.letter.reason) for letter in found.night]
        yield Check("the stream holds every entry that was published", found.length == len(entries))
        yield Check("nothing is pending in the group, and nothing unread", found.unsettled == 0)
        yield Check(
            "exactly the entries with a fault became dead letters, each once and for its fault",
            sorted(night) == sorted(faults.items()),
        )
        yield Check(
            f"what a fix may mend was tried {POLICY.max_attempts} times, everything else once",
            all(letter.letter.attempts == _attempts(letter.letter.reason) for letter in found.night)
            and found.retried == sum(_attempts(fault) - 1 for fault in faults.values()),
        )
        yield Check(
            "each refusal was logged, in one line",
            found.logged == sum(letter.letter.attempts + letter.letter.waits for letter in found.night),
        )
        yield Check(
            "every event is handled exactly once, or is still a dead letter",
            sorted(booked + kept) == sorted(entries),
        )
        yield Check(
            "each dead letter has the bytes that were published, by their SHA-256",
            all(self._is_exact(letter) for letter in (*found.night, *found.left)),
        )
        yield Check(
            "what was replayed was handled under its original entry id",
            mended == {entry_id for (entry_id, _), booking in found.bookings.items() if booking.replays},
        )
        yield Check(
            "the amounts add up to the cent",
            sum(booking.amount for booking in found.bookings.values())
            == sum(entry.cents for entry in entries.values()),
        )

    def _is_exact(self, letter: DeadLetter) -> bool:
        entry = self._entries.get(letter.letter.id)
        return entry is not None and entry.digest == _digest(letter.entry)


def _attempts(reason: str) -> int:
    return POLICY.max_attempts if reason in _RETRIED else 1


def _digest(values: Iterable[bytes]) -> bytes:
    # With their lengths, so that no field can pass for a part of another.
    return hashlib.sha256(b"".join(b"%d:%b" % (len(value), value) for value in values)).digest()
