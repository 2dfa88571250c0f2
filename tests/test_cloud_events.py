"""CloudEvents 1.0 in structured mode, with the project's own SDK as the referee."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import json
from typing import Any

import attrs
import msgspec
import pydantic
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as SdkEvent

from upcast import (
    CloudEvent,
    Codec,
    EncodeError,
    Envelope,
    JsonEnvelope,
    Payload,
    RefusedEvent,
    Registry,
    RegistryError,
    StreamEntry,
)


class StructOrder(msgspec.Struct):
    order_id: str


class PydanticOrder(pydantic.BaseModel):
    order_id: str


@attrs.define
class AttrsOrder:
    order_id: str


@dataclasses.dataclass
class DataclassOrder:
    order_id: str


FAMILIES = [StructOrder, PydanticOrder, AttrsOrder, DataclassOrder]
SEEN: list[Envelope] = []


def codec_of(form: Any = None, *, cls: Any = StructOrder, **options: Any) -> Codec[Any]:
    """Version 2 of 2; the upcaster of version 1 notes its envelope."""
    events = Registry(**options)
    events.event("order.placed", version=2)(cls)

    @events.upcaster("order.placed", from_version=1, envelope=True)
    def name_id(payload: Payload, *, envelope: Envelope) -> Payload:
        SEEN.append(envelope)
        payload["order_id"] = payload.pop("id")
        return payload

    @events.downcaster("order.placed", to_version=1)
    def unname_id(payload: Payload) -> Payload:
        return {"id": payload["order_id"]}

    return events.codec(envelope=form or CloudEvent(source="/shop"))


CODEC = codec_of()
LAST = codec_of(CloudEvent(source="/shop", duplicates="last"))


def stored(*without: str, **members: Any) -> bytes:
    """An event as somebody wrote it."""
    usual = {"specversion": "1.0", "id": "8f1c", "source": "/s", "type": "order.placed", "schemaversion": "2"}
    everything = {**usual, "data": {"order_id": "A"}, **members}
    return json.dumps({key: value for key, value in everything.items() if key not in without}).encode()


def in_base64(payload: bytes) -> str:
    """Bytes as they stand in `data_base64`."""
    return base64.b64encode(payload).decode()


def refusal(raw: Any, codec: Codec[Any] = CODEC) -> tuple[str, str]:
    """Reason and detail of a refusal."""
    with pytest.raises(RefusedEvent) as caught:
        codec.decode(raw)
    return caught.value.reason, caught.value.detail


# --- the referee ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", FAMILIES)
@pytest.mark.parametrize("version", [1, 2])
def test_what_we_write_the_sdk_reads(cls: Any, version: int) -> None:
    """Every attribute reaches it as it was given."""
    codec = codec_of(CloudEvent(source="/shop", dataschema="https://example.com/{type}/{version}"), cls=cls)
    time = dt.datetime(2026, 5, 1, 8, 0, 0, 125000, dt.UTC)
    headers = {"subject": "A-1", "tenant": "ch", "sampled": True, "retries": 3}
    raw = codec.encode(cls(order_id="A"), version=version, id="8f1c", time=time, headers=headers)
    event = JSONFormat().read(None, raw)
    assert {
        "specversion": "1.0",
        "id": "8f1c",
        "source": "/shop",
        "type": "order.placed",
        "time": time,
        "datacontenttype": "application/json",
        "dataschema": f"https://example.com/order.placed/{version}",
        "schemaversion": str(version),
        **headers,
    } == event.get_attributes()
    assert {"order_id" if version == 2 else "id": "A"} == event.get_data()


@pytest.mark.parametrize("cls", FAMILIES)
@pytest.mark.parametrize("schemaversion", ["1", 1])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_what_the_sdk_writes_we_read(cls: Any, schemaversion: object, as_bytes: bool) -> None:
    """Payloads given as objects or as bytes, which it puts into `data_base64`; text and integer attributes."""
    codec = codec_of(cls=cls)
    payload: Any = b'{"id": "A"}' if as_bytes else {"id": "A"}
    attributes = {
        "id": "8f1c",
        "source": "/s",
        "type": "order.placed",
        "time": dt.datetime(2026, 5, 1, tzinfo=dt.UTC),
        "subject": "A-1",
        "datacontenttype": "application/json",
        "dataschema": "https://example.com/1",
        "schemaversion": schemaversion,
        "traceparent": "00-1",
    }
    raw = JSONFormat().write(SdkEvent(attributes, payload))
    assert (b"data_base64" in raw) == as_bytes
    assert cls(order_id="A") == codec.decode(raw)
    headers = {"source": "/s", "subject": "A-1", "dataschema": "https://example.com/1", "traceparent": "00-1"}
    assert Envelope("order.placed", 1, "8f1c", "2026-05-01T00:00:00Z", headers) == SEEN.pop()
    explained = codec.explain(raw)
    assert (1, "8f1c", (cls(order_id="A"),)) == (explained.schema_version, explained.event_id, explained.events)


def test_what_the_sdk_writes_of_ours_we_read() -> None:
    """There and back again, through its objects."""
    raw = CODEC.encode(StructOrder("A"), id="8f1c", headers={"tenant": "ch"})
    back = JSONFormat().write(JSONFormat().read(None, raw))
    assert StructOrder("A") == CODEC.decode(back)
    assert json.loads(raw).items() <= json.loads(back).items()


# --- reading --------------------------------------------------------------------------------------------------------


def test_the_members_that_are_needed() -> None:
    """Specversion, type, version and data make an event that can be read; `id` and `source` identify it."""
    assert StructOrder("A") == CODEC.decode(stored("id", "source"))


@pytest.mark.parametrize(
    ("raw", "reason", "detail"),
    [
        (b"", "malformed", "not-json"),
        (b"[]", "malformed", "not-an-object"),
        (b"{}", "malformed", "missing-field"),
        (b"{} x", "malformed", "not-json"),
        ("{}", "malformed", "not-bytes"),
        (stored("specversion"), "malformed", "missing-field"),
        (stored(specversion=None), "malformed", "missing-field"),
        (stored(specversion="0.3"), "malformed", "not-cloudevents"),
        (stored(specversion="1"), "malformed", "not-cloudevents"),
        (stored(specversion="1.0.2"), "malformed", "not-cloudevents"),
        (stored(specversion=1.0), "malformed", "not-cloudevents"),
        (stored(specversion=["1.0"]), "malformed", "not-cloudevents"),
        (stored("type"), "malformed", "missing-field"),
        (stored(type=None), "malformed", "wrong-type"),
        (stored("data"), "malformed", "missing-field"),
        (stored(data=None), "malformed", "not-an-object"),
        (stored(data='{"order_id": "A"}'), "malformed", "not-an-object"),
        (stored(type="order.paid"), "unknown-type", ""),
        (stored("schemaversion"), "invalid-version", "unversioned"),
        (stored(schemaversion=None), "invalid-version", "unversioned"),
        (stored(schemaversion="3"), "newer-version", ""),
        (stored(schemaversion=3), "newer-version", ""),
        (stored(schemaversion="0"), "invalid-version", "not-a-version"),
        (stored(schemaversion=0), "invalid-version", "not-a-version"),
        (stored(schemaversion=-2), "invalid-version", "not-a-version"),
        (stored(schemaversion=""), "invalid-version", "not-a-version"),
        (stored(schemaversion="02"), "invalid-version", "not-a-version"),
        (stored(schemaversion="+2"), "invalid-version", "not-a-version"),
        (stored(schemaversion=" 2"), "invalid-version", "not-a-version"),
        (stored(schemaversion="2\n"), "invalid-version", "not-a-version"),
        (stored(schemaversion="2.0"), "invalid-version", "not-a-version"),
        (stored(schemaversion="v2"), "invalid-version", "not-a-version"),
        (stored(schemaversion="\u0662"), "invalid-version", "not-a-version"),
        (stored(schemaversion="9" * 5000), "invalid-version", "not-a-version"),
        (stored(schemaversion=2.0), "invalid-version", "not-a-version"),
        (stored(schemaversion=True), "invalid-version", "not-a-version"),
        (stored(schemaversion=[2]), "invalid-version", "not-a-version"),
        (stored().replace(b'"A"', b"1" * 4301), "oversize", "digits"),
        (stored(note="x" * 1_048_576), "oversize", "bytes"),
        (stored().replace(b"8f1c", b"\xff"), "malformed", "not-utf8"),
    ],
)
@pytest.mark.parametrize("codec", [CODEC, LAST])
def test_what_is_wrong_with_a_cloud_event_is_named(codec: Codec[Any], raw: Any, reason: str, detail: str) -> None:
    """Each way to be no event has its own reason, and explain agrees."""
    assert (reason, detail) == refusal(raw, codec)
    error = codec.explain(raw).error
    assert error is not None
    assert (reason, detail) == (error.reason, error.detail)


@pytest.mark.parametrize(
    ("members", "reason", "version"),
    [
        ({"data": {}}, "class-refused", 2),
        ({"schemaversion": "3"}, "newer-version", 3),
        ({"schemaversion": "02"}, "invalid-version", None),
        ({"schemaversion": 2.5}, "invalid-version", None),
        ({"data": None, "data_base64": in_base64(b"{}")}, "class-refused", 2),
    ],
)
def test_a_refusal_names_the_event(members: dict[str, Any], reason: str, version: int | None) -> None:
    """Type, version and id are shown as they are stored, a version as the number it is."""
    with pytest.raises(RefusedEvent) as caught:
        CODEC.decode(stored(**members))
    error = caught.value
    assert (reason, "order.placed", "8f1c") == (error.reason, error.event_type, error.event_id)
    assert version == error.schema_version


def test_unversioned_history_may_tell_its_version_by_other_attributes() -> None:
    """A house that kept the version in `dataschema` says so once."""

    def by_schema(envelope: Envelope) -> int:
        return int(envelope.headers["dataschema"].rsplit("/", 1)[1])

    codec = codec_of(unversioned=by_schema)
    raw = stored("schemaversion", dataschema="https://example.com/order/1", data={"id": "A"})
    assert StructOrder("A") == codec.decode(raw)
    assert SEEN.pop().schema_version is None
    assert ("invalid-version", "unversioned") == refusal(stored("schemaversion"), codec)


def test_headers_are_all_other_attributes_that_are_set() -> None:
    """Null means not set; what is about the wire is not the event's."""
    more = {"datacontenttype": "application/json", "subject": None, "tenant": "ch", "n": 1, "odd": {"x": [1]}}
    CODEC.decode(stored(schemaversion="1", data={"id": "A"}, **more))
    assert {"source": "/s", "tenant": "ch", "n": 1, "odd": {"x": [1]}} == SEEN.pop().headers


