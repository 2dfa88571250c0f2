"""How a verdict is carried out on the server: acknowledged, parked, or written to the dead letter office first.

Two ways, for two kinds of rights. `Fenced` runs scripts: only the owner settles, and a dead letter and its
acknowledgement are one piece. `Unfenced` uses plain commands, each confirmed before the next: where it is interrupted,
an entry is delivered or written twice, and none is lost.

A transaction (`MULTI`) is neither: it acknowledges even when its `XADD` has failed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import attrs

from upcast.streams._lease import Lease
from upcast.streams._scripts import ACK, MAX_ARGUMENTS, PARK, REAP, REJECT, RENEW, Script
from upcast.streams._server import Command, Server

__all__ = ["Acked", "Fenced", "Operation", "Outcome", "Parked", "Place", "Rejected", "Settler", "Unfenced"]

_MOST_IDS = 500
_RECENT, _PAGE = 5000, 100
"""How many of the newest letters are looked through for one whose confirmation was lost, and how many at a time."""


@attrs.frozen(eq=False)
class Acked:
    """The entry is done with."""

    lease: Lease


@attrs.frozen(eq=False)
class Parked:
    """The entry comes again: *owner* holds it, *idle* ms old already, with *count* in its counter.

    *tally* is the statistic it adds to, if any.
    """

    lease: Lease
    owner: str
    idle: int
    count: int
    tally: Literal["retried", "waited", ""] = ""


@attrs.frozen(eq=False)
class Rejected:
    """The entry goes to the dead letter office as *letter*, the values of an entry there."""

    lease: Lease
    letter: list[bytes]


Operation: TypeAlias = Acked | Parked | Rejected

Outcome: TypeAlias = bool | Exception
"""True where it was carried out, False where somebody else owns the entry by now, else the server's refusal."""


@attrs.frozen
class Place:
    """Where to settle: the server, the keys of stream and office, and the group."""

    server: Server
    stream: bytes
    office: bytes
    group: str


class Settler(Protocol):
    """Carries verdicts out."""

    async def settle(self, operations: Sequence[Operation], *, again: bool) -> list[Outcome]:
        """Carry out *operations*; *again* where an earlier try was cut off and may have succeeded.

        Raises:
            ValkeyError: The server is not there; nobody knows what was carried out.
        """

    async def try_rights(self) -> None:
        """Find out whether the server lets us settle at all; changes nothing.

        Raises:
            ValkeyError: It does not, or is not there.
        """

    async def renew(self, leases: Iterable[Lease]) -> None:
        """Keep what is in hand from being taken over."""

    async def reap(self, name: str, idle: int) -> None:
        """Remove names that hold nothing: those of *name*, which has ended, and those that were idle for *idle* ms."""


