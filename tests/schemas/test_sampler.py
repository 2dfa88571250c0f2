"""The sampler makes payloads that a writer may have written, at and just inside the limits of each place."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from decimal import Decimal
from typing import Any

import msgspec
import pydantic
import pytest

from schemas.shape_cases import DEFINITIONS, MSGSPEC_TOO, PYDANTIC_ONLY, event, kind, maybe, member, record, tagged
from upcast.schemas._rebuild import Refused, decoder_of, rebuild
from upcast.schemas._rebuild._places import names_of
from upcast.schemas._sampler import (
    Sample,
    encode,
    lax_samples,
    samples,
    shape_samples,
    unsampled,
    with_unknown,
)
from upcast.schemas._sampler._patterns import matching
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Integer,
    MapOf,
    Null,
    Number,
    Opaque,
    Record,
    Reference,
    Tagged,
    Text,
    TupleOf,
    Unions,
    Variant,
    View,
)

ALL = {**MSGSPEC_TOO, **PYDANTIC_ONLY}

ORDER = View(
    root=record(
        member("order_id", Formatted(format="uuid")),
        member("placed", Formatted(format="date-time", zone="aware")),
        member("shipped", maybe(Formatted(format="date-time", zone="aware")), "null"),
        member(
            "lines",
            Array(
                items=record(
                    member("sku", Text(pattern=r"^[A-Z]{3}-\d{3}$")),
                    member("count", Integer(minimum=1, maximum=99)),
                    member("price", DecimalNumber(max_digits=8, decimal_places=2, minimum="0")),
                ),
                min_items=1,
                max_items=100,
            ),
        ),
        member("ship_to", Reference(name="address")),
        member("bill_to", maybe(Reference(name="address")), "null"),
        member(
            "pay", tagged(card=record(kind("card"), member("last4", Text(max_length=4))), cash=record(kind("cash")))
        ),
        member("status", Enumeration(values=("new", "paid", "sent"))),
        member("tags", Array(items=Text(), unique=True), "[]"),
        member("meta", MapOf(keys=Text(), values=Anything()), "{}"),
        member("low", Number()),
        member("high", Number()),
    ),
    definitions=DEFINITIONS,
)


def payload_of(sample: Sample) -> Any:
    """What a sample holds."""
    return msgspec.json.decode(sample.payload)


# --- what a writer writes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_every_sample_is_what_a_reader_of_the_shape_takes(name: str) -> None:
    """No decoder of a family that can have the shape refuses a sample."""
    view = event(ALL[name])
    families = ["pydantic", "json-schema", *(["msgspec"] if name in MSGSPEC_TOO else [])]
    found = samples(view, limit=500)
    assert found
    assert unsampled(view) == ()
    for family in families:
        decode = rebuild(view, family).decode
        for sample in found:
            decode(sample.payload)


def test_the_order_is_sampled_for_both_families() -> None:
    """The same holds for a whole event, however many samples are asked for."""
    for family in ("pydantic", "msgspec", "json-schema"):
        decode = rebuild(ORDER, family).decode
        for sample in samples(ORDER, limit=1000):
            decode(sample.payload)
    assert len(samples(ORDER, limit=1000)) > 180


def test_samples_are_the_same_in_every_process() -> None:
    """Neither randomness nor the order of hashes decides."""
    code = "from schemas.test_sampler import ORDER; from upcast.schemas._sampler import samples; print(samples(ORDER))"
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "tests"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
    assert repr(samples(ORDER)).encode() in runs.pop()


def test_each_sample_differs_in_the_one_place_it_is_about() -> None:
    """All else is as in the plainest payload, or as in the fullest where a member was left out."""
    found = samples(ORDER, limit=1000)
    plainest, fullest = (payload_of(sample) for sample in found[:2])
    assert found[0].about == found[1].about == ""
    for sample in found[2:]:
        whole = payload_of(sample)
        within_plainest = all(_is_below(place, sample.about) for place in _differences(plainest, whole))
        assert within_plainest or _differences(fullest, whole) == [sample.about], sample


def _differences(one: Any, other: Any, place: str = "") -> list[str]:
    """The places in which two values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = one.keys() | other.keys()
        return [
            found for key in keys for found in _differences(one.get(key, ...), other.get(key, ...), f"{place}/{key}")
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [found for a, b in zip(one, other, strict=True) for found in _differences(a, b, f"{place}/*")]
    return [] if one == other and type(one) is type(other) else [place]


def _is_below(place: str, about: str) -> bool:
    # An object that came in whole is its members too; the keys of a map are all one place.
    return (
        f"{place}/".startswith(f"{about}/")
        or about.startswith(f"{place}/")
        or (about == "/meta/*" and "/meta/" in place)
    )


def test_every_place_has_its_turn_before_any_has_another() -> None:
    """With a limit as small as the event, each place has been varied once."""
    places = {sample.about for sample in samples(ORDER, limit=1000)}
    assert {sample.about for sample in samples(ORDER, limit=48)} == places
    assert places >= {"/lines/*/sku", "/ship_to/street", "/bill_to/zip", "/pay/last4", "/tags/*", "/meta/*", "/shipped"}


def test_a_limit_is_a_limit() -> None:
    """No more than asked for, the most important first, none twice."""
    found = samples(ORDER, limit=1000)
    assert len({sample.payload for sample in found}) == len(found)
    assert samples(ORDER, limit=7) == found[:7]
    assert len(samples(ORDER)) == 64


def test_sampling_an_order_takes_less_than_five_milliseconds() -> None:
    """The sampler is run for thousands of types."""
    taken = []
    for _ in range(20):
        start = time.process_time()
        samples(ORDER)
        taken.append(time.process_time() - start)
    assert min(taken) < 0.005


def test_recursion_ends_and_is_sampled_within_itself() -> None:
    """A node stands within itself, and not without end, however many definitions contain each other."""
    found = samples(event(Reference(name="node")), limit=500)
    assert {"/v/children/*/value", "/v/next/value", "/v/children/*/next/value"} <= {sample.about for sample in found}
    assert max(len(sample.payload) for sample in found) < 10_000
    many = {
        f"d{number}": record(*(member(f"m{other}", maybe(Reference(name=f"d{other}"))) for other in range(12)))
        for number in range(12)
    }
    start = time.process_time()
    assert len(samples(View(root=Reference(name="d0"), definitions=many))) == 64
    assert time.process_time() - start < 1


# --- what is among them ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (Boolean(), [True, False]),
        (maybe(Integer()), [None, 0, -1]),
        (Integer(), [0, -1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1]),
        (Integer(minimum=5, exclusive_maximum=10), [5, 6, 9, 8]),
        (Integer(multiple_of=5, minimum=1), [5, 10]),
        (Number(), [1.5, 0.0, -1.5, 1.0, 1e300]),
        (Number(minimum=0.5, exclusive_maximum=2.0), [0.5, 0.5000000000000001, 1.9999999999999998, 1.5]),
        (DecimalNumber(max_digits=4, decimal_places=2), ["99.99", "-99.99", "0.01", "0", "99"]),
        (DecimalNumber(as_number=True), [Decimal("1.5"), Decimal("12345678901234567.89")]),
        (Text(), ["", "é", "😀", " ", "x" * 5000]),
        (Text(min_length=2, max_length=9), ["xx", "xxx", "x" * 9, "x" * 8]),
        (Text(case="upper"), ["TEXT"]),
        (Formatted(format="date"), ["1969-12-31", "0001-01-01", "9999-12-31"]),
        (
            Formatted(format="date-time"),
            ["2024-02-29T12:30:00Z", "2024-02-29T12:30:00", "2024-02-29T00:00:00Z", "2024-02-29T12:30:00.123456Z"],
        ),
        (Formatted(format="date-time", zone="naive"), ["2024-02-29T00:00:00"]),
        (Formatted(format="date", minimum="2024-01-10", exclusive_maximum="2024-03-10"), ["2024-01-10", "2024-03-09"]),
        (Formatted(format="duration"), ["PT0S", "-PT1S", "P1DT1S"]),
        (Formatted(format="duration", encoding="seconds"), [86401.0, -1.0]),
        (Formatted(format="bytes", encoding="base64", max_length=2), ["", "YWI="]),
        (Formatted(format="bytes", encoding="hex"), ["", "fffe"]),
        (Enumeration(values=("a", "b", None)), ["a", "b", None]),
        (Array(items=Integer(), min_items=1, max_items=3), [[1], [1, 1], [1, 1, 1], [1, 2, 0], [0], [2**63]]),
        (Array(items=Integer(), unique=True), [[], [1, 2], [0]]),
        (Array(items=Integer(), max_items=0), [[]]),
        (TupleOf(items=(Integer(), Text()), rest=Boolean()), [[1, "text", True], [1, "text", False], [0, "text"]]),
        (MapOf(keys=Text(min_length=1), values=Integer(), max_entries=2), [{}, {"text": 1}, {"text": 0}, {"é": 1}]),
        (MapOf(keys=Integer(), values=Null()), [{"1": None}, {"-1": None}]),
        (record(member("a", Integer()), member("b", Text(), '""')), [{"a": 1}, {"a": 1, "b": "text"}, {"a": 0}]),
        (Unions(members=(Integer(), Text())), [1, "text", 0, ""]),
        (tagged(a=record(), b=record(member("x", Integer()))), [{"kind": "a"}, {"kind": "b", "x": 0}]),
        (Record(extra="keep"), [{}, {"undeclared": "anything"}, {"undeclared": None}]),
        (
            record(member("id", Integer(), keys=(("a",), ("b", 1)))),
            [{"a": 1}, {"a": 0}, {"b": [None, 1]}],
        ),
        (
            record(member("x", Integer(), keys=(("p", "x"),)), member("y", Integer(), keys=(("p", "y"),))),
            [{"p": {"x": 1, "y": 1}}, {"p": {"x": 0, "y": 1}}, {"p": {"x": 1, "y": 0}}],
        ),
    ],
    ids=repr,
)
def test_the_odd_values_of_a_shape_are_among_its_samples(shape: AnyShape, expected: list[Any]) -> None:
    """What other shapes cannot hold is there for each of them."""
    found = {encode(value) for value in shape_samples(shape, View(root=shape), limit=200)}
    assert [value for value in expected if encode(value) not in found] == []


