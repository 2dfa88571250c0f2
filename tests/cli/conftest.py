"""A real server, and on it a stream that is empty for each test."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cli.office import SHOP, UPCAST, Shop
from cli.project import EVENTS, Project
from cli.terminal import shown_on
from upcast.streams import EmbeddedValkey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedValkey]:
    """A server for all tests of this folder."""
    with EmbeddedValkey(port=0) as running:
        yield running


@pytest.fixture
def shop(server: EmbeddedValkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """An empty stream and a folder with a registry, which is the working folder."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "events.py").write_text(SHOP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    with contextlib.closing(server.client()) as client:
        client.flushall()
        yield Shop(server, client, tmp_path)
    for name in ("shop", "shop.events"):
        sys.modules.pop(name, None)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Project]:
    """A folder with a registry of two event types, which is the working folder."""
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    # The source is edited within the same second, which compiled files would not notice.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    project = Project(tmp_path, monkeypatch, capsys)
    project.write(EVENTS)
    yield project
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


@pytest.fixture
def on_terminal(shop: Shop) -> Callable[..., tuple[int, str]]:
    """Runs the installed command on a terminal where somebody types an answer; *meanwhile* happens before."""

    def run(
        *arguments: str, typed: str = "", meanwhile: Callable[[], object] = bool, **variables: str
    ) -> tuple[int, str]:
        ours, its = pty.openpty()
        env = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR"}}
        with subprocess.Popen(
            [UPCAST, *arguments],
            cwd=shop.folder,
            env=env | shop.env | {"TERM": "xterm-256color", "COLUMNS": "120"} | variables,
            stdin=its,
            stdout=its,
            stderr=its,
        ) as process:
            os.close(its)
            answered = False

            def answer(shown: bytes) -> None:
                nonlocal answered
                if not answered and b"[y/N]" in shown:
                    meanwhile()
                    answered = bool(os.write(ours, typed.encode()))

            shown = shown_on(ours, answer)
        return process.returncode, shown.decode(errors="backslashreplace").replace("\r\n", "\n")

    return run
