"""`upcast schema revise`: the next version of an event, from its frozen version and its edited class."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import attrs
import click

from upcast.cli._options import json_option, no_color_option
from upcast.cli._output import echo, echo_json
from upcast.cli.schema._answers import Answering
from upcast.cli.schema._options import registry_argument, schemas_option

if TYPE_CHECKING:
    from upcast.schemas.revise import Written

__all__ = ["command"]


def _answers(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in given:
        place, is_sign, answer = each.partition("=")
        if not is_sign:
            raise click.BadParameter("write PLACE=ANSWER, such as currency='json:\"EUR\"'")
        found.setdefault(place, []).append(answer)
    return found


@click.command(
    "revise",
    epilog="""\b
Examples:
  upcast schema revise shop.events:events order.placed
  upcast schema revise shop.events:events order.placed --yes --write
  upcast schema revise shop.events:events order.placed --answer 'currency=json:"EUR"' --write

Exit code: 0 if the steps are proven or there is nothing to do, 1 if something is left to be written or you said no,
2 if the command could not run or what was written did not prove right, which is put back.""",
)
@registry_argument
@click.argument("event_type", metavar="TYPE")
@schemas_option
@click.option("--tests", metavar="FOLDER", type=click.Path(file_okay=False), help="Where the test goes; tests/ else.")
@click.option("--yes", is_flag=True, help="Ask nothing: do what is certain, and leave stubs for the rest.")
@click.option(
    "--answer",
    "given",
    metavar="PLACE=ANSWER",
    multiple=True,
    callback=_answers,
    help="Answer a question beforehand; may be given again.",
)
@click.option("--write", is_flag=True, help="Write the files without asking once more.")
@json_option
@no_color_option
def command(
    target: str,
    event_type: str,
    schemas: str,
    tests: str | None,
    given: dict[str, list[str]],
    *,
    yes: bool,
    write: bool,
    as_json: bool,
    no_color: bool,
) -> int:
    """Write the next version of an event whose class was edited.

    Of a settings class it tells what to declare, and writes nothing.

    Edit the class first, and run this: the number of its version is raised, the steps from the frozen version are
    declared, the new version is frozen, and a payload gets a test. What the two versions do not tell is asked. Without
    --write it shows what it would do, and on a terminal asks whether to do it.
    """
    from upcast.cli._load import import_target, load_registry
    from upcast.schemas.revise import revise

    registry = load_registry(target)
    answers = Answering(given, asks=not yes)

    is_settings = import_target(target) is not registry

    def run(*, writes: bool) -> Written:
        if is_settings:
            from upcast.cli.settings._revise import declared

            return declared(registry, schemas, event_type, answers)
        return revise(registry, schemas, event_type, target=target, answers=answers, tests=tests, write=writes)

    done = run(writes=write)
    if not as_json:
        _show(done, no_color=no_color)
        if done.changes and not write:
            if yes or not sys.stdin.isatty():
                echo("nothing is written: --write does it")
            elif click.confirm("Write it?", err=True):
                done = run(writes=True)
                echo("written")
            else:
                return 1
    else:
        echo_json(_document(done))
    return 0 if done.revision is None or done.revision.accepted else 1


def _document(done: Written) -> dict[str, Any]:
    revision = done.revision
    return {
        "event": done.event,
        "changed": revision is not None,
        "from_version": revision and revision.old.version,
        "to_version": revision and revision.new.version,
        "accepted": revision is None or revision.accepted,
        "proven": 0 if revision is None else revision.proven,
        "steps": [] if revision is None else list(map(repr, revision.steps)),
        "asked": [
            {"place": asked.question.place, "question": asked.question.text, "answer": asked.answer}
            for asked in (() if revision is None else revision.asked)
        ],
        "notes": list(done.notes),
        "files": [change.path.as_posix() for change in done.changes],
        "diff": done.diff,
        "written": done.is_written,
    }


def _show(done: Written, *, no_color: bool) -> None:
    from upcast.cli._terminal import Text, cell, console, counted, line
    from upcast.schemas.reports._wording import one_line

    out = console(no_color=no_color)
    revision = done.revision
    # A new file of JSON is no reading matter: its name is enough.
    plain = [change for change in done.changes if change.before is None and change.path.suffix == ".json"]
    rest = attrs.evolve(done, changes=tuple(change for change in done.changes if change not in plain))
    for row in rest.diff.splitlines():
        line(out, Text(one_line(row), style=_STYLES.get(row[:1], "")))
    for change in plain:
        line(out, Text(f"new file {one_line(str(change.path))}", style=_STYLES["+"]))
    if revision is not None:
        if revision.accepted:
            verdict = cell(f"proven with {counted(revision.proven, 'payload')}", "green")
        else:
            verdict = cell("something is left to be written", "bold yellow")
        line(out, Text.assemble((f"{revision.label}: ", "bold"), verdict))
    for note in done.notes:
        line(out, cell(note, widest=2_000))
    if done.is_written:
        line(out, "written")


_STYLES = {"+": "green", "-": "red", "@": "dim"}