def test_no_moment_is_there_in_two_spellings() -> None:
    """A set would keep one of them only."""
    shape = Formatted(format="duration", minimum="PT0S")
    found = shape_samples(shape, View(root=shape))
    assert "PT0S" in found
    assert "P0D" not in found


def test_no_sample_writes_a_variant_under_the_name_of_another() -> None:
    """A tag belongs to its variant, also where unions of one tag contain each other."""
    view = event(PYDANTIC_ONLY["tagged within tagged"])
    assert {payload_of(s)["v"]["kind"] == "b" for s in samples(view) if "x" in payload_of(s)["v"]} == {True}


def test_a_discriminator_that_may_be_absent_is_always_written() -> None:
    """A variant can only be told by its tag, even where its class has a default for it."""
    variant = record(member("kind", Enumeration(values=("a",)), '"a"'), member("x", Integer()))
    view = event(Tagged(discriminator="kind", variants=(Variant(tag="a", shape=variant),)))
    assert all(payload_of(sample)["v"]["kind"] == "a" for sample in samples(view))


class Range(pydantic.BaseModel):
    """Has rules that no schema shows."""

    low: int
    high: int
    start: str | None = None
    limit: float = 0.0


RULES = {
    "low <= high": lambda m: m.low <= m.high,
    "low < high": lambda m: m.low < m.high,
    "low >= high": lambda m: m.low >= m.high,
    "low != high": lambda m: m.low != m.high,
    "some of them": lambda m: m.low or m.high,
    "sum is positive": lambda m: m.low + m.high > 0,
    "sum is small": lambda m: m.low + m.high < 1000,
    "start and limit together": lambda m: m.start is None or m.limit > 0,
}


