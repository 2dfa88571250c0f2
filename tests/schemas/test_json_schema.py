"""Schema snapshots as plain JSON Schema documents, and documents from anywhere as schema snapshots."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
import pytest

from upcast.schemas._capture._definitions import children
from upcast.schemas._capture._same import same
from upcast.schemas._rebuild import Refused, rebuild
from upcast.schemas.errors import BrokenSchema, SchemaError
from upcast.schemas.json_schema import from_json_schema, to_json_schema
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Hashed,
    Integer,
    Made,
    MapOf,
    Member,
    Null,
    Number,
    Opaque,
    Record,
    Reference,
    SchemaSnapshot,
    Static,
    Tagged,
    Text,
    TupleOf,
    Unions,
    Variant,
    View,
)

OBJECT = MapOf(keys=Text(), values=Anything())
NEVER = Opaque(reason="nothing is valid here")


def snapshot_of(root: AnyShape, **definitions: AnyShape) -> SchemaSnapshot:
    """A schema snapshot with one view."""
    view = View(root=root, definitions=definitions)
    return SchemaSnapshot(format=1, type="", version=1, family="json-schema", reader=view)


def field(shape: AnyShape) -> Record:
    """An object with one member."""
    return Record(members=(Member(name="a", shape=shape, required=True),))


def read(schema: Any, **others: Any) -> AnyShape:
    """The shape of a schema that stands below the root of a document."""
    document = {"type": "object", "properties": {"a": schema}, **others}
    view = from_json_schema(document).reader
    root = view.resolve(view.root)
    assert isinstance(root, Record)
    return root.members[0].shape


# --- from documents: values -----------------------------------------------------------------------------------------

SCALARS: list[tuple[Any, AnyShape]] = [
    (True, Anything()),
    ({}, Anything()),
    ({"title": "t", "description": "d", "$comment": "c", "examples": [1], "readOnly": True, "x-order": 3}, Anything()),
    (False, NEVER),
    ({"type": "null"}, Null()),
    ({"type": "boolean"}, Boolean()),
    ({"type": "integer"}, Integer()),
    ({"type": "integer", "minimum": 1, "maximum": 9, "multipleOf": 2}, Integer(minimum=1, maximum=9, multiple_of=2)),
    (
        {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 9},
        Integer(exclusive_minimum=1, exclusive_maximum=9),
    ),
    ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, Integer(exclusive_minimum=1)),
    ({"type": "number", "maximum": 1.5, "exclusiveMaximum": False}, Number(maximum=1.5)),
    ({"type": "integer", "format": "uint8", "minimum": 3}, Integer(minimum=3, maximum=255)),
    ({"type": "integer", "format": "int64"}, Integer(minimum=-(2**63), maximum=2**63 - 1)),
    ({"type": "number", "format": "double"}, Number()),
    ({"type": "number", "format": "duration"}, Formatted(format="duration", encoding="seconds")),
    ({"type": ["integer", "number"]}, Number()),
    ({"type": "string", "minLength": 0, "maxLength": 0}, Text(max_length=0)),
    (
        {"type": "string", "minLength": 1, "maxLength": 2, "pattern": "^a"},
        Text(min_length=1, max_length=2, pattern="^a"),
    ),
    ({"type": "string", "format": "password"}, Text()),
    ({"type": "string", "format": "date-time"}, Formatted(format="date-time")),
    ({"type": "string", "format": "duration"}, Formatted(format="duration", encoding="iso8601")),
    ({"type": "string", "format": "uuid4"}, Formatted(format="uuid", detail="version=4")),
    ({"type": "string", "format": "uri", "minLength": 1}, Formatted(format="uri", min_length=1)),
    ({"type": "string", "format": "email", "pattern": "@"}, Formatted(format="email", detail="pattern=@")),
    ({"type": "string", "format": "of-our-own"}, Formatted(format="of-our-own")),
    ({"type": "string", "format": "byte"}, Formatted(format="bytes", encoding="base64")),
    ({"type": "string", "contentEncoding": "base64"}, Formatted(format="bytes", encoding="base64")),
    (
        {"type": "string", "contentEncoding": "base16", "maxLength": 8},
        Formatted(format="bytes", encoding="hex", detail="maxLength=8"),
    ),
    ({"type": "string", "contentMediaType": "application/json"}, Formatted(format="json")),
    ({"type": "string", "contentMediaType": "text/html"}, Text()),
    ({"const": "a"}, Enumeration(values=("a",))),
    ({"const": None}, Null()),
    ({"enum": ["b", "a", 1, True]}, Enumeration(values=(True, 1, "a", "b"))),
    ({"enum": ["b", None]}, Unions(members=(Enumeration(values=("b",)), Null()))),
    ({"enum": ["b", 1, None, "ccc"], "type": "string", "maxLength": 2}, Enumeration(values=("b",))),
    ({"enum": [1, 2.5, 4], "type": "integer", "minimum": 2}, Enumeration(values=(4,))),
    ({"enum": ["a"], "type": "integer"}, NEVER),
    ({"type": ["string", "null"], "maxLength": 3}, Unions(members=(Text(max_length=3), Null()))),
    ({"type": "string", "nullable": True}, Unions(members=(Text(), Null()))),
    ({"enum": ["a"], "nullable": True}, Unions(members=(Enumeration(values=("a",)), Null()))),
    (
        {"minLength": 1},
        Unions(members=(Boolean(), Number(), Text(min_length=1), Array(items=Anything()), OBJECT, Null())),
    ),
]


@pytest.mark.parametrize(("schema", "expected"), SCALARS, ids=lambda value: str(value)[:50])
def test_single_values(schema: Any, expected: AnyShape) -> None:
    """Types, limits, forms and lists of values are read exactly."""
    assert read(schema) == expected


ARRAYS: list[tuple[Any, AnyShape]] = [
    ({"type": "array"}, Array(items=Anything())),
    ({"type": "array", "items": {"type": "null"}, "minItems": 0, "maxItems": 2}, Array(items=Null(), max_items=2)),
    ({"type": "array", "items": {"type": "null"}, "uniqueItems": True}, Array(items=Null(), unique=True)),
    ({"type": "array", "items": False}, TupleOf(items=())),
    ({"type": "array", "minItems": 0, "maxItems": 0}, TupleOf(items=())),
    ({"type": "array", "minItems": 3, "maxItems": 2}, NEVER),
    (
        {"type": "array", "prefixItems": [{"type": "null"}, {"type": "boolean"}], "minItems": 2, "items": False},
        TupleOf(items=(Null(), Boolean())),
    ),
    (
        {"type": "array", "prefixItems": [{"type": "null"}], "minItems": 1, "items": {"type": "string"}},
        TupleOf(items=(Null(),), rest=Text()),
    ),
    (
        {"type": "array", "items": [{"type": "null"}], "minItems": 1, "additionalItems": {"type": "string"}},
        TupleOf(items=(Null(),), rest=Text()),
    ),
    (
        {"type": "array", "prefixItems": [{"type": "null"}], "items": False},
        Unions(members=(TupleOf(items=(Null(),)), TupleOf(items=()))),
    ),
    (
        {"type": "array", "prefixItems": [{"type": "null"}], "minItems": 1, "maxItems": 2},
        Unions(members=(TupleOf(items=(Null(), Anything())), TupleOf(items=(Null(),)))),
    ),
    (
        {"type": "array", "prefixItems": [{"type": "null"}], "minItems": 2, "items": {"type": "string"}},
        TupleOf(items=(Null(), Text()), rest=Text()),
    ),
]


@pytest.mark.parametrize(("schema", "expected"), ARRAYS)
def test_arrays(schema: Any, expected: AnyShape) -> None:
    """Lists, lists with a shape for each place, and places that may be absent."""
    assert read(schema) == expected


A_INT = Member(name="a", shape=Integer())
OBJECTS: list[tuple[Any, AnyShape]] = [
    ({"type": "object"}, OBJECT),
    (
        {"type": "object", "additionalProperties": True, "maxProperties": 2},
        MapOf(keys=Text(), values=Anything(), max_entries=2),
    ),
    (
        {"type": "object", "additionalProperties": {"type": "integer"}, "propertyNames": {"maxLength": 2}},
        MapOf(keys=Text(max_length=2), values=Integer()),
    ),
    (
        {"type": "object", "propertyNames": {"enum": ["x", 1]}},
        MapOf(keys=Enumeration(values=("x",)), values=Anything()),
    ),
    (
        {"type": "object", "patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": False},
        MapOf(keys=Text(pattern="^a"), values=Integer()),
    ),
    ({"type": "object", "patternProperties": {".*": {"type": "integer"}}}, MapOf(keys=Text(), values=Integer())),
    ({"type": "object", "properties": {}}, Record()),
    ({"type": "object", "additionalProperties": False}, Record(extra="forbid")),
    ({"type": "object", "properties": {"a": {"type": "integer"}}}, Record(members=(A_INT,))),
    (
        {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": True},
        Record(members=(A_INT,), extra="keep"),
    ),
    (
        {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "null"}},
        Record(members=(A_INT,), extra="keep", extras=Null()),
    ),
    (
        {"type": "object", "required": ["b"], "additionalProperties": {"type": "null"}},
        Record(members=(Member(name="b", shape=Null(), required=True),), extra="keep", extras=Null()),
    ),
    (
        {
            "type": "object",
            "properties": {"a": {"type": "integer", "default": 3}, "b": {"default": 1}},
            "required": ["b"],
        },
        Record(
            members=(
                Member(name="a", shape=Integer(), default=Static("3")),
                Member(name="b", shape=Anything(), required=True),
            )
        ),
    ),
    (
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "anyOf": [{"required": ["b"]}, {"required": ["a"]}],
        },
        Record(members=(Member(name="b", keys=(("b",), ("a",)), shape=Integer(), required=True),)),
    ),
    (
        {"type": "object", "properties": {"a": False}, "additionalProperties": False},
        Record(extra="forbid"),
    ),
    ({"type": "object", "required": ["b"], "additionalProperties": False}, NEVER),
]


@pytest.mark.parametrize(("schema", "expected"), OBJECTS)
def test_objects(schema: Any, expected: AnyShape) -> None:
    """Objects with declared members, and objects whose keys are data."""
    assert read(schema) == expected


# --- from documents: combinations -----------------------------------------------------------------------------------

TWO = {"type": "object", "properties": {"k": {"const": "x"}, "n": {"type": "integer"}}, "required": ["k"]}
OTHER = {"type": "object", "properties": {"k": {"const": "y"}}, "required": ["k"]}
X = Record(
    members=(Member(name="k", shape=Enumeration(values=("x",)), required=True), Member(name="n", shape=Integer()))
)
Y = Record(members=(Member(name="k", shape=Enumeration(values=("y",)), required=True),))

COMBINED: list[tuple[Any, AnyShape]] = [
    ({"anyOf": [{"type": "null"}, {"type": "string"}]}, Unions(members=(Text(), Null()))),
    ({"anyOf": [{"type": "string"}, {}]}, Anything()),
    ({"anyOf": [{"type": "string"}, False]}, Text()),
    ({"anyOf": [False]}, NEVER),
    (
        {"anyOf": [{"type": "string"}, {"anyOf": [{"type": "null"}, {"type": "boolean"}]}]},
        Unions(members=(Text(), Boolean(), Null())),
    ),
    ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, Unions(members=(Text(), Integer()))),
    ({"oneOf": [TWO, OTHER]}, Unions(members=(X, Y))),
    ({"type": "string", "anyOf": [{"maxLength": 2}, {"type": "integer"}]}, Text(max_length=2)),
    (
        {"allOf": [{"type": "string", "minLength": 1}, {"minLength": 2, "maxLength": 3}]},
        Text(min_length=2, max_length=3),
    ),
    ({"allOf": [{"type": "number", "minimum": 1}, {"type": "integer", "minimum": 0}]}, Integer(minimum=1)),
    ({"type": "integer", "multipleOf": 4, "allOf": [{"multipleOf": 6}]}, Integer(multiple_of=12)),
    ({"allOf": [{"type": "string"}, {"type": "integer"}]}, NEVER),
    ({"allOf": [{"type": "string", "format": "date"}, {"maxLength": 10}]}, Formatted(format="date", max_length=10)),
    (
        {"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"required": ["a"]}]},
        Record(members=(Member(name="a", shape=Integer(), required=True),)),
    ),
    (
        {
            "type": "object",
            "properties": {"b": {}},
            "additionalProperties": False,
            "allOf": [{"properties": {"a": {}}}],
        },
        Record(members=(Member(name="b", shape=Anything()),), extra="forbid"),
    ),
    (
        {
            "allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}],
            "properties": {"b": {}},
            "unevaluatedProperties": False,
        },
        Record(members=(Member(name="b", shape=Anything()), A_INT), extra="forbid"),
    ),
    (
        {"allOf": [{"type": "array", "items": {"type": "number"}}, {"items": {"type": "integer"}, "maxItems": 2}]},
        Array(items=Integer(), max_items=2),
    ),
    (
        {"oneOf": [TWO, OTHER], "discriminator": {"propertyName": "k"}},
        Tagged(discriminator="k", variants=(Variant(tag="x", shape=X), Variant(tag="y", shape=Y))),
    ),
    (
        {"anyOf": [OTHER, TWO, {"type": "null"}], "discriminator": {"propertyName": "k"}},
        Unions(
            members=(
                Tagged(discriminator="k", variants=(Variant(tag="x", shape=X), Variant(tag="y", shape=Y))),
                Null(),
            )
        ),
    ),
]


@pytest.mark.parametrize(("schema", "expected"), COMBINED)
def test_combinations(schema: Any, expected: AnyShape) -> None:
    """Unions, and what several schemas demand at once, where a shape says exactly that."""
    assert read(schema) == expected


def test_discriminators_of_openapi() -> None:
    """Without constants the objects are told apart by the mapping, or else by what they are called."""
    schemas = {
        "Cat": {"type": "object", "properties": {"kind": {"type": "string"}}},
        "Dog": {"type": "object", "required": ["b"]},
    }
    union = [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]

    named = read({"oneOf": union, "discriminator": {"propertyName": "kind"}}, **{"$defs": schemas})
    assert isinstance(named, Tagged)
    assert [variant.tag for variant in named.variants] == ["Cat", "Dog"]
    mapping = {"cat": "#/$defs/Cat", "lion": "Cat", "dog": "#/$defs/Dog"}
    mapped = read({"oneOf": union, "discriminator": {"propertyName": "kind", "mapping": mapping}}, **{"$defs": schemas})
    assert isinstance(mapped, Tagged)
    assert [variant.tag for variant in mapped.variants] == ["cat", "dog", "lion"]


def test_one_of_shapes_that_overlap() -> None:
    """A value that fits two of them is refused, which is a check: it changes with the shapes and not with the words."""

    def checks(limit: int, **words: str) -> tuple[str, ...]:
        shape = read({"oneOf": [{"type": "integer"}, {"type": "number", "minimum": limit, **words}]})
        assert shape == Unions(members=(Integer(), Number(minimum=limit)), checks=shape.checks)
        return shape.checks

    assert len(checks(1)) == 1
    assert checks(1) == checks(1, description="d") != checks(2)


# --- from documents: references -------------------------------------------------------------------------------------

TREE = Record(members=(Member(name="next", shape=Reference(name="")),))


@pytest.mark.parametrize("place", ["$defs", "definitions"])
def test_references_into_a_document(place: str) -> None:
    """References are followed, however their pointers are written."""
    definitions = {"a/b~c d%": {"type": "integer"}, "list": {"anyOf": [{"type": "null"}, {"type": "boolean"}]}}
    for pointer, expected in {
        f"#/{place}/a~1b~0c%20d%25": Integer(),
        f"#/{place}/list/anyOf/1": Boolean(),
    }.items():
        assert read({"$ref": pointer}, **{place: definitions}) == expected


def test_a_document_that_refers_to_itself_by_its_name() -> None:
    """A reference that begins with the document's own address leads nowhere else."""
    definitions = {"x": {"type": "integer"}}

    assert (
        read({"$ref": "https://a.example/s#/$defs/x"}, **{"$id": "https://a.example/s", "$defs": definitions})
        == Integer()
    )


