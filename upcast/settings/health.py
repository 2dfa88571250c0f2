"""Whether a service can start with the settings that it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from upcast.errors import SettingProblem, SettingsRefused
from upcast.settings._loading._looking import look
from upcast.settings.uses import LegacyUse

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

__all__ = ["Health", "check_health"]

SettingsT = TypeVar("SettingsT", bound="BaseSettings")


@attrs.frozen(kw_only=True)
class Health(Generic[SettingsT]):
    """Whether settings can be loaded; true where they can.

    Attributes:
        name: The settings class, as module:name.
        settings: The settings; None where they are refused.
        problems: Why they are refused, each with the spelling that the user has.
        uses: What of them goes, or went, with a release.
    """

    name: str
    settings: SettingsT | None = attrs.field(repr=False)
    problems: tuple[SettingProblem, ...]
    uses: tuple[LegacyUse, ...]

    def __bool__(self) -> bool:
        return self.ok

    @property
    def ok(self) -> bool:
        """Whether the settings can be loaded."""
        return not self.problems

    def need(self) -> SettingsT:
        """The settings.

        Raises:
            SettingsRefused: They are refused.
        """
        if self.settings is None:
            raise SettingsRefused(self.name, self.problems)
        return self.settings

    def as_dict(self) -> dict[str, Any]:
        """What a readiness probe answers, without any value of a setting."""
        return {
            "settings": self.name,
            "ok": self.ok,
            "problems": [attrs.asdict(problem) for problem in self.problems],
            "uses": [attrs.asdict(use) for use in self.uses],
        }


def check_health(settings_class: type[SettingsT], /, **init: Any) -> Health[SettingsT]:
    """Load settings as a start would, and tell how it went instead of raising.

    Limits are those of the fields (`Field(ge=50, le=3600)`); they are checked on what old keys were made into, and what
    is refused is named as whoever set it spelled it. Nothing is logged, counted or warned of.

    Args:
        settings_class: A settings class with a history.
        init: What the class is made with.

    Raises:
        TypeError: The class has no history.
    """
    load = look(settings_class, init)
    settings: Any = None if load.problems else load.target
    return Health(name=load.history.name, settings=settings, problems=tuple(load.problems), uses=tuple(load.uses))
