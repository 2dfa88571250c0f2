"""Steps that change the value of a field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs
import msgspec

from upcast._json import parse
from upcast._paths import Path, StepFailed, dotted, replace
from upcast._steps._step import Effect, Step
from upcast.typing import Payload

__all__ = ["Convert", "MapValues", "typed"]


@attrs.frozen(repr=False)
class Convert:
    """What stands at a path passes a function."""

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
    def effects(self) -> tuple[Effect, ...]:
        return (Effect(reads=(self.path,), sets=(self.path,)),)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.path[:1])

    def apply(self, payload: Payload) -> None:
        replace(payload, self.path, self.function, nulls=self.nulls)

    def inverse(self) -> Step | None:
        return None if self.undo is None else Convert(self.path, self.undo, self.function, self.nulls)

    def to_json(self) -> None:
        return None


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", None) or type(function).__qualname__


Typed: TypeAlias = tuple[type, Any]


def typed(value: Any) -> Typed:
    """A key for a JSON scalar: True, 1 and 1.0 are equal and hash alike in Python, but are three values in JSON."""
    kind = float if isinstance(value, float) else type(value)
    return kind, value


def _typed_pairs(pairs: tuple[tuple[Any, bytes], ...]) -> tuple[tuple[Typed, bytes], ...]:
    return tuple((typed(value), text) for value, text in pairs)


@attrs.frozen(repr=False)
class MapValues:
    """What stands at a path is replaced from a table."""

    path: Path
    pairs: tuple[tuple[Any, bytes], ...] = attrs.field(eq=_typed_pairs)
    default: bytes | None
    nulls: bool
    _table: dict[Typed, Callable[[], Any]] = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_table", {key: _maker(text) for key, text in _typed_pairs(self.pairs)})

    def __repr__(self) -> str:
        mapping = {value: parse(text) for value, text in self.pairs}
        default = "" if self.default is None else f", default={parse(self.default)!r}"
        nulls = ", nulls=True" if self.nulls else ""
        return f"map_values({dotted(self.path)!r}, {mapping!r}{default}{nulls})"

    code = ()

    @property
    def effects(self) -> tuple[Effect, ...]:
        return (Effect(reads=(self.path,), sets=(self.path,)),)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.path[:1])

    def apply(self, payload: Payload) -> None:
        replace(payload, self.path, self.mapped, nulls=self.nulls)

    def mapped(self, value: Any) -> Any:
        """What a value is replaced by; raises `StepFailed` where there is nothing."""
        make = None if isinstance(value, dict | list) else self._table.get(typed(value))
        if make is not None:
            return make()
        if self.default is None:
            raise StepFailed(f"the value of {dotted(self.path)!r} has no mapping and there is no default")
        return parse(self.default)

    def inverse(self) -> Step | None:
        back = {typed(parse(text)): msgspec.json.encode(value) for value, text in self.pairs if _is_scalar(text)}
        merged = len(back) < len(self.pairs) or (typed(None) in back and not self.nulls)
        if merged or self.default is not None:
            return None  # two values became one, so neither can be told back
        return MapValues(self.path, tuple((key[1], text) for key, text in back.items()), None, self.nulls)

    def to_json(self) -> dict[str, Any]:
        pairs = [[value, parse(text)] for value, text in self.pairs]
        form = {"step": "map_values", "field": dotted(self.path), "values": pairs, "nulls": self.nulls}
        return form if self.default is None else {**form, "default": parse(self.default)}


def _maker(text: bytes) -> Callable[[], Any]:
    """Makes a constant: a fresh one each time, where it could be written into."""
    value = parse(text)
    return (lambda: value) if _is_scalar(text) else (lambda: parse(text))


def _is_scalar(text: bytes) -> bool:
    return text[:1] not in b"[{"
