"""The format of Valkey stream entries."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

import attrs

from upcast._bounds import UNSCANNED_BYTES, check_bounds, check_long, check_utf8
from upcast._envelope import Envelope
from upcast._formats._format import Direct, Header
from upcast.errors import EncodeError, InvalidVersion, MalformedEvent, OversizeEvent

__all__ = ["StreamEntry", "StreamFields"]

StreamFields: TypeAlias = Mapping[bytes, bytes]
"""The fields of a stream entry, as a client without `decode_responses` returns them."""

FieldsT = TypeVar("FieldsT", bound=StreamFields)

_AROUND = len(b"typeschema_versiondata") + 200 + 18  # the longest type and version, with the names of all fields

_OWN_FIELDS = frozenset({b"type", b"schema_version", b"data", b"id", b"time"})


@attrs.frozen
class StreamEntry:
    """The fields of a Valkey stream entry: `type`, `schema_version`, `data`, optional `id` and `time`, headers.

    The version is written in ASCII digits without leading zeros. Field names and values are bytes, as a client
    without `decode_responses` returns them.
    """

    @property
    def stamped(self) -> None:
        """The payload carries no header."""
        return None

    def reader(self, max_bytes: int) -> Callable[[StreamFields], Header]:
        """See `Format.reader`."""

        def read(raw: StreamFields) -> Header:
            if not isinstance(raw, Mapping):
                raise MalformedEvent(f"expected a mapping of fields, got {type(raw).__name__}", detail="wrong-type")
            if not isinstance(raw.get(b"data"), bytes):
                raise _entry_refusal(raw)
            try:
                data = raw[b"data"]
                check_bounds(data, max_bytes)
                size = 0
                for name, value in raw.items():
                    size += len(name) + len(value)
                    if name != b"data" and not (name.isascii() and value.isascii()):
                        check_utf8(name)
                        check_utf8(value)
                if size > max_bytes:
                    raise OversizeEvent(f"{size} bytes exceed the limit of {max_bytes}", detail="bytes")
                event_type = raw[b"type"].decode()
            except (KeyError, TypeError, AttributeError):
                pass
            else:
                version = raw.get(b"schema_version")
                return event_type, None if version is None else _canonical_version(version, event_type), data
            raise _entry_refusal(raw)

        return read

    def decoder(
        self, direct: Direct, max_bytes: int, otherwise: Callable[[FieldsT], object]
    ) -> Callable[[FieldsT], object]:
        """See `Format.decoder`."""
        table = _by_fields(direct)
        short = _short(max_bytes)
        check = functools.partial(_check_entry, max_bytes)
        is_ascii = bytes.isascii  # called so, it refuses what is not bytes

        def decode(raw: FieldsT) -> object:
            try:
                data = raw[b"data"]
                # Three fields are those three, and a type and version that are in the table are within bounds.
                if not (len(raw) == 3 and len(data) <= short and is_ascii(data)):
                    check(raw, data)
                return table[raw[b"type"]][raw[b"schema_version"]](data)
            except MemoryError:
                raise
            except (Exception, SystemExit):  # noqa: S110  # whatever it is, it is named elsewhere
                pass
            return otherwise(raw)

        return decode

    def many(
        self, direct: Direct, max_bytes: int, decode: Callable[[FieldsT], object]
    ) -> Callable[[Sequence[FieldsT]], list[object]]:
        """See `Format.many`."""
        table = _by_fields(direct)
        limit = max_bytes - _AROUND

        def decode_many(batch: Sequence[FieldsT]) -> list[object]:
            try:
                texts = [raw[b"data"] for raw in batch]
                longest = max(map(len, texts))
                if longest > UNSCANNED_BYTES:
                    for data in texts:
                        if len(data) > UNSCANNED_BYTES:
                            check_long(data)
                if not all(map(bytes.isascii, texts)):
                    for data in texts:
                        check_utf8(data)
                # Three fields are the least there are; so what is three on average is three in each.
                if longest <= limit and sum(map(len, batch)) == 3 * len(batch):
                    return [
                        table[raw[b"type"]][raw[b"schema_version"]](data)
                        for raw, data in zip(batch, texts, strict=True)
                    ]
            except MemoryError:
                raise
            except (Exception, SystemExit):  # noqa: S110  # one by one, the first that is refused is told
                pass
            return list(map(decode, batch))

        return decode_many

    def envelope(self, raw: StreamFields) -> Envelope:
        """See `Format.envelope`."""
        fields = {name.decode(): value.decode() for name, value in raw.items() if name != b"data"}
        event_type = fields.pop("type")
        version = fields.pop("schema_version", None)
        return Envelope(
            event_type,
            None if version is None else int(version),
            fields.pop("id", None),
            fields.pop("time", None),
            fields,
        )

    def write(self, envelope: Envelope, payload: bytes) -> dict[bytes, bytes]:
        """See `Format.write`."""
        fields = {b"type": envelope.type.encode(), b"schema_version": b"%d" % (envelope.schema_version or 0)}
        if envelope.id is not None:
            fields[b"id"] = envelope.id.encode()
        if envelope.time is not None:
            fields[b"time"] = envelope.time.encode()
        headers = {name.encode(): _header_text(value).encode() for name, value in envelope.headers.items()}
        if taken := headers.keys() & _OWN_FIELDS:
            problem = f"a header may not be called {min(taken).decode()!r}"
            raise EncodeError("invalid-argument", problem, event_type=envelope.type)
        return {**headers, **fields, b"data": payload}


def _by_fields(direct: Direct) -> dict[bytes, dict[bytes, Callable[[bytes], object]]]:
    return {
        name.encode(): {b"%d" % version: decode for version, decode in versions.items()}
        for name, versions in direct.items()
    }


def _short(max_bytes: int) -> int:
    """How long a payload may be for its length to prove all bounds, those of the whole entry included."""
    return min(UNSCANNED_BYTES, max_bytes - _AROUND)


def _check_entry(max_bytes: int, raw: StreamFields, data: bytes) -> None:
    """Raise for an entry that is not within all bounds, or seldom is; what it raises tells nothing."""
    size = _AROUND
    if len(raw) > 3:
        around = [part for field in raw.items() if field[0] != b"data" for part in field]
        if not all(map(bytes.isascii, around)):
            raise ValueError
        size = sum(map(len, around)) + len(b"data")
    if size + len(data) > max_bytes:
        raise ValueError
    if not bytes.isascii(data):  # called so, it refuses what is not bytes
        check_utf8(data)
    if len(data) > UNSCANNED_BYTES:
        check_long(data)


def _header_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    raise TypeError("a header of a stream entry is text or an integer")


def _entry_refusal(raw: StreamFields) -> MalformedEvent:
    if any(not isinstance(part, bytes) for field in raw.items() for part in field):
        return MalformedEvent(
            "fields are not bytes: read the stream with a client that has decode_responses=False", detail="not-bytes"
        )
    missing = "type" if b"type" not in raw else "data"
    return MalformedEvent(f"the entry has no {missing!r}", detail="missing-field")


def _canonical_version(text: bytes, event_type: str) -> int:
    # `isdigit` on bytes knows ASCII digits only; the length keeps the conversion cheap.
    if text.isdigit() and len(text) <= 18 and (text[0] != 48 or text == b"0"):
        return int(text)
    raise InvalidVersion("'schema_version' is not in canonical digits", detail="not-a-version", event_type=event_type)
