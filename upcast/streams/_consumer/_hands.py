"""What a consumer has in hand: entries that wait for a worker, are being handled, or wait for their settlement."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from upcast.streams._consumer._lease import Lease
from upcast.streams._consumer._settling import Operation

__all__ = ["Hands"]


class Hands:
    """Shared by the tasks of one run. Only `next` may be called by threads.

    Args:
        capacity: How many entries may wait and be handled at the same time.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._open = 0
        self._held: dict[bytes, Lease | None] = {}  # None: there is a verdict
        self._put_off: set[bytes] = set()
        self._waiting: deque[Lease] = deque()
        self._operations: list[Operation] = []
        self._turn = asyncio.Lock()
        self._work = asyncio.Event()
        self._to_flush = asyncio.Event()
        self._changed = asyncio.Event()
        self.closed = False
        """Whether workers shall end."""

    @property
    def held(self) -> AbstractSet[bytes]:
        """The ids of everything in hand, and of what is put off."""
        return self._held.keys() | self._put_off

    @property
    def unsettled(self) -> list[Lease]:
        """What is in hand and has no verdict yet."""
        return [lease for lease in self._held.values() if lease is not None]

    @property
    def room(self) -> int:
        """How many more entries can be taken; as many as may be open may wait for their settlement.

        None while those that wait last for a while, so that one read brings many.
        """
        if 2 * len(self._waiting) > self.capacity:
            return 0
        return min(self.capacity - self._open, 2 * self.capacity - len(self._held))

    @property
    def empty(self) -> bool:
        """Whether nothing is in hand."""
        return not self._held

    # --- from the feed to the workers -------------------------------------------------------------------------------

    def take(self, leases: Sequence[Lease]) -> None:
        """Add entries for the workers."""
        self._open += len(leases)
        self._held.update([(lease.id, lease) for lease in leases])
        self._waiting.extend(leases)
        self._work.set()

    def put_aside(self, operation: Operation) -> None:
        """Add an entry that no worker is to see, with the verdict about it."""
        self._open += 1
        self._held[operation.lease.id] = operation.lease
        self.settle(operation)

    def next(self) -> Lease | None:
        """Take the entry that has waited longest; none when the hands are closed."""
        try:
            return None if self.closed else self._waiting.popleft()
        except IndexError:
            return None

    async def waiting(self) -> None:
        """Wait until an entry waits, or the hands are closed.

        One worker at a time does so, and lets the next in when it has its entry: where handlers are quick, one of them
        does it all, and the others are not woken for nothing.
        """
        async with self._turn:
            if not self._waiting and not self.closed:
                self._work.clear()
                self.touch()  # none of those that waited is left: there may be room now
                await self._work.wait()

    def close(self) -> None:
        """Let the workers end with what they are at."""
        self.closed = True
        self._work.set()
        self.touch()

    def drain(self) -> list[Lease]:
        """Take out everything that waits."""
        rest: list[Lease] = []
        with contextlib.suppress(IndexError):
            while True:  # one by one, since a thread may be taking its last
                rest.append(self._waiting.popleft())
        return rest

    # --- from the workers to the flush ------------------------------------------------------------------------------

    def settle(self, operation: Operation) -> None:
        """Add the verdict about an entry."""
        self._open -= 1
        self._held[operation.lease.id] = None
        self._operations.append(operation)
        self._to_flush.set()
        self.touch()

    def settle_later(self, operation: Operation, after: float) -> None:
        """Carry out a verdict once more, *after* so many seconds; it takes no room until then, and nobody waits."""
        self.settled([operation])
        self._put_off.add(operation.lease.id)
        asyncio.get_running_loop().call_later(after, self.put_back, [operation])

    def put_back(self, operations: Iterable[Operation]) -> None:
        """Add verdicts that were taken and not carried out."""
        self._operations += operations
        self._to_flush.set()

    def leave(self, lease: Lease) -> None:
        """Let go of an entry without a verdict: the server keeps it in our name until somebody takes it over."""
        self._open -= 1
        self._held.pop(lease.id, None)
        self.touch()

    async def to_carry_out(self) -> list[Operation]:
        """Wait for verdicts, and take all there are."""
        await self._to_flush.wait()
        self._to_flush.clear()
        operations, self._operations = self._operations, []
        return operations

    def settled(self, operations: Iterable[Operation]) -> None:
        """Verdicts were carried out, or are somebody else's affair now."""
        for operation in operations:
            entry_id = operation.lease.id
            self._held.pop(entry_id, None)
            self._put_off.discard(entry_id)
        self.touch()

    # --- for those who wait -----------------------------------------------------------------------------------------

    def touch(self) -> None:
        """Wake the one who waits for a change."""
        self._changed.set()

    async def changed(self) -> None:
        """Wait until something changes; for one task at a time."""
        await self._changed.wait()
        self._changed.clear()
