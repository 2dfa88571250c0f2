"""The comparisons of the codec: today's version against the bare decoder, old versions against today's, by hops."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from benchmarks.harness import Case, Contender, Effort, compare
from benchmarks.histories import Kind, history
from benchmarks.results import Measurement
from benchmarks.shapes import FAMILIES, FLAT, ORDER, SMALL, Family, Shape, examples
from benchmarks.subject import Subject

__all__ = ["BATCH", "HOPS", "codec_cases", "hops_name"]

BATCH: Final = 100
"""Events in a batch: what a consumer reads at a time."""

HOPS: Final = (0, 1, 3, 10, 30)

_EVENTS: Final[dict[str, Shape]] = {"small": SMALL, "flat": FLAT, "order": ORDER}
_HISTORIES: Final[tuple[tuple[str, Kind, str], ...]] = (
    ("flat", "renames", "renames"),
    ("flat", "mixed", "renames, a constant and drops"),
    ("order", "mixed", "renames, a constant and drops"),
    ("order", "conversions", "the same with a conversion and nesting"),
)
_SERIES: Final[tuple[Family, ...]] = ("struct", "pydantic")
"""Families for which everything is measured; attrs classes and dataclasses go through the door of Structs."""


def codec_cases() -> Iterator[Case]:
    """The cases, each of which yields one measurement."""
    for event in _EVENTS:
        for family in FAMILIES:
            name = f"current/{event}/{family}"
            yield Case(name, partial(_current, name, event, family))
    for event, kind, words in _HISTORIES:
        for family in FAMILIES:
            name = f"hops/{event}/{kind}/{family}"
            yield Case(name, partial(_hops, name, event, kind, words, family))
    for family in _SERIES:
        name = f"functions/order/{family}"
        yield Case(name, partial(_functions, name, family))


def hops_name(way: str, hops: int) -> str:
    """What a contender is called that reads version 1 through so many hops."""
    return f"{way}, {hops} hop{'' if hops == 1 else 's'}"


def _subject(event: str, family: Family, kind: Kind, hops: int) -> Subject:
    shape = _EVENTS[event]
    return Subject.of(shape, family, history(shape, kind, hops), examples(shape, BATCH))


def _current(name: str, event: str, family: Family, effort: Effort) -> list[Measurement]:
    subject = _subject(event, family, "mixed", 0)
    contenders = [
        subject.floor("bare decoder"),
        subject.ours("upcast, stream entry", old=False),
        subject.floor_many("bare decoder, list"),
        subject.ours_many("upcast, decode_many", old=False),
    ]
    if family in _SERIES:
        contenders += [
            subject.floor("bare decoder, JSON envelope", "envelope"),
            subject.floor("bare decoder, flat", "flat"),
            subject.ours("upcast, JSON envelope", old=False, wire="envelope"),
            subject.ours("upcast, JSON envelope, last", old=False, wire="envelope-last"),
            subject.ours("upcast, flat", old=False, wire="flat"),
            subject.ours("upcast, flat, last", old=False, wire="flat-last"),
        ]
    return [compare(name, f"Today's version: {event} event, {family}", contenders, effort)]


def _hops(name: str, event: str, kind: Kind, words: str, family: Family, effort: Effort) -> list[Measurement]:
    contenders: list[Contender] = []
    # One class for all: what differs is how far back the stored version is.
    cls = _subject(event, family, kind, 0).cls
    for hops in HOPS:
        shape = _EVENTS[event]
        subject = Subject(cls, family, history(shape, kind, hops), examples(shape, BATCH))
        if not hops:
            contenders += [subject.floor("bare decoder"), subject.ours("upcast, current", old=False)]
            continue
        contenders.append(subject.ours(hops_name("upcast", hops), old=True))
        if family in _SERIES:
            contenders.append(subject.plain_lane(hops_name("plain lane", hops)))
            contenders.append(subject.usual_recipe(hops_name("usual recipe", hops)))
        if hops == 3:
            contenders.append(subject.ours_many("upcast, 3 hops, decode_many", old=True))
    return [compare(name, f"Version 1 of the {event} event through {words}, {family}", contenders, effort)]


def _functions(name: str, family: Family, effort: Effort) -> list[Measurement]:
    contenders: list[Contender] = []
    cls = _subject("order", family, "mixed", 0).cls
    for hops in (1, 3, 10):
        subject = Subject(cls, family, history(ORDER, "mixed", hops), examples(ORDER, BATCH))
        contenders.append(subject.by_hand(hops_name("by hand", hops)))
        contenders.append(subject.ours(hops_name("upcast", hops), old=True, functions=True))
    return [compare(name, f"Version 1 of the order event through functions, {family}", contenders, effort)]
