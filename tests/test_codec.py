"""The codec: stored bytes to today's objects, and back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import threading
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pydantic
import pytest

from upcast import (
    Codec,
    EncodeError,
    Envelope,
    Flat,
    InvalidStep,
    InvalidVersion,
    NotOneEvent,
    Payload,
    RefusedEvent,
    Registry,
    RegistryError,
    UnexpectedType,
    UpcasterFailed,
    add,
    convert,
    move,
    remove,
    rename,
)


class PydanticOrder(pydantic.BaseModel):
    order_id: str
    amount: Decimal
    currency: str = "EUR"


class StructOrder(msgspec.Struct):
    order_id: str
    amount: Decimal
    currency: str = "EUR"


@attrs.define
class AttrsOrder:
    order_id: str
    amount: Decimal
    currency: str = "EUR"


@dataclasses.dataclass
class DataclassOrder:
    order_id: str
    amount: Decimal
    currency: str = "EUR"


@pydantic.dataclasses.dataclass
class PydanticDataclassOrder:
    order_id: str
    amount: Decimal
    currency: str = "EUR"


FAMILIES = [PydanticOrder, StructOrder, AttrsOrder, DataclassOrder, PydanticDataclassOrder]


def orders(cls: Any) -> Registry:
    """Version 1 had other names and no currency, version 2 stored cents."""
    events = Registry()
    events.event("order", version=3, formerly=["purchase"])(cls)

    @events.upcaster("order", from_version=1)
    def name_id(payload: Payload) -> Payload:
        payload["order_id"] = str(payload.pop("id"))
        return payload

    events.steps("order", rename("total", to="amount"), add("currency", "USD"), from_version=2)
    return events


def raw(version: int | None, data: bytes, *, type: str = "order", **header: str) -> bytes:  # noqa: A002  # its name
    """A stored event."""
    members = {"type": type, **({} if version is None else {"schema_version": version}), **header}
    return msgspec.json.encode({**members, "data": msgspec.Raw(data)})


@pytest.mark.parametrize("cls", FAMILIES)
def test_old_bytes_become_todays_object(cls: Any) -> None:
    """Every family, every version, under every name."""
    codec = orders(cls).codec()
    old = cls(order_id="7", amount=Decimal("12.5"), currency="USD")
    assert old == codec.decode(raw(1, b'{"id": 7, "total": 12.5}'))
    assert old == codec.decode(raw(2, b'{"order_id": "7", "total": 12.5}', type="purchase"))
    assert cls(order_id="7", amount=Decimal("12.5")) == codec.decode(raw(3, b'{"order_id": "7", "amount": "12.5"}'))
    assert type(codec.decode_as(cls, raw(1, b'{"id": 7, "total": 1}'))) is cls


@pytest.mark.parametrize("cls", [StructOrder, AttrsOrder, DataclassOrder])
def test_digits_that_no_step_touches_are_kept(cls: Any) -> None:
    """A Decimal gets the number as it was written, through any number of steps."""
    codec = orders(cls).codec()
    for text in ("1.10", "12345678901234567.89", "1E+2", "0.1000000000000000055511151231257827"):
        event = codec.decode(raw(1, b'{"id": 1, "total": %s}' % text.encode()))
        assert text == str(event.amount)  # type: ignore[attr-defined]
    big = 10**29 + 1
    assert str(big) == codec.decode(raw(1, b'{"id": %d, "total": 1}' % big)).order_id  # type: ignore[attr-defined]


@pytest.mark.parametrize("cls", FAMILIES)
def test_what_is_encoded_is_decoded(cls: Any) -> None:
    """An event comes back equal, and carries type and version."""
    codec = orders(cls).codec()
    event = cls(order_id="7", amount=Decimal("1.10"))
    stored = codec.encode(event, id="e-1", time=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert {"type": "order", "schema_version": 3} == {
        k: v for k, v in msgspec.json.decode(stored).items() if k in {"type", "schema_version"}
    }
    assert event == codec.decode(stored)


class FloatStruct(msgspec.Struct):
    x: float = 0.0


class FloatModel(pydantic.BaseModel):
    x: float = 0.0


class FloatOpen(pydantic.BaseModel, extra="allow"):
    x: float = 0.0


@pytest.mark.parametrize("cls", [FloatStruct, FloatModel, FloatOpen])
@pytest.mark.parametrize(
    "data",
    [
        b'{"x": 1e999}',
        b'{"x": -1e999}',
        b'{"z": 1e999}',
        b'{"x": 1, "z": [{"a": -1e999}], "n": null}',
        b'{"x": NaN}',
        b'{"z": -Infinity}',
        b'{"x": "NaN"}',
        b'{"x": "a"',
        b"[",
        b"[1]",
        b'"x"',
        b'{"x": "a", }',
        b'{"x": {}}',
        b'{"x": 1.5}',
    ],
)
def test_todays_version_and_an_unchanged_older_one_agree(cls: Any, data: bytes) -> None:
    """One verdict: an edge that changes nothing changes no answer either."""
    events = Registry()
    events.event("e", version=4)(cls)
    events.unchanged("e", from_version=1)
    events.upcaster("e", from_version=2)(lambda payload: payload)
    events.steps("e", rename("q", to="r"), from_version=3)
    codec = events.codec()

    def verdict(version: int) -> object:
        try:
            return codec.decode_payload("e", version, data)
        except RefusedEvent as error:
            return error.reason, error.detail, error.paths

    assert verdict(4) == verdict(3) == verdict(2) == verdict(1)


# --- decode_payload and its kin -------------------------------------------------------------------------------------


def test_a_payload_may_come_as_bytes_text_or_mapping() -> None:
    """Drivers hand over what they like."""
    codec = orders(StructOrder).codec()
    wanted = StructOrder(order_id="7", amount=Decimal(5), currency="USD")
    stored = {"id": 7, "total": 5}
    for data in (b'{"id": 7, "total": 5}', '{"id": 7, "total": 5}', stored):
        assert wanted == codec.decode_payload("order", 1, data)
    assert {"id": 7, "total": 5} == stored


@pytest.mark.parametrize("version", [True, 1.0, "1", 0, -1, 10**30])
def test_a_version_from_a_row_is_checked_too(version: Any) -> None:
    """True and 1.0 must not find the upcaster of version 1."""
    with pytest.raises(RefusedEvent):
        orders(StructOrder).codec().decode_payload("order", version, b'{"id": 1, "total": 1}')


@pytest.mark.parametrize("data", [{"id": float("nan")}, {"id": {1, 2}, (1,): 2}, object(), "\ud800", 5, None])
def test_a_payload_that_is_none_is_refused_by_name(data: Any) -> None:
    """Whatever a caller hands over, the error is ours."""
    with pytest.raises(RefusedEvent) as caught:
        orders(StructOrder).codec().decode_payload("order", 1, data)
    assert "malformed" == caught.value.reason


def test_many_are_decoded_in_order_and_errors_may_stay_in_place() -> None:
    """One bad event need not cost the batch."""
    codec = orders(StructOrder).codec()
    batch = [raw(2, b'{"order_id": "%d", "total": 1}' % n) for n in range(3)]
    assert [codec.decode(item) for item in batch] == codec.decode_many(batch)
    found = codec.decode_many([batch[0], b"", batch[2]], return_errors=True)
    assert [StructOrder, "malformed", StructOrder] == [
        item.reason if isinstance(item, RefusedEvent) else type(item) for item in found
    ]
    with pytest.raises(RefusedEvent):
        codec.decode_many([batch[0], b""])


def test_another_type_than_asked_for_is_refused() -> None:
    """decode_as hands over its class or nothing."""
    events = orders(StructOrder)
    events.event("other", version=1)(PydanticOrder)
    codec = events.codec()
    stored = codec.encode(StructOrder(order_id="1", amount=Decimal(1)))
    with pytest.raises(UnexpectedType) as caught:
        codec.decode_as(PydanticOrder, stored)
    assert "order" == caught.value.event_type
    with pytest.raises(RegistryError):
        codec.decode_as(AttrsOrder, stored)


# --- unversioned history --------------------------------------------------------------------------------------------


def unversioned(policy: Any) -> Codec[bytes]:
    """A codec for which events without version mean something."""
    events = Registry(unversioned=policy)
    events.event("e", version=2)(msgspec.defstruct("E", [("x", int)]))
    events.steps("e", rename("y", to="x"), from_version=1)
    return events.codec()


def test_unversioned_history_is_an_error_unless_said_otherwise() -> None:
    """Nothing is guessed; a version or a function of the envelope says what is meant."""
    old, new = raw(None, b'{"y": 1}', type="e"), raw(None, b'{"x": 1}', type="e", at="2026")
    with pytest.raises(InvalidVersion):
        unversioned(None).decode(old)
    assert 1 == unversioned(1).decode(old).x  # type: ignore[attr-defined]
    by_header = unversioned(lambda envelope: 2 if "at" in envelope.headers else 1)
    assert [1, 1] == [event.x for event in by_header.decode_many([old, new])]  # type: ignore[attr-defined]
    assert 1 == by_header.decode_payload("e", None, b'{"y": 1}').x  # type: ignore[attr-defined]


@pytest.mark.parametrize("made", [None, True, 1.0, "1", 0, 3, ValueError, SystemExit])
def test_an_unversioned_function_that_answers_nonsense_refuses_the_event(made: Any) -> None:
    """A wrong answer, or none, never becomes a version."""

    def policy(envelope: Envelope) -> Any:
        if isinstance(made, type):
            raise made("canary")
        return made

    with pytest.raises(RefusedEvent) as caught:
        unversioned(policy).decode(raw(None, b'{"y": 1}', type="e"))
    assert caught.value.reason in {"invalid-version", "newer-version"}
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("policy", [0, True, "1", 1.0])
def test_a_wrong_unversioned_is_refused_where_it_is_written(policy: Any) -> None:
    """A programmer's error is found at import."""
    with pytest.raises(RegistryError):
        Registry(unversioned=policy)


