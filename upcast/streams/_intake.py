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

from upcast.streams._lease import Lease
from upcast.streams._names import crash_name, read_owner
from upcast.streams._server import Command, Server

__all__ = ["Intake", "Page", "Row"]

_PAGE = 200
_MOST_SUSPECTS = 10
"""How many suspects a page hands on: each is handled alone, and new entries wait meanwhile."""
_START = b"-"


@attrs.frozen
class Row:
    """A line of the list of pending entries: id, owner, milliseconds since the last delivery, counter."""

    id: bytes
    owner: bytes
    idle: int
    count: int


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
        server: The server, for everything else.
        stream: The key.
        group: The group.
        name: The consumer's name on the server.
        min_idle: Milliseconds after which an entry counts as abandoned.
    """

    def __init__(self, reader: Server, server: Server, *, stream: bytes, group: str, name: str, min_idle: int) -> None:
        self._reader = reader
        self._server = server
        self._stream = stream
        self._group = group
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
        read = "XREADGROUP", "GROUP", self._group, self._owner, "COUNT", count
        wait = ("BLOCK", block) if block else ()  # to the server, BLOCK 0 means for ever
        reply = await self._reader.call(*read, *wait, "STREAMS", self._stream, ">")
        if not reply:
            return []
        return [Lease(entry_id, values, self._owner) for entry_id, values in reply[0][1]]

    async def strays(self, held: Collection[bytes], room: int) -> Page:
        """Find entries that the server takes to be in our hands, and that are not."""
        rows = await self._rows("XPENDING", self._stream, self._group, "-", "+", room + len(held), self._owner)
        return await self._take([row for row in rows if row.id not in held][:room], [])

    async def due(self, held: Collection[bytes], room: int) -> Page:
        """Look through the next page of pending entries.

        Args:
            held: The ids in hand before the page is asked for: what it shows as ours and is not among them is a stray.
            room: How many entries can be taken.
        """
        rows = await self._rows("XPENDING", self._stream, self._group, self._cursor, "+", _PAGE)
        found: list[Row] = []
        suspects: list[Row] = []
        end = len(rows) < _PAGE
        for row in rows:
            ours = row.owner.startswith(self._owner)
            if row.id in held or (not ours and row.idle < self._min_idle):
                continue
            suspect = not ours and read_owner(row.owner, self._group).kind in ("worker", "crash")
            if len(suspects) == _MOST_SUSPECTS if suspect else len(found) == room:
                end = False
                break
            (suspects if suspect else found).append(row)
            self._cursor = b"(" + row.id
        else:
            self._cursor = b"(" + rows[-1].id if rows else _START
        if end:
            self._cursor = _START
        return await self._take(found, suspects)

    async def claim(self, suspect: Row) -> Lease | None:
        """Take a suspect over, under a name that tells of the crash.

        Returns:
            None where somebody else was quicker; the lease of a vanished entry has no values, and its old owner.
        """
        before = read_owner(suspect.owner, self._group)
        # A worker's death is not charged as an attempt: the counter stays.
        attempt, crashes = (1, suspect.count) if before.kind == "crash" else (suspect.count, before.crashes + 1)
        owner = crash_name(self._name, crashes).encode()
        terms = Lease(b"", (), owner, max(attempt, 1), crashes=crashes, replays=before.replays)
        page = await self._take([suspect], [], terms)
        return next(iter([*page.leases, *page.vanished]), None)

    async def _rows(self, *command: bytes | str | int) -> list[Row]:
        return [Row(*row) for row in await self._server.call(*command)]

    async def _take(self, rows: Sequence[Row], suspects: Sequence[Row], terms: Lease | None = None) -> Page:
        """Claim *rows*, each on *terms*, or on those that its owner's name and its counter tell.

        What is in the stream is looked up before: to claim an entry that is not there any more removes it from the
        list of pending entries, and with it the only trace of the loss.
        """
        if not rows:
            return Page((), suspects, ())
        entries = await self._server.send([("XRANGE", self._stream, row.id, row.id) for row in rows])
        for reply in entries:
            if isinstance(reply, Exception):
                raise reply
        there = [(row, entry[0][1]) for row, entry in zip(rows, entries, strict=True) if entry]
        leases = [attrs.evolve(terms or self._terms(row), id=row.id, values=values) for row, values in there]
        claim = "XCLAIM", self._stream, self._group
        commands: list[Command] = [
            (*claim, lease.owner, self._min_idle, row.id, "RETRYCOUNT", lease.attempt, "JUSTID")
            for (row, _), lease in zip(there, leases, strict=True)
            if lease.owner != row.owner
        ]
        claims = iter(await self._server.send(commands) if commands else [])
        taken = []
        for (row, _), lease in zip(there, leases, strict=True):
            reply = [row.id] if lease.owner == row.owner else next(claims)
            if isinstance(reply, Exception):
                raise reply
            if reply:
                taken.append(lease)
        vanished = [
            Lease(row.id, (), row.owner, row.count) for row, entry in zip(rows, entries, strict=True) if not entry
        ]
        return Page(taken, suspects, vanished)

    def _terms(self, row: Row) -> Lease:
        owner = read_owner(row.owner, self._group)
        if owner.kind == "retry":
            return Lease(b"", (), self._owner, row.count + 1, replays=owner.replays)
        if owner.kind == "wait":
            return Lease(b"", (), self._owner, 1, waits=row.count, replays=owner.replays)
        # A stray: the server has counted this delivery already.
        return Lease(b"", (), row.owner, max(row.count, 1), crashes=owner.crashes)
