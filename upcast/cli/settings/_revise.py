"""What to declare of a settings class that was edited: told and not written, since only the team knows its releases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from upcast._steps import Place, Step

if TYPE_CHECKING:
    from upcast._registry import Registry
    from upcast.schemas.revise import Answers, Revision, Written

__all__ = ["declared"]


def declared(registry: Registry, schemas: str, event_type: str, answers: Answers) -> Written:
    """What `revise` finds for a settings class, with the declarations as notes.

    Args:
        registry: The registry of the class.
        schemas: The folder of the frozen files.
        event_type: The type that the class has there.
        answers: Who answers what the two versions do not tell.

    Raises:
        CannotRevise: No version is frozen, or something is declared of the newest one already.
    """
    from upcast.schemas.revise import Written, revision_of

    revision = revision_of(registry, Path(schemas), event_type, answers=answers)
    if revision is None:
        return Written(event_type, None, notes=("the class is what is frozen",))
    return Written(event_type, revision, notes=("nothing is written; declare, and freeze:", *_lines(revision)))


def _lines(revision: Revision) -> Iterator[str]:
    from upcast.schemas._revise._render import function_source, shown

    for function in revision.functions:
        yield from function_source(function).splitlines()
    keyed, others = _grouped(revision.steps)
    yield "@versioned("
    for steps in keyed:
        was = ", was=TYPE" if any(step.code for step in steps) else ""
        reason = "" if any(effect.sets for step in steps for effect in step.effects) else ', reason="WHY"'
        told = ", ".join(map(shown, steps))
        yield f'    Legacy({told}{was}{reason}, since="THIS RELEASE", remove_in="A LATER RELEASE"),'
    yield f"    version={revision.new.version},"
    if others:
        # Only of files with a schema_version it is known that they are old.
        yield f"    upcasters={{{revision.old.version}: [{', '.join(map(shown, others))}]}},"
    yield ")"
    if not revision.accepted:
        yield from (f"to be decided: {reason}" for reason in revision.reasons)


def _grouped(steps: tuple[Step, ...]) -> tuple[list[list[Step]], list[Step]]:
    """The steps that make something of old keys, by the keys they begin with, and those that do not."""
    keyed: list[list[Step]] = []
    others: list[Step] = []
    for step in steps:
        onto = next((group for group in keyed if _made(group) & _read(step)), None)
        if onto is not None:
            onto.append(step)
        elif any(effect.clears for effect in step.effects):
            keyed.append([step])
        else:
            others.append(step)
    return keyed, others


def _made(steps: list[Step]) -> set[Place]:
    return {place for step in steps for effect in step.effects for place in effect.sets}


def _read(step: Step) -> set[Place]:
    return {place for effect in step.effects for place in effect.reads}
