"""The method: contenders that give equal results take turns in one process, and each round yields one ratio.

* Every contender gets the same events: as the same bytes, in what its own library reads them from.
* What each makes of every event is compared before anything is timed.
* A contender works through a batch of different events. The batch is made anew before each pass, outside the clock:
  a stored event is read once, so no hash is cached and no object of an earlier pass is met again.
* Results are dropped inside the clock, as they come (`one_by_one`) or with the list that holds them (`whole`).
* The garbage collector stays on, as in production; what was built before the clock starts is frozen out of its sight.
* A block is as many passes as fill a few milliseconds, at least three. A pass that took more than twice the median of
  its block was interrupted from outside and does not count. Contenders take turns block by block, in an order that
  changes with every round, so that what else the machine does meets all of them.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter_ns
from typing import Any, Final

import attrs
import msgspec

from benchmarks.results import Measurement, Sample

__all__ = [
    "FULL",
    "QUICK",
    "Case",
    "Contender",
    "Different",
    "Effort",
    "Skipped",
    "compare",
    "copies",
    "one_by_one",
    "whole",
]


class Different(Exception):
    """Contenders of one comparison do not agree on what an event means."""


class Skipped(Exception):
    """A case cannot be run here, for the reason it says."""


@attrs.frozen
class Effort:
    """How long to measure.

    Attributes:
        rounds: How often each contender has its turn.
        block_ns: How long a turn lasts at least.
        processes: How often a whole process is run, for what can be measured once in each.
    """

    rounds: int
    block_ns: int
    processes: int

    @property
    def quick(self) -> bool:
        """Whether rough figures will do."""
        return self.rounds < FULL.rounds


FULL: Final = Effort(rounds=31, block_ns=6_000_000, processes=5)
QUICK: Final = Effort(rounds=7, block_ns=1_500_000, processes=1)


_LEAST_PASSES: Final = 3


@attrs.frozen
class Case:
    """A part of the suite that can be run by itself.

    Attributes:
        name: What `--only` selects it by.
        measure: Measures it; raises `Skipped` where that is not possible here.
    """

    name: str
    measure: Callable[[Effort], Iterable[Measurement]]


@attrs.frozen
class Contender:
    """One way to make objects of stored events.

    Attributes:
        name: How it is called in tables.
        fresh: Makes the batch anew, as the contender gets it.
        run: Works through a batch.
        results: What it makes of a batch, for the comparison.
        note: See `Sample.note`.
    """

    name: str
    fresh: Callable[[], Sequence[Any]]
    run: Callable[[Sequence[Any]], object]
    results: Callable[[Sequence[Any]], Sequence[object]]
    note: str = ""


def copies(batch: Sequence[Any], as_type: Any) -> Callable[[], Sequence[Any]]:
    """A function that makes a batch anew, down to the last bytes object.

    Args:
        batch: The batch.
        as_type: Its type; what a MessagePack decoder needs to give back what was given.
    """
    text = msgspec.msgpack.encode(batch)
    decode = msgspec.msgpack.Decoder(as_type).decode

    def fresh() -> Sequence[Any]:
        found: Sequence[Any] = decode(text)
        return found

    return fresh


def _itself(result: object) -> object:
    return result


def one_by_one(
    name: str,
    decode: Callable[[Any], object],
    fresh: Callable[[], Sequence[Any]],
    *,
    note: str = "",
    view: Callable[[Any], object] = _itself,
) -> Contender:
    """A contender that takes the events of a batch one by one and drops each result before the next.

    Args:
        name: See `Contender.name`.
        decode: Makes an object of one event.
        fresh: See `Contender.fresh`.
        note: See `Sample.note`.
        view: What of a result is compared with what others make of the event.
    """

    def run(batch: Sequence[Any]) -> None:
        for raw in batch:
            decode(raw)

    return Contender(name, fresh, run, lambda batch: [view(decode(raw)) for raw in batch], note)


def whole(
    name: str, decode_many: Callable[[Sequence[Any]], Sequence[object]], fresh: Callable[[], Sequence[Any]]
) -> Contender:
    """A contender that takes a whole batch and drops the list of results."""

    def run(batch: Sequence[Any]) -> None:
        decode_many(batch)

    return Contender(name, fresh, run, decode_many)


def compare(
    name: str,
    title: str,
    contenders: Sequence[Contender],
    effort: Effort,
    *,
    view: Callable[[object], object] = _itself,
) -> Measurement:
    """Check that contenders agree, then let them take turns.

    Args:
        name: See `Measurement.name`.
        title: See `Measurement.title`.
        contenders: At least one.
        effort: How long to measure.
        view: What of a result is compared; by default the result itself.

    Raises:
        Different: They do not agree.
    """
    first, *others = contenders
    expected = [view(event) for event in first.results(first.fresh())]
    for other in others:
        found = [view(event) for event in other.results(other.fresh())]
        if found != expected:
            where = next((n for n, pair in enumerate(zip(expected, found, strict=False)) if pair[0] != pair[1]), -1)
            raise Different(f"{name}: event {where} of {other.name!r} is not that of {first.name!r}")
    del expected
    passes = [_calibrate(contender, effort.block_ns) for contender in contenders]
    sizes = [len(contender.fresh()) for contender in contenders]
    rounds: list[list[float]] = [[] for _ in contenders]
    gc.collect()
    gc.freeze()
    try:
        for number in range(effort.rounds):
            for place in _order(len(contenders), number):
                time = _undisturbed(_block(contenders[place], passes[place]))
                rounds[place].append(round(time / sizes[place] / 1000, 5))
    finally:
        gc.unfreeze()
    samples = tuple(
        Sample(contender=contender.name, rounds=tuple(taken), note=contender.note)
        for contender, taken in zip(contenders, rounds, strict=True)
    )
    return Measurement(name=name, title=title, samples=samples)


def _block(contender: Contender, passes: int) -> list[int]:
    """How long each pass of a block took."""
    fresh, run = contender.fresh, contender.run
    taken: list[int] = []
    for _ in range(passes):
        batch = fresh()
        start = perf_counter_ns()
        run(batch)
        taken.append(perf_counter_ns() - start)
    return taken


def _undisturbed(taken: Sequence[int]) -> float:
    """The mean pass of a block, without those that were interrupted."""
    bound = 2 * statistics.median(taken)
    return statistics.fmean(time for time in taken if time <= bound)


def _calibrate(contender: Contender, block_ns: int) -> int:
    """How many passes fill a block; trying that out is the warm-up too."""
    passes = _LEAST_PASSES
    while (taken := sum(_block(contender, passes))) < block_ns / 2:
        passes *= 2
    return max(_LEAST_PASSES, round(passes * block_ns / taken))


def _order(count: int, number: int) -> Iterable[int]:
    """The order of a round: each round begins with another contender, every second one runs backwards."""
    places = [(place + number) % count for place in range(count)]
    return reversed(places) if number % 2 else places