# --- splits ---------------------------------------------------------------------------------------------------------


class Account(msgspec.Struct):
    name: str


class Profile(msgspec.Struct):
    bio: str


def split_registry() -> Registry:
    """`signup` became an account and a profile; the profile was renamed and got a new shape since."""
    events = Registry()
    events.event("account", version=1)(Account)
    events.event("profile", version=2, formerly=["about"])(Profile)
    events.steps("profile", rename("text", to="bio"), from_version=1)
    events.unchanged("signup", from_version=1)

    @events.split("signup", from_version=2, into={"profile": 1, "account": 1, "noise": 1})
    def parts(payload: Payload) -> list[tuple[str, Payload]]:
        made: list[tuple[str, Payload]] = [("noise", {}), ("account", {"name": payload["name"]})]
        return made + [("profile", {"text": text}) for text in payload.get("texts", [])]

    events.drop("noise", from_version=1)
    return events


def test_a_split_yields_its_parts_with_stable_indexes() -> None:
    """A part that is dropped keeps its number, so that the others keep theirs."""
    codec = split_registry().codec()
    found = codec.decode_all(raw(1, b'{"name": "n", "texts": ["a", "b"]}', type="signup"))
    assert [(Account(name="n"), 1), (Profile(bio="a"), 2), (Profile(bio="b"), 3)] == found
    assert [] == codec.decode_all(raw(1, b"{}", type="noise"))
    assert [(Account(name="n"), 0)] == codec.decode_all(raw(1, b'{"name": "n"}', type="account"))


