"""The same event always means the same, and decoding leaves no trace in anything it was given."""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import upcast
from properties.texts import dump, exact, plain, scribble
from properties.worlds import FAMILIES, World, make_class, stored, wire, worlds


def _events(data: st.DataObject, world: World, count: int = 1) -> list[Any]:
    made = []
    for _ in range(count):
        version = data.draw(st.integers(1, world.version))
        payload = data.draw(world.payloads(version))
        made.append(stored(world, data.draw(world.stored_name()), version, payload))
    return made


@given(worlds(), st.data())
def test_decoding_is_deterministic(world: World, data: st.DataObject) -> None:
    """Two decodings of the same bytes, and two codecs of the same registry, give equal events."""
    (raw,) = _events(data, world)
    registry = world.registry()
    one, other = registry.codec(envelope=world.form), registry.codec(envelope=world.form)

    events = [one.decode(raw), one.decode(raw), other.decode(raw), world.codec().decode(raw)]

    assert [exact(events[0])] * 4 == [exact(event) for event in events]


@given(worlds(), st.data())
def test_a_decoded_event_belongs_to_its_reader(world: World, data: st.DataObject) -> None:
    """Whatever is done to a decoded event, later decodings and the constants of steps stay as they were."""
    (raw,) = _events(data, world)
    codec = world.codec()
    first = codec.decode(raw)
    before = exact(first)

    scribble(first)

    assert before == exact(codec.decode(raw))
    assert all(now == then for now, then in world.constants)


@given(worlds(), st.data())
def test_inputs_are_never_changed(world: World, data: st.DataObject) -> None:
    """Neither a mapping given as payload nor a stream entry is changed, and neither shares anything with the event."""
    version = data.draw(st.integers(1, world.version))
    payload = plain(data.draw(world.payloads(version)))
    raw = stored(world, world.name, version, payload)
    header = {"type": world.name, "schema_version": version} if isinstance(world.form, upcast.Flat) else {}
    mapping = {**header, **payload}
    mapping_before, raw_before = copy.deepcopy(mapping), copy.deepcopy(raw)
    codec = world.codec()

    from_mapping, from_raw = codec.decode_payload(world.name, version, mapping), codec.decode(raw)
    assert exact(from_mapping) == exact(from_raw)
    scribble(from_mapping)
    scribble(from_raw)

    assert mapping_before == mapping
    assert raw_before == raw


@given(worlds(), st.data())
def test_a_list_is_decoded_like_its_members(world: World, data: st.DataObject) -> None:
    """`decode_many`, `decode_all`, `decode_as`, `decode_payload` and `explain` agree with `decode`."""
    batch = _events(data, world, count=3)
    codec = world.codec()
    decoded = [exact(codec.decode(raw)) for raw in batch]

    assert decoded == [exact(event) for event in codec.decode_many(batch)]
    assert decoded == [exact(event) for event in codec.decode_many(iter(batch), return_errors=True)]
    assert decoded == [exact(codec.decode_as(world.cls, raw)) for raw in batch]
    assert [[(event, 0)] for event in decoded] == [[(exact(e), n) for e, n in codec.decode_all(raw)] for raw in batch]
    assert [(event,) for event in decoded] == [tuple(map(exact, codec.explain(raw).events)) for raw in batch]


@given(worlds(), st.data())
def test_a_payload_means_the_same_in_every_envelope(world: World, data: st.DataObject) -> None:
    """JSON envelope, stream entry and a row of a table lead the same payload to the same event."""
    version = data.draw(st.integers(1, world.version))
    payload = data.draw(world.payloads(version))
    if isinstance(world.form, upcast.Flat):
        payload = {"type": world.name, "schema_version": version, **payload}
    text = dump(payload)
    found = []
    for form in (upcast.JsonEnvelope(), upcast.StreamEntry()):
        codec = world.registry().codec(envelope=form)
        try:
            found.append(exact(codec.decode(wire(form, world.name, version, text))))
        except upcast.RefusedEvent as error:  # a class that wants today's header finds none
            found.append((error.reason, error.paths))
        try:
            found.append(exact(codec.decode_payload(world.name, version, text)))
        except upcast.RefusedEvent as error:
            found.append((error.reason, error.paths))
    assert [found[0]] * 4 == found


@pytest.mark.parametrize("mapping", [dict, OrderedDict])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_function_cannot_reach_into_the_constant_of_another(family: str, mapping: type[dict[str, int]]) -> None:
    """A function that changes nested values in place works on its own, even where another put a constant."""
    constants: dict[str, Any] = {"counts": mapping(a=1), "list": []}
    before = copy.deepcopy(constants)
    events = upcast.Registry()
    cls = make_class(family, "Event", {"counts": (dict[str, int], None), "found": (list[int], None)})
    events.event("e", version=5)(cls)

    @events.upcaster("e", from_version=1)
    def returns_a_constant(payload: upcast.Payload) -> upcast.Payload:
        return {"counts": constants["counts"]}

    @events.upcaster("e", from_version=2)
    def puts_a_constant(payload: upcast.Payload) -> upcast.Payload:
        payload["found"] = constants["list"]
        return payload

    @events.upcaster("e", from_version=3)
    def counts(payload: upcast.Payload) -> upcast.Payload:
        payload["counts"]["n"] = payload["counts"].get("n", 0) + 1
        return payload

    def appended(value: list[int]) -> list[int]:
        value.append(len(value))
        return value

    events.steps("e", upcast.convert("found", appended), from_version=4)
    codec = events.codec()

    first, second = (exact(codec.decode_payload("e", 1, b"{}")) for _ in range(2))

    assert first == second
    assert before == constants


def test_the_constant_of_a_step_is_fresh_in_each_payload() -> None:
    """What `add` and `map_values` put into a payload is nobody else's, so a function may change it in place."""
    events = upcast.Registry()
    cls = make_class("struct", "Event", {"counts": (dict[str, int], None), "found": (list[int], None)})
    events.event("e", version=3)(cls)
    table, rest = {"one": [1]}, [9]
    added = {"a": 1}
    events.steps("e", upcast.add("counts", added), upcast.map_values("found", table, default=rest), from_version=1)

    @events.upcaster("e", from_version=2)
    def changes(payload: upcast.Payload) -> upcast.Payload:
        payload["counts"]["n"] = payload["counts"].get("n", 0) + 1
        payload["found"].append(0)
        return payload

    codec = events.codec()

    for found, expected in (("one", [1, 0]), ("two", [9, 0])):
        for _ in range(2):
            event: Any = codec.decode_payload("e", 1, {"found": found})
            assert ({"a": 1, "n": 1}, expected) == (event.counts, event.found)
    assert ({"a": 1}, {"one": [1]}, [9]) == (added, table, rest)
