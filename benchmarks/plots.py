"""The pictures, as SVG and PNG: cost against hops, and the libraries beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from benchmarks.codec_cases import HOPS, hops_name
from benchmarks.peer_cases import FLOORS
from benchmarks.results import Measurement, Run

__all__ = ["draw"]

_COLOURS: Final = {
    "upcast, Struct": "#0b6e4f",
    "upcast, pydantic": "#2a9d8f",
    "usual recipe, Struct": "#c9a227",
    "usual recipe, pydantic": "#e76f51",
    "eventsourcing": "#6d597a",
    "pyrmute": "#b56576",
    "Protean": "#8d99ae",
}


def draw(run: Run, folder: Path) -> list[Path]:
    """Draw what a run has the figures for.

    Args:
        run: The run.
        folder: Where the files go.

    Returns:
        The files.

    Raises:
        ImportError: matplotlib is not installed.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    # Text stays text, and two runs of equal figures give equal files.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "upcast", "font.size": 11, "figure.dpi": 110})
    found: list[Path] = []
    hops, peers = run.measurement("peers/hops"), run.measurement("peers/order")
    if hops is not None:
        found += _save(_hops(hops), folder / "hops")
    if peers is not None:
        found += _save(_peers(peers), folder / "peers")
    return found


def _figure(height: float) -> tuple[Any, Any]:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8.2, height), layout="constrained")
    figure.patch.set_facecolor("white")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _hops(measurement: Measurement) -> Any:
    """Cost against hops, one line for each way to read an old event."""
    figure, axes = _figure(5.2)
    for way, colour in _COLOURS.items():
        taken = [(hops, measurement.sample(hops_name(way, hops))) for hops in HOPS]
        points = [(hops, sample.median) for hops, sample in taken if sample is not None]
        if not points:
            continue
        ours = way.startswith("upcast")
        axes.plot(
            *zip(*points, strict=True),
            marker="o",
            markersize=4,
            color=colour,
            linewidth=2.6 if ours else 1.5,
            label=way,
        )
    for floor in FLOORS:
        sample = measurement.sample(floor)
        if sample is not None:
            axes.axhline(sample.median, color="#999999", linewidth=1, linestyle="dashed")
            axes.text(HOPS[-1], sample.median, floor, color="#666666", fontsize=9, ha="right", va="top")
    axes.set_yscale("log")
    axes.set_yticks(_ticks(measurement))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")
    axes.set_xticks(HOPS)
    axes.set_xlabel("hops between the stored version and today's")
    axes.set_ylabel("µs per event (logarithmic)")
    axes.grid(axis="y", alpha=0.25)
    axes.legend(frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.14))
    return figure


def _ticks(measurement: Measurement) -> list[float]:
    medians = [sample.median for sample in measurement.samples]
    steps = [digit * 10.0**power for power in range(-2, 4) for digit in (1, 2, 5)]
    return [step for step in steps if min(medians) / 2 <= step <= max(medians) * 2]


def _peers(measurement: Measurement) -> Any:
    """The libraries beside each other, the fastest on top."""
    samples = sorted(measurement.samples, key=lambda sample: -sample.median)
    medians = [sample.median for sample in samples]
    # The axis ends where the slowest but one does: its length would make all others look alike.
    end = 1.15 * medians[min(1, len(medians) - 1)]
    figure, axes = _figure(0.42 * len(samples) + 1)
    bars = axes.barh(
        [sample.contender for sample in samples],
        [min(median, end) for median in medians],
        color=[_COLOURS.get(sample.contender, "#c8ccd4") for sample in samples],
    )
    labels = [f"{median:.3g}" + (" (the bar is cut off)" if median > end else "") for median in medians]
    axes.bar_label(bars, labels=labels, padding=4)
    axes.set_xlabel("µs per event")
    axes.set_xlim(0, 1.3 * end)
    return figure


def _save(figure: Any, path: Path) -> list[Path]:
    from matplotlib import pyplot as plt

    path.parent.mkdir(parents=True, exist_ok=True)
    files = [path.with_suffix(".svg"), path.with_suffix(".png")]
    figure.savefig(files[0], metadata={"Date": None, "Creator": None})
    figure.savefig(files[1], metadata={"Software": None})
    plt.close(figure)
    return files
