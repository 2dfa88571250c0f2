"""Numbers: every digit the class can hold arrives, and nothing that is no number ever does."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

import upcast
from properties.model import Steps, Told
from properties.texts import exact, own_decoder
from properties.worlds import FAMILIES, FORMS, make_class, wire

MSGSPEC_FAMILIES = ("struct", "attrs", "dataclass")

digits = st.text("0123456789", min_size=1, max_size=30)
literals = st.one_of(
    st.sampled_from(["1.10", "12345678901234567.89", "-0.0", "1e5", "1E+5", "0.10e-7", "-1.000", "0.0"]),
    st.integers(-(10**40), 10**40).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.builds(
        lambda sign, whole, fraction, exponent: f"{sign}{int(whole)}.{fraction}{exponent}",
        st.sampled_from(["", "-"]),
        digits,
        digits,
        st.sampled_from(["", "e3", "E-3", "e+12"]),
    ),
)

CHAINS: dict[str, Any] = {
    "rename": Steps((Told("rename", ("old",), ("value",)),)),
    "move": Steps((Told("move", ("old",), ("box", "value")), Told("move", ("box", "value"), ("value",)))),
    "wrap": Steps((Told("convert", ("old",), function=lambda value: value), Told("rename", ("old",), ("value",)))),
}


def _codec(family: str, kind: Any, how: str, form: Any) -> tuple[Any, upcast.Codec[Any]]:
    events = upcast.Registry()
    cls = make_class(family, "Event", {"value": (kind, None), "other": (Any, None)})
    events.event("e", version=3)(cls)
    if how == "function":

        @events.upcaster("e", from_version=1)
        def renamed(payload: upcast.Payload) -> upcast.Payload:
            return {"value": payload["old"], "other": [payload["old"]]}
    else:
        CHAINS[how].register(events, "e", 1)
    events.unchanged("e", from_version=2)
    return cls, events.codec(envelope=form)


HOW = st.sampled_from(["rename", "move", "wrap", "function"])


@given(st.sampled_from(MSGSPEC_FAMILIES), literals, HOW, st.sampled_from(FORMS))
def test_a_decimal_keeps_every_digit_through_a_chain(family: str, literal: str, how: str, form: Any) -> None:
    """A Decimal field of a class that msgspec reads gets the number as it was written."""
    _, codec = _codec(family, Decimal, how, form)

    event: Any = codec.decode(wire(form, "e", 1, f'{{"old":{literal}}}'))

    expected = Decimal(literal)
    # Python has no negative integer zero; the sign of "-0" is no digit.
    assert repr(expected if expected or "." in literal or "e" in literal.lower() else Decimal(0)) == repr(event.value)


@given(literals, HOW, st.sampled_from(FORMS))
def test_a_raw_field_keeps_the_text_of_a_number(literal: str, how: str, form: Any) -> None:
    """A Raw field gets the number as it was written."""
    _, codec = _codec("struct", msgspec.Raw, how, form)

    event: Any = codec.decode(wire(form, "e", 1, f'{{"old":{literal}}}'))

    assert ("0" if literal == "-0" else literal) == bytes(event.value).decode()


@given(
    st.sampled_from(FAMILIES),
    literals,
    st.sampled_from([int, float, Decimal, Any, str, int | float]),
    HOW,
    st.sampled_from(FORMS),
)
def test_a_number_no_step_touches_means_what_its_class_makes_of_it(
    family: str, literal: str, kind: Any, how: str, form: Any
) -> None:
    """A moved number arrives exactly as the class's own decoder reads it where it stands in today's payload."""
    cls, codec = _codec(family, kind, how, form)
    text = f'{{"value":{literal},"other":[{literal}]}}' if how == "function" else f'{{"value":{literal}}}'
    try:
        expected: Any = exact(own_decoder(cls, text.encode()))
    except (ValueError, pydantic.ValidationError):
        expected = "refused"

    try:
        found: Any = exact(codec.decode(wire(form, "e", 1, f'{{"old":{literal}}}')))
    except upcast.ClassRefused:
        found = "refused"

    assert expected == found


NOT_FINITE = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e400", "[NaN]", '{"x":Infinity}', "nan", "inf")
KINDS = [float, Decimal, Any, int | float, list[float], dict[str, float]]


@given(st.sampled_from(FAMILIES), st.sampled_from(NOT_FINITE), st.sampled_from(KINDS), HOW, st.sampled_from(FORMS))
def test_what_is_not_finite_is_refused_in_every_version(
    family: str, literal: str, kind: Any, how: str, form: Any
) -> None:
    """NaN, infinities and numbers out of range are refused, old or new, where they stand and beside."""
    _, codec = _codec(family, kind, how, form)
    beside = '"value":1.5' if kind in (float, Decimal, Any) else '"value":null'

    for version, text in ((1, f'{{"old":{literal}}}'), (2, f'{{"value":{literal}}}'), (3, f'{{"value":{literal}}}')):
        if (kind is Decimal and family in MSGSPEC_FAMILIES) and "e" in literal:
            continue  # a Decimal of that size is a number
        with pytest.raises(upcast.RefusedEvent):
            codec.decode(wire(form, "e", version, text))
    if "e" not in literal:
        with pytest.raises(upcast.RefusedEvent):
            codec.decode(wire(form, "e", 3, f'{{{beside},"unknown":{literal}}}'))


@attrs.define
class AttrsPoint:
    x: Any


class StructPoint(msgspec.Struct):
    x: Any


class FloatLike(float):
    """What numpy's float64 is."""


