"""Valid events with bytes changed at random, always the same: only `RefusedEvent` ever comes out."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from hostile.registries import FAMILIES, FLAT_FAMILIES, VERSIONS, family_codec
from upcast import Codec, Flat, JsonEnvelope, RefusedEvent, StreamEntry

CANARIES = ("Vq7wZx", "Kt2mRb", "Hn5pLd", "816347529")
INPUTS = 4000

PAYLOAD = (
    b'{"order_id":"Vq7wZx","amount":816347529,"rate":1.5e3,"price":"816347529.10","placed":"2024-01-01T00:00:00Z",'
    b'"tags":["Vq7wZx","\\ud83d\\ude00"],"counts":{"Kt2mRb":816347529},"tree":{"children":[{"child":null}]},'
    b'"colour":"blue","size":"large","shape":{"kind":"circle","radius":2},"code":"Vq7wZx"}'
)
PIECES = (
    b"", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"\x00", b"\n", b'"', b"\\", b"{", b"}", b"[",
    b"]", b"[[[[[[[[", b",", b":", b"NaN", b"Infinity", b"1e999", b"-", b".", b"0", b"1", b"9" * 30, b"9" * 4400,
    b"true", b"null", b"[" * 300, b'{"a":' * 300, b'"type":', b'"schema_version":1,', b'"data":{},',
    b"\xef\xbb\xbf", b"Vq7wZx", b"Kt2mRb",
)  # fmt: skip


def _mutated(rng: random.Random, data: bytes) -> bytes:
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        start = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0 and data:  # flip a bit
            start = min(start, len(data) - 1)
            data = data[:start] + bytes([data[start] ^ 1 << rng.randrange(8)]) + data[start + 1 :]
        elif kind == 1:  # cut the end off
            data = data[:start]
        elif kind == 2:  # take a slice out
            data = data[:start] + data[start + rng.randrange(1, 20) :]
        elif kind == 3:  # repeat a slice
            end = start + rng.randrange(1, 40)
            data = data[:end] + data[start:end] + data[end:]
        else:  # put a piece in, or in place of something
            data = data[:start] + rng.choice(PIECES) + data[start + rng.choice((0, 0, 1, 5)) :]
    return data


def _json(rng: random.Random, family: str, version: int) -> bytes:
    return _mutated(
        rng,
        b'{"type":"%s","schema_version":%d,"id":"e-1","time":"Hn5pLd","trace":{"Hn5pLd":["Hn5pLd"]},"data":%s}'
        % (family.encode(), version, PAYLOAD),
    )


def _flat(rng: random.Random, family: str, version: int) -> bytes:
    return _mutated(rng, b'{"type":"%s","schema_version":%d,%s' % (family.encode(), version, PAYLOAD[1:]))


def _entry(rng: random.Random, family: str, version: int) -> dict[bytes, bytes]:
    fields = {
        b"type": family.encode(),
        b"schema_version": b"%d" % version,
        b"data": PAYLOAD,
        b"id": b"e-1",
        b"trace": b"Hn5pLd",
    }
    names = list(fields)
    for name in rng.sample(names, rng.choice((1, 1, 2))):
        if rng.randrange(8) == 0:
            fields[_mutated(rng, name)] = fields.pop(name)
        else:
            fields[name] = _mutated(rng, fields[name])
    return fields


FORMS: dict[str, tuple[Any, Callable[[random.Random, str, int], Any], list[str]]] = {
    "json": (JsonEnvelope(), _json, list(FAMILIES)),
    "json-last": (JsonEnvelope(duplicates="last"), _json, list(FAMILIES)),
    "flat": (Flat(), _flat, FLAT_FAMILIES),
    "entry": (StreamEntry(), _entry, list(FAMILIES)),
}


def _events(seed: str, make: Callable[..., Any], families: list[str]) -> Iterator[tuple[str, int, Any]]:
    rng = random.Random(seed)
    for _ in range(INPUTS):
        family, version = rng.choice(families), rng.choice(list(VERSIONS.values()))
        yield family, version, make(rng, family, version)


def _outcome(call: Callable[[], object]) -> tuple[str, RefusedEvent | None]:
    """A verdict; whatever is no `RefusedEvent` goes up and fails the test."""
    try:
        call()
    except RefusedEvent as error:
        return f"{error.reason}/{error.detail}", error
    return "accepted", None


def _tell(error: RefusedEvent) -> str:
    return f"{error} {error!r} {error.args!r} {vars(error)!r} {error.__cause__!r} {error.__context__!r}"


def _check(codec: Codec[Any], raw: Any, caplog: pytest.LogCaptureFixture) -> str:
    caplog.clear()
    verdict, error = _outcome(lambda: codec.decode(raw))
    told = "" if error is None else _tell(error)
    told += " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    # A name that has become printable by accident may be shown; what the payload holds may not.
    shown = "" if error is None else f"{error.event_type} {error.event_id}"
    assert [canary for canary in CANARIES if canary in told and canary not in shown] == []
    assert error is None or (error.__cause__ is None and error.__context__ is None)
    assert _outcome(lambda: codec.decode_all(raw))[0] == verdict
    kept = codec.decode_many([raw], return_errors=True)[0]
    assert isinstance(kept, RefusedEvent) is (error is not None)
    explanation = codec.explain(raw)
    assert (explanation.error is None) is (error is None)
    assert str(explanation)
    return verdict


@pytest.mark.parametrize("name", FORMS)
def test_mutated_events_are_accepted_or_refused_by_name(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Every way to read a damaged event gives one verdict, and no error repeats a value of it."""
    caplog.set_level(logging.DEBUG, logger="upcast")
    form, make, families = FORMS[name]
    codec = family_codec(form)
    verdicts = {_check(codec, raw, caplog) for _, _, raw in _events(name, make, families)}
    assert {"accepted", "malformed/not-json", "malformed/not-utf8", "class-refused/", "unknown-type/"} <= verdicts


