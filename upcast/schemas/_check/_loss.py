"""What stored data nothing depends on any more.

A value is lost if today's event is the same whatever stands in its place. That is found by trying, so it does not
matter who loses it: a function, a step that writes over it, or a class that does not read it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from upcast._chain import Edge, StepsEdge
from upcast._json import read_payload, write_payload
from upcast.schemas._check._differences import differences, parsed
from upcast.schemas._check._findings import finding
from upcast.schemas._check._places import Leaf, get_in, has_in, leaves, others, plain, replaced, without
from upcast.schemas._check._run import Result, Stage, edge_label, shown_place, steps_of
from upcast.schemas._check._subject import Past, Stored
from upcast.schemas._minimise import minimised
from upcast.schemas.findings import Finding, Witness
from upcast.schemas.shapes import Path

__all__ = ["Losses", "losses"]

_TRIES = 6  # other values for one place of one payload


@attrs.frozen(eq=False)
class Losses:
    """What of a version has no part in today's events.

    Attributes:
        declared: The pointers of what a step says goes, each with the edge that says so.
        kept: The pointers of what today's events depend on.
        findings: What is lost without a word.
    """

    declared: dict[str, str]
    kept: frozenset[str]
    findings: tuple[Finding, ...]


@attrs.frozen
class _Loss:
    """A place that nothing depends on in one payload, and who saw to it.

    Attributes:
        edge: The edge behind which nothing is left of it; None where it is the class.
        declared: Whether a step says so.
        payload: The payload.
        path: The place.
        undeclared: Whether the class did not declare it, and kept it.
    """

    edge: Edge | None
    declared: bool
    payload: bytes
    path: Path
    undeclared: bool = False


def losses(past: Past, accepted: Sequence[Stored]) -> Losses:
    """Try every declared place of every payload until something depends on it."""
    if past.chained.plan.split is not None and past.chained.plan.split.is_drop:
        return Losses({"": edge_label(past.chained.plan.split)}, frozenset(), ())
    lost: dict[str, _Loss] = {}
    kept: set[str] = set()
    # What was made up is shown; a recorded payload still counts for what depends on it.
    waiting = sorted(accepted, key=lambda one: (bool(one.fixture), bool(one.about), -len(one.payload)))
    later: list[Stored] = []
    for stored in waiting:
        # Such a payload is as plain as others in all but a place that is known to count.
        if stored.about in kept:
            later.append(stored)
        else:
            _try(past, stored, lost, kept)
    for stored in later:
        if all(loss.declared or pointer in kept for pointer, loss in lost.items()):
            break
        _try(past, stored, lost, kept)  # the value there may decide whether another one counts
    lost = {key: loss for key, loss in lost.items() if key not in kept}
    declared = {key: edge_label(loss.edge) for key, loss in lost.items() if loss.declared and loss.edge is not None}
    # That a class no longer keeps what it does not know is told of by the comparison.
    silent = {key: loss for key, loss in lost.items() if not loss.declared and (loss.edge or not loss.undeclared)}
    found = [_finding(past, key, silent[first]) for key, first in _outermost(silent, kept | declared.keys())]
    return Losses({plain(key): edge for key, edge in declared.items()}, frozenset(map(plain, kept)), tuple(found))


def _try(past: Past, stored: Stored, lost: dict[str, _Loss], kept: set[str]) -> None:
    """Try the places of one payload that are not known to count."""
    payload = read_payload(stored.payload, keep_literals=True)
    settled = kept | {pointer for pointer, loss in lost.items() if loss.declared}
    open_ones = [leaf for leaf in leaves(past.schema.written, payload) if leaf.key not in settled]
    if not open_ones:
        return
    trial = _Trial.of(past, stored.payload, payload)
    for leaf in open_ones:
        verdict = trial.verdict(leaf)
        if verdict == "kept":
            kept.add(leaf.key)
        elif isinstance(verdict, _Loss) and (verdict.declared or leaf.key not in lost):
            lost[leaf.key] = verdict


def _outermost(lost: Iterable[str], others: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The largest places that are lost as a whole, each with one that it holds."""
    alive = {prefix for pointer in others for prefix in _prefixes(pointer)}
    told = set()
    for pointer in sorted(lost):
        outermost = next(prefix for prefix in [*_prefixes(pointer)[1:], pointer] if prefix not in alive)
        if outermost not in told:
            told.add(outermost)
            yield outermost, pointer


def _prefixes(pointer: str) -> list[str]:
    """A pointer and those of everything that it is in, the outermost first."""
    parts = pointer.split("/")[1:]
    return ["", *itertools.accumulate(f"/{part}" for part in parts)]


