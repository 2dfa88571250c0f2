"""What the commands of `upcast settings` share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from upcast.cli._load import import_target
from upcast.cli._problem import CannotRun
from upcast.errors import MissingExtra

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

__all__ = ["load_settings", "settings_argument"]

settings_argument = click.argument("target", metavar="MODULE:CLASS")


def load_settings(target: str) -> type[BaseSettings]:
    """Load the settings class that *target* names.

    Args:
        target: `module:attribute`; the module is imported as `python -m` would, the working folder first.

    Raises:
        CannotRun: It cannot be imported, is no settings class, or has no history; or the extra is not installed.
    """
    try:
        from upcast.settings._extra import BaseSettings
        from upcast.settings.history import history_of
    except MissingExtra as missing:
        raise CannotRun(str(missing)) from None
    found = import_target(target)
    if not (isinstance(found, type) and issubclass(found, BaseSettings)):
        raise CannotRun(f"{target} is no settings class: name a class that is derived from BaseSettings")
    try:
        history_of(found)
    except TypeError:
        raise CannotRun(f"{target} has no history: decorate it with upcast.settings.versioned(...)") from None
    return found
