"""The places of a view, as JSON pointers with `*` for items, entries and undeclared members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from upcast.schemas.shapes import (
    AnyShape,
    Array,
    MapOf,
    Opaque,
    Path,
    Record,
    Reference,
    Tagged,
    TupleOf,
    Unions,
    View,
)

__all__ = ["below", "gaps_of", "names_of", "pointer", "walk"]


def pointer(parts: Iterable[str | int]) -> str:
    """A JSON pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def below(shape: AnyShape) -> Iterator[tuple[Path, AnyShape]]:
    """The shapes right below *shape*, and what leads to them."""
    match shape:
        case Record():
            for member in shape.members:
                yield member.places[0], member.shape
            if shape.extras is not None:
                yield ("*",), shape.extras
        case Array():
            yield ("*",), shape.items
        case TupleOf():
            yield from (((index,), item) for index, item in enumerate(shape.items))
            if shape.rest is not None:
                yield ("*",), shape.rest
        case MapOf():
            yield ("*",), shape.keys
            yield ("*",), shape.values
        case Unions():
            yield from (((), member) for member in shape.members)
        case Tagged():
            yield from (((), variant.shape) for variant in shape.variants)
        case _:
            return


def walk(view: View) -> Iterator[tuple[str, AnyShape]]:
    """Every place and its shape, references included; a definition's own places where it is met first."""
    met: set[str] = set()
    waiting: list[tuple[str, AnyShape]] = [("", view.root)]
    while waiting:
        place, shape = waiting.pop()
        yield place, shape
        if isinstance(shape, Reference):
            if shape.name not in met:
                met.add(shape.name)
                waiting.append((place, view.definitions[shape.name]))
            continue
        waiting += [(place + pointer(parts), inner) for parts, inner in reversed(list(below(shape)))]


def gaps_of(view: View) -> tuple[str, ...]:
    """The places where code of the user, or something of which nothing is known, has the last word."""
    return tuple(dict.fromkeys(place for place, shape in walk(view) if shape.checks or isinstance(shape, Opaque)))


def names_of(view: View) -> frozenset[str]:
    """Every name that is declared in a view; all else in an error may come from a payload."""
    names: set[str] = set()
    for _, shape in walk(view):
        if isinstance(shape, Record):
            for member in shape.members:
                names.add(member.name)
                names.update(part for path in member.places for part in path if isinstance(part, str))
        elif isinstance(shape, Tagged):
            names.add(shape.discriminator)
    return frozenset(names)
