"""The wire formats: what an envelope is, and what is wrong with one that is none."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from upcast import (
    Codec,
    EncodeError,
    Envelope,
    Flat,
    JsonEnvelope,
    RefusedEvent,
    Registry,
    RegistryError,
    StreamEntry,
)


class Event(msgspec.Struct):
    """Today's class."""

    x: int = 0


def codec_of(envelope: Any, **options: Any) -> Codec[Any]:
    """A codec of one type in version 2."""
    events = Registry(**options)
    events.event("e", version=2)(Event)
    events.unchanged("e", from_version=1)
    return events.codec(envelope=envelope)


def refusal(codec: Codec[Any], raw: Any) -> tuple[str, str]:
    """Reason and detail of a refusal."""
    with pytest.raises(RefusedEvent) as caught:
        codec.decode(raw)
    return caught.value.reason, caught.value.detail


JSON = codec_of(JsonEnvelope())
FLAT = codec_of(Flat())
STREAM = codec_of(StreamEntry())


@pytest.mark.parametrize(
    ("raw", "reason", "detail"),
    [
        (b"", "malformed", "not-json"),
        (b"  ", "malformed", "not-json"),
        (b"\xef\xbb\xbf{}", "malformed", "not-json"),
        (b'{"type": "e"}{}', "malformed", "not-json"),
        (b'{"type": "e", "schema_version": 1, "data": {}} x', "malformed", "not-json"),
        (b"[]", "malformed", "not-an-object"),
        (b"null", "malformed", "not-an-object"),
        (b"{}", "malformed", "missing-field"),
        (b'{"type": "e", "schema_version": 1}', "malformed", "missing-field"),
        (b'{"type": 5, "schema_version": 1, "data": {}}', "malformed", "wrong-type"),
        (b'{"type": "e", "data": {}}', "invalid-version", "unversioned"),
        (b'{"type": "e", "schema_version": null, "data": {}}', "invalid-version", "not-a-version"),
        (b'{"type": "e", "schema_version": true, "data": {}}', "invalid-version", "not-a-version"),
        (b'{"type": "e", "schema_version": 1.0, "data": {}}', "invalid-version", "not-a-version"),
        (b'{"type": "e", "schema_version": "1", "data": {}}', "invalid-version", "not-a-version"),
        (b'{"type": "e", "schema_version": [1], "data": {}}', "invalid-version", "not-a-version"),
        (b'{"type": "e", "schema_version": 0, "data": {}}', "invalid-version", "not-a-version"),
        (b'{"type": "e", "schema_version": -1, "data": {}}', "invalid-version", "not-a-version"),
        (b'{"type": "e", "schema_version": 3, "data": {}}', "newer-version", ""),
        (b'{"type": "e", "schema_version": 1000000000000000000000000000000, "data": {}}', "newer-version", ""),
        (b'{"type": "E", "schema_version": 1, "data": {}}', "unknown-type", ""),
        (b'{"type": "__class__", "schema_version": 1, "data": {}}', "unknown-type", ""),
        (b'{"type": "e", "schema_version": 1, "data": []}', "malformed", "not-an-object"),
        (b'{"type": "e", "schema_version": 1, "data": null}', "malformed", "not-an-object"),
        (b'{"type": "e", "schema_version": 2, "data": []}', "malformed", "not-an-object"),
        (b'{"type": "e", "schema_version": 2, "data": {"x": NaN}}', "malformed", "not-json"),
        (b'{"type": "e", "schema_version": 1, "data": {"z": %s}}' % (b"1" * 4301), "oversize", "digits"),
        (b'{"type": "e", "schema_version": 2, "data": {"z": "\xff"}}', "malformed", "not-utf8"),
        ("{}", "malformed", "not-bytes"),
        (None, "malformed", "not-bytes"),
    ],
)
def test_what_is_wrong_with_a_json_envelope_is_named(raw: Any, reason: str, detail: str) -> None:
    """Each way to be no event has its own reason."""
    assert (reason, detail) == refusal(JSON, raw)


