"""Capture: what a class reads and writes, as its own library says, in the normalised form of a schema snapshot."""

from __future__ import annotations

from typing import Literal

from upcast._line import is_read_only
from upcast.schemas._capture._definitions import canonical
from upcast.schemas._capture._same import same
from upcast.schemas.errors import SchemaError
from upcast.schemas.shapes import SchemaSnapshot

__all__ = ["canonical", "capture", "same"]


def capture(cls: type, *, event_type: str, version: int, formerly: tuple[str, ...] = ()) -> SchemaSnapshot:
    """The schema snapshot of a class that reads and writes one version of an event.

    Whatever of the class cannot be understood is said to be opaque; nothing in it raises.

    Args:
        cls: A pydantic model or dataclass, a Struct, an attrs class or a dataclass.
        event_type: The type of its events.
        version: Their version.
        formerly: Other names under which they were stored.

    Raises:
        SchemaError: *cls* is no class of events, or its library cannot read it.
    """
    if not isinstance(cls, type):
        raise SchemaError(f"{cls!r} is no class")
    # Each library is imported only by those who have a class of it. A plain dataclass stays one, whatever it inherits.
    if "__pydantic_validator__" in vars(cls):
        from upcast.schemas._capture._pydantic import capture_pydantic as captured

        family: Literal["pydantic", "msgspec"] = "pydantic"
    else:
        from upcast.schemas._capture._msgspec import capture_msgspec as captured

        family = "msgspec"
    reader, writer, decode_only = captured(cls)
    return SchemaSnapshot(
        format=1,
        type=event_type,
        version=version,
        family=family,
        formerly=tuple(sorted(formerly)),
        decode_only=decode_only,
        reader=reader,
        writer=None if is_read_only(cls) else writer,
    )
