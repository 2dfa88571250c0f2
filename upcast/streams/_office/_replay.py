"""Settling letters one by one: what is given back to its group, what is put out of the office, and the record of it.

Two ways, for two kinds of rights. Fenced, a script does all of it in one piece, so that two replays at once give a
letter back once. Unfenced, plain commands do it, each confirmed before the next: what is cut off half-way, or done by
two at once, is given back twice and never lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Literal, TypeAlias, cast

import attrs

from upcast.streams._names import ORIGIN, REPLAY_TO, REPLAYS, audit_key, office_key, parking_name, stream_key
from upcast.streams._reading import ask, ask_script
from upcast.streams._scripts import DISCARD, MAX_ARGUMENTS, REPLAY, Script
from upcast.streams._server import Command, Reply, Server, group_in
from upcast.streams.errors import GroupMissing
from upcast.streams.letters import DeadLetter

__all__ = ["Desk", "DiscardReport", "Mode", "ReplayReport"]

Mode: TypeAlias = Literal["returned", "added", "pending", "undelivered", "gone"]
"""What becomes of a letter that is replayed; see `ReplayReport`."""

_LONG_AGO = 100_000_000_000
"""Milliseconds that make an entry due for whatever `min_idle`."""


@attrs.frozen
class ReplayReport:
    """What became of letters that were to be replayed.

    Attributes:
        selected: How many letters were looked at.
        returned: How many are pending in their group again, under their own ids.
        added: How many were added to the stream as new entries, because the originals are not in it as they were.
        already: How many needed nothing: their group has them pending or is still to read them, or another replay or
            discard was faster.
        failing: How many stay because the codec does not read them.
        skipped: How many stay for another reason: `vanished` (there are no bytes), `no-letter` (it was not written by
            a consumer), `max-replays` (replayed often enough).
        dry_run: Whether nothing was moved, and all this only would be so.
    """

    selected: int
    returned: int
    added: int
    already: int
    failing: int
    skipped: Mapping[str, int]
    dry_run: bool

    @classmethod
    def of(cls, outcomes: Mapping[str, int], *, dry_run: bool) -> ReplayReport:
        """Make a report of how often each outcome was counted."""
        counted = {**dict.fromkeys(("returned", "added", "failing", *_ALREADY), 0), **outcomes}
        skipped = {
            slug: counted[slug]
            for slug in ("vanished", "no-letter", "process-killer", "max-replays")
            if counted.get(slug)
        }
        return cls(
            sum(outcomes.values()),
            counted["returned"],
            counted["added"],
            sum(counted[mode] for mode in _ALREADY),
            counted["failing"],
            skipped,
            dry_run,
        )

    def __str__(self) -> str:
        given = self.returned + self.added
        parts = [
            (self.returned, "pending again"),
            (self.added, "as new entries"),
            (self.already, "needed nothing"),
            (self.failing, "still fail"),
            *((count, f"skipped as {slug}") for slug, count in self.skipped.items()),
        ]
        said = ", ".join(f"{count} {what}" for count, what in parts if count)
        verb = "would be replayed" if self.dry_run else "replayed"
        return f"{given} of {self.selected} letters {verb}{f': {said}' if said else ''}"


_ALREADY: tuple[Mode, ...] = ("pending", "undelivered", "gone")


@attrs.frozen
class DiscardReport:
    """What became of letters that were to be discarded.

    Attributes:
        selected: How many letters were looked at.
        discarded: How many were taken out of the office.
        gone: How many another replay or discard had taken before.
        dry_run: Whether nothing was taken, and all this only would be so.
    """

    selected: int
    discarded: int
    gone: int
    dry_run: bool

    def __str__(self) -> str:
        verb = "would be discarded" if self.dry_run else "discarded"
        return f"{self.discarded} of {self.selected} letters {verb}{f', {self.gone} gone before' if self.gone else ''}"


@attrs.frozen
class Desk:
    """Where letters are settled."""

    server: Server
    stream: str
    fence: bool

    async def outlook(self, letter: DeadLetter) -> Mode:
        """What a replay of a letter would come to at this moment; only reads.

        Raises:
            GroupMissing: The stream or the group is not there.
        """
        key, group, source = stream_key(self.stream), letter.letter.group, letter.letter.id
        kept, pending, found, groups, _ = await self._ask(
            letter,
            ("XRANGE", office_key(self.stream), letter.id, letter.id),
            ("XPENDING", key, group, source, source, 1),
            ("XRANGE", key, source, source),
            ("XINFO", "GROUPS", key),
            # Fails where there can be no record of what is done.
            ("XLEN", audit_key(self.stream)),
        )
        if not kept:
            return "gone"
        if not found or tuple(found[0][1]) != letter.entry:
            return "added"
        if pending:
            return "pending"
        (unread,) = await self._ask(letter, ("XRANGE", key, f"({self._read(groups, group)}", source, "COUNT", 1))
        return "undelivered" if unread else "returned"

    async def replay(self, letter: DeadLetter, by: str) -> Mode:
        """Give a letter back to its group.

        Raises:
            GroupMissing: The stream or the group is not there.
        """
        record = list(_record("replay", letter, by=by))
        office, audit = office_key(self.stream), audit_key(self.stream)
        if self.fence:
            reply = await self._run(
                letter, REPLAY, [stream_key(self.stream), office, audit], _arguments(letter, record)
            )
            if reply != "large":
                return cast("Mode", reply)
        while True:
            mode = await self.outlook(letter)
            if mode == "gone":
                return mode
            new = await self._give(letter, mode)
            # None: it was taken or deleted since it was looked at.
            if new is not None:
                await self._ask(letter, ("XADD", audit, "*", "mode", mode, "entry", new, *record))
                await self._ask(letter, ("XDEL", office, letter.id))
                return mode

    async def discard(self, letter: DeadLetter, because: str, by: str) -> bool:
        """Take a letter out of the office; False if it was not there any more."""
        record = list(_record("discard", letter, by=by, because=because))
        office, audit = office_key(self.stream), audit_key(self.stream)
        if self.fence:
            return await self._run(letter, DISCARD, [office, audit], [letter.id, *record]) == "discarded"
        (kept,) = await self._ask(letter, ("XRANGE", office, letter.id, letter.id))
        if kept:
            await self._ask(letter, ("XADD", audit, "*", *record))
            await self._ask(letter, ("XDEL", office, letter.id))
        return bool(kept)

    async def _give(self, letter: DeadLetter, mode: Mode) -> bytes | None:
        key, group = stream_key(self.stream), letter.letter.group
        if mode == "added":
            (new,) = await self._ask(letter, ("XADD", key, "*", *_replayed(letter)))
            return bytes(new)
        if mode == "returned":
            # The least idle time spares an entry that was returned by another and is in somebody's hands by now.
            options = ("IDLE", _LONG_AGO, "RETRYCOUNT", 0, "FORCE", "JUSTID")
            (claimed,) = await self._ask(
                letter, ("XCLAIM", key, group, _parking(letter), _LONG_AGO, letter.letter.id, *options)
            )
            return b"" if claimed else None
        return b""

    def _read(self, groups: Reply, group: str) -> str:
        """Up to which id a group has read its stream."""
        found = group_in(groups, group)
        if found is None:
            raise GroupMissing(self.stream, group)
        return str(found[b"last-delivered-id"].decode())

    async def _ask(self, letter: DeadLetter, *commands: Command) -> list[Reply]:
        return await ask(self.server, commands, stream=self.stream, group=letter.letter.group)

    async def _run(self, letter: DeadLetter, script: Script, keys: Sequence[bytes], arguments: Command) -> str:
        group = letter.letter.group
        reply = await ask_script(self.server, script, keys, arguments, stream=self.stream, group=group)
        return str(reply.decode())


def _arguments(letter: DeadLetter, record: Sequence[str]) -> Command:
    """The arguments of `REPLAY`."""
    about, headers = letter.letter, _headers(letter)
    target = (letter.id, about.group, about.id, _parking(letter))
    return [*target, MAX_ARGUMENTS, len(headers), *headers, *record]


def _parking(letter: DeadLetter) -> str:
    return parking_name(letter.letter.group, "retry", letter.letter.replays + 1)


def _headers(letter: DeadLetter) -> list[bytes]:
    about = letter.letter
    return [REPLAY_TO, about.group.encode(), REPLAYS, b"%d" % (about.replays + 1), ORIGIN, about.id.encode()]


def _replayed(letter: DeadLetter) -> Iterator[bytes]:
    """The fields and values of a new entry for a letter: the original's, and ours in place of any older ones."""
    headers = _headers(letter)
    pairs = zip(letter.entry[::2], letter.entry[1::2], strict=True)
    yield from chain.from_iterable(pair for pair in pairs if pair[0] not in headers[::2])
    yield from headers


def _record(action: str, letter: DeadLetter, **said: str) -> Iterator[str]:
    """The fields of the audit stream's entry about a letter; never a value of its event."""
    about = letter.letter
    fields = {
        "action": action,
        **said,
        "letter": letter.id,
        "source": about.id,
        "group": about.group,
        "fingerprint": about.fingerprint,
        "reason": about.reason,
    }
    return chain.from_iterable(fields.items())
