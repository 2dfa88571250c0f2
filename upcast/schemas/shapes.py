"""The normalised form of what a class reads and writes: one small record per kind of value.

A *schema snapshot* holds two views of one event type and version: what its class accepts (`reader`) and what it
writes (`writer`). A view is a tree of shapes. Nothing in it depends on names of classes, titles, descriptions, or the
release of the library that captured it, so that equal behaviour gives equal files.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

__all__ = [
    "AnyShape",
    "Anything",
    "Array",
    "Boolean",
    "Bound",
    "DecimalNumber",
    "Default",
    "Enumeration",
    "Formatted",
    "Hashed",
    "Integer",
    "Made",
    "MapOf",
    "Member",
    "Null",
    "Number",
    "Numeric",
    "Opaque",
    "Path",
    "Record",
    "Reference",
    "SchemaSnapshot",
    "Shape",
    "Static",
    "Tagged",
    "Text",
    "TupleOf",
    "Unions",
    "Variant",
    "View",
]

Path: TypeAlias = tuple[str | int, ...]
"""A place below an object: keys and indexes."""

Bound: TypeAlias = int | float | str
"""A limit of a number; that of a decimal is its text."""


class Shape(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """What one value may be.

    Attributes:
        checks: Fingerprints of user code that judges or changes the value here (validators); what such code takes
            cannot be known from the shape.
        strict: Whether the reader takes only the JSON type itself, where its family would coerce otherwise.
    """

    checks: tuple[str, ...] = ()
    strict: bool = False


class Anything(Shape, frozen=True, kw_only=True, tag="any"):
    """Any JSON value."""


class Null(Shape, frozen=True, kw_only=True, tag="null"):
    """null."""


class Boolean(Shape, frozen=True, kw_only=True, tag="boolean"):
    """true or false."""


class Numeric(Shape, frozen=True, kw_only=True):
    """The limits that every number may have."""

    minimum: Bound | None = None
    exclusive_minimum: Bound | None = None
    maximum: Bound | None = None
    exclusive_maximum: Bound | None = None
    multiple_of: Bound | None = None


class Integer(Numeric, frozen=True, kw_only=True, tag="integer"):
    """A whole number."""


class Number(Numeric, frozen=True, kw_only=True, tag="number"):
    """A number that becomes a float."""


class DecimalNumber(Numeric, frozen=True, kw_only=True, tag="decimal"):
    """A decimal number, read from a number or its text.

    Attributes:
        max_digits: How many digits it may have.
        decimal_places: How many of them may stand behind the point.
        as_number: Whether the writer writes a JSON number; a text otherwise.
    """

    max_digits: int | None = None
    decimal_places: int | None = None
    as_number: bool = False


class Text(Shape, frozen=True, kw_only=True, tag="text"):
    """A string.

    Attributes:
        min_length: The fewest characters.
        max_length: The most characters.
        pattern: A regular expression that must be found in it.
        strips: Whether the reader strips white space before it judges.
        case: Whether the reader changes letters: `lower`, `upper` or not at all.
    """

    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    strips: bool = False
    case: Literal["", "lower", "upper"] = ""


class Formatted(Shape, frozen=True, kw_only=True, tag="format"):
    """A value that is written as a string of a certain form.

    Attributes:
        format: `date-time`, `date`, `time`, `duration`, `uuid`, `bytes`, `email`, `uri`, `ipv4` and their like: the
            names of JSON Schema where it has one.
        zone: For times: `aware` or `naive` where one is demanded.
        encoding: For bytes `utf8`, `base64` or `hex`; for durations `iso8601` or `seconds`.
        minimum: The earliest or least value, as it is written; and so for the other limits.
        min_length: The fewest bytes or characters.
        max_length: The most bytes or characters.
        detail: Whatever else belongs to the form, such as the schemes of a URL or the version of a UUID.
    """

    format: str
    zone: Literal["", "aware", "naive"] = ""
    encoding: str = ""
    minimum: str | None = None
    exclusive_minimum: str | None = None
    maximum: str | None = None
    exclusive_maximum: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    detail: str = ""


class Enumeration(Shape, frozen=True, kw_only=True, tag="enum"):
    """One of a list of values.

    Attributes:
        values: JSON scalars, in a canonical order.
    """

    values: tuple[str | int | float | bool | None, ...]


class Array(Shape, frozen=True, kw_only=True, tag="array"):
    """A list.

    Attributes:
        items: What each item is.
        min_items: The fewest items, counted as the reader counts: a set counts different ones.
        max_items: The most items.
        unique: Whether the reader makes a set of it, so that equal items become one.
    """

    items: AnyShape
    min_items: int | None = None
    max_items: int | None = None
    unique: bool = False


class TupleOf(Shape, frozen=True, kw_only=True, tag="tuple"):
    """A list with a shape for each place.

    Attributes:
        items: The shapes of the first places, all of which must be there.
        rest: The shape of every further item; None where there may be none.
    """

    items: tuple[AnyShape, ...]
    rest: AnyShape | None = None


class MapOf(Shape, frozen=True, kw_only=True, tag="map"):
    """An object whose keys are data."""

    keys: AnyShape
    values: AnyShape
    min_entries: int | None = None
    max_entries: int | None = None


class Default(msgspec.Struct, frozen=True, tag_field="kind"):
    """What an absent member means."""


class Static(Default, frozen=True, tag="static"):
    """Always the same value.

    Attributes:
        json: The value as canonical JSON text.
    """

    json: str


class Hashed(Default, frozen=True, tag="hashed"):
    """Always the same value, which is secret.

    Attributes:
        digest: The first 16 hex digits of the SHA-256 digest of its canonical JSON text.
    """

    digest: str


class Made(Default, frozen=True, tag="made"):
    """Made anew by a function.

    Attributes:
        by: A fingerprint of the function.
    """

    by: str


class Member(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A declared member of an object.

    Attributes:
        name: The field's own name in its class.
        keys: Where it stands in the payload. The reader takes the first of these that is there; a writer has exactly
            one, of one part. Empty means under its own name.
        shape: What it is.
        required: For a reader, whether it must be there; for a writer, whether it is always written.
        default: What its absence means to a reader, where it is not required.
    """

    name: str
    shape: AnyShape
    keys: tuple[Path, ...] = ()
    required: bool = False
    default: Static | Hashed | Made | None = None

    @property
    def places(self) -> tuple[Path, ...]:
        """Where it stands in the payload, in the order in which a reader looks."""
        return self.keys or ((self.name,),)

    @property
    def key(self) -> str:
        """The key of the payload under which it stands first of all."""
        return str(self.places[0][0])


