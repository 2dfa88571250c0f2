"""Settling with plain commands: whether an entry is still ours is asked before, and may change in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from upcast.streams._consumer._lease import Claim, Lease
from upcast.streams._consumer._settling import Acked, Claimed, Operation, Outcome, Parked, Place, Rejected
from upcast.streams._server import Command, Reply

__all__ = ["Unfenced"]

_RECENT, _PAGE = 5000, 100
"""How many of the newest letters are looked through for one whose confirmation was lost, and how many at a time."""


@attrs.frozen
class Unfenced:
    """See `Settler`."""

    at: Place

    async def try_rights(self) -> None:
        """See `Settler.try_rights`. A plain command without an id would be refused in any case."""

    async def claim(self, claims: Sequence[Claim]) -> list[Claimed]:
        """See `Settler.claim`.

        To claim an entry that is not in the stream any more removes the only trace of the loss, so that is asked
        before. One that is removed in between is not told of.
        """
        entries = await self.at.server.all_of([self._range(claim.row.id) for claim in claims])
        there = [claim for claim, entry in zip(claims, entries, strict=True) if entry]
        commands = [
            self._claim(claim.row.id, claim.lease.owner, claim.least_idle, "RETRYCOUNT", claim.lease.attempt)
            for claim in there
        ]
        ours = {
            claim.row.id for claim, reply in zip(there, await self.at.server.all_of(commands), strict=True) if reply
        }
        return [
            "gone" if not entry else entry[0][1] if claim.row.id in ours else "fenced"
            for claim, entry in zip(claims, entries, strict=True)
        ]

    async def settle(self, operations: Sequence[Operation], *, again: bool) -> list[Outcome]:
        """See `Settler.settle`."""
        owned = await self._owned([op.lease for op in operations])
        there = await self._there([op.lease for op in operations if isinstance(op, Parked)])
        outcomes: dict[bytes, Outcome] = {}
        first: list[tuple[Operation, Command]] = []
        done: list[Operation] = []
        for op in operations:
            entry_id = op.lease.id
            if entry_id not in owned:
                outcomes[entry_id] = "fenced"
            elif isinstance(op, Acked) or (isinstance(op, Rejected) and again and await self._written(op)):
                done.append(op)
            elif isinstance(op, Rejected):
                first.append((op, ("XADD", self.at.office, "*", *op.letter)))
            elif entry_id in there:
                first.append((op, self._claim(entry_id, op.owner, 0, "IDLE", op.idle, "RETRYCOUNT", op.count)))
            else:
                outcomes[entry_id] = "gone"
        for (op, _), reply in zip(first, await self._send([command for _, command in first]), strict=True):
            outcomes[op.lease.id] = reply if isinstance(reply, Exception) else "done"
            if isinstance(op, Rejected) and not isinstance(reply, Exception):
                done.append(op)
        acks: list[Command] = [("XACK", self.at.stream, self.at.group, op.lease.id) for op in done]
        for op, reply in zip(done, await self._send(acks), strict=True):
            outcomes[op.lease.id] = reply if isinstance(reply, Exception) else "done"
        return [outcomes[op.lease.id] for op in operations]

    async def renew(self, leases: Iterable[Lease]) -> None:
        """See `Settler.renew`."""
        leases = list(leases)
        ours = await self._owned(leases) & await self._there(leases)
        await self._send([self._claim(lease.id, lease.owner, 0) for lease in leases if lease.id in ours])

    async def reap(self, name: str, idle: int) -> None:
        """Leave the names: to remove one that was given an entry in the meantime would lose that entry."""

    def _range(self, entry_id: bytes) -> Command:
        return "XRANGE", self.at.stream, entry_id, entry_id

    def _claim(self, entry_id: bytes, owner: bytes | str, least_idle: int, *terms: bytes | str | int) -> Command:
        return "XCLAIM", self.at.stream, self.at.group, owner, least_idle, entry_id, *terms, "JUSTID"

    async def _send(self, commands: Sequence[Command]) -> list[Reply]:
        return await self.at.server.send(commands) if commands else []

    async def _owned(self, leases: Sequence[Lease]) -> set[bytes]:
        rows = await self.at.server.all_of(
            [("XPENDING", self.at.stream, self.at.group, lease.id, lease.id, 1, lease.owner) for lease in leases]
        )
        return {lease.id for lease, row in zip(leases, rows, strict=True) if row}

    async def _there(self, leases: Sequence[Lease]) -> set[bytes]:
        entries = await self.at.server.all_of([self._range(lease.id) for lease in leases])
        return {lease.id for lease, entry in zip(leases, entries, strict=True) if entry}

    async def _written(self, op: Rejected) -> bool:
        """Whether the office has the letter already, from a try whose confirmation was lost."""
        last = b"+"
        for _ in range(0, _RECENT, _PAGE):
            page = await self.at.server.call("XREVRANGE", self.at.office, last, "-", "COUNT", _PAGE)
            for letter_id, values in page:
                if values == op.letter:
                    return True
                last = b"(" + letter_id
            if len(page) < _PAGE:
                break
        return False
