"""Whether the frozen versions of a type are those of its class, without gaps, and for a reason."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import attrs
import msgspec

from upcast.schemas._capture import same
from upcast.schemas._check._findings import finding
from upcast.schemas._check._run import shown_place
from upcast.schemas._check._subject import Subject
from upcast.schemas.diff import Side, diff
from upcast.schemas.findings import Finding
from upcast.schemas.shapes import SchemaSnapshot

__all__ = ["Commands", "freshness", "gone", "unfrozen_fixtures"]


@attrs.frozen
class Commands:
    """The commands that findings name.

    Attributes:
        target: The registry, as `module:attribute`.
        folder: The folder of the schema snapshots.
    """

    target: str
    folder: str

    def of(self, command: str, *arguments: str) -> str:
        """One command in full."""
        folder = () if self.folder == "schemas" else ("--schemas", self.folder)
        return " ".join(["upcast", "schema", command, *arguments, *folder])

    @property
    def freeze(self) -> str:
        """The command that freezes what is not."""
        return self.of("freeze", self.target)


def freshness(
    subject: Subject, released: Collection[int] | None, commands: Commands, retained_from: int
) -> Iterator[Finding]:
    """Compare the class with what is frozen of its version.

    Args:
        subject: The type.
        released: The versions that the baseline has; None where there is none, and everything frozen counts.
        commands: How the commands that findings name are called.
        retained_from: The oldest version that may still be stored.
    """
    line, today, frozen = subject.line, subject.today, subject.frozen
    if today is not None and line.version not in frozen:
        yield _stale(subject, f"version {line.version} is not frozen", f"run: {commands.freeze}")
    elif today is not None and not same(today, frozen[line.version]):
        yield _changed(subject, frozen[line.version], released, commands)
    versions = sorted(frozen)
    last = line.version if line.cls is not None else line.version + 1
    for version in range(retained_from, last):
        if version not in frozen:
            yield finding(
                "U912",
                line.name,
                f"version {version} is not frozen: what is stored of it is not checked",
                versions=(version, version),
                remedy=f"freeze version {version} with the release that wrote it: {commands.freeze}; or say in "
                f"gate.toml that nothing older is stored: retained_from = {version + 1}",
                place=_place(subject),
            )
    for version in versions:
        if version > line.reads_up_to:
            yield finding(
                "U904",
                line.name,
                f"version {version} is frozen, but the newest that can be read is {line.reads_up_to}",
                versions=(line.version, version),
                remedy=f"declare the class with version={version} again, or say reads_up_to={version} if it reads that",
                place=_place(subject),
            )
    before = frozen.get(line.version - 1)
    newest = today or frozen.get(line.version)
    if before is not None and newest is not None and same(_as(before, newest), newest):
        yield finding(
            "U911",
            line.name,
            f"version {line.version} is what version {line.version - 1} was",
            versions=(line.version - 1, line.version),
            remedy=f"declare the class with version={line.version - 1} again, unless that was released",
            place=_place(subject),
        )


def _as(snapshot: SchemaSnapshot, other: SchemaSnapshot) -> SchemaSnapshot:
    """A schema snapshot under the type and version of another."""
    return msgspec.structs.replace(snapshot, type=other.type, version=other.version, formerly=other.formerly)


def _changed(subject: Subject, frozen: SchemaSnapshot, released: Collection[int] | None, commands: Commands) -> Finding:
    line = subject.line
    assert subject.today is not None
    if released is not None and line.version not in released:
        remedy = f"version {line.version} is not released yet: run: {commands.freeze} --replace"
        return _stale(subject, f"the class is not what is frozen of version {line.version}", remedy)
    compared = diff(Side(frozen), Side(subject.today, subject.decode), policy="full")
    broken = next((each for each in compared.findings if set(each.effects) & {"backward", "forward"}), None)
    remedy = f"raise the version of the class to {line.version + 1}: run: " + commands.of(
        "revise", commands.target, line.name
    )
    if broken is None:
        message = f"the class is not what is frozen of version {line.version}, which is released; it breaks nothing"
        return _stale(subject, message, remedy)
    return finding(
        "U903",
        line.name,
        f"the class breaks what is stored of version {line.version} under the same version: {broken.message}",
        versions=(line.version, line.version),
        pointer=broken.pointer,
        remedy=remedy,
        witness=broken.witness,
        no_witness=broken.no_witness,
        place=_place(subject),
        effects=broken.effects,
    )


def _stale(subject: Subject, message: str, remedy: str) -> Finding:
    version = subject.line.version
    return finding("U902", subject.name, message, versions=(version, version), remedy=remedy, place=_place(subject))


def _place(subject: Subject) -> str:
    declaration = subject.opened.declarations.get(subject.name)
    return shown_place(declaration.where) if declaration else ""


def unfrozen_fixtures(subject: Subject, released: Collection[int] | None, commands: Commands) -> Iterator[Finding]:
    """Released versions of which no payload is recorded, or not what became of it."""
    for past in subject.pasts:
        if released is not None and past.version not in released:
            continue
        if not past.fixtures:
            yield finding(
                "U915",
                subject.name,
                f"no payload of version {past.version} is recorded",
                versions=(past.version, past.version),
                remedy=f"record one from production, or a made-up one: {commands.freeze}",
                place=_place(subject),
            )
        for fixture in past.fixtures:
            recorded = past.goldens.get(fixture.name, {})
            lacking = [version for version in past.chained.by_version(fixture.payload) if version not in recorded]
            if lacking:
                yield finding(
                    "U915",
                    subject.name,
                    f"what becomes of {fixture.path} at version {lacking[0]} is not recorded",
                    versions=(past.version, lacking[0]),
                    remedy=f"run: {commands.freeze}",
                    place=shown_place(f"{commands.folder}/{fixture.path}"),
                    severity="info",
                    about=fixture.name,
                )


def gone(
    event_type: str, last: SchemaSnapshot, subjects: Collection[Subject], versions: tuple[int, ...], place: str
) -> Finding:
    """What to say of a type that is frozen and not declared: it was renamed, or removed.

    Args:
        event_type: The type.
        last: What is frozen of its newest version.
        subjects: The types that are declared.
        versions: Its frozen versions.
        place: The file of its newest version.
    """
    span = (versions[0], versions[-1])
    twin = next((one for one in subjects if one.today is not None and same(_as(last, one.today), one.today)), None)
    if twin is not None:
        return finding(
            "U914",
            event_type,
            f"{event_type} is not declared any more, and {twin.name} is what it was",
            versions=span,
            remedy=f'declare @events.event("{twin.name}", version={twin.line.version}, formerly=["{event_type}"])',
            place=_place(twin),
        )
    return finding(
        "U913",
        event_type,
        f"{event_type} is not declared any more, though its versions {span[0]} to {span[1]} may be stored",
        versions=span,
        remedy=f'declare it again; or declare that its events mean nothing: events.drop("{event_type}", '
        f"from_version={span[1]})",
        place=place,
    )
