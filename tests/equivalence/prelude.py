"""What the source of a case may name: the libraries, a few types, and functions for `convert` of every temper."""

# ruff: noqa: F401  # what is imported here is named by the source of cases

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import math
import sys
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, Literal, NamedTuple, TypeVar
from uuid import UUID

import attrs
import msgspec
import pydantic
import pydantic.dataclasses
from msgspec import UNSET, Meta, Struct, UnsetType, field
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, PrivateAttr, computed_field
from pydantic.alias_generators import to_camel
from pydantic_core import core_schema
from typing_extensions import TypedDict

import upcast

T = TypeVar("T")


class Color(str, enum.Enum):  # noqa: UP042  # the older way to write it
    """Texts."""

    RED = "red"
    GREEN = "green"
    BLUE = "blue"


class Level(enum.IntEnum):
    """Numbers."""

    LOW = 1
    HIGH = 2


class Pair(NamedTuple):
    """An array with places."""

    number: int
    text: str = "none"


class Options(TypedDict, total=False):
    """An object without a class."""

    a: int
    b: str


class Numbers(pydantic.RootModel[list[int]]):
    """An array with a class."""


class Trimmed(str):
    """A type with a core schema of its own."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """A text, made shorter."""
        return core_schema.no_info_after_validator_function(lambda text: cls(text.strip()), core_schema.str_schema())


# --- functions for convert ------------------------------------------------------------------------------------------

MUTABLE = ["of the module"]


def _is_odd_one(value: Any) -> bool:
    """One value in three or so, the same in every run."""
    return sum(map(ord, _text(value))) % 3 == 0


def _text(value: Any) -> str:
    # The text of a Raw would be its place in memory.
    return bytes(value).decode() if isinstance(value, msgspec.Raw) else str(value)


def identity(value: Any) -> Any:
    """Its argument."""
    return value


def to_text(value: Any) -> Any:
    """Text of anything."""
    return str(value)


def to_int(value: Any) -> Any:
    """A whole number of a text; raises for many."""
    return int(value)


def double(value: Any) -> Any:
    """Raises for null and objects, repeats texts and lists."""
    return value * 2


def halve(value: Any) -> Any:
    """A float, or raises."""
    return value / 2


def negate(value: Any) -> Any:
    """True for what is false."""
    return not value


def upper(value: Any) -> Any:
    """Raises for what is no text."""
    return value.upper()


def to_list(value: Any) -> Any:
    """What stands between commas, or the value in a list."""
    return value.split(",") if isinstance(value, str) else [value]


def wrapped(value: Any) -> Any:
    """In a list."""
    return [value]


def boxed(value: Any) -> Any:
    """In an object."""
    return {"value": value, "kind": type(value).__name__}


def kind_of(value: Any) -> Any:
    """The name of its type, which tells how a number was read."""
    return type(value).__name__


def boom(value: Any) -> Any:
    """Raises now and then."""
    if _is_odd_one(value):
        raise ValueError("odd", _text(value))
    return value


def key_boom(value: Any) -> Any:
    """Raises something else now and then."""
    return {"absent": value}["absent" if not _is_odd_one(value) else "there"]


def leave(value: Any) -> Any:
    """Exits now and then."""
    if _is_odd_one(value):
        sys.exit(1)
    return value


def nan(value: Any) -> Any:
    """NaN now and then."""
    return math.nan if _is_odd_one(value) else value


def infinite(value: Any) -> Any:
    """Infinity, deep inside, now and then."""
    return {"deep": [-math.inf]} if _is_odd_one(value) else value


def nan_decimal(value: Any) -> Any:
    """A Decimal that is no number now and then."""
    return Decimal("NaN") if _is_odd_one(value) else value


class NoJson:
    """Without JSON form, and alike in every run."""

    def __repr__(self) -> str:
        return "NoJson()"


def no_json(value: Any) -> Any:
    """An object without JSON form now and then."""
    return NoJson() if _is_odd_one(value) else value


def surrogate(value: Any) -> Any:
    """A text that has no UTF-8 now and then."""
    return "\ud800" if _is_odd_one(value) else value


def huge(value: Any) -> Any:
    """A number with too many digits now and then."""
    return 10**4400 if _is_odd_one(value) else value


def long_number(value: Any) -> Any:
    """A number beyond 64 bits now and then."""
    return 10**30 if _is_odd_one(value) else value


def deep(value: Any) -> Any:
    """Deeper than the bounds now and then."""
    if not _is_odd_one(value):
        return value
    nested: Any = value
    for _ in range(300):
        nested = [nested]
    return [[] for _ in range(600)] + [nested]


def endless(value: Any) -> Any:
    """A list that holds itself now and then."""
    if not _is_odd_one(value):
        return value
    circle: list[Any] = []
    circle.append(circle)
    return circle


def shared(value: Any) -> Any:
    """A list of this module now and then."""
    return MUTABLE if _is_odd_one(value) else value


def rich(value: Any) -> Any:
    """Something that msgspec writes and JSON does not know."""
    return dt.datetime(2020, 1, 1, tzinfo=dt.UTC) if _is_odd_one(value) else value


def exact(value: Any) -> Any:
    """A Decimal of a number."""
    return Decimal(str(value)) if isinstance(value, int | float) else value


def appended(value: Any) -> Any:
    """Changes what it gets."""
    if isinstance(value, list):
        value.append(value[0] if value else 1)
    elif isinstance(value, dict):
        value["a"] = 1
    return value


def to_null(value: Any) -> Any:
    """Null for what is false."""
    return value or None


def from_null(value: Any) -> Any:
    """Something for null."""
    return "was null" if value is None else value


def handled(value: Any, handler: Any) -> Any:
    """A wrap validator that puts something in the place of what is refused."""
    try:
        return handler(value)
    except ValueError:
        return "refused"


class Subtext(str):
    """A text of another class."""

    __slots__ = ()


def subtext(value: Any) -> Any:
    """A text of a subclass."""
    return Subtext(value) if isinstance(value, str) else value


def to_object(value: Any) -> Any:
    """A Struct, which has a JSON form."""
    return Boxed(value) if _is_odd_one(value) else value


class Boxed(Struct):
    """What `to_object` makes."""

    value: Any


HARMLESS = (
    identity,
    to_text,
    kind_of,
    subtext,
    appended,
    exact,
    rich,
    long_number,
    to_null,
    shared,
    to_object,
    boxed,
    wrapped,
)
HARMFUL = (
    boom,
    key_boom,
    leave,
    nan,
    infinite,
    nan_decimal,
    no_json,
    surrogate,
    huge,
    deep,
    endless,
    double,
    halve,
    upper,
    to_int,
)

NAMES: dict[str, Any] = {
    **{name: value for name, value in globals().items() if not name.startswith("__")},
    **{name: getattr(upcast, name) for name in upcast.__all__},
}
"""The namespace of a case's module, before its own classes and functions."""
