"""The hot path of every format does what the careful path does, at every bound and with everything odd."""

from __future__ import annotations

import logging
import types
from collections import ChainMap, UserDict
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pydantic
import pytest

from readers.lanes import exact, outcome
from upcast import (
    CloudEvent,
    Codec,
    Flat,
    JsonEnvelope,
    NotOneEvent,
    OversizeEvent,
    RefusedEvent,
    Registry,
    StreamEntry,
    rename,
)
from upcast._bounds import MAX_DIGITS

LIMIT = 3000


class Event(msgspec.Struct):
    """Today's class."""

    x: Any = 0


class Model(pydantic.BaseModel):
    """Today's class, of pydantic."""

    x: Any = 0


SEEN: list[str] = []


class Raising(msgspec.Struct):
    """A class whose code raises what its payload names."""

    x: str = ""

    def __post_init__(self) -> None:
        """Raise it."""
        SEEN.append(self.x)
        if self.x:
            raise {"memory": MemoryError, "stop": KeyboardInterrupt, "exit": SystemExit, "odd": OSError}[self.x]


FORMS: dict[str, Any] = {
    "stream": StreamEntry(),
    "json": JsonEnvelope(),
    "json-last": JsonEnvelope(duplicates="last"),
    "flat": Flat(),
    "flat-last": Flat(duplicates="last"),
    "cloud": CloudEvent(source="/s"),
    "cloud-last": CloudEvent(source="/s", duplicates="last"),
}


@pytest.fixture(autouse=True)
def silence(caplog: pytest.LogCaptureFixture) -> None:
    """Refusals are logged, and here most are wanted."""
    caplog.set_level(logging.CRITICAL, logger="upcast")


def codec_of(form: Any, max_bytes: int = 1 << 20) -> Codec[Any]:
    """A codec of two types, each of three versions; `max_bytes` counts the whole stored event."""
    events = Registry()
    for name, cls in (("e", Event), ("m", Model), ("r", Raising)):
        events.event(name, version=3)(cls)
        events.unchanged(name, from_version=1)
        events.steps(name, rename("y", to="x"), from_version=2)
    events.drop("gone", from_version=1)
    return events.codec(envelope=form, max_bytes=max_bytes)


CODECS = {name: codec_of(form) for name, form in FORMS.items()}


def wire(name: str, payload: bytes, *, event_type: bytes = b'"e"', version: bytes = b"2", more: bytes = b"") -> Any:
    """A stored event, written without the library; *more* stands among the members of the header."""
    if name == "stream":
        assert not more
        return {b"type": event_type.strip(b'"'), b"schema_version": version, b"data": payload}
    if name.startswith("flat"):
        return b'{"type":%s,"schema_version":%s%s,%s' % (event_type, version, more, payload.lstrip()[1:])
    if name.startswith("cloud"):
        head = b'{"specversion":"1.0","id":"1","source":"/s","type":%s,"schemaversion":"%s"%s,"data":%s}'
        return head % (event_type, version, more, payload)
    return b'{"type":%s,"schema_version":%s%s,"data":%s}' % (event_type, version, more, payload)


def careful(codec: Codec[Any], raw: Any) -> Callable[[], Any]:
    """The careful path alone: nothing of the hot path runs."""
    return lambda: codec._decode_otherwise(raw)


def agree(codec: Codec[Any], raw: Any) -> Any:
    """Every way of reading gives what the careful path gives; returns that."""
    expected = outcome(careful(codec, raw))
    assert outcome(lambda: codec.decode(raw)) == expected
    assert outcome(lambda: codec.decode_many([raw])[0]) == expected
    (found,) = codec.decode_many([raw], return_errors=True)
    assert isinstance(found, RefusedEvent) == issubclass(expected[0], RefusedEvent)
    if expected[0] is NotOneEvent:
        assert codec.decode_all(raw) == []
    else:
        assert outcome(lambda: codec.decode_all(raw)[0][0]) == expected
    return expected


def refused(result: Any) -> bool:
    """Whether an outcome is a refusal."""
    return issubclass(result[0], RefusedEvent)


