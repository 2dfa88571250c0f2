"""`upcast schema export`: a version as plain JSON Schema."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click
import msgspec

from upcast.cli._output import echo_json
from upcast.cli._problem import CannotRun
from upcast.cli.schema._sides import GRAMMAR

__all__ = ["command"]


@click.command(
    "export",
    epilog=f"""\b
The version is one of:
{GRAMMAR.removeprefix(chr(8) + chr(10))}

\b
Examples:
  upcast schema export schemas#order.placed@2
  upcast schema export shop.events:events#order.placed --view writer --output order.schema.json

Exit code: 0, or 2 if the command could not run.""",
)
@click.argument("version")
@click.option(
    "--view",
    type=click.Choice(["reader", "writer"]),
    default="reader",
    show_default=True,
    help="What its class accepts, or what it writes.",
)
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write it to this file.")
def command(version: str, view: Literal["reader", "writer"], output: str | None) -> int:
    """Print a version as plain JSON Schema.

    The document is of the draft 2020-12, for tools that know no schema snapshots.
    """
    from upcast.cli.schema._sides import load_snapshot
    from upcast.schemas.json_schema import to_json_schema

    snapshot = load_snapshot(version)
    if view == "writer" and snapshot.decode_only:
        raise CannotRun(f"{snapshot.type} v{snapshot.version} cannot be written: {snapshot.decode_only}")
    document = to_json_schema(snapshot, view=view)
    if output is None:
        echo_json(document)
        return 0
    try:
        Path(output).write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    except OSError as error:
        raise CannotRun(f"{output} cannot be written: {error.strerror}") from None
    return 0
