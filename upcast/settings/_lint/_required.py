"""Settings that a class must have and that nothing sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pydantic import BaseModel

from upcast._paths import Path
from upcast.settings._lint._sources import Source
from upcast.settings._lint._uses import provided
from upcast.settings.history import History
from upcast.settings.spelling import model_in

__all__ = ["missing_settings"]


def missing_settings(settings_class: type[BaseModel], history: History, sources: Sequence[Source]) -> Iterator[Path]:
    """The required settings that no source sets, by any spelling that is still taken.

    Args:
        settings_class: The settings class.
        history: Its history.
        sources: What a process reads.
    """
    partly = bool(settings_class.model_config.get("nested_model_default_partial_update"))
    yield from _missing(settings_class, (), lambda path: provided(history, sources, path), partly=partly)


def _missing(model: type[BaseModel], above: Path, is_set: Callable[[Path], bool], *, partly: bool) -> Iterator[Path]:
    for name, field in model.model_fields.items():
        path = (*above, name)
        there = is_set(path)
        if field.is_required() and not there:
            yield path
        inner, _ = model_in(field.annotation)
        if inner is not None and there and (field.is_required() or not partly):
            yield from _missing(inner, path, is_set, partly=partly)
