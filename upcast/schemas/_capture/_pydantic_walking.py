"""What the readers of single nodes of a core schema know of the walk that they are part of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

from upcast._door._core_schema import Schema
from upcast.schemas.shapes import AnyShape

__all__ = ["Config", "Walking", "is_strict"]

Config: TypeAlias = Mapping[str, Any]
"""The part of a model's configuration that its core schema holds."""


class Walking(Protocol):
    """What makes shapes of schemas."""

    @property
    def writes(self) -> bool:
        """Whether it describes what is written, rather than what is read."""

    @property
    def definitions(self) -> dict[str, Schema]:
        """The schemas that references name."""

    def shape(self, node: Schema, config: Config) -> AnyShape:
        """The shape of a node under the configuration of the model around it."""


def is_strict(node: Schema, config: Config) -> bool:
    """Whether a node takes nothing but its own type."""
    strict = node.get("strict")
    return bool(config.get("strict") if strict is None else strict)
