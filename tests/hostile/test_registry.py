"""Hostile input that a class would fall for is refused when the codec is built, whatever is stored."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

import pydantic
import pytest

from upcast import ClassRefused, Registry, RegistryDefects


class LeafA(pydantic.BaseModel):
    child: LeafA | LeafB | None = None


class LeafB(pydantic.BaseModel):
    child: LeafA | LeafB | None = None


class TaggedA(pydantic.BaseModel):
    kind: Literal["a"]
    child: Annotated[TaggedA | TaggedB, pydantic.Field(discriminator="kind")] | None = None


class TaggedB(pydantic.BaseModel):
    kind: Literal["b"]
    child: Annotated[TaggedA | TaggedB, pydantic.Field(discriminator="kind")] | None = None


class Inside(pydantic.BaseModel):
    parts: list[LeafA]


def _codec(cls: type) -> Any:
    events = Registry()
    events.event("event", version=1)(cls)
    return events.codec()


@pytest.mark.parametrize("cls", [LeafA, LeafB, Inside])
def test_recursive_untagged_unions_are_refused_at_build(cls: type) -> None:
    """B18: 119 bytes that double the work at each level never meet a class that would do it."""
    with pytest.raises(RegistryDefects) as caught:
        _codec(cls)
    assert [defect.reason for defect in caught.value.exceptions] == ["recursive-union"]


def test_recursive_tagged_unions_are_linear() -> None:
    """B18: with a discriminator the same shape is read, and a wrong leaf costs no more than a right one."""
    codec = _codec(TaggedA)
    payload = '{"kind":"a","child":' * 20 + '{"kind":"a","child":7}' + "}" * 20
    with pytest.raises(ClassRefused) as caught:
        codec.decode_payload("event", 1, payload)
    assert len(caught.value.problems) == 1


class Lax(pydantic.BaseModel):
    value: float


class Explicit(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(allow_inf_nan=True)
    value: Annotated[float, pydantic.Field(allow_inf_nan=True)]


@pydantic.dataclasses.dataclass
class LaxDataclass:
    value: float


@dataclasses.dataclass
class Plain:
    value: float


@pytest.mark.parametrize("cls", [Lax, Explicit, LaxDataclass, Plain])
@pytest.mark.parametrize("value", ["NaN", "-Infinity", '"NaN"', '"inf"', "1e999", "-1e999"])
def test_no_class_can_be_configured_to_take_what_is_not_finite(cls: type, value: str) -> None:
    """B5: a model that allows NaN does not get one, on any way to write it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  # its reason is looked at
        _codec(cls).decode_payload("event", 1, f'{{"value": {value}}}')
    assert caught.value.reason in {"malformed", "class-refused"}
