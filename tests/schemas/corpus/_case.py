"""What one pair of the corpus says: two classes, a verdict for each direction, and what proves it.

A direction has a writer and a reader. It breaks if there is a payload that the writer's class accepts, that is spelled
as an instance of that class is dumped to JSON (with its aliases; members that were not set may be absent), and that the
reader's class refuses. Lost data and changed meaning are no breaks: `Case.also` names their rules.
"""

from __future__ import annotations

import attrs
from pydantic import BaseModel

__all__ = ["Breaks", "Case", "Safe", "breaks", "breaks_lax", "safe"]


@attrs.frozen
class Breaks:
    """The reader refuses a payload of the writer.

    Attributes:
        payload: The smallest JSON text that shows it.
        lax: The writer's class accepts the text though none of its instances would write it: another type's
            spelling, or a member that the class ignores and another producer, or a later release, has stored.
    """

    payload: str
    lax: bool = attrs.field(default=False, kw_only=True)


@attrs.frozen
class Safe:
    """The reader accepts every payload of the writer.

    Attributes:
        payloads: JSON texts that tempt one to think otherwise.
        why: Why no payload can break.
    """

    payloads: tuple[str, ...]
    why: str


@attrs.frozen
class Case:
    """One class and the class it became.

    Attributes:
        id: The name of the pair.
        rule: The catalogue's rule that the pair is about, `None` where an engine has nothing to say.
        old: The class before the change.
        new: The class after it.
        backward: What the old writer stored, read by the new class.
        forward: What the new writer stores, read by the old class.
        also: Rules about loss or meaning that the pair falls under as well.
    """

    id: str
    rule: str | None
    old: type[BaseModel]
    new: type[BaseModel]
    backward: Breaks | Safe
    forward: Breaks | Safe
    also: tuple[str, ...] = attrs.field(default=(), kw_only=True)


def breaks(payload: str) -> Breaks:
    """The verdict that `payload` shows."""
    return Breaks(payload)


def breaks_lax(payload: str) -> Breaks:
    """The verdict that `payload` shows, which the writer's class takes but would not write."""
    return Breaks(payload, lax=True)


def safe(*payloads: str, why: str) -> Safe:
    """The verdict that no payload can break, and the most tempting ones."""
    return Safe(payloads, why)
