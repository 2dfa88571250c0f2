"""`upcast schema freeze`: a file for each class, and never another meaning for one that is there."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from cli.project import EVENTS, SECOND

if TYPE_CHECKING:
    from cli.project import Project

PLACED, PAID = "schemas/order.placed/v1.json", "schemas/order.paid/v1.json"
EDITED = EVENTS.replace("    id: str", "    id: str\n    note: str")


def test_every_class_is_frozen(project: Project) -> None:
    """Each event type gets a file, and the command says which."""
    done = project.run("freeze", "shop.events:events")

    assert 0 == done.code
    assert (
        done.out
        == """\
type          version  done    file
order.paid    v1       frozen  schemas/order.paid/v1.json
order.placed  v1       frozen  schemas/order.placed/v1.json
2 files of payloads written
"""
    )
    assert all((project.folder / path).is_file() for path in (PLACED, PAID))


def test_what_is_frozen_is_left_alone(project: Project) -> None:
    """A second run changes nothing and says so."""
    project.run("freeze", "shop.events:events")
    before = (project.folder / PLACED).read_bytes()

    done = project.run("freeze", "shop.events:events")

    assert (0, "2 types unchanged in schemas\n") == (done.code, done.out)
    assert before == (project.folder / PLACED).read_bytes()


def test_next_version_gets_a_file_of_its_own(project: Project) -> None:
    """The older version stays as it is."""
    project.run("freeze", "shop.events:events")
    project.write(SECOND)

    done = project.run("freeze", "shop.events:events", "--json")

    assert 0 == done.code
    assert [("order.paid", "unchanged"), ("order.placed", "frozen")] == [
        (each["event"], each["outcome"]) for each in done.json["types"]
    ]
    assert (project.folder / "schemas/order.placed/v2.json").is_file()


def test_edited_class_is_refused(project: Project) -> None:
    """A frozen version keeps its meaning; the other types are frozen all the same."""
    project.run("freeze", "shop.events:events", "--only", "order.placed")
    before = (project.folder / PLACED).read_bytes()
    project.write(EDITED)

    done = project.run("freeze", "shop.events:events")

    assert 1 == done.code
    assert "order.placed  v1       refused  -\n    order.placed version 1 is frozen in " in done.out
    assert "raise the version of the class to 2" in done.out
    assert before == (project.folder / PLACED).read_bytes()
    assert (project.folder / PAID).is_file()


def test_unreleased_version_can_be_replaced(project: Project) -> None:
    """`--replace` writes what the class is now."""
    project.run("freeze", "shop.events:events")
    project.write(EDITED)

    done = project.run("freeze", "shop.events:events", "--replace")

    assert 0 == done.code
    assert "order.placed  v1       replaced  schemas/order.placed/v1.json\n1 type unchanged in schemas\n" in done.out
    assert "note" in (project.folder / PLACED).read_text(encoding="utf-8")


def test_type_with_a_defect_is_refused(project: Project) -> None:
    """A class that older payloads cannot reach is not frozen; the reason is that of the registry."""
    project.write(EVENTS.replace('"order.placed", version=1', '"order.placed", version=2'))

    done = project.run("freeze", "shop.events:events")

    assert 1 == done.code
    assert "no edge brings version 1 to 2" in done.out
    assert not (project.folder / "schemas/order.placed").exists()


def test_only_some_are_frozen(project: Project) -> None:
    """`--only` names types; one that nobody declares is a slip."""
    done = project.run("freeze", "shop.events:events", "--only", "order.paid", "--schemas", "contracts")
    slip = project.run("freeze", "shop.events:events", "--only", "order.payed")

    assert 0 == done.code
    assert [".gitattributes", "order.paid"] == sorted(path.name for path in (project.folder / "contracts").iterdir())
    assert (2, "upcast: no event of the type order.payed is declared\n") == (slip.code, slip.err)


def test_codec_is_no_registry(project: Project) -> None:
    """What was declared is known to the registry only."""
    project.write(EVENTS + "\ncodec = events.codec()\n")

    done = project.run("freeze", "shop.events:codec")

    assert 2 == done.code
    assert "shop.events:codec is a Codec" in done.err


def test_git_keeps_every_byte_of_what_is_recorded(project: Project) -> None:
    """A payload of several lines comes out of git as it was stored, whatever git is told."""
    project.run("freeze", "shop.events:events")
    recorded = project.folder / "schemas/order.placed/fixtures/v1/real.json"
    recorded.write_bytes(b'{\n"id":"A-1"\n}')
    git = ["git", "-c", "core.autocrlf=true", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in ("init -q", "add .", "commit -qm a", "rm -qr .", "checkout HEAD ."):
        subprocess.run([*git, *arguments.split()], cwd=project.folder, check=True, capture_output=True)

    assert b'{\n"id":"A-1"\n}' == recorded.read_bytes()