# --- bounds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [3, 4, 5])
@pytest.mark.parametrize("cls", [b"e", b"m"])
@pytest.mark.parametrize("limit", [300, 513, 700, LIMIT])
def test_the_exact_bound_of_a_stream_entry(fields: int, cls: bytes, limit: int) -> None:
    """One byte below the bound and on it pass, one above is refused, however many fields there are."""
    codec = codec_of(StreamEntry(), limit)
    around = {b"type": cls, b"schema_version": b"2", **dict([(b"id", b"1"), (b"h", b"v" * 20)][: fields - 3])}
    taken = sum(len(name) + len(value) for name, value in around.items()) + len(b"data") + len(b'{"y":""}')

    found = []
    for size in (limit - 1, limit, limit + 1):
        raw = {**around, b"data": b'{"y":"' + b"a" * (size - taken) + b'"}'}
        assert sum(len(name) + len(value) for name, value in raw.items()) == size
        found.append(refused(agree(codec, raw)))
    assert found == [False, False, True]


@pytest.mark.parametrize("name", [name for name in FORMS if name != "stream"])
@pytest.mark.parametrize("limit", [300, 512, 513, LIMIT])
def test_the_exact_bound_of_a_text(name: str, limit: int) -> None:
    """One byte below the bound and on it pass, one above is refused."""
    codec = codec_of(FORMS[name], limit)
    taken = len(wire(name, b'{"y":""}'))

    found = [
        refused(agree(codec, wire(name, b'{"y":"' + b"a" * (size - taken) + b'"}')))
        for size in (limit - 1, limit, limit + 1)
    ]
    assert found == [False, False, True]


def nests(depth: int, size: int = 0) -> bytes:
    """A payload of some depth, and of some length if that is more."""
    text = b'{"y":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"
    return text[:-1] + b" " * (size - len(text)) + b"}"


