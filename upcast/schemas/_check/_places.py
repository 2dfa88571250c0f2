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
    Anything,
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

__all__ = ["Leaf", "get_in", "has_in", "leaves", "others", "plain", "replaced", "without"]


@attrs.frozen
class Leaf:
    """A value in a payload that holds no declared places itself.

    Attributes:
        key: Its JSON pointer, `*` for items and keys of maps, with marks: the same place of another variant, of a later
            entry or of another kind of value may have another fate.
        path: Where it stands in this payload.
        shape: What it may be.
        optional: Whether a payload may lack it.
        kind: The kind of JSON value that it is, where it may be of several; empty otherwise.
        undeclared: Whether it is not declared, but kept.
    """

    key: str
    path: Path
    shape: AnyShape
    optional: bool
    kind: str = ""
    undeclared: bool = False

    @property
    def pointer(self) -> str:
        """Its JSON pointer without marks."""
        return plain(self.key)


_MARK = "\x1f"
"""What a mark begins with: no pointer holds it, since it would be escaped in JSON."""


def plain(key: str) -> str:
    """A key without its marks."""
    return "/".join(part.partition(_MARK)[0] for part in key.split("/"))


def leaves(view: View, payload: Any) -> Iterator[Leaf]:
    """Every declared value of a payload; of a list and of a map those of three entries."""
    yield from _leaves(view, view.root, payload, "", (), optional=False)


def _leaves(
    view: View, shape: AnyShape, value: Any, key: str, path: Path, *, optional: bool, but: str = "", mark: str = ""
) -> Iterator[Leaf]:
    shape, chosen = _chosen(view, shape, value)
    mark += chosen
    if isinstance(shape, Tagged) and isinstance(value, dict):
        tag = value.get(shape.discriminator)
        variant = next((v.shape for v in shape.variants if type(v.tag) is type(tag) and v.tag == tag), None)
        if variant is not None:
            # Another tag would make it another variant: the tag is no place of its own.
            mark += f"{_MARK}{_escaped(str(tag))}"
            yield from _leaves(view, variant, value, key, path, optional=optional, but=shape.discriminator, mark=mark)
    elif isinstance(shape, Record) and isinstance(value, dict):
        for member in shape.members:
            place = _place(member, value)
            if place is not None and place != (but,):
                inner = f"{key}{''.join(f'/{_escaped(part)}' for part in place)}{mark}"
                yield from _leaves(
                    view, member.shape, get_in(value, place), inner, (*path, *place), optional=not member.required
                )
        declared = {place[0] for member in shape.members for place in member.places}
        undeclared = [name for name in value if name not in declared and name != but]
        if shape.extra == "keep" and undeclared:
            yield Leaf(
                f"{key}/*{mark}", (*path, undeclared[0]), shape.extras or Anything(), optional=True, undeclared=True
            )
    elif isinstance(shape, Array | TupleOf | MapOf) and isinstance(value, dict | list) and value:
        keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
        for name, at in _entries(shape, value, keys):
            inner_shape = _item(shape, at)
            if inner_shape is not None:
                yield from _leaves(view, inner_shape, value[at], f"{key}/*{name}", (*path, at), optional=False)
    elif path:
        kind = _kind(value) if isinstance(shape, Unions) and not isinstance(value, dict | list | None) else ""
        yield Leaf(f"{key}{_MARK}{kind}" if kind else key, path, shape, optional, kind)


def _entries(shape: Array | TupleOf | MapOf, value: Any, keys: list[Any]) -> Iterator[tuple[str, Any]]:
    """Some entries with their marks: what is done to the first need not be done to the others."""
    if isinstance(shape, TupleOf):
        yield from ((f"{_MARK}{at}" if at else "", at) for at in keys[: len(shape.items) + bool(shape.rest)])
        return
    yield "", keys[0]
    if len(keys) > 2:
        # Of those between the one that holds most, or the last of several.
        yield f"{_MARK}middle", max(reversed(keys[1:-1]), key=lambda at: _size(value[at]))
    if len(keys) > 1:
        yield f"{_MARK}last", keys[-1]


def _size(value: object) -> int:
    return len(value) if isinstance(value, dict | list) else 0


def _item(shape: Array | TupleOf | MapOf, at: Any) -> AnyShape | None:
    if isinstance(shape, Array):
        return shape.items
    if isinstance(shape, MapOf):
        return shape.values
    return shape.items[at] if at < len(shape.items) else shape.rest


def _chosen(view: View, shape: AnyShape, value: Any) -> tuple[AnyShape, str]:
    """The shape, or the member of a union that *value* is of, as far as that can be told; and the mark for that."""
    shape = view.resolve(shape)
    if isinstance(shape, Unions):
        members = [view.resolve(member) for member in shape.members]
        kinds = (Record, Tagged, MapOf) if isinstance(value, dict) else (Array, TupleOf)
        fitting = [member for member in members if isinstance(member, kinds)]
        if isinstance(value, dict | list) and len(fitting) == 1:
            return fitting[0], ""
        if isinstance(value, dict):
            found = [member for member in fitting if isinstance(member, Record) and _may_be(member, value)]
            if found:
                best = max(found, key=lambda member: sum(_place(each, value) is not None for each in member.members))
                return best, f"{_MARK}{fitting.index(best)}"
        others = [member for member in members if not isinstance(member, Null)]
        if value is not None and len(others) == 1:
            return _chosen(view, others[0], value)
    return shape, ""


def _may_be(record: Record, value: dict[str, Any]) -> bool:
    return all(_place(member, value) is not None for member in record.members if member.required)


def _kind(value: object) -> str:
    """The kind of a JSON value; integers and fractions are of one."""
    if isinstance(value, bool | str):
        return type(value).__name__
    return "number" if isinstance(value, int | float) else ""


def _place(member: Member, value: dict[str, Any]) -> Path | None:
    """Where a member stands in an object: the first of its places that is there."""
    return next((place for place in member.places if has_in(value, place)), None)


def _escaped(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def others(view: View, leaf: Leaf, limit: int) -> Iterator[Any]:
    """Values that may stand in a place, with numbers as they are written."""
    scalar = not isinstance(leaf.shape, Array | MapOf | Record | Reference | Tagged | TupleOf | Unions)
    found = _scalars(leaf.shape, limit) if scalar else _written(leaf.shape, view, limit)
    yield from (value for value in found if not leaf.kind or _kind(value) == leaf.kind)


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
