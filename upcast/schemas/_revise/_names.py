"""How much two names say the same: what is certain, and what is only likely."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Final

__all__ = ["likeness", "same_name", "same_word", "words"]

_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")

# Only words that everybody shortens in the same way: a prefix in general (`pay`, `payment`) may be another word.
_SHORT: Final[Mapping[str, str]] = {
    "acct": "account",
    "addr": "address",
    "amt": "amount",
    "avg": "average",
    "cfg": "config",
    "cnt": "count",
    "cust": "customer",
    "dept": "department",
    "desc": "description",
    "dest": "destination",
    "dob": "birthdate",
    "img": "image",
    "lat": "latitude",
    "lng": "longitude",
    "lon": "longitude",
    "max": "maximum",
    "min": "minimum",
    "msg": "message",
    "num": "number",
    "org": "organization",
    "pct": "percent",
    "pos": "position",
    "prev": "previous",
    "qty": "quantity",
    "ref": "reference",
    "tel": "telephone",
    "ts": "timestamp",
}


def words(name: str) -> tuple[str, ...]:
    """The words of a name, whichever way they are joined: `orderId` and `order_id` have the same."""
    return tuple(part.lower() for part in _HUMPS.split(name) if part)


def same_word(one: str, other: str) -> bool:
    """Whether two names differ in nothing but case, separators and spelling (`canceled`, `cancelled`)."""
    mine, others = _plain(one), _plain(other)
    return mine == others and bool(mine)


def _plain(name: str) -> str:
    # Words that differ in any other doubled letter may mean something else, and so may digits.
    return "".join(word.replace("ll", "l") if len(word) > 5 else word for word in words(name)) or name


def same_name(one: str, other: str, context: tuple[str, ...]) -> bool:
    """Whether two names of fields surely mean the same thing.

    Besides what `same_word` allows, these are well-known abbreviations, plurals, initials (`uid`, `user_id`) and a
    word of the *context* before the name (`id`, `order_id` in an event `order.placed`).
    """
    mine, others = words(one), words(other)
    if same_word(one, other):
        return True
    if not mine or not others:
        return False
    if len(mine) == len(others):
        return all(map(_same_part, mine, others))
    short, long = sorted((mine, others), key=len)
    if len(short) == 1 and len(long) == 2 and len(long[1]) == 2:
        initials = long[0][:1] + long[1]
        if short[0] == initials:
            return True
    lead = len(long) - len(short)
    return set(long[:lead]) <= set(context) and all(map(_same_part, short, long[lead:]))


def _same_part(one: str, other: str) -> bool:
    if one == other or _SHORT.get(one, one) == _SHORT.get(other, other):
        return True
    short, long = sorted((one, other), key=len)
    return len(short) > 2 and long in (f"{short}s", f"{short}es")


def likeness(one: str, other: str) -> float:
    """How alike two names look, from 0 to 1: good enough to order what is asked, never to decide."""
    mine, others = words(one), words(other)
    shared = len(set(mine) & set(others)) / (max(len(mine), len(others)) or 1)
    return max(shared, difflib.SequenceMatcher(None, " ".join(mine), " ".join(others), autojunk=False).ratio())
