"""Prove: the same judgement as `check`, over as many drawn payloads as a budget of time allows."""

from __future__ import annotations

import hashlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import attrs
import msgspec

from upcast.schemas._check._execution import execute
from upcast.schemas._check._run import Chained
from upcast.schemas._check._steady import read, told
from upcast.schemas._check._subject import Past, Stored, Subject, subject_of
from upcast.schemas._opened import open_registry
from upcast.schemas.config import GateConfig
from upcast.schemas.findings import Finding, Report, ordered
from upcast.schemas.store import SchemaStore

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from upcast._registry import Registry

__all__ = ["prove"]

_BATCH = 100  # payloads between two looks at the clock


def prove(
    registry: Registry,
    schemas: Path | str,
    *,
    budget: float = 10.0,
    only: Sequence[str] = (),
    seed: int = 0,
    record: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Draw payloads of every retained version and run them, until the budget is spent.

    A payload that fails is made as small as it can be, and followed to the first edge that fails on its own; what
    that edge was given is recorded as a fixture, so that `check` runs it from now on.

    Args:
        registry: The registry; it is not sealed.
        schemas: The folder of the frozen files.
        budget: How many seconds to spend, shared by all versions of all types; each version gets a first hundred
            payloads even where that takes longer.
        only: The event types to look at; all of them by default.
        seed: Where to begin: the same seed draws the same payloads, others draw others.
        record: Whether payloads that fail are written to the folder.
        progress: Called with the number of versions that are done, and of all.

    Returns:
        What fails. After Ctrl-C it is what was found so far, with a note.

    Raises:
        MissingExtra: hypothesis is not installed.
        SchemaError: The folder cannot be read or written.
        RegistryError: It is no registry.
    """
    from upcast.schemas._sampler._strategy import strategy

    folder = Path(schemas)
    config = GateConfig.read(folder)
    opened = open_registry(registry)
    store = SchemaStore.at(folder)
    subjects = []
    for name in sorted(opened.sound):
        if not only or name in only:
            line = opened.lines[name]
            subjects.append(subject_of(opened, line, store, None, config.event(name).retained_from)[0])
    rounds = [(subject, past) for subject in subjects for past in subject.pasts]
    found: dict[str, tuple[Finding, Chained]] = {}
    broken = [name for name in sorted(opened.lines) if name not in opened.sound and (not only or name in only)]
    notes = [f"{name} has defects, of which check tells: nothing of it can be run" for name in broken]
    count = 0
    deadline = time.monotonic() + budget
    with _Interrupts() as interrupts:
        for done, (subject, past) in enumerate(rounds):
            share = (deadline - time.monotonic()) / (len(rounds) - done)
            drawn = _Draw(past, seed, time.monotonic() + share, interrupts)
            payloads = strategy(past.schema.written)
            if payloads.is_empty:
                notes.append(f"no payload of {past.chained.stored_as} version {past.version} can be drawn")
                continue
            try:
                drawn.run(payloads)
            finally:
                count += drawn.count
                for each, chained in _told(subject, past, drawn):
                    known = found.get(each.fingerprint)
                    if known is None or _size(each) < _size(known[0]):
                        found[each.fingerprint] = (each, chained)
            if progress is not None:
                progress(done + 1, len(rounds))
    if interrupts.met:
        notes.append("interrupted: this is what was found until then")
    told_of = [_recorded(each, chained, store) if record else each for each, chained in found.values()]
    return Report(
        findings=tuple(ordered(told_of)),
        types=len(subjects),
        versions=len(rounds),
        payloads=count,
        notes=tuple(notes),
    )


class _Interrupts:
    """Ctrl-C, which ends what is inside.

    It is remembered, since an exception that is raised in a callback of the collector is lost there.
    """

    met = False

    def __enter__(self) -> Self:
        self._before: Any = None
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._meet)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        self.met = self.met or kind is KeyboardInterrupt
        return kind is KeyboardInterrupt

    def raise_met(self) -> None:
        """Raise what was met, wherever it went."""
        if self.met:
            raise KeyboardInterrupt

    def _meet(self, *_: object) -> None:
        self.met = True
        raise KeyboardInterrupt


# --- drawing --------------------------------------------------------------------------------------------------------


class _Fails(Exception):
    """A drawn payload fails; hypothesis looks for a smaller one that does."""


@attrs.define(eq=False)
class _Draw:
    """The payloads of one version.

    Attributes:
        past: The version.
        seed: Where to begin.
        deadline: When to stop.
        interrupts: What may stop it before.
        count: How many were run.
        failing: The smallest payload of each kind of failure, by what it is known by.
        unsteady: The same for payloads that become something else each time.
    """

    past: Past
    seed: int
    deadline: float
    interrupts: _Interrupts
    count: int = 0
    failing: dict[str, bytes] = attrs.field(factory=dict)
    unsteady: dict[str, bytes] = attrs.field(factory=dict)

    def run(self, payloads: SearchStrategy[bytes]) -> None:
        """Draw batch after batch, each with a seed of its own."""
        batch = 0
        while batch == 0 or time.monotonic() < self.deadline:
            self.interrupts.raise_met()
            self._batch(payloads, self.seed * 1_000_003 + batch)
            batch += 1

    def _batch(self, payloads: SearchStrategy[bytes], seed: int) -> None:
        import hypothesis

        known = set(self.failing) | set(self.unsteady)
        is_first = self.count == 0
        wanted: list[str] = []

        def judge(payload: bytes) -> None:
            self.interrupts.raise_met()
            if not is_first and time.monotonic() > self.deadline and not wanted:
                return
            kind = self._failure(payload)
            if kind is None or kind in known:
                return
            if not wanted:
                wanted.append(kind)
            if kind == wanted[0]:
                smallest = self.unsteady if kind.startswith("unsteady") else self.failing
                smallest[kind] = min(payload, smallest.get(kind, payload), key=lambda text: (len(text), text))
                raise _Fails

        settings = hypothesis.settings(
            max_examples=_BATCH,
            database=None,
            deadline=None,
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            suppress_health_check=list(hypothesis.HealthCheck),
            report_multiple_bugs=False,
            verbosity=hypothesis.Verbosity.quiet,
        )
        test = hypothesis.seed(seed)(settings(hypothesis.given(payloads)(judge)))
        try:
            test()
        except _Fails:
            return

    def _failure(self, payload: bytes) -> str | None:
        """What keeps a payload from being read, or from being read alike twice; None where nothing does."""
        if not self.past.takes(payload):
            return None
        self.count += 1
        refusal = self.past.chained.run(payload).refusal
        if refusal is not None:
            return f"{refusal.reason} {refusal.problem}"
        one, other = read(self.past.chained, payload), read(self.past.chained, payload)
        return None if one == other else "unsteady"


# --- telling --------------------------------------------------------------------------------------------------------


def _told(subject: Subject, past: Past, drawn: _Draw) -> Iterator[tuple[Finding, Chained]]:
    """What is wrong, each with the way of the payload that shows it."""
    for payload in drawn.failing.values():
        narrow, given = _narrowed(subject, past, payload)
        for each in execute(narrow, [Stored(given)], subject.frozen).findings:
            yield each, narrow.chained
    for payload in drawn.unsteady.values():
        one, other = read(past.chained, payload), read(past.chained, payload)
        for each in told(past.chained, Stored(payload), one, other, "run twice"):
            yield each, past.chained


def _size(each: Finding) -> int:
    return len(each.witness.payload) if each.witness else 0


def _narrowed(subject: Subject, past: Past, payload: bytes) -> tuple[Past, bytes]:
    """The latest version of which what the payload became is a valid payload that fails too."""
    made = past.chained.by_version(payload)
    later = {other.version: other for other in subject.pasts if other.chained.stored_as == subject.name}
    for version in sorted(made, reverse=True):
        other = later.get(version)
        if other is not None and other.takes(made[version]) and other.chained.run(made[version]).refusal is not None:
            return other, made[version]
    return past, payload


def _recorded(each: Finding, chained: Chained, store: SchemaStore) -> Finding:
    if each.witness is None or not each.witness.payload:
        return each
    payload = each.witness.payload.encode()
    name = f"proved-{hashlib.sha256(payload).hexdigest()[:8]}"
    store.record(chained.stored_as, chained.version, name, payload)
    path = store.path_of(chained.stored_as, chained.version, fixture=name)
    return msgspec.structs.replace(each, remedy=f"{each.remedy}; the payload is recorded as {path}")
