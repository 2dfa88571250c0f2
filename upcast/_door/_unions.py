"""Unions with which msgspec spoils memory, found in annotations before msgspec sees them.

msgspec keeps the parts of all members of a union in one row. It writes those of a tuple of fixed length before the
limits of the other members, but looks for them behind; and it takes a pattern for the type of a container's items.
From then on it reads and frees what is not its own: when a decoder is made, when it reads, and when it is thrown away.
"""

from __future__ import annotations

import collections.abc
import inspect
import sys
import types
import typing
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Final, Generic, NotRequired, Required, TypeAlias, TypeVar, Union

import attrs
import msgspec

from upcast._door._door import Misreading

__all__ = ["spoilt_fields"]

_LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length")
_WRAPPERS = frozenset({Final, NotRequired, Required})
_CONTAINERS = frozenset(
    {
        *(list, tuple, set, frozenset, dict),
        *(collections.abc.Collection, collections.abc.Sequence, collections.abc.MutableSequence),
        *(collections.abc.Set, collections.abc.MutableSet),
        *(collections.abc.Mapping, collections.abc.MutableMapping),
    }
)
_TypeAliasType: Any = getattr(typing, "TypeAliasType", ())  # from Python 3.12 on
_MOST_GENERICS = 1000  # a generic class can contain ever larger ones of itself

_Variables: TypeAlias = Mapping[Any, Any]


@attrs.frozen
class _Member:
    """A member of a union.

    Attributes:
        kind: Its type, without what is wrapped around it.
        cls: The class of the type, without its parameters.
        metas: Its limits.
    """

    kind: Any
    cls: Any
    metas: tuple[msgspec.Meta, ...]

    @property
    def is_container(self) -> bool:
        return self.cls in _CONTAINERS

    @property
    def is_fixed(self) -> bool:
        """Whether it is a tuple of fixed length."""
        # `get_args` does not tell tuple[()] from tuple.
        args = getattr(self.kind, "__args__", None) if self.cls is tuple else None
        return args is not None and args[1:] != (...,)

    def has(self, *limits: str) -> bool:
        return any(getattr(meta, limit) is not None for meta in self.metas for limit in limits)


def spoilt_fields(cls: type) -> list[Misreading]:
    """The fields of a class, and of all classes in it, that hold a union with which msgspec spoils memory.

    Raises:
        Exception: Whatever an annotation raises that cannot be evaluated; msgspec would meet it too.
    """
    found: list[Misreading] = []
    seen: set[Any] = {cls}
    waiting: list[Any] = [cls]
    generics = 0
    while waiting:
        kind = waiting.pop()
        generics += not isinstance(kind, type)
        if generics > _MOST_GENERICS:
            raise TypeError("it contains ever larger types")
        for name, annotation in _hints(kind).items():
            for union in _unions(annotation):
                if defect := _defect(union):
                    what, remedy = defect
                    problem = f"{_class_of(kind).__qualname__}.{name} holds {what}, with which msgspec spoils memory"
                    found.append(Misreading("misread-class", problem, remedy))
                for member in union:
                    if _fields(member.cls) and member.kind not in seen:
                        seen.add(member.kind)
                        waiting.append(member.kind)
    return list(dict.fromkeys(found))


def _defect(union: list[_Member]) -> tuple[str, str] | None:
    """What in a union spoils memory, and what to do about it."""
    if len(union) == 1:
        return None
    if any(member.is_fixed for member in union) and any(member.has(*_LIMITS) for member in union):
        return (
            "a union of a tuple of fixed length and a type with a limit",
            "Make the tuple a NamedTuple, or check the limit in __post_init__ or a validator.",
        )
    if any(member.is_container and not member.is_fixed for member in union) and any(m.has("pattern") for m in union):
        return (
            "a union of a container and a text with a pattern",
            "Check the pattern in __post_init__ or a validator, or make the event a pydantic model.",
        )
    return None


# --- types ----------------------------------------------------------------------------------------------------------


def _unions(annotation: Any) -> Iterator[list[_Member]]:
    """Every union in an annotation; a type alone is a union of one."""
    union = list(_members(annotation, ()))
    if any(member.kind is Any for member in union):
        return  # msgspec forgets all other members
    yield union
    for member in union:
        if member.is_container:
            for inner in typing.get_args(member.kind):
                yield from _unions(inner)


