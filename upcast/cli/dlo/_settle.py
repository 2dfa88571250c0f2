"""What replay and discard share: their options, showing what would be done, asking, and being stopped."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import getpass
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import attrs
import click

from upcast.cli._connect import url_option
from upcast.cli._options import json_option, no_color_option, stream_argument
from upcast.cli._output import echo, echo_json, printable
from upcast.cli._problem import CannotRun
from upcast.cli.dlo._office import in_office
from upcast.cli.dlo._select import none_of

if TYPE_CHECKING:
    from upcast.streams.office import DeadLetterOffice, LetterCheck, LetterGroup, Selection

__all__ = ["Progress", "Settling", "settling"]

T = TypeVar("T")
ReportT = TypeVar("ReportT", bound=attrs.AttrsInstance)

Progress: TypeAlias = Callable[[int], None]
"""Called with how many letters are done since the last call."""

_PATIENCE = 1.0  # seconds for the letter in hand, after Ctrl-C


@attrs.frozen(kw_only=True)
class Settling:
    """How letters are taken out of the office, as the options say.

    Attributes:
        stream: The key of the stream.
        url: The address of the server.
        by: Who does it, for the audit stream.
        fence: Whether the office may run scripts.
        yes: Whether to do it without asking.
        dry_run: Whether to tell only what would be done.
        as_json: Whether to print one JSON document.
        no_color: Whether to print without colours.
    """

    stream: str
    url: str
    by: str
    fence: bool
    yes: bool
    dry_run: bool
    as_json: bool
    no_color: bool

    def settle(
        self,
        verb: str,
        question: str,
        selection: Selection,
        look: Callable[[DeadLetterOffice], Awaitable[list[LetterGroup] | LetterCheck]],
        act: Callable[[DeadLetterOffice, Selection, Progress], Awaitable[ReportT]],
    ) -> ReportT:
        """Show what it is about, ask, do it, and print the report.

        Args:
            verb: What is done.
            question: What is asked before.
            selection: Which letters.
            look: Finds what is shown before.
            act: Does it.

        Returns:
            The report.

        Raises:
            CannotRun: There is nobody to ask, or the server cannot be used.
            Exit: There are no such letters, 0, or the answer is no, 1.
            Abort: Ctrl-C stopped it.
        """
        from upcast.cli._terminal import Bar

        asking = not (self.yes or self.dry_run)
        if asking and not sys.stdin.isatty():
            raise CannotRun(
                f"{verb} did nothing: there is no terminal to ask on: add --yes, or --dry-run to see what it would do"
            )
        total = None
        if asking or (self.dry_run and not self.as_json):
            groups, total = self._show(self._office(look))
            if not groups and not self.as_json:
                echo(none_of(self.stream, selection))
                raise click.exceptions.Exit(0)
            selection = _until_now(selection, groups)
            # On standard error: a program may read standard output.
            if asking and groups and not click.confirm(question, err=True):
                click.echo(f"{verb} did nothing", err=True)
                raise click.exceptions.Exit(1)
        with _account(), Bar(f"{verb}ing", total, no_color=self.no_color, active=not self.as_json) as bar:
            report = self._office(
                lambda office: _stoppable(lambda progress: act(office, selection, progress), bar.advance)
            )
        if self.as_json:
            echo_json({"stream": self.stream, "report": attrs.asdict(report)})
        else:
            echo(str(report))
        return report

    def _office(self, work: Callable[[DeadLetterOffice], Awaitable[T]]) -> T:
        return in_office(self.url, self.stream, work, fence=self.fence)

    def _show(self, found: list[LetterGroup] | LetterCheck) -> tuple[list[LetterGroup], int]:
        """Print what was found, unless it is nothing."""
        from upcast.cli.dlo._render import show_check, show_groups

        groups = found if isinstance(found, list) else [checked.group for checked in found.groups]
        if groups:
            look = {"no_color": self.no_color, "stderr": self.as_json}  # the document stays alone on standard output
            if isinstance(found, list):
                show_groups(self.stream, found, **look)
            else:
                show_check(found, **look)
            click.echo(err=self.as_json)
        return groups, sum(group.count for group in groups)


async def _stoppable(work: Callable[[Progress], Awaitable[T]], progress: Progress) -> T:
    """Do something that Ctrl-C stops after the letter in hand, so that the account is right; a second one, at once.

    Raises:
        Abort: It was stopped.
    """
    import asyncio

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    stopping = False

    def stop() -> None:
        nonlocal stopping
        # It may also be waiting for the next letter's turn, which can be long.
        loop.call_later(0 if stopping else _PATIENCE, task.cancel)
        stopping = True

    def advance(count: int) -> None:
        progress(count)
        if stopping:
            raise asyncio.CancelledError

    loop.add_signal_handler(signal.SIGINT, stop)
    try:
        return await work(advance)
    except asyncio.CancelledError:
        raise click.Abort from None
    finally:
        loop.remove_signal_handler(signal.SIGINT)


@contextlib.contextmanager
def _account() -> Iterator[None]:
    """Where something is cut off, by Ctrl-C or by the server, tell what was done until then: the office logs it."""
    told = _Told()
    logger = logging.getLogger("upcast")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(told)
    try:
        yield
    except BaseException:
        if told.last:
            click.echo(printable(f"stopped: {told.last}; the others are where they were"), err=True)
        raise
    finally:
        logger.removeHandler(told)
        logger.setLevel(level)


class _Told(logging.Handler):
    """Keeps the last line."""

    last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        if record.levelno == logging.INFO:
            self.last = record.getMessage()


def _until_now(selection: Selection, groups: list[LetterGroup]) -> Selection:
    """The selection without what comes after it was shown: nobody agreed to that."""
    if not groups:
        return selection
    try:
        return attrs.evolve(selection, until=max(group.last for group in groups) + dt.timedelta(milliseconds=1))
    except OverflowError:  # one is from the end of time: somebody wrote it by hand
        return selection


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # in a container a user need not have a name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


_OPTIONS = (
    stream_argument,
    click.option("--dry-run", is_flag=True, help="Only tell what would be done."),
    click.option("--yes", is_flag=True, help="Do it without asking."),
    click.option("--by", default=_who, show_default="user@host", help="Who does it, for the audit stream."),
    click.option(
        "--no-fence",
        "fence",
        flag_value=False,
        default=True,
        help="Use plain commands, for servers that do not let this user run scripts.",
    ),
    url_option,
    json_option,
    no_color_option,
)


def settling(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options of commands that take letters out; the command gets them as one argument, `settling`."""

    @functools.wraps(command)
    def gathered(**arguments: Any) -> int:
        told = {field.name: arguments.pop(field.name) for field in attrs.fields(Settling)}
        return command(settling=Settling(**told), **arguments)

    for option in reversed(_OPTIONS):
        option(gathered)
    return gathered
