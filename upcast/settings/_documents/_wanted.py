"""What an edit of a document makes of its data, worked out without the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from upcast._paths import ABSENT, Path, get, put

__all__ = ["inserted", "keys_of", "moved", "present", "removed", "renamed", "replaced", "same"]


def keys_of(data: Mapping[str, Any], above: Path = ()) -> Iterator[Path]:
    """Every key, also those of the tables inside; not those inside lists."""
    for name, value in data.items():
        path = (*above, name)
        yield path
        if isinstance(value, dict):
            yield from keys_of(value, path)


def present(data: dict[str, Any], path: Path) -> bool:
    """Whether there is such a key."""
    return bool(path) and get(data, path) is not ABSENT


def renamed(data: dict[str, Any], path: Path, name: str) -> dict[str, Any]:
    """The data with another name for the last part of a key that is there."""
    return inserted(_without(data, path), (*path[:-1], name), get(data, path))


def replaced(data: dict[str, Any], path: Path, value: object) -> dict[str, Any]:
    """The data with another value of a key."""
    return inserted(data, path, value)


def inserted(data: dict[str, Any], path: Path, value: object) -> dict[str, Any]:
    """The data with a key more, and the tables on the way to it."""
    result = dict(data)
    put(result, path, value)
    return result


def removed(data: dict[str, Any], path: Path) -> dict[str, Any]:
    """The data without a key that is there, and without the tables that become empty by it."""
    for end in range(len(path), 0, -1):
        data = _without(data, path[:end])
        if end == 1 or get(data, path[: end - 1]):
            break
    return data


def moved(data: dict[str, Any], path: Path, to: Path) -> dict[str, Any]:
    """The data with a key elsewhere; tables that become empty by it go."""
    return inserted(removed(data, path), to, get(data, path))


def _without(data: dict[str, Any], path: Path) -> dict[str, Any]:
    result = dict(data)
    if len(path) == 1:
        del result[path[0]]
    else:
        result[path[0]] = _without(result[path[0]], path[1:])
    return result


def same(one: object, other: object) -> bool:
    """Whether two values are the same, in type too; the order of keys means nothing."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or (one != one and other != other)  # the only way to know a NaN of any type
