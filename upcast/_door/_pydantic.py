"""The door of pydantic models and pydantic dataclasses: pydantic."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable
from typing import Any, get_args, get_origin

import attrs
import pydantic
import pydantic.dataclasses
from pydantic_core import SchemaSerializer, ValidationError, core_schema

from upcast._door._core_schema import (
    Schema,
    explosive_unions,
    extra_of,
    fields_of,
    is_model,
    is_recursive,
    lookups,
    names_in,
    nodes,
    resolve,
    wrappers,
)
from upcast._door._door import MAX_PROBLEMS, Misreading, Refusal, dotted, nested_constant
from upcast._door._stack import with_room, with_room_for_text
from upcast._door._validating import Look, bounded, can_be_bounded, finite_only, validator
from upcast._json import is_finite, may_hide, unreadable
from upcast.errors import EncodeError, FieldProblem, MalformedEvent

__all__ = ["PydanticDoor", "open_pydantic"]

_NO_OBJECTS = {
    "list",
    "set",
    "frozenset",
    "tuple",
    "str",
    "int",
    "float",
    "bool",
    "decimal",
    "date",
    "datetime",
    "uuid",
}
_ERROR_TYPES = frozenset((*get_args(core_schema.ErrorType), "number_out_of_range"))
_SECRETS = (pydantic.SecretStr, pydantic.SecretBytes, pydantic.Secret)


@attrs.frozen
class PydanticDoor:
    """See `Door`.

    Attributes:
        schema: The core schema that `decode` was made of, or None where the class's own validator serves.
        decoder: Makes a `decode` of a schema like it, and of what is put in the place of the first brace of a text.
    """

    decode: Callable[[bytes], object]
    decode_written: Callable[[bytes], object]
    schema: Schema | None
    decoder: Callable[[Schema, bytes], Callable[[bytes], object]]
    write: Callable[[Any], bytes]
    classes: tuple[type, ...]
    members: frozenset[str]
    required: frozenset[str]
    ignores_unknown: bool
    keeps_unknown: bool
    names: frozenset[str]
    decode_only: str
    sees_all: bool

    # pydantic reads every number with a fraction through a float, so it cannot tell how one was written; and it sets
    # fields in the order of the class.
    keep_literals = False
    order = ()

    def encode(self, event: object) -> bytes:
        """See `Door.encode`."""
        text = self.write(event)
        if may_hide(text) and not is_finite(event):
            raise EncodeError("not-finite", "NaN and infinity have no JSON form")
        return text

    def refusal(self, error: BaseException) -> Refusal:
        """See `Door.refusal`."""
        if isinstance(error, MalformedEvent):
            return Refusal(malformed=error.detail)
        if not isinstance(error, ValidationError):
            return Refusal(exception=type(error).__qualname__)
        found = error.errors(include_url=False, include_context=False, include_input=False)[:MAX_PROBLEMS]
        if found[0]["type"] == "json_invalid":
            return Refusal(malformed="not-json")
        return Refusal(problems=tuple(FieldProblem(dotted(e["loc"], self.names), _kind(e["type"])) for e in found))

    def refused_constant(self, path: tuple[str, ...], text: bytes) -> str:
        """See `Door.refused_constant`."""
        try:
            self.decode(nested_constant(path, text))
        except ValidationError as error:
            for found in error.errors(include_url=False, include_context=False, include_input=False):
                # A validator of the user may object to what stands beside the constant, or does not yet.
                if found["loc"][: len(path)] == path and found["type"] not in {"value_error", "assertion_error"}:
                    return found["type"]
        except Exception:  # a validator that cannot bear an object with one field says nothing about the constant
            return ""
        return ""

    def same(self, one: object, other: object) -> bool:
        """See `Door.same`."""
        if type(one) is not type(other):
            return False
        if isinstance(one, pydantic.BaseModel) and isinstance(other, pydantic.BaseModel):
            # Private and cached attributes take part in a model's equality but are no part of the event.
            fields = type(one).__pydantic_fields__
            pairs = [(one.__dict__.get(name), other.__dict__.get(name)) for name in fields]
            return all(itertools.starmap(self.same, [*pairs, (one.__pydantic_extra__, other.__pydantic_extra__)]))
        if isinstance(one, list | tuple) and isinstance(other, list | tuple):
            return len(one) == len(other) and all(map(self.same, one, other))
        if isinstance(one, dict) and isinstance(other, dict):
            return one.keys() == other.keys() and all(self.same(one[key], other[key]) for key in one)
        return one == other


def _kind(error_type: str) -> str:
    # A type that the user's code made up may hold a value.
    return error_type if error_type in _ERROR_TYPES else "custom_error"


def _object_only(decode: Callable[[bytes], object]) -> Callable[[bytes], object]:
    """*decode* for objects only: code of the class might take anything, which no chain could ever bring on."""

    def decode_object(data: bytes) -> object:
        if not data.lstrip().startswith(b"{"):
            raise unreadable("not-an-object")
        return decode(data)

    return decode_object


def open_pydantic(cls: Any) -> tuple[PydanticDoor | None, list[Misreading]]:
    """The door of *cls*, or why there is none."""
    name = cls.__qualname__
    try:
        # Completes a class whose annotations named what did not exist yet, or that was told to defer its build.
        if issubclass(cls, pydantic.BaseModel):
            cls.model_rebuild()
        else:
            pydantic.dataclasses.rebuild_dataclass(cls)
        schema: Schema = cls.__pydantic_core_schema__
        model = resolve(schema, {})
    except Exception as error:  # whatever it raises, pydantic cannot read this class
        problem = f"pydantic cannot read {name}: {error}"
        return None, [Misreading("misread-class", problem, "Make every type that its annotations name importable.")]
    if explosive_unions(schema):
        problem = f"{name} holds a recursive union without a discriminator: 119 bytes can cost gigabytes"
        return None, [Misreading("recursive-union", problem, "Give the union a discriminator.")]
    fields = fields_of(model)
    if unreadable := _unreadable(schema):
        remedy = "Use a type that pydantic can validate from JSON."
        return None, [
            Misreading("misread-class", f"{w} holds what cannot be read from JSON", remedy) for w in unreadable
        ]
    if model.get("root_model") and model["schema"]["type"] in _NO_OBJECTS:
        problem = f"{name} is no object, but a payload is an object with named members"
        return None, [Misreading("misread-class", problem, "Give the event a field that holds it.")]
    extra = extra_of(model)
    recursive = is_recursive(schema)
    deep = recursive or any(node["type"] == "any" for node in nodes(schema))
    # A validator that runs after the model was made sees the model only.
    before = any(node["type"] != "function-after" for node in wrappers(schema))
    sees_all = bool(model.get("custom_init") or model.get("root_model")) or before

    def around(decode: Callable[[bytes], object]) -> Callable[[bytes], object]:
        decode = _object_only(decode) if sees_all else decode
        return with_room_for_text(decode) if recursive else decode

    # An __init__ of the class goes through the class's own validator, where nothing bounds the numbers.
    own = any(node.get("custom_init") for node in nodes(schema)) or not can_be_bounded()
    edited = None if own else bounded(schema)
    look = Look.at(schema)
    if edited is None:
        decode = decode_written = around(finite_only(cls.__pydantic_validator__.validate_json))
    else:
        validate_json = validator(edited)
        decode, decode_written = around(look.guarded(validate_json)), around(look.written(validate_json))
    paths = {name: lookups(name, field, model) for name, field in fields.items()}
    door = PydanticDoor(
        decode=decode,
        decode_written=decode_written,
        schema=edited,
        decoder=lambda schema, opening: around(look.guarded(validator(schema), opening)),
        write=with_room(_writer(cls)) if deep else _writer(cls),
        classes=tuple(dict.fromkeys(node["cls"] for node in nodes(schema) if isinstance(node.get("cls"), type))),
        members=frozenset(str(path[0]) for found in paths.values() for path in found),
        required=frozenset(
            str(found[0][0])
            for name, found in paths.items()
            if [len(path) for path in found] == [1] and _is_required(fields[name])
        ),
        ignores_unknown=extra == "ignore",
        keeps_unknown=extra == "allow",
        names=names_in(schema),
        decode_only=_decode_only(schema),
        sees_all=sees_all,
    )
    return door, []


def _writer(cls: Any) -> Callable[[Any], bytes]:
    serializer: SchemaSerializer = cls.__pydantic_serializer__
    return functools.partial(serializer.to_json, by_alias=True, round_trip=True, warnings="error")


def _unreadable(schema: Schema) -> list[str]:
    """The fields, in the class or nested in it, that hold what only Python objects can be."""
    return [
        f"{model['cls'].__qualname__}.{name}"
        for model in filter(is_model, nodes(schema))
        for name, field in fields_of(model).items()
        if any(node["type"] in {"is-instance", "is-subclass", "callable"} for node in nodes(field, into_models=False))
    ]


def _decode_only(schema: Schema) -> str:
    """Why what pydantic writes of a class is not what it reads; empty where it is."""
    for model in filter(is_model, nodes(schema)):
        for name, field in fields_of(model).items():
            where = f"{model['cls'].__qualname__}.{name}"
            if field.get("serialization_exclude"):
                return f"{where} is excluded from what is stored"
            if [field.get("serialization_alias", name)] not in lookups(name, field, model):
                return f"{where} is stored under a name that it is not read from"
        for name, annotation in _annotations(model["cls"]):
            if _holds_secret(annotation):
                return f"{model['cls'].__qualname__}.{name} is a secret, stored as asterisks"
    return ""


def _is_required(field: Schema) -> bool:
    return field["schema"]["type"] != "default" and field.get("required") is not False


def _annotations(cls: Any) -> Iterable[tuple[str, Any]]:
    fields = getattr(cls, "model_fields", None) or getattr(cls, "__pydantic_fields__", {})
    return ((name, field.annotation) for name, field in fields.items())


def _holds_secret(annotation: Any) -> bool:
    origin = get_origin(annotation) or annotation
    if isinstance(origin, type) and issubclass(origin, _SECRETS):
        return True
    return any(map(_holds_secret, get_args(annotation)))