def test_recursive_documents() -> None:
    """What contains itself becomes a definition, be it the root or something below it."""
    root = from_json_schema({"type": "object", "properties": {"next": {"$ref": "#"}}}).reader
    below = read(
        {"$ref": "#/$defs/n"}, **{"$defs": {"n": {"type": "object", "properties": {"next": {"$ref": "#/$defs/n"}}}}}
    )

    assert root == View(root=Reference(name=""), definitions={"": TREE})
    assert below == Reference(name="/a")


def test_what_stands_beside_a_reference() -> None:
    """It counts from 2019 on, and did not before."""
    others = {"$defs": {"x": {"type": "string", "minLength": 1}}}
    beside = {"$ref": "#/$defs/x", "maxLength": 2}

    assert read(beside, **others) == Text(min_length=1, max_length=2)
    assert read(beside, **others, **{"$schema": "http://json-schema.org/draft-07/schema#"}) == Text(min_length=1)
    assert read({"$ref": "#/$defs/x", "default": "y"}, **others) == Text(min_length=1)


def test_recursive_combinations() -> None:
    """What a recursive object and another schema have in common may be recursive as well."""
    definitions = {
        "n": {"type": "object", "properties": {"next": {"$ref": "#/$defs/n"}, "v": {"type": "number"}}},
        "m": {"type": "object", "properties": {"next": {"$ref": "#/$defs/m"}, "v": {"type": "integer"}}},
    }
    shape = read({"allOf": [{"$ref": "#/$defs/n"}, {"$ref": "#/$defs/m"}]}, **{"$defs": definitions})

    assert shape == Reference(name="/a")
    view = from_json_schema(
        {
            "type": "object",
            "properties": {"a": {"allOf": [{"$ref": "#/$defs/n"}, {"$ref": "#/$defs/m"}]}},
            "$defs": definitions,
        }
    ).reader
    assert view.definitions["/a"] == Record(
        members=(Member(name="next", shape=Reference(name="/a")), Member(name="v", shape=Integer()))
    )


