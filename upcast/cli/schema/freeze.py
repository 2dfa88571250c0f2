"""`upcast schema freeze`: one file for each event type and version."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from upcast.cli._options import json_option, no_color_option
from upcast.cli._output import echo_json
from upcast.cli.schema._options import only_option, registry_argument, schemas_option

if TYPE_CHECKING:
    from upcast.schemas.freeze import Frozen

__all__ = ["command"]

_STYLES = {"frozen": "green", "replaced": "yellow", "unchanged": "dim", "refused": "bold red"}


@click.command(
    "freeze",
    epilog="""\b
Examples:
  upcast schema freeze shop.events:events
  upcast schema freeze shop.events:events --only order.placed --replace
  upcast schema freeze shop.events:events --schemas contracts --json

Exit code: 0 if all are frozen, 1 if one is refused, 2 if the command could not run.""",
)
@registry_argument
@schemas_option
@only_option
@click.option(
    "--replace", is_flag=True, help="Replace a frozen version whose class was edited. Only while it is not released!"
)
@json_option
@no_color_option
def command(target: str, schemas: str, only: tuple[str, ...], *, replace: bool, as_json: bool, no_color: bool) -> int:
    """Write down what each event's class reads and writes.

    For the class of each event in the registry MODULE:REGISTRY a file is written, FOLDER/TYPE/vN.json, and a made-up
    payload where the version has none. Commit them with the class. A version that is frozen is never changed: a class
    that means something else needs the next version.
    """
    from upcast.cli._load import load_registry
    from upcast.schemas.freeze import freeze

    registry = load_registry(target)
    with contextlib.redirect_stdout(sys.stderr):  # what a step prints must not mix with what is printed here
        done = freeze(registry, schemas, replace=replace, only=only)
    if as_json:
        echo_json({"schemas": Path(schemas).as_posix(), "types": [attrs.asdict(frozen) for frozen in done]})
    else:
        _show(done, Path(schemas), no_color=no_color)
    return 1 if any(frozen.outcome == "refused" for frozen in done) else 0


def _show(done: tuple[Frozen, ...], schemas: Path, *, no_color: bool) -> None:
    from upcast.cli._terminal import INDENT, LONG, Text, cell, columns, console, counted, line

    out = console(no_color=no_color)
    rows = [
        [
            cell(frozen.event, "bold"),
            cell(f"v{frozen.version}"),
            cell(frozen.outcome, _STYLES[frozen.outcome]),
            cell((schemas / frozen.path).as_posix() if frozen.path else "-", "dim", widest=LONG),
        ]
        for frozen in done
        if frozen.outcome != "unchanged"
    ]
    told = [frozen for frozen in done if frozen.outcome != "unchanged"]
    if told:
        head, *lines = columns(("type", "version", "done", "file"), rows)
        line(out, head)
        for frozen, text in zip(told, lines, strict=True):
            line(out, text)
            if frozen.problem:
                line(out, Text(INDENT).append_text(cell(frozen.problem, "dim", widest=LONG)))
    recorded = sum(len(frozen.recorded) for frozen in done)
    if recorded:
        line(out, cell(f"{counted(recorded, 'file')} of payloads written"))
    unchanged = len(done) - len(told)
    if unchanged or not done:
        line(out, cell(f"{counted(unchanged, 'type')} unchanged in {schemas.as_posix()}", "dim"))
