"""The command: `nox -s bench -- ...` or `python -m benchmarks ...`."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console

from benchmarks.gate import judge
from benchmarks.harness import FULL, QUICK, Case, Effort, Skipped
from benchmarks.machine import this_machine
from benchmarks.report import print_gate, print_measurement, print_run
from benchmarks.results import Measurement, Run
from benchmarks.suite import all_cases, select

__all__ = ["main"]

_LATEST: Final = Path(__file__).parent.parent / ".benchmarks" / "latest.json"

_WIDTH: Final = 140
"""Of what is not written to a terminal."""

_EPILOG: Final = """
\b
Examples:
  python -m benchmarks                          everything, in about five minutes
  python -m benchmarks --quick --gate           rough figures, held against the promises
  python -m benchmarks --only peers             one group of cases
  python -m benchmarks --only 'hops/*/struct'   those that a pattern selects
  python -m benchmarks --publish                everything, then the page and its pictures
  python -m benchmarks --from .benchmarks/latest.json --gate
                                                an earlier run, not measured again

\b
Exit codes: 0 all is well; 1 a promise was missed (--gate); 2 the suite could not do what was asked;
130 interrupted, with what was measured until then kept.
"""


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="Take a tenth of the time; the figures are rough.")
@click.option("--only", multiple=True, metavar="NAME", help="Run these cases: a name, its first parts, or a pattern.")
@click.option("--list", "list_only", is_flag=True, help="Print the names of the cases and stop.")
@click.option("--gate", is_flag=True, help="Hold the figures against the promises; exit with 1 if one is missed.")
@click.option(
    "--json",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the results as JSON.",
    default=_LATEST,
    show_default=".benchmarks/latest.json",
)
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Report on an earlier run's JSON instead of measuring.",
)
@click.option("--publish", is_flag=True, help="Write the figures of the documentation: page, JSON and pictures.")
def main(
    *, quick: bool, only: tuple[str, ...], list_only: bool, gate: bool, target: Path, source: Path | None, publish: bool
) -> None:
    """Measure what decoding costs here, against bare decoders, the usual recipe and other libraries."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    cases = all_cases()
    try:
        chosen = select(cases, only)
    except LookupError as error:
        raise click.UsageError(f"no case is called {error}; --list prints their names") from None
    if list_only:
        for case in chosen:
            click.echo(case.name)
        return
    if publish and (quick or only):
        raise click.UsageError("--publish needs a full run: leave --quick and --only out")
    interrupted = False
    if source is not None:
        run = _read(source)
        for measurement in run.measurements:
            print_measurement(console, measurement)
    else:
        run, interrupted = _measure(console, chosen, QUICK if quick else FULL, complete=not only)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=1) + b"\n")
        click.echo(f"Results: {target}", err=True)
    print_run(console, run)
    missed = False
    if gate:
        # Of a part of the suite, only what that part measures is of interest.
        verdicts = [verdict for verdict in judge(run) if run.complete or verdict.value is not None]
        if not any(verdict.value is not None for verdict in verdicts):
            raise click.UsageError("no promise is measured by these cases")
        print_gate(console, verdicts)
        missed = any(verdict.word == "miss" for verdict in verdicts)
    if interrupted:
        sys.exit(130)
    if publish:
        _publish(run)
    sys.exit(2 if run.failed else int(missed))


def _read(source: Path) -> Run:
    try:
        return msgspec.json.decode(source.read_bytes(), type=Run)
    except msgspec.DecodeError as error:
        raise click.UsageError(f"{source} holds no run of this suite: {error}") from None


def _measure(console: Console, cases: Sequence[Case], effort: Effort, *, complete: bool) -> tuple[Run, bool]:
    """Run the cases; an interrupt ends that, and what was measured is kept."""
    found: list[Measurement] = []
    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}
    load = round(os.getloadavg()[0], 2)
    interrupted = False
    for number, case in enumerate(cases, start=1):
        click.echo(f"[{number}/{len(cases)}] {case.name}", err=True)
        try:
            measured = list(case.measure(effort))
        except KeyboardInterrupt:
            interrupted = True
            break
        except Skipped as reason:
            skipped[case.name] = str(reason)
            console.print(f"[bold yellow]Skipped {case.name}: {reason}.")
        except Exception as error:  # one broken case must not cost the figures of the others
            failed[case.name] = f"{type(error).__name__}: {error}"
            console.print(f"[bold red]Failed {case.name}: {failed[case.name]}", markup=True)
        else:
            found += measured
            for measurement in measured:
                print_measurement(console, measurement)
    run = Run(
        machine=this_machine(),
        date=dt.datetime.now(tz=dt.UTC).date().isoformat(),
        load=load,
        quick=effort.quick,
        complete=complete and not interrupted,
        measurements=tuple(found),
        skipped=skipped,
        failed=failed,
    )
    return run, interrupted


def _publish(run: Run) -> None:
    from benchmarks.publish import NotPublishable, publish

    try:
        for path in publish(run):
            click.echo(f"Wrote {path}", err=True)
    except NotPublishable as error:
        raise click.UsageError(str(error)) from None
    except ImportError as error:
        raise click.UsageError(f"the pictures need matplotlib, from the dependency group bench: {error}") from None
