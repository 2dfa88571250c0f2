"""The type graph of a class as msgspec sees it: what is in it, and what msgspec would silently misread."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import attrs
from msgspec import inspect

from upcast._door._door import Misreading

__all__ = ["class_misreadings", "inner_types", "misreadings", "walk"]


_INIT_VAR = re.compile(r"(\w+\.)*InitVar(\[|$)")


def walk(info: inspect.Type) -> list[inspect.Type]:
    """Every type in the graph below *info*, itself included, each once."""
    found: dict[int, inspect.Type] = {}
    waiting = [info]
    while waiting:
        node = waiting.pop()
        if id(node) not in found:
            found[id(node)] = node
            waiting.extend(inner_types(node))
    return list(found.values())


def inner_types(node: inspect.Type) -> Iterator[inspect.Type]:
    """The types directly below *node*."""
    for attribute in ("type", "item_type", "key_type", "value_type"):
        inner = getattr(node, attribute, None)
        if isinstance(inner, inspect.Type):
            yield inner
    yield from getattr(node, "item_types", ())
    if isinstance(node, inspect.UnionType):
        yield from node.types
    yield from (field.type for field in getattr(node, "fields", ()))


# --- what msgspec would misread -------------------------------------------------------------------------------------


def misreadings(info: inspect.Type) -> list[Misreading]:
    """What in the graph below *info* msgspec would read otherwise than its author wrote it, or not at all."""
    found: list[Misreading] = []
    for node in walk(info):
        owner: Any = getattr(node, "cls", None)
        for field in getattr(node, "fields", ()):
            where = f"{owner.__qualname__}.{field.name}"
            found += [_misread(f"{where} {problem}", remedy) for problem, remedy in _foreign(field.type)]
        if isinstance(node, inspect.DataclassType):
            found += class_misreadings(node.cls)
    return found


def _foreign(info: inspect.Type) -> Iterator[tuple[str, str]]:
    """What stands in a field, outside of other classes, that is not msgspec's."""
    if isinstance(info, inspect.CustomType):
        remedy = "Make the event a pydantic model, or replace the type by one that msgspec knows."
        yield f"holds {info.cls.__qualname__}, which msgspec cannot build", remedy
    elif isinstance(info, inspect.DataclassType) and _is_pydantic(info.cls):
        remedy = "Make the event itself a pydantic model or dataclass."
        yield f"holds the pydantic dataclass {info.cls.__qualname__}, whose constraints msgspec ignores", remedy
    elif not hasattr(info, "fields"):
        for inner in inner_types(info):
            yield from _foreign(inner)


def _is_pydantic(cls: type) -> bool:
    return hasattr(cls, "__pydantic_validator__")


def class_misreadings(cls: type) -> list[Misreading]:
    """What in an attrs class or a dataclass itself, its field types left aside, msgspec would misread."""
    if _is_pydantic(cls):
        return []  # its field is what is wrong
    if attrs.has(cls):
        return list(_attrs_misreadings(cls))
    return list(_dataclass_misreadings(cls)) if dataclasses.is_dataclass(cls) else []


def _misread(problem: str, remedy: str) -> Misreading:
    return Misreading("misread-class", problem, remedy)


def _attrs_misreadings(cls: type) -> Iterator[Misreading]:
    name = cls.__qualname__
    for field in attrs.fields(cls):
        where = f"{name}.{field.name}"
        if field.converter is not None:
            yield _misread(f"{where} has a converter, which msgspec skips", "Convert in a step of the chain instead.")
        if field.name.startswith("_"):
            yield _misread(f"{where} is private: msgspec loses it on encode", "Give it a public name.")
        elif field.alias not in (None, field.name):
            yield _misread(f"{where} has the alias {field.alias!r}, which msgspec ignores", "Rename in a step instead.")
        if isinstance(field.default, attrs.Factory) and field.default.takes_self:  # type: ignore[arg-type]  # a class at run time
            yield _misread(
                f"{where} has a default made from the object, which msgspec cannot make",
                "Set it in __attrs_post_init__, or give it a plain default.",
            )
        if not field.init:
            yield _not_init(where)
    yield from _custom_init(cls, "<attrs generated")


def _dataclass_misreadings(cls: Any) -> Iterator[Misreading]:
    name = cls.__qualname__
    for field in getattr(cls, "__dataclass_fields__", {}).values():
        if _INIT_VAR.match(str(field.type)):  # an object or, with postponed annotations, its text
            yield _misread(f"{name}.{field.name} is an InitVar, which msgspec cannot pass", "Make it a field.")
    for field in dataclasses.fields(cls):
        where = f"{name}.{field.name}"
        if field.name.startswith("_"):
            yield _misread(f"{where} is private", "Give it a public name.")
        elif not field.init:
            yield _not_init(where)
    yield from _custom_init(cls, "<string>")


def _not_init(where: str) -> Misreading:
    return _misread(f"{where} has init=False, but msgspec reads it from the payload", "Make it a property.")


def _custom_init(cls: type, generated: str) -> Iterator[Misreading]:
    init = next((vars(c)["__init__"] for c in cls.__mro__ if "__init__" in vars(c)), None)
    code = getattr(init, "__code__", None)
    if code is None or not code.co_filename.startswith(generated):
        yield _misread(
            f"{cls.__qualname__} has an __init__ of its own, which msgspec never calls",
            "Move what it does to __post_init__ or to a step of the chain.",
        )
