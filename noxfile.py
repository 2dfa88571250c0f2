"""The project's checks: `nox` runs what a change needs, `nox -l` lists the rest."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.sessions = ["tests", "lint", "types", "docs", "gate"]
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False

PROJECT = tomllib.loads(Path(__file__).with_name("pyproject.toml").read_text(encoding="utf-8"))
PYTHONS = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))


def _look_behind_pyenv_shims() -> None:
    """Put the interpreters themselves on the path in place of pyenv's shims.

    A shim exists for every version ever installed and fails for those not selected, while nox takes a command
    that exists for an interpreter that runs.
    """
    folders: list[str] = []
    behind: list[str] = []
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        versions = Path(folder).parent / "versions"
        if Path(folder).name == "shims" and versions.is_dir():
            behind += [
                str(found) for python in PYTHONS for found in sorted(versions.glob(f"{python}.*/bin"), reverse=True)
            ]
        else:
            folders.append(folder)
    os.environ["PATH"] = os.pathsep.join(folders + behind)


_look_behind_pyenv_shims()


def install(session: nox.Session, *groups: str, project: str = "") -> None:
    """Install dependency groups and, with *project*, this project with the extras it names."""
    session.install(*([project] if project else []), *nox.project.dependency_groups(PROJECT, *groups))


def run_tests(session: nox.Session) -> None:
    """Run the whole suite against the installed package; arguments after `--` replace the defaults."""
    install(session, "tests", project=".[all]")
    # A file stays with one worker: the examples of a documentation page build on each other.
    session.run("pytest", *(session.posargs or ["-n", "2", "--dist", "loadfile"]))


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests on the Python that runs nox."""
    run_tests(session)


@nox.session(python=PYTHONS)
def tests_all(session: nox.Session) -> None:
    """Run the tests on every supported Python; one that is not installed is skipped."""
    run_tests(session)


@nox.session
def thorough(session: nox.Session) -> None:
    """Run the property tests with many more examples than a change needs."""
    install(session, "tests", project=".[all]")
    session.run("pytest", "tests/properties", "-n", "2", env={"UPCAST_HYPOTHESIS": "thorough"})


@nox.session
def equivalence(session: nox.Session) -> None:
    """Compare every lane of a codec with the plain lane on a million payloads; arguments go to the command."""
    install(session, "tests", project=".[all]")
    session.run("python", "tests/equivalence", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the tests once more, in one process, and show the lines and branches they miss."""
    install(session, "tests", project=".[all]")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy in strict mode."""
    install(session, "types", project=".[all]")
    session.run("mypy")


@nox.session
def pyright(session: nox.Session) -> None:
    """Check types a second time, with pyright; it needs Node.js."""
    install(session, "pyright", project=".[all]")
    session.run("pyright", "--pythonpath", f"{session.bin}/python", env={"PYRIGHT_PYTHON_USE_BUNDLED_PYRIGHT": "1"})


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a dead link or anchor fails the build."""
    install(session, "docs")
    session.run("zensical", "build", "--clean", "--strict")


@nox.session
def gate(session: nox.Session) -> None:
    """Run the gate on the project's own example, as its users' CI does; arguments go to the command."""
    install(session, project=".[all]")
    schemas = ["--schemas", "examples/shop/schemas", "--no-cache"]
    session.run("upcast", "schema", "check", "examples.shop.events:events", *schemas, *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Run the benchmarks; arguments after `--` go to them, `-- --help` names them."""
    install(session, "bench", project=".[all]")
    session.run("python", "-m", "benchmarks", *session.posargs)
