"""Where a consumer's entries come from: new ones, and those in the group's list of pending entries.

The list is walked page by page with a cursor that is kept: whoever starts from the beginning each time never gets past
the entries that others have in hand. The page shows owner and counter of each entry, and those say what it is:

| owner | entry |
|---|---|
| this consumer, and not in hand | a stray: delivered, and the reply was lost with its connection |
| a parking owner, idle for `min_idle` | due for its next attempt |
| another consumer, idle for `min_idle` | a suspect: that consumer died or hangs, perhaps by this entry |
| the parking owner of those that killed their consumers | still a suspect |
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import attrs
import msgspec

from upcast.streams._consumer._lease import Claim, Lease, Row
from upcast.streams._consumer._settling import Place, Settler
from upcast.streams._names import crash_name, read_owner
from upcast.streams._reading import LAST_ID
from upcast.streams._server import Server

__all__ = ["Intake", "Page"]

_PAGE = 200
_MOST_SUSPECTS = 10
"""How many suspects a page hands on: each is handled alone, and new entries wait meanwhile."""
_START = b"-"


@attrs.frozen
class Page:
    """What a page of the list of pending entries had for this consumer.

    Attributes:
        leases: Entries that are now in hand.
        suspects: Entries that are to be claimed one at a time, each when nothing else is in hand.
        vanished: Entries that are pending and not in the stream any more, each as its owner holds it.
    """

    leases: Sequence[Lease]
    suspects: Sequence[Row]
    vanished: Sequence[Lease]


class Intake:
    """Reads for one consumer; used by one task only.

    Args:
        reader: The server, on connections that bear waiting for new entries.
        at: The server for everything else, the stream and the group.
        settler: Claims.
        name: The consumer's name on the server.
        min_idle: Milliseconds after which an entry counts as abandoned.
    """

    def __init__(self, reader: Server, at: Place, settler: Settler, *, name: str, min_idle: int) -> None:
        self._reader = reader
        self._at = at
        self._settler = settler
        self._name = name
        self._owner = name.encode()
        self._min_idle = min_idle
        self._cursor = _START

    @property
    def walking(self) -> bool:
        """Whether the walk through the pending entries has begun and not reached their end."""
        return self._cursor != _START

    async def new(self, count: int, block: int) -> list[Lease]:
        """Read at most *count* entries that nobody has got yet, waiting at most *block* ms for the first (0: not).

        Never cancel this: the entries may be ours already while the reply is still on its way.
        """
        read = "XREADGROUP", "GROUP", self._at.group, self._owner, "COUNT", count
        wait = ("BLOCK", block) if block else ()  # to the server, BLOCK 0 means for ever
        reply = await self._reader.call(*read, *wait, "STREAMS", self._at.stream, ">")
        if not reply:
            return []
        return [Lease(entry_id, values, self._owner) for entry_id, values in reply[0][1]]

    async def strays(self, held: Collection[bytes], room: int) -> Page:
        """Find entries that the server takes to be in our hands, and that are not."""
        rows = await self._rows(b"-", room + len(held), self._owner)
        strays = [row for row in rows if row.id not in held and not read_owner(row.owner, self._at.group).crashes]
        return await self._take([self._claim(row) for row in strays[:room]], [])

    async def due(self, held: Collection[bytes], room: int) -> Page:
        """Look through the next page of pending entries.

        Args:
            held: The ids in hand before the page is asked for: what it shows as ours and is not among them is a stray.
            room: How many entries can be taken.
        """
        rows = await self._rows(self._cursor, _PAGE)
        found: list[Row] = []
        suspects: list[Row] = []
        end = len(rows) < _PAGE
        for row in rows:
            ours = row.owner.startswith(self._owner)
            if row.id in held or (not ours and row.idle < self._min_idle):
                continue
            owner = read_owner(row.owner, self._at.group)
            # One of ours that we took over from the dead, in a reply that was lost, is a suspect still.
            suspect = bool(owner.crashes) if ours else owner.kind in ("worker", "crash")
            if len(suspects) == _MOST_SUSPECTS if suspect else len(found) == room:
                end = False
                break
            (suspects if suspect else found).append(row)
            self._cursor = b"(" + row.id
        else:
            self._cursor = b"(" + rows[-1].id if rows else _START
        if end or self._cursor == b"(" + LAST_ID:
            self._cursor = _START
        return await self._take([self._claim(row) for row in found], suspects)

    async def claim(self, suspect: Row) -> Lease | None:
        """Take a suspect over, under a name that tells of the crash.

        Returns:
            None where somebody else was quicker; the lease of a vanished entry has no values, and its old owner.
        """
        before = read_owner(suspect.owner, self._at.group)
        # A worker's death is not charged as an attempt: the counter stays.
        ours = suspect.owner.startswith(self._owner)
        attempt, crashes = suspect.count, before.crashes if ours else before.crashes + 1
        if before.kind == "crash":
            attempt, crashes = 1, suspect.count
        owner = crash_name(self._name, crashes).encode()
        terms = Lease(suspect.id, (), owner, max(attempt, 1), crashes=crashes, replays=before.replays)
        page = await self._take([Claim(suspect, terms, 0 if ours else self._min_idle)], [])
        return next(iter([*page.leases, *page.vanished]), None)

    def _claim(self, row: Row) -> Claim:
        """On the terms that a row's owner and counter tell."""
        owner = read_owner(row.owner, self._at.group)
        if owner.kind == "retry":
            lease = Lease(row.id, (), self._owner, row.count + 1, replays=owner.replays)
        elif owner.kind == "wait":
            lease = Lease(row.id, (), self._owner, 1, waits=row.count, replays=owner.replays)
        else:  # a stray: the server has counted this delivery already
            return Claim(row, Lease(row.id, (), row.owner, max(row.count, 1), crashes=owner.crashes), 0)
        return Claim(row, lease, self._min_idle)

    async def _rows(self, start: bytes, count: int, *owner: bytes) -> list[Row]:
        rows = await self._at.server.call("XPENDING", self._at.stream, self._at.group, start, "+", count, *owner)
        return [Row(*row) for row in rows]

    async def _take(self, claims: Sequence[Claim], suspects: Sequence[Row]) -> Page:
        leases: list[Lease] = []
        vanished: list[Lease] = []
        for claim, found in zip(claims, await self._settler.claim(claims) if claims else (), strict=True):
            if found == "gone":
                vanished.append(
                    msgspec.structs.replace(claim.lease, owner=claim.row.owner, attempt=max(claim.row.count, 1))
                )
            elif not isinstance(found, str):
                leases.append(msgspec.structs.replace(claim.lease, values=found))
        return Page(leases, suspects, vanished)
