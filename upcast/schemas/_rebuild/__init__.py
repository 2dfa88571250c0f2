"""Decoders made of a schema snapshot alone: would a worker of that version have taken this payload?

`rebuild` has the family's own library read by the shapes of a view, so the answer is that library's, long after the
class is gone; `decoder_of` asks a class that is still there.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from upcast.schemas._rebuild._classes import decoder_of
from upcast.schemas._rebuild._msgspec import Unbuildable, msgspec_decoder
from upcast.schemas._rebuild._places import gaps_of
from upcast.schemas._rebuild._plain import plain_decoder
from upcast.schemas._rebuild._refused import Refused
from upcast.schemas.shapes import View

__all__ = ["Rebuilt", "Refused", "decoder_of", "rebuild"]


@attrs.frozen
class Rebuilt:
    """A decoder of payloads.

    Attributes:
        decode: JSON text to plain values that can be compared with `==`; raises `Refused`.
        gaps: JSON pointers of the places, `*` for items and keys, where the class had the last word by code of its
            own, or where it could not be rebuilt: there neither a yes nor a no is certain.
    """

    decode: Callable[[bytes], object]
    gaps: tuple[str, ...]


def rebuild(view: View, family: str) -> Rebuilt:
    """A decoder of what a class reads.

    Args:
        view: The reader of its schema snapshot.
        family: Whose decoder it is: `pydantic`, `msgspec`, or `json-schema` for a strict one of our own, which also
            takes the place of msgspec's where msgspec has no type for a shape.
    """
    if family == "pydantic":
        from upcast.schemas._rebuild._pydantic import pydantic_decoder

        return Rebuilt(pydantic_decoder(view), gaps_of(view))
    unbuildable: tuple[str, ...] = ()
    if family == "msgspec":
        try:
            return Rebuilt(msgspec_decoder(view), gaps_of(view))
        except Unbuildable as error:
            unbuildable = error.places
    decode = plain_decoder(view, whole_floats=family == "json-schema")
    return Rebuilt(decode, tuple(dict.fromkeys((*gaps_of(view), *unbuildable))))
