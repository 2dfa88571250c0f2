"""The task that empties a consumer's hands: one round trip for all the verdicts that have gathered."""

from __future__ import annotations

import asyncio
import logging
from typing import Literal

import attrs

from upcast.streams._consumer._hands import Hands
from upcast.streams._consumer._judging import Judge
from upcast.streams._consumer._settling import Acked, Operation, Outcome, Rejected, Settler
from upcast.streams._consumer._trouble import Patience
from upcast.streams._server import ServerSilent, Trouble, ValkeyError, text_of, trouble_of
from upcast.streams.stats import ConsumerStats

__all__ = ["Flush"]

_logger = logging.getLogger("upcast.streams")

_LEAST_DELAY = 1.0
"""Seconds before a letter that cannot wait anywhere else is tried again."""


@attrs.frozen(eq=False)
class Flush:
    """Carries verdicts out until it is cancelled.

    Attributes:
        settler: Carries them out.
        hands: Where they come from.
        judge: Decides about entries whose letter the office does not take.
        stats: To count in.
        patience: With a server that is away.
    """

    settler: Settler
    hands: Hands
    judge: Judge
    stats: ConsumerStats
    patience: Patience

    async def run(self) -> None:
        """Carry out what comes, again after every loss of the connection.

        Raises:
            StreamError: The server refuses for good, or the group is gone.
        """
        while True:
            operations = await self.hands.to_carry_out()
            again, pauses, most = False, self.patience.pauses(), len(operations)
            while operations:
                try:
                    some = operations[:most]
                    outcomes = await self.settler.settle(some, again=again)
                    operations = self._rest(some, outcomes, again=again) + operations[most:]
                except asyncio.CancelledError:
                    self.hands.put_back(operations)
                    raise
                except (ValkeyError, OSError) as error:
                    self.patience.check(error, "settling")
                    again = True
                    if isinstance(error, ServerSilent):  # it may have been too much for a slow line
                        most = max(1, most // 2)
                if operations:
                    await asyncio.sleep(next(pauses))

    def _rest(self, operations: list[Operation], outcomes: list[Outcome], *, again: bool) -> list[Operation]:
        """Note what was carried out; what is still to do."""
        settled: list[Operation] = []
        others: list[tuple[Operation, Literal["gone"] | Exception]] = []
        for operation, outcome in zip(operations, outcomes, strict=True):
            if outcome == "done" or outcome == "fenced":
                # A second try finds what the first has carried out to be somebody else's.
                self._count(operation, carried_out=again or outcome == "done")
                settled.append(operation)
            else:
                others.append((operation, outcome))
        self.hands.settled(settled)
        rest: list[Operation] = []
        for operation, outcome in others:
            if outcome == "gone":
                self.stats.vanished += 1
                rest.append(self.judge.vanished(operation.lease))
            elif isinstance(operation, Rejected) and trouble_of(outcome) is not Trouble.NO_GROUP:
                self._note(operation, outcome)
                if operation.gone:
                    self.hands.settle_later(operation, max(self.judge.policy.max_delay, _LEAST_DELAY))
                else:
                    rest.append(self.judge.undeliverable(operation.lease))
            else:
                self.patience.check(outcome, "settling")
                rest.append(operation)
        return rest

    def _note(self, operation: Rejected, error: Exception) -> None:
        self.stats.undelivered += 1
        entry_id = operation.lease.id.decode()
        problem = "the dead letter office takes no letter, entry %s of %s stays pending: %s"
        _logger.error(problem, entry_id, self.judge.stream, text_of(error))

    def _count(self, operation: Operation, *, carried_out: bool) -> None:
        stats = self.stats
        if not carried_out:
            stats.fenced += 1
            entry_id = operation.lease.id.decode()
            _logger.warning("entry %s of %s was taken over by another consumer", entry_id, self.judge.stream)
        elif isinstance(operation, Acked):
            stats.acked += 1
        elif isinstance(operation, Rejected):
            stats.rejected += 1
        elif operation.tally:
            setattr(stats, operation.tally, getattr(stats, operation.tally) + 1)