@pytest.mark.parametrize(
    ("fields", "reason", "detail"),
    [
        ({}, "malformed", "missing-field"),
        ({b"type": b"e", b"schema_version": b"1"}, "malformed", "missing-field"),
        ({b"schema_version": b"1", b"data": b"{}"}, "malformed", "missing-field"),
        ({b"type": b"e", b"data": b"{}"}, "invalid-version", "unversioned"),
        ({b"type": b"e", b"schema_version": b"01", b"data": b"{}"}, "invalid-version", "not-a-version"),
        ({b"type": b"e", b"schema_version": b" 1", b"data": b"{}"}, "invalid-version", "not-a-version"),
        ({b"type": b"e", b"schema_version": b"+1", b"data": b"{}"}, "invalid-version", "not-a-version"),
        ({b"type": b"e", b"schema_version": b"1_0", b"data": b"{}"}, "invalid-version", "not-a-version"),
        ({b"type": b"e", b"schema_version": b"", b"data": b"{}"}, "invalid-version", "not-a-version"),
        ({b"type": b"e", b"schema_version": b"0", b"data": b"{}"}, "invalid-version", "not-a-version"),
        ({b"type": b"e", b"schema_version": "\u0661".encode(), b"data": b"{}"}, "invalid-version", "not-a-version"),
        ({b"type": b"e", b"schema_version": b"9" * 5000, b"data": b"{}"}, "invalid-version", "not-a-version"),
        ({b"type": b"e", b"schema_version": b"3", b"data": b"{}"}, "newer-version", ""),
        ({b"type": b"\xff", b"schema_version": b"1", b"data": b"{}"}, "malformed", "not-utf8"),
        ({b"type": b"e", b"schema_version": b"1", b"data": b"{}", b"h": b"\xff"}, "malformed", "not-utf8"),
        ({b"type": b"e", b"schema_version": b"1", b"data": b"{}", b"\xff": b""}, "malformed", "not-utf8"),
        ({b"type": b"e", b"schema_version": b"1", b"data": b""}, "malformed", "not-json"),
        ({"type": "e", "schema_version": "1", "data": "{}"}, "malformed", "not-bytes"),
        ({b"type": b"e", b"schema_version": 1, b"data": b"{}"}, "malformed", "not-bytes"),
        ({b"type": b"e", b"schema_version": b"1", b"data": "{}"}, "malformed", "not-bytes"),
        (b"{}", "malformed", "wrong-type"),
        (None, "malformed", "wrong-type"),
    ],
)
def test_what_is_wrong_with_a_stream_entry_is_named(fields: Any, reason: str, detail: str) -> None:
    """Each way to be no event has its own reason; a client with decode_responses is told so."""
    assert (reason, detail) == refusal(STREAM, fields)


@pytest.mark.parametrize("codec", [JSON, FLAT])
@pytest.mark.parametrize(
    "raw",
    [
        b'{"type": "x", "type": "e", "schema_version": 1, "data": {}}',
        b'{"type": "e", "schema_version": 9, "schema_version": 1, "data": {}}',
        b'{"type": "e", "schema_version": 1, "\\u0074ype": "e", "data": {}}',
        b'{"ty\\u0070e": "x", "schema_version": 1, "type": "e", "data": {"type": "\\u0041"}}',
    ],
)
def test_a_header_member_that_stands_twice_is_refused(codec: Codec[bytes], raw: bytes) -> None:
    """Two parsers might take different ones, also where a key is written with escapes."""
    assert ("malformed", "duplicate-key") == refusal(codec, raw)


def test_a_payload_that_stands_twice_is_refused() -> None:
    """The first of two payloads must not vanish."""
    assert ("malformed", "duplicate-key") == refusal(
        JSON, b'{"type": "e", "schema_version": 1, "data": {}, "data": {}}'
    )


@pytest.mark.parametrize(
    "data",
    [
        {"type": "card", "schema_version": 7, "data": {"type": {"type": 1}}},
        {"note": 'a "type" and "data"', "x": 5},
        {"note": '\u20ac \\ " {[', "list": [{"type": 1}, {"type": 2}]},
    ],
)
def test_header_names_inside_a_payload_are_no_duplicates(data: dict[str, Any]) -> None:
    """Only the header itself is looked at."""
    raw = json.dumps({"type": "e", "schema_version": 1, "data": data, "note": "type"}).encode()
    assert Event(x=data.get("x", 0)) == JSON.decode(raw)
    nested = json.dumps({"type": "e", "schema_version": 1, "inner": data}).encode()
    assert Event() == FLAT.decode(nested)


