"""The report of the demo: what today's release made of five years, what it left, and what became of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from upcast.cli.demo.account import MENDED, Account, Check, Found
from upcast.cli.demo.billing import POLICY, Ledger
from upcast.cli.demo.producers import YEARS
from upcast.cli.demo.shop import OrderPlaced
from upcast.streams.policy import RetryPolicy

if TYPE_CHECKING:
    from upcast._codec import Codec
    from upcast.streams.letters import DeadLetter, Letter
    from upcast.streams.office import LetterCheck, LetterGroup, ReplayReport

__all__ = ["Morning", "Policy", "Refusal", "Replay", "Report", "Sample", "VersionCount", "report_on"]


@attrs.frozen
class VersionCount:
    """What became of the entries of one stored version in today's release."""

    version: int
    year: int
    published: int
    decoded: int
    refused: dict[str, int]


@attrs.frozen
class Sample:
    """One of the objects that were decoded."""

    version: int
    event: OrderPlaced


@attrs.frozen
class Policy:
    """How long the demo waits, and how long a program would.

    Attributes:
        max_attempts: How often a delivery is tried.
        delays: Seconds between the attempts.
        newer_wait: Seconds that a newer version waits for its release.
        default_delays: The same, as the library has them.
        default_newer_wait: The same, as the library has it.
    """

    max_attempts: int
    delays: tuple[float, ...]
    newer_wait: float
    default_delays: tuple[float, ...]
    default_newer_wait: float


@attrs.frozen
class Refusal:
    """Dead letters with one cause.

    Attributes:
        fingerprint: The same for letters with the same cause.
        reason: The reason, as every error of the library names it.
        count: How many.
        versions: The stored versions among them.
        attempts: How often each of them was tried.
        at: The failing step or the refused fields; empty where there are none.
        problem: What the newest of the letters says.
        remedy: What to do about it.
        example: The newest letter's id in the office.
    """

    fingerprint: str
    reason: str
    count: int
    versions: tuple[int, ...]
    attempts: int
    at: str
    problem: str
    remedy: str
    example: str


@attrs.frozen
class Replay:
    """What became of the dead letters once the bug was fixed.

    Attributes:
        checked: How many were read with the fixed code.
        passed: How many of them would pass.
        replayed: How many were given back to their group.
        handled: How many of those the fixed release has handled.
        remaining: How many stay in the office, by reason.
        example: One of those that stay, by its id in the office.
    """

    checked: int
    passed: int
    replayed: int
    handled: int
    remaining: dict[str, int]
    example: str


@attrs.frozen
class Report:
    """What the demo did, found and checked.

    Attributes:
        published: How many entries were published.
        decoded: How many became objects of today's class, and were handled, in today's release.
        refused: How many did not, and became dead letters.
        versions: The same by stored version.
        samples: The first of the objects of each stored version.
        policy: How often and how soon what failed was tried again.
        refusals: The dead letters by their cause, most letters first.
        log_line: One of the lines that were logged, one for each attempt that was refused.
        explanation: What happens to the first order that the bug concerns.
        replay: What became of the dead letters once the bug was fixed.
        amount: What the ledger adds up to, in cents.
        repeats: How often something was delivered that was booked already.
        seconds: How long each part took.
        checks: The demo's own checks.
    """

    published: int
    decoded: int
    refused: int
    versions: tuple[VersionCount, ...]
    samples: tuple[Sample, ...]
    policy: Policy
    refusals: tuple[Refusal, ...]
    log_line: str
    explanation: str
    replay: Replay
    amount: int
    repeats: int
    seconds: dict[str, float]
    checks: tuple[Check, ...]

    @property
    def verified(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)


@attrs.frozen
class Morning:
    """What the library says about the dead letters of the night.

    Attributes:
        groups: What they have in common.
        check: Which of them would pass with the fixed code.
        replay: What became of those.
    """

    groups: Sequence[LetterGroup]
    check: LetterCheck
    replay: ReplayReport


