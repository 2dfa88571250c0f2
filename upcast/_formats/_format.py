"""What every wire format offers: one method for the hot path, one for those who want to know everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeVar

from upcast._envelope import Envelope

__all__ = ["Format", "Header"]

WireT = TypeVar("WireT")

Header: TypeAlias = tuple[str, int | None, bytes]
"""Type, version (None where the envelope has none) and payload text."""


class Format(Protocol[WireT]):
    """How an envelope is written: `JsonEnvelope()`, `StreamEntry()` or `Flat()`."""

    @property
    def stamped(self) -> tuple[str, str] | None:
        """The payload's own members for type and version, where they stand inside it; else None."""

    def reader(self, max_bytes: int) -> Callable[[WireT], Header]:
        """A function that checks the bounds of a stored event and takes it apart; it raises `RefusedEvent`."""

    def envelope(self, raw: WireT) -> Envelope:
        """Everything around the payload of an event that the reader has accepted."""

    def write(self, envelope: Envelope, payload: bytes) -> WireT:
        """Put an envelope around a payload."""
