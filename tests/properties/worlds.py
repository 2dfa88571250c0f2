"""Random registries: classes of every family, chains that lead to them, and payloads of every version."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pydantic
import pydantic.dataclasses
from hypothesis import strategies as st

import upcast
from properties.model import Edge, Function, Path, Steps, Told
from properties.texts import Lit, dump

FAMILIES = ("pydantic", "pydantic-dataclass", "struct", "attrs", "dataclass")

# --- classes --------------------------------------------------------------------------------------------------------

_NO_DEFAULT = object()


def make_class(family: str, name: str, fields: dict[str, tuple[Any, Any]]) -> type:
    """A class of a family, from field names to (type, default); `_NO_DEFAULT` for a required field."""
    required = {field: kind for field, (kind, default) in fields.items() if default is _NO_DEFAULT}
    optional = {field: pair for field, pair in fields.items() if pair[1] is not _NO_DEFAULT}
    if family == "pydantic":
        members = {field: (kind, ...) for field, kind in required.items()}
        made: type = pydantic.create_model(name, **{**members, **optional})  # type: ignore[call-overload]  # not typed for this
        return made
    if family == "struct":
        return msgspec.defstruct(name, [*required.items(), *((f, k, d) for f, (k, d) in optional.items())])
    if family == "attrs":
        return attrs.make_class(
            name,
            {
                **{field: attrs.field(type=kind) for field, kind in required.items()},
                **{field: attrs.field(type=kind, default=default) for field, (kind, default) in optional.items()},
            },
        )
    defaults = [(field, kind, dataclasses.field(default=default)) for field, (kind, default) in optional.items()]
    cls = dataclasses.make_dataclass(name, [*required.items(), *defaults])
    return pydantic.dataclasses.dataclass(cls) if family == "pydantic-dataclass" else cls


# --- kinds of fields ------------------------------------------------------------------------------------------------

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
integers = st.one_of(st.integers(-9, 9), st.integers(-(10**30), 10**30))
ODD_NUMBERS = ("1.10", "12345678901234567.89", "0.1", "-0.0", "1e5", "1E-7", "123456789012345678901234567890.5", "2.50")
numbers = st.one_of(
    st.sampled_from(ODD_NUMBERS).map(Lit),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: Lit(repr(number))),
    st.decimals(-(10**12), 10**12, places=4).map(lambda number: Lit(str(number))),
)
scalars = st.one_of(st.none(), st.booleans(), integers, numbers, text)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=6,
)
CHOICES = ("red", "green", "blue")


@attrs.frozen
class Kind:
    """A kind of field: its type and the JSON values it takes; *inner* names the members of a nested object."""

    name: str
    type: Any
    values: st.SearchStrategy[Any]
    inner: dict[str, Kind] | None = None

    def example(self) -> Any:
        """One value it takes, without `Lit`."""
        if self.inner is not None and self.name == "nested":
            return {name: kind.example() for name, kind in self.inner.items()}
        return copy.deepcopy(_EXAMPLES[self.name])


_EXAMPLES: dict[str, Any] = {
    "str": "x",
    "choice": "red",
    "int": 7,
    "float": 1.5,
    "bool": True,
    "decimal": "1.10",
    "datetime": "2024-01-02T03:04:05Z",
    "optional": None,
    "map": {"a": 1},
    "any": {"deep": [1, {"er": None}]},
    "items": [],
    "raw": [1],
}


def _scalar_kinds() -> list[Kind]:
    moments = st.datetimes(timezones=st.just(dt.UTC)).map(lambda moment: moment.isoformat().replace("+00:00", "Z"))
    return [
        Kind("str", str, text),
        Kind("choice", str, st.sampled_from(CHOICES)),
        Kind("int", int, integers),
        Kind("float", float, numbers),
        Kind("bool", bool, st.booleans()),
        Kind("decimal", Decimal, st.one_of(numbers, integers, st.sampled_from(["1.10", "-3", "12345678901234567.89"]))),
        Kind("datetime", dt.datetime, moments),
        Kind("optional", str | None, st.one_of(st.none(), text)),
        Kind("map", dict[str, int], st.dictionaries(text, integers, max_size=3)),
        Kind("any", Any, anything),
    ]


names = st.from_regex(r"[a-z][a-z0-9]{0,3}", fullmatch=True)
# What a payload of old may have called a field: anything at all.
old_names = st.one_of(
    names, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\"), min_size=1, max_size=4)
)


@st.composite
def kinds(draw: st.DrawFn, family: str) -> Kind:
    """A kind of field for a class of a family."""
    scalar = st.sampled_from(_scalar_kinds())
    choice = draw(st.integers(0, 9))
    if choice < 7:
        return draw(scalar)
    if choice == 7 and family in {"struct", "attrs", "dataclass"}:
        return Kind("raw", msgspec.Raw, anything)
    inner = {f"{draw(names)}_{n}": draw(scalar) for n in range(draw(st.integers(1, 3)))}
    cls = make_class(family, "Inner", {name: (kind.type, _NO_DEFAULT) for name, kind in inner.items()})
    values = st.fixed_dictionaries({name: kind.values for name, kind in inner.items()})
    if choice == 8:
        return Kind("items", list[cls], st.lists(values, max_size=3), inner)  # type: ignore[valid-type]  # made at run time
    return Kind("nested", cls, values, inner)


# --- worlds ---------------------------------------------------------------------------------------------------------

Shape = dict[Path, st.SearchStrategy[Any]]
"""What payloads of a version hold: the values at each path."""


@attrs.frozen
class World:
    """A registry that can be built again and again, with what is known about it.

    Attributes:
        name: The event type.
        formerly: Its former names.
        cls: Today's class.
        kinds: Its fields.
        edges: The chain, from version 1 on.
        shapes: What payloads hold, by version from 1.
        form: The envelope.
        constants: Everything that no decoding may ever change, with a copy made before.
    """

    name: str
    formerly: tuple[str, ...]
    family: str
    cls: type
    kinds: dict[str, Kind]
    edges: tuple[Edge, ...]
    shapes: tuple[Shape, ...]
    form: Any
    constants: list[tuple[Any, Any]]

    @property
    def version(self) -> int:
        """Today's version."""
        return len(self.edges) + 1

    def registry(self) -> upcast.Registry:
        """A registry, open."""
        registry = upcast.Registry()
        registry.event(self.name, version=self.version, formerly=self.formerly)(self.cls)
        for version, edge in enumerate(self.edges, 1):
            edge.register(registry, self.name, version)
        return registry

    def codec(self) -> upcast.Codec[Any]:
        """A codec of a new registry."""
        codec: upcast.Codec[Any] = self.registry().codec(envelope=self.form)
        return codec

    def payloads(self, version: int) -> st.SearchStrategy[dict[str, Any]]:
        """Payloads of a version."""
        shape = self.shapes[version - 1]
        junk = st.dictionaries(text.map("unknown ".__add__), anything, max_size=2)
        parts = st.tuples(*shape.values())
        return st.builds(lambda found, more: {**more, **_assembled(list(shape), found)}, parts, junk)

    def stored_name(self) -> st.SearchStrategy[str]:
        """A name under which events are stored."""
        return st.sampled_from([self.name, *self.formerly])


