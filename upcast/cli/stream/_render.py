"""How the check of a stream looks for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upcast.cli._terminal import Text, cell, columns, console, counted, failed_lines, line

if TYPE_CHECKING:
    from upcast.streams.check import StreamCheck

__all__ = ["show"]


def show(found: StreamCheck, *, no_color: bool) -> None:
    """Print what was found out, by type and version."""
    out = console(no_color=no_color)
    if not found.length:
        line(out, cell(f"there is nothing in {found.stream}: it is empty, or does not exist"))
        return
    read = f"all {counted(found.sampled, 'entry')}" if found.whole else f"{found.sampled:,} of {found.length:,} entries"
    verdict = cell(f"{found.passed:,} pass", "green"), cell(f"{found.failed:,} fail", "red" if found.failed else "dim")
    line(out, Text(", ").join((cell(f"{found.stream}: {read} read"), *verdict)))
    line(out)
    rows = [
        [
            cell("(not readable)" if kind.event_type is None else kind.event_type, "bold"),
            cell("-" if kind.schema_version is None else f"v{kind.schema_version}"),
            cell(f"{kind.seen:,}"),
            cell(f"{kind.passed:,}", "green" if kind.passed else "dim"),
            cell(f"{kind.seen - kind.passed:,}", "red" if kind.passed < kind.seen else "dim"),
        ]
        for kind in found.kinds
    ]
    numbers = ("read", "pass", "fail")
    head, *lines = columns(("type", "version", *numbers), rows, right=numbers)
    line(out, head)
    for kind, text in zip(found.kinds, lines, strict=True):
        line(out, text)
        for failed in failed_lines(kind.failures):
            line(out, failed)