# --- from documents: what cannot be expressed -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ({"not": {"type": "null"}}, "not"),
        ({"if": {"type": "null"}, "then": {}, "else": {}}, "if"),
        ({"type": "object", "dependentRequired": {"a": ["b"]}}, "dependentRequired"),
        ({"type": "object", "dependentSchemas": {}}, "dependentSchemas"),
        ({"type": "object", "dependencies": {}}, "dependencies"),
        ({"type": "array", "contains": {}}, "contains"),
        ({"type": "array", "unevaluatedItems": False}, "unevaluatedItems"),
        ({"type": "object", "properties": {}, "unevaluatedProperties": {"type": "null"}}, "unevaluatedProperties"),
        ({"type": "object", "properties": {"a": {}}, "minProperties": 1}, "minProperties"),
        ({"type": "object", "properties": {"a": {}}, "maxProperties": 1}, "maxProperties"),
        ({"type": "object", "properties": {"a": {}}, "propertyNames": {"maxLength": 1}}, "propertyNames"),
        ({"type": "object", "patternProperties": {"^a": {"type": "null"}}}, "patternProperties"),
        ({"type": "object", "properties": {"a": {}}, "patternProperties": {"^a": {}}}, "patternProperties"),
        ({"type": "array", "prefixItems": [{}], "uniqueItems": True}, "uniqueItems"),
        ({"type": "array", "prefixItems": [{}], "maxItems": 99}, "maxItems"),
        ({"type": "integer", "format": "of-our-own"}, "format"),
        ({"type": "string", "contentEncoding": "quoted-printable"}, "contentEncoding"),
        ({"const": {}}, "const"),
        ({"enum": [[]]}, "enum"),
        ({"enum": ["a"], "type": "string", "format": "date"}, "enum"),
        ({"allOf": [{"type": "string", "pattern": "a"}, {"pattern": "b"}]}, "allOf"),
        ({"allOf": [{"type": "number", "multipleOf": 0.5}, {"multipleOf": 2}]}, "allOf"),
        ({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, "anyOf"),
        ({"$ref": "https://example.org/other"}, "$ref"),
        ({"$ref": "#anchor"}, "$ref"),
        ({"$dynamicRef": "#x"}, "$dynamicRef"),
        ({"$id": "https://example.org/inner", "type": "object"}, "$id"),
        ({"type": "string", "requried": True}, "requried"),
    ],
)
def test_what_cannot_be_expressed_is_named(schema: Any, word: str) -> None:
    """Nothing that judges values is passed over: such a schema is opaque, and the keyword is named."""
    shape = read(schema)

    assert isinstance(shape, Opaque)
    assert f"'{word}'" in shape.reason


