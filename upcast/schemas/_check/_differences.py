"""Where two JSON values differ."""

from __future__ import annotations

from typing import Any

import msgspec

from upcast.schemas.shapes import Path

__all__ = ["differences", "parsed"]


def differences(one: Any, other: Any, path: Path = ()) -> frozenset[Path]:
    """The places at which two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = [differences(one[key], other[key], (*path, key)) for key in one.keys() & other.keys()]
        return frozenset((*path, key) for key in one.keys() ^ other.keys()).union(*found)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return frozenset[Path]().union(*(differences(a, b, (*path, index)) for index, (a, b) in pairs))
    return frozenset() if type(one) is type(other) and one == other else frozenset([path])


def parsed(text: bytes | str) -> Any:
    """A JSON value, or the text itself where a number in it is out of range."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
