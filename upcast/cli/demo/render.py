"""How the demo's report looks: tables for a person, one JSON document for a program."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs
import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from upcast.cli._terminal import INDENT, LONG, cell, columns, console, counted, line
from upcast.cli.demo.billing import GROUP, STREAM
from upcast.cli.demo.shop import OrderPlaced

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.console import Console

    from upcast.cli.demo.report import Report
    from upcast.streams.embedded import EmbeddedValkey

__all__ = ["Progress", "document", "show", "show_server"]


def document(report: Report, *, url: str | None) -> dict[str, Any]:
    """Make a JSON document of a report.

    Args:
        report: The report.
        url: The address of the server, if it is still there.
    """
    content = {"verified": report.verified, **attrs.asdict(report, recurse=False)}
    if url is not None:
        content["url"] = url
    found: dict[str, Any] = msgspec.to_builtins(content, enc_hook=_as_json)
    return found


def _as_json(value: object) -> Any:
    if isinstance(value, OrderPlaced):
        return value.model_dump(mode="json")
    raise NotImplementedError(type(value).__qualname__)


class Progress:
    """A bar for each part of the work while there is much to do; nothing where there is no terminal.

    Args:
        active: Whether to show it at all.
        no_color: Whether to show it without colours.
    """

    def __init__(self, *, active: bool, no_color: bool) -> None:
        out = console(no_color=no_color, stderr=True)
        self._bar = Bar(
            TextColumn("{task.description:>8}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=out,
            transient=True,
            disable=not (active and out.is_terminal),
        )
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def step(self, doing: str, done: int, total: int) -> None:
        """Move the bar of what is being done."""
        if doing not in self._tasks:
            self._tasks[doing] = self._bar.add_task(doing, total=total)
        self._bar.advance(self._tasks[doing], done)


_REGISTRY = f"--registry {OrderPlaced.__module__}"
_MARKS = {"✓": "green", "✗": "red"}


def show(report: Report, *, no_color: bool) -> None:
    """Print a report."""
    out = console(no_color=no_color)
    _objects(out, report)
    for part in (_night, _letters, _explained, _mended, _checked):
        line(out)
        part(out, report)


def _heading(out: Console, title: str, text: str) -> None:
    line(out, Text(title, style="bold cyan"))
    line(out, text)


def _objects(out: Console, report: Report) -> None:
    _heading(
        out,
        f"{report.published:,} events of five years, consumed with one codec",
        f"Stored in five shapes; each is an {OrderPlaced.__name__} of today's class. The first of each version:",
    )
    years = {count.version: count.year for count in report.versions}
    rows = [
        [
            cell(f"v{sample.version} {years[sample.version]}", "dim"),
            cell(sample.event.order_id),
            cell(f"{sample.event.customer.first} {sample.event.customer.last}"),
            cell(f"{sample.event.address.zip} {sample.event.address.city}"),
            cell(sum(item.quantity for item in sample.event.items)),
            cell(sample.event.amount),
            cell(sample.event.status),
        ]
        for sample in report.samples
    ]
    heads = ("stored", "order_id", "customer", "address", "items", "cents", "status")
    _table(out, heads, rows, right=("items", "cents"))


def _table(out: Console, heads: tuple[str, ...], rows: list[list[Text]], *, right: tuple[str, ...]) -> None:
    for text in columns(heads, rows, right=right):
        line(out, text)


def _night(out: Console, report: Report) -> None:
    policy, dead = report.policy, counted(report.refused, "dead letter")
    _heading(
        out,
        f"The night: group {GROUP} handles {report.decoded:,}, and there are {dead}",
        f"Tried {policy.max_attempts} times, {_delays(policy.delays)} apart; a newer version waits "
        f"{_span(policy.newer_wait)}.",
    )
    usual = f"{_delays(policy.default_delays)}, and {_span(policy.default_newer_wait)}"
    line(out, f"These figures are shortened for the demo: by default it is {usual}.")
    rows = [
        [
            cell(f"v{count.version} {count.year}", "dim"),
            cell(f"{count.published:,}"),
            cell(f"{count.decoded:,}", "green"),
            cell(f"{sum(count.refused.values()):,}", "yellow"),
            cell(", ".join(f"{reason} {number:,}" for reason, number in count.refused.items())),
        ]
        for count in report.versions
    ]
    numbers = ("published", "handled", "dead")
    _table(out, ("stored", *numbers, "because"), rows, right=numbers)


def _delays(seconds: tuple[float, ...]) -> str:
    return ", ".join(f"{delay:g}" for delay in seconds) + " s"


def _span(seconds: float) -> str:
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds:g} s"


def _letters(out: Console, report: Report) -> None:
    _heading(out, "The pager: what piles up, by cause", f"upcast dlo groups {STREAM}")
    rows = [
        [
            cell(refusal.fingerprint, "bold"),
            cell(f"{refusal.count:,}"),
            cell(refusal.attempts),
            cell(refusal.reason, "yellow"),
            cell(" ".join(f"v{version}" for version in refusal.versions)),
        ]
        for refusal in report.refusals
    ]
    numbers = ("letters", "attempts")
    head, *lines = columns(("fingerprint", *numbers, "reason", "versions"), rows, right=numbers)
    line(out, head)
    for refusal, text in zip(report.refusals, lines, strict=True):
        line(out, text)
        line(out, Text(INDENT).append_text(cell(refusal.problem, "dim", widest=LONG)))
        line(out, Text(INDENT).append_text(cell(f"→ {refusal.remedy}", widest=LONG)))
    line(out, Text(f"Logged: {report.log_line}", style="dim"))


def _explained(out: Console, report: Report) -> None:
    _heading(out, "The bug: a name can have one word", f"upcast dlo show {STREAM} ... --values {_REGISTRY}:events")
    for text in report.explanation.splitlines():
        line(out, Text(text, style=_MARKS.get(text.lstrip()[:1], "")))


def _mended(out: Console, report: Report) -> None:
    replay = report.replay
    _heading(out, "The fix, and what it brings back", f"upcast dlo check {STREAM} {_REGISTRY}:fixed")
    line(out, Text(f"{INDENT}{replay.passed:,} of {replay.checked:,} would pass with this code", style="bold"))
    line(out, f"upcast dlo replay {STREAM} {_REGISTRY}:fixed --only-passing")
    replayed = counted(replay.replayed, "event")
    line(out, f"{INDENT}{replayed} replayed under their own ids; the fixed release handles {replay.handled:,} of them")
    left = ", ".join(f"{reason} {count:,}" for reason, count in replay.remaining.items())
    line(out, f"{counted(sum(replay.remaining.values()), 'dead letter')} left, byte for byte: {left}.")


def _checked(out: Console, report: Report) -> None:
    _heading(
        out,
        "Checked",
        ", ".join(f"{part} {seconds:.2f} s" for part, seconds in report.seconds.items()),
    )
    for check in report.checks:
        mark = "✓" if check.holds else "✗"
        line(out, Text.assemble((mark, _MARKS[mark]), f" {check.claim}"))
    line(out, Text("verified", "bold green") if report.verified else Text("not verified", "bold red"))


def show_server(report: Report, server: EmbeddedValkey, *, no_color: bool) -> None:
    """Print how to look around on the server."""
    out = console(no_color=no_color)
    line(out)
    _heading(out, "The server stays until Ctrl-C", server.url)
    for text in _commands(report, server):
        line(out, text)


def _commands(report: Report, server: EmbeddedValkey) -> Iterator[str]:
    url = f"--url {shlex.quote(server.url)}"
    yield f"  upcast dlo groups {STREAM} {url}"
    if report.replay.example:
        yield f"  upcast dlo show {STREAM} {report.replay.example} --values {_REGISTRY}:fixed {url}"
    yield f"  upcast stream check {STREAM} {_REGISTRY}:events {url}"
    yield f"  valkey-cli -s {shlex.quote(str(server.socket_path))}"
