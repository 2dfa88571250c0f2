"""Bugs that a maintainer of the readers could make, each as a patch in `bugs/`, and what must find it.

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
CHAINS = 100  # of the equivalence suite, with a few payloads each: a small part of its own sample
PAYLOADS = 25

FOUND_BY_EQUIVALENCE = (
    "default-is-shared",
    "moved-constant-does-not-replace",
    "number-literals-lost",
    "plain-lane-not-asked",
    "precedence-swapped",
)
READS = "test_lanes.py::test_a_reader_reads_what_the_plain_lane_reads"
FOUND_BY_TEST = {
    "attributes-out-of-order": f"{READS}[attributes in order]",
    "bounds-of-the-batch-not-checked": "test_hot_path.py::test_what_is_deep_or_long[depth-stream]",
    "constant-is-no-field-set": f"{READS}[a constant under an old name]",
    "constant-overrides-a-value": f"{READS}[a constant and a class of attrs]",
    "constant-replaces-a-later-one": f"{READS}[two constants]",
    "constant-under-a-name-that-is-read": f"{READS}[a constant under an old name]",
    "decimals-not-checked": f"{READS}[a twin of decimals]",
    "escaped-alternative-not-seen": f"{READS}[two names of a field with a default]",
    "escaped-keys-not-searched": "test_hot_path.py::test_a_repeated_type_is_refused_in_every_spelling",
    "finite-not-checked": f"{READS}[NaN in a list]",
    "fourth-field-not-counted": "test_hot_path.py::test_headers_in_a_batch_are_looked_at",
    "functions-not-isolated": "test_lanes.py::test_what_a_function_of_a_step_holds_is_not_written_into",
    "infinity-taken-as-it-is": f"{READS}[an infinite number]",
    "memory-error-swallowed": "test_hot_path.py::test_what_no_codec_may_keep_goes_through[memory-MemoryError-2-stream]",
    "name-beside-the-alias-forgotten": f"{READS}[a name beside an alias]",
    "nulls-converted": f"{READS}[null and a conversion]",
    "old-names-kept-as-extras": f"{READS}[unknown fields kept]",
    "only-the-first-alias": f"{READS}[two names of a field of a model]",
    "post-init-not-called": f"{READS}[a twin that looks at itself]",
    "relabel-bounds-skipped": f"{READS}[depth that only a step makes]",
    "result-not-copied": "test_lanes.py::test_what_an_upcaster_holds_is_not_written_into",
    "second-alternative-not-looked-for": f"{READS}[two names of a field with a default]",
    "second-alternative-of-long-texts-forgotten": f"{READS}[two names of a field with a default]",
    "step-on-what-goes-is-not-run": f"{READS}[a step on what is removed]",
    "truth-taken-for-an-integer": f"{READS}[truth for an integer]",
    "unknown-members-let-in": f"{READS}[a strict twin]",
    "unread-object-not-tried": f"{READS}[an object that nobody reads]",
    "unread-results-not-written": f"{READS}[a result that nobody reads]",
}


def run(package: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run something in Python with a copy of the package."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(package.parent), str(ROOT / "tests")))}
    environment.pop("PYTEST_XDIST_WORKER", None)
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # to import what other packages bring takes seconds
    return subprocess.run(
        [sys.executable, *command],
        env=environment,
        cwd=package.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def run_tests(package: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests of this folder, until one fails."""
    command = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin"]
    chosen = [str(HERE / test) for test in tests]
    return run(package, *command, "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml"), *chosen)


def run_equivalence(package: Path) -> subprocess.CompletedProcess[str]:
    """Run a part of the equivalence suite."""
    options = ["--chains", str(CHAINS), "--payloads", str(PAYLOADS), "--jobs", "1", "--show", "0"]
    return run(package, "-m", "equivalence", *options)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package, what is compiled of it included: a patched module is newer, and compiled anew."""
    return Path(shutil.copytree(ROOT / "upcast", tmp_path / "upcast"))


def patch(package: Path, bug: str) -> None:
    """Put a bug into it."""
    subprocess.run(["git", "apply", "-p1", str(HERE / "bugs" / f"{bug}.patch")], cwd=package.parent, check=True)


def test_the_copy_is_what_runs(package: Path) -> None:
    """Otherwise no bug would be there."""
    found = run(package, "-c", "import upcast; print(upcast.__file__)")

    assert found.stdout.strip() == str(package / "__init__.py"), found.stderr


def test_every_patch_has_what_finds_it() -> None:
    """None is forgotten."""
    found = sorted((*FOUND_BY_EQUIVALENCE, *FOUND_BY_TEST))

    assert found == sorted(path.stem for path in (HERE / "bugs").glob("*.patch"))


def test_the_tests_pass_without_a_bug(package: Path) -> None:
    """Otherwise they would find anything."""
    found = run_tests(package, *sorted(set(FOUND_BY_TEST.values())))

    assert found.returncode == 0, found.stdout + found.stderr


def test_the_equivalence_suite_passes_without_a_bug(package: Path) -> None:
    """Otherwise it would find anything."""
    found = run_equivalence(package)

    assert found.returncode == 0, found.stdout + found.stderr
    assert "differences: 0" in found.stdout.splitlines(), found.stdout


@pytest.mark.parametrize("bug", FOUND_BY_TEST)
def test_bug_is_found_by_its_test(bug: str, package: Path) -> None:
    """By an assertion of the test that is there for it, not by an accident."""
    patch(package, bug)

    found = run_tests(package, FOUND_BY_TEST[bug])

    assert found.returncode == 1, found.stdout + found.stderr
    assert "1 failed" in found.stdout, found.stdout


@pytest.mark.parametrize("bug", FOUND_BY_EQUIVALENCE)
def test_bug_is_found_by_the_equivalence_suite(bug: str, package: Path) -> None:
    """By differences from the plain lane, not by an accident."""
    patch(package, bug)

    found = run_equivalence(package)

    assert found.returncode == 1, found.stdout + found.stderr
    told = [line for line in found.stdout.splitlines() if line.startswith("differences: ")]
    assert told, found.stdout + found.stderr
    assert told != ["differences: 0"]
    assert "crashed: 0" in found.stdout, found.stdout
