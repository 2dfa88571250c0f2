"""`upcast demo`: five years of stored events on a real server, read as objects of today's class.

`shop` is the registry, as any program would write it; `producers` are the programs of each year; `story` is the run,
which returns a report; `render` prints it.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import click

__all__ = ["command"]

_PROGRESS_FROM = 20_000  # fewer are through before a bar would be read


@click.command(
    "demo",
    epilog="""\b
Examples:
  upcast demo
  upcast demo --count 100000
  upcast demo --json > report.json

Exit code: 0 if every count is verified, 1 if not, 2 if the command could not run.""",
)
@click.option(
    "--count",
    type=click.IntRange(min=10),
    default=1000,
    show_default=True,
    help="How many events to publish; ten hold one of each kind.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--no-color", is_flag=True, help="Print without colours, as with NO_COLOR in the environment.")
def command(count: int, *, as_json: bool, no_color: bool) -> int:
    """See five years of stored events become objects of today's class.

    Starts a Valkey server of its own, publishes events as the producers of five years wrote them, among them some
    that nobody can read, reads the stream back, and accounts for every entry. The server and its data are gone
    afterwards.
    """
    try:
        import rich  # noqa: F401  # asked for before anything is started
    except ImportError as error:
        from upcast.errors import MissingExtra

        raise MissingExtra("cli", "upcast demo") from error
    from upcast.cli.demo.render import Progress, as_text, show
    from upcast.cli.demo.story import tell

    active = count >= _PROGRESS_FROM and not as_json
    with _server_errors(), Progress(total=count, active=active, no_color=no_color) as progress:
        report = tell(count, progress.step)
    if as_json:
        click.echo(as_text(report))
    else:
        show(report, no_color=no_color)
    sys.stdout.flush()
    return 0 if report.verified else 1


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
