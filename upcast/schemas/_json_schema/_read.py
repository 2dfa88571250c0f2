"""A document of JSON Schema as a view."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

import attrs
import msgspec

from upcast.schemas._capture._definitions import canonical
from upcast.schemas._capture._fingerprints import digest
from upcast.schemas._capture._unions import enumeration, flattened, union_of
from upcast.schemas._json_schema._apart import NEVER, NoShape, are_disjoint, spliced
from upcast.schemas._json_schema._forms import decimal_of
from upcast.schemas._json_schema._keywords import Node, not_expressible, typed
from upcast.schemas._json_schema._meet import Meeting
from upcast.schemas._json_schema._types import of_types
from upcast.schemas.errors import BrokenSchema
from upcast.schemas.shapes import (
    AnyShape,
    Anything,
    Array,
    Boolean,
    Enumeration,
    Integer,
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
    Variant,
    View,
)

__all__ = ["view_of"]

# Until draft 7 a reference makes everything beside it void.
_OLD = ("draft-03", "draft-04", "draft-05", "draft-06", "draft-07")
_COMBINING = ("allOf", "anyOf", "oneOf", "$ref", "enum", "const", "unevaluatedProperties")
_NO_OBJECT = (Array, Boolean, Integer, Null, Number, Text, TupleOf, Enumeration)


def view_of(document: object) -> View:
    """The view of a document.

    Raises:
        BrokenSchema: It is no JSON Schema, or refers to something that is not in it.
    """
    try:
        return _Reader(document).view()
    except RecursionError:
        raise BrokenSchema("the JSON Schema is nested too deep") from None


@attrs.frozen
class _Reader:
    """Makes shapes of schemas; what references name is made once each, so that it may contain itself."""

    document: Any
    parts: dict[str, AnyShape] = attrs.field(factory=dict)
    unfinished: set[str] = attrs.field(factory=set)
    meeting: Meeting = attrs.field(init=False)

    @meeting.default
    def _meeting(self) -> Meeting:
        return Meeting(self.parts, self.unfinished)

    def view(self) -> View:
        root = self.referred("#", "#")
        shape = self.parts["#"]
        if isinstance(shape, Unions) and "type" not in self.document:
            # A payload is an object, whether its schema cares to say so or not.
            objects = [member for member in shape.members if not isinstance(member, _NO_OBJECT)]
            self.parts["#"] = union_of(objects) if objects and not shape.checks else shape
        return canonical(root, {name: flattened(part, self.parts) for name, part in self.parts.items()})

    def schema(self, node: Any, place: str) -> AnyShape:
        """The shape of a schema."""
        if isinstance(node, bool):
            return Anything() if node else NEVER
        if not isinstance(node, dict):
            raise BrokenSchema(f"{place}: a JSON Schema is an object, true or false")
        if "$ref" in node and self.is_old:
            node = {word: value for word, value in node.items() if word in {"$ref", "nullable"}}
        word = not_expressible(node)
        if not word and place != "#" and isinstance(node.get("$id"), str) and not node["$id"].startswith("#"):
            word = "$id"  # what is referred to below is in another document
        if word:
            return _unknown(word)
        try:
            shape = self.meeting.all_of(self.asserted(node, place))
            if "unevaluatedProperties" in node:
                shape = self.evaluated(shape, node)
        except NoShape as error:
            return _unknown(str(error) or next((word for word in _COMBINING if word in node), "type"))
        if typed(node, "nullable", bool, place):
            return union_of([*spliced(shape), Null()])
        return shape

    def asserted(self, node: Node, place: str) -> Iterable[AnyShape]:
        """The shapes that a value must fit all of."""
        if "$ref" in node:
            yield self.reference(typed(node, "$ref", str, place) or "", place)
        options = typed(node, "anyOf", list, place)
        conditions = [schema for schema in typed(node, "allOf", list, place) or [] if not _either(schema)]
        base = of_types(node, place, self.schema)
        alternatives = [keys for schema in (node, *(node.get("allOf") or ())) if (keys := _either(schema))]
        yield _with_alternatives(base, alternatives)
        if "const" in node:
            yield _values([node["const"]], "const")
        if "enum" in node:
            yield _values(typed(node, "enum", list, place) or [], "enum")
        for index, schema in enumerate(conditions):
            yield self.schema(schema, f"{place}/allOf/{index}")
        if options is not None and not _either(node):
            yield self.any_of(node, options, f"{place}/anyOf")
        if "oneOf" in node:
            yield self.one_of(node, typed(node, "oneOf", list, place) or [], f"{place}/oneOf")

    def evaluated(self, shape: AnyShape, node: Node) -> AnyShape:
        """*shape* where members that nothing speaks of are forbidden."""
        record = self.meeting.resolve(shape)
        if node["unevaluatedProperties"] is True:
            return shape
        if node["unevaluatedProperties"] is not False or not isinstance(record, Record):
            raise NoShape("unevaluatedProperties")
        return record if record.extra == "keep" else msgspec.structs.replace(record, extra="forbid")

    # --- unions -----------------------------------------------------------------------------------------------------

    def any_of(self, node: Node, options: list[Any], place: str) -> AnyShape:
        shapes = [self.schema(option, f"{place}/{index}") for index, option in enumerate(options)]
        if tagged := self.tagged(node, options, shapes, place):
            return tagged
        if len(shapes) == 2 and (decimal := decimal_of(*shapes)):  # a number and its text
            return decimal
        possible = [member for shape in shapes if shape != NEVER for member in spliced(shape)]
        return union_of(possible) if possible else NEVER

    def one_of(self, node: Node, options: list[Any], place: str) -> AnyShape:
        shapes = [self.schema(option, f"{place}/{index}") for index, option in enumerate(options)]
        if tagged := self.tagged(node, options, shapes, place):
            return tagged
        possible = [shape for shape in shapes if shape != NEVER]
        if not possible:
            return NEVER
        union = union_of(member for shape in possible for member in spliced(shape))
        if all(
            are_disjoint(one, other, self.meeting.resolve)
            for index, one in enumerate(possible)
            for other in possible[index + 1 :]
        ):
            return union
        # A value that fits two of them is refused, which only a check can say.
        check = digest(["oneOf", msgspec.to_builtins(canonical(union, self.parts))])
        members = union.members if isinstance(union, Unions) else (union,)
        return Unions(members=members, checks=(check,))

    def tagged(self, node: Node, options: list[Any], shapes: list[AnyShape], place: str) -> AnyShape | None:
        """The union of objects that a discriminator tells apart; None where it does not."""
        discriminator = typed(node, "discriminator", dict, place)
        key = discriminator.get("propertyName") if discriminator else None
        if not isinstance(key, str):
            return None
        mapping = typed(discriminator or {}, "mapping", dict, place) or {}
        variants: dict[object, Variant] = {}
        nulls = [shape for shape in shapes if shape == Null()]
        for option, shape in zip(options, shapes, strict=True):
            if shape == Null():
                continue
            for tag in self.tags(option, shape, key, mapping):
                if repr(tag) in variants:
                    return None
                variants[repr(tag)] = Variant(tag=tag, shape=shape)
            if not any(variant.shape == shape for variant in variants.values()):
                return None
        ordered = sorted(variants.values(), key=lambda variant: (isinstance(variant.tag, str), variant.tag))
        return union_of([Tagged(discriminator=key, variants=tuple(ordered)), *nulls]) if ordered else None

    def tags(self, option: Any, shape: AnyShape, key: str, mapping: Node) -> list[Any]:
        """The values of the discriminator that stand for one of the objects."""
        ref = option.get("$ref") if isinstance(option, dict) else None
        last = ref.rpartition("/")[2] if isinstance(ref, str) else None
        mapped = [tag for tag, to in mapping.items() if last is not None and str(to).rpartition("/")[2] == last]
        try:
            record = self.meeting.resolve(shape)
        except NoShape:
            return mapped
        if not isinstance(record, Record):
            return mapped
        declared = next((member.shape for member in record.members if member.key == key), None)
        if isinstance(declared, Enumeration):
            return [tag for tag in declared.values if tag is not None]
        # Where the object does not say it, its name does: so it is in OpenAPI.
        return mapped or ([last] if last else [])

    # --- references -------------------------------------------------------------------------------------------------

    @property
    def is_old(self) -> bool:
        dialect = self.document.get("$schema") if isinstance(self.document, dict) else None
        return isinstance(dialect, str) and any(draft in dialect for draft in _OLD)

    def reference(self, ref: str, place: str) -> AnyShape:
        base, _, pointer = ref.partition("#")
        root = self.document.get("$id") or self.document.get("id") or ""
        if base and base != str(root).partition("#")[0]:
            return Opaque(reason="the keyword '$ref' of JSON Schema: it leads to another document")
        pointer = unquote(pointer)
        if pointer and not pointer.startswith("/"):
            return Opaque(reason="the keyword '$ref' of JSON Schema: it leads to an anchor")
        found = self.referred(f"#{pointer}", place)
        # What needs no name is not made to look like more.
        return self.parts[found.name] if self.parts[found.name] == Anything() else found

    def referred(self, name: str, place: str) -> Reference:
        if name not in self.parts:
            node = self.found(name, place)
            self.parts[name] = NEVER  # holds the place while it is met inside itself
            self.unfinished.add(name)
            self.parts[name] = self.schema(node, name)
            self.unfinished.discard(name)
        return Reference(name=name)

    def found(self, name: str, place: str) -> Any:
        node = self.document
        for part in name.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and key in node:
                node = node[key]
            elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            else:
                raise BrokenSchema(f"{place}: the JSON Schema refers to {name!r}, which is not in it")
        return node


def _unknown(word: str) -> Opaque:
    return Opaque(reason=f"the keyword {word!r} of JSON Schema")


def _values(values: list[Any], word: str) -> AnyShape:
    if not values:
        return NEVER
    shape = enumeration(values)
    if shape is None:
        raise NoShape(word)
    return shape


# --- members that stand under one of several keys -------------------------------------------------------------------


def _either(schema: Any) -> tuple[str, ...]:
    """The keys of which a schema demands one; none where it says anything else with `anyOf`."""
    options = schema.get("anyOf") if isinstance(schema, dict) else None
    if not isinstance(options, list) or len(options) < 2:  # one of one is no choice
        return ()
    keys = [option["required"] for option in options if isinstance(option, dict) and option.keys() == {"required"}]
    if len(keys) < len(options) or not all(isinstance(each, list) and len(each) == 1 for each in keys):
        return ()
    return tuple(each[0] for each in keys)


def _with_alternatives(shape: AnyShape, alternatives: list[tuple[str, ...]]) -> AnyShape:
    """*shape*, an object, with one member for each set of keys of which one is demanded."""
    for keys in alternatives:
        members = {member.key: member for member in shape.members} if isinstance(shape, Record) else {}
        chosen = [members.get(key) for key in keys]
        first = chosen[0]
        alike = first is not None and all(
            member is not None and member.shape == first.shape and not member.required for member in chosen
        )
        if not alike or first is None or not isinstance(shape, Record):
            raise NoShape("anyOf")
        one = Member(name=first.name, keys=tuple((key,) for key in keys), shape=first.shape, required=True)
        kept = [
            one if member is first else member for member in shape.members if member is first or member not in chosen
        ]
        shape = msgspec.structs.replace(shape, members=tuple(kept))
    return shape
