"""How results look on a terminal: colours where they are wanted, columns, and a bar while there is much to do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from upcast.cli._output import printable
from upcast.errors import MissingExtra

try:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
    from rich.text import Text
except ImportError as error:
    raise MissingExtra("cli", "the command upcast") from error

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from upcast.streams.check import Failed

__all__ = ["INDENT", "LONG", "Bar", "Text", "cell", "columns", "console", "counted", "failed_lines", "line"]

INDENT = " " * 4
LONG = 300
"""How long a line of a person's report may be; letters may hold anything."""
_GAP = 2
_WIDEST = 60
_BAR_FROM = 500  # fewer are through before a bar would be read


def console(*, no_color: bool, stderr: bool = False) -> Console:
    """A console that styles nothing where no colours are wanted."""
    # Without a colour system nothing is styled at all; rich's own reading of NO_COLOR would leave bold and dim.
    plain = no_color or os.environ.get("NO_COLOR")
    return Console(color_system=None if plain else "auto", stderr=stderr, highlight=False)


def cell(content: object, style: str = "", *, widest: int = _WIDEST) -> Text:
    """One cell, or one line: as it is, but nothing that a terminal would obey, and not endless."""
    text = printable(str(content)).replace("\n", "\\n")
    return Text(text if len(text) <= widest else f"{text[: widest - 1]}…", style=style)


def line(out: Console, text: Text | str = "") -> None:
    """Print a line: the terminal breaks it where it must; in a file or a pipe it stays whole."""
    out.print(text if isinstance(text, Text) else Text(text), soft_wrap=True)


def columns(heads: Sequence[str], rows: Sequence[Sequence[Text]], *, right: Sequence[str] = ()) -> Iterator[Text]:
    """Lay out a table: its head and each of its rows as one line.

    Args:
        heads: The heads of the columns.
        rows: The cells of each row.
        right: The columns that are set to the right.
    """
    table = [[Text(head, style="dim") for head in heads], *rows]
    widths = [max(row[place].cell_len for row in table) for place in range(len(heads))]
    for row in table:
        shown = Text()
        for place, (head, width, content) in enumerate(zip(heads, widths, row, strict=True)):
            padding = " " * (width - content.cell_len)
            last = place == len(heads) - 1
            shown.append(padding if head in right else "").append_text(content)
            shown.append("" if last else ("" if head in right else padding) + " " * _GAP)
        yield shown


def counted(count: int, thing: str) -> str:
    """A number and what it counts."""
    plural = f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
    return f"{count:,} {thing if count == 1 else plural}"


def failed_lines(failures: Iterable[Failed]) -> Iterator[Text]:
    """Two lines about each kind of failure: what and where, and its problem."""
    for failed in failures:
        place = f" at {failed.place}" if failed.place else ""
        head = cell(f"{failed.count:,} {failed.reason}{place}, such as {failed.example}", widest=LONG)
        yield Text(INDENT).append_text(head)
        if failed.problem != failed.place:
            yield Text(INDENT * 2).append_text(cell(failed.problem, "dim", widest=LONG))


class Bar:
    """A bar on the terminal while there is much to do; nothing where there is no terminal, or little to do.

    Args:
        doing: What is being done.
        total: How much there is to do, if that is known before.
        no_color: Whether to show it without colours.
        active: Whether to show it at all.
    """

    def __init__(self, doing: str, total: int | None = None, *, no_color: bool, active: bool = True) -> None:
        out = console(no_color=no_color, stderr=True)
        self._done = 0
        self._doing = doing
        self._total = total
        self._active = active and out.is_terminal
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=out, transient=True
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._progress.stop()

    def advance(self, count: int) -> None:
        """Show that so many more are done."""
        self._show(self._done + count)

    def reach(self, done: int, total: int) -> None:
        """Show that so many of so many are done."""
        self._total = total
        self._show(done)

    def _show(self, done: int) -> None:
        self._done = done
        if self._task is None and self._active and (self._total or done) >= _BAR_FROM:
            self._progress.start()
            self._task = self._progress.add_task(self._doing, total=self._total)
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=self._total)
