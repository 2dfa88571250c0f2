"""The format of CloudEvents 1.0, structured mode: a JSON object whose members are the attributes and the data."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import attrs
import msgspec

from upcast._bounds import check_bounds
from upcast._envelope import Envelope
from upcast._formats._format import Direct, Header
from upcast._formats._json_text import JsonFormat, check_repeats, decode_raw_members, header_value
from upcast.errors import EncodeError, InvalidVersion, MalformedEvent, RefusedEvent, RegistryError

__all__ = ["CloudEvent"]

_BASE64 = "data_base64"
_OWN = frozenset({"specversion", "id", "type", "time", "datacontenttype", "dataschema", "schemaversion", "data"})
_ATTRIBUTE = re.compile(r"[a-z0-9]+")
_DIGITS = re.compile(r"0|[1-9][0-9]{0,17}")
_JSON = re.compile(r"[a-z]+/([\w.-]+\+)?json\s*(;.*)?", re.IGNORECASE | re.DOTALL)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


@attrs.frozen
class CloudEvent(JsonFormat):
    """A CloudEvents 1.0 event in the JSON format, with the version as the extension attribute `schemaversion`.

    ```json
    {"specversion": "1.0", "id": "8f1c", "source": "/shop", "type": "order.placed", "schemaversion": "2",
     "datacontenttype": "application/json", "data": {"order_id": "A-1"}}
    ```

    The version is written as a string of ASCII digits; an integer is read too. A payload in `data_base64` is read if
    `datacontenttype` says that it is JSON, or nothing. Other attributes, `source` and `subject` among them, are the
    envelope's headers; `encode` takes a string, a boolean or an integer for each.

    Attributes:
        source: The `source` of what is written, where the headers of an event name no other.
        dataschema: A template for the `dataschema` of what is written, such as
            `"https://schemas.example.com/{type}/{version}"`; without one there is none.
        duplicates: As in `JsonEnvelope`.
    """

    source: str = attrs.field(kw_only=True)
    dataschema: str | None = attrs.field(default=None, kw_only=True)
    type: str = attrs.field(default="type", init=False, repr=False)
    schema_version: str = attrs.field(default="schemaversion", init=False, repr=False)
    id: str = attrs.field(default="id", init=False, repr=False)
    time: str = attrs.field(default="time", init=False, repr=False)

    # An attribute that is null is not set. What has a payload in Base64 is told apart by not being decoded.
    _version_type: ClassVar[Any] = int | str | None | msgspec.UnsetType
    _further_fields: ClassVar[tuple[tuple[str, Any, Any], ...]] = (
        ("specversion", Literal["1.0"], msgspec.field()),
        (_BASE64, None | msgspec.UnsetType, msgspec.field(default=msgspec.UNSET)),
    )

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.source, str) or not self.source:
            raise RegistryError(f"CloudEvent(source={self.source!r}): give a URI reference such as '/shop'")
        if self.dataschema is not None:
            try:
                self.dataschema.format(type="type", version=1)
            except (AttributeError, LookupError, ValueError):
                raise RegistryError(
                    f"CloudEvent(dataschema={self.dataschema!r}): give a text with {{type}} and {{version}}"
                ) from None

    @property
    def stamped(self) -> None:
        """The payload carries no header."""
        return None

    def reader(self, max_bytes: int) -> Callable[[bytes], Header]:
        """See `Format.reader`."""
        read_header = self._reader(max_bytes, "data")

        def read(raw: bytes) -> Header:
            event_type, version, payload = read_header(raw)
            version = _number(version)
            if isinstance(version, str):
                problem = "'schemaversion' is not in canonical digits"
                raise InvalidVersion(problem, detail="not-a-version", event_type=event_type)
            return event_type, version, payload

        return read

    def decoder(
        self, direct: Direct, max_bytes: int, otherwise: Callable[[bytes], object]
    ) -> Callable[[bytes], object]:
        """See `Format.decoder`."""
        table = {
            name: {**versions, **{str(version): decode for version, decode in versions.items()}}
            for name, versions in direct.items()
        }
        return self._decoder(table, max_bytes, otherwise, "data")

    def _read_odd(self, raw: bytes, data: str | None, read: Callable[[bytes], Header]) -> Header:
        members = _members(raw)
        encoded, plain, kind = (
            header_value(bytes(members.pop(name, b"null"))) for name in (_BASE64, "data", "datacontenttype")
        )
        if encoded is None:
            raise self._refusal(raw, data)
        if self.duplicates == "refuse":
            check_repeats(raw, [_BASE64, "data", "specversion", "type", "schemaversion"])
        if plain is not None:
            raise MalformedEvent(f"the event has both 'data' and {_BASE64!r}", detail="duplicate-key")
        if kind is not None and not (isinstance(kind, str) and _JSON.fullmatch(kind)):
            raise MalformedEvent(f"what {_BASE64!r} holds is no JSON, says 'datacontenttype'", detail="not-json")
        payload = _decoded(encoded)
        check_bounds(payload, len(raw))
        # Everything else is judged as if the payload stood in its usual place.
        event_type, version, _ = read(msgspec.json.encode({**members, "data": {}}))
        return event_type, version, payload

    def _refusal(self, raw: bytes, data: str | None) -> RefusedEvent:
        members = _members(raw)
        specversion = header_value(bytes(members.get("specversion", b"null")))
        if members and specversion is None:
            return MalformedEvent("the event has no 'specversion', so it is no CloudEvent", detail="missing-field")
        if members and specversion != "1.0":
            return MalformedEvent("the event's 'specversion' is not '1.0'", detail="not-cloudevents")
        return super()._refusal(raw, data)

    def envelope(self, raw: bytes) -> Envelope:
        """See `Format.envelope`."""
        found = self._envelope(raw, "data")
        own = ("specversion", "datacontenttype", _BASE64)
        headers = {name: value for name, value in found.headers.items() if value is not None and name not in own}
        return Envelope(found.type, _number(found.schema_version), found.id, found.time, headers)

    def write(self, envelope: Envelope, payload: bytes) -> bytes:
        """See `Format.write`."""
        problem = self._unwritable(envelope)
        if problem:
            raise EncodeError("invalid-argument", problem, event_type=envelope.type)
        members: dict[str, Any] = {"specversion": "1.0", "source": self.source, **self._header_members(envelope)}
        members |= {"schemaversion": str(envelope.schema_version), "datacontenttype": "application/json"}
        if self.dataschema is not None:
            members["dataschema"] = self.dataschema.format(type=envelope.type, version=envelope.schema_version)
        return msgspec.json.encode({**members, **envelope.headers, "data": msgspec.Raw(payload)})

    def _unwritable(self, envelope: Envelope) -> str:
        """What the specification has against an envelope, or nothing."""
        if not envelope.id:
            return "a CloudEvent needs an id: give encode(..., id=...)"
        if envelope.time is not None and not _TIMESTAMP.fullmatch(envelope.time):
            return "the time of a CloudEvent is an RFC 3339 timestamp: give an aware datetime"
        return next(filter(None, (_unwritable_header(*header) for header in envelope.headers.items())), "")


def _unwritable_header(name: object, value: object) -> str:
    if name in _OWN:
        return f"a header may not be called {name!r}"
    if not (isinstance(name, str) and _ATTRIBUTE.fullmatch(name)):
        return f"a header of a CloudEvent has a name of lower-case letters and digits, not {name!r}"
    if name in {"source", "subject"} and not (value and isinstance(value, str)):
        return f"the header {name!r} of a CloudEvent is a string that is not empty"
    if type(value) is int and not -(2**31) <= value < 2**31:
        return f"the header {name!r} is beyond the integers of CloudEvents: give it as a string"
    if not isinstance(value, str | int):
        return f"the header {name!r} of a CloudEvent is a string, a boolean or an integer"
    return ""


def _members(raw: bytes) -> dict[str, msgspec.Raw]:
    """The members of an event, none if it is no JSON object."""
    try:
        return decode_raw_members(raw)
    except (msgspec.DecodeError, RecursionError):
        return {}


def _decoded(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError):
        pass
    raise MalformedEvent(f"{_BASE64!r} is not Base64", detail="wrong-type")


def _number(version: Any) -> Any:
    """A version that is written in canonical digits as a number; anything else as it is."""
    return int(version) if isinstance(version, str) and _DIGITS.fullmatch(version) else version
