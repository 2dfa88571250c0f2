"""A settings class as an event type: frozen, compared and checked by the gate like any other.

The payloads of the type are settings as one source has them: keys of the class, nested, with their values. What was
declared of old keys runs where the gate sees it, as the last steps of the chain, so that a break counts as covered only
if old settings were seen to come through.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import attrs
from pydantic import BaseModel

from upcast._chain import Edge, FunctionEdge, StepsEdge
from upcast._door import open_door
from upcast._registry import Registry
from upcast._steps import Step
from upcast._verdict import Declaration
from upcast.errors import RegistryError
from upcast.settings._declared import declared_steps, told
from upcast.settings._extra import BaseSettings
from upcast.settings.history import ATTRIBUTE, History
from upcast.typing import Payload

__all__ = ["registry_of"]


def registry_of(settings_class: type[BaseSettings]) -> Registry:
    """A registry with a settings class as its only event type, for `upcast schema` and for `Registry.include`.

    The type is called like the class, without its module, and has the version that `versioned` was told; a class that
    was not decorated has version 1. No source is read: objects are made of nothing but the payload.

    Args:
        settings_class: A class of pydantic-settings.

    Raises:
        TypeError: It is none.
        RegistryError: It holds another one, which would read the environment of whoever runs the gate.
    """
    if not (isinstance(settings_class, type) and issubclass(settings_class, BaseSettings)):
        raise TypeError(f"{settings_class!r} is no class of pydantic-settings")
    found = getattr(settings_class, ATTRIBUTE, None)
    history = found if isinstance(found, History) else History(name=settings_class.__qualname__)
    event_type = settings_class.__qualname__.replace("<locals>.", "")
    where = _place(settings_class)
    reach = history.reads_up_to if history.reads_up_to > history.version else None
    registry = Registry(unversioned=history.unversioned)
    ledger = registry._ledger  # noqa: SLF001  # its methods would say that everything was declared here
    ledger.declarations.append(Declaration(event_type, history.version, _twin(settings_class), (), where, reach))
    ledger.edges += [(event_type, edge) for edge in _edges(settings_class, history, where)]
    return registry


def _place(settings_class: type) -> str:
    """File and line of a class, from its first decorator on."""
    try:
        return f"{inspect.getsourcefile(settings_class)}:{inspect.getsourcelines(settings_class)[1]}"
    except (OSError, TypeError):  # it was made by a program, or typed at a prompt
        return f"{settings_class.__module__}:1"


def _twin(settings_class: type[BaseSettings]) -> type[BaseSettings]:
    """The same class without sources: an `__init__` that reads some would also run where data is validated."""
    kept = {each: getattr(settings_class, each) for each in ("__module__", "__qualname__", "__doc__")}
    metaclass: Any = type(settings_class)
    made: dict[str, Any] = {"__init__": BaseModel.__init__, "__upcast_read_only__": True}
    twin: type[BaseSettings] = metaclass(settings_class.__name__, (settings_class,), {**kept, **made})
    door, _ = open_door(twin)  # what else keeps it from being one is told when it is checked
    for inner in () if door is None else door.classes:
        if inner is not twin and issubclass(inner, BaseSettings):
            raise RegistryError(
                f"{settings_class.__qualname__} holds the settings class {inner.__qualname__}, which reads the "
                "environment wherever it is made: derive that one from BaseModel"
            )
    return twin


def _edges(settings_class: type[BaseSettings], history: History, where: str) -> list[Edge]:
    """What was declared for each version, a version without anything being read as it is; old keys come last."""
    edges = [history.edges.get(start, StepsEdge(start, (), where)) for start in range(1, history.version)]
    steps = declared_steps(settings_class, history)
    if edges and steps:
        edges[-1] = _followed(edges[-1], steps, where)
    return edges


def _followed(edge: Edge, steps: tuple[Step, ...], where: str) -> Edge:
    """An edge with steps behind it."""
    if isinstance(edge, StepsEdge):
        return attrs.evolve(edge, steps=(*edge.steps, *steps), where=edge.where if edge.steps else where)
    assert isinstance(edge, FunctionEdge)  # settings are neither split nor dropped
    both = functools.partial(_both, edge.function, steps, told(steps))
    return attrs.evolve(edge, function=functools.update_wrapper(both, edge.function))


def _both(
    function: Callable[[Payload], Payload],
    steps: tuple[Step, ...],
    _told: tuple[object, ...],  # for fingerprints, which cannot look into steps
    payload: Payload,
) -> Payload:
    payload = function(payload)
    if isinstance(payload, dict):  # who called it says what is wrong with anything else
        payload = dict(payload)
        for step in steps:
            step.apply(payload)
    return payload
