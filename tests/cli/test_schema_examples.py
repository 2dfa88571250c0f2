"""The examples for continuous integration call the command as it is, and the documentation shows the same."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from upcast.cli._group import upcast

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "ci").glob("*.yml")) + sorted((ROOT / "examples" / "ci").glob("*.yaml"))
PAGE = ROOT / "docs" / "reference" / "gate.md"


def commands(text: str) -> list[list[str]]:
    """Each call of the command in a text, as arguments."""
    calls = re.findall(r"upcast (schema [^|\n#>`]+:events[^|\n#>`]*)", text)
    return [shlex.split(call) for call in calls]


@pytest.mark.parametrize("path", [*EXAMPLES, PAGE], ids=lambda path: path.name)
def test_every_call_is_understood(path: Path) -> None:
    """Commands and options in the examples exist."""
    found = commands(path.read_text(encoding="utf-8"))

    assert found
    for _, name, *arguments in found:
        group = upcast.get_command(click.Context(upcast), "schema")
        assert isinstance(group, click.Group)
        command = group.get_command(click.Context(group), name)
        assert command is not None, name
        command.make_context(name, arguments)


def test_page_shows_the_hook_of_the_example() -> None:
    """The hook in the documentation is that of the file."""
    hook = (ROOT / "examples" / "ci" / "pre-commit-config.yaml").read_text(encoding="utf-8").partition("repos:\n")[2]
    shown = "\n".join(line.removeprefix("  ") for line in hook.rstrip("\n").split("\n"))

    assert f"```yaml\n{shown}\n```" in PAGE.read_text(encoding="utf-8")
