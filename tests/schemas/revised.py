"""A package that declares events, for the tests of revise."""

from __future__ import annotations

import itertools
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import pytest

from upcast import Registry
from upcast.schemas.freeze import freeze
from upcast.schemas.revise import NoAnswers, Written, revise

HEAD = """\
from msgspec import Struct
from upcast import Registry

events = Registry()
"""

_numbers = itertools.count(1)


@attrs.define
class Project:
    """A package that declares events, in a folder of its own; each import runs its modules anew."""

    root: Path
    name: str

    def write(self, source: str | bytes, module: str = "events") -> Path:
        path = self.root / self.name / f"{module}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        return path

    def registry(self, attribute: str = "events", module: str = "events") -> Registry:
        for name in [name for name in sys.modules if name.partition(".")[0] == self.name]:
            del sys.modules[name]
        found: Any = import_module(f"{self.name}.{module}")
        for part in attribute.split("."):
            found = getattr(found, part)
        return found

    def freeze(self, attribute: str = "events", module: str = "events") -> None:
        outcomes = [each.outcome for each in freeze(self.registry(attribute, module), "schemas")]
        assert set(outcomes) == {"frozen"}

    def revise(self, event: str = "e", attribute: str = "events", module: str = "events", **options: Any) -> Written:
        return revise(
            self.registry(attribute, module),
            "schemas",
            event,
            target=f"{self.name}.{module}:{attribute}",
            **{"answers": NoAnswers(), **options},
        )

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }


def make_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project in a folder, which is the working folder and comes first on the path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    # A file that changes twice in a second, to the same length, looks the same to the cache of compiled modules.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return Project(tmp_path, f"shop{next(_numbers)}")


def after(written: Written, path: Path) -> bytes:
    """What a file will hold."""
    return next(change.after for change in written.changes if change.path == path)
