"""Whether two outcomes are the same to the letter: values, types, what was set, and errors."""

from __future__ import annotations

import math
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any

import msgspec
import pydantic

from upcast import RefusedEvent

__all__ = ["difference", "error_difference", "scribble"]

_ABSENT = object()
_NO_STATE = {"__dict__", "__weakref__", "__msgspec_cached_hash__"}
_ATOMS = (str, int, bool, bytes, type(None))


def difference(one: Any, other: Any, where: str = "event") -> str:
    """How two values differ, or an empty text; NaN equals NaN, and -0.0 is not 0.0."""
    kind = type(one)
    if kind is not type(other):
        return f"{where}: {kind.__qualname__} and {type(other).__qualname__}"
    if one is other:
        return ""
    if kind in _ATOMS:
        return "" if one == other else _shown(where, one, other)
    if kind is float:
        same = one == other and math.copysign(1, one) == math.copysign(1, other)
        return "" if same or (one != one and other != other) else _shown(where, one, other)
    if kind is Decimal:
        return "" if one.as_tuple() == other.as_tuple() else _shown(where, one, other)
    if kind in {list, tuple}:
        return _items(one, other, where)
    if kind is dict:
        if list(one) != list(other):
            order = " in another order" if one.keys() == other.keys() else ""
            return _shown(f"{where}: keys{order}", list(one), list(other))
        return _items(list(one.values()), list(other.values()), where)
    if kind in {set, frozenset}:
        return "" if sorted(map(_typed, one)) == sorted(map(_typed, other)) else _shown(where, one, other)
    if kind is msgspec.Raw:
        return "" if bytes(one) == bytes(other) else _shown(where, bytes(one), bytes(other))
    return _objects(one, other, where)


def _typed(value: Any) -> tuple[str, str]:
    return type(value).__qualname__, repr(value)


def _shown(where: str, one: Any, other: Any) -> str:
    return f"{where}: {one!r:.300} and {other!r:.300}"


def _items(one: Any, other: Any, where: str) -> str:
    if len(one) != len(other):
        return _shown(where, one, other)
    for number, (left, right) in enumerate(zip(one, other, strict=True)):
        if found := difference(left, right, f"{where}[{number}]"):
            return found
    return ""


def _objects(one: Any, other: Any, where: str) -> str:
    kind = type(one)
    if isinstance(one, Enum):
        return _shown(where, one, other)  # they would be one object
    if isinstance(one, pydantic.BaseModel):
        if one.__pydantic_fields_set__ != other.__pydantic_fields_set__:
            return _shown(f"{where}: fields set", one.__pydantic_fields_set__, other.__pydantic_fields_set__)
        parts = ("__dict__", "__pydantic_extra__", "__pydantic_private__")
        for part in parts:
            if found := difference(getattr(one, part), getattr(other, part), f"{where}.{part}"):
                return found
        return ""
    names = _names(kind)
    if not names and not hasattr(one, "__dict__"):
        return "" if one == other and repr(one) == repr(other) else _shown(where, one, other)
    for name in names:
        if found := difference(getattr(one, name, _ABSENT), getattr(other, name, _ABSENT), f"{where}.{name}"):
            return found
    return difference(getattr(one, "__dict__", None), getattr(other, "__dict__", None), f"{where}.__dict__")


@lru_cache(maxsize=256)
def _names(kind: type) -> tuple[str, ...]:
    """What an object holds outside of its `__dict__`."""
    names = getattr(kind, "__struct_fields__", ())
    slots = [slot for cls in kind.__mro__ for slot in _slots(cls)]
    return (*names, *(slot for slot in slots if slot not in _NO_STATE and slot not in names))


def _slots(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


_ERROR_PARTS = (
    "reason",
    "detail",
    "problem",
    "paths",
    "problems",
    "from_version",
    "step",
    "exception",
    "frames",
    "message",
    "count",
)


def error_difference(one: RefusedEvent, other: RefusedEvent) -> str:
    """How two refusals differ, or an empty text."""
    if type(one) is not type(other):
        return f"{type(one).__name__} ({one}) and {type(other).__name__} ({other})"
    for part in _ERROR_PARTS:
        left, right = getattr(one, part, _ABSENT), getattr(other, part, _ABSENT)
        if left != right:
            return _shown(f"error.{part}", left, right)
    return ""


def scribble(value: Any) -> None:
    """Change every list, dict and set inside of an event."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += item.values()
            item["scribbled"] = 1
        elif isinstance(item, list):
            waiting += item
            item.append("scribbled")
        elif isinstance(item, set):
            item.add("scribbled")
        elif not isinstance(item, _ATOMS) and not isinstance(item, type):
            held = [getattr(item, name, None) for name in _names(type(item))]
            if isinstance(item, pydantic.BaseModel):
                held += [item.__pydantic_extra__, item.__pydantic_private__]
            inside = getattr(item, "__dict__", None)
            waiting += [*held, *(inside.values() if isinstance(inside, dict) else ())]
