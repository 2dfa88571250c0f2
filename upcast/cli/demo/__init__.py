"""`upcast demo`: five years of stored events, a night with a bug, and the morning after the fix, on a real server.

`shop` is the registry, as any program would write it, and `billing` the program; `producers` are the programs of each
year; `story` is the run; `account` compares what was published with what is there, `report` says it, `render` prints
it.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from upcast.cli._options import json_option, no_color_option
from upcast.cli._output import echo_json

if TYPE_CHECKING:
    from upcast.cli.demo.report import Report
    from upcast.streams.embedded import EmbeddedValkey

__all__ = ["command"]

_PROGRESS_FROM = 20_000  # fewer are through before a bar would be read


@click.command(
    "demo",
    epilog="""\b
Examples:
  upcast demo
  upcast demo --keep
  upcast demo --count 100000
  upcast demo --json > report.json

Exit code: 0 if everything is verified, 1 if not, 2 if the command could not run.""",
)
@click.option(
    "--count",
    type=click.IntRange(min=10),
    default=1000,
    show_default=True,
    help="How many events to publish; ten hold one of each kind.",
)
@click.option("--keep", is_flag=True, help="Leave the server up until Ctrl-C, to look around on it.")
@json_option
@no_color_option
def command(count: int, *, keep: bool, as_json: bool, no_color: bool) -> int:
    """See five years of stored events become objects of today's class.

    Starts a Valkey server of its own and publishes events as the producers of five years wrote them, among them some
    that nobody can read. A consumer handles them; what it cannot handle is retried and becomes a dead letter. Then
    a bug is fixed, and what it had stopped is replayed. In the end every event is accounted for. The server and its
    data are gone afterwards.
    """
    try:
        import rich  # noqa: F401  # asked for before anything is started
    except ImportError as error:
        from upcast.errors import MissingExtra

        raise MissingExtra("cli", "upcast demo") from error
    from upcast.cli.demo.render import Progress
    from upcast.cli.demo.story import tell
    from upcast.streams.embedded import EmbeddedValkey

    with _server_errors(), EmbeddedValkey() as server:
        with Progress(active=count >= _PROGRESS_FROM and not as_json, no_color=no_color) as progress:
            report = tell(server, count, progress.step)
        try:
            _show(report, server, keep=keep, as_json=as_json, no_color=no_color)
            if keep:
                threading.Event().wait()
        except KeyboardInterrupt:
            if not keep:  # with it, this is how the command ends
                raise
    return 0 if report.verified else 1


def _show(report: Report, server: EmbeddedValkey, *, keep: bool, as_json: bool, no_color: bool) -> None:
    from upcast.cli.demo.render import document, show, show_server

    if as_json:
        echo_json(document(report, url=server.url if keep else None))
        return
    show(report, no_color=no_color)
    if keep:
        show_server(report, server, no_color=no_color)
    sys.stdout.flush()


@contextlib.contextmanager
def _server_errors() -> Iterator[None]:
    """Say what happened to the server instead of showing where."""
    try:
        yield
    except Exception as error:
        module = sys.modules.get("valkey")  # not installed, or not yet needed, it cannot have raised
        if module is not None and isinstance(error, module.ValkeyError):
            from upcast.cli._problem import CannotRun

            raise CannotRun(f"the server is lost: {error}") from error
        raise
