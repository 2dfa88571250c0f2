"""The whole suite, in the order in which it runs."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from fnmatch import fnmatchcase

from benchmarks.check_cases import check_cases
from benchmarks.codec_cases import codec_cases
from benchmarks.cost_cases import cost_cases
from benchmarks.harness import Case, Effort, Skipped
from benchmarks.large_cases import large_cases
from benchmarks.peer_cases import peer_cases
from benchmarks.results import Measurement
from benchmarks.settings_cases import settings_cases

__all__ = ["all_cases", "select"]


def all_cases() -> list[Case]:
    """Every case."""
    cases = [*codec_cases(), *large_cases(), *peer_cases(), *cost_cases(), *check_cases(), *settings_cases()]
    return [*cases, Case("consumer", _consumer)]


def select(cases: Sequence[Case], names: Sequence[str]) -> list[Case]:
    """The cases that one of *names* selects: a whole name, its first parts, or a pattern with `*`.

    Raises:
        LookupError: A name selects none.
    """
    for name in names:
        if not any(_selects(name, case) for case in cases):
            raise LookupError(name)
    return [case for case in cases if not names or any(_selects(name, case) for name in names)]


def _selects(name: str, case: Case) -> bool:
    return fnmatchcase(case.name, name) or case.name.startswith(f"{name}/")


def _consumer(effort: Effort) -> list[Measurement]:
    """The measurement "consumer", whose contenders the promises name."""
    try:
        module = importlib.import_module("benchmarks.consumer")
    except ImportError as error:
        raise Skipped(f"benchmarks.consumer cannot be imported: {error}") from error
    found: list[Measurement] = asyncio.run(module.measure(effort.quick))
    return found
