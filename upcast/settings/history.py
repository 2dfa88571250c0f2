"""What a settings class was before, and what becomes of those who still write it so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import attrs

from upcast._chain import Edge, Operation
from upcast._paths import Path
from upcast._releases import Release
from upcast._steps._arguments import contains
from upcast.settings.legacy import ChangedDefault, Declaration, Legacy, RetiredValue
from upcast.settings.uses import OnUse

__all__ = ["ATTRIBUTE", "Conflicts", "History", "history_of"]

Conflicts: TypeAlias = Literal["new-wins", "error"]
"""What happens where one source has a legacy key and its successor, and they differ."""

ATTRIBUTE = "__upcast_history__"
"""Where a settings class keeps its history."""


@attrs.frozen(kw_only=True, eq=False)
class History:
    """Everything that was declared of a settings class, without defects.

    Attributes:
        name: The settings class, as module:name.
        declarations: What became of keys, values and defaults; a declaration stands before those that go on with what
            it makes.
        release: The release that runs; None where it is not known.
        conflicts: What happens where one source has both spellings.
        version: The `schema_version` of today's class.
        operations: What brings a file from each older version to today's, by version.
        edges: What was declared to bring a version to the next one; a version without an edge is read as it is.
        unversioned: The version of a file that says none.
        reads_up_to: The newest version of files that today's class reads as it is.
        on_use: What is called for each use.
    """

    name: str
    declarations: tuple[Declaration, ...] = ()
    release: Release | None = None
    conflicts: Conflicts = "new-wins"
    version: int = 1
    operations: Mapping[int, tuple[Operation, ...]] = attrs.field(factory=dict)
    edges: Mapping[int, Edge] = attrs.field(factory=dict)
    unversioned: int | None = None
    reads_up_to: int = 1
    on_use: tuple[OnUse, ...] = ()

    @property
    def legacy(self) -> tuple[Legacy, ...]:
        """The declarations of keys."""
        return tuple(each for each in self.declarations if isinstance(each, Legacy))

    @property
    def retired(self) -> tuple[RetiredValue, ...]:
        """The declarations of values."""
        return tuple(each for each in self.declarations if isinstance(each, RetiredValue))

    @property
    def changed(self) -> tuple[ChangedDefault, ...]:
        """The declarations of defaults."""
        return tuple(each for each in self.declarations if isinstance(each, ChangedDefault))

    def successors(self, legacy: Legacy) -> tuple[Path, ...]:
        """The settings of today that old keys end in, through later declarations that go on with what they make."""
        found: list[Path] = []
        for target in legacy.targets:
            later = next((each for each in self.legacy if each is not legacy and _takes(each, target)), None)
            found += [target] if later is None else self.successors(later)
        return tuple(dict.fromkeys(found))


def _takes(legacy: Legacy, path: Path) -> bool:
    return any(contains(key, path) or contains(path, key) for key in legacy.keys)


def history_of(settings_class: type) -> History:
    """The history of a settings class, which `versioned` gave it.

    Raises:
        TypeError: It has none.
    """
    found = getattr(settings_class, ATTRIBUTE, None)
    if not isinstance(found, History):
        raise TypeError(f"{settings_class!r} has no history: decorate it with upcast.settings.versioned(...)")
    return found
