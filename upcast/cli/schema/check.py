"""`upcast schema check`: the gate."""

from __future__ import annotations

import contextlib
import datetime as dt
import sys
from pathlib import Path

import click

from upcast.cli.schema._known import need_types
from upcast.cli.schema._options import only_option, registry_argument, schemas_option
from upcast.cli.schema._telling import Telling, telling

__all__ = ["command"]


@click.command(
    "check",
    epilog="""\b
Examples:
  upcast schema check shop.events:events
  upcast schema check shop.events:events --against origin/main
  upcast schema check shop.events:events --only order.placed --verbose
  upcast schema check shop.events:events --format sarif --output upcast.sarif
  upcast schema check shop.events:events --json | jq .findings

Exit code: 0 if nothing blocks, 1 if something does, 2 if the command could not run, 130 after Ctrl-C.""",
)
@registry_argument
@schemas_option
@click.option(
    "--against",
    metavar="REF|FOLDER",
    help="What is released: a git ref such as origin/main, or a folder. Frozen files that were released must be "
    "as they were.",
)
@click.option(
    "--policy",
    type=click.Choice(["backward", "forward", "full", "rolling", "none"]),
    help="Which readers and writers have to go together; gate.toml says it otherwise.",
)
@only_option
@click.option("--no-cache", is_flag=True, help="Run everything, also what did not change since the last time.")
@telling
def command(
    telling: Telling,
    target: str,
    schemas: str,
    against: str | None,
    policy: str | None,
    only: tuple[str, ...],
    *,
    no_cache: bool,
) -> int:
    """Tell whether today's code can be released.

    Runs payloads of every retained version, made up and recorded ones, through the steps of the registry
    MODULE:REGISTRY into today's classes, and tells what breaks, what is lost and what is not as it was released.
    gate.toml in the folder of the frozen files has the policy and what is suppressed.
    """
    from upcast.cli._load import load_registry
    from upcast.cli._terminal import Bar
    from upcast.schemas.check import check
    from upcast.schemas.reports.documents import document_of_report

    registry = load_registry(target)
    need_types(registry, target, schemas, only)
    # What a step prints must not mix with the report.
    with (
        Bar("checking", no_color=telling.no_color, active=not telling.quiet) as bar,
        contextlib.redirect_stdout(sys.stderr),
    ):
        report = check(
            registry,
            schemas,
            against=against,
            policy=policy,  # type: ignore[arg-type]  # click chose from them
            today=dt.datetime.now(dt.UTC).date(),
            cache=None if no_cache else Path(schemas) / ".cache",
            only=only,
            progress=bar.reach,
            target=target,
        )
    return telling.tell(document_of_report(report, "check"), fallback=Path(schemas).as_posix())
