"""What can be known of a user's code without running it."""

from __future__ import annotations

import dis
import inspect
import sys
import types
from collections.abc import Callable, Iterator

__all__ = ["caller", "global_names", "misfit", "qualname", "stored_names"]


def caller(depth: int) -> str:
    """File and line of a frame; 1 is the caller of this function."""
    frame = sys._getframe(depth)  # noqa: SLF001  # the documented, if underscored, way to the caller's line
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def qualname(function: Callable[..., object]) -> str:
    """How a function is called in errors: as it is written in its module."""
    return getattr(function, "__qualname__", None) or type(function).__qualname__


def misfit(function: object, *arguments: object, **keywords: object) -> str:
    """Why *function* can never be called with such arguments for its result; empty where it can, or nobody knows."""
    if not callable(function):
        return f"{function!r} cannot be called"
    name = qualname(function)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return f"{name} is async, but decoding is not"
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a builtin without one
        return ""
    try:
        signature.bind(*arguments, **keywords)
    except TypeError as error:
        return f"{name}{signature} does not fit: {error}"
    return ""


def stored_names(code: types.CodeType) -> Iterator[str]:
    """The names outside of themselves that a function and the functions inside it assign to."""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "STORE_GLOBAL" or (
            instruction.opname == "STORE_DEREF" and instruction.argval in code.co_freevars
        ):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from (name for name in stored_names(constant) if name not in code.co_cellvars)


def global_names(code: types.CodeType) -> Iterator[str]:
    """The names that a function and the functions inside it look up outside; `__import__` for an import."""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            yield "__import__"
        elif instruction.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from global_names(constant)
