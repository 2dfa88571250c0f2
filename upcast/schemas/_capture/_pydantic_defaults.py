"""What an absent field means to pydantic."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pydantic
from pydantic_core import MISSING, SchemaSerializer, SchemaValidator, core_schema, to_json

from upcast._door._core_schema import Schema, nodes
from upcast.schemas._capture._fingerprints import canonical_json, check, digest, library_name, secret_digest
from upcast.schemas._capture._pydantic_walking import Config
from upcast.schemas.shapes import Hashed, Made, Static

__all__ = ["default_of"]

_CONSTANT = (
    bool,
    bytes,
    collections.Counter,
    collections.OrderedDict,
    collections.deque,
    dict,
    float,
    frozenset,
    int,
    list,
    set,
    str,
    tuple,
)
# Values that are written as they are by the nodes of these types.
_ALIKE = {bool: "bool", int: "int", str: "str"}
_SECRETS = (pydantic.SecretStr, pydantic.SecretBytes, pydantic.Secret)


def default_of(node: Schema, definitions: Mapping[str, Schema], config: Config) -> Static | Hashed | Made | None:
    """The default of a field with this schema; None where absence is a value of its own."""
    if node["type"] != "default":
        return None
    if "default_factory" in node:
        factory = node["default_factory"]
        if node.get("default_factory_takes_data") or not _is_constant(factory):
            return Made(by=check("factory", factory))
        try:
            value = factory()
        except Exception:  # a class with a field that must be given
            return Made(by=check("factory", factory))
    elif "default" in node:
        value = node["default"]
    else:
        return None
    return None if value is MISSING else _static(value, node, definitions, config)


def _static(value: Any, node: Schema, definitions: Mapping[str, Schema], config: Config) -> Static | Hashed | Made:
    validates = node.get("validate_default")
    if config.get("validate_default") if validates is None else validates:
        try:
            value = SchemaValidator(*_own(node, definitions, config)).validate_python(value)
        except Exception:  # a default that its own field refuses is none that anybody could know
            return Made(by=digest(["refused", type(value).__name__]))
    if _is_secret(value, node, definitions):
        return Hashed(digest=secret_digest(_revealed(value)))
    try:
        return Static(json=canonical_json(_written(value, node, definitions, config)))
    except Exception:
        return Made(by=digest(["unwritable", type(value).__name__]))


def _written(value: Any, node: Schema, definitions: Mapping[str, Schema], config: Config) -> Any:
    """A default as JSON."""
    if value is None:
        return None
    if (
        type(value) in _ALIKE
        and _ALIKE[type(value)] == node["schema"]["type"]
        and "serialization" not in node["schema"]
    ):
        return value  # most are, and a serializer takes long to build
    serializer = SchemaSerializer(*_own(node, definitions, config))
    json = msgspec.json.decode(serializer.to_json(value, by_alias=True, round_trip=True, warnings=False))
    if json is None:
        raise ValueError("a number that JSON has no form for")
    return _in_order(value, json)


def _own(node: Schema, definitions: Mapping[str, Schema], config: Config) -> tuple[Any, Any]:
    """A field's own schema and configuration, as its validator and serializer are built of them."""
    return core_schema.definitions_schema(node["schema"], list(definitions.values())), dict(config)


def _is_constant(factory: Callable[..., Any]) -> bool:
    """Whether a factory is a class that makes the same value whenever it is called."""
    if factory in _CONSTANT:
        return True
    schema = vars(factory).get("__pydantic_core_schema__") if isinstance(factory, type) else None
    return isinstance(schema, dict) and not any(map(_runs_code, nodes(schema)))


def _runs_code(node: Schema) -> bool:
    """Whether a node runs code of a user, which may do whatever it likes."""
    if node["type"].startswith("function-"):
        return not library_name(node["function"]["function"])
    factory = node.get("default_factory")
    return bool(node.get("custom_init") or node.get("post_init")) or not (factory is None or _is_constant(factory))


# --- sets -----------------------------------------------------------------------------------------------------------


def _in_order(value: Any, json: Any) -> Any:
    """The JSON of a value with the items of its sets in a fixed order."""
    if isinstance(json, list) and isinstance(value, set | frozenset):
        return sorted(json, key=canonical_json)
    if isinstance(json, list) and isinstance(value, list | tuple | collections.deque) and len(json) == len(value):
        return [_in_order(inner, item) for inner, item in zip(value, json, strict=True)]
    if isinstance(json, dict) and isinstance(value, Mapping) and len(json) == len(value):
        return {key: _in_order(inner, json[key]) for key, inner in zip(json, value.values(), strict=True)}
    if isinstance(json, dict):
        inner = _members(value)
        return {key: _in_order(inner.get(key), item) for key, item in json.items()}
    return json


def _members(value: Any) -> dict[str, Any]:
    """The fields of an object by the keys under which they are written."""
    if isinstance(value, pydantic.BaseModel):
        fields = type(value).__pydantic_fields__
        return {field.serialization_alias or name: getattr(value, name, None) for name, field in fields.items()}
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
    return {}


# --- secrets --------------------------------------------------------------------------------------------------------


def _is_secret(value: Any, node: Schema, definitions: Mapping[str, Schema]) -> bool:
    """Whether a field may hold a secret, or its default does."""
    if value is None:
        return False
    seen: set[str] = set()
    waiting = [node["schema"]]
    while waiting:
        for inner in nodes(waiting.pop()):
            if inner["type"] == "definition-ref" and inner["schema_ref"] not in seen:
                seen.add(inner["schema_ref"])
                waiting.append(definitions.get(inner["schema_ref"], {}))
            serializer = inner.get("serialization", {})
            if library_name(serializer.get("function")).startswith("_serialize_secret"):
                return True
    return isinstance(value, _SECRETS)


def _revealed(value: Any) -> Any:
    """A value with its secrets told, as JSON."""
    if isinstance(value, _SECRETS):
        return _revealed(value.get_secret_value())
    if isinstance(value, set | frozenset):
        return sorted(map(_revealed, value), key=canonical_json)
    if isinstance(value, list | tuple | collections.deque):
        return [_revealed(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _revealed(item) for key, item in value.items()}
    if isinstance(value, pydantic.BaseModel):
        return {name: _revealed(item) for name, item in value}
    if isinstance(value, bytes):
        return value.hex()
    try:
        return msgspec.json.decode(to_json(value))
    except Exception:
        return type(value).__name__
