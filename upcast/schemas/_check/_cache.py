"""What was found last time, for types of which nothing has changed since.

The key of a type is a digest of everything that its findings hang on, so nothing is ever out of date: what changed
has another key. A cache that cannot be read counts as none.
"""

from __future__ import annotations

import functools
import json
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import attrs
import msgspec

from upcast._chain import SplitEdge
from upcast._fingerprint import fingerprint
from upcast._source import function_text
from upcast.schemas._check._sources import digest_of
from upcast.schemas._opened import Opened
from upcast.schemas.findings import Finding

__all__ = ["Cache", "Entry", "key_of"]

_FORMAT = 1


class Entry(msgspec.Struct, frozen=True):
    """What was found of one type.

    Attributes:
        key: The digest of what that hangs on.
        places: Where the class and the edges stood, which the findings name.
        versions: How many versions were looked at.
        payloads: How many payloads were run.
        findings: The findings, before suppressions.
        notes: What could not be done.
    """

    key: str
    places: str
    versions: int
    payloads: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


@attrs.define(eq=False)
class Cache:
    """The entries of a folder by event type."""

    folder: Path
    _entries: dict[str, Entry]

    @classmethod
    def read(cls, folder: Path) -> Cache:
        """Read it; empty where there is none that can be read."""
        try:
            found = msgspec.json.decode((folder / "check.json").read_bytes(), type=dict[str, Entry])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found = {}
        return cls(folder, found)

    def get(self, event_type: str, key: str, places: str) -> Entry | None:
        """What was found of a type while it had this key, if it still stands where the findings say."""
        found = self._entries.get(event_type)
        if found is None or found.key != key or (found.findings and found.places != places):
            return None
        return found

    def put(self, event_type: str, entry: Entry) -> None:
        """Note what was found of a type."""
        self._entries[event_type] = entry

    def write(self) -> None:
        """Write everything; a folder that cannot be written is left as it is, since nothing hangs on it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(msgspec.json.encode(self._entries))
            Path(file.name).replace(self.folder / "check.json")
        except OSError:
            return


def key_of(opened: Opened, event_type: str, parts: Iterable[bytes]) -> tuple[str, str]:
    """The key of a type, and where it stands.

    Args:
        opened: The registry.
        event_type: The type.
        parts: Everything else that its findings hang on: files, configuration, the schema snapshot of its class.
    """
    names = _reached(opened, event_type)
    lines = {name: opened.lines[name] for name in sorted(names)}
    doors = {name: opened.doors[name] for name in lines if name in opened.doors}
    downcasters = [
        [name, start, function_text(downcaster.function)]
        for name, line in lines.items()
        for start, downcaster in sorted(line.downcasters.items())
    ]
    places = [str(Path.cwd()), *(edge.where for line in lines.values() for edge in line.edges.values())]
    places += [opened.declarations[name].where for name in lines if name in opened.declarations]
    own = json.dumps([_FORMAT, fingerprint(lines, doors, None), downcasters, _versions()]).encode()
    return digest_of([own, *parts]).hex(), "\n".join(places)


def _reached(opened: Opened, event_type: str) -> set[str]:
    """A type and every type that it is split into, and so on."""
    found, waiting = {event_type}, [event_type]
    while waiting:
        for edge in opened.lines[waiting.pop()].edges.values():
            if isinstance(edge, SplitEdge):
                waiting += [name for name in edge.into if name not in found and name in opened.lines]
                found |= set(waiting)
    return found


@functools.cache
def _versions() -> list[str]:
    """What decides how classes and steps behave, besides themselves."""
    return [*map(version, ("upcast-events", "msgspec", "attrs", "pydantic", "pydantic-core")), sys.version]
