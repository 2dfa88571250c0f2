"""Where the value of every setting comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from upcast._paths import Path, dotted
from upcast.errors import SettingProblem
from upcast.settings._loading._looking import look
from upcast.settings.secrecy import is_secret
from upcast.settings.spelling import Speller, aliases, model_in
from upcast.settings.uses import LegacyUse, Place

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

    from upcast.settings._loading._load import Load

__all__ = ["ExplainedSetting", "Explanation", "State", "explain"]

State: TypeAlias = Literal["set", "default", "missing", "refused"]
"""set: a source has it; default: none has it, and the class has a default; missing: none has it, and the class requires
it; refused: a source has it, and the class does not take it."""


@attrs.frozen(kw_only=True)
class ExplainedSetting:
    """One setting.

    Attributes:
        field: The setting, as a dotted path of today's class.
        state: Whether it has a value, and where from.
        place: Where the value stands; None for a default and for what is missing.
        legacy: The use of the old key by which it is set, or of the retired value that it has.
        overridden: Where lower sources have it too, the highest first.
        spelling: How it is set in the environment, or in files where it has no name there.
        secret: Whether its value is never shown.
        value: The value, where it was asked for and the setting is no secret; else None.
    """

    field: str
    state: State
    place: Place | None
    legacy: LegacyUse | None
    overridden: tuple[Place, ...]
    spelling: str
    secret: bool
    value: Any = None


@attrs.frozen(kw_only=True)
class Explanation:
    """Where the values of settings come from.

    Attributes:
        settings: The settings class, as module:name.
        release: The release that runs; empty where it is not known.
        fields: Every setting, in the order of the class; those of nested models one by one.
        uses: Every use of something that goes.
        problems: Why the settings are refused; empty where they are not.
    """

    settings: str
    release: str
    fields: tuple[ExplainedSetting, ...]
    uses: tuple[LegacyUse, ...]
    problems: tuple[SettingProblem, ...]

    @property
    def ok(self) -> bool:
        """Whether the settings can be loaded."""
        return not self.problems


def explain(settings_class: type[BaseSettings], /, *, values: bool = False, **init: Any) -> Explanation:
    """Tell where the value of every setting comes from; nothing is logged, counted or warned of.

    Args:
        settings_class: A settings class with a history.
        values: Whether to give the values of settings that are no secrets. A secret is what has the type `SecretStr`
            or `SecretBytes`, comes from a secrets directory, or is called like one (`password`, `token`, `dsn`, `url`
            and their like).
        init: What the class is made with.

    Raises:
        TypeError: The class has no history.
    """
    load = look(settings_class, init)
    refused = {problem.field for problem in load.problems}
    speller = Speller.of_class(settings_class)
    fields = []
    for path, annotation, required in _places(settings_class):
        origin = load.origin(speller.file_path(path))
        name = dotted(path)
        if name in refused and origin:
            state: State = "refused"
        else:
            state = "set" if origin else "missing" if required else "default"
        place, legacy = origin or (None, None)
        names = speller.env_names(path)
        secret = is_secret(path, annotation) or (place is not None and place.source == "secrets directory")
        value = _value(load, speller.file_path(path)) if values and not secret else None
        fields.append(
            ExplainedSetting(
                field=name,
                state=state,
                place=place,
                legacy=legacy or _retired(load, name),
                overridden=load.overridden(speller.file_path(path)),
                spelling=names[0] if names else speller.in_file(path),
                secret=secret,
                value=value,
            )
        )
    return Explanation(
        settings=load.history.name,
        release=str(load.history.release or ""),
        fields=tuple(fields),
        uses=tuple(load.uses),
        problems=tuple(load.problems),
    )


def _places(model: Any, above: Path = ()) -> list[tuple[Path, Any, bool]]:
    """The settings of a class, its nested models opened, with their annotations and whether they are required."""
    found = []
    for name, field in model.model_fields.items():
        key = name if not above else aliases(model, name)[0]
        inner, _ = model_in(field.annotation)
        if inner is not None and inner.model_fields and len(above) < 8:  # a model may hold itself
            nested = _places(inner, (*above, key))
            found += [(path, kind, required and field.is_required()) for path, kind, required in nested]
        else:
            found.append(((*above, key), field.annotation, field.is_required()))
    return found


def _value(load: Load, path: Path) -> Any:
    value: Any = load.target if not load.problems else None
    for part in path:
        if value is None:
            return None
        model: Any = type(value)
        named = getattr(model, "model_fields", {})
        name = next((each for each in named if part in (each, *aliases(model, each))), None)
        value = getattr(value, name, None) if name else None
    return value


def _retired(load: Load, field: str) -> LegacyUse | None:
    return next((use for use in load.uses if use.kind == "retired-value" and use.key == field), None)
