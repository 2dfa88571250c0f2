"""What is said of a load: one log line and one warning for each use, counters, and a refusal."""

from __future__ import annotations

import logging
import sys
import warnings

from upcast.errors import SettingsRefused
from upcast.settings._loading._load import Load
from upcast.settings.spelling import Speller
from upcast.settings.uses import LegacyKeyConflict, LegacyKeyWarning, LegacyUse, Place

__all__ = ["judged", "tell"]

_logger = logging.getLogger("upcast")
_OURS = ("upcast.settings", "pydantic_settings", "pydantic.")


def judged(load: Load, *, defaults: bool = True) -> None:
    """Note what can only be known when all sources were read: keys that are not taken, and defaults that changed.

    Args:
        load: The load.
        defaults: Whether all sources were read, so that what nothing sets is known.
    """
    if not load.gone and not load.history.changed:
        return
    speller = Speller.of_class(load.settings_class)
    for number, legacy in load.gone:
        use = load.uses[number]
        targets = load.history.successors(legacy)
        if not all(load.provided(speller.file_path(target)) for target in targets):
            load.refuse(number, "removed-key", f"{use.fate}{use.because}", remedy=f"W{use.instead[1:]}.")
    for changed in load.history.changed if defaults else ():
        path = speller.file_path(changed.key)
        if load.history.stage(changed) == "deprecated" and not load.provided(path):
            names = speller.env_names(changed.key)
            place = Place("default", names[0] if names else speller.in_file(changed.key))
            load.use(changed, changed.key, place, speller.in_file)


def tell(load: Load) -> None:
    """Log, count and warn, unless the load is quiet; raise what is wrong.

    Raises:
        SettingsRefused: Something is wrong.
        LegacyKeyWarning: A warning was made an error.
    """
    if load.quiet:
        if load.problems:
            raise SettingsRefused(load.history.name, load.problems)
        return
    for use in load.uses:
        _log(use)
        for hook in load.history.on_use:
            try:
                hook(use)
            except Exception as error:  # metrics that fail must not keep a service from starting
                _logger.warning("%s: on_use raised %s", load.history.name, type(error).__qualname__)
    if load.problems:
        problems = load.problems
        for problem in problems:
            _logger.error("refused settings: %s: %s", load.history.name, problem)
        raise SettingsRefused(load.history.name, problems)
    level = _level()
    for use in load.uses:
        if use.stage != "announced" and use.kind != "changed-default":
            clash = use.conflict in {"same-source", "overrides"}
            warnings.warn(str(use), LegacyKeyConflict if clash else LegacyKeyWarning, stacklevel=level)


def _log(use: LegacyUse) -> None:
    quiet = use.stage == "announced" or use.kind == "changed-default"
    _logger.log(
        logging.INFO if quiet else logging.WARNING,
        "legacy setting: %s",
        use,
        extra={
            "settings": use.settings,
            "legacy_key": use.key,
            "replacement": use.replacement,
            "source": use.place.source,
            "spelling": use.place.spelling,
            "file": use.place.file,
            "file_line": use.place.line,
            "since": use.since,
            "remove_in": use.remove_in,
            "stage": use.stage,
            "conflict": use.conflict,
        },
    )


def _level() -> int:
    """How far up the call is that asked for settings, from whoever calls `warnings.warn` beside this."""
    frame = sys._getframe(1)  # noqa: SLF001  # the documented, if underscored, way to the caller's line
    level = 1
    while frame.f_back is not None and f"{frame.f_globals.get('__name__', '')}.".startswith(_OURS):
        frame = frame.f_back
        level += 1
    return level
