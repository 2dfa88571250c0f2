"""What a freeze writes besides schema snapshots: a payload of each version that has none, and what payloads become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from upcast._line import Line
from upcast.schemas._check._payloads import made_up
from upcast.schemas._check._run import Chained
from upcast.schemas._check._subject import EXAMPLE, MADE_UP, taker
from upcast.schemas._opened import Opened
from upcast.schemas.shapes import SchemaSnapshot
from upcast.schemas.store import Fixture, SchemaStore

__all__ = ["record"]


def record(opened: Opened, line: Line, store: SchemaStore, folder: Path, *, replace: bool) -> Iterator[str]:
    """Record a payload of each version that has none, and what each recorded payload is at later versions.

    What cannot be read by today's class is not recorded: check says what is wrong with it.

    Args:
        opened: The registry.
        line: The version line.
        store: The store in *folder*.
        folder: The folder of the frozen files.
        replace: Whether what was recorded for today's version is replaced, since that is not released.

    Yields:
        The path of each file that was written, relative to the folder.
    """
    for stored_as in (line.name, *line.formerly):
        for version in store.versions(stored_as):
            if version > line.version:
                continue
            chained = Chained(opened, line, stored_as, version)
            fixtures = store.fixtures(stored_as, version)
            if not fixtures:
                yield from _record_made_up(chained, store.schema(stored_as, version), store)
                fixtures = store.fixtures(stored_as, version)
            for fixture in fixtures:
                yield from _record_golden(chained, fixture, store, folder, replace=replace)


def _record_made_up(chained: Chained, schema: SchemaSnapshot, store: SchemaStore) -> Iterator[str]:
    takes = taker(schema)
    # One payload that has everything; of all that could be made the rest is run each time anyway.
    whole = [stored.payload for stored in made_up(schema) if not stored.about]
    for payload in sorted(whole, key=len, reverse=True):
        if takes(payload) and chained.run(payload).refusal is None:
            name = EXAMPLE if chained.version == chained.line.version else MADE_UP
            store.record(chained.stored_as, chained.version, name, payload)
            yield store.path_of(chained.stored_as, chained.version, fixture=name)
            return


def _record_golden(
    chained: Chained, fixture: Fixture, store: SchemaStore, folder: Path, *, replace: bool
) -> Iterator[str]:
    if chained.run(fixture.payload).refusal is not None:
        return
    made = chained.by_version(fixture.payload)
    recorded = dict(store.golden(chained.stored_as, chained.version, fixture.name) or {})
    path = fixture.golden_path
    last = chained.line.version
    if replace and last in recorded and recorded[last] != made.get(last):
        del recorded[last]
        (folder / path).unlink()
    if not made.keys() <= recorded.keys():
        added: Mapping[int, bytes] = {**made, **recorded}
        store.add_golden(chained.stored_as, chained.version, fixture.name, added)
        yield path
