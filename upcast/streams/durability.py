"""What a server keeps when it, or its machine, dies: asked, not assumed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import attrs

from upcast.streams._server import Reply, Server, Trouble, trouble_of

__all__ = ["Durability", "Level", "durability_of"]

Level: TypeAlias = Literal["none", "snapshots", "unforced", "everysec", "always", "unknown"]
_LEVELS: Mapping[str, Level] = {"always": "always", "everysec": "everysec", "no": "unforced"}
_KEEPS = {
    "none": "nothing survives the death of the server",
    "snapshots": "what came after the last snapshot does not survive the death of the server",
    "unforced": "everything survives the death of the server; what is lost with its machine is up to the system",
    "everysec": "everything survives the death of the server; about a second may be lost with its machine",
    "always": "everything that was answered survives the death of the server and of its machine",
    "unknown": "the server does not tell: the user has no right to CONFIG GET",
}


@attrs.frozen
class Durability:
    """What a server keeps.

    Attributes:
        level: `none`, `snapshots` (RDB), `unforced`, `everysec` or `always` (append-only file, forced to the disk
            when the system likes, once a second, or before each answer), or `unknown`.
        eviction: The `maxmemory-policy`; anything but `noeviction` and `volatile-*` can evict streams and letters.
    """

    level: Level
    eviction: str = ""

    @property
    def evicts(self) -> bool:
        """Whether the server may throw away streams when its memory is full."""
        return self.eviction.startswith("allkeys-")

    def __str__(self) -> str:
        return f"durability {self.level}: {_KEEPS[self.level]}"


async def durability_of(server: Server) -> Durability:
    """Ask a server.

    Raises:
        ValkeyError: It is not there, or busy.
    """
    names = ("appendonly", "appendfsync", "save", "maxmemory-policy")
    settings: dict[str, str] = {}
    for reply in await server.send([("CONFIG", "GET", name) for name in names]):
        settings.update(_pairs(reply))
    if not settings.keys() >= {"appendonly", "appendfsync", "save"}:
        return Durability("unknown", settings.get("maxmemory-policy", ""))
    level: Level
    if settings["appendonly"] == "yes":
        level = _LEVELS.get(settings["appendfsync"], "unforced")
    else:
        level = "snapshots" if settings["save"] else "none"
    return Durability(level, settings.get("maxmemory-policy", ""))


def _pairs(reply: Reply) -> dict[str, str]:
    if isinstance(reply, Exception):
        if trouble_of(reply) is Trouble.REFUSED:
            return {}
        raise reply
    items = reply.items() if isinstance(reply, dict) else zip(reply[::2], reply[1::2], strict=True)
    return {name.decode(): value.decode() for name, value in items}
