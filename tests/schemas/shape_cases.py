"""Shapes of every kind, by name, on which rebuilt decoders and the sampler are tried."""

from __future__ import annotations

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

__all__ = ["DEFINITIONS", "MSGSPEC_TOO", "PYDANTIC_ONLY", "event"]

NULL = Null()


def member(name: str, shape: AnyShape, default: str | None = None, **more: object) -> Member:
    """A required member, or one with a default."""
    return Member(
        name=name,
        shape=shape,
        required=default is None,
        default=None if default is None else Static(default),
        **more,  # type: ignore[arg-type]  # keys
    )


def record(*members: Member, **more: object) -> Record:
    """An object."""
    return Record(members=members, **more)  # type: ignore[arg-type]  # extra and extras


def maybe(*shapes: AnyShape) -> Unions:
    """One of the shapes, or null."""
    return Unions(members=(*shapes, NULL))


def tagged(**shapes: AnyShape) -> Tagged:
    """Objects told apart by their kind."""
    return Tagged(
        discriminator="kind",
        variants=tuple(Variant(tag=tag, shape=shape) for tag, shape in sorted(shapes.items())),
    )


def kind(tag: str) -> Member:
    """A declared discriminator."""
    return member("kind", Enumeration(values=(tag,)))


DEFINITIONS: dict[str, AnyShape] = {
    "node": record(
        member("value", Integer(minimum=0)),
        member("children", Array(items=Reference(name="node")), "[]"),
        member("next", maybe(Reference(name="node")), "null"),
    ),
    "address": record(member("street", Text(min_length=1)), member("zip", maybe(Text()), "null")),
    "leaf": record(member("of", Reference(name="branch"), "null")),
    "branch": record(member("leaves", Array(items=Reference(name="leaf")))),
    "tree": record(member("left", maybe(Reference(name="tree"))), member("right", maybe(Reference(name="tree")))),
    "number": Integer(maximum=9),
    "digest": Formatted(format="bytes", encoding="hex"),
}

POINT = record(member("x", Integer()), member("y", Integer(), "0"))

