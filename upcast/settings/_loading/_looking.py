"""Loading settings to look at them: nothing is said, counted or raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from upcast.errors import SettingsRefused
from upcast.settings._loading._load import CURRENT, Load
from upcast.settings.history import history_of

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

__all__ = ["look"]


def look(settings_class: type[BaseSettings], init: dict[str, Any]) -> Load:
    """Load settings and return how it went; the object is its *target*, complete where there are no problems.

    Args:
        settings_class: A settings class with a history.
        init: What the class is made with.

    Raises:
        TypeError: The class has no history.
    """
    load = Load(settings_class, history_of(settings_class), quiet=True)
    token = CURRENT.set(load)
    try:
        settings_class(**init)
    except SettingsRefused:
        pass  # the load knows why
    finally:
        CURRENT.reset(token)
    return load
