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
from upcast.settings.window import Stage

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
        legacy: The declarations of keys.
        retired: The declarations of values.
        changed: The declarations of defaults.
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
    legacy: tuple[Legacy, ...] = attrs.field(init=False)
    retired: tuple[RetiredValue, ...] = attrs.field(init=False)
    changed: tuple[ChangedDefault, ...] = attrs.field(init=False)
    _stages: dict[Declaration, Stage] = attrs.field(init=False, factory=dict)
    _successors: dict[Legacy, tuple[Path, ...]] = attrs.field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        put = object.__setattr__
        put(self, "legacy", tuple(each for each in self.declarations if isinstance(each, Legacy)))
        put(self, "retired", tuple(each for each in self.declarations if isinstance(each, RetiredValue)))
        put(self, "changed", tuple(each for each in self.declarations if isinstance(each, ChangedDefault)))
        self._stages.update((each, each.window.stage(self.release)) for each in self.declarations)
        # The last ones first: the others may go on in them.
        for each in reversed(self.legacy):
            self._successors[each] = self._found_successors(each)

    def stage(self, declaration: Declaration) -> Stage:
        """In which stage something is, in the release that runs."""
        return self._stages[declaration]

    def successors(self, legacy: Legacy) -> tuple[Path, ...]:
        """The settings of today that old keys end in, through later declarations that go on with what they make."""
        return self._successors[legacy]

    def _found_successors(self, legacy: Legacy) -> tuple[Path, ...]:
        found: list[Path] = []
        for target in legacy.targets:
            later = next((each for each in self._successors if _takes(each, target)), None)
            found += [target] if later is None else self._successors[later]
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