def _finding(past: Past, key: str, loss: _Loss) -> Finding:
    line = past.chained.line
    pointer = plain(key)
    some = "" if key == pointer else ", in some payloads or entries,"
    cls = line.cls.__qualname__ if line.cls else "today's events"
    if loss.edge is None:
        who, place = f"{cls} does not read it", past.chained.opened.declarations[line.name].where if line.cls else ""
        start = line.version - 1
    else:
        who, place = f"nothing is left of it after {edge_label(loss.edge)}", loss.edge.where
        start = loss.edge.from_version
    name = ".".join(part for part in pointer.split("/") if part)
    return finding(
        "U907",
        line.name,
        f"{pointer} of version {past.version} is lost{some} without a word: {who}",
        versions=(past.version, line.version),
        pointer=pointer,
        effects=("loss",),
        remedy=_remedy(line.edges.get(start), start, name),
        witness=Witness(
            direction="backward",
            payload=_shown(past, loss).decode(),
            refusal=f"{pointer}: whatever stands there, the event is the same",
            executed_by="chain",
        ),
        place=shown_place(place),
    )


def _remedy(edge: Edge | None, start: int, name: str) -> str:
    if isinstance(edge, StepsEdge):
        return f"keep the value, or declare that it goes: remove({name!r}) among the steps from version {start}"
    return (
        f"keep the value; or declare that it goes, which a function cannot: write the edge from version {start} as "
        f"steps with remove({name!r}), or suppress the finding with the reason"
    )


def _shown(past: Past, loss: _Loss) -> bytes:
    def holds(payload: bytes) -> bool:
        if not has_in(parsed(payload), loss.path):
            return False
        return past.takes(payload) and past.chained.run(payload).refusal is None

    return minimised(loss.payload, holds, tries=100)


# --- one payload ----------------------------------------------------------------------------------------------------


@attrs.frozen(eq=False, slots=False)
class _Trial:
    """One accepted payload, whose places are tried one by one.

    Attributes:
        payload: It, parsed.
        text: It.
        result: What it becomes.
        again: The same, another time: what differs here tells nothing.
    """

    past: Past
    payload: Any
    text: bytes
    result: Result
    again: Result

    @classmethod
    def of(cls, past: Past, text: bytes, payload: Any) -> _Trial:
        return cls(past, payload, text, past.chained.run(text), past.chained.run(text))

    @functools.cached_property
    def comparable(self) -> bool:
        """Whether objects of its class are equal if they are made of the same payload."""
        return _equal(self.past, self.result, self.again)

    @functools.cached_property
    def texts(self) -> tuple[Any, ...]:
        """What its class writes."""
        return _parsed(self.past, self.result)

    def verdict(self, leaf: Leaf) -> _Loss | str:
        """Whether something depends on a place: `kept`, a loss, or `unknown` where no other payload is valid."""
        lost: _Loss | None = None
        for other in itertools.islice(self._others(leaf), _TRIES):
            text = write_payload(other, check_finite=False)
            if text == self.text or not self.past.takes(text):
                continue
            result = self.past.chained.run(text)
            if result.refusal is not None:
                continue
            if not self._same(result):
                return "kept"
            lost = lost or self._loss(leaf, text)
            if lost.declared:
                return lost
        return lost or "unknown"

    def _others(self, leaf: Leaf) -> Iterator[Any]:
        current = get_in(self.payload, leaf.path)
        if leaf.optional and not leaf.kind and isinstance(leaf.path[-1], str):
            yield without(self.payload, leaf.path)
        for value in others(self.past.schema.written, leaf, 2 * _TRIES):
            if value != current or type(value) is not type(current):
                yield replaced(self.payload, leaf.path, value)

    def _same(self, result: Result) -> bool:
        if self.comparable:
            return _equal(self.past, self.result, result) and self.texts == _parsed(self.past, result)
        unsteady = differences(self.texts, _parsed(self.past, self.past.chained.run(self.text)))
        return differences(self.texts, _parsed(self.past, result)) <= unsteady

    def _loss(self, leaf: Leaf, text: bytes) -> _Loss:
        """Who lost it: the operation behind which the two payloads are equal."""
        chained = self.past.chained
        edge, declared = _loser(chained.stages(self.text), chained.stages(text), self.text, text, self.past)
        return _Loss(edge, declared, self.text, leaf.path, undeclared=leaf.undeclared)


def _loser(ones: list[Stage], others: list[Stage], one: bytes, other: bytes, past: Past) -> tuple[Edge | None, bool]:
    edges = past.chained.line.edges
    steps = steps_of(edges, past.chained.plan.chain.operations)
    before = differences(parsed(one), parsed(other))
    for first, second, step in zip(ones, others, steps, strict=False):
        after = differences(parsed(first.text), parsed(second.text))
        if not after:
            edge = edges[first.operation.from_version]
            cleared = [
                place
                for effect in (step.effects if step is not None and isinstance(edge, StepsEdge) else ())
                if effect.clears and not effect.sets and effect.relocates is None
                for place in effect.clears
            ]
            return edge, any(_covers(place, path) for place in cleared for path in before)
        before = after
    return past.chained.plan.split, False


def _covers(place: Sequence[str | None], path: Path) -> bool:
    return len(place) <= len(path) and all(one is None or one == other for one, other in zip(place, path, strict=False))


def _equal(past: Past, one: Result, other: Result) -> bool:
    doors = past.chained.opened
    return len(one.events) == len(other.events) and all(
        doors.door_of(a).same(a, b) for a, b in zip(one.events, other.events, strict=True)
    )


def _parsed(past: Past, result: Result) -> tuple[Any, ...]:
    return tuple(parsed(text) for text in past.chained.texts(result))
