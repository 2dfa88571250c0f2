"""Classes, functions and payloads that were written to make a reader differ from the plain lane."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import attrs
import msgspec
import pydantic
import pytest

from equivalence.compare import difference, error_difference
from upcast import (
    Codec,
    Flat,
    JsonEnvelope,
    MalformedEvent,
    Payload,
    RefusedEvent,
    Registry,
    StreamEntry,
    UpcasterFailed,
)
from upcast._plan import door_refusal
from upcast.steps import Step, add, convert, move, rename, split_field


def made(cls: Any, *steps: Step, function: Callable[[Payload], Payload] | None = None) -> Codec[Any]:
    """A codec whose class is version 2, with steps or a function before it."""
    events = Registry()
    events.event("e", version=2)(cls)
    if function is not None:
        events.upcaster("e", from_version=1)(function)
    elif steps:
        events.steps("e", *steps, from_version=1)
    else:
        events.unchanged("e", from_version=1)
    return events.codec(envelope=StreamEntry())


def entry(data: bytes, version: int = 1) -> dict[bytes, bytes]:
    """A stored event."""
    return {b"type": b"e", b"schema_version": b"%d" % version, b"data": data}


def plain(codec: Codec[Any], data: bytes) -> tuple[object, RefusedEvent | None]:
    """What the plain lane makes of a payload of version 1, or why it refuses."""
    plan = codec._plans["e"][1]
    assert plan.door is not None
    try:
        text = plan.chain.text(data, None)
    except RefusedEvent as error:
        return None, error
    try:
        return plan.door.decode(text), None
    except Exception as error:
        below = error.__traceback__.tb_next if error.__traceback__ else None
        return None, door_refusal(plan, text, error.with_traceback(below))


def differs(codec: Codec[Any], data: bytes) -> str:
    """How what the codec makes of a payload differs from the plain lane; empty where it does not."""
    expected, refused = plain(codec, data)
    try:
        found = codec.decode(entry(data))
    except RefusedEvent as error:
        return error_difference(refused, error) if refused else f"only the codec refuses: {error}"
    return f"only the plain lane refuses: {refused}" if refused else difference(expected, found)


# --- functions ------------------------------------------------------------------------------------------------------


def by_class(payload: Payload) -> Payload:
    """Turns a text into the kind of number that another member is."""
    payload["x"] = type(payload["x"])(payload["s"])
    return payload


def by_method(payload: Payload) -> Payload:
    """Multiplies without an operator."""
    payload["x"] = payload["x"].__mul__(1e308)
    return payload


def by_constructor(payload: Payload) -> Payload:
    """Reads a number from a text by a method of floats."""
    payload["x"] = payload["x"].fromhex(payload["s"])
    return payload


def by_attribute(payload: Payload) -> Payload:
    """Takes a number without its literal."""
    payload["x"] = payload["x"].real
    return payload


def by_sign(payload: Payload) -> Payload:
    """Takes a number without its literal, by an operator."""
    payload["x"] = +payload["x"]
    return payload


def as_key(payload: Payload) -> Payload:
    """Makes a key of a number without its literal."""
    payload["x"] = {payload["x"].real: 1}
    return payload


class AnyNumber(msgspec.Struct):
    """A class that cannot tell how a number was written."""

    x: Any = None


class WithDecimal(msgspec.Struct):
    """A class that can."""

    x: Any = None
    price: Decimal = Decimal(0)


@pytest.mark.parametrize(
    ("function", "data"),
    [
        (by_class, b'{"x":1.5,"s":"nan"}'),
        (by_class, b'{"x":1.5,"s":"inf"}'),
        (by_method, b'{"x":1e308}'),
        (by_constructor, b'{"x":1.5,"s":"inf"}'),
        (by_attribute, b'{"x":1e999}'),
        (by_sign, b'{"x":1e999}'),
        (as_key, b'{"x":-1e400}'),
    ],
)
@pytest.mark.parametrize("cls", [AnyNumber, WithDecimal])
def test_no_function_turns_a_number_that_is_not_finite_into_null(
    cls: type, function: Callable[[Payload], Payload], data: bytes
) -> None:
    """What is not finite is refused however a function came by it."""
    codec = made(cls, function=function)

    assert differs(codec, data) == ""
    with pytest.raises(UpcasterFailed):
        codec.decode(entry(data))


_CYCLE = """
import threading
import msgspec
from typing import Any
import upcast

class Event(msgspec.Struct):
    x: Any = None

def cycle(payload):
    payload["x"] = payload
    return payload

events = upcast.Registry()
events.event("e", version=2)(Event)
events.upcaster("e", from_version=1)(cycle)
codec = events.codec(envelope=upcast.StreamEntry())

def work():
    try:
        codec.decode({b"type": b"e", b"schema_version": b"1", b"data": b"{}"})
    except upcast.UpcasterFailed:
        print("named")

threading.stack_size(256 * 1024)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


