"""JSON texts whose numbers are written exactly as a test wants them, and exact comparison of what was read.

Nothing here uses code of the library: it is the yardstick.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pydantic
import pydantic.dataclasses


@attrs.frozen
class Lit:
    """A number of a payload as it is written."""

    text: str


def dump(value: Any) -> str:
    """JSON text of a value that may hold `Lit`."""
    if isinstance(value, Lit):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{dump(key)}:{dump(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """A value with floats in the place of `Lit`, as a database driver would make it."""
    if isinstance(value, Lit):
        return float(value.text)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def read_exactly(text: bytes) -> Any:
    """Parse JSON with every number as (kind, text)."""
    return json.loads(text, parse_float=lambda digits: ("float", digits), parse_int=lambda digits: ("int", digits))


def own_decoder(cls: Any, text: bytes) -> object:
    """What the class's own library reads from a text, called without any code of ours."""
    if issubclass(cls, pydantic.BaseModel):
        return cls.model_validate_json(text)
    if pydantic.dataclasses.is_pydantic_dataclass(cls):
        return pydantic.TypeAdapter(cls).validate_json(text)
    return msgspec.json.decode(text, type=cls)


def exact(value: Any) -> Any:
    """A form that is equal only for equal values of equal types, with every digit and the sign of zero."""
    kind = type(value).__name__
    if isinstance(value, msgspec.Raw):
        return (kind, read_exactly(bytes(value)) if bytes(value) else None)
    if isinstance(value, str | int | float | Decimal | dt.datetime | None):
        return (kind, repr(value))
    if isinstance(value, dict):
        return (kind, [(exact(key), exact(item)) for key, item in sorted(value.items(), key=repr)])
    if isinstance(value, list | tuple):
        return (kind, [exact(item) for item in value])
    if isinstance(value, pydantic.BaseModel):
        members = {**value.__dict__, **(value.__pydantic_extra__ or {})}
        return (kind, exact(members), sorted(value.model_fields_set))
    return (kind, [(name, exact(getattr(value, name))) for name in field_names(type(value))])


def field_names(cls: Any) -> list[str]:
    """The fields of a class of any family."""
    if issubclass(cls, msgspec.Struct):
        return list(cls.__struct_fields__)
    if issubclass(cls, pydantic.BaseModel):
        return list(cls.model_fields)
    if attrs.has(cls):
        return [field.name for field in attrs.fields(cls)]
    return [field.name for field in dataclasses.fields(cls)]


def scribble(value: Any) -> None:
    """Change everything that can be changed inside a decoded event."""
    if isinstance(value, dict):
        for item in value.values():
            scribble(item)
        value["scribbled"] = 1
    elif isinstance(value, list):
        for item in value:
            scribble(item)
        value.append("scribbled")
    elif not isinstance(value, str | int | float | Decimal | dt.datetime | msgspec.Raw | None):
        for name in field_names(type(value)):
            scribble(getattr(value, name))
            setattr(value, name, "scribbled")
