"""Steps that put, take and move whole fields."""

from __future__ import annotations

from typing import Any

import attrs

from upcast._json import parse
from upcast._paths import ABSENT, Path, dotted, get, put, take
from upcast._steps._step import Effect, Step
from upcast.typing import Payload

__all__ = ["Add", "Relocate", "Remove"]


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
    def effects(self) -> tuple[Effect, ...]:
        moved = (self.source, self.target)
        return (Effect(reads=(self.source,), clears=(self.source,), sets=(self.target,), relocates=moved),)

    @property
    def names(self) -> frozenset[str]:
        return frozenset((self.source[0], self.target[0]))

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
    def effects(self) -> tuple[Effect, ...]:
        return (Effect(sets=(self.path,), constant=self.text),)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.path[:1])

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
    def effects(self) -> tuple[Effect, ...]:
        return (Effect(clears=(self.path,)),)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.path[:1])

    def apply(self, payload: Payload) -> None:
        take(payload, self.path)

    def inverse(self) -> None:
        return None  # what was removed is gone

    def to_json(self) -> dict[str, Any]:
        return {"step": "remove", "field": dotted(self.path)}
