"""The decoder that pydantic makes of a class whose reader is a given view."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, get_args

import msgspec
from pydantic_core import PydanticCustomError, SchemaValidator, ValidationError, core_schema

from upcast._door._door import MAX_PROBLEMS, Refusal, dotted
from upcast._door._validating import Look, bounded, can_be_bounded, finite_only, validator
from upcast.errors import FieldProblem, MalformedEvent
from upcast.schemas._rebuild._defaults import default_of
from upcast.schemas._rebuild._places import names_of
from upcast.schemas._rebuild._pydantic_formats import BYTES, Schema, formatted, in_encoding, text
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
    Numeric,
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

__all__ = ["pydantic_decoder", "teller"]

_ERROR_TYPES = frozenset((*get_args(core_schema.ErrorType), "number_out_of_range"))

_BOUNDS = {
    "minimum": "ge",
    "exclusive_minimum": "gt",
    "maximum": "le",
    "exclusive_maximum": "lt",
    "multiple_of": "multiple_of",
}
_OUTSIDE = "outside of a record"
_EXTRA: dict[str, Any] = {"ignore": "ignore", "keep": "allow", "forbid": "forbid"}


def pydantic_decoder(view: View) -> Callable[[bytes], object]:
    """A decoder by pydantic; it raises `Refused`."""
    return refusing(_validator(view, view.root), teller(names_of(view)))


def teller(names: frozenset[str]) -> Callable[[BaseException], Refusal]:
    """Says what a validator has against a payload; *names* are those of the class, all others are the payload's."""

    def refusal(error: BaseException) -> Refusal:
        if isinstance(error, MalformedEvent):
            return Refusal(malformed=error.detail)
        if not isinstance(error, ValidationError):
            return Refusal(exception=type(error).__qualname__)
        found = error.errors(include_url=False, include_context=False, include_input=False)[:MAX_PROBLEMS]
        if found[0]["type"] == "json_invalid":
            return Refusal(malformed="not-json")
        return Refusal(problems=tuple(FieldProblem(dotted(each["loc"], names), _kind(each["type"])) for each in found))

    return refusal


def _kind(error_type: str) -> str:
    # A type that the user's code made up may hold a value.
    return error_type if error_type in _ERROR_TYPES else "custom_error"


def _validator(view: View, shape: AnyShape) -> Callable[[bytes], Any]:
    schema = _Builder(view).whole(shape)
    if not can_be_bounded():
        return finite_only(SchemaValidator(schema).validate_json)
    schema = bounded(schema)
    return Look.at(schema).guarded(validator(schema))