# --- a payload in Base64 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [None, "application/json", "Application/JSON; charset=utf-8", "text/json", "a/b.c+json"]
)
def test_a_payload_in_base64_is_read_if_it_is_json(kind: str | None) -> None:
    """As the content type says, or as it says nothing."""
    raw = stored("data", data_base64=in_base64(b'{"order_id": "A"}'), datacontenttype=kind)
    assert StructOrder("A") == CODEC.decode(raw) == LAST.decode(raw)


@pytest.mark.parametrize(
    ("members", "reason", "detail"),
    [
        ({"datacontenttype": "application/xml"}, "malformed", "not-json"),
        ({"datacontenttype": "application/jsonl"}, "malformed", "not-json"),
        ({"datacontenttype": "x" * 10_000 + "json"}, "malformed", "not-json"),
        ({"datacontenttype": 5}, "malformed", "not-json"),
        ({"data_base64": "{}"}, "malformed", "wrong-type"),
        ({"data_base64": "e30"}, "malformed", "wrong-type"),
        ({"data_base64": "\u20ac"}, "malformed", "wrong-type"),
        ({"data_base64": 5}, "malformed", "wrong-type"),
        ({"data_base64": ["e30="]}, "malformed", "wrong-type"),
        ({"data_base64": None}, "malformed", "missing-field"),
        ({"data": {}}, "malformed", "duplicate-key"),
        ({"data_base64": in_base64(b'{}, "type": "other", "x": {}')}, "malformed", "not-json"),
        ({"data_base64": in_base64(b"\xff")}, "malformed", "not-utf8"),
        ({"data_base64": in_base64(b"[]")}, "malformed", "not-an-object"),
        ({"data_base64": in_base64(b'{"x": NaN}')}, "malformed", "not-json"),
        ({"data_base64": in_base64(b'{"x": %s}' % (b"[" * 600 + b"]" * 600))}, "oversize", "depth"),
        ({"data_base64": in_base64(b'{"x": %s}' % (b"1" * 4301))}, "oversize", "digits"),
        ({"data_base64": in_base64(b"{}"), "specversion": "0.3"}, "malformed", "not-cloudevents"),
        ({"data_base64": in_base64(b"{}"), "specversion": None}, "malformed", "missing-field"),
        ({"data_base64": in_base64(b"{}"), "type": 5}, "malformed", "wrong-type"),
        ({"data_base64": in_base64(b"{}"), "schemaversion": "02"}, "invalid-version", "not-a-version"),
        ({"data_base64": in_base64(b"{}"), "schemaversion": 2.0}, "invalid-version", "not-a-version"),
    ],
)
def test_what_is_wrong_with_a_payload_in_base64_is_named(members: dict[str, Any], reason: str, detail: str) -> None:
    """It meets the same bounds and rules as one in `data`, and nothing in it can pose as the envelope."""
    usual = {"data_base64": in_base64(b'{"order_id": "A"}')}
    assert (reason, detail) == refusal(stored(*({"data"} - members.keys()), **{**usual, **members}))


