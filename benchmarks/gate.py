"""What this library promises about speed, as data: ratios within one run, and a few absolute costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import attrs

from benchmarks.results import Run
from benchmarks.webhooks import EVENTS

__all__ = ["LIMITS", "Limit", "Verdict", "judge"]


@attrs.frozen
class Limit:
    """One promise.

    Attributes:
        name: What is promised.
        measurement: Where it is measured.
        contender: Who must keep it.
        baseline: What it is compared with; nothing where the figure itself is promised.
        direction: "at most": so many times the cost of the baseline. "at least": so many times its speed.
        limit: How many times.
    """

    name: str
    measurement: str
    contender: str
    baseline: str
    direction: Literal["at most", "at least"]
    limit: float


@attrs.frozen
class Verdict:
    """A promise, held against a run.

    Attributes:
        limit: The promise.
        value: What was measured; None where it was not.
        low: The lower quartile of the rounds.
        high: The upper one.
    """

    limit: Limit
    value: float | None
    low: float = 0.0
    high: float = 0.0

    @property
    def word(self) -> Literal["pass", "miss", "not measured"]:
        """The outcome."""
        if self.value is None:
            return "not measured"
        kept = self.value <= self.limit.limit if self.limit.direction == "at most" else self.value >= self.limit.limit
        return "pass" if kept else "miss"


def judge(run: Run) -> list[Verdict]:
    """Hold every promise against a run."""
    return [_judge(run, limit) for limit in LIMITS]


def _judge(run: Run, limit: Limit) -> Verdict:
    measurement = run.measurement(limit.measurement)
    if measurement is None:
        return Verdict(limit, None)
    if not limit.baseline:
        sample = measurement.sample(limit.contender)
        return Verdict(limit, None) if sample is None else Verdict(limit, sample.median, *sample.quartiles)
    of, to = limit.contender, limit.baseline
    # A figure where less is better is a cost, one where more is better a speed; each is the other turned round.
    if (measurement.better == "lower") != (limit.direction == "at most"):
        of, to = to, of
    ratio = measurement.ratio(of, to)
    return Verdict(limit, None) if ratio is None else Verdict(limit, ratio.median, ratio.low, ratio.high)


def _current() -> Iterator[Limit]:
    for event, family, limit in (
        ("order", "struct", 1.25),
        ("small", "struct", 1.6),
        ("order", "pydantic", 1.08),
        ("small", "pydantic", 1.25),
    ):
        name = f"current version, stream entry, {event} event, {family}"
        yield Limit(name, f"current/{event}/{family}", "upcast, stream entry", "bare decoder", "at most", limit)
    for event in EVENTS:
        name = f"current version, stream entry, {event} webhook, struct"
        yield Limit(name, f"large/{event}/struct", "upcast, current", "bare decoder", "at most", 1.35)
    name = "current version, decode_many, order event, struct"
    yield Limit(name, "current/order/struct", "upcast, decode_many", "bare decoder, list", "at most", 1.2)
    for wire, limit in (
        ("JSON envelope", 2.7),
        ("flat", 3.0),
        ("JSON envelope, last", 1.8),
        ("flat, last", 2.0),
    ):
        name = f"current version, {wire}, order event, struct"
        floor = f"bare decoder, {wire.partition(',')[0]}"
        yield Limit(name, "current/order/struct", f"upcast, {wire}", floor, "at most", limit)


def _old() -> Iterator[Limit]:
    for event, family, limit in (
        ("order", "struct", 1.2),
        ("flat", "struct", 1.4),
        ("order", "pydantic", 1.15),
        ("flat", "pydantic", 1.15),
    ):
        name = f"version 1, 3 hops, against current, {event} event, {family}"
        yield Limit(name, f"hops/{event}/mixed/{family}", "upcast, 3 hops", "upcast, current", "at most", limit)
        name = f"version 1, 30 hops against 1 hop, {event} event, {family}"
        yield Limit(name, f"hops/{event}/mixed/{family}", "upcast, 30 hops", "upcast, 1 hop", "at most", 1.1)
    for family in ("struct", "pydantic"):
        name = f"version 1 with conversions and nesting, against current, order event, {family}"
        yield Limit(name, f"hops/order/conversions/{family}", "upcast, 3 hops", "upcast, current", "at most", 2.3)
    for family in ("struct", "pydantic"):
        name = f"functions, 3 hops, against a loop by hand, order event, {family}"
        yield Limit(name, f"functions/order/{family}", "upcast, 3 hops", "by hand, 3 hops", "at most", 1.15)


def _peers() -> Iterator[Limit]:
    for family, baseline, limit in (
        ("Struct", "eventsourcing", 5.0),
        ("Struct", "pyrmute", 15.0),
        ("Struct", "usual recipe, pydantic", 8.0),
        ("pydantic", "pyrmute", 3.5),
        ("pydantic", "usual recipe, pydantic", 2.0),
    ):
        yield Limit(
            f"version 1, 2 hops, {family}, against {baseline}",
            "peers/order",
            f"upcast, {family}",
            baseline,
            "at least",
            limit,
        )


def _consumer() -> Iterator[Limit]:
    for way, baseline, limit in (
        ("concurrency 1", "bare asyncio loop", 0.6),
        ("concurrency 32", "bare asyncio loop", 0.4),
        ("sync handler", "bare asyncio loop", 0.3),
        ("concurrency 1", "FastStream", 15.0),
    ):
        name = f"consumer, {way}, against the {baseline}".replace("the FastStream", "FastStream")
        yield Limit(name, "consumer", f"upcast, {way}", baseline, "at least", limit)


def _costs() -> Iterator[Limit]:
    for family, seconds in (("struct", 5.0), ("pydantic", 10.0)):
        name = f"codec() of 1,000 types with 10 versions, seconds, {family}"
        yield Limit(name, f"costs/build/{family}", "1,000 types, 10 versions", "", "at most", seconds)
    for family in ("struct", "pydantic", "attrs", "dataclass"):
        name = f"events that 8 threads read otherwise than one, {family}"
        yield Limit(name, "costs/threads", f"{family}, 8 threads", "", "at most", 0.0)


LIMITS: Final = (*_current(), *_old(), *_peers(), *_consumer(), *_costs())
"""Every promise, in the order in which they are printed."""