def test_decode_wants_exactly_one_event() -> None:
    """A split that yields one is one; several or none are refused by name."""
    codec = split_registry().codec()
    assert Account(name="n") == codec.decode(raw(2, b'{"name": "n"}', type="signup"))
    for stored, count in (
        (raw(2, b'{"name": "n", "texts": ["a"]}', type="signup"), 2),
        (raw(1, b"{}", type="noise"), 0),
    ):
        with pytest.raises(NotOneEvent) as caught:
            codec.decode(stored)
        assert count == caught.value.count


def test_stored_types_are_what_a_query_must_ask_for() -> None:
    """Today's name, former names, and every type that is split into it."""
    codec = split_registry().codec()
    assert ("profile", "about", "signup") == codec.stored_types(Profile)
    assert ("account", "signup") == codec.stored_types(Account)
    with pytest.raises(RegistryError):
        codec.stored_types(StructOrder)


@pytest.mark.parametrize(
    "made",
    [None, [("profile", 5)], [("stranger", {})], ["profile"], [("profile", {"text": float("nan")})], 7],
)
def test_a_split_that_makes_nonsense_is_an_upcaster_failure(made: Any) -> None:
    """Parts are checked before anything is made of them."""
    events = Registry()
    events.event("profile", version=1)(Profile)
    events.split("signup", from_version=1, into={"profile": 1})(lambda payload: made)
    with pytest.raises(UpcasterFailed) as caught:
        events.codec().decode_all(raw(1, b"{}", type="signup"))
    assert 1 == caught.value.from_version


