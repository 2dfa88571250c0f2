"""What one direction of a change says is what the other says of the opposite change."""

from __future__ import annotations

import pytest

from schemas.compared import compared, example, side
from schemas.corpus import ALL, Case
from upcast.schemas._catalogue import CHANGES
from upcast.schemas.diff import diff
from upcast.schemas.rules import RULES, Rule


def pairs() -> list[object]:
    """The pairs of the corpus by their ids."""
    return [pytest.param(case, id=case.id) for case in ALL]


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in CHANGES if not rule.between])
def test_mirror_of_the_examples(rule: Rule) -> None:
    """The old payloads of a change fare with its new class as the new payloads of the opposite change with its old."""
    there, back = example(rule), example(rule, turned=True)
    assert (there.backward.outcome, there.forward.outcome) == (back.forward.outcome, back.backward.outcome)


@pytest.mark.parametrize("case", pairs())
def test_mirror_of_the_corpus(case: Case) -> None:
    """The same holds of every pair of the corpus."""
    there, back = compared(case.old, case.new), compared(case.new, case.old)
    assert (there.backward.outcome, there.forward.outcome) == (back.forward.outcome, back.backward.outcome)


@pytest.mark.parametrize("case", pairs())
def test_mirror_of_schema_snapshots(case: Case) -> None:
    """And where only the schema snapshots are left."""
    old, new = side(case.old, alone=True), side(case.new, 2, alone=True)
    there, back = diff(old, new), diff(new, old)
    assert (there.backward.outcome, there.forward.outcome) == (back.forward.outcome, back.backward.outcome)


BACKWARD = [rule for rule in CHANGES if rule.mirror and rule.effects and rule.effects[0] == "backward"]


@pytest.mark.parametrize("rule", [pytest.param(rule, id=f"{rule.id}-{rule.mirror}") for rule in BACKWARD])
def test_mirror_rule_fires(rule: Rule) -> None:
    """The opposite of a change that breaks old payloads breaks new ones, under the rule that is its mirror."""
    there, back = example(rule), example(rule, turned=True)
    assert any(finding.rule == rule.id and "backward" in finding.effects for finding in there.findings) or (
        rule.id in {"U117", "U118", "U119"}
    )
    assert any(finding.rule == rule.mirror for finding in back.findings)


def test_every_break_has_a_mirror() -> None:
    """Rules whose opposite has no rule of its own are few, and known."""
    lonely = {rule.id for rule in CHANGES if not rule.mirror and "backward" in rule.effects}
    assert lonely == {"U114", "U605", "U807"}
    assert all(RULES[name].mirror == "" for name in lonely)
