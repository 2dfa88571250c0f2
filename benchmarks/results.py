"""What a run leaves behind: samples by round, so that every ratio can be worked out again from the JSON."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Literal

import attrs
import msgspec

__all__ = ["Machine", "Measurement", "Ratio", "Run", "Sample"]


def _quartiles(figures: Sequence[float]) -> tuple[float, float]:
    if len(figures) == 1:
        return figures[0], figures[0]
    low, _, high = statistics.quantiles(figures, n=4, method="inclusive")
    return low, high


class Sample(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one contender needed in each round.

    Attributes:
        contender: Its name, unique within the measurement.
        rounds: One figure for each round, in the unit of the measurement.
        note: What a reader must know to judge it: that it does not validate, which lane ran.
    """

    contender: str
    rounds: tuple[float, ...]
    note: str = ""

    @property
    def median(self) -> float:
        """The middle one of the rounds."""
        return statistics.median(self.rounds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """What a quarter of the rounds lie below, and above."""
        return _quartiles(self.rounds)


@attrs.frozen
class Ratio:
    """The median of the ratios of the rounds, and the two quartiles."""

    median: float
    low: float
    high: float


class Measurement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Contenders that were measured together.

    Attributes:
        name: What `--only` selects it by: parts separated by slashes.
        title: One line for people.
        samples: The contenders, in the order in which they are shown. The n-th rounds of all of them were run one
            after the other.
        unit: Of the figures.
        better: Whether a lower or a higher figure is better.
        absent: Contenders that could not take part, and why.
    """

    name: str
    title: str
    samples: tuple[Sample, ...]
    unit: str = "µs/event"
    better: Literal["lower", "higher"] = "lower"
    absent: dict[str, str] = {}

    def sample(self, contender: str) -> Sample | None:
        """The contender of that name, if it took part."""
        return next((sample for sample in self.samples if sample.contender == contender), None)

    def ratio(self, contender: str, baseline: str) -> Ratio | None:
        """How many times the baseline's figure a contender's is.

        None where one of them did not take part, and where the baseline's is nothing.
        """
        of, to = self.sample(contender), self.sample(baseline)
        if of is None or to is None or not all(to.rounds):
            return None
        found = [mine / theirs for mine, theirs in zip(of.rounds, to.rounds, strict=True)]
        return Ratio(statistics.median(found), *_quartiles(found))


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run took place: what is needed to read its figures, and nothing that names the machine."""

    cpu: str
    cores: int
    system: str
    python: str
    libraries: dict[str, str]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the suite.

    Attributes:
        machine: Where it took place.
        date: When, as an ISO date.
        load: How many processes wanted a core when it began; more than a fraction of the cores makes figures rough.
        quick: Whether it was a short one, whose figures are rough.
        complete: Whether every case of the suite was run or skipped for a reason of its own.
        measurements: What was measured.
        skipped: The cases that could not be run, and why.
        failed: The cases that broke, and how.
    """

    machine: Machine
    date: str
    load: float
    quick: bool
    complete: bool
    measurements: tuple[Measurement, ...]
    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}

    def measurement(self, name: str) -> Measurement | None:
        """The measurement of that name, if it was made."""
        return next((found for found in self.measurements if found.name == name), None)
