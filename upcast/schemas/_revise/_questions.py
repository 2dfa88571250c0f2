"""What revise cannot know: questions, and who answers them."""

from __future__ import annotations

from typing import Protocol

import attrs

__all__ = ["Answers", "Asked", "Choice", "NoAnswers", "Question"]


@attrs.frozen
class Choice:
    """One answer to a question.

    Attributes:
        key: What is answered.
        text: What it means, for a person.
    """

    key: str
    text: str


@attrs.frozen
class Question:
    """Something that the two schema snapshots do not tell.

    Attributes:
        place: The dotted path of the field it is about; `*` stands for every item of a list.
        text: The question.
        choices: The answers it may have, the likeliest first.
        likeliness: How likely the first of them is, from 0 to 1.
        takes_json: Whether `json:` and a JSON text is an answer too.
    """

    place: str
    text: str
    choices: tuple[Choice, ...]
    likeliness: float = attrs.field(default=0.0, kw_only=True)
    takes_json: bool = attrs.field(default=False, kw_only=True)


@attrs.frozen
class Asked:
    """A question and what was answered; None where nobody knew."""

    question: Question
    answer: str | None


class Answers(Protocol):
    """Who answers: a person at a terminal, a table, or nobody."""

    def ask(self, question: Question) -> str | None:
        """The key of a choice, `json:` and a JSON text where the question takes that, or None: it stays open."""


@attrs.frozen
class NoAnswers:
    """Answers nothing, so that only what is certain is done: `--yes`."""

    def ask(self, question: Question) -> None:
        """Leave it open."""
