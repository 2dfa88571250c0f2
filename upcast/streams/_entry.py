"""What every reader of stream entries shares: their fields and their ids."""

from __future__ import annotations

import re
from collections.abc import Sequence

from upcast.errors import MalformedEvent

__all__ = ["entry_number", "fields_of", "number_id"]

_ID = re.compile(r"(0|[1-9][0-9]{0,19})-(0|[1-9][0-9]{0,19})\Z")
_HALF = 1 << 64


def fields_of(values: Sequence[bytes]) -> dict[bytes, bytes]:
    """The fields of an entry, from its fields and values in turn.

    Raises:
        MalformedEvent: A field stands twice, `duplicate-key`: readers would differ about which one counts.
    """
    fields = dict(zip(values[::2], values[1::2], strict=True))
    if 2 * len(fields) < len(values):
        raise MalformedEvent("a field of the entry stands twice", detail="duplicate-key")
    return fields


def entry_number(entry_id: str) -> int | None:
    """An entry id as one number, in the order of the stream; None for what is none, as the server writes them."""
    match = _ID.match(entry_id)
    if match is None:
        return None
    time, sequence = int(match[1]), int(match[2])
    return time * _HALF + sequence if time < _HALF and sequence < _HALF else None


def number_id(number: int) -> str:
    """The entry id of a number that `entry_number` made."""
    return "{}-{}".format(*divmod(number, _HALF))
