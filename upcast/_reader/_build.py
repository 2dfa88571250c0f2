"""Which reader a class can have for a run of steps."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import msgspec

from upcast._chain import StepsEdge
from upcast._door import Door, MsgspecDoor
from upcast._net_effect import net_effect
from upcast._reader._reader import Reader, Unsuited
from upcast._reader._relabel import relabel_reader
from upcast._reader._sequence import sequence
from upcast._reader._struct import struct_reader
from upcast._steps import Add, Remove

__all__ = ["build_reader"]


def build_reader(edges: Sequence[StepsEdge], stamp: Mapping[str, object], cls: type, door: Door) -> Reader:
    """The reader of payloads that a run of steps brings to today's class.

    Args:
        edges: The steps, from the stored version on.
        stamp: Members that are set afterwards, where the payload carries its own header.
        cls: Today's class.
        door: Its door.

    Raises:
        Unsuited: There can be none, and why.
    """
    stamping = [
        step for name, value in stamp.items() for step in (Remove((name,)), Add((name,), msgspec.json.encode(value)))
    ]
    effect = net_effect([*(step for edge in edges for step in edge.steps), *stamping])
    if isinstance(door, MsgspecDoor) and door.keeps_text:
        raise Unsuited("the class holds JSON text as it is written, which steps would write anew")
    if not effect.components:
        return Reader(door.decode, "today's decoder reads it as it is", "")
    if not isinstance(door, MsgspecDoor):
        from upcast._door._pydantic import PydanticDoor
        from upcast._reader._schema import schema_reader

        assert isinstance(door, PydanticDoor)
        native = functools.partial(schema_reader, effect, door)
    elif issubclass(cls, msgspec.Struct):
        native = functools.partial(struct_reader, effect, cls, door)
    else:
        return relabel_reader(effect, door, sequence(edges, stamp, door))
    try:
        return native()
    except Unsuited as unsuited:
        reason = str(unsuited)
    try:
        return relabel_reader(effect, door, sequence(edges, stamp, door))
    except Unsuited as unsuited:
        raise Unsuited(f"{reason}; {unsuited}") from None
