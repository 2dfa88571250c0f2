"""What revise writes into source: the edge, the number and the imports, and not a byte besides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.revised import HEAD, Project, after, make_project
from upcast.schemas.revise import CannotRevise


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A package that declares events."""
    return make_project(tmp_path, monkeypatch)


LINES = """\
from msgspec import Struct
from upcast import (
    Registry,  # ours
    add as plus,  # other
)
r = events = Registry()
"""
SORTED = "from msgspec import Struct\nfrom upcast import (\n    Registry,  # ours\n    move,  # other\n)\n"
EVENT = 'events = Registry()\n@events.event("e", version=1)\n'
WHOLE = "import msgspec, upcast as up\nr = events = up.Registry()\n"

CASES: dict[str, tuple[str, str, str]] = {
    "a single line": (
        HEAD + '\n\n@events.event("e", version=1)\nclass E(Struct):\n    qty: int\n',
        HEAD + '\n\n@events.event("e", version=1)\nclass E(Struct):\n    quantity: int\n',
        HEAD.replace("Registry\n\n", "Registry, rename\n\n")
        + '\n\n@events.event("e", version=2)\nclass E(Struct):\n    quantity: int\n'
        + '\n\nevents.steps("e", rename("qty", to="quantity"), from_version=1)\n',
    ),
    "nothing but an optional field": (
        HEAD + '\n\n@events.event("e", version=1)\nclass E(Struct):\n    a: int\n\n\nX = 1\n',
        HEAD + '\n\n@events.event("e", version=1)\nclass E(Struct):\n    a: int\n    b: int = 0\n\n\nX = 1\n',
        HEAD
        + '\n\n@events.event("e", version=2)\nclass E(Struct):\n    a: int\n    b: int = 0\n'
        + '\n\nevents.unchanged("e", from_version=1)\n\n\nX = 1\n',
    ),
    "lines, comments, another order and a comma": (
        HEAD + '\n\n@events.event(\n    version = 0x1,  # one\n    name="e",\n)\nclass E(Struct): a: int\n',
        HEAD + '\n\n@events.event(\n    version = 0x1,  # one\n    name="e",\n)\nclass E(Struct): a: str\n',
        HEAD.replace("Registry\n\n", "Registry, convert\n\n")
        + '\n\n@events.event(\n    version = 2,  # one\n    name="e",\n)\nclass E(Struct): a: str\n'
        + '\n\nevents.steps("e", convert("a", str), from_version=1)\n',
    ),
    "an import over lines with comments": (
        LINES + '@r.event("e", version=1)\nclass E(Struct):\n    a: int\n    b: int = 1\n    c: int = 0\n',
        LINES + '@r.event("e", version=1)\nclass E(Struct):\n    a: int\n    b: int\n',
        LINES.replace("# other\n", "# other\n    remove,\n")
        + '@r.event("e", version=2)\nclass E(Struct):\n    a: int\n    b: int\n'
        '\n\nr.steps("e", remove("c"), plus("b", 1), from_version=1)\n',
    ),
    "an import in order": (
        SORTED + EVENT + "class E(Struct):\n    qty: int\n    a: int = 0\n    b: int = 1\n",
        SORTED + EVENT + "class E(Struct):\n    quantity: int\n    a: int\n",
        SORTED.replace("    move,  # other\n", "    add,\n    move,  # other\n    remove,\n    rename,\n")
        + EVENT.replace("=1", "=2")
        + 'class E(Struct):\n    quantity: int\n    a: int\n\n\nevents.steps(\n    "e",\n'
        '    rename("qty", to="quantity"),\n    remove("b"),\n    add("a", 0),\n    from_version=1,\n)\n',
    ),
    "a name that is taken": (
        HEAD + '\ndef rename(): ...\n@events.event("e", version=1)\nclass E(Struct):\n    qty: int\n',
        HEAD + '\ndef rename(): ...\n@events.event("e", version=1)\nclass E(Struct):\n    quantity: int\n',
        HEAD.replace("Registry\n\n", "Registry, rename as upcast_rename\n\n")
        + '\ndef rename(): ...\n@events.event("e", version=2)\nclass E(Struct):\n    quantity: int\n'
        + '\n\nevents.steps("e", upcast_rename("qty", to="quantity"), from_version=1)\n',
    ),
    "the whole package": (
        WHOLE + '@r.event("e", version=1)\nclass E(msgspec.Struct):\n    qty: int',
        WHOLE + '@r.event("e", version=1)\nclass E(msgspec.Struct):\n    quantity: int',
        WHOLE + '@r.event("e", version=2)\nclass E(msgspec.Struct):\n    quantity: int'
        '\n\n\nr.steps("e", up.rename("qty", to="quantity"), from_version=1)',
    ),
    "two classes, and a type that is no literal": (
        HEAD + 'T = "e"\n@events.event("f", version=7)\nclass F(Struct):\n    a: int\n\n'
        '@events.event(f"{T}", version=1)\nclass E(Struct):\n    qty: int\n\n@events.event("g", version=1)\n'
        "class G(Struct):\n    qty: int\nfor n in range(1, 7): events.unchanged('f', from_version=n)\n",
        HEAD + 'T = "e"\n@events.event("f", version=7)\nclass F(Struct):\n    a: int\n\n'
        '@events.event(f"{T}", version=1)\nclass E(Struct):\n    quantity: int\n\n@events.event("g", version=1)\n'
        "class G(Struct):\n    qty: int\nfor n in range(1, 7): events.unchanged('f', from_version=n)\n",
        HEAD.replace("Registry\n\n", "Registry, rename\n\n") + 'T = "e"\n@events.event("f", version=7)\n'
        'class F(Struct):\n    a: int\n\n@events.event(f"{T}", version=2)\nclass E(Struct):\n    quantity: int\n'
        '\n\nevents.steps(f"{T}", rename("qty", to="quantity"), from_version=1)\n\n@events.event("g", version=1)\n'
        "class G(Struct):\n    qty: int\nfor n in range(1, 7): events.unchanged('f', from_version=n)\n",
    ),
    "tabs, a form feed, and letters of two bytes": (
        HEAD
        + '\x0c\nif "ä":\n\t@events.event("e", version=1); "ö"\n'.replace('; "ö"', "  # ö")
        + "\tclass E(Struct):\n\t\tqty: int # ü\n\tY = 'é'; X = (\n1)\n",
        HEAD + '\x0c\nif "ä":\n\t@events.event("e", version=1)  # ö\n\tclass E(Struct):\n\t\tquantity: int # ü\n'
        "\tY = 'é'; X = (\n1)\n",
        HEAD.replace("Registry\n\n", "Registry, rename\n\n")
        + '\x0c\nif "ä":\n\t@events.event("e", version=2)  # ö\n\tclass E(Struct):\n\t\tquantity: int # ü\n'
        '\n\n\tevents.steps("e", rename("qty", to="quantity"), from_version=1)\n\tY = \'é\'; X = (\n1)\n',
    ),
    "an edge before it": (
        HEAD + '\n@events.event("e", version=2)\nclass E(Struct):\n    qty: int\n\n'
        'events.unchanged("e", from_version=1); X = [\n]\nY = 1\n',
        HEAD + '\n@events.event("e", version=2)\nclass E(Struct):\n    quantity: int\n\n'
        'events.unchanged("e", from_version=1); X = [\n]\nY = 1\n',
        HEAD.replace("Registry\n\n", "Registry, rename\n\n")
        + '\n@events.event("e", version=3)\nclass E(Struct):\n    quantity: int\n\n'
        'events.unchanged("e", from_version=1); X = [\n]\n'
        'events.steps("e", rename("qty", to="quantity"), from_version=2)\nY = 1\n',
    ),
    "a number that was raised already": (
        HEAD + '\nV = 1\n@events.event("e", version=V)\nclass E(Struct):\n    qty: int\n',
        HEAD + '\nV = 2\n@events.event("e", version=V)\nclass E(Struct):\n    quantity: int\n',
        HEAD.replace("Registry\n\n", "Registry, rename\n\n")
        + '\nV = 2\n@events.event("e", version=V)\nclass E(Struct):\n    quantity: int\n'
        '\n\nevents.steps("e", rename("qty", to="quantity"), from_version=1)\n',
    ),
    "a call instead of a decorator": (
        HEAD + '\nclass E(Struct):\n    qty: int\nevents.event("e", version=1)(E)\n',
        HEAD + '\nclass E(Struct):\n    quantity: int\nevents.event("e", version=1)(E)\n',
        HEAD.replace("Registry\n\n", "Registry, rename\n\n")
        + '\nclass E(Struct):\n    quantity: int\nevents.event("e", version=2)(E)\n'
        'events.steps("e", rename("qty", to="quantity"), from_version=1)\n',
    ),
}


