"""Explicit schema versions for stored events: any old bytes to today's object.

Declare events and upcasters on a `Registry`, make a `Codec` of it, and decode.
"""

from __future__ import annotations

from upcast._codec import Codec
from upcast._envelope import Envelope
from upcast._explain import Explanation
from upcast._formats import CloudEvent, Flat, JsonEnvelope, StreamEntry
from upcast._plan import PlanExplanation
from upcast._registry import Registry
from upcast.errors import (
    ClassRefused,
    Defect,
    EncodeError,
    InvalidStep,
    InvalidVersion,
    MalformedEvent,
    MissingExtra,
    NewerVersion,
    NotOneEvent,
    OversizeEvent,
    RefusedEvent,
    RegistryDefects,
    RegistryError,
    RegistrySealed,
    UnexpectedType,
    UnknownType,
    UpcasterFailed,
    UpcastError,
)
from upcast.steps import (
    add,
    convert,
    each,
    join_fields,
    map_values,
    move,
    remove,
    rename,
    split_field,
    unwrap,
    within,
    wrap,
)
from upcast.typing import Payload

__all__ = [
    "ClassRefused",
    "CloudEvent",
    "Codec",
    "Defect",
    "EncodeError",
    "Envelope",
    "Explanation",
    "Flat",
    "InvalidStep",
    "InvalidVersion",
    "JsonEnvelope",
    "MalformedEvent",
    "MissingExtra",
    "NewerVersion",
    "NotOneEvent",
    "OversizeEvent",
    "Payload",
    "PlanExplanation",
    "RefusedEvent",
    "Registry",
    "RegistryDefects",
    "RegistryError",
    "RegistrySealed",
    "StreamEntry",
    "UnexpectedType",
    "UnknownType",
    "UpcastError",
    "UpcasterFailed",
    "add",
    "convert",
    "each",
    "join_fields",
    "map_values",
    "move",
    "remove",
    "rename",
    "split_field",
    "unwrap",
    "within",
    "wrap",
]
