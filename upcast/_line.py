"""One version line: an event type with its class and the edges from each stored version to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import TypeGuard

import attrs

from upcast._chain import Edge, SplitEdge
from upcast.typing import Payload

__all__ = ["READ_ONLY", "Downcaster", "Line", "is_read_only", "is_version", "missing_edges"]

READ_ONLY = "__upcast_read_only__"
"""What marks a class whose objects are made of what people write, as settings are, and never stored themselves."""


@attrs.frozen
class Downcaster:
    """A function that undoes an edge, in the place of what the edge knows of its own inverse.

    Attributes:
        to_version: The version it makes, from which that edge starts.
        function: The function.
        where: File and line of the registration.
    """

    to_version: int
    function: Callable[[Payload], Payload]
    where: str


@attrs.frozen
class Line:
    """An event type as it was declared, without defects.

    Attributes:
        name: The event type.
        version: The newest version that has a meaning of its own: that of the class, which is also the one that is
            written, or the one a final split starts from.
        cls: Today's class; None where the line ends in a split or drop.
        formerly: Other names under which it was stored.
        edges: The edge that starts from each version.
        downcasters: The function that makes each version of the next, where one is registered.
        reads_up_to: The newest stored version that is read: *version*, or a later one that the class reads as it is.
    """

    name: str
    version: int
    cls: type | None
    formerly: tuple[str, ...]
    edges: Mapping[int, Edge]
    downcasters: Mapping[int, Downcaster]
    reads_up_to: int

    def route(self, version: int) -> tuple[tuple[Edge, ...], SplitEdge | None]:
        """The edges a payload of *version* passes, and the split they end in, if they do."""
        passed: list[Edge] = []
        while version in self.edges:
            edge = self.edges[version]
            if isinstance(edge, SplitEdge):
                return tuple(passed), edge
            passed.append(edge)
            version += 1
        return tuple(passed), None


def is_read_only(cls: type | None) -> bool:
    """Whether nothing is ever written by a class, nor stored of a version between an older one and today's."""
    return bool(getattr(cls, READ_ONLY, False))


def is_version(version: object) -> TypeGuard[int]:
    """Whether something is a version: an integer from 1, and no bool."""
    return type(version) is int and version >= 1


def missing_edges(current: int, edges: AbstractSet[int]) -> dict[int, tuple[int, ...]]:
    """The gaps of a line, and the stored versions each cuts off.

    Args:
        current: The version of today's class.
        edges: The versions from which an edge to the next one starts.

    Returns:
        For each missing edge the version it would start from, and the versions that stop there.
    """
    gaps: dict[int, tuple[int, ...]] = {}
    first = 1
    for version in range(1, current):
        if version not in edges:
            gaps[version] = tuple(range(first, version + 1))
            first = version + 1
    return gaps
