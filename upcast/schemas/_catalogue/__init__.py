"""The rules of the gate as data, a module per family."""

from __future__ import annotations

from upcast.schemas._catalogue._rule import Rule
from upcast.schemas._catalogue.containers import CONTAINERS
from upcast.schemas._catalogue.enums import ENUMS
from upcast.schemas._catalogue.fields import FIELDS
from upcast.schemas._catalogue.limits import LIMITS
from upcast.schemas._catalogue.nulls import NULLS
from upcast.schemas._catalogue.openness import OPENNESS
from upcast.schemas._catalogue.process import PROCESS
from upcast.schemas._catalogue.settings import SETTINGS
from upcast.schemas._catalogue.types import TYPES
from upcast.schemas._catalogue.unions import UNIONS

__all__ = ["CHANGES", "PROCESS", "SETTINGS", "Rule"]

CHANGES: tuple[Rule, ...] = (
    *FIELDS,
    *TYPES,
    *NULLS,
    *LIMITS,
    *ENUMS,
    *CONTAINERS,
    *UNIONS,
    *OPENNESS,
)