class Record(Shape, frozen=True, kw_only=True, tag="object"):
    """An object with declared members.

    Attributes:
        members: Them, in the order of their declaration, which carries no meaning.
        extra: What a reader does with members that are not declared: `ignore`, `keep` or `forbid`. A writer writes
            such members only where it says `keep`.
        extras: What undeclared members must be, where the class says so.
    """

    members: tuple[Member, ...] = ()
    extra: Literal["ignore", "keep", "forbid"] = "ignore"
    extras: AnyShape | None = None


class Unions(Shape, frozen=True, kw_only=True, tag="union"):
    """One of several shapes; `null` is one of them, and the last.

    Attributes:
        members: The shapes, in the order of their declaration.
        mode: How a reader chooses: the best match, or the first that takes the value.
    """

    members: tuple[AnyShape, ...]
    mode: Literal["smart", "left-to-right"] = "smart"


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One shape of a tagged union.

    Attributes:
        tag: The value of the discriminator.
        shape: The object; the discriminator is one of its members only where the class declares it.
    """

    tag: str | int | bool | None
    shape: AnyShape


class Tagged(Shape, frozen=True, kw_only=True, tag="tagged"):
    """One of several objects, told apart by a member.

    Attributes:
        discriminator: The key of that member.
        variants: The objects, sorted by tag.
    """

    discriminator: str
    variants: tuple[Variant, ...]


class Reference(Shape, frozen=True, kw_only=True, tag="ref"):
    """A shape of the view's definitions.

    Attributes:
        name: The place where it is met first, so that a class may be renamed without changing the file.
    """

    name: str


class Opaque(Shape, frozen=True, kw_only=True, tag="opaque"):
    """Something of which nothing is known.

    Attributes:
        reason: Why.
    """

    reason: str


AnyShape: TypeAlias = (
    Anything
    | Null
    | Boolean
    | Integer
    | Number
    | DecimalNumber
    | Text
    | Formatted
    | Enumeration
    | Array
    | TupleOf
    | MapOf
    | Record
    | Unions
    | Tagged
    | Reference
    | Opaque
)
"""Every kind of shape."""


class View(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One direction of a class.

    Attributes:
        root: The payload.
        definitions: Shapes that are met more than once or contain themselves, by the place where they are met first.
    """

    root: AnyShape
    definitions: dict[str, AnyShape] = {}

    def resolve(self, shape: AnyShape) -> AnyShape:
        """*shape*, or what it refers to."""
        while isinstance(shape, Reference):
            shape = self.definitions[shape.name]
        return shape


class SchemaSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What one version of an event type is: the content of a frozen file.

    Attributes:
        format: The version of this file format.
        type: The event type.
        version: Its `schema_version`.
        family: Whose decoder reads it: pydantic's, msgspec's (also for attrs classes and dataclasses), or none, of
            which only a JSON Schema is known.
        formerly: Other names under which it was stored.
        decode_only: Why objects of the class cannot be written; empty where they can.
        reader: What its class accepts.
        writer: What its class writes; None where it cannot.
    """

    format: Literal[1]
    type: str
    version: int
    family: Literal["pydantic", "msgspec", "json-schema"]
    formerly: tuple[str, ...] = ()
    decode_only: str = ""
    reader: View
    writer: View | None = None

    @property
    def written(self) -> View:
        """What stored payloads of this version look like: what its class writes, or else what it accepts."""
        return self.writer or self.reader

    def to_json(self) -> bytes:
        """The canonical text of the file: two spaces, one member a line, ended by a newline."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=2) + b"\n"

    @classmethod
    def from_json(cls, text: bytes | str) -> SchemaSnapshot:
        """Read a file.

        Raises:
            msgspec.DecodeError: It is no JSON, or no schema snapshot of a known format.
        """
        return msgspec.json.decode(text, type=cls)
