"""A project with a registry, and `upcast` run in it: in this process, but with everything that `main` does."""

from __future__ import annotations

import importlib
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import msgspec

from cli.terminal import shown_on
from upcast.cli import main

if TYPE_CHECKING:
    import pytest

UPCAST = Path(sys.executable).with_name("upcast")

EVENTS = """\
from msgspec import Struct
from pydantic import BaseModel

from upcast import Registry, add, rename

events = Registry()


@events.event("order.placed", version=1)
class OrderPlaced(BaseModel):
    id: str


@events.event("order.paid", version=1)
class OrderPaid(Struct):
    order_id: str
"""
SECOND = (
    EVENTS.replace("version=1)\nclass OrderPlaced", "version=2)\nclass OrderPlaced").replace(
        "    id: str", "    id: str\n    currency: str"
    )
    + """

events.steps("order.placed", add("currency", "EUR"), from_version=1)
"""
)
NO_OP = SECOND.replace('add("currency", "EUR")', 'rename("ID", to="id")')


@attrs.frozen
class Ran:
    """What a run of the command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document it printed."""
        return msgspec.json.decode(self.out)


@attrs.frozen
class Project:
    """A folder with `shop/events.py`, which is the working folder."""

    folder: Path
    _monkeypatch: pytest.MonkeyPatch
    _capsys: pytest.CaptureFixture[str]

    def write(self, source: str) -> None:
        """Change the registry."""
        (self.folder / "shop" / "events.py").write_text(source, encoding="utf-8")

    def run(self, *arguments: str) -> Ran:
        """Run `upcast schema` with today's source."""
        for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        self._capsys.readouterr()
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["upcast", "schema", *arguments])
            code = main()
        return Ran(code, *self._capsys.readouterr())

    def on_terminal(self, *arguments: str, answers: dict[str, str]) -> tuple[int, str]:
        """Run the installed command on a terminal where somebody answers what is asked.

        Args:
            arguments: Those behind `upcast schema`.
            answers: What is typed as soon as a text is shown.

        Returns:
            The exit code, and what was shown.
        """
        ours, its = pty.openpty()
        env = {key: value for key, value in os.environ.items() if key != "FORCE_COLOR"}
        env |= {"TERM": "xterm-256color", "COLUMNS": "120", "NO_COLOR": "1"}
        waiting = dict(answers)
        with subprocess.Popen(
            [UPCAST, "schema", *arguments], cwd=self.folder, env=env, stdin=its, stdout=its, stderr=its
        ) as process:
            os.close(its)

            def answer(shown: bytes) -> None:
                for text in [text for text in waiting if text.encode() in shown]:
                    os.write(ours, waiting.pop(text).encode())

            shown = shown_on(ours, answer)
        return process.returncode, shown.decode(errors="backslashreplace").replace("\r\n", "\n")
