"""The task that fills a consumer's hands: new entries, and pending ones page by page, in one loop.

A read is never cancelled: its entries can be ours already while the reply is on its way.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Sequence

import attrs

from upcast.streams._consumer._hands import Hands
from upcast.streams._consumer._intake import Intake, Page
from upcast.streams._consumer._judging import Judge
from upcast.streams._consumer._lease import Lease, Row
from upcast.streams._consumer._trouble import Patience
from upcast.streams._failure import crashed
from upcast.streams._server import ServerSilent, ValkeyError
from upcast.streams.settlement import Reject
from upcast.streams.stats import ConsumerStats

__all__ = ["Feed"]

_logger = logging.getLogger("upcast.streams")

_MOST = 1 << 20
_FIRST_QUIET = 1.0
"""Seconds that running handlers get the first time that a suspect waits for them."""
_LONGEST_READ = 1.0
"""Seconds; a consumer that is to end waits for its read."""
_REST = 20
"""How many times as long as a walk took is waited before the next."""


@attrs.define(eq=False)
class Feed:
    """Reads until *stopping* is set.

    Attributes:
        intake: Where entries come from.
        hands: Where they go.
        judge: Decides about entries that vanished or killed their consumers.
        stats: To count in.
        stopping: Set when nothing more shall be read.
        poll: Seconds between two walks through what is pending, and to wait for new entries.
        suspect_wait: Seconds that a suspect waits until nothing else is in hand, before it is left for later.
        patience: With a server that is away.
    """

    intake: Intake
    hands: Hands
    judge: Judge
    stats: ConsumerStats
    stopping: asyncio.Event
    poll: float
    suspect_wait: float
    patience: Patience
    _strays: bool = True
    _walked: float = 0.0
    _next_walk: float = 0.0
    _next_suspect: float = 0.0
    _put_offs: int = 0
    _most: int = _MOST

    async def run(self) -> None:
        """Read, handing on what there is room for.

        Raises:
            StreamError: The server refuses for good, or the group is gone.
        """
        pauses, away = self.patience.pauses(), False
        while not self.stopping.is_set():
            try:
                await self._once()
                if away:
                    _logger.info("reading %s: the server is back", self.judge.stream)
                pauses, away = self.patience.pauses(), False
                self._most = min(_MOST, self._most + self._most // 8 + 1)
            except (ValkeyError, OSError) as error:
                self.patience.check(error, "reading")
                if isinstance(error, ServerSilent):  # it may have been too much for a slow line
                    self._most = max(1, min(self._most, self.hands.capacity) // 2)
                away = self._strays = True  # a reply may have been lost on its way, and entries with it
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(next(pauses) * (1 + random.random())):  # noqa: S311  # jitter
                        await self.stopping.wait()

    async def _once(self) -> None:
        if self.hands.room <= 0:
            await self.hands.changed()
            return
        if self._strays:
            room = min(self.hands.room, self._most)
            page = await self.intake.strays(self.hands.held, room)
            self.stats.strays += len(page.leases)
            self._strays = len(page.leases) == room
            await self._accept(page)
        if (self.intake.walking or time.monotonic() >= self._next_walk) and self.hands.room > 0:
            await self._walk()
        if self.hands.room > 0 and not self.stopping.is_set():
            block = 0 if self.intake.walking else max(1, round(min(self.poll, _LONGEST_READ) * 1000))
            self._take(await self.intake.new(min(self.hands.room, self._most), block))

    async def _walk(self) -> None:
        """Look through one more page of what is pending."""
        began = time.monotonic()
        page = await self.intake.due(self.hands.held, min(self.hands.room, self._most))
        ended = time.monotonic()
        self._walked += ended - began
        if not self.intake.walking:
            # The longer the list, the more rarely it is walked: however much waits, looking costs little.
            self._next_walk = ended + max(self.poll, _REST * self._walked)
            self._walked = 0.0
        await self._accept(page)

    def _take(self, leases: Sequence[Lease]) -> None:
        self.stats.delivered += len(leases)
        if not self.stopping.is_set():
            self.hands.take(leases)
            return
        for lease in leases:
            self.hands.put_aside(self.judge.hand_back(lease))

    async def _accept(self, page: Page) -> None:
        self._take(page.leases)
        for lease in page.vanished:
            self._report_vanished(lease)
        for suspect in page.suspects:
            if time.monotonic() >= self._next_suspect:
                await self._alone(suspect)

    def _report_vanished(self, lease: Lease) -> None:
        self.stats.vanished += 1
        self.hands.put_aside(self.judge.vanished(lease))

    async def _alone(self, suspect: Row) -> None:
        """Have an entry that may kill this process handled while nothing else is in hand that would die with it."""
        # What nobody has begun is for others; only what is being handled is waited for.
        for waiting in self.hands.drain():
            self.hands.settle(self.judge.hand_back(waiting))
        try:
            async with asyncio.timeout(min(self.suspect_wait, _FIRST_QUIET * 2**self._put_offs)):
                await self._emptied()
        except TimeoutError:
            # One handler takes long: the others have something to do meanwhile.
            self._next_suspect = time.monotonic() + self.suspect_wait
            self._put_offs += 1
            return
        self._put_offs = 0
        lease = None if self.stopping.is_set() else await self.intake.claim(suspect)
        if lease is None:
            return
        if not lease.values:
            self._report_vanished(lease)
            return
        self.stats.suspects += 1
        told = "entry %s of %s was in hand when %s died or hung: it is handled alone, or not at all after %d in a row"
        owner = suspect.owner.decode(errors="backslashreplace")
        _logger.warning(told, suspect.id.decode(), self.judge.stream, owner, self.judge.policy.max_crashes)
        death = crashed(lease.crashes)
        if isinstance(self.judge.policy.judge(death, crashes=lease.crashes), Reject):
            self.hands.put_aside(self.judge.decide(lease, death))
        else:
            self._take([lease])
        await self._emptied()

    async def _emptied(self) -> None:
        while not self.hands.empty and not self.stopping.is_set():
            await self.hands.changed()
