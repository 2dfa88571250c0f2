r"""Declarative steps: what happens to a payload between two versions, as data.

A step is a frozen value with a readable `repr`. Where it holds no code it has a JSON form, and where one exists it
has an inverse. Fields are named by dotted paths (`"address.zip"`); a dot that belongs to a name is written `\.`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from upcast._json import parse
from upcast._paths import Path, dotted, parse_path
from upcast._steps import (
    Add,
    Convert,
    JoinFields,
    MapValues,
    Nested,
    Relocate,
    Remove,
    SplitField,
    Step,
    Unwrap,
    Wrap,
)
from upcast._steps._arguments import (
    check_apart,
    constant_text,
    contains,
    inner_steps,
    key_name,
    part_paths,
    separator_text,
)
from upcast._steps._values import typed
from upcast.errors import InvalidStep

__all__ = [
    "Step",
    "add",
    "convert",
    "each",
    "join_fields",
    "map_values",
    "move",
    "remove",
    "rename",
    "split_field",
    "unwrap",
    "within",
    "wrap",
]


def _relocate(verb: str, source: Path, target: Path) -> Step:
    if contains(source, target) or contains(target, source):
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
    return Add(parse_path(field, "add"), constant_text(value, f"add({field!r}, ...)"))


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
        InvalidStep: The table is empty, has keys that are no JSON scalars or are the same one, or values without a
            JSON form.
    """
    path = parse_path(field, "map_values")
    if not mapping:
        raise InvalidStep(f"map_values({field!r}, ...) has an empty table")
    where = f"map_values({field!r}, ...)"
    old_values = [parse(constant_text(old, where)) for old in mapping]
    for old in old_values:
        if isinstance(old, dict | list):
            raise InvalidStep(f"{where}: {old!r} is no JSON scalar")
    if len(set(map(typed, old_values))) < len(old_values):
        raise InvalidStep(f"{where}: two of its keys are the same value in JSON")
    if None in old_values and not nulls:
        raise InvalidStep(f"{where} maps None, which only happens with nulls=True")
    pairs = tuple((old, constant_text(new, where)) for old, new in zip(old_values, mapping.values(), strict=True))
    rest = None if default is _NO_DEFAULT else constant_text(default, where)
    return MapValues(path, pairs, rest, nulls)


def wrap(field: str, *, key: str | None = None, nulls: bool = False) -> Step:
    """Put the value of a field into an object or array of its own: `5` becomes `{"amount": 5}` or `[5]`.

    Its inverse is `unwrap`.

    Args:
        field: The path of the field. Where the payload does not have it, nothing happens.
        key: The name of the object's only member; without one the value becomes the only item of an array.
        nulls: Whether null is wrapped too; by default it is left alone.

    Raises:
        InvalidStep: The path or the key is empty, or the key is a path.
    """
    return Wrap(parse_path(field, "wrap"), key_name(key, "wrap"), nulls)


def unwrap(field: str, *, key: str | None = None, nulls: bool = False) -> Step:
    """Take the value of a field out of an object or array that holds nothing else, as `wrap` made it.

    An object with other members or without the one called *key*, an array that has not exactly one item, and a
    value that is neither fail the step: nothing is lost. Its inverse is `wrap`.

    Args:
        field: The path of the field. Where the payload does not have it, or it is null, nothing happens.
        key: The name of the object's only member; without one the value is an array.
        nulls: Whether the inverse wraps null too.

    Raises:
        InvalidStep: The path or the key is empty, or the key is a path.
    """
    return Unwrap(parse_path(field, "unwrap"), key_name(key, "unwrap"), nulls)


def split_field(field: str, *, into: Iterable[str], separator: str) -> Step:
    """Divide a text at the first separators into as many fields as are named; the last one takes the rest.

    The field goes, and what stands at the targets is replaced. A text of fewer parts, and what is no text, fail the
    step. A null becomes a null at every target, so that it is not lost. Its inverse is `join_fields`.

    Args:
        field: The path of the field. Where the payload does not have it, nothing happens.
        into: The paths of the parts, at least two; one of them may be *field* itself.
        separator: What stands between the parts.

    Raises:
        InvalidStep: There are fewer than two targets, a path is empty, or one path contains another; or the
            separator is empty.
    """
    targets = part_paths(into, "split_field", "into")
    source = parse_path(field, "split_field")
    check_apart("split_field", source, targets)
    return SplitField(source, targets, separator_text(separator, "split_field"))


def join_fields(fields: Iterable[str], *, to: str, separator: str) -> Step:
    """Make one text of several, with a separator between them.

    The fields go, and what stands at *to* is replaced. Where the payload has none of the fields, nothing happens;
    where it has some of them, or one is no text, the step fails. Where all are null, the result is null. Its inverse
    is `split_field`, which cannot tell a separator inside a text from those between them.

    Args:
        fields: The paths of the texts, in order, at least two.
        to: The path of the result; it may be one of the fields.
        separator: What is put between the texts.

    Raises:
        InvalidStep: There are fewer than two fields, a path is empty, or one path contains another; or the separator
            is empty.
    """
    sources = part_paths(fields, "join_fields", "fields")
    target = parse_path(to, "join_fields")
    check_apart("join_fields", target, sources)
    return JoinFields(sources, target, separator_text(separator, "join_fields"))


def within(field: str, *steps: Step) -> Step:
    """Do steps to the object in a field, with paths that start inside it.

    A value that is not an object fails the step. It has an inverse if all of its steps have one.

    Args:
        field: The path of the field. Where the payload does not have it, or it is null, nothing happens.
        steps: The steps, in order.

    Raises:
        InvalidStep: The path is empty, there are no steps, or one is no step.
    """
    return Nested(parse_path(field, "within"), inner_steps(steps, "within"), many=False)


def each(field: str, *steps: Step) -> Step:
    """Do steps to every object of the array in a field, with paths that start inside the object.

    A null item is left alone. An item that is not an object, and a value that is not an array, fail the step. It has
    an inverse if all of its steps have one.

    Args:
        field: The path of the field. Where the payload does not have it, or it is null, nothing happens.
        steps: The steps, in order.

    Raises:
        InvalidStep: The path is empty, there are no steps, or one is no step.
    """
    return Nested(parse_path(field, "each"), inner_steps(steps, "each"), many=True)
