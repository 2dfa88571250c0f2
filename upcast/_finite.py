"""Whether a function may put a number that is not finite, or a key that is no text, into a payload.

What a function made is searched for them, since the encoder would write null in silence. The search costs as much as
the function; so it is proven at build where they cannot happen, and made elsewhere.
"""

from __future__ import annotations

import builtins
import dis
import math
import types
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["may_make_not_finite"]

# What makes a number of numbers; the first is also how a subscript is written in some releases of Python.
_ARITHMETIC = frozenset({"BINARY_OP", "UNARY_NEGATIVE", "UNARY_INVERT", "UNARY_POSITIVE", "CALL_INTRINSIC_1"})
_UNKNOWN = frozenset(
    {"IMPORT_NAME", "LOAD_NAME", "LOAD_BUILD_CLASS", "LOAD_CLOSURE", "MAKE_CELL", "MATCH_CLASS", "LOAD_SUPER_ATTR"}
)
_ATTRIBUTE = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
# Methods of objects, arrays and texts; a number has some that make others of it.
_METHODS = frozenset(
    {"append", "capitalize", "casefold", "clear", "copy", "count", "endswith", "extend", "find", "get", "index"}
    | {"insert", "isalnum", "isalpha", "isdigit", "isnumeric", "items", "join", "keys", "lower", "lstrip", "partition"}
    | {"pop", "popitem", "remove", "removeprefix", "removesuffix", "replace", "reverse", "rfind", "rpartition"}
    | {"rsplit", "rstrip", "setdefault", "sort", "split", "splitlines", "startswith", "strip", "title", "update"}
    | {"upper", "values", "zfill"}
)
# Builtins that make JSON values of JSON values, and none that is not finite of finite ones.
_SAFE = frozenset(
    {"all", "any", "bool", "dict", "enumerate", "filter", "int", "isinstance", "len", "list", "max", "min", "range"}
    | {"reversed", "set", "sorted", "str", "tuple", "zip", "KeyError", "TypeError", "ValueError"}
)
_CONSTANTS = (str, int, bool, type(None))


def may_make_not_finite(function: Callable[..., Any]) -> bool:
    """Whether *function* may; False is certain, for payloads that hold what a parser makes of JSON.

    What a function does with its payload is safe as long as it computes nothing, and reaches nothing but safe builtins,
    safe methods and constants.
    """
    if not isinstance(function, types.FunctionType) or function.__closure__ or vars(function):
        return True
    defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    return not (all(map(_is_safe, defaults)) and all(_safe(function.__code__, function.__globals__)))


def _safe(code: types.CodeType, known: dict[str, Any]) -> Iterator[bool]:
    for instruction in dis.get_instructions(code):
        name = instruction.opname
        if name in _ARITHMETIC:
            yield instruction.argrepr == "[]"
        elif name in _ATTRIBUTE:
            yield instruction.argval in _METHODS
        elif name == "LOAD_GLOBAL":
            found = instruction.argval
            yield _is_safe(known[found]) if found in known else found in _SAFE and hasattr(builtins, found)
        else:
            yield name not in _UNKNOWN
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _safe(constant, known)
        else:
            yield _is_safe(constant)


def _is_safe(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, tuple | frozenset):
        return all(map(_is_safe, value))
    return type(value) in _CONSTANTS