def test_only_what_cannot_be_expressed_is_opaque() -> None:
    """What stands around it is read all the same."""
    view = from_json_schema({"type": "object", "properties": {"a": {"not": {}}, "b": {"type": "integer"}}}).reader

    assert isinstance(view.root, Record)
    assert view.root.members[1] == Member(name="b", shape=Integer())


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "object",
        {"type": "int"},
        {"type": []},
        {"properties": []},
        {"properties": {"a": 3}},
        {"required": "a"},
        {"required": [1]},
        {"minimum": "3"},
        {"minLength": -1},
        {"maxItems": 1.5},
        {"multipleOf": 0},
        {"pattern": 1},
        {"anyOf": {}},
        {"allOf": [1]},
        {"enum": 1},
        {"$ref": 1},
        {"$ref": "#/$defs/missing"},
        {"$ref": "#/$defs/0", "$defs": [True]},
        {"uniqueItems": "yes"},
        {"prefixItems": {}},
    ],
)
def test_what_is_no_schema_is_refused(document: Any) -> None:
    """A document that is no JSON Schema is an error and no shape."""
    if document == {"$ref": "#/$defs/0", "$defs": [True]}:
        assert from_json_schema(document).reader.root == Anything()
        return
    with pytest.raises(BrokenSchema):
        from_json_schema(document)


