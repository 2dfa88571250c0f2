"""What pydantic's core schema of a class says: its names, its unions, and the numbers it would let through.

The core schema is the attribute `__pydantic_core_schema__` that pydantic documents on its models; its shape is that of
`pydantic_core.core_schema`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

__all__ = [
    "NOT_SCHEMAS",
    "Lookup",
    "Schema",
    "explosive_unions",
    "extra_of",
    "fields_of",
    "is_model",
    "is_node",
    "is_recursive",
    "lookups",
    "names_in",
    "nodes",
    "resolve",
    "wrappers",
]

Schema: TypeAlias = dict[str, Any]

Lookup: TypeAlias = list[str | int]
"""A path from which a field is read; its first part is a member of the payload."""

# Members of a schema node in which no schema of a JSON value stands.
NOT_SCHEMAS = frozenset({"metadata", "default", "serialization", "config", "expected", "python_schema", "members"})


def is_node(value: object) -> bool:
    # A map of fields may hold a field called "type"; its value is a schema, not a string.
    return isinstance(value, dict) and isinstance(value.get("type"), str)


def _children(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, dict):
        skipped = NOT_SCHEMAS if is_node(node) else frozenset()
        yield from ((key, value) for key, value in node.items() if key not in skipped)
    elif isinstance(node, list | tuple):
        yield from enumerate(node)


def nodes(schema: Any, *, into_models: bool = True) -> Iterator[Schema]:
    """Every schema node that a JSON value can meet, definitions included; references are not followed."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if is_node(value):
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


def is_model(node: Schema) -> bool:
    """Whether a node is that of a model or dataclass."""
    return node["type"] in {"model", "dataclass"}


def wrappers(schema: Schema) -> Iterator[Schema]:
    """The validators around a model, and around its fields as a whole."""
    definitions: dict[str, Schema] = {}
    while True:
        kind = schema["type"]
        if kind == "definitions":
            definitions.update({inner["ref"]: inner for inner in schema["definitions"]})
        if kind == "definition-ref":
            schema = definitions[schema["schema_ref"]]
            continue
        if kind.startswith("function-"):
            yield schema
        if "schema" not in schema:
            return
        schema = schema["schema"]


def extra_of(model: Schema) -> str:
    """What a `model` or `dataclass` node does with members that it does not declare: ignore, forbid or allow."""
    inner = model["schema"]
    while inner["type"].startswith("function-"):
        inner = inner["schema"]
    extra: str = inner.get("extra_behavior") or model.get("config", {}).get("extra_fields_behavior") or "ignore"
    return extra


def lookups(name: str, field: Schema, model: Schema) -> list[Lookup]:
    """Where a payload may carry a field, in the order in which it is looked for."""
    alias = field.get("validation_alias")
    if alias is None:
        return [[name]]
    choices = [alias] if isinstance(alias, str) or not isinstance(alias[0], list) else alias
    found: list[Lookup] = [[choice] if isinstance(choice, str) else choice for choice in choices]
    config = model.get("config", {})
    if config.get("validate_by_name") or config.get("populate_by_name"):
        found.append([name])
    return found


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
        if is_node(value) and value["type"] == "definition-ref":
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