def report_on(
    account: Account,
    found: Found,
    ledger: Ledger,
    morning: Morning,
    codec: Codec[Any],
    *,
    log_line: str,
    seconds: Mapping[str, float],
) -> Report:
    """Put the report together.

    Args:
        account: What was published.
        found: What is on the server and in the ledger.
        ledger: The ledger.
        morning: What the library says about the dead letters.
        codec: Today's, with the bug.
        log_line: One of the lines that were logged.
        seconds: How long each part took.
    """
    published, refused = account.published, Counter(map(_version_and_reason, found.night))
    decoded = Counter(booking.version for booking in found.bookings.values() if not booking.replays)
    stopped = sorted((letter for letter in found.night if letter.letter.reason == MENDED), key=_place_in_stream)
    left = Counter(letter.letter.reason for letter in found.left)
    return Report(
        published.total(),
        decoded.total(),
        refused.total(),
        tuple(
            VersionCount(
                version,
                YEARS[version],
                count,
                decoded[version],
                {reason: number for (stored, reason), number in sorted(refused.items(), key=str) if stored == version},
            )
            for version, count in sorted(published.items())
        ),
        tuple(Sample(version, order) for version, order in sorted(ledger.firsts.items())),
        _policy(),
        tuple(_refusals(morning.groups, found.night)),
        log_line,
        str(codec.explain(stopped[0].fields)) if stopped else "",
        Replay(
            morning.check.total,
            morning.check.passed,
            morning.replay.returned + morning.replay.added,
            sum(booking.replays > 0 for booking in found.bookings.values()),
            dict(sorted(left.items())),
            _example(found.left),
        ),
        sum(booking.amount for booking in found.bookings.values()),
        ledger.repeats,
        dict(seconds),
        tuple(account.checks(found)),
    )


def _version_and_reason(letter: DeadLetter) -> tuple[int, str]:
    # As stored: that of an entry of unknown type is not read, and so not in the letter.
    return int(letter.fields[b"schema_version"]), letter.letter.reason


def _place_in_stream(letter: DeadLetter) -> list[int]:
    return list(map(int, letter.letter.id.split("-")))


def _example(letters: Sequence[DeadLetter]) -> str:
    """One of those that failed latest on their way: of that there is most to be seen."""
    stages = ("decode", "version", "upcast", "validate")
    return max(letters, key=lambda letter: stages.index(letter.letter.stage)).id if letters else ""


def _policy() -> Policy:
    usual, attempts = RetryPolicy(), range(1, POLICY.max_attempts)
    return Policy(
        POLICY.max_attempts,
        tuple(map(POLICY.delay, attempts)),
        POLICY.newer_wait,
        tuple(map(usual.delay, attempts)),
        usual.newer_wait,
    )


def _refusals(groups: Sequence[LetterGroup], letters: Sequence[DeadLetter]) -> Iterator[Refusal]:
    newest = {letter.id: letter.letter for letter in letters}
    for group in groups:
        letter = newest[group.example]
        yield Refusal(
            group.fingerprint,
            group.reason,
            group.count,
            group.versions,
            letter.attempts,
            _place(letter),
            group.problem,
            _remedy(letter),
            group.example,
        )


def _place(letter: Letter) -> str:
    if letter.step:
        return f"v{letter.from_version} → v{(letter.from_version or 0) + 1}, {letter.step}"
    return ", ".join(problem.partition(":")[0] for problem in letter.problems)


def _remedy(letter: Letter) -> str:
    remedies = {
        "upcaster-failed": f"The event is fine: mend {letter.step} in {_shop_file()}, deploy, replay.",
        "class-refused": "Have the producer mended; an upcaster can repair what is stored, or the class can accept it.",
        "newer-version": f"Deploy the release that knows version {letter.schema_version}, then replay.",
        "malformed": "Have the producer mended; these bytes are no event and stay what they are.",
        "unknown-type": f'Declare it with @events.event("{letter.event_type}", ...), or keep it off this stream.',
    }
    return remedies.get(letter.reason, "Nobody foresaw this in the demo: please report it.")


def _shop_file() -> str:
    """Name the module in which the events of the demo are declared."""
    return f"{OrderPlaced.__module__.replace('.', '/')}.py"