def test_a_document_that_is_nested_too_deep() -> None:
    """It is an error of its own, and no crash."""
    document: Any = {}
    for _ in range(100_000):
        document = {"type": "array", "items": document}

    with pytest.raises(BrokenSchema, match="too deep"):
        from_json_schema({"properties": {"a": document}})


def test_unions_do_not_multiply_for_ever() -> None:
    """Choices that combine to more than anyone could want are not written out."""

    def choices(number: int) -> list[Any]:
        objects = [{"type": "object", "properties": {f"a{i}": {"const": j}}} for i in range(number) for j in (1, 2)]
        return [{"anyOf": objects[i : i + 2]} for i in range(0, len(objects), 2)]

    few, many = read({"allOf": choices(8)}), read({"allOf": choices(40)})
    assert isinstance(few, Unions)
    assert len(few.members) == 256
    assert many == Opaque(reason="the keyword 'allOf' of JSON Schema")


def test_a_payload_is_an_object() -> None:
    """A document that does not say so means objects all the same; one that says otherwise is taken at its word."""
    assert from_json_schema({"properties": {"a": {"type": "integer"}}}).reader.root == Record(members=(A_INT,))
    assert from_json_schema({"type": "array"}).reader.root == Array(items=Anything())
    assert from_json_schema(True).reader.root == Anything()


