"""What the suite finds."""

from __future__ import annotations

import re
from collections import Counter

import attrs

from equivalence.case import Case
from equivalence.payloads import Payload

__all__ = ["Difference", "Report", "Stored"]


_VARYING = r"""\([^(]*\(id [^)]*\) refused|'[^']*'|"[^"]*"|\[\d+\]|\d+|(?<=event)\.[^:]*"""


@attrs.define
class Difference:
    """One payload that one way reads otherwise than the plain lane.

    Attributes:
        label: The case.
        case: All that is needed to build it.
        lane: The lane of the plan.
        way: The call of the codec.
        name: The type as stored.
        version: The version as stored.
        data: The payload.
        text: How the two outcomes differ.
    """

    label: str
    case: Case
    lane: str
    way: str
    name: str
    version: int
    data: bytes
    text: str

    @property
    def kind(self) -> str:
        """What it is, whatever the names and values."""
        text = self.text.partition(" to ")[0] if self.way == "encode" else self.text
        text = re.sub(_VARYING, "…", text).split("]")[0]
        return f"{self.lane}: {re.sub('…(, …)+', '…', text)[:70]}"


@attrs.define
class Report:
    """What happened in one case, or in many.

    Attributes:
        counts: How often: chains, payloads, lanes, verdicts.
        tags: How many payloads show each oddity, and how many chains each feature.
        cases: How many payloads show each case of the list.
        differences: What differs.
        plans: How many plans there were of each family and lane, and why.
        problems: Cases that could not be made, by what stood in the way.
    """

    counts: Counter[str] = attrs.field(factory=Counter)
    tags: Counter[str] = attrs.field(factory=Counter)
    cases: Counter[str] = attrs.field(factory=Counter)
    differences: list[Difference] = attrs.field(factory=list)
    plans: Counter[str] = attrs.field(factory=Counter)
    problems: Counter[str] = attrs.field(factory=Counter)

    def add(self, other: Report) -> None:
        """Take in another report."""
        for mine, theirs in zip(attrs.astuple(self, recurse=False), attrs.astuple(other, recurse=False), strict=True):
            mine += theirs  # noqa: PLW2901  # a Counter and a list take in what is added

    @property
    def chains(self) -> int:
        """How many chains were run."""
        return self.counts["chains"]


@attrs.frozen
class Stored:
    """One event as it is stored."""

    name: str
    version: int
    payload: Payload