def test_a_payload_that_holds_itself_does_not_end_the_process_on_a_small_stack(tmp_path: Path) -> None:
    """A function that makes a circle is refused by name on a thread with the smallest usual stack."""
    script = tmp_path / "cycle.py"
    script.write_text(_CYCLE)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout) == (0, "named\n")


def test_a_codec_is_made_of_classes_that_have_no_source() -> None:
    """Classes may be declared at the prompt, where no file holds them."""
    done = subprocess.run([sys.executable, "-c", _CYCLE], capture_output=True, text=True, timeout=60, check=False)

    assert "source code not available" not in done.stderr


_ONE_ERROR = ValueError("the same object each time")


def raise_one(value: Any) -> Any:
    """Raises an exception that is kept, so that its traceback grows."""
    raise _ONE_ERROR


def test_no_frame_of_a_reader_stands_in_an_error() -> None:
    """The frames of an error are the user's, whatever ran before."""
    codec = made(AnyNumber, convert("x", raise_one))

    with pytest.raises(UpcasterFailed) as caught:
        codec.decode(entry(b'{"x":1}'))

    assert {frame.file for frame in caught.value.frames} == {__file__}


# --- Structs --------------------------------------------------------------------------------------------------------


class AsArray(msgspec.Struct, array_like=True):
    """An object that is written as an array."""

    zip: str


class Address(msgspec.Struct):
    """What members move into."""

    zip: str


class HoldsArray(msgspec.Struct):
    """A Struct with such an object."""

    addr: AsArray


class Number(msgspec.Struct):
    """A Struct of one field."""

    n: int = 0


@attrs.define
class AttrsNumber:
    """An attrs class of one field."""

    n: int = 0


def test_what_moves_into_an_array_like_struct_is_refused() -> None:
    """A move makes an object, which is not what an array_like class is read from."""
    assert differs(made(HoldsArray, move("zip", to="addr.zip")), b'{"zip":"1"}') == ""


@pytest.mark.parametrize("cls", [Number, AttrsNumber])
def test_a_move_into_what_the_class_does_not_read_still_fails_on_what_is_no_object(cls: type) -> None:
    """A step fails on a payload that it cannot treat, also where nobody reads what it makes."""
    assert differs(made(cls, move("zip", to="addr.zip")), b'{"zip":"1","addr":5,"n":1}') == ""


@pytest.mark.parametrize("name", ["_input0", "_part0_0", "_base0_0", "given", "event", "data", "value", "cls", "o1"])
@pytest.mark.parametrize(
    "data",
    [
        b'{"zip":"1","%s":"mine"}',
        b'{"zip":"1","%s":"mine","k":"a b"}',
        b'{"zip":"1","k":"a b","u":"%s"}',
        b'{"zip":"1","old":"%s"}',
    ],
)
def test_a_field_may_have_any_name_that_a_reader_uses(name: str, data: bytes) -> None:
    """No field is taken for one that a reader adds."""
    text = (str, msgspec.field(default="x"))
    cls = msgspec.defstruct("Event", [("addr", Address), *((field, *text) for field in (name, "q", "r"))])
    steps = move("zip", to="addr.zip"), split_field("k", into=("q", "r"), separator=" "), rename("old", to=name)

    assert differs(made(cls, *steps), data % name.encode()) == ""


@pytest.mark.parametrize("kw_only", [False, True])
@pytest.mark.parametrize("data", [b'{"old":"a"}', b'{"old2":"b"}', b'{"old":"a","old2":"b"}', b'{"k":"s t"}'])
@pytest.mark.parametrize("split", [False, True])
def test_names_that_python_source_takes_for_one_are_two(data: bytes, *, kw_only: bool, split: bool) -> None:
    """Python normalises the names in source (a ligature becomes its letters), which attributes are not."""
    fields = [(name, str, msgspec.field(default=name)) for name in ("\ufb01", "fi", "q", "r")]
    steps = [rename("old", to="\ufb01"), rename("old2", to="fi")]
    steps += [split_field("k", into=("q", "r"), separator=" ")] if split else []

    assert differs(made(msgspec.defstruct("Event", fields, kw_only=kw_only), *steps), data) == ""


def test_a_nested_field_may_be_called_like_a_keyword() -> None:
    """What members move into may have a field that no Python source can name."""
    nested = msgspec.defstruct("Nested", [("from", str)])
    codec = made(msgspec.defstruct("Event", [("addr", nested)]), move("zip", to="addr.from"))

    assert differs(codec, b'{"zip":"1"}') == ""


class Annotations(msgspec.Struct):
    """A class with an annotation that cannot be hashed."""

    name: Annotated[str, {"title": "Name"}] = "x"


def test_an_annotation_need_not_be_hashable() -> None:
    """A codec is made whatever the class is annotated with."""
    assert differs(made(Annotations, convert("name", str.upper)), b'{"name":"a"}') == ""


# --- pydantic -------------------------------------------------------------------------------------------------------


