"""What `diff` and `export` are about: a version of an event, wherever it stands.

shop.events:events#order.placed         today's class in a registry
schemas#order.placed@2                  a frozen version; the newest without @2
git:v1.4.0:schemas#order.placed@2       the same as a commit has it
order.json                              a file: a schema snapshot, or a JSON Schema from anywhere
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from upcast.cli._problem import CannotRun

if TYPE_CHECKING:
    from upcast.schemas.diff import Side
    from upcast.schemas.shapes import SchemaSnapshot
    from upcast.schemas.store import SchemaStore

__all__ = ["GRAMMAR", "load_side", "load_snapshot"]

GRAMMAR = """\b
  shop.events:events#order.placed      today's class in a registry
  schemas#order.placed@2               a frozen version; the newest without @2
  git:v1.4.0:schemas#order.placed@2    the same at a git ref
  order.json                           a schema snapshot, or any JSON Schema"""

_REGISTRY = re.compile(r"(?!git:)[^\W\d][\w.]*:[^\W\d][\w.]*")
_VERSION = re.compile(r"(.+)@([1-9][0-9]*)")


def load_side(side: str, *, version: int = 1) -> Side:
    """The side that *side* names, for a comparison; a class of today is asked itself.

    Args:
        side: See the head of this module.
        version: The version of a JSON Schema, which does not say one itself.

    Raises:
        CannotRun: It names nothing that is there.
        SchemaError: A file of it cannot be read.
    """
    from upcast.schemas.diff import Side

    target, _, event_type = side.partition("#")
    if event_type and _REGISTRY.fullmatch(target):
        from upcast.schemas._rebuild import decoder_of

        snapshot, cls = _of_registry(target, event_type)
        return Side(snapshot=snapshot, decode=decoder_of(cls))
    return Side(snapshot=load_snapshot(side, version=version))


def load_snapshot(side: str, *, version: int = 1) -> SchemaSnapshot:
    """The schema snapshot that *side* names; see `load_side`."""
    target, hash_mark, event_type = side.partition("#")
    if not hash_mark:
        return _of_file(Path(side), version)
    if not event_type:
        raise CannotRun(f"{side}: name the event type behind the #, as in {side}order.placed@2")
    if _REGISTRY.fullmatch(target):
        return _of_registry(target, event_type)[0]
    return _of_store(_store(target, side), event_type)


def _of_registry(target: str, event_type: str) -> tuple[SchemaSnapshot, type]:
    from upcast.cli._load import load_registry
    from upcast.schemas._capture import capture
    from upcast.schemas._opened import open_registry

    lines = open_registry(load_registry(target)).lines
    line = lines.get(event_type)
    if line is None or line.cls is None:
        raise CannotRun(f"{target} declares no class of {event_type!r}; {_those(lines)}")
    return capture(line.cls, event_type=event_type, version=line.version, formerly=line.formerly), line.cls


def _store(target: str, side: str) -> SchemaStore:
    from upcast.schemas.store import SchemaStore

    if target.startswith("git:"):
        ref, _, folder = target.removeprefix("git:").rpartition(":")
        if not (ref and folder):
            raise CannotRun(f"{side}: write git:REF:FOLDER#TYPE@VERSION, such as git:v1.4.0:schemas#order.placed@2")
        return SchemaStore.at_ref(ref, Path(folder))
    if not Path(target).is_dir():
        raise CannotRun(f"{side}: there is no folder {target!r}, nor is it an import string such as shop.events:events")
    return SchemaStore.at(Path(target))


def _of_store(store: SchemaStore, event_type: str) -> SchemaSnapshot:
    if found := _VERSION.fullmatch(event_type):
        return store.schema(found[1], int(found[2]))
    versions = store.versions(event_type)
    if not versions:
        raise CannotRun(f"{event_type!r} is not frozen in {store.label}; {_those(store.types())}")
    return store.schema(event_type, versions[-1])


def _of_file(path: Path, version: int) -> SchemaSnapshot:
    from upcast.schemas.errors import BrokenSchema
    from upcast.schemas.json_schema import from_json_schema
    from upcast.schemas.shapes import SchemaSnapshot

    try:
        content = path.read_bytes()
    except OSError as error:
        raise CannotRun(f"{path} cannot be read: {error.strerror}") from None
    try:
        document: Any = msgspec.json.decode(content)
        if isinstance(document, dict) and {"format", "family", "reader"} <= document.keys():
            return SchemaSnapshot.from_json(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BrokenSchema(f"{path}: {error}") from None
    if not isinstance(document, dict | bool):
        raise BrokenSchema(f"{path}: neither a schema snapshot nor a JSON Schema")
    return from_json_schema(document, event_type=path.name.partition(".")[0], version=version)


def _those(names: Any) -> str:
    return f"there are {', '.join(sorted(names))}" if names else "there are none"
