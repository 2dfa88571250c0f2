"""The decoder that msgspec makes of a class whose reader is a given view."""

from __future__ import annotations

import datetime as dt
import decimal
import functools
import re
import uuid
import warnings
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal, Union

import attrs
import msgspec

from upcast._door import Door, open_door
from upcast.schemas._rebuild._defaults import default_of
from upcast.schemas._rebuild._places import walk
from upcast.schemas._rebuild._refused import refusing
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Integer,
    MapOf,
    Member,
    Null,
    Number,
    Opaque,
    Record,
    Reference,
    Tagged,
    Text,
    TupleOf,
    Unions,
    View,
)

__all__ = ["Unbuildable", "msgspec_decoder"]

_NUMBERS: dict[type, Any] = {Integer: int, Number: float}
_BOUNDS = {
    "minimum": "ge",
    "exclusive_minimum": "gt",
    "maximum": "le",
    "exclusive_maximum": "lt",
    "multiple_of": "multiple_of",
}
_FORMATS: dict[str, Any] = {
    "date-time": dt.datetime,
    "date": dt.date,
    "time": dt.time,
    "duration": dt.timedelta,
    "uuid": uuid.UUID,
    "bytes": bytes,
}
_ENCODINGS = {"bytes": {"", "base64"}, "duration": {"", "iso8601"}}
_ZONES = {"aware": True, "naive": False}
_UNDERSTOOD = frozenset({"format", "zone", "encoding", "min_length", "max_length", "checks", "strict"})


class Unbuildable(Exception):
    """msgspec has no type for a shape.

    Attributes:
        places: Where, as JSON pointers.
    """

    def __init__(self, places: Iterable[str] = ()) -> None:
        super().__init__()
        self.places = tuple(places)


_UNBUILDABLE = (Unbuildable, TypeError, ValueError, OverflowError, re.error)


def msgspec_decoder(view: View) -> Callable[[bytes], object]:
    """A decoder by msgspec; it raises `Refused`.

    Raises:
        Unbuildable: msgspec cannot read such a thing, or not as an event.
    """
    try:
        cls = _Builder(view).of(view.root)
        msgspec.json.Decoder(cls)
    except _UNBUILDABLE:
        raise Unbuildable(_unbuildable(view)) from None
    door, _ = open_door(cls)
    if door is None:
        raise Unbuildable([""])
    return _plainly(door)


def _plainly(door: Door) -> Callable[[bytes], object]:
    decode = refusing(door.decode, door.refusal)
    return lambda payload: _plain(decode(payload))


def _unbuildable(view: View) -> list[str]:
    """The places for which msgspec has no type: the innermost ones."""
    found: list[str] = []
    for place, shape in walk(view):
        try:
            msgspec.json.Decoder(_Builder(view).of(shape))
        except _UNBUILDABLE:
            found.append(place)
    return [place for place in dict.fromkeys(found) if not any(other.startswith(f"{place}/") for other in found)]


class _Object(msgspec.Struct, frozen=True, kw_only=True):
    """The base of every rebuilt class."""


def _plain(value: Any) -> Any:
    """A decoded value without our classes: objects are dicts, by the names of their fields."""
    if isinstance(value, _Object):
        names: tuple[str, ...] = type(value).names_  # type: ignore[attr-defined]  # set when the class is made
        config = value.__struct_config__
        tag = {config.tag_field: config.tag} if config.tag_field else {}
        found = ((name, getattr(value, field)) for name, field in zip(names, value.__struct_fields__, strict=True))
        return tag | {name: _plain(inner) for name, inner in found if inner is not msgspec.UNSET}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, frozenset):
        items = [_plain(item) for item in value]
        try:
            return frozenset(items)
        except TypeError:  # there are objects in it
            return sorted(items, key=repr)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return value


