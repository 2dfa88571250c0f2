"""Classes of every family, and functions for steps, each with something that a reader must notice."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pydantic
import pydantic.dataclasses

from upcast import Payload

TEMPLATE = {"one": 1}
SHARED: list[str] = []

# --- classes --------------------------------------------------------------------------------------------------------


class Inner(msgspec.Struct):
    """What members move into."""

    city: str = ""
    zip: str | None = None


class Struct(msgspec.Struct):
    """A Struct."""

    first: int
    second: str = "x"
    tags: list[Any] = msgspec.field(default_factory=list)


class Rich(msgspec.Struct):
    """A Struct with something of everything."""

    first: Any = 0
    number: int = 0
    share: float = 0.0
    name: str | None = "x"
    inner: Inner | None = None
    items: list[float | None] = []


class Around(msgspec.Struct):
    """A Struct in which another stands."""

    inner: Inner
    first: int = 0


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """A Struct that takes nothing else."""

    first: int
    second: str = "x"


class Tagged(msgspec.Struct, tag="t", tag_field="kind"):
    """A Struct with a tag."""

    first: int


class Base(msgspec.Struct):
    """Something to derive from."""

    first: int


class Derived(Base):
    """A Struct in two levels of memory."""

    second: str = "x"


class PostInit(msgspec.Struct):
    """A Struct that looks at itself."""

    first: int
    second: str = "x"

    def __post_init__(self) -> None:
        """Refuse what is negative, and change what is not."""
        if self.first < 0:
            raise ValueError("negative")
        self.second += "!"


class Precise(msgspec.Struct):
    """A Struct that can tell how a number was written."""

    first: Decimal


class Quoted(msgspec.Struct, rename={"first": "1st", "second": "2nd"}):
    """A Struct with wire names of its own."""

    first: int
    second: str = "x"


Spelt = msgspec.defstruct(  # no class statement can hold such an attribute
    "Spelt", [("first", int), ("class", str, "x")], rename={"class": "second"}, module=__name__
)


class Holder(msgspec.Struct):
    """A Struct that holds JSON text."""

    first: msgspec.Raw


class Frozen(msgspec.Struct, frozen=True, cache_hash=True):
    """A Struct that must not change."""

    first: int
    second: str = "x"


@attrs.define
class Attrs:
    """An attrs class."""

    first: int
    second: str = "x"
    tags: list[Any] = attrs.Factory(list)


@attrs.define(slots=False)
class Loose:
    """An attrs class whose attributes have an order."""

    second: str = "x"
    first: int = 0
    inner: dict[str, Any] = attrs.Factory(dict)


@dataclasses.dataclass
class Dataclass:
    """A dataclass."""

    first: int
    second: str = "x"
    tags: list[Any] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class HoldingText:
    """A dataclass that holds JSON text."""

    first: msgspec.Raw


class Model(pydantic.BaseModel):
    """A pydantic model."""

    first: int
    second: str = "x"
    tags: list[Any] = []


@pydantic.dataclasses.dataclass
class PydanticDataclass:
    """A pydantic dataclass."""

    first: int
    second: str = "x"
    tags: list[Any] = dataclasses.field(default_factory=list)


class Keeping(pydantic.BaseModel, extra="allow"):
    """A model that keeps what it does not know."""

    first: int
    second: str = "x"


class Forbidding(pydantic.BaseModel, extra="forbid"):
    """A model that takes nothing else."""

    first: int
    second: str = "x"


class Initialized(pydantic.BaseModel):
    """A model with an `__init__` of its own."""

    first: int

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)


class Looking(pydantic.BaseModel):
    """A model that looks at the payload before its fields do."""

    first: int

    @pydantic.model_validator(mode="before")
    @classmethod
    def look(cls, values: Any) -> Any:
        """See everything."""
        return {"first": len(values)} if isinstance(values, dict) else values


class Checked(pydantic.BaseModel):
    """A model that looks at itself."""

    first: int
    second: str = "x"

    @pydantic.model_validator(mode="after")
    def check(self) -> Checked:
        """Refuse what is negative."""
        if self.first < 0:
            raise ValueError("negative")
        return self


class ByName(pydantic.BaseModel, validate_by_name=True, validate_by_alias=False):
    """A model that is read by its names though it has aliases."""

    first: int = pydantic.Field(alias="1")


class Either(pydantic.BaseModel, populate_by_name=True):
    """A model that is read by aliases and names."""

    first: int = pydantic.Field(default=0, alias="one")


@attrs.define
class StampedAttrs:
    """A flat event of attrs."""

    first: int
    type: str = ""
    schema_version: int = 0


class StampedStruct(msgspec.Struct):
    """A flat event."""

    first: int
    type: str = ""
    schema_version: int = 0


class StampedModel(pydantic.BaseModel):
    """A flat event of pydantic."""

    first: int
    type: str = ""
    schema_version: int = 0


class Pathed(pydantic.BaseModel):
    """A model that looks into what it is given."""

    first: int = pydantic.Field(default=0, validation_alias=pydantic.AliasPath("box", 0))


FOUR = (Struct, Attrs, Dataclass, Model, PydanticDataclass)


# --- what steps run -------------------------------------------------------------------------------------------------


def add_one(value: Any) -> Any:
    """Fails on what is no number."""
    return value + 1


def infinite(value: Any) -> Any:
    """What JSON cannot hold."""
    return float("inf")


def not_numbers(value: Any) -> Any:
    """The same, further down."""
    return [float("nan")]


def truth(value: Any) -> Any:
    """No integer, though Python holds it for one."""
    return True


def in_words(value: Any) -> Any:
    """Takes null for a word, if it is asked."""
    return str(value)


def without_form(value: Any) -> Any:
    """What has no JSON form."""
    return object()


def count(payload: Payload) -> Payload:
    """An opaque function."""
    payload["first"] = payload.pop("one") + 1
    return payload


def from_template(payload: Payload) -> Payload:
    """Hands out what the module holds."""
    return TEMPLATE


def count_items(value: Any) -> Any:
    """Writes into what it gets."""
    value.append(float(len(value)))
    return value


def unchanged(payload: Payload) -> Payload:
    """An opaque function that does nothing."""
    return payload


def share(value: Any) -> Any:
    """Hands out what the module holds."""
    return SHARED
