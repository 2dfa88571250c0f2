"""One version line: an event type with its class and the edges from each stored version to the next."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import attrs

from upcast._chain import Edge, SplitEdge

__all__ = ["Line", "missing_edges"]


@attrs.frozen
class Line:
    """An event type as it was declared, without defects.

    Attributes:
        name: The event type.
        version: The newest stored version: that of the class, or the one a final split starts from.
        cls: Today's class; None where the line ends in a split or drop.
        formerly: Other names under which it was stored.
        edges: The edge that starts from each version.
    """

    name: str
    version: int
    cls: type | None
    formerly: tuple[str, ...]
    edges: Mapping[int, Edge]

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
