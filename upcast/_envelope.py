"""The envelope: what stands around a payload in a stored event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Envelope"]


@attrs.frozen
class Envelope:
    """What stands around a payload: handed to an upcaster that asks for it by `envelope=True`.

    Attributes:
        type: The event type as stored, before any `formerly` is resolved.
        schema_version: The version as stored, or None for unversioned history.
        id: The event's identity, or None.
        time: When it happened, as stored, or None.
        headers: Everything else, by name.
    """

    type: str
    schema_version: int | None
    id: str | None = None
    time: str | None = None
    headers: Mapping[str, Any] = attrs.field(factory=dict)
