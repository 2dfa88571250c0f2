"""An obstacle: a place where something that the writer may write is refused by the reader.

A soft obstacle is one that the reader gets over: it takes what is written, and loses or changes something of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

import attrs

from upcast.schemas._compare._places import Parts
from upcast.schemas.shapes import AnyShape, Member, Record

__all__ = ["Aspect", "Context", "Obstacle", "hard"]

Aspect: TypeAlias = Literal[
    "absent",  # the reader needs a member that need not be there
    "undeclared",  # a declared member that the reader forbids
    "extra",  # a member that nobody declares, and the reader forbids
    "extras",  # the same, which the reader wants to be of a type
    "shadow",  # the same, which the reader takes for a member of its own
    "kind",  # a value of another kind
    "null",
    "value",  # none of the reader's values
    "minimum",
    "maximum",
    "multiple_of",
    "min_length",
    "max_length",
    "pattern",
    "digits",
    "zone",
    "form",  # a text of another form
    "strict",  # another spelling, which only a lax reader takes
    "min_items",
    "max_items",
    "entries",
    "places",  # of a tuple
    "variant",  # a tag that the reader does not know
    "tag",  # no tag where the reader looks for one
    "member",  # one of the types of a union
    "checks",  # code of the user
    "opaque",
    "unforeseen",  # what only running payloads showed
    "lost",  # a declared member that the reader ignores
    "dropped",  # members that nobody declares, which the reader ignores and the writer kept
    "repeats",  # equal items, of which the reader makes one
    "rounded",  # digits that the reader cannot hold
    "counted",  # true and false for numbers, or numbers for true and false
    "respelled",  # bytes that are read by another encoding
    "captured",  # a value that another type of a union takes
    "default",  # absence that means something else
    "made",  # absence for which something is made up anew each time
    "also",  # a member under a name that it had
    "closed",  # a list of values that is new
    "beside",  # a member of nobody's, which only other producers can have written
]

_SOFT: frozenset[Aspect] = frozenset(
    {
        "lost",
        "dropped",
        "repeats",
        "rounded",
        "counted",
        "respelled",
        "captured",
        "default",
        "made",
        "also",
        "closed",
        "beside",
    }
)

Context: TypeAlias = Literal["", "items", "values", "keys", "place"]
"""What a value is to what it stands in, where that is not an object."""


@attrs.frozen(kw_only=True)
class Obstacle:
    """Something that the writer may write and the reader refuses, or may refuse.

    Attributes:
        aspect: What it is about.
        writer: The shape that the writer has there; None where it has none.
        reader: The shape that the reader has there.
        part: Of the two shapes the members of a union that met, or the shapes themselves.
        payloads: JSON values that show it, the simplest first: of the whole payload once the walk is over.
        unknown: Why it is not sure that the reader refuses; empty where it is.
        writer_parts: The place in what the writer writes.
        reader_parts: The place in what the reader reads.
        context: What the value is to what it stands in.
        inside: The objects of writer and reader that the member belongs to, where it is about a member.
        member: The member in question: of the reader where it is absent, else of the writer.
        home: The definitions in which it was found first, and the place there; empty where it is in none.
        recursive: Whether that definition contains itself.
    """

    aspect: Aspect
    writer: AnyShape | None = None
    reader: AnyShape | None = None
    part: tuple[AnyShape | None, AnyShape | None] = (None, None)
    payloads: tuple[Any, ...] = ()
    unknown: str = ""
    writer_parts: Parts = ()
    reader_parts: Parts = ()
    context: Context = ""
    inside: tuple[Record, Record] | None = None
    member: Member | None = None
    home: tuple[object, ...] = ()
    recursive: bool = False

    @property
    def soft(self) -> bool:
        """Whether the reader takes it, and something is lost or read as something else."""
        return self.aspect in _SOFT

    @property
    def here(self) -> bool:
        """Whether it is about the very place at which the walk stands."""
        return not self.writer_parts and not self.reader_parts and self.inside is None


def hard(found: Iterable[Obstacle]) -> list[Obstacle]:
    """Those of the obstacles that the reader does not get over, or may not."""
    return [one for one in found if not one.soft]