def test_parts_do_not_share_what_they_were_made_of() -> None:
    """A step of one part cannot reach into another part."""
    events = Registry()
    seen = msgspec.defstruct("Seen", [("shared", dict[str, int])])
    events.event("a", version=2)(seen)
    events.event("b", version=1)(msgspec.defstruct("B", [("shared", dict[str, int])]))
    shared = {"n": 1}
    events.split("s", from_version=1, into={"a": 1, "b": 1})(
        lambda p: [("a", {"shared": shared}), ("b", {"shared": shared})]
    )

    @events.upcaster("a", from_version=1)
    def spoil(payload: Payload) -> Payload:
        payload["shared"]["n"] = 99
        return payload

    codec = events.codec()
    for _ in range(2):
        (a, _), (b, _) = codec.decode_all(raw(1, b"{}", type="s"))
        assert (99, 1) == (a.shared["n"], b.shared["n"])  # type: ignore[attr-defined]


# --- failing upcasters ----------------------------------------------------------------------------------------------


def failing(function: Any) -> Codec[bytes]:
    """A codec whose only upcaster is *function*."""
    events = Registry()
    events.event("e", version=2)(msgspec.defstruct("E", [("x", Any, None)]))
    events.upcaster("e", from_version=1)(function)
    return events.codec()


def divide_by_zero(payload: Payload) -> Payload:
    """Fails where a test can name the line."""
    return {"x": 1 // 0, "canary": payload}


def test_a_failing_upcaster_is_named_with_its_place_and_without_values() -> None:
    """Type, version, id, step, exception class and frames are enough to mend it."""
    with pytest.raises(UpcasterFailed) as caught:
        failing(divide_by_zero).decode(raw(1, b'{"canary": "canary"}', type="e", id="i-1"))
    error = caught.value
    assert ("e", 1, "i-1", 1, "divide_by_zero", "ZeroDivisionError") == (
        error.event_type,
        error.schema_version,
        error.event_id,
        error.from_version,
        error.step,
        error.exception,
    )
    assert ["divide_by_zero"] == [frame.function for frame in error.frames]
    assert __file__ == error.frames[0].file
    assert "canary" not in f"{error!r} {error} {error.frames}"
    assert error.__cause__ is None
    assert error.__context__ is None


def test_messages_of_exceptions_are_kept_only_on_request() -> None:
    """What an exception says may hold values, so it is recorded only with record_messages=True."""

    def say(payload: Payload) -> Payload:
        raise ValueError(payload["secret"])

    events = Registry()
    events.event("e", version=2)(msgspec.defstruct("E", []))
    events.upcaster("e", from_version=1)(say)
    stored = raw(1, b'{"secret": "kanarienvogel"}', type="e")
    for record, message in ((False, None), (True, "kanarienvogel")):
        with pytest.raises(UpcasterFailed) as caught:
            events.codec(record_messages=record).decode(stored)
        assert message == caught.value.message
        assert "kanarienvogel" not in str(caught.value)


@pytest.mark.parametrize("result", [None, [1], 5, "x", (1, 2)])
def test_an_upcaster_that_returns_no_payload_is_named(result: Any) -> None:
    """Forgetting to return the payload is the commonest mistake."""
    with pytest.raises(UpcasterFailed, match="returned") as caught:
        failing(lambda payload: result).decode(raw(1, b"{}", type="e"))
    assert "test_codec" in caught.value.step or "<lambda>" in caught.value.step


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), object(), {1, object()}, "\ud800"])
def test_an_upcaster_that_makes_what_json_cannot_hold_is_named(value: Any) -> None:
    """NaN does not become null, and no encoder error comes through."""
    events = Registry()
    events.event("e", version=4)(msgspec.defstruct("E", [("y", int), ("x", float | None, None)]))
    events.unchanged("e", from_version=1)
    events.upcaster("e", from_version=2)(lambda payload: {**payload, "x": value})
    events.steps("e", add("y", 1), from_version=3)
    with pytest.raises(RefusedEvent) as caught:
        events.codec().decode(raw(1, b'{"z": null}', type="e"))
    if isinstance(caught.value, UpcasterFailed):
        assert 2 == caught.value.from_version
    else:
        assert Decimal == type(value)  # written as a text, which the class refuses
    assert caught.value.__context__ is None


