"""Freezing: the schema snapshot of each event's class, and payloads, written beside those of its older versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs

from upcast.schemas._capture import capture
from upcast.schemas._opened import open_registry
from upcast.schemas._recording import record
from upcast.schemas._store._files import FolderFiles
from upcast.schemas.errors import FrozenSchema, NoSuchSchema, SchemaError
from upcast.schemas.store import SchemaStore

if TYPE_CHECKING:
    from upcast._line import Line
    from upcast._registry import Registry
    from upcast.schemas._opened import Opened

__all__ = ["Frozen", "freeze"]

Outcome: TypeAlias = Literal["frozen", "unchanged", "replaced", "refused"]


@attrs.frozen(kw_only=True)
class Frozen:
    """What became of one event type.

    Attributes:
        event: The event type.
        version: The version of its class.
        outcome: Whether a file was written.
        path: The file, relative to the folder; empty where it was refused before it had one.
        problem: Why it was refused; empty where it was not.
        recorded: The files of payloads that were written, relative to the folder: one for each version that had none,
            and what each payload is at later versions.
    """

    event: str
    version: int
    outcome: Outcome
    path: str = ""
    problem: str = ""
    recorded: tuple[str, ...] = ()


def freeze(
    registry: Registry, schemas: Path | str, *, replace: bool = False, only: Collection[str] = ()
) -> tuple[Frozen, ...]:
    """Freeze the class of each event type of a registry; one that is refused does not keep the others from it.

    Args:
        registry: The registry; it is not sealed.
        schemas: The folder of the frozen files.
        replace: Whether a frozen file of other meaning is replaced: only while that version is not released.
        only: The event types to freeze; all of them by default.

    Raises:
        SchemaError: *only* names a type that is not declared, or the folder cannot be written.
    """
    opened = open_registry(registry)
    if unknown := set(only) - opened.lines.keys():
        raise SchemaError(f"no event of the type {', '.join(sorted(unknown))} is declared")
    chosen = [line for name, line in sorted(opened.lines.items()) if not only or name in only]
    problems = {defect.event_type: defect.problem for defect in reversed(opened.defects)}
    done = tuple(_each(chosen, problems, opened, Path(schemas), replace=replace))
    if any(each.path for each in done):
        _keep_bytes(Path(schemas))
    return done


def _keep_bytes(folder: Path) -> None:
    """Tell git to hand out recorded payloads as they were stored, also where it would change the ends of lines."""
    files = FolderFiles(folder)
    if files.read(".gitattributes") is None:
        files.write(".gitattributes", b"*.json -text\n")


def _each(
    lines: list[Line], problems: dict[str, str], opened: Opened, folder: Path, *, replace: bool
) -> Iterator[Frozen]:
    store = SchemaStore.at(folder)
    for line in lines:
        if line.name not in opened.sound:
            problem = problems.get(line.name, "a type that it is split into has a defect")
            yield Frozen(event=line.name, version=line.version, outcome="refused", problem=problem)
            continue
        if line.cls is None:  # it ends in a split: what it becomes has classes
            continue
        before = _present(store, line)
        try:
            snapshot = capture(line.cls, event_type=line.name, version=line.version, formerly=tuple(line.formerly))
            store.freeze(snapshot, replace=replace)
        except FrozenSchema as error:
            yield Frozen(event=line.name, version=line.version, outcome="refused", problem=str(error))
            continue
        outcome: Outcome = "frozen" if before is None else "replaced"
        if before == _present(store, line):
            outcome = "unchanged"
        path = store.path_of(line.name, line.version)
        recorded = tuple(record(opened, line, store, folder, replace=replace))
        yield Frozen(event=line.name, version=line.version, outcome=outcome, path=path, recorded=recorded)


def _present(store: SchemaStore, line: Line) -> bytes | None:
    try:
        return store.schema_bytes(line.name, line.version)
    except NoSuchSchema:
        return None
