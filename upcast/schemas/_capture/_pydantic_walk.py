"""One direction of a core schema as shapes: what pydantic reads of JSON, or what it writes.

Whoever calls this gets references by provisional keys and their parts, which `_definitions.canonical` names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import msgspec

from upcast._door._core_schema import Schema
from upcast.schemas._capture import _pydantic_choices as choices
from upcast.schemas._capture import _pydantic_containers as containers
from upcast.schemas._capture import _pydantic_records as records
from upcast.schemas._capture._definitions import canonical
from upcast.schemas._capture._fingerprints import digest, library_name
from upcast.schemas._capture._pydantic_known import judged, made
from upcast.schemas._capture._pydantic_scalars import SCALARS, scalar
from upcast.schemas._capture._pydantic_serializers import written
from upcast.schemas._capture._pydantic_walking import Config, is_strict
from upcast.schemas._capture._unions import flattened
from upcast.schemas.shapes import AnyShape, Formatted, Opaque, Reference, View

__all__ = ["Walk"]

# JSON in JSON in JSON: a class that holds itself as text is not followed for ever.
_MAX_TEXTS = 3
# Nodes that keep their shape whatever their configuration, so that one part serves all places.
_CONFIGURED = frozenset({"model", "dataclass"})


@attrs.frozen
class Walk:
    """A walk through a core schema.

    Attributes:
        writes: Whether it describes what is written, rather than what is read.
        definitions: The schemas that references name.
        parts: The shapes that references name.
        texts: In how many texts of JSON the walk stands.
    """

    writes: bool
    definitions: dict[str, Schema] = attrs.field(factory=dict)
    parts: dict[str, AnyShape] = attrs.field(factory=dict)
    texts: int = 0

    def view(self, schema: Schema, config: Config) -> View:
        """The view of a class with this core schema, under the configuration of what stands around it."""
        root = self.shape(schema, config)
        parts = {key: flattened(part, self.parts) for key, part in self.parts.items()}
        return canonical(flattened(root, self.parts), parts)

    def shape(self, node: Schema, config: Config) -> AnyShape:
        """The shape of a node under the configuration of the model around it."""
        kind = node["type"]
        if kind == "definitions":
            self.definitions.update({inner["ref"]: inner for inner in node["definitions"]})
            return self.shape(node["schema"], config)
        if kind == "definition-ref":
            target = self.definitions.get(node["schema_ref"])
            if target is None:
                return Opaque(reason="it is defined nowhere")
            return self._written(node, lambda: self.shape(target, config), config)
        if (ref := node.get("ref")) is None:
            return self._written(node, lambda: self._shape(node, config), config)
        # Others may refer to it as well, it itself among them.
        key = ref if kind in _CONFIGURED else f"{ref} {sorted((name, repr(value)) for name, value in config.items())}"
        if key not in self.parts:
            self.parts[key] = Reference(name=key)  # until it is known
            self.parts[key] = self._written(node, lambda: self._shape(node, config), config)
        return Reference(name=key)

    def _written(self, node: Schema, own: Callable[[], AnyShape], config: Config) -> AnyShape:
        """A node's own shape, or what a serializer that hangs on it writes."""
        serializer = node.get("serialization") if self.writes else None
        return own() if serializer is None else written(serializer, own, lambda inner: self.shape(inner, config))

    def _shape(self, node: Schema, config: Config) -> AnyShape:
        kind = node["type"]
        if kind in SCALARS:
            found = scalar(node, config)
            return _as_written(found, config) if self.writes else found
        handler = _HANDLERS.get(kind)
        return Opaque(reason=f"pydantic's {kind}") if handler is None else handler(self, node, config)


# --- wrappers ---------------------------------------------------------------------------------------------------------


def _function(walk: Walk, node: Schema, config: Config) -> AnyShape:
    function = node["function"]["function"]
    inner = node["schema"]
    declared = node.get("json_schema_input_schema")
    if declared is not None and not walk.writes:
        inner = declared  # what the user says that the function takes
    return judged(walk.shape(inner, config), node["type"].removeprefix("function-"), function)


def _plain_function(walk: Walk, node: Schema, config: Config) -> AnyShape:
    function = node["function"]["function"]
    found = made(function)
    declared = node.get("json_schema_input_schema")
    if declared is None or declared["type"] == "any" or walk.writes or library_name(function):
        return found
    return judged(walk.shape(declared, config), "plain", function)


