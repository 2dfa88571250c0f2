"""The figures of the documentation: every one on the page comes out of the JSON that lies beside its pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.codec_cases import HOPS, hops_name
from benchmarks.gate import judge
from benchmarks.report import figure
from benchmarks.results import Measurement, Run

__all__ = ["FIGURES", "PAGE", "NotPublishable", "publish", "render"]

_DOCS: Final = Path(__file__).parent.parent / "docs"
PAGE: Final = _DOCS / "explanation" / "speed.md"
FIGURES: Final = _DOCS / "assets" / "bench" / "figures.json"

_PART: Final = re.compile(r"(<!-- figures: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


_WORDS: Final = ("way", "note", "outcome")
"""Columns of words rather than figures."""


class NotPublishable(Exception):
    """A run whose figures may not be quoted."""


def publish(run: Run) -> list[Path]:
    """Write JSON, pictures and page.

    Returns:
        The files.

    Raises:
        NotPublishable: The run was quick, partial, or something in it failed.
        ImportError: matplotlib is not installed.
    """
    from benchmarks.plots import draw

    if run.quick or not run.complete or run.failed:
        raise NotPublishable("only the figures of a full run in which nothing failed are published")
    files = draw(run, FIGURES.parent)
    FIGURES.write_bytes(msgspec.json.encode(run) + b"\n")
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8"), run), encoding="utf-8")
    return [FIGURES, *files, PAGE]


def render(page: str, run: Run) -> str:
    """Put the figures of a run into the marked parts of a page, and leave the rest alone."""
    return _PART.sub(lambda part: f"{part[1]}\n{_PARTS[part['name']](run)}\n\n{part[3]}", page)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = list(head)
    marks = ["---" if place == 0 or cell in _WORDS else "---:" for place, cell in enumerate(cells)]
    lines = [cells, marks, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _time(measurement: Measurement, contender: str) -> str:
    sample = measurement.sample(contender)
    return "" if sample is None else figure(sample.median)


def _times(measurement: Measurement, contender: str, baseline: str) -> str:
    ratio = measurement.ratio(contender, baseline)
    return "" if ratio is None else f"{ratio.median:.2f}"


def _group(run: Run, group: str) -> Iterator[tuple[str, Measurement]]:
    """The measurements of a group, each with the rest of its name."""
    for measurement in run.measurements:
        if measurement.name.startswith(f"{group}/"):
            yield measurement.name.removeprefix(f"{group}/"), measurement


def _machine(run: Run) -> str:
    machine = run.machine
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    return f"Measured on {run.date} with {machine.python} on {machine.cpu}, {machine.cores} cores; {libraries}."


def _current(run: Run) -> str:
    ways = ("stream entry", "JSON envelope", "JSON envelope, last", "flat", "flat, last")
    rows = [
        [
            label.replace("/", ", "),
            _time(found, "bare decoder"),
            *(_times(found, f"upcast, {way}", _floor(way)) for way in ways),
            _times(found, "upcast, decode_many", "bare decoder, list"),
        ]
        for label, found in _group(run, "current")
    ]
    return _table(["event and class", "bare decoder, µs", *ways, "decode_many"], rows)


def _floor(way: str) -> str:
    """What bare decoder gets the same stored events."""
    return "bare decoder" if way == "stream entry" else f"bare decoder, {way.partition(',')[0]}"


def _hops(run: Run) -> str:
    rows = []
    for label, found in _group(run, "hops"):
        for way in ("upcast", "plain lane", "usual recipe"):
            times = [_time(found, hops_name(way, hops)) for hops in HOPS if hops]
            today = _time(found, "upcast, current") if way == "upcast" else ""
            if any(times):
                rows.append([label.replace("/", ", "), way, today, *times])
    return _table(["event, history and class", "way", "today's", *map(str, HOPS[1:])], rows)


def _peers(run: Run) -> str:
    found = run.measurement("peers/order")
    if found is None:
        return "Not measured."
    rows = [
        [sample.contender, figure(sample.median), _times(found, sample.contender, "upcast, Struct"), sample.note]
        for sample in sorted(found.samples, key=lambda sample: sample.median)
    ]
    return _table(["way", "µs", "times upcast, Struct", "note"], rows)


def _large(run: Run) -> str:
    ways = ("upcast, current", "upcast, 3 hops", "plain lane, 3 hops", "usual recipe, 3 hops")
    rows = [
        [found.title, _time(found, "bare decoder"), *(_times(found, way, "bare decoder") for way in ways)]
        for _, found in _group(run, "large")
    ]
    return _table(["event", "bare decoder, µs", *ways], rows)


def _costs(run: Run) -> str:
    rows = [
        [f"{found.title}: {sample.contender}", f"{figure(sample.median)} {found.unit}"]
        for _, found in _group(run, "costs")
        for sample in found.samples
    ]
    return _table(["what", "median"], rows)


def _consumer(run: Run) -> str:
    found = run.measurement("consumer")
    if found is None:
        return "Not measured."
    first = found.samples[0].contender
    rows = [
        [sample.contender, figure(sample.median), _times(found, sample.contender, first), sample.note]
        for sample in found.samples
    ]
    return _table(["way", found.unit, f"times {first}", "note"], rows)


def _promises(run: Run) -> str:
    rows = [
        [
            verdict.limit.name,
            f"{verdict.limit.direction} {verdict.limit.limit:g}",
            "" if verdict.value is None else f"{verdict.value:.3g}",
            verdict.word,
        ]
        for verdict in judge(run)
    ]
    return _table(["promise", "limit", "measured", "outcome"], rows)


_PARTS: Final[dict[str, Callable[[Run], str]]] = {
    "machine": _machine,
    "current": _current,
    "hops": _hops,
    "peers": _peers,
    "large": _large,
    "costs": _costs,
    "consumer": _consumer,
    "promises": _promises,
}
"""The parts of the page, by the names in its marks."""
