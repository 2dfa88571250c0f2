"""The dead letter office of a stream: look at what could not be handled, try it with today's code, bring it back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from typing import Any

import valkey.asyncio

from upcast._codec import Codec
from upcast.streams._entry import number_id, reader
from upcast.streams._names import office_key
from upcast.streams._office._groups import CheckedGroup, Grouping, LetterCheck, LetterGroup, why_not
from upcast.streams._office._replay import Desk, DiscardReport, ReplayReport
from upcast.streams._office._selection import EVERY_LETTER, Selection, letter_number, without_entry
from upcast.streams._reading import PAGE, Entry, ask, last_id, pages, range_of
from upcast.streams._server import Server
from upcast.streams._tally import Failed
from upcast.streams.errors import NoSuchLetter, RequestRefused
from upcast.streams.letters import DeadLetter

__all__ = [
    "CheckedGroup",
    "DeadLetterOffice",
    "DiscardReport",
    "Failed",
    "LetterCheck",
    "LetterGroup",
    "ReplayReport",
    "Selection",
]

_logger = logging.getLogger("upcast")


class DeadLetterOffice:
    """The dead letter office of a stream.

    Looking, checking and dry runs only read. What moves letters writes a record of each to the stream
    `{<stream>}:audit`: action, who, which letter, where it came from, why it had been here, what became of it.

    Troubles of the server raise at once, as named errors, and nothing is tried again: a person waits. What was done
    until then stays done, and the same call goes on from there.

    Args:
        client: A client of the stream's server.
        stream: The key of the stream.
        fence: Whether each letter is settled by a script, in one piece. False is for accounts without the right to
            run scripts: what is cut off half-way, or done by two at once, may then be given back twice.

    Raises:
        ClientRefused: The client decodes what it reads, or is no asyncio client of valkey-py.
        StreamError: The stream can have no office; see `Consumer`.
    """

    def __init__(self, client: valkey.asyncio.Valkey, stream: str, *, fence: bool = True) -> None:
        self.stream = stream
        self._key = office_key(stream)
        self._server = Server(client)
        self._desk = Desk(self._server, stream, fence)

    async def count(self) -> int:
        """How many letters there are.

        Raises:
            ServerRefused: The key holds no stream, or the right to read it is missing.
            ServerUnavailable: The server is not there.
        """
        (length,) = await ask(self._server, [("XLEN", self._key)])
        return int(length)

    async def letters(
        self, selection: Selection = EVERY_LETTER, *, limit: int | None = None
    ) -> AsyncGenerator[DeadLetter, None]:
        """Yield letters, oldest first: those there were when it began, less those that were deleted meanwhile.

        They are read in pages, whatever others write or delete.

        Args:
            selection: Which letters.
            limit: How many at most.

        Raises:
            RequestRefused: *limit* is less than 1.
            NoSuchLetter: One of `selection.ids` is not there; before anything is yielded.
            ServerRefused: As `count`.
            ServerUnavailable: As `count`.
        """
        if limit is not None and limit < 1:
            raise RequestRefused("limit is an integer from 1")
        taken = 0
        async with contextlib.aclosing(self._entries(selection)) as entries:
            async for page in entries:
                for entry in page:
                    letter = DeadLetter.read(*entry)
                    if selection.takes(letter):
                        yield letter
                        taken += 1
                        if taken == limit:
                            return

    async def groups(self, selection: Selection = EVERY_LETTER) -> list[LetterGroup]:
        """Sort letters by what they died of.

        Returns:
            A group for each fingerprint, most letters first.

        Raises:
            StreamError: As `letters`.
        """
        grouping = Grouping()
        async for letter in self.letters(selection):
            grouping.add(letter)
        return grouping.groups

    async def get(self, letter_id: str) -> DeadLetter:
        """Read one letter.

        Raises:
            NoSuchLetter: There is none of that id.
            ServerRefused: As `count`.
            ServerUnavailable: As `count`.
        """
        (entry,) = await self._read([letter_number(letter_id)])
        return DeadLetter.read(*entry)

    async def check(
        self, codec: Codec[Any], selection: Selection = EVERY_LETTER, *, progress: Callable[[int], None] | None = None
    ) -> LetterCheck:
        """Find out which letters would pass with today's code; nothing is moved.

        Each is decoded as a consumer would. No handler is called: of a letter that a handler rejected this says no
        more than that it decodes. What decoding does to the process it does here too, so leave out letters of stage
        `crash` where that may be what killed its consumers.

        Args:
            codec: Today's; its envelope does not matter, unless it is `Flat`.
            selection: Which letters.
            progress: Called with the number of letters that were done since the last call.

        Raises:
            RegistryError: The codec is one for `Flat` events.
            StreamError: As `letters`.
        """
        plan, grouping = reader(codec), Grouping()
        async for letter in self.letters(selection):
            grouping.check(plan, letter)
            if progress is not None:
                progress(1)
        return grouping.checked

    async def replay(
        self,
        selection: Selection = EVERY_LETTER,
        *,
        only_passing: Codec[Any] | None = None,
        rate: float | None = None,
        limit: int | None = None,
        max_replays: int = 3,
        dry_run: bool = False,
        by: str = "",
        progress: Callable[[int], None] | None = None,
    ) -> ReplayReport:
        """Give letters back to the groups that could not handle them, oldest first; each then leaves the office.

        Where the stream still has the original, that becomes pending again, in the one group and under its own id.
        Otherwise its bytes are added to the stream as a new entry, with a header that tells all other groups to
        acknowledge it unhandled.

        It can be cancelled at any time: each letter is either given back or still there. What was done until then,
        or until an error, is logged at level INFO.

        Args:
            selection: Which letters; never the same letter twice, nor one that comes while this runs. One that killed
                its consumers is replayed only if the selection names its reason, stage, fingerprint or id.
            only_passing: Leave letters where they are that this codec does not read. It decodes as `check` does.
            rate: How many letters a second at most.
            limit: How many letters are given back at most; those that stay are not counted.
            max_replays: Leave letters where they are that were replayed this often.
            dry_run: Only tell what would be done.
            by: Who does it, for the record.
            progress: Called with the number of letters that were looked at since the last call.

        Raises:
            RequestRefused: `rate`, `limit` or `max_replays` means nothing.
            RegistryError: The codec is one for `Flat` events.
            GroupMissing: The group of a letter is not there any more; that letter and those after it stay.
            StreamError: As `letters`.
        """
        if rate is not None and not 0 < rate < float("inf"):
            raise RequestRefused(f"rate is a number of letters a second above 0, not {rate!r}")
        if max_replays < 1 or (limit is not None and limit < 1):
            raise RequestRefused("max_replays and limit are integers from 1")
        plan = None if only_passing is None else reader(only_passing)
        pace = _Pace(rate)
        outcomes: Counter[str] = Counter()
        try:
            async with contextlib.aclosing(self.letters(selection)) as letters:
                async for letter in letters:
                    outcome = _stays(letter, selection, plan, max_replays)
                    if not outcome and dry_run:
                        outcome = await self._desk.outlook(letter)
                    elif not outcome:
                        await pace.wait()
                        outcome = await self._desk.replay(letter, by)
                    outcomes[outcome] += 1
                    if progress is not None:
                        progress(1)
                    if outcomes["returned"] + outcomes["added"] == limit:
                        break
        finally:
            report = ReplayReport.of(outcomes, dry_run=dry_run)
            if report.selected and not dry_run:
                _logger.info("dead letter office of %s: %s", self.stream, report)
        return report

    async def discard(
        self,
        selection: Selection,
        *,
        because: str,
        by: str = "",
        dry_run: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> DiscardReport:
        """Take letters out of the office for good; the record of it comes first, their bytes are not in it.

        It can be cancelled at any time, as `replay` can.

        Args:
            selection: Which letters; `Selection()` is all of them.
            because: Why, for the record.
            dry_run: Only tell what would be done.
            by: Who does it, for the record.
            progress: Called with the number of letters that were done since the last call.

        Raises:
            RequestRefused: *because* is empty.
            StreamError: As `letters`.
        """
        if not because.strip():
            raise RequestRefused("because must say why the letters are discarded")
        discarded = gone = 0
        try:
            async for letter in self.letters(selection):
                if dry_run or await self._desk.discard(letter, because, by):
                    discarded += 1
                else:
                    gone += 1
                if progress is not None:
                    progress(1)
        finally:
            report = DiscardReport(discarded + gone, discarded, gone, dry_run)
            if report.selected and not dry_run:
                _logger.info("dead letter office of %s: %s", self.stream, report)
        return report

    async def _entries(self, selection: Selection) -> AsyncGenerator[list[Entry], None]:
        if selection.ids:
            numbers = selection.numbers
            # All are looked for before any is yielded: a slip in one of many ids shall not show half-way.
            for yields in (False, True):
                for start in range(0, len(numbers), PAGE):
                    page = await self._read(numbers[start : start + PAGE], missing_ok=yields)
                    if yields:
                        yield page
                    await asyncio.sleep(0)
            return
        start, until = selection.span
        last = await last_id(self._server, self._key)
        if last is not None:
            end = min(letter_number(last), letter_number(last) if until is None else until)
            async with contextlib.aclosing(pages(self._server, self._key, number_id(start), number_id(end))) as found:
                async for page in found:
                    yield page
                    await asyncio.sleep(0)

    async def _read(self, numbers: list[int], *, missing_ok: bool = False) -> list[Entry]:
        ids = [number_id(number) for number in numbers]
        found = await ask(self._server, [range_of(self._key, letter_id, letter_id, 1) for letter_id in ids])
        for letter_id, entries in zip(ids, found, strict=True):
            if not entries and not missing_ok:
                raise NoSuchLetter(
                    f"there is no letter {letter_id} in the dead letter office of {self.stream!r}: "
                    "it may have been replayed or discarded"
                )
        return [(entry_id, values) for entries in found for entry_id, values in entries]


def _stays(letter: DeadLetter, selection: Selection, plan: Codec[Any] | None, max_replays: int) -> str:
    """Why a letter is not to be replayed, as a slug; the empty string if it is."""
    if slug := without_entry(letter):
        return slug
    if letter.letter.stage == "crash" and not selection.names_cause:
        return "process-killer"
    if letter.letter.replays >= max_replays:
        return "max-replays"
    return "failing" if plan is not None and why_not(plan, letter) is not None else ""


class _Pace:
    """So many a second, evenly, and no burst after a pause."""

    def __init__(self, rate: float | None) -> None:
        self._interval = 0.0 if rate is None else 1 / rate
        self._next = 0.0

    async def wait(self) -> None:
        """Wait for the next turn."""
        now = time.monotonic()
        if self._next > now:
            await asyncio.sleep(self._next - now)
        self._next = max(self._next, now) + self._interval