def test_mutated_payloads_are_accepted_or_refused_by_name(caplog: pytest.LogCaptureFixture) -> None:
    """The same holds for a payload whose envelope is stored elsewhere, as bytes, text or a mapping."""
    caplog.set_level(logging.DEBUG, logger="upcast")
    codec = family_codec(JsonEnvelope())
    verdicts: set[str] = set()
    for family, version, payload in _events("bare", lambda rng, *_: _mutated(rng, PAYLOAD), list(FAMILIES)):
        verdict, error = _outcome(lambda f=family, v=version, p=payload: codec.decode_payload(f, v, p))  # type: ignore[misc]  # bound early
        verdicts.add(verdict)
        if error is not None:
            assert [canary for canary in CANARIES if canary in _tell(error)] == []
        text = payload.decode(errors="surrogateescape")
        assert _outcome(lambda f=family, v=version, t=text: codec.decode_payload(f, v, t))[0] == verdict  # type: ignore[misc]  # bound early
        try:
            members = msgspec.json.decode(payload, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        _outcome(lambda f=family, v=version, m=members: codec.decode_payload(f, v, m))  # type: ignore[misc]  # bound early
    assert {"accepted", "malformed/not-json", "malformed/not-utf8", "class-refused/"} <= verdicts


def test_all_lanes_agree_on_mutated_payloads_without_repeated_keys() -> None:
    """What one lane accepts of a damaged payload the others accept, as an equal object.

    Of two equal keys a dict keeps the last, where the door of today's version may check both.
    """
    assert _disagreements(keep=lambda payload: not _repeats(payload)) == []


def _disagreements(*, keep: Callable[[bytes], bool]) -> list[tuple[str, bytes]]:
    codec = family_codec(JsonEnvelope())
    rng = random.Random("lanes")
    found: list[tuple[str, bytes]] = []
    for _ in range(INPUTS):
        family, payload = rng.choice(list(FAMILIES)), _mutated(rng, PAYLOAD)
        verdicts: set[str] = set()
        for version in VERSIONS.values():
            try:
                verdicts.add(repr(codec.decode_payload(family, version, payload)))
            except RefusedEvent:
                verdicts.add("refused")
        if len(verdicts) > 1 and keep(payload):
            found.append((family, payload))
    return found


def _repeats(payload: bytes) -> bool:
    """Whether a key stands twice in an object of a text that is JSON."""
    twice: list[bool] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        twice.append(len({key for key, _ in pairs}) < len(pairs))

    json.loads(payload, object_pairs_hook=look)
    return any(twice)
