"""The next version of an event: planned, shown, and written for good only where it proves right."""

from __future__ import annotations

from pathlib import Path

import attrs

from upcast._registry import Registry
from upcast.schemas._capture import capture, same
from upcast.schemas._rebuild import decoder_of
from upcast.schemas._revise._declared import Declared, declared, edited
from upcast.schemas._revise._example import example_of, test_change
from upcast.schemas._revise._files import Change, kept, unified, written
from upcast.schemas._revise._propose import Revision, propose
from upcast.schemas._revise._questions import Answers
from upcast.schemas._revise._verify import problems_of
from upcast.schemas.errors import CannotRevise
from upcast.schemas.shapes import SchemaSnapshot
from upcast.schemas.store import SchemaStore

__all__ = ["Written", "revise", "revision_of"]


@attrs.frozen
class Written:
    """The next version of an event, as it was or would be written.

    Attributes:
        event: The event type.
        revision: The steps; None where the class is what is frozen, so that there is nothing to do.
        changes: The files that change.
        notes: What a person should know besides.
        is_written: Whether they were written.
    """

    event: str
    revision: Revision | None
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    is_written: bool = False

    @property
    def diff(self) -> str:
        """What changes, as a unified diff."""
        return unified(self.changes)


def revise(
    registry: Registry,
    schemas: Path | str,
    event_type: str,
    *,
    target: str,
    answers: Answers,
    tests: Path | str | None = None,
    write: bool = False,
) -> Written:
    """Write the next version of an event whose class was edited.

    The class is compared with its newest frozen version. The number in its decorator is raised, the edge from the
    frozen version is declared below it, the new version is frozen, and a recorded payload gets a test. Where code is
    needed, a stub is written that says what is missing; `check` refuses it until somebody writes it.

    Everything else in the files stays as it is. What was written is imported and checked by another process; where
    anything is wrong with it, all of it is put back.

    Args:
        registry: The registry; it is not sealed.
        schemas: The folder of the frozen files.
        event_type: The event type.
        target: Where the registry is found, as `module:attribute`.
        answers: Who answers what the two versions do not tell.
        tests: The folder for the test; by default the folder `tests` beside that of the frozen files.
        write: Whether to write anything.

    Raises:
        CannotRevise: The event is not declared in a way that could be continued, or what was written is not right;
            nothing was changed.
        SchemaError: No version is frozen, or a frozen file cannot be read.
    """
    folder = Path(schemas)
    found = declared(registry, event_type)
    store = SchemaStore.at(folder)
    old = _newest(store, found)
    revision = _revision(found, store, old, answers)
    if revision is None:
        return Written(event_type, None, notes=(f"the class is what is frozen as version {old.version}",))
    new = revision.new
    changes = [Change(path, *content) for path, content in edited(found, revision).items()]
    notes = [f"{place} is removed: what was stored there is lost" for place in revision.losses]
    if revision.accepted:
        folder_of_tests = Path(tests) if tests is not None else folder.resolve().parent / "tests"
        if example := example_of(revision, store, folder):
            if example.is_new:
                changes.append(Change(example.path, None, example.payload))
            changes.append(test_change(revision, example, target, folder_of_tests))
    else:
        notes += [f"to be written: {reason}" for reason in revision.reasons]
    changes.append(Change(folder / store.path_of(event_type, new.version), None, new.to_json()))
    planned = Written(event_type, revision, tuple(changes), tuple(notes))
    if not write:
        return planned
    with written(changes), kept(folder):
        problems = problems_of(target, folder, event_type, is_stub=not revision.accepted)
        if problems:
            told = "\n".join(f"  {problem}" for problem in problems)
            raise CannotRevise(f"{revision.label} was written and put back, for it is not right:\n{told}")
    return attrs.evolve(planned, is_written=True)


def revision_of(registry: Registry, schemas: Path, event_type: str, *, answers: Answers) -> Revision | None:
    """The steps from the newest frozen version of an event to its class; None where that has not changed.

    Args:
        registry: The registry; it is not sealed.
        schemas: The folder of the frozen files.
        event_type: The event type.
        answers: Who answers what the two versions do not tell.

    Raises:
        CannotRevise: No version is frozen, or an edge from the newest one is declared already.
        SchemaError: A frozen file cannot be read.
    """
    found, store = declared(registry, event_type), SchemaStore.at(schemas)
    return _revision(found, store, _newest(store, found), answers)


def _revision(found: Declared, store: SchemaStore, old: SchemaSnapshot, answers: Answers) -> Revision | None:
    new = _next(found, old)
    if new is None:
        return None
    recorded = [fixture.payload for fixture in store.fixtures(old.type, old.version)]
    return propose(old, new, decode=decoder_of(found.event.cls), recorded=recorded, answers=answers)


def _newest(store: SchemaStore, found: Declared) -> SchemaSnapshot:
    """The newest frozen version, under whichever name."""
    event = found.event
    frozen = [(version, name) for name in (*event.formerly, event.name) for version in store.versions(name)]
    if not frozen:
        raise CannotRevise(
            f"no version of {event.name} is frozen in {store.label}: freeze it before you edit the class"
        )
    version, name = max(frozen, key=lambda each: each[0])
    return store.schema(name, version)


def _next(found: Declared, old: SchemaSnapshot) -> SchemaSnapshot | None:
    """The schema snapshot of the version to be written; None where the class has not changed."""
    event = found.event
    if event.version not in (old.version, old.version + 1):
        problem = f"the class is version {event.version}, and the newest frozen one is {old.version}"
        raise CannotRevise(f"{event.name}: {problem}: freeze or declare the versions between first ({event.where})")
    now = capture(event.cls, event_type=old.type, version=old.version, formerly=old.formerly)
    if same(old, now):
        return None
    if edge := found.edges.get(old.version):
        raise CannotRevise(f"{event.name}: an edge from version {old.version} is declared already ({edge.where})")
    return capture(event.cls, event_type=event.name, version=old.version + 1, formerly=event.formerly)
