"""In which order a file is brought to today's keys, or back, and whether it still means the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeAlias

import attrs

from upcast._paths import Path, dotted, get
from upcast._releases import Release
from upcast.errors import SettingProblem
from upcast.settings._documents._document import Document
from upcast.settings._loading._files import upcast_table
from upcast.settings._loading._migration import Failed, migrated
from upcast.settings._update._chain import Versions
from upcast.settings._update._keys import Change, Updating, equal
from upcast.settings._update._refusals import Refused, Refusing
from upcast.settings.history import History
from upcast.settings.legacy import Declaration, Legacy, RetiredValue, flattened
from upcast.settings.spelling import aliases

__all__ = ["Backwards", "Planned", "forwards", "means_the_same"]

Doing: TypeAlias = Callable[[Document], tuple[Document, Change | None]]


@attrs.frozen
class Planned:
    """What became of a document.

    Attributes:
        document: The document.
        changes: What was done.
        refused: What was left as it is.
    """

    document: Document
    changes: tuple[Change, ...] = ()
    refused: tuple[Refused, ...] = ()


def forwards(document: Document, history: History, updating: Updating, versions: Versions | None) -> Planned:
    """Bring a document to today's version, keys and values.

    Args:
        document: The document.
        history: The history of the settings class.
        updating: What is done for a declaration.
        versions: What is done for a `schema_version`; None for documents that have none.
    """
    chained = _done(document, [] if versions is None else [versions.forwards])
    if chained.refused:
        # Today's release does not read such a file at all, so nobody knows what its keys mean.
        return chained
    keys = [partial(updating.forwards, legacy=legacy) for legacy in history.legacy]
    values = [partial(updating.value, retired=retired, back=False) for retired in history.retired]
    then = _done(chained.document, [*keys, *values])
    return attrs.evolve(then, changes=(*chained.changes, *then.changes))


@attrs.frozen
class Backwards:
    """Brings a document back to what an older release reads.

    Attributes:
        history: The history of the settings class.
        release: The release to go back to; None to undo all that today's release still takes.
        version: The `schema_version` to go back to; None to leave it.
    """

    history: History
    release: Release | None
    version: int | None

    def planned(self, document: Document, updating: Updating, versions: Versions | None) -> Planned:
        """Undo what was declared, the last first.

        Args:
            document: The document.
            updating: What is done for a declaration.
            versions: What is done for a `schema_version`; None for documents that have none.
        """
        todo: list[Doing] = [
            partial(updating.value, retired=each, back=True)
            for each in self.history.retired
            if self._is_undone(each) and each.use is not each.NOTHING and not self._shared(each)
        ]
        undone = [each for each in reversed(self.history.legacy) if self._is_undone(each)]
        todo += [partial(updating.backwards, legacy=each) for each in undone]
        if versions is not None and self.version is not None:
            todo.append(partial(versions.backwards, to_version=self.version))
        return _done(document, todo)

    def notes(self) -> Iterator[str]:
        """What no file can tell."""
        for each in self.history.declarations:
            if not self._is_undone(each):
                continue
            if isinstance(each, Legacy) and not each.targets:
                yield f"{', '.join(map(dotted, each.keys))}: was removed in {each.window.since}; set it again by hand"
            if isinstance(each, RetiredValue) and self._shared(each):
                yield f"{dotted(each.key)}: several values became one in {each.window.since}; it stays as it is"
        if self.version is None and self.history.version > 1:
            yield "schema_version: stays as it is unless the version to go back to is said"

    def _is_undone(self, declaration: Declaration) -> bool:
        if self.release is not None:
            return declaration.window.since > self.release
        return self.history.stage(declaration) != "removed"

    def _shared(self, retired: RetiredValue) -> bool:
        """Whether several values became the one that this one became."""
        alike = [each for each in self.history.retired if each.key == retired.key and equal(each.use, retired.use)]
        return retired.use is not retired.NOTHING and len(alike) > 1


def _done(document: Document, todo: Iterable[Doing]) -> Planned:
    changes: list[Change] = []
    refused: list[Refused] = []
    for doing in todo:
        try:
            document, change = doing(document)
        except Refusing as refusing:
            refused.append(refusing.refused)
        else:
            changes += [] if change is None else [change]
    return Planned(document, tuple(changes), tuple(refused))


def means_the_same(settings_class: Any, history: History, before: Document, after: Document, section: Path) -> bool:
    """Whether today's class is given the same by two documents; True where it could read neither.

    Args:
        settings_class: The settings class.
        history: Its history.
        before: A document.
        after: What became of it.
        section: The table that the class reads.
    """
    one, other = (_meaning(settings_class, history, each, section) for each in (before, after))
    if one is None:
        return True
    if other is None or one.keys() != other.keys():
        return False
    return all(equal(value, other[path]) for path, value in one.items())


def _meaning(settings_class: Any, history: History, document: Document, section: Path) -> dict[Path, Any] | None:
    table = get(document.data, section) if section else document.data
    payload = upcast_table(history, table) if isinstance(table, dict) else {}
    if isinstance(payload, SettingProblem):
        return None
    for name in settings_class.model_fields:
        for alias in aliases(settings_class, name):
            if alias in payload:
                payload.setdefault(name, payload.pop(alias))
    try:
        return dict(flattened(migrated(history, payload)))
    except Failed:
        return None
