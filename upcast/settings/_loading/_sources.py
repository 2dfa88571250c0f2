"""Sources that are migrated where they are read: what a source of pydantic-settings says, in today's keys."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

import pydantic_settings as ps
from pydantic.fields import FieldInfo

from upcast.settings._loading._files import file_payload, is_versioned
from upcast.settings._loading._kinds import is_flat
from upcast.settings._loading._load import CURRENT, Load
from upcast.settings._loading._made import remaining, with_old, without_retired
from upcast.settings._loading._old import Old, taken_by_asking, taken_from_names, taken_from_tree
from upcast.settings.history import history_of
from upcast.settings.spelling import Speller
from upcast.typing import Payload

__all__ = ["Remainder", "migrating"]

_MADE = "__upcast_made__"


def migrating(source: Any) -> Any:
    """A twin of a source that says what it says in today's keys.

    It is of a class derived from that of the source, so that whoever looks at sources sees what was there.
    """
    # The command line was parsed, and would have refused old flags, before there was a source to migrate.
    if isinstance(source, ps.CliSettingsSource) or hasattr(source, _MADE):
        return source
    if not isinstance(source, ps.PydanticBaseSettingsSource):
        return source  # a function, which pydantic-settings calls too, has no settings class to be asked for
    # Not copied without need: what holds a connection may refuse to be.
    twin = copy.copy(source) if _has_slots(type(source)) else object.__new__(type(source))
    twin.__class__ = _migrating_class(type(source))
    # What a source keeps from one load for the next, such as the answer of a vault, stays with the source.
    twin.__dict__ = dict(source.__dict__) if isinstance(source, ps.DotEnvSettingsSource) else source.__dict__
    return twin


@functools.lru_cache(maxsize=256)
def _has_slots(source_class: type) -> bool:
    return any(vars(base).get("__slots__") for base in source_class.__mro__)


@functools.lru_cache(maxsize=256)
def _migrating_class(source_class: Any) -> type:
    def call(self: Any) -> Payload:
        return _migrated(self, functools.partial(source_class.__call__, self))

    members = {"__call__": call, _MADE: True, "__module__": source_class.__module__}
    return type(source_class.__name__, (source_class,), members)


def _migrated(source: Any, call: Callable[[], Payload]) -> Payload:
    load = CURRENT.get()
    if load is None:  # a source that is called by itself
        load = Load(source.settings_cls, history_of(source.settings_cls))
    load.hear(source)
    speller = Speller.of_source(source)
    asked: Old = {}
    if is_flat(source):
        old, own = taken_from_names(source, call, load.history, speller)
    else:
        state = call()
        if is_versioned(source, state, load.history):
            state = file_payload(source, state, load)
        old, own = taken_from_tree(state, load.history, speller)
        asked = taken_by_asking(source, old, load.history)
        old |= asked
    if old:
        state = with_old(source, own, old, load, speller, texts=is_flat(source) or bool(asked))
    else:
        state = own
        load.add(source, own, own)
    return without_retired(source, state, load, speller) if load.history.retired else state


class Remainder(ps.PydanticBaseSettingsSource):
    """The lowest source: what is made of old keys that stand in several sources, or not all anywhere."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002  # the signature of such a source
        """Nothing: it has no fields of its own."""
        return None, field_name, False

    def __call__(self) -> Payload:
        """Fill in the defaults that old keys had."""
        load = CURRENT.get()
        if load is None:
            return {}
        load.hear(self)
        return remaining(self, load) if load.parts else {}


setattr(Remainder, _MADE, True)
