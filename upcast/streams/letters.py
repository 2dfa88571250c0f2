"""The dead letter: the entry as it was, and in front of it one field that tells why it is here."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
from collections.abc import Mapping, Sequence

import attrs
import msgspec

from upcast.streams._failure import Failure

__all__ = ["DeadLetter", "Letter"]

_FIELD = b"letter"
_VERSION = importlib.metadata.version("upcast-events")


class Letter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why an entry is in the dead letter office. No value of its payload is in here.

    Attributes:
        stream: The key of the stream it comes from.
        id: Its entry id there; the original's, also after it was replayed as a new entry.
        group: The consumer group that could not handle it.
        consumer: The name of the consumer on the server.
        host: The machine the consumer ran on.
        pid: The consumer's process.
        reason: Why it is here, as a slug.
        stage: How far it had come: `decode`, `version`, `upcast`, `validate`, `handler`, `crash` or `stream`.
        fingerprint: The same for letters with the same cause.
        problem: One line for a person.
        detail: A slug that says more than `reason`.
        attempts: How often it was tried.
        waits: How often it waited for a newer release.
        crashes: How many consumers in a row had died with it.
        replays: How often it had been replayed before, as far as is known.
        event_type: The type as stored, if it could be read.
        schema_version: The version as stored, if it could be read.
        event_id: The event's own id, if it has one.
        current_version: The newest version the consumer could read, where that was the problem.
        from_version: The version that the failing step starts from.
        step: The failing step.
        exception: The class of what was raised.
        causes: The classes of what that was raised from.
        frames: Where it was raised, as `function (file:line)`, innermost last.
        problems: What the class refuses, as `path: kind`.
        message: What the exception said, only with `record_messages=True`.
        handler: The handler concerned.
        index: Which part of a split was concerned.
        codec: The fingerprint of the codec that read it.
        upcast: The version of this library.
    """

    stream: str
    id: str
    group: str
    consumer: str = ""
    host: str = ""
    pid: int = 0
    reason: str
    stage: str
    fingerprint: str = ""
    problem: str = ""
    detail: str = ""
    attempts: int = 0
    waits: int = 0
    crashes: int = 0
    replays: int = 0
    event_type: str | None = None
    schema_version: int | None = None
    event_id: str | None = None
    current_version: int | None = None
    from_version: int | None = None
    step: str = ""
    exception: str = ""
    causes: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    message: str | None = None
    handler: str = ""
    index: int | None = None
    codec: str = ""
    upcast: str = _VERSION


_decode = msgspec.json.Decoder(Letter).decode


def letter_of(failure: Failure, **origin: str | int) -> Letter:
    """A letter about a failure; *origin* is what only the consumer knows: stream, id, group and the like."""
    return Letter(
        reason=failure.reason,
        stage=failure.stage,
        fingerprint=failure.fingerprint,
        problem=failure.problem,
        detail=failure.detail,
        event_type=failure.event_type,
        schema_version=failure.schema_version,
        event_id=failure.event_id,
        current_version=failure.current_version,
        from_version=failure.from_version,
        step=failure.step,
        exception=failure.exception,
        causes=failure.causes,
        frames=tuple(map(str, failure.frames)),
        problems=failure.problems,
        message=failure.message,
        handler=failure.handler,
        index=failure.index,
        **origin,  # type: ignore[arg-type]  # names and types are those of the call sites, two in number
    )


def letter_values(letter: Letter, entry: Sequence[bytes]) -> list[bytes]:
    """The values of the office's entry: our field, then the original's fields and values as they stood."""
    return [_FIELD, msgspec.json.encode(letter), *entry]


@attrs.frozen
class DeadLetter:
    """An entry of the dead letter office.

    Attributes:
        id: Its id in the office.
        letter: Why it is here.
        entry: The fields and values of the original, in turn and in its order, byte for byte. Empty if it vanished.
    """

    id: str
    letter: Letter
    entry: tuple[bytes, ...]

    @classmethod
    def read(cls, entry_id: bytes, values: Sequence[bytes]) -> DeadLetter:
        """Make one of an entry of the office; of what is no letter, too, since anybody can write there."""
        if values and values[0] == _FIELD:
            try:
                return cls(entry_id.decode(), _decode(values[1]), tuple(values[2:]))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                pass
        foreign = Letter(stream="", id="", group="", reason="no-letter", stage="stream", problem=_NO_LETTER)
        return cls(entry_id.decode(), foreign, tuple(values))

    @property
    def fields(self) -> Mapping[bytes, bytes]:
        """The original's fields, as a codec for `StreamEntry` reads them."""
        return dict(zip(self.entry[::2], self.entry[1::2], strict=True))

    @property
    def data(self) -> bytes | None:
        """The payload, byte for byte."""
        return self.fields.get(b"data")

    @property
    def at(self) -> dt.datetime:
        """When it came here, by the server's clock; the latest time there is for an id that lies beyond it."""
        try:
            return dt.datetime.fromtimestamp(int(self.id.partition("-")[0]) / 1000, dt.UTC)
        except (ValueError, OverflowError, OSError):
            return dt.datetime.max.replace(tzinfo=dt.UTC)


_NO_LETTER = "this entry was not written by a consumer of upcast"
