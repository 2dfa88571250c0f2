"""Whether the event types that a command was given exist: a gate must not open because of a slip in a name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from upcast.cli._problem import CannotRun

if TYPE_CHECKING:
    from upcast._registry import Registry

__all__ = ["need_types"]


def need_types(registry: Registry, target: str, schemas: str, only: Sequence[str]) -> None:
    """Refuse a registry that declares nothing, and names that are neither declared nor frozen.

    Args:
        registry: The registry.
        target: How it was named.
        schemas: The folder of the frozen files.
        only: The types that were asked for; none for all.

    Raises:
        CannotRun: There is nothing to look at.
    """
    from upcast.schemas._opened import open_registry
    from upcast.schemas.store import SchemaStore

    known = {*open_registry(registry).lines, *SchemaStore.at(Path(schemas)).types()}
    if not known:
        raise CannotRun(f"{target} declares no events, and nothing is frozen in {schemas}")
    if unknown := sorted(set(only) - known):
        raise CannotRun(f"{', '.join(unknown)}: neither declared in {target} nor frozen in {schemas}")
