r"""Fields of a payload by dotted paths (`"address.zip"`); a dot that belongs to a name is written `\.`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from upcast.errors import InvalidStep
from upcast.typing import Payload

__all__ = ["ABSENT", "Path", "StepFailed", "dotted", "get", "owned_parent", "parse_path", "put", "replace", "take"]

Path: TypeAlias = tuple[str, ...]

_UNESCAPED_DOT = re.compile(r"(?<!\\)\.")


class StepFailed(ValueError):
    """A declarative step met a payload it cannot treat; its text is ours and repeats no value."""


def parse_path(path: str, name: str) -> Path:
    if not isinstance(path, str) or not path:
        raise InvalidStep(f"{name} takes the name of a field, not {path!r}")
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        raise InvalidStep(f"{name}: {path!r} has a lone surrogate, which no JSON text can hold")
    parts = tuple(part.replace("\\.", ".") for part in _UNESCAPED_DOT.split(path))
    if "" in parts:
        raise InvalidStep(f"{name}: {path!r} has an empty part; write a dot that belongs to a name as '\\.'")
    return parts


def dotted(path: Path) -> str:
    return ".".join(part.replace(".", "\\.") for part in path)


ABSENT: Final = object()


def get(payload: Payload, path: Path) -> Any:
    """What stands at *path*, or `ABSENT`; a non-object in the way means absent."""
    if len(path) == 1:
        return payload.get(path[0], ABSENT)
    value: Any = payload
    for part in path:
        if not isinstance(value, dict) or part not in value:
            return ABSENT
        value = value[part]
    return value


def owned_parent(payload: Payload, path: Path) -> Payload:
    """The object that holds what stands at *path*, which is there, with every object on the way copied."""
    for part in path[:-1]:
        # A function upcaster may have put a constant of its module there: never write into it.
        owned: Payload = dict(payload[part])
        payload[part] = owned
        payload = owned
    return payload


def put(payload: Payload, path: Path, value: Any) -> None:
    """Put *value* at *path*, making the objects on the way."""
    if len(path) == 1:
        payload[path[0]] = value
        return
    for depth, part in enumerate(path[:-1]):
        inner: Any = payload.get(part, ABSENT)
        owned: Payload = {}
        if isinstance(inner, dict):
            owned = dict(inner)
        elif inner is not ABSENT:
            raise StepFailed(f"{dotted(path[: depth + 1])!r} is not an object, so {dotted(path)!r} cannot be set")
        payload[part] = owned
        payload = owned
    payload[path[-1]] = value


def take(payload: Payload, path: Path) -> Any:
    """Remove and return what stands at *path*, or `ABSENT`."""
    if len(path) == 1:
        return payload.pop(path[0], ABSENT)
    if get(payload, path) is ABSENT:
        return ABSENT
    return owned_parent(payload, path).pop(path[-1])


def replace(payload: Payload, path: Path, function: Callable[[Any], Any], *, nulls: bool) -> None:
    """Pass what stands at *path*, if anything, through a function; null only with *nulls*."""
    value = get(payload, path)
    if value is ABSENT or (value is None and not nulls):
        return
    parent = payload if len(path) == 1 else owned_parent(payload, path)
    parent[path[-1]] = function(value)