class SeesConfig(pydantic.BaseModel):
    """A model whose validator looks at the configuration."""

    model_config = pydantic.ConfigDict(title="t", validate_by_name=True)
    a: int = pydantic.Field(0, alias="A")
    b: str = pydantic.Field("x", alias="B")

    @pydantic.field_validator("b", mode="before")
    @classmethod
    def config(cls, value: object, info: pydantic.ValidationInfo) -> str:
        """The configuration as text."""
        return f"{value} {sorted(info.config or {})}"


def test_validators_see_the_configuration_of_the_class() -> None:
    """What is edited for a reader does not show in `info.config`."""
    assert differs(made(SeesConfig, rename("o", to="A")), b'{"o":1,"B":"y"}') == ""


class Extra(pydantic.BaseModel):
    """A model that keeps what it does not read, under either name of a field."""

    model_config = pydantic.ConfigDict(extra="allow", validate_by_name=True)
    a: int = pydantic.Field(0, alias="A")
    b: str = pydantic.Field("x", validation_alias=pydantic.AliasChoices("b", "B"))


@pytest.mark.parametrize(
    ("step", "data"),
    [
        (add("a", 5), b'{"o":1,"A":7}'),
        (add("B", "z"), b'{"y":1,"b":"1","z":2}'),
        (add("b", "z"), b'{"o":1,"B":"z","b":"y"}'),
    ],
)
def test_unknown_members_keep_their_order(step: Step, data: bytes) -> None:
    """A constant that the class does not read in the end stands behind the other unknown members."""
    assert differs(made(Extra, step), data) == ""


# --- the hot path ---------------------------------------------------------------------------------------------------


class Text(msgspec.Struct):
    """A class that holds JSON text."""

    s: str = ""
    r: msgspec.Raw = msgspec.Raw(b"")


@pytest.mark.parametrize("form", [Flat(), JsonEnvelope(), JsonEnvelope(duplicates="last")])
def test_an_event_does_not_change_with_the_buffer_it_came_from(form: Any) -> None:
    """What is read from a mutable buffer is a copy."""
    events = Registry()
    events.event("e", version=1)(Text)
    codec = events.codec(envelope=form)
    inside = b'"s":"%s","r":{"k":"VALUE"}' % (b"x" * 600)
    head = b'{"type":"e","schema_version":1,'
    raw = bytearray(head + (inside + b"}" if isinstance(form, Flat) else b'"data":{%s}}' % inside))
    event: Any = codec.decode(raw)

    raw[:] = raw.replace(b"VALUE", b"OTHER")

    assert bytes(event.r) == b'{"k":"VALUE"}'


def _buffers() -> dict[str, Mapping[bytes, Any]]:
    long = b'{"s":"%s"}' % (b"x" * 600)
    short = b'{"s":"x"}'
    return {
        "short bytearray": {**entry(short, version=2), b"data": bytearray(short)},
        "long bytearray": {**entry(long, version=2), b"data": bytearray(long)},
        "memoryview": {**entry(short, version=2), b"data": memoryview(short)},
    }


@pytest.mark.parametrize("which", _buffers())
@pytest.mark.parametrize("call", ["decode", "decode_many", "decode_all"])
def test_an_entry_that_is_not_of_bytes_is_refused_by_every_call(which: str, call: str) -> None:
    """Whether an entry is read does not depend on its length, nor on who asks."""
    raw = _buffers()[which]
    codec = made(Text)

    with pytest.raises(MalformedEvent, match="not bytes"):
        getattr(codec, call)([raw] if call == "decode_many" else raw)


def test_a_field_that_is_the_payload_again_counts() -> None:
    """The size of an entry is that of all its fields, also where two are one object."""
    data = b'{"s":"%s"}' % (b"x" * 600_000)
    raw = {**entry(data, version=2), b"copy": data}

    with pytest.raises(RefusedEvent, match="exceed"):
        made(Text).decode(raw)


@pytest.mark.parametrize("data", [b'{"s":"%s"}' % (b"x" * 600), '{"s":"é"}'.encode()])
def test_the_name_of_a_field_that_is_the_payload_again_is_judged(data: bytes) -> None:
    """A field's name must be UTF-8 whatever its value is."""
    raw = {**entry(data, version=2), b"\xff": data}

    with pytest.raises(MalformedEvent, match="UTF-8"):
        made(Text).decode(raw)


# --- time -----------------------------------------------------------------------------------------------------------


def seconds(call: Callable[[], object]) -> float:
    """The shortest of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def test_what_is_absent_is_not_looked_for_once_for_each_field() -> None:
    """A long payload without any of many renamed optional fields costs no more than a few plain readings."""
    count = 300
    cls = msgspec.defstruct("Wide", [(f"field_{n}", int, 0) for n in range(count)])
    codec = made(cls, *(rename(f"x{n}", to=f"field_{n}") for n in range(count)))
    data = b'{"u":["' + b'","'.join([b"fieldfiel"] * 80_000) + b'"]}'

    assert seconds(lambda: codec.decode(entry(data))) < 5 * seconds(lambda: plain(codec, data))
