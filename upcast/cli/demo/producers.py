"""The producers of each year: entries as the programs of that time wrote them, each with its own shape and habits.

Nothing here knows `upcast`: what is on a stream was put there by programs that did not foresee today.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import attrs

__all__ = ["YEARS", "Written", "history"]

YEARS = {1: 2021, 2: 2022, 3: 2023, 4: 2024, 5: 2025, 6: 2026}
"""The year in which each version was written first."""

_SHARE = 50  # of each fault, one entry in so many
_NAMES = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Edsger Dijkstra", "Mary Jackson", "José Valim")
_SINGLE_NAMES = ("Cher", "Pelé", "Madonna")
_PLACES = (("Berlin", "10115"), ("Hamburg", "20095"), ("München", "80331"), ("Köln", "50667"))
_GOODS = ("tea-green", "tea-black", "cup-blue", "pot-iron", "tin-large")

Fields = dict[bytes, bytes]


@attrs.frozen
class Written:
    """An entry as it was published, and what whoever made it knows about it.

    Attributes:
        fields: The fields of the stream entry.
        version: The version it was written with.
        fault: The reason for which today's release must refuse it, or None.
        cents: What was ordered for; 0 if no release can read it.
    """

    fields: Fields
    version: int
    fault: str | None
    cents: int


class _Order:
    """What was ordered, before any program of any year gave it a shape."""

    def __init__(self, chance: random.Random, number: int, names: tuple[str, ...] = _NAMES) -> None:
        self.number = number
        self.name = chance.choice(names)
        self.city, self.zip = chance.choice(_PLACES)
        self.items = [(sku, chance.randint(1, 5)) for sku in chance.sample(_GOODS, chance.randint(1, 3))]
        self.cents = chance.randint(199, 49_999)
        self.letter = chance.choice("NPS")
        self.coupon = chance.choice((None, "SPRING", "TEA-10"))
        self.trace = f"{chance.getrandbits(128):032x}"

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [{"sku": sku, "quantity": quantity} for sku, quantity in self.items]

    @property
    def euros(self) -> float:
        return self.cents / 100


def _of_2021(order: _Order) -> Fields:
    # The first script: the standard library's JSON with its blanks and escapes, amounts as floats.
    payload = {
        "id": f"A-{order.number}",
        "name": order.name,
        "amount": order.euros,
        "city": order.city,
        "zip": order.zip,
        "status": order.letter,
        "items": order.lines,
    }
    return {b"type": b"order.placed", b"schema_version": b"1", b"data": json.dumps(payload).encode()}


def _of_2022(order: _Order) -> Fields:
    # The shop goes abroad: ids have their name, amounts their currency.
    payload = {
        "order_id": f"B-{order.number}",
        "name": order.name,
        "amount": order.euros,
        "currency": "EUR",
        "city": order.city,
        "zip": order.zip,
        "status": order.letter,
        "items": order.lines,
    }
    return {b"type": b"order.placed", b"schema_version": b"2", b"data": _compact(payload)}


def _of_2023(order: _Order) -> Fields:
    # A rewrite: names in two fields, another order of the members, an id for every event.
    first, last = order.name.split(" ")
    payload = {
        "order_id": f"C-{order.number}",
        "status": order.letter,
        "customer": {"first": first, "last": last},
        "items": order.lines,
        "amount": order.euros,
        "currency": "EUR",
        "zip": order.zip,
        "city": order.city,
    }
    return {
        b"type": b"order.placed",
        b"schema_version": b"3",
        b"id": f"evt-{order.number}".encode(),
        b"data": _compact(payload),
    }


def _of_2024(order: _Order) -> Fields:
    # After the rounding mistakes: whole cents. And traces.
    return _entry(4, order, _today(order, prefix="D"))


def _of_2025(order: _Order) -> Fields:
    payload = _today(order, prefix="E")
    if order.coupon:
        payload["coupon"] = order.coupon
    return _entry(5, order, payload)


def _today(order: _Order, *, prefix: str) -> dict[str, Any]:
    first, last = order.name.split(" ")
    return {
        "order_id": f"{prefix}-{order.number}",
        "customer": {"first": first, "last": last},
        "address": {"city": order.city, "zip": order.zip},
        "items": order.lines,
        "amount": order.cents,
        "currency": "EUR",
        "status": {"N": "new", "P": "paid", "S": "shipped"}[order.letter],
    }


def _entry(version: int, order: _Order, payload: dict[str, Any]) -> Fields:
    return {
        b"type": b"order.placed",
        b"schema_version": b"%d" % version,
        b"id": f"evt-{order.number}".encode(),
        b"traceparent": f"00-{order.trace}-{order.trace[:16]}-01".encode(),
        b"data": _compact(payload),
    }


def _compact(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


_PRODUCERS: dict[int, Callable[[_Order], Fields]] = {1: _of_2021, 2: _of_2022, 3: _of_2023, 4: _of_2024, 5: _of_2025}


# --- what goes wrong --------------------------------------------------------------------------------------------------


def _cut_short(order: _Order) -> Fields:
    # The process was killed while it wrote, and its retry sent the buffer as it was.
    fields = _of_2022(order)
    return fields | {b"data": fields[b"data"][:-9]}


def _of_another_team(order: _Order) -> Fields:
    # Someone publishes on a stream that is not theirs.
    payload = {"cart": order.number, "items": order.lines}
    return {b"type": b"cart.abandoned", b"schema_version": b"3", b"data": _compact(payload)}


def _of_next_year(order: _Order) -> Fields:
    # The next release is being rolled out; its shape is nobody's business yet.
    return _entry(6, order, _today(order, prefix="F") | {"total": {"cents": order.cents, "currency": "EUR"}})


def _of_nothing(order: _Order) -> Fields:
    # A form let an order through whose first item was taken back.
    payload = _today(order, prefix="D")
    payload["items"][0]["quantity"] = 0
    return _entry(4, order, payload)


_WHERE: dict[str, tuple[int, ...]] = {
    "malformed": (2,),
    "unknown-type": (3,),
    "newer-version": (5,),
    "upcaster-failed": (1, 2),
    "class-refused": (4,),
}
"""For each fault the producers in whose time it occurs."""


def _faulty(fault: str, chance: random.Random, number: int, version: int) -> Written:
    if fault == "upcaster-failed":
        # There is nothing wrong with these orders: a name can have one word.
        order = _Order(chance, number, _SINGLE_NAMES)
        return Written(_PRODUCERS[version](order), version, fault, order.cents)
    make = {
        "malformed": _cut_short,
        "unknown-type": _of_another_team,
        "newer-version": _of_next_year,
        "class-refused": _of_nothing,
    }[fault]
    fields = make(_Order(chance, number))
    return Written(fields, int(fields[b"schema_version"]), fault, 0)


# --- five years -------------------------------------------------------------------------------------------------------


def history(count: int, *, seed: int = 5) -> Iterator[Written]:
    """Make the events of five years in their order, each kind of fault among them.

    Args:
        count: How many; from 10 on, every version and every fault occurs.
        seed: The same seed makes the same history.
    """
    chance = random.Random(seed)  # noqa: S311  # variety, no secrets
    of_each_fault = max(1, count // _SHARE)
    good, rest = divmod(count - of_each_fault * len(_WHERE), len(_PRODUCERS))
    number = 1000
    for version, produce in _PRODUCERS.items():
        kinds: list[str | None] = [None] * (good + (version <= rest))
        for fault, places in _WHERE.items():
            if version in places:
                share, odd = divmod(of_each_fault, len(places))
                kinds += [fault] * (share + (places.index(version) < odd))
        chance.shuffle(kinds)
        for kind in kinds:
            number += 1
            if kind is None:
                order = _Order(chance, number)
                yield Written(produce(order), version, None, order.cents)
            else:
                yield _faulty(kind, chance, number, version)
