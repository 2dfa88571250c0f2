"""Histories: what happened to an event's payload between its first version and today's.

Every change exists three times: as a declarative step of ours, as the line a person would write in an upcaster
function, and backwards, to make the payloads that were stored. A history is a tuple of hops; the first of them leads
away from version 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, TypeAlias

import attrs

from benchmarks.shapes import Payload, Shape
from upcast import add, convert, move, remove, rename
from upcast.steps import Step

__all__ = ["Hop", "Kind", "as_stored", "history", "peer_history", "webhook_history"]

Kind: TypeAlias = Literal["renames", "mixed", "conversions"]

CONSTANTS: Final[dict[str, Payload]] = {"OrderPlaced": {"currency": "EUR"}, "CustomerRegistered": {"language": "en"}}
"""Fields that old payloads lack, by shape: today's payloads hold what the history adds."""

SCRATCH: Final = "batch_no"  # a field that came and went


def to_cents(text: str) -> int:
    """An amount in words to cents: `"12.30"` to 1230."""
    units, _, cents = text.partition(".")
    return int(units) * 100 + int(cents)


@attrs.frozen
class Change:
    """One change of a payload, in its three forms.

    Attributes:
        step: Declarative.
        line: As the line of an upcaster function, over `payload`.
        undo: Makes the older payload of the newer one; members keep their places.
    """

    step: Step
    line: str
    undo: Callable[[Payload], Payload]


@attrs.frozen
class Hop:
    """What leads from one version to the next."""

    changes: tuple[Change, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The declarative form."""
        return tuple(change.step for change in self.changes)

    def function(self) -> Callable[[Payload], Payload]:
        """The form of a function, as a person would write it: no loops, no indirection."""
        lines = "".join(f"    {change.line}\n" for change in self.changes)
        space: dict[str, Any] = {"to_cents": to_cents}
        exec(f"def upcast_hop(payload):\n{lines}    return payload\n", space)  # our own text
        function: Callable[[Payload], Payload] = space["upcast_hop"]
        return function


def as_stored(payload: Payload, hops: Sequence[Hop]) -> Payload:
    """The payload of version 1 that the hops bring to *payload*."""
    for hop in reversed(hops):
        for change in reversed(hop.changes):
            payload = change.undo(payload)
    return payload


def _renamed(old: str, new: str) -> Change:
    return Change(
        rename(old, to=new),
        f"payload[{new!r}] = payload.pop({old!r})",
        lambda payload: {old if name == new else name: value for name, value in payload.items()},
    )


def _added(field: str, value: object) -> Change:
    return Change(
        add(field, value),
        f"payload[{field!r}] = {value!r}",
        lambda payload: {name: old for name, old in payload.items() if name != field},
    )


def _removed(field: str, value: object) -> Change:
    return Change(remove(field), f"payload.pop({field!r}, None)", lambda payload: {**payload, field: value})


def _in_cents(field: str) -> Change:
    return Change(
        convert(field, to_cents),
        f"payload[{field!r}] = to_cents(payload[{field!r}])",
        lambda payload: {
            name: f"{value // 100}.{value % 100:02}" if name == field else value for name, value in payload.items()
        },
    )


def _nested(parent: str, child: str, *, first: bool) -> Change:
    """A top-level field moved into an object; the *first* one makes the object."""
    target = f"payload[{parent!r}] = {{{child!r}: " if first else f"payload[{parent!r}][{child!r}] = "

    def undo(payload: Payload) -> Payload:
        found: Payload = {}
        for name, value in payload.items():
            if name == parent:
                if not first:
                    found[parent] = {inner: held for inner, held in value.items() if inner != child}
                found[child] = value[child]
            else:
                found[name] = value
        return found

    line = f"{target}payload.pop({child!r}){'}' if first else ''}"
    return Change(move(child, to=f"{parent}.{child}"), line, undo)


def history(shape: Shape, kind: Kind, hops: int) -> tuple[Hop, ...]:
    """A history of so many hops.

    The first hop holds what the kind is named for, so that a history of one hop has all of it. Every further hop
    renames one more field; of the mixed kinds, one in three adds a field, and the next removes it again. Stored
    payloads of all lengths are about equally long, so that only the number of hops differs.

    Args:
        shape: The shape of today's version.
        kind: "renames": one rename a hop. "mixed": also a constant and a field that is dropped. "conversions": also
            amounts in words that become numbers, and top-level fields that move into an object.
        hops: How many.
    """
    if not hops:
        return ()
    constants = CONSTANTS.get(shape.name, {})
    first: list[Change] = []
    if kind != "renames":
        first += [*(_added(*constant) for constant in constants.items()), _removed("legacy_flag", "none")]
    if kind == "conversions":
        first += [_in_cents("total")]
        first += [_nested("address", child, first=child == "street") for child in ("street", "city", "zip", "country")]
    names = [name for name in shape.fields if name not in {*constants, "address", "total"}]
    renames = _rename_chain(names, hops, churn=kind != "renames")
    return tuple(Hop((*renames[number], *(first if number == 0 else ()))) for number in range(hops))


def _rename_chain(names: Sequence[str], hops: int, *, churn: bool) -> list[tuple[Change, ...]]:
    """One change for each hop; worked out from the last hop, after which the names are today's."""
    now = {name: name for name in names}
    found: list[tuple[Change, ...]] = []
    verbs = [_verb(number, hops, churn=churn) for number in range(hops)]
    for number in reversed(range(hops)):
        if verbs[number] == "rename":
            field = names[verbs[:number].count("rename") % len(names)]
            old = f"{field}_{number}"
            found.append((_renamed(old, now[field]),))
            now[field] = old
        else:
            found.append((_added(SCRATCH, 1) if verbs[number] == "add" else _removed(SCRATCH, 1),))
    return found[::-1]


def _verb(number: int, hops: int, *, churn: bool) -> str:
    if not churn or number % 3 == 0 or (number % 3 == 1 and number + 1 == hops):
        return "rename"  # what would be added last would not go away again
    return "add" if number % 3 == 1 else "remove"


def peer_history() -> tuple[Hop, ...]:
    """Renames and defaults in two hops, which every library of this kind can express: for the order event."""
    return (
        Hop((_renamed("id", "order_id"), _added("currency", "EUR"))),
        Hop((_renamed("buyer", "customer"), _added("channel", "web"))),
    )


def webhook_history() -> tuple[Hop, ...]:
    """Three hops of a webhook of GitHub, as if it had once been called otherwise."""
    return (
        Hop((_renamed("actor", "user"), _removed("legacy_flag", "none"))),
        Hop((_added(SCRATCH, 1),)),
        Hop((_renamed("user", "sender"), _removed(SCRATCH, 1))),
    )
