"""The engine against the corpus: what it says of pairs whose verdicts were proven before it was written."""

from __future__ import annotations

import collections

import pytest

from schemas.compared import side
from schemas.corpus import ALL, Breaks, Case, Safe
from upcast.schemas.diff import SchemaDiff, diff
from upcast.schemas.findings import Outcome


class Table:
    """How often which verdict was right, and where it was not."""

    def __init__(self) -> None:
        """Count from nothing."""
        self.counts: collections.Counter[tuple[str, Outcome]] = collections.Counter()
        self.wrong: list[str] = []

    def add(self, case: Case, direction: str, label: Breaks | Safe, outcome: Outcome) -> None:
        """Count a verdict."""
        wanted = "breaks" if isinstance(label, Breaks) else "safe"
        self.counts[wanted, outcome] += 1
        if wanted != outcome:
            self.wrong.append(f"{case.id} {direction}: {wanted}, called {outcome}")

    @property
    def right(self) -> float:
        """The share of verdicts that were right."""
        return 1 - len(self.wrong) / self.counts.total()

    def __str__(self) -> str:
        """Both as a text."""
        rows = [
            f"{wanted:>7} called {outcome:<8}{count:>5}" for (wanted, outcome), count in sorted(self.counts.items())
        ]
        return "\n".join([f"{self.right:.2%} right of {self.counts.total()}", *rows, *self.wrong])


def judged(case: Case, *, alone: bool) -> SchemaDiff:
    """What the engine says of a pair."""
    return diff(side(case.old, alone=alone), side(case.new, 2, alone=alone))


def table(*, alone: bool) -> Table:
    """What it says of all pairs."""
    found = Table()
    for case in ALL:
        one = judged(case, alone=alone)
        found.add(case, "backward", case.backward, one.backward.outcome)
        found.add(case, "forward", case.forward, one.forward.outcome)
    return found


def test_verdicts_with_the_classes() -> None:
    """At least 98 of 100 verdicts are right, no break is called safe, and nothing safe is called a break."""
    found = table(alone=False)
    assert found.counts.total() >= 184
    assert found.right >= 0.98, str(found)
    assert found.counts["breaks", "safe"] == 0, str(found)
    assert found.counts["safe", "breaks"] == 0, str(found)


def test_verdicts_with_schema_snapshots_alone() -> None:
    """At least 97 of 100 are right where no class is left, and still no break is called safe."""
    found = table(alone=True)
    assert found.right >= 0.97, str(found)
    assert found.counts["breaks", "safe"] == 0, str(found)
    assert found.counts["safe", "breaks"] <= 1, str(found)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in ALL])
def test_breaks_are_shown(case: Case) -> None:
    """Each direction that breaks has a finding with a payload that its reader refuses."""
    one = judged(case, alone=False)
    for direction, verdict, reader in (("backward", one.backward, one.new), ("forward", one.forward, one.old)):
        if verdict.outcome != "breaks":
            continue
        assert any(direction in finding.effects and finding.witness for finding in one.findings)
        assert verdict.witnesses
        for witness in verdict.witnesses:
            assert witness.direction == direction
            assert reader.refusal(witness.payload.encode()) == witness.refusal


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in ALL if case.rule is None])
def test_nothing_is_said_of_refactors(case: Case) -> None:
    """A pair that the catalogue has nothing to say of gives no finding with an effect."""
    assert [finding.rule for finding in judged(case, alone=False).findings if finding.effects] == []
