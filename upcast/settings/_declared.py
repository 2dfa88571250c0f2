"""What was declared of settings, as steps of a chain: the gate runs old settings through them, and sees who loses what.

Each declaration is two steps. Where a payload has an old key and every successor of it, the successors stay, and that
the old value goes is declared; everywhere else the value goes on. Told apart, a value that is lost without a word, in a
conversion for one, is still found.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
from pydantic import Secret, SecretBytes, SecretStr
from pydantic_core import to_jsonable_python

from upcast._paths import ABSENT, Path, StepFailed, dotted, get, take
from upcast._steps import Effect, Step
from upcast.settings._loading._migration import Failed, migrated
from upcast.settings.history import History
from upcast.settings.legacy import Legacy, RetiredValue
from upcast.settings.spelling import aliases
from upcast.typing import Payload

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

__all__ = ["declared_steps", "told"]


def declared_steps(settings_class: type[BaseSettings], history: History) -> tuple[Step, ...]:
    """The steps that do to one payload what was declared of its keys and values.

    Args:
        settings_class: The class that takes what comes out, by its aliases where it has some.
        history: Its history.
    """
    found: list[Step] = []
    for each in history.declarations:
        if isinstance(each, Legacy):
            found += (_Taken(settings_class, history, each), _Overridden(settings_class, history, each))
        elif isinstance(each, RetiredValue):
            found.append(_Replaced(settings_class, history, each))
    return tuple(found)


def told(steps: tuple[Step, ...]) -> tuple[object, ...]:
    """What steps do, as texts, and the functions they call."""
    texts = (json.dumps(step.to_json(), sort_keys=True) for step in steps)
    return (*texts, *(function for step in steps for function in step.code))


@attrs.frozen(repr=False, slots=False)
class _Declared:
    """A declaration as a step; see `Step`.

    Attributes:
        settings_class: The class that takes what comes out.
        history: Its history.
        declaration: The declaration.
    """

    settings_class: type[BaseSettings]
    history: History
    declaration: Any

    @cached_property
    def names(self) -> frozenset[str]:
        # All that the class reads, since what is made is put under the names by which the class takes it.
        fields = self.settings_class.model_fields
        taken = {alias for name in fields for alias in aliases(self.settings_class, name)}
        return frozenset(taken | fields.keys() | {path[0] for path in self._paths})

    @property
    def _paths(self) -> tuple[Path, ...]:
        raise NotImplementedError

    @property
    def is_gone(self) -> bool:
        """Whether the release that runs does not take it any more."""
        return self.history.stage(self.declaration) == "removed"

    def inverse(self) -> None:
        return None  # what brings settings back to an older release is `upcast settings update --downgrade`

    def to_json(self) -> dict[str, Any]:
        form = {each.name: _form(getattr(self.declaration, each.name)) for each in attrs.fields(type(self.declaration))}
        del form["where"]  # a line that moves changes nothing
        return {"step": type(self).__name__, "gone": self.is_gone, "conflicts": self.history.conflicts, **form}

    def migrated(self, payload: Payload) -> Payload:
        """What the declaration makes of a payload, under the names by which the class takes it."""
        alone = attrs.evolve(self.history, declarations=(self.declaration,))
        failure = ""
        try:
            made = migrated(alone, self._by_field(payload))
        except Failed as failed:
            failure = str(failed)
        if failure:
            raise StepFailed(failure)
        by_alias: Payload = _plain(made)
        for name, taken in self._fields():
            if name in by_alias and name not in taken:
                by_alias[taken[0]] = by_alias.pop(name)
        return by_alias

    def _by_field(self, payload: Payload) -> Payload:
        """A payload with the fields that the declaration is about under their own names."""
        by_field = dict(payload)
        for name, taken in self._fields():
            there = [each for each in taken if each in payload]
            if there:
                by_field[name] = by_field.pop(there[0])
        return by_field

    def _fields(self) -> list[tuple[str, tuple[str, ...]]]:
        """The fields that the declaration is about, with the names by which the class takes them."""
        fields = [name for name in self.settings_class.model_fields if any(path[0] == name for path in self._paths)]
        return [(name, aliases(self.settings_class, name)) for name in fields]


@attrs.frozen(repr=False, slots=False)
class _OfKeys(_Declared):
    declaration: Legacy

    @property
    def code(self) -> tuple[Callable[[Any], Any], ...]:
        return tuple(function for step in self.declaration.steps for function in step.code)

    @property
    def _paths(self) -> tuple[Path, ...]:
        return (*self.declaration.keys, *self.declaration.targets)

    def has_old(self, payload: Payload) -> bool:
        """Whether a payload has something to be done."""
        return any(get(payload, key) is not ABSENT for key in self.declaration.keys)

    def has_new(self, payload: Payload) -> bool:
        """Whether it has what counts instead: all that the old keys make, or any of it once they are not taken."""
        by_field = self._by_field(payload)
        there = [get(by_field, target) is not ABSENT for target in self.declaration.targets]
        return any(there) if self.is_gone else bool(there) and all(there)


class _Taken(_OfKeys):
    """Old keys whose successors are not set, or not all of them."""

    def __repr__(self) -> str:
        return repr(self.declaration)

    @property
    def effects(self) -> tuple[Effect, ...]:
        # Not what it reads: where an upcaster of the same version took the key away there is nothing to do.
        return tuple(
            Effect(clears=effect.clears, sets=effect.sets, relocates=effect.relocates)
            for step in self.declaration.steps
            for effect in step.effects
        )

    def apply(self, payload: Payload) -> None:
        if not self.has_old(payload) or self.has_new(payload):
            return
        if self.is_gone and self.declaration.targets:
            window, keys = self.declaration.window, _listed(self.declaration.keys)
            problem = f"{keys} was {self.declaration.kind} in {window.since} and is not read since {window.remove_in}"
            raise StepFailed(problem)
        _become(payload, self.migrated(payload))


class _Overridden(_OfKeys):
    """Old keys whose successors are set: those stay."""

    def __repr__(self) -> str:
        return f"{_listed(self.declaration.targets)} over {_listed(self.declaration.keys)}"

    @property
    def effects(self) -> tuple[Effect, ...]:
        return (Effect(clears=self.declaration.keys),)

    def apply(self, payload: Payload) -> None:
        if not (self.has_old(payload) and self.has_new(payload)):
            return
        if self.is_gone:
            for key in self.declaration.keys:
                take(payload, key)
            return
        if self.history.conflicts == "error" and self._differs(payload):
            keys, targets = _listed(self.declaration.keys), _listed(self.declaration.targets)
            raise StepFailed(f"{keys} and {targets} are set to different values, which conflicts='error' refuses")
        _become(payload, self.migrated(payload))

    def _differs(self, payload: Payload) -> bool:
        old = self._by_field(payload)
        for target in self.declaration.targets:
            take(old, target)
        made, stays = self._by_field(self.migrated(old)), self._by_field(payload)
        return any(get(made, target) != get(stays, target) for target in self.declaration.targets)


@attrs.frozen(repr=False, slots=False)
class _Replaced(_Declared):
    """A value that was retired, where it says what it becomes."""

    declaration: RetiredValue
    code = ()

    def __repr__(self) -> str:
        return repr(self.declaration)

    @property
    def effects(self) -> tuple[Effect, ...]:
        return (Effect(sets=(self.declaration.key,)),)

    @property
    def _paths(self) -> tuple[Path, ...]:
        return (self.declaration.key,)

    def apply(self, payload: Payload) -> None:
        value = get(self._by_field(payload), self.declaration.key)
        if value is ABSENT or not self.declaration.is_meant(value, text=False):
            return
        if self.is_gone:
            window, key = self.declaration.window, dotted(self.declaration.key)
            raise StepFailed(
                f"a value of {key} was retired in {window.since} and is not taken since {window.remove_in}"
            )
        _become(payload, self.migrated(payload))


def _become(payload: Payload, other: Payload) -> None:
    payload.clear()
    payload.update(other)


def _form(value: Any) -> Any:
    """A part of a declaration as JSON, for fingerprints."""
    if value is RetiredValue.NOTHING:
        return None
    return [_form(each) for each in value] if isinstance(value, tuple) else repr(value)


def _listed(paths: tuple[Path, ...]) -> str:
    return ", ".join(map(dotted, paths))


def _plain(value: Any) -> Any:
    """What JSON can hold of what an old value became: the class reads it from there as from anywhere else."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, SecretStr | SecretBytes | Secret):
        return _plain(value.get_secret_value())
    return to_jsonable_python(value)
