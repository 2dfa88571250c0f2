"""Writing: what is stored is read back as it was, in today's version and in older ones."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pydantic
import pydantic.dataclasses
import pytest
from hypothesis import given
from hypothesis import strategies as st

import upcast
from properties.texts import exact
from properties.worlds import LOSSLESS_VERBS, WITHOUT_REMOVE, World, stored, worlds


def _event(world: World, version: int, data: st.DataObject) -> object:
    raw = stored(world, world.name, version, data.draw(world.payloads(version)))
    return world.codec().decode(raw)


def _payload(world: World, raw: Any) -> Any:
    if isinstance(world.form, upcast.StreamEntry):
        return json.loads(raw[b"data"])
    return json.loads(raw) if isinstance(world.form, upcast.Flat) else json.loads(raw)["data"]


@given(worlds(), st.data())
def test_what_is_encoded_is_decoded_again(world: World, data: st.DataObject) -> None:
    """`decode(encode(e)) == e` for every event of every family, digit by digit."""
    event = _event(world, data.draw(st.integers(1, world.version)), data)
    before = exact(event)
    codec = world.codec()

    envelope: dict[str, Any] = {} if isinstance(world.form, upcast.Flat) else {"id": "i", "headers": {"h": "x"}}

    back = codec.decode(codec.encode(event, **envelope))

    assert before == exact(back)
    assert before == exact(event)


@given(worlds(verbs=LOSSLESS_VERBS, functions=False), st.data())
def test_a_lossless_chain_takes_any_event_back_and_forth(world: World, data: st.DataObject) -> None:
    """Renames, moves, bijections and unchanged edges lead every event to any older version and back."""
    event = _event(world, world.version, data)
    codec = world.codec()
    version = data.draw(st.integers(1, world.version))

    raw = codec.encode(event, version=version)

    assert exact(event) == exact(codec.decode(raw))
    assert version == codec.explain(raw).schema_version
    found = _payload(world, raw)
    for path in world.shapes[version - 1]:
        holder = found
        for part in path:
            assert part in holder
            holder = holder[part]


@given(worlds(verbs=WITHOUT_REMOVE, functions=False), st.data())
def test_an_event_from_an_old_version_goes_back_to_it(world: World, data: st.DataObject) -> None:
    """An event that came from version j goes back to any version from j on, also where fields were added."""
    version = data.draw(st.integers(1, world.version))
    event = _event(world, version, data)
    codec = world.codec()

    back = codec.decode(codec.encode(event, version=data.draw(st.integers(version, world.version))))

    assert exact(event) == exact(back)


@given(worlds(), st.data())
def test_an_edge_without_inverse_stops_a_downcast(world: World, data: st.DataObject) -> None:
    """An older version is written only if every edge down to it can be undone; else the reason is `no-downcast`."""
    event = _event(world, data.draw(st.integers(1, world.version)), data)
    version = data.draw(st.integers(1, world.version))
    codec = world.codec()
    before = exact(event)

    if all(edge.lossless for edge in world.edges[version - 1 :]):
        try:
            codec.decode(codec.encode(event, version=version))
        except upcast.EncodeError as error:
            # A value that the inverse of a table or function was not made for is told, not stored.
            assert error.reason in {"no-downcast", "no-round-trip"}  # noqa: PT017
    else:
        with pytest.raises(upcast.EncodeError) as caught:
            codec.encode(event, version=version)
        assert caught.value.reason == "no-downcast"
    assert before == exact(event)


@pytest.mark.parametrize("value", [None, 3])
def test_a_pydantic_dataclass_with_slots_can_be_written(value: int | None) -> None:
    """A class without `__dict__` is written like any other, null or not."""

    @pydantic.dataclasses.dataclass(slots=True)
    class Slotted:
        value: int | None

    events = upcast.Registry()
    events.event("e", version=1)(Slotted)
    codec = events.codec()

    assert Slotted(value) == codec.decode(codec.encode(Slotted(value)))


@pytest.mark.parametrize("text", ["null", '{"a":[null]}', '"null"', "1.10", '{"\\u00e9": "\\u007f"}'])
def test_a_raw_field_can_be_written(text: str) -> None:
    """What a Raw field holds is written as it is, null or not."""

    class Holder(msgspec.Struct):
        value: msgspec.Raw

    events = upcast.Registry()
    events.event("e", version=1)(Holder)
    codec = events.codec()

    for version in (None, 1):
        raw = codec.encode(Holder(msgspec.Raw(text.encode())), version=version)
        assert Holder(msgspec.Raw(text.encode())) == codec.decode(raw)


def test_steps_of_one_edge_are_undone_from_the_last_to_the_first() -> None:
    """What several steps of one edge did to one field is taken back in the opposite order."""

    class Holder(msgspec.Struct):
        value: int

    events = upcast.Registry()
    events.event("e", version=2)(Holder)
    events.steps(
        "e",
        upcast.rename("a", to="b"),
        upcast.convert("b", lambda value: value * 2, inverse=lambda value: value // 2),
        upcast.convert("b", lambda value: value + 1, inverse=lambda value: value - 1),
        upcast.move("b", to="value"),
        from_version=1,
    )
    codec = events.codec()

    raw = codec.encode(codec.decode_payload("e", 1, {"a": 20}), version=1)

    assert {"a": 20} == json.loads(raw)["data"]
