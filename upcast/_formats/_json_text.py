"""What all formats of JSON text share: a header among the members of an object, each of them there once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import attrs
import msgspec

from upcast._bounds import UNSCANNED_BYTES, check_bounds
from upcast._envelope import Envelope
from upcast._formats._format import Direct, Header
from upcast._json import as_bytes, parse
from upcast.errors import InvalidVersion, MalformedEvent, RefusedEvent, RegistryError

__all__ = ["JsonFormat", "check_repeats", "decode_raw_members", "header_value"]

_BACKSLASH = 92  # a single byte is found much faster by its number
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[][{}:]', re.DOTALL)
decode_raw_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_string = msgspec.json.Decoder(str).decode


def _top_level_keys(text: bytes) -> list[str]:
    """The keys of a JSON object as often as they stand there: a parser reports each once."""
    keys: list[str] = []
    depth = 0
    before = b""
    for token in _TOKEN.findall(text):
        if token in b"{[":
            depth += 1
        elif token in b"}]":
            depth -= 1
        elif token == b":" and depth == 1:
            keys.append(_decode_string(before))
        before = token
    return keys


def _is_string(text: msgspec.Raw) -> bool:
    return bytes(text).startswith(b'"')


@attrs.frozen
class JsonFormat:
    """What all formats of JSON text share: the members of the header, and that none of them stands twice."""

    # What another format changes: the type of the version, and further members of the header.
    _version_type: ClassVar[Any] = int | msgspec.UnsetType
    _further_fields: ClassVar[tuple[tuple[str, Any, Any], ...]] = ()

    type: str = "type"
    schema_version: str = "schema_version"
    id: str = "id"
    time: str = "time"
    duplicates: Literal["refuse", "last"] = attrs.field(
        default="refuse", kw_only=True, validator=attrs.validators.in_(("refuse", "last"))
    )

    def __attrs_post_init__(self) -> None:
        names = self._names()
        if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
            raise RegistryError(f"{self!r}: give each member a name of its own")

    def _names(self) -> tuple[str, ...]:
        return self.type, self.schema_version, self.id, self.time

    def _header_decoder(self, data: str | None) -> Callable[[bytes], Any]:
        """What decodes a header; *data* is the member that holds the payload, None where the payload is everything."""
        # In the order in which they mostly stand: what may come next is looked for first.
        fields: list[tuple[str, Any, Any]] = [
            ("type", str, msgspec.field(name=self.type)),
            ("version", self._version_type, msgspec.field(name=self.schema_version, default=msgspec.UNSET)),
        ]
        if data:
            fields.append(("data", msgspec.Raw, msgspec.field(name=data)))
        fields += self._further_fields
        return msgspec.json.Decoder(msgspec.defstruct("Header", fields, kw_only=True, gc=False)).decode

    def _duplicate_check(self, data: str | None) -> Callable[[bytes, bytes], None]:
        """What refuses a text in which a member of the header stands twice; it takes the text and the payload."""
        keys = [self.type, self.schema_version] + ([data] if data else [])
        keys += [name for name, *_ in self._further_fields]
        may_repeat = _may_repeat([msgspec.json.encode(key) for key in keys])

        def check(raw: bytes, payload: bytes) -> None:
            # In what stands before a payload at the end there is little to search, and mostly nothing to find.
            end = len(raw) - len(payload) - 1 if data and raw.endswith(payload, 0, -1) else len(raw)
            # A key written with escapes is not seen by the search.
            if raw.find(_BACKSLASH, 0, end) >= 0 or may_repeat(raw, end):
                check_repeats(raw, keys)

        return check

    def _reader(self, max_bytes: int, data: str | None) -> Callable[[bytes], Header]:
        """A header reader; *data* as in `_header_decoder`."""
        decode = self._header_decoder(data)
        check_duplicates = self._duplicate_check(data) if self.duplicates == "refuse" else None

        def read(raw: bytes) -> Header:
            if type(raw) is not bytes:
                raw = as_bytes(raw)
            check_bounds(raw, max_bytes)
            try:
                header = decode(raw)
            except (msgspec.DecodeError, RecursionError):
                header = None
            if header is None:
                return self._read_odd(raw, data, read)
            payload = bytes(header.data) if data else raw
            if check_duplicates is not None:
                check_duplicates(raw, payload)
            return header.type, None if header.version is msgspec.UNSET else header.version, payload

        return read

    def _decoder(
        self,
        direct: Mapping[str, Mapping[Any, Callable[[bytes], object]]],
        max_bytes: int,
        otherwise: Callable[[bytes], object],
        data: str | None,
    ) -> Callable[[bytes], object]:
        """See `Format.decoder`; *data* as in `_header_decoder`."""
        decode_header = self._header_decoder(data)
        check_duplicates = self._duplicate_check(data) if self.duplicates == "refuse" else None
        short = min(UNSCANNED_BYTES, max_bytes)
        is_ascii = bytes.isascii  # called so, it refuses what is not bytes
        # A flat event is its own payload; of an envelope, msgspec's own decoders need no copy of the payload.
        of_part = direct if data is None else _of_parts(direct)

        def decode(raw: bytes) -> object:
            try:
                if not is_ascii(raw) or len(raw) > short:
                    check_bounds(raw, max_bytes)
                header = decode_header(raw)
                if check_duplicates is None:
                    return of_part[header.type][header.version](header.data if data else raw)
                payload = bytes(header.data) if data else raw
                check_duplicates(raw, payload)
                return direct[header.type][header.version](payload)
            except MemoryError:
                raise
            except (Exception, SystemExit):  # noqa: S110  # whatever it is, it is named elsewhere
                pass
            return otherwise(raw)

        return decode

    def many(
        self,
        direct: Direct,  # noqa: ARG002  # as in the protocol
        max_bytes: int,  # noqa: ARG002
        decode: Callable[[bytes], object],
    ) -> Callable[[Sequence[bytes]], list[object]]:
        """See `Format.many`."""
        return lambda batch: list(map(decode, batch))

    def _read_odd(
        self,
        raw: bytes,
        data: str | None,
        read: Callable[[bytes], Header],  # noqa: ARG002  # for subclasses
    ) -> Header:
        """Read a header that the decoder refused, where the format knows how by *read*, or raise why it refused."""
        raise self._refusal(raw, data)

    def _refusal(self, raw: bytes, data: str | None) -> RefusedEvent:
        """Name what is wrong with a header that could not be decoded."""
        try:
            members = decode_raw_members(raw)
        except msgspec.ValidationError:
            return MalformedEvent("the event is not a JSON object", detail="not-an-object")
        except (msgspec.DecodeError, RecursionError):
            return MalformedEvent("the event is not JSON", detail="not-json")
        for key in filter(None, (self.type, data)):
            if key not in members:
                return MalformedEvent(f"the envelope has no {key!r}", detail="missing-field")
        if not _is_string(members[self.type]):
            return MalformedEvent(f"{self.type!r} is not a string", detail="wrong-type")
        # A header with type and payload that still does not decode has a version that is no integer.
        event_type: str = _decode_string(members[self.type])
        return InvalidVersion(
            f"{self.schema_version!r} is not an integer", detail="not-a-version", event_type=event_type
        )

    def _envelope(self, raw: bytes, data: str | None) -> Envelope:
        # Only what stands around the payload is read: the payload's faults are not the envelope's.
        own = {self.type, self.schema_version, self.id, self.time}
        texts = decode_raw_members(as_bytes(raw)).items()
        members = {key: header_value(bytes(text)) for key, text in texts if key in own or (data and key != data)}
        event_type = members.pop(self.type)
        version = members.pop(self.schema_version, None)
        identity, time = (_as_text(members.pop(key, None)) for key in (self.id, self.time))
        return Envelope(event_type, version, identity, time, members)

    def _header_members(self, envelope: Envelope) -> dict[str, Any]:
        members: dict[str, Any] = {self.type: envelope.type, self.schema_version: envelope.schema_version}
        if envelope.id is not None:
            members[self.id] = envelope.id
        if envelope.time is not None:
            members[self.time] = envelope.time
        return members


def _may_repeat(keys: list[bytes]) -> Callable[[bytes, int], bool]:
    """Whether one of the keys may stand twice in a text before some place; False is certain."""
    first, second, *others = keys
    if not others:
        return lambda raw, end: raw.count(first, 0, end) > 1 or raw.count(second, 0, end) > 1
    third, *others = others
    if not others:  # written out: a loop takes longer than the search
        return lambda raw, end: (
            raw.count(first, 0, end) > 1 or raw.count(second, 0, end) > 1 or raw.count(third, 0, end) > 1
        )
    return lambda raw, end: any(raw.count(key, 0, end) > 1 for key in keys)


def _of_parts(
    direct: Mapping[str, Mapping[Any, Callable[[bytes], object]]],
) -> Mapping[str, Mapping[Any, Callable[[Any], object]]]:
    """The same decoders, for a `msgspec.Raw`."""

    def of_part(decode: Callable[[bytes], object]) -> Callable[[Any], object]:
        is_native = isinstance(getattr(decode, "__self__", None), msgspec.json.Decoder)
        return decode if is_native else lambda part: decode(bytes(part))

    return {
        name: {version: of_part(decode) for version, decode in versions.items()} for name, versions in direct.items()
    }


def header_value(text: bytes) -> Any:
    # A header that nobody reads must not refuse an event; what cannot be read is handed over as it is written.
    try:
        return parse(text)
    except MalformedEvent:
        return text.decode()


def _as_text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()


def check_repeats(raw: bytes, keys: list[str]) -> None:
    found = _top_level_keys(raw)
    for key in keys:
        if found.count(key) > 1:
            raise MalformedEvent(f"{key!r} stands twice in the envelope", detail="duplicate-key")