@pytest.mark.parametrize("name", RULES)
def test_rules_between_members_are_found_by_running_them(name: str) -> None:
    """Among the samples there are some that a rule refuses, and some that it takes."""

    class Ruled(Range):
        @pydantic.model_validator(mode="after")
        def rule(self) -> Ruled:
            assert RULES[name](self)
            return self

    decode = decoder_of(Ruled)
    start = maybe(Text())
    members = (member("low", Integer()), member("high", Integer()), member("start", start, "null"))
    view = View(root=record(*members, member("limit", Number(), "0.0")))
    verdicts = set()
    for sample in samples(view):
        try:
            decode(sample.payload)
            verdicts.add("taken")
        except Refused:
            verdicts.add("refused")
    assert verdicts == {"taken", "refused"}


@pytest.mark.parametrize("form", ["date", "date-time", "duration"])
def test_moments_of_one_object_rise_fall_and_are_equal(form: str) -> None:
    """Their plainest values are in order, since most events have a beginning before their end."""
    view = View(root=record(member("start", Formatted(format=form)), member("end", Formatted(format=form))))
    found = [payload_of(sample) for sample in samples(view)]
    assert found[0]["start"] < found[0]["end"]
    assert {(whole["start"] > whole["end"]) - (whole["start"] < whole["end"]) for whole in found} == {-1, 0, 1}