WRAPPERS = {
    "alone": lambda value: value,
    "list": lambda value: [None, value],
    "dict": lambda value: {"k": {"n": None, "v": value}},
    "tuple": lambda value: (value,),
    "set": lambda value: {value},
    "subclass": FloatLike,
    "decimal": Decimal,
    "decimal-and-null": lambda value: [None, Decimal(value)],
    "attrs": AttrsPoint,
    "struct": lambda value: [StructPoint(value)],
    "key": lambda value: {value: 1},
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("how", ["function", "convert", "split"])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_no_function_can_make_a_number_that_is_none(wrapper: str, how: str, number: float) -> None:
    """NaN or infinity made by a function is an error of that function, never null and never a text."""
    made = WRAPPERS[wrapper]
    events = upcast.Registry()
    cls = make_class("struct", "Event", {"value": (Any, "absent")})
    events.event("e", version=2)(cls)
    if how == "function":
        events.upcaster("e", from_version=1)(lambda payload: {"value": made(number)})
    elif how == "convert":
        events.steps("e", upcast.convert("value", lambda _: made(number)), from_version=1)
    else:
        events.unchanged("e", from_version=1)
        events.split("two", from_version=1, into={"e": 1})(lambda payload: [("e", {"value": made(number)})])
    codec = events.codec()

    with pytest.raises(upcast.UpcasterFailed):
        codec.decode_payload("two" if how == "split" else "e", 1, b'{"value": 1}')


@given(
    st.sampled_from(FAMILIES),
    st.sampled_from([math.nan, math.inf, -math.inf]),
    st.sampled_from(["float", "any", "list", "dict", "decimal", "optional"]),
    st.sampled_from(FORMS),
)
def test_what_is_not_finite_is_never_written(family: str, number: float, place: str, form: Any) -> None:
    """An object that holds NaN or infinity anywhere cannot be stored."""
    kind, value = {
        "float": (float, number),
        "any": (Any, {"deep": [None, number]}),
        "list": (list[float], [1.0, number]),
        "dict": (dict[str, float], {"a": number}),
        "decimal": (Decimal, Decimal(number)),
        "optional": (float | None, number),
    }[place]
    events = upcast.Registry()
    cls = make_class(family, "Event", {"value": (kind, None), "blank": (str | None, None)})
    events.event("e", version=1)(cls)
    event: Any = cls()
    event.value = value

    with pytest.raises(upcast.EncodeError) as caught:
        events.codec(envelope=form).encode(event)

    # msgspec writes a Decimal as a text, which only its reading back shows to be no number.
    assert caught.value.reason in ({"not-finite", "no-round-trip"} if place == "decimal" else {"not-finite"})


@pytest.mark.parametrize("beside", ["", ',"blank":null', ',"unknown":[null]'])
@pytest.mark.parametrize("kind", [float, Decimal, msgspec.Raw])
@pytest.mark.parametrize("literal", ["1e999", "-1e400"])
def test_a_number_no_float_can_express_has_one_fate(kind: Any, literal: str, beside: str) -> None:
    """It is kept by a class that can hold it and refused by one that cannot, whatever stands beside it."""
    events = upcast.Registry()
    events.event("e", version=2)(make_class("struct", "Event", {"value": (kind, None), "blank": (Any, 0)}))
    events.upcaster("e", from_version=1)(lambda payload: payload)
    codec = events.codec()

    fates = []
    for version in (1, 2):
        try:
            event: Any = codec.decode_payload("e", version, f'{{"value":{literal}{beside}}}')
            fates.append(exact(event.value))
        except upcast.UpcasterFailed:
            raise
        except upcast.RefusedEvent:
            fates.append("refused")

    expected = "refused" if kind is float else exact(own_decoder(kind, literal.encode())) if kind is Decimal else None
    assert [expected or exact(msgspec.Raw(literal.encode()))] * 2 == fates