def _by_owner(leases: Iterable[Lease]) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yield owners with their ids, as many at a time as one command should have."""
    owners: dict[bytes, list[bytes]] = defaultdict(list)
    for lease in leases:
        owners[lease.owner].append(lease.id)
    for owner, ids in owners.items():
        for start in range(0, len(ids), _MOST_IDS):
            yield owner, ids[start : start + _MOST_IDS]


@attrs.frozen
class Fenced:
    """With scripts."""

    at: Place

    async def settle(self, operations: Sequence[Operation], *, again: bool) -> list[Outcome]:
        """See `Settler.settle`. What a script has carried out is not ours any more: no second try can repeat it."""
        calls: list[tuple[Script, Sequence[bytes], Sequence[Any]]] = []
        acked = (op.lease for op in operations if isinstance(op, Acked))
        for owner, ids in _by_owner(acked):
            calls.append((ACK, [self.at.stream], [self.at.group, owner, *ids]))
        outcomes: dict[bytes, Outcome] = {}
        for op in operations:
            terms = [self.at.group, op.lease.owner, op.lease.id]
            if isinstance(op, Parked):
                calls.append((PARK, [self.at.stream], [*terms, op.owner, op.idle, op.count]))
            elif isinstance(op, Rejected) and len(op.letter) <= MAX_ARGUMENTS:
                calls.append((REJECT, [self.at.stream, self.at.office], [*terms, *op.letter]))
            elif isinstance(op, Rejected):
                (outcomes[op.lease.id],) = await Unfenced(self.at).settle([op], again=again)
        for (script, _, arguments), reply in zip(calls, await self.at.server.run(calls), strict=True):
            for entry_id in arguments[2:] if script is ACK else arguments[2:3]:
                outcomes[entry_id] = reply if isinstance(reply, Exception) else entry_id not in reply
        return [outcomes[op.lease.id] for op in operations]

    async def try_rights(self) -> None:
        """See `Settler.try_rights`."""
        await self.at.server.run_one(ACK, [self.at.stream], [self.at.group, ""])

    async def renew(self, leases: Iterable[Lease]) -> None:
        """See `Settler.renew`."""
        await self.at.server.run(
            [(RENEW, [self.at.stream], [self.at.group, owner, *ids]) for owner, ids in _by_owner(leases)]
        )

    async def reap(self, name: str, idle: int) -> None:
        """See `Settler.reap`."""
        await self.at.server.run([(REAP, [self.at.stream], [self.at.group, idle, name.rpartition("~")[2]])])


@attrs.frozen
class Unfenced:
    """With plain commands: whether an entry is still ours is asked before, and may change in between."""

    at: Place

    async def settle(self, operations: Sequence[Operation], *, again: bool) -> list[Outcome]:
        """See `Settler.settle`."""
        owned = await self._owned([op.lease for op in operations])
        outcomes: dict[bytes, Outcome] = {}
        first: list[tuple[Operation, Command]] = []
        done: list[Operation] = []
        for op in operations:
            if op.lease.id not in owned:
                outcomes[op.lease.id] = False
            elif isinstance(op, Acked) or (isinstance(op, Rejected) and again and await self._written(op)):
                done.append(op)
            elif isinstance(op, Parked):
                first.append((op, self._claim(op.lease.id, op.owner, "IDLE", op.idle, "RETRYCOUNT", op.count)))
            else:
                first.append((op, ("XADD", self.at.office, "*", *op.letter)))
        for (op, _), reply in zip(first, await self._send([command for _, command in first]), strict=True):
            outcomes[op.lease.id] = reply if isinstance(reply, Exception) else True
            if isinstance(op, Rejected) and not isinstance(reply, Exception):
                done.append(op)
        acks: list[Command] = [("XACK", self.at.stream, self.at.group, op.lease.id) for op in done]
        for op, reply in zip(done, await self._send(acks), strict=True):
            outcomes[op.lease.id] = reply if isinstance(reply, Exception) else True
        return [outcomes[op.lease.id] for op in operations]

    async def try_rights(self) -> None:
        """See `Settler.try_rights`. A plain command without an id would be refused in any case."""

    async def renew(self, leases: Iterable[Lease]) -> None:
        """See `Settler.renew`."""
        leases = list(leases)
        owned = await self._owned(leases)
        await self._send([self._claim(lease.id, lease.owner) for lease in leases if lease.id in owned])

    async def reap(self, name: str, idle: int) -> None:
        """Leave the names: to remove one that was given an entry in the meantime would lose that entry."""

    def _claim(self, entry_id: bytes, owner: bytes | str, *terms: bytes | str | int) -> Command:
        return "XCLAIM", self.at.stream, self.at.group, owner, 0, entry_id, *terms, "JUSTID"

    async def _send(self, commands: Sequence[Command]) -> list[object]:
        return await self.at.server.send(commands) if commands else []

    async def _owned(self, leases: Sequence[Lease]) -> set[bytes]:
        rows = await self._send(
            [("XPENDING", self.at.stream, self.at.group, lease.id, lease.id, 1, lease.owner) for lease in leases]
        )
        for row in rows:
            if isinstance(row, Exception):
                raise row
        return {lease.id for lease, row in zip(leases, rows, strict=True) if row}

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
