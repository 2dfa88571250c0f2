"""What `versioned` does to a settings class, through the extension points of pydantic-settings and pydantic."""

from __future__ import annotations

import functools
import json
import sys
import tomllib
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from upcast.settings._loading._load import CURRENT, Load
from upcast.settings._loading._refusals import names_section, problems_of, unreadable
from upcast.settings._loading._sources import Remainder, migrating
from upcast.settings._loading._telling import judged, tell
from upcast.settings.arguments import rewritten
from upcast.settings.history import history_of

__all__ = ["install"]

_MARK = "__upcast_installed__"
_ASKED: ContextVar[object] = ContextVar("upcast_settings_asked", default=None)
"""The class that is asked for its sources."""
# What reading sources raises that may hold a piece of them.
_UNREADABLE = (ValidationError, SettingsError, json.JSONDecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError)


def install(settings_class: type[BaseSettings], judge: Callable[[type[BaseSettings]], None]) -> None:
    """Have a settings class migrate its sources.

    Args:
        settings_class: The class.
        judge: Raises for a class derived from it that its history does not fit.
    """
    _migrate_sources(settings_class)
    original: Callable[..., None] = settings_class.__init__
    if not getattr(original, _MARK, False):

        @functools.wraps(original)
        def __init__(self: Any, *args: Any, **values: Any) -> None:  # noqa: N807  # it becomes one
            _loaded(self, functools.partial(original, self, *args), values)

        setattr(__init__, _MARK, True)
        setattr(settings_class, "__init__", __init__)  # noqa: B010  # a method that is replaced, as below
    prepared: Any = settings_class.__pydantic_init_subclass__

    def __pydantic_init_subclass__(cls: type[BaseSettings], **kwargs: Any) -> None:  # noqa: N807  # pydantic's name
        prepared.__func__(cls, **kwargs)
        judge(cls)
        _migrate_sources(cls)  # its hook may be its own, or that of a base beside the decorated one

    _set_class_method(settings_class, "__pydantic_init_subclass__", __pydantic_init_subclass__)


def _migrate_sources(settings_class: type[BaseSettings]) -> None:
    customise: Any = settings_class.settings_customise_sources
    if getattr(customise, _MARK, False):
        return

    @functools.wraps(customise.__func__)
    def settings_customise_sources(cls: type[BaseSettings], *args: Any, **sources: Any) -> tuple[Any, ...]:
        if _ASKED.get() is cls:  # by a class derived from it, which may count them
            return tuple(customise.__func__(cls, *args, **sources))
        token = _ASKED.set(cls)
        try:
            found = customise.__func__(cls, *args, **sources)
        finally:
            _ASKED.reset(token)
        return (*map(migrating, found), Remainder(cls))

    setattr(settings_customise_sources, _MARK, True)
    _set_class_method(settings_class, "settings_customise_sources", settings_customise_sources)


def _set_class_method(settings_class: type[BaseSettings], name: str, function: Callable[..., Any]) -> None:
    setattr(settings_class, name, classmethod(function))


def _loaded(settings: Any, initialise: Callable[..., None], values: dict[str, Any]) -> None:
    """Make an object of settings, and say what is to be said of it."""
    current = CURRENT.get()
    if current is not None and current.target is settings:
        initialise(**values)  # the class and its base are both decorated
        return
    load = current
    if load is None or load.target is not None or load.settings_class is not type(settings):
        load = Load(type(settings), history_of(type(settings)))
    load.target = settings
    token = CURRENT.set(load)
    caught: Exception | None = None
    try:
        values = _with_arguments(load, values)
        initialise(**values)
    except _UNREADABLE as error:
        caught = error
    except Exception as error:
        if not (_is_yaml_error(error) or names_section(error)):
            raise
        caught = error
    finally:
        CURRENT.reset(token)
    # Told outside the handler, so that what was caught, which holds values, does not travel along.
    if caught is None or isinstance(caught, ValidationError):
        judged(load)
    if caught is not None:
        load.problems += problems_of(caught, load) if isinstance(caught, ValidationError) else [unreadable(caught)]
    del caught
    tell(load)


def _with_arguments(load: Load, values: dict[str, Any]) -> dict[str, Any]:
    """What a settings class is made with, with the flags of today."""
    asked = values.get("_cli_parse_args")
    asked = load.settings_class.model_config.get("cli_parse_args") if asked is None else asked
    given = any(values.get(name) is not None for name in ("_build_sources", "_cli_settings_source"))
    if given or asked is None or asked is False or not (load.history.legacy or load.history.retired):
        return values
    arguments: Sequence[str] = sys.argv[1:] if asked is True else asked
    todays = rewritten(load, arguments)
    # A constructor of the user's own may not know the argument: it is only given where it makes a difference.
    return values if todays == list(arguments) else {**values, "_cli_parse_args": todays}


def _is_yaml_error(error: Exception) -> bool:
    yaml = sys.modules.get("yaml")
    return yaml is not None and isinstance(error, yaml.YAMLError)
