"""Whether a group has settled everything: nothing pending, nothing unread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import attrs

from upcast.streams._consumer._hands import Hands
from upcast.streams._consumer._settling import Place
from upcast.streams._consumer._trouble import Patience
from upcast.streams._entry import entry_number
from upcast.streams._server import ValkeyError, group_in

__all__ = ["Watch"]


@attrs.frozen(eq=False)
class Watch:
    """Looks until everything is settled.

    Attributes:
        at: The server, the stream and the group.
        hands: What this consumer has in hand.
        patience: With a server that is away.
        poll: Seconds between two looks.
    """

    at: Place
    hands: Hands
    patience: Patience
    poll: float

    async def run(self, settled: Callable[[], None]) -> None:
        """Call *settled* when nothing is left to do for the group.

        Raises:
            StreamError: The server refuses for good, or the group is gone.
        """
        while True:
            await asyncio.sleep(self.poll)
            try:
                if self.hands.empty and await self._settled():
                    settled()
                    return
            except (ValkeyError, OSError) as error:
                self.patience.check(error, "watching")

    async def _settled(self) -> bool:
        at = self.at
        # The last entry first: what is added after that has come later than this look.
        last, groups = await at.server.all_of(
            [("XREVRANGE", at.stream, "+", "-", "COUNT", 1), ("XINFO", "GROUPS", at.stream)]
        )
        group = group_in(groups, at.group)
        if group is None or group[b"pending"]:
            return False
        return not last or (_number(last[0][0]) <= _number(group[b"last-delivered-id"]))


def _number(entry_id: bytes) -> int:
    return entry_number(entry_id.decode()) or 0
