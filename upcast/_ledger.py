"""What was registered on one registry, and on those it includes."""

from __future__ import annotations

import attrs

from upcast._chain import Edge
from upcast._functions import qualname
from upcast._line import Downcaster
from upcast._plan import Unversioned
from upcast._verdict import Declaration

__all__ = ["Ledger"]


@attrs.define(eq=False)
class Ledger:
    """The content of a registry, which belongs to every registry that includes it.

    Attributes:
        unversioned: What events without a version mean.
        made: File and line where the registry was made.
        declarations: The event classes, in the order of their registration.
        edges: Type name and edge, in that order.
        downcasters: Type name and downcaster, in that order.
        included: The ledgers of the registries it includes.
        sealed: Whether it takes no more.
    """

    unversioned: Unversioned
    made: str
    declarations: list[Declaration] = attrs.field(factory=list)
    edges: list[tuple[str, Edge]] = attrs.field(factory=list)
    downcasters: list[tuple[str, Downcaster]] = attrs.field(factory=list)
    included: list[Ledger] = attrs.field(factory=list)
    sealed: bool = False

    def all(self) -> list[Ledger]:
        """This one and all that belong to it, each once, however it is reached."""
        found: list[Ledger] = [self]
        for ledger in found:  # grows while it is walked
            found += [other for other in dict.fromkeys(ledger.included) if other not in found]
        return found

    def disagreement(self) -> str:
        """Why it cannot be said what events without a version mean; empty where it can."""
        for other in self.all():
            if other.unversioned not in (None, self.unversioned):
                said, here = (
                    qualname(said) if callable(said) else repr(said) for said in (other.unversioned, self.unversioned)
                )
                return (
                    f"the registry made at {other.made} says unversioned={said}, but the one that includes it, made at "
                    f"{self.made}, says {here}: one answer holds for all event types, so give it to both"
                )
        return ""
