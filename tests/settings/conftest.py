"""A process environment and a working directory that hold nothing but what a test puts there."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from settings.known import KNOWN
from settings.sources import World

# What Python and pytest themselves need.
_NEEDED = ("PATH", "HOME", "TMPDIR", "PYTEST_CURRENT_TEST", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An empty folder to work in, an empty environment and no arguments."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in list(os.environ):
        if name not in _NEEDED:
            monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "argv", ["program"])
    return World(folder, monkeypatch)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is known to be wrong: it must fail until it is mended."""
    folder = str(Path(__file__).parent)
    for item in items:
        if not str(item.path).startswith(folder):
            continue
        for pattern, reason in KNOWN:
            if re.match(pattern, item.name):
                item.add_marker(pytest.mark.xfail(strict=True, reason=reason))