DEPTHS = {
    **{f"depth {depth}, {size} bytes": nests(depth, size)
       for depth in (199, 200, 201, 254, 255) for size in (0, 511, 512, 513, 1100)},
    **{f"depth {depth} and {wide} pairs of brackets": b'{"y":[' + b"[]," * wide + nests(depth - 2)[5:-1] + b"]}"
       for depth in (199, 200, 201, 202) for wide in (50, 54, 55, 56, 57, 58, 59, 300)},
    **{f"{count} opening brackets": b'{"y":[' + b",".join([b"[]"] * (count - 2)) + b"]}"
       for count in (511, 512, 513)},
    **{f"{count} brackets in a text": b'{"y":"' + b"[" * count + b'"}' for count in (199, 201, 511, 512, 513)},
    "brackets in a text after a quote": b'{"y":"\\"' + b"[" * 600 + b'"}',
    "brackets in a text after a backslash": b'{"y":"\\\\","x":"' + b"[" * 600 + b'"}',
    "deep after a backslash": b'{"y":"\\\\","z":' + b"[" * 201 + b"]" * 201 + b',"w":"' + b"[" * 400 + b'"}',
    "deep in what nobody reads": b'{"y":1,"z":' + b"[" * 201 + b"]" * 201 + b',"w":[' + b"[]," * 300 + b"1]}",
    "deep objects": b'{"y":' + b'{"a":' * 300 + b"1" + b"}" * 300 + b"}",
    "very deep": b'{"y":' + b"[" * 5000 + b"]" * 5000 + b"}",
}  # fmt: skip
NUMBERS = {
    **{f"{digits} digits after {before} bytes": b'{"z":"' + b"a" * before + b'","y":' + b"9" * digits + b"}"
       for digits in (MAX_DIGITS - 1, MAX_DIGITS, MAX_DIGITS + 1, 2 * MAX_DIGITS)
       for before in (0, 1, 100, 511, MAX_DIGITS - 12, MAX_DIGITS - 11, MAX_DIGITS - 1, MAX_DIGITS, MAX_DIGITS + 1)},
    "many digits in a text": b'{"y":"' + b"1" * 5000 + b'"}',
    "many digits in a text and in a number": b'{"z":"' + b"1" * 5000 + b'","y":' + b"1" * 4301 + b"}",
    "many digits that nobody reads": b'{"y":1,"z":' + b"1" * 4301 + b"}",
    "digits with a point": b'{"y":' + b"1" * 4300 + b"." + b"1" * 4300 + b"}",
    "digits with a long fraction": b'{"y":1.' + b"1" * 4301 + b"}",
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("payloads", [DEPTHS, NUMBERS], ids=["depth", "digits"])
def test_what_is_deep_or_long(name: str, payloads: dict[str, bytes]) -> None:
    """Depth and digits are refused where the careful path refuses them, alone and in a batch, in every version."""
    codec = CODECS[name]
    verdicts = set()
    for payload in payloads.values():
        for event_type in (b'"e"', b'"m"'):
            for version in (b"1", b"2", b"3"):
                raw = wire(name, payload, event_type=event_type, version=version)
                expected = agree(codec, raw)
                verdicts.add(expected[0])
                beside = wire(name, b'{"y":1}')
                assert outcome(lambda raw=raw, beside=beside: codec.decode_many([beside, raw])[1]) == expected
    assert {OversizeEvent, Event, Model} <= verdicts


# --- what is no text, or no ASCII -----------------------------------------------------------------------------------

ODD_BYTES = ("é".encode(), "😀".encode(), b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x00", b"\x7f", b"")


@pytest.mark.parametrize("odd", ODD_BYTES)
def test_odd_bytes_in_each_field_of_a_stream_entry(odd: bytes) -> None:
    """Names and values of headers, type, version and payload: read alike, alone and beside others."""
    codec = CODECS["stream"]
    usual = {b"type": b"e", b"schema_version": b"2", b"data": b'{"y":"a"}', b"id": b"1", b"h": b"v"}
    beside = {name: usual[name] for name in (b"type", b"schema_version", b"data")}
    for odd_field in (*usual, b"name"):
        raw = dict(usual)
        if odd_field == b"name":
            raw[b"k" + odd] = b"v"
        elif odd_field == b"data":
            raw[b"data"] = b'{"y":"a%s","%s":1}' % (odd, odd)
        else:
            raw[odd_field] += odd
        for fields in (raw, {name: raw[name] for name in raw if name in beside}):
            expected = agree(codec, fields)
            assert outcome(lambda fields=fields: codec.decode_many([beside, fields])[1]) == expected
            assert outcome(lambda fields=fields: codec.decode_many([fields, beside])[0]) == expected


@pytest.mark.parametrize("name", [name for name in FORMS if name != "stream"])
@pytest.mark.parametrize("odd", ODD_BYTES)
def test_odd_bytes_anywhere_in_a_text(name: str, odd: bytes) -> None:
    """Type, version, payload and what stands beside them: read alike."""
    codec = CODECS[name]
    for raw in (
        wire(name, b'{"y":"a%s"}' % odd),
        wire(name, b'{"y":1,"z%s":[]}' % odd),
        wire(name, b"{}", event_type=b'"e%s"' % odd),
        wire(name, b"{}", version=b"2" + odd),
        wire(name, b"{}", more=b',"h%s":1' % odd),
        wire(name, b"{}", more=b',"h":"%s"' % odd),
        odd + wire(name, b"{}"),
        wire(name, b"{}") + odd,
    ):
        agree(codec, raw)


# --- what is no bytes, or no mapping --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in FORMS if name != "stream"])
@pytest.mark.parametrize("made", [bytearray, memoryview, bytes.decode, list, lambda raw: None, lambda raw: 7])
def test_what_stands_in_the_place_of_bytes(name: str, made: Callable[[bytes], Any]) -> None:
    """Whatever holds bytes is read; text and everything else is refused by name, never an accident."""
    for payload in (b'{"y":1}', b'{"y":"' + b"a" * 600 + b'"}', b'{"y":"\xc3\xa9"}', b'{"y":"\xff"}'):
        try:
            raw = made(wire(name, payload))
        except UnicodeDecodeError:
            continue
        agree(CODECS[name], raw)


class Lazy(UserDict[bytes, bytes]):
    """A mapping that is no dict."""


class Loud(dict[bytes, bytes]):
    """A dict that makes up what is not there."""

    def __missing__(self, name: bytes) -> bytes:
        """Make it up."""
        return b"2"


MADE_UP = pytest.mark.xfail(reason="the hot path asks by [], the careful one by get", raises=AssertionError)
MAPPINGS = (
    *(Lazy, ChainMap, types.MappingProxyType, dict, lambda raw: list(raw.items()), lambda raw: None),
    pytest.param(Loud, marks=MADE_UP),
)


@pytest.mark.parametrize("made", MAPPINGS)
def test_what_stands_in_the_place_of_a_dict(made: Callable[[dict[bytes, bytes]], Any]) -> None:
    """Any mapping is an entry, and nothing else is; what a mapping makes up does not count."""
    usual = wire("stream", b'{"y":1}')
    for raw in (usual, {**usual, b"h": b"v"}, {**usual, b"h": b"\xff"}):
        agree(CODECS["stream"], made(raw))
        for missing in usual:
            agree(CODECS["stream"], made({name: value for name, value in raw.items() if name != missing}))


LIKE_BYTES = (bytearray(b'{"y":1}'), memoryview(b'{"y":1}'))


@pytest.mark.parametrize("field", [b"type", b"schema_version", b"data", b"h"])
@pytest.mark.parametrize("value", ["a", None, 2, [b"2"]])
def test_a_field_that_is_no_bytes(field: bytes, value: Any) -> None:
    """A value of another type is judged alike, and an unhashable one is no accident."""
    agree(CODECS["stream"], {**wire("stream", b'{"y":1}'), field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, value) for field in (b"type", b"schema_version", b"data") for value in LIKE_BYTES),
        (b"h", LIKE_BYTES[0]),
        (b"h", LIKE_BYTES[1]),
    ],
)
def test_a_field_that_is_like_bytes(field: bytes, value: Any) -> None:
    """What only looks like bytes is judged alike, one by one and in a batch."""
    agree(CODECS["stream"], {**wire("stream", b'{"y":1}'), field: value})


