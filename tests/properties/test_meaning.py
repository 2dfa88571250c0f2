"""What a chain means: the codec against an interpreter that was written from the documentation alone."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from properties.model import interpret
from properties.texts import dump, exact, own_decoder
from properties.worlds import World, has_header, stored, worlds


def meant(world: World, version: int, payload: dict[str, Any]) -> object:
    """What the interpreter and the class's own library make of a payload."""
    made = interpret(world.edges, version, payload)
    if has_header(world):
        made = {**made, "type": world.name, "schema_version": world.version}
    return own_decoder(world.cls, dump(made).encode())


@given(worlds(), st.data())
def test_every_stored_version_becomes_what_the_documentation_says(world: World, data: st.DataObject) -> None:
    """A payload of any version, under any name, in any envelope, becomes today's object as the steps are documented."""
    version = data.draw(st.integers(1, world.version))
    payload = data.draw(world.payloads(version))
    name = data.draw(world.stored_name())

    event = world.codec().decode(stored(world, name, version, payload))

    assert exact(event) == exact(meant(world, version, payload))
