"""What is done to a payload to make it odd: one change after the other, each noted."""

from __future__ import annotations

from random import Random
from typing import Any

import attrs

from equivalence.shapes import Leaf, Node, Obj, Path, paths_of
from equivalence.values import BAD_STRINGS, NASTY, ODD_NUMBERS, ODD_STRINGS, anything, odd_key, quoted

__all__ = ["Array", "Members", "Mutation", "Version", "members_of", "version_of"]


@attrs.define
class Members:
    """An object: keys and values as they are written, with what the keys are called."""

    items: list[tuple[str, str, Any]]


@attrs.define
class Array:
    """An array."""

    items: list[Any]


@attrs.frozen
class Version:
    """What is known of the payloads of one stored version.

    Attributes:
        shape: What they hold.
        final: What payloads of today hold.
        renamed: Top-level names of then, and where their values end.
        strangers: Top-level members of other versions that this one has not.
    """

    shape: Obj
    final: Obj
    renamed: tuple[tuple[str, Path, Node], ...]
    strangers: tuple[tuple[str, Node], ...]


def version_of(shapes: list[Obj], number: int) -> Version:
    """Version *number* from 1."""
    shape, final = shapes[number - 1], shapes[-1]
    ends = {node.ident: path for path, node in paths_of(final)}
    renamed = tuple(
        (name, ends[node.ident], node)
        for name, node in shape.members.items()
        if node.ident in ends and ends[node.ident] != (name,)
    )
    others = {name: node for other in shapes for name, node in other.members.items() if name not in shape.members}
    return Version(shape, final, renamed, tuple(others.items()))


# --- building -------------------------------------------------------------------------------------------------------


def _value(node: Node, random: Random) -> Any:
    if isinstance(node, Leaf):
        return node.text(random)
    if node.others and random.random() < 0.4:
        node = random.choice(node.others)
        return members_of(node, random)
    if node.many == "optional" and random.random() < 0.2:
        return "null"
    if node.many == "list":
        return Array([members_of(node, random) for _ in range(random.randrange(4))])
    if node.many == "map":
        keys = random.sample(("a", "b", "c d", "nan"), random.randrange(3))
        return Members([(key, quoted(key), members_of(node, random)) for key in keys])
    return members_of(node, random)


def members_of(node: Obj, random: Random) -> Members:
    """Members that a shape takes."""
    return Members(
        [
            (name, quoted(name), _value(inner, random))
            for name, inner in node.members.items()
            if not (inner.optional and random.random() < 0.3)
        ]
    )


# --- what is done to a payload --------------------------------------------------------------------------------------


