"""Settling with scripts: only the owner settles, and what belongs together happens in one piece."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from upcast.streams._consumer._lease import Claim, Lease
from upcast.streams._consumer._settling import Acked, Claimed, Operation, Outcome, Parked, Place, Rejected
from upcast.streams._consumer._unfenced import Unfenced
from upcast.streams._scripts import ACK, CLAIM, MAX_ARGUMENTS, PARK, REAP, REJECT, RENEW, Script
from upcast.streams._server import Reply

__all__ = ["Fenced"]

_MOST_IDS = 500


@attrs.frozen
class Fenced:
    """See `Settler`."""

    at: Place

    async def try_rights(self) -> None:
        """See `Settler.try_rights`."""
        await self.at.server.run_one(ACK, [self.at.stream], [self.at.group, "", "0-0"])

    async def claim(self, claims: Sequence[Claim]) -> list[Claimed]:
        """See `Settler.claim`."""
        arguments: list[bytes | str | int] = [self.at.group]
        for claim in claims:
            row, lease = claim.row, claim.lease
            arguments += [row.id, row.owner, row.count, claim.least_idle, lease.owner, lease.attempt]
        found = await self.at.server.run_one(CLAIM, [self.at.stream], arguments)
        said: dict[bytes, Claimed] = {b"fenced": "fenced", b"gone": "gone"}
        return [said[reply] if isinstance(reply, bytes) else reply for reply in found]

    async def settle(self, operations: Sequence[Operation], *, again: bool) -> list[Outcome]:
        """See `Settler.settle`. What a script has carried out is not ours any more: no second try can repeat it."""
        stream, group = self.at.stream, self.at.group
        calls: list[tuple[Script, Sequence[bytes], Sequence[Any]]] = []
        concerned: list[list[bytes]] = []
        outcomes: dict[bytes, Outcome] = {}
        for owner, ids in _by_owner(op.lease for op in operations if isinstance(op, Acked)):
            calls.append((ACK, [stream], [group, owner, *ids]))
            concerned.append(ids)
        for op in operations:
            terms = [group, op.lease.owner, op.lease.id]
            if isinstance(op, Parked):
                calls.append((PARK, [stream], [*terms, op.owner, op.idle, op.count]))
                concerned.append([op.lease.id])
            elif isinstance(op, Rejected) and len(op.letter) <= MAX_ARGUMENTS:
                calls.append((REJECT, [stream, self.at.office], [*terms, *op.letter]))
                concerned.append([op.lease.id])
            elif isinstance(op, Rejected):
                (outcomes[op.lease.id],) = await Unfenced(self.at).settle([op], again=again)
        replies: list[Reply] = await self.at.server.run(calls) if calls else []
        for ids, reply in zip(concerned, replies, strict=True):
            if isinstance(reply, list):  # those of them that were not ours to acknowledge
                outcomes |= dict.fromkeys(ids, "done")
                outcomes |= dict.fromkeys(reply, "fenced")
            else:
                outcomes |= dict.fromkeys(ids, reply if isinstance(reply, Exception) else reply.decode())
        return [outcomes[op.lease.id] for op in operations]

    async def renew(self, leases: Iterable[Lease]) -> None:
        """See `Settler.renew`."""
        calls: list[tuple[Script, Sequence[bytes], Sequence[Any]]] = [
            (RENEW, [self.at.stream], [self.at.group, owner, *ids]) for owner, ids in _by_owner(leases)
        ]
        if calls:
            await self.at.server.run(calls)

    async def reap(self, name: str, idle: int) -> None:
        """See `Settler.reap`."""
        await self.at.server.run([(REAP, [self.at.stream], [self.at.group, idle, name.rpartition("~")[2]])])


def _by_owner(leases: Iterable[Lease]) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yield owners with their ids, as many at a time as one script should have."""
    owners: dict[bytes, list[bytes]] = defaultdict(list)
    for lease in leases:
        owners[lease.owner].append(lease.id)
    for owner, ids in owners.items():
        for start in range(0, len(ids), _MOST_IDS):
            yield owner, ids[start : start + _MOST_IDS]
