"""What a consumer sees to before it reads: a group, the rights it needs, and what the server keeps."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Literal

import attrs

from upcast.streams._consumer._settling import Place, Settler
from upcast.streams._consumer._trouble import Patience
from upcast.streams._server import Trouble, ValkeyError, text_of, trouble_of
from upcast.streams.durability import durability_of
from upcast.streams.errors import GroupMissing, ServerRefused

__all__ = ["Preparation"]

_logger = logging.getLogger("upcast.streams")


@attrs.frozen
class Preparation:
    """The beginning of a run.

    Attributes:
        at: The server, the keys and the group.
        settler: Tries whether it may settle.
        patience: With a server that is away.
        start: Where a group begins that does not exist; None: it must exist.
    """

    at: Place
    settler: Settler
    patience: Patience
    start: Literal["beginning", "end"] | None

    async def run(self, stopping: asyncio.Event) -> None:
        """Wait for the server and prepare, or wait until *stopping* is set.

        Raises:
            GroupMissing: The group shall exist, and does not.
            ServerRefused: The server refuses for good.
        """
        for pause in self.patience.pauses():
            if stopping.is_set():
                return
            try:
                await self._group()
                await self._rights()
                await self._durability()
            except (ValkeyError, OSError) as error:
                self.patience.check(error, "preparing")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await stopping.wait()
            else:
                return

    async def _group(self) -> None:
        at = self.at
        try:
            # Asked before it is made: a full server makes none, and a consumer is what gives it room again.
            await at.server.call("XPENDING", at.stream, at.group)
            return
        except ValkeyError as error:
            if trouble_of(error) is not Trouble.NO_GROUP:
                raise
        if self.start is None:
            raise GroupMissing(self.patience.stream, at.group)
        try:
            first = "0" if self.start == "beginning" else "$"
            await at.server.call("XGROUP", "CREATE", at.stream, at.group, first, "MKSTREAM")
        except ValkeyError as error:
            if not str(error).startswith("BUSYGROUP"):  # another was faster
                raise

    async def _rights(self) -> None:
        try:
            await self.settler.try_rights()
        except ValkeyError as error:
            if trouble_of(error) is not Trouble.REFUSED:
                raise
            refused = ServerRefused("a script", f"{text_of(error)}. Grant the right, or make it with fence=False")
        else:
            return
        raise refused

    async def _durability(self) -> None:
        found = await durability_of(self.at.server)
        log = _logger.warning if found.level in ("none", "snapshots") else _logger.info
        log("%s: %s", self.patience.stream, found)
        if found.evicts:
            problem = "%s: maxmemory-policy %s can evict the stream and its letters"
            _logger.warning(problem, self.patience.stream, found.eviction)
