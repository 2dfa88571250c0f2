"""200 generated edits of random classes: what revise accepts is what the edit meant, and the rest it refuses.

The generator knows what each edit means: it makes, beside the new class, the function that brings an old payload to
the payload that should come out. Nothing is drawn at run time but from seeded generators, so the figures stay.
"""

from __future__ import annotations

import copy
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

import attrs
import msgspec
import pytest

from schemas.random_classes import Data
from schemas.random_edits import Case, Truth, make_case
from upcast.schemas._capture import capture
from upcast.schemas._rebuild import decoder_of
from upcast.schemas._revise._prove import carried
from upcast.schemas.revise import NoAnswers, Question, Revision, propose


@attrs.frozen
class Author:
    """Answers as the author of an edit would."""

    case: Case

    def ask(self, question: Question) -> str | None:
        """What he meant; nothing where he did not think of it."""
        answer = self.case.answers.get(question.place)
        known = {choice.key for choice in question.choices}
        if answer in known or (question.takes_json and str(answer).startswith("json:")):
            return answer
        return "new" if "new" in known else None


def revised(case: Case, answers: Any) -> Revision:
    """What revise proposes."""
    old = capture(case.old, event_type="order.placed", version=1)
    new = capture(case.new, event_type="order.placed", version=2)
    return propose(old, new, decode=decoder_of(case.new), answers=answers)


def wrong_payloads(case: Case, revision: Revision, truth: Truth) -> list[tuple[Data, object, object]]:
    """Old payloads of which the steps make something else than was meant."""
    accepts, decode, carry = decoder_of(case.old), decoder_of(case.new), carried(revision.steps, 1)
    found: list[tuple[Data, object, object]] = []
    for payload in case.payloads:
        accepts(msgspec.json.encode(payload))  # the generator makes payloads of the class
        meant = truth(copy.deepcopy(payload))
        expected = "nobody can know" if meant is None else decode(msgspec.json.encode(meant))
        try:
            got: object = decode(carry(msgspec.json.encode(payload)))
        except Exception as error:  # an accepted step that refuses a stored payload is as wrong as any
            got = error
        if got != expected:
            found.append((payload, expected, got))
    return found


CASES = 200


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """The cases of the first 200 seeds."""
    return [make_case(number) for number in range(CASES)]


def summary(verdicts: Mapping[str, Counter[str]]) -> str:
    """A table of verdicts."""
    lines = [f"{'':34}{'right':>7}{'refused':>9}{'wrong':>7}"]
    for label, counts in sorted(verdicts.items()):
        lines.append(f"{label:34}{counts['right']:>7}{counts['refused']:>9}{counts['wrong']:>7}")
    return "\n".join(lines)


def judged(cases: list[Case], *, asked: bool) -> tuple[dict[str, Counter[str]], list[str]]:
    """The verdicts by kind of edit, and whatever was wrong."""
    verdicts: dict[str, Counter[str]] = {}
    wrong = []
    for case in cases:
        truth = case.told if asked else case.truth
        revision = revised(case, Author(case) if asked else NoAnswers())
        verdict = "refused"
        if revision.accepted:
            errors = wrong_payloads(case, revision, truth)
            verdict = "wrong" if errors else "right"
            wrong += [f"{case.number} {case.label}: {revision.steps}: {errors[0]}"] if errors else []
        possible = case.answerable if asked else case.decidable
        kinds = ["all", "decidable" if possible else "not decidable"]
        kinds += [case.label] if "+" not in case.label else ["several"]
        for kind in kinds:
            verdicts.setdefault(kind, Counter())[verdict] += 1
    return verdicts, wrong


def test_no_wrong_step_is_accepted_in_200_edits(cases: list[Case]) -> None:
    """Without answers, whatever is accepted is what the edit meant, and three of four that the classes tell are."""
    verdicts, wrong = judged(cases, asked=False)
    sys.stdout.write(f"\n{summary(verdicts)}\n")
    assert wrong == []
    assert verdicts["all"]["right"] + verdicts["all"]["refused"] == CASES
    decidable = verdicts["decidable"]
    assert decidable["right"] / decidable.total() >= 0.75


def test_an_author_who_answers_gets_his_steps(cases: list[Case]) -> None:
    """With the author's answers most of the others are accepted too, and still none is wrong."""
    verdicts, wrong = judged(cases, asked=True)
    sys.stdout.write(f"\n{summary(verdicts)}\n")
    assert wrong == []
    decidable = verdicts["decidable"]
    assert decidable["right"] / decidable.total() >= 0.85
