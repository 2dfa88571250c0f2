"""The command: runs the suite and tells what happened."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator

from equivalence.cases import CASES
from equivalence.report import Difference, Report
from equivalence.runner import run_cases
from equivalence.shrink import shrunk, told

__all__ = ["main"]

_CHUNK = 10
_COMMAND = "python tests/equivalence"


def main() -> int:
    """Run, print what happened, and return 1 if anything differs."""
    options = _options()
    numbers = [options.only] if options.only is not None else range(options.first, options.first + options.chains)
    started = time.monotonic()
    total = Report()
    for done, report in enumerate(_reports(options, list(numbers)), 1):
        total.add(report)
        if options.only is None and done % 25 == 0:
            _progress(total, done * _CHUNK, len(numbers), started)
    __say(total, time.monotonic() - started, options)
    return 1 if total.differences or total.counts["crashed"] else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=_COMMAND,
        description="Compare what a codec makes of stored events, on whatever lane, with the plain lane.",
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other cases (default: 1)")
    parser.add_argument("--chains", type=int, default=5300, help="how many cases (default: 5300)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case (default: 0)")
    parser.add_argument("--payloads", type=int, default=200, help="payloads in each case (default: 200)")
    parser.add_argument("--only", type=int, metavar="CASE", help="one case: the number after the seed in its label")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one for each core)")
    parser.add_argument("--show", type=int, default=5, help="how many kinds of differences to print (default: 5)")
    parser.add_argument("--tags", action="store_true", help="print how often each feature and oddity occurred")
    return parser.parse_args()


def _reports(options: argparse.Namespace, numbers: list[int]) -> Iterator[Report]:
    chunks = [(options.seed, numbers[at : at + _CHUNK], options.payloads) for at in range(0, len(numbers), _CHUNK)]
    if options.jobs == 1 or len(chunks) == 1:
        yield from map(run_cases, chunks)
        return
    # Classes made at run time are never quite forgotten by the libraries that made them, so a process is let go.
    with multiprocessing.get_context("spawn").Pool(options.jobs, maxtasksperchild=50) as pool:
        yield from pool.imap_unordered(run_cases, chunks)


def _progress(total: Report, done: int, wanted: int, started: float) -> None:
    rate = total.counts["payloads"] / (time.monotonic() - started)
    done_so_far = f"{done}/{wanted} cases, {total.counts['payloads']} payloads, {rate:.0f}/s"
    sys.stderr.write(f"{done_so_far}, {len(total.differences)} differences\n")


def __say(total: Report, seconds: float, options: argparse.Namespace) -> None:
    counts = total.counts
    _say(f"{total.chains} chains, {counts['payloads']} payloads in {seconds:.0f} s")
    for name in ("lane current", "lane compiled", "lane plain", "accepted"):
        _say(f"  {name}: {counts[name]}")
    for name in sorted(name for name in counts if ": " in name):
        _say(f"  {name}: {counts[name]}")
    refused, not_built, crashed = (counts[name] for name in ("refused by codec()", "not built", "crashed"))
    _say(f"  cases refused by codec(): {refused}, not built: {not_built}, crashed: {crashed}")
    ordered_problems = sorted(total.problems.items(), key=lambda item: (not item[0].startswith("CRASH"), -item[1]))
    for problem, count in ordered_problems[:15]:
        _say(f"    {count} times {problem}")
    _say("  plans of old versions:")
    for plan, count in sorted(total.plans.items()):
        _say(f"    {count} times {plan}")
    missed = [name for name in CASES if not total.cases[name]]
    _say(
        f"  cases of the list met: {len(CASES) - len(missed)} of {len(CASES)}"
        + "".join(f"\n    missed: {m}" for m in missed)
    )
    if options.tags:
        for tag, count in sorted(total.tags.items()):
            _say(f"    {tag}: {count}")
        for name, count in total.cases.items():
            _say(f"    case {name}: {count}")
    _say(f"differences: {len(total.differences)}")
    kinds: dict[str, list[Difference]] = {}
    for difference in total.differences:
        kinds.setdefault(difference.kind, []).append(difference)
    ordered = sorted(kinds.items(), key=lambda item: -len(item[1]))
    for kind, found in ordered[:40]:
        _say(f"  {len(found)} times {kind}")
    for _, found in ordered[: options.show]:
        first = min(found, key=lambda difference: len(difference.case.script()) + len(difference.data))
        _say(f"\n{told(shrunk(first))}\n# again: {_COMMAND} --seed {options.seed} --only {first.label.split(':')[1]}")
