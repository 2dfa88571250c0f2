"""The one line that is logged for a refused event."""

from __future__ import annotations

import logging

from upcast.errors import RefusedEvent

__all__ = ["log_refusal"]

_logger = logging.getLogger("upcast")


def log_refusal(error: RefusedEvent) -> None:
    """Log type, version, id, reason and field paths of a refused event; never a value of its payload."""
    fields = {
        "event_type": error.event_type,
        "schema_version": error.schema_version,
        "event_id": error.event_id,
        "reason": error.reason,
        "detail": error.detail,
        "paths": ",".join(error.paths),
    }
    _logger.warning(
        "refused event: %s", " ".join(f"{name}={value}" for name, value in fields.items() if value), extra=fields
    )
