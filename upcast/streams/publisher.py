"""The publisher: objects of today's classes into a stream."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from upcast._codec import Codec
from upcast.errors import EncodeError
from upcast.streams._entry import reader
from upcast.streams._names import stream_key
from upcast.streams._server import Command, Reply, Server, Unreachable, ValkeyError, text_of
from upcast.streams.errors import PublishFailed, PublishUncertain

if TYPE_CHECKING:
    import valkey.asyncio

__all__ = ["Publisher"]

_PAGE = 200


class Publisher:
    """Writes events to a stream, each stamped with its type and version.

    Nothing is trimmed: how long a stream may grow depends on what its groups still have to read, which no publisher
    knows. An event is sent once; where the reply is lost, `PublishUncertain` says so instead of storing it twice.

    Args:
        client: An asyncio client of valkey-py.
        codec: The finished codec of a registry; whatever its envelope, except `Flat`, entries are written with it.
        stream: The key of the stream.

    Raises:
        ClientRefused: The client is of another kind, or decodes what it reads.
        RegistryError: The codec is one for `Flat`.
        StreamError: The key cannot be used.
    """

    def __init__(self, client: valkey.asyncio.Valkey, codec: Codec[Any], *, stream: str) -> None:
        self._server = Server(client)
        self._codec = reader(codec)
        self._stream = stream
        self._key = stream_key(stream)

    async def publish(
        self,
        event: object,
        *,
        version: int | None = None,
        lossy: bool = False,
        id: str | None = None,
        time: str | dt.datetime | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> str:
        """Publish one event.

        Args:
            event: An object of a registered class.
            version: An older version to write instead, for readers that are not yet deployed.
            lossy: Whether an older version may lose what it cannot hold.
            id: The event's identity; a random UUID if none is given.
            time: When it happened; now if no time is given. A datetime must be aware.
            headers: Further fields of the entry; none may begin with `upcast-`.

        Returns:
            The entry id.

        Raises:
            EncodeError: The object cannot be stored so that it can be read back; nothing was sent.
            PublishFailed: It is not in the stream.
            PublishUncertain: The connection was lost on the way, and nobody knows.
        """
        if headers and any(name.startswith("upcast-") for name in headers):
            problem = "a header may not begin with upcast-: what does is for replays"
            raise EncodeError("invalid-argument", problem)
        identity = id or str(uuid.uuid4())
        time = time or dt.datetime.now(dt.UTC)
        fields = self._codec.encode(event, version=version, lossy=lossy, id=identity, time=time, headers=headers)
        (entry_id,) = await self._add([fields], [identity], [])
        return entry_id

    async def publish_many(self, events: Iterable[object]) -> list[str]:
        """Publish events in their order, in few round trips; each gets a random UUID and the present time.

        All of them are encoded before the first is sent.

        Returns:
            The entry ids.

        Raises:
            EncodeError: One of them cannot be stored so that it can be read back; nothing was sent.
            PublishFailed: The events of `event_ids` are not in the stream; `published` has the entry ids of the others.
            PublishUncertain: The connection was lost; nobody knows about the events of `event_ids`.
        """
        now = dt.datetime.now(dt.UTC)
        identities: list[str] = []
        entries = []
        for event in events:
            identities.append(str(uuid.uuid4()))
            entries.append(self._codec.encode(event, id=identities[-1], time=now))
        published: list[str] = []
        for start in range(0, len(entries), _PAGE):
            page = slice(start, start + _PAGE)
            published += await self._add(entries[page], identities[page], published)
        return published

    async def _add(
        self, entries: Sequence[Mapping[bytes, bytes]], identities: Sequence[str], before: Sequence[str]
    ) -> list[str]:
        commands: list[Command] = [("XADD", self._key, "*", *chain.from_iterable(entry.items())) for entry in entries]
        what = f"{len(commands)} events for {self._stream!r}" if len(commands) > 1 else f"an event for {self._stream!r}"
        try:
            replies: list[Reply] = await self._server.send(commands)
        except Unreachable as error:
            problem = f"the server cannot be reached with {what}: {text_of(error)}"
            raise PublishFailed(problem, event_ids=identities, published=before) from None
        except (ValkeyError, OSError) as error:
            problem = f"the connection was lost with {what} on the way: {text_of(error)}"
            raise PublishUncertain(problem, event_ids=identities, published=before) from None
        refusals = [reply for reply in replies if isinstance(reply, Exception)]
        added = [reply.decode() for reply in replies if not isinstance(reply, Exception)]
        if refusals:
            failed = [name for name, reply in zip(identities, replies, strict=True) if isinstance(reply, Exception)]
            share = f"{len(failed)} of " if len(failed) < len(commands) else ""
            problem = f"the server refuses {share}{what}: {text_of(refusals[0])}"
            raise PublishFailed(problem, event_ids=failed, published=[*before, *added])
        return added
