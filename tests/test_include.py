"""Registries that include others: one per module, one codec for all."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest

from upcast import (
    Defect,
    Payload,
    Registry,
    RegistryDefects,
    RegistryError,
    RegistrySealed,
    rename,
)


class Order(msgspec.Struct):
    order_id: str


class Invoice(msgspec.Struct):
    number: int


def to_number(payload: Payload) -> Payload:
    """Text becomes a number."""
    payload["number"] = int(payload["number"])
    return payload


def to_text(payload: Payload) -> Payload:
    """A number becomes text."""
    payload["number"] = str(payload["number"])
    return payload


def declare_order(events: Registry) -> None:
    """A class of one team."""
    events.event("order.placed", version=2, formerly=["OrderPlaced"])(Order)


def declare_step(events: Registry) -> None:
    """Its step."""
    events.steps("order.placed", rename("id", to="order_id"), from_version=1)


def declare_invoice(events: Registry) -> None:
    """A class of another team, with its edges."""
    events.event("invoice.sent", version=2)(Invoice)
    events.upcaster("invoice.sent", from_version=1)(to_number)
    events.downcaster("invoice.sent", to_version=1)(to_text)
    events.drop("page.viewed", from_version=1)


DECLARATIONS = (declare_order, declare_step, declare_invoice)


def together(*, registries: int = 1, included: bool = True) -> tuple[Registry, list[Registry]]:
    """An outer registry and the ones inside it; the declarations go round among all of them."""
    outer = Registry()
    inner = [Registry() for _ in range(registries - 1)]
    if included:
        for other in inner:
            outer.include(other)
    for declare, events in zip(DECLARATIONS, itertools.cycle([outer, *inner])):
        declare(events)
    return outer, inner


def defects(events: Registry) -> list[Defect]:
    """The defects of a registry."""
    with pytest.raises(RegistryDefects) as caught:
        events.codec()
    return list(caught.value.exceptions)  # type: ignore[arg-type]  # only ever Defects


@pytest.mark.parametrize("registries", [1, 2, 3])
def test_what_is_included_is_as_if_it_were_declared_here(registries: int) -> None:
    """Classes, edges, downcasters, drops and former names count, and the fingerprint does not tell where they stand."""
    codec = together(registries=registries)[0].codec()
    assert together()[0].codec().fingerprint == codec.fingerprint
    assert Order("A") == codec.decode_payload("OrderPlaced", 1, {"id": "A"})
    assert Invoice(7) == codec.decode_payload("invoice.sent", 1, {"number": "7"})
    assert ("invoice.sent", 1, b'{"number":"7"}') == codec.encode_payload(Invoice(7), version=1)
    assert [] == codec.decode_payload_all("page.viewed", 1, {})
    assert {Order, Invoice} == set(codec.classes)


def test_the_order_of_registrations_and_includes_does_not_matter() -> None:
    """What is declared on the other registry before or after it is included counts, until codec()."""
    fingerprints = set()
    for order in itertools.permutations(range(4)):
        outer, inner = Registry(), Registry()
        actions: list[Any] = [
            lambda: outer.include(inner),  # noqa: B023  # called in this round
            lambda: declare_order(outer),  # noqa: B023
            lambda: declare_step(inner),  # noqa: B023
            lambda: declare_invoice(inner),  # noqa: B023
        ]
        for number in order:
            actions[number]()
        fingerprints.add(outer.codec().fingerprint)
    assert {together()[0].codec().fingerprint} == fingerprints


def test_an_included_registry_may_include_others_at_any_time() -> None:
    """Includes nest, whichever is made first."""
    outer, middle, inner = Registry(), Registry(), Registry()
    outer.include(middle)
    declare_order(outer)
    middle.include(inner)
    declare_step(middle)
    declare_invoice(inner)
    assert together()[0].codec().fingerprint == outer.codec().fingerprint


def test_a_registry_reached_in_two_ways_counts_once() -> None:
    """Neither twice included nor included by two others is a duplicate."""
    outer, left, right, shared = Registry(), Registry(), Registry(), Registry()
    declare_invoice(shared)
    for events in (left, right, outer):
        events.include(shared)
        events.include(shared)
    outer.include(left)
    outer.include(right)
    assert ["invoice.sent"] == list(outer)
    assert Invoice(7) == outer.codec().decode_payload("invoice.sent", 1, {"number": "7"})


def test_a_circle_is_harmless() -> None:
    """Registries that include each other, or themselves, hold the same."""
    one, other = Registry(), Registry()
    one.include(other)
    other.include(one)
    one.include(one)
    declare_order(one)
    declare_step(other)
    assert ["order.placed"] == list(one) == list(other)
    assert one.codec().fingerprint == other.codec().fingerprint


def test_duplicates_of_two_registries_name_both_places() -> None:
    """A name, a class, an edge and a downcaster that stand in two modules are found, with both."""
    outer, inner = Registry(), Registry()
    outer.include(inner)
    for events in (outer, inner):
        declare_order(events)
        declare_step(events)
        declare_invoice(events)
    found = defects(outer)
    assert {"duplicate-type": 5, "duplicate-edge": 3, "duplicate-downcaster": 1} == {
        reason: sum(defect.reason == reason for defect in found) for reason in {defect.reason for defect in found}
    }
    for defect in found:
        assert 2 == str(defect).count(f"{__file__}:")


def test_what_an_included_registry_lacks_is_a_defect_of_the_outer() -> None:
    """A build judges everything together, and while it fails everything stays open."""
    outer, inner = Registry(), Registry()
    outer.include(inner)
    declare_order(inner)
    (defect,) = defects(outer)
    assert "missing-edge" == defect.reason
    declare_step(inner)
    assert outer.codec()


def test_codec_seals_all_that_is_included() -> None:
    """Nothing can be registered any more where it would not count; codecs can still be made."""
    outer, middle, inner = Registry(), Registry(), Registry()
    outer.include(middle)
    middle.include(inner)
    declare_invoice(inner)
    outer.codec()
    for events in (outer, middle, inner):
        for late in (declare_order, declare_step, lambda events: events.include(Registry())):
            with pytest.raises(RegistrySealed):
                late(events)
    assert inner.codec().fingerprint == outer.codec().fingerprint == middle.codec().fingerprint


def test_a_codec_of_the_inner_registry_leaves_the_outer_open() -> None:
    """A team tests its module by itself; the program may still declare more."""
    outer, inner = Registry(), Registry()
    outer.include(inner)
    declare_invoice(inner)
    inner.codec()
    declare_order(outer)
    declare_step(outer)
    later = Registry()
    later.include(inner)
    assert ["order.placed", "invoice.sent"] == list(outer)
    assert outer.codec().fingerprint != later.codec().fingerprint == inner.codec().fingerprint


def test_a_registry_tells_what_belongs_to_it() -> None:
    """`in`, iteration and repr count what is included."""
    outer, (inner,) = together(registries=2)
    assert ["order.placed", "invoice.sent"] == list(outer)
    assert "invoice.sent" in outer
    assert "order.placed" not in inner
    assert "OrderPlaced" not in outer
    assert "<Registry of 2 event types and 3 edges, 1 included, open>" == repr(outer)
    assert "<Registry of 0 event types and 1 edges, open>" == repr(inner)
    outer.codec()
    assert "<Registry of 2 event types and 3 edges, 1 included, sealed>" == repr(outer)
    assert "<Registry of 0 event types and 1 edges, sealed>" == repr(inner)


@pytest.mark.parametrize("other", [None, "shop.events", Registry, [Registry()]])
def test_only_a_registry_can_be_included(other: Any) -> None:
    """The class, a module's name or a list is told at once."""
    with pytest.raises(RegistryError, match=r"include\(.*\): give a Registry"):
        Registry().include(other)


