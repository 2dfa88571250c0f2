"""Readers of Structs: one typed decode into a twin of the class that has the old wire names.

Where the twin needs no fields but the class's own, its objects are made objects of the class where they are. It is no
subclass, so the user's class hears nothing of it; whether the two have one layout is tried on an object for each
reader, not assumed. Where it needs more, an object of the class is made of its values.
"""

from __future__ import annotations

import datetime as dt
import enum
import keyword
import unicodedata
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import msgspec
from msgspec import NODEFAULT, UNSET, Raw, UnsetType
from msgspec.structs import FieldInfo, force_setattr

from upcast._bounds import UNSCANNED_BYTES
from upcast._door import MsgspecDoor
from upcast._net_effect import Member, NetEffect, runs_code
from upcast._reader._reader import NOWHERE, Field, Odd, Reader, Unsuited, compiled, origin, set_class, struct
from upcast._reader._work import Single, Works, works_of

__all__ = ["struct_reader"]

_IMMUTABLE = (str, int, float, bool, type(None), bytes, Decimal, dt.date, dt.time, dt.timedelta, uuid.UUID, enum.Enum)
_BACKSLASH = ord("\\")
_AS_IT_IS = {
    float: "type(value) is float and value - value == 0",
    str: "type(value) is str and value.isascii()",
    bool: "type(value) is bool",
    int: "type(value) is int and -9_000_000_000_000_000_000 < value < 9_000_000_000_000_000_000",
}
"""When a value goes through JSON text unchanged, for field types without constraints; NaN minus NaN is not 0."""


class _Absent:
    """Stands for a field that was not under its first name."""


_ABSENT = _Absent()


@attrs.define
class _Part:
    """What one field of the class needs.

    Attributes:
        fields: The fields of the twin that are read for it.
        lines: What is done to the object of the twin after the decode.
        value: What goes into an object of the class, where one is made.
        names: What the lines refer to.
    """

    fields: list[Field]
    value: str
    lines: list[str] = attrs.field(factory=list)
    names: dict[str, Any] = attrs.field(factory=dict)


def struct_reader(effect: NetEffect, cls: Any, door: MsgspecDoor) -> Reader:
    """A reader for a Struct class.

    Raises:
        Unsuited: Why there can be none.
    """
    config = cls.__struct_config__
    if config.tag_field in effect.names:
        raise Unsuited(f"a step touches the tag {config.tag_field!r}")
    _check_names(cls)
    if not door.ignores_unknown and not all(
        component.is_simple and component.names <= _read(effect, door) for component in effect.components
    ):
        raise Unsuited("the class forbids unknown fields, and a step takes one away")
    infos = door.fields
    works = works_of(effect, door.members, keep_literals=door.keep_literals, spare=_spare(infos))
    # A frozen twin takes attributes and its class by a detour only; a cached hash needs it.
    put = "put(event, {0!r}, {1})" if config.cache_hash else "event.{0} = {1}"
    parts = [_part(number, info, effect, works, put) for number, info in enumerate(infos)]
    fields = [*(field for part in parts for field in part.fields), *works.fields]
    is_wide = [name for name, *_ in fields] != [info.name for info in infos]
    twin = struct(
        cls.__name__,
        fields,
        tag=config.tag,
        tag_field=config.tag_field,
        forbid_unknown_fields=config.forbid_unknown_fields,
        **({} if is_wide else _layout(config)),
    )
    names: dict[str, Any] = {"decode": msgspec.json.Decoder(twin).decode, "cls": cls, "ABSENT": _ABSENT}
    names |= {"Odd": Odd, "put": force_setattr, "set_class": set_class} | works.names
    names |= {"has": _has, "members": _members, "short": UNSCANNED_BYTES}
    body = ["event = decode(data)"]
    if any("keys" in line for part in parts for line in part.lines):
        body.append("keys = None")
    if works.lines:
        body += ["given = event", *works.lines]
    for part in parts:
        body += part.lines
        names |= part.names
    if is_wide:
        positional = len(cls.__match_args__)
        values = [part.value for part in parts[:positional]]
        values += [f"{info.name}={part.value}" for info, part in zip(infos, parts, strict=True)][positional:]
        body.append(f"event = cls({', '.join(values)})")
    else:
        _try(twin, cls)
        body.append("set_class(event, cls)" if config.cache_hash else "event.__class__ = cls")
        if hasattr(cls, "__post_init__"):
            body.append("event.__post_init__()")
    if door.check is not None:
        names["check"] = door.check
        body.append("check(event)")
    body.append("return event")
    how = "one typed decode into a twin of the class" + (", of which an object is made" if is_wide else "")
    return compiled(body, names, how, [origin(info.encode_name, effect.member(info.encode_name)) for info in infos])


