"""Whether what a function returns may hold an object that outlives the call.

A step owns its payload. A function that puts a list of its module into one, and a later function that appends to it,
would make the second reading of the same bytes differ from the first. Copying what every function returns would cost
more than the functions; so it is proven at build where it cannot happen, and copied elsewhere.
"""

from __future__ import annotations

import builtins
import datetime as dt
import enum
import re
import sys
import types
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from upcast._functions import global_names, stored_names

__all__ = ["may_share", "own"]

_IMMUTABLE = (
    *(str, bytes, int, float, complex, type(None), types.EllipsisType, Decimal, uuid.UUID, re.Pattern),
    *(dt.date, dt.time, dt.timedelta, dt.tzinfo, range),
)
# Builtins through which a function can reach what its names do not tell.
_REVEALING = {"globals", "locals", "vars", "eval", "exec", "__import__", "getattr", "open"}


def own(value: Any) -> Any:
    """A copy of the containers in *value*, so that nobody else can reach into them; tuples become lists."""
    copies: dict[int, Any] = {}
    top = [value]
    waiting: list[Any] = [top]
    while waiting:  # not by recursion: a payload within bounds may nest deeper than the interpreter's stack
        container = waiting.pop()
        for key, item in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(item, dict | list | tuple | set):
                if id(item) not in copies:
                    kind = dict if isinstance(item, dict) else set if isinstance(item, set) else list
                    copies[id(item)] = kind(item)
                    if kind is not set:
                        waiting.append(copies[id(item)])
                container[key] = copies[id(item)]
    return top[0]


def may_share(function: Callable[..., Any]) -> bool:
    """Whether *function* may return something mutable that is not made anew in each call; False is certain."""
    return not _is_clean(function, set())


def _is_clean(value: Any, seen: set[int]) -> bool:
    """Whether nothing mutable can be reached from a value that a function refers to."""
    if id(value) in seen:
        return True  # judged already, or being judged further up
    seen.add(id(value))
    if isinstance(value, types.FunctionType):
        return not vars(value) and all(_is_clean(part, seen) for part in _referred(value))
    if isinstance(value, tuple | frozenset):
        return all(_is_clean(item, seen) for item in value)
    if isinstance(value, types.BuiltinFunctionType) and not isinstance(value.__self__, types.ModuleType | None):
        return False  # a method of an object, such as that of a table
    if isinstance(value, type | types.ModuleType | types.BuiltinFunctionType):
        # Attributes of a class or module of the user may be anything; those of Python make new objects.
        name = value.__name__ if isinstance(value, types.ModuleType) else value.__module__
        if (name or "builtins").partition(".")[0] in sys.stdlib_module_names:
            return True
        members: list[Any] = list(value) if isinstance(value, enum.EnumType) else [[]]
        return all(_is_clean(member, seen) for member in members)
    if isinstance(value, enum.Enum):
        return _is_clean(value.value, seen)
    return isinstance(value, _IMMUTABLE)


def _referred(function: types.FunctionType) -> Iterator[Any]:
    """Everything a function can reach: globals, what it closes over, defaults. An import inside is not clean."""
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:
            yield []  # not there yet: it may become anything
    if set(stored_names(function.__code__)):
        yield []  # what it keeps outside of itself may become anything
    for name in global_names(function.__code__):
        if name in function.__globals__:
            yield function.__globals__[name]
        elif name in _REVEALING or not hasattr(builtins, name):
            yield []  # it is not there yet, or can be reached only when it runs
