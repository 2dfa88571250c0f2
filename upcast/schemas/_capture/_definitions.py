"""Which shapes of a view are shared, and what they are called there: by where they are met, never by a class.

Shapes form a graph: a reference stands for the shape it names. Two of them are one where nothing below tells them
apart, however many classes they came from; so a class that is renamed, copied or taken apart changes nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import attrs
import msgspec

from upcast.schemas.shapes import (
    AnyShape,
    Array,
    MapOf,
    Member,
    Null,
    Opaque,
    Record,
    Reference,
    Tagged,
    TupleOf,
    Unions,
    View,
)

__all__ = ["Child", "Graph", "canonical", "children", "with_children"]

Child: TypeAlias = tuple[str, AnyShape]
"""A shape below another, and the part of a place that leads to it."""

_NOTHING = Null()


def canonical(root: AnyShape, parts: Mapping[str, AnyShape]) -> View:
    """The view of *root*, in which references name *parts* by any key; those of the view are named by places.

    A record or tagged union that is met more than once, and whatever contains itself, becomes a definition; everything
    else is put where it is met. A definition is named by the place at which it is met first, breadth first and in the
    order of the keys: a pointer with `*` for items, entries and undeclared members, `~keys` for the keys of a map,
    `|` and an index for a member of a union, `|` and the tag for a variant. A check of a reference is a check of what
    it stands for, there and nowhere else.
    """
    graph = Graph()
    top = graph.add(root, parts)
    return _Naming(graph, graph.classes()).view(top)


# --- the shapes below a shape ---------------------------------------------------------------------------------------


def children(shape: AnyShape) -> list[Child]:
    """The shapes right below *shape*, in the order in which they are declared."""
    match shape:
        case Record():
            found = [("".join(f"/{_escaped(part)}" for part in m.places[0]), m.shape) for m in shape.members]
            return found + ([("/*", shape.extras)] if shape.extras is not None else [])
        case Array():
            return [("/*", shape.items)]
        case MapOf():
            return [("/*", shape.values), ("~keys", shape.keys)]
        case TupleOf():
            items = [(f"/{index}", item) for index, item in enumerate(shape.items)]
            return items + ([("/*", shape.rest)] if shape.rest is not None else [])
        case Unions():
            return [(f"|{index}", member) for index, member in enumerate(shape.members)]
        case Tagged():
            return [(f"|{_escaped(variant.tag)}", variant.shape) for variant in shape.variants]
        case _:
            return []


def with_children(shape: AnyShape, below: Iterable[AnyShape]) -> AnyShape:
    """*shape* with other shapes below it, in the order of `children`."""
    given = list(below)
    replace = msgspec.structs.replace
    match shape:
        case Record():
            members = tuple(replace(member, shape=new) for member, new in zip(shape.members, given, strict=False))
            return replace(shape, members=members, extras=None if shape.extras is None else given[-1])
        case Array():
            return replace(shape, items=given[0])
        case MapOf():
            return replace(shape, values=given[0], keys=given[1])
        case TupleOf():
            count = len(shape.items)
            return replace(shape, items=tuple(given[:count]), rest=None if shape.rest is None else given[-1])
        case Unions():
            return replace(shape, members=tuple(given))
        case Tagged():
            variants = tuple(replace(variant, shape=new) for variant, new in zip(shape.variants, given, strict=True))
            return replace(shape, variants=variants)
        case _:
            return shape


def _escaped(part: object) -> str:
    text = part if isinstance(part, str) else msgspec.json.encode(part).decode()
    for char, escape in (("~", "~0"), ("/", "~1"), ("|", "~2"), ("*", "~3")):
        text = text.replace(char, escape)
    return text


# --- which of them are one ------------------------------------------------------------------------------------------


@attrs.frozen
class Graph:
    """The shapes of one or more views, each time they are met, with every reference resolved.

    Attributes:
        shapes: The shapes.
        below: For each of them, the indexes of the shapes right below it.
    """

    shapes: list[AnyShape] = attrs.field(factory=list)
    below: list[list[int]] = attrs.field(factory=list)

    def add(self, root: AnyShape, parts: Mapping[str, AnyShape]) -> int:
        """Add what is reached from *root*, and return its index."""
        known: dict[Reference, int] = {}
        waiting: list[tuple[int, AnyShape]] = []

        def index_of(shape: AnyShape) -> int:
            if isinstance(shape, Reference) and shape in known:
                return known[shape]
            index = len(self.shapes)
            if isinstance(shape, Reference):
                known[shape] = index
                shape = _referred(shape, parts)
            self.shapes.append(shape)
            self.below.append([])
            waiting.append((index, shape))
            return index

        top = index_of(root)
        while waiting:
            index, shape = waiting.pop()
            self.below[index].extend(index_of(child) for _, child in children(shape))
        return top

    def classes(self, shell: Callable[[AnyShape], AnyShape] = lambda shape: shape) -> list[int]:
        """For each shape the number of its class: two are of one class where nothing in or below them differs.

        Args:
            shell: What of a shape itself counts.
        """
        own = [_own(shell(shape)) for shape in self.shapes]
        order = [_order(shape) for shape in self.shapes]
        found = _numbered(own)
        while True:
            told = [(own[i], *order[i]([found[child] for child in below])) for i, below in enumerate(self.below)]
            finer = _numbered(told)
            if max(finer) == max(found):
                return finer
            found = finer


def _referred(reference: Reference, parts: Mapping[str, AnyShape]) -> AnyShape:
    checks, strict = reference.checks, reference.strict
    seen = {reference.name}
    shape = parts[reference.name]
    while isinstance(shape, Reference):
        if shape.name in seen:
            return Opaque(reason="it is declared by itself")
        seen.add(shape.name)
        checks, strict = checks + shape.checks, strict or shape.strict
        shape = parts[shape.name]
    if not checks and not strict:
        return shape
    return msgspec.structs.replace(shape, checks=checks + shape.checks, strict=strict or shape.strict)


def _own(shape: AnyShape) -> bytes:
    """What a shape is, leaving out what is below it and the order of members; JSON, which tells 1 from true."""
    bare = with_children(shape, [_NOTHING] * len(children(shape)))
    if isinstance(bare, Record):
        bare = msgspec.structs.replace(bare, members=tuple(sorted(bare.members, key=_rank)))
    return msgspec.json.encode(bare)


def _order(shape: AnyShape) -> Callable[[list[int]], list[int]]:
    """Brings what is below a shape into an order that carries no meaning of its own."""
    if isinstance(shape, Record):
        order = sorted(range(len(shape.members)), key=lambda i: _rank(shape.members[i]))
        count = len(order)
        return lambda below: [*(below[i] for i in order), *below[count:]]
    if isinstance(shape, Unions) and shape.mode == "smart":
        return sorted
    return list


def _rank(member: Member) -> bytes:
    return msgspec.json.encode((member.places, member.name))


def _numbered(values: list[tuple[object, ...]] | list[bytes]) -> list[int]:
    numbers: dict[object, int] = {}
    return [numbers.setdefault(value, len(numbers)) for value in values]


# --- what they are called -------------------------------------------------------------------------------------------


class _Naming:
    """Finds and names the definitions among the shapes of a graph, taking shapes of one class for one."""

    def __init__(self, graph: Graph, classes: list[int]) -> None:
        self.graph = graph
        self.classes = classes

    def view(self, top: int) -> View:
        shared = self._shared(top)
        first, names = self._met(top, shared)
        definitions = {names[number]: self._built(index, shared, names) for number, index in first.items()}
        number = self.classes[top]
        root = Reference(name=names[number]) if number in shared else self._built(top, shared, names)
        return View(root=root, definitions=dict(sorted(definitions.items())))

    def _steps(self, index: int) -> list[tuple[str, int]]:
        """What is below a shape, by place."""
        shape = self.graph.shapes[index]
        return sorted(zip((token for token, _ in children(shape)), self.graph.below[index], strict=True))

    def _shared(self, top: int) -> set[int]:
        """The classes that become definitions."""
        candidates = {n for n, shape in zip(self.classes, self.graph.shapes, strict=True) if _is_sizeable(shape)}
        candidates |= self._cyclic(top, candidates)
        times: dict[int, int] = {}
        waiting = [top]
        while waiting:
            index = waiting.pop()
            number = self.classes[index]
            if number in candidates:
                times[number] = times.get(number, 0) + 1
                if times[number] > 1:
                    continue  # what is below it is met where it is defined
            waiting.extend(below for _, below in self._steps(index))
        return {number for number, count in times.items() if count > 1}

    def _cyclic(self, top: int, candidates: set[int]) -> set[int]:
        """Classes that contain themselves without a candidate in between: where the walk comes back to them first."""
        found: set[int] = set()
        done: set[int] = set()
        path: list[int] = []
        waiting: list[tuple[int, bool]] = [(top, False)]
        while waiting:
            index, leaving = waiting.pop()
            number = self.classes[index]
            if leaving:
                path.pop()
                done.add(number)
                continue
            if number in path:
                since = path[path.index(number) :]
                if not any(inner in candidates or inner in found for inner in since):
                    found.add(number)
                continue
            if number in done:
                continue
            path.append(number)
            waiting.append((index, True))
            waiting.extend((below, False) for _, below in reversed(self._steps(index)))
        return found

    def _met(self, top: int, shared: set[int]) -> tuple[dict[int, int], dict[int, str]]:
        """For each definition the shape that was met first, and its name."""
        first: dict[int, int] = {}
        names: dict[int, str] = {}
        waiting = deque([("", top)])
        while waiting:
            place, index = waiting.popleft()
            number = self.classes[index]
            if number in shared:
                if number in names:
                    continue
                while place in names.values():  # two members that are read from one key
                    place += "'"
                first[number] = index
                names[number] = place
            waiting.extend((place + token, below) for token, below in self._steps(index))
        return first, names

    def _built(self, index: int, shared: set[int], names: dict[int, str]) -> AnyShape:
        below = (
            Reference(name=names[self.classes[child]])
            if self.classes[child] in shared
            else self._built(child, shared, names)
            for child in self.graph.below[index]
        )
        return with_children(self.graph.shapes[index], below)


def _is_sizeable(shape: AnyShape) -> bool:
    return (isinstance(shape, Record) and bool(shape.members)) or isinstance(shape, Tagged)
