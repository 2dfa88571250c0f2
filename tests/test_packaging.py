"""What is installed is what the project says it is."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata, resources
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))


def test_installed_metadata() -> None:
    """The distribution has its own name, the version of the project and the extras it documents."""
    installed = metadata.metadata("upcast-events")

    assert "upcast-events" == installed["Name"]
    assert PROJECT["version"] == installed["Version"]
    assert ">=3.11" == installed["Requires-Python"]
    assert {"all", "cli", "embedded", "gate", "settings", "valkey"} == set(installed.get_all("Provides-Extra"))


def test_core_stands_on_three_packages() -> None:
    """Without an extra, nothing but the three dependencies of the core is required."""
    required = [line for line in metadata.requires("upcast-events") or [] if "extra ==" not in line]

    assert ["attrs", "msgspec", "pydantic"] == sorted(re.split(r"[^\w-]", line)[0] for line in required)


def test_extra_all_names_every_extra() -> None:
    """The extra `all` reaches every other extra, directly or through one it names."""
    extras = PROJECT["optional-dependencies"]

    def reached(extra: str) -> set[str]:
        inner = re.findall(r"upcast-events\[(.*)\]", "\n".join(extras[extra]))
        return {extra}.union(*(reached(name) for names in inner for name in names.split(",")))

    assert set(extras) == reached("all")


def test_types_are_shipped() -> None:
    """Type checkers of users read the package's own annotations."""
    assert resources.files("upcast").joinpath("py.typed").is_file()


def test_command_is_installed() -> None:
    """The command `upcast` leads to a function that can be called."""
    (command,) = metadata.entry_points(group="console_scripts", name="upcast")

    assert "upcast.cli:main" == command.value
    assert callable(command.load())


def test_fixtures_are_installed() -> None:
    """Pytest finds the fixtures for users by itself."""
    (plugin,) = metadata.entry_points(group="pytest11", name="upcast")

    assert "upcast.testing.plugin" == plugin.value
    assert plugin.load().upcast_valkey


def test_ci_matrix_is_the_list_of_classifiers() -> None:
    """The hosted checks run on every Python the classifiers name, and on no other."""
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    (matrix,) = re.findall(r"python: \[(.*)\]", workflow)

    assert PYTHONS == re.findall(r"3\.\d+", matrix)


@pytest.mark.parametrize("wanted", ["upcast demo", "nox"])
def test_readme_commands_are_one_line(wanted: str) -> None:
    """Each command of the README is one line that can be copied as it stands."""
    fences = re.findall(
        r"^```[^\n]*\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    block = next(block for block in fences if wanted in block)

    assert 1 == block.count("\n")
    assert "#" not in block
    assert "$" not in block


def test_other_project_is_never_installed() -> None:
    """No text tells a user to install the other project that has the name of our package."""
    texts = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("upcast/**/*.py")]
    wrong = re.compile(r"""\binstall\s+(?:-[\w-]+\s+)*["'`]*upcast(?!-events)\b""")

    assert [] == [str(path.relative_to(ROOT)) for path in texts if wrong.search(path.read_text(encoding="utf-8"))]
    assert wrong.search('install -q "upcast' + '[cli]"')
    assert not wrong.search('install "upcast-events[cli]"')