def test_duplicates_may_be_taken_as_parsers_do() -> None:
    """With duplicates="last" the last one counts."""
    codec = codec_of(JsonEnvelope(duplicates="last"))
    assert Event(x=2) == codec.decode(b'{"type": "x", "type": "e", "schema_version": 2, "data": {}, "data": {"x": 2}}')


def test_member_names_are_the_users() -> None:
    """An envelope of another house is read and written under its own names."""
    form = JsonEnvelope("event_type", "v", "event_id", "at", data="payload")
    codec = codec_of(form)
    raw = b'{"event_type":"e","v":2,"event_id":"1","at":"now","payload":{"x":1}}'
    assert Event(x=1) == codec.decode(raw)
    assert raw == codec.encode(Event(x=1), id="1", time="now")


@pytest.mark.parametrize("form", [JsonEnvelope(), Flat(), StreamEntry()])
def test_an_upcaster_sees_the_envelope_it_asks_for(form: Any) -> None:
    """Type, version, id, time and headers reach the function as stored."""
    seen: list[Envelope] = []
    events = Registry()
    events.event("e", version=2, formerly=["was"])(Event)

    @events.upcaster("e", from_version=1, envelope=True)
    def keep(payload: dict[str, Any], *, envelope: Envelope) -> dict[str, Any]:
        seen.append(envelope)
        return payload

    codec = events.codec(envelope=form)
    headers = {} if isinstance(form, Flat) else {"key": "k"}
    raw = codec.encode(Event(x=1), id="7", time="then", headers=headers)
    raw = (
        {**raw, b"type": b"was", b"schema_version": b"1"}
        if isinstance(raw, dict)
        else (raw.replace(b'"e"', b'"was"').replace(b":2", b":1"))
    )
    codec.decode(raw)
    assert [Envelope("was", 1, "7", "then", headers)] == seen


@pytest.mark.parametrize("form", [JsonEnvelope(), Flat(), StreamEntry()])
def test_what_is_written_is_read(form: Any) -> None:
    """An event and its envelope come back through the same format."""
    codec = codec_of(form)
    raw = codec.encode(Event(x=5), id="\u20ac", time="2026-01-01T00:00:00+00:00")
    assert Event(x=5) == codec.decode(raw)
    assert "\u20ac" == form.envelope(raw).id


def test_bytes_like_objects_are_bytes() -> None:
    """A client may hand over a bytearray or a memoryview."""
    raw = b'{"type": "e", "schema_version": 2, "data": {}}'
    assert Event() == JSON.decode(bytearray(raw)) == JSON.decode(memoryview(raw))  # type: ignore[arg-type]  # taken all the same


def test_one_codec_serves_stream_and_file() -> None:
    """The same plans read another envelope; flat events need their own."""
    stream = JSON.with_envelope(StreamEntry())
    stored = stream.encode(Event(x=1))
    assert Event(x=1) == stream.decode(stored) == JSON.decode(JSON.encode(Event(x=1)))
    assert (stream.fingerprint, StreamEntry()) == (JSON.fingerprint, stream.envelope)
    for one, other in ((JSON, Flat()), (FLAT, StreamEntry()), (FLAT, Flat("kind"))):
        with pytest.raises(RegistryError):
            one.with_envelope(other)


class Stamped(msgspec.Struct, kw_only=True):
    """A class that declares the header of flat events."""

    type: str = "e"
    schema_version: int = 2
    x: int = 0


def test_a_flat_class_meets_todays_type_and_version() -> None:
    """Whatever was stored, declared header members say what the object is."""
    events = Registry()
    events.event("e", version=2, formerly=["was"])(Stamped)
    events.upcaster("e", from_version=1)(lambda payload: {"x": payload["y"]})
    codec = events.codec(envelope=Flat())
    assert Stamped(x=3) == codec.decode(b'{"type": "was", "schema_version": 1, "y": 3}')
    assert Stamped(x=4) == codec.decode(b'{"type": "was", "schema_version": 2, "x": 4}')
    assert b'{"type":"e","schema_version":2,"id":"i","x":4}' == codec.encode(Stamped(x=4), id="i")


