"""Steps that make one field of several, several of one, or put a value in a container of its own."""

from __future__ import annotations

from typing import Any

import attrs

from upcast._paths import ABSENT, Path, StepFailed, dotted, get, put, replace, take
from upcast._steps._step import Effect, Step
from upcast.typing import Payload

__all__ = ["JoinFields", "SplitField", "Unwrap", "Wrap"]


def _call(verb: str, path: Path, key: str | None, *, nulls: bool) -> str:
    inside = "" if key is None else f", key={dotted((key,))!r}"
    return f"{verb}({dotted(path)!r}{inside}{', nulls=True' if nulls else ''})"


def _form(verb: str, path: Path, key: str | None, *, nulls: bool) -> dict[str, Any]:
    form = {"step": verb, "field": dotted(path), "nulls": nulls}
    return form if key is None else {**form, "key": dotted((key,))}


@attrs.frozen(repr=False)
class Wrap:
    """What stands at a path gets an object around it, or an array without a key."""

    path: Path
    key: str | None
    nulls: bool

    def __repr__(self) -> str:
        return _call("wrap", self.path, self.key, nulls=self.nulls)

    code = ()

    @property
    def effects(self) -> tuple[Effect, ...]:
        moved = (self.path, (*self.path, self.key))
        return (Effect(reads=(self.path,), sets=(self.path,), relocates=moved, spares_null=not self.nulls),)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.path[:1])

    def apply(self, payload: Payload) -> None:
        replace(payload, self.path, self._wrapped, nulls=self.nulls)

    def _wrapped(self, value: Any) -> Any:
        return [value] if self.key is None else {self.key: value}

    def inverse(self) -> Step:
        return Unwrap(self.path, self.key, self.nulls)

    def to_json(self) -> dict[str, Any]:
        return _form("wrap", self.path, self.key, nulls=self.nulls)


@attrs.frozen(repr=False)
class Unwrap:
    """What stands at a path comes out of the object or array that holds nothing else."""

    path: Path
    key: str | None
    nulls: bool

    def __repr__(self) -> str:
        return _call("unwrap", self.path, self.key, nulls=self.nulls)

    code = ()

    @property
    def effects(self) -> tuple[Effect, ...]:
        source = (*self.path, self.key)
        return (Effect(reads=(source,), sets=(self.path,), relocates=(source, self.path)),)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.path[:1])

    def apply(self, payload: Payload) -> None:
        replace(payload, self.path, self._unwrapped, nulls=False)

    def _unwrapped(self, value: Any) -> Any:
        if self.key is None:
            if not isinstance(value, list | tuple):
                raise StepFailed(f"{dotted(self.path)!r} is not an array")
            if len(value) != 1:
                raise StepFailed(f"{dotted(self.path)!r} does not hold exactly one item")
            return value[0]
        if not isinstance(value, dict):
            raise StepFailed(f"{dotted(self.path)!r} is not an object")
        if value.keys() != {self.key}:
            raise StepFailed(f"{dotted(self.path)!r} does not hold {self.key!r} and nothing else")
        return value[self.key]

    def inverse(self) -> Step:
        return Wrap(self.path, self.key, self.nulls)

    def to_json(self) -> dict[str, Any]:
        return _form("unwrap", self.path, self.key, nulls=self.nulls)


@attrs.frozen(repr=False)
class SplitField:
    """A text becomes several, each at a place of its own."""

    source: Path
    targets: tuple[Path, ...]
    separator: str

    def __repr__(self) -> str:
        into = tuple(map(dotted, self.targets))
        return f"split_field({dotted(self.source)!r}, into={into!r}, separator={self.separator!r})"

    code = ()

    @property
    def effects(self) -> tuple[Effect, ...]:
        return (Effect(reads=(self.source,), clears=(self.source,), sets=self.targets),)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(path[0] for path in (self.source, *self.targets))

    def apply(self, payload: Payload) -> None:
        value = get(payload, self.source)
        if value is ABSENT:
            return
        parts = self._parts(value)
        take(payload, self.source)
        for target, part in zip(self.targets, parts, strict=True):
            put(payload, target, part)

    def _parts(self, value: Any) -> list[str | None]:
        count = len(self.targets)
        if value is None:
            return [None] * count
        if not isinstance(value, str):
            raise StepFailed(f"{dotted(self.source)!r} is not a text")
        parts = value.split(self.separator, count - 1)
        if len(parts) < count:
            raise StepFailed(f"{dotted(self.source)!r} has fewer than {count} parts")
        return [*parts]

    def inverse(self) -> Step:
        return JoinFields(self.targets, self.source, self.separator)

    def to_json(self) -> dict[str, Any]:
        into = [*map(dotted, self.targets)]
        return {"step": "split_field", "field": dotted(self.source), "into": into, "separator": self.separator}


@attrs.frozen(repr=False)
class JoinFields:
    """Several texts become one."""

    sources: tuple[Path, ...]
    target: Path
    separator: str

    def __repr__(self) -> str:
        fields = tuple(map(dotted, self.sources))
        return f"join_fields({fields!r}, to={dotted(self.target)!r}, separator={self.separator!r})"

    code = ()

    @property
    def effects(self) -> tuple[Effect, ...]:
        return (Effect(reads=self.sources, clears=self.sources, sets=(self.target,)),)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(path[0] for path in (*self.sources, self.target))

    def apply(self, payload: Payload) -> None:
        values = [get(payload, source) for source in self.sources]
        if values.count(ABSENT) == len(values):
            return
        joined = self._joined(values)
        for source in self.sources:
            take(payload, source)
        put(payload, self.target, joined)

    def _joined(self, values: list[Any]) -> str | None:
        try:
            return self.separator.join(values)
        except TypeError:  # one is no text
            pass
        if values.count(None) == len(values):
            return None
        for source, value in zip(self.sources, values, strict=True):
            if not isinstance(value, str):
                raise StepFailed(f"{dotted(source)!r} is {'absent' if value is ABSENT else 'not a text'}")
        raise AssertionError("texts that cannot be joined")

    def inverse(self) -> Step:
        return SplitField(self.target, self.sources, self.separator)

    def to_json(self) -> dict[str, Any]:
        fields = [*map(dotted, self.sources)]
        return {"step": "join_fields", "fields": fields, "to": dotted(self.target), "separator": self.separator}
