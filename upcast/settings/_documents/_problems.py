"""What cannot be read, and what cannot be edited."""

from __future__ import annotations

from typing import Literal, TypeAlias

from upcast._paths import Path, dotted
from upcast.errors import UpcastError

__all__ = ["CannotEdit", "Kind", "UnreadableDocument"]

Kind: TypeAlias = Literal["toml", "yaml", "json", "dotenv"]
"""In what a document is written."""


class UnreadableDocument(UpcastError, ValueError):
    """A text is no document of its kind.

    Attributes:
        kind: What it should have been; None where nobody can tell.
        line: The line where reading stopped, from 1, where it is known.
        problem: What is wrong, without a piece of the text.
    """

    reason = "unreadable-document"

    def __init__(self, kind: Kind | None, line: int | None, problem: str) -> None:
        place = "" if line is None else f"line {line}: "
        super().__init__(f"{place}{problem}")
        self.kind = kind
        self.line = line
        self.problem = problem


class CannotEdit(UpcastError, ValueError):
    """An edit cannot be made so that nothing else changes.

    Attributes:
        path: The key, as a dotted path.
        line: Where it stands, from 1, where it is known.
        problem: Why not, without a piece of the text.
    """

    reason = "cannot-edit"

    def __init__(self, path: Path, line: int | None, problem: str) -> None:
        place = "" if line is None else f" (line {line})"
        super().__init__(f"{dotted(path)}{place}: {problem}")
        self.path = dotted(path)
        self.line = line
        self.problem = problem