MSGSPEC_TOO: dict[str, AnyShape] = {
    "anything": Anything(),
    "null": NULL,
    "boolean": Boolean(),
    "integer": Integer(),
    "integer at least": Integer(minimum=5),
    "integer above": Integer(exclusive_minimum=0),
    "integer at most": Integer(maximum=-3),
    "integer below": Integer(exclusive_maximum=100),
    "integer between": Integer(minimum=1, maximum=3),
    "integer with one value": Integer(minimum=7, maximum=7),
    "integer multiple": Integer(multiple_of=5),
    "integer multiple between": Integer(multiple_of=7, minimum=10, maximum=30),
    "number": Number(),
    "number at least": Number(minimum=0.5),
    "number above": Number(exclusive_minimum=0.0),
    "number at most": Number(maximum=10.0),
    "number in a small range": Number(minimum=0.1, maximum=0.2),
    "number strictly in a small range": Number(exclusive_minimum=0.0, exclusive_maximum=1e-9),
    "number multiple": Number(multiple_of=0.25),
    "number multiple of a tenth": Number(multiple_of=0.1),
    "percent": Number(minimum=0.0, maximum=100.0),
    "decimal": DecimalNumber(),
    "decimal as a number": DecimalNumber(as_number=True),
    "text": Text(),
    "text of one letter": Text(min_length=1, max_length=1),
    "text at least": Text(min_length=3),
    "text at most": Text(max_length=5),
    "text at most long": Text(max_length=1000),
    "text with a prefix": Text(pattern="^A"),
    "text of a pattern": Text(pattern=r"^[A-Z]{3}-\d{4}$"),
    "text of a pattern and length": Text(pattern=r"^[a-z]+$", min_length=4, max_length=6),
    "text of branches": Text(pattern=r"^(red|green|blue)(-light)?$"),
    "text of an open pattern": Text(pattern=r"\d"),
    "moment": Formatted(format="date-time"),
    "aware moment": Formatted(format="date-time", zone="aware"),
    "naive moment": Formatted(format="date-time", zone="naive"),
    "date": Formatted(format="date"),
    "time": Formatted(format="time"),
    "aware time": Formatted(format="time", zone="aware"),
    "duration": Formatted(format="duration", encoding="iso8601"),
    "uuid": Formatted(format="uuid"),
    "bytes in base64": Formatted(format="bytes", encoding="base64"),
    "some bytes in base64": Formatted(format="bytes", encoding="base64", min_length=2, max_length=4),
    "enumeration": Enumeration(values=("a", "b", "c")),
    "enumeration of integers": Enumeration(values=(1, 2)),
    "constant": Enumeration(values=("v1",)),
    "enumeration with null": Enumeration(values=("a", None)),
    "long enumeration": Enumeration(values=tuple(f"v{number:02}" for number in range(40))),
    "list": Array(items=Integer()),
    "list of some": Array(items=Text(), min_items=1, max_items=3),
    "list of none": Array(items=Text(), max_items=0),
    "list of three": Array(items=Boolean(), min_items=3, max_items=3),
    "long list": Array(items=Integer(), min_items=2, max_items=100),
    "set": Array(items=Text(), unique=True),
    "set of three": Array(items=Integer(minimum=0), unique=True, min_items=3, max_items=3),
    "set of dates": Array(items=Formatted(format="date"), unique=True, min_items=2),
    "set of an enumeration": Array(items=Enumeration(values=("a", "b")), unique=True, min_items=2),
    "list of lists": Array(items=Array(items=Number(), min_items=1)),
    "list of objects": Array(items=POINT, min_items=1),
    "tuple": TupleOf(items=(Integer(), Text())),
    "empty tuple": TupleOf(items=()),
    "tuple of objects": TupleOf(items=(POINT, POINT)),
    "map": MapOf(keys=Text(), values=Integer()),
    "map of some": MapOf(keys=Text(min_length=1), values=Number(), min_entries=1, max_entries=2),
    "map of objects": MapOf(keys=Text(), values=POINT),
    "map by integers": MapOf(keys=Integer(), values=Text()),
    "map by an enumeration": MapOf(keys=Enumeration(values=("a", "b")), values=Boolean()),
    "map by uuids": MapOf(keys=Formatted(format="uuid"), values=Anything(), min_entries=2),
    "object": POINT,
    "closed object": record(member("x", Integer()), extra="forbid"),
    "empty object": record(),
    "object of objects": record(member("a", record(member("b", record(member("c", Text())))))),
    "object with an alias": record(member("user_id", Integer(), keys=(("userId",),)), extra="forbid"),
    "object with odd names": record(member("class", Integer()), member("a-b", Text(), '"x"'), member("", Text(), '""')),
    "range": record(member("low", Integer()), member("high", Integer()), member("step", Integer(minimum=1), "1")),
    "period": record(
        member("start", Formatted(format="date")), member("end", Formatted(format="date"), '"2024-01-01"')
    ),
    "switches": record(member("on", Boolean()), member("off", Boolean(), "false")),
    "maybe an integer": maybe(Integer()),
    "maybe a list": maybe(Array(items=maybe(Text()))),
    "integer or text": Unions(members=(Integer(), Text())),
    "many kinds": maybe(Integer(minimum=0), Text(max_length=3), Array(items=Integer()), POINT),
    "tagged": tagged(cat=record(member("lives", Integer())), dog=record(member("bark", Text(), '"wuff"'))),
    "a tag that is declared": tagged(a=record(kind("a"), member("x", Integer())), b=record(kind("b"), extra="forbid")),
    "closed variants": tagged(a=record(extra="forbid"), b=record(member("x", Integer()), extra="forbid")),
    "maybe tagged": maybe(tagged(a=POINT, b=record())),
    "tagged by reference": tagged(node=Reference(name="node"), address=Reference(name="address")),
    "node": Reference(name="node"),
    "tree": Reference(name="tree"),
    "two of one": record(member("home", Reference(name="address")), member("work", Reference(name="address"), "null")),
    "two that contain each other": Reference(name="branch"),
    "a defined number": Reference(name="number"),
}
"""What msgspec can read as well."""

