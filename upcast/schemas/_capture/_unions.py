"""Unions in one form: flat, without doubles, null last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from upcast.schemas._capture._definitions import children, with_children
from upcast.schemas.shapes import AnyShape, Anything, Enumeration, Null, Reference, Unions

__all__ = ["enumeration", "flattened", "union_of"]

Mode = Literal["smart", "left-to-right"]


def union_of(members: Iterable[AnyShape], mode: Mode = "smart") -> AnyShape:
    """The union of *members*, or the only one of them."""
    different = list({msgspec.json.encode(member): member for member in members}.values())
    nulls = [member for member in different if member == Null()]
    others = [member for member in different if member != Null()]
    if any(other == Anything() for other in others) and (mode == "smart" or len(others) == 1):
        return Anything()
    if len(others) + len(nulls) == 1:
        return (others + nulls)[0]
    # With one member and null there is nothing to choose between.
    return Unions(members=(*others, *nulls), mode=mode if len(others) > 1 else "smart")


def enumeration(values: Iterable[object], *, strict: bool = False) -> AnyShape | None:
    """One of *values*, or None where one of them is no JSON scalar."""
    found: list[str | int | float | bool] = []
    null = False
    for value in values:
        if value is None:
            null = True
        elif isinstance(value, str | int | float) and type(value) in {str, int, float, bool}:
            found.append(value)
        else:
            return None
    different = {(type(value).__name__, value): value for value in found}
    ordered = tuple(different[key] for key in sorted(different, key=lambda key: (key[0], key[1])))
    strict = strict and any(not isinstance(value, str) for value in ordered)
    members: list[AnyShape] = [Enumeration(values=ordered, strict=strict)] if ordered else []
    return union_of([*members, Null()] if null else members) if members or null else None


def flattened(shape: AnyShape, parts: Mapping[str, AnyShape]) -> AnyShape:
    """*shape* with every union in it that holds another of its kind, also behind a reference, made one."""
    shape = with_children(shape, [flattened(child, parts) for _, child in children(shape)])
    if not isinstance(shape, Unions):
        return shape
    flat = union_of(_spliced(shape, parts, frozenset()), _mode(shape, parts))
    if not shape.checks:
        return flat
    return msgspec.structs.replace(flat, checks=shape.checks) if isinstance(flat, Unions) else shape


def _mode(union: Unions, parts: Mapping[str, AnyShape]) -> Mode:
    """The mode of a union: that of the one inside, where it does no more than add null."""
    others = [member for member in union.members if member != Null()]
    inner = _behind(others[0], parts)[0] if len(others) == 1 else None
    return inner.mode if isinstance(inner, Unions) and not inner.checks else union.mode


def _behind(shape: AnyShape, parts: Mapping[str, AnyShape]) -> tuple[AnyShape, frozenset[str]]:
    names: frozenset[str] = frozenset()
    while isinstance(shape, Reference) and not shape.checks and not shape.strict and shape.name not in names:
        names |= {shape.name}
        shape = parts[shape.name]
    return shape, names


def _spliced(union: Unions, parts: Mapping[str, AnyShape], above: frozenset[str]) -> list[AnyShape]:
    found: list[AnyShape] = []
    mode = _mode(union, parts)
    for member in union.members:
        inner, names = _behind(member, parts)
        fits = isinstance(inner, Unions) and not inner.checks and not names & above and _mode(inner, parts) == mode
        found += _spliced(inner, parts, above | names) if fits and isinstance(inner, Unions) else [member]
    return found