def _inner(walk: Walk, node: Schema, config: Config) -> AnyShape:
    return walk.shape(node["schema"], config)


def _default(walk: Walk, node: Schema, config: Config) -> AnyShape:
    found = walk.shape(node["schema"], config)
    on_error = node.get("on_error", "raise")
    if on_error == "raise":
        return found
    return msgspec.structs.replace(found, checks=(digest(["pydantic", "on-error", on_error]), *found.checks))


def _chain(walk: Walk, node: Schema, config: Config) -> AnyShape:
    found = walk.shape(node["steps"][-1 if walk.writes else 0], config)
    first, *later = (_told(walk, step, config) for step in node["steps"])
    more = [step for step in later if step != first]
    return msgspec.structs.replace(found, checks=(*found.checks, digest(["chain", *more]))) if more else found


def _lax_or_strict(walk: Walk, node: Schema, config: Config) -> AnyShape:
    strict = is_strict(node, config) and not walk.writes
    return walk.shape(node["strict_schema" if strict else "lax_schema"], config)


def _json_or_python(walk: Walk, node: Schema, config: Config) -> AnyShape:
    return walk.shape(node["json_schema"], config)


def _json(walk: Walk, node: Schema, config: Config) -> AnyShape:
    inner = node.get("schema")
    if inner is None or inner["type"] == "any":
        return Formatted(format="json")
    return Formatted(format="json", checks=(digest(["json", _told(walk, inner, config)]),))


def _told(walk: Walk, node: Schema, config: Config) -> object:
    """What is read of a node, as JSON for a fingerprint."""
    if walk.texts == _MAX_TEXTS:
        return "deeper"
    below = Walk(writes=False, definitions=walk.definitions, texts=walk.texts + 1)
    return msgspec.to_builtins(below.view(node, config))


# --- objects ----------------------------------------------------------------------------------------------------------


def _model(walk: Walk, node: Schema, _: Config) -> AnyShape:
    # It knows nothing of the configuration around it.
    found = walk.shape(node["schema"], node.get("config", {}))
    return msgspec.structs.replace(found, checks=(*records.hooks(node), *found.checks))


def _fields(walk: Walk, node: Schema, config: Config) -> AnyShape:
    return records.record(walk, node, node.get("config", config))


# --- what is written --------------------------------------------------------------------------------------------------


def _as_written(shape: AnyShape, config: Config) -> AnyShape:
    """What a reader takes as a writer writes it."""
    if isinstance(shape, Formatted):
        unit = config.get("ser_json_temporal") or "iso8601"
        if shape.format == "bytes":
            shape = msgspec.structs.replace(shape, encoding=config.get("ser_json_bytes") or "utf8")
        elif shape.format == "duration":
            seconds = config.get("ser_json_timedelta") == "float"
            shape = msgspec.structs.replace(shape, encoding="seconds" if seconds else unit)
        elif shape.format in {"date-time", "date", "time"} and unit != "iso8601":
            shape = msgspec.structs.replace(shape, encoding=unit)
    return msgspec.structs.replace(shape, strict=False)


_HANDLERS: Mapping[str, Callable[[Walk, Schema, Config], AnyShape]] = {
    "literal": choices.literal,
    "enum": choices.enumerated,
    "nullable": choices.nullable,
    "union": choices.union,
    "tagged-union": choices.tagged,
    **dict.fromkeys(("list", "set", "frozenset", "deque", "generator"), containers.array),
    "tuple": containers.fixed,
    **dict.fromkeys(("dict", "frozendict", "ordered-dict", "counter"), containers.mapping),
    "named-tuple": containers.named_tuple,
    "call": containers.called,
    **dict.fromkeys(("function-before", "function-after", "function-wrap"), _function),
    "function-plain": _plain_function,
    **dict.fromkeys(("custom-error", "missing-sentinel"), _inner),
    "default": _default,
    "chain": _chain,
    "lax-or-strict": _lax_or_strict,
    "json-or-python": _json_or_python,
    "json": _json,
    **dict.fromkeys(("model", "dataclass"), _model),
    **dict.fromkeys(("model-fields", "dataclass-args", "typed-dict"), _fields),
}