def test_data_that_is_null_is_not_there() -> None:
    """Some writers write both members, one of them null."""
    assert StructOrder("A") == CODEC.decode(stored(data_base64=None))
    assert StructOrder("A") == CODEC.decode(stored(data=None, data_base64=in_base64(b'{"order_id": "A"}')))


# --- duplicates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "twice"),
    [
        (b'"type": "order.placed"', b'"type": "other", "type": "order.placed"'),
        (b'"schemaversion": "2"', b'"schemaversion": "1", "schemaversion": "2"'),
        (b'"schemaversion": "2"', b'"schemaversion": 7, "schemaversi\\u006fn": "2"'),
        (b'"specversion": "1.0"', b'"specversion": "1.0", "specversion": "1.0"'),
        (b'"data": ', b'"data": {}, "data": '),
        (b'"data": ', b'"data_base64": null, "data_base64": null, "data": '),
    ],
)
def test_a_member_that_stands_twice_is_refused(member: bytes, twice: bytes) -> None:
    """Unless the last one is asked for."""
    raw = stored().replace(member, twice)
    assert raw != stored()
    assert ("malformed", "duplicate-key") == refusal(raw)
    assert StructOrder("A") == LAST.decode(raw)


@pytest.mark.parametrize(
    "twice",
    [
        b'"type": "other", "type": "order.placed"',
        b'"specversion": "0.3", "type": "order.placed"',
        b'"schemaversion": "1", "type": "order.placed"',
        b'"data_base64": "e30=", "type": "order.placed"',
        b'"data": null, "data": null, "type": "order.placed"',
    ],
)
def test_a_member_that_stands_twice_beside_base64_is_refused(twice: bytes) -> None:
    """The detour does not lose the check."""
    raw = stored("data", "type", specversion="1.0", data_base64=in_base64(b'{"order_id": "A"}'))
    raw = raw.replace(b"{", b"{" + twice + b", ", 1)
    assert ("malformed", "duplicate-key") == refusal(raw)
    assert StructOrder("A") == LAST.decode(raw)