# --- type and version -----------------------------------------------------------------------------------------------

VERSIONS = (
    b"1",
    b"2",
    b"3",
    b"0",
    b"4",
    b"01",
    b"+1",
    b"-1",
    b" 1",
    b"1 ",
    b"x",
    b"",
    b"1.0",
    b"1e0",
    b"\xb2",
    b"9" * 30,
)
MORE_VERSIONS = (b"null", b"true", b'"1"', b'"2"', b"[2]", b'"x"', b"2.0")


@pytest.mark.parametrize("name", FORMS)
def test_versions(name: str) -> None:
    """Only what the format says is a version is one: in the table and beside it the same."""
    for version in VERSIONS + (() if name == "stream" else MORE_VERSIONS):
        for event_type in (b'"e"', b'"m"', b'"gone"', b'"unknown"'):
            agree(CODECS[name], wire(name, b'{"y":1}', version=version, event_type=event_type))


@pytest.mark.parametrize("name", [name for name in FORMS if name.startswith("cloud")])
def test_versions_of_cloud_events_may_be_numbers(name: str) -> None:
    """A version as an integer is read as one in digits; nothing else is."""
    for version in (b"2", b"true", b"2.0", b'"02"', b'"+2"', b"null", b'"2"'):
        agree(CODECS[name], wire(name, b'{"y":1}').replace(b'"schemaversion":"2"', b'"schemaversion":' + version))


@pytest.mark.parametrize("name", FORMS)
def test_types(name: str) -> None:
    """Unknown types, types that are no names and types that are dropped are judged alike."""
    for event_type in (b'"e"', b'"E"', b'""', b'"gone"', b'"e "', b'"%s"' % (b"e" * 300)):
        agree(CODECS[name], wire(name, b'{"y":1}', event_type=event_type))
    for event_type in () if name == "stream" else (b"1", b"null", b"[]", b'"\\u0065"', b'"\\ud800"'):
        agree(CODECS[name], wire(name, b'{"y":1}', event_type=event_type))


REPEATS = (
    *(b',"type":"m"', b',"schema_version":1', b',"data":{}', b',"\\u0074ype":"m"', b',"schema\\u005fversion":1'),
    *(b',"h":"\\"type\\":"', b',"h":{"type":"m","data":1}', b',"h":[{"type":1}]', b',"h":"type"', b',"d\\u0061ta":{}'),
    *(b',"specversion":"1.0"', b',"schemaversion":"1"', b',"data_base64":null', b',"data_base64":"e30="', b',"id":"2"'),
)


@pytest.mark.parametrize("name", [name for name in FORMS if name != "stream"])
@pytest.mark.parametrize("more", REPEATS)
def test_members_that_stand_twice(name: str, more: bytes) -> None:
    """A header member that stands twice, in whatever spelling, is refused or the last one taken, on both paths."""
    for payload in (b'{"y":1}', b'{"y":"\\\\"}', b'{"type":"m"}'):
        for event_type in (b'"e"', b'"m"'):
            agree(CODECS[name], wire(name, payload, more=more, event_type=event_type))
            text = wire(name, payload, event_type=event_type)
            agree(CODECS[name], text[:-1] + more + b"}")


