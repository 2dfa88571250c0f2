"""What planning finds: steps, and everything that keeps them from being known to be right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import attrs

from upcast._steps import Nested, Step
from upcast.schemas._revise._literals import literal
from upcast.schemas._revise._questions import Answers, Asked, NoAnswers, Question
from upcast.schemas.shapes import AnyShape, Record, View

__all__ = ["Context", "Function", "Gap", "Part", "Place", "Trail", "recursive_gap", "together"]

Place: TypeAlias = tuple[str, ...]
"""A path for people, from the payload down; `*` stands for every item of a list."""

Trail: TypeAlias = frozenset[tuple[int, int]]
"""The pairs of shapes that stand around a place, by identity."""


@attrs.frozen
class Function:
    """A function that a `convert` step needs, which is written before it.

    Attributes:
        name: Its name in the module.
        place: The dotted path of the field.
        body: The lines of its body.
        run: It.
        stub: Why it is only a stub; empty where it does its work.
    """

    name: str
    place: str
    body: tuple[str, ...]
    run: Callable[[Any], Any] = attrs.field(eq=False)
    stub: str = ""


@attrs.frozen
class Gap:
    """Something that is not known.

    Attributes:
        place: The dotted path of the field.
        why: What is not known, in a clause.
        settled_by_code: Whether an upcaster function could settle it; otherwise a person must say that it is fine.
    """

    place: str
    why: str
    settled_by_code: bool = True

    def __str__(self) -> str:
        return f"{self.place or '(whole payload)'}: {self.why}"


@attrs.frozen
class Part:
    """The steps for a part of a payload, and what is not known about it.

    Attributes:
        steps: The steps, in order.
        functions: What they call.
        gaps: What is not known: with any of them the steps are not known to be right.
        losses: The places that are removed.
    """

    steps: tuple[Step, ...] = ()
    functions: tuple[Function, ...] = ()
    gaps: tuple[Gap, ...] = ()
    losses: tuple[str, ...] = ()

    def __add__(self, other: Part) -> Part:
        return Part(
            self.steps + other.steps,
            self.functions + other.functions,
            self.gaps + other.gaps,
            self.losses + other.losses,
        )

    @property
    def certain(self) -> bool:
        """Whether nothing is open."""
        return not self.gaps and not any(function.stub for function in self.functions)

    @property
    def as_it_is(self) -> bool:
        """Whether values need no steps at all."""
        return self == Part()

    def under(self, path: Place, *, many: bool = False) -> Part:
        """The same, for the object at *path* or for every object of the list there."""
        if not self.steps:
            return self
        (first, *rest) = self.steps
        if not many and not rest and isinstance(first, Nested):
            return attrs.evolve(self, steps=(Nested(path + first.path, first.steps, first.many),))
        return attrs.evolve(self, steps=(Nested(path, self.steps, many),))


def together(parts: Iterable[Part]) -> Part:
    """Parts one after the other."""
    return sum(parts, Part())


def recursive_gap(here: Place) -> Part:
    """What there is to say of a change in a shape that contains itself."""
    return Part(gaps=(Gap(".".join(here), "it contains itself, and steps do not reach every depth"),))


@attrs.define(eq=False)
class Context:
    """What one plan is made from, and what was asked meanwhile.

    Attributes:
        old: What stored payloads look like.
        new: What the new class accepts.
        label: Event type and versions, for messages: `order.placed v3 -> v4`.
        names: What the names of functions begin with.
        words: The words of the event type, which may stand before a name without changing it.
        answers: Who answers.
        plan_record: Plans what is a record in both versions: values hold records, and records hold values.
        guesses: The renames and moves that diff sees, by old and new place, and how likely they are.
        asked: What was asked.
        trail: The pairs of shapes that are being compared.
        is_trial: Whether the plan is only tried out.
        revisited: The pairs of shapes that were met inside themselves.
    """

    old: View
    new: View
    label: str
    names: str
    words: tuple[str, ...]
    answers: Answers
    plan_record: Callable[[Context, Record, Record, Place], Part]
    guesses: Mapping[tuple[Place, Place], float]
    asked: list[Asked] = attrs.field(factory=list)
    trail: Trail = frozenset()
    is_trial: bool = False
    revisited: set[tuple[int, int]] = attrs.field(factory=set)

    def ask(self, question: Question) -> str | None:
        """Ask once: the answer of a question that was asked before is that of before."""
        if self.is_trial:
            return None
        for known in self.asked:
            if known.question == question:
                return known.answer
        answer = self.answers.ask(question)
        keys = {choice.key for choice in question.choices}
        if answer is not None and answer not in keys and not (question.takes_json and answer.startswith("json:")):
            raise ValueError(f"{answer!r} is no answer to {question.text!r}: {', '.join(sorted(keys))}")
        self.asked.append(Asked(question, answer))
        return answer

    def trial(self) -> Context:
        """The same for trying something out: nobody is asked."""
        return attrs.evolve(self, answers=NoAnswers(), asked=[], is_trial=True, revisited=set())

    def entered(self, trail: Trail, old: AnyShape, new: AnyShape) -> Trail | None:
        """The way into a pair of shapes; None where one stands in it already.

        Shapes are told apart by identity: a definition is one object, wherever it is referred to. One that is met
        again inside itself needs nothing if it needs nothing at all, which is known once its outermost one is done.
        """
        pair = id(old), id(new)
        if pair in trail:
            self.revisited.add(pair)
            return None
        return trail | {pair}

    def meets_itself(self, trail: Trail, old: AnyShape, new: AnyShape) -> bool:
        """Whether a pair of shapes was met again inside itself."""
        return (id(old), id(new)) in self.revisited and (id(old), id(new)) in trail

    def stub(self, here: Place, why: str) -> Function:
        """A function that somebody has to write."""
        message = f"{self.label}: {'.'.join(here)}: {why}"

        def missing(value: Any) -> Any:  # it says what is missing, whatever it gets
            raise NotImplementedError(message)

        return self.function(here, (f"raise NotImplementedError({literal(message)})",), missing, stub=why)

    def function(self, here: Place, body: tuple[str, ...], run: Callable[[Any], Any], *, stub: str = "") -> Function:
        """A function of the value at a place, called after it."""
        parts = (part for part in here if part != "*")
        name = "_".join((self.names, *("".join(c if c.isalnum() else "_" for c in part) for part in parts)))
        run.__name__ = run.__qualname__ = name
        return Function(name, ".".join(here), body, run, stub)
