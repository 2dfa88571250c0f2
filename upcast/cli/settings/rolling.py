"""`upcast settings rolling`: whether instances of today start with the settings of the releases around it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from upcast.cli._options import json_option, no_color_option
from upcast.cli._problem import CannotRun
from upcast.cli.settings._options import load_settings, settings_argument

if TYPE_CHECKING:
    from upcast.settings.rolling import Rolling

__all__ = ["command"]

_ERAS = {"before": "the release before", "same": "this release", "after": "the next release", "": ""}


@click.command(
    "rolling",
    epilog="""\b
The folder:
  settings/2.1.0/production.env
  settings/2.2.0/production.env
  settings/2.2.0/worker.environment     the environment, written as a .env file
  settings/2.3.0/config.toml

\b
Examples:
  upcast settings rolling shop.settings:AppSettings settings
  upcast settings rolling shop.settings:AppSettings settings --release 2.1.0 --release 2.2.0
  upcast settings rolling shop.settings:AppSettings settings --environment dummies.env --json

Exit code: 0 if an instance starts with every file, 1 if not, 2 if the command could not run, 130 after Ctrl-C.""",
)
@settings_argument
@click.argument("folder", type=click.Path(file_okay=False))
@click.option(
    "--release",
    "releases",
    metavar="RELEASE",
    multiple=True,
    help="Look at this release; give it again for more. By default the one that runs and those next to it.",
)
@click.option(
    "--environment",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="What every instance has in its environment besides, written as a .env file: dummies for secrets.",
)
@json_option
@no_color_option
def command(
    target: str, folder: str, releases: tuple[str, ...], environment: str | None, *, as_json: bool, no_color: bool
) -> int:
    """Tell whether instances start with the settings of the releases around today's.

    Loads every file FOLDER/RELEASE/NAME on its own with MODULE:CLASS, in an empty working folder and a clean
    environment. No value is printed.
    """
    from upcast.cli._output import echo_json
    from upcast.settings.rolling import rolling

    done = rolling(load_settings(target), folder, releases=releases, environ=_environ(environment))
    if as_json:
        echo_json({**attrs.asdict(done), "ok": done.ok})
    else:
        _show(done, no_color=no_color)
    return 0 if done.ok else 1


def _environ(file: str | None) -> dict[str, str]:
    from upcast.settings.documents import UnreadableDocument, read_file

    if file is None:
        return {}
    try:
        document, _ = read_file(Path(file), kind="dotenv")
    except OSError as error:
        raise CannotRun(f"{file} cannot be read: {error.strerror}") from None
    except UnreadableDocument as error:
        raise CannotRun(f"{file}: {error}") from None
    return {name: text for name, text in document.data.items() if text is not None}


def _show(done: Rolling, *, no_color: bool) -> None:
    from upcast.cli._terminal import INDENT, LONG, Text, cell, columns, console, counted, line

    out = console(no_color=no_color)
    rows = [
        [
            cell(file.release),
            cell(_ERAS[file.era], "dim"),
            cell("starts" if file.ok else "refused", "green" if file.ok else "bold red"),
            cell(counted(len(file.uses), "old spelling") if file.uses else "", "yellow"),
            cell(_shown(file.file), widest=LONG),
        ]
        for file in done.files
    ]
    head, *lines = columns(("release", "", "verdict", "", "file"), rows)
    line(out, head)
    for file, text in zip(done.files, lines, strict=True):
        line(out, text)
        for problem in file.problems:
            line(out, Text(INDENT).append_text(cell(problem, "red", widest=1000)))
    for note in done.notes:
        line(out, cell(f"note: {note}", "dim", widest=1000))
    refused = sum(not file.ok for file in done.files)
    verdict = f"refused: {refused} of {counted(len(done.files), 'file')}" if refused else "ok"
    line(out, cell(f"{done.settings}: {verdict}", "bold", widest=LONG))


def _shown(file: str) -> str:
    try:
        return Path(file).relative_to(Path.cwd()).as_posix()
    except ValueError:
        return file
