"""Revise: the next version of an event, written from the frozen one and the edited class."""

from __future__ import annotations

from upcast.schemas._revise._files import Change
from upcast.schemas._revise._parts import Function, Gap
from upcast.schemas._revise._propose import Revision, propose
from upcast.schemas._revise._prove import Unproven
from upcast.schemas._revise._questions import Answers, Asked, Choice, NoAnswers, Question
from upcast.schemas._revise._write import Written, revise, revision_of
from upcast.schemas.errors import CannotRevise

__all__ = [
    "Answers",
    "Asked",
    "CannotRevise",
    "Change",
    "Choice",
    "Function",
    "Gap",
    "NoAnswers",
    "Question",
    "Revision",
    "Unproven",
    "Written",
    "propose",
    "revise",
    "revision_of",
]