@pytest.mark.parametrize("label", CASES)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_nothing_but_the_next_version_changes(project: Project, label: str, ends: str) -> None:
    """The number, the edge and the imports are written; every other byte stays."""
    old, new, wanted = (text.replace("\n", ends).encode() for text in CASES[label])
    path = project.write(old)
    project.freeze()
    project.write(new)
    written = project.revise()
    assert after(written, path) == wanted
    assert path.read_bytes() == new  # nothing is written unless that is asked for
    assert not written.is_written


@pytest.mark.parametrize(
    ("mark", "encoding"), [(b"\xef\xbb\xbf", "utf-8"), (b"# coding: latin-1\n", "latin-1")], ids=["mark", "latin-1"]
)
def test_a_file_keeps_its_encoding(project: Project, mark: bytes, encoding: str) -> None:
    """A byte order mark stays, and so does an encoding that is declared."""
    old, new, wanted = (
        mark
        + text.replace("qty: int", "qty: int  # Stück")
        .replace("quantity: int", "quantity: int  # Stück")
        .encode(encoding)
        for text in CASES["a single line"]
    )
    path = project.write(old)
    project.freeze()
    project.write(new)
    assert after(project.revise(), path) == wanted


def test_the_registry_may_be_in_another_module(project: Project) -> None:
    """The class is bumped where it is, and the edge is declared there, by the name that the registry has there."""
    project.write("from upcast import Registry\nclass app:\n    registry = Registry()\n", "registry")
    source = (
        "from msgspec import Struct\nfrom .registry import app as it\n"
        '@it.registry.event("e", version=1)\nclass E(Struct):\n    {}: int\n'
    )
    path = project.write(source.format("qty"))
    project.write("from . import events\nfrom .registry import app\n", "all")
    project.freeze("app.registry", "all")
    project.write(source.format("quantity"))
    written = project.revise("e", "app.registry", "all")
    assert (
        after(written, path).decode()
        == source.format("quantity").replace("=1", "=2").replace("as it\n", "as it\nfrom upcast import rename\n")
        + '\n\nit.registry.steps("e", rename("qty", to="quantity"), from_version=1)\n'
    )


