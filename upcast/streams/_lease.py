"""An entry in the hands of this consumer."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

__all__ = ["Lease"]


@attrs.frozen(eq=False)
class Lease:
    """An entry that this consumer owns, until it settles it or somebody takes it over.

    Attributes:
        id: The entry id.
        values: Its fields and values in turn, as they stand in the stream; empty if it vanished.
        owner: The name under which it is owned.
        attempt: Which attempt this is, from 1.
        waits: How often it has waited for a newer release.
        crashes: How many consumers in a row died with it.
        replays: How often it was replayed, as far as its owner's name told.
    """

    id: bytes
    values: Sequence[bytes]
    owner: bytes
    attempt: int = 1
    waits: int = 0
    crashes: int = 0
    replays: int = 0
