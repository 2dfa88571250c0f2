"""What pydantic's core schema of a class says: its names, its unions, and the numbers it would let through.

The core schema is the attribute `__pydantic_core_schema__` that pydantic documents on its models; its shape is that of
`pydantic_core.core_schema`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeAlias

from pydantic_core import PydanticCustomError, core_schema

from upcast._door._decimals import in_range

__all__ = ["Schema", "bounded", "explosive_unions", "fields_of", "is_recursive", "names_in", "nodes", "resolve"]

Schema: TypeAlias = dict[str, Any]

# Members of a schema node in which no schema of a JSON value stands.
_NOT_SCHEMAS = frozenset({"metadata", "default", "serialization", "config", "expected", "python_schema", "members"})

_FAIL_FAST = {
    f"{kind}"
    for kind in ("list", "set", "frozenset", "tuple", "dict")
    if "fail_fast" in inspect.signature(getattr(core_schema, f"{kind}_schema")).parameters
}


def _is_node(value: object) -> bool:
    # A map of fields may hold a field called "type"; its value is a schema, not a string.
    return isinstance(value, dict) and isinstance(value.get("type"), str)


def _children(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, dict):
        skipped = _NOT_SCHEMAS if _is_node(node) else frozenset()
        yield from ((key, value) for key, value in node.items() if key not in skipped)
    elif isinstance(node, list | tuple):
        yield from enumerate(node)


def nodes(schema: Any, *, into_models: bool = True) -> Iterator[Schema]:
    """Every schema node that a JSON value can meet, definitions included; references are not followed."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if _is_node(value):
            yield value
            if not into_models and value["type"] in {"model", "dataclass"}:
                continue
        waiting.extend(child for _, child in _children(value) if isinstance(child, dict | list | tuple))


def names_in(schema: Schema) -> frozenset[str]:
    """Every name the class itself gives: fields, aliases, models, tags. Anything else may come from a payload."""
    names: set[str] = set()
    for node in nodes(schema):
        fields = node.get("fields")
        if isinstance(fields, dict):
            names.update(fields)
        names.update(_strings(node.get("validation_alias")))
        names.update(_strings(node.get("name")), _strings(node.get("model_name")), _strings(node.get("alias")))
        if node["type"] == "tagged-union":
            names.update(tag for tag in node["choices"] if isinstance(tag, str))
        cls = node.get("cls")
        if isinstance(cls, type):
            names.add(cls.__name__)
    return frozenset(names)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


# --- the top level --------------------------------------------------------------------------------------------------


def resolve(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """The schema behind definitions, references and validators around it."""
    while True:
        kind = schema["type"]
        if kind == "definitions":
            definitions.update({inner["ref"]: inner for inner in schema["definitions"]})
            schema = schema["schema"]
        elif kind == "definition-ref":
            schema = definitions[schema["schema_ref"]]
        elif kind.startswith("function-") and "schema" in schema:
            schema = schema["schema"]
        else:
            return schema


def fields_of(model: Schema) -> dict[str, Schema]:
    """The fields of a `model` or `dataclass` node, by name; empty for a root model."""
    inner = model["schema"]
    while inner["type"].startswith("function-"):
        inner = inner["schema"]
    fields = inner.get("fields", {})
    return fields if isinstance(fields, dict) else {field["name"]: field for field in fields}


# --- unions that explode --------------------------------------------------------------------------------------------


def explosive_unions(schema: Schema) -> bool:
    """Whether a payload can double the work at each level: an untagged union, two of whose choices lead back to it.

    The smart mode of a union tries every choice; where two of them take the same kind of JSON value and hold the
    union again, 119 bytes cost seconds and a gigabyte (pydantic/pydantic#8709).
    """
    definitions = {node["ref"]: node for node in nodes(schema) if "ref" in node}
    for node in nodes(schema):
        if node["type"] == "union":
            kinds = [
                _json_kind(choice, definitions)
                for choice in map(_choice, node["choices"])
                if _leads_to(choice, node, definitions)
            ]
            if any(kinds.count(kind) > 1 for kind in kinds) or ("any" in kinds and len(kinds) > 1):
                return True
    return False


def is_recursive(schema: Schema) -> bool:
    """Whether a payload decides how deep the validator recurses."""
    definitions = {node["ref"]: node for node in nodes(schema) if "ref" in node}
    return any(
        _leads_to(child, node, definitions)
        for node in definitions.values()
        for _, child in _children(node)
        if isinstance(child, dict | list | tuple)
    )


def _choice(choice: Any) -> Schema:
    found: Schema = choice[0] if isinstance(choice, tuple) else choice
    return found


def _leads_to(start: Any, goal: Schema, definitions: dict[str, Schema]) -> bool:
    seen: set[int] = set()
    waiting: list[Any] = [start]
    while waiting:
        value = waiting.pop()
        if value is goal:
            return True
        if id(value) in seen:
            continue
        seen.add(id(value))
        if _is_node(value) and value["type"] == "definition-ref":
            waiting.append(definitions.get(value["schema_ref"], {}))
        waiting.extend(child for _, child in _children(value) if isinstance(child, dict | list | tuple))
    return False


def _json_kind(schema: Schema, definitions: dict[str, Schema]) -> str:
    for _ in range(100):  # wrappers nest a few levels; a cycle of nothing but references is no schema
        kind = schema["type"]
        if kind == "definition-ref":
            schema = definitions[schema["schema_ref"]]
        elif kind in {"model", "model-fields", "typed-dict", "dataclass", "dataclass-args", "dict"}:
            return "object"
        elif kind in {"list", "set", "frozenset", "tuple", "generator"}:
            return "array"
        elif isinstance(schema.get("schema"), dict):
            schema = schema["schema"]
        else:
            break
    return "any"


# --- numbers that are none ------------------------------------------------------------------------------------------


def bounded(schema: Any) -> Any:
    """A copy of a schema that takes finite numbers only, no Decimal of absurd size, and stops at the first bad item.

    pydantic takes NaN and infinity for a float, also as text and in strict mode; and it lists every bad item of a
    list, which for a megabyte of them costs seconds.
    """
    if isinstance(schema, list | tuple):
        return type(schema)(bounded(item) for item in schema)
    if not isinstance(schema, dict):
        return schema
    skipped = _NOT_SCHEMAS if _is_node(schema) else frozenset()
    copy = {key: value if key in skipped else bounded(value) for key, value in schema.items()}
    if not _is_node(copy):
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
