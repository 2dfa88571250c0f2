"""The old keys that a source has, taken out of what it says."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, TypeAlias

import pydantic_settings as ps

from upcast._paths import ABSENT, Path, get, take
from upcast.settings.history import History
from upcast.settings.legacy import Legacy
from upcast.settings.spelling import Speller
from upcast.typing import Payload

__all__ = ["Old", "taken_from_names", "taken_from_tree"]

Old: TypeAlias = dict[Legacy, dict[Path, Any]]
"""The old keys that a source has, with their values."""

_Name: TypeAlias = tuple[str, Legacy, Path]


def taken_from_tree(state: Payload, history: History, speller: Speller) -> tuple[Old, Payload]:
    """The old keys of a source that says a nested object, and what it says without them.

    Args:
        state: What the source says; it is not changed.
        history: The history of the settings class.
        speller: The rules of the source.
    """
    old: Old = {}
    own = state
    heads = {speller.folded(name) for name in state if isinstance(name, str)}
    for legacy in history.legacy:
        for key in legacy.keys:
            if speller.folded(key[0]) not in heads or _key_in(state, key, speller) is None:
                continue
            if own is state:
                own = dict(state)
            old.setdefault(legacy, {})[key] = _taken(own, key, speller)
    return old, own


def taken_from_names(
    source: Any, call: Callable[[], Payload], history: History, speller: Speller
) -> tuple[Old, Payload]:
    """The old keys of a source of names and texts, and what it says without them.

    Such a source reads only the names it knows, so the old ones are looked up before it is called.

    Args:
        source: The source; a copy that is called once.
        call: Calls it.
        history: The history of the settings class.
        speller: The rules of the source.
    """
    variables: Mapping[str, Any] = (
        source.env_vars if isinstance(source, ps.EnvSettingsSource) else _Secrets(source.secrets_dir, speller)
    )
    names, beginnings = _old_names(history, speller)
    old: Old = {}
    taken: set[str] = set()
    for name, legacy, key in names:
        value = variables.get(name)
        if value is not None:
            old.setdefault(legacy, {}).setdefault(key, value)
            taken.add(name)
    if beginnings and isinstance(variables, dict):
        taken |= _take_inner(variables, beginnings, old, speller)
    if taken and isinstance(source, ps.DotEnvSettingsSource):
        # This source hands on every name of its file, and the class would refuse the old ones.
        source.env_vars = {name: value for name, value in source.env_vars.items() if name not in taken}
    own = call()
    for legacy in history.legacy:
        for key in legacy.keys:
            if len(key) > 1 and (value := _taken(own, key, speller)) is not ABSENT:
                old.setdefault(legacy, {}).setdefault(key, value)
    return old, own


@functools.lru_cache(maxsize=512)
def _old_names(history: History, speller: Speller) -> tuple[tuple[_Name, ...], tuple[_Name, ...]]:
    """The names of old keys as a source compares them, and what the names of keys inside them begin with."""
    names = [
        (name, legacy, key)
        for legacy in history.legacy
        for key in legacy.keys
        for name in speller.env_names(key, legacy)
    ]
    whole = tuple((speller.folded(name), legacy, key) for name, legacy, key in names)
    if speller.delimiter is None:
        return whole, ()
    return whole, tuple((speller.folded(name + speller.delimiter), legacy, key) for name, legacy, key in names)


def _take_inner(variables: Mapping[str, Any], beginnings: tuple[_Name, ...], old: Old, speller: Speller) -> set[str]:
    """Gather the names of keys inside old ones, and return them."""
    starts = tuple(beginning for beginning, _, _ in beginnings)
    taken = set()
    for name in [each for each in variables if each.startswith(starts)]:
        beginning, legacy, key = max((each for each in beginnings if name.startswith(each[0])), key=_length)
        inner = tuple(name[len(beginning) :].split(speller.delimiter))
        if not all(inner):
            continue
        above = old.setdefault(legacy, {}).get(key)
        tree: Payload = above if isinstance(above, dict) else {}
        _graft(tree, inner, variables[name])
        old[legacy][key] = tree
        taken.add(name)
    return taken


def _length(name: _Name) -> int:
    return len(name[0])


def _graft(tree: Payload, path: Path, value: Any) -> None:
    for part in path[:-1]:
        below = tree.setdefault(part, {})
        if not isinstance(below, dict):
            return
        tree = below
    tree[path[-1]] = value


class _Secrets(Mapping[str, Any]):
    """The files of secrets directories by name, read when they are asked for."""

    def __init__(self, given: Any, speller: Speller) -> None:
        self._files: dict[str, FilePath] = {}
        folders = [given] if isinstance(given, str | os.PathLike) else list(given or ())
        for folder in [FilePath(each).expanduser() for each in folders]:
            if not folder.is_dir():
                continue
            for name in os.listdir(folder):  # noqa: PTH208  # a path for each would cost more than all else
                self._files[speller.folded(name)] = folder / name

    def __getitem__(self, name: str) -> str:
        file = self._files[name]
        # As pydantic-settings has it: what points out of the directory is no secret of it.
        if not file.is_file() or file.parent.resolve() not in file.resolve().parents:
            raise KeyError(name)
        return file.read_text(encoding="utf-8").strip()

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def _key_in(payload: Payload, key: Path, speller: Speller) -> Path | None:
    """A key as a payload has it; of its first part the case does not matter where it does not for the class."""
    if get(payload, key) is not ABSENT:
        return key
    if speller.case_sensitive:
        return None
    folded = key[0].lower()
    head = next((name for name in payload if isinstance(name, str) and name.lower() == folded), None)
    found = None if head is None else (head, *key[1:])
    return found if found is not None and get(payload, found) is not ABSENT else None


def _taken(payload: Payload, key: Path, speller: Speller) -> Any:
    """Take an old key out of a payload, and the objects that held nothing else."""
    found = _key_in(payload, key, speller)
    if found is None:
        return ABSENT
    value = take(payload, found)
    for depth in range(len(found) - 1, 0, -1):
        if get(payload, found[:depth]) == {}:
            take(payload, found[:depth])
    return value
