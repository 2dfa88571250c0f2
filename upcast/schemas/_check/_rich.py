"""Which payloads are run to see whether the chain is steady, and payloads that show it best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from upcast._json import read_payload, reads_value, write_payload
from upcast.schemas._check._subject import Past, Stored
from upcast.schemas._sampler import encode, shape_samples
from upcast.schemas.shapes import AnyShape, Array, MapOf, Record, Tagged, TupleOf, Unions, View

__all__ = ["longer", "telling"]

_MANY = 6  # different items of a list: enough that no two hash seeds order them alike by chance


def telling(past: Past, accepted: Sequence[Stored], *, limit: int = 8) -> list[Stored]:
    """Some of the accepted payloads, as different as can be, and one whose lists are long; the shortest come first."""
    made = [stored for stored in accepted if not stored.fixture]
    recorded = [stored for stored in accepted if stored.fixture]
    step = max(1, len(made) // limit)
    found = [*made[::step][:limit], *recorded[:limit]]
    whole = [stored for stored in made if not stored.about]
    if whole:
        fullest = max(whole, key=lambda stored: len(stored.payload))
        rich = longer(past.schema.written, fullest.payload)
        known = {stored.payload for stored in found}
        if rich not in known and past.takes(rich) and past.chained.run(rich).refusal is None:
            found.append(Stored(rich))
    return sorted(found, key=lambda stored: len(stored.payload))


def longer(view: View, payload: bytes) -> bytes:
    """A payload whose lists and maps have several entries, as different as can be."""
    value = read_payload(payload, keep_literals=True)
    return write_payload(_longer(view, view.root, value), check_finite=False)


def _longer(view: View, shape: AnyShape, value: Any) -> Any:
    shape = view.resolve(shape)
    if isinstance(shape, Unions):
        for member in shape.members:
            longer = _longer(view, member, value)
            if longer != value:
                return longer
    elif isinstance(shape, Tagged) and isinstance(value, dict):
        tag = value.get(shape.discriminator)
        variant = next((variant.shape for variant in shape.variants if variant.tag == tag), None)
        return value if variant is None else _longer(view, variant, value)
    elif isinstance(shape, Record) and isinstance(value, dict):
        inner = {member.key: member.shape for member in shape.members if len(member.places[0]) == 1}
        return {key: _longer(view, inner[key], item) if key in inner else item for key, item in value.items()}
    elif isinstance(shape, Array) and isinstance(value, list):
        items = [_longer(view, shape.items, item) for item in value]
        read = reads_value(keep_literals=True)
        for item in map(read, map(encode, shape_samples(shape.items, view))):
            if len(items) < (_MANY if shape.max_items is None else min(_MANY, shape.max_items)) and item not in items:
                items.append(item)
        return items
    elif isinstance(shape, TupleOf) and isinstance(value, list):
        shapes = [*shape.items, *([shape.rest] * len(value) if shape.rest else [])]
        return [_longer(view, inner, item) for inner, item in zip(shapes, value, strict=False)]
    elif isinstance(shape, MapOf) and isinstance(value, dict) and value:
        some = _longer(view, shape.values, next(iter(value.values())))
        keys = [key for key in shape_samples(shape.keys, view) if isinstance(key, str)]
        return {**value, **dict.fromkeys(keys[: _MANY - len(value)], some)}
    return value