# --- writing --------------------------------------------------------------------------------------------------------


def test_known_answer_for_what_is_written() -> None:
    """The smallest event: no time, no schema, the version as text."""
    raw = CODEC.encode(StructOrder("A"), id="8f1c")
    assert {
        "specversion": "1.0",
        "id": "8f1c",
        "source": "/shop",
        "type": "order.placed",
        "schemaversion": "2",
        "datacontenttype": "application/json",
        "data": {"order_id": "A"},
    } == json.loads(raw)


def test_an_event_may_have_another_source() -> None:
    """One program may write for several, and what was read can be written again with its headers."""
    raw = CODEC.encode(StructOrder("A"), id="1", headers={"source": "/other", "subject": "A-1"})
    assert ("/other", "A-1") == (json.loads(raw)["source"], json.loads(raw)["subject"])


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "a CloudEvent needs an id: give encode(..., id=...)"),
        ({"id": ""}, "a CloudEvent needs an id: give encode(..., id=...)"),
        ({"time": "now"}, "the time of a CloudEvent is an RFC 3339 timestamp: give an aware datetime"),
        ({"time": "2026-05-01"}, "the time of a CloudEvent is an RFC 3339 timestamp: give an aware datetime"),
        ({"time": "2026-05-01T08:00:00"}, "the time of a CloudEvent is an RFC 3339 timestamp: give an aware datetime"),
        (
            {"time": "2026-05-01T08:00:00Z\n"},
            "the time of a CloudEvent is an RFC 3339 timestamp: give an aware datetime",
        ),
        *(
            ({"headers": {name: "x"}}, f"a header may not be called {name!r}")
            for name in ["specversion", "id", "type", "time", "datacontenttype", "dataschema", "schemaversion", "data"]
        ),
        *(
            (
                {"headers": {name: "x"}},
                f"a header of a CloudEvent has a name of lower-case letters and digits, not {name!r}",
            )
            for name in ("data_base64", "Tenant", "trace-parent", "", "\u00e9", "x\n", 5)
        ),
        ({"headers": {"source": ""}}, "the header 'source' of a CloudEvent is a string that is not empty"),
        ({"headers": {"subject": 5}}, "the header 'subject' of a CloudEvent is a string that is not empty"),
        ({"headers": {"n": 2**31}}, "the header 'n' is beyond the integers of CloudEvents: give it as a string"),
        ({"headers": {"n": -(2**31) - 1}}, "the header 'n' is beyond the integers of CloudEvents: give it as a string"),
        *(
            ({"headers": {"n": value}}, "the header 'n' of a CloudEvent is a string, a boolean or an integer")
            for value in (1.5, None, {}, [], b"x")
        ),
    ],
)
def test_what_would_be_no_cloud_event_is_not_written(options: dict[str, Any], problem: str) -> None:
    """The specification's rules, each told in a sentence."""
    with pytest.raises(EncodeError) as caught:
        CODEC.encode(StructOrder("A"), **({"id": "1"} | options if options else {}))
    assert ("invalid-argument", problem) == (caught.value.reason, caught.value.problem)


