"""How findings are called, alike in every form."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upcast.schemas.findings import Finding

__all__ = ["as_json_text", "counted", "head_of", "one_line", "place_of", "split_place", "versions_of"]


def counted(count: int, thing: str) -> str:
    """A number and what it counts."""
    return f"{count:,} {thing if count == 1 else thing + 's'}"


def one_line(text: str) -> str:
    """*text* with escapes for what a terminal or a log would obey: names and payloads come from anywhere."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def as_json_text(payload: str) -> str:
    """A JSON text as it is, with JSON's own escapes for what a terminal would obey."""
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in payload)


def versions_of(finding: Finding) -> tuple[str, str]:
    """The older and the newer version; empty where the finding names none."""
    older, newer = finding.from_version, finding.to_version
    return ("" if older is None else f"v{older}", "" if newer is None else f"v{newer}")


def head_of(finding: Finding) -> str:
    """What a finding is about: the event, its versions and the place in its payload."""
    versions = " -> ".join(dict.fromkeys(version for version in versions_of(finding) if version))
    about = " ".join(part for part in (finding.event, versions) if part) or "the configuration"
    return f"{about} at {finding.pointer}" if finding.pointer else about


def split_place(place: str) -> tuple[str, int | None]:
    """The file of a place, and the line where it names one."""
    path, _, line = place.rpartition(":")
    return (path, int(line)) if path and line.isdecimal() else (place, None)


def place_of(place: str, root: Path) -> str:
    """A place relative to *root* where it is below it, with slashes."""
    path, line = split_place(place)
    inside = os.path.relpath(path, root) if Path(path).is_absolute() else path
    told = path if inside.startswith("..") else inside
    return f"{Path(told).as_posix()}{'' if line is None else f':{line}'}"
