"""What Structs, attrs classes and dataclasses say in code: defaults, hooks, validators, and what may be unset."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable
from typing import Any

import attrs
import msgspec
from msgspec import inspect

from upcast._door._unions import spoilt_fields
from upcast._json import is_finite
from upcast.schemas._capture._fingerprints import check, digest
from upcast.schemas.shapes import Made, Static

__all__ = ["default_of", "field_checks", "hooks", "may_be_unset"]

_HOOKS = ("__post_init__", "__attrs_pre_init__", "__attrs_post_init__")
_PLAIN = frozenset({list, dict, set, frozenset, tuple, str, int, float, bool, bytes, bytearray})


# --- defaults -------------------------------------------------------------------------------------------------------


def default_of(field: inspect.Field) -> Static | Made | None:
    """What the absence of a field means."""
    if field.default_factory is not msgspec.NODEFAULT:
        factory: Callable[[], object] = field.default_factory
        if not _is_constant(factory, frozenset()):
            return Made(check("default", factory))
        try:
            return _static(factory())
        except Exception:  # it always fails
            return Made(check("default", factory))
    if field.default is msgspec.NODEFAULT or field.default is msgspec.UNSET:
        return None
    return _static(field.default)


def _static(value: object) -> Static | Made:
    try:
        if is_finite(value):
            return Static(msgspec.json.encode(value, order="deterministic").decode())
    except (TypeError, ValueError, OverflowError, RecursionError):
        pass
    return Made(digest(["no JSON", type(value).__qualname__]))


def _is_constant(factory: Any, above: frozenset[type]) -> bool:
    """Whether a factory makes the same value every time, beyond doubt."""
    if not isinstance(factory, type):
        # Code that names nothing calls nothing.
        code = getattr(factory, "__code__", None)
        return code is not None and not (code.co_names or code.co_freevars or code.co_varnames)
    if factory in _PLAIN:
        return True
    if factory in above or hooks(factory):
        return False
    try:
        if spoilt_fields(factory):  # asked about such a class, msgspec would already do harm
            return False
        info = inspect.type_info(factory)
    except Exception:  # no class of msgspec's
        return False
    return isinstance(info, inspect.StructType | inspect.DataclassType) and all(
        not field_checks(factory, field.name)
        and not field.required
        and (field.default_factory is msgspec.NODEFAULT or _is_constant(field.default_factory, above | {factory}))
        for field in info.fields
    )


# --- code that judges -----------------------------------------------------------------------------------------------


def hooks(cls: Any) -> tuple[str, ...]:
    """Fingerprints of what runs when an object is made, that of its bases included, which it may call."""
    classes = getattr(cls, "__origin__", cls).__mro__
    return tuple(check(name, vars(base)[name]) for name in _HOOKS for base in classes if name in vars(base))


def field_checks(cls: Any, name: str) -> tuple[str, ...]:
    """Fingerprints of the validator and the converter of a field of an attrs class."""
    cls = getattr(cls, "__origin__", cls)
    field = getattr(attrs.fields(cls), name, None) if attrs.has(cls) else None
    given = [] if field is None else [("converter", field.converter), ("validator", field.validator)]
    return tuple(digest([role, _told(code)]) for role, code in given if code is not None)


def _told(value: Any) -> object:
    """A validator or converter as JSON: those of attrs by their names and what they were given."""
    if isinstance(value, str | int | float | bool | None):
        return [type(value).__name__, str(value)]
    if isinstance(value, re.Pattern):
        return ["pattern", value.pattern, value.flags]
    if isinstance(value, list | tuple):
        return [_told(item) for item in value]
    if isinstance(value, set | frozenset | dict):
        return sorted(map(repr, value))
    if attrs.has(type(value)) and type(value).__module__.partition(".")[0] in {"attr", "attrs"}:
        # Its comparison function says no more than its operator does.
        names = [field.name for field in attrs.fields(type(value)) if not field.name.endswith("_func")]
        return [type(value).__qualname__, [[name, _told(getattr(value, name))] for name in names]]
    return check("code", value) if callable(value) else ["object", type(value).__qualname__]


# --- members that may be unset --------------------------------------------------------------------------------------


def may_be_unset(cls: Any, name: str) -> bool:
    """Whether a field may be `UNSET`, in which case it is not written."""
    try:
        hints = typing.get_type_hints(getattr(cls, "__origin__", cls), include_extras=True)
    except (NameError, TypeError):  # what msgspec can resolve and Python cannot is no plain union
        return False
    return _has_unset(hints.get(name))


def _has_unset(hint: Any) -> bool:
    if hint is msgspec.UnsetType:
        return True
    hint = getattr(hint, "__value__", hint)  # a named alias
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        return _has_unset(hint.__origin__)
    return origin in {typing.Union, types.UnionType} and any(map(_has_unset, typing.get_args(hint)))
