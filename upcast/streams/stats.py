"""What a consumer has done so far, counted."""

from __future__ import annotations

import attrs

__all__ = ["ConsumerStats"]


@attrs.define
class ConsumerStats:
    """Counters of a consumer since it was made; they only grow.

    Attributes:
        delivered: Entries that were taken in hand, repeats included.
        acked: Entries that were acknowledged.
        retried: Attempts that failed and will be followed by another.
        waited: Looks at events that wait for a newer release.
        rejected: Entries that went to the dead letter office.
        handed_back: Entries that were given back, uncharged, when the consumer ended.
        strays: Entries that were delivered in a reply that was lost, and found again.
        suspects: Entries that were taken over from a consumer that died or hung.
        vanished: Entries that were removed from the stream while they were pending.
        fenced: Verdicts that came too late: somebody else had taken the entry over.
        undelivered: Dead letters that the server did not take; their entries were parked instead.
    """

    delivered: int = 0
    acked: int = 0
    retried: int = 0
    waited: int = 0
    rejected: int = 0
    handed_back: int = 0
    strays: int = 0
    suspects: int = 0
    vanished: int = 0
    fenced: int = 0
    undelivered: int = 0
