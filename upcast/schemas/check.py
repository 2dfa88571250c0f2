"""The gate: every retained version of every event, run through the real chain before a change is called covered."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import msgspec

from upcast.schemas._capture import capture
from upcast.schemas._check._cache import Cache, Entry, key_of
from upcast.schemas._check._defects import defect_finding
from upcast.schemas._check._elsewhere import Elsewhere, target_of
from upcast.schemas._check._findings import finding
from upcast.schemas._check._freshness import Commands, gone
from upcast.schemas._check._one import Agreed, examine, once
from upcast.schemas._check._released import edited
from upcast.schemas._check._run import Chained, shown_place
from upcast.schemas._check._sources import sources_of
from upcast.schemas._check._spread import spread
from upcast.schemas._check._subject import Stored, Subject, files_of, subject_of
from upcast.schemas._opened import Opened, open_registry
from upcast.schemas.config import GateConfig
from upcast.schemas.errors import SchemaError
from upcast.schemas.findings import Finding, ordered
from upcast.schemas.lifecycle import deprecations, releases_of
from upcast.schemas.store import SchemaStore
from upcast.schemas.suppressions import apply

if TYPE_CHECKING:
    from upcast._line import Line
    from upcast._registry import Registry
    from upcast.schemas.config import Policy
    from upcast.schemas.shapes import SchemaSnapshot

__all__ = ["Report", "check"]


@attrs.frozen(kw_only=True)
class Report:
    """What the gate says.

    Attributes:
        findings: Everything it has to say; what blocks first.
        types: How many event types were looked at.
        versions: How many versions of them.
        payloads: How many payloads were run through chains and classes.
        cached: How many types were taken from the cache, since nothing of them has changed.
        notes: What could not be done, and why.
    """

    findings: tuple[Finding, ...]
    types: int
    versions: int
    payloads: int
    cached: int = 0
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing blocks."""
        return not any(finding.blocks for finding in self.findings)


def check(
    registry: Registry,
    schemas: Path | str,
    *,
    against: str | None = None,
    policy: Policy | None = None,
    today: dt.date | None = None,
    cache: Path | None = None,
    only: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
    target: str | None = None,
) -> Report:
    """Check that every event that may be stored can be read by today's classes, by reading such events.

    Args:
        registry: The registry; it is not sealed.
        schemas: The folder of the frozen files.
        against: What is released: a git ref, or another folder. Without it everything that is frozen counts as
            released, and nothing can tell whether it was edited.
        policy: Which readers and writers have to go together, instead of what `gate.toml` says.
        today: The day on which suppressions must still count.
        cache: A folder for what was found, so that types are not run again while nothing of them changes.
        only: The event types to look at; all of them by default.
        progress: Called with the number of types that are done, and of all.
        target: Where the registry is found, as `module:attribute`: other processes import it from there to run the
            steps in another environment. By default it is looked for among the modules.

    Raises:
        SchemaError: The folder, the baseline or `gate.toml` cannot be read; or *only* names a type that is neither
            declared nor frozen.
        RegistryError: It is no registry.
    """
    folder = Path(schemas)
    config = GateConfig.read(folder)
    if policy is not None:
        config = attrs.evolve(
            config,
            policy=policy,
            events={name: attrs.evolve(event, policy=None) for name, event in config.events.items()},
        )
    opened = open_registry(registry)
    gate = _Gate(
        opened=opened,
        store=SchemaStore.at(folder),
        baseline=_baseline(against, folder),
        config=config,
        commands=Commands(target or target_of(registry) or "module:registry", str(folder)),
        cache=None if cache is None else Cache.read(cache),
        # Before anything is run: a step may import something.
        sources=b"" if cache is None else sources_of(opened),
        only=tuple(only),
        progress=progress or (lambda _done, _all: None),
    )
    gate.refuse_unknown()
    with Elsewhere(registry, target) as elsewhere:
        report, current = gate.run(elsewhere)
    checked = gate.only or None
    found = [
        *report.findings,
        *deprecations(config, current=current, releases=releases_of(config, folder), checked=checked),
    ]
    told = apply(
        found, config, today=today or dt.datetime.now(dt.UTC).date(), versions=gate.released_versions(), checked=checked
    )
    notes = report.notes
    if gate.baseline is not None and gate.store.types() and not gate.baseline.types():
        # The first time that is so; later the folder was moved, and nothing protects what is released.
        notes += (f"nothing is frozen in {gate.baseline.label}: no version counts as released",)
    return attrs.evolve(report, findings=tuple(ordered(told)), notes=notes)


