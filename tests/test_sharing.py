"""What a step gets is its own, whatever the functions before it hold on to."""

from __future__ import annotations

import datetime as dt
import enum
import functools
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from upcast import Payload, Registry, convert
from upcast._sharing import may_share

TAGS = ["a"]
NAMES = {"a": "b"}
RATES = (Decimal(1), Decimal("1.1"))
NESTED = ({"a": 1},)


class Color(enum.Enum):
    RED = "red"


class Holding(enum.Enum):
    TAGS = ["a"]  # noqa: RUF012  # that is the point


class Config:
    tags = TAGS


def helper() -> list[str]:
    """Hands out what the module holds."""
    return TAGS


def clean_helper(value: Any) -> str:
    """Makes something new."""
    return f"{value}-{RATES[0]}-{Color.RED.value}"


def recursive(value: Any) -> Any:
    """Calls itself."""
    return recursive(value - 1) if value else 0


def remembering(value: Any, memory: list[Any] = TAGS) -> Any:
    """Holds a default."""
    return memory


def importing(value: Any) -> Any:
    """Reaches a module its names do not tell."""
    from test_sharing import TAGS  # the import is what is tested

    return TAGS


def closing_over(value: Any) -> Callable[[Any], Any]:
    """A function that holds *value*."""
    return lambda _: value


class Callable_:  # noqa: N801  # stands for any object that can be called
    def __call__(self, _: Any) -> Any:
        """Does what it likes."""
        return TAGS


CLEAN: list[Callable[..., Any]] = [
    lambda value: {"x": value, "y": [value]},
    lambda value: clean_helper(str(value)),
    lambda value: [clean_helper(item) for item in value],
    lambda value: json.loads(value) or dt.datetime.now(dt.UTC) or Decimal(value),
    lambda value: int(value) * RATES[0],
    recursive,
    closing_over("x"),
    closing_over(Color.RED),
]
TABLE: dict[str, Any] = {"a": {"tags": []}}
look_up = TABLE.__getitem__
_lazy = None


def lazily() -> Any:
    """Makes what it holds when it is first asked."""
    global _lazy  # noqa: PLW0603  # that is the point
    _lazy = _lazy or {}
    return _lazy


SHARING: list[Callable[..., Any]] = [
    TABLE.get,
    lambda value: [look_up(value)],
    lambda value: lazily(),
    lambda value: [not_defined_yet(value)],  # type: ignore[name-defined]  # noqa: F821  # nor when the codec is built
    lambda value: TAGS,
    lambda value: [TAGS for _ in value],
    lambda value: {"x": helper()},
    lambda value: NAMES[value],
    lambda value: NESTED,
    lambda value: Config.tags,
    lambda value: globals()["TAGS"],
    lambda value: Holding.TAGS.value,
    closing_over(Holding.TAGS),
    remembering,
    importing,
    closing_over([]),
    closing_over(closing_over({})),
    Callable_(),
    functools.partial(remembering, 1),
]


@pytest.mark.parametrize("function", CLEAN)
def test_a_function_that_makes_everything_anew_is_proven_to(function: Callable[..., Any]) -> None:
    """Ordinary upcasters pay nothing."""
    assert not may_share(function)


@pytest.mark.parametrize("function", SHARING)
def test_a_function_that_may_hand_out_what_it_holds_is_found(function: Callable[..., Any]) -> None:
    """Globals, defaults, closures, attributes and hidden imports are all ways to share."""
    assert may_share(function)


def append(payload: Payload) -> Payload:
    """Writes into what it got."""
    payload["tags"].append("x")
    payload["more"]["tags"].append("y")
    return payload


@pytest.mark.parametrize("last", ["function", "convert", "split"])
def test_the_same_bytes_read_twice_are_equal_though_functions_share(last: str) -> None:
    """A later function cannot write into a constant that an earlier one put into the payload."""
    events = Registry()
    fields = [("tags", list[str]), ("more", dict[str, list[str]])]
    events.event("e", version=1 if last == "split" else 3)(msgspec.defstruct("E", fields))
    name = "s" if last == "split" else "e"
    events.upcaster(name, from_version=1)(lambda payload: {"tags": TAGS, "more": {"tags": TAGS}})
    if last == "function":
        events.upcaster("e", from_version=2)(append)
    elif last == "convert":

        def grow(tags: list[str]) -> list[str]:
            tags.append("x")
            return tags

        events.steps("e", convert("tags", grow), convert("more.tags", grow), from_version=2)
    else:
        events.split("s", from_version=2, into={"e": 1})(lambda payload: [("e", append(payload))])
    codec = events.codec()
    found = [codec.decode_payload(name, 1, b"{}") for _ in range(3)]
    assert found[0] == found[1] == found[2]
    assert ["a"] == TAGS
