"""Who answers what `revise` asks: what was given on the command line, then a person at the terminal, or nobody."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs
import click

from upcast.cli._output import printable
from upcast.cli._problem import CannotRun

if TYPE_CHECKING:
    from upcast.schemas.revise import Question

__all__ = ["Answering"]


@attrs.define
class Answering:
    """Answers questions, and remembers the answers, so that nobody is asked twice.

    Attributes:
        given: Answers by place, from the command line, in the order in which they are asked for.
        asks: Whether a person may be asked.
    """

    given: Mapping[str, Sequence[str]]
    asks: bool
    _known: dict[Question, str | None] = attrs.field(factory=dict, init=False)
    _taken: Counter[str] = attrs.field(factory=Counter, init=False)

    def ask(self, question: Question) -> str | None:
        """The answer; None leaves it open.

        Raises:
            CannotRun: The answer that was given is none of those there are, or there is no terminal to ask on.
        """
        if question not in self._known:
            self._known[question] = self._answer(question)
        return self._known[question]

    def _answer(self, question: Question) -> str | None:
        given = self.given.get(question.place, ())[self._taken[question.place] :]
        if given:
            # One answer each: two values that are gone from one field need not become the same.
            self._taken[question.place] += 1
            if _fits(question, given[0]):
                return given[0]
            raise CannotRun(f"--answer {question.place}={given[0]}: {question.text} It is one of {_possible(question)}")
        if not self.asks:
            return None
        if not sys.stdin.isatty():
            raise CannotRun(
                f"{question.text} There is no terminal to ask on: add --yes to leave it open, or "
                f"--answer {question.place}=ANSWER, one of {_possible(question)}"
            )
        return _asked(question)


def _asked(question: Question) -> str | None:
    # On standard error: a program may read standard output.
    click.echo(printable(f"\n{question.text}"), err=True)
    for number, choice in enumerate(question.choices, 1):
        click.echo(printable(f"  {number}  {choice.text}"), err=True)
    if question.takes_json:
        click.echo('  or a value as JSON, such as "EUR" or 0', err=True)
    click.echo("  -  I do not know: leave a stub", err=True)
    likely = "1" if question.likeliness > 0 else None
    while True:
        said = click.prompt("Which", default=likely, err=True).strip()
        if said == "-":
            return None
        if said.isdecimal() and 1 <= int(said) <= len(question.choices):
            return question.choices[int(said) - 1].key
        if question.takes_json and _is_json(said):
            return f"json:{said}"
        click.echo("That is none of them.", err=True)


def _fits(question: Question, answer: str) -> bool:
    if question.takes_json and answer.startswith("json:"):
        return _is_json(answer.removeprefix("json:"))
    return answer in {choice.key for choice in question.choices}


def _possible(question: Question) -> str:
    return ", ".join([*(choice.key for choice in question.choices), *(["json:VALUE"] if question.takes_json else [])])


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
