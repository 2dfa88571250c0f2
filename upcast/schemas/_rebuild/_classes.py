"""The decoder of a class that is still there."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from upcast._door import open_door
from upcast.schemas._rebuild._refused import refusing
from upcast.schemas.errors import SchemaError

__all__ = ["decoder_of"]


@functools.lru_cache(1024)
def decoder_of(cls: type) -> Callable[[bytes], object]:
    """The decoder of a class: JSON text to an object of it.

    It is the library's door of the class; a pydantic class that the door turns away, since it is no event, is read by
    its own validator all the same.

    Args:
        cls: A pydantic model or dataclass, a Struct, an attrs class or a dataclass.

    Returns:
        The decoder; it raises `Refused`, whatever the class itself raises.

    Raises:
        SchemaError: Its library cannot read the class.
    """
    door, defects = open_door(cls)
    if door is not None:
        return refusing(door.decode, door.refusal)
    if isinstance(cls, type) and hasattr(cls, "__pydantic_validator__") and "pydantic" in sys.modules:
        return _by_its_validator(cls)
    raise SchemaError("; ".join(f"{defect.problem}: {defect.remedy}" for defect in defects))


def _by_its_validator(cls: Any) -> Callable[[bytes], object]:
    from pydantic import TypeAdapter

    from upcast._door._core_schema import names_in
    from upcast._door._validating import finite_only
    from upcast.schemas._rebuild._pydantic import teller

    adapter: Any = TypeAdapter(cls)
    return refusing(finite_only(adapter.validate_json), teller(names_in(adapter.core_schema)))
