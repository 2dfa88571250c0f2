"""Would today's code read it? The verdict on one entry and the count of many, for streams and for dead letters."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from upcast._codec import Codec
from upcast.errors import RefusedEvent
from upcast.streams._entry import fields_of
from upcast.streams._failure import Failure, refused

__all__ = ["Failed", "Tally", "judge"]

_logger = logging.getLogger("upcast")


@attrs.frozen
class Failed:
    """Entries that fail for the same reason at the same place.

    Attributes:
        reason: Why, as a slug.
        place: The step or the fields concerned, or the empty string.
        problem: One line for a person, about the first of them.
        count: How many there are.
        example: The entry id of the first of them.
    """

    reason: str
    place: str
    problem: str
    count: int
    example: str

    def __str__(self) -> str:
        return f"{self.count} {self.reason}{f' at {self.place}' if self.place else ''}, such as {self.example}"


class Tally:
    """Counts what passes and what fails, and why."""

    def __init__(self) -> None:
        self.passed = 0
        self._failed: dict[tuple[str, str], Failed] = {}

    def add(self, failure: Failure | None, entry_id: str) -> None:
        """Count one."""
        if failure is None:
            self.passed += 1
            return
        key = failure.reason, _place(failure)
        known = self._failed.get(key) or Failed(*key, failure.problem, 0, entry_id)
        self._failed[key] = attrs.evolve(known, count=known.count + 1)

    @property
    def total(self) -> int:
        """How many were counted."""
        return self.passed + sum(failed.count for failed in self._failed.values())

    @property
    def failures(self) -> tuple[Failed, ...]:
        """What failed, the most frequent first."""
        return tuple(sorted(self._failed.values(), key=lambda failed: -failed.count))


def _place(failure: Failure) -> str:
    if failure.step:
        return f"v{failure.from_version} to v{(failure.from_version or 0) + 1}, {failure.step}"
    return ", ".join(failure.problems) or failure.detail


def judge(codec: Codec[Any], values: Sequence[bytes]) -> Failure | None:
    """Why a codec refuses an entry as a consumer would read it; None if it does not."""
    try:
        with _unlogged():
            codec.decode_all(fields_of(values))
    except RefusedEvent as error:
        return refused(error)
    return None


@contextlib.contextmanager
def _unlogged() -> Iterator[None]:
    """Keep the codec's line about a refused event out of the log: a check answers with all of them.

    Only for code that does not await: what other threads decode meanwhile is logged as ever.
    """
    thread = threading.get_ident()

    def others(record: logging.LogRecord) -> bool:
        return record.thread != thread

    _logger.addFilter(others)
    try:
        yield
    finally:
        _logger.removeFilter(others)
