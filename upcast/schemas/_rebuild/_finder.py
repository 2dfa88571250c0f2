"""The engine of a regular expression: Python's where it takes it, else pydantic's."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable
from typing import Any

__all__ = ["UNREADABLE", "finder", "in_peace"]

UNREADABLE = (re.error, OverflowError, RecursionError, Warning)


@functools.lru_cache(1024)
def finder(pattern: str) -> Callable[[str], bool] | None:
    """Whether a pattern is found in a string, by the engine that it was written for; None where none takes it."""
    try:
        search = in_peace(re.compile, pattern).search
    except UNREADABLE:
        return _rust_finder(pattern)
    return lambda text: search(text) is not None


def _rust_finder(pattern: str) -> Callable[[str], bool] | None:
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern)).isinstance_python
    except SchemaError:
        return None


def in_peace(read: Callable[[str], Any], pattern: str) -> Any:
    """What *read* makes of a pattern; whatever it has doubts about, it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a class inside of a class: Rust reads it as one, Python as letters
        return read(pattern)
