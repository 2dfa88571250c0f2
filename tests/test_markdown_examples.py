"""The documentation's examples are worth what the runner that checks them is worth."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from markdown_examples import Page, commands, matches

if TYPE_CHECKING:
    from collections.abc import Callable

pytest_plugins = ["pytester"]

RUNNER = Path(__file__).with_name("markdown_examples.py")


@pytest.fixture
def outcome(pytester: pytest.Pytester) -> Callable[[str], dict[str, int]]:
    """Run one page through a pytest of its own and return how many examples passed and failed."""
    tools = pytester.mkdir("tests")
    (tools / RUNNER.name).write_text(RUNNER.read_text(encoding="utf-8"), encoding="utf-8")
    pytester.makeini("[pytest]\npythonpath = tests\n")
    pytester.makeconftest("from markdown_examples import collect\npytest_collect_file = collect\n")

    def run(page: str) -> dict[str, int]:
        (pytester.path / "README.md").write_text(textwrap.dedent(page), encoding="utf-8")
        result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:asyncio", "README.md")
        return {key: count for key, count in result.parseoutcomes().items() if not key.startswith("warning")}

    return run


def test_blocks_share_a_namespace_in_order(outcome: Callable[[str], dict[str, int]]) -> None:
    """A block sees what the blocks above it defined, and a failing block is a failing test."""
    page = """
    ```python
    a = 1
    ```

    ```python
    assert a == 1
    ```

    ```python
    assert a == 2
    ```
    """

    assert {"passed": 2, "failed": 1} == outcome(page)


def test_skip_comment_leaves_out_one_block(outcome: Callable[[str], dict[str, int]]) -> None:
    """The comment skips the block after it and no other."""
    page = """
    <!-- skip: next -->

    ```python
    raise RuntimeError
    ```

    ```python
    raise RuntimeError
    ```
    """

    assert {"passed": 2, "failed": 1} == outcome(page)


def test_titled_block_is_a_file(outcome: Callable[[str], dict[str, int]]) -> None:
    """A block with a title can be opened and imported by the blocks below it."""
    page = """
    ```python title="shop/events.py"
    name = "order"
    ```

    ```python
    from shop.events import name

    assert name == "order"
    assert open("shop/events.py").read() == 'name = "order"\\n'
    ```
    """

    assert {"passed": 2} == outcome(page)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param("1", "passed", id="equal"),
        pytest.param("2", "failed", id="different"),
        pytest.param("1\nmore", "failed", id="too much is shown"),
        pytest.param("", "failed", id="too little is shown"),
        pytest.param("...", "passed", id="ellipsis"),
    ],
)
def test_console_block_is_compared_exactly(outcome: Callable[[str], dict[str, int]], shown: str, expected: str) -> None:
    """The lines below a command are all of its output."""
    page = f"```console\n$ upcast() {{ echo 1; }}; upcast\n{shown}\n```\n"

    assert {expected: 1} == outcome(page)


def test_failing_command_fails_the_example(outcome: Callable[[str], dict[str, int]]) -> None:
    """An exit code other than zero is no part of a page unless its command says so."""
    page = """
    ```console
    $ upcast() { return 3; }; upcast
    ```

    ```console
    $ upcast() { return 3; }; upcast || echo failed
    failed
    ```
    """

    assert {"failed": 1, "passed": 1} == outcome(page)


def test_other_console_blocks_are_left_alone(outcome: Callable[[str], dict[str, int]]) -> None:
    """Only blocks that begin with this project's command are run."""
    page = """
    ```console
    $ exit 7
    ```

    ```python
    ```
    """

    assert {"passed": 1} == outcome(page)


def test_commands_are_split_from_their_output() -> None:
    """A command may go on over lines that end in a backslash; what follows is its output."""
    block = "$ upcast one \\\n  two\nline\n\n$ upcast three\n"

    assert [("upcast one \\\n  two", ["line"]), ("upcast three", [])] == list(commands(block))


def test_ellipsis_line_stands_for_any_number_of_lines() -> None:
    """A line of three dots matches no line, one or many, and nothing else is loose."""
    assert matches(["a", "...", "b"], ["a", "b"])
    assert matches(["a", "...", "b"], ["a", "x", "y", "b"])
    assert not matches(["a", "...", "b"], ["a", "x"])
    assert not matches(["a.b"], ["a+b"])


def test_ellipsis_in_a_line_stands_for_a_part_of_it() -> None:
    """What differs from run to run, an address or a process, is left out; the rest of the line is compared."""
    assert matches(["at … (process …)", "b"], ["at 10:00 (process 7)", "b"])
    assert not matches(["at … (process …)"], ["at 10:00 (thread 7)"])
    assert not matches(["at …"], ["at 10:00", "b"])


def test_what_a_page_sets_is_there_for_its_commands_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server's address stands in the environment of one page and not in that of the next."""
    monkeypatch.setenv("UPCAST_KEPT", "before")
    monkeypatch.delenv("UPCAST_URL", raising=False)
    page = Page()
    try:
        os.environ |= {"UPCAST_URL": "unix:///here", "UPCAST_KEPT": "changed"}

        assert page.run("echo $UPCAST_URL $UPCAST_KEPT") == (0, "unix:///here changed\n")
    finally:
        page.leave()

    assert "UPCAST_URL" not in os.environ
    assert os.environ["UPCAST_KEPT"] == "before"


def test_page_refuses_a_title_outside_its_folder() -> None:
    """A title cannot write beside the folder of its page."""
    page = Page()
    try:
        with pytest.raises(ValueError, match="inside the page's folder"):
            page.write("../elsewhere.txt", "")
    finally:
        page.leave()
