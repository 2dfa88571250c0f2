"""`upcast schema export`: any version, wherever it stands, as plain JSON Schema."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import jsonschema
import pytest

from cli.project import EVENTS, SECOND

if TYPE_CHECKING:
    from pathlib import Path

    from cli.project import Project


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def released(project: Project) -> Project:
    """A project whose first version is tagged, and whose second is frozen."""
    project.run("freeze", "shop.events:events")
    git(project.folder, "init", "-q")
    git(project.folder, "add", "schemas")
    git(project.folder, "commit", "-q", "-m", "first")
    git(project.folder, "tag", "v1.0.0")
    project.write(SECOND)
    project.run("freeze", "shop.events:events")
    return project


@pytest.mark.parametrize(
    ("side", "title"),
    [
        ("schemas#order.placed", "order.placed version 2"),
        ("schemas#order.placed@1", "order.placed version 1"),
        ("git:v1.0.0:schemas#order.placed", "order.placed version 1"),
        ("git:HEAD:schemas#order.placed@1", "order.placed version 1"),
        ("shop.events:events#order.placed", "order.placed version 2"),
        ("schemas/order.placed/v1.json", "order.placed version 1"),
    ],
)
def test_every_place_can_be_named(released: Project, side: str, title: str) -> None:
    """A registry, a folder, a git ref and a file all name versions; without one it is the newest."""
    done = released.run("export", side)

    assert (0, title) == (done.code, done.json["title"])
    jsonschema.Draft202012Validator.check_schema(done.json)


def test_document_says_what_the_class_does(released: Project) -> None:
    """What the class takes validates, and what it refuses does not."""
    validator = jsonschema.Draft202012Validator(released.run("export", "schemas#order.placed@2").json)

    assert validator.is_valid({"id": "A-1", "currency": "EUR"})
    assert not validator.is_valid({"id": "A-1"})


def test_foreign_document_can_be_read(released: Project) -> None:
    """A JSON Schema from anywhere is a version too."""
    (released.folder / "order.schema.json").write_text('{"type": "object", "required": ["a"]}', encoding="utf-8")

    done = released.run("export", "order.schema.json")

    assert (0, ["a"]) == (done.code, done.json["required"])


def test_document_goes_to_a_file(released: Project) -> None:
    """`--output` writes what would be printed."""
    printed = released.run("export", "schemas#order.paid")
    done = released.run("export", "schemas#order.paid", "--output", "paid.json")

    assert (0, "") == (done.code, done.out)
    assert printed.json == json.loads((released.folder / "paid.json").read_text(encoding="utf-8"))


def test_class_that_cannot_write_has_no_writer(project: Project) -> None:
    """The reason is that of the class."""
    source = EVENTS.replace("    id: str", "    id: SecretStr").replace(
        "import BaseModel", "import BaseModel, SecretStr"
    )
    project.write(source)

    done = project.run("export", "shop.events:events#order.placed", "--view", "writer")

    assert 2 == done.code
    assert "order.placed v1 cannot be written: " in done.err


@pytest.mark.parametrize(
    ("side", "problem"),
    [
        ("schemas#order.placed@3", "order.placed version 3 is not frozen in schemas; frozen is 1, 2"),
        ("schemas#order.payed", "'order.payed' is not frozen in schemas; there are order.paid, order.placed"),
        ("schemas#", "schemas#: name the event type behind the #"),
        (
            "shop.events:events#nope",
            "shop.events:events declares no class of 'nope'; there are order.paid, order.placed",
        ),
        ("contracts#order.placed", "there is no folder 'contracts'"),
        ("git:v1.0.0#order.placed", "write git:REF:FOLDER#TYPE@VERSION"),
        ("git:v9:schemas#order.placed", "there is no git ref 'v9'"),
        ("nothing.json", "nothing.json cannot be read: No such file or directory"),
        ("broken.json", "broken.json: "),
        ("list.json", "list.json: neither a schema snapshot nor a JSON Schema"),
    ],
)
def test_what_is_not_there_is_named(released: Project, side: str, problem: str) -> None:
    """A slip is answered with what there is, and exit code 2."""
    (released.folder / "broken.json").write_text("{", encoding="utf-8")
    (released.folder / "list.json").write_text("[]", encoding="utf-8")

    done = released.run("export", side)

    assert 2 == done.code
    assert problem in done.err
    assert "Traceback" not in done.err
