"""Refusals: named, repeatable, logged once, and free of anything that stood in the payload."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import upcast
from properties.texts import dump
from properties.worlds import FAMILIES, FORMS, make_class, wire

CANARY = "CaNaRy77"
NUMBER = 7700777007770077

canaries: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([CANARY, f"x {CANARY} `$.a`", f"{CANARY}.a[0]", NUMBER, NUMBER + 0.5, None, True]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from([CANARY, f"{CANARY}.b", f"a {CANARY}", f"`{CANARY}`", f"[{CANARY}"]), inner, max_size=2
        ),
    ),
    max_leaves=5,
)


class _Recorder(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Listening:
    """Collects the log lines of a block."""

    def __enter__(self) -> list[logging.LogRecord]:
        self.handler = _Recorder()
        logging.getLogger("upcast").addHandler(self.handler)
        return self.handler.records

    def __exit__(self, *_: object) -> None:
        logging.getLogger("upcast").removeHandler(self.handler)


class Broken(Exception):
    def __str__(self) -> str:
        raise RuntimeError(CANARY)


def _raises(error: Callable[[Any], BaseException]) -> Callable[[upcast.Payload], Any]:
    def upcaster(payload: upcast.Payload) -> Any:
        raise error(payload)

    return upcaster


def _from_a_cause(payload: upcast.Payload) -> Any:
    try:
        payload[CANARY]["no"]
    except Exception as error:
        raise ValueError(repr(payload)) from error


def _endless(payload: upcast.Payload) -> Any:
    return _endless(payload)


def _circular(payload: upcast.Payload) -> Any:
    payload["a"] = payload
    return payload


def _noted(payload: upcast.Payload) -> Any:
    error = ValueError(CANARY)
    error.add_note(CANARY)
    raise error


FUNCTIONS: dict[str, Callable[[upcast.Payload], Any]] = {
    "fine": lambda payload: payload,
    "value": _raises(lambda payload: ValueError(repr(payload))),
    "key": _raises(lambda payload: KeyError(CANARY)),
    "unicode": _raises(lambda payload: UnicodeEncodeError("utf-8", CANARY, 0, 1, CANARY)),
    "exit": _raises(lambda payload: SystemExit(CANARY)),
    "group": _raises(lambda payload: ExceptionGroup(CANARY, [ValueError(CANARY)])),
    "refused": _raises(lambda payload: upcast.MalformedEvent(CANARY)),
    "broken": _raises(lambda payload: Broken()),
    "stop": _raises(lambda payload: StopIteration(CANARY)),
    "cause": _from_a_cause,
    "noted": _noted,
    "endless": _endless,
    "circular": _circular,
    "none": lambda payload: None,
    "text": lambda payload: CANARY,
    "list": lambda payload: [payload],
    "object": lambda payload: {"a": object()},
    "complex": lambda payload: {"a": complex(NUMBER)},
    "surrogate": lambda payload: {"a": CANARY + chr(0xD800)},
    "keys": lambda payload: {(CANARY,): 1},
    "huge": lambda payload: {"a": 10**5000},
    "bytes": lambda payload: {"a": CANARY.encode()},
    "nan": lambda payload: {"a": [None, float("nan"), CANARY]},
}

KINDS = [int, str, bool, Decimal, float, list[int], dict[str, int], dict[int, int], Any, int | None]


def _everything_told(error: BaseException, records: list[logging.LogRecord]) -> str:
    told = [str(error), repr(error), repr(error.args), repr(vars(error)), repr(getattr(error, "__notes__", None))]
    told += traceback.format_exception(error)
    told += [record.getMessage() + repr(vars(record)) for record in records]
    return "\n".join(told)


def _assert_silent(error: BaseException, records: list[logging.LogRecord]) -> None:
    assert error.__cause__ is None
    assert error.__context__ is None
    told = _everything_told(error, records)
    assert CANARY not in told
    assert str(NUMBER) not in told


@given(
    st.sampled_from(FAMILIES),
    st.sampled_from(FORMS),
    st.sampled_from(sorted(FUNCTIONS)),
    st.sampled_from(["function", "convert", "split", "steps"]),
    st.dictionaries(st.sampled_from(["a", "b", "s", CANARY, f"a.{CANARY}"]), canaries, max_size=4),
    st.data(),
)
@settings(max_examples=3 * settings().max_examples)
def test_a_refusal_is_named_repeatable_logged_once_and_silent(
    family: str, form: Any, which: str, how: str, payload: dict[str, Any], data: st.DataObject
) -> None:
    """Whatever user code does and a payload holds, the error is ours, always the same, and repeats nothing."""
    function = FUNCTIONS[which]
    inner = make_class(family, "Inner", {"x": (data.draw(st.sampled_from(KINDS)), 0)})
    fields: dict[str, tuple[Any, Any]] = {
        "a": (data.draw(st.sampled_from([*KINDS, inner, list[inner], dict[str, inner]])), None),  # type: ignore[valid-type]  # made at run time
        "b": (data.draw(st.sampled_from(KINDS)), None),
    }
    events = upcast.Registry()
    events.event("e", version=3)(make_class(family, "Event", fields))
    if how == "function":
        events.upcaster("e", from_version=1)(function)
    elif how == "convert":
        events.steps("e", upcast.convert("a", function), from_version=1)
    else:
        events.steps("e", upcast.move("s", to="a.x"), upcast.map_values("b", {1: 2}), from_version=1)
    events.unchanged("e", from_version=2)
    events.split("two", from_version=1, into={"e": 2})(lambda payload: [("e", payload), ("e", function(payload))])
    codec = events.codec(envelope=form)
    name, version = ("two", 1) if how == "split" else ("e", data.draw(st.integers(1, 4)))
    raw = wire(form, name, version, dump(payload))

    errors = []
    for decode in (codec.decode, codec.decode, codec.decode_all, lambda raw: codec.decode_many([raw])):
        with Listening() as records:
            try:
                decode(raw)
            except upcast.RefusedEvent as error:
                assert 1 == len(records)
                assert error.reason == vars(records[0])["reason"]  # noqa: PT017  # most payloads are fine
                if not isinstance(error, upcast.NotOneEvent):
                    _assert_silent(error, records)
                    errors.append(error)
            else:
                assert records == []

    first = {key: value for key, value in vars(errors[0]).items() if key != "frames"} if errors else {}
    for error in errors:
        assert type(errors[0]) is type(error)
        assert first == {key: value for key, value in vars(error).items() if key != "frames"}
        assert str(error) == str(pickle.loads(pickle.dumps(error)))


@pytest.mark.parametrize("how", ["function", "convert", "split"])
@pytest.mark.parametrize("which", FUNCTIONS)
def test_an_explanation_never_raises_and_logs_nothing(which: str, how: str) -> None:
    """Whatever user code makes, `explain` tells the reason that `decode_all` gives."""
    function = FUNCTIONS[which]
    events = upcast.Registry()
    events.event("e", version=2)(make_class("struct", "Event", {"a": (Any, None)}))
    if how == "function":
        events.upcaster("e", from_version=1)(function)
    else:
        events.steps("e", upcast.convert("a", function if how == "convert" else str), from_version=1)
    events.split("two", from_version=1, into={"e": 2})(lambda payload: [("e", function(payload))])
    codec = events.codec()
    raw = wire(upcast.JsonEnvelope(), "two" if how == "split" else "e", 1, '{"a":{"x":1}}')
    try:
        codec.decode_all(raw)
        reason = None
    except upcast.RefusedEvent as error:
        reason = error.reason

    with Listening() as records:
        explanation = codec.explain(raw)

    assert str(explanation)
    assert records == []
    assert reason == (explanation.error.reason if explanation.error else None)


broken_bytes = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"", b"null", b"[]", b"{", b'"x"', b"{}", b'{"type":1}', b'{"type":"e"}', b"\xff\xfe", b"NaN"]),
)


@given(st.sampled_from(FAMILIES), broken_bytes, st.integers(0, 200), st.integers(1, 5))
def test_broken_bytes_are_refused_with_a_name(family: str, noise: bytes, cut: int, version: int) -> None:
    """Bytes that are no event at all, cut short or no text end in a named error, in every envelope."""
    for form in FORMS:
        events = upcast.Registry()
        events.event("e", version=3)(make_class(family, "Event", {"a": (list[int], None)}))
        events.steps("e", upcast.rename("b", to="a"), from_version=1)
        events.upcaster("e", from_version=2)(lambda payload: payload)
        codec = events.codec(envelope=form)
        good = wire(form, "e", min(version, 3), f'{{"a":[1,2],"u":"{CANARY}"}}')
        broken = (
            [{**good, b"data": noise}, {**good, b"data": good[b"data"][:cut]}, {**good, b"schema_version": noise}]
            if isinstance(good, dict)
            else [noise, good[:cut], good[:cut] + noise + good[cut:]]
        )
        for raw in broken:
            with Listening() as records:
                try:
                    codec.decode(raw)
                except upcast.RefusedEvent as error:
                    assert 1 == len(records)
                    _assert_silent(error, records)


@pytest.mark.parametrize("depth", [150, 500])
@pytest.mark.parametrize("inside", ["null", "1", "1.5"])
@pytest.mark.parametrize("family", FAMILIES)
def test_depth_within_the_bounds_is_no_failure_of_an_upcaster(family: str, inside: str, depth: int) -> None:
    """A deep payload is either read or oversize; no upcaster is blamed for it, and `explain` bears it too."""
    events = upcast.Registry()
    events.event("e", version=2)(make_class(family, "Event", {"a": (int, 0)}))
    events.upcaster("e", from_version=1)(lambda payload: payload)
    codec = events.codec()
    raw = wire(upcast.JsonEnvelope(), "e", 1, f'{{"deep":{"[" * depth}{inside}{"]" * depth}}}')

    reasons = set()
    try:
        codec.decode(raw)
    except upcast.RefusedEvent as error:
        reasons.add(error.reason)
    explanation = codec.explain(raw)

    assert reasons <= {"oversize"}
    assert reasons == ({explanation.error.reason} if explanation.error else set())


@pytest.mark.parametrize(
    "kind", ["dict[str, int]", "dict[str, Inner]", "dict[int, int]", "list[dict[str, int]]", "forbids"]
)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_refused_path_shows_no_key_of_a_map(family: str, kind: str) -> None:
    """Where a class refuses what stands under a key of a map, the path says `*` for the key."""
    inner = make_class(family, "Inner", {"x": (int, 0)})
    types: dict[str, Any] = {
        "dict[str, int]": dict[str, int],
        "dict[str, Inner]": dict[str, inner],  # type: ignore[valid-type]  # made at run time
        "dict[int, int]": dict[int, int],
        "list[dict[str, int]]": list[dict[str, int]],
        "forbids": int,
    }
    events = upcast.Registry()
    events.event("e", version=2)(make_class(family, "Event", {"a": (types[kind], None)}))
    events.unchanged("e", from_version=1)
    codec = events.codec()
    value = dump({CANARY: CANARY})

    for version in (1, 2):
        with Listening() as records, pytest.raises(upcast.ClassRefused) as caught:
            codec.decode_payload("e", version, f'{{"a":{f"[{value}]" if "list" in kind else value}}}')
        _assert_silent(caught.value, records)
        assert 1 == len(records)
