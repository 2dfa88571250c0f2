"""What two shapes have in common, where that is a shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import msgspec

from upcast.schemas._capture._unions import enumeration, union_of
from upcast.schemas._json_schema._apart import NEVER, NoShape, are_disjoint, spliced, takes, undeclared
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Enumeration,
    Formatted,
    Integer,
    MapOf,
    Number,
    Opaque,
    Record,
    Reference,
    Tagged,
    Text,
    TupleOf,
    Unions,
    Variant,
)

__all__ = ["Meeting"]

_OBJECT = MapOf(keys=Text(), values=Anything())
_MOST = 256  # unions that meet multiply


@attrs.frozen
class Meeting:
    """Meets shapes whose references name parts.

    Attributes:
        parts: The parts; those of recursive meetings are added.
        unfinished: The names of parts that are still being made.
    """

    parts: dict[str, AnyShape]
    unfinished: set[str]
    meetings: dict[tuple[AnyShape, AnyShape], str] = attrs.field(factory=dict)

    def resolve(self, shape: AnyShape) -> AnyShape:
        """What a reference refers to.

        Raises:
            NoShape: That is not known yet.
        """
        seen: set[str] = set()
        while isinstance(shape, Reference):
            if shape.name in self.unfinished or shape.name in seen:
                raise NoShape
            seen.add(shape.name)
            shape = self.parts[shape.name]
        return shape

    def meet(self, one: AnyShape, other: AnyShape) -> AnyShape:
        """The shape of what both take.

        Raises:
            NoShape: There is none that is exact.
        """
        if one == other or other == Anything():
            return one
        if one == Anything():
            return other
        if not isinstance(one, Reference) and not isinstance(other, Reference):
            return self._meet(one, other)
        name = self.meetings.get((one, other))
        if name is None:
            name = self.meetings[one, other] = f"meeting {len(self.meetings)}"
            self.unfinished.add(name)
            try:
                self.parts[name] = self._meet(self.resolve(one), self.resolve(other))
            finally:
                self.unfinished.discard(name)
        return Reference(name=name)

    def all_of(self, shapes: Iterable[AnyShape]) -> AnyShape:
        """The shape of what all of them take.

        Raises:
            NoShape: There is none that is exact.
        """
        result: AnyShape = Anything()
        for shape in shapes:
            result = self.meet(result, shape)
        return result

    def _meet(self, one: AnyShape, other: AnyShape) -> AnyShape:
        if NEVER in (one, other):
            return NEVER
        for shape, second in ((one, other), (other, one)):
            if isinstance(shape, Unions):
                return self._each(shape, second)
        if isinstance(one, Opaque) or isinstance(other, Opaque):
            return one if isinstance(one, Opaque) else other
        if are_disjoint(one, other, self.resolve):
            return NEVER
        for shape, second in ((one, other), (other, one)):
            if isinstance(shape, Enumeration):
                return _filtered(shape, second)
            if isinstance(shape, Tagged) and isinstance(second, Record | MapOf):
                return self._variants(shape, second)
        return self._alike(one, other)

    def _each(self, union: Unions, other: AnyShape) -> AnyShape:
        if union.checks:
            raise NoShape
        met = [self.meet(member, other) for member in union.members]
        possible = [shape for shape in met if not self._is_never(shape)]
        members = [member for shape in possible for member in spliced(shape)]
        if len(members) > _MOST:
            raise NoShape
        return union_of(members) if members else NEVER

    def _variants(self, tagged: Tagged, other: AnyShape) -> AnyShape:
        variants = tuple(Variant(tag=each.tag, shape=self.meet(each.shape, other)) for each in tagged.variants)
        return msgspec.structs.replace(tagged, variants=variants)

    def _alike(self, one: AnyShape, other: AnyShape) -> AnyShape:
        match one, other:
            case (Record() | MapOf(), Record() | MapOf()):
                return self._objects(one, other)
            case (Integer() | Number(), Integer() | Number()):
                return _numbers(one, other)
            case (Text() | Formatted(), Text() | Formatted()):
                return _texts(one, other)
            case Array(), Array():
                return Array(
                    items=self.meet(one.items, other.items),
                    min_items=_either(max, one.min_items, other.min_items),
                    max_items=_either(min, one.max_items, other.max_items),
                    unique=one.unique or other.unique,
                )
            case (TupleOf(), Array()) | (Array(), TupleOf()):
                row, array = (one, other) if isinstance(one, TupleOf) else (other, one)
                assert isinstance(row, TupleOf) and isinstance(array, Array)  # noqa: PT018  # for the types
                return self._row(row, array)
        raise NoShape

    def _row(self, row: TupleOf, array: Array) -> AnyShape:
        if array.unique or array.max_items is not None or (array.min_items or 0) > len(row.items):
            raise NoShape
        rest = None if row.rest is None else self.meet(row.rest, array.items)
        return TupleOf(items=tuple(self.meet(item, array.items) for item in row.items), rest=rest)

    def _is_never(self, shape: AnyShape) -> bool:
        try:
            return self.resolve(shape) == NEVER
        except NoShape:  # it contains itself, and is still being made
            return False

    # --- objects ----------------------------------------------------------------------------------------------------

    def _objects(self, one: Record | MapOf, other: Record | MapOf) -> AnyShape:
        if _OBJECT in (one, other):
            return other if one == _OBJECT else one
        if isinstance(one, MapOf) and isinstance(other, MapOf):
            return MapOf(
                keys=self.meet(one.keys, other.keys),
                values=self.meet(one.values, other.values),
                min_entries=_either(max, one.min_entries, other.min_entries),
                max_entries=_either(min, one.max_entries, other.max_entries),
            )
        return self._records(_record(one), _record(other))

    def _records(self, one: Record, other: Record) -> AnyShape:
        mine = {member.key: member for member in one.members}
        theirs = {member.key: member for member in other.members}
        members = []
        for key in dict.fromkeys((*mine, *theirs)):
            declared, second = mine.get(key), theirs.get(key)
            found = declared or second
            assert found is not None
            shape = self.meet(
                undeclared(one) if declared is None else declared.shape,
                undeclared(other) if second is None else second.shape,
            )
            required = any(member is not None and member.required for member in (declared, second))
            if self._is_never(shape):
                if required:
                    return NEVER
                if "forbid" in (one.extra, other.extra):
                    continue  # as good as undeclared
            default = None if required else found.default or (second.default if second else None)
            members.append(msgspec.structs.replace(found, shape=shape, required=required, default=default))
        extras = self.meet(undeclared(one), undeclared(other))
        kept = "keep" if "keep" in (one.extra, other.extra) else "ignore"
        return Record(
            members=tuple(members),
            extra="forbid" if self._is_never(extras) else kept,  # type: ignore[arg-type]  # one of two words
            extras=None if extras == Anything() or self._is_never(extras) else extras,
        )


def _record(shape: Record | MapOf) -> Record:
    if isinstance(shape, Record):
        return shape
    if shape.keys != Text() or shape.min_entries is not None or shape.max_entries is not None:
        raise NoShape
    return Record(extra="keep", extras=None if shape.values == Anything() else shape.values)


# --- scalars --------------------------------------------------------------------------------------------------------


def _numbers(one: Integer | Number, other: Integer | Number) -> AnyShape:
    kind: type[Integer | Number] = Number if isinstance(one, Number) and isinstance(other, Number) else Integer
    steps = {step for step in (one.multiple_of, other.multiple_of) if step is not None}
    whole = [step for step in steps if isinstance(step, int)]
    if len(steps) > 1 and len(whole) < len(steps):
        raise NoShape
    return kind(
        minimum=_either(max, one.minimum, other.minimum),
        exclusive_minimum=_either(max, one.exclusive_minimum, other.exclusive_minimum),
        maximum=_either(min, one.maximum, other.maximum),
        exclusive_maximum=_either(min, one.exclusive_maximum, other.exclusive_maximum),
        multiple_of=math.lcm(*whole) if len(steps) > 1 else next(iter(steps), None),
    )


def _texts(one: Text | Formatted, other: Text | Formatted) -> AnyShape:
    limits = {
        "min_length": _either(max, one.min_length, other.min_length),
        "max_length": _either(min, one.max_length, other.max_length),
    }
    if isinstance(one, Text) and isinstance(other, Text):
        if None not in (one.pattern, other.pattern) and one.pattern != other.pattern:
            raise NoShape
        return Text(pattern=one.pattern or other.pattern, **limits)
    form, text = (one, other) if isinstance(one, Formatted) else (other, one)
    bare = Text(min_length=text.min_length, max_length=text.max_length)
    if text != bare or (isinstance(form, Formatted) and form.format == "bytes" and text != Text()):
        raise NoShape
    return msgspec.structs.replace(form, **limits)


def _filtered(values: Enumeration, shape: AnyShape) -> AnyShape:
    return enumeration(value for value in values.values if takes(shape, value)) or NEVER


def _either(choose: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else choose(one, other)
