"""Random payloads of one version, valid and broken, as JSON text of our own writing."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import attrs

from equivalence.mutations import Array, Members, Mutation, Version, members_of
from equivalence.values import encoded

__all__ = ["Payload", "payload_of", "text_of"]


@attrs.define
class Payload:
    """One payload.

    Attributes:
        members: Its tree, or None where it is no object.
        text: Its text.
        tags: What is odd about it.
    """

    members: Members | None
    text: str
    tags: frozenset[str]

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return encoded(self.text)


def text_of(value: Any, space: Callable[[], str] | None = None) -> str:
    """The JSON text of a value, with whitespace from *space* around its tokens."""
    if isinstance(value, Members):
        if space is None:
            return "{" + ",".join([f"{key}:{text_of(item)}" for _, key, item in value.items]) + "}"
        parts = [f"{space()}{key}{space()}:{space()}{text_of(item, space)}{space()}" for _, key, item in value.items]
        return "{" + ",".join(parts) + "}"
    if isinstance(value, Array):
        return "[" + ",".join([text_of(item, space) for item in value.items]) + "]"
    assert isinstance(value, str)
    return value


_MUTATIONS = {
    "both_names": 5,
    "new_only": 5,
    "missing": 3,
    "otherwise_named": 2,
    "nasty": 8,
    "null": 4,
    "wrong_type": 3,
    "number": 4,
    "string": 3,
    "duplicate": 5,
    "shuffled": 4,
    "escaped_key": 3,
    "unknown": 6,
    "bad_value": 1,
}
_WHOLE = {
    "{}": "empty-object",
    " {} ": "empty-object",
    "[]": "not-an-object",
    "null": "not-an-object",
    "7": "not-an-object",
    '"text"': "not-an-object",
    "": "empty-text",
    "  ": "empty-text",
    "{": "truncated",
    "}": "broken:no-value",
    "{,}": "broken:no-value",
    '{"a"}': "broken:no-value",
    '{"a":}': "broken:no-value",
    "[" * 300 + "]" * 300: "not-an-object",
    "{} {}": "trailing-garbage",
}
_SPACES = ("", "", " ", "\n", "\t ", "\r\n")


def payload_of(random: Random, version: Version) -> Payload:
    """One payload of a version."""
    if random.random() < 0.02:
        text, tag = random.choice(list(_WHOLE.items()))
        return Payload(None, text, frozenset({tag}))
    members = members_of(version.shape, random)
    tags = {"valid"}
    count = random.choices((0, 1, 2, 3), (25, 45, 20, 10))[0]
    if count:
        mutation = Mutation(random, version, members)
        for name in random.choices(list(_MUTATIONS), list(_MUTATIONS.values()), k=count):
            getattr(mutation, name)()
        tags = mutation.tags
    if random.random() < 0.12:
        tags.add("whitespace")
        text = text_of(members, lambda: random.choice(_SPACES))
        text = random.choice(_SPACES) + text + random.choice(_SPACES)
    else:
        text = text_of(members)
    if random.random() < 0.03:
        text = _damaged(random, text, tags)
        return Payload(None, text, frozenset(tags))
    return Payload(members, text, frozenset(tags))


def _damaged(random: Random, text: str, tags: set[str]) -> str:
    place = random.randrange(len(text) + 1)
    choice = random.randrange(10)
    tags.add(
        (
            "truncated",
            "trailing-garbage",
            "bom",
            "control-character",
            "comment",
            "deleted",
            "doubled",
            "trailing-comma",
            "replaced",
            "replaced",
        )[choice]
    )
    return (
        text[:place],
        text + random.choice(("x", "{}", ",", "]", "\x00", "null")),
        "\ufeff" + text,
        text[:place] + random.choice("\x00\x01\x1f\x7f\x0b") + text[place:],
        text[:place] + "/**/" + text[place:],
        text[:place] + text[place + 1 :],
        text[:place] + text[place : place + 1] + text[place:],
        text.rstrip()[:-1] + ",}",
        random.choice("[x(1") + text[1:],
        text[:place] + random.choice('{}[],:"\\0-e.tn ') + text[place + 1 :],
    )[choice]