def test_a_repeated_type_is_refused_in_every_spelling() -> None:
    """The hot path sees a key that is written with escapes."""
    for more in REPEATS[:5]:
        assert agree(CODECS["json"], wire("json", b"{}", more=more))[2:] == ("malformed", "duplicate-key")


# --- batches --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("place", [0, 3, 6])
@pytest.mark.parametrize("payload", [b"{", b"[]", nests(600), b'{"y":"\xff"}', b'{"y":' + b"1" * 4301 + b"}"])
def test_an_error_in_a_batch(name: str, place: int, payload: bytes) -> None:
    """The first refusal is raised, and with `return_errors` each stands in its place among the events."""
    codec = CODECS[name]
    batch = [wire(name, b'{"y":%d}' % number) for number in range(7)]
    batch[place] = wire(name, payload)
    last = wire(name, b"{}", version=b"9")

    assert outcome(lambda: codec.decode_many([*batch, last])) == outcome(careful(codec, batch[place]))
    found = codec.decode_many([*batch, last], return_errors=True)
    assert [isinstance(event, RefusedEvent) for event in found] == [n in (place, 7) for n in range(8)]
    assert [exact(event) for n, event in enumerate(found[:7]) if n != place] == [
        exact(Event(n)) for n in range(7) if n != place
    ]
    assert [outcome(careful(codec, raw))[1] for raw in (batch[place], last)] == [str(found[place]), str(found[7])]


@pytest.mark.parametrize("name", FORMS)
def test_batches_of_every_kind(name: str) -> None:
    """Nothing, a tuple, a generator: a batch is whatever can be walked, and its order is kept."""
    codec = CODECS[name]
    raws = [wire(name, b'{"y":%d}' % number, version=version) for number in range(4) for version in (b"1", b"2", b"3")]

    def one_by_one() -> Iterator[Any]:
        yield from raws

    expected = [exact(codec._decode_otherwise(raw)) for raw in raws]
    assert codec.decode_many([]) == []
    for batch in (raws, tuple(raws), one_by_one()):
        assert [exact(event) for event in codec.decode_many(batch)] == expected


def test_headers_in_a_batch_are_looked_at() -> None:
    """An entry with more fields than three is looked at as a whole, wherever it stands in a batch."""
    codec = CODECS["stream"]
    usual = wire("stream", b'{"y":1}')
    for odd in ({**usual, b"h": b"\xff"}, {**usual, b"\xff": b"h"}, {**usual, b"h": b"v" * (1 << 20)}):
        assert refused(agree(codec, odd))
        for batch in ([usual, odd, usual], [odd, usual], [usual, odd]):
            assert outcome(lambda batch=batch: codec.decode_many(batch)) == outcome(careful(codec, odd))


# --- what goes through ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("version", [b"1", b"2", b"3"])
@pytest.mark.parametrize(("word", "error"), [(b"memory", MemoryError), (b"stop", KeyboardInterrupt)])
def test_what_no_codec_may_keep_goes_through(
    name: str, version: bytes, word: bytes, error: type[BaseException]
) -> None:
    """Memory that is exhausted and an interrupt go through, and nothing is tried a second time."""
    codec = CODECS[name]
    raw = wire(name, b'{"%s":"%s"}' % (b"y" if version < b"3" else b"x", word), event_type=b'"r"', version=version)
    for read in (codec.decode, codec.decode_all, lambda raw: codec.decode_many([raw])):
        SEEN.clear()
        with pytest.raises(error):
            read(raw)
        assert SEEN == [word.decode()]


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("version", [b"1", b"2", b"3"])
@pytest.mark.parametrize("word", [b"exit", b"odd"])
def test_what_a_class_raises_is_classified(name: str, version: bytes, word: bytes) -> None:
    """An exit and any other exception in a class are refusals of the class."""
    raw = wire(name, b'{"%s":"%s"}' % (b"y" if version < b"3" else b"x", word), event_type=b'"r"', version=version)

    assert agree(CODECS[name], raw)[2] == "class-refused"