def test_the_edge_stands_with_those_before_it(project: Project) -> None:
    """Where the edges of a type are in a file of their own, the new one is too."""
    project.write(HEAD.replace("Struct\n", "Struct\n"), "registry")
    source = (
        "from msgspec import Struct\nfrom .registry import events\n"
        '@events.event("e", version={})\nclass E(Struct):\n    {}: int\n'
    )
    classes = project.write(source.format(2, "qty"), "classes")
    edges = project.write(
        "from upcast import Payload\nfrom . import classes\nfrom .registry import events\n\n"
        '@events.upcaster("e", from_version=1)\ndef first(payload: Payload) -> Payload:\n    return payload\n'
    )
    before = edges.read_text()
    project.freeze()
    project.write(source.format(2, "quantity"), "classes")
    written = project.revise()
    assert after(written, classes).decode() == source.format(3, "quantity")
    assert after(written, edges).decode() == before.replace("Payload\n", "Payload, rename\n", 1) + (
        '\n\nevents.steps("e", rename("qty", to="quantity"), from_version=2)\n'
    )


@pytest.mark.parametrize(
    "base", ["pydantic.BaseModel", "msgspec.Struct", "attrs", "dataclasses", "pydantic.dataclasses"]
)
def test_every_family_is_revised(project: Project, base: str) -> None:
    """Models, Structs, attrs classes and both kinds of dataclasses get their edge alike."""
    library = base.rpartition(".")[0] or base
    head = {"attrs": "@attrs.define\n", "dataclasses": "@dataclasses.dataclass\n"}.get(base, "")
    head = "@pydantic.dataclasses.dataclass\n" if base == "pydantic.dataclasses" else head
    parent = f"({base})" if not head else ""
    source = (
        f"import {base if 'dataclasses' in base else library}\nfrom upcast import Registry, rename\n"
        f'events = Registry()\n@events.event("e", version=1)\n{head}class E{parent}:\n    NAME: int\n'
    )
    path = project.write(source.replace("NAME", "qty"))
    project.freeze()
    project.write(source.replace("NAME", "quantity"))
    written = project.revise()
    assert after(written, path).decode() == source.replace("NAME", "quantity").replace("version=1", "version=2") + (
        '\n\nevents.steps("e", rename("qty", to="quantity"), from_version=1)\n'
    )


