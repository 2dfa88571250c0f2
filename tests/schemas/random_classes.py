"""Random classes of three kinds, and payloads of them, for the tests of revise."""

from __future__ import annotations

import random
from typing import Annotated, Any, Literal, TypeAlias

import attrs
import msgspec
import pydantic

MISSING: Any = ...  # which a copy leaves alone
Data: TypeAlias = dict[str, Any]


@attrs.define
class Kind:
    """What a field holds: `int`, `float`, `str`, `bool`, `choice`, `record` or a `list` of one of them."""

    name: str
    values: tuple[str, ...] = ()
    fields: list[Field] = attrs.field(factory=list)
    item: Kind | None = None
    least: int | None = None
    most: int | None = None


@attrs.define
class Field:
    """A field of a class."""

    name: str
    kind: Kind
    nullable: bool = False
    default: Any = MISSING


NAMES: list[str] = (  # noqa: SIM905  # words are read more easily
    "qty cust_id created_at item amt desc zip_code order_ref msg_text org_name unit_price paid_by house_no "
    "max_weight line_count gift_note ship_date weight color label source channel region batch carrier"
).split()
OTHERS: list[str] = (  # noqa: SIM905  # see above
    "tier origin bonus remark quota phase stamp handle medium locale vendor depth shelf grade token"
).split()
# Names that mean the same, in spellings that everybody would take for it.
ALIKE = {"qty": "quantity", "amt": "amount", "desc": "description", "item": "items", "label": "labels"}
# Names that look alike and mean something else.
TRAPS = {"ship_date": "slip_date", "paid_by": "paid_at", "max_weight": "min_weight", "unit_price": "unit_piece"}
CHOICES = ("new", "in_progress", "shipped", "on_hold", "done")


def scalar(rng: random.Random) -> Kind:
    """A kind that holds no others."""
    name = rng.choice(("int", "int", "float", "str", "str", "bool", "choice"))
    if name == "int" and rng.random() < 0.3:
        return Kind("int", least=0, most=1000)
    if name == "str" and rng.random() < 0.3:
        return Kind("str", most=40)
    return Kind(name, values=tuple(rng.sample(CHOICES, 3)) if name == "choice" else ())


def make_fields(rng: random.Random, names: list[str], count: int, depth: int) -> list[Field]:
    """Fields with names from a list, which loses them, with records down to a depth."""
    found = []
    for _ in range(count):
        kind, roll = scalar(rng), rng.random()
        if depth and roll < 0.25:
            kind = Kind("record", fields=make_fields(rng, names, 3, depth - 1))
        elif depth and roll < 0.4:
            kind = Kind("list", item=Kind("record", fields=make_fields(rng, names, 2, 0)))
        elif roll < 0.5:
            kind = Kind("list", item=kind)
        field = Field(names.pop(), kind, nullable=rng.random() < 0.2)
        if kind.name not in ("record", "list") and rng.random() < 0.35:
            field.default = None if field.nullable and rng.random() < 0.6 else value_of(rng, kind)
        found.append(field)
    return found


def value_of(rng: random.Random, kind: Kind) -> Any:
    """A JSON value of a kind."""
    match kind.name:
        case "int":
            return rng.randint(kind.least if kind.least is not None else -99999, kind.most or 99999)
        case "float":
            return rng.randint(-9999, 9999) / 8
        case "str":
            return "".join(rng.choices("abc xyz ÄÖ12", k=rng.randint(0, min(kind.most or 60, 60))))
        case "bool":
            return rng.random() < 0.5
        case "choice":
            return rng.choice(kind.values)
        case "record":
            return payload_of(rng, kind.fields)
    assert kind.item is not None
    return [value_of(rng, kind.item) for _ in range(rng.randint(0, 3))]


def payload_of(rng: random.Random, fields: list[Field]) -> Data:
    """A payload of some fields, without some of those that may be absent."""
    found = {}
    for field in fields:
        if field.default is not MISSING and rng.random() < 0.4:
            continue
        found[field.name] = None if field.nullable and rng.random() < 0.3 else value_of(rng, field.kind)
    return found


def annotation(kind: Kind, family: str) -> Any:
    """The type of a kind, in one of the families."""
    plain = {"int": int, "float": float, "str": str, "bool": bool}
    match kind.name:
        case "choice":
            return Literal[kind.values]  # type: ignore[valid-type]  # made at run time
        case "record":
            return make_class(kind.fields, family, "Inner")
        case "list":
            assert kind.item is not None
            return list[annotation(kind.item, family)]  # type: ignore[misc]  # made at run time
    limits = {"ge": kind.least, "le": kind.most} if kind.name == "int" else {"max_length": kind.most}
    limits = {name: limit for name, limit in limits.items() if limit is not None}
    if not limits:
        return plain[kind.name]
    return Annotated[plain[kind.name], (pydantic.Field if family == "pydantic" else msgspec.Meta)(**limits)]


def make_class(fields: list[Field], family: str, name: str = "Event") -> type:
    """A class of a family with some fields."""
    parts = []
    for field in fields:
        kind = annotation(field.kind, family)
        parts.append((field.name, kind | None if field.nullable else kind, field.default))
    if family == "pydantic":
        members: Any = {n: (kind, default) for n, kind, default in parts}
        return pydantic.create_model(name, **members)
    members = [(n, kind) if default is MISSING else (n, kind, default) for n, kind, default in parts]
    return msgspec.defstruct(name, members, kw_only=True, omit_defaults=family == "omitting")