@pytest.mark.parametrize("kind", [SystemExit, RecursionError, StopIteration, ExceptionGroup])
def test_what_an_upcaster_raises_is_its_failure(kind: type[BaseException]) -> None:
    """Nothing an upcaster raises for a message's sake ends the process."""

    def raise_it(payload: Payload) -> Payload:
        raise kind("x", [ValueError()]) if kind is ExceptionGroup else kind("x")

    with pytest.raises(UpcasterFailed):
        failing(raise_it).decode(raw(1, b"{}", type="e"))


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError])
def test_what_concerns_the_process_goes_through(kind: type[BaseException]) -> None:
    """A consumer hands its messages back on these; they are no failure of the message."""

    def raise_it(payload: Payload) -> Payload:
        raise kind

    codec = failing(raise_it)
    for decode in (codec.decode, codec.decode_all, lambda stored: codec.decode_payload("e", 1, b"{}")):
        with pytest.raises(kind):
            decode(raw(1, b"{}", type="e"))


def test_constants_of_a_users_module_are_never_written_into() -> None:
    """A function may return a constant; the steps after it work on copies."""
    constant: Payload = {"x": 1, "inner": {"a": 1}}
    events = Registry()
    events.event("e", version=3)(msgspec.defstruct("E", [("y", int), ("inner", dict[str, int])]))
    events.upcaster("e", from_version=1)(lambda payload: constant)
    events.steps("e", rename("x", to="y"), move("inner.a", to="inner.b"), add("inner.c", 2), from_version=2)
    codec = events.codec()
    first = codec.decode(raw(1, b"{}", type="e"))
    assert first == codec.decode(raw(1, b"{}", type="e"))
    assert {"x": 1, "inner": {"a": 1}} == constant


# --- encoding -------------------------------------------------------------------------------------------------------


class Secret(pydantic.BaseModel):
    password: pydantic.SecretStr


class Excluded(pydantic.BaseModel):
    kept: int
    lost: int = pydantic.Field(1, exclude=True)


class OneWay(pydantic.BaseModel):
    x: int = pydantic.Field(validation_alias="y")


class OneWayInside(pydantic.BaseModel):
    inner: list[OneWay]


class Rounding(pydantic.BaseModel):
    x: float

    @pydantic.field_serializer("x")
    def round_it(self, value: float) -> float:
        """Loses what is behind the point."""
        return round(value)


class MaybeFloat(pydantic.BaseModel):
    x: float | None = None


class StructMaybeFloat(msgspec.Struct):
    x: float | None = None


class StructAny(msgspec.Struct):
    x: Any = None


def encode(event: Any, **options: Any) -> Any:
    """Encode an object of a class that stands alone."""
    events = Registry()
    events.event("e", version=1)(type(event))
    return events.codec().encode(event, **options)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Secret(password="p"), "decode-only"),
        (Excluded(kept=1), "decode-only"),
        (OneWay(y=1), "decode-only"),
        (OneWayInside(inner=[]), "decode-only"),
        (Rounding(x=1.5), "no-round-trip"),
        (MaybeFloat(x=float("nan")), "not-finite"),
        (StructMaybeFloat(x=float("inf")), "not-finite"),
        (StructAny(x=[{"a": float("nan")}]), "not-finite"),
        (StructOrder(order_id="1", amount=Decimal("NaN")), "not-finite"),
        (StructOrder(order_id=5, amount=Decimal(1)), "no-round-trip"),  # type: ignore[arg-type]  # Structs do not check
        (PydanticOrder.model_construct(order_id=5, amount=Decimal(1)), "not-encodable"),
        (StructAny(x=object()), "not-encodable"),
        (StructAny(x="\ud800"), "not-encodable"),
        (StructAny(x=dt.date(2026, 1, 1)), "no-round-trip"),
        (StructAny(x="x" * 2**20), "no-round-trip"),
    ],
)
def test_what_could_not_be_read_back_is_not_stored(event: Any, reason: str) -> None:
    """An object that would be lost, changed or unreadable is refused, without its values."""
    with pytest.raises(EncodeError) as caught:
        encode(event)
    assert reason == caught.value.reason
    assert caught.value.__context__ is None
    assert "e: " in str(caught.value)


