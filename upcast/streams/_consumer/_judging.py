"""From a failure to what is done about it: the policy's verdict as an operation on the server."""

from __future__ import annotations

import logging
import os
import random
import socket

import attrs

from upcast.streams._consumer._lease import Lease
from upcast.streams._consumer._settling import Acked, Parked, Rejected, Tally
from upcast.streams._failure import Failure, vanished
from upcast.streams._names import ORIGIN, Parking, parking_name
from upcast.streams.delivery import replays_of
from upcast.streams.letters import letter_of, letter_values
from upcast.streams.policy import RetryPolicy, Wait
from upcast.streams.settlement import Ack, Reject

__all__ = ["Judge"]

_logger = logging.getLogger("upcast.streams")


@attrs.frozen
class Judge:
    """Decides for one consumer.

    Attributes:
        policy: What becomes of what.
        stream: The key of the stream.
        group: The consumer group.
        min_idle: Seconds after which whoever looks takes an entry.
        codec: The fingerprint of the codec, for letters.
    """

    policy: RetryPolicy
    stream: str
    group: str
    min_idle: float
    codec: str

    def decide(self, lease: Lease, failure: Failure) -> Acked | Parked | Rejected:
        """What is done about a failure; logged in one line."""
        verdict = self.policy.judge(
            failure,
            attempt=lease.attempt,
            waits=lease.waits,
            crashes=lease.crashes,
            chance=random.random(),  # noqa: S311  # spreads retries, no secrets
        )
        becomes = type(verdict).__name__.lower()
        entry_id = lease.id.decode()
        _logger.log(
            logging.WARNING if isinstance(verdict, Reject) else logging.INFO,
            "%s: entry %s of %s, attempt %d: [%s] %s",
            becomes,
            entry_id,
            self.stream,
            lease.attempt,
            failure.reason,
            failure.problem,
            extra={"entry_id": entry_id, "reason": failure.reason, "attempt": lease.attempt},
        )
        if isinstance(verdict, Ack):
            return Acked(lease)
        if isinstance(verdict, Reject):
            return Rejected(lease, self._letter(lease, failure))
        if isinstance(verdict, Wait):
            return self._parked(lease, "wait", verdict.after, lease.waits + 1, "waited")
        after = verdict.after or 0.0
        if after > self.min_idle:
            told = "entry %s of %s: its handler asked for %g s, and min_idle of %g s is the longest delay"
            _logger.warning(told, entry_id, self.stream, after, self.min_idle)
        count = lease.attempt if verdict.charged else lease.attempt - 1
        return self._parked(lease, "retry", after, count, "retried")

    def vanished(self, lease: Lease) -> Rejected:
        """An entry that is pending and not in the stream any more; its bytes are in the letter if they are in hand."""
        failure = vanished()
        _logger.warning("entry %s of %s: %s", lease.id.decode(), self.stream, failure.problem)
        return Rejected(lease, self._letter(lease, failure), gone=True)

    def hand_back(self, lease: Lease) -> Parked:
        """Give an entry to whoever looks next, as it was when it was delivered."""
        return self._uncharged(lease, 0.0, "handed_back")

    def undeliverable(self, lease: Lease) -> Parked:
        """Let an entry wait whose letter the office does not take."""
        return self._uncharged(lease, self.policy.max_delay, "")

    def _uncharged(self, lease: Lease, after: float, tally: Tally) -> Parked:
        if lease.crashes:
            # That it may kill its consumer is worth more than how often it was tried.
            return self._parked(lease, "crash", after, lease.crashes, tally)
        if lease.waits:
            return self._parked(lease, "wait", after, lease.waits, tally)
        return self._parked(lease, "retry", after, lease.attempt - 1, tally)

    def _parked(self, lease: Lease, kind: Parking, after: float, count: int, tally: Tally) -> Parked:
        # Whoever looks takes what is idle for min_idle: an entry that is to come sooner is made older than it is.
        idle = round((self.min_idle - min(after, self.min_idle)) * 1000)
        return Parked(lease, parking_name(self.group, kind, lease.replays), idle, count, tally)

    def _letter(self, lease: Lease, failure: Failure) -> list[bytes]:
        fields = dict(zip(lease.values[::2], lease.values[1::2], strict=True))
        letter = letter_of(
            failure,
            stream=self.stream,
            id=fields.get(ORIGIN, lease.id).decode(errors="backslashreplace"),
            group=self.group,
            consumer=lease.owner.decode(errors="backslashreplace"),
            host=socket.gethostname(),
            pid=os.getpid(),
            attempts=lease.attempt,
            waits=lease.waits,
            crashes=lease.crashes,
            replays=lease.replays or replays_of(fields),
            codec=self.codec,
        )
        return letter_values(letter, lease.values)
