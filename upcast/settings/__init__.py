"""Versioned settings: one declaration for every spelling of an old key, each source migrated before sources merge.

Everything here needs the `settings` extra; each name is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upcast.settings.arguments import migrated_arguments
    from upcast.settings.decorator import versioned
    from upcast.settings.explanation import ExplainedSetting, Explanation, explain
    from upcast.settings.health import Health, check_health
    from upcast.settings.history import History, history_of
    from upcast.settings.legacy import ChangedDefault, Legacy, RetiredValue
    from upcast.settings.uses import LegacyKeyConflict, LegacyKeyCounter, LegacyKeyWarning, LegacyUse, Place

_HOMES = {
    "ChangedDefault": "legacy",
    "ExplainedSetting": "explanation",
    "Explanation": "explanation",
    "Health": "health",
    "History": "history",
    "Legacy": "legacy",
    "LegacyKeyConflict": "uses",
    "LegacyKeyCounter": "uses",
    "LegacyKeyWarning": "uses",
    "LegacyUse": "uses",
    "Place": "uses",
    "RetiredValue": "legacy",
    "check_health": "health",
    "explain": "explanation",
    "history_of": "history",
    "migrated_arguments": "arguments",
    "versioned": "decorator",
}

__all__ = [
    "ChangedDefault",
    "ExplainedSetting",
    "Explanation",
    "Health",
    "History",
    "Legacy",
    "LegacyKeyConflict",
    "LegacyKeyCounter",
    "LegacyKeyWarning",
    "LegacyUse",
    "Place",
    "RetiredValue",
    "check_health",
    "explain",
    "history_of",
    "migrated_arguments",
    "versioned",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
