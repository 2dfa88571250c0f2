"""Splits and drops: every part has its place and keeps it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import upcast
from properties.texts import exact, own_decoder
from properties.worlds import FAMILIES, FORMS, make_class, wire


@attrs.frozen
class Leaf:
    """A part that becomes an event."""

    number: str


@attrs.frozen
class Dropped:
    """A part that is dropped."""


@attrs.frozen
class Branch:
    """A part that is split again."""

    parts: tuple[Any, ...]


trees = st.recursive(
    st.one_of(st.sampled_from(["1.10", "7", "12345678901234567.89", "0.5"]).map(Leaf), st.just(Dropped())),
    lambda inner: st.lists(inner, max_size=4).map(tuple).map(Branch),
    max_leaves=10,
)


def _depth(tree: Any) -> int:
    return 1 + max(map(_depth, tree.parts), default=0) if isinstance(tree, Branch) else 0


def _width(tree: Any) -> int:
    return max(1, sum(map(_width, tree.parts))) if isinstance(tree, Branch) else 1


def _expected(tree: Any, first: int) -> list[tuple[str, int]]:
    """What a tree becomes: each part that is not split again has a number, also one that is dropped."""
    if isinstance(tree, Leaf):
        return [(tree.number, first)]
    found: list[tuple[str, int]] = []
    for part in tree.parts if isinstance(tree, Branch) else ():
        found += _expected(part, first)
        first += _width(part)
    return found


def _text(tree: Any) -> str:
    if isinstance(tree, Leaf):
        return f'{{"old":{tree.number}}}'
    if isinstance(tree, Dropped):
        return '{"gone":true}'
    return f'{{"parts":[{",".join(map(_text, tree.parts))}]}}'


def _registry(family: str, depth: int, *, header: bool) -> tuple[type, upcast.Registry]:
    events = upcast.Registry()
    fields: dict[str, tuple[Any, Any]] = {"number": (Decimal, None)}
    if header:
        fields |= {"type": (str, "?"), "schema_version": (int, 0)}
    cls = make_class(family, "Leaf", fields)
    events.event("leaf", version=2, formerly=["leaflet"])(cls)
    events.steps("leaf", upcast.rename("old", to="number"), from_version=1)
    events.drop("gone", from_version=1)
    for level in range(1, depth + 1):
        lower = f"branch.{level - 1}" if level > 1 else None
        into = {"leaf": 1, "gone": 1, **({lower: 2} if lower else {})}

        def parts(payload: upcast.Payload, lower: str | None = lower) -> Any:
            for part in payload["parts"]:
                yield (lower, part) if "parts" in part and lower else ("gone" if "gone" in part else "leaf", part)

        events.unchanged(f"branch.{level}", from_version=1)
        events.split(f"branch.{level}", from_version=2, into=into)(parts)
    return cls, events


@given(st.sampled_from(FAMILIES), st.sampled_from(FORMS), trees, st.booleans(), st.sampled_from([1, 2]))
def test_parts_are_numbered_in_their_order_and_keep_their_numbers(
    family: str, form: Any, tree: Any, header: bool, version: int
) -> None:
    """Every part of nested splits has its own number; one that is dropped keeps it, and no digit is lost on the way."""
    root = tree if isinstance(tree, Branch) else Branch((tree,))
    depth = _depth(root)
    cls, events = _registry(family, depth, header=header)
    codec = events.codec(envelope=form)
    raw = wire(form, f"branch.{depth}", version, _text(root))
    head = ',"type":"leaf","schema_version":2' if header and isinstance(form, upcast.Flat) else ""
    expected = [
        (exact(own_decoder(cls, f'{{"number":{number}{head}}}'.encode())), index)
        for number, index in _expected(root, 0)
    ]

    found = codec.decode_all(raw)

    indexes = [index for _, index in found]
    assert expected == [(exact(event), index) for event, index in found]
    assert indexes == sorted(set(indexes))
    assert {"leaf", "leaflet", *(f"branch.{level}" for level in range(1, depth + 1))} == set(codec.stored_types(cls))
    assert [event for event, _ in expected] == [exact(event) for event in codec.explain(raw).events]
    if len(expected) == 1:
        assert expected[0][0] == exact(codec.decode(raw))
    else:
        with pytest.raises(upcast.NotOneEvent) as caught:
            codec.decode(raw)
        assert len(expected) == caught.value.count


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("copied", [True, False])
def test_a_part_of_a_flat_event_meets_its_own_header(family: str, copied: bool) -> None:
    """A class that declares the header finds its own type and version there, made by a split or not."""
    cls = make_class(family, "Leaf", {"type": (str, "?"), "schema_version": (int, 0), "n": (int, 0)})
    events = upcast.Registry()
    events.event("leaf", version=2)(cls)
    events.unchanged("leaf", from_version=1)
    events.split("both", from_version=1, into={"leaf": 2})(
        lambda payload: [("leaf", payload if copied else {"n": payload["n"]})]
    )
    codec = events.codec(envelope=upcast.Flat())

    [(event, _)] = codec.decode_all(wire(upcast.Flat(), "both", 1, '{"n":3}'))

    assert ("leaf", 2, 3) == (event.type, event.schema_version, event.n)  # type: ignore[attr-defined]  # made at run time
