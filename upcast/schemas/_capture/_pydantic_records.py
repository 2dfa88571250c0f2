"""The declared members of pydantic's models, dataclasses and typed dictionaries."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec

from upcast._door._core_schema import Schema, fields_of, is_model, resolve
from upcast.schemas._capture._fingerprints import check, digest, library_name
from upcast.schemas._capture._pydantic_defaults import default_of
from upcast.schemas._capture._pydantic_walking import Config, Walking
from upcast.schemas._capture._unions import union_of
from upcast.schemas.shapes import AnyShape, Anything, Member, Null, Path, Record, Text, Unions

__all__ = ["discriminator_key", "hooks", "record"]

_EXTRA: Mapping[str, Literal["ignore", "keep", "forbid"]] = {"ignore": "ignore", "allow": "keep", "forbid": "forbid"}


def record(walk: Walking, node: Schema, config: Config) -> Record:
    """The object of a `model-fields`, `dataclass-args` or `typed-dict` node."""
    make = _written_member if walk.writes else _read_member
    found = node["fields"]
    fields = found.items() if isinstance(found, dict) else [(field["name"], field) for field in found]
    members = [member for name, field in fields if (member := make(walk, name, field, node, config)) is not None]
    if walk.writes:
        members += [_computed(walk, field, config) for field in node.get("computed_fields", ())]
    extra = _EXTRA[node.get("extra_behavior") or config.get("extra_fields_behavior") or "ignore"]
    if extra != "keep":
        return Record(members=tuple(members), extra=extra)
    if walk.writes and node["type"] == "dataclass-args":
        return Record(members=tuple(members))  # a dataclass keeps them to itself
    extras, keys = node.get("extras_schema"), node.get("extras_keys_schema")
    shape = Anything() if keys is None else walk.shape(keys, config)
    judged = shape not in {Anything(), Text()}
    return Record(
        members=tuple(members),
        extra=extra,
        extras=None if extras is None else walk.shape(extras, config),
        checks=(digest(["extra-keys", msgspec.to_builtins(shape)]),) if judged else (),
    )


def _read_member(walk: Walking, name: str, field: Schema, node: Schema, config: Config) -> Member | None:
    if field.get("init") is False:
        return None
    required = _is_required(field, node)
    return Member(
        name=name,
        keys=_keys(name, _read_places(name, field, config)),
        shape=walk.shape(field["schema"], config),
        required=required,
        default=None if required else default_of(field["schema"], walk.definitions, config),
    )


def _written_member(walk: Walking, name: str, field: Schema, node: Schema, config: Config) -> Member | None:
    if field.get("serialization_exclude") or field.get("init_only"):
        return None
    shape = walk.shape(field["schema"], config)
    omits = field.get("serialization_exclude_if")
    return Member(
        name=name,
        keys=_keys(name, [(str(field.get("serialization_alias", name)),)]),
        shape=shape if omits is None else _without_null(shape, omits),
        # What has a default is left out by those who store only what was set.
        required=omits is None and _is_required(field, node),
    )


def _computed(walk: Walking, field: Schema, config: Config) -> Member:
    name = field["property_name"]
    keys = _keys(name, [(str(field.get("alias", name)),)])
    return Member(name=name, keys=keys, shape=walk.shape(field["return_schema"], config), required=True)


def _is_required(field: Schema, node: Schema) -> bool:
    if node["type"] == "typed-dict":
        return bool(field.get("required", node.get("total", True)))
    inner = field["schema"]
    has_default = inner["type"] == "default" and ("default" in inner or "default_factory" in inner)
    return not has_default


def _without_null(shape: AnyShape, omits: Callable[[Any], object]) -> AnyShape:
    """*shape* without null, where the class leaves a member out that is null."""
    try:
        omitted = omits(None) is True
    except Exception:  # it cannot bear null, so nobody knows
        return shape
    if not omitted or not isinstance(shape, Unions):
        return shape
    rest = union_of((member for member in shape.members if member != Null()), shape.mode)
    return msgspec.structs.replace(rest, checks=shape.checks) if shape.checks else rest


# --- keys -----------------------------------------------------------------------------------------------------------


def _keys(name: str, places: list[Path]) -> tuple[Path, ...]:
    return () if places == [(name,)] else tuple(places)


def _read_places(name: str, field: Schema, config: Config) -> list[Path]:
    """Where a reader looks for a field, in its order."""
    alias = field.get("validation_alias")
    if alias is None or config.get("validate_by_alias") is False:
        return [(name,)]
    found = _paths(alias)
    if config.get("validate_by_name") or config.get("populate_by_name"):
        found.append((name,))
    return list(dict.fromkeys(found))


def _paths(alias: Any) -> list[Path]:
    if isinstance(alias, str):
        return [(alias,)]
    return [tuple(path) for path in (alias if isinstance(alias[0], list) else [alias])]


def discriminator_key(
    discriminator: Any, choices: Iterable[Schema], definitions: dict[str, Schema], *, writes: bool
) -> str | None:
    """The key of the payload that tells the choices of a tagged union apart; None where it stands deeper."""
    paths = _paths(discriminator)
    if any(len(path) > 1 for path in paths):
        return None
    names = [str(path[0]) for path in paths]
    for choice in choices:
        for name, field, config in _fields(choice, definitions):
            read = [str(place[0]) for place in _read_places(name, field, config) if len(place) == 1]
            known = [key for key in read if key in names]
            if known:
                return str(field.get("serialization_alias", name)) if writes else known[0]
    return names[0]


def _fields(choice: Schema, definitions: dict[str, Schema]) -> list[tuple[str, Schema, Config]]:
    node = resolve(choice, definitions)
    while node["type"] == "tagged-union":  # one tagged union as the choice of another
        inner = next(each for each in node["choices"].values() if isinstance(each, dict))
        node = resolve(inner, definitions)
    if is_model(node):
        return [(name, field, node.get("config", {})) for name, field in fields_of(node).items()]
    if node["type"] == "typed-dict":
        return [(name, field, node.get("config", {})) for name, field in node["fields"].items()]
    return []


# --- the code of a class --------------------------------------------------------------------------------------------


def hooks(node: Schema) -> tuple[str, ...]:
    """Fingerprints of what a `model` or `dataclass` node runs besides its validators."""
    found = []
    if node.get("custom_init"):
        found.append(check("init", node["cls"].__init__))
    post_init = node.get("post_init")
    if post_init:
        name = post_init if isinstance(post_init, str) else "__post_init__"
        # With private attributes pydantic wraps it in a function of its own.
        function = inspect.unwrap(getattr(node["cls"], name))
        if not library_name(function):
            found.append(check("post-init", function))
    return tuple(found)
