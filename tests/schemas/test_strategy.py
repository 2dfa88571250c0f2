"""The strategy draws what a writer may write: wide, bounded, and smaller and smaller where it fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis.errors import Unsatisfiable

from schemas.shape_cases import MSGSPEC_TOO, PYDANTIC_ONLY, event, maybe, member, record
from upcast.schemas._rebuild import rebuild
from upcast.schemas._sampler._strategy import strategy
from upcast.schemas.shapes import (
    AnyShape,
    Array,
    DecimalNumber,
    Formatted,
    Integer,
    MapOf,
    Number,
    Opaque,
    Reference,
    Text,
    View,
)

ALL = {**MSGSPEC_TOO, **PYDANTIC_ONLY}
CALM = settings(
    max_examples=15, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("name", ALL)
def test_all_that_is_drawn_is_of_the_shape(name: str) -> None:
    """No decoder of a family that can have the shape refuses a payload."""
    view = event(ALL[name])
    families = ["pydantic", "json-schema", *(["msgspec"] if name in MSGSPEC_TOO else [])]
    decoders = [rebuild(view, family).decode for family in families]

    @CALM
    @given(strategy(view))
    def decode(payload: bytes) -> None:
        for decoder in decoders:
            decoder(payload)

    decode()


def found(shape: AnyShape, condition: Callable[[Any], object]) -> Any:
    """The smallest value of a shape for which the condition holds."""
    calm = settings(CALM, max_examples=1000)
    payload = find(strategy(event(shape)), lambda text: bool(condition(msgspec.json.decode(text)["v"])), settings=calm)
    return msgspec.json.decode(payload)["v"]


@pytest.mark.parametrize(
    ("shape", "condition", "smallest"),
    [
        (Integer(), lambda value: value > 1000, 1001),
        (Integer(), lambda value: value > 2**70, 2**70 + 1),
        (Integer(minimum=3, multiple_of=7), lambda value: value > 20, 21),
        (Number(), lambda value: value >= 2.0, 2.0),
        (Number(minimum=0.25), lambda value: value != int(value), 0.5),
        (Text(), lambda value: any(letter > "\uffff" for letter in value), "\U00010000"),
        (Text(min_length=2), lambda value: len(value) > 3, "0000"),
        (Text(pattern="^[a-z]+$"), lambda value: len(value) > 2, "aaa"),
        (DecimalNumber(decimal_places=2), lambda value: float(value) > 1, "1.01"),
        (Formatted(format="date"), lambda value: value > "2001", "2001-01-01"),
        (Array(items=Integer()), lambda value: sum(value) > 5, [6]),
        (Array(items=Integer(), unique=True), lambda value: len(value) > 2, [0, 1, -1]),
        (MapOf(keys=Text(), values=Integer()), lambda value: len(value) > 1, {"": 0, "0": 0}),
        (maybe(Integer()), lambda value: value is None, None),
        (record(member("a", Integer(), "0"), member("b", Integer())), lambda value: True, {"b": 0}),
        (
            Reference(name="node"),
            lambda value: value.get("children") and "next" in value["children"][0],
            {"value": 0, "children": [{"value": 0, "next": None}]},
        ),
    ],
    ids=lambda value: None if callable(value) else repr(value),  # the repr of a function has its address
)
def test_what_is_found_shrinks(shape: AnyShape, condition: Callable[[Any], object], smallest: Any) -> None:
    """The smallest payload that shows something is as small as one would write it by hand."""
    assert found(shape, condition) == smallest


def test_recursion_is_bounded() -> None:
    """A definition is not drawn within itself without end, and what must contain itself is not drawn at all."""
    depths = set()

    @settings(CALM, max_examples=200)
    @given(strategy(event(Reference(name="tree"))))
    def measure(payload: bytes) -> None:
        depths.add(payload.count(b"{"))

    measure()
    assert max(depths) < 20
    assert len(depths) > 3


@pytest.mark.parametrize(
    "shape",
    [
        Opaque(reason="unknown"),
        Reference(name="endless"),
        Text(pattern="a^"),
        Array(items=Opaque(reason="?"), min_items=1),
    ],
)
def test_what_cannot_be_made_is_not_drawn(shape: AnyShape) -> None:
    """The strategy is empty where something that is always written cannot be known."""
    endless = record(member("n", Reference(name="endless")))
    view = View(root=record(member("v", shape)), definitions={"endless": endless})
    with pytest.raises(Unsatisfiable):
        find(strategy(view), lambda payload: True, settings=CALM)
    assert strategy(View(root=record(member("v", shape, "1")), definitions={"endless": endless})).example is not None


def test_without_hypothesis_the_extra_is_named() -> None:
    """The error prints what to install."""
    code = """
import sys
sys.modules["hypothesis"] = None
from upcast.errors import MissingExtra
try:
    import upcast.schemas._sampler._strategy
except MissingExtra as error:
    print(error.extra, error)
"""
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout == 'gate schema prove needs the "gate" extra: pip install "upcast-events[gate]"\n'


def test_sampling_loads_neither_hypothesis_nor_pydantic() -> None:
    """Each is loaded by those who need it."""
    code = """
import sys
from upcast.schemas._rebuild import rebuild
from upcast.schemas._sampler import samples
from upcast.schemas.shapes import Text, View
assert samples(View(root=Text(pattern="^a")))
assert rebuild(View(root=Text()), "msgspec")
assert not {"hypothesis", "pydantic", "pydantic_core", "asyncio"} & set(sys.modules), "too much"
"""
    subprocess.run([sys.executable, "-c", code], check=True)
