"""Fingerprints of a user's code and values: equal for equal source, on every Python and every release of a library."""

from __future__ import annotations

import enum
import functools
import hashlib
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from upcast._source import class_text, function_text

__all__ = ["PYTHON_ENGINE", "canonical_json", "check", "digest", "library_name", "own_missing", "secret_digest"]

_OWN = frozenset({"pydantic", "pydantic_core"})


def canonical_json(value: object) -> str:
    """A JSON value as text: compact, with sorted keys."""
    return msgspec.json.encode(value, order="deterministic").decode()


def digest(value: object) -> str:
    """Twelve hex digits of a JSON value."""
    # Source may hold what no UTF-8 can, so not by msgspec.
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def secret_digest(value: object) -> str:
    """What a schema snapshot says of a secret JSON value."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:16]


PYTHON_ENGINE = digest(["pydantic", "python-re"])
"""The mark of a text whose pattern is found by Python's engine, where pydantic has one of its own."""


def check(role: str, function: Any) -> str:
    """The fingerprint of a function that judges, changes or makes a value, and of when it does."""
    return digest([role, _text(function)])


def library_name(function: Any) -> str:
    """What pydantic calls a function of its own, without where it is defined; empty for everybody else's."""
    inner = function.func if isinstance(function, functools.partial) else function
    if (getattr(inner, "__module__", None) or "").partition(".")[0] not in _OWN:
        return ""
    qualname: str = getattr(inner, "__qualname__", type(inner).__qualname__)
    return qualname


def own_missing(cls: type[enum.Enum]) -> Any:
    """What an enumeration makes of values that are none of its own; None where it refuses them."""
    missing = cls._missing_.__func__  # type: ignore[attr-defined]  # a class method
    return None if missing is enum.Enum._missing_.__func__ else missing  # type: ignore[attr-defined]  # a class method


def _text(function: Any) -> object:
    """What *function* does, as JSON."""
    if inspect.ismethod(function):  # the class it is bound to is where it was found, no part of what it does
        function = function.__func__
    if name := library_name(function):
        # Where pydantic's code changes, its release is what changed; only what a user handed it belongs to the class.
        return ["library", name, *_given(function)]
    if isinstance(function, functools.partial):
        return ["partial", _text(function.func), *_given(function)]
    if _is_standard(function):
        return ["name", function.__module__, getattr(function, "__qualname__", type(function).__qualname__)]
    if isinstance(function, type):
        return ["class", class_text(function)]
    if not hasattr(function, "__code__") and hasattr(call := type(function).__call__, "__code__"):
        return ["object", function_text(call)]
    return function_text(function)


def _is_standard(function: Any) -> bool:
    module = getattr(function, "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] in sys.stdlib_module_names


def _given(function: Any) -> list[object]:
    """What a user handed to a function of pydantic's: the arguments of a partial, or what it closes over."""
    if isinstance(function, functools.partial):
        values = [*function.args, *(v for _, v in sorted(function.keywords.items()))]
    else:
        values = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    return [told for value in values for told in _told(value)]


def _told(value: Any) -> list[object]:
    inner: Callable[..., object] | None = getattr(value, "func", None)  # what a predicate of annotated-types holds
    if inner is not None and not isinstance(value, functools.partial):
        return [type(value).__name__, _text(inner)]
    if isinstance(value, str | int | float | bool | None):
        return [value]
    if callable(value) and not library_name(value) and not isinstance(value, type):
        return [_text(value)]
    return []