def test_an_equal_class_needs_nothing(project: Project) -> None:
    """Where the class is what is frozen, that is said and nothing changes."""
    project.write(CASES["a single line"][0])
    project.freeze()
    written = project.revise(write=True)
    assert (written.revision, written.changes, written.is_written) == (None, (), False)
    assert written.notes == ("the class is what is frozen as version 1",)


REFUSALS: dict[str, tuple[Callable[[str], str], str]] = {
    "a constant": (
        lambda text: text.replace("version=1", "version=VERSION").replace("events =", "VERSION = 1\nevents ="),
        "events.py:8: version=VERSION is no number that could be replaced; make it 2 there, and run this again",
    ),
    "an expression": (
        lambda text: text.replace("version=1", "version=0 + 1"),
        "events.py:7: version=0 + 1 is no number that could be replaced; make it 2 there, and run this again",
    ),
    "keywords from elsewhere": (
        lambda text: text.replace("version=1", "**dict(version=1)"),
        "events.py:7: version= is not written out there; raise it to 2 and run this again",
    ),
    "another name for the method": (
        lambda text: text.replace("@events.event(", "event = events.event\n@event("),
        "events.py:8: event is no method of a registry that could be named",
    ),
    "the method under another name, and elsewhere": (
        lambda text: text.replace("@events.event(", "declare = events.event\n@declare("),
        "events.py:8: the call of event is not written out there",
    ),
    "a number that is too high": (
        lambda text: text.replace("version=1", "version=3"),
        "e: the class is version 3, and the newest frozen one is 1: freeze or declare the versions between first",
    ),
    "an edge that is there": (
        lambda text: text + 'events.unchanged("e", from_version=1)\n',
        "e: an edge from version 1 is declared already",
    ),
    "newer versions that it reads": (
        lambda text: text.replace("version=1", "version=1, reads_up_to=2"),
        "events.py:7: reads_up_to=2 means nothing from version 2 on; take it away, and run this again",
    ),
}


@pytest.mark.parametrize("label", REFUSALS)
def test_what_only_a_person_can_change_is_refused(project: Project, label: str) -> None:
    """The refusal names the line and what to do there, and no file changes."""
    change, message = REFUSALS[label]
    project.write(CASES["a single line"][0])
    project.freeze()
    project.write(change(CASES["a single line"][1]))
    before = project.files()
    with pytest.raises(CannotRevise) as refused:
        project.revise(write=True)
    assert message in str(refused.value)
    assert project.files() == before


def test_an_unknown_type_is_refused(project: Project) -> None:
    """The refusal says which types there are."""
    project.write(CASES["a single line"][0])
    with pytest.raises(CannotRevise, match=r"^f is not declared; the registry has e$"):
        project.revise("f")


def test_a_type_that_is_not_frozen_is_refused(project: Project) -> None:
    """Without a frozen version there is nothing to compare with."""
    project.write(CASES["a single line"][0])
    with pytest.raises(CannotRevise, match=r"^no version of e is frozen in schemas: "):
        project.revise()