def by_time(envelope: Any) -> int:
    """A policy."""
    return 1


@pytest.mark.parametrize(("outer", "inner"), [(None, None), (1, None), (1, 1), (by_time, by_time), (by_time, None)])
def test_an_included_registry_may_say_nothing_or_the_same_of_unversioned_events(outer: Any, inner: Any) -> None:
    """What they mean is said by the registry whose codec() is called, for all."""
    events, other = Registry(unversioned=outer), Registry(unversioned=inner)
    events.include(other)
    declare_invoice(other)
    codec = events.codec()
    if outer is not None:
        assert Invoice(7) == codec.decode(b'{"type": "invoice.sent", "data": {"number": "7"}}')


@pytest.mark.parametrize(("outer", "inner"), [(None, 1), (1, 2), (by_time, 1), (1, by_time), (None, by_time)])
def test_registries_that_disagree_on_unversioned_events_are_refused(outer: Any, inner: Any) -> None:
    """No team's policy is applied to the events of another unasked, however deep it is included."""
    events, middle, other = Registry(unversioned=outer), Registry(), Registry(unversioned=inner)
    middle.include(other)
    events.include(middle)
    declare_invoice(other)
    with pytest.raises(RegistryError) as caught:
        events.codec()
    assert not isinstance(caught.value, RegistryDefects)
    assert 2 == str(caught.value).count(f"{__file__}:")
    for said in (outer, inner):
        assert (said.__name__ if callable(said) else repr(said)) in str(caught.value)
    assert "give it to both" in str(caught.value)
    declare_order(events)  # still open
