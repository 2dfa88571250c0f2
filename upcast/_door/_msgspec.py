"""The door of Structs, attrs classes and dataclasses: msgspec."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import attrs
import msgspec
from msgspec import inspect
from msgspec.structs import FieldInfo

from upcast._door._decimals import DecimalOutOfRange, check_decimals
from upcast._door._door import Misreading, Refusal, dotted, nested_constant
from upcast._door._types import class_misreadings, misreadings, walk
from upcast._door._unions import spoilt_fields
from upcast._json import is_finite, may_hide
from upcast.errors import EncodeError, FieldProblem

__all__ = ["MsgspecDoor", "open_msgspec"]

_AT = re.compile(r" - at (?:`key` in )?`\$(?P<path>[^`]*)`\Z")
_PATH_PART = re.compile(r"\.(?P<name>[^.\[]+)|\[[^\]]*\]")
_KINDS = (
    (re.compile(r"Object missing required field `(?P<name>[^`]*)`"), "missing"),
    (re.compile(r"Object contains unknown field"), "unknown-field"),
    (re.compile(r"Expected `[^`]*`, got"), "wrong-type"),
    (re.compile(r"Expected"), "constraint"),
    (re.compile(r"(?:Number|Integer value) out of range"), "number-out-of-range"),
    (re.compile(r"Invalid"), "invalid-value"),
)


@attrs.frozen
class MsgspecDoor:
    """See `Door`.

    Attributes:
        check: What is looked at in an object after msgspec has made it; None where there is nothing.
        keeps_text: Whether a field holds JSON text as it is written, blanks included.
    """

    decode: Callable[[bytes], object]
    check: Callable[[Any], None] | None
    keep_literals: bool
    classes: tuple[type, ...]
    members: frozenset[str]
    order: tuple[str, ...]
    required: frozenset[str]
    ignores_unknown: bool
    names: frozenset[str]
    keeps_text: bool
    keeps_unknown: bool = False
    decode_only: str = ""
    sees_all: bool = False

    @functools.cached_property
    def fields(self) -> tuple[FieldInfo, ...]:
        """The fields of a Struct class."""
        # Looked up once: it evaluates the annotations, which takes as long as a reader.
        return msgspec.structs.fields(self.classes[0])

    @property
    def decode_written(self) -> Callable[[bytes], object]:
        """See `Door.decode_written`."""
        return self.decode

    def encode(self, event: object) -> bytes:
        """See `Door.encode`."""
        text = msgspec.json.encode(event)
        if may_hide(text) and not is_finite(event):
            raise EncodeError("not-finite", "NaN and infinity have no JSON form")
        return text

    def refusal(self, error: BaseException) -> Refusal:
        """See `Door.refusal`."""
        if isinstance(error, msgspec.ValidationError):
            return Refusal(problems=(self._problem(str(error)),))
        if isinstance(error, msgspec.DecodeError):
            return Refusal(malformed="not-json")
        if isinstance(error, DecimalOutOfRange):
            return Refusal(problems=(FieldProblem(dotted(error.path, self.names), "number-out-of-range"),))
        return Refusal(exception=type(error).__qualname__)

    def _problem(self, message: str) -> FieldProblem:
        at = _AT.search(message)
        parts = [part["name"] or "*" for part in _PATH_PART.finditer(at["path"])] if at else []
        kind = "value-error"  # raised by a __post_init__ or a validator, in words that may hold values
        for pattern, name in _KINDS:
            if found := pattern.match(message):
                kind = name
                parts += [found["name"]] if kind == "missing" else ["*"] if kind == "unknown-field" else []
                break
        return FieldProblem(dotted(parts, self.names), kind)

    def refused_constant(self, path: tuple[str, ...], text: bytes) -> str:
        """See `Door.refused_constant`."""
        try:
            self.decode(nested_constant(path, text))
        except (msgspec.ValidationError, DecimalOutOfRange) as error:
            problem = self.refusal(error).problems[0]
        except Exception:  # a hook that cannot bear an object with one field says nothing about the constant
            return ""
        else:
            return ""
        # The first problem is the constant's, or a field that is not there, which is looked for last.
        place = dotted((*path[:-1], "*") if problem.kind == "unknown-field" else path, self.names)
        return problem.kind if f"{problem.path}.".startswith(f"{place}.") else ""

    def same(self, one: object, other: object) -> bool:
        """See `Door.same`."""
        return one == other


def open_msgspec(cls: type) -> tuple[MsgspecDoor | None, list[Misreading]]:
    """The door of *cls*, or why there is none."""
    name = cls.__qualname__
    try:
        if spoilt := spoilt_fields(cls):  # asked about such a class, msgspec would already do harm
            return None, spoilt
        info = inspect.type_info(cls)
        decode: Callable[[bytes], object] = msgspec.json.Decoder(cls).decode
    except Exception as error:  # whatever it raises, msgspec cannot read this class
        # What it trips over first may be one of several; those of the class itself can all be named.
        problem = f"msgspec cannot read {name}: {error}"
        remedy = "Use types that msgspec decodes, or a pydantic model."
        return None, class_misreadings(cls) or [Misreading("misread-class", problem, remedy)]
    if not isinstance(info, inspect.StructType | inspect.DataclassType):
        problem = f"{name} is neither a pydantic model, a Struct, an attrs class nor a dataclass"
        return None, [Misreading("misread-class", problem, "Declare the event as one of these.")]
    if getattr(info, "array_like", False):
        problem = f"{name} is array_like, but a payload is an object with named members"
        return None, [Misreading("misread-class", problem, "Take array_like from the class.")]
    if found := misreadings(info):
        return None, found
    types = walk(info)
    check = check_decimals(info)
    members = {field.encode_name for field in info.fields}
    if isinstance(info, inspect.StructType) and info.tag_field:
        members.add(info.tag_field)
    door = MsgspecDoor(
        decode=_checked(decode, check) if check else decode,
        check=check,
        keep_literals=any(isinstance(node, inspect.DecimalType | inspect.RawType) for node in types),
        classes=tuple(dict.fromkeys(c for node in types if isinstance(c := getattr(node, "cls", None), type))),
        members=frozenset(members),
        order=tuple(field.encode_name for field in info.fields) if _has_dict(info) else (),
        required=frozenset(field.encode_name for field in info.fields if field.required),
        ignores_unknown=not getattr(info, "forbid_unknown_fields", False),
        names=frozenset(
            name
            for node in types
            for name in (
                *(field.encode_name for field in getattr(node, "fields", ())),
                getattr(node, "tag_field", None),
            )
            if name
        ),
        keeps_text=any(isinstance(node, inspect.RawType) for node in types),
    )
    return door, []


def _has_dict(info: inspect.Type) -> bool:
    return isinstance(info, inspect.DataclassType) and bool(info.cls.__dictoffset__)


def _checked(decode: Callable[[bytes], object], check: Callable[[Any], None]) -> Callable[[bytes], object]:
    def checked(data: bytes) -> object:
        event = decode(data)
        check(event)
        return event

    return checked
