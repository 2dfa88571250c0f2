"""The task that fills a consumer's hands: new entries, and pending ones page by page, in one loop.

A read is never cancelled: its entries can be ours already while the reply is on its way.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Iterable

import attrs

from upcast.streams._failure import crashed, vanished
from upcast.streams._hands import Hands
from upcast.streams._intake import Intake, Page, Row
from upcast.streams._judging import Judge
from upcast.streams._lease import Lease
from upcast.streams._server import ValkeyError
from upcast.streams._trouble import Patience
from upcast.streams.settlement import Reject
from upcast.streams.stats import ConsumerStats

__all__ = ["Feed"]


@attrs.define(eq=False)
class Feed:
    """Reads until *stopping* is set.

    Attributes:
        intake: Where entries come from.
        hands: Where they go.
        judge: Decides about entries that vanished or killed their consumers.
        stats: To count in.
        stopping: Set when nothing more shall be read.
        poll: Seconds to wait for new entries.
        patience: With a server that is away.
    """

    intake: Intake
    hands: Hands
    judge: Judge
    stats: ConsumerStats
    stopping: asyncio.Event
    poll: float
    patience: Patience
    _strays: bool = True
    _next_walk: float = 0.0

    async def run(self) -> None:
        """Read, handing on what there is room for.

        Raises:
            StreamError: The server refuses for good, or the group is gone.
        """
        pauses = self.patience.pauses()
        while not self.stopping.is_set():
            try:
                await self._once()
                pauses = self.patience.pauses()
            except (ValkeyError, OSError) as error:
                self.patience.check(error, "reading")
                self._strays = True  # a reply may have been lost on its way, and entries with it
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(next(pauses) * (1 + random.random())):  # noqa: S311  # jitter
                        await self.stopping.wait()

    async def _once(self) -> None:
        hands, now = self.hands, time.monotonic()
        if hands.room <= 0:
            await hands.changed()
            return
        if self._strays:
            page = await self.intake.strays(set(hands.held), hands.room)
            self.stats.strays += len(page.leases)
            self._strays = len(page.leases) == hands.room
            await self._accept(page)
        if (self.intake.walking or now >= self._next_walk) and hands.room > 0:
            await self._accept(await self.intake.due(set(hands.held), hands.room))
            self._next_walk = now if self.intake.walking else now + self.poll
        if hands.room > 0 and not self.stopping.is_set():
            block = 0 if self.intake.walking else max(1, round(self.poll * 1000))
            self._take(await self.intake.new(hands.room, block))

    def _take(self, leases: Iterable[Lease]) -> None:
        for lease in leases:
            self.stats.delivered += 1
            if self.stopping.is_set():
                self.hands.put_aside(self.judge.hand_back(lease))
                self.stats.handed_back += 1
            else:
                self.hands.take(lease)

    async def _accept(self, page: Page) -> None:
        self._take(page.leases)
        for lease in page.vanished:
            self._report_vanished(lease)
        for suspect in page.suspects:
            await self._alone(suspect)

    def _report_vanished(self, lease: Lease) -> None:
        self.stats.vanished += 1
        self.hands.put_aside(self.judge.decide(lease, vanished()))

    async def _alone(self, suspect: Row) -> None:
        """Have an entry that may kill this process handled while nothing else is in hand that would die with it."""
        await self._emptied()
        lease = None if self.stopping.is_set() else await self.intake.claim(suspect)
        if lease is None:
            return
        if not lease.values:
            self._report_vanished(lease)
            return
        self.stats.suspects += 1
        death = crashed(lease.crashes)
        if isinstance(self.judge.policy.judge(death, crashes=lease.crashes), Reject):
            self.hands.put_aside(self.judge.decide(lease, death))
        else:
            self._take([lease])
        await self._emptied()

    async def _emptied(self) -> None:
        while not self.hands.empty and not self.stopping.is_set():
            await self.hands.changed()
