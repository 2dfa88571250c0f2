"""Old flags of the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

import attrs

from upcast._paths import ABSENT, Path, get, put
from upcast.settings._loading._load import Load
from upcast.settings._loading._made import made_of
from upcast.settings._loading._migration import Failed, merged, moved
from upcast.settings._loading._old import Old, graft
from upcast.settings._loading._places import Said
from upcast.settings.history import history_of
from upcast.settings.legacy import Legacy, flattened
from upcast.settings.spelling import Speller, aliases
from upcast.settings.uses import Place
from upcast.typing import Payload

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
    rest: Payload = {}
    for legacy, found in load.parts.items():
        # No other source is asked: what is missing has its default, or is told.
        try:
            rest = merged(rest, moved(legacy, {key: value for key, (value, _) in found.items()}))
        except Failed as failed:
            load.refuse(found[failed.key][1], failed.kind, str(failed))
    speller = Speller.of_class(settings_class)
    result = [*_written(rest, speller), *result]
    given = _own(list(_read(result, {}, speller)), speller)
    load.states.append((Said.of_arguments(settings_class, {}), given))
    judged(load, defaults=False)
    tell(load)
    return result


@attrs.define
class _Argument:
    """One argument, or a flag with the argument behind it that is its value.

    Attributes:
        words: As it was given.
        name: The flag; empty for what is none.
        text: Its value; None where it has none.
        old: The declaration and the key of an old flag, with what follows in it for a key inside.
    """

    words: list[str]
    name: str = ""
    text: str | None = None
    old: tuple[Legacy, Path, Path] | None = None


_Flags = Mapping[str, tuple[Legacy, Path, str]]
"""Old flags as they are compared, with the text of those that are switches."""


def rewritten(load: Load, arguments: Sequence[str]) -> list[str]:
    """Arguments with the flags of today; the load is told of every old one.

    Args:
        load: The load that is going on.
        arguments: The arguments, without the name of the program.
    """
    speller = Speller.of_class(load.settings_class)
    read = list(_read(arguments, _old_flags(load, speller), speller))
    own = _own(read, speller)
    old, written = _old(read)
    source = Said.of_arguments(load.settings_class, written)
    made, used = made_of(source, own, old, load, speller) if old else ({}, [])
    for path, value in list(flattened(made)):
        numbers = [number for legacy, number in used if _makes(load, legacy, path)]
        load.pending += [(speller.file_path(path), number) for number in numbers]
        todays, place = _given(own, path, speller)
        if todays is not ABSENT:
            for number in numbers if load.differ(speller.file_path(path), value, todays) else ():
                load.clash(number, "same-source", place)
    made = _without(made, own, speller)
    result: list[str] = []
    for argument in read:
        if argument.old is None:
            result += _valid(load, argument, speller)
            continue
        # What an old flag makes stands where it stood: behind the subcommand that it belongs to.
        mine: Payload = {}
        for path, value in list(flattened(made)):
            if _makes(load, argument.old[0], path):
                put(mine, path, value)
        for flag in _written(mine, speller):
            name, _, text = flag.partition("=")
            result += _valid(load, _Argument([flag], name, text), speller, told_as=argument.name)
        made = _without(made, mine, speller)
    return result


def _old_flags(load: Load, speller: Speller) -> _Flags:
    flags = {}
    for legacy in load.history.legacy:
        for key in legacy.keys:
            flag = _folded(speller.flag(key), speller)
            flags[flag] = (legacy, key, "true")
            if legacy.was.get(key) is bool:
                flags[f"{speller.flag_prefix}no-{flag.removeprefix(speller.flag_prefix)}"] = (legacy, key, "false")
    return flags


def _read(arguments: Sequence[str], flags: _Flags, speller: Speller) -> Iterator[_Argument]:
    waiting = list(arguments)
    subcommands = _subcommands(speller)
    while waiting:
        word = waiting.pop(0)
        # What follows a subcommand are its own flags, which may be called as old ones are.
        if word == "--" or word in subcommands:
            yield from (_Argument([each]) for each in (word, *waiting))
            return
        if not word.startswith(speller.flag_prefix[:1]) or word[1:2].isdigit():
            yield _Argument([word])
            continue
        name, has_value, value = word.partition("=")
        argument = _Argument([word], name, value if has_value else None)
        folded = _folded(name, speller)
        known = flags.get(folded)
        inner: Path = ()
        if known is None:
            above = max((each for each in flags if folded.startswith(f"{each}.")), key=len, default="")
            known = flags.get(above)
            inner = tuple(name[len(above) + 1 :].split(".")) if above else ()
        if known is not None:
            legacy, key, bare = known
            argument.old = (legacy, key, inner)
            is_switch = legacy.was.get(key) is bool and (not waiting or waiting[0].startswith("-") or bare == "false")
            if argument.text is None and (is_switch or not waiting):
                argument.text = bare
        if argument.text is None and waiting and not _is_flag(waiting[0], speller):
            # Of a flag of today it is not known whether it takes a value: both are kept as they are.
            argument.text = waiting.pop(0)
            argument.words.append(argument.text)
        yield argument


def _subcommands(speller: Speller) -> frozenset[str]:
    """What the subcommands of a settings class are called."""
    found: set[str] = set()
    for name, field in speller.settings_class.model_fields.items():
        # The mark has no public name.
        if any(getattr(mark, "__name__", "") == "_CliSubCommand" for mark in field.metadata):
            models = [part for part in get_args(field.annotation) if part is not type(None)]
            found |= (
                {model.__name__ for model in models} if len(models) > 1 else {aliases(speller.settings_class, name)[0]}
            )
    return frozenset(name.replace("_", "-") if speller.kebab else name for name in found)


def _is_flag(word: str, speller: Speller) -> bool:
    return word.startswith(speller.flag_prefix[:1]) and not word[1:2].isdigit()


def _old(read: Sequence[_Argument]) -> tuple[Old, dict[Path, str]]:
    """The old keys with their texts, several in a list, and how each is written."""
    old: Old = {}
    written: dict[Path, str] = {}
    for argument in read:
        if argument.old is None:
            continue
        legacy, key, inner = argument.old
        values = old.setdefault(legacy, {})
        written.setdefault(key, argument.name)
        before = values.get(key, ABSENT)
        if inner:
            tree: Payload = before if isinstance(before, dict) else {}
            put(tree, inner, argument.text)
            values[key] = tree
        elif before is ABSENT:
            values[key] = argument.text
        else:
            values[key] = [*(before if isinstance(before, list) else [before]), argument.text]
    return old, written


def _own(read: Sequence[_Argument], speller: Speller) -> Payload:
    """What the flags of today say, as texts."""
    own: Payload = {}
    for argument in read:
        path = _path_of(argument.name, speller)
        if argument.old is None and all(path):
            graft(own, path, argument.text)
    return own


def _path_of(flag: str, speller: Speller) -> Path:
    prefix = speller.flag_prefix if flag.startswith(speller.flag_prefix) else speller.flag_prefix[:1]
    return tuple(flag.removeprefix(prefix).replace("-", "_").split("."))


def _makes(load: Load, legacy: Legacy, path: Path) -> bool:
    return any(path[: len(target)] == target for target in load.history.successors(legacy))


def _given(own: Payload, path: Path, speller: Speller) -> tuple[Any, Place]:
    """What a flag of today says of a key, and which flag."""
    for flag in speller.flags(path):
        value = get(own, _path_of(flag, speller))
        if value is not ABSENT:
            return value, Place(_LABEL, flag)
    return ABSENT, Place(_LABEL, speller.flag(path))


def _without(made: Payload, own: Payload, speller: Speller) -> Payload:
    """What old flags made, without what flags of today say themselves."""
    kept: Payload = {}
    for path, value in flattened(made):
        if _given(own, path, speller)[0] is ABSENT:
            put(kept, path, value)
    return kept


def _written(made: Payload, speller: Speller) -> Iterator[str]:
    for path, value in flattened(made):
        if isinstance(value, bool) and speller.has_switches:
            yield speller.flag(path) if value else speller.flag(path, "no-")
            continue
        texts = value if isinstance(value, list) and all(isinstance(each, str) for each in value) else [value]
        for text in texts:
            yield f"{speller.flag(path)}={text if isinstance(text, str) else json.dumps(text, default=str)}"


def _valid(load: Load, argument: _Argument, speller: Speller, *, told_as: str = "") -> list[str]:
    """An argument with a valid value for one that was retired, told as the flag that was given."""
    for retired in load.history.retired:
        names = {_folded(flag, speller) for flag in speller.flags(retired.key)}
        if _folded(argument.name, speller) not in names or not retired.is_meant(argument.text, text=True):
            continue
        number = load.use(retired, retired.key, Place(_LABEL, told_as or argument.name), speller.flag)
        if load.retire(number) and retired.use is not retired.NOTHING:
            use = retired.use
            return [f"{argument.name}={use if isinstance(use, str) else json.dumps(use)}"]
    return argument.words


def _folded(flag: str, speller: Speller) -> str:
    # Both spellings of a word are taken: whoever changes to dashes has written underscores before.
    plain = flag.replace("_", "-")
    return plain if speller.case_sensitive else plain.lower()
