"""Objects to payloads, and the proof that what is stored can be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from upcast._bounds import is_deep
from upcast._door import Door
from upcast._line import Line
from upcast.errors import EncodeError, RefusedEvent

__all__ = ["check_read_back", "time_text", "write_event"]


def write_event(event: object, line: Line, door: Door) -> bytes:
    """The payload of *event* as JSON text; raises `EncodeError`."""
    if door.decode_only:
        problem = f"{door.decode_only}, so it can be read but not stored"
        raise EncodeError("decode-only", problem, event_type=line.name)
    try:
        return door.encode(event)
    except MemoryError:
        raise
    except EncodeError as error:
        reason, problem = error.reason, error.problem
    except Exception as exception:  # whatever an encoder raises on an object it cannot write
        reason, problem = "not-encodable", f"its encoder raised {type(exception).__qualname__}"
    # Raised outside the handler, so that what was caught, which may hold values, does not travel along.
    raise EncodeError(reason, problem, event_type=line.name)


def check_read_back(
    event: object,
    line: Line,
    door: Door,
    version: int,
    payload: bytes,
    read: Callable[[], list[tuple[object, int]]],
    *,
    lossy: bool,
) -> None:
    """Refuse what could not be read back, or would be read as another object.

    Args:
        event: The object that is written.
        line: Its version line.
        door: Its door.
        version: The version that is written.
        payload: What is written of it.
        read: Reads what was written.
        lossy: Whether it may come back as another object, if *version* is an older one.

    Raises:
        EncodeError: It must not be stored.
    """
    try:
        back = read()
        if lossy and version != line.version:
            return
        if is_deep(payload):
            # Equality recurses, and would overflow a small stack.
            equal = len(back) == 1 and door.encode(event) == door.encode(back[0][0])
        else:
            # A class without equality tells nothing: then not even two readings of the same bytes are equal.
            equal = len(back) == 1 and (door.same(event, back[0][0]) or not door.same(back[0][0], read()[0][0]))
        if equal:
            return
        problem = "what would be stored reads back as a different object"
    except RefusedEvent as error:
        problem = f"what would be stored could not be read back: {error.problem}"
    except MemoryError:
        raise
    except Exception as exception:  # an __eq__ of the user's class
        problem = f"what would be stored cannot be compared with what reads back: {type(exception).__qualname__}"
    raise EncodeError("no-round-trip", problem, event_type=line.name)


def time_text(time: object, line: Line) -> str | None:
    """The time of an envelope as it is written; raises `EncodeError` for what would be a guess."""
    if isinstance(time, dt.datetime):
        if time.tzinfo is None:
            raise EncodeError("invalid-argument", "time is a datetime without a time zone", event_type=line.name)
        return time.isoformat()
    if isinstance(time, str | None):
        return time
    raise EncodeError("invalid-argument", f"time is {type(time).__name__}, not a string", event_type=line.name)
