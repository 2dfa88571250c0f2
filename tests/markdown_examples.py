"""Runs what the Markdown pages show.

Every page has a namespace, an environment and an empty working folder of its own, and its blocks run in order:

* a fence ``python`` is executed. One that holds ``>>>`` is a doctest: what is printed must be what is shown. An HTML
  comment that begins with ``invisible-code-block: python`` is executed too, and not shown to readers;
* a fence with a title, such as ``json title="event.json"`` or ``python title="shop.py"``, becomes that file in the
  working folder and is not executed. Python looks for modules there, both in the page's Python blocks and in its
  commands;
* a fence ``console`` whose first line starts with ``$ upcast`` is run by the shell, and standard output and
  errors must be the lines below each command exactly. A line ``...`` stands for any number of lines, and ``…`` for
  any part of its line. A line that ends in a backslash goes on in the next one. A command that is meant to fail
  says so: ``$ upcast … || echo failed``. What the page puts into ``os.environ`` is there for its commands too;
* ``<!-- skip: next -->`` leaves out the block after it.
"""

from __future__ import annotations

import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sybil import Document, Example, Region, Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = "page of these examples"


def _environment() -> dict[str, str]:
    """The environment, without what pytest keeps there for itself."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}


class Page:
    """The working folder of one page, while its examples run."""

    def __init__(self) -> None:
        """Enter a new, empty folder."""
        self.folder = Path(tempfile.mkdtemp(prefix="upcast-page-")).resolve()
        self.home = Path.cwd()
        self.modules = set(sys.modules)
        self.environment = _environment()
        os.chdir(self.folder)
        sys.path.insert(0, str(self.folder))

    def leave(self) -> None:
        """Return to where the tests were, and forget what the page set and the modules that came from the folder."""
        for name in _environment().keys() - self.environment.keys():
            del os.environ[name]
        os.environ.update(self.environment)
        os.chdir(self.home)
        sys.path.remove(str(self.folder))
        for name in set(sys.modules) - self.modules:
            # A folder without an __init__.py is a module too, and has no file.
            module = sys.modules[name]
            places = [getattr(module, "__file__", None) or "", *map(str, getattr(module, "__path__", ()))]
            if any(place.startswith(str(self.folder)) for place in places):
                del sys.modules[name]
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, title: str, text: str) -> None:
        """Write the file that a titled block shows."""
        target = self.folder / title
        if not target.resolve().is_relative_to(self.folder):
            raise ValueError(f"a title names a file inside the page's folder: {title}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        importlib.invalidate_caches()

    def run(self, command: str) -> tuple[int, str]:
        """Run a command as a reader would, in the folder, with the tested installation first."""
        environment = _environment() | {
            "COLUMNS": "100",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "PYTHONPATH": str(self.folder),
            "TERM": "dumb",
        }
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with the lines shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.rstrip("\n").split("\n")
        end = next(number for number, line in enumerate(lines, 1) if not line.endswith("\\"))
        yield "\n".join(lines[:end]), lines[end:]


def matches(shown: list[str], printed: list[str]) -> bool:
    """Whether the printed lines are the shown ones, with `...` for any number of lines, `…` for part of one."""
    pattern = "".join(
        r"(?:[^\n]*\n)*" if line.strip() == "..." else re.escape(line).replace("…", "[^\n]*") + r"\n" for line in shown
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


def check_console(example: Example) -> None:
    """Run a console block and compare; the failure shows what was printed."""
    page: Page = example.namespace[PAGE]
    for command, shown in commands(example.parsed):
        code, output = page.run(command)
        printed = [line.rstrip() for line in output.rstrip("\n").split("\n")] if output.strip() else []
        if code or not matches(shown, printed):
            raise AssertionError(
                "\n".join([f"$ {command}", *printed, f"(exit code {code}), where the page shows:", *shown])
            )


def write_file(example: Example) -> None:
    """Write a titled block to the page's folder."""
    title, text = example.parsed
    example.namespace[PAGE].write(title, text)


CONSOLE = RawFencedCodeBlockLexer(re.compile(r"console[^\n]*\n"))
TITLED = RawFencedCodeBlockLexer(re.compile(r"(?P<info>[^\n]*\btitle=[^\n]*)\n"))


def parse_console(document: Document) -> Iterator[Region]:
    """Find the console blocks that show the command of this project."""
    for region in CONSOLE(document):
        text = str(region.lexemes["source"])
        if text.startswith("$ upcast"):
            yield Region(region.start, region.end, text, check_console)


def parse_titled(document: Document) -> Iterator[Region]:
    """Find the blocks that are files."""
    for region in TITLED(document):
        title = next(word[6:] for word in shlex.split(region.lexemes["info"]) if word.startswith("title="))
        yield Region(region.start, region.end, (title, str(region.lexemes["source"])), write_file)


def enter(namespace: dict[str, Any]) -> None:
    """Give a page its folder."""
    namespace[PAGE] = Page()


def leave(namespace: dict[str, Any]) -> None:
    """Take a page's folder away."""
    namespace.pop(PAGE).leave()


collect = Sybil(
    parsers=[SkipParser(), PythonCodeBlockParser(), parse_console, parse_titled],
    patterns=["docs/**/*.md", "docs/*.md", "README.md"],
    path=str(Path(__file__).parent.parent),
    setup=enter,
    teardown=leave,
).pytest()
