"""`upcast settings update`: old spellings in files become today's, and nothing else changes."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from upcast.cli._options import json_option, no_color_option
from upcast.cli._output import echo_json
from upcast.cli._problem import CannotRun
from upcast.cli.settings._options import load_settings, settings_argument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upcast.settings.update import FileUpdate, Prefer

__all__ = ["command"]


@click.command(
    "update",
    epilog="""\b
Examples:
  upcast settings update shop.settings:AppSettings config.toml
  upcast settings update shop.settings:AppSettings config/*.yaml --write --backup
  upcast settings update shop.settings:AppSettings .env --write --env
  upcast settings update shop.settings:AppSettings config.toml --downgrade --to 2.0 --write

Exit code: 0 if there is nothing to do or all is written, 1 if something would change or is left to be edited by hand,
2 if the command could not run, 130 after Ctrl-C: each file is then the old one or the new one, whole.""",
)
@settings_argument
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Write the files; without it only the difference is shown.")
@click.option("--backup", is_flag=True, help="Keep each file that is written, as FILE.bak.")
@click.option("--env", "allow_env", is_flag=True, help="Write .env files too.")
@click.option("--downgrade", is_flag=True, help="Write the old spellings again, for a release that goes back.")
@click.option("--to", "to_release", metavar="RELEASE", help="With --downgrade: undo only what came after this release.")
@click.option(
    "--to-version", type=int, metavar="N", help="With --downgrade: the schema_version to go back to; it stays else."
)
@click.option(
    "--prefer",
    type=click.Choice(["new", "old"]),
    help="Whose value stays where a file has both spellings and they differ; without it they are left alone.",
)
@click.option(
    "--section",
    metavar="PATH",
    help="The table of the files that the class reads, such as tool.shop; that of the class else.",
)
@json_option
@no_color_option
def command(
    target: str,
    files: tuple[Path, ...],
    *,
    write: bool,
    backup: bool,
    allow_env: bool,
    downgrade: bool,
    to_release: str | None,
    to_version: int | None,
    prefer: Prefer | None,
    section: str | None,
    as_json: bool,
    no_color: bool,
) -> int:
    """Write today's spellings of the settings MODULE:CLASS into files.

    Files in TOML, YAML and JSON, and .env files, by their names; no manifests. Only the entries concerned are touched:
    comments, order, quotes and line endings stay. What cannot be done for certain is left alone, and named with its
    line. Of .env files no value is shown, of others none that looks like a secret.
    """
    settings_class = load_settings(target)
    way = {"downgrade": downgrade, "to_release": to_release, "to_version": to_version}
    _check(settings_class, way)
    options = {**way, "section": None if section is None else _section(section), "prefer": prefer}
    with contextlib.redirect_stdout(sys.stderr):  # what a function of a step prints must not mix with what is printed
        planned = [_planned(settings_class, file, options) for file in dict.fromkeys(files)]
    if write and not allow_env:
        env = [each.path.as_posix() for each in planned if each.update.kind == "dotenv" and each.update.is_needed]
        if env:
            raise CannotRun(f"{', '.join(env)}: .env files are only written with --env; nothing is written")
    backups = {each.path: _written(each, backup=backup) for each in planned if write}
    left = any(each.update.refused or (each.update.is_needed and not write) for each in planned)
    if as_json:
        document = [_document(each, backups.get(each.path), written=write) for each in planned]
        echo_json({"settings": target, "ok": not left, "files": document})
    else:
        _show(planned, written=write, no_color=no_color)
    return 1 if left else 0


def _check(settings_class: Any, way: dict[str, Any]) -> None:
    from upcast.settings.history import history_of
    from upcast.settings.update import check_way_back

    try:
        check_way_back(history_of(settings_class), **way)
    except ValueError as error:
        raise CannotRun(str(error)) from None


def _section(text: str) -> tuple[str, ...]:
    from upcast._paths import parse_path
    from upcast.errors import InvalidStep

    try:
        return parse_path(text, "--section")
    except InvalidStep as error:
        raise CannotRun(str(error)) from None


def _planned(settings_class: Any, file: Path, options: dict[str, Any]) -> FileUpdate:
    from upcast.settings.documents import UnreadableDocument
    from upcast.settings.update import plan_file

    try:
        return plan_file(settings_class, file, **options)
    except UnreadableDocument as error:
        raise CannotRun(f"{file}: {error}") from None
    except OSError as error:
        raise CannotRun(f"{file} cannot be read: {error.strerror}") from None


def _written(planned: FileUpdate, *, backup: bool) -> Path | None:
    from upcast.settings.update import FileChanged

    try:
        return planned.write(backup=backup)
    except FileChanged as error:
        raise CannotRun(str(error)) from None
    except FileExistsError:
        raise CannotRun(f"{planned.path}.bak is there already: move it away") from None
    except OSError as error:
        raise CannotRun(f"{planned.path} cannot be written: {error.strerror}") from None


def _document(planned: FileUpdate, backup: Path | None, *, written: bool) -> dict[str, Any]:
    update = planned.update
    return {
        "file": planned.path.as_posix(),
        "kind": update.kind,
        "needed": update.is_needed,
        "written": written and update.is_needed,
        "backup": backup and backup.as_posix(),
        "changes": [attrs.asdict(change) for change in update.changes],
        "refused": [attrs.asdict(refused) for refused in update.refused],
        "notes": list(update.notes),
        "diff": planned.diff(),
    }


_STYLES = {"+": "green", "-": "red", "@": "dim"}


def _show(planned: Iterable[FileUpdate], *, written: bool, no_color: bool) -> None:
    from upcast.cli._terminal import cell, console, counted, line

    out = console(no_color=no_color)
    needed = refused = 0
    for each in planned:
        update = each.update
        name = each.path.as_posix()
        needed += update.is_needed
        refused += len(update.refused)
        for row in each.diff().splitlines():
            line(out, cell(row, _STYLES.get(row[:1], ""), widest=2_000))
        for left in update.refused:
            line(out, cell(f"{name}: {left}", "bold yellow", widest=2_000))
        for note in update.notes:
            line(out, cell(f"{name}: {note}", widest=2_000))
    done = (
        "" if not needed else f"{counted(needed, 'file')} {'written' if written else 'would change: --write does it'}"
    )
    left_over = "" if not refused else f"{counted(refused, 'thing')} left to be edited by hand"
    line(out, cell("; ".join(part for part in (done, left_over) if part) or "nothing to do", "bold", widest=2_000))
