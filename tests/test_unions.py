"""Unions with which msgspec spoils memory are refused before msgspec sees them, and no others are."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import typing
from typing import Annotated, Any, Generic, TypeVar

import msgspec
import pydantic
import pytest

from union_classes import REFUSED, SOUND, Beside, Capped, Coded, Dataclass, Row, holder
from upcast import ClassRefused, Codec, Registry, RegistryDefects
from upcast._door._unions import spoilt_fields

T = TypeVar("T")

SPOILS = "with which msgspec spoils memory"


def codec_of(cls: Any) -> Codec:
    """A codec for a class alone."""
    events = Registry()
    events.event("e", version=1)(cls)
    return events.codec()


def defects(cls: Any) -> list[tuple[str, str, str]]:
    """Reason, problem and remedy of what `codec()` has against a class."""
    with pytest.raises(RegistryDefects) as caught:
        codec_of(cls)
    return [(defect.reason, defect.problem, defect.remedy) for defect in caught.value.exceptions]


@pytest.mark.parametrize(("cls", "field"), REFUSED.values(), ids=REFUSED)
def test_a_union_that_spoils_memory_is_found_in_the_annotations(cls: type, field: str) -> None:
    """The field is named, wherever the union stands; nothing here asks msgspec."""
    (found,) = spoilt_fields(cls)
    assert "misread-class" == found.reason
    assert found.problem.startswith(f"{field} holds a union of ")
    assert found.problem.endswith(SPOILS)


@pytest.mark.parametrize(("cls", "payload"), SOUND)
def test_a_union_that_is_nearly_one_is_read(cls: type, payload: bytes) -> None:
    """What is a step away from a refused union is no defect, and is read as ever."""
    codec = codec_of(cls)
    written = msgspec.json.decode(codec.encode_payload(codec.decode_payload("e", 1, payload))[2])
    assert {**written, **msgspec.json.decode(payload)} == written


def test_a_limit_beside_a_sound_union_still_holds() -> None:
    """The sound union of a NamedTuple and a limited number, which the remedy proposes, keeps its limit."""
    codec = codec_of(SOUND[0][0])
    assert (1, 2) == codec.decode_payload("e", 1, b'{"pair":[1,2]}').pair
    with pytest.raises(ClassRefused):
        codec.decode_payload("e", 1, b'{"pair":10.5}')


def test_codec_tells_the_field_and_the_remedy() -> None:
    """The defect says where the union is and what to do."""
    assert defects(holder(Row | Capped)) == [
        (
            "misread-class",
            f"Holder.x holds a union of a tuple of fixed length and a type with a limit, {SPOILS}",
            "Make the tuple a NamedTuple, or check the limit in __post_init__ or a validator.",
        )
    ]
    assert defects(holder(list[int] | Coded)) == [
        (
            "misread-class",
            f"Holder.x holds a union of a container and a text with a pattern, {SPOILS}",
            "Check the pattern in __post_init__ or a validator, or make the event a pydantic model.",
        )
    ]


def test_every_field_is_told_once() -> None:
    """All of a class and of the classes in it, also where one of them is met twice."""

    class Two(msgspec.Struct):
        x: Row | Capped
        y: dict[str, list[int] | Coded]
        one: Dataclass
        other: list[Dataclass]
        generic: Beside[Row]
        other_generic: Beside[tuple[int]]

    assert sorted(problem.partition(" holds")[0] for _, problem, _ in defects(Two)) == [
        "Beside.x",
        "Dataclass.x",
        f"{Two.__qualname__}.x",
        f"{Two.__qualname__}.y",
    ]


def test_msgspec_is_not_asked_about_a_refused_class() -> None:
    """What msgspec has found out about a dataclass it keeps on the class: of a refused one, nothing."""

    @dataclasses.dataclass
    class Refused:
        x: Row | Capped

    @dataclasses.dataclass
    class Read:
        x: Row | float

    defects(Refused)
    codec_of(Read)
    assert [hasattr(cls, "__msgspec_cache__") for cls in (Refused, Read)] == [False, True]


def test_memory_stays_whole() -> None:
    """A process that watches its memory survives codecs of all these classes, which msgspec alone would not let it."""
    code = """
