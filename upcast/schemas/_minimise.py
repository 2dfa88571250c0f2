"""The smallest payload of which something still holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from upcast._json import read_payload, write_payload

__all__ = ["minimised"]

_TRIES = 400


def minimised(payload: bytes, holds: Callable[[bytes], bool], *, tries: int = _TRIES) -> bytes:
    """Leave out members and items, and simplify values, while *holds* says yes.

    Args:
        payload: A payload of which it holds.
        holds: The question; asked of smaller and smaller payloads.
        tries: How often it may be asked.
    """
    current = read_payload(payload, keep_literals=True)
    text = payload
    left = tries
    progress = True
    while progress:
        progress = False
        for candidate in _simpler(current):
            if left == 0:
                return text
            left -= 1
            smaller = write_payload(candidate, check_finite=False)
            if holds(smaller):
                current, text, progress = candidate, smaller, True
                break
    return text


def _simpler(value: Any) -> Iterator[Any]:
    """Values like *value*, each simpler by one thing; the boldest first."""
    if isinstance(value, dict):
        for key in value:
            yield {other: item for other, item in value.items() if other != key}
        for key, item in value.items():
            for simpler in _simpler(item):
                yield {**value, key: simpler}
    elif isinstance(value, list):
        if len(value) > 1:
            yield []
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
        for index, item in enumerate(value):
            for simpler in _simpler(item):
                yield [*value[:index], simpler, *value[index + 1 :]]
    else:
        yield from _simpler_scalars(value)


def _simpler_scalars(value: object) -> Iterator[object]:
    if isinstance(value, str):
        if value:
            yield ""
        if len(value) > 1:
            yield value[:1]
            yield value[: len(value) // 2]
    elif isinstance(value, bool):
        if value:
            yield False
    elif isinstance(value, int | float) and value not in (0, 1):
        yield from (0, 1)
    elif value == 1:
        yield 0