def _assembled(paths: list[Path], values: tuple[Any, ...]) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    for path, value in sorted(zip(paths, values, strict=True), key=lambda pair: len(pair[0])):
        holder = payload
        for part in path[:-1]:
            holder = holder.setdefault(part, {})
        holder[path[-1]] = copy.deepcopy(value)
    return payload


FORMS = (upcast.JsonEnvelope(), upcast.StreamEntry(), upcast.Flat())


def wire(form: Any, name: str, version: int, payload: str, *, identity: str = "id-1") -> Any:
    """A stored event, written without the library."""
    header = f'"type":{json.dumps(name)},"schema_version":{version},"id":{json.dumps(identity)}'
    if isinstance(form, upcast.StreamEntry):
        return {
            b"type": name.encode(),
            b"schema_version": str(version).encode(),
            b"id": identity.encode(),
            b"data": payload.encode(),
        }
    if isinstance(form, upcast.Flat):
        comma = "" if payload == "{}" else ","
        return f"{{{header}{comma}{payload[1:]}".encode()
    return f'{{{header},"data":{payload}}}'.encode()


class _Backwards:
    """Makes the edges of a world from the last to the first, and what payloads looked like before each."""

    def __init__(self, draw: st.DrawFn, kinds: dict[str, Kind], constants: list[tuple[Any, Any]]) -> None:
        self.draw = draw
        self.shape: Shape = {(name,): kind.values for name, kind in kinds.items()}
        self.kinds = {(name,): kind for name, kind in kinds.items()}
        self.constants = constants
        self.used = 0

    def fresh(self) -> str:
        """A name that no payload has yet."""
        self.used += 1
        return f"{self.draw(old_names)} {self.used}"

    def field(self, *, kinds: tuple[str, ...] = (), top: bool = True) -> Path | None:
        """Some field of the payload at this point."""
        found = [
            path
            for path in self.shape
            if (len(path) == 1 or not top) and (not kinds or (path in self.kinds and self.kinds[path].name in kinds))
        ]
        return self.draw(st.sampled_from(found)) if found else None

    def relocated(self, old: Path, new: Path) -> None:
        """What stands at *new* stood at *old*."""
        self.shape = {old if path == new else path: values for path, values in self.shape.items()}
        if new in self.kinds:
            self.kinds[old] = self.kinds.pop(new)

    def step(self, verbs: tuple[str, ...]) -> Told | None:
        """One step that leads to the present shape, which becomes the one before it."""
        made: Told | None = getattr(self, f"_{self.draw(st.sampled_from(verbs))}")()
        return made

    def _rename(self) -> Told | None:
        path = self.field()
        if path is None:
            return None
        old = (self.fresh(),)
        self.relocated(old, path)
        return Told("rename", old, path)

    def _move(self) -> Told | None:
        path = self.field()
        if path is None:
            return None
        kind = self.kinds.get(path)
        if kind is not None and kind.name == "nested" and kind.inner and self.draw(st.booleans()):
            # What is now inside the object stood beside it.
            inner = self.draw(st.sampled_from(sorted(kind.inner)))
            rest = {name: kind.inner[name].values for name in kind.inner if name != inner}
            old = (self.fresh(),)
            self.shape[path] = st.fixed_dictionaries(rest)
            self.shape[old] = kind.inner[inner].values
            self.kinds[old] = kind.inner[inner]
            del self.kinds[path]
            return Told("move", old, (*path, inner))
        old = (self.fresh(), self.fresh())
        self.relocated(old, path)
        return Told("move", old, path)

    def _add(self) -> Told | None:
        path = self.field()
        kind = self.kinds.get(path) if path else None
        if path is None or kind is None:
            return None
        del self.shape[path], self.kinds[path]
        value = kind.example()
        self.constants.append((value, copy.deepcopy(value)))
        return Told("add", path, value=value)

    def _remove(self) -> Told:
        path = (self.fresh(),)
        self.shape[path] = anything
        return Told("remove", path)

    def _convert(self) -> Told | None:
        path = self.field(kinds=("str", "int", "bool", "optional", "items"), top=False)
        if path is None:
            return None
        there, back = _BIJECTIONS[self.kinds[path].name]
        return Told("convert", path, function=there, inverse=back)

    def _map_values(self) -> Told | None:
        path = self.field(kinds=("choice", "bool"), top=False)
        if path is None:
            return None
        old = CHOICES if self.kinds[path].name == "choice" else (True, False)
        mapping = dict(zip(old, self.draw(st.permutations(old)), strict=True))
        self.constants.append((mapping, copy.deepcopy(mapping)))
        return Told("map_values", path, value=(mapping, None))

    def _wrap(self) -> Told | None:
        path = self.field(kinds=("nested", "items"), top=False)
        if path is None:
            return None
        inner = self.kinds[path].inner or {}
        if self.kinds[path].name == "items":
            self.shape[path] = st.fixed_dictionaries({name: kind.values for name, kind in inner.items()})
            del self.kinds[path]
            return Told("wrap", path)
        if len(inner) > 1:
            return None
        ((key, self.kinds[path]),) = inner.items()
        self.shape[path] = self.kinds[path].values
        return Told("wrap", path, key=key, nulls=True)

    def _unwrap(self) -> Told | None:
        path = self.field(top=False)
        if path is None:
            return None
        key = self.fresh() if self.draw(st.booleans()) else None
        self.shape[path] = self.shape[path].map(lambda value: [value] if key is None else {key: value})
        self.kinds.pop(path, None)
        return Told("unwrap", path, key=key, nulls=True)

    def _nested(self) -> Told | None:
        path = self.field(kinds=("nested", "items"), top=False)
        if path is None:
            return None
        inner = dict(self.kinds[path].inner or {})
        name = self.draw(st.sampled_from(sorted(inner)))
        old, verb = self.fresh(), "each" if self.kinds[path].name == "items" else "within"
        values = {old if n == name else n: kind.values for n, kind in inner.items()}
        item = st.fixed_dictionaries(values)
        self.shape[path] = st.lists(item, max_size=3) if verb == "each" else item
        del self.kinds[path]
        return Told(verb, path, steps=(Told("rename", (old,), (name,)),))

    def _split_field(self) -> Told | None:
        written = {"str", "choice", "datetime"}
        texts = [path for path, kind in self.kinds.items() if kind.name in written and path in self.shape]
        parts = tuple(self.draw(st.permutations(texts))[:3])
        if len(parts) < 2:
            return None
        old = (self.fresh(),)
        self.shape[old] = st.tuples(*(self.shape.pop(path) for path in parts)).map(SEPARATOR.join)
        for path in parts:
            del self.kinds[path]
        return Told("split_field", old, parts=parts, separator=SEPARATOR)

    def _join_fields(self) -> Told | None:
        path = self.field(kinds=("str",), top=False)
        if path is None:
            return None
        parts = ((self.fresh(),), (self.fresh(), self.fresh()))
        del self.shape[path], self.kinds[path]
        self.shape |= dict.fromkeys(parts, text)
        return Told("join_fields", parts[0], path, parts=parts, separator=SEPARATOR)

    # --- functions --------------------------------------------------------------------------------------------------

    def function(self) -> Function | None:
        """A function edge that leads to the present shape."""
        made: Function | None = getattr(self, f"_{self.draw(st.sampled_from(_FUNCTIONS))}")()
        return made

    def _in_place(self) -> Function | None:
        path = self.field()
        if path is None:
            return None
        old, (new,) = self.fresh(), path
        self.relocated((old,), path)

        def in_place(payload: dict[str, Any]) -> dict[str, Any]:
            if old in payload:
                payload[new] = payload.pop(old)
            return payload

        return Function(in_place, in_place)

    def _new_dict(self) -> Function | None:
        path = self.field()
        if path is None:
            return None
        old, (new,) = self.fresh(), path
        self.relocated((old,), path)

        def new_dict(payload: dict[str, Any], *, envelope: Any = None) -> dict[str, Any]:
            return {new if name == old else name: value for name, value in payload.items()}

        return Function(new_dict, new_dict, envelope=self.draw(st.booleans()))

    def _constant_inside(self) -> Function | None:
        path = self.field()
        kind = self.kinds.get(path) if path else None
        if path is None or kind is None:
            return None
        del self.shape[path], self.kinds[path]
        constant, (name,) = kind.example(), path
        self.constants.append((constant, copy.deepcopy(constant)))

        def constant_inside(payload: dict[str, Any]) -> dict[str, Any]:
            payload[name] = constant
            return payload

        return Function(constant_inside, lambda payload: {**payload, name: constant})

    def _constant_whole(self) -> Function | None:
        if any(len(path) > 1 or path not in self.kinds for path in self.shape):
            return None
        constant = {path[0]: kind.example() for path, kind in self.kinds.items() if path in self.shape}
        self.constants.append((constant, copy.deepcopy(constant)))
        self.shape = {(self.fresh(),): anything}
        self.kinds = {}
        return Function(lambda _: constant, lambda _: constant)

    def _reaches_deep(self) -> Function:
        """Changes in place whatever is nested, even where a function before it put a constant."""
        fields = {path[0]: self.kinds[path].name for path in self.shape if len(path) == 1 and path in self.kinds}

        def reaches_deep(payload: dict[str, Any]) -> dict[str, Any]:
            for name, kind in fields.items():
                if kind == "map" and name in payload:
                    payload[name]["count"] = payload[name].get("count", 0) + 1
                elif kind == "any" and isinstance(payload.get(name), list):
                    payload[name].append(None)
            return payload

        return Function(reaches_deep, reaches_deep)


