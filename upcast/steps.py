r"""Declarative steps: what happens to a payload between two versions, as data.

A step is a frozen value with a readable `repr`. Where it holds no code it has a JSON form, and where one exists it
has an inverse. Fields are named by dotted paths (`"address.zip"`); a dot that belongs to a name is written `\.`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, Protocol, TypeAlias

import attrs
import msgspec

from upcast._json import is_finite, parse
from upcast._paths import ABSENT, Path, StepFailed, dotted, get, owned_parent, parse_path, put, take
from upcast.errors import InvalidStep
from upcast.typing import Payload

__all__ = ["Effect", "Step", "StepFailed", "add", "convert", "map_values", "move", "remove", "rename"]


@attrs.frozen
class Effect:
    """What a step does to paths, whatever the payload: enough to find a step that can never have anything to do.

    Attributes:
        reads: The path it needs to have something to do, or None.
        clears: The path that is absent afterwards, or None.
        sets: The path that may be present afterwards, or None.
    """

    reads: Path | None = None
    clears: Path | None = None
    sets: Path | None = None


class Step(Protocol):
    """A declarative step."""

    @property
    def code(self) -> tuple[Callable[[Any], Any], ...]:
        """The functions of the user that it holds."""

    @property
    def effect(self) -> Effect:
        """What it does to paths."""

    def apply(self, payload: Payload) -> None:
        """Do it to *payload*, which the caller owns; what is nested in it is copied before it is changed."""

    def inverse(self) -> Step | None:
        """The step that undoes it, or None where there is none."""

    def to_json(self) -> dict[str, Any] | None:
        """Its JSON form, or None where it holds code."""


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


# --- the vocabulary -------------------------------------------------------------------------------------------------


@attrs.frozen(repr=False)
class _Relocate:
    """`rename` and `move`: what stands at one path goes to another."""

    source: Path
    target: Path
    verb: str

    def __repr__(self) -> str:
        return f"{self.verb}({dotted(self.source)!r}, to={dotted(self.target)!r})"

    code = ()

    @property
    def effect(self) -> Effect:
        return Effect(reads=self.source, clears=self.source, sets=self.target)

    def apply(self, payload: Payload) -> None:
        value = take(payload, self.source)
        if value is not ABSENT:
            put(payload, self.target, value)

    def inverse(self) -> Step:
        return _Relocate(self.target, self.source, self.verb)

    def to_json(self) -> dict[str, Any]:
        return {"step": self.verb, "field": dotted(self.source), "to": dotted(self.target)}


def _relocate(verb: str, source: Path, target: Path) -> Step:
    shorter = min(len(source), len(target))
    if source[:shorter] == target[:shorter]:
        raise InvalidStep(f"{verb}({dotted(source)!r}, to={dotted(target)!r}) would move a field into itself")
    return _Relocate(source, target, verb)


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


@attrs.frozen(repr=False)
class Add:
    path: Path
    text: bytes

    def __repr__(self) -> str:
        return f"add({dotted(self.path)!r}, {parse(self.text)!r})"

    code = ()

    @property
    def effect(self) -> Effect:
        return Effect(sets=self.path)

    def apply(self, payload: Payload) -> None:
        if len(self.path) == 1:
            if self.path[0] not in payload:
                payload[self.path[0]] = parse(self.text)
        elif get(payload, self.path) is ABSENT:
            put(payload, self.path, parse(self.text))

    def inverse(self) -> Step:
        return _Remove(self.path)

    def to_json(self) -> dict[str, Any]:
        return {"step": "add", "field": dotted(self.path), "value": parse(self.text)}


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


@attrs.frozen(repr=False)
class _Remove:
    path: Path

    def __repr__(self) -> str:
        return f"remove({dotted(self.path)!r})"

    code = ()

    @property
    def effect(self) -> Effect:
        return Effect(clears=self.path)

    def apply(self, payload: Payload) -> None:
        take(payload, self.path)

    def inverse(self) -> None:
        return None  # what was removed is gone

    def to_json(self) -> dict[str, Any]:
        return {"step": "remove", "field": dotted(self.path)}


def remove(field: str) -> Step:
    """Remove a field; where the payload does not have it, nothing happens.

    Args:
        field: The path of the field.

    Raises:
        InvalidStep: The path is empty.
    """
    return _Remove(parse_path(field, "remove"))


@attrs.frozen(repr=False)
class _Convert:
    path: Path
    function: Callable[[Any], Any]
    undo: Callable[[Any], Any] | None
    nulls: bool

    def __repr__(self) -> str:
        inverse = "" if self.undo is None else f", inverse={_name(self.undo)}"
        nulls = ", nulls=True" if self.nulls else ""
        return f"convert({dotted(self.path)!r}, {_name(self.function)}{inverse}{nulls})"

    @property
    def code(self) -> tuple[Callable[[Any], Any], ...]:
        return (self.function,) if self.undo is None else (self.function, self.undo)

    @property
    def effect(self) -> Effect:
        return Effect(reads=self.path, sets=self.path)

    def apply(self, payload: Payload) -> None:
        _replace(payload, self.path, self.function, nulls=self.nulls)

    def inverse(self) -> Step | None:
        return None if self.undo is None else _Convert(self.path, self.undo, self.function, self.nulls)

    def to_json(self) -> None:
        return None


def _replace(payload: Payload, path: Path, function: Callable[[Any], Any], *, nulls: bool) -> None:
    value = get(payload, path)
    if value is ABSENT or (value is None and not nulls):
        return
    parent = owned_parent(payload, path)
    if parent is not None:
        parent[path[-1]] = function(value)


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", None) or type(function).__qualname__


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
    return _Convert(path, function, inverse, nulls)


_Key: TypeAlias = tuple[type, Any]


def _key(value: Any) -> _Key:
    # True, 1 and 1.0 are equal and hash alike; in JSON they are three values.
    kind = float if isinstance(value, float) else type(value)
    return kind, value


@attrs.frozen(repr=False)
class _MapValues:
    path: Path
    pairs: tuple[tuple[Any, bytes], ...]
    default: bytes | None
    nulls: bool
    _table: dict[_Key, bytes] = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_table", {_key(value): text for value, text in self.pairs})

    def __repr__(self) -> str:
        mapping = {value: parse(text) for value, text in self.pairs}
        default = "" if self.default is None else f", default={parse(self.default)!r}"
        nulls = ", nulls=True" if self.nulls else ""
        return f"map_values({dotted(self.path)!r}, {mapping!r}{default}{nulls})"

    code = ()

    @property
    def effect(self) -> Effect:
        return Effect(reads=self.path, sets=self.path)

    def apply(self, payload: Payload) -> None:
        _replace(payload, self.path, self._mapped, nulls=self.nulls)

    def _mapped(self, value: Any) -> Any:
        text = None if isinstance(value, dict | list) else self._table.get(_key(value))
        if text is None:
            text = self.default
        if text is None:
            raise StepFailed(f"the value of {dotted(self.path)!r} has no mapping and there is no default")
        return parse(text)

    def inverse(self) -> Step | None:
        back = {_key(parse(text)): msgspec.json.encode(value) for value, text in self.pairs if _is_scalar(text)}
        if self.default is not None or len(back) < len(self.pairs):
            return None  # two values became one, so neither can be told back
        return _MapValues(self.path, tuple((key[1], text) for key, text in back.items()), None, self.nulls)

    def to_json(self) -> dict[str, Any]:
        pairs = [[value, parse(text)] for value, text in self.pairs]
        form = {"step": "map_values", "field": dotted(self.path), "values": pairs, "nulls": self.nulls}
        return form if self.default is None else {**form, "default": parse(self.default)}


def _is_scalar(text: bytes) -> bool:
    return text[:1] not in b"[{"


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
    return _MapValues(path, pairs, rest, nulls)
