"""Where payloads came from: steps that lead to a shape, each with the shape before it."""

from __future__ import annotations

import json
from random import Random

import attrs

from equivalence.prelude import HARMFUL, HARMLESS
from equivalence.shapes import Leaf, Node, Obj, Path, copied, holders, leaf_of, paths_of
from equivalence.values import KINDS, anything

__all__ = ["Item", "Past", "call", "dotted"]

_NAMES = (
    "old",
    "o",
    "name",
    "a0",
    "b1",
    "id",
    "é",
    "with space",
    'q"uote',
    "d.ot",
    "old_",
    "Name",
    "x",
    "tmp",
    "back\\slash",
)
# Which kinds a value may have had before a function made it what it is.
_BEFORE = {
    "str": (
        ("int", "to_text"),
        ("bool", "to_text"),
        ("str", "upper"),
        ("optional-str", "from_null"),
        ("any", "to_text"),
        ("any", "kind_of"),
    ),
    "int": (("literal-int", "double"), ("int", "double"), ("str", "to_int"), ("decimal", "double")),
    "bool": (("bool", "negate"), ("any", "negate")),
    "float": (("int", "halve"), ("float", "halve")),
    "decimal": (("float", "exact"), ("int", "to_text"), ("decimal", "to_text")),
    "list-str": (("str", "to_list"),),
    "list-int": (("int", "wrapped"), ("list-int", "appended")),
    "map": (("map", "appended"),),
    "map-any": (("any", "boxed"),),
    "optional-str": (("str", "to_null"),),
    "any": (("any", "boxed"), ("any", "wrapped"), ("any", "kind_of")),
    "union": (("int", "to_text"), ("any", "kind_of")),
}

# What would be seen last in a field of a kind.
_HARM = {
    "float": ["nan", "infinite", "halve"],
    "str": ["surrogate", "subtext", "rich", "upper"],
    "int": ["huge", "long_number", "exact"],
    "bool": ["negate", "exact"],
    "any": ["deep", "no_json", "endless", "infinite", "nan_decimal"],
}


@attrs.define
class Item:
    """One step or function, and what payloads held before it."""

    text: str
    before: Obj
    function: bool = False
    envelope: bool = False


def dotted(path: Path) -> str:
    """A path as steps take it."""
    return ".".join(part.replace(".", "\\.") for part in path)


def call(verb: str, path: Path, *arguments: str) -> str:
    """A step as it is written."""
    return f"{verb}({', '.join((repr(dotted(path)), *arguments))})"


