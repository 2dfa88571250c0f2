"""What declarations make of old keys: steps on nothing but the old keys that one source has."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from upcast._chain import place_of
from upcast._paths import ABSENT, Path, StepFailed, dotted, get, put, take
from upcast._steps import JoinFields
from upcast.settings.history import History
from upcast.settings.legacy import Legacy
from upcast.typing import Payload

__all__ = ["Failed", "as_text", "copied", "merged", "migrated", "moved"]


class Failed(ValueError):
    """Old keys cannot be made into new ones; the text is ours and repeats no value.

    Attributes:
        kind: `conversion-failed` or `incomplete`.
        key: The old key concerned.
    """

    def __init__(self, kind: str, key: Path, problem: str) -> None:
        super().__init__(problem)
        self.kind = kind
        self.key = key


def moved(legacy: Legacy, values: Mapping[Path, Any]) -> Payload:
    """What stands in the place of old keys: a nested object of new keys.

    Args:
        legacy: The declaration.
        values: The old keys that are set, at least one, with their values, which are not changed.

    Raises:
        Failed: A value has not the type that it had, a step fails, or some of several keys are missing and have no
            default.
    """
    payload: Payload = {}
    for key in legacy.keys:
        value = values.get(key, ABSENT)
        value = legacy.defaults.get(key, ABSENT) if value is ABSENT else _typed(legacy, key, value)
        if value is not ABSENT:
            put(payload, key, copied(value))
    for path in {path for step in legacy.steps if isinstance(step, JoinFields) for path in step.sources}:
        # A port is a number in a file and a text in the environment, and joined as it is written.
        value = get(payload, path)
        if isinstance(value, bool | int | float):
            put(payload, path, as_text(value))
    caught: Exception
    key = next(iter(values))
    try:
        for step in legacy.steps:
            step.apply(payload)
        _drop_empty(payload, {}, legacy)
        return payload
    except MemoryError:
        raise
    except Exception as exception:
        caught = exception
    # Raised outside the handler, so that the exception, which may hold values, does not travel along.
    missing = [dotted(each) for each in legacy.keys if each not in values and each not in legacy.defaults]
    if isinstance(caught, StepFailed) and missing:
        raise Failed("incomplete", key, f"it is only taken together with {', '.join(missing)}")
    told = str(caught) if isinstance(caught, StepFailed) else f"{legacy.steps!r} raised {place_of(caught)}"
    raise Failed("conversion-failed", key, told)


def _typed(legacy: Legacy, key: Path, value: Any) -> Any:
    if key not in legacy.was or value is None:
        return value
    adapter = _adapter(legacy, key)
    kind = ""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        kind = error.errors(include_url=False, include_context=False, include_input=False)[0]["type"]
    if isinstance(value, str):
        # Lists and maps are JSON texts in the environment.
        try:
            return adapter.validate_json(value)
        except ValidationError:
            pass
    was = getattr(legacy.was[key], "__name__", None) or repr(legacy.was[key])
    raise Failed("conversion-failed", key, f"its value is no {was}, which it was ({kind})")


@functools.lru_cache(maxsize=256)
def _adapter(legacy: Legacy, key: Path) -> TypeAdapter[Any]:
    return TypeAdapter(legacy.was[key])


def as_text(value: object) -> str | None:
    """A scalar as it is written where there are nothing but texts; None for what is no scalar."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    return str(value) if isinstance(value, str | int | float) else None


def copied(value: Any) -> Any:
    """A value whose objects and arrays are nobody else's: a step may be a function that writes into them."""
    if isinstance(value, Mapping):
        return {name: copied(item) for name, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def merged(lower: Payload, higher: Payload) -> Payload:
    """Two nested objects as one; where both have something, that of *higher* stays."""
    result = dict(lower)
    for name, value in higher.items():
        below = result.get(name)
        result[name] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def migrated(history: History, payload: Payload) -> Payload:
    """What a source says in today's keys: everything that was declared of keys and values, done to one payload.

    Where an old key and its successor are both there, the successor stays.

    Args:
        history: The history of the settings class.
        payload: What a source says, as a nested object; it is not changed.

    Raises:
        Failed: See `moved`.
    """
    result: Payload = copied(payload)
    for legacy in history.legacy:
        values = {key: value for key in legacy.keys if (value := take(result, key)) is not ABSENT}
        _drop_empty(result, payload, legacy)
        if values:
            result = merged(moved(legacy, values), result)
    for retired in history.retired:
        value = get(result, retired.key)
        if value is not ABSENT and retired.use is not retired.NOTHING and retired.is_meant(value, text=False):
            put(result, retired.key, retired.use)
    return result


def _drop_empty(result: Payload, original: Payload, legacy: Legacy) -> None:
    """Take away the objects that held nothing but old keys; an object that was empty before stays."""
    for key in legacy.keys:
        for depth in range(len(key) - 1, 0, -1):
            if get(result, key[:depth]) == {} and get(original, key[:depth]) != {}:
                take(result, key[:depth])