@pytest.mark.parametrize("name", ["type", "schema_version", "data", "id", "time"])
@pytest.mark.parametrize("form", [JsonEnvelope(), StreamEntry(), Flat()])
def test_a_header_takes_no_place_of_the_envelope(form: Any, name: str) -> None:
    """A header of that name would be lost, or take the place of what is stored."""
    with pytest.raises(EncodeError) as caught:
        codec_of(form).encode(Event(), headers={name: "x"})
    assert "invalid-argument" == caught.value.reason


@pytest.mark.parametrize("form", [JsonEnvelope(), StreamEntry(), Flat()])
@pytest.mark.parametrize(
    "header", [{"id": 5}, {"id": "\ud800"}, {"time": "\ud800"}, {"headers": {"h": "\ud800"}}, {"headers": {5: "x"}}]
)
def test_a_header_that_cannot_be_written_is_named(form: Any, header: dict[str, Any]) -> None:
    """No encoder error comes through."""
    if isinstance(form, JsonEnvelope) and header == {"headers": {5: "x"}}:
        assert codec_of(form).encode(Event(), **header)  # JSON writes the number as a name
        return
    with pytest.raises(EncodeError) as caught:
        codec_of(form).encode(Event(), **header)
    assert "invalid-argument" == caught.value.reason


class Identified(msgspec.Struct):
    """A flat class that holds its own id."""

    id: str


def test_a_flat_event_with_an_id_of_its_own_is_not_given_another() -> None:
    """Two ids for one event would make one of them vanish."""
    events = Registry()
    events.event("e", version=1)(Identified)
    codec = events.codec(envelope=Flat())
    assert b'"id":"a"' in codec.encode(Identified(id="a"), id="a")
    with pytest.raises(EncodeError):
        codec.encode(Identified(id="a"), id="b")


@pytest.mark.parametrize("names", [{"type": "x", "id": "x"}, {"type": ""}, {"data": "type"}, {"time": None}])
def test_each_member_of_an_envelope_has_a_name_of_its_own(names: dict[str, Any]) -> None:
    """An envelope that could not be told from itself is refused where it is written."""
    with pytest.raises(RegistryError):
        JsonEnvelope(**names)


def test_the_bound_counts_the_whole_stream_entry() -> None:
    """A small payload among megabytes of headers is oversize."""
    entry = {b"type": b"e", b"schema_version": b"2", b"data": b"{}", b"h": b"x" * 2**20}
    assert ("oversize", "bytes") == refusal(STREAM, entry)


@pytest.mark.parametrize("form", [JsonEnvelope(), Flat()])
def test_an_event_out_of_bounds_is_not_read_for_its_name(form: Any) -> None:
    """What refuses an event for its depth must not then parse it to tell its id."""
    deep = b"[" * 900 + b"]" * 900
    raw = b'{"id": "i", "type": "e", "schema_version": 2, "deep": %s, "data": {}}' % deep
    codec = codec_of(form)
    with pytest.raises(RefusedEvent) as caught:
        codec.decode(raw)
    assert ("oversize", "depth", None) == (caught.value.reason, caught.value.detail, caught.value.event_id)


def test_a_header_that_no_one_reads_refuses_nothing() -> None:
    """A number out of range in a header is handed over as it is written."""
    seen: list[Any] = []
    events = Registry()
    events.event("e", version=2)(Event)

    @events.upcaster("e", from_version=1, envelope=True)
    def look(payload: dict[str, Any], *, envelope: Envelope) -> dict[str, Any]:
        seen.append(envelope.headers["h"])
        return payload

    codec = events.codec()
    for version in (1, 2):
        raw = b'{"type": "e", "schema_version": %d, "h": 1e999, "data": {}}' % version
        assert Event() == codec.decode(raw)
        assert codec.explain(raw).error is None
    assert {"1e999"} == set(seen)
