"""What msgspec reads and writes for a Struct, an attrs class or a dataclass, from its own view of the type graph."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import attrs
import msgspec
from msgspec import inspect

from upcast._door._unions import spoilt_fields
from upcast.schemas._capture._definitions import canonical
from upcast.schemas._capture._fingerprints import canonical_json, check, digest, own_missing
from upcast.schemas._capture._msgspec_code import default_of, field_checks, hooks, may_be_unset
from upcast.schemas._capture._unions import enumeration, union_of
from upcast.schemas.errors import SchemaError
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
    Static,
    Tagged,
    Text,
    TupleOf,
    Unions,
    Variant,
    View,
)

__all__ = ["capture_msgspec"]

_FORMATS: tuple[tuple[type[inspect.Type], str, str], ...] = (
    (inspect.DateTimeType, "date-time", ""),
    (inspect.DateType, "date", ""),
    (inspect.TimeType, "time", ""),
    (inspect.TimeDeltaType, "duration", "iso8601"),
    (inspect.UUIDType, "uuid", ""),
    (inspect.BytesType, "bytes", "base64"),
    (inspect.ByteArrayType, "bytes", "base64"),
    (inspect.MemoryViewType, "bytes", "base64"),
)
_ZONES: Mapping[bool | None, Literal["", "aware", "naive"]] = {None: "", True: "aware", False: "naive"}
_OMITTED = (list, dict, set)  # the factories whose empty product `omit_defaults` knows


def capture_msgspec(cls: type) -> tuple[View, View | None, str]:
    """What *cls* accepts, what it writes, and why it cannot write: never.

    Raises:
        SchemaError: msgspec cannot read it.
    """
    try:
        spoilt = spoilt_fields(cls)
        if not spoilt:  # asked about such a class, msgspec would already do harm
            info = inspect.type_info(cls)
            msgspec.json.Decoder(cls)
    except Exception as error:  # whatever it raises, msgspec cannot read this class
        raise SchemaError(f"msgspec cannot read {cls.__qualname__}: {error}") from None
    if spoilt:
        raise SchemaError("; ".join(f"{each.problem}: {each.remedy}" for each in spoilt))
    if not isinstance(info, inspect.StructType | inspect.DataclassType):
        raise SchemaError(f"{cls.__qualname__} is neither a pydantic model, a Struct, an attrs class nor a dataclass")
    return _Capture("reader").view(info), _Capture("writer").view(info), ""


@attrs.frozen
class _Capture:
    """The shapes of one direction; classes are made once each, so that they may contain themselves."""

    side: Literal["reader", "writer"]
    parts: dict[str, AnyShape] = attrs.field(factory=dict)

    def view(self, info: inspect.Type) -> View:
        return canonical(self.shape(info), self.parts)

    def shape(self, node: inspect.Type) -> AnyShape:
        match node:
            case inspect.Metadata():
                return self.shape(node.type)
            case inspect.StructType() | inspect.DataclassType() | inspect.TypedDictType() | inspect.NamedTupleType():
                return self.shared(node, self.alone)
            case inspect.UnionType():
                return self.union(node)
            case inspect.DictType():
                return self.mapping(node)
            case inspect.CollectionType():
                return Array(
                    items=self.shape(node.item_type),
                    min_items=node.min_length,
                    max_items=node.max_length,
                    unique=isinstance(node, inspect.SetType | inspect.FrozenSetType),
                )
            case inspect.TupleType():
                return TupleOf(items=tuple(self.shape(item) for item in node.item_types))
            case _:
                return _scalar(node)

    def shared(self, node: inspect.Type, build: Callable[[Any], AnyShape]) -> AnyShape:
        name = f"{id(node)} {build.__name__}"
        if name not in self.parts:
            self.parts[name] = Null()  # holds the place while the class is met inside itself
            self.parts[name] = build(node)
        return Reference(name=name)

    # --- classes ----------------------------------------------------------------------------------------------------

    def alone(
        self, node: inspect.StructType | inspect.DataclassType | inspect.TypedDictType | inspect.NamedTupleType
    ) -> AnyShape:
        """A class by itself: its tag is always written, and where it is missing taken for granted."""
        if isinstance(node, inspect.NamedTupleType):
            return self.row([self.shape(f.type) for f in node.fields], sum(f.required for f in node.fields), None)
        if isinstance(node, inspect.DataclassType) and hasattr(node.cls, "__pydantic_validator__"):
            return Opaque(reason="a pydantic dataclass, whose constraints msgspec does not see")
        if not isinstance(node, inspect.StructType):
            return self.variant(node)
        if node.array_like:
            return self.array(node)
        record = self.variant(node)
        if node.tag_field is None:
            return record
        default = Static(canonical_json(node.tag)) if self.side == "reader" else None
        tag = Member(name=node.tag_field, shape=_one(node.tag), required=self.side == "writer", default=default)
        return msgspec.structs.replace(record, members=(tag, *record.members))

    def variant(self, node: inspect.StructType | inspect.DataclassType | inspect.TypedDictType) -> Record:
        """A class as an object, without its tag."""
        return Record(
            members=tuple(self.member(node, field) for field in node.fields),
            extra="forbid" if getattr(node, "forbid_unknown_fields", False) else "ignore",
            checks=hooks(node.cls),
        )

    def member(self, node: Any, field: inspect.Field) -> Member:
        shape = self.shape(field.type)
        checks = field_checks(node.cls, field.name)
        if checks:
            shape = msgspec.structs.replace(shape, checks=(*shape.checks, *checks))
        reads = self.side == "reader"
        return Member(
            name=field.name,
            keys=() if field.encode_name == field.name else ((field.encode_name,),),
            shape=shape,
            required=field.required if reads else _always_written(node, field),
            default=default_of(field) if reads else None,
        )

    def array(self, node: inspect.StructType) -> AnyShape:
        """A Struct as an array, with its tag in front."""
        items = [self.member(node, field).shape for field in node.fields]
        needed = sum(field.required for field in node.fields)
        if node.tag_field is not None:
            items, needed = [_one(node.tag), *items], needed + 1
        rows = self.row(items, needed, None if node.forbid_unknown_fields else Anything())
        return msgspec.structs.replace(rows, checks=hooks(node.cls))

    def row(self, items: list[AnyShape], needed: int, rest: AnyShape | None) -> AnyShape:
        """An array whose last places may be absent, which is several arrays in one."""
        if self.side == "writer":
            return TupleOf(items=tuple(items))
        shorter = [TupleOf(items=tuple(items[:count])) for count in range(len(items) - 1, needed - 1, -1)]
        return union_of([TupleOf(items=tuple(items), rest=rest), *shorter])

    # --- the rest ---------------------------------------------------------------------------------------------------

    def union(self, node: inspect.UnionType) -> AnyShape:
        members: list[AnyShape] = []
        structs: list[inspect.StructType] = []
        for option in map(_bare, node.types):
            if isinstance(option, inspect.StructType) and not option.array_like:
                if not structs:
                    members.append(Null())  # where the first of them stands, all of them will
                    place = len(members) - 1
                structs.append(option)
            else:
                shape = self.shape(option)
                members.extend(shape.members if isinstance(shape, Unions) else [shape])
        if structs:
            members[place] = self.shape(structs[0]) if len(structs) == 1 else self.tagged(structs)
        return union_of(members)

    def tagged(self, structs: Iterable[inspect.StructType]) -> AnyShape:
        ordered = sorted(structs, key=lambda node: (isinstance(node.tag, str), node.tag))
        return Tagged(
            discriminator=str(ordered[0].tag_field),
            variants=tuple(Variant(tag=node.tag, shape=self.shared(node, self.variant)) for node in ordered),
        )

    def mapping(self, node: inspect.DictType) -> AnyShape:
        keys = self.shape(node.key_type)
        return MapOf(
            keys=Text() if keys == Anything() else keys,
            values=self.shape(node.value_type),
            min_entries=node.min_length,
            max_entries=node.max_length,
        )


def _scalar(node: inspect.Type) -> AnyShape:
    match node:
        case inspect.AnyType() | inspect.RawType():
            return Anything()
        case inspect.NoneType():
            return Null()
        case inspect.BoolType():
            return Boolean()
        case inspect.IntType():
            return _number(Integer, node)
        case inspect.FloatType():
            return _number(Number, node)
        case inspect.DecimalType():
            return DecimalNumber()
        case inspect.StrType():
            return Text(min_length=node.min_length, max_length=node.max_length, pattern=node.pattern)
        case inspect.LiteralType():
            return enumeration(node.values) or Opaque(reason="a literal of values that JSON does not have")
        case inspect.EnumType():
            return _enum(node.cls)
    for kind, name, encoding in _FORMATS:
        if isinstance(node, kind):
            return Formatted(
                format=name,
                encoding=encoding,
                zone=_ZONES[getattr(node, "tz", None)],
                min_length=getattr(node, "min_length", None),
                max_length=getattr(node, "max_length", None),
            )
    name = getattr(getattr(node, "cls", None), "__qualname__", type(node).__name__)
    return Opaque(reason=f"{name}, which msgspec cannot build")


def _number(kind: type[Integer | Number], node: inspect.IntType | inspect.FloatType) -> AnyShape:
    return kind(
        minimum=_limit(node.ge),
        exclusive_minimum=_limit(node.gt),
        maximum=_limit(node.le),
        exclusive_maximum=_limit(node.lt),
        multiple_of=_limit(node.multiple_of),
    )


def _limit(value: float | None) -> int | float | None:
    """A limit that is told alike whether it was written as 1 or as 1.0."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return int(value) if value == int(value) else value


def _enum(cls: type[enum.Enum]) -> AnyShape:
    if issubclass(cls, enum.Flag):
        # It takes sums of its members, and more, as its boundary says.
        return Integer(checks=(digest(["flag", [member.value for member in cls]]),))
    shape = enumeration(str(m.value) if isinstance(m.value, str) else int(m.value) for m in cls)
    missing = own_missing(cls)
    if shape is None or missing is None:
        return shape or Opaque(reason="an enumeration without members")
    return msgspec.structs.replace(shape, checks=(check("_missing_", missing),))


def _one(value: str | int | None) -> Enumeration:
    return Enumeration(values=(value,))


def _bare(node: inspect.Type) -> inspect.Type:
    while isinstance(node, inspect.Metadata):
        node = node.type
    return node


def _always_written(node: Any, field: inspect.Field) -> bool:
    if isinstance(node, inspect.TypedDictType):
        return field.required
    if may_be_unset(node.cls, field.name):
        return False
    config = getattr(node.cls, "__struct_config__", None)
    if config is None or not config.omit_defaults or field.required:
        return True
    return field.default_factory is not msgspec.NODEFAULT and field.default_factory not in _OMITTED
