"""Payloads that a writer may have written: made of a schema snapshot, at and just inside its limits.

They are the same at every run. Each of them differs from the plainest payload, or from the fullest, in one place, so
that a refusal points at one thing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from upcast.schemas._rebuild import Refused, rebuild
from upcast.schemas._rebuild._places import below, pointer, walk
from upcast.schemas._sampler._build import NOTHING, Builder
from upcast.schemas._sampler._lax import spellings
from upcast.schemas._sampler._scalars import encode
from upcast.schemas._sampler._tree import places, undeclared_key, variations
from upcast.schemas.shapes import AnyShape, Record, Reference, View

__all__ = ["Sample", "encode", "lax_samples", "samples", "shape_samples", "unsampled", "with_unknown"]

_ODD: tuple[Any, ...] = ("text", 7, None, True, [], {})

_PLACES = 4  # looked at for each sample: many places have nothing of their own


@attrs.frozen
class Sample:
    """A payload.

    Attributes:
        payload: It, as JSON text.
        about: The JSON pointer of the one place in which it differs from the plainest payload, or which it lacks of
            the fullest; `*` for items, entries and undeclared members. An object whose members were compared with
            each other is one place. Empty for the payload as a whole.
    """

    payload: bytes
    about: str


def samples(view: View, *, limit: int = 64) -> list[Sample]:
    """Payloads of a writer: the plainest, the fullest, and from there place by place.

    Every place has its turn before any has its next, and what matters most comes first.

    Args:
        view: What the writer writes.
        limit: How many there may be.

    Returns:
        The payloads; none where something that is always written is of a shape of which nothing is known.
    """
    found: dict[bytes, str] = {}
    for about, value in _varied(view, view.root, limit):
        found.setdefault(encode(value), about)
        if len(found) == limit:
            break
    return [Sample(payload, about) for payload, about in found.items()]


def shape_samples(shape: AnyShape, view: View, *, limit: int = 64) -> list[Any]:
    """JSON values of one shape of a view, the plainest first; they share parts and are not to be changed.

    Where a number is a `Decimal`, `encode` writes it with all its digits.
    """
    found: dict[bytes, Any] = {}
    for _, value in _varied(view, shape, limit):
        found.setdefault(encode(value), value)
        if len(found) == limit:
            break
    return list(found.values())


def _varied(view: View, root: AnyShape, limit: int) -> Iterator[tuple[str, Any]]:
    builder = Builder(view)
    plainest = builder.least(root)
    if plainest is NOTHING:
        return
    yield "", plainest
    turns = [kind for place in places(builder, root, _PLACES * limit) for kind in variations(builder, place)]
    while turns:
        going = []
        for turn in turns:
            found = next(turn, None)
            if found is not None:
                yield found
                going.append(turn)
        turns = going


def unsampled(view: View) -> tuple[str, ...]:
    """The places for which no value could be made, as JSON pointers: no sample has anything there."""
    builder = Builder(view)
    met: set[str] = set()
    found: dict[str, None] = {}

    def is_empty(shape: AnyShape) -> bool:
        return builder.least(shape) is NOTHING

    for place, shape in walk(view):
        if isinstance(shape, Reference):
            met.add(shape.name)
        # A definition that was met is not to blame: it has a place of its own, or stands within itself without end.
        inner = [
            each for _, each in below(view.resolve(shape)) if not (isinstance(each, Reference) and each.name in met)
        ]
        if is_empty(shape) and not any(map(is_empty, inner)):
            found[place] = None
    return tuple(found)


def lax_samples(view: View, family: str, *, limit: int = 64) -> list[Sample]:
    """Payloads in spellings that no writer writes, and that a reader takes nevertheless: `"1"` for a number.

    Args:
        view: The reader.
        family: Its family, as in `upcast.schemas._rebuild.rebuild`.
        limit: How many there may be.
    """
    builder, decode = Builder(view), rebuild(view, family).decode
    found = {sample.payload: sample for sample in samples(view, limit=4 * limit)}
    known = set(found)
    lax: dict[bytes, Sample] = {}
    turns = [
        [(place, value) for value in spellings(place.shape)] for place in places(builder, view.root, _PLACES * limit)
    ]
    for place, value in (each for turn in itertools.zip_longest(*turns) for each in turn if each is not None):
        whole = place.wrap(value)
        if whole is NOTHING:
            continue
        sample = Sample(encode(whole), place.pointer)
        if sample.payload not in known and sample.payload not in lax and _takes(decode, sample.payload):
            lax[sample.payload] = sample
            if len(lax) == limit:
                break
    return list(lax.values())


def _takes(decode: Callable[[bytes], object], payload: bytes) -> bool:
    try:
        decode(payload)
    except Refused:
        return False
    return True


def with_unknown(view: View, *, name: str = "", contents: Sequence[Any] = _ODD, limit: int = 64) -> list[Sample]:
    """Payloads with a member that is not declared, for each object that may have such and each kind of content.

    Args:
        view: What the writer writes, or the reader reads.
        name: What the member is called; a name that is nowhere declared by default. An object that declares it is
            passed over.
        contents: JSON values of the member.
        limit: How many payloads there may be.
    """
    builder = Builder(view)
    found: dict[bytes, Sample] = {}
    for place in places(builder, view.root, _PLACES * limit):
        shape = place.shape
        if not isinstance(shape, Record) or shape.extra == "forbid":
            continue
        least, key = builder.least(shape, frozenset(), place.fixed), name or undeclared_key(shape)
        if least is NOTHING or key in least or any(path[0] == key for each in shape.members for path in each.places):
            continue
        for content in contents:
            whole = place.wrap({**least, key: content})
            if whole is not NOTHING and len(found) < limit:
                found.setdefault(encode(whole), Sample(encode(whole), place.pointer + pointer([key])))
    return list(found.values())