def test_what_a_document_becomes() -> None:
    """A document has no writer of its own, and belongs to no library."""
    snapshot = from_json_schema({"type": "object"}, event_type="order.placed", version=3)

    assert (snapshot.type, snapshot.version, snapshot.family, snapshot.writer) == (
        "order.placed",
        3,
        "json-schema",
        None,
    )


# --- there and back -------------------------------------------------------------------------------------------------

CAT = Record(members=(Member(name="k", shape=Enumeration(values=("cat",)), default=Static('"cat"')),), extra="forbid")
DOG = Record(members=(Member(name="k", shape=Enumeration(values=("dog", "wolf")), required=True),))

THERE_AND_BACK: list[AnyShape] = [
    Anything(),
    Null(),
    Boolean(),
    Integer(minimum=0, exclusive_maximum=10**30, multiple_of=5),
    Number(exclusive_minimum=0.5, maximum=2.0),
    DecimalNumber(),
    DecimalNumber(max_digits=5, minimum="0.01", exclusive_maximum="100"),
    DecimalNumber(max_digits=5, decimal_places=2),
    DecimalNumber(decimal_places=0),
    Text(min_length=1, max_length=3, pattern="^[a-z]+$"),
    *(Formatted(format=name) for name in ("date-time", "date", "time", "uuid", "uri", "email", "ipv4", "ipv6network")),
    Formatted(format="uuid", detail="version=7"),
    Formatted(format="email", detail="with-name", max_length=20),
    Formatted(format="path", detail="directory"),
    Formatted(format="json"),
    Formatted(format="duration", encoding="iso8601"),
    Formatted(format="duration", encoding="seconds"),
    *(Formatted(format="bytes", encoding=encoding) for encoding in ("utf8", "base64", "base64url", "hex")),
    Enumeration(values=("a",)),
    Enumeration(values=(False, 2.5, 1, "a")),
    Array(items=Integer(), min_items=1, max_items=2),
    Array(items=Text(), unique=True),
    TupleOf(items=(Integer(), Text())),
    TupleOf(items=(Integer(),), rest=Text()),
    TupleOf(items=(Integer(),), rest=Anything()),
    TupleOf(items=()),
    MapOf(keys=Text(), values=Anything()),
    MapOf(keys=Text(min_length=1), values=Integer(), min_entries=1, max_entries=3),
    MapOf(keys=Integer(), values=Integer()),
    MapOf(keys=Formatted(format="uuid"), values=Null()),
    MapOf(keys=Enumeration(values=("a", "b")), values=Null()),
    Record(),
    Record(extra="forbid"),
    Record(extra="keep"),
    Record(
        members=(
            Member(name="b", shape=Integer(), required=True),
            Member(name="a", shape=Array(items=Text()), default=Static('["x"]')),
            Member(name="c", shape=Unions(members=(Text(), Null())), default=Static("null")),
        ),
        extra="keep",
        extras=Boolean(),
    ),
    Record(members=(Member(name="a", keys=(("x",), ("y",)), shape=Text(), required=True),)),
    Record(
        members=(
            Member(name="a", keys=(("x",), ("y",)), shape=Text(), required=True),
            Member(name="b", keys=(("v",), ("w",)), shape=Text(), required=True),
        )
    ),
    Unions(members=(Integer(), Text(), Null())),
    Tagged(
        discriminator="k",
        variants=(Variant(tag="cat", shape=CAT), Variant(tag="dog", shape=DOG), Variant(tag="wolf", shape=DOG)),
    ),
]


@pytest.mark.parametrize("shape", THERE_AND_BACK, ids=lambda shape: f"{shape}"[:60])
def test_there_and_back(shape: AnyShape) -> None:
    """A shape that is written as a document is read from it again."""
    snapshot = snapshot_of(field(shape))

    assert same(from_json_schema(json.loads(json.dumps(to_json_schema(snapshot)))), snapshot)


