"""What becomes of the old keys of a source: new keys, in the place that the old ones had."""

from __future__ import annotations

import functools
from collections.abc import Mapping
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

__all__ = ["remaining", "with_old", "without_retired"]


def with_old(source: Any, own: Payload, old: Old, load: Load, speller: Speller) -> Payload:
    """What a source says with what its old keys made.

    Args:
        source: The source.
        own: What it says in today's keys.
        old: Its old keys.
        load: The load that is going on.
        speller: The rules of the source.
    """
    made, used = _made_of(source, old, load, speller)
    try:
        state = _as_state(source, speller, made, texts=is_flat(source))
    except ps.SettingsError as error:
        state = {}
        field = field_of(error)
        for legacy, number in used:
            if not field or any(target[0] == field for target in load.history.successors(legacy)):
                load.refuse(number, "conversion-failed", "its value cannot be read as what its successor takes")
    weaker = own
    for legacy, number in used:
        for path in load.claim(legacy, number, state, own, source, speller):
            weaker = dict(weaker)
            take(weaker, path)
    state = merged(state, weaker)
    load.add(source, own, state)
    return state


def _made_of(source: Any, old: Old, load: Load, speller: Speller) -> tuple[Payload, list[tuple[Legacy, int]]]:
    """What old keys make, as it is written in the source, and the uses that made it."""
    made: Payload = {}
    used: list[tuple[Legacy, int]] = []
    spell = functools.partial(spelled, source, speller)
    for legacy in load.history.legacy:
        values = dict(old.get(legacy, {}))
        numbers = {key: load.use(legacy, key, place_of(source, speller, key, legacy), spell) for key in values}
        if load.history.stage(legacy) == "removed":
            load.gone += [(number, legacy) for number in numbers.values()]
            continue
        # What an earlier declaration made may be an old key itself.
        values |= {key: value for key in legacy.keys if key not in values and (value := take(made, key)) is not ABSENT}
        if values and (legacy in load.parts or set(legacy.keys) - set(values)):
            values = _completed(load, legacy, values, numbers)
        if not values:
            continue
        try:
            made = merged(moved(legacy, values), made)
        except Failed as failed:
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
    complete = {key: above[key][0] for key in legacy.keys if key in above}
    if len(complete) < len(legacy.keys):
        return {}
    del load.parts[legacy]
    return complete


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
    if not made:
        return {}
    if not texts:
        return {speller.file_path((name,))[0]: value for name, value in made.items()}
    state: Payload = {}
    nested: dict[Path, str] = {}
    for path, value in flattened(made):
        field = source.settings_cls.model_fields.get(path[0]) if len(path) == 1 else None
        if type(value) is not str:
            put(state, speller.file_path(path), value)
        elif field is None or isinstance(read := _read(source, path[0], field, value), dict):
            nested[speller.file_path(path)] = value
        else:
            state[speller.file_path(path)[0]] = read
    return merged(state, _nested_state(source, speller, nested)) if nested else state


def _read(source: Any, name: str, field: FieldInfo, text: str) -> Any:
    try:
        return source.prepare_field_value(name, field, text, False)
    except ValueError:
        unreadable = ps.SettingsError(f'error parsing value for field "{name}" from source "{type(source).__name__}"')
    # Raised outside the handler, so that the exception, which holds the text, does not travel along.
    raise unreadable


def _nested_state(source: Any, speller: Speller, texts: Mapping[Path, str]) -> Payload:
    """Texts inside models, read as the source of the environment reads them: it knows how, whatever the field."""
    delimiter = speller.delimiter or "\x1f"
    reader = ps.EnvSettingsSource(
        source.settings_cls,
        case_sensitive=speller.case_sensitive,
        env_prefix="",
        env_nested_delimiter=delimiter,
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
    for legacy, number in used:
        load.claim(legacy, number, state, {}, source, speller)
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
        place = place_of(source, speller, retired.key)
        number = load.use(retired, retired.key, place, functools.partial(spelled, source, speller))
        use = load.uses[number]
        if use.stage == "removed":
            reason = f" ({use.reason})" if use.reason else ""
            text = f"this value was retired in {use.since} and is not taken since {use.remove_in}{reason}"
            load.refuse(number, "removed-value", text, remedy="Write a valid value.")
        elif retired.use is not retired.NOTHING:
            state = dict(state)
            put(state, path, retired.use)
            load.states[-1] = (source, state)
    return state
