"""What `import upcast` costs and what it offers."""

from __future__ import annotations

import subprocess
import sys
import types
from typing import TYPE_CHECKING

import pytest

import upcast

if TYPE_CHECKING:
    from pathlib import Path

# Everything outside the standard library that the core may bring in: its three dependencies and theirs.
ALLOWED = {
    "annotated_types",
    "attr",
    "attrs",
    "msgspec",
    "pydantic",
    "pydantic_core",
    "typing_extensions",
    "typing_inspection",
    "upcast",
}
# What no one may bring in: heavy parts of the standard library, and the extras, which ALLOWED leaves out too.
UNWANTED = {
    "asyncio",
    "multiprocessing",
    "unittest",
    "click",
    "libvalkey",
    "pydantic",
    "pydantic_settings",
    "rich",
    "valkey",
}

REPORT = """
import sys
before = set(sys.modules)
import {module}
print(*sorted({{name.partition(".")[0] for name in set(sys.modules) - before}}))
"""


def loaded_by(module: str, folder: Path) -> set[str]:
    """The top-level names that importing *module* brings into a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(module=module)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


def test_import_is_light(tmp_path: Path) -> None:
    """Importing the package loads its three dependencies, and neither an extra nor an event loop."""
    loaded = loaded_by("upcast", tmp_path)

    assert set() == loaded & UNWANTED
    assert set() == {name for name in loaded - sys.stdlib_module_names - ALLOWED if not name.startswith("_")}


def test_light_import_check_sees_an_extra(tmp_path: Path) -> None:
    """The check above would see a client, were it imported."""
    assert {"asyncio", "valkey"} <= loaded_by("valkey", tmp_path)


@pytest.mark.parametrize("name", upcast.__all__)
def test_exported_name_exists(name: str) -> None:
    """Whatever the package promises, it has."""
    assert hasattr(upcast, name)


def test_exports_are_complete_and_sorted() -> None:
    """The list of exports holds every public name once: constants, then classes, then functions."""
    public = {
        name
        for name, value in vars(upcast).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType) and name != "annotations"
    }

    exported = list(upcast.__all__)

    assert public == {name for name in exported if not name.startswith("_")}
    assert sorted(set(exported), key=lambda name: (not name.isupper(), not name[0].isupper(), name)) == exported


def test_streams_export_what_they_say() -> None:
    """Every name is there when it is asked for, and no other is."""
    from upcast import streams

    assert sorted(streams.__all__) == sorted(streams._HOMES)
    assert all(getattr(streams, name).__name__ == name for name in streams.__all__ if name != "Settlement")
    with pytest.raises(AttributeError, match=r"'upcast\.streams' has no attribute 'Comsumer'"):
        _ = streams.Comsumer
