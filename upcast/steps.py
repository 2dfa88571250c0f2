r"""Declarative steps: what happens to a payload between two versions, as data.

A step is a frozen value with a readable `repr`. Where it holds no code it has a JSON form, and where one exists it
has an inverse. Fields are named by dotted paths (`"address.zip"`); a dot that belongs to a name is written `\.`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from upcast._json import is_finite, parse
from upcast._paths import Path, dotted, parse_path
from upcast._steps import Add, Convert, MapValues, Relocate, Remove, Step
from upcast.errors import InvalidStep

__all__ = ["Step", "add", "convert", "map_values", "move", "remove", "rename"]


def _constant(value: object, where: str) -> bytes:
    """A constant of a step as JSON text: frozen, and a fresh value whenever it is read."""
    try:
        finite = is_finite(msgspec.to_builtins(value, builtin_types=(Decimal,)))
        text = msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidStep(f"{where}: {type(value).__name__} has no JSON form ({error})") from error
    if not finite:
        raise InvalidStep(f"{where}: NaN and infinity have no JSON form")
    return text


def _relocate(verb: str, source: Path, target: Path) -> Step:
    shorter = min(len(source), len(target))
    if source[:shorter] == target[:shorter]:
        raise InvalidStep(f"{verb}({dotted(source)!r}, to={dotted(target)!r}) would move a field into itself")
    return Relocate(source, target, verb)


def rename(field: str, *, to: str) -> Step:
    """Give a top-level field another name.

    Where the payload has *field*, it moves to *to*, replacing what stands there; where it has not, *to* is left
    alone.

    Args:
        field: The old name.
        to: The new name.

    Raises:
        InvalidStep: A name is empty, both are the same, or one is a path: `move` takes paths.
    """
    source, target = parse_path(field, "rename"), parse_path(to, "rename")
    if len(source) > 1 or len(target) > 1:
        raise InvalidStep(f"rename takes the names of top-level fields; for paths write move({field!r}, to={to!r})")
    return _relocate("rename", source, target)


def move(field: str, *, to: str) -> Step:
    """Move a field to another place, making the objects on the way.

    Where the payload has *field*, it moves to *to*, replacing what stands there; where it has not, nothing happens.
    A value that is not an object in the way of *to* fails the step.

    Args:
        field: The old path.
        to: The new path.

    Raises:
        InvalidStep: A path is empty, or one contains the other.
    """
    return _relocate("move", parse_path(field, "move"), parse_path(to, "move"))


def add(field: str, value: object) -> Step:
    """Add a field with a constant, where the payload does not have it.

    Each payload gets a fresh copy. The constant is checked against the class's field by `Registry.codec()`. The
    objects on the way of a path are made; a value that is not an object in the way fails the step.

    Args:
        field: The path of the new field.
        value: A constant with a JSON form; datetimes, decimals, UUIDs and enums are written as msgspec writes them.

    Raises:
        InvalidStep: The path is empty, or the constant has no JSON form.
    """
    return Add(parse_path(field, "add"), _constant(value, f"add({field!r}, ...)"))


def remove(field: str) -> Step:
    """Remove a field; where the payload does not have it, nothing happens.

    Args:
        field: The path of the field.

    Raises:
        InvalidStep: The path is empty.
    """
    return Remove(parse_path(field, "remove"))


def convert(
    field: str,
    function: Callable[[Any], Any],
    *,
    inverse: Callable[[Any], Any] | None = None,
    nulls: bool = False,
) -> Step:
    """Pass the value of a field through a function.

    Args:
        field: The path of the field. Where the payload does not have it, nothing happens.
        function: Takes the value, returns the new one, which must have a JSON form.
        inverse: The function that undoes it, for downcasts.
        nulls: Whether null is passed to the function as None; by default it is left alone.

    Raises:
        InvalidStep: The path is empty, or a function is not callable.
    """
    path = parse_path(field, "convert")
    if not callable(function) or not (inverse is None or callable(inverse)):
        raise InvalidStep(f"convert({field!r}, ...) takes functions")
    return Convert(path, function, inverse, nulls)


_NO_DEFAULT: Final = object()


def map_values(
    field: str, mapping: Mapping[Any, object], *, default: object = _NO_DEFAULT, nulls: bool = False
) -> Step:
    """Replace the value of a field by another, from a table.

    Args:
        field: The path of the field. Where the payload does not have it, nothing happens.
        mapping: Old values (strings, numbers, booleans; None with `nulls=True`) to new ones. `1`, `1.0` and `True`
            are different values, as in JSON.
        default: What a value becomes that is not in the table; without one it fails the step.
        nulls: Whether null is looked up too; by default it is left alone.

    Raises:
        InvalidStep: The table is empty, has keys that are no JSON scalars, or values without a JSON form.
    """
    path = parse_path(field, "map_values")
    if not mapping:
        raise InvalidStep(f"map_values({field!r}, ...) has an empty table")
    where = f"map_values({field!r}, ...)"
    old_values = [parse(_constant(old, where)) for old in mapping]
    for old in old_values:
        if isinstance(old, dict | list):
            raise InvalidStep(f"{where}: {old!r} is no JSON scalar")
    if None in old_values and not nulls:
        raise InvalidStep(f"{where} maps None, which only happens with nulls=True")
    pairs = tuple((old, _constant(new, where)) for old, new in zip(old_values, mapping.values(), strict=True))
    rest = None if default is _NO_DEFAULT else _constant(default, where)
    return MapValues(path, pairs, rest, nulls)
