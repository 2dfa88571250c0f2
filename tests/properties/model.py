"""The meaning of the steps, written a second time: the smallest interpreter of what the documentation says.

It shares no code with the library; a step is told to it as a tuple of a verb, paths (tuples of names) and arguments.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import attrs

import upcast
from properties.texts import Lit

Path = tuple[str, ...]


class CannotGoOn(Exception):
    """The step fails on this payload."""


def name_of(path: Path) -> str:
    """A path as steps write it."""
    return ".".join(part.replace(".", "\\.") for part in path)


@attrs.frozen
class Told:
    """A declarative step, told once for the library and once for the interpreter."""

    verb: str
    path: Path
    to: Path = ()
    value: Any = None
    function: Callable[[Any], Any] | None = None
    inverse: Callable[[Any], Any] | None = None
    nulls: bool = False
    has_default: bool = False
    steps: tuple[Told, ...] = ()
    key: str | None = None
    parts: tuple[Path, ...] = ()
    separator: str = ""

    @property
    def aims(self) -> list[Path]:
        """The paths at which it looks."""
        inner = [(*self.path, *aim) for step in self.steps for aim in step.aims] if self.verb == "within" else []
        return [self.path, *inner] if self.verb != "join_fields" else [*self.parts]

    @property
    def real(self) -> Any:
        """The library's step."""
        field = name_of(self.path)
        match self.verb:
            case "rename":
                return upcast.rename(field, to=name_of(self.to))
            case "move":
                return upcast.move(field, to=name_of(self.to))
            case "add":
                return upcast.add(field, self.value)
            case "remove":
                return upcast.remove(field)
            case "convert":
                assert self.function is not None
                return upcast.convert(field, self.function, inverse=self.inverse, nulls=self.nulls)
            case "within" | "each":
                make = upcast.within if self.verb == "within" else upcast.each
                return make(field, *(step.real for step in self.steps))
            case "wrap" | "unwrap":
                around = upcast.wrap if self.verb == "wrap" else upcast.unwrap
                return around(field, key=None if self.key is None else name_of((self.key,)), nulls=self.nulls)
            case "split_field":
                return upcast.split_field(field, into=map(name_of, self.parts), separator=self.separator)
            case "join_fields":
                return upcast.join_fields(map(name_of, self.parts), to=name_of(self.to), separator=self.separator)
        mapping, default = self.value
        if self.has_default:
            return upcast.map_values(field, mapping, default=default, nulls=self.nulls)
        return upcast.map_values(field, mapping, nulls=self.nulls)

    def interpret(self, payload: dict[str, Any]) -> None:
        """Do the step to a payload."""
        getattr(self, f"_{self.verb}")(payload)

    def _rename(self, payload: dict[str, Any]) -> None:
        if _has(payload, self.path):
            _put(payload, self.to, _pop(payload, self.path))

    _move = _rename

    def _add(self, payload: dict[str, Any]) -> None:
        if not _has(payload, self.path):
            _put(payload, self.path, copy.deepcopy(self.value))

    def _remove(self, payload: dict[str, Any]) -> None:
        if _has(payload, self.path):
            _pop(payload, self.path)

    def _convert(self, payload: dict[str, Any]) -> None:
        assert self.function is not None
        if _has(payload, self.path):
            value = _pop(payload, self.path)
            skipped = value is None and not self.nulls
            _put(payload, self.path, value if skipped else self.function(value))

    def _map_values(self, payload: dict[str, Any]) -> None:
        mapping, default = self.value
        if not _has(payload, self.path):
            return
        value = _pop(payload, self.path)
        if value is None and not self.nulls:
            _put(payload, self.path, None)
            return
        for old, new in mapping.items():
            same_kind = type(old) is type(value) or (isinstance(old, float) and isinstance(value, Lit))
            if same_kind and old == (float(value.text) if isinstance(value, Lit) else value):
                _put(payload, self.path, copy.deepcopy(new))
                return
        if not self.has_default:
            raise CannotGoOn
        _put(payload, self.path, copy.deepcopy(default))

    def _within(self, payload: dict[str, Any]) -> None:
        value = _get(payload, self.path)
        if value is not None:
            self._inside(value)

    def _each(self, payload: dict[str, Any]) -> None:
        value = _get(payload, self.path)
        if value is None:
            return
        if not isinstance(value, list):
            raise CannotGoOn
        for item in value:
            if item is not None:
                self._inside(item)

    def _inside(self, value: Any) -> None:
        if not isinstance(value, dict):
            raise CannotGoOn
        for step in self.steps:
            step.interpret(value)

    def _wrap(self, payload: dict[str, Any]) -> None:
        if _has(payload, self.path) and (self.nulls or _get(payload, self.path) is not None):
            value = _pop(payload, self.path)
            _put(payload, self.path, [value] if self.key is None else {self.key: value})

    def _unwrap(self, payload: dict[str, Any]) -> None:
        value = _get(payload, self.path)
        if value is None:
            return
        if self.key is None and isinstance(value, list) and len(value) == 1:
            _put(payload, self.path, value[0])
        elif self.key is not None and isinstance(value, dict) and list(value) == [self.key]:
            _put(payload, self.path, value[self.key])
        else:
            raise CannotGoOn

    def _split_field(self, payload: dict[str, Any]) -> None:
        if not _has(payload, self.path):
            return
        rest = _pop(payload, self.path)
        found = []
        for _ in self.parts[1:]:
            if rest is None:
                found.append(None)
            elif isinstance(rest, str) and self.separator in rest:
                head, _, rest = rest.partition(self.separator)
                found.append(head)
            else:
                raise CannotGoOn
        if not isinstance(rest, str | None):
            raise CannotGoOn
        for path, text in zip(self.parts, [*found, rest], strict=True):
            _put(payload, path, text)

    def _join_fields(self, payload: dict[str, Any]) -> None:
        there = [path for path in self.parts if _has(payload, path)]
        if not there:
            return
        texts = [_pop(payload, path) for path in there]
        if len(there) < len(self.parts):
            raise CannotGoOn
        if texts == [None] * len(texts):
            _put(payload, self.to, None)
        elif all(isinstance(text, str) for text in texts):
            _put(payload, self.to, self.separator.join(texts))
        else:
            raise CannotGoOn


