"""The kinds of declarative steps: frozen values that say what they do and do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import attrs
import msgspec

from upcast._json import parse
from upcast._paths import ABSENT, Path, StepFailed, dotted, get, owned_parent, put, take
from upcast.typing import Payload

__all__ = ["Add", "Convert", "Effect", "MapValues", "Relocate", "Remove", "Step"]


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


@attrs.frozen(repr=False)
class Relocate:
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
        return Relocate(self.target, self.source, self.verb)

    def to_json(self) -> dict[str, Any]:
        return {"step": self.verb, "field": dotted(self.source), "to": dotted(self.target)}


@attrs.frozen(repr=False)
class Add:
    """A constant where there is nothing."""

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
        return Remove(self.path)

    def to_json(self) -> dict[str, Any]:
        return {"step": "add", "field": dotted(self.path), "value": parse(self.text)}


@attrs.frozen(repr=False)
class Remove:
    """What stands at a path goes."""

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
    def effect(self) -> Effect:
        return Effect(reads=self.path, sets=self.path)

    def apply(self, payload: Payload) -> None:
        _replace(payload, self.path, self.function, nulls=self.nulls)

    def inverse(self) -> Step | None:
        return None if self.undo is None else Convert(self.path, self.undo, self.function, self.nulls)

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


_Key: TypeAlias = tuple[type, Any]


def _key(value: Any) -> _Key:
    # True, 1 and 1.0 are equal and hash alike; in JSON they are three values.
    kind = float if isinstance(value, float) else type(value)
    return kind, value


@attrs.frozen(repr=False)
class MapValues:
    """What stands at a path is replaced from a table."""

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
        return MapValues(self.path, tuple((key[1], text) for key, text in back.items()), None, self.nulls)

    def to_json(self) -> dict[str, Any]:
        pairs = [[value, parse(text)] for value, text in self.pairs]
        form = {"step": "map_values", "field": dotted(self.path), "values": pairs, "nulls": self.nulls}
        return form if self.default is None else {**form, "default": parse(self.default)}


def _is_scalar(text: bytes) -> bool:
    return text[:1] not in b"[{"
