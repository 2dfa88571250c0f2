"""What a consumer does to pending entries on the server: it claims them, renews its lease, and settles.

`_fenced` does it with scripts: only the owner settles, and a dead letter and its acknowledgement are one piece.
`_unfenced` is for accounts without the right to run scripts: plain commands, each confirmed before the next. Where
that is interrupted, an entry is delivered or written twice, and none is lost.

A transaction (`MULTI`) is neither: it acknowledges even when its `XADD` has failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol, TypeAlias

import attrs
import msgspec

from upcast.streams._consumer._lease import Claim, Lease
from upcast.streams._server import Server

__all__ = ["Acked", "Claimed", "Operation", "Outcome", "Parked", "Place", "Rejected", "Settler", "Tally"]


class Acked(msgspec.Struct, frozen=True, eq=False):
    """The entry is done with."""

    lease: Lease


Tally: TypeAlias = Literal["retried", "waited", "handed_back", ""]
"""A counter of `ConsumerStats`, or none."""


@attrs.frozen(eq=False)
class Parked:
    """The entry comes again: *owner* holds it, *idle* ms old already, with *count* in its counter.

    *tally* is the counter it adds to, if any.
    """

    lease: Lease
    owner: str
    idle: int
    count: int
    tally: Tally


@attrs.frozen(eq=False)
class Rejected:
    """The entry goes to the dead letter office as *letter*, the values of an entry there.

    *gone*: it is not in the stream any more, so it cannot be parked where the office does not take the letter.
    """

    lease: Lease
    letter: list[bytes]
    gone: bool = False


Operation: TypeAlias = Acked | Parked | Rejected

Outcome: TypeAlias = Literal["done", "fenced", "gone"] | Exception
"""`fenced` where somebody else owns the entry by now, `gone` where it is not in the stream any more and cannot be
parked, or what the server refused it with.
"""

Claimed: TypeAlias = Sequence[bytes] | Literal["fenced", "gone"]
"""The values of an entry that is ours now, or why it is not."""


@attrs.frozen
class Place:
    """Where to settle: the server, the keys of stream and office, and the group."""

    server: Server
    stream: bytes
    office: bytes
    group: str


class Settler(Protocol):
    """Claims, renews and settles. Each raises a `ValkeyError` where the server is not there."""

    async def try_rights(self) -> None:
        """Find out whether the server lets us settle at all; changes nothing."""

    async def claim(self, claims: Sequence[Claim]) -> list[Claimed]:
        """Take entries over."""
        ...

    async def settle(self, operations: Sequence[Operation], *, again: bool) -> list[Outcome]:
        """Carry out verdicts; *again* where an earlier try was cut off and may have succeeded."""
        ...

    async def renew(self, leases: Iterable[Lease]) -> None:
        """Keep what is in hand from being taken over."""

    async def reap(self, name: str, idle: int) -> None:
        """Remove names that hold nothing: those of *name*, which has ended, and those that were idle for *idle* ms."""