def test_a_class_nobody_registered_is_not_stored() -> None:
    """Not even a subclass of a registered one, which would lose its own fields."""

    class Sub(PydanticOrder):
        more: int = 0

    codec = orders(PydanticOrder).codec()
    for event in (Sub(order_id="1", amount=Decimal(1)), object(), {"a": 1}):
        with pytest.raises(EncodeError) as caught:
            codec.encode(event)
        assert "not-registered" == caught.value.reason


class Animal(pydantic.BaseModel):
    name: str


class Dog(Animal):
    breed: str


class Owner(pydantic.BaseModel):
    pet: Animal


def test_a_nested_subclass_is_not_cut_down_in_silence() -> None:
    """pydantic writes a nested object as its declared class; what that would lose is refused."""
    with pytest.raises(EncodeError) as caught:
        encode(Owner(pet=Dog(name="a", breed="b")))
    assert "no-round-trip" == caught.value.reason
    assert encode(Owner(pet=Animal(name="a")))


class Computed(pydantic.BaseModel, extra="forbid"):
    x: int
    _cache: int = pydantic.PrivateAttr(0)

    @pydantic.computed_field  # type: ignore[prop-decorator]  # pydantic's own way
    @property
    def double(self) -> int:
        """Made from x."""
        return self.x * 2


def test_computed_and_private_values_are_no_part_of_an_event() -> None:
    """What a class computes is computed again; what it keeps to itself does not hinder storing."""
    event = Computed(x=2)
    event._cache = 5
    assert b'"data":{"x":2}' in encode(event)


def test_a_time_without_zone_is_refused() -> None:
    """When it happened would be a guess."""
    with pytest.raises(EncodeError) as caught:
        encode(StructAny(), time=dt.datetime(2026, 1, 1))  # noqa: DTZ001  # that is the point
    assert "invalid-argument" == caught.value.reason


def to_cents(euros: str) -> int:
    """Exactly."""
    return int(Decimal(euros) * 100)


def from_cents(cents: int) -> str:
    """Exactly."""
    return str(Decimal(cents) / 100)


def downcasting(*more: Any) -> Registry:
    """A line whose edges can be walked both ways."""
    events = Registry()
    events.event("e", version=4)(msgspec.defstruct("E", [("id", str), ("cents", int), ("address", dict[str, str])]))
    events.steps("e", rename("key", to="id"), *more, from_version=1)
    events.steps("e", rename("euros", to="cents"), convert("cents", to_cents, inverse=from_cents), from_version=2)
    events.steps("e", move("zip", to="address.zip"), from_version=3)
    return events


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_a_downcast_is_what_the_older_reader_knows_and_comes_back_equal(version: int) -> None:
    """Inverses are applied in reverse, and the chain brings the same event back."""
    codec = downcasting().codec()
    event = codec.decode_payload("e", 1, {"key": "k", "euros": "12.50", "zip": "1"})
    stored = codec.encode(event, version=version)
    assert version == msgspec.json.decode(stored)["schema_version"]
    assert event == codec.decode(stored)
    if version == 1:
        assert {"key": "k", "euros": "12.5", "zip": "1", "address": {}} == msgspec.json.decode(stored)["data"]


def test_a_downcast_without_inverse_is_refused_with_the_step() -> None:
    """What was removed, or done by a function, cannot be told back."""
    codec = downcasting(remove("old")).codec()
    event = codec.decode_payload("e", 4, {"id": "k", "cents": 1, "address": {"zip": "1"}})
    assert codec.encode(event, version=2)
    with pytest.raises(EncodeError, match=r"remove\('old'\) has no inverse") as caught:
        codec.encode(event, version=1)
    assert "no-downcast" == caught.value.reason
    codec = orders(StructOrder).codec()
    with pytest.raises(EncodeError, match="is a function"):
        codec.encode(StructOrder(order_id="1", amount=Decimal(1)), version=1)
    for version in (0, 4, True, "1"):
        with pytest.raises(EncodeError) as caught:
            codec.encode(StructOrder(order_id="1", amount=Decimal(1)), version=version)  # type: ignore[arg-type]
        assert "invalid-argument" == caught.value.reason


