"""What every door offers, whatever family its class is of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import attrs
import msgspec

from upcast.errors import FieldProblem

__all__ = ["MAX_PROBLEMS", "Door", "Misreading", "Refusal", "dotted", "nested_constant"]

MAX_PROBLEMS = 20


@attrs.frozen
class Misreading:
    """A way in which a class's door would silently misread an event: found when the codec is built."""

    reason: str
    problem: str
    remedy: str


@attrs.frozen
class Refusal:
    """Why a door refused: `malformed` where the text is no JSON, else what the class has against it.

    Attributes:
        malformed: A detail of `MalformedEvent`, or empty.
        problems: What the class refuses.
        exception: The class name of a foreign exception that a validator raised, or empty.
    """

    malformed: str = ""
    problems: tuple[FieldProblem, ...] = ()
    exception: str = ""


class Door(Protocol):
    """A class's own decoder and encoder, and what can be known of them before the first event."""

    @property
    def decode(self) -> Callable[[bytes], object]:
        """JSON text to object; what it raises is told by `refusal`."""

    @property
    def decode_written(self) -> Callable[[bytes], object]:
        """The same, for a text that an encoder of ours wrote: NaN cannot stand in it."""

    @property
    def keep_literals(self) -> bool:
        """Whether the class can tell how a number was written."""

    @property
    def decode_only(self) -> str:
        """Why objects of the class cannot be stored and read back; empty where they can."""

    @property
    def classes(self) -> tuple[type, ...]:
        """The class and every class nested in it."""

    @property
    def members(self) -> frozenset[str]:
        """The names it reads at the top level of a payload."""

    @property
    def order(self) -> tuple[str, ...]:
        """Them in the order of the fields, where objects remember in which order theirs were set; else empty."""

    @property
    def required(self) -> frozenset[str]:
        """Those of them without which it refuses."""

    @property
    def ignores_unknown(self) -> bool:
        """Whether other members are read over, neither refused nor kept."""

    @property
    def keeps_unknown(self) -> bool:
        """Whether other members become part of the object."""

    @property
    def sees_all(self) -> bool:
        """Whether code of the class may look at members that it does not declare."""

    def encode(self, event: object) -> bytes:
        """Object to JSON text; raises `EncodeError`, or what the encoder itself raises."""

    def refusal(self, error: BaseException) -> Refusal:
        """What *error*, raised by `decode`, has to say, without any value of the payload."""

    def refused_constant(self, path: tuple[str, ...], text: bytes) -> str:
        """Why the field at *path* refuses the constant *text*, as a slug; empty where it takes it."""

    def same(self, one: object, other: object) -> bool:
        """Whether two objects of the class are equal in all that is stored."""


def dotted(parts: Iterable[object], names: frozenset[str]) -> str:
    """A field path in which everything that is no name of the class is `*`: it may come from the payload."""
    return ".".join(part if isinstance(part, str) and part in names else "*" for part in parts)


def nested_constant(path: tuple[str, ...], text: bytes) -> bytes:
    """A payload that holds nothing but a constant."""
    value: object = msgspec.Raw(text)
    for part in reversed(path):
        value = {part: value}
    return msgspec.json.encode(value)
