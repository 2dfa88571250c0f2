"""The door of each family: the class's own decoder, which has the last word on every event.

pydantic models and pydantic dataclasses go through pydantic, Structs, attrs classes and dataclasses through msgspec.
"""

from __future__ import annotations

from upcast._door._door import Door, Misreading, Refusal
from upcast._door._msgspec import MsgspecDoor
from upcast._door._open import open_door

__all__ = ["Door", "Misreading", "MsgspecDoor", "Refusal", "open_door"]