def test_definitions_there_and_back() -> None:
    """Definitions keep their meaning, whatever stands in their names."""
    node = Record(members=(Member(name="next", shape=Unions(members=(Reference(name="/a|0~1 %"), Null()))),))
    snapshot = snapshot_of(field(Array(items=Reference(name="/a|0~1 %"))), **{"/a|0~1 %": node})

    assert same(from_json_schema(to_json_schema(snapshot)), snapshot)


# What a document does not say, and what is read instead.
LOST: list[tuple[AnyShape, AnyShape]] = [
    (Text(strips=True, case="lower"), Text()),
    (Integer(strict=True, checks=("0123456789ab",)), Integer()),
    (Formatted(format="date-time", zone="aware"), Formatted(format="date-time")),
    (Formatted(format="date", minimum="2000-01-01"), Formatted(format="date")),
    (Formatted(format="bytes", encoding="base64", max_length=3), Formatted(format="bytes", encoding="base64")),
    (Formatted(format="uri", detail="schemes=http,https"), Formatted(format="uri")),
    (DecimalNumber(minimum="0.123456789012345678901"), DecimalNumber(minimum="0.12345678901234568")),
    (MapOf(keys=Integer(minimum=0), values=Null()), MapOf(keys=Integer(), values=Null())),
    (MapOf(keys=Number(), values=Null()), MapOf(keys=Text(), values=Null())),
    (TupleOf(items=(), rest=Null()), Array(items=Null())),
    (Unions(members=(Integer(), Text()), mode="left-to-right"), Unions(members=(Integer(), Text()))),
    (Opaque(reason="unknown"), Anything()),
    (
        Record(members=(Member(name="a", shape=Null(), default=Made("0123456789ab")),)),
        Record(members=(Member(name="a", shape=Null()),)),
    ),
    (
        Record(members=(Member(name="a", shape=Null(), default=Hashed("0123")),)),
        Record(members=(Member(name="a", shape=Null()),)),
    ),
    (
        Record(members=(Member(name="a", keys=(("x",), ("y",)), shape=Null()),)),
        Record(members=(Member(name="x", shape=Null()), Member(name="y", shape=Null()))),
    ),
    (
        Record(members=(Member(name="a", keys=(("x",), ("y", 0)), shape=Null(), required=True),)),
        Record(members=(Member(name="x", shape=Null()), Member(name="y", shape=Anything()))),
    ),
    (
        Tagged(discriminator="k", variants=(Variant(tag="x", shape=Record()),)),
        Tagged(
            discriminator="k", variants=(Variant(tag="x", shape=msgspec.structs.replace(X, members=X.members[:1])),)
        ),
    ),
]


@pytest.mark.parametrize(("shape", "expected"), LOST, ids=lambda shape: f"{shape}"[:60])
def test_what_a_document_does_not_say(shape: AnyShape, expected: AnyShape) -> None:
    """This is lost on the way, and nothing else."""
    assert same(from_json_schema(to_json_schema(snapshot_of(field(shape)))), snapshot_of(field(expected)))


def test_documents_of_writers() -> None:
    """A writer's document says in which of two ways a decimal is written; without a writer there is none."""
    decimals = Record(
        members=(
            Member(name="a", shape=DecimalNumber(), required=True),
            Member(name="b", shape=DecimalNumber(as_number=True, minimum="1"), required=True),
        )
    )
    snapshot = msgspec.structs.replace(snapshot_of(decimals), writer=View(root=decimals))
    properties = to_json_schema(snapshot, view="writer")["properties"]

    assert properties["a"]["type"] == "string"
    assert properties["b"] == {"type": "number", "minimum": 1}
    with pytest.raises(SchemaError, match="has no writer"):
        to_json_schema(snapshot_of(decimals), view="writer")


# --- against another implementation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [*THERE_AND_BACK, *(lost for lost, _ in LOST)], ids=lambda shape: f"{shape}"[:60])
def test_documents_are_valid(shape: AnyShape) -> None:
    """Every document that is written is a JSON Schema of 2020-12."""
    jsonschema = pytest.importorskip("jsonschema")

    jsonschema.Draft202012Validator.check_schema(to_json_schema(snapshot_of(field(shape))))


KEYS = ["a", "b", "kind"]
SIMPLE = [None, True, False, 0, 1, 2, 5, -1, 1.5, "", "a", "b", "ab", "abc"]


