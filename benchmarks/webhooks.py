"""Large real payloads: GitHub's own examples of its webhooks, with classes made to fit them.

They come from the npm package `@octokit/webhooks-examples`, which is fetched when the suite runs and kept in the
suite's cache folder; it is not part of this repository.
"""

from __future__ import annotations

import keyword
import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.harness import Skipped
from benchmarks.shapes import Payload, Shape

__all__ = ["EVENTS", "fitting_shape", "webhooks"]

_PACKAGE: Final = "@octokit/webhooks-examples@7"
_EXAMPLES: Final = "package/api.*/index.json"
CACHE: Final = Path(__file__).parent.parent / ".benchmarks" / "webhooks"

EVENTS: Final = ("star", "push", "issues", "workflow_run", "pull_request")
"""The webhooks that are measured, from about 5 to about 25 kB."""


def webhooks() -> dict[str, list[Payload]]:
    """The examples of every webhook, by its name.

    Raises:
        Skipped: They are not here and cannot be fetched.
    """
    kept = CACHE / "examples.json"
    if not kept.is_file():
        _fetch(kept)
    return {entry["name"]: entry["examples"] for entry in msgspec.json.decode(kept.read_bytes())}


def _fetch(target: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Skipped("the examples come from an npm package, and there is no npm")
    CACHE.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [npm, "pack", "--silent", _PACKAGE], cwd=CACHE, capture_output=True, text=True, timeout=120, check=False
    )
    archives = sorted(CACHE.glob("*.tgz"))
    if done.returncode or not archives:
        raise Skipped(f"npm pack {_PACKAGE} failed with exit code {done.returncode}")
    with tarfile.open(archives[-1]) as archive:
        names = [name for name in archive.getnames() if fnmatchcase(name, _EXAMPLES)]
        member = archive.extractfile(names[0]) if names else None
        if member is None:
            raise Skipped(f"{_PACKAGE} holds no {_EXAMPLES}")
        target.write_bytes(member.read())


def fitting_shape(name: str, payloads: Iterable[Payload]) -> Shape:
    """The shape of a class that takes all the payloads."""
    return _object(name, list(payloads))


def _object(name: str, payloads: list[Payload]) -> Shape:
    fields: dict[str, Any] = {}
    wire_names: dict[str, str] = {}
    members = dict.fromkeys(key for payload in payloads for key in payload)
    for member in members:
        field = _field_name(member)
        if field != member:
            wire_names[field] = member
        fields[field] = _type(f"{name}_{field}", [payload[member] for payload in payloads if member in payload])
    optional = frozenset(
        _field_name(member) for member in members if any(payload.get(member) is None for payload in payloads)
    )
    return Shape(name, fields, optional, wire_names)


def _field_name(member: str) -> str:
    name = "".join(letter if letter.isalnum() else "_" for letter in member).strip("_")
    return (
        f"{name}_" if keyword.iskeyword(name) or name in {"copy", "json"} else f"x{name}" if name[0].isdigit() else name
    )


def _type(name: str, values: list[Any]) -> Any:
    """The narrowest type that takes the values; null is left to the field's being optional."""
    values = [value for value in values if value is not None]
    if values and all(isinstance(value, dict) for value in values):
        return _object(name, values) if any(values) else dict[str, Any]
    if values and all(isinstance(value, list) for value in values):
        items = [item for value in values for item in value]
        item_type: Any = _type(name, items)
        if None in items:
            item_type = Any
        return [item_type] if isinstance(item_type, Shape) else list[item_type]
    kinds = {type(value) for value in values}
    if kinds == {str}:
        return str
    return next(iter(kinds)) if len(kinds) == 1 and kinds <= {int, bool, float} else Any