def _members(annotation: Any, metas: tuple[msgspec.Meta, ...]) -> Iterator[_Member]:
    """The members of a union, also of those that are its members, by whatever name."""
    if isinstance(annotation, type):  # so most of them are
        yield _Member(annotation, annotation, metas)
    elif (origin := typing.get_origin(annotation)) is Annotated:
        given = (meta for meta in annotation.__metadata__ if isinstance(meta, msgspec.Meta))
        yield from _members(annotation.__origin__, (*metas, *given))
    elif origin in {Union, types.UnionType}:
        for member in annotation.__args__:
            yield from _members(member, metas)
    elif origin in _WRAPPERS:
        yield from _members(annotation.__args__[0], metas)
    elif isinstance(origin, _TypeAliasType):
        yield from _members(origin.__value__[annotation.__args__], metas)
    elif isinstance(annotation, _TypeAliasType):
        yield from _members(annotation.__value__, metas)
    elif isinstance(annotation, typing.NewType):
        yield from _members(annotation.__supertype__, metas)
    elif isinstance(annotation, TypeVar):
        yield from _members(Any if annotation.__bound__ is None else annotation.__bound__, metas)
    else:
        yield _Member(annotation, origin or annotation, metas)


# --- fields ---------------------------------------------------------------------------------------------------------


def _class_of(kind: Any) -> Any:
    """A class, without its parameters."""
    return kind if isinstance(kind, type) else typing.get_origin(kind)


def _fields(cls: Any) -> Collection[str]:
    """The names of the fields that msgspec knows of a class; none where it looks at none."""
    found: Collection[str] = ()
    if not isinstance(cls, type):
        return found
    if hasattr(cls, "__struct_fields__"):
        found = cls.__struct_fields__
    elif issubclass(cls, dict) and hasattr(cls, "__required_keys__") and hasattr(cls, "__optional_keys__"):
        found = cls.__required_keys__ | cls.__optional_keys__
    elif issubclass(cls, tuple) and hasattr(cls, "_fields"):
        found = cls._fields
    elif hasattr(cls, "__dataclass_fields__"):
        found = cls.__dataclass_fields__
    elif hasattr(cls, "__attrs_attrs__"):
        found = [field.name for field in cls.__attrs_attrs__]
    return found


def _hints(kind: Any) -> dict[str, Any]:
    """The annotations of the fields of a class, evaluated, with its parameters in place of its variables."""
    cls = _class_of(kind)
    names = _fields(cls)
    variables = _variables(kind)
    found: dict[str, Any] = {}
    for base in cls.__mro__:
        mine = inspect.get_annotations(base).items()
        own = {name: hint for name, hint in mine if name in names and name not in found}
        found |= {name: _put_in(hint, variables.get(base)) for name, hint in _evaluated(own, base).items()}
    return found


def _evaluated(annotations: dict[str, Any], cls: type) -> dict[str, Any]:
    if not annotations:
        return {}
    # As msgspec does. Asked for the class itself, `get_type_hints` would evaluate what it overrides, too.
    inside = {**vars(cls), **{each.__name__: each for each in getattr(cls, "__type_params__", ())}}
    around = getattr(sys.modules.get(cls.__module__), "__dict__", {})
    return typing.get_type_hints(type("", (), {"__annotations__": annotations}), inside, around, include_extras=True)


def _put_in(annotation: Any, variables: _Variables | None) -> Any:
    if variables is None:
        return annotation
    if isinstance(annotation, TypeVar):
        return variables.get(annotation, annotation)
    wanted = getattr(annotation, "__parameters__", ())
    return annotation[tuple(variables.get(each, each) for each in wanted)] if wanted else annotation


def _variables(kind: Any) -> dict[type, _Variables]:
    """What stands for the variables of each generic class that a class is made of."""
    found: dict[type, _Variables] = {}

    def bind(base: Any, around: _Variables) -> None:
        cls, own = base, {}
        if origin := typing.get_origin(base):
            if origin in found:
                return
            cls = origin
            args = [_put_in(each, around) for each in typing.get_args(base)]
            found[cls] = own = dict(zip(getattr(cls, "__parameters__", ()), args, strict=False))
        if isinstance(cls, type) and issubclass(cls, Generic):
            for each in getattr(cls, "__orig_bases__", cls.__bases__):
                bind(each, own)

    bind(kind, {})
    return found