class Documents:
    """Random documents and values, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def some(self, chance: float, **keywords: Any) -> dict[str, Any]:
        return {word: make() for word, make in keywords.items() if self.random.random() < chance}

    def value(self, depth: int = 0) -> Any:
        kind = self.random.random()
        if depth > 2 or kind < 0.4:
            return self.random.choice(SIMPLE)
        if kind < 0.6:
            return [self.value(depth + 1) for _ in range(self.random.randint(0, 3))]
        return self.payload(depth)

    def payload(self, depth: int = 0) -> dict[str, Any]:
        return {key: self.value(depth + 1) for key in self.random.sample([*KEYS, "c"], self.random.randint(0, 3))}

    def several(self, depth: int) -> list[Any]:
        return [self.schema(depth + 1) for _ in range(self.random.randint(1, 3))]

    def schema(self, depth: int = 0) -> Any:
        choose, number = self.random.choice, self.random.randint
        scalars: list[Any] = [
            choose([True, False]),
            {"$ref": f"#/$defs/{choose('xy')}"},
            {"const": choose(SIMPLE)},
            {"enum": [choose(SIMPLE) for _ in range(3)], **self.some(0.4, type=lambda: choose(["string", "integer"]))},
            {"type": choose(["boolean", "null", "object", "array"])},
            {"minLength": 1},
            {"required": ["a"]},
            {
                "type": "string",
                **self.some(0.4, minLength=lambda: number(0, 2), maxLength=lambda: number(0, 2)),
                **self.some(0.3, pattern=lambda: choose(["^a", "b$"])),
            },
            {
                "type": choose(["integer", "number", ["integer", "string"], ["number", "null"]]),
                **self.some(0.4, minimum=lambda: number(-1, 2), exclusiveMaximum=lambda: number(-1, 5)),
                **self.some(0.2, multipleOf=lambda: number(1, 3), exclusiveMinimum=lambda: number(-1, 2)),
            },
        ]
        nested = [
            lambda: {"$ref": f"#/$defs/{choose('xy')}", **self.object(depth + 1)},
            lambda: {"anyOf": self.several(depth)},
            lambda: {"oneOf": self.several(depth)},
            lambda: {"allOf": self.several(depth), **self.some(0.3, unevaluatedProperties=lambda: False)},
            lambda: {"allOf": self.several(depth), **self.object(depth + 1)},
            lambda: self.object(depth + 1),
            lambda: self.array(depth + 1),
        ]
        return choose(scalars) if depth > 2 or self.random.random() < 0.5 else choose(nested)()

    def object(self, depth: int) -> dict[str, Any]:
        choose, sample, number = self.random.choice, self.random.sample, self.random.randint
        return {
            **self.some(0.85, type=lambda: "object"),
            **self.some(0.85, properties=lambda: {key: self.schema(depth + 1) for key in sample(KEYS, number(0, 3))}),
            **self.some(0.4, required=lambda: sample(KEYS, number(0, 2))),
            **self.some(0.5, additionalProperties=lambda: choose([False, True, self.schema(depth + 1)])),
            **self.some(0.05, minProperties=lambda: number(0, 2), propertyNames=lambda: {"maxLength": 1}),
        }

    def array(self, depth: int) -> dict[str, Any]:
        number = self.random.randint
        return {
            "type": "array",
            **self.some(0.4, prefixItems=lambda: self.several(depth)),
            **self.some(0.7, items=lambda: self.schema(depth + 1)),
            **self.some(0.3, minItems=lambda: number(0, 2), maxItems=lambda: number(0, 3)),
        }

    def document(self) -> dict[str, Any]:
        return {**self.object(0), "type": "object", "$defs": {name: self.schema(1) for name in "xy"}}


def is_exact(view: View) -> bool:
    """Whether a view says all that its document says."""
    waiting = [view.root, *view.definitions.values()]
    for shape in waiting:
        waiting.extend(child for _, child in children(shape))
    return not any(shape.checks or isinstance(shape, Opaque) for shape in waiting)


def test_shapes_take_what_documents_take() -> None:
    """Over random documents, the shapes that are read take exactly what another implementation takes.

    Where something cannot be expressed, they take at least that.
    """
    jsonschema = pytest.importorskip("jsonschema")
    exact = asked = 0
    for seed in range(400):
        documents = Documents(seed)
        document = documents.document()
        view = from_json_schema(document).reader
        decode = rebuild(view, "json-schema").decode
        validator = jsonschema.Draft202012Validator(document)
        exact += is_exact(view)
        for _ in range(15):
            payload = documents.payload()
            try:
                expected = validator.is_valid(payload)
            except RecursionError:  # a document that is declared by nothing but itself
                break
            try:
                decode(json.dumps(payload).encode())
                found = True
            except Refused:
                found = False
            asked += 1
            if is_exact(view):
                assert (found, document, payload) == (expected, document, payload)
            else:
                assert found or not expected, (document, payload)

    assert exact > 150
    assert asked > 5_000