def test_a_downcast_that_would_lose_something_is_refused_unless_told() -> None:
    """What an older version cannot hold is not lost in silence."""
    events = Registry()
    events.event("e", version=2)(msgspec.defstruct("E", [("currency", str)]))
    events.steps("e", add("currency", "EUR"), from_version=1)
    codec = events.codec()
    euros, dollars = (codec.decode_payload("e", 2, {"currency": c}) for c in ("EUR", "USD"))
    assert euros == codec.decode(codec.encode(euros, version=1))
    with pytest.raises(EncodeError) as caught:
        codec.encode(dollars, version=1)
    assert "no-round-trip" == caught.value.reason
    assert euros == codec.decode(codec.encode(dollars, version=1, lossy=True))
    with pytest.raises(EncodeError):
        encode(Rounding(x=1.5), lossy=True)  # today's version never loses anything


# --- rows -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", FAMILIES)
def test_a_payload_is_written_for_columns_and_read_from_them(cls: Any) -> None:
    """Type, version and payload go to columns of their own and come back."""
    codec = orders(cls).codec()
    event = cls(order_id="7", amount=Decimal("1.10"))
    row = codec.encode_payload(event)
    assert ("order", 3) == row[:2]
    assert event == codec.decode_payload(*row)
    with pytest.raises(EncodeError):
        codec.encode_payload(event, version=1)


def test_rows_may_be_split_and_dropped_too() -> None:
    """decode_payload wants one event, decode_payload_all takes any number."""
    codec = split_registry().codec()
    row = ("signup", 2, {"name": "n", "texts": ["a"]})
    assert [(Account(name="n"), 1), (Profile(bio="a"), 2)] == codec.decode_payload_all(*row)
    assert [] == codec.decode_payload_all("noise", 1, {})
    with pytest.raises(NotOneEvent) as caught:
        codec.decode_payload(*row, id="i")
    assert ("signup", "i", 2) == (caught.value.event_type, caught.value.event_id, caught.value.count)


class FlatOrder(msgspec.Struct):
    type: str
    schema_version: int
    x: int


def test_rows_of_a_flat_codec_get_their_header_from_the_arguments() -> None:
    """A class that declares the header meets it, at every version."""
    events = Registry()
    events.event("e", version=2)(FlatOrder)
    events.unchanged("e", from_version=1)
    codec = events.codec(envelope=Flat())
    wanted = FlatOrder(type="e", schema_version=2, x=1)
    assert wanted == codec.decode_payload("e", 1, {"x": 1}) == codec.decode_payload("e", 2, {"x": 1})
    assert wanted == codec.decode_payload(*codec.encode_payload(wanted))


# --- the rest -------------------------------------------------------------------------------------------------------


def test_one_line_is_logged_for_a_refused_event(caplog: pytest.LogCaptureFixture) -> None:
    """Type, version, id, reason and paths, in the text and as attributes; no value."""
    codec = orders(PydanticOrder).codec()
    with caplog.at_level(logging.WARNING, "upcast"), pytest.raises(RefusedEvent):
        codec.decode(raw(3, b'{"order_id": "x", "amount": "canary"}', id="i\\n1"))
    (record,) = caplog.records
    assert "refused event: event_type=order schema_version=3 event_id=i\\n1 reason=class-refused paths=amount" == (
        record.getMessage()
    )
    assert ("order", 3, "class-refused") == (record.event_type, record.schema_version, record.reason)  # type: ignore[attr-defined]


