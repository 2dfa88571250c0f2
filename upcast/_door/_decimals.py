"""Decimals that are no numbers, or numbers no one should compute with.

msgspec takes "NaN" and 1e1000000 for a Decimal. The first slips through every comparison; `int()` of the second runs
for most of a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, TypeAlias

from msgspec import inspect

from upcast._bounds import MAX_DIGITS
from upcast._door._types import inner_types, walk

__all__ = ["DecimalOutOfRange", "check_decimals", "in_range"]

Check: TypeAlias = Callable[[Any], None]


class DecimalOutOfRange(ValueError):
    """A Decimal is not finite, or has an exponent of more than 4,300."""

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__()
        self.path = path


def in_range(value: Decimal) -> bool:
    """Whether a Decimal is finite and small enough to compute with."""
    return value.is_finite() and -MAX_DIGITS <= value.adjusted() <= MAX_DIGITS


def check_decimals(info: inspect.Type) -> Check | None:
    """A function that raises `DecimalOutOfRange` for an object that holds one; None where there can be none."""
    return _Checks().of(info)


class _Checks:
    """The checks of one type graph, each type's made once: a recursive type meets its own, unfinished."""

    def __init__(self) -> None:
        self.made: dict[int, list[Check]] = {}

    def of(self, node: inspect.Type) -> Check | None:
        if not any(isinstance(inner, inspect.DecimalType) for inner in walk(node)):
            return None
        if id(node) not in self.made:
            self.made[id(node)] = cell = []
            cell.append(self.compose(node))
        finished = self.made[id(node)]
        return finished[0] if finished else lambda value: finished[0](value)  # noqa: PLW0108  # empty until later

    def compose(self, node: inspect.Type) -> Check:
        if isinstance(node, inspect.DecimalType):
            return _check_decimal
        if isinstance(node, inspect.StructType | inspect.DataclassType | inspect.NamedTupleType):
            return self.fields(node.fields, getattr)
        if isinstance(node, inspect.TypedDictType):
            return self.fields(node.fields, dict.get)  # its members may be absent
        if isinstance(node, inspect.UnionType):
            return self.union(node)
        if isinstance(node, inspect.DictType):
            return self.mapping(node)
        if isinstance(node, inspect.TupleType):
            return self.places(node)
        inner = next(check for item in inner_types(node) if (check := self.of(item)))
        return _each(inner) if isinstance(node, inspect.CollectionType) else inner

    def fields(self, fields: Iterable[inspect.Field], read: Callable[[Any, str], Any]) -> Check:
        parts = [(field.name, field.encode_name, check) for field in fields if (check := self.of(field.type))]

        def check_fields(value: Any) -> None:
            for name, encoded, check in parts:
                try:
                    check(read(value, name))
                except DecimalOutOfRange as error:
                    error.path = (encoded, *error.path)
                    raise

        return check_fields

    def union(self, node: inspect.UnionType) -> Check:
        options = [(_runtime_types(option), check) for option in node.types if (check := self.of(option))]

        def check_union(value: Any) -> None:
            for types, check in options:
                if isinstance(value, types):
                    check(value)

        return check_union

    def mapping(self, node: inspect.DictType) -> Check:
        keys, values = (
            None if check is None else _each(check) for check in (self.of(node.key_type), self.of(node.value_type))
        )

        def check_mapping(value: Any) -> None:
            if keys is not None:
                keys(value)
            if values is not None:
                values(value.values())

        return check_mapping

    def places(self, node: inspect.TupleType) -> Check:
        checked = [(place, _each(check)) for place, item in enumerate(node.item_types) if (check := self.of(item))]

        def check_places(value: Any) -> None:
            for place, check in checked:
                check((value[place],))

        return check_places


def _check_decimal(value: Any) -> None:
    # A field that may hold null or a text too is checked by the same function.
    if isinstance(value, Decimal) and not in_range(value):
        raise DecimalOutOfRange(())


def _each(check: Check) -> Check:
    def check_each(values: Any) -> None:
        try:
            for value in values:
                check(value)
        except DecimalOutOfRange as error:
            error.path = ("*", *error.path)
            raise

    return check_each


def _runtime_types(option: inspect.Type) -> tuple[type, ...]:
    while isinstance(option, inspect.Metadata):
        option = option.type
    if isinstance(option, inspect.DecimalType):
        return (Decimal,)
    if isinstance(option, inspect.StructType | inspect.DataclassType | inspect.NamedTupleType):
        return (option.cls,)
    if isinstance(option, inspect.DictType | inspect.TypedDictType):
        return (dict,)
    return (list, tuple, set, frozenset)