def _get(payload: Any, path: Path) -> Any:
    """What stands there; None where nothing does."""
    if not _has(payload, path):
        return None
    for name in path:
        payload = payload[name]
    return payload


def _has(payload: Any, path: Path) -> bool:
    for name in path:
        if not isinstance(payload, dict) or name not in payload:
            return False
        payload = payload[name]
    return True


def _pop(payload: Any, path: Path) -> Any:
    for name in path[:-1]:
        payload = payload[name]
    return payload.pop(path[-1])


def _put(payload: Any, path: Path, value: Any) -> None:
    for name in path[:-1]:
        payload = payload.setdefault(name, {})
        if not isinstance(payload, dict):
            raise CannotGoOn
    payload[path[-1]] = value


@attrs.frozen
class Steps:
    """An edge of declarative steps; none means unchanged."""

    steps: tuple[Told, ...]

    @property
    def lossless(self) -> bool:
        """Whether every step of it has an inverse."""
        return all(step.real.inverse() is not None for step in self.steps)

    def register(self, registry: upcast.Registry, name: str, version: int) -> None:
        """Declare it."""
        if self.steps:
            registry.steps(name, *(step.real for step in self.steps), from_version=version)
        else:
            registry.unchanged(name, from_version=version)

    def interpret(self, payload: dict[str, Any]) -> dict[str, Any]:
        """What comes out, or `CannotGoOn` with the failing step."""
        for step in self.steps:
            try:
                step.interpret(payload)
            except CannotGoOn as failure:
                raise CannotGoOn(repr(step.real)) from failure
        return payload


@attrs.frozen
class Function:
    """An edge that is a function, and what it should come to for somebody who copies everything first."""

    function: Callable[..., Any]
    meaning: Callable[[dict[str, Any]], dict[str, Any]]
    envelope: bool = False
    lossless = False

    def register(self, registry: upcast.Registry, name: str, version: int) -> None:
        """Declare it."""
        if self.envelope:
            registry.upcaster(name, from_version=version, envelope=True)(self.function)
        else:
            registry.upcaster(name, from_version=version)(self.function)

    def interpret(self, payload: dict[str, Any]) -> dict[str, Any]:
        """What comes out."""
        return copy.deepcopy(self.meaning(copy.deepcopy(payload)))


Edge = Steps | Function


def interpret(edges: tuple[Edge, ...], start: int, payload: dict[str, Any]) -> dict[str, Any]:
    """Bring a payload of version *start* (from 1) to the end; raises `CannotGoOn(version, step)`."""
    payload = copy.deepcopy(payload)
    for version, edge in enumerate(edges[start - 1 :], start):
        try:
            payload = edge.interpret(payload)
        except CannotGoOn as failure:
            raise CannotGoOn(version, *failure.args) from failure
    return payload
