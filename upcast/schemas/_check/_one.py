"""Everything there is to say of one event type."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import attrs
import msgspec

from upcast._chain import StepsEdge
from upcast.schemas._check._cover import covered
from upcast.schemas._check._downcasts import Downcast, downcast, reach
from upcast.schemas._check._execution import execute, told_by
from upcast.schemas._check._findings import finding
from upcast.schemas._check._freshness import Commands, freshness, unfrozen_fixtures
from upcast.schemas._check._goldens import changed_goldens
from upcast.schemas._check._loss import losses
from upcast.schemas._check._payloads import made_up, payloads_of
from upcast.schemas._check._rich import telling
from upcast.schemas._check._run import Chained, shown_place
from upcast.schemas._check._steady import unsteady
from upcast.schemas._check._subject import Past, Stored, Subject
from upcast.schemas._sampler import unsampled
from upcast.schemas.config import OpenObjects, Policy
from upcast.schemas.diff import SchemaDiff, Side, diff
from upcast.schemas.findings import Finding, Witness
from upcast.schemas.shapes import SchemaSnapshot

__all__ = ["Agreed", "Examined", "examine", "once"]

_FORWARD: tuple[Policy, ...] = ("forward", "full", "rolling")


@attrs.frozen(kw_only=True)
class Agreed:
    """What one type is held against.

    Attributes:
        policy: Which readers and writers have to go together.
        open_objects: Whether an undeclared member that a new field would read counts as stored data.
        transitive: Whether every retained version is compared, or only the last.
        retained_from: The oldest version that may still be stored.
        released: The versions that the baseline has; None where there is no baseline.
        newer: What is frozen, here or in the baseline, of versions after that of the class.
        commands: How the commands that findings name are called.
    """

    policy: Policy
    open_objects: OpenObjects
    transitive: bool
    retained_from: int
    released: Collection[int] | None
    newer: Mapping[int, SchemaSnapshot]
    commands: Commands


@attrs.frozen(eq=False)
class Examined:
    """What was found of one type.

    Attributes:
        findings: It.
        payloads: How many payloads were run.
        tasks: Payloads that are to be read elsewhere too.
    """

    findings: tuple[Finding, ...]
    payloads: int
    tasks: tuple[tuple[Chained, Stored], ...]


def examine(subject: Subject, agreed: Agreed) -> Examined:
    """Look at one type from all sides."""
    found = [
        *freshness(subject, agreed.released, agreed.commands, agreed.retained_from),
        *unfrozen_fixtures(subject, agreed.released, agreed.commands),
        *_dead_edges(subject, agreed.retained_from),
    ]
    count = 0
    tasks: list[tuple[Chained, Stored]] = []
    todays = _todays(subject)
    for past in subject.pasts:
        told, run, steady = _examine_past(subject, past, todays, agreed)
        found += told
        count += run
        tasks += ((past.chained, stored) for stored in steady)
    if subject.today is not None:
        line = subject.line
        now = Chained(subject.opened, line, line.name, line.version)
        some = todays[:: max(1, len(todays) // 4)][:4]
        wild = unsteady(now, some)
        found += wild
        tasks += () if wild else ((now, stored) for stored in some)
        if not any(each.rule == "U903" for each in found):  # which shows such a payload
            found += _refused_today(subject, now)
        count += len(todays) + len(subject.recorded)
        for version in range(line.version + 1, line.reads_up_to + 1):
            if version in agreed.newer:
                run, refused = reach(subject, agreed.newer[version])
                found += refused
                count += run
    return Examined(tuple(once(found)), count, tuple(tasks))


def once(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once; the first of several says most, since what was seen by running comes first."""
    found: dict[object, Finding] = {}
    for each in findings:
        # What a class makes up, and what one edge loses, is so for every version: telling it of one is enough, and of
        # a loss the last one, whose payloads go straight into that edge.
        if each.rule == "U907":
            found[each.rule, each.pointer, each.place] = each
        else:
            found.setdefault((each.rule, each.pointer) if each.rule == "U308" else each.fingerprint, each)
    return list(found.values())


def _todays(subject: Subject) -> list[Stored]:
    """Payloads of today's version that its class takes."""
    if subject.today is None:
        return []
    line = subject.line
    now = Chained(subject.opened, line, line.name, line.version)
    return [stored for stored in made_up(subject.today) if now.run(stored.payload).refusal is None]


def _refused_today(subject: Subject, now: Chained) -> Iterator[Finding]:
    """The recorded payloads of today's version that its own class refuses."""
    for stored in subject.recorded:
        refusal = now.run(stored.payload).refusal
        if refusal is not None:
            problem = told_by(refusal)
            yield finding(
                "U906",
                subject.name,
                f"{stored.fixture}, which is recorded of version {now.version}, is refused by its class: {problem}",
                versions=(now.version, now.version),
                about=stored.fixture,
                remedy="let the class take what is stored; or raise its version, and bring such payloads to it by an "
                "edge",
                witness=Witness(
                    direction="backward", payload="", fixture=stored.fixture, refusal=problem, executed_by="class"
                ),
                place=shown_place(subject.opened.declarations[subject.name].where),
            )


