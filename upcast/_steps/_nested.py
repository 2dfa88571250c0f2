"""Steps done to what is nested in a payload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from upcast._paths import Path, StepFailed, dotted, replace
from upcast._sharing import own
from upcast._steps._step import Effect, Step
from upcast.typing import Payload

__all__ = ["Nested"]

Apply: TypeAlias = Callable[[Payload], None]


@attrs.frozen(repr=False)
class Nested:
    """`within` and `each`: steps done to the object at a path, or to every object of the array there."""

    path: Path
    steps: tuple[Step, ...]
    many: bool
    _runs: tuple[Apply, ...] = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        last = max((n for n, step in enumerate(self.steps) if step.code), default=-1)
        # Code that comes later may write into what it gets, so it must get what nobody else holds.
        runs = (_isolated(step.apply) if step.code and n < last else step.apply for n, step in enumerate(self.steps))
        object.__setattr__(self, "_runs", tuple(runs))

    @property
    def _verb(self) -> str:
        return "each" if self.many else "within"

    def __repr__(self) -> str:
        return f"{self._verb}({', '.join(map(repr, (dotted(self.path), *self.steps)))})"

    @property
    def code(self) -> tuple[Callable[[Any], Any], ...]:
        return tuple(function for step in self.steps for function in step.code)

    @property
    def effects(self) -> tuple[Effect, ...]:
        place = (*self.path, None) if self.many else self.path
        inner = (effect.under(place) for step in self.steps for effect in step.effects)
        return (Effect(reads=(self.path,)), *inner)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.path[:1])

    def apply(self, payload: Payload) -> None:
        replace(payload, self.path, self._all if self.many else self._one, nulls=False)

    def _one(self, value: Any) -> Payload:
        where = repr(dotted(self.path))
        return self._changed(value, f"an item of {where}" if self.many else where)

    def _all(self, value: Any) -> list[Payload | None]:
        if not isinstance(value, list | tuple):
            raise StepFailed(f"{dotted(self.path)!r} is not an array")
        return [None if item is None else self._one(item) for item in value]

    def _changed(self, value: Any, where: str) -> Payload:
        if not isinstance(value, dict):
            raise StepFailed(f"{where} is not an object")
        owned = dict(value)
        try:
            for run in self._runs:
                run(owned)
        except StepFailed as failure:
            raise StepFailed(f"in {where}, {failure}") from None
        return owned

    def inverse(self) -> Step | None:
        inverses = [step.inverse() for step in reversed(self.steps)]
        known = tuple(inverse for inverse in inverses if inverse is not None)
        return Nested(self.path, known, self.many) if len(known) == len(inverses) else None

    def to_json(self) -> dict[str, Any] | None:
        if self.code:
            return None
        return {"step": self._verb, "field": dotted(self.path), "steps": [step.to_json() for step in self.steps]}


def _isolated(apply: Apply) -> Apply:
    def run(payload: Payload) -> None:
        apply(payload)
        payload.update(own(payload))

    return run
