"""What the gate costs: everything, everything again, and one type by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.check_probe import Checked
from benchmarks.harness import Case, Effort
from benchmarks.results import Measurement, Sample

__all__ = ["check_cases"]

_ROOT: Final = Path(__file__).parent.parent
_TYPES: Final = 1_000


def check_cases() -> Iterator[Case]:
    """The cases."""
    for family in ("struct", "pydantic"):
        name = f"check/{family}"
        yield Case(name, partial(_check, name, family))


def _check(name: str, family: str, effort: Effort) -> list[Measurement]:
    rounds: dict[str, list[float]] = {}
    for _ in range(max(1, effort.processes // 2)):
        checked = _probe(family)
        for label, seconds in (
            (f"{_TYPES:,} types, 3 versions", checked.everything),
            (f"{_TYPES:,} types, unchanged", checked.again),
            ("one type, 3 versions", checked.one),
        ):
            rounds.setdefault(label, []).append(seconds)
    samples = tuple(Sample(contender=label, rounds=tuple(found)) for label, found in rounds.items())
    return [Measurement(name=name, title=f"upcast schema check, {family}", unit="s", samples=samples)]


def _probe(family: str) -> Checked:
    command = [sys.executable, "-m", "benchmarks.check_probe", family, str(_TYPES)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:])} failed: {done.stderr.decode().strip().splitlines()[-1:]}")
    return msgspec.json.decode(done.stdout, type=Checked)