PYDANTIC_ONLY: dict[str, AnyShape] = {
    "strict integer": Integer(strict=True),
    "strict enumeration": Enumeration(values=(1, 2), strict=True),
    "strict moment": Formatted(format="date-time", strict=True),
    "strict set": Array(items=Formatted(format="uuid", strict=True), unique=True, strict=True),
    "price": DecimalNumber(max_digits=8, decimal_places=2, minimum="0"),
    "decimal of digits": DecimalNumber(max_digits=3),
    "decimal of places": DecimalNumber(decimal_places=0, maximum="100"),
    "decimal above": DecimalNumber(exclusive_minimum="0", exclusive_maximum="1", max_digits=2, decimal_places=2),
    "decimal multiple": DecimalNumber(multiple_of="0.05"),
    "stripped text": Text(strips=True, min_length=1),
    "small letters": Text(case="lower", max_length=4),
    "capital letters": Text(case="upper", pattern="^[A-Z]+$"),
    "text of Unicode letters": Text(pattern=r"^\p{Lu}\p{L}*$"),
    "text of a class": Text(pattern=r"^[[:alpha:]]+$"),
    "password": Text(pattern=r"^(?=.*\d)(?=.*[a-z])(?=.*[A-Z]).{8,}$"),
    "moment between": Formatted(
        format="date-time", minimum="2020-01-01T00:00:00Z", exclusive_maximum="2021-01-01T00:00:00Z"
    ),
    "past date": Formatted(format="date", detail="past"),
    "future moment": Formatted(format="date-time", detail="future"),
    "moment two hours east": Formatted(format="date-time", zone="aware", detail="utc-offset=7200"),
    "moment in seconds": Formatted(format="date-time", encoding="seconds"),
    "date between": Formatted(format="date", minimum="2024-01-01", maximum="2024-01-31"),
    "naive time between": Formatted(format="time", zone="naive", minimum="09:00:00", maximum="17:00:00"),
    "duration between": Formatted(format="duration", encoding="iso8601", minimum="PT0S", exclusive_maximum="P1D"),
    "duration in seconds": Formatted(format="duration", encoding="seconds", minimum="PT0S"),
    "uuid of a version": Formatted(format="uuid", detail="version=7"),
    "bytes": Formatted(format="bytes", encoding="utf8"),
    "some bytes": Formatted(format="bytes", encoding="utf8", min_length=1, max_length=3),
    "bytes in hex": Formatted(format="bytes", encoding="hex", min_length=1),
    "list of bytes in hex": Array(items=Formatted(format="bytes", encoding="hex")),
    "email": Formatted(format="email"),
    "url": Formatted(format="uri"),
    "web address": Formatted(format="uri", detail="schemes=http,https; host", max_length=2083),
    "database": Formatted(format="multi-host-uri", detail="schemes=postgres,postgresql; host"),
    "IPv4 address": Formatted(format="ipv4"),
    "IPv6 address": Formatted(format="ipv6"),
    "network": Formatted(format="ipvanynetwork"),
    "path": Formatted(format="path"),
    "regular expression": Formatted(format="regex"),
    "JSON in a text": Formatted(format="json"),
    "fraction": Formatted(format="fraction"),
    "complex number": Formatted(format="complex"),
    "time zone": Formatted(format="time-zone"),
    "enumeration of many types": Enumeration(values=(1, "1", 2.5, None)),
    "set of objects": Array(items=POINT, unique=True, min_items=2),
    "set of lists": Array(items=Array(items=Integer()), unique=True),
    "tuple with more": TupleOf(items=(Integer(),), rest=Text()),
    "object that keeps": record(member("x", Integer()), extra="keep"),
    "object with typed extras": record(member("x", Integer()), extra="keep", extras=Integer(minimum=0)),
    "object with two aliases": record(member("id", Integer(), keys=(("userId",), ("user_id",))), extra="forbid"),
    "object with paths": record(
        member("city", Text(), keys=(("address", "city"),)),
        member("first", Text(), keys=(("names", 0), ("name",))),
        member("zip", Text(), '""', keys=(("address", "zip"),)),
    ),
    "bytes of two encodings": record(
        member("a", Formatted(format="bytes", encoding="hex")),
        member("b", Formatted(format="bytes", encoding="base64")),
    ),
    "union from the left": Unions(members=(Integer(), Text()), mode="left-to-right"),
    "two objects": Unions(members=(POINT, record(member("z", Text())))),
    "text or moment": Unions(members=(Formatted(format="date-time"), Text())),
    "a tag that is any text": tagged(a=record(member("kind", Text())), b=record(member("kind", Text(), '"b"'))),
    "a defined digest": record(
        member("a", Reference(name="digest")), member("b", Array(items=Reference(name="digest")))
    ),
    "set of objects with durations": Array(
        items=record(member("d", Formatted(format="duration", minimum="PT0S"))), unique=True, min_items=2
    ),
    "tagged within tagged": Tagged(
        discriminator="kind",
        variants=(
            Variant(tag="a", shape=tagged(a=record(kind("a")), b=record(kind("b")))),
            Variant(tag="b", shape=tagged(a=record(kind("a")), b=record(kind("b"), member("x", Integer())))),
        ),
    ),
    "a reference that is strict": Reference(name="number", strict=True),
}
"""What only pydantic reads."""


def event(shape: AnyShape) -> View:
    """An event with one member of a shape."""
    return View(root=record(member("v", shape)), definitions=DEFINITIONS)
