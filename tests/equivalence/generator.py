"""One case by its seed and number: classes, a chain, and what payloads of each version hold."""

from __future__ import annotations

import types
from random import Random

import attrs

from equivalence.case import Case
from equivalence.chains import random_chain
from equivalence.msgspec_classes import MsgspecClasses
from equivalence.mutations import Version, version_of
from equivalence.payloads import Payload, payload_of
from equivalence.pydantic_classes import PydanticClasses
from equivalence.shapes import shape_of
from equivalence.values import KINDS

__all__ = ["FAMILIES", "Draft", "drafted", "finished", "payloads"]

FAMILIES = ("struct", "struct", "pydantic", "pydantic", "attrs", "dataclass", "pydantic-dataclass")


@attrs.define
class Draft:
    """A case that is being made.

    Attributes:
        case: The case, at first without a chain.
        random: Its source of chance.
        writer: What wrote its classes.
        family: The family of its event.
        tags: What occurs in its classes and its chain.
        versions: What is known of the payloads of each version from 1.
    """

    case: Case
    random: Random
    writer: MsgspecClasses | PydanticClasses
    family: str
    tags: set[str]
    versions: list[Version] = attrs.field(factory=list)


def drafted(seed: int, number: int) -> Draft:
    """The classes of a case."""
    random = Random(f"{seed}:{number}")
    family = random.choice(FAMILIES)
    writer = (PydanticClasses if family.startswith("pydantic") else MsgspecClasses)(random, family)
    flat = random.random() < 0.2
    header = flat and random.random() < 0.5
    writer.event(header)
    case = Case(
        f"{seed}:{number}",
        writer.classes,
        [],
        flat,
        former=random.random() < 0.15,
        record_messages=random.random() < 0.2,
    )
    tags = {f"family:{family}", *writer.tags, *(["flat"] if flat else []), *(["flat-header"] if header else [])}
    return Draft(case, random, writer, family, tags)


def finished(draft: Draft, module: types.ModuleType) -> None:
    """Give a draft its chain; *module* holds its classes."""
    shape = shape_of("Event", module.__dict__, draft.writer.specs)
    if draft.case.flat:  # the header is the wire's
        for name in ("type", "schema_version"):
            shape.members.pop(name, None)
    group = "p" if draft.family.startswith("pydantic") else "m"
    kinds = {name for name, kind in KINDS.items() if kind.source[group]}
    chain = random_chain(draft.random, shape, kinds)
    draft.case.edges = chain.edges
    draft.tags |= chain.tags
    draft.versions = [version_of(chain.shapes, number) for number in range(1, len(chain.shapes) + 1)]
    if not draft.case.flat and draft.random.random() < 0.05:
        draft.case.split = draft.random.randint(1, len(draft.versions))
        draft.tags.add("split")


def payloads(draft: Draft, count: int) -> list[tuple[int, Payload]]:
    """Payloads with the versions they are stored as, mostly old ones."""
    random, last = draft.random, len(draft.versions)
    found = []
    for _ in range(count):
        choice = random.random()
        number = 1 if choice < 0.4 else last if choice < 0.48 else random.randint(1, last - 1)
        found.append((number, payload_of(random, draft.versions[number - 1])))
    return found
