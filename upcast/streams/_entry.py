"""What all who read stream entries share: the codec for them, their fields and their ids."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from upcast._codec import Codec
from upcast._formats import StreamEntry
from upcast.errors import MalformedEvent, RegistryError

__all__ = ["entry_number", "fields_of", "number_id", "reader"]

_ID = re.compile(r"(0|[1-9][0-9]{0,19})-(0|[1-9][0-9]{0,19})\Z")
_HALF = 1 << 64


def fields_of(values: Sequence[bytes]) -> dict[bytes, bytes]:
    """The fields of an entry, from its fields and values in turn.

    Raises:
        MalformedEvent: A field stands twice, `duplicate-key`: readers would differ about which one counts.
    """
    pairs = iter(values)
    # Half the time of slices and `strict`, for each entry; a value that is left over counts as a field twice below.
    fields = dict(zip(pairs, pairs))  # noqa: B905
    if 2 * len(fields) < len(values):
        raise MalformedEvent("a field of the entry stands twice", detail="duplicate-key")
    return fields


def reader(codec: Codec[Any]) -> Codec[dict[bytes, bytes]]:
    """The codec for entries of a stream, of a codec for anything.

    Raises:
        RegistryError: It is none, or was made for `Flat` events.
    """
    if not isinstance(codec, Codec):
        raise RegistryError(f"expected a codec, got a {type(codec).__qualname__}: pass events.codec()")
    return codec.with_envelope(StreamEntry())


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
