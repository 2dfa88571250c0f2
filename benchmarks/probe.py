"""What can be measured once in a process: `python -m benchmarks.probe struct 1000 10` builds a codec."""

from __future__ import annotations

import gc
import os
import resource
import sys
from pathlib import Path
from time import perf_counter_ns

import msgspec

__all__ = ["Probe"]


class Probe(msgspec.Struct, frozen=True):
    """What a probe prints.

    Attributes:
        seconds: How long it took.
        memory: The bytes of memory the process holds more than before.
    """

    seconds: float
    memory: int


def _memory() -> int:
    """The memory the process holds, what is not Python's included."""
    gc.collect()
    statistics = Path("/proc/self/statm")
    if statistics.is_file():
        return int(statistics.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def probe_build(family: str, types: int, versions: int) -> Probe:
    """Build the codec of so many event types, each with a class and a history of its own."""
    from benchmarks.histories import history
    from benchmarks.shapes import FAMILIES, FLAT, build
    from upcast import Registry

    hops = history(FLAT, "mixed", versions - 1)
    events = Registry()
    for number in range(types):
        name = f"bench.event.{number}"
        events.event(name, version=versions)(build(FLAT, next(known for known in FAMILIES if known == family)))
        for start, hop in enumerate(hops, start=1):
            events.steps(name, *hop.steps, from_version=start)
    before = _memory()
    started = perf_counter_ns()
    codec = events.codec()
    seconds = (perf_counter_ns() - started) / 1e9
    memory = _memory() - before
    assert len(codec.classes) == types
    return Probe(seconds, memory)


if __name__ == "__main__":
    name, *numbers = sys.argv[1:]
    sys.stdout.write(msgspec.json.encode(probe_build(name, *map(int, numbers))).decode())
