"""The gate over all types of a registry: each looked at once, unless nothing of it has changed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs
import msgspec

from upcast.schemas._capture import capture
from upcast.schemas._check._cache import Cache, Entry, key_of
from upcast.schemas._check._defects import defect_finding
from upcast.schemas._check._elsewhere import Elsewhere
from upcast.schemas._check._findings import finding
from upcast.schemas._check._freshness import Commands, gone
from upcast.schemas._check._one import Agreed, examine, once
from upcast.schemas._check._released import edited
from upcast.schemas._check._run import Chained, shown_place
from upcast.schemas._check._spread import spread
from upcast.schemas._check._subject import Stored, Subject, files_of, subject_of
from upcast.schemas._opened import Opened
from upcast.schemas.config import GateConfig
from upcast.schemas.errors import SchemaError
from upcast.schemas.findings import Finding, Report
from upcast.schemas.store import SchemaStore

if TYPE_CHECKING:
    from upcast._line import Line
    from upcast.schemas.shapes import SchemaSnapshot

__all__ = ["Gate"]


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
class Gate:
    """A registry, what is frozen of it, and what it is held against.

    Attributes:
        opened: The registry.
        store: What is frozen.
        baseline: What is released; None where everything that is frozen counts as that.
        config: What `gate.toml` says.
        commands: How the commands that findings name are called.
        cache: What is known from before, if that is kept.
        sources: What the user's source lines are, for the cache.
        only: The types to look at; all of them where it is empty.
        progress: Called with the number of types that are done, and of all.
    """

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