def _check_names(cls: Any) -> None:
    """Refuse names of fields that Python source cannot hold, or would hold as others."""
    for name in cls.__struct_fields__:
        if not name.isidentifier() or keyword.iskeyword(name) or unicodedata.normalize("NFKC", name) != name:
            raise Unsuited("a field has a name that no Python source can hold")


def _spare(infos: tuple[FieldInfo, ...]) -> str:
    """How names of further fields begin."""
    spare = "_spare"
    while any(info.name.startswith(spare) for info in infos):
        spare += "_"
    return spare


def _read(effect: NetEffect, door: MsgspecDoor) -> set[str]:
    """The members of a stored payload that some field reads."""
    return {found.source for name in door.members for found in (effect.member(name) or Member()).alternatives}


def _layout(config: Any) -> dict[str, bool]:
    """What decides how objects of a Struct class lie in memory."""
    layout = {name: getattr(config, name) for name in ("gc", "weakref", "dict", "cache_hash")}
    return {**layout, "frozen": config.cache_hash}


def _try(twin: type, cls: Any) -> None:
    """Whether an object of the twin, made one of the class, has every value in its place."""
    values = {name: object() for name in cls.__struct_fields__}
    event: Any = twin(**values)
    try:
        set_class(event, cls)
    except TypeError:
        raise Unsuited("objects of the class are laid out in more than one level") from None
    if any(getattr(event, name) is not value for name, value in values.items()):
        raise Unsuited("the class orders its fields otherwise in memory")


# --- fields ---------------------------------------------------------------------------------------------------------


def _part(number: int, info: FieldInfo, effect: NetEffect, works: Works, put: str) -> _Part:
    name = info.encode_name
    member = effect.member(name)
    if member is not None:
        return _moved(number, info, member, put)
    if name in works.singles:
        return _converted(number, info, works.singles[name], put)
    if name in works.gathers:
        has_code = runs_code(effect.steps)
        return _put_together(f"{works.spare}{number}", info, works.gathers[name], has_code=has_code)
    return _worked(number, info, works.outputs.get(name))


def _moved(number: int, info: FieldInfo, member: Member, put: str) -> _Part:
    """A field that is read under other names, or has a constant."""
    default, factory = info.default, info.default_factory
    if member.constant is not None:
        default, factory = _constant(info, member.constant)
    first = member.alternatives[0].source if member.alternatives else f"{NOWHERE}{number}"
    value = f"event.{info.name}"
    if len(member.alternatives) < 2 or default is factory is NODEFAULT:
        return _Part([(info.name, info.type, _with_default(first, default, factory))], value)
    others = frozenset(found.source for found in member.alternatives[1:])
    return _Part(
        [(info.name, info.type, msgspec.field(name=first, default=_ABSENT))],
        value,
        [
            f"if {value} is ABSENT:",
            f"    if len(data) <= short and has(data, others{number}): raise Odd",
            f"    if len(data) > short and (keys := keys or members(data)) & others{number}: raise Odd",
            "    " + put.format(info.name, f"default{number}()"),
        ],
        {f"others{number}": others, f"default{number}": _maker(default, factory)},
    )


def _converted(number: int, info: FieldInfo, single: Single, put: str) -> _Part:
    """A field whose stored text is taken as it is, passes a function, and is decoded by itself."""
    value = f"event.{info.name}"
    made = f"decode{number}({single.write}(value))"
    if isinstance(info.type, type) and info.type in _AS_IT_IS:
        made = f"value if {_AS_IT_IS[info.type]} else {made}"
    names: dict[str, Any] = {f"decode{number}": msgspec.json.Decoder(info.type).decode}
    return _Part(
        [(info.name, Raw | UnsetType, msgspec.field(name=single.source, default=UNSET))],
        value,
        [
            f"if {value} is not UNSET:",
            f"    value = {single.work}(parse({value}))",
            "    " + put.format(info.name, made),
            "else: " + _by_default(number, info, names, put),
        ],
        names,
    )