def test_that_they_fall_comes_first_of_all() -> None:
    """What breaks most rules between members is not lost to a small limit."""
    view = View(root=record(member("low", Integer()), member("high", Integer())))
    assert [payload_of(sample) for sample in samples(view, limit=2)] == [{"low": 1, "high": 2}, {"low": 2, "high": 1}]
    flags = View(root=record(member("a", Boolean()), member("b", Boolean())))
    assert {"a": False, "b": False} in [payload_of(sample) for sample in samples(flags)]


def test_comparable_members_stay_within_their_own_limits() -> None:
    """Members whose limits do not meet are compared as far as they can be."""
    low, high = Integer(minimum=0, maximum=5), DecimalNumber(minimum="10", decimal_places=0)
    view = View(root=record(member("low", low), member("step", Integer(multiple_of=3)), member("high", high)))
    decode = rebuild(view, "pydantic").decode
    for sample in samples(view):
        decode(sample.payload)


# --- patterns -------------------------------------------------------------------------------------------------------

PATTERNS = {
    r"^A": 1,
    r"^[A-Z]{3}$": 3,
    r"^\d{4}-\d{2}-\d{2}$": 3,
    r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$": 3,
    r"^(?=.*\d)(?=.*[a-z])(?=.*[A-Z]).{8,}$": 3,
    r"^(foo|bar)+$": 3,
    r"^(?:[a-z0-9]+-)*[a-z0-9]+$": 3,
    r"^(a)(b)?(?(2)c|d)$": 2,
    r"^(\w)\1$": 3,
    r"^\+[1-9]\d{1,14}$": 3,
    r"^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$": 3,
    r"^ord_[0-9a-f]{24}$": 3,
    r"^[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}$": 3,
    r"(?i)^abc$": 2,
    r"^$": 1,
    r"^[^\W\d_]+$": 3,
    r"^.{3,5}$": 3,
    r"^(?!x).*y$": 3,
    r"\bword\b": 1,
    r"^\S+(\s\S+)*$": 3,
    r"^[\x00-\x7F]*?z$": 3,
    r"^(?>a+)b$": 3,
    r"^a++$": 3,
    r"\d": 3,
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_strings_are_made_for_a_pattern(pattern: str) -> None:
    """Several different strings, in each of which the pattern is found."""
    found = matching(pattern, 0, None)
    assert len(set(found)) == len(found) >= PATTERNS[pattern]
    assert all(re.search(pattern, text) for text in found)


@pytest.mark.parametrize("pattern", [r"^\p{Lu}\p{Ll}+$", r"^[\p{L}\d]{2,}\z", r"^[[:alpha:]]+$"])
def test_strings_are_made_for_a_pattern_of_rust(pattern: str) -> None:
    """What only Rust's engine reads is tried with that engine."""
    shape = Text(pattern=pattern)
    assert len(shape_samples(shape, View(root=shape))) > 2
    decode = rebuild(event(shape), "pydantic").decode
    for sample in samples(event(shape)):
        decode(sample.payload)


@pytest.mark.parametrize(("low", "high"), [(0, 3), (10, 12), (4, 4), (1, None), (200, None), (0, 4000)])
def test_strings_of_a_pattern_keep_to_the_length(low: int, high: int | None) -> None:
    """The shortest and the longest are among them, where there is a longest."""
    lengths = {len(text) for text in matching(r"^[a-z]*$", low, high)}
    assert lengths <= set(range(low, 5001 if high is None else high + 1))
    assert low in lengths
    assert high is None or high in lengths


# --- what is not sampled --------------------------------------------------------------------------------------------

UNKNOWN = Opaque(reason="unknown")


@pytest.mark.parametrize(
    ("shape", "places", "is_sampled"),
    [
        (UNKNOWN, ("/v",), False),
        (maybe(UNKNOWN), ("/v",), True),
        (record(member("a", UNKNOWN, "1"), member("b", Integer())), ("/v/a",), True),
        (record(member("a", UNKNOWN), member("b", Integer())), ("/v/a",), False),
        (Array(items=UNKNOWN), ("/v/*",), True),
        (Array(items=UNKNOWN, min_items=1), ("/v/*",), False),
        (MapOf(keys=Text(), values=UNKNOWN), ("/v/*",), True),
        (TupleOf(items=(Integer(), UNKNOWN)), ("/v/1",), False),
        (Unions(members=(UNKNOWN, Integer())), ("/v",), True),
        (tagged(a=record(member("x", UNKNOWN)), b=record()), ("/v/x",), True),
        (Text(pattern=r"a^"), ("/v",), False),
        (Text(pattern=r"("), ("/v",), False),
        (Text(pattern=r"^a$", min_length=5), ("/v",), False),
        (Integer(minimum=5, maximum=4), ("/v",), False),
        (Number(minimum=2.0, exclusive_maximum=2.0), ("/v",), False),
        (Formatted(format="unheard-of"), ("/v",), False),
        (Formatted(format="path", detail="file"), ("/v",), False),
        (Array(items=Boolean(), unique=True, min_items=3), ("/v",), False),
        (Reference(name="endless"), ("/v", "/v/n"), False),
    ],
    ids=repr,
)
def test_what_cannot_be_sampled_is_left_out_and_named(
    shape: AnyShape, places: tuple[str, ...], is_sampled: bool
) -> None:
    """Nothing is guessed: where the place is always written there is no payload at all."""
    endless = record(member("n", Reference(name="endless")))
    view = View(root=record(member("v", shape)), definitions={"endless": endless})
    assert unsampled(view) == places
    assert bool(samples(view)) == is_sampled
    for sample in samples(view):
        rebuild(view, "json-schema").decode(sample.payload)


# --- lax spellings --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (Integer(), ["1", 1.0, True]),
        (Number(), ["1.5", True]),
        (Boolean(), [1, "true", "yes"]),
        (DecimalNumber(), [1.5]),
        (DecimalNumber(as_number=True), ["1.5"]),
        (Text(strips=True), [" text "]),
        (Text(case="upper"), ["text"]),
        (Enumeration(values=(1, 2)), [1.0, True]),
        (Formatted(format="date-time"), [0, "2024-02-29"]),
        (Formatted(format="date"), [0, "2024-02-29T00:00:00"]),
        (Formatted(format="duration"), [90000.5]),
        (Formatted(format="uuid"), ["00000000000040008000000000000001"]),
        (Array(items=Integer()), [["1"]]),
        (maybe(Integer()), ["1"]),
    ],
    ids=repr,
)
def test_lax_spellings_are_what_a_lax_reader_takes_and_no_writer_writes(shape: AnyShape, expected: list[Any]) -> None:
    """Each is taken by the lax reader, and none is among what is written."""
    found = lax_samples(event(shape), "pydantic")
    spelled = [payload_of(sample)["v"] for sample in found]
    assert [value for value in expected if not any(v == value and type(v) is type(value) for v in spelled)] == []
    assert not {s.payload for s in found} & {s.payload for s in samples(event(shape), limit=500)}
    decode = rebuild(event(shape), "pydantic").decode
    for sample in found:
        decode(sample.payload)


