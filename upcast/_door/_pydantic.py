"""The door of pydantic models and pydantic dataclasses: pydantic."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable
from typing import Any, get_args, get_origin

import attrs
import pydantic
import pydantic.dataclasses
from pydantic_core import SchemaSerializer, SchemaValidator, ValidationError, core_schema

from upcast._door._core_schema import (
    Schema,
    bounded,
    explosive_unions,
    fields_of,
    is_recursive,
    names_in,
    nodes,
    resolve,
)
from upcast._door._door import MAX_PROBLEMS, Misreading, Refusal, dotted, nested_constant
from upcast._door._stack import with_room, with_room_for_text
from upcast._json import is_finite, may_hide, parse, unreadable
from upcast.errors import EncodeError, FieldProblem, MalformedEvent

__all__ = ["PydanticDoor", "open_pydantic", "validator"]

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
_N, _I = b"NI"
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
    extra = _extra(model)
    recursive = is_recursive(schema)
    deep = recursive or any(node["type"] == "any" for node in nodes(schema))
    sees_all = bool(model.get("custom_init") or model.get("root_model")) or _has_model_validator(schema, model)
    kinds = frozenset(node["type"] for node in nodes(schema))
    may_hold_any = bool(kinds & {"any", "function-plain"}) or "allow" in map(_extra, filter(_is_model, nodes(schema)))

    def around(decode: Callable[[bytes], object]) -> Callable[[bytes], object]:
        decode = _object_only(decode) if sees_all else decode
        return with_room_for_text(decode) if recursive else decode

    def guarded(
        validate_json: Callable[[bytes], object], *, written: bool = False, opening: bytes = b"{"
    ) -> Callable[[bytes], object]:
        has_text = "json" in kinds
        return around(
            _guarded(validate_json, has_text=has_text, may_hold_any=may_hold_any, written=written, opening=opening)
        )

    # An __init__ of the class goes through the class's own validator, where nothing bounds the numbers.
    own = any(node.get("custom_init") for node in nodes(schema)) or not _can_be_bounded()
    edited = None if own else bounded(schema)
    if edited is None:
        decode = decode_written = around(_finite_only(cls.__pydantic_validator__.validate_json))
    else:
        validate_json = validator(edited)
        decode, decode_written = guarded(validate_json), guarded(validate_json, written=True)
    accepted = {name: _accepted(name, field, model) for name, field in fields.items()}
    door = PydanticDoor(
        decode=decode,
        decode_written=decode_written,
        schema=edited,
        decoder=lambda schema, opening: guarded(validator(schema), opening=opening),
        write=with_room(_writer(cls)) if deep else _writer(cls),
        classes=tuple(dict.fromkeys(node["cls"] for node in nodes(schema) if isinstance(node.get("cls"), type))),
        members=frozenset(alias for aliases in accepted.values() for alias in aliases)
        | {path[0] for field in fields.values() for path in _alias_paths(field)},
        required=frozenset(
            next(iter(accepted[name]))
            for name, field in fields.items()
            if len(accepted[name]) == 1 and field["schema"]["type"] != "default" and field.get("required") is not False
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
        for model in filter(_is_model, nodes(schema))
        for name, field in fields_of(model).items()
        if any(node["type"] in {"is-instance", "is-subclass", "callable"} for node in nodes(field, into_models=False))
    ]


# --- reading --------------------------------------------------------------------------------------------------------


def validator(schema: Schema) -> Callable[[bytes], object]:
    """What validates by a bounded schema."""
    # A class's finished validator would otherwise be taken for each nested class, without the bounds.
    return SchemaValidator(schema, _use_prebuilt=False).validate_json


def _guarded(
    validate_json: Callable[[bytes], object], *, has_text: bool, may_hold_any: bool, written: bool, opening: bytes
) -> Callable[[bytes], object]:
    """A bounded validator, with a look at what it does not judge.

    Args:
        validate_json: The validator.
        has_text: Whether the class holds JSON text inside of text.
        may_hold_any: Whether a field takes whatever the parser makes of a number.
        written: Whether the texts are those that an encoder of ours wrote.
        opening: What is put in the place of the first brace; a text that does not begin with it stays malformed.
    """

    def decode_other(data: bytes) -> object:
        return validate_json(data.replace(b"{", opening, 1))

    decode = validate_json if opening == b"{" else decode_other
    if has_text:
        # JSON inside of a text is parsed where no parser of ours has looked.
        return _finite_only(decode)
    if may_hold_any:

        def decode_open(data: bytes) -> object:
            parse(data)
            return decode(data)

        return decode_open
    if written:
        return decode

    # One letter, by its number, is found many times faster than a word.
    def decode_finite(data: bytes) -> object:
        if (_N in data and data.find(b"NaN") >= 0) or (_I in data and data.find(b"Infinity") >= 0):
            parse(data)
        return validate_json(data)

    def decode_finite_other(data: bytes) -> object:
        if (_N in data and data.find(b"NaN") >= 0) or (_I in data and data.find(b"Infinity") >= 0):
            parse(data)
        return validate_json(data.replace(b"{", opening, 1))

    return decode_finite if opening == b"{" else decode_finite_other


def _finite_only(decode: Callable[[bytes], object]) -> Callable[[bytes], object]:
    def decode_and_look(data: bytes) -> object:
        parse(data)
        event = decode(data)
        if not is_finite(event):
            raise unreadable("not-finite")
        return event

    return decode_and_look


def _is_model(node: Schema) -> bool:
    return node["type"] in {"model", "dataclass"}


class _ProbeItem(pydantic.BaseModel):
    value: float


class _Probe(pydantic.BaseModel):
    items: list[_ProbeItem]


@functools.cache
def _can_be_bounded() -> bool:
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


# --- names ----------------------------------------------------------------------------------------------------------


def _extra(model: Schema) -> str:
    inner = model["schema"]
    while inner["type"].startswith("function-"):
        inner = inner["schema"]
    config = model.get("config", {})
    extra: str = inner.get("extra_behavior") or config.get("extra_fields_behavior") or "ignore"
    return extra


def _accepted(name: str, field: Schema, model: Schema) -> list[str]:
    """The top-level names under which a payload may carry a field, the one that is stored first."""
    alias = field.get("validation_alias")
    if alias is None:
        return [name]
    choices = [alias] if isinstance(alias, str) or not isinstance(alias[0], list) else alias
    found = [choice if isinstance(choice, str) else choice[0] for choice in choices if _is_plain(choice)]
    if model.get("config", {}).get("validate_by_name") or model.get("config", {}).get("populate_by_name"):
        found.append(name)
    return found


def _alias_paths(field: Schema) -> list[list[Any]]:
    """The paths from which a field may be read."""
    alias = field.get("validation_alias")
    if not isinstance(alias, list) or not alias:
        return []
    return [choice for choice in (alias if isinstance(alias[0], list) else [alias]) if isinstance(choice[0], str)]


def _is_plain(choice: Any) -> bool:
    return isinstance(choice, str) or len(choice) == 1


def _decode_only(schema: Schema) -> str:
    """Why what pydantic writes of a class is not what it reads; empty where it is."""
    for model in filter(_is_model, nodes(schema)):
        for name, field in fields_of(model).items():
            where = f"{model['cls'].__qualname__}.{name}"
            if field.get("serialization_exclude"):
                return f"{where} is excluded from what is stored"
            if field.get("serialization_alias", name) not in _accepted(name, field, model):
                return f"{where} is stored under a name that it is not read from"
        for name, annotation in _annotations(model["cls"]):
            if _holds_secret(annotation):
                return f"{model['cls'].__qualname__}.{name} is a secret, stored as asterisks"
    return ""


def _has_model_validator(schema: Schema, model: Schema) -> bool:
    """Whether a validator stands around the model or its fields as a whole: it may read any member."""
    outside = schema["schema"] if schema["type"] == "definitions" else schema
    # One that runs after the model was made sees the model only.
    kinds = {"function-before", "function-wrap", "function-plain"}
    return any(node["type"] in kinds for start in (outside, model["schema"]) for node in _wrappers(start))


def _wrappers(schema: Schema) -> Iterable[Schema]:
    """A schema and those it is wrapped around, down to the first that is no function."""
    while str(schema["type"]).startswith("function-") and "schema" in schema:
        yield schema
        schema = schema["schema"]
    yield schema


def _annotations(cls: Any) -> Iterable[tuple[str, Any]]:
    fields = getattr(cls, "model_fields", None) or getattr(cls, "__pydantic_fields__", {})
    return ((name, field.annotation) for name, field in fields.items())


def _holds_secret(annotation: Any) -> bool:
    origin = get_origin(annotation) or annotation
    if isinstance(origin, type) and issubclass(origin, _SECRETS):
        return True
    return any(map(_holds_secret, get_args(annotation)))
