"""Stored payloads of an older version through the chain: what fails, where, and the smallest payload that shows it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import attrs

from upcast._chain import Edge
from upcast._json import read_payload, write_payload
from upcast.errors import ClassRefused, RefusedEvent, UpcasterFailed
from upcast.schemas._check._findings import finding, pointer_of, unescaped
from upcast.schemas._check._run import edge_label, failed_place, shown_place
from upcast.schemas._check._subject import Past, Stored, taker
from upcast.schemas._minimise import minimised
from upcast.schemas.findings import Finding, Witness
from upcast.schemas.shapes import SchemaSnapshot

__all__ = ["Executed", "execute", "told_by"]


@attrs.frozen
class _Failure:
    """What keeps some payloads from being read.

    Attributes:
        edge: The edge to blame; None where the class takes the version as it is stored.
        problems: What is wrong; payloads with the same edge and problems fail for the same reason.
    """

    rule: str
    edge: Edge | None
    problems: frozenset[str]


@attrs.frozen(eq=False)
class Executed:
    """What came of it.

    Attributes:
        accepted: The payloads that today's class takes.
        findings: Why others are refused.
    """

    accepted: tuple[Stored, ...]
    findings: tuple[Finding, ...]


def execute(past: Past, payloads: Iterable[Stored], later: Mapping[int, SchemaSnapshot]) -> Executed:
    """Run payloads of one version.

    Args:
        past: The version.
        payloads: Them; those that were made up are taken by the version's own reader.
        later: The schema snapshots of later versions, which tell the edge that made something invalid.

    Where code of the class had the last word on what was stored, and that code is gone, a payload that was made up may
    never have been: then it blocks only until recorded payloads show that the chain takes what was. A payload that
    fails whatever that code took is no such case.
    """
    accepted: list[Stored] = []
    failures: dict[tuple[str, int | None], list[tuple[_Failure, Stored, RefusedEvent]]] = {}
    judge = _Judge(past, later)
    for stored in payloads:
        refusal = past.chained.run(stored.payload).refusal
        if refusal is None:
            accepted.append(stored)
            continue
        failure = judge.failure(stored.payload, refusal)
        start = failure.edge.from_version if failure.edge else None
        failures.setdefault((failure.rule, start), []).append((failure, stored, refusal))
    recorded = [stored for group in failures.values() for _, stored, _ in group if stored.fixture]
    excusable = bool(past.gaps and past.evidence) and not recorded
    found = [told for group in failures.values() for told in judge.told(group, excusable=excusable)]
    return Executed(tuple(accepted), tuple(found))


@attrs.frozen(eq=False)
class _Judge:
    past: Past
    later: Mapping[int, SchemaSnapshot]
    _takers: dict[int, Callable[[bytes], bool]] = attrs.field(factory=dict)

    def failure(self, payload: bytes, refusal: RefusedEvent) -> _Failure:
        chained = self.past.chained
        if isinstance(refusal, UpcasterFailed):
            edge = chained.line.edges.get(refusal.from_version)
            if edge is None or edge not in chained.edges:  # an edge of another type that a split leads to
                edge = chained.edges[-1]
            return _Failure("U905", edge, frozenset({f"{refusal.step} {told_by(refusal)}"}))
        problems = refusal.problems if isinstance(refusal, ClassRefused) else ()
        texts = frozenset(map(str, problems)) or frozenset({told_by(refusal)})
        return _Failure("U906", self._culprit(payload), texts)

    def _culprit(self, payload: bytes) -> Edge | None:
        """The first edge that makes what the schema snapshot behind it refuses; else the last one, if there is any."""
        edges = self.past.chained.edges
        made = self.past.chained.by_version(payload)
        for edge in edges:
            version = edge.from_version + 1
            if version in made and version in self.later and not self._takes(version)(made[version]):
                return edge
        return edges[-1] if edges else None

    def _takes(self, version: int) -> Callable[[bytes], bool]:
        if version not in self._takers:
            self._takers[version] = taker(self.later[version])
        return self._takers[version]

    def told(self, group: list[tuple[_Failure, Stored, RefusedEvent]], *, excusable: bool) -> Iterator[Finding]:
        """One finding for each thing that is wrong behind one edge: the payloads with fewest problems say most."""
        known: frozenset[str] = frozenset()
        # What was made up can be shown and made smaller; a fixture only tells what nothing else does.
        for failure, stored, refusal in sorted(group, key=lambda one: (bool(one[1].fixture), len(one[0].problems))):
            if not failure.problems <= known:
                known |= failure.problems
                yield self._finding(failure, stored, refusal, uncertain=excusable and not self._surely(stored))

    def _finding(self, failure: _Failure, stored: Stored, refusal: RefusedEvent, *, uncertain: bool) -> Finding:
        chained = self.past.chained
        edge = failure.edge
        start = edge.from_version if edge else chained.version
        shown = b""
        if not stored.fixture:
            shown = minimised(stored.payload, functools.partial(self._fails_alike, failure))
            refusal = chained.run(shown).refusal or refusal
        witness = Witness(
            direction="backward",
            payload=shown.decode(),
            fixture=stored.fixture,
            refusal=told_by(refusal),
            executed_by="chain",
        )
        of = f"the recorded fixture {stored.fixture}" if stored.fixture else f"a payload of version {chained.version}"
        place = shown_place(edge.where if edge else chained.opened.declarations[chained.line.name].where)
        pointer = ""
        if edge and isinstance(refusal, UpcasterFailed):
            what = told_by(refusal).removeprefix(f"v{start} → v{start + 1}, ")
            message = f"the edge {edge_label(edge)} fails on {of}: {what}"
            place = failed_place(refusal, chained.line)
            remedy = f"let {refusal.step} at {place} take it: version {chained.version} may have stored it"
        else:
            cls = chained.line.cls.__qualname__ if chained.line.cls else "a class that it is split into"
            way = f"after the edge {edge_label(edge)}" if edge else f"stored as {chained.stored_as}"
            message = f"{way}, {cls} refuses what becomes of {of}: {told_by(refusal)}"
            fields = ", ".join(sorted(problem.partition(":")[0] for problem in failure.problems))
            remedy = f"let the edge at {place} make what the class takes for {fields or 'it'}"
            if edge is None:
                remedy = (
                    f"raise the version of the class, and bring {chained.stored_as} version {start} to it by an edge"
                )
            if isinstance(refusal, ClassRefused) and refusal.problems:
                pointer = pointer_of(refusal.problems[0].path)
        if self.past.gaps and not stored.fixture:
            places = ", ".join(gap or "the whole" for gap in self.past.gaps[:3])
            message += f"; code of version {chained.version} that judged {places} may have refused it"
            remedy += "" if uncertain else "; or record payloads that were really stored, which decides"
        return finding(
            failure.rule,
            chained.line.name,
            message,
            severity="warning" if uncertain else None,
            versions=(start, start + 1 if edge else start),
            pointer=pointer,
            remedy=remedy,
            witness=witness,
            place=place,
            # Not where it failed: a line that moves is no other finding.
            about=f"{refusal.step} {refusal.exception}" if isinstance(refusal, UpcasterFailed) else "",
        )

    def _surely(self, stored: Stored) -> bool:
        """Whether a payload also fails with what a recorded one has where code of its class had the last word.

        That code took those values, so it is not what this payload hangs on.
        """
        past = self.past
        if "" in past.gaps:
            return False
        judged = {unescaped(gap.split("/")[1]) for gap in past.gaps}
        value = read_payload(stored.payload, keep_literals=True)
        rest = {key: item for key, item in value.items() if key not in judged}
        for fixture in past.evidence:
            recorded = read_payload(fixture.payload, keep_literals=True)
            taken = {key: item for key, item in recorded.items() if key in judged}
            text = write_payload({**rest, **taken}, check_finite=False)
            if past.takes(text) and past.chained.run(text).refusal is not None:
                return True
        return False

    def _fails_alike(self, failure: _Failure, payload: bytes) -> bool:
        if not self.past.takes(payload):
            return False
        refusal = self.past.chained.run(payload).refusal
        return refusal is not None and self.failure(payload, refusal) == failure


def told_by(refusal: RefusedEvent) -> str:
    """What a refusal says, with paths as they are seen from the working folder."""
    return refusal.problem.replace(f"{Path.cwd()}/", "")
