"""Random chains, made from the last step to the first, so that payloads of every version lead to today's class."""

from __future__ import annotations

from random import Random

import attrs

import upcast
from equivalence.case import EdgeSource
from equivalence.past import Past, call, dotted
from equivalence.shapes import Leaf, Obj, copied, leaf_of, paths_of

__all__ = ["Chain", "random_chain"]

_NEW_VERBS = ("within", "wrap", "unwrap", "split_field", "join_fields")


@attrs.define
class Chain:
    """A chain and what payloads of each of its versions hold.

    Attributes:
        edges: The edges.
        shapes: The shapes, by version from 1; the last is that of the class.
        tags: What occurs in it.
    """

    edges: list[EdgeSource]
    shapes: list[Obj]
    tags: set[str]


class _Past(Past):
    """The same with the younger verbs, and functions."""

    def within(self) -> None:
        """Steps inside of an object, or of every object of an array."""
        found = [
            (path, node)
            for path, node in paths_of(self.shape)
            if isinstance(node, Obj) and node.many in {"", "optional", "list"}
        ]
        if not found:
            return
        path, node = self.random.choice(found)
        inner = _Past(self.random, Obj(dict(node.members)), self.kinds)
        inner.functions = 99
        for _ in range(self.random.randint(1, 3)):
            getattr(inner, self.random.choice(("rename", "rename", "add", "remove", "convert", "map_values", "move")))()
        if not inner.items:
            return
        verb = "each" if node.many == "list" else "within"
        self.replace(path, attrs.evolve(node, members=inner.shape.members))
        self.tags |= {verb, *(f"{verb}-{tag}" for tag in inner.tags)}
        self.step(call(verb, path, *(item.text for item in reversed(inner.items))))

    def wrap(self) -> None:
        """A value gets something around it."""
        found = [
            (path, node)
            for path, node in paths_of(self.shape)
            if isinstance(node, Obj) and not node.many and len(node.members) == 1
        ]
        if found and self.random.random() < 0.6:
            path, node = self.random.choice(found)
            ((key, inner),) = node.members.items()
            self.replace(path, inner)
            self.tags.add("wrap")
            self.step(call("wrap", path, f"key={dotted((key,))!r}", *self._nulls()))
            return
        listed = self.some_path(kinds=("list-int", "list-str"))
        if listed is not None:
            path, node = listed
            self.replace(
                path, leaf_of("int" if getattr(node, "kind", "") == "list-int" else "str", optional=node.optional)
            )
            self.tags.add("wrap")
            self.step(call("wrap", path, *self._nulls()))

    def unwrap(self) -> None:
        """A value comes out of what is around it."""
        found = self.some_path()
        if found is None:
            return
        path, node = found
        if self.random.random() < 0.6:
            self.replace(path, Obj({"value": attrs.evolve(node, optional=False)}, optional=node.optional))
            self.tags.add("unwrap")
            self.step(call("unwrap", path, "key='value'", *self._nulls()))
        elif isinstance(node, Leaf):
            text = node.text
            self.replace(path, Leaf("wrapped", lambda random: f"[{text(random)}]", "", node.optional))
            self.tags.add("unwrap")
            self.step(call("unwrap", path, *self._nulls()))

    def _nulls(self) -> list[str]:
        return ["nulls=True"] if self.random.random() < 0.3 else []

    def split_field(self) -> None:
        """Two texts were one."""
        texts = [
            path
            for path, node in paths_of(self.shape)
            if isinstance(node, Leaf) and node.kind in {"str", "optional-str", "union"}
        ]
        if len(texts) < 2:
            return
        one, other = self.random.sample(texts, 2)
        self.replace(one, None)
        self.replace(other, None)
        name = self.fresh(self.shape)
        self.shape.members[name] = Leaf(
            "joined", lambda random: random.choice(('"ab cd"', '"a b c"', '"\\u0061 \\u0062"', '"é f"', '"ab"', "null"))
        )
        self.tags.add("split_field")
        self.step(call("split_field", (name,), f"into={(dotted(one), dotted(other))!r}", "separator=' '"))

    def join_fields(self) -> None:
        """A text was two."""
        found = self.some_path(kinds=("str", "optional-str", "union", "any"))
        if found is None:
            return
        path, _ = found
        self.replace(path, None)
        names = []
        for _ in range(2):
            names.append(self.fresh(self.shape))
            self.shape.members[names[-1]] = leaf_of(self.random.choice(("str", "str", "optional-str")))
        if names[0] == names[1]:
            return
        self.tags.add("join_fields")
        fields = tuple(dotted((name,)) for name in names)
        self.step(f"join_fields({fields!r}, to={dotted(path)!r}, separator='-')")

    # --- functions --------------------------------------------------------------------------------------------------

    def function(self) -> None:
        """An upcaster function."""
        found = self.some_path(top=True)
        if found is None:
            return
        (new,), node = found
        old = self.fresh(self.shape)
        self.functions += 1
        head = f"def up{self.functions}_{self.random.randrange(10**6)}(payload"
        choice = self.random.choice(("in-place", "new-dict", "envelope", "raises", "wrong", "constant"))
        self.tags |= {"function", f"function-{choice}"}
        if choice in {"in-place", "new-dict", "envelope"}:
            del self.shape.members[new]
            self.shape.members[old] = node
        renamed = f"    if {old!r} in payload:\n        payload[{new!r}] = payload.pop({old!r})\n"
        body = {
            "in-place": f"{renamed}    return payload\n",
            "new-dict": f"    return {{({new!r} if k == {old!r} else k): v for k, v in payload.items()}}\n",
            "envelope": f"{renamed}    return {{**payload, 'from': str(envelope.schema_version)}}\n",
            "raises": f"    boom(payload.get({new!r}))\n    return payload\n",
            "wrong": "    return None if len(payload) % 4 == 0 else payload\n",
            "constant": f"    payload.setdefault({new!r}, MUTABLE)\n    return payload\n",
        }[choice]
        envelope = choice == "envelope"
        self.step(f"{head}{', *, envelope' if envelope else ''}):\n{body}", function=True, envelope=envelope)


