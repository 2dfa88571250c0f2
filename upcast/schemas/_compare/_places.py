"""Where something stands: the parts of a JSON pointer, in the payloads of the writer and of the reader."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from upcast.schemas.shapes import AnyShape, Reference, View

__all__ = ["EACH", "Parts", "pointer", "resolved"]

Parts: TypeAlias = tuple[str | int, ...]
"""The parts of a pointer."""

EACH = "*"
"""Any item of an array, any entry of a map, any member that is not declared."""


def pointer(parts: Iterable[str | int]) -> str:
    """The JSON pointer of a place; an asterisk stands for all items or keys."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def resolved(view: View, shape: AnyShape) -> AnyShape:
    """*shape*, or what it refers to, with the checks of the reference."""
    if not isinstance(shape, Reference):
        return shape
    checks, strict = shape.checks, shape.strict
    found = view.resolve(shape)
    if not checks and not strict:
        return found
    return msgspec.structs.replace(found, checks=checks + found.checks, strict=strict or found.strict)
