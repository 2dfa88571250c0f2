"""What an update leaves as it is, and why."""

from __future__ import annotations

import attrs

from upcast.settings._documents._document import CannotEdit

__all__ = ["Refused", "Refusing", "refused_edit"]


@attrs.frozen
class Refused:
    """Something that was left as it is, for somebody to edit by hand.

    Attributes:
        kind: Why, as a slug: `conflict`, `ambiguous`, `inside-text`, `no-name`, `conversion-failed`, `incomplete`,
            `cannot-undo`, `retired-value`, `newer-version`, `invalid-version`, `chain-failed`, `manifest` or
            `cannot-edit`.
        key: The key or keys as they are written there.
        lines: The lines they stand in, from 1, where they are known.
        problem: Why, in words without values.
        remedy: What to do.
    """

    kind: str
    key: str
    lines: tuple[int, ...] = ()
    problem: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        count = len(self.lines)
        place = f" (line{'s' if count > 1 else ''} {', '.join(map(str, self.lines))})" if count else ""
        return f"{self.key}{place}: {self.problem} [{self.kind}]{f'. {self.remedy}' if self.remedy else ''}"


class Refusing(Exception):
    """Carries a refusal to where the file is put back; never leaves the package.

    Attributes:
        refused: The refusal.
    """

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.key)
        self.refused = refused


def refused_edit(error: CannotEdit, key: str, lines: tuple[int, ...]) -> Refused:
    """What is told of an edit that a document cannot do.

    Args:
        error: What the document says.
        key: The key or keys whose migration needs the edit.
        lines: Where they stand.
    """
    return Refused(
        "cannot-edit",
        key,
        lines=lines,
        problem=error.problem if error.path in key.split(", ") else f"{error.path}: {error.problem}",
        remedy="" if "by hand" in error.problem else "Edit it by hand.",
    )
