"""The account of the demo: what the producers say they wrote against what the codec made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import attrs

from upcast.cli.demo.producers import YEARS, Fields, Written
from upcast.cli.demo.shop import OrderPlaced
from upcast.errors import ClassRefused, NewerVersion, RefusedEvent, UpcasterFailed

__all__ = ["Account", "Check", "Refusal", "Report", "Sample", "VersionCount"]

_SAMPLES = 2  # objects shown of each version


@attrs.frozen
class VersionCount:
    """What became of the entries of one stored version."""

    version: int
    year: int
    published: int
    decoded: int
    refused: dict[str, int]


@attrs.frozen
class Refusal:
    """Entries that were refused for one reason, at one step.

    Attributes:
        reason: The reason, as every error of the library names it.
        count: How many.
        versions: The stored versions among them.
        at: The failing step or the refused fields; empty where there are none.
        problem: What the first of the errors says.
        remedy: What to do about it.
    """

    reason: str
    count: int
    versions: tuple[int, ...]
    at: str
    problem: str
    remedy: str


@attrs.frozen
class Sample:
    """One of the objects that were decoded."""

    version: int
    event: OrderPlaced


@attrs.frozen
class Check:
    """One of the demo's own checks."""

    claim: str
    holds: bool


@attrs.frozen
class Report:
    """What the demo did, found and checked.

    Attributes:
        published: How many entries were published.
        decoded: How many became objects of today's class.
        refused: How many did not.
        versions: The same by stored version.
        samples: Some of the objects, by stored version.
        refusals: The refused by reason and step.
        log_line: One of the lines that were logged, one for each refusal.
        explanation: What happened to the first event of 2021.
        seconds: How long publishing and reading took.
        checks: The demo's own checks.
    """

    published: int
    decoded: int
    refused: int
    versions: tuple[VersionCount, ...]
    samples: tuple[Sample, ...]
    refusals: tuple[Refusal, ...]
    log_line: str
    explanation: str
    seconds: dict[str, float]
    checks: tuple[Check, ...]

    @property
    def verified(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)


class Account:
    """Counts both sides: what the producers say they wrote, and what the codec made of it."""

    def __init__(self) -> None:
        self.first: Fields = {}
        self._published: Counter[int] = Counter()
        self._meant: Counter[tuple[int, str | None]] = Counter()
        self._found: Counter[tuple[int, str | None]] = Counter()
        self._cents = [0, 0]
        self._samples: dict[int, list[OrderPlaced]] = {}
        self._errors: dict[tuple[str, str], tuple[RefusedEvent, Counter[int]]] = {}

    def wrote(self, batch: list[Written]) -> None:
        """Note what was published."""
        for written in batch:
            self._published[written.version] += 1
            self._meant[written.version, written.fault] += 1
            self._cents[0] += written.cents

    def read(self, fields: Fields, event: object) -> None:
        """Note what an entry became."""
        version = int(fields[b"schema_version"])
        if isinstance(event, RefusedEvent):
            self._found[version, event.reason] += 1
            self._errors.setdefault((event.reason, _place(event)), (event, Counter()))[1][version] += 1
            return
        if not isinstance(event, OrderPlaced):
            return  # then the counts do not agree
        self._found[version, None] += 1
        self._cents[1] += event.amount
        if version == 1 and not self.first:
            self.first = fields
        samples = self._samples.setdefault(version, [])
        if len(samples) < _SAMPLES:
            samples.append(event)

    def report(self, *, length: int, logged: int, log_line: str, explanation: str, seconds: dict[str, float]) -> Report:
        """Compare both sides.

        Args:
            length: How many entries the server says the stream has.
            logged: How many lines were logged.
            log_line: The first of them.
            explanation: What happened to one of the events.
            seconds: How long it took.
        """
        versions = tuple(
            VersionCount(
                version,
                YEARS[version],
                self._published[version],
                self._found[version, None],
                {reason: n for (v, reason), n in sorted(self._found.items(), key=str) if v == version and reason},
            )
            for version in sorted(self._published)
        )
        published, decoded = self._published.total(), sum(count.decoded for count in versions)
        refused = self._found.total() - decoded
        checks = (
            Check("the stream holds every entry that was published", length == published),
            Check(
                "of each version: decoded + refused = published",
                all(count.decoded + sum(count.refused.values()) == count.published for count in versions),
            ),
            Check("of each version, exactly the entries with a fault were refused, for it", self._meant == self._found),
            Check("the decoded amounts add up to the cent", self._cents[0] == self._cents[1]),
            Check("each refusal was logged, in one line", logged == refused),
        )
        return Report(
            published,
            decoded,
            refused,
            versions,
            tuple(Sample(version, event) for version, found in sorted(self._samples.items()) for event in found),
            tuple(self._refusals()),
            log_line,
            explanation,
            seconds,
            checks,
        )

    def _refusals(self) -> Iterator[Refusal]:
        for (reason, place), (error, versions) in self._errors.items():
            found = tuple(sorted(versions))
            yield Refusal(reason, versions.total(), found, place, error.problem, _remedy(error))


def _place(error: RefusedEvent) -> str:
    if isinstance(error, UpcasterFailed):
        return f"v{error.from_version} → v{error.from_version + 1}, {error.step}"
    return ", ".join(error.paths)


def _remedy(error: RefusedEvent) -> str:
    if isinstance(error, UpcasterFailed):
        return f"The event is fine: mend {error.step} in {_shop_file()}, deploy, read it again."
    if isinstance(error, ClassRefused):
        return "Have the producer mended; an upcaster can repair what is stored, or the class can accept it."
    if isinstance(error, NewerVersion):
        return f"Deploy the release that knows version {error.schema_version}, then read it again."
    remedies = {
        "malformed": "Have the producer mended; these bytes are no event and stay what they are.",
        "unknown-type": f'Declare it with @events.event("{error.event_type}", ...), or keep it off this stream.',
    }
    return remedies.get(error.reason, "Nobody foresaw this in the demo: please report it.")


def _shop_file() -> str:
    """Name the module in which the events of the demo are declared."""
    return f"{OrderPlaced.__module__.replace('.', '/')}.py"
