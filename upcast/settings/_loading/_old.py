"""The old keys that a source has, taken out of what it says."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, TypeAlias

import pydantic_settings as ps
from pydantic.fields import FieldInfo
from pydantic_settings.sources.types import EnvNoneType

from upcast._paths import ABSENT, Path, get, take
from upcast.settings._named_paths import named_paths
from upcast.settings.history import History
from upcast.settings.legacy import Legacy
from upcast.settings.spelling import Speller
from upcast.typing import Payload

__all__ = ["Old", "graft", "taken_by_asking", "taken_from_names", "taken_from_tree"]

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

    Such a source reads only the names it knows, so the old ones are looked up beside.

    Args:
        source: The source; a copy that is called once.
        call: Calls it.
        history: The history of the settings class.
        speller: The rules of the source.
    """
    # One of the user's own may only have its variables when it was called.
    is_dotenv = isinstance(source, ps.DotEnvSettingsSource)
    own = {} if is_dotenv else call()
    variables: Mapping[str, Any] = (
        source.env_vars if isinstance(source, ps.EnvSettingsSource) else _Secrets(source.secrets_dir, speller)
    )
    names, beginnings = _old_names(history, speller)
    old: Old = {}
    taken: set[str] = set()
    for name, legacy, key in names:
        value = variables.get(name)
        if value is not None:
            old.setdefault(legacy, {}).setdefault(key, _meant(value))
            taken.add(name)
    if beginnings and isinstance(variables, dict):
        taken |= _take_inner(variables, beginnings, old, speller, getattr(source, "maxsplit", -1))
    if is_dotenv:
        # This source hands on every name of its file, and the class would refuse the old ones.
        source.env_vars = {name: value for name, value in source.env_vars.items() if name not in taken}
        own = call()
    for legacy in history.legacy:
        for key in legacy.keys:
            if len(key) > 1 and (value := _taken(own, key, speller)) is not ABSENT:
                old.setdefault(legacy, {}).setdefault(key, value)
    return old, own


def taken_by_asking(source: Any, old: Old, history: History) -> Old:
    """The old keys of a source of the user's own that only reads the fields of the class, as most of them do.

    Args:
        source: The source.
        old: What of it is known already.
        history: The history of the settings class.
    """
    found: Old = {}
    if type(source).get_field_value.__module__.startswith("pydantic_settings."):
        return found
    for legacy in history.legacy:
        for key in legacy.keys:
            if len(key) > 1 or key in old.get(legacy, {}):
                continue
            try:
                value, _, _ = source.get_field_value(FieldInfo(annotation=Any), key[0])
            except Exception:  # noqa: S112  # it does not know the name, and says so in its own way
                continue
            if value is not None:
                found.setdefault(legacy, dict(old.get(legacy, {})))[key] = value
    return found


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


def _take_inner(
    variables: Mapping[str, Any], beginnings: tuple[_Name, ...], old: Old, speller: Speller, splits: int
) -> set[str]:
    """Gather the names of keys inside old ones, and return them."""
    starts = tuple(beginning for beginning, _, _ in beginnings)
    taken = set()
    for name in [each for each in variables if each.startswith(starts)]:
        beginning, legacy, key = max((each for each in beginnings if name.startswith(each[0])), key=_length)
        left = splits if splits < 0 else max(splits + 1 - len(key), 0)
        inner = tuple(name[len(beginning) :].split(speller.delimiter, left))
        if not all(inner) or _is_todays(name, beginning, speller):
            continue
        above = old.setdefault(legacy, {}).get(key)
        if isinstance(above, str):
            above = _object_in(above)
        tree: Payload = above if isinstance(above, dict) else {}
        graft(tree, inner, _meant(variables[name]))
        old[legacy][key] = tree
        taken.add(name)
    return taken


def _is_todays(name: str, beginning: str, speller: Speller) -> bool:
    """Whether a name that begins as an old key is a setting of today, or inside one: `_` is in many names."""
    todays = [
        speller.folded(each) for field in speller.settings_class.model_fields for each in speller.env_names((field,))
    ]
    longer = [each for each in todays if each.startswith(beginning)]
    return any(name == each or name.startswith(f"{each}{speller.folded(speller.delimiter or '')}") for each in longer)


def _object_in(text: str) -> Any:
    """The object of a JSON text, to which the names of keys inside it add."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _meant(value: Any) -> Any:
    """A text of the environment, or None for the one that stands for it."""
    return None if isinstance(value, EnvNoneType) else value


def _length(name: _Name) -> int:
    return len(name[0])


def graft(tree: Payload, path: Path, value: Any) -> None:
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
        for folder in named_paths(given):
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
