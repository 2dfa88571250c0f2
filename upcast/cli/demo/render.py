"""How the demo's report looks: tables for a person, one JSON document for a program."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import attrs
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from upcast.cli.demo.shop import OrderPlaced

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from upcast.cli.demo.account import Report

__all__ = ["Progress", "as_text", "show"]


def as_text(report: Report) -> str:
    """Write a report as a JSON document."""
    document = {"verified": report.verified, **attrs.asdict(report, recurse=False)}
    return msgspec.json.format(msgspec.json.encode(document, enc_hook=_as_json), indent=2).decode()


def _as_json(value: object) -> Any:
    if isinstance(value, OrderPlaced):
        return value.model_dump(mode="json")
    raise NotImplementedError(type(value).__qualname__)


def _console(*, no_color: bool, stderr: bool = False) -> Console:
    # Without a colour system nothing is styled at all; rich's own reading of NO_COLOR would leave bold and dim.
    plain = no_color or os.environ.get("NO_COLOR")
    return Console(color_system=None if plain else "auto", stderr=stderr, highlight=False)


class Progress:
    """A bar on the terminal while there is much to do; nothing where there is no terminal.

    Args:
        total: How many entries there are.
        active: Whether to show it at all.
        no_color: Whether to show it without colours.
    """

    def __init__(self, *, total: int, active: bool, no_color: bool) -> None:
        console = _console(no_color=no_color, stderr=True)
        self._total = total
        self._bar = Bar(
            TextColumn("{task.description:>8}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            transient=True,
            disable=not (active and console.is_terminal),
        )
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def step(self, doing: str, done: int) -> None:
        """Move the bar of what is being done."""
        if doing not in self._tasks:
            self._tasks[doing] = self._bar.add_task(doing, total=self._total)
        self._bar.advance(self._tasks[doing], done)


_MARKS = {"✓": "green", "✗": "red"}


def show(report: Report, *, no_color: bool) -> None:
    """Print a report."""
    console = _console(no_color=no_color)
    _objects(console, report)
    for part in (_versions, _refusals, _explained, _checked):
        _line(console, "")
        part(console, report)


def _line(console: Console, text: Text | str) -> None:
    # The terminal breaks long lines itself; in a file or a pipe they stay whole.
    console.print(text if isinstance(text, Text) else Text(text), soft_wrap=True)


def _heading(console: Console, title: str, text: str) -> None:
    _line(console, Text(title, style="bold cyan"))
    _line(console, text)


def _objects(console: Console, report: Report) -> None:
    _heading(
        console,
        f"{report.published:,} events of five years, read with one codec",
        f"Stored in five shapes; each is an {OrderPlaced.__name__} of today's class. The first of each version:",
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("stored", style="dim")
    for name in ("order_id", "customer", "address"):
        table.add_column(name)
    for name in ("items", "cents"):
        table.add_column(name, justify="right")
    for name in ("status", "coupon"):
        table.add_column(name)
    years = {count.version: count.year for count in report.versions}
    for sample in report.samples:
        event = sample.event
        table.add_row(
            f"v{sample.version} {years[sample.version]}",
            Text(event.order_id),
            Text(f"{event.customer.first} {event.customer.last}"),
            Text(f"{event.address.zip} {event.address.city}"),
            str(sum(item.quantity for item in event.items)),
            str(event.amount),
            event.status,
            Text(event.coupon or ""),
        )
    console.print(table)


def _versions(console: Console, report: Report) -> None:
    _heading(console, "Every entry accounted for", f"{report.decoded:,} decoded, {report.refused:,} refused.")
    table = Table(box=None, pad_edge=False)
    table.add_column("stored", style="dim")
    for name in ("published", "decoded", "refused"):
        table.add_column(name, justify="right")
    table.add_column("because")
    for count in report.versions:
        table.add_row(
            f"v{count.version} {count.year}",
            f"{count.published:,}",
            Text(f"{count.decoded:,}", style="green"),
            Text(f"{sum(count.refused.values()):,}", style="yellow"),
            ", ".join(f"{reason} {number:,}" for reason, number in count.refused.items()),
        )
    console.print(table)


def _refusals(console: Console, report: Report) -> None:
    _heading(console, "Refused, by name", "No error repeats a value of the payload.")
    for refusal in report.refusals:
        versions = ", ".join(f"v{version}" for version in refusal.versions)
        head = Text.assemble((refusal.reason, "bold yellow"), f": {refusal.count:,} of {versions}")
        if refusal.at:
            head.append(f", at {refusal.at}")
        _line(console, head)
        _line(console, Text(f"    {refusal.problem}", style="dim"))
        _line(console, f"    → {refusal.remedy}")
    _line(console, Text(f"Logged: {report.log_line}", style="dim"))


def _explained(console: Console, report: Report) -> None:
    _heading(console, "An order of 2021, step by step", "What `upcast explain` tells about any stored event:")
    for line in report.explanation.splitlines():
        _line(console, Text(line, style=_MARKS.get(line.lstrip()[:1], "")))


def _checked(console: Console, report: Report) -> None:
    publish, read = report.seconds["publish"], report.seconds["read"]
    _heading(console, "Checked", f"Published in {publish:.2f} s, read in {read:.2f} s, on a server that is gone now.")
    for check in report.checks:
        mark = "✓" if check.holds else "✗"
        _line(console, Text.assemble((mark, _MARKS[mark]), f" {check.claim}"))
    _line(console, Text("verified", "bold green") if report.verified else Text("not verified", "bold red"))
