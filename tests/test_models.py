"""Models as people write them: no false defect, no false verdict."""

from __future__ import annotations

import dataclasses
import functools
import pickle
from typing import Any, Literal

import attrs
import msgspec
import pydantic
import pydantic_core
import pytest

from upcast import EncodeError, Flat, RefusedEvent, Registry, RegistryDefects, add, remove, rename


def reasons(cls: Any, *steps: Any, **options: Any) -> list[str]:
    """The defects of a registry of one class, with steps from version 1."""
    events = Registry()
    events.event("e", version=2 if steps else 1)(cls)
    if steps:
        events.steps("e", *steps, from_version=1)
    try:
        events.codec(**options)
    except RegistryDefects as group:
        return [error.reason for error in group.exceptions]  # type: ignore[union-attr]  # only ever Defects
    return []


@dataclasses.dataclass
class Base:
    x: int = 0


class Plain(Base):
    """An undecorated subclass."""


@attrs.define
class AttrsBase:
    x: int = 0


class AttrsPlain(AttrsBase):
    """An undecorated subclass."""


class InitVariant(msgspec.Struct):
    n: int = 0


@dataclasses.dataclass
class NamedAlike:
    x: InitVariant


class ByPath(pydantic.BaseModel):
    x: str = pydantic.Field(validation_alias=pydantic.AliasPath("meta", "id"))


class Root(pydantic.RootModel[dict[str, int]]):
    """An object of any members."""


class Fills(pydantic.BaseModel):
    new: int

    @pydantic.model_validator(mode="before")
    @classmethod
    def fill(cls, data: Any) -> Any:
        """Makes the field from another."""
        return {"new": data["other"]} if "other" in data else data


class Crossed(pydantic.BaseModel):
    kind: str
    amount: int

    @pydantic.field_validator("amount")
    @classmethod
    def zero_only_if_free(cls, value: int, info: pydantic.ValidationInfo) -> int:
        """Looks at what stands beside."""
        if value == 0 and info.data.get("kind") != "free":
            raise ValueError("not free")
        return value


@pytest.mark.parametrize(
    ("cls", "steps"),
    [
        (Plain, []),
        (AttrsPlain, []),
        (NamedAlike, []),
        (ByPath, [add("meta.id", "x")]),
        (Root, [add("anything", 1)]),
        (Fills, [rename("new", to="other")]),
        (Crossed, [add("kind", "free"), add("amount", 0)]),
    ],
)
def test_a_realistic_model_has_no_defect(cls: Any, steps: list[Any]) -> None:
    """Inheritance, paths, root models and validators are no mistakes."""
    assert [] == reasons(cls, *steps)


class RootList(pydantic.RootModel[list[int]]):
    """No object."""


class TaggedOther(msgspec.Struct, tag="Other", tag_field="type"):
    x: int = 0


class LiteralOther(pydantic.BaseModel):
    type: Literal["Other"]


class StaleVersion(pydantic.BaseModel):
    schema_version: Literal[7]


def test_a_class_that_no_event_could_satisfy_is_a_defect() -> None:
    """A root that is no object, and flat header fields that refuse today's type or version."""
    assert ["misread-class"] == reasons(RootList)
    for cls in (TaggedOther, LiteralOther, StaleVersion):
        assert ["flat-header"] == reasons(cls, envelope=Flat())
        assert [] == reasons(cls)


class Takes5(pydantic.BaseModel):
    x: int = 0

    @pydantic.model_validator(mode="before")
    @classmethod
    def take(cls, data: Any) -> Any:
        """Takes a bare number."""
        return {"x": data} if isinstance(data, int) else data


class Total(msgspec.Struct):
    total: int


@pytest.mark.parametrize("data", [b"5", b'{"x": 5}', b'{"junk": 1e999, "total": "x"}', b'{"junk": 1e999, "total": 1}'])
@pytest.mark.parametrize("cls", [Takes5, Total])
def test_every_way_to_decode_gives_one_verdict(cls: Any, data: bytes) -> None:
    """decode, decode_all, rows and explain agree, at every version."""
    events = Registry()
    events.event("e", version=2)(cls)
    events.steps("e", remove("junk"), from_version=1)
    codec = events.codec()

    def outcome(call: Any) -> object:
        try:
            return call()
        except RefusedEvent as error:
            return error.reason, error.detail, error.paths

    for version in (1, 2):
        raw = b'{"type": "e", "schema_version": %d, "data": %s}' % (version, data)
        explanation = codec.explain(raw)
        told = explanation.error
        assert (
            outcome(lambda raw=raw: codec.decode(raw))  # type: ignore[misc]  # bound early
            == outcome(lambda raw=raw: codec.decode_all(raw)[0][0])  # type: ignore[misc]  # bound early
            == outcome(lambda v=version: codec.decode_payload("e", v, data))  # type: ignore[misc]  # bound early
            == ((told.reason, told.detail, told.paths) if told else explanation.events[0])
        )
    assert outcome(lambda: codec.decode_payload("e", 1, b"5")) == ("malformed", "not-an-object", ())


class Cached(pydantic.BaseModel):
    x: int
    _seen: int = pydantic.PrivateAttr(0)

    @functools.cached_property
    def double(self) -> int:
        """Kept in the object."""
        return self.x * 2


class HoldsCached(pydantic.BaseModel):
    items: list[Cached]


def test_what_an_object_keeps_to_itself_does_not_hinder_storing() -> None:
    """Cached and private attributes, nested ones too, are no part of the event."""
    events = Registry()
    events.event("e", version=1)(HoldsCached)
    item = Cached(x=1)
    assert 2 == item.double
    item._seen = 5
    codec = events.codec()
    assert HoldsCached(items=[Cached(x=1)]) == codec.decode(codec.encode(HoldsCached(items=[item])))


class Json(pydantic.BaseModel):
    inner: pydantic.Json[Any]


class Custom(pydantic.BaseModel):
    x: str

    @pydantic.field_validator("x")
    @classmethod
    def refuse(cls, value: str) -> str:
        """Puts the value into the type of the error."""
        raise pydantic_core.PydanticCustomError(f"unknown_{value}", "no")  # type: ignore[arg-type]  # as people do


def test_json_in_a_text_brings_no_nan_and_no_error_type_a_value() -> None:
    """Two ways around the ordinary checks."""
    events = Registry()
    events.event("j", version=1)(Json)
    events.event("c", version=1)(Custom)
    codec = events.codec()
    assert Json(inner="[1]") == codec.decode_payload("j", 1, {"inner": "[1]"})  # type: ignore[arg-type]  # a text
    with pytest.raises(RefusedEvent):
        codec.decode_payload("j", 1, {"inner": "[NaN]"})
    with pytest.raises(RefusedEvent) as caught:
        codec.decode_payload("c", 1, {"x": "secret"})
    assert "secret" not in str(caught.value) + repr(vars(caught.value))


class Incomparable(msgspec.Struct):
    x: int = 0

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("secret")

    __hash__ = None  # type: ignore[assignment]  # as Python does


def test_an_equality_that_raises_is_named() -> None:
    """Nothing foreign comes out of encode."""
    events = Registry()
    events.event("e", version=1)(Incomparable)
    with pytest.raises(EncodeError) as caught:
        events.codec().encode(Incomparable())
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_codec_says_that_it_cannot_be_pickled() -> None:
    """And what to do instead."""
    events = Registry()
    events.event("e", version=1)(Total)
    with pytest.raises(TypeError, match="make it of its registry in each process"):
        pickle.dumps(events.codec())
