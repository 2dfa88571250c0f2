"""What becomes of the old keys of a source: new keys, in the place that the old ones had."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pydantic_settings as ps
from pydantic.fields import FieldInfo

from upcast._paths import ABSENT, Path, get, put, take
from upcast.settings._loading._kinds import is_flat
from upcast.settings._loading._load import Load
from upcast.settings._loading._migration import Failed, merged, moved
from upcast.settings._loading._old import Old
from upcast.settings._loading._places import place_of, spelled
from upcast.settings._loading._refusals import field_of
from upcast.settings.legacy import Legacy, flattened
from upcast.settings.spelling import Speller
from upcast.typing import Payload

__all__ = ["made_of", "remaining", "with_old", "without_retired"]


def with_old(source: Any, own: Payload, old: Old, load: Load, speller: Speller, *, texts: bool) -> Payload:
    """What a source says with what its old keys made.

    Args:
        source: The source.
        own: What it says in today's keys.
        old: Its old keys.
        load: The load that is going on.
        speller: The rules of the source.
        texts: Whether old keys were looked up by name, as in an environment, so that texts have yet to be read.
    """
    made, used = made_of(source, own, old, load, speller)
    state: Payload = {}
    while made:
        try:
            state = _as_state(source, speller, made, texts=texts)
            break
        except ps.SettingsError as error:
            field = field_of(error)
        for legacy, number in used:
            concerned = not field or any(target[0] == field for target in load.history.successors(legacy))
            if concerned and not load.decided(legacy, own, speller):
                load.refuse(number, "conversion-failed", "its value cannot be read as what its successor takes")
        if made.pop(field, ABSENT) is ABSENT:
            break
    state, used = _lifted(source, state, used, load)
    weaker = own
    for legacy, number in used:
        for path in load.claim(legacy, number, state, own, source, speller):
            weaker = dict(weaker)
            take(weaker, path)
    state = merged(state, weaker)
    load.add(source, own, state)
    return state


def made_of(
    source: Any, own: Payload, old: Old, load: Load, speller: Speller
) -> tuple[Payload, list[tuple[Legacy, int]]]:
    """What old keys make, as it is written in the source, and the uses that made it.

    Args:
        source: The source.
        own: What it says in today's keys.
        old: Its old keys.
        load: The load that is going on.
        speller: The rules of the source.
    """
    made: Payload = {}
    used: list[tuple[Legacy, int]] = []
    spell = functools.partial(spelled, source, speller)
    for legacy in load.history.legacy:
        values = dict(old.get(legacy, {}))
        numbers = {key: load.use(legacy, key, place_of(source, speller, key, legacy), spell) for key in values}
        if load.history.stage(legacy) == "removed":
            load.gone += [(number, legacy) for number in numbers.values()]
            continue
        # What an earlier declaration made may be an old key itself; what the source says of that counts.
        values = {key: value for key in legacy.keys if (value := take(made, key)) is not ABSENT} | values
        if values and (legacy in load.parts or set(legacy.keys) - set(values)):
            values = _completed(load, legacy, values, numbers)
        if not values:
            continue
        try:
            made = merged(moved(legacy, values), made)
        except Failed as failed:
            if load.decided(legacy, own, speller):
                continue  # nobody needs it
            # What comes from an earlier declaration is told by the key that it started from.
            among = [*numbers.values(), *(number for _, number in used)]
            load.refuse(numbers.get(failed.key, among[0]), failed.kind, str(failed))
            continue
        used += [(legacy, number) for number in numbers.values()]
    return made, used


def _completed(load: Load, legacy: Legacy, values: dict[Path, Any], numbers: Mapping[Path, int]) -> dict[Path, Any]:
    """All the old keys of a declaration, with those that higher sources had; nothing while some are missing."""
    above = load.parts.setdefault(legacy, {})
    for key, value in values.items():
        if key not in above and key in numbers:
            above[key] = (value, numbers[key])
            load.tops.setdefault(legacy, (len(load.states), []))[1].append(numbers[key])
    complete = {key: above[key][0] for key in legacy.keys if key in above}
    if len(complete) < len(legacy.keys):
        return {}
    del load.parts[legacy]
    return complete


def _lifted(
    source: Any, state: Payload, used: list[tuple[Legacy, int]], load: Load
) -> tuple[Payload, list[tuple[Legacy, int]]]:
    """What old keys made without what has its place in a higher source, where the first of several keys stands."""
    here = len(load.states)
    higher = {legacy for legacy, _ in used if load.tops.get(legacy, (here,))[0] < here}
    for legacy in higher:
        state = load.lift(source, legacy, state)
    return state, [each for each in used if each[0] not in higher]


def _as_state(source: Any, speller: Speller, made: Payload, *, texts: bool) -> Payload:
    """What old keys made, as a source of its kind would say it.

    Args:
        source: The source.
        speller: Its rules.
        made: What was made, as nested objects.
        texts: Whether texts are those of an environment, which a field may ask to be read as JSON.

    Raises:
        SettingsError: A text cannot be read as its field asks.
    """
    state: Payload = {}
    if not texts:
        for name, value in made.items():
            put(state, speller.file_path((name,)), value)
        return state
    nested: dict[Path, str] = {}
    for path, value in flattened(made):
        field = source.settings_cls.model_fields.get(path[0]) if len(path) == 1 else None
        if type(value) is not str:
            put(state, speller.file_path(path), value)
            continue
        read = None if field is None else _read(source, speller, path[0], field, value)
        if field is None or (isinstance(read, dict) and _reads_as_known(source)):
            nested[speller.file_path(path)] = value
        elif read is not None:  # a text such as `null`, which sources take for nothing
            put(state, speller.file_path(path), read)
    return merged(state, _nested_state(source, speller, nested)) if nested else state


def _read(source: Any, speller: Speller, name: str, field: FieldInfo, text: str) -> Any:
    reader = object.__new__(type(source))
    # It is asked how it reads, not what it has: the variables of a vault are looked up one by one.
    reader.__dict__ = {**source.__dict__, "env_vars": {}}
    is_complex = False
    # Sources differ in what they take for JSON: each says it itself, or fails where it has no value.
    with suppress(Exception):
        _, _, is_complex = reader.get_field_value(field, name)
    try:
        return reader.prepare_field_value(name, field, text, is_complex and not speller.has_alias_path(name))
    except ValueError:
        unreadable = ps.SettingsError(f'error parsing value for field "{name}" from source "{type(source).__name__}"')
    # Raised outside the handler, so that the exception, which holds the text, does not travel along.
    raise unreadable


def _reads_as_known(source: Any) -> bool:
    """Whether a source reads texts as those of pydantic-settings do, and not by a method of its own."""
    methods = (type(source).prepare_field_value, type(source).decode_complex_value)
    return all(method.__module__.startswith("pydantic_settings.") for method in methods)


def _nested_state(source: Any, speller: Speller, texts: Mapping[Path, str]) -> Payload:
    """Texts inside models, read as the source of the environment reads them: it knows how, whatever the field."""
    delimiter = "\x1f"  # that of the class may be in names, and may split only some of them
    reader = ps.EnvSettingsSource(
        source.settings_cls,
        case_sensitive=speller.case_sensitive,
        env_prefix="",
        env_nested_delimiter=delimiter,
        env_nested_max_split=0,
        env_parse_none_str=getattr(source, "env_parse_none_str", None),
        env_parse_enums=getattr(source, "env_parse_enums", None),
    )
    reader.env_vars = {speller.folded(delimiter.join(path)): text for path, text in texts.items()}
    return reader()


def remaining(source: Any, load: Load) -> Payload:
    """What is made of old keys of which some are missing: the defaults that they had stand for those.

    Args:
        source: The lowest source.
        load: The load that is going on.
    """
    speller = Speller.of_class(source.settings_cls)
    state: Payload = {}
    used: list[tuple[Legacy, int]] = []
    for legacy, found in load.parts.items():
        try:
            made = moved(legacy, {key: value for key, (value, _) in found.items()})
        except Failed as failed:
            load.refuse(found[failed.key][1], failed.kind, str(failed))
            continue
        state = merged(state, _as_state(source, speller, made, texts=True))
        used += [(legacy, number) for _, number in found.values()]
    state, _ = _lifted(source, state, used, load)
    load.parts.clear()
    load.add(source, {}, state)
    return state


def without_retired(source: Any, state: Payload, load: Load, speller: Speller) -> Payload:
    """What a source says, with valid values for those that were retired."""
    for retired in load.history.retired:
        path = speller.file_path(retired.key)
        value = get(state, path)
        if value is ABSENT or not retired.is_meant(value, text=is_flat(source)):
            continue
        place = load.place(len(load.states) - 1, source, path)
        number = load.use(retired, retired.key, place, functools.partial(spelled, source, speller))
        if load.retire(number) and retired.use is not retired.NOTHING:
            state = dict(state)
            put(state, path, retired.use)
            load.states[-1] = (source, state)
    return state
