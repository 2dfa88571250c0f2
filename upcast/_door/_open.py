"""Which door a class has."""

from __future__ import annotations

import sys

from upcast._door._door import Door, Misreading
from upcast._door._msgspec import open_msgspec

__all__ = ["open_door"]


def open_door(cls: object) -> tuple[Door | None, list[Misreading]]:
    """The door of a class, or every reason why there is none."""
    if not isinstance(cls, type):
        remedy = "Register a class; of a generic one declare a subclass: class OfInt(Generic[int])."
        return None, [Misreading("misread-class", f"{cls!r} is no class", remedy)]
    if _is_pydantic(cls):
        # A third of a second on import, which only they should pay who have paid it already.
        from upcast._door._pydantic import open_pydantic

        return open_pydantic(cls)
    return open_msgspec(cls)


def _is_pydantic(cls: type) -> bool:
    pydantic = sys.modules.get("pydantic")  # without it no class can be one of its
    return pydantic is not None and (
        issubclass(cls, pydantic.BaseModel) or pydantic.dataclasses.is_pydantic_dataclass(cls)
    )
