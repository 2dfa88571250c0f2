"""What a handler is told about the delivery of its event."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from upcast.streams._names import ORIGIN, REPLAYS

__all__ = ["Delivery"]

_MAX_DIGITS = 9


class Delivery(msgspec.Struct, frozen=True, eq=False, weakref=True):
    """One delivery of an entry to a handler.

    The same event can be delivered more than once, after a crash or a lost connection for instance. A handler that
    must not act twice remembers `identity`, in the same transaction as what it does.

    Attributes:
        stream: The key of the stream.
        group: The consumer group.
        id: The entry id.
        attempt: Which attempt this is, from 1; hand-backs and crashes do not count.
        index: Which part of a split this event is; 0 for an event that was not split.
        fields: The fields of the entry as they are stored, payload (`data`) and headers among them.
        replays: How often the entry was replayed from the dead letter office, as far as is known.
    """

    stream: str
    group: str
    id: str
    attempt: int
    index: int
    fields: Mapping[bytes, bytes]
    replays: int = 0

    @property
    def event_type(self) -> str:
        """The type as stored."""
        return self.fields[b"type"].decode()

    @property
    def schema_version(self) -> int | None:
        """The version as stored; None for unversioned history."""
        version = self.fields.get(b"schema_version")
        return None if version is None else int(version)

    @property
    def event_id(self) -> str | None:
        """The event's own id, if it has one."""
        identity = self.fields.get(b"id")
        return None if identity is None else identity.decode()

    @property
    def identity(self) -> str:
        """What is the same however often this event is delivered, also after a replay, and differs for others.

        The event's own id, or where it has none the id of its first entry; and its index, since the parts of a split
        share the id.
        """
        first = self.event_id or self.fields.get(ORIGIN, self.id.encode()).decode()
        return f"{first}/{self.index}"


def replays_of(fields: Mapping[bytes, bytes]) -> int:
    """How often an entry says that it was replayed; anybody can write anything there."""
    text = fields.get(REPLAYS, b"")
    return int(text) if text.isdigit() and len(text) <= _MAX_DIGITS else 0
