"""Which door a class has."""

from __future__ import annotations

from upcast._door._door import Door, Misreading
from upcast._door._msgspec import open_msgspec
from upcast._door._pydantic import is_pydantic, open_pydantic

__all__ = ["open_door"]


def open_door(cls: object) -> tuple[Door | None, list[Misreading]]:
    """The door of a class, or every reason why there is none."""
    if not isinstance(cls, type):
        remedy = "Register a class; of a generic one declare a subclass: class OfInt(Generic[int])."
        return None, [Misreading("misread-class", f"{cls!r} is no class", remedy)]
    return open_pydantic(cls) if is_pydantic(cls) else open_msgspec(cls)