class Mutation:
    """Changes a payload in one way or several, and notes them."""

    def __init__(self, random: Random, version: Version, payload: Members) -> None:
        self.random = random
        self.version = version
        self.top = payload
        self.tags: set[str] = set()

    def spot(self) -> tuple[Members, int] | None:
        """Some member, mostly at the top."""
        holder = self.top
        while True:
            if not holder.items:
                return None
            place = self.random.randrange(len(holder.items))
            inner = holder.items[place][2]
            if isinstance(inner, Array) and inner.items:
                inner = self.random.choice(inner.items)
            if not (isinstance(inner, Members) and inner.items and self.random.random() < 0.5):
                return holder, place
            holder = inner
            self.tags.add("nested")

    def set(self, value: Any) -> bool:
        """Give some member another value."""
        found = self.spot()
        if found is None:
            return False
        holder, place = found
        name, key, _ = holder.items[place]
        holder.items[place] = (name, key, value)
        return True

    def insert(self, name: str, key: str, value: Any) -> None:
        """Put a member somewhere at the top."""
        self.top.items.insert(self.random.randrange(len(self.top.items) + 1), (name, key, value))

    # --- members ----------------------------------------------------------------------------------------------------

    def both_names(self) -> None:
        """A field under its old name and under a later one."""
        place: int
        if self.version.renamed and self.random.random() < 0.8:
            old, path, node = self.random.choice(self.version.renamed)
            new = path[0]
        elif self.version.strangers:
            new, node = self.random.choice(self.version.strangers)
            old = ""
        else:
            return
        if any(name == new for name, _, _ in self.top.items):
            return
        value = _value(node, self.random) if self.random.random() < 0.7 else anything(self.random)
        key = quoted(new) if self.random.random() < 0.8 else odd_key(new, self.random)
        place = self.random.randrange(len(self.top.items) + 1)
        at = next((n for n, (name, _, _) in enumerate(self.top.items) if name == old), None)
        self.top.items.insert(place, (new, key, value))
        if at is not None:
            self.tags.add("both:new-first" if place <= at else "both:old-first")

    def new_only(self) -> None:
        """A field under today's name only."""
        if not self.version.renamed:
            return
        old, path, node = self.random.choice(self.version.renamed)
        self.top.items = [item for item in self.top.items if item[0] != old]
        if any(name == path[0] for name, _, _ in self.top.items) or len(path) > 1:
            return
        escaped = self.random.random() < 0.3
        self.insert(path[0], odd_key(path[0], self.random) if escaped else quoted(path[0]), _value(node, self.random))
        self.tags |= {
            "new-only",
            *(["new-only-optional"] if node.optional else []),
            *(["new-only-escaped"] if escaped else []),
        }

    def otherwise_named(self) -> None:
        """A member under the attribute's name, or the second choice of its alias."""
        found = [
            (name, node) for name, node in self.version.shape.members.items() if isinstance(node, Leaf) and node.aka
        ]
        if not found:
            return
        name, node = self.random.choice(found)
        other = self.random.choice(node.aka)
        if self.random.random() < 0.5:
            self.top.items = [item for item in self.top.items if item[0] != name]
        self.insert(other, quoted(other), node.text(self.random))
        self.tags.add("otherwise-named")

    def nasty(self) -> None:
        """A field has what is worst for its kind."""
        known = [
            (place, node.kind)
            for place, (name, _, _) in enumerate(self.top.items)
            if isinstance(node := self.version.shape.members.get(name), Leaf) and node.kind in NASTY
        ]
        if not known:
            return
        place, kind = self.random.choice(known)
        name, key, _ = self.top.items[place]
        self.top.items[place] = (name, key, self.random.choice(NASTY[kind]))
        self.tags.add(f"nasty:{kind}")

    def missing(self) -> None:
        """A member is not there."""
        found = self.spot()
        if found is not None:
            holder, place = found
            del holder.items[place]
            self.tags.add("missing")

    def null(self) -> None:
        """A member is null."""
        if self.set("null"):
            self.tags.add("null")

    def wrong_type(self) -> None:
        """A member has a value of any type."""
        if self.set(anything(self.random)):
            self.tags.add("wrong-type")

    def number(self) -> None:
        """A number is written in an odd way."""
        text = self.random.choice(list(ODD_NUMBERS))
        if self.set(text):
            self.tags.add(f"number:{ODD_NUMBERS[text]}")

    def string(self) -> None:
        """A text is written in an odd way."""
        text = self.random.choice(list(ODD_STRINGS))
        if self.set(text):
            self.tags.add(f"string:{ODD_STRINGS[text]}")

    def duplicate(self) -> None:
        """A key stands twice."""
        found = self.spot()
        if found is None:
            return
        holder, place = found
        name, key, value = holder.items[place]
        if not name:
            return
        other = self.random.choice(('"junk"', "[[]]", "null", "7", "1e999", value, anything(self.random)))
        again = odd_key(name, self.random) if self.random.random() < 0.25 else key
        if self.random.random() < 0.5:
            holder.items.insert(place, (name, again, other))
            self.tags.add("duplicate:odd-first")
        else:
            holder.items.insert(place + 1, (name, again, other))
            self.tags.add("duplicate:odd-last")

    def shuffled(self) -> None:
        """The members come in another order."""
        self.random.shuffle(self.top.items)
        self.tags.add("shuffled")

    def escaped_key(self) -> None:
        """A key is written with an escape."""
        found = self.spot()
        if found is not None:
            holder, place = found
            name, _, value = holder.items[place]
            if name:
                holder.items[place] = (name, odd_key(name, self.random), value)
                self.tags.add("escaped-key")

    def unknown(self) -> None:
        """A member that no version knows, with anything in it."""
        choice = self.random.random()
        if choice < 0.3:
            value, tag = anything(self.random), "unknown"
        elif choice < 0.5:
            value, tag = self.random.choice(list(ODD_NUMBERS.items()))
            tag = f"unknown:{tag}"
        elif choice < 0.7:
            value, tag = self.random.choice(list(ODD_STRINGS.items()))
            tag = f"unknown:{tag}"
        elif choice < 0.78:
            value = self.random.choice([text for text, kind in BAD_STRINGS.items() if kind == "invalid-utf8"])
            tag = "unknown:invalid-utf8"
        elif choice < 0.82:
            value, tag = self.random.choice(list(BAD_STRINGS.items()))
            tag = f"unknown:{tag}"
        elif choice < 0.9:
            depth = self.random.choice((50, 150, 199, 200, 250, 700))
            value, tag = self.random.choice(("[", '{"a":')) * depth, "unknown:deep"
            value += "1" + ("]" if value[0] == "[" else "}") * depth
        elif choice < 0.95:
            value, tag = quoted("long " * self.random.choice((120, 1000))), "unknown:long"
        else:
            value, tag = "[" + ",".join(["1.5", "[]"] * self.random.choice((50, 400))) + "]", "unknown:wide"
        keys = (
            *(('"unknown"', "") for _ in range(6)),
            ('"\\ud800"', "lone-surrogate-key"),
            ('"u\\u006e"', "escaped-unknown-key"),
            ('"é"', "non-ascii-key"),
            ('"\udcff"', "invalid-utf8-key"),
            ('""', "empty-key"),
            ('"a\\x"', "bad-escape-key"),
        )
        key, noted = self.random.choice(keys)
        self.insert("", key, value)
        self.tags |= {tag, *filter(None, [noted])}

    def bad_value(self) -> None:
        """A value is no JSON."""
        text = self.random.choice(list(BAD_STRINGS))
        if self.set(text):
            self.tags.add(f"broken:{BAD_STRINGS[text]}")
