"""What stands for a member that is absent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import msgspec

from upcast.schemas.shapes import Hashed, Made, Static

__all__ = ["Undisclosed", "default_of"]


@attrs.frozen
class Undisclosed:
    """A default of which only a fingerprint is known: equal to another where that is."""

    fingerprint: str


def default_of(default: Static | Hashed | Made, decode: Callable[[bytes], Any]) -> Any:
    """What a default becomes in the object.

    Args:
        default: The default.
        decode: The decoder of the member; no decoder has to take its own defaults.
    """
    if isinstance(default, Static):
        text = default.json.encode()
        try:
            return decode(text)
        except MemoryError:
            raise
        except Exception:  # whatever a decoder raises: a default is not validated
            return msgspec.json.decode(text)
    return Undisclosed(default.digest if isinstance(default, Hashed) else default.by)
