"""What became of settings: legacy keys, retired values and changed defaults, declared once for every spelling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

import attrs

from upcast._functions import caller
from upcast._paths import Path, dotted, parse_path
from upcast._steps import Step
from upcast._steps._arguments import contains
from upcast._steps._step import Place, check_step, shown
from upcast.errors import InvalidLegacy
from upcast.settings.window import Window

__all__ = ["ChangedDefault", "Declaration", "Kind", "Legacy", "RetiredValue", "flattened"]

Kind: TypeAlias = Literal["renamed", "moved", "split", "merged", "converted", "removed", "reshaped"]
"""What became of legacy keys, in a word."""


@attrs.frozen(init=False, repr=False, eq=False)
class Legacy:
    """Settings that have a successor, or none any more: the steps that turn the old keys into the new ones.

    The steps are those of events. They run in every source of its own, on nothing but the old keys that the source
    has, so what they make takes the place that the old keys had among the sources.

    Attributes:
        steps: The steps, in order.
        window: The releases in which the old keys are taken.
        reason: Why.
        was: The type that the value of an old key had; texts become it before a step sees them.
        defaults: What the old keys had where nothing set them, for steps that need all of several keys.
        env: The whole name of an old key in the environment, where it is not the prefix and the key.
        keys: The old keys.
        targets: The keys that the steps make.
        where: File and line of the declaration.
    """

    steps: tuple[Step, ...]
    window: Window
    reason: str
    was: Mapping[Path, Any]
    defaults: Mapping[Path, Any]
    env: Mapping[Path, tuple[str, ...]]
    keys: tuple[Path, ...]
    targets: tuple[Path, ...]
    where: str

    def __init__(
        self,
        *steps: Step,
        since: str,
        remove_in: str,
        warn_in: str | None = None,
        reason: str = "",
        was: Any = None,
        defaults: Mapping[str, object] | None = None,
        env: str | tuple[str, ...] | Mapping[str, str | tuple[str, ...]] | None = None,
    ) -> None:
        """Declare what became of keys.

        Args:
            steps: `rename`, `move`, `split_field`, `join_fields`, `remove`, `wrap`, `unwrap`, and `convert` or
                `map_values` behind one of them, on what it made.
            since: The release that brought the new key, such as `2.1.0`.
            remove_in: The first release that does not take the old one any more.
            warn_in: The first release that warns; by default *since*.
            reason: Why, for whoever reads the warning; needed where a key goes without a successor.
            was: The type that the old value had, such as `int`, where several keys have a successor as a mapping from
                key to type. Needed by `convert`, which would else get a text from the environment and a number from a
                file.
            defaults: What the old keys had where nothing set them, by key.
            env: The whole name of the old key in the environment, in `.env` files and in secrets directories, where
                it is not the prefix and the key; several, or a mapping from key to them.

        Raises:
            InvalidLegacy: The steps take no key, or something is missing or makes no sense.
        """
        about = f"Legacy({', '.join(map(repr, steps))})"
        for step in steps:
            check_step(step)
        keys, targets = _taken_and_made(steps, about)
        if not targets and not reason:
            raise InvalidLegacy(f"{about}: say in reason= why the key goes and what to do instead")
        types = _by_key(was, keys, "was", about)
        if any(step.code for step in steps) and set(keys) - set(types):
            missing = ", ".join(dotted(key) for key in keys if key not in types)
            raise InvalidLegacy(
                f"{about}: a function needs to know what it gets: say in was= which type {missing} had, such as was=int"
            )
        names = {
            key: (name,) if isinstance(name, str) else tuple(name)
            for key, name in _by_key(env, keys, "env", about).items()
        }
        put = object.__setattr__
        put(self, "steps", steps)
        put(self, "window", Window.of(since, remove_in, warn_in, about))
        put(self, "reason", reason)
        put(self, "was", MappingProxyType(types))
        put(self, "defaults", MappingProxyType(_by_key(dict(defaults or {}), keys, "defaults", about)))
        put(self, "env", MappingProxyType(names))
        put(self, "keys", keys)
        put(self, "targets", targets)
        put(self, "where", caller(2))

    def __repr__(self) -> str:
        window = f"since='{self.window.since}', remove_in='{self.window.remove_in}'"
        return f"Legacy({', '.join(map(repr, self.steps))}, {window})"

    @property
    def kind(self) -> Kind:
        """What became of the keys, in a word."""
        if not self.targets:
            return "removed"
        if len(self.keys) > 1:
            return "merged"
        if len(self.targets) > 1:
            return "split"
        if self.changes_values:
            return "converted"
        if len(self.steps) > 1 or not any(effect.relocates for effect in self.steps[0].effects):
            return "reshaped"
        return "renamed" if len(self.keys[0]) == len(self.targets[0]) == 1 else "moved"

    @property
    def changes_values(self) -> bool:
        """Whether a step changes the value itself, and not only where it stands."""
        return any(not effect.relocates and effect.sets for step in self.steps for effect in step.effects)

    def inverse(self) -> tuple[Step, ...] | None:
        """The steps that turn the new keys into the old ones, or None where one cannot be undone."""
        back = [step.inverse() for step in reversed(self.steps)]
        return tuple(step for step in back if step is not None) if all(back) else None


_NOTHING: Final = object()


@attrs.frozen(init=False, repr=False, eq=False)
class RetiredValue:
    """A value of a setting that is no longer valid.

    Attributes:
        key: The setting.
        value: The value.
        use: What it becomes, or `RetiredValue.NOTHING` where the class decides.
        window: The releases in which it is still taken.
        reason: Why.
        where: File and line of the declaration.
    """

    NOTHING = _NOTHING

    key: Path
    value: Any
    use: Any
    window: Window
    reason: str
    where: str

    def __init__(
        self,
        key: str,
        value: str | float | bool | None,
        *,
        use: object = _NOTHING,
        since: str,
        remove_in: str,
        warn_in: str | None = None,
        reason: str = "",
    ) -> None:
        """Declare that a value is no longer valid.

        Args:
            key: The setting, as a path of today's class.
            value: The value; texts of the environment are compared with how it is written there.
            use: What it becomes while it is still taken. Without it the class decides, and the reason is told.
            since: The release in which it became invalid.
            remove_in: The first release that does not take it any more.
            warn_in: The first release that warns; by default *since*.
            reason: Why; needed where there is no *use*.

        Raises:
            InvalidLegacy: Something is missing or makes no sense.
        """
        about = f"RetiredValue({key!r}, ...)"
        if use is _NOTHING and not reason:
            raise InvalidLegacy(f"{about}: say with use= what the value becomes, or in reason= what to do instead")
        put = object.__setattr__
        put(self, "key", _key(key, about))
        put(self, "value", value)
        put(self, "use", use)
        put(self, "window", Window.of(since, remove_in, warn_in, about))
        put(self, "reason", reason)
        put(self, "where", caller(2))

    def __repr__(self) -> str:
        return f"RetiredValue({dotted(self.key)!r}, ...)"

    def is_meant(self, value: object, *, text: bool) -> bool:
        """Whether *value* is the retired one.

        Args:
            value: What a source has.
            text: Whether the source has nothing but texts.
        """
        if text and isinstance(value, str) and not isinstance(self.value, str):
            spelled = {True: ("true", "1", "yes", "on"), False: ("false", "0", "no", "off"), None: ("", "null")}
            known = spelled.get(self.value) if isinstance(self.value, bool | None) else None
            return value.strip().lower() in known if known else value.strip() == str(self.value)
        return type(value) is type(self.value) and value == self.value


@attrs.frozen(init=False, repr=False, eq=False)
class ChangedDefault:
    """A setting whose default became another one: who sets it nowhere gets something else than before.

    Attributes:
        key: The setting.
        was: The old default.
        window: The releases in which it is told.
        reason: Why.
        where: File and line of the declaration.
    """

    key: Path
    was: Any
    window: Window
    reason: str
    where: str

    def __init__(
        self, key: str, *, was: object, since: str, remove_in: str, warn_in: str | None = None, reason: str = ""
    ) -> None:
        """Declare that a default changed.

        Args:
            key: The setting, as a path of today's class.
            was: The old default.
            since: The release that changed it.
            remove_in: The first release that does not speak of it any more.
            warn_in: The first release that speaks of it; by default *since*.
            reason: Why.

        Raises:
            InvalidLegacy: Something makes no sense.
        """
        about = f"ChangedDefault({key!r}, ...)"
        put = object.__setattr__
        put(self, "key", _key(key, about))
        put(self, "was", was)
        put(self, "window", Window.of(since, remove_in, warn_in, about))
        put(self, "reason", reason)
        put(self, "where", caller(2))

    def __repr__(self) -> str:
        return f"ChangedDefault({dotted(self.key)!r}, ...)"


Declaration: TypeAlias = Legacy | RetiredValue | ChangedDefault


def _key(key: str, about: str) -> Path:
    try:
        return parse_path(key, "a key")
    except ValueError as error:
        raise InvalidLegacy(f"{about}: {error}") from None


def _by_key(given: Any, keys: tuple[Path, ...], name: str, about: str) -> dict[Path, Any]:
    """What was said of each key: one thing where there is one key, or a mapping."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        if len(keys) > 1:
            raise InvalidLegacy(f"{about}: {name}= must say for which key: {name}={{{dotted(keys[0])!r}: ...}}")
        return {keys[0]: given}
    found = {_key(key, about): value for key, value in given.items()}
    for key in found:
        if key not in keys:
            raise InvalidLegacy(f"{about}: {name}= names {dotted(key)!r}, which the steps do not take")
    return found


