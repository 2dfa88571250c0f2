"""A view as a document of JSON Schema 2020-12."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import attrs
import msgspec

from upcast.schemas._json_schema._forms import INTEGER_KEY, as_number, decimal_pattern, form_document
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
    Numeric,
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

__all__ = ["document_of"]

Document = dict[str, Any]


def document_of(view: View, *, writes: bool) -> Document:
    """The document of a view.

    What JSON Schema cannot say is left out. The items of a set are said to be unique, though its reader takes doubles.

    Args:
        view: The view.
        writes: Whether it is what a class writes.
    """
    export = _Export(view, writes)
    document = export.document(view.root)
    definitions = {name: export.document(shape) for name, shape in view.definitions.items()}
    return {**document, "$defs": definitions} if definitions else document


@attrs.frozen
class _Export:
    view: View
    writes: bool

    def document(self, shape: AnyShape) -> Document:
        match shape:
            case Anything():
                return {}
            case Opaque():
                return {"$comment": f"not known: {shape.reason}"}
            case Reference():
                name = shape.name.replace("~", "~0").replace("/", "~1")
                return {"$ref": f"#/$defs/{quote(name, safe='~')}"}
            case Record():
                return self.record(shape)
            case Tagged():
                return self.tagged(shape)
            case Unions():
                return {"anyOf": [self.document(member) for member in shape.members]}
            case MapOf():
                return self.mapping(shape)
            case Array():
                return _typed(
                    "array",
                    items=self.document(shape.items),
                    minItems=shape.min_items,
                    maxItems=shape.max_items,
                    uniqueItems=shape.unique or None,
                )
            case TupleOf():
                return self.row(shape)
            case DecimalNumber():
                return self.decimal(shape)
            case _:
                return _scalar(shape)

    # --- objects ----------------------------------------------------------------------------------------------------

    def record(self, shape: Record) -> Document:
        properties: Document = {}
        required: list[str] = []
        either: list[Document] = []
        for member in shape.members:
            keys = list(dict.fromkeys(str(path[0]) for path in member.places))
            for key in keys:
                if (key,) in member.places:
                    properties[key] = self.member(member)
                else:  # nothing is said of what is nested in it
                    properties.setdefault(key, {})
            if member.required and len(keys) == 1:
                required.append(keys[0])
            elif member.required and all(len(path) == 1 for path in member.places):
                either.append({"anyOf": [{"required": [key]} for key in keys]})
        extra: Any = {"ignore": None, "keep": True, "forbid": False}[shape.extra]
        if shape.extras is not None and shape.extra == "keep":
            extra = self.document(shape.extras)
        document = _typed(
            "object", properties=properties, required=sorted(required) or None, additionalProperties=extra
        )
        return {**document, **({"allOf": either} if len(either) > 1 else either[0] if either else {})}

    def member(self, member: Member) -> Document:
        document = self.document(member.shape)
        if isinstance(member.default, Static):
            document = {**document, "default": msgspec.json.decode(member.default.json)}
        return document

    def tagged(self, shape: Tagged) -> Document:
        key = shape.discriminator
        options: list[Document] = []
        for variant in shape.variants:
            tags = [each.tag for each in shape.variants if each.shape == variant.shape]
            if not self.declares(variant.shape, key, tags):
                options.append(self.variant(key, variant))
            elif variant.tag == tags[0]:  # one object for several tags
                options.append(self.document(variant.shape))
        # The tag is demanded by the discriminator: one with a default is not said to be required.
        return {"oneOf": options, "discriminator": {"propertyName": key}}

    def declares(self, shape: AnyShape, key: str, tags: list[Any]) -> bool:
        """Whether an object says itself which tags stand for it."""
        record = self.view.resolve(shape)
        members = record.members if isinstance(record, Record) else ()
        return any(
            m.places == ((key,),) and self.view.resolve(m.shape) == Enumeration(values=tuple(tags)) for m in members
        )

    def variant(self, key: str, variant: Variant) -> Document:
        record = self.view.resolve(variant.shape)
        if not isinstance(record, Record):
            tagged = _typed("object", properties={key: {"const": variant.tag}}, required=[key])
            return {"allOf": [self.document(variant.shape), tagged]}
        # Put in here even where it is a definition: an object that forbids what it does not declare must declare it.
        document = self.record(record)
        properties = {**document["properties"], key: {"const": variant.tag}}
        return {**document, "properties": properties, "required": sorted({key, *document.get("required", ())})}

    def mapping(self, shape: MapOf) -> Document:
        values = self.document(shape.values)
        return _typed(
            "object",
            additionalProperties=values or True,
            propertyNames=_keys(self.document(shape.keys), shape.keys),
            minProperties=shape.min_entries,
            maxProperties=shape.max_entries,
        )

    # --- the rest ---------------------------------------------------------------------------------------------------

    def row(self, shape: TupleOf) -> Document:
        rest: Any = False if shape.rest is None else self.document(shape.rest)
        items = [self.document(item) for item in shape.items]
        return _typed(
            "array",
            prefixItems=items or None,
            minItems=len(items) or None,
            items=None if rest == {} and items else rest,
        )

    def decimal(self, shape: DecimalNumber) -> Document:
        number = _typed("number", **_limits(shape))
        text = _typed("string", pattern=decimal_pattern(shape))
        if self.writes:
            return number if shape.as_number else text
        return {"anyOf": [number, text]}


def _scalar(shape: AnyShape) -> Document:
    match shape:
        case Null():
            return _typed("null")
        case Boolean():
            return _typed("boolean")
        case Integer():
            return _typed("integer", **_limits(shape))
        case Number():
            return _typed("number", **_limits(shape))
        case Text():
            return _typed("string", minLength=shape.min_length, maxLength=shape.max_length, pattern=shape.pattern)
        case Formatted():
            return form_document(shape)
        case Enumeration():
            return {"const": shape.values[0]} if len(shape.values) == 1 else {"enum": list(shape.values)}
    raise AssertionError(shape)


def _limits(shape: Numeric) -> Document:
    limits = {
        "minimum": shape.minimum,
        "exclusiveMinimum": shape.exclusive_minimum,
        "maximum": shape.maximum,
        "exclusiveMaximum": shape.exclusive_maximum,
        "multipleOf": shape.multiple_of,
    }
    return {keyword: as_number(limit) for keyword, limit in limits.items() if limit is not None}


def _keys(document: Document, keys: AnyShape) -> Document | None:
    """What the names of members must be."""
    match keys:
        case Text():
            return document if len(document) > 1 else None
        case Formatted() | Enumeration():
            return document
        case Integer():
            return {"pattern": INTEGER_KEY}
        case _:
            return None


def _typed(kind: str, **keywords: Any) -> Document:
    return {"type": kind, **{keyword: value for keyword, value in keywords.items() if value is not None}}
