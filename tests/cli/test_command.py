"""The command itself: what it lists, what it costs, and what it says when it cannot run."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from upcast.cli._group import COMMANDS, upcast

UPCAST = Path(sys.executable).with_name("upcast")
MAIN = "import sys; from upcast.cli import main; sys.argv[0] = 'upcast'; sys.exit(main())"


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the installed command."""
    return subprocess.run(
        [UPCAST, *arguments],
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command from Python, after other code."""
    return subprocess.run(
        [sys.executable, "-c", f"{code}\n{MAIN}", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("demo", "--help"), ("explain", "--help")])
def test_help_shows_examples(arguments: tuple[str, ...]) -> None:
    """Every help shows how the command is called, in lines that can be copied."""
    done = run(*arguments)

    assert 0 == done.returncode
    assert "Examples:\n    upcast " in done.stdout


def test_help_lists_what_exists() -> None:
    """The list of commands holds each command with the first sentence of its own help, and nothing else."""
    listed = run("--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0]

    assert list(COMMANDS) == [line.split()[0] for line in listed.splitlines()]
    for name, (_, line) in COMMANDS.items():
        command = upcast.get_command(None, name)  # type: ignore[arg-type]  # which context does not matter
        assert command is not None
        assert line == (command.help or "").partition("\n")[0]


def test_help_imports_no_command() -> None:
    """To list the commands neither they nor what they stand on is imported."""
    code = "import atexit, sys; atexit.register(lambda: print(*sys.modules))"

    loaded = set(run_python(code, "--help").stdout.rpartition("about each.")[2].split())

    assert "click" in loaded
    assert set() == loaded & {"rich", "valkey", "asyncio", "upcast.cli._explain", "upcast.cli.demo", "upcast.streams"}


def test_version_is_that_of_the_distribution() -> None:
    """`--version` prints the version of what is installed."""
    done = run("--version")

    assert (0, f"upcast {metadata.version('upcast-events')}\n") == (done.returncode, done.stdout)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("demo",)])
def test_without_click_the_extra_is_named(arguments: tuple[str, ...]) -> None:
    """Without the extra the command says how to install it, whatever was asked."""
    done = run_python("import sys; sys.modules['click'] = None", *arguments)

    assert 2 == done.returncode
    assert 'upcast: the command upcast needs the "cli" extra: pip install "upcast-events[cli]"\n' == done.stderr
    assert "" == done.stdout


@pytest.mark.parametrize("arguments", [("nonsense",), ("--nonsense",), ("demo", "--count", "many"), ("explain",)])
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    """What cannot be understood is answered on standard error, with how it is meant."""
    done = run(*arguments)

    assert 2 == done.returncode
    assert "" == done.stdout
    assert "Usage: upcast" in done.stderr


def test_mistake_of_ours_is_not_a_no() -> None:
    """What nobody foresaw ends with a traceback and 2: 1 would say that an event is refused."""
    broken = "from upcast.cli import _explain; _explain.command.callback = lambda **_: 1 / 0"

    done = run_python(broken, "explain", "x:y")

    assert 2 == done.returncode
    assert "ZeroDivisionError" in done.stderr
