"""Capture of pydantic models and pydantic dataclasses."""

from __future__ import annotations

from typing import Any

import pydantic
import pydantic.dataclasses

from upcast._door._pydantic import open_pydantic
from upcast.schemas._capture._pydantic_walk import Walk
from upcast.schemas.errors import SchemaError
from upcast.schemas.shapes import View

__all__ = ["capture_pydantic"]


def capture_pydantic(cls: Any) -> tuple[View, View | None, str]:
    """What *cls* reads, what it writes, and why objects of it cannot be stored and read back.

    Raises:
        SchemaError: pydantic cannot read the class.
    """
    try:
        # Completes a class whose annotations named what did not exist yet, or that was told to defer its build.
        if issubclass(cls, pydantic.BaseModel):
            cls.model_rebuild()
        else:
            pydantic.dataclasses.rebuild_dataclass(cls)
        schema = cls.__pydantic_core_schema__
        schema["type"]  # a class that is not complete raises only when it is asked
    except Exception as error:
        raise SchemaError(f"pydantic cannot read {cls.__qualname__}: {error}") from error
    return Walk(writes=False).view(schema, {}), Walk(writes=True).view(schema, {}), _decode_only(cls)


def _decode_only(cls: Any) -> str:
    """Why objects of *cls* cannot be stored and read back, without the name of any class, which may change."""
    door, _ = open_pydantic(cls)
    where, is_, why = door.decode_only.partition(" is ") if door else ("", "", "")
    return where.rpartition(".")[2] + is_ + why
