"""Stored payloads of an older version through the chain: what fails, where, and the smallest payload that shows it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import attrs

from upcast._chain import Edge
from upcast.errors import ClassRefused, RefusedEvent, UpcasterFailed
from upcast.schemas._check._findings import finding, pointer_of
from upcast.schemas._check._minimise import minimised
from upcast.schemas._check._run import edge_label, failed_place, shown_place
from upcast.schemas._check._subject import Past, Stored, taker
from upcast.schemas.findings import Finding, Witness
from upcast.schemas.shapes import SchemaSnapshot

__all__ = ["Executed", "execute", "told_by"]


@attrs.frozen
class _Failure:
    """What keeps some payloads from being read.

    Attributes:
        edge: The edge to blame.
        problems: What is wrong; payloads with the same edge and problems fail for the same reason.
    """

    rule: str
    edge: Edge
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
    never have been: then it blocks only until recorded payloads show that the chain takes what was.
    """
    accepted: list[Stored] = []
    failures: dict[tuple[str, int], list[tuple[_Failure, Stored, RefusedEvent]]] = {}
    judge = _Judge(past, later)
    for stored in payloads:
        refusal = past.chained.run(stored.payload).refusal
        if refusal is None:
            accepted.append(stored)
            continue
        failure = judge.failure(stored.payload, refusal)
        failures.setdefault((failure.rule, failure.edge.from_version), []).append((failure, stored, refusal))
    recorded = [stored for group in failures.values() for _, stored, _ in group if stored.fixture]
    uncertain = bool(past.gaps) and past.evidence and not recorded
    found = [told for group in failures.values() for told in judge.told(group, uncertain=uncertain)]
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

    def _culprit(self, payload: bytes) -> Edge:
        """The first edge that makes what the schema snapshot behind it refuses; else the last one."""
        edges = self.past.chained.edges
        made = self.past.chained.by_version(payload)
        for edge in edges:
            version = edge.from_version + 1
            if version in made and version in self.later and not self._takes(version)(made[version]):
                return edge
        return edges[-1]

    def _takes(self, version: int) -> Callable[[bytes], bool]:
        if version not in self._takers:
            self._takers[version] = taker(self.later[version])
        return self._takers[version]

    def told(self, group: list[tuple[_Failure, Stored, RefusedEvent]], *, uncertain: bool) -> Iterator[Finding]:
        """One finding for each thing that is wrong behind one edge: the payloads with fewest problems say most."""
        known: frozenset[str] = frozenset()
        # What was made up can be shown and made smaller; a fixture only tells what nothing else does.
        for failure, stored, refusal in sorted(group, key=lambda one: (bool(one[1].fixture), len(one[0].problems))):
            if not failure.problems <= known:
                known |= failure.problems
                yield self._finding(failure, stored, refusal, uncertain=uncertain)

    def _finding(self, failure: _Failure, stored: Stored, refusal: RefusedEvent, *, uncertain: bool) -> Finding:
        chained = self.past.chained
        start, edge = failure.edge.from_version, failure.edge
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
        place = shown_place(edge.where)
        pointer = ""
        if isinstance(refusal, UpcasterFailed):
            what = told_by(refusal).removeprefix(f"v{start} → v{start + 1}, ")
            message = f"the edge {edge_label(edge)} fails on {of}: {what}"
            place = failed_place(refusal, chained.line)
            remedy = f"let {refusal.step} at {place} take it: version {chained.version} may have stored it"
        else:
            cls = chained.line.cls.__qualname__ if chained.line.cls else "a class that it is split into"
            message = f"after the edge {edge_label(edge)}, {cls} refuses what becomes of {of}: {told_by(refusal)}"
            fields = ", ".join(sorted(problem.partition(":")[0] for problem in failure.problems))
            remedy = f"let the edge at {place} make what the class takes for {fields or 'it'}"
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
            versions=(start, start + 1),
            pointer=pointer,
            remedy=remedy,
            witness=witness,
            place=place,
            # Not where it failed: a line that moves is no other finding.
            about=f"{refusal.step} {refusal.exception}" if isinstance(refusal, UpcasterFailed) else "",
        )

    def _fails_alike(self, failure: _Failure, payload: bytes) -> bool:
        if not self.past.takes(payload):
            return False
        refusal = self.past.chained.run(payload).refusal
        return refusal is not None and self.failure(payload, refusal) == failure


def told_by(refusal: RefusedEvent) -> str:
    """What a refusal says, with paths as they are seen from the working folder."""
    return refusal.problem.replace(f"{Path.cwd()}/", "")
