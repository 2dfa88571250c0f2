"""What a reader is, and what its kinds share."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Iterable, Mapping
from types import CodeType
from typing import Any, Final, TypeAlias

import attrs
import msgspec

from upcast._net_effect import Member

__all__ = ["NOWHERE", "Field", "Odd", "Reader", "Unsuited", "compiled", "origin", "set_class", "struct"]

NOWHERE: Final = f"upcast: nowhere {secrets.token_hex(16)} "
"""How names begin that stand in no payload, for fields that are not read from one; no other process knows it."""

set_class: Final[Callable[[object, type], None]] = object.__dict__["__class__"].__set__
"""Makes an object one of another class of the same layout, frozen ones too."""


class Odd(Exception):
    """A payload that a reader leaves to the plain lane; no user ever sees it."""


class Unsuited(Exception):
    """Why there can be no reader of some kind."""


@attrs.frozen
class Reader:
    """A payload text of one stored version to an object of today's class.

    Attributes:
        read: Does it, or raises anything at all.
        how: How, in a few words.
        source: Where every member comes from, and the Python that `read` consists of, if it is ours.
    """

    read: Callable[[bytes], object]
    how: str
    source: str


def compiled(body: Iterable[str], names: Mapping[str, Any], how: str, origins: Iterable[str]) -> Reader:
    """A reader made of Python source.

    Args:
        body: The lines of the function `read(data)`.
        names: What they refer to; in the source itself stand no names but those of the class's attributes.
        how: See `Reader`.
        origins: Where every member comes from, for people.
    """
    source = "def read(data):\n" + "".join(f"    {line}\n" for line in body)
    made: dict[str, Any] = {**names, "__name__": __name__}  # a frame of it is ours
    exec(_code(source), made)  # noqa: S102  # made of our own words only
    return Reader(made["read"], how, "".join(f"# {line}\n" for line in origins) + source)


# Readers of one shape share their code: compiling it costs more than all the rest of a reader.
@functools.lru_cache(maxsize=4096)
def _code(source: str) -> CodeType:
    return compile(source, "<reader>", "exec")


Field: TypeAlias = tuple[str, Any, Any]
"""A field of such a Struct class: its attribute, its type, and `msgspec.field(...)` with its wire name."""


def struct(name: str, fields: Iterable[Field], **config: Any) -> type:
    """A Struct class for use inside a reader; its fields stand in memory in the order given.

    Raises:
        Unsuited: msgspec takes no such class.
    """
    try:
        return msgspec.defstruct(name, list(fields), kw_only=True, module=__name__, **config)
    except (TypeError, ValueError) as error:  # names with quotes or control characters, for one
        raise Unsuited(f"msgspec takes no such class: {error}") from None


def origin(name: str, member: Member | None) -> str:
    """Where a member comes from, for people."""
    if member is None:
        return f"{name!r}: worked out by steps"
    parts = [repr(found.source) for found in member.alternatives]
    if member.constant is not None:
        parts.append(f"constant {member.constant.decode()}")
    return f"{name!r}: " + (", else ".join(parts) or "never there")
