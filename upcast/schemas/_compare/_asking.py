"""What a reader does with one value at one place: answered by its own library, on a decoder of that place alone."""

from __future__ import annotations

import functools
from typing import Any, Final

import attrs

from upcast.schemas._rebuild import Rebuilt, Refused, rebuild
from upcast.schemas._sampler import encode
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    MapOf,
    Member,
    Record,
    Reference,
    Tagged,
    TupleOf,
    Unions,
    View,
)

__all__ = ["REFUSED", "Asking"]

_KEY = "v"

REFUSED: Final = object()
"""What `Asking.read` says of a value that is not taken."""


@attrs.define
class Asking:
    """The decoders of the places of one view.

    Attributes:
        view: The view.
        family: Whose decoders they are.
    """

    view: View
    family: str
    _own: dict[AnyShape, Rebuilt] = attrs.field(factory=dict, init=False)

    def read(self, shape: AnyShape, value: Any) -> Any:
        """What *shape* makes of *value*, or `REFUSED`."""
        try:
            return self._decoder(shape).decode(encode({_KEY: value}))
        except Refused:
            return REFUSED

    def takes(self, shape: AnyShape, value: Any) -> bool:
        """Whether *shape* takes *value*."""
        return self.read(shape, value) is not REFUSED

    def takes_key(self, keys: AnyShape, text: str) -> bool:
        """Whether *keys*, the shape of the keys of a map, take *text*."""
        return self.takes(MapOf(keys=keys, values=Anything()), {text: None})

    def _decoder(self, shape: AnyShape) -> Rebuilt:
        if not _refers(shape):
            return _alone(shape, self.family)
        if shape not in self._own:
            self._own[shape] = rebuild(View(root=_holding(shape), definitions=self.view.definitions), self.family)
        return self._own[shape]


def _holding(shape: AnyShape) -> Record:
    return Record(members=(Member(name=_KEY, shape=shape, required=True),))


@functools.lru_cache(maxsize=8192)
def _alone(shape: AnyShape, family: str) -> Rebuilt:
    # Most places of most events are one of a few shapes.
    return rebuild(View(root=_holding(shape)), family)


def _refers(shape: AnyShape) -> bool:
    match shape:
        case Reference():
            return True
        case Record():
            return any(_refers(m.shape) for m in shape.members) or (shape.extras is not None and _refers(shape.extras))
        case Array():
            return _refers(shape.items)
        case TupleOf():
            return any(map(_refers, shape.items)) or (shape.rest is not None and _refers(shape.rest))
        case MapOf():
            return _refers(shape.keys) or _refers(shape.values)
        case Unions():
            return any(map(_refers, shape.members))
        case Tagged():
            return any(_refers(variant.shape) for variant in shape.variants)
        case _:
            return False
