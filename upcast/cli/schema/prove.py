"""`upcast schema prove`: the gate's judgement, over as many payloads as there is time for."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click

from upcast.cli._problem import CannotRun
from upcast.cli.schema._known import need_types
from upcast.cli.schema._options import only_option, registry_argument, schemas_option
from upcast.cli.schema._telling import Telling, telling

__all__ = ["command"]


@click.command(
    "prove",
    epilog="""\b
Examples:
  upcast schema prove shop.events:events
  upcast schema prove shop.events:events --seconds 300 --only order.placed
  upcast schema prove shop.events:events --seed 7 --no-record --json

Exit code: 0 if nothing was found, 1 if something was, 2 if the command could not run, 130 after Ctrl-C, which tells
what was found until then.""",
)
@registry_argument
@schemas_option
@only_option
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="How long to search, all versions together.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Where to begin; another seed draws other payloads."
)
@click.option("--no-record", is_flag=True, help="Do not write payloads that fail to the folder.")
@telling
def command(
    telling: Telling, target: str, schemas: str, only: tuple[str, ...], seconds: float, seed: int, *, no_record: bool
) -> int:
    """Search for a stored payload that today's code would not read.

    Draws payloads of every retained version and runs them through the steps of the registry MODULE:REGISTRY. One that
    fails is made small, followed to the step that fails on its own, and written beside the recorded payloads, so that
    `upcast schema check` runs it from then on. It needs the extra gate too.
    """
    from upcast.cli._load import load_registry
    from upcast.cli._terminal import Bar
    from upcast.schemas.prove import prove
    from upcast.schemas.reports.documents import document_of_report

    registry = load_registry(target)
    need_types(registry, target, schemas, only)
    if sys.stderr.isatty() and not telling.quiet:
        click.echo(f"searching for {seconds:g} seconds; Ctrl-C tells what was found until then", err=True)
    # What a step prints must not mix with the report.
    with (
        Bar("proving", no_color=telling.no_color, active=not telling.quiet) as bar,
        contextlib.redirect_stdout(sys.stderr),
    ):
        report = prove(
            registry, schemas, budget=seconds, only=only, seed=seed, record=not no_record, progress=bar.reach
        )
    if not (report.payloads or report.findings or report.notes):
        raise CannotRun(f"no payload could be run in {seconds:g} seconds: allow more, and see that versions are frozen")
    code = telling.tell(document_of_report(report, "prove"), fallback=Path(schemas).as_posix())
    return 130 if any(note.startswith("interrupted") for note in report.notes) else code
