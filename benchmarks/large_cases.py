"""The comparisons on large real payloads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from benchmarks.harness import Case, Effort, Skipped, compare
from benchmarks.histories import webhook_history
from benchmarks.results import Measurement
from benchmarks.shapes import Family, Payload, text_of
from benchmarks.subject import Subject
from benchmarks.webhooks import EVENTS, fitting_shape, webhooks

__all__ = ["large_cases"]

_BATCH: Final = 12
_FAMILIES: Final[tuple[Family, ...]] = ("struct", "pydantic")


def large_cases() -> Iterator[Case]:
    """The cases, each of which yields one measurement."""
    for event in EVENTS:
        for family in _FAMILIES:
            name = f"large/{event}/{family}"
            yield Case(name, partial(_large, name, event, family))


def _large(name: str, event: str, family: Family, effort: Effort) -> list[Measurement]:
    found: list[Payload] = webhooks().get(event, [])
    if not found:
        raise Skipped(f"the package holds no examples of {event!r}")
    # As many as there are, over and over, so that all events have the same weight.
    payloads = [found[number % len(found)] for number in range(_BATCH)]
    subject = Subject.of(fitting_shape(event, found), family, webhook_history(), payloads)
    size = sum(len(text_of(payload)) for payload in payloads) / _BATCH / 1000
    contenders = [
        subject.floor("bare decoder"),
        subject.ours("upcast, current", old=False),
        subject.floor_many("bare decoder, list"),
        subject.ours_many("upcast, decode_many", old=False),
        subject.ours("upcast, 3 hops", old=True),
        subject.plain_lane("plain lane, 3 hops"),
        subject.usual_recipe("usual recipe, 3 hops"),
    ]
    return [compare(name, f"GitHub's {event} webhook, {size:.0f} kB, {family}", contenders, effort)]
