"""Today's events for older readers, and today's class for newer events."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from upcast._chain import StepsEdge
from upcast._line import Line
from upcast.errors import EncodeError
from upcast.schemas._check._findings import finding, pointer_of
from upcast.schemas._check._run import Chained, shown_place
from upcast.schemas._check._subject import Past, Stored, Subject, taker
from upcast.schemas._minimise import minimised
from upcast.schemas._rebuild import Refused, rebuild
from upcast.schemas._sampler import samples
from upcast.schemas.findings import Finding, Witness
from upcast.schemas.shapes import SchemaSnapshot

__all__ = ["Downcast", "downcast", "reach"]


@attrs.frozen(eq=False)
class Downcast:
    """What came of writing today's events as an older version.

    Attributes:
        way: The edges down, where they can be gone; empty where they cannot, and `missing` says why.
        missing: The edge that cannot be undone.
        count: How many events the older reader took.
        findings: What it did not take.
    """

    way: str
    missing: str
    count: int
    findings: tuple[Finding, ...]


def downcast(subject: Subject, past: Past, todays: Sequence[Stored]) -> Downcast:
    """Write events of today as an older version, and have the reader of that version read them.

    Args:
        subject: The type.
        past: The version.
        todays: Payloads of today's version, which its class takes.
    """
    line, version = subject.line, past.version
    starts = range(line.version - 1, version - 1, -1)
    stuck = [start for start in starts if not _undoable(line, start)]
    if stuck:
        return Downcast("", f"v{stuck[0] + 1} → v{stuck[0]} cannot be undone", 0, ())
    decode = rebuild(past.schema.reader, past.schema.family).decode
    found: dict[str, Finding] = {}
    count = 0
    for stored in todays:
        problem = _problem(subject, stored.payload, version, decode)
        if problem is None:
            count += 1
        elif problem not in found:

            def fails_alike(payload: bytes, problem: str = problem) -> bool:
                return _problem(subject, payload, version, decode) == problem

            shown = minimised(stored.payload, fails_alike)
            found[problem] = _finding(subject, past, problem, shown)
    return Downcast(", ".join(f"v{start + 1} → v{start}" for start in starts), "", count, tuple(found.values()))


def _undoable(line: Line, start: int) -> bool:
    edge = line.edges[start]
    return start in line.downcasters or (
        isinstance(edge, StepsEdge) and all(step.inverse() is not None for step in edge.steps)
    )


def _problem(subject: Subject, payload: bytes, version: int, decode: Callable[[bytes], object]) -> str | None:
    """What keeps one event from being read by an older reader; None where nothing does."""
    opened, line = subject.opened, subject.line
    try:
        event = opened.doors[line.name].decode(payload)
    except Exception:  # whatever a class says of a payload that is not its own
        return None
    try:
        # What the older version cannot hold may be lost: that is what a downcast is for.
        _, _, written = opened.codec.encode_payload(event, version=version, lossy=True)
    except EncodeError as error:
        return error.problem
    try:
        decode(written)
    except Refused as refused:
        return f"version {version} refuses what is written for it: {refused.problem}"
    return None


def _finding(subject: Subject, past: Past, problem: str, payload: bytes) -> Finding:
    line, version = subject.line, past.version
    downcaster = line.downcasters.get(version)
    return finding(
        "U916",
        line.name,
        f"today's events cannot be read by version {version} after their downcast: {problem}",
        versions=(version, line.version),
        remedy=f'mend the steps or the function of @events.downcaster("{line.name}", to_version={version})',
        witness=Witness(direction="forward", payload=payload.decode(), refusal=problem, executed_by="schema"),
        place=shown_place(downcaster.where if downcaster else line.edges[version].where),
        about=problem,
    )


def reach(subject: Subject, newer: SchemaSnapshot) -> tuple[int, list[Finding]]:
    """Whether today's class reads a newer version as it is, as `reads_up_to` says; and of how many payloads."""
    line = subject.line
    takes, chained = taker(newer), Chained(subject.opened, line, line.name, newer.version)
    count = 0
    for sample in samples(newer.written):
        if not takes(sample.payload):
            continue
        count += 1
        refusal = chained.run(sample.payload).refusal
        if refusal is None:
            continue
        paths = refusal.paths
        return count, [
            finding(
                "U906",
                line.name,
                f"it says reads_up_to={line.reads_up_to}, but its class refuses a payload of version "
                f"{newer.version}: {refusal.problem}",
                versions=(line.version, newer.version),
                pointer=pointer_of(paths[0]) if paths else "",
                remedy=f"let reads_up_to= end before version {newer.version}, or let the class take what it adds",
                witness=Witness(
                    direction="forward",
                    payload=sample.payload.decode(),
                    refusal=refusal.problem,
                    executed_by="class",
                ),
                place=shown_place(subject.opened.declarations[line.name].where),
            )
        ]
    return count, []
