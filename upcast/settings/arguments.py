"""Old flags of the command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from upcast._paths import Path
from upcast.settings._loading._load import Load
from upcast.settings._loading._migration import Failed, moved
from upcast.settings.history import history_of
from upcast.settings.legacy import Legacy, flattened
from upcast.settings.spelling import Speller
from upcast.settings.uses import Place

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

__all__ = ["migrated_arguments", "rewritten"]

_LABEL = "command line"


def migrated_arguments(settings_class: type[BaseSettings], arguments: Sequence[str]) -> list[str]:
    """The arguments of a command line with the flags of today, for `CliApp.run(..., cli_args=...)`.

    A settings class that parses the command line itself (`cli_parse_args`) does this on its own.

    Args:
        settings_class: A class with a history.
        arguments: The arguments, without the name of the program.

    Raises:
        SettingsRefused: A value cannot be converted, or a flag is not taken any more.
    """
    from upcast.settings._loading._telling import judged, tell

    load = Load(settings_class, history_of(settings_class))
    result = rewritten(load, arguments)
    judged(load)
    tell(load)
    return result


def rewritten(load: Load, arguments: Sequence[str]) -> list[str]:
    """Arguments with the flags of today; the load is told of every old one.

    Args:
        load: The load that is going on.
        arguments: The arguments, without the name of the program.
    """
    speller = Speller.of_class(load.settings_class)
    flags = {
        _folded(speller.flag(key), speller): (legacy, key) for legacy in load.history.legacy for key in legacy.keys
    }
    values: dict[Legacy, dict[Path, str]] = {}
    numbers: dict[Legacy, list[int]] = {}
    kept: list[str | Legacy] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument == "--":
            kept += [argument, *waiting]
            break
        name, has_value, value = argument.partition("=")
        known = flags.get(_folded(name, speller))
        if known is None:
            kept.append(argument)
            continue
        legacy, key = known
        if not has_value:
            # A switch has no value of its own.
            bare = legacy.was.get(key) is bool and (not waiting or waiting[0].startswith("-"))
            value = "true" if bare or not waiting else waiting.pop(0)
        if legacy not in values:
            kept.append(legacy)
        values.setdefault(legacy, {})[key] = value
        place = Place(_LABEL, name)
        numbers.setdefault(legacy, []).append(load.use(legacy, key, place, speller.flag))
    given = {_folded(each.partition("=")[0], speller) for each in kept if isinstance(each, str)}
    result: list[str] = []
    for each in kept:
        result += [each] if isinstance(each, str) else _new(load, each, values[each], numbers[each], given, speller)
    return result


def _new(
    load: Load, legacy: Legacy, values: dict[Path, str], numbers: list[int], given: set[str], speller: Speller
) -> list[str]:
    """The new flags in the place of old ones."""
    if load.history.stage(legacy) == "removed":
        load.gone += [(number, legacy) for number in numbers]
        return []
    try:
        made = moved(legacy, values)
    except Failed as failed:
        load.refuse(numbers[0], failed.kind, str(failed))
        return []
    result = []
    for path, value in flattened(made):
        flag = speller.flag(path)
        for number in numbers:
            load.pending.append((speller.file_path(path), number))
        if _folded(flag, speller) in given:
            for number in numbers:
                load.clash(number, "same-source", Place(_LABEL, flag))
            continue
        result.append(f"{flag}={value if isinstance(value, str) else json.dumps(value, default=str)}")
    return result


def _folded(flag: str, speller: Speller) -> str:
    # Both spellings of a word are taken: whoever changes to dashes has written underscores before.
    plain = flag.replace("_", "-")
    return plain if speller.case_sensitive else plain.lower()