import gc
from union_classes import REFUSED, SOUND
from upcast import Registry, RegistryDefects

def codec_of(cls):
    events = Registry()
    events.event("e", version=1)(cls)
    return events.codec()

for _ in range(20):
    for cls, field in REFUSED.values():
        try:
            codec_of(cls)
        except RegistryDefects as group:
            assert [defect.reason for defect in group.exceptions] == ["misread-class"], field
        else:
            raise AssertionError(field)
    for cls, payload in SOUND:
        codec_of(cls).decode_payload("e", 1, payload)
    gc.collect()
REFUSED.clear()
del cls
gc.collect()
print("alive")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONMALLOC": "debug", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "alive\n") == (done.returncode, done.stdout), done.stderr[-2000:]


def test_pydantic_has_no_such_unions() -> None:
    """The same unions in a pydantic model never reach msgspec, and are read."""

    class Model(pydantic.BaseModel):
        row: tuple[int, int] | Annotated[float, pydantic.Field(le=10)]
        coded: list[int] | Annotated[str, pydantic.Field(pattern="^x")]

    codec = codec_of(Model)
    assert Model(row=(1, 2), coded=[1]) == codec.decode_payload("e", 1, b'{"row":[1,2],"coded":[1]}')
    assert Model(row=1.5, coded="xy") == codec.decode_payload("e", 1, b'{"row":1.5,"coded":"xy"}')
    for payload in (b'{"row":10.5,"coded":[1]}', b'{"row":1.5,"coded":"y"}'):
        with pytest.raises(ClassRefused):
            codec.decode_payload("e", 1, payload)


class Unresolved(msgspec.Struct):
    x: DoesNotExist  # type: ignore[name-defined]  # noqa: F821  # that is the point
    y: Row | Capped


class Larger(msgspec.Struct, Generic[T]):
    inner: Larger[list[T]] | None = None


class HoldsLarger(msgspec.Struct):
    inner: Larger[int]


@pytest.mark.parametrize(
    ("cls", "problem"),
    [
        (Unresolved, "msgspec cannot read Unresolved: name 'DoesNotExist' is not defined"),
        (HoldsLarger, "msgspec cannot read HoldsLarger: it contains ever larger types"),
    ],
)
def test_what_cannot_be_looked_through_is_not_shown_to_msgspec(cls: type, problem: str) -> None:
    """An annotation that cannot be evaluated, or never ends, is a defect: behind it there may be anything."""
    ((reason, told, _),) = defects(cls)
    assert ("misread-class", problem) == (reason, told)


def test_a_pattern_that_is_no_text_s_is_told_by_msgspec() -> None:
    """A type alone is no union, whatever is wrong with it."""
    ((reason, told, _),) = defects(holder(Annotated[list[int], msgspec.Meta(pattern="^x")]))
    assert "misread-class" == reason
    assert told.startswith("msgspec cannot read Holder: Can only set `pattern` on a str type")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="named aliases are new in Python 3.12")
def test_a_named_alias_is_looked_through() -> None:
    """Aliases of a union, of a member of one, and with a parameter."""
    alias: Any = typing.TypeAliasType  # type: ignore[attr-defined]  # from Python 3.12 on
    whole, code = alias("Whole", Row | Capped), alias("Code", Coded)
    beside = alias("Beside", T | Capped, type_params=(T,))
    for refused in (whole, list[whole], list[int] | code, dict[str, beside[Row]]):
        (found,) = spoilt_fields(holder(refused))
        assert found.problem.startswith("Holder.x holds a union of ")
    for sound in (code, int | code, beside[str], list[beside[int]]):
        assert spoilt_fields(holder(sound)) == []