def test_a_forged_line_cannot_be_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A type or id with control characters is not repeated."""
    codec = orders(PydanticOrder).codec()
    forged = msgspec.json.encode({"type": "a\nWARNING forged", "schema_version": 1, "id": "b\nforged", "data": {}})
    with caplog.at_level(logging.WARNING, "upcast"), pytest.raises(RefusedEvent) as caught:
        codec.decode(forged)
    assert "forged" not in caplog.text + str(caught.value)


def test_explain_tells_each_step_and_where_it_failed() -> None:
    """Field by field, up to the step that failed, with nothing raised and nothing logged."""
    codec = orders(PydanticOrder).codec()
    explanation = codec.explain(raw(1, b'{"id": 7, "total": 1.10}', id="i"))
    text = str(explanation)
    assert text.splitlines() == [
        "order v1 (id i) → v3, plain lane",
        "  v1 → v2",
        "    ✓ orders.<locals>.name_id",
        "        id: 7 → (absent)",
        '        order_id: (absent) → "7"',
        "  v2 → v3",
        "    ✓ rename('total', to='amount')",
        "        total: 1.10 → (absent)",
        "        amount: (absent) → 1.10",
        "    ✓ add('currency', 'USD')",
        '        currency: (absent) → "USD"',
        "  = PydanticOrder(order_id='7', amount=Decimal('1.1'), currency='USD')",
    ]
    failed = codec.explain(raw(1, b'{"total": 1}'))
    assert "✗ orders.<locals>.name_id" in str(failed)
    assert ("upcaster-failed", ()) == (failed.error and failed.error.reason, failed.events)
    assert "not-json" in str(codec.explain(b""))
    assert "class-refused" in str(codec.explain(raw(3, b"{}")))
    odd = codec.explain(raw(1, b'{"id": 1, "total": 1e999}', id="i"))
    assert ("order", "i", "number-out-of-range") == (odd.event_type, odd.event_id, odd.error and odd.error.detail)
    assert "unknown-type" in str(codec.explain(raw(3, b"{}", type="x")))


def test_explain_follows_splits_and_drops() -> None:
    """Every part is shown; a drop says so."""
    codec = split_registry().codec()
    text = str(codec.explain(raw(1, b'{"name": "n", "texts": ["a"]}', type="signup")))
    assert "(split)" in text
    assert "  = Account(name='n')\n  = Profile(bio='a')" in text
    assert "  = dropped" in str(codec.explain(raw(1, b"{}", type="noise")))


def test_eight_threads_decode_alike() -> None:
    """A codec is shared by all threads of a process."""
    codec = orders(StructOrder).codec()
    stored = [raw(1, b'{"id": %d, "total": %d.10}' % (n, n)) for n in range(200)]
    wanted = codec.decode_many(stored)
    found: list[list[object]] = []
    threads = [threading.Thread(target=lambda: found.append(codec.decode_many(stored))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [wanted] * 8 == found


def test_the_bound_on_bytes_is_the_users() -> None:
    """max_bytes counts the whole stored event."""
    events = orders(StructOrder)
    stored = raw(3, b'{"order_id": "%s", "amount": 1}' % (b"x" * 1000))
    assert events.codec(max_bytes=len(stored)).decode(stored)
    with pytest.raises(RefusedEvent) as caught:
        events.codec(max_bytes=len(stored) - 1).decode(stored)
    assert ("oversize", "bytes") == (caught.value.reason, caught.value.detail)
    with pytest.raises(RefusedEvent):
        events.codec(max_bytes=10).decode(raw(3, b'{"order_id": "", "amount": 1}'))
    for wrong in (0, -1, True, 1.5):
        with pytest.raises(RegistryError):
            events.codec(max_bytes=wrong)  # type: ignore[arg-type]


def test_steps_say_at_import_what_they_cannot_mean() -> None:
    """A step or call that can mean nothing fails where it is written."""
    events = Registry()
    with pytest.raises(InvalidStep, match="unchanged"):
        events.steps("e", from_version=1)
    with pytest.raises(InvalidStep):
        events.steps("e", "rename", from_version=1)  # type: ignore[arg-type]
    with pytest.raises(InvalidStep, match="drop"):
        events.split("e", from_version=1, into={})


def test_an_explanation_cannot_command_a_terminal() -> None:
    """Control characters of a payload, an id or a version are escaped, and no line can be forged."""
    codec = orders(StructOrder).codec()
    nasty = "x\x1b[31m\n\x9b forged"
    data = msgspec.json.encode({"id": nasty, nasty: 1, "total": 1})
    for stored in (
        raw(1, data, id=nasty),
        raw(1, data, type=nasty),
        msgspec.json.encode({"type": "order", "schema_version": nasty, "data": {}}),
        msgspec.json.encode({"type": "order", "schema_version": {nasty: 1}, "data": {}}),
    ):
        explanation = codec.explain(stored)
        assert explanation.schema_version in {None, 1}
        lines = str(explanation).splitlines()
        assert all(line.isprintable() for line in lines)
        assert not any(line.lstrip().startswith("forged") for line in lines)


def test_an_explanation_names_edges_that_change_nothing() -> None:
    """Every version on the way is shown."""
    text = str(downcasting().codec().explain(raw(1, b'{"key": "k", "euros": "1", "zip": "1"}', type="e")))
    assert "v1 → v2" in text
    assert "v3 → v4" in text
    events = Registry()
    events.event("e", version=2)(StructAny)
    events.unchanged("e", from_version=1)
    assert "  v1 → v2\n    ✓ unchanged\n" in str(events.codec().explain(raw(1, b"{}", type="e")))