@attrs.frozen
class _Builder:
    """Makes types of the shapes of one view.

    Attributes:
        view: The view.
        made: The classes of records, by identity, discriminator and tag.
        around: The definitions around, up to the next record.
    """

    view: View
    made: dict[tuple[int, str, object], Any] = attrs.field(factory=dict)
    around: frozenset[str] = frozenset()

    def of(self, shape: AnyShape, *, hashable: bool = False) -> Any:
        """The type of *shape*.

        Args:
            shape: The shape.
            hashable: Whether it is to be an item of a set or the key of a dict.
        """
        match shape:
            case Reference():
                return self.reference(shape, "", None, hashable=hashable)
            case Record():
                return self.record(shape, "", None)
            case Tagged():
                variants = tuple(self.variant(each.shape, shape.discriminator, each.tag) for each in shape.variants)
                return Union[variants]  # noqa: UP007  # of a tuple
            case Unions():
                if _spoils_memory(self.flat(shape)):
                    raise Unbuildable
                members = tuple(self.of(member, hashable=hashable) for member in shape.members)
                return Union[members]  # noqa: UP007  # of a tuple
            case Array():
                return self.array(shape, hashable=hashable)
            case TupleOf(rest=None):
                row: Any = tuple
                return row[tuple(self.of(item, hashable=hashable) for item in shape.items)]
            case MapOf():
                kind: Any = dict
                kind = kind[self.of(shape.keys, hashable=True), self.of(shape.values)]
                return _within(kind, min_length=shape.min_entries, max_length=shape.max_entries)
            case _:
                return _scalar(shape)

    def flat(self, shape: Unions, within: frozenset[str] = frozenset()) -> list[AnyShape]:
        """The members of a union, and of unions that are its members."""
        found: list[AnyShape] = []
        for member in shape.members:
            names = within | {member.name} if isinstance(member, Reference) else within
            inner = self.view.resolve(member)
            again = isinstance(member, Reference) and member.name in within
            found += self.flat(inner, names) if isinstance(inner, Unions) and not again else [inner]
        return found

    def array(self, shape: Array, *, hashable: bool) -> Any:
        item = self.of(shape.items, hashable=hashable or shape.unique)
        kind: Any = frozenset if shape.unique else tuple if hashable else list
        kind = kind[item, ...] if kind is tuple else kind[item]
        return _within(kind, min_length=shape.min_items, max_length=shape.max_items)

    def variant(self, shape: AnyShape, key: str, tag: Any) -> Any:
        match shape:
            case Reference():
                return self.reference(shape, key, tag, hashable=False)
            case Record():
                return self.record(shape, key, tag)
            case _:
                raise Unbuildable

    def reference(self, shape: Reference, key: str, tag: Any, *, hashable: bool) -> Any:
        if shape.name in self.around:  # it contains itself, which only classes can
            raise Unbuildable
        target = self.view.definitions[shape.name]
        inner = attrs.evolve(self, around=self.around | {shape.name})
        return inner.variant(target, key, tag) if key else inner.of(target, hashable=hashable)

    def record(self, shape: Record, key: str, tag: Any) -> Any:
        if (id(shape), key, tag) in self.made:
            return self.made[id(shape), key, tag]
        if shape.extra == "keep" or shape.extras is not None:
            raise Unbuildable
        # Its own tag is no field of a class.
        members = [member for member in shape.members if not (key and member.key == key)]
        if any(len(member.places) > 1 or len(member.places[0]) > 1 for member in members):
            raise Unbuildable
        # A class may contain itself, so its types are looked up once they are all there.
        types: list[Any] = []
        cls = msgspec.defstruct(
            "Object",
            [_field(index, member, types) for index, member in enumerate(members)],
            bases=(_Object,),
            namespace={"types_": types, "names_": tuple(member.name for member in members)},
            rename={f"f{index}": member.key for index, member in enumerate(members)},
            forbid_unknown_fields=shape.extra == "forbid",
            frozen=True,
            kw_only=True,
            tag_field=key or None,
            tag=tag if key else None,
        )
        self.made[id(shape), key, tag] = cls
        inner = attrs.evolve(self, around=frozenset())
        types += [inner.of(member.shape) for member in members]
        return cls


def _field(index: int, member: Member, types: list[Any]) -> Any:
    name, kind = f"f{index}", f"types_[{index}]"
    if member.required:
        return name, kind
    default = member.default
    if default is None:
        return name, kind, msgspec.UNSET

    @functools.cache
    def make() -> Any:
        return default_of(default, msgspec.json.Decoder(types[index]).decode)

    return name, kind, msgspec.field(default_factory=make)


def _spoils_memory(members: list[AnyShape]) -> bool:
    """Whether msgspec mixes up the parts of a union of these, and so reads and frees what is not its own."""
    fixed = any(isinstance(member, TupleOf) for member in members)
    others = any(isinstance(member, Array | MapOf) for member in members)
    patterns = any(isinstance(member, Text) and member.pattern is not None for member in members)
    return (fixed and any(map(_is_limited, members))) or (others and patterns)


def _is_limited(shape: AnyShape) -> bool:
    names = (*_BOUNDS, "min_length", "max_length", "min_items", "max_items", "min_entries", "max_entries")
    return any(getattr(shape, name, None) is not None for name in names)


def _scalar(shape: AnyShape) -> Any:
    match shape:
        case Null():
            return None
        case Boolean():
            return bool
        case Integer() | Number():
            limits = {key: getattr(shape, name) for name, key in _BOUNDS.items()}
            return _within(_NUMBERS[type(shape)], **limits)
        case DecimalNumber() if shape == DecimalNumber(
            checks=shape.checks, strict=shape.strict, as_number=shape.as_number
        ):
            return decimal.Decimal
        case Text(strips=False, case=""):
            lengths = {"min_length": shape.min_length, "max_length": shape.max_length}
            return _within(str, pattern=shape.pattern, **lengths)
        case Formatted():
            return _formatted(shape)
        case Enumeration() if all(type(value) in {str, int, type(None)} for value in shape.values):
            return Literal[shape.values]
        case Anything() | Opaque():
            return Any
        case _:
            raise Unbuildable


def _formatted(shape: Formatted) -> Any:
    others = {name for name in shape.__struct_fields__ if name not in _UNDERSTOOD and getattr(shape, name)}
    kind = _FORMATS.get(shape.format)
    if kind is None or others or shape.encoding not in _ENCODINGS.get(shape.format, {""}):
        raise Unbuildable
    return _within(kind, min_length=shape.min_length, max_length=shape.max_length, tz=_ZONES.get(shape.zone))


def _within(kind: Any, **limits: Any) -> Any:
    given = {name: limit for name, limit in limits.items() if limit is not None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python doubts of a pattern is no concern of its readers
        return Annotated[kind, msgspec.Meta(**given)] if given else kind
