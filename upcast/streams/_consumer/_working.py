"""The tasks that handle: each takes entries from the hands, one after the other, and answers for them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import attrs

from upcast.streams._consumer._handling import Halt, Handling, Job
from upcast.streams._consumer._hands import Hands
from upcast.streams._consumer._judging import Judge
from upcast.streams._consumer._lease import Lease
from upcast.streams._consumer._settling import Acked, Operation
from upcast.streams._failure import Failure
from upcast.streams.settlement import Ack

__all__ = ["Worker"]

_logger = logging.getLogger("upcast.streams")

_CHUNK = 0.01
"""Seconds for which handlers go on, one after the other, before the other tasks have their turn."""


@attrs.frozen(eq=False)
class Worker:
    """Handles until the hands are closed.

    Attributes:
        hands: Where entries come from, and verdicts go.
        handling: The handlers.
        judge: Decides about failures.
        threads: For sync handlers.
        ending: Whether a cancellation means that the consumer ends.
        halt: Ends the consumer with an error.
    """

    hands: Hands
    handling: Handling
    judge: Judge
    threads: ThreadPoolExecutor
    ending: Callable[[], bool]
    halt: Callable[[BaseException], None]

    async def run(self) -> None:
        """Handle what waits.

        Raises:
            CancelledError: The consumer has no more time; what was being handled is handed back.
        """
        task = asyncio.current_task()
        breathe = time.monotonic() + _CHUNK
        while True:
            lease = self.hands.next()
            if lease is not None:
                await self._handle(lease)
            elif self.hands.closed:
                return
            else:
                await self.hands.waiting()
                breathe = time.monotonic() + _CHUNK  # to wait was a breath
            # Handlers that never wait would leave no turn to acknowledge, to renew, or to hear a signal.
            if time.monotonic() >= breathe or (task and task.cancelling()):
                await self._breathe()
                breathe = time.monotonic() + _CHUNK

    async def _breathe(self) -> None:
        """Let the other tasks have their turn, and forget a cancellation that a handler has left behind."""
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            if self.ending():
                raise
        task = asyncio.current_task()
        while task and task.cancelling() and not self.ending():
            task.uncancel()

    async def _handle(self, lease: Lease) -> None:
        begun = self.handling.begin(lease)
        while isinstance(begun, Job):
            lease = begun.lease
            if not begun.is_async:
                job = await self._handle_in_thread(begun)
                if job is None:
                    return
                begun = job
                continue
            try:
                begun = await self.handling.run_async(begun, self.ending)
            except asyncio.CancelledError:
                self._hand_back(lease)
                raise
        self._answer(lease, begun)

    async def _handle_in_thread(self, job: Job) -> Job | None:
        """Call sync handlers in a thread, and go on there with what waits: a hop costs more than many a handler.

        Returns:
            The job at which the thread stopped because it has an async handler.
        """
        taken = [job.lease]
        answers: list[Ack | Failure | Halt] = []

        def work(begun: Job | Ack | Failure | Halt) -> Job | None:
            until = time.monotonic() + _CHUNK
            while True:
                if isinstance(begun, Job):
                    if begun.is_async:
                        return begun
                    begun = self.handling.run(begun)
                answers.append(begun)
                lease = self.hands.next() if time.monotonic() < until and not isinstance(begun, Halt) else None
                if lease is None:
                    return None
                taken.append(lease)
                begun = self.handling.begin(lease)

        cancelled = False
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, work, job)
        except asyncio.CancelledError:
            cancelled = True
            raise
        finally:
            answered = len(answers)
            for lease, answer in zip(taken, answers[:answered], strict=False):
                self._answer(lease, answer)
            # The thread goes on to the end of its handler; nobody waits for it.
            for lease in taken[answered:] if cancelled else ():
                self._hand_back(lease)

    def _answer(self, lease: Lease, answer: Ack | Failure | Halt) -> None:
        if isinstance(answer, Ack):
            self.hands.settle(Acked(lease))
        elif isinstance(answer, Failure):
            self.hands.settle(self._decided(lease, answer))
        else:
            # Out of memory, the entry may be why: it stays ours, and becomes a suspect. Ctrl-C is nobody's fault.
            if isinstance(answer.error, MemoryError):
                self.hands.leave(lease)
            else:
                self._hand_back(lease)
            self.halt(answer.error)

    def _decided(self, lease: Lease, failure: Failure) -> Operation:
        try:
            return self.judge.decide(lease, failure)
        except Exception:  # a mistake of ours is no reason to stop the stream
            _logger.exception("no decision about entry %s, which waits", lease.id.decode())
            return self.judge.undeliverable(lease)

    def _hand_back(self, lease: Lease) -> None:
        self.hands.settle(self.judge.hand_back(lease))