def _taken_and_made(steps: tuple[Step, ...], about: str) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The keys that steps take from outside, and those that stand there in the end."""
    taken: list[Path] = []
    made: list[Path] = []
    for effect in (effect for step in steps for effect in step.effects):
        for place in effect.clears:
            path = _plain(place, about)
            inside = [each for each in made if contains(path, each)]
            made = [each for each in made if each not in inside]
            if not inside:
                taken.append(path)
        for place in effect.sets:
            path = _plain(place, about)
            if any(contains(each, path) for each in made):
                continue
            if not effect.clears and effect.reads:
                raise InvalidLegacy(
                    f"{about}: {shown(place)} is changed where it stands, so an old value cannot be told from a new "
                    "one: give the new one another name, or a schema_version to the files"
                )
            made.append(path)
    if not taken:
        raise InvalidLegacy(f"{about}: the steps take no key: use rename, move, split_field, join_fields or remove")
    return tuple(dict.fromkeys(taken)), tuple(made)


def _plain(place: Place, about: str) -> Path:
    if None in place:
        raise InvalidLegacy(f"{about}: items of lists have no names; give the files a schema_version and use a chain")
    return tuple(part for part in place if part is not None)


def _drop(made: list[Path], path: Path) -> bool:
    """Take what is at or below *path* from what was made; whether there was any."""
    inside = [each for each in made if contains(path, each)]
    for each in inside:
        made.remove(each)
    return bool(inside)


def flattened(payload: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The leaves of nested objects with their paths; an empty object is a leaf."""
    for name, value in payload.items():
        if isinstance(value, Mapping) and value:
            yield from flattened(value, (*path, name))
        else:
            yield (*path, name), value
