"""What every wire format offers: methods for the hot path, and those for whoever wants to know everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeAlias, TypeVar

from upcast._envelope import Envelope

__all__ = ["Direct", "Format", "Header"]

WireT = TypeVar("WireT")

Header: TypeAlias = tuple[str, int | None, bytes]
"""Type, version (None where the envelope has none) and payload text."""


Direct: TypeAlias = Mapping[str, Mapping[int, Callable[[bytes], object]]]
"""What makes an object of a payload text, by type and version, where that is all there is to do."""


class Format(Protocol[WireT]):
    """How an envelope is written: `JsonEnvelope()`, `StreamEntry()`, `Flat()` or `CloudEvent(source=...)`."""

    @property
    def stamped(self) -> tuple[str, str] | None:
        """The payload's own members for type and version, where they stand inside it; else None."""

    def reader(self, max_bytes: int) -> Callable[[WireT], Header]:
        """A function that checks the bounds of a stored event and takes it apart; it raises `RefusedEvent`."""

    def decoder(
        self, direct: Direct, max_bytes: int, otherwise: Callable[[WireT], object]
    ) -> Callable[[WireT], object]:
        """The hot path: the least work in which a usual event is read and decoded.

        Args:
            direct: What decodes payloads.
            max_bytes: How long an event may be.
            otherwise: Takes every event that this is not for, and every one that it failed on, from the start.
        """

    def many(
        self, direct: Direct, max_bytes: int, decode: Callable[[WireT], object]
    ) -> Callable[[Sequence[WireT]], list[object]]:
        """The same for many events at once; *decode* is the function for one."""

    def envelope(self, raw: WireT) -> Envelope:
        """Everything around the payload of an event that the reader has accepted."""

    def write(self, envelope: Envelope, payload: bytes) -> WireT:
        """Put an envelope around a payload."""