class Past:
    """Goes from today's shape backwards, by the steps that each event store knows."""

    def __init__(self, random: Random, shape: Obj, kinds: set[str]) -> None:
        self.random = random
        self.shape = shape
        self.kinds = kinds  # of the family
        self.items: list[Item] = []  # from the last to the first
        self.tags: set[str] = set()
        self.vacated: list[str] = []
        self.known = list(shape.members)
        self.functions = 0

    # --- names and paths --------------------------------------------------------------------------------------------

    def fresh(self, holder: Obj) -> str:
        """A name that *holder* does not have at this point; gladly one that it has later."""
        again = [name for name in self.vacated if name not in holder.members]
        if again and self.random.random() < 0.45:
            self.tags.add("reused-name")
            return self.random.choice(again)
        name = self.random.choice(_NAMES)
        return name if name not in holder.members else f"{name}{len(self.items)}_{self.random.randrange(99)}"

    def some_path(self, *, top: bool = False, kinds: tuple[str, ...] = ()) -> tuple[Path, Node] | None:
        """A member of the present shape."""
        found = [
            (path, node)
            for path, node in paths_of(self.shape)
            if (not top or len(path) == 1) and (not kinds or (isinstance(node, Leaf) and node.kind in kinds))
        ]
        return self.random.choice(found) if found else None

    def holder(self, path: Path) -> Obj:
        """The object that holds *path*, in the shape as it can be changed now."""
        node: Node = self.shape
        for part in path[:-1]:
            assert isinstance(node, Obj)
            node = node.members[part]
        assert isinstance(node, Obj)
        return node

    def replace(self, path: Path, node: Node | None) -> None:
        """Put *node* at *path*, or nothing."""
        holder = self.holder(path)
        if node is None:
            del holder.members[path[-1]]
            if len(path) == 1:
                self.vacated.append(path[0])
        else:
            holder.members[path[-1]] = node

    def step(self, text: str, *, function: bool = False, envelope: bool = False) -> None:
        """Note a step; the shape has become the one before it."""
        self.items.append(Item(text, copied(self.shape), function, envelope))

    # --- steps ------------------------------------------------------------------------------------------------------

    def rename(self, *, old: str = "", new: str = "") -> None:
        """What stands at *new* stood at *old*."""
        found = ((new,), self.shape.members[new]) if new else self.some_path(top=True)
        if found is None:
            return
        path, node = found
        old = old or self.fresh(self.shape)
        self.replace(path, None)
        self.shape.members[old] = node
        if self.random.random() < 0.15:
            self.tags.add("rename-onto-existing")
            self.shape.members[path[0]] = leaf_of(node.kind if isinstance(node, Leaf) and node.kind in KINDS else "any")
        tag = getattr(node, "kind", "") == "tag"
        self.tags |= {"rename", *(["rename-tag"] if tag else []), *(["rename-optional"] if node.optional else [])}
        self.step(call("rename", (old,), f"to={dotted(path)!r}"))

    def overwritten(self) -> None:
        """A field passes a function that may fail on it, and is then replaced by another."""
        found = self.some_path(top=True)
        if found is None:
            return
        (name,), _ = found
        self.rename(new=name)
        self.shape.members.setdefault(name, leaf_of("any"))
        self.tags.add("overwritten")
        self.step(call("convert", (name,), self.random.choice(HARMFUL).__name__))

    def scattered(self) -> None:
        """An object is put together of what stood beside it."""
        found = [pair for pair in paths_of(self.shape) if isinstance(pair[1], Obj) and pair[1].many in {"", "optional"}]
        if not found:
            return
        path, node = self.random.choice(found)
        before = len(self.items)
        for name, inner in list(node.members.items()):
            if self.random.random() < 0.9:
                old = self.fresh(self.shape)
                del self.holder((*path, name)).members[name]
                self.shape.members[old] = inner
                self.step(call("move", (old,), f"to={dotted((*path, name))!r}"))
        self.tags.add("scattered")
        if len(self.items) > before and self.random.random() < 0.8:
            self.replace(path, None)
            self.items[-1].before = copied(self.shape)

    def swap(self) -> None:
        """Two fields change places, over a third name."""
        if len(self.shape.members) < 2:
            return
        one, other = self.random.sample(list(self.shape.members), 2)
        spare = f"spare{len(self.items)}"
        self.tags.add("swap")
        self.rename(old=spare, new=other)
        if other in self.shape.members or one not in self.shape.members:
            return
        self.rename(old=other, new=one)
        if one not in self.shape.members and spare in self.shape.members:
            self.rename(old=one, new=spare)

    def re_added(self) -> None:
        """A name that is renamed, or removed, and then added anew."""
        found = self.some_path(top=True)
        if found is None or not self.constant(found[1]):
            return
        name = found[0][0]
        self.add(path=(name,))
        if name in self.shape.members:
            return
        if self.random.random() < 0.5 and (others := [other for other in self.shape.members if other != name]):
            self.tags.add("renamed-then-re-added")
            self.rename(old=name, new=self.random.choice(others))
        else:
            self.tags.add("removed-then-re-added")
            self.remove(name=name)

    def constant(self, node: Node) -> str:
        """A Python expression of a value that a node takes, or an empty text."""
        if isinstance(node, Leaf):
            other = node.constant and self.random.random() < 0.5
            return repr(json.loads(node.text(self.random))) if other else node.constant
        if node.many:
            return {"list": "[]", "map": "{}", "optional": "None"}[node.many]
        parts = {name: self.constant(inner) for name, inner in node.members.items()}
        return "{" + ", ".join(f"{name!r}: {text}" for name, text in parts.items()) + "}" if all(parts.values()) else ""

    def add(self, *, path: Path = ()) -> None:
        """A field is added with a constant."""
        found = (path, self.holder(path).members[path[-1]]) if path else self.some_path()
        if found is None or not (constant := self.constant(found[1])):
            return
        path, _ = found
        if self.random.random() < 0.85:
            self.replace(path, None)
        self.tags |= {
            "add",
            *(["add-nested"] if len(path) > 1 else []),
            *(["add-mutable"] if constant[0] in "[{" else []),
        }
        self.step(call("add", path, constant))

    def remove(self, *, name: str = "") -> None:
        """A field is taken away."""
        holder_path, holder = self.random.choice(list(holders(self.shape))) if not name else ((), self.shape)
        name = name or self.fresh(holder)
        holder.members[name] = leaf_of(
            self.random.choice(("any", "str", "int", "float", "decimal")), optional=self.random.random() < 0.3
        )
        self.tags.add("remove")
        self.step(call("remove", (*holder_path, name)))

    def move(self) -> None:
        """A field stood somewhere else."""
        found = self.some_path()
        if found is None:
            return
        path, node = found
        self.replace(path, None)
        targets = [(above, holder) for above, holder in holders(self.shape) if above[: len(path)] != path]
        above, holder = self.random.choice(targets)
        if self.random.random() < 0.3:
            name = self.fresh(holder)
            inner = Obj({})
            holder.members[name] = inner
            above, holder = (*above, name), inner
        name = self.fresh(holder)
        old = (*above, name)
        shorter = min(len(old), len(path))
        if old[:shorter] == path[:shorter]:
            self.replace(path, node)
            return
        holder.members[name] = node
        self.tags |= {"move", *(["move-into-object"] if len(path) > 1 else []), *(["move-out"] if len(old) > 1 else [])}
        self.step(call("move", old, f"to={dotted(path)!r}"))

    def convert(self) -> None:
        """A value passes a function."""
        found = self.some_path()
        if found is None:
            return
        path, node = found
        kind = node.kind if isinstance(node, Leaf) else ""
        options = [pair for pair in _BEFORE.get(kind, ()) if pair[0] in self.kinds]
        choice = self.random.random()
        if options and choice < 0.55:
            before, name = self.random.choice(options)
            leaf = leaf_of(before, optional=node.optional)
            self.replace(path, attrs.evolve(leaf, ident=node.ident) if isinstance(leaf, Leaf) else leaf)
            self.tags.add("convert")
        else:
            pool = [function.__name__ for function in (HARMLESS if choice < 0.7 else HARMFUL)]
            name = self.random.choice(_HARM.get(kind, pool) if self.random.random() < 0.4 else pool)
            self.tags |= {"convert", f"convert-{name}"}
        nulls = ["nulls=True"] if self.random.random() < 0.2 else []
        self.step(call("convert", path, name, *nulls))

    def map_values(self) -> None:
        """A value is looked up in a table."""
        found = self.some_path(
            kinds=("literal", "enum", "bool", "literal-int", "int-enum", "str", "optional-str", "any", "tag")
        )
        if found is None:
            return
        path, node = found
        kind = node.kind
        keep = ""
        if kind in {"literal", "enum"}:
            table = "{'red': 'green', 'r': 'red', 'b': 'blue', 1: 'green', 1.0: 'red', True: 'blue'}"
            self.replace(
                path,
                attrs.evolve(
                    node,
                    text=lambda random: random.choice(('"r"', '"b"', '"red"', "1", "1.0", "true", '"\\u0072"')),
                    kind="mapped",
                ),
            )
            keep = "default='green'" if self.random.random() < 0.4 else ""
        elif kind in {"literal-int", "int-enum"}:
            table = "{'low': 1, 'high': 2, 1: 2, 2: 1, None: 1}"
            self.replace(
                path,
                attrs.evolve(
                    node, text=lambda random: random.choice(('"low"', '"high"', "1", "2", "null")), kind="mapped"
                ),
            )
            keep = "nulls=True"
        elif kind == "bool":
            table = "{'yes': True, 'no': False, True: False, False: True, 0: False, 1: True}"
            self.replace(
                path,
                attrs.evolve(
                    node, text=lambda random: random.choice(('"yes"', '"no"', "true", "false", "0", "1")), kind="mapped"
                ),
            )
        elif kind == "tag":
            table = f"{{'old': {node.constant}, {node.constant}: {node.constant}}}"
            self.tags.add("map-tag")
            self.replace(
                path, attrs.evolve(node, text=lambda random, text=node.text: random.choice(('"old"', text(random))))
            )
        else:
            table = "{'x': 'mapped', 7: 'seven', 1.5: ['m'], '': {'o': [1]}, -0.0: 'zero'}"
            keep = self.random.choice(("default='other'", "default=['mutable']", "", "default=None"))
        self.tags |= {"map_values", "map-default" if "default" in keep else "map-without-default"}
        self.step(call("map_values", path, table, *filter(None, [keep])))

    def noise(self) -> None:
        """A step on names that the class does not know."""
        text = self.random.choice(
            (
                "rename('zz', to='yy')",
                "convert('zz', boom)",
                "remove('zz')",
                "move('zz', to='yy.k')",
                "map_values('zz', {1: 2}, default=3)",
                "add('zz.k', [1])",
                "convert('zz', no_json)",
                "move('zz.k', to='yy')",
            )
        )
        self.tags.add("unknown-name")
        if self.random.random() < 0.5:
            self.shape.members.setdefault("zz", Leaf("any", anything, "", True))
        self.step(text)
