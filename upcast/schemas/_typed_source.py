"""The source of TypedDicts for one view: a class per record, an alias for what else refers to itself."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator

import attrs

from upcast.schemas._revise._literals import literal
from upcast.schemas._revise._names import words
from upcast.schemas.shapes import (
    AnyShape,
    Array,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Integer,
    MapOf,
    Member,
    Null,
    Number,
    Record,
    Reference,
    Tagged,
    Text,
    TupleOf,
    Unions,
    View,
)

__all__ = ["Names", "ViewSource", "camel"]


def camel(*names: object) -> str:
    """A class name of several names."""
    return "".join(word[:1].upper() + word[1:] for name in names for word in words(str(name)))


@attrs.frozen
class Names:
    """The names of a module, each given once."""

    _given: set[str] = attrs.field(factory=set, init=False)

    def new(self, wanted: str) -> str:
        """*wanted*, or that with a number behind it."""
        name = wanted if wanted.isidentifier() and not keyword.iskeyword(wanted) else f"Event{wanted}"
        number = 1
        while name in self._given:
            number += 1
            name = f"{wanted}_{number}"
        self._given.add(name)
        return name


@attrs.frozen
class ViewSource:
    """The classes of one view.

    Attributes:
        view: It.
        title: What the docstring of the first class says.
        names: The names of the module.
    """

    view: View
    title: str
    names: Names
    _named: dict[str, str] = attrs.field(factory=dict, init=False)
    _blocks: list[str] = attrs.field(factory=list, init=False)
    _aliases: dict[str, str] = attrs.field(factory=dict, init=False)
    _unfinished: set[str] = attrs.field(factory=set, init=False)

    def blocks(self, name: str) -> list[str]:
        """The statements that make the payload known as *name*: classes, then aliases, for they need the classes."""
        root = self.view.root
        if isinstance(root, Reference):
            self._named[root.name] = name
        shape = self.view.resolve(root)
        if isinstance(shape, Record):
            self._record(name, shape, (), self.title)
        else:
            self._alias(name, shape)
        return [*self._blocks, *self._aliases.values()]

    def _alias(self, name: str, shape: AnyShape) -> None:
        self._unfinished.add(name)
        source = self._type(shape, name)
        # Quoted only where it must be: a string cannot be part of a union at run time.
        if self._unfinished & set(re.findall(r"\w+", source)):
            source = literal(source)
        self._unfinished.remove(name)
        self._aliases[name] = f"{name}: TypeAlias = {source}\n"

    def _record(self, name: str, record: Record, extra: Iterable[tuple[str, str]], title: str) -> None:
        place = len(self._blocks)
        self._blocks.append("")
        fields = [*extra, *((m.key, self._field(m, name)) for m in record.members if len(m.places[0]) == 1)]
        self._blocks[place] = "".join(_class(name, dict(fields), title))

    def _field(self, member: Member, outer: str) -> str:
        inner = self._type(member.shape, outer + (camel(member.key) or "Field"))
        return inner if member.required else f"NotRequired[{inner}]"

    def _type(self, shape: AnyShape, name: str) -> str:
        """A shape as a type; *name* is what a record at this place would be called."""
        match shape:
            case Array(items=items):
                return f"list[{self._type(items, f'{name}Item')}]"
            case TupleOf():
                places = shape.items if shape.rest is None else (*shape.items, shape.rest)
                return f"list[{_union(self._type(item, f'{name}Item') for item in places) or 'Any'}]"
            case MapOf(values=inner):
                return f"dict[str, {self._type(inner, f'{name}Value')}]"
            case Unions(members=members):
                return _union(self._type(member, name) for member in members)
            case Tagged():
                return _union(self._variants(shape, name))
            case Record():
                given = self.names.new(name)
                self._record(given, shape, (), "")
                return given
            case Reference():
                return self._referred(shape, name)
        return _scalar(shape)

    def _referred(self, reference: Reference, name: str) -> str:
        if reference.name not in self._named:
            given = self._named[reference.name] = self.names.new(name)
            shape = self.view.resolve(reference)
            if isinstance(shape, Record):
                self._record(given, shape, (), "")
            else:
                self._alias(given, shape)
        return self._named[reference.name]

    def _variants(self, tagged: Tagged, name: str) -> Iterator[str]:
        for variant in tagged.variants:
            record = self.view.resolve(variant.shape)
            wanted = name + (camel(variant.tag) or "Variant")
            if not isinstance(record, Record) or any(member.key == tagged.discriminator for member in record.members):
                yield self._type(variant.shape, wanted)
                continue
            # Its class does not declare the tag, though its payloads have it.
            key = f"{wanted} of {variant.shape.name}" if isinstance(variant.shape, Reference) else ""
            if not key or key not in self._named:
                given = self.names.new(wanted)
                if key:
                    self._named[key] = given
                self._record(given, record, [(tagged.discriminator, _literal((variant.tag,)))], "")
                yield given
            else:
                yield self._named[key]


def _scalar(shape: AnyShape) -> str:
    match shape:
        case Null():
            return "None"
        case Boolean():
            return "bool"
        case Integer():
            return "int"
        case Number() | DecimalNumber(as_number=True) | Formatted(encoding="seconds"):
            return "float"
        case Text() | Formatted() | DecimalNumber():
            return "str"
        case Enumeration(values=values):
            return _literal(values)
    return "Any"


def _union(types: Iterable[str]) -> str:
    found = list(dict.fromkeys(types))
    return "Any" if "Any" in found else " | ".join(found)


def _literal(values: Iterable[object]) -> str:
    exact = [value for value in values if not isinstance(value, float)]
    found = [f"Literal[{', '.join(map(literal, exact))}]"] if exact else []
    return _union([*found, *("float" for value in values if isinstance(value, float))])


def _class(name: str, fields: dict[str, str], title: str) -> Iterator[str]:
    # A name that starts with two underscores would be mangled inside a class.
    plain = all(key.isidentifier() and not keyword.iskeyword(key) and not key.startswith("__") for key in fields)
    if plain:
        yield f"class {name}(TypedDict):\n"
        if title:
            yield f'    """{title}"""\n'
            yield "\n" if fields else ""
        yield from (f"    {key}: {value}\n" for key, value in fields.items())
        yield "" if fields or title else "    pass\n"
        return
    yield f"{name} = TypedDict(\n    {literal(name)},\n    {{\n"
    yield from (f"        {literal(key)}: {literal(value)},\n" for key, value in fields.items())
    yield "    },\n)\n"
    if title:
        yield f'"""{title}"""\n'
