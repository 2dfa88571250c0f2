"""One run of a consumer: its tasks, and how they end.

    feed ──► hands ──► workers ──► hands ──► flush ──► server
      ▲
      └── new entries, and pending ones page by page

At the end the feed finishes its read, what nobody has begun is handed back, handlers get their grace, and the last
verdicts are carried out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import attrs

from upcast.streams._consumer._feeding import Feed
from upcast.streams._consumer._flushing import Flush
from upcast.streams._consumer._handling import Handling
from upcast.streams._consumer._hands import Hands
from upcast.streams._consumer._intake import Intake
from upcast.streams._consumer._judging import Judge
from upcast.streams._consumer._preparing import Preparation
from upcast.streams._consumer._settling import Settler
from upcast.streams._consumer._watching import Watch
from upcast.streams._consumer._working import Worker
from upcast.streams._server import ValkeyError
from upcast.streams.errors import StreamError
from upcast.streams.policy import RetryPolicy
from upcast.streams.stats import ConsumerStats

__all__ = ["Run", "Terms"]

_Task: TypeAlias = asyncio.Task[None]

_logger = logging.getLogger("upcast.streams")

_FAREWELL = 5.0
"""Seconds that the last verdicts get to be carried out when the consumer ends."""
_READ_ENDS = 1.0
"""Seconds that a read gets beyond the time it was to wait."""
_NAME_AGE = 10
"""For how many times `min_idle` the name of an ended consumer is left."""


@attrs.frozen
class Terms:
    """What a consumer was made with, as its run needs it."""

    stream: str
    group: str
    name: str
    policy: RetryPolicy
    concurrency: int
    batch: int
    min_idle: float
    poll: float
    grace: float


class Run:
    """One run of a consumer.

    Args:
        terms: What the consumer was made with; the name is that of this run.
        preparation: What is seen to before anything is read.
        handling: Its handlers.
        intake: Where entries come from.
        settler: Carries verdicts out.
        stats: To count in.
    """

    def __init__(
        self,
        terms: Terms,
        preparation: Preparation,
        handling: Handling,
        intake: Intake,
        settler: Settler,
        stats: ConsumerStats,
    ) -> None:
        judge = Judge(terms.policy, terms.stream, terms.group, terms.min_idle, handling.codec.fingerprint)
        patience = preparation.patience
        self._terms = terms
        self._preparation = preparation
        self._settler = settler
        self._judge = judge
        self._hands = Hands(max(terms.batch, terms.concurrency))
        self._stopping = asyncio.Event()
        self._hurried = asyncio.Event()
        self._error: BaseException | None = None
        self._threads = ThreadPoolExecutor(terms.concurrency, thread_name_prefix=terms.name)
        self._feed = Feed(intake, self._hands, judge, stats, self._stopping, terms.poll, terms.min_idle / 3, patience)
        self._worker = Worker(self._hands, handling, judge, self._threads, self._is_ending, self._halt)
        self._intake = intake
        self._task: asyncio.Task[Any] | None = None
        self._flush = Flush(settler, self._hands, judge, stats, patience)
        self._watch = Watch(preparation.at, self._hands, patience, terms.poll)

    def stop(self) -> None:
        """End: finish what is in hand. A second time: hand that back, too."""
        if self._stopping.is_set():
            self._hurried.set()
        self._stopping.set()
        self._hands.close()

    async def go(self, *, until_settled: bool) -> None:
        """Run until stopped, or until the group has settled everything.

        Raises:
            StreamError: The server refuses for good, or the group is gone.
            MemoryError: A handler or the codec ran out of memory; its entry stays pending as a suspect.
        """
        self._task = asyncio.current_task()
        await self._preparation.run(self._stopping)
        workers = [self._start(self._worker.run) for _ in range(self._terms.concurrency)]
        feed, flush, renew = (self._start(work) for work in (self._feed.run, self._flush.run, self._renew))
        others = [renew, self._start(lambda: self._watch.run(self.stop))] if until_settled else [renew]
        cancelled = False
        try:
            await self._stopping.wait()
        except asyncio.CancelledError:
            cancelled = True
            self.stop()
            self._hurried.set()
        ending = asyncio.create_task(self._end(workers, feed, flush))
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            # It may come while the run ends already; only a further one cuts that off.
            cancelled = True
            self._hurried.set()
            await ending
        finally:
            tasks = [*workers, feed, flush, *others, ending]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_FAREWELL)
            self._threads.shutdown(wait=False, cancel_futures=True)
        if cancelled:
            raise asyncio.CancelledError
        if self._error is not None:
            raise self._error

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> _Task:
        async def guarded() -> None:
            try:
                await work()
            except asyncio.CancelledError:
                if not self._is_ending():
                    self._halt(StreamError("a task of the consumer was cancelled from outside"))
                raise
            except Exception as error:  # raised by `go`, after everything else has ended well
                self._halt(error)

        return asyncio.create_task(guarded())

    def _is_ending(self) -> bool:
        """Whether a task that is cancelled is so because the run ends.

        A program that ends cancels all its tasks at once, the run and those of the run alike.
        """
        return self._stopping.is_set() or (self._task is not None and self._task.cancelling() > 0)

    def _halt(self, error: BaseException) -> None:
        self._error = self._error or error
        self.stop()

    async def _renew(self) -> None:
        """Keep what takes long from being taken over."""
        before: set[bytes] = set()
        while True:
            await asyncio.sleep(self._terms.min_idle / 3)
            with contextlib.suppress(ValkeyError, OSError):  # there is time for two more tries
                await self._settler.renew([lease for lease in self._hands.unsettled if lease.id in before])
            before = {lease.id for lease in self._hands.unsettled}

    # --- the end ----------------------------------------------------------------------------------------------------

    async def _end(self, workers: list[_Task], feed: _Task, flush: _Task) -> None:
        deadline = time.monotonic() + self._terms.grace
        _logger.info("%s ends: %d entries in hand", self._terms.name, len(self._hands.held))
        for lease in self._hands.drain():
            self._hands.settle(self._judge.hand_back(lease))
        hurried: asyncio.Task[Any] = asyncio.create_task(self._hurried.wait())
        working: asyncio.Future[Any] = asyncio.gather(*workers, return_exceptions=True)
        await asyncio.wait([working, hurried], timeout=self._terms.grace, return_when=asyncio.FIRST_COMPLETED)
        for task in (*workers, hurried):
            task.cancel()
        await asyncio.wait(workers, timeout=_FAREWELL)
        if stubborn := sum(not worker.done() for worker in workers):
            _logger.error("%d handlers of %s go on in spite of being cancelled", stubborn, self._terms.stream)
        # The read ends by itself; only a server that says nothing at all is not waited for.
        await asyncio.wait([feed], timeout=max(self._terms.poll + _READ_ENDS, deadline - time.monotonic()))
        if feed.cancelled():
            await self._hand_back_strays()
        if flush.done():  # cancelled with the whole program, or failed: what it left is tried once more
            flush = self._start(self._flush.run)
        await self._say_farewell(flush)
        flush.cancel()
        await asyncio.wait([flush], timeout=_FAREWELL)
        with contextlib.suppress(ValkeyError, OSError):
            await self._settler.reap(self._terms.name, round(_NAME_AGE * self._terms.min_idle * 1000))

    async def _hand_back_strays(self) -> None:
        """Look for entries that came with a read that was cut off."""
        with contextlib.suppress(ValkeyError, OSError):
            page = await self._intake.strays(self._hands.held, self._terms.batch)
            for lease in page.leases:
                self._hands.put_aside(self._judge.hand_back(lease))

    async def _say_farewell(self, flush: _Task) -> None:
        """Wait until the last verdicts are carried out."""
        flush.add_done_callback(lambda _: self._hands.touch())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                while not self._hands.empty and not flush.done():
                    await self._hands.changed()
        if not self._hands.empty:
            left = len(self._hands.held)
            _logger.error("%d entries of %s stay pending until they are taken over", left, self._terms.stream)
