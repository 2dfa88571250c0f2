"""Readers of pydantic classes: the class's own core schema, with the old names as its validation aliases.

What comes out is an object of the class itself; no subclass is made, and no hook of one runs. Constants are written
before the first member of the text, where what is stored later under the same name has precedence.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import msgspec
import pydantic
from pydantic_core import SchemaError

from upcast._door._core_schema import Lookup, Schema, extra_of, fields_of, lookups, resolve
from upcast._door._pydantic import PydanticDoor
from upcast._door._validating import bounded, validator
from upcast._net_effect import Alternative, Member, NetEffect, net_effect
from upcast._reader._reader import NOWHERE, Reader, Unsuited, origin
from upcast._steps import Add, Relocate

__all__ = ["schema_reader"]


def schema_reader(effect: NetEffect, door: PydanticDoor) -> Reader:
    """A reader for a pydantic model or dataclass.

    Raises:
        Unsuited: Why there can be none.
    """
    if door.schema is None:
        raise Unsuited("the class has an __init__ of its own")
    if not all(component.is_simple for component in effect.components):
        raise Unsuited("steps must see values")
    if not _can_be_edited():
        raise Unsuited("this release of pydantic does not take an edited core schema")
    edit = _Edit(effect)
    schema = edit.root(door.schema)
    try:
        decode = door.decoder(schema, edit.opening)
    except SchemaError:
        raise Unsuited("pydantic does not take the edited core schema") from None
    how = "one validation by the class's core schema with the old names"
    return Reader(decode, how, "".join(f"# {line}\n" for line in edit.origins))


class _Edit:
    """A core schema that reads stored names, and the constants that must be written into the text for it."""

    def __init__(self, effect: NetEffect) -> None:
        self.effect = effect
        self.constants: dict[str, bytes] = {}
        self.origins: list[str] = []
        self.read: set[str] = set()
        self.sole: set[str] = set()

    def root(self, schema: Schema) -> Schema:
        definitions: dict[str, Schema] = {}
        resolve(schema, definitions)
        return self._around(schema, definitions)

    @property
    def opening(self) -> bytes:
        """How a text begins that has the constants."""
        return b"{" + b"".join(msgspec.json.encode(name) + b":" + text + b"," for name, text in self.constants.items())

    def _around(self, schema: Schema, definitions: dict[str, Schema]) -> Schema:
        """The schema with the model in it edited; the model is a copy, so what refers to it finds it unchanged."""
        kind = schema["type"]
        if kind == "definitions":
            return {**schema, "schema": self._around(schema["schema"], definitions)}
        if kind == "definition-ref":
            return self._around(definitions[schema["schema_ref"]], definitions)
        copy = {key: value for key, value in schema.items() if key != "ref"}
        if kind == "function-after":
            return {**copy, "schema": self._around(schema["schema"], definitions)}
        if kind in {"model", "dataclass"} and not schema.get("root_model"):
            return self._model(copy)
        raise Unsuited("a validator stands before the fields, and would see the old names")

    def _model(self, model: Schema) -> Schema:
        config = dict(model.get("config") or {})
        if config.get("validate_by_alias") is False:
            raise Unsuited("the class is validated by name only")
        fields = fields_of(model)
        by_name = config.get("validate_by_name") or config.get("populate_by_name")
        if by_name and not self.effect.names.isdisjoint(fields):
            raise Unsuited("the class is validated by name too, and a step touches such a name")
        # The names that pydantic looks up besides stay as they are.
        aliases = {
            name: lookups(name, field, model)[: -1 if by_name and "validation_alias" in field else None]
            for name, field in fields.items()
        }
        edited = {name: self._field(field, aliases[name]) for name, field in fields.items()}
        self.sole = {str(found[0][0]) for found in aliases.values() if len(found) == 1 and not by_name}
        extra = extra_of(model)
        if extra == "allow" and not self._only_adds():
            raise Unsuited("the class keeps unknown fields, and would keep old names")
        if extra == "forbid" and any(component.names - self.read for component in self.effect.components):
            raise Unsuited("the class forbids unknown fields, and a step takes one away")
        return {**model, "config": config, "schema": self._fields(model["schema"], edited)}

    def _fields(self, schema: Schema, edited: dict[str, Schema]) -> Schema:
        if schema["type"] == "function-after":
            return {**schema, "schema": self._fields(schema["schema"], edited)}
        if schema["type"] not in {"model-fields", "dataclass-args"}:
            raise Unsuited("a validator stands before the fields, and would see the old names")
        return {**schema, "fields": edited if isinstance(schema["fields"], dict) else list(edited.values())}

    def _field(self, field: Schema, today: list[Lookup]) -> Schema:
        stored: list[Lookup] = []
        for lookup in today:
            member = self.effect.member(str(lookup[0])) or Member()
            if len(lookup) > 1 and (len(member.alternatives) > 1 or member.constant is not None):
                raise Unsuited(f"a field is read from a path in {lookup[0]!r}, which steps put together")
            stored += [[found.source, *lookup[1:]] for found in member.alternatives]
            self.origins.append(origin(".".join(map(str, lookup)), member))
            if member.constant is None:
                continue
            if not member.alternatives:
                stored.append([f"{NOWHERE}{lookup[0]}"])
            self.constants[str(stored[-1][0])] = member.constant
            break  # it is always there, so nothing is looked up after it
        self.read.update(str(lookup[0]) for lookup in stored)
        alias: Any = stored or [[f"{NOWHERE}{today[0][0]}"]]
        return {**field, "validation_alias": alias[0][0] if len(alias) == len(alias[0]) == 1 else alias}

    def _only_adds(self) -> bool:
        return all(
            member.alternatives == (Alternative(name),) and (member.constant is None or name in self.sole)
            for component in self.effect.components
            for name, member in (component.members or {}).items()
        )


class _ProbeInner(pydantic.BaseModel):
    value: int


class _Probe(pydantic.BaseModel):
    one: int
    two: str = "b"
    inner: _ProbeInner | None = None


@functools.cache
def _can_be_edited() -> bool:
    """Whether this release of pydantic reads an edited core schema as we mean it: tried, not assumed."""
    try:
        steps = (Relocate(("uno",), ("one",), "rename"), Add(("two",), b'"c"'))
        edit = _Edit(net_effect(steps))
        read: Callable[[bytes], Any] = validator(edit.root(bounded(_Probe.__pydantic_core_schema__)))
        return all(
            type(found := read(text.replace(b"{", edit.opening, 1))) is _Probe
            and (found.one, found.two, found.model_fields_set) == (one, two, {"one", "two"})
            for text, one, two in (
                (b'{"uno":1}', 1, "c"),
                (b'{"one":2,"uno":1}', 1, "c"),
                (b'{"uno":1,"one":2}', 1, "c"),
                (b'{"one":2,"two":"d"}', 2, "d"),
                (b'{"two":"e","two":"d","uno":"x","uno":1}', 1, "d"),
            )
        )
    except Exception:  # whatever has changed, the plain lane still serves
        return False
