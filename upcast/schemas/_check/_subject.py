"""One event type under check, and the retained versions it must still be able to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import attrs

from upcast._line import Line
from upcast.schemas._check._run import Chained
from upcast.schemas._opened import Opened
from upcast.schemas._rebuild import Refused, rebuild
from upcast.schemas._rebuild._refused import refusing
from upcast.schemas.errors import BrokenSchema
from upcast.schemas.shapes import SchemaSnapshot
from upcast.schemas.store import Fixture, SchemaStore

__all__ = ["EXAMPLE", "MADE_UP", "Past", "Stored", "Subject", "files_of", "subject_of", "taker"]


EXAMPLE = "example"
"""The name of a fixture that was made up, and that the class of its version took."""

MADE_UP = "made-up"
"""The name of a fixture that nobody recorded, of a version whose class was gone by then."""


@attrs.frozen
class Stored:
    """A payload as it may be stored.

    Attributes:
        payload: It.
        about: What it is to show: the pointer of the place that it probes, or empty.
        fixture: The path of the recorded file; empty for a payload that was made up.
    """

    payload: bytes
    about: str = ""
    fixture: str = ""


@attrs.frozen(eq=False)
class Subject:
    """One event type.

    Attributes:
        opened: The registry.
        line: Its version line.
        today: What its class is; None where the line ends in a split or drop.
        frozen: The frozen schema snapshots, by version: those under former names too.
        pasts: The retained versions before today's.
        recorded: The fixtures of today's version.
    """

    opened: Opened
    line: Line
    today: SchemaSnapshot | None
    frozen: Mapping[int, SchemaSnapshot]
    pasts: tuple[Past, ...] = ()
    recorded: tuple[Stored, ...] = ()

    @property
    def name(self) -> str:
        """The event type."""
        return self.line.name

    @property
    def decode(self) -> Callable[[bytes], object]:
        """The decoder of today's class; it raises `Refused`."""
        door = self.opened.doors[self.line.name]
        return refusing(door.decode, door.refusal)


@attrs.frozen(eq=False)
class Past:
    """A retained older version of a type.

    Attributes:
        chained: The way from it to today.
        schema: What was frozen of it.
        fixtures: What was recorded of it.
        goldens: What each of these was at later versions, by its name.
        takes: Whether its reader takes a payload, as far as the schema snapshot tells.
        gaps: The pointers of the places where code of its class had the last word, which is gone.
    """

    chained: Chained
    schema: SchemaSnapshot
    fixtures: tuple[Fixture, ...]
    goldens: Mapping[str, Mapping[int, bytes]]
    takes: Callable[[bytes], bool] = attrs.field(init=False)
    gaps: tuple[str, ...] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        rebuilt = rebuild(self.schema.reader, self.schema.family)
        object.__setattr__(self, "takes", _asking(rebuilt.decode))
        object.__setattr__(self, "gaps", rebuilt.gaps)

    @property
    def version(self) -> int:
        """Its version."""
        return self.chained.version

    @property
    def evidence(self) -> tuple[Fixture, ...]:
        """The payloads that were recorded: not what a freeze made up, which shows nothing of what is stored."""
        return tuple(fixture for fixture in self.fixtures if fixture.name not in {EXAMPLE, MADE_UP})


def taker(schema: SchemaSnapshot) -> Callable[[bytes], bool]:
    """Whether the reader of a frozen version takes a payload."""
    return _asking(rebuild(schema.reader, schema.family).decode)


def _asking(decode: Callable[[bytes], object]) -> Callable[[bytes], bool]:
    def takes(payload: bytes) -> bool:
        try:
            decode(payload)
        except Refused:
            return False
        return True

    return takes


def files_of(store: SchemaStore, line: Line) -> Iterator[bytes]:
    """Everything that is frozen and recorded of a type, also under its former names."""
    for stored_as in (line.name, *line.formerly):
        for version in store.versions(stored_as):
            yield f"{stored_as} {version}".encode()
            try:
                yield store.schema_bytes(stored_as, version)
                for fixture in store.fixtures(stored_as, version):
                    yield fixture.path.encode()
                    yield fixture.payload
                    for later, output in (store.golden(stored_as, version, fixture.name) or {}).items():
                        yield str(later).encode()
                        yield output
            except BrokenSchema as error:  # it is told of by those who look at the files themselves
                yield str(error).encode()


def subject_of(
    opened: Opened, line: Line, store: SchemaStore, today: SchemaSnapshot | None, retained_from: int
) -> tuple[Subject, list[BrokenSchema]]:
    """An event type with its retained versions, and what is wrong with files of it.

    Args:
        opened: The registry.
        line: The version line of the type.
        store: What is frozen.
        today: What its class is.
        retained_from: The oldest version that may still be stored.
    """
    frozen: dict[int, SchemaSnapshot] = {}
    pasts: list[Past] = []
    recorded: list[Stored] = []
    broken: list[BrokenSchema] = []
    for stored_as in (line.name, *line.formerly):
        # Under a former name the class may have been another one, of the same version too.
        last = line.version - 1 if line.cls is not None and stored_as == line.name else line.version
        for version in store.versions(stored_as):
            try:
                schema = store.schema(stored_as, version)
                fixtures = store.fixtures(stored_as, version)
                goldens = {fixture.name: store.golden(stored_as, version, fixture.name) or {} for fixture in fixtures}
            except BrokenSchema as error:
                broken.append(error)
                continue
            frozen.setdefault(version, schema)
            if retained_from <= version <= last:
                pasts.append(Past(Chained(opened, line, stored_as, version), schema, fixtures, goldens))
            elif version == line.version:
                recorded += (Stored(fixture.payload, fixture=fixture.path) for fixture in fixtures)
    return Subject(opened, line, today, frozen, tuple(pasts), tuple(recorded)), broken
