"""What a handler answers: values, not exceptions."""

from __future__ import annotations

import re
from typing import TypeAlias

import attrs

__all__ = ["Ack", "Reject", "Retry", "Settlement"]

_SLUG = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")


@attrs.frozen
class Ack:
    """It is done. A handler that returns None says the same."""


@attrs.frozen
class Retry:
    """It shall come again.

    Attributes:
        after: Seconds until then, at most the consumer's `min_idle`; None: as the policy says.
        charged: Whether this counts as an attempt. An uncharged retry can go on for ever.
    """

    after: float | None = None
    charged: bool = True

    def __attrs_post_init__(self) -> None:
        if self.after is not None and not 0 <= self.after < float("inf"):
            raise ValueError("after is a number of seconds from 0")


@attrs.frozen
class Reject:
    """It shall not come again: its bytes go to the dead letter office.

    Attributes:
        reason: Why, as a kebab-case slug such as `unsupported-currency`. It is stored and printed, so it must not be
            made of values of the event.
    """

    reason: str

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.reason, str) or len(self.reason) > 100 or not _SLUG.match(self.reason):
            raise ValueError("reason is a kebab-case slug of at most 100 characters, such as unsupported-currency")


Settlement: TypeAlias = Ack | Retry | Reject
"""What a handler may return; None means `Ack()`."""