def _baseline(against: str | None, folder: Path) -> SchemaStore | None:
    if against is None:
        return None
    if not Path(against).is_dir():
        return SchemaStore.at_ref(against, folder)
    store = SchemaStore.at(Path(against))
    if not store.types():  # it may be a folder that only has the name of a branch
        raise SchemaError(f"{against} is a folder in which nothing is frozen; refs/heads/{against} would be the branch")
    return store


@attrs.frozen
class _Look:
    """What there is to say of one type.

    Attributes:
        today: What its class is; None where it has none, or has defects.
        entry: What was found; None where it has defects.
        tasks: The payloads to be read elsewhere, each with the name and the version that it is stored under; None where
            the entry was known.
    """

    today: SchemaSnapshot | None
    entry: Entry | None
    tasks: Sequence[tuple[str, int, Stored]] | None


@attrs.frozen(kw_only=True, eq=False)
class _Gate:
    opened: Opened
    store: SchemaStore
    baseline: SchemaStore | None
    config: GateConfig
    commands: Commands
    cache: Cache | None
    sources: bytes
    only: tuple[str, ...]
    progress: Callable[[int, int], None]

    def run(self, elsewhere: Elsewhere) -> tuple[Report, dict[str, SchemaSnapshot]]:
        """Look at every type; also what today's classes are."""
        opened = self.opened
        names = [name for name in sorted(opened.lines) if self._wanted(name)]
        current: dict[str, SchemaSnapshot] = {}
        entries: dict[str, Entry] = {}
        tasks: list[tuple[Chained, Stored]] = []
        found = [defect_finding(defect) for defect in opened.defects if self._wanted(defect.event_type)]
        cached = 0
        looked = functools.partial(self._look, note=elsewhere.note)
        for done, (name, look) in enumerate(zip(names, spread(looked, names), strict=True), 1):
            if look.today is not None:
                current[name] = look.today
            if look.entry is not None:
                entries[name] = look.entry
                cached += look.tasks is None
            if look.tasks:
                elsewhere.begin()
                tasks += (
                    (Chained(opened, opened.lines[name], stored_as, version), stored)
                    for stored_as, version, stored in look.tasks
                )
            self.progress(done, len(names))
        found += self._gone(current)
        different, notes = elsewhere.compare(tasks)
        for each in different:
            entry = entries[each.event]
            entries[each.event] = msgspec.structs.replace(entry, findings=tuple(once([each, *entry.findings])))
        if self.cache is not None:
            for name, entry in entries.items():
                # What could not be run elsewhere, though it should, may be another time.
                if not notes or elsewhere.note:
                    self.cache.put(name, entry)
            self.cache.write()
        report = Report(
            findings=(*found, *(each for entry in entries.values() for each in entry.findings)),
            types=len(names),
            versions=sum(entry.versions for entry in entries.values()),
            payloads=sum(entry.payloads for entry in entries.values()),
            cached=cached,
            notes=tuple(notes),
        )
        return report, current

    def refuse_unknown(self) -> None:
        """Raise for a name that nothing is known of, and where there is nothing: a slip must not open the gate."""
        known = {*self.opened.lines, *self.store.types(), *(self.baseline.types() if self.baseline else ())}
        if not known:
            raise SchemaError(f"no events are declared, and nothing is frozen in {self.store.label}")
        if unknown := sorted(set(self.only) - known):
            raise SchemaError(f"no event of the type {', '.join(unknown)} is declared or frozen")
        if unknown := sorted(self.config.events.keys() - known):
            raise SchemaError(f"gate.toml has [events] of {', '.join(unknown)}, which is neither declared nor frozen")
        for name, event in self.config.events.items():
            line = self.opened.lines.get(name)
            if line is not None and line.cls is not None and event.retained_from > line.version:
                raise SchemaError(
                    f"gate.toml: retained_from = {event.retained_from} of {name} is behind version {line.version} of "
                    "its class: nothing of it would be checked"
                )

    def released_versions(self) -> dict[str, int]:
        """The newest released version of each type."""
        if self.baseline is None:
            return {}
        return {name: max(self.baseline.versions(name)) for name in self.baseline.types()}

    def _wanted(self, name: str) -> bool:
        return not self.only or name in self.only

    def _look(self, name: str, *, note: str) -> _Look:
        """Look at one type, unless it is known already."""
        if name not in self.opened.sound:
            return _Look(None, None, None)
        line = self.opened.lines[name]
        today = _captured(line)
        agreed = self._agreed(line)
        key, places = "", ""
        if self.cache is not None:
            parts = (note.encode(), self.sources, *self._parts(line, today, agreed))
            key, places = key_of(self.opened, line.name, parts)
            known = self.cache.get(line.name, key, places)
            if known is not None:
                return _Look(today, known, None)
        subject, broken = subject_of(self.opened, line, self.store, today, agreed.retained_from)
        examined = examine(subject, agreed)
        remedy = "restore the file from version control"
        found = [
            *(finding("U901", line.name, str(error), remedy=remedy) for error in broken),
            *(each for stored_as in (name, *line.formerly) for each in self._edited(stored_as)),
            *examined.findings,
        ]
        entry = Entry(key, places, len(subject.frozen), examined.payloads, tuple(found))
        tasks = [(chained.stored_as, chained.version, stored) for chained, stored in examined.tasks]
        return _Look(today, entry, tasks)

    def _agreed(self, line: Line) -> Agreed:
        return Agreed(
            policy=self.config.policy_of(line.name),
            open_objects=self.config.open_objects,
            transitive=self.config.transitive,
            retained_from=self.config.event(line.name).retained_from,
            released=self._released((line.name, *line.formerly)),
            newer=self._newer(line),
            commands=self.commands,
        )

    def _edited(self, name: str) -> Iterator[Finding]:
        if self.baseline is not None:
            yield from edited(self.store, self.baseline, name)

    def _released(self, names: Iterable[str]) -> frozenset[int] | None:
        if self.baseline is None:
            return None
        return frozenset(version for name in names for version in self.baseline.versions(name))

    def _newer(self, line: Line) -> dict[int, SchemaSnapshot]:
        stores = [store for store in (self.baseline, self.store) if store is not None]
        return {
            version: store.schema(line.name, version)
            for store in stores
            if line.reads_up_to > line.version
            for version in store.versions(line.name)
            if version > line.version
        }

    def _parts(self, line: Line, today: SchemaSnapshot | None, agreed: Agreed) -> Iterator[bytes]:
        yield today.to_json() if today is not None else b""
        yield repr(attrs.asdict(agreed, recurse=False)).encode()
        yield from files_of(self.store, line)
        if self.baseline is not None:
            yield b"baseline"
            yield from files_of(self.baseline, line)

    def _gone(self, current: Mapping[str, SchemaSnapshot]) -> Iterator[Finding]:
        """The types that are frozen, here or in the baseline, and not declared."""
        stores = {name: store for store in (self.baseline, self.store) if store is not None for name in store.types()}
        for name, store in sorted(stores.items()):
            if self._wanted(name) and self.opened.current_name(name) is None:
                versions = store.versions(name)
                last = store.schema(name, versions[-1])
                subjects = [
                    Subject(self.opened, self.opened.lines[other], snapshot, {}) for other, snapshot in current.items()
                ]
                yield gone(
                    name, last, subjects, versions, shown_place(f"{store.label}/{store.path_of(name, versions[-1])}")
                )


def _captured(line: Line) -> SchemaSnapshot | None:
    if line.cls is None:
        return None
    return capture(line.cls, event_type=line.name, version=line.version, formerly=line.formerly)
