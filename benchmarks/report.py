"""A run, for people at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.gate import Verdict
from benchmarks.results import Measurement, Run

__all__ = ["figure", "print_gate", "print_measurement", "print_run"]

_COLOURS = {"pass": "green", "miss": "bold red", "not measured": "yellow"}


def figure(value: float) -> str:
    """A number with three significant digits, none of them in an exponent."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.01 else f"{value:.2g}"


def print_measurement(console: Console, measurement: Measurement) -> None:
    """Its contenders, each with its ratio to the first."""
    table = Table(title=f"{measurement.title}\n[dim]{measurement.name}", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("contender", no_wrap=True)
    table.add_column(measurement.unit, justify="right")
    first = measurement.samples[0].contender
    several = measurement.ratio(first, first) is not None and len(measurement.samples) > 1
    if several:
        table.add_column(f"times {first}", justify="right")
        table.add_column("quartiles", justify="right", style="dim")
    table.add_column("note", style="dim")
    for sample in measurement.samples:
        cells = [sample.contender, figure(sample.median)]
        ratio = measurement.ratio(sample.contender, first) if several else None
        if several:
            cells += [f"{ratio.median:.2f}", f"{ratio.low:.2f} to {ratio.high:.2f}"] if ratio else ["", ""]
        table.add_row(*cells, sample.note)
    console.print(table)
    for contender, reason in measurement.absent.items():
        console.print(f"[bold yellow]Without {contender}: {reason}.")


def print_run(console: Console, run: Run) -> None:
    """What could not be measured, and where the run took place."""
    for name, reason in run.skipped.items():
        console.print(f"[bold yellow]Skipped {name}: {reason}.")
    for name, reason in run.failed.items():
        console.print(f"[bold red]Failed {name}: {reason}")
    machine = run.machine
    console.print(f"{machine.python} on {machine.cpu}, {machine.cores} cores, {machine.system}", highlight=False)
    console.print(", ".join(f"{name} {version}" for name, version in machine.libraries.items()), highlight=False)
    if run.load > machine.cores / 4:
        console.print(f"[yellow]The machine was busy (load {run.load:g}): read the quartiles with the medians.")
    if run.quick:
        console.print("[yellow]A quick run: its figures are rough.")


def print_gate(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Every promise with what was measured."""
    table = Table(title="The promises", box=box.SIMPLE_HEAD, title_justify="left")
    for column in ("promise", "measured", "quartiles", "limit", ""):
        table.add_column(column, justify="left" if column in ("promise", "") else "right")
    for verdict in verdicts:
        measured = ["", ""]
        if verdict.value is not None:
            measured = [f"{verdict.value:.3g}", f"{verdict.low:.3g} to {verdict.high:.3g}"]
        limit = f"{verdict.limit.direction} {verdict.limit.limit:g}"
        table.add_row(verdict.limit.name, *measured, limit, f"[{_COLOURS[verdict.word]}]{verdict.word}")
    console.print(table)
    words = Counter(verdict.word for verdict in verdicts)
    console.print(", ".join(f"{words[word]} {word}" for word in ("pass", "miss", "not measured")), highlight=False)
