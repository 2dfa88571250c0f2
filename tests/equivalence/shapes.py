"""What payloads of one version hold: a tree of members, from which payloads are made and through which a chain goes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import attrs
import msgspec
import pydantic

from equivalence.values import KINDS, quoted

__all__ = ["Leaf", "Node", "Obj", "Path", "Spec", "copied", "holders", "leaf_of", "paths_of", "shape_of", "wire_path"]

Path = tuple[str, ...]
_idents = itertools.count()


@attrs.define(eq=False)
class Leaf:
    """A value without members that a chain could name.

    Attributes:
        kind: The name of its kind.
        text: Makes its JSON text.
        constant: A Python expression of one value of it, or empty.
        optional: Whether a payload may be without it.
        aka: Other names under which the class may read it.
        ident: What stays while it is moved about.
    """

    kind: str
    text: Callable[[Random], str]
    constant: str = ""
    optional: bool = False
    aka: tuple[str, ...] = ()
    ident: int = attrs.field(factory=lambda: next(_idents))


@attrs.define(eq=False)
class Obj:
    """An object.

    Attributes:
        members: What is in it.
        many: What stands around it: `list`, `map`, `optional`, or nothing.
        others: The other choices of a union.
        optional: Whether a payload may be without it.
        ident: What stays while it is moved about.
    """

    members: dict[str, Node]
    many: str = ""
    others: tuple[Obj, ...] = ()
    optional: bool = False
    ident: int = attrs.field(factory=lambda: next(_idents))


Node = Leaf | Obj


def leaf_of(kind: str, *, optional: bool = False) -> Leaf:
    """A leaf of a kind."""
    found = KINDS[kind]
    return Leaf(kind, found.text, found.constant, optional)


def copied(node: Obj) -> Obj:
    """A copy whose members can be changed."""
    members = {name: copied(inner) if isinstance(inner, Obj) else inner for name, inner in node.members.items()}
    return attrs.evolve(node, members=members)


def holders(node: Obj, above: Path = ()) -> Iterator[tuple[Path, Obj]]:
    """Every object that a path can lead into."""
    yield above, node
    for name, inner in node.members.items():
        if isinstance(inner, Obj) and inner.many in {"", "optional"}:
            yield from holders(inner, (*above, name))


def paths_of(node: Obj) -> list[tuple[Path, Node]]:
    """Every path to a member."""
    return [((*above, name), inner) for above, holder in holders(node) for name, inner in holder.members.items()]


# --- the shape of a class -------------------------------------------------------------------------------------------


@attrs.define
class Spec:
    """A field of a class.

    Attributes:
        name: The attribute.
        kind: The name of a kind, or empty where it holds classes of the case.
        classes: The names of these.
        many: See `Obj.many`.
        optional: Whether it has a default.
        tag: The member that tells the classes apart, where one does.
    """

    name: str
    kind: str = ""
    classes: tuple[str, ...] = ()
    many: str = ""
    optional: bool = False
    tag: str = ""


def wire_path(cls: Any, name: str) -> Path:
    """Where a payload carries a field."""
    if issubclass(cls, msgspec.Struct):
        return (cls.__struct_encode_fields__[cls.__struct_fields__.index(name)],)
    fields = getattr(cls, "__pydantic_fields__", None)
    if fields is None:
        return (name,)
    config = getattr(cls, "model_config", None) or getattr(cls, "__pydantic_config__", None) or {}
    alias = fields[name].validation_alias
    if alias is None or config.get("validate_by_alias") is False:
        return (name,)
    if isinstance(alias, pydantic.AliasChoices):
        alias = alias.choices[0]
    return tuple(map(str, alias.path)) if isinstance(alias, pydantic.AliasPath) else (alias,)


def shape_of(name: str, scope: dict[str, Any], specs: dict[str, list[Spec]], depth: int = 0) -> Obj:
    """What payloads of a class of the case hold."""
    cls = scope[name]
    shape = Obj({})
    for spec in specs[name]:
        if spec.classes and depth > 1:
            continue  # a recursive class is optional in itself
        holder = shape
        *above, last = wire_path(cls, spec.name)
        for part in above:
            inner = holder.members.setdefault(part, Obj({}))
            if not isinstance(inner, Obj):
                break
            holder = inner
        node = _node(spec, scope, specs, depth)
        if isinstance(node, Leaf) and last != spec.name:
            node = attrs.evolve(node, aka=(spec.name, f"{spec.name}_2"))
        holder.members[last] = node
    tag = getattr(getattr(cls, "__struct_config__", None), "tag", None)
    if tag is not None:
        text = quoted(tag) if isinstance(tag, str) else str(tag)
        shape.members[cls.__struct_config__.tag_field] = Leaf("tag", lambda _: text, repr(tag), optional=depth == 0)
    return shape


def _node(spec: Spec, scope: dict[str, Any], specs: dict[str, list[Spec]], depth: int) -> Node:
    if spec.kind.startswith("tag:"):
        text = quoted(spec.kind.removeprefix("tag:"))
        return Leaf("tag", lambda _: text, repr(spec.kind.removeprefix("tag:")))
    if spec.kind:
        return leaf_of(spec.kind, optional=spec.optional)
    first, *others = (shape_of(name, scope, specs, depth + 1) for name in spec.classes)
    return attrs.evolve(first, many=spec.many, others=tuple(others), optional=spec.optional)
