"""What validates JSON text by a core schema of pydantic, within the bounds of this library.

pydantic takes NaN and infinity for a float and in what it does not read, numbers of any size for a Decimal, and lists
every bad item of a list.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

import attrs
import pydantic
from pydantic_core import PydanticCustomError, SchemaValidator, ValidationError, core_schema

from upcast._door._core_schema import NOT_SCHEMAS, Schema, extra_of, is_model, is_node, nodes
from upcast._door._decimals import in_range
from upcast._json import is_finite, parse, unreadable

__all__ = ["Look", "bounded", "can_be_bounded", "finite_only", "validator"]

Validate: TypeAlias = Callable[[bytes], object]

_FAIL_FAST = {
    f"{kind}"
    for kind in ("list", "set", "frozenset", "tuple", "dict")
    if "fail_fast" in inspect.signature(getattr(core_schema, f"{kind}_schema")).parameters
}

_N, _I = b"NI"


def bounded(schema: Any) -> Any:
    """A copy of a schema that takes finite numbers only, no Decimal of absurd size, and stops at the first bad item.

    pydantic takes NaN and infinity for a float, also as text and in strict mode; and it lists every bad item of a
    list, which for a megabyte of them costs seconds.
    """
    if isinstance(schema, list | tuple):
        return type(schema)(bounded(item) for item in schema)
    if not isinstance(schema, dict):
        return schema
    skipped = NOT_SCHEMAS if is_node(schema) else frozenset()
    copy = {key: value if key in skipped else bounded(value) for key, value in schema.items()}
    if not is_node(copy):
        return copy
    if copy["type"] == "float":
        copy["allow_inf_nan"] = False
    elif copy["type"] == "decimal":
        copy["allow_inf_nan"] = False
        return core_schema.no_info_after_validator_function(_check_decimal, copy)
    elif copy["type"] in _FAIL_FAST:
        copy["fail_fast"] = True
    return copy


def _check_decimal(value: Decimal) -> Decimal:
    if in_range(value):
        return value
    raise PydanticCustomError("number_out_of_range", "Number out of range")


def validator(schema: Schema) -> Validate:
    """What validates by a bounded schema."""
    # A class's finished validator would otherwise be taken for each nested class, without the bounds.
    return SchemaValidator(schema, _use_prebuilt=False).validate_json


@attrs.frozen
class Look:
    """What a bounded validator does not judge, and somebody must look at.

    Attributes:
        has_text: Whether the class holds JSON text inside of text.
        may_hold_any: Whether a field takes whatever the parser makes of a number.
    """

    has_text: bool
    may_hold_any: bool

    @classmethod
    def at(cls, schema: Schema) -> Look:
        """What must be looked at for a class."""
        kinds = {node["type"] for node in nodes(schema)}
        extras = map(extra_of, filter(is_model, nodes(schema)))
        return cls("json" in kinds, bool(kinds & {"any", "function-plain"}) or "allow" in extras)

    def written(self, validate_json: Validate) -> Validate:
        """A validator for texts that an encoder of ours wrote, in which no NaN can stand."""
        return self._closer(validate_json) or validate_json

    def guarded(self, validate_json: Validate, opening: bytes = b"{") -> Validate:
        """A validator for texts from anywhere.

        Args:
            validate_json: The validator.
            opening: What is put in the place of the first brace; a text that does not begin with it stays malformed.
        """

        def opened(data: bytes) -> object:
            return validate_json(data.replace(b"{", opening, 1))

        closer = self._closer(validate_json if opening == b"{" else opened)
        if closer is not None:
            return closer

        # Written out twice, since a call costs as much as the look; and one letter, by its number, is found many times
        # faster than a word.
        def decode(data: bytes) -> object:
            if (_N in data and data.find(b"NaN") >= 0) or (_I in data and data.find(b"Infinity") >= 0):
                parse(data)
            return validate_json(data)

        def decode_opened(data: bytes) -> object:
            if (_N in data and data.find(b"NaN") >= 0) or (_I in data and data.find(b"Infinity") >= 0):
                parse(data)
            return validate_json(data.replace(b"{", opening, 1))

        return decode if opening == b"{" else decode_opened

    def _closer(self, decode: Validate) -> Validate | None:
        if self.has_text:
            # JSON inside of a text is parsed where no parser of ours has looked.
            return finite_only(decode)
        if not self.may_hold_any:
            return None

        def decode_parsed(data: bytes) -> object:
            parse(data)
            return decode(data)

        return decode_parsed


def finite_only(decode: Validate) -> Validate:
    """A validator of unbounded objects that refuses those which hold a number that is not finite."""

    def decode_and_look(data: bytes) -> object:
        parse(data)
        event = decode(data)
        if not is_finite(event):
            raise unreadable("not-finite")
        return event

    return decode_and_look


class _ProbeItem(pydantic.BaseModel):
    value: float


class _Probe(pydantic.BaseModel):
    items: list[_ProbeItem]


@functools.cache
def can_be_bounded() -> bool:
    """Whether this release of pydantic lets us bound the numbers in a core schema: tried, not assumed."""
    try:
        decode = validator(bounded(_Probe.__pydantic_core_schema__))
        right = decode(b'{"items": [{"value": 1.5}]}') == _Probe(items=[_ProbeItem(value=1.5)])
    except Exception:  # whatever has changed, the class's own validator still serves
        return False
    try:
        decode(b'{"items": [{"value": "NaN"}]}')
    except ValidationError:
        return bool(right)
    return False
