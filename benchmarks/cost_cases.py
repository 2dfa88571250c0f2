"""What is paid once: imports, building a codec, memory; and whether many threads may share one codec."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.codec_cases import BATCH
from benchmarks.harness import Case, Effort
from benchmarks.histories import Kind, history
from benchmarks.probe import Probe
from benchmarks.results import Measurement, Sample
from benchmarks.shapes import FAMILIES, ORDER, Family, examples
from benchmarks.subject import Subject

__all__ = ["cost_cases"]

_ROOT: Final = Path(__file__).parent.parent
_IMPORT: Final = "from time import perf_counter as c; s = c(); import {}; print(c() - s)"
_MODULES: Final = ("msgspec", "pydantic", "upcast", "upcast.streams")
_TYPES: Final = 1_000
_VERSIONS: Final = 10
_THREADS: Final = 8
_PASSES: Final = 5
"""How often each thread reads the whole batch."""

_BUILT: Final[tuple[Family, ...]] = ("struct", "pydantic")


def cost_cases() -> Iterator[Case]:
    """The cases."""
    yield Case("costs/import", _imports)
    for family in _BUILT:
        name = f"costs/build/{family}"
        yield Case(name, partial(_build, name, family))
    yield Case("costs/threads", _threads)


def _imports(effort: Effort) -> list[Measurement]:
    rounds: dict[str, list[float]] = {module: [] for module in _MODULES}
    for _ in range(effort.processes * 3):
        for module in _MODULES:
            rounds[module].append(float(_python("-c", _IMPORT.format(module))) * 1000)
    return [_measurement("costs/import", "Import in a fresh process", "ms", rounds)]


def _build(name: str, family: Family, effort: Effort) -> list[Measurement]:
    seconds: list[float] = []
    memory: list[float] = []
    for _ in range(effort.processes):
        probe = _probe(family, _TYPES, _VERSIONS)
        seconds.append(probe.seconds)
        memory.append((probe.memory - _probe(family, _TYPES, 1).memory) / (_TYPES * (_VERSIONS - 1)) / 1000)
    contender = f"{_TYPES:,} types, {_VERSIONS} versions"
    return [
        _measurement(name, f"Registry.codec(), {family}", "s", {contender: seconds}),
        _measurement(f"{name}/memory", f"Memory of an old version, {family}", "kB", {"one old version": memory}),
    ]


def _threads(_: Effort) -> list[Measurement]:
    histories: tuple[tuple[Kind, int], ...] = (("mixed", 0), ("mixed", 3), ("conversions", 10))
    rounds: dict[str, list[float]] = {}
    for family in FAMILIES:
        found = 0
        for kind, hops in histories:
            subject = Subject.of(ORDER, family, history(ORDER, kind, hops), examples(ORDER, BATCH))
            found += _differences(subject.codec().decode, subject.fresh(old=hops > 0)())
        rounds[f"{family}, {_THREADS} threads"] = [found]
    title = f"Events that {_THREADS} threads with one codec read otherwise than one thread"
    return [_measurement("costs/threads", title, "events", rounds)]


def _differences(decode: Callable[[Any], object], batch: Sequence[Any]) -> int:
    expected = [decode(raw) for raw in batch]
    found: list[int] = []
    begin = threading.Barrier(_THREADS)

    def work() -> None:
        begin.wait()
        wrong = 0
        for _ in range(_PASSES):
            wrong += sum(decode(raw) != event for raw, event in zip(batch, expected, strict=True))
        found.append(wrong)

    threads = [threading.Thread(target=work) for _ in range(_THREADS)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # as many changes of threads as can be had
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    # A thread that raised has reported nothing: all its events count.
    return sum(found) + (_THREADS - len(found)) * _PASSES * len(batch)


def _measurement(name: str, title: str, unit: str, rounds: Mapping[str, Sequence[float]]) -> Measurement:
    samples = tuple(Sample(contender=label, rounds=tuple(found)) for label, found in rounds.items())
    return Measurement(name=name, title=title, unit=unit, samples=samples)


def _probe(*arguments: object) -> Probe:
    return msgspec.json.decode(_python("-m", "benchmarks.probe", *map(str, arguments)), type=Probe)


def _python(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"python {' '.join(arguments)} failed: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout
