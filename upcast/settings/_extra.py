"""pydantic-settings, or the error that says how to install it."""

from __future__ import annotations

from upcast.errors import MissingExtra

try:
    from pydantic_settings import BaseSettings
except ModuleNotFoundError as error:
    if error.name != "pydantic_settings":
        raise
    raise MissingExtra("settings", "upcast.settings") from None

__all__ = ["BaseSettings"]