@pytest.mark.parametrize("time", ["2026-05-01T08:00:00Z", "2026-05-01t08:00:00.125+02:00", dt.datetime.now(dt.UTC)])
@pytest.mark.parametrize("number", [2**31 - 1, -(2**31), True, "", "\u20ac"])
def test_what_is_within_the_rules_is_written(time: Any, number: Any) -> None:
    """Bounds are inclusive."""
    raw = CODEC.encode(StructOrder("A"), id="1", time=time, headers={"n": number})
    assert number == json.loads(raw)["n"]
    assert StructOrder("A") == CODEC.decode(raw)


def test_rows_need_no_id() -> None:
    """A store that keeps type and version in columns has no envelope."""
    assert ("order.placed", 2, b'{"order_id":"A"}') == CODEC.encode_payload(StructOrder("A"))


def test_one_registry_serves_other_envelopes_too() -> None:
    """The plans are the same behind each."""
    for form in (JsonEnvelope(), StreamEntry()):
        other = CODEC.with_envelope(form)
        assert StructOrder("A") == other.decode(other.encode(StructOrder("A")))
        assert other.with_envelope(CloudEvent(source="/shop")).encode(StructOrder("A"), id="1") == CODEC.encode(
            StructOrder("A"), id="1"
        )


@pytest.mark.parametrize("source", ["", None, 5, b"/shop"])
def test_a_source_is_needed(source: Any) -> None:
    """The specification requires one that is not empty."""
    with pytest.raises(RegistryError, match="give a URI reference"):
        CloudEvent(source=source)


@pytest.mark.parametrize("template", ["{verison}", "{}", "{", "{type.x}", 5])
def test_a_template_that_cannot_be_filled_is_refused(template: Any) -> None:
    """At build, not at the first event."""
    with pytest.raises(RegistryError, match=r"give a text with \{type\} and \{version\}"):
        CloudEvent(source="/shop", dataschema=template)


@pytest.mark.parametrize(
    ("template", "written"),
    [("urn:{type}:{version:03d}", "urn:order.placed:001"), ("/{version}", "/1"), ("/orders", "/orders")],
)
def test_a_template_is_filled_with_the_version_that_is_written(template: str, written: str) -> None:
    """It is a number, and each part may be left out."""
    raw = codec_of(CloudEvent(source="/shop", dataschema=template)).encode(StructOrder("A"), version=1, id="1")
    assert written == json.loads(raw)["dataschema"]


def test_a_format_is_a_value() -> None:
    """It says what was asked for and compares by it."""
    form = CloudEvent(source="/shop", dataschema="urn:x:{type}:{version}", duplicates="last")
    assert "CloudEvent(duplicates='last', source='/shop', dataschema='urn:x:{type}:{version}')" == repr(form)
    assert CloudEvent(source="/shop") == CloudEvent(source="/shop") != CloudEvent(source="/other")
