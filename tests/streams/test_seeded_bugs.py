"""Eight well-known bugs of stream consumers, each as a patch in `bugs/`, and the tests that must find it.

A suite that is silent proves something only if it is known to speak. Each patch is applied to a copy of the package;
one that does not apply any more must be written anew.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

FOUND_BY = {
    "acknowledge-first": "test_promised_path.py::test_failed_message_is_tried_again_in_the_same_process",
    "swallow-an-office-error": "test_full_server.py::test_office_of_another_type",
    "cursor-from-the-start": "test_traps.py::test_trap_2_due_entries_behind_many_in_hand",
    "no-owner-check": "test_traps.py::test_trap_21_late_verdict_about_an_entry_of_another",
    "acknowledge-before-the-letter": "test_full_server.py::test_memory_is_exhausted_in_the_middle",
    "shared-consumer-name": "test_names.py::test_each_start_has_a_name_of_its_own",
    "cancelled-read": "test_traps.py::test_trap_20_reads_are_not_cancelled",
    "blind-retry-of-xadd": "test_publisher.py::test_a_lost_reply_is_uncertain_and_not_sent_again",
}


def run_tests(package: Path, *tests: str, patience: str) -> subprocess.CompletedProcess[str]:
    """Run tests of this folder against a copy of the package, until one fails."""
    environment = {**os.environ, "PYTHONPATH": str(package.parent), "UPCAST_TEST_PATIENCE": patience}
    environment.pop("PYTEST_XDIST_WORKER", None)
    where = [sys.executable, "-c", "import upcast; print(upcast.__file__)"]
    assert str(package) in subprocess.check_output(where, env=environment, text=True, cwd=package.parent)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist"]
    chosen = [str(HERE / test) for test in tests]
    return subprocess.run(
        [*command, "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml"), *chosen],
        env=environment,
        cwd=package.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package."""
    return Path(shutil.copytree(ROOT / "upcast", tmp_path / "upcast", ignore=shutil.ignore_patterns("__pycache__")))


def test_every_patch_has_its_test() -> None:
    """None is forgotten."""
    assert sorted(FOUND_BY) == sorted(path.stem for path in (HERE / "bugs").glob("*.patch"))


def test_the_tests_pass_without_a_bug(package: Path) -> None:
    """Otherwise they would find anything."""
    found = run_tests(package, *FOUND_BY.values(), patience="10")

    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("bug", FOUND_BY)
def test_bug_is_found(bug: str, package: Path) -> None:
    """By an assertion of the test that is there for it, not by an accident."""
    patch = HERE / "bugs" / f"{bug}.patch"
    subprocess.run(["git", "apply", "-p1", str(patch)], cwd=package.parent, check=True)

    found = run_tests(package, FOUND_BY[bug], patience="2")

    assert found.returncode == 1, found.stdout + found.stderr
    assert "1 failed" in found.stdout, found.stdout