_FUNCTIONS = ("in_place", "new_dict", "constant_inside", "constant_whole", "reaches_deep")
_BIJECTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "str": (lambda value: value[::-1], lambda value: value[::-1]),
    "optional": (lambda value: value[::-1], lambda value: value[::-1]),
    "int": (lambda value: value + 7, lambda value: value - 7),
    "bool": (lambda value: not value, lambda value: not value),
    "items": (lambda value: value[::-1], lambda value: value[::-1]),
}

# Longer than any text of a field, and no end of it begins it again: it is found only where it was put.
SEPARATOR = "<and then>"

LOSSLESS_VERBS = ("rename", "move", "convert", "map_values", "unwrap", "nested", "split_field")
# Today's events may hold what these never made.
WITHOUT_REMOVE = (*LOSSLESS_VERBS, "add", "wrap", "join_fields")
ALL_VERBS = (*WITHOUT_REMOVE, "remove")


@st.composite
def worlds(
    draw: st.DrawFn,
    *,
    families: tuple[str, ...] = FAMILIES,
    verbs: tuple[str, ...] = ALL_VERBS,
    functions: bool = True,
    forms: tuple[Any, ...] = FORMS,
) -> World:
    """A random world: 1 to 8 versions of one event type, all of whose payloads can be decoded."""
    family = draw(st.sampled_from(families))
    fields = {f"{draw(names)}_{n}": draw(kinds(family)) for n in range(draw(st.integers(1, 6)))}
    form = draw(st.sampled_from(forms))
    header: dict[str, tuple[Any, Any]] = {}
    if isinstance(form, upcast.Flat) and draw(st.booleans()):
        header = {"type": (str, _NO_DEFAULT), "schema_version": (int, _NO_DEFAULT)}
    cls = make_class(family, "Event", {**header, **{name: (kind.type, _NO_DEFAULT) for name, kind in fields.items()}})
    constants: list[tuple[Any, Any]] = []
    past = _Backwards(draw, fields, constants)
    shapes = [dict(past.shape)]
    edges: list[Edge] = []
    for _ in range(draw(st.integers(0, 7))):
        edge: Edge | None = None
        if functions and draw(st.integers(0, 3)) == 0:
            edge = past.function()
        if edge is None:
            steps = [past.step(verbs) for _ in range(draw(st.integers(0, 3)))]
            edge = Steps(tuple(step for step in reversed(steps) if step is not None))
        edges.insert(0, edge)
        shapes.insert(0, dict(past.shape))
    formerly = draw(st.sampled_from([(), ("event.old",), ("event.old", "ev/older")]))
    return World("event.name", formerly, family, cls, fields, tuple(edges), tuple(shapes), form, constants)


def has_header(world: World) -> bool:
    """Whether the class meets type and version among its fields."""
    # A pydantic dataclass made of a plain one has its annotations in its base.
    declared = {name for base in world.cls.__mro__ for name in getattr(base, "__annotations__", {})}
    return world.shapes != () and "schema_version" in declared


def stored(world: World, name: str, version: int, payload: dict[str, Any]) -> Any:
    """A payload as it is stored."""
    return wire(world.form, name, version, dump(payload))
