"""TypedDicts of frozen versions, so that type checkers know what function upcasters really get."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from pathlib import Path

from upcast.schemas._compare._stored import stored
from upcast.schemas._typed_source import Names, ViewSource, camel
from upcast.schemas.errors import NoSuchSchema
from upcast.schemas.store import SchemaStore

__all__ = ["stale", "typed_dicts"]

_HEADER = '''\
# Written by `upcast schema types`. Do not edit it: freeze a version, and write it anew.
# ruff: noqa
"""What stored payloads look like: a TypedDict for each frozen version of each event type."""
'''
_TYPING = ("Any", "Literal", "NotRequired", "TypeAlias", "TypedDict")


def typed_dicts(store: SchemaStore, *, types: Collection[str] = ()) -> str:
    """A Python module with a TypedDict for each frozen version.

    They describe payloads as an upcaster gets them: what stands in JSON, with dates and the like as text, and members
    that may be absent as `NotRequired`. Of an event `order.placed`, version 2 is called `OrderPlacedV2`.

    Args:
        store: The frozen versions.
        types: The event types; all of them by default.

    Raises:
        NoSuchSchema: One of *types* is not frozen.
        BrokenSchema: A frozen file cannot be read.
    """
    known = store.types()
    if missing := sorted(set(types) - set(known)):
        raise NoSuchSchema(f"no version of {', '.join(missing)} is frozen in {store.label}")
    names, blocks = Names(), list[str]()
    chosen = [
        (event_type, version)
        for event_type in known
        if not types or event_type in types
        for version in store.versions(event_type)
    ]
    # The names of versions come first: a record inside of one must never take the name of another.
    titles = {each: names.new(f"{camel(each[0])}V{each[1]}") for each in chosen}
    for (event_type, version), name in titles.items():
        title = f"{event_type}, version {version}.".replace("\\", "\\\\").replace('"', '\\"')
        view = stored(store.schema(event_type, version)).view
        blocks += ViewSource(view, title, names).blocks(name)
    body = "\n\n".join(blocks)
    used = [name for name in _TYPING if re.search(rf"\b{name}\b", body)]
    imports = f"from typing import {', '.join(used)}\n" if used else ""
    return f"{_HEADER}\nfrom __future__ import annotations\n\n{imports}\n\n{body}".rstrip("\n") + "\n"


def stale(file: Path, store: SchemaStore, *, types: Collection[str] = ()) -> str:
    """How a module that `typed_dicts` wrote differs from what it would write now.

    Args:
        file: The module, which need not be there.
        store: The frozen versions.
        types: The event types, as they were given then.

    Returns:
        A unified diff; empty where the module is up to date.

    Raises:
        NoSuchSchema: One of *types* is not frozen.
        BrokenSchema: A frozen file cannot be read.
    """
    present = file.read_text(encoding="utf-8") if file.exists() else ""
    fresh = typed_dicts(store, types=types)
    return "".join(
        difflib.unified_diff(present.splitlines(True), fresh.splitlines(True), str(file), f"{file} (up to date)")
    )
