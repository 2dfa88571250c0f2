"""The diff of a file, without its secrets."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from upcast.settings._documents._document import Kind
from upcast.settings._update._secrets import Secrets, masked
from upcast.settings.documents import read_document

__all__ = ["masked_diff"]

_CONTEXT = 3


def masked_diff(before: str, after: str, kind: Kind, secrets: Secrets, name: str) -> str:
    """What changes, as a unified diff; the lines are compared as they are and shown without their secrets.

    Args:
        before: The text as it is.
        after: The text as it should be.
        kind: In what it is written.
        secrets: What must not be shown.
        name: The name of the file.
    """
    old, new = before.split("\n"), after.split("\n")
    if old == new:
        return ""
    shown_old = masked(read_document(before, kind), secrets).split("\n")
    shown_new = masked(read_document(after, kind), secrets).split("\n")
    lines = [f"--- {name}", f"+++ {name}"]
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        lines.append(f"@@ -{_range(group[0][1], group[-1][2], old)} +{_range(group[0][3], group[-1][4], new)} @@")
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                lines += _told(" ", shown_old, old_start, old_end)
                continue
            lines += _told("-", shown_old, old_start, old_end)
            lines += _told("+", shown_new, new_start, new_end)
    return "\n".join(lines) + "\n"


def _told(sign: str, shown: list[str], start: int, end: int) -> Iterator[str]:
    for number in range(start, end):
        # What follows the last newline is no line, unless there is something.
        is_last = number == len(shown) - 1
        if not is_last or shown[number]:
            yield sign + shown[number].removesuffix("\r")
        if is_last and shown[number]:
            yield "\\ No newline at end of file"


def _range(start: int, end: int, lines: list[str]) -> str:
    count = end - start - (end == len(lines) and not lines[-1])
    return f"{start + (count > 0)}" if count == 1 else f"{start + (count > 0)},{count}"