@pytest.mark.parametrize(
    "shape", [Integer(strict=True), Text(), Boolean(strict=True), Opaque(reason="unknown")], ids=repr
)
def test_a_strict_reader_takes_no_lax_spellings(shape: AnyShape) -> None:
    """Nor does a shape that has none."""
    assert lax_samples(event(shape), "pydantic") == []


def test_lax_samples_have_a_limit_and_a_place() -> None:
    """They are about the place they spell."""
    found = lax_samples(ORDER, "pydantic", limit=20)
    assert len(found) == 20
    assert "/lines/*/count" in {sample.about for sample in found}
    assert lax_samples(ORDER, "msgspec", limit=20) != found


# --- undeclared members ---------------------------------------------------------------------------------------------


def test_every_open_object_has_an_undeclared_member_once() -> None:
    """Closed objects have none; the name is one that nobody declares, or the one that was asked for."""
    inner = record(member("undeclared", Integer()), extra="keep")
    closed = record(member("x", Integer()), extra="forbid")
    view = View(root=record(member("inner", inner), member("closed", closed), member("b", Integer(), "0")))
    assert {s.about for s in with_unknown(view)} == {"/undeclared", "/inner/undeclared_"}
    assert {s.about for s in with_unknown(view, name="b")} == {"/inner/b"}
    assert [s.payload for s in with_unknown(view, name="c", contents=(None,))] == [
        b'{"inner":{"undeclared":1},"closed":{"x":1},"c":null}',
        b'{"inner":{"undeclared":1,"c":null},"closed":{"x":1}}',
    ]
    assert len(with_unknown(view, limit=3)) == 3
    assert "undeclared_" not in names_of(view)


def test_numbers_are_encoded_with_all_their_digits() -> None:
    """What `shape_samples` calls a Decimal is a number to JSON."""
    assert encode({"price": Decimal("1.10")}) == b'{"price":1.10}'
