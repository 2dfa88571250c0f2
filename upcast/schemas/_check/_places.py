"""The places of a payload that its schema snapshot declares, and other values for them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import attrs

from upcast._json import reads_value
from upcast.schemas._sampler import encode, shape_samples
from upcast.schemas.shapes import (
    AnyShape,
    Array,
    MapOf,
    Member,
    Null,
    Path,
    Record,
    Reference,
    Tagged,
    TupleOf,
    Unions,
    View,
)

__all__ = ["Leaf", "get_in", "has_in", "leaves", "others", "replaced", "without"]


@attrs.frozen
class Leaf:
    """A value in a payload that holds no declared places itself.

    Attributes:
        pointer: Its JSON pointer, `*` for items and keys of maps.
        path: Where it stands in this payload.
        shape: What it may be.
        optional: Whether a payload may lack it.
    """

    pointer: str
    path: Path
    shape: AnyShape
    optional: bool


def leaves(view: View, payload: Any) -> Iterator[Leaf]:
    """Every declared value of a payload; of a list and of a map those of the first entry."""
    yield from _leaves(view, view.root, payload, "", (), optional=False)


def _leaves(
    view: View, shape: AnyShape, value: Any, pointer: str, path: Path, *, optional: bool, but: str = ""
) -> Iterator[Leaf]:
    shape = _chosen(view, shape, value)
    if isinstance(shape, Tagged) and isinstance(value, dict):
        tag = value.get(shape.discriminator)
        variant = next((v.shape for v in shape.variants if type(v.tag) is type(tag) and v.tag == tag), None)
        if variant is not None:
            # Another tag would make it another variant: the tag is no place of its own.
            yield from _leaves(view, variant, value, pointer, path, optional=optional, but=shape.discriminator)
    elif isinstance(shape, Record) and isinstance(value, dict):
        for member in shape.members:
            place = _place(member, value)
            if place is not None and place != (but,):
                inner = f"{pointer}{''.join(f'/{_escaped(part)}' for part in place)}"
                yield from _leaves(
                    view, member.shape, get_in(value, place), inner, (*path, *place), optional=not member.required
                )
    elif isinstance(shape, Array | TupleOf | MapOf) and isinstance(value, dict | list) and value:
        key: str | int = next(iter(value)) if isinstance(value, dict) else 0
        inner_shape = _item(shape)
        if inner_shape is not None:
            yield from _leaves(view, inner_shape, value[key], f"{pointer}/*", (*path, key), optional=False)  # type: ignore[index]  # a key fits its container
    elif path:
        yield Leaf(pointer, path, shape, optional)


def _item(shape: Array | TupleOf | MapOf) -> AnyShape | None:
    if isinstance(shape, Array):
        return shape.items
    if isinstance(shape, MapOf):
        return shape.values
    return shape.items[0] if shape.items else shape.rest


def _chosen(view: View, shape: AnyShape, value: Any) -> AnyShape:
    """The shape, or the only member of a union that can hold an object or a list as *value* is one."""
    shape = view.resolve(shape)
    if isinstance(shape, Unions):
        members = [view.resolve(member) for member in shape.members]
        kinds = (Record, Tagged, MapOf) if isinstance(value, dict) else (Array, TupleOf)
        fitting = [member for member in members if isinstance(member, kinds)]
        if isinstance(value, dict | list) and len(fitting) == 1:
            return fitting[0]
        others = [member for member in members if not isinstance(member, Null)]
        if value is not None and len(others) == 1:
            return _chosen(view, others[0], value)
    return shape


def _place(member: Member, value: dict[str, Any]) -> Path | None:
    """Where a member stands in an object: the first of its places that is there."""
    return next((place for place in member.places if has_in(value, place)), None)


def _escaped(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def others(view: View, leaf: Leaf, limit: int) -> Iterator[Any]:
    """Values that may stand in a place, with numbers as they are written."""
    scalar = not isinstance(leaf.shape, Array | MapOf | Record | Reference | Tagged | TupleOf | Unions)
    yield from _scalars(leaf.shape, limit) if scalar else _written(leaf.shape, view, limit)


@functools.lru_cache(4096)
def _scalars(shape: AnyShape, limit: int) -> tuple[Any, ...]:
    """Values of a shape that needs no view; the same shapes are met in many versions and types."""
    return tuple(_written(shape, View(root=shape), limit))


def _written(shape: AnyShape, view: View, limit: int) -> Iterator[Any]:
    read = reads_value(keep_literals=True)
    for value in shape_samples(shape, view, limit=limit):
        yield read(encode(value))


# --- values at places -----------------------------------------------------------------------------------------------


def has_in(value: Any, path: Path) -> bool:
    """Whether something stands at a place."""
    try:
        get_in(value, path)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def get_in(value: Any, path: Path) -> Any:
    """What stands at a place."""
    for part in path:
        value = value[part]
    return value


def replaced(value: Any, path: Path, by: Any) -> Any:
    """A payload with something else at a place; what is not on the way there is shared."""
    if not path:
        return by
    first, rest = path[0], path[1:]
    if isinstance(value, list):
        return [replaced(item, rest, by) if index == first else item for index, item in enumerate(value)]
    return {**value, first: replaced(value[first], rest, by)}


def without(value: Any, path: Path) -> Any:
    """A payload without a member of an object in it."""
    inner = get_in(value, path[:-1])
    return replaced(value, path[:-1], {key: item for key, item in inner.items() if key != path[-1]})