def _put_together(spare: str, info: FieldInfo, member: Member, *, has_code: bool) -> _Part:
    """A field that members of the stored payload have moved into: they are decoded as the fields of its object."""
    nested: Any = info.type
    if not (isinstance(nested, type) and issubclass(nested, msgspec.Struct)):
        raise Unsuited(f"members move into {info.encode_name!r}, which is not just a Struct")
    _check_names(nested)
    inner = {field.encode_name: field for field in msgspec.structs.fields(nested)}
    gathered = dict(member.gathered)
    if (
        nested.__struct_config__.tag_field
        or nested.__struct_config__.array_like
        or gathered.keys() - inner.keys()
        or any(len(sources) > 1 for sources in gathered.values())
        or any(field.required for key, field in inner.items() if key not in gathered)
        # With user code beside it, the plain lane looks how deep the text has become.
        or (has_code and not all(inner[key].type in _IMMUTABLE for key in gathered))
    ):
        raise Unsuited(f"the object of {info.encode_name!r} is not made of what moves into it alone")
    fields: list[Field] = [
        (f"{spare}_base{n}", Raw | UnsetType, msgspec.field(name=found.source, default=UNSET))
        for n, found in enumerate(member.alternatives)
    ]
    odd = [f"event.{name} is not UNSET" for name, *_ in fields]
    values = []
    for n, (key, sources) in enumerate(gathered.items()):
        field = f"{spare}_{n}"
        fields.append((field, inner[key].type, msgspec.field(name=sources[0], default=UNSET)))
        odd.append(f"event.{field} is UNSET")
        values.append(f"{inner[key].name}=event.{field}")
    lines = [f"if {' or '.join(odd)}: raise Odd"]
    return _Part(fields, f"nested{spare}({', '.join(values)})", lines, {f"nested{spare}": nested})


def _worked(number: int, info: FieldInfo, variable: str | None) -> _Part:
    """A field whose JSON text stands in a variable, or None."""
    names: dict[str, Any] = {f"decode{number}": msgspec.json.Decoder(info.type).decode}
    fields = [(info.name, Raw | UnsetType, msgspec.field(name=f"{NOWHERE}{number}", default=UNSET))]
    put = "event.{0} = {1}"
    return _Part(
        fields,
        f"event.{info.name}",
        [
            f"if {variable} is not None: " + put.format(info.name, f"decode{number}({variable})"),
            "else: " + _by_default(number, info, names, put),
        ],
        names,
    )


def _by_default(number: int, info: FieldInfo, names: dict[str, Any], put: str) -> str:
    if info.required:
        return "raise Odd"
    names[f"default{number}"] = _maker(info.default, info.default_factory)
    return put.format(info.name, f"default{number}()")


def _maker(default: Any, factory: Any) -> Callable[[], Any]:
    made: Callable[[], Any] = (lambda: default) if factory is NODEFAULT else factory
    return made


def _with_default(name: str, default: Any, factory: Any) -> Any:
    if factory is not NODEFAULT:
        return msgspec.field(name=name, default_factory=factory)
    return msgspec.field(name=name) if default is NODEFAULT else msgspec.field(name=name, default=default)


def _constant(info: FieldInfo, text: bytes) -> tuple[Any, Any]:
    """A constant as default or default factory of a field."""
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(info.type).decode
    try:
        value = decode(text)
    except Exception:  # a hook of the class may raise anything
        raise Unsuited(f"the field {info.encode_name!r} refuses a constant") from None
    return (value, NODEFAULT) if isinstance(value, _IMMUTABLE) else (NODEFAULT, lambda: decode(text))


def _has(data: bytes, names: frozenset[str]) -> bool:
    """Whether a short text may hold one of these members; with a backslash in it a name may be spelt otherwise."""
    return _BACKSLASH in data or any(data.find(name.encode()) >= 0 for name in names)


_decode_members = msgspec.json.Decoder(dict[str, Raw]).decode


def _members(data: bytes) -> frozenset[str]:
    """The members that a text holds: for long ones, found out once."""
    return frozenset(_decode_members(data))