def _examine_past(
    subject: Subject, past: Past, todays: list[Stored], agreed: Agreed
) -> tuple[list[Finding], int, list[Stored]]:
    compared = _compared(subject, past, agreed)
    payloads = payloads_of(past, compared.findings if compared else ())
    executed = execute(past, payloads, subject.frozen)
    lost = losses(past, executed.accepted)
    steady = telling(past, executed.accepted)
    wild = unsteady(past.chained, steady)
    down = _downcast(subject, past, todays, agreed)
    found = [] if executed.accepted or executed.findings else [_nothing_to_run(subject, past)]
    found += [
        *executed.findings,
        *lost.findings,
        *wild,
        *changed_goldens(past, filter(None, (*subject.frozen.values(), subject.today))),
    ]
    if down is not None:
        found += down.findings
    if compared is not None:
        forward = agreed.policy in _FORWARD
        found += covered(_told(compared, subject, past, agreed), past, executed, lost, down, forward=forward)
        found += _missing_downcast(subject, past, down, compared, agreed)
    return found, len(payloads), [] if wild else steady


def _compared(subject: Subject, past: Past, agreed: Agreed) -> SchemaDiff | None:
    """The comparison of a version with today's class, where the policy asks for it."""
    line = subject.line
    if subject.today is None or line.cls is None or past.chained.plan.split is not None:
        return None
    if (agreed.policy == "rolling" or not agreed.transitive) and past.version != line.version - 1:
        return None
    return diff(
        Side(past.schema),
        Side(subject.today, subject.decode),
        policy=agreed.policy,
        open_objects=agreed.open_objects,
    )


def _told(compared: SchemaDiff, subject: Subject, past: Past, agreed: Agreed) -> Iterator[Finding]:
    """The findings of a comparison that matter here, each with the place of the class.

    While no older reader has to go on, only the one before matters, which may still run beside today's.
    """
    place = shown_place(subject.opened.declarations[subject.name].where)
    for each in compared.findings:
        if each.effects == ("forward",) and agreed.policy not in _FORWARD and past.version < subject.line.version - 1:
            continue
        yield msgspec.structs.replace(each, place=each.place or place)


def _downcast(subject: Subject, past: Past, todays: list[Stored], agreed: Agreed) -> Downcast | None:
    """What today's events are to an older reader, where somebody relies on it."""
    line = subject.line
    if line.cls is None or subject.opened.doors[line.name].decode_only or past.chained.plan.split is not None:
        return None
    # What somebody wrote is meant to be used, whatever the policy.
    meant = any(start >= past.version for start in line.downcasters)
    neighbour = past.version == line.version - 1
    asked = agreed.policy in _FORWARD and (agreed.policy != "rolling" or neighbour)
    return downcast(subject, past, todays) if meant or asked else None


def _missing_downcast(
    subject: Subject, past: Past, down: Downcast | None, compared: SchemaDiff, agreed: Agreed
) -> Iterator[Finding]:
    if agreed.policy not in _FORWARD or down is None or not down.missing or compared.forward.outcome == "safe":
        return
    line = subject.line
    broken = next((each for each in compared.findings if "forward" in each.effects), None)
    yield finding(
        "U916",
        line.name,
        f"readers of version {past.version} refuse today's events, and {down.missing}",
        versions=(past.version, line.version),
        remedy=f'register @events.downcaster("{line.name}", to_version={past.version}) and those between; or deploy '
        "the readers first",
        witness=broken.witness if broken else None,
        no_witness=broken.no_witness if broken else "; ".join(compared.forward.reasons),
        place=shown_place(subject.opened.declarations[line.name].where),
    )


def _nothing_to_run(subject: Subject, past: Past) -> Finding:
    places = ", ".join(place or "the whole" for place in unsampled(past.schema.written)) or "the whole"
    return finding(
        "U933",
        subject.name,
        f"no payload of version {past.version} can be made, since nothing is known of {places}: nothing of it was run",
        versions=(past.version, subject.line.version),
        remedy="record payloads of production as fixtures",
        no_witness="no payload can be made",
    )


def _dead_edges(subject: Subject, retained_from: int) -> Iterator[Finding]:
    for start, edge in sorted(subject.line.edges.items()):
        if start < retained_from and not (isinstance(edge, StepsEdge) and not edge.steps):
            yield finding(
                "U910",
                subject.name,
                f"an edge starts from version {start}, but nothing older than version {retained_from} is kept",
                versions=(start, start + 1),
                remedy=f"turn it into unchanged(...), or lower retained_from below {retained_from}",
                place=shown_place(edge.where),
            )
