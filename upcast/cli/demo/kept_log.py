"""What the library logs, kept away from the terminal."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

__all__ = ["KeptLog"]


class KeptLog(logging.Handler):
    """Keeps what the library logs away from the terminal: the report shows a line of it.

    Attributes:
        first: The first line about a refused event.
        lines: How many there were.
    """

    _logger = logging.getLogger("upcast")

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.first = ""
        self.lines = 0
        self._propagated = self._logger.propagate

    def emit(self, record: logging.LogRecord) -> None:
        """Count a line of a codec; what the consumer says of it comes on top."""
        if record.name == self._logger.name:
            self.first = self.first or record.getMessage()
            self.lines += 1

    def __enter__(self) -> Self:
        self._logger.addHandler(self)
        self._logger.propagate = False
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.propagate = self._propagated
        self._logger.removeHandler(self)