_VERBS = {
    "rename": 8,
    "move": 4,
    "add": 5,
    "remove": 3,
    "convert": 5,
    "map_values": 2,
    "swap": 2,
    "re_added": 2,
    "overwritten": 1,
    "scattered": 3,
    "noise": 1,
}


def random_chain(random: Random, shape: Obj, kinds: set[str]) -> Chain:
    """A chain that ends in *shape*."""
    past = _Past(random, copied(shape), kinds)
    hops = random.choice((1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 10, 12))
    # Most chains are renames, constants and drops, where there is most to win and so most to lose.
    simple = random.random() < 0.4
    verbs = {
        verb: weight
        for verb, weight in _VERBS.items()
        if not simple or verb not in {"convert", "map_values", "move", "noise", "overwritten", "scattered"}
    }
    if not simple:
        verbs |= {verb: 1 for verb in _NEW_VERBS if hasattr(upcast, verb)}
        if random.random() < 0.35:
            verbs["function"] = 2
    wanted = hops + random.randrange(hops + 2)
    for _ in range(wanted):
        getattr(past, random.choices(list(verbs), list(verbs.values()))[0])()
    return _edges(random, past, hops, shape)


def _edges(random: Random, past: _Past, hops: int, shape: Obj) -> Chain:
    """Cut the steps into edges."""
    edges: list[EdgeSource] = []
    shapes: list[Obj] = []
    for item in reversed(past.items):
        steps_only = edges and not edges[-1].function and not item.function
        if steps_only and random.random() > hops / (len(past.items) + 1):
            edges[-1].steps.append(item.text)
            continue
        if item.function:
            edges.append(EdgeSource(function=item.text, envelope=item.envelope))
        else:
            edges.append(EdgeSource(steps=[item.text]))
        shapes.append(item.before)
    if not edges or (len(edges) < 12 and random.random() < 0.15):
        place = random.randrange(len(edges) + 1)
        edges.insert(place, EdgeSource())
        shapes.insert(place, shapes[place] if place < len(shapes) else copied(shape))
        past.tags.add("unchanged")
    while len(edges) > 12:  # the oldest go
        del edges[0], shapes[0]
    return Chain(edges, [*shapes, shape], past.tags)