class _Builder:
    """Makes core schemas of the shapes of one view."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.definitions: dict[str, Schema | None] = {}  # None while it is being made
        # How bytes are written in the innermost record, which can say it once for all; empty where none were met.
        self.encodings: list[str] = [_OUTSIDE]

    def whole(self, shape: AnyShape) -> Schema:
        """The schema of *shape* and of all that it refers to."""
        schema = self.of(shape)
        definitions = [found for found in self.definitions.values() if found is not None]
        return core_schema.definitions_schema(schema, definitions) if definitions else schema

    def of(self, shape: AnyShape) -> Schema:
        """The schema of *shape*."""
        strict = shape.strict or None
        match shape:
            case Reference():
                return self.reference(shape)
            case Record():
                return self.record(shape)
            case Unions():
                return self.union(shape)
            case Tagged():
                choices = {each.tag: self.variant(shape.discriminator, each) for each in shape.variants}
                return core_schema.tagged_union_schema(choices, shape.discriminator, strict=strict)
            case Array():
                return self.array(shape)
            case TupleOf():
                rest = [] if shape.rest is None else [self.of(shape.rest)]
                variadic = len(shape.items) if rest else None
                return core_schema.tuple_schema(
                    [*map(self.of, shape.items), *rest], variadic_item_index=variadic, strict=strict
                )
            case MapOf():
                keys, values = self.of(shape.keys), self.of(shape.values)
                low, high = shape.min_entries, shape.max_entries
                return core_schema.dict_schema(keys, values, min_length=low, max_length=high, strict=strict)
            case Formatted():
                return self.formatted(shape)
            case _:
                return _scalar(shape)

    def reference(self, shape: Reference) -> Schema:
        # A reference may be stricter than what it stands for.
        name = f"{shape.name} strict" if shape.strict else shape.name
        if name not in self.definitions:
            self.definitions[name] = None
            target = self.view.definitions[shape.name]
            if shape.strict:
                target = msgspec.structs.replace(target, strict=True)
            self.encodings.append(_OUTSIDE)
            made = self.of(target)
            self.encodings.pop()
            # What is made of a definition that is nothing but another one already refers to that.
            self.definitions[name] = {
                **(core_schema.chain_schema([made]) if "schema_ref" in made else made),
                "ref": name,
            }
        return core_schema.definition_reference_schema(name)

    def variant(self, key: str, variant: Variant) -> Schema:
        target = self.view.resolve(variant.shape)
        if not isinstance(target, Record) or any((key,) in member.places for member in target.members):
            return self.of(variant.shape)
        # A class that does not declare its tag has it all the same.
        tag = Member(name=key, shape=Enumeration(values=(variant.tag,)), required=True)
        return self.of(msgspec.structs.replace(target, members=(tag, *target.members)))

    def record(self, shape: Record) -> Schema:
        self.encodings.append("")
        fields = {member.name: self.member(member) for member in shape.members}
        extras = None if shape.extras is None else self.of(shape.extras)
        encoding: Any = self.encodings.pop()
        return core_schema.typed_dict_schema(
            fields,
            extra_behavior=_EXTRA[shape.extra],
            extras_schema=extras,
            strict=shape.strict or None,
            config=core_schema.CoreConfig(val_json_bytes=encoding) if encoding else None,
        )

    def member(self, member: Member) -> core_schema.TypedDictField:
        schema = self.of(member.shape)
        if member.default is not None:
            default, view, shape = member.default, self.view, member.shape

            @functools.cache
            def make() -> Any:
                return default_of(default, _validator(view, shape))

            schema = core_schema.with_default_schema(schema, default_factory=make)
        places: Any = [list(path) for path in member.keys]
        if len(places) == 1:
            places = places[0] if len(places[0]) > 1 else places[0][0]
        return core_schema.typed_dict_field(schema, required=member.required, validation_alias=places or None)

    def union(self, shape: Unions) -> Schema:
        members = [self.of(member) for member in shape.members if not isinstance(member, Null)]
        mode: Any = shape.mode.replace("-", "_")
        choices: Any = members
        if not members:
            return core_schema.none_schema()
        schema = members[0] if len(members) == 1 else core_schema.union_schema(choices, mode=mode)
        return core_schema.nullable_schema(schema) if len(members) < len(shape.members) else schema

    def array(self, shape: Array) -> Schema:
        items, strict = self.of(shape.items), shape.strict or None
        low, high = shape.min_items, shape.max_items
        if not shape.unique:
            return core_schema.list_schema(items, min_length=low, max_length=high, strict=strict)
        if _is_hashable(self.view, shape.items):
            return core_schema.frozenset_schema(items, min_length=low, max_length=high, strict=strict)
        # Objects of the class could be counted in a set; the dicts that stand for them cannot.
        return core_schema.no_info_after_validator_function(
            functools.partial(_different, low or 0, high), core_schema.list_schema(items, strict=strict)
        )

    def formatted(self, shape: Formatted) -> Schema:
        schema = formatted(shape)
        if schema is None:
            return core_schema.str_schema(min_length=shape.min_length, max_length=shape.max_length)
        if shape.format == BYTES:
            encoding = shape.encoding or "utf8"
            if self.encodings[-1] in {"", encoding}:
                self.encodings[-1] = encoding
            else:
                return in_encoding(schema, encoding)
        return schema


def _scalar(shape: AnyShape) -> Schema:
    strict = shape.strict or None
    match shape:
        case Null():
            return core_schema.none_schema()
        case Boolean():
            return core_schema.bool_schema(strict=strict)
        case Integer():
            return core_schema.int_schema(strict=strict, **_limits(shape, lambda bound: bound))
        case Number():
            return core_schema.float_schema(strict=strict, **_limits(shape, lambda bound: bound))
        case DecimalNumber():
            return core_schema.decimal_schema(
                strict=strict,
                max_digits=shape.max_digits,
                decimal_places=shape.decimal_places,
                **_limits(shape, lambda bound: Decimal(str(bound))),
            )
        case Text():
            return text(shape)
        case Enumeration():
            literal = core_schema.literal_schema(list(shape.values))
            if not shape.strict:
                return literal
            return core_schema.no_info_before_validator_function(functools.partial(_exactly, shape.values), literal)
        case Anything() | Opaque():
            return core_schema.any_schema()
        case _:
            raise AssertionError(type(shape))


def _exactly(values: Iterable[Any], value: Any) -> Any:
    """A value of the same JSON type: a literal takes true and 1.0 for 1."""
    if any(type(value) is type(each) and value == each for each in values):
        return value
    raise PydanticCustomError("enum", "None of the values")


def _limits(shape: Numeric, read: Callable[[Any], Any]) -> dict[str, Any]:
    limits = ((key, getattr(shape, name)) for name, key in _BOUNDS.items())
    return {key: read(limit) for key, limit in limits if limit is not None}


def _is_hashable(view: View, shape: AnyShape, within: frozenset[str] = frozenset()) -> bool:
    """Whether what stands for a value can be in a set."""
    match shape:
        case Reference(name=name):
            return name not in within and _is_hashable(view, view.definitions[name], within | {name})
        case Array(unique=unique, items=items):
            return unique and _is_hashable(view, items, within)
        case TupleOf(items=items, rest=rest):
            return all(_is_hashable(view, item, within) for item in (*items, rest) if item is not None)
        case Unions(members=members):
            return all(_is_hashable(view, member, within) for member in members)
        case Record() | Tagged() | MapOf() | Opaque() | Formatted(format="json"):
            return False
        case _:
            return True


def _different(low: int, high: int | None, items: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        if item not in found:
            found.append(item)
    if len(found) < low:
        raise PydanticCustomError("too_short", "Too few different items")
    if high is not None and len(found) > high:
        raise PydanticCustomError("too_long", "Too many different items")
    return found
