"""What a consumer does about a server that refuses or is away."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import attrs

from upcast.streams._server import Trouble, text_of, trouble_of
from upcast.streams.errors import GroupMissing, ServerRefused

__all__ = ["Patience"]

_logger = logging.getLogger("upcast.streams")

_FIRST, _LONGEST = 0.05, 5.0
"""Seconds between two tries to reach a server."""


@attrs.frozen
class Patience:
    """With what passes.

    Attributes:
        stream: The key of the stream, for errors and logs.
        group: The consumer group.
    """

    stream: str
    group: str

    def check(self, error: Exception, doing: str) -> None:
        """Log what passes.

        Raises:
            GroupMissing: The stream or its group is gone.
            ServerRefused: It would be refused again.
        """
        trouble = trouble_of(error)
        if trouble is Trouble.NO_GROUP:
            raise GroupMissing(self.stream, self.group) from None
        if trouble is Trouble.REFUSED:
            raise ServerRefused(f"a command for {doing}", text_of(error)) from None
        _logger.warning("%s %s: %s; waiting for the server", doing, self.stream, text_of(error))

    def pauses(self) -> Iterator[float]:
        """Yield the seconds to wait before each further try."""
        pause = _FIRST
        while True:
            yield pause
            pause = min(2 * pause, _LONGEST)
