"""Classes with unions: those with which msgspec spoils memory, and those that look much like them and are sound.

No class here may reach msgspec but through a codec.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime as dt
import typing
from typing import Annotated, Any, ClassVar, Final, Generic, NamedTuple, NewType, Required, TypedDict, TypeVar

import attrs
import msgspec
from msgspec import Meta

T = TypeVar("T")
U = TypeVar("U")
Capped = Annotated[float, Meta(le=10)]
Coded = Annotated[str, Meta(pattern="^x")]
Row = tuple[int, int]
Few = TypeVar("Few", bound=Capped)

# --- refused --------------------------------------------------------------------------------------------------------

# What stands beside a tuple of fixed length, and beside a text with a pattern.
BESIDE_ROW: dict[str, Any] = {
    "gt": Annotated[int, Meta(gt=7)],
    "ge": Annotated[float, Meta(ge=7)],
    "lt": Annotated[int, Meta(lt=7)],
    "le": Capped,
    "multiple-of": Annotated[int, Meta(multiple_of=2)],
    "min-length": Annotated[str, Meta(min_length=1)],
    "max-length": Annotated[bytes, Meta(max_length=3)],
    "length-of-a-dict": Annotated[dict[str, int], Meta(min_length=1)],
    "pattern-and-length": Annotated[str, Meta(pattern="^x", max_length=3)],
    "newtype": NewType("Cap", Capped),
    "limit-of-a-newtype": Annotated[NewType("Plain", str), Meta(max_length=3)],
    "limit-of-a-limited-newtype": Annotated[NewType("Code", Coded), Meta(max_length=3)],
    "bound": Few,
    "optional": typing.Optional[Capped],  # noqa: UP045  # as it is also written
}
BESIDE_PATTERN: dict[str, Any] = {
    "list": list[int],
    "bare-list": list,
    "limited-list": Annotated[list[int], Meta(min_length=1)],
    "set": set[int],
    "frozenset": frozenset[int],
    "dict": dict[str, int],
    "bare-dict": typing.Dict,  # noqa: UP006  # as it is also written
    "mapping": collections.abc.Mapping[str, int],
    "sequence": collections.abc.Sequence[int],
    "tuple-of-any-length": tuple[int, ...],
    "bare-tuple": tuple,
    "row-and-dict": Row | dict[str, int],
}


def holder(annotation: Any) -> type:
    """A Struct class with one field of a type."""
    return msgspec.defstruct("Holder", [("x", annotation)])


class InList(msgspec.Struct):
    x: list[Row | Capped]


class InDict(msgspec.Struct):
    x: dict[str, dict[str, tuple[int, list[str] | Coded | None]]]


class InText(msgspec.Struct):
    x: list[Row | Capped] | None = None


class WithoutItems(msgspec.Struct):
    x: tuple[()] | Annotated[int, Meta(ge=1)]


class Fixed(msgspec.Struct):
    x: Final[Row | Capped] = 1.0


@attrs.define
class Attrs:
    x: Row | Capped


@dataclasses.dataclass
class Dataclass:
    x: Row | Capped


class Entry(TypedDict):
    x: Row | Capped


class Patch(TypedDict, total=False):
    x: Required[Row | Capped]


class Point(NamedTuple):
    x: Row | Capped


class HoldsAttrs(msgspec.Struct):
    inner: Attrs


@attrs.define
class HoldsDataclass:
    inner: dict[str, Dataclass | None]


@dataclasses.dataclass
class HoldsEntry:
    inner: list[Entry]


class HoldsPatch(msgspec.Struct):
    inner: list[Patch]


class HoldsPoint(msgspec.Struct):
    inner: Point


class Local(msgspec.Struct):
    Kind = Row | Capped
    x: list[Kind]


class Tree(msgspec.Struct):
    children: list[Tree] = []
    x: list[Tree] | Coded | None = None


class Inherits(InList):
    y: int = 1


class Beside(msgspec.Struct, Generic[T]):
    x: T | Capped


class OfRow(Beside[Row]):
    """Its type variable stands for the tuple."""


class OfRowAgain(OfRow):
    """Two steps away from the variable."""


class HoldsOfRow(msgspec.Struct):
    inner: list[Beside[Row]]


class Renamed(Beside[U], Generic[U]):
    """Its type variable stands for that of its base."""


class OfRenamed(Renamed[Row]):
    """Two variables away from the tuple."""


class Box(msgspec.Struct, Generic[T]):
    x: T


class HoldsBox(msgspec.Struct):
    inner: Box[Row | Capped]


class AnyEntry(TypedDict, Generic[T]):
    x: T | Capped


class HoldsAnyEntry(msgspec.Struct):
    inner: AnyEntry[Row]


@typing.no_type_check
class Unchecked(msgspec.Struct):
    x: Row | Capped


@dataclasses.dataclass
class IsDict(dict):  # type: ignore[type-arg]  # so it is
    x: Row | Capped


REFUSED: dict[str, tuple[type, str]] = {
    **{name: (holder(Row | kind), "Holder.x") for name, kind in BESIDE_ROW.items()},
    **{f"{name}-beside-a-pattern": (holder(kind | Coded), "Holder.x") for name, kind in BESIDE_PATTERN.items()},
    "limit-of-the-union": (holder(Annotated[Row | float, Meta(le=10)]), "Holder.x"),
    "in-text": (msgspec.defstruct("Late", [("x", "list['Row | Capped']")], module=__name__), "Late.x"),
    **{
        cls.__name__: (cls, f"{(inner or cls).__name__}.x")
        for cls, inner in [
            (InList, None),
            (InDict, None),
            (InText, None),
            (WithoutItems, None),
            (Fixed, None),
            (Attrs, None),
            (Dataclass, None),
            (Entry, None),
            (HoldsAttrs, Attrs),
            (HoldsDataclass, Dataclass),
            (HoldsEntry, Entry),
            (HoldsPatch, Patch),
            (HoldsPoint, Point),
            (Local, None),
            (Tree, None),
            (Inherits, None),
            (OfRow, None),
            (OfRowAgain, None),
            (HoldsOfRow, Beside),
            (OfRenamed, None),
            (HoldsBox, Box),
            (HoldsAnyEntry, AnyEntry),
            (Unchecked, None),
            (IsDict, None),
        ]
    },
}

# --- sound ----------------------------------------------------------------------------------------------------------


class Pair(NamedTuple):
    a: int
    b: int


class Near(msgspec.Struct, kw_only=True):
    """Each is one step away from what is refused."""

    row: Row | str | float | None = None
    coded_row: Row | Coded = "x"
    pair: Pair | Capped = 1.0
    limited: list[int] | Annotated[str, Meta(max_length=3)] | Capped = "abc"
    described: list[int] | Annotated[str, Meta(description="a text")] = ""
    coded: Coded | Annotated[int, Meta(ge=0)] | Pair | None = None
    apart: tuple[Capped, Coded, Row] | None = None
    inside: list[Capped | Coded] = []
    zoned: Row | Annotated[dt.datetime, Meta(tz=True)] | None = None
    anything: typing.Union[Any, Row, Capped] = None  # noqa: UP007  # so Any stays beside the others
    a_class: typing.ClassVar[Row | Capped] = 1.0


class Overrides(InList):
    x: list[Row]  # type: ignore[assignment]  # that is the point


class OfText(Beside[str]):
    """Its type variable stands for no tuple."""


@dataclasses.dataclass
class Either(Generic[T]):
    x: T | Capped


class Left(Either[str]):
    """The first base says what the variable of both stands for."""


class Right(Either[Row]):
    """The second does not."""


class Both(Left, Right, Generic[U]):
    """Read as its first base is."""


class Mixin:
    other: Row | Capped


@dataclasses.dataclass
class HasMixin(Mixin):
    kept: ClassVar[Row | Capped] = 1.0
    x: int = 1


SOUND: list[tuple[type, bytes]] = [
    (Near, b'{"row":[1,2],"coded_row":[1,2],"pair":[1,2],"limited":[1],"described":[1],"coded":[1,2]}'),
    (Near, b'{"row":"a","coded_row":"xy","pair":2.5,"limited":"ab","coded":"xy","apart":[1.5,"x",[1,2]]}'),
    (Near, b'{"row":1.5,"coded":4,"inside":[1.5,"xy"],"zoned":[1,2],"anything":[1,2]}'),
    (Overrides, b'{"x":[[1,2]]}'),
    (OfText, b'{"x":"a"}'),
    (Both, b'{"x":"a"}'),
    (HasMixin, b'{"x":2}'),
]
