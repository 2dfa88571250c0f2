"""The folder of frozen files: what is written is there, whole, and what does not belong there is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from upcast.schemas.errors import BrokenSchema, FrozenSchema, NoSuchSchema, SchemaError
from upcast.schemas.shapes import (
    AnyShape,
    Integer,
    Member,
    Record,
    Reference,
    SchemaSnapshot,
    Static,
    Text,
    View,
)
from upcast.schemas.store import SchemaStore

ODD_TYPES = [
    "a/b",
    "..",
    ".",
    "a..",
    ".git",
    "CON",
    "nul.txt",
    "com1",
    "a%2Fb",
    "a%2fb",
    "order:placed\\v2",
    "~",
    "gate.toml",
    "x.golden",
    "fixtures",
    "v1.json",
    "x" * 200,
    "/" * 200,
    "-rf",
    "*?<>|\"'",
]


def snapshot_of(
    event_type: str = "order.placed", version: int = 1, root: AnyShape | None = None, **definitions: AnyShape
) -> SchemaSnapshot:
    """A schema snapshot, by default of an object with one integer."""
    view = View(
        root=root or Record(members=(Member(name="id", shape=Integer(), required=True),)), definitions=definitions
    )
    return SchemaSnapshot(format=1, type=event_type, version=version, family="msgspec", reader=view)


@pytest.fixture
def store(tmp_path: Path) -> SchemaStore:
    """A store in a folder that is not there yet."""
    return SchemaStore.at(tmp_path / "schemas")


# --- schema snapshots -----------------------------------------------------------------------------------------------


def test_what_is_frozen_is_read_back(store: SchemaStore, tmp_path: Path) -> None:
    """A frozen schema snapshot stands in the file of its type and version, and is read from there."""
    path = store.freeze(snapshot_of(version=3))

    assert path == tmp_path / "schemas" / "order.placed" / "v3.json"
    assert store.schema("order.placed", 3) == snapshot_of(version=3)
    assert store.schema_bytes("order.placed", 3) == path.read_bytes() == snapshot_of(version=3).to_json()
    assert store.path_of("order.placed", 3) == "order.placed/v3.json"


def test_a_store_without_a_folder_is_empty(store: SchemaStore) -> None:
    """Before anything is frozen there are no types, no versions and no fixtures, and that is no error."""
    assert (store.types(), store.versions("a"), store.fixtures("a", 1), store.golden("a", 1, "x")) == ((), (), (), None)


def test_types_and_versions_are_sorted(store: SchemaStore) -> None:
    """Types are sorted by name and versions by number."""
    for event_type, version in (("b", 10), ("b", 2), ("a", 1), ("b", 1)):
        store.freeze(snapshot_of(event_type, version))

    assert store.types() == ("a", "b")
    assert store.versions("b") == (1, 2, 10)


def test_what_is_not_frozen_is_named(store: SchemaStore) -> None:
    """A version that is not frozen raises an error that says which ones are."""
    store.freeze(snapshot_of(version=2))

    with pytest.raises(NoSuchSchema, match=r"order\.placed version 1 is not frozen .* frozen is 2"):
        store.schema("order.placed", 1)
    with pytest.raises(NoSuchSchema, match="no version of it"):
        store.schema("order.paid", 1)


def test_freezing_the_same_again_leaves_the_file_alone(store: SchemaStore) -> None:
    """A schema snapshot of the same meaning neither fails nor rewrites the file, whatever order it is written in."""
    members = tuple(Member(name=name, shape=Text(), required=True) for name in ("a", "b"))
    path = store.freeze(snapshot_of(root=Record(members=members)))
    before = path.read_bytes(), path.stat().st_ino

    assert store.freeze(snapshot_of(root=Record(members=members[::-1]))) == path
    assert store.freeze(snapshot_of(root=Record(members=members))) == path
    assert store.freeze(snapshot_of(root=Record(members=members)), replace=True) == path
    assert (path.read_bytes(), path.stat().st_ino) == before


def test_a_frozen_version_is_not_changed(store: SchemaStore) -> None:
    """Freezing another meaning under the same version is refused, and the message says which version comes next."""
    path = store.freeze(snapshot_of())
    store.freeze(snapshot_of(version=4))
    before = path.read_bytes()

    with pytest.raises(FrozenSchema, match="raise the version of the class to 5"):
        store.freeze(snapshot_of(root=Record()))
    assert path.read_bytes() == before

    store.freeze(snapshot_of(root=Record()), replace=True)
    assert store.schema("order.placed", 1) == snapshot_of(root=Record())


@pytest.mark.parametrize("event_type", ODD_TYPES)
def test_every_type_has_a_folder_right_below(store: SchemaStore, tmp_path: Path, event_type: str) -> None:
    """Whatever the name of a type, its files stand in a folder of their own right below, and it is found by them."""
    path = store.freeze(snapshot_of(event_type))
    store.record(event_type, 1, "one", b"{}")

    assert path.parent.parent == tmp_path / "schemas"
    assert not path.parent.name.startswith(".")
    assert len(path.parent.name) <= 120
    assert store.types() == (event_type,)
    assert store.schema(event_type, 1).type == event_type
    assert [fixture.payload for fixture in store.fixtures(event_type, 1)] == [b"{}"]


@pytest.mark.parametrize(
    ("event_type", "folder"),
    [
        ("order.placed-v2_X", "order.placed-v2_X"),
        ("a/b%", "a%2Fb%25"),
        ("..", "%2E%2E"),
        (".git", "%2Egit"),
        ("a..", "a.%2E"),
        ("CON", "%43ON"),
        ("nul.txt", "%6Eul.txt"),
        ("console", "console"),
        ("Gate.toml", "%47ate.toml"),
    ],
)
def test_names_mean_the_same_on_every_file_system(store: SchemaStore, event_type: str, folder: str) -> None:
    """What is special to some file system, or to the folder itself, is escaped; everything else is as it is."""
    assert store.path_of(event_type, 1) == f"{folder}/v1.json"


def test_odd_types_stand_side_by_side(store: SchemaStore) -> None:
    """No two odd names share a folder."""
    types = [name for name in ODD_TYPES if name != "a%2fb"]
    for event_type in types:
        store.freeze(snapshot_of(event_type))

    assert store.types() == tuple(sorted(types))


@pytest.mark.parametrize(("one", "other"), [("order", "Order"), ("a%2Fb", "a%2fb"), ("x" * 200, "x" * 199 + "X")])
def test_types_that_differ_only_in_case_are_refused(store: SchemaStore, one: str, other: str) -> None:
    """A second type whose name differs only in case is refused before anything is written."""
    store.freeze(snapshot_of(one))

    with pytest.raises(BrokenSchema, match="differ only in case"):
        store.freeze(snapshot_of(other))
    with pytest.raises(BrokenSchema, match="differ only in case"):
        store.record(other, 1, "one", b"{}")
    assert store.types() == (one,)


def test_folders_that_differ_only_in_case_are_refused(store: SchemaStore, tmp_path: Path) -> None:
    """Two such folders, merged on a file system that knows case, are named when the types are listed."""
    path = store.freeze(snapshot_of("order"))
    twin = tmp_path / "schemas" / "Order"
    twin.mkdir()
    (twin / "v1.json").write_bytes(path.read_bytes().replace(b'"order"', b'"Order"'))

    with pytest.raises(BrokenSchema, match="differ only in case"):
        store.types()


@pytest.mark.parametrize("event_type", ["", "a b", "ü", "x" * 201, "a\n"])
def test_what_is_no_event_type_has_no_file(store: SchemaStore, event_type: str) -> None:
    """A name that no stored event can have is refused."""
    with pytest.raises(SchemaError, match="no event type"):
        store.path_of(event_type, 1)


def test_versions_count_from_one(store: SchemaStore) -> None:
    """Zero is no version."""
    with pytest.raises(SchemaError, match="versions count from 1"):
        store.freeze(snapshot_of(version=0))


# --- files that are not what they should be -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no schema snapshot"),
        (b"<<<<<<< HEAD\n", "no schema snapshot"),
        (b"\xff", "no schema snapshot"),
        (b"[" * 100_000, "no schema snapshot"),
        (snapshot_of().to_json().replace(b'"format": 1', b'"format": 2'), r"known format.*\$\.format"),
        (snapshot_of().to_json().replace(b'"integer"', b'"whole"'), "no schema snapshot"),
        (snapshot_of(version=2).to_json(), "version 2"),
        (snapshot_of("order.paid").to_json(), r"order\.paid"),
        (snapshot_of(root=Reference(name="/a")).to_json(), "does not define"),
        (snapshot_of(root=Reference(name="a"), a=Reference(name="b"), b=Reference(name="a")).to_json(), "not define"),
        (snapshot_of(root=Record(members=(Member(name="a", shape=Text(), keys=((),)),))).to_json(), "without a key"),
        (
            snapshot_of(root=Record(members=(Member(name="a", shape=Text(), default=Static("{")),))).to_json(),
            "default is no JSON",
        ),
        (
            msgspec.structs.replace(
                snapshot_of(),
                writer=View(root=Record(members=(Member(name="a", shape=Text(), keys=(("a", "b"),)),))),
            ).to_json(),
            "more than one key",
        ),
    ],
    ids=range(13),
)
def test_a_broken_file_is_named(store: SchemaStore, content: bytes, problem: str) -> None:
    """A file that is no schema snapshot of its type and version is refused with its path and a remedy."""
    path = store.freeze(snapshot_of())
    path.write_bytes(content)

    with pytest.raises(BrokenSchema, match=problem) as caught:
        store.schema("order.placed", 1)
    assert str(path) in str(caught.value)
    assert "restore the file" in str(caught.value)


def test_a_broken_file_is_replaced_only_expressly(store: SchemaStore) -> None:
    """Freezing over something unreadable is refused, unless it is to be replaced."""
    path = store.freeze(snapshot_of())
    path.write_bytes(b"{}")

    with pytest.raises(BrokenSchema):
        store.freeze(snapshot_of())
    store.freeze(snapshot_of(), replace=True)
    assert store.schema("order.placed", 1) == snapshot_of()


@pytest.mark.parametrize(
    "name",
    [
        "v01.json",
        "V2.json",
        "v2.JSON",
        "v0.json",
        "v2.json.orig",
        "v2.yaml",
        "notes.json",
        "fixtures/v01",
        "fixtures/a.json",
    ],
)
def test_a_stray_file_of_a_type_is_refused(store: SchemaStore, name: str) -> None:
    """A file that looks as if it belonged to the store is refused: nobody would ever read it."""
    stray = store.freeze(snapshot_of()).parent / name
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"{}")

    with pytest.raises(BrokenSchema, match="move it away"):
        store.versions("order.placed")
    with pytest.raises(BrokenSchema, match=name.rpartition("/")[2]):
        store.types()


def test_a_stray_file_at_the_top_is_refused(store: SchemaStore, tmp_path: Path) -> None:
    """A JSON file outside the folders of the types is refused."""
    store.freeze(snapshot_of())
    (tmp_path / "schemas" / "order.paid.json").write_bytes(b"{}")

    with pytest.raises(BrokenSchema, match="move it away"):
        store.types()


def test_a_folder_of_no_name_of_ours_is_refused(store: SchemaStore, tmp_path: Path) -> None:
    """A folder of frozen files that no type maps to is named, with the name it should have."""
    path = store.freeze(snapshot_of("a/b"))
    path.parent.rename(tmp_path / "schemas" / "a%2fb")

    with pytest.raises(BrokenSchema, match=r"a%2Fb.*rename it"):
        store.types()


def test_what_is_clearly_none_of_ours_is_left_alone(store: SchemaStore, tmp_path: Path) -> None:
    """Notes, configuration, code, hidden files and empty folders are no concern of the store."""
    folder = store.freeze(snapshot_of()).parent
    for name in ("README.md", "gate.toml", ".gitattributes", "conftest.py", "order.placed/NOTES.txt"):
        (tmp_path / "schemas" / name).write_text("?")
    (folder / ".0123.tmp").write_text("what an interrupted freeze left")
    for name in ("empty", ".hidden", "__pycache__"):
        (tmp_path / "schemas" / name).mkdir()
    (tmp_path / "schemas" / ".hidden" / "v1.json").write_text("?")

    assert store.types() == ("order.placed",)
    assert store.versions("order.placed") == (1,)


def test_links_are_not_followed(store: SchemaStore, tmp_path: Path) -> None:
    """A symbolic link among the frozen files is refused, whether it stands for a file or for a folder."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "v1.json").write_bytes(snapshot_of("linked").to_json())
    path = store.freeze(snapshot_of())
    (tmp_path / "schemas" / "linked").symlink_to(outside)
    path.with_name("v2.json").symlink_to(outside / "v1.json")

    for ask in (
        lambda: store.schema("linked", 1),
        lambda: store.versions("linked"),
        lambda: store.freeze(snapshot_of("linked", 3)),
        lambda: store.record("linked", 1, "one", b"{}"),
        lambda: store.schema("order.placed", 2),
        lambda: store.freeze(snapshot_of(version=2)),
        lambda: store.versions("order.placed"),
        store.types,
    ):
        with pytest.raises(BrokenSchema, match=r"symbolic link|no file"):
            ask()
    assert sorted(outside.iterdir()) == [outside / "v1.json"]


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    """Its owner named it, so it is followed."""
    (tmp_path / "real").mkdir()
    (tmp_path / "schemas").symlink_to(tmp_path / "real")
    SchemaStore.at(tmp_path / "schemas").freeze(snapshot_of())

    assert SchemaStore.at(tmp_path / "real").types() == ("order.placed",)


def test_what_cannot_be_opened_is_named(store: SchemaStore, tmp_path: Path) -> None:
    """A pipe where a file should be, or a file where a folder should be, is an error and no hang."""
    path = store.freeze(snapshot_of())
    os.mkfifo(path.with_name("v2.json"))

    with pytest.raises(BrokenSchema, match=r"v2\.json is no file"):
        store.schema("order.placed", 2)
    with pytest.raises(BrokenSchema, match="not a directory"):
        SchemaStore.at(path).types()
    with pytest.raises(BrokenSchema, match="not a directory"):
        SchemaStore.at(path).freeze(snapshot_of())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named(store: SchemaStore) -> None:
    """A file without permission is an error with its path."""
    path = store.freeze(snapshot_of())
    path.chmod(0)

    with pytest.raises(BrokenSchema, match="permission denied"):
        store.schema("order.placed", 1)


# --- interruptions --------------------------------------------------------------------------------------------------

FREEZE_BIG = """
import resource, sys
from pathlib import Path
from upcast.schemas.errors import BrokenSchema
from upcast.schemas.shapes import Member, Record, SchemaSnapshot, Text, View
from upcast.schemas.store import SchemaStore
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
members = tuple(Member(name=f"m{i}", shape=Text()) for i in range(2000))
view = View(root=Record(members=members))
big = SchemaSnapshot(format=1, type="order.placed", version=1, family="msgspec", reader=view)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
try:
    SchemaStore.at(Path(sys.argv[1])).freeze(big, replace=True)
except BrokenSchema as error:
    print(error)
"""


def test_an_interrupted_freeze_leaves_the_old_file(store: SchemaStore, tmp_path: Path) -> None:
    """Where the disk is full in the middle of a file, the old one is still there, whole, and nothing else is."""
    path = store.freeze(snapshot_of())
    command = [sys.executable, "-c", FREEZE_BIG, str(tmp_path / "schemas")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert "cannot be written: file too large" in said
    assert store.schema("order.placed", 1) == snapshot_of()
    assert list(path.parent.iterdir()) == [path]


# --- fixtures -------------------------------------------------------------------------------------------------------


def test_a_fixture_is_kept_byte_for_byte(store: SchemaStore, tmp_path: Path) -> None:
    """The payload of a fixture is the content of its file, with every blank and every digit."""
    payload = b'{ "b":1.10,\r\n"a":12345678901234567890123,  "a": 1e3 }'
    path = store.record("order.placed", 2, "big", payload)
    store.record("order.placed", 2, "any", b"{}")

    assert path == tmp_path / "schemas" / "order.placed" / "fixtures" / "v2" / "big.json"
    assert path.read_bytes() == payload
    found = store.fixtures("order.placed", 2)
    assert [(fixture.name, fixture.payload) for fixture in found] == [("any", b"{}"), ("big", payload)]
    assert found[1].path == store.path_of("order.placed", 2, fixture="big") == "order.placed/fixtures/v2/big.json"


def test_a_fixture_is_never_overwritten(store: SchemaStore) -> None:
    """The same bytes are taken again; other bytes, even of the same meaning, and another case are refused."""
    path = store.record("a", 1, "one", b"{}")

    assert store.record("a", 1, "one", b"{}") == path
    for name, payload in (("one", b"{ }"), ("One", b"{}")):
        with pytest.raises(FrozenSchema, match="another name"):
            store.record("a", 1, name, payload)
    assert [fixture.payload for fixture in store.fixtures("a", 1)] == [b"{}"]


@pytest.mark.parametrize(
    "name", ["../../x", "a/b", ".hidden", "x.golden", "x.GOLDEN", "naïve 日本", "nul", "%2E", "a."]
)
def test_odd_fixture_names_are_kept(store: SchemaStore, name: str) -> None:
    """Whatever a fixture is called, it stands in the folder of its version and keeps its name."""
    path = store.record("a", 1, name, b"{}")
    store.add_golden("a", 1, name, {2: b"{}"})

    assert path.parent.name == "v1"
    assert [fixture.name for fixture in store.fixtures("a", 1)] == [name]
    assert store.golden("a", 1, name) == {2: b"{}"}


@pytest.mark.parametrize("name", ["", "x" * 121, " " * 50, "\ud800"])
def test_a_fixture_has_a_name_that_a_file_can_have(store: SchemaStore, name: str) -> None:
    """Names that no file can have are refused."""
    with pytest.raises(SchemaError):
        store.record("a", 1, name, b"{}")


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b"\xef\xbb\xbf{}", b'{"a": NaN}'])
def test_a_fixture_is_a_payload(store: SchemaStore, payload: bytes) -> None:
    """What is no JSON object is neither recorded nor read."""
    with pytest.raises(SchemaError, match="no payload"):
        store.record("a", 1, "one", payload)
    store.record("a", 1, "one", b"{}").write_bytes(payload)
    with pytest.raises(BrokenSchema, match=r"a/fixtures/v1/one\.json.*a fixture is a payload"):
        store.fixtures("a", 1)


@pytest.mark.parametrize("name", ["one.JSON", "gone.golden.json", "a%2fb.json", "v1", "v1/x.json"])
def test_a_stray_file_among_fixtures_is_refused(store: SchemaStore, name: str) -> None:
    """A file that no fixture name leads to is refused, and so are golden outputs whose fixture is gone."""
    stray = store.record("a", 1, "one", b"{}").parent / name
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"{}")

    with pytest.raises(BrokenSchema, match="move it away"):
        store.fixtures("a", 1)


# --- golden outputs -------------------------------------------------------------------------------------------------


def test_golden_outputs_are_added(store: SchemaStore) -> None:
    """What a fixture is at later versions is kept as it was written; versions come in later runs."""
    path = store.record("a", 1, "one", b"{}")
    assert store.golden("a", 1, "one") is None
    store.add_golden("a", 1, "one", {10: b'{"b": 1.10}', 2: b' {"b":1}\n'})
    store.add_golden("a", 1, "one", {3: b"[]", 2: b'{"b":1}'})

    found = store.golden("a", 1, "one")
    assert found is not None
    assert list(found.items()) == [(2, b'{"b":1}'), (3, b"[]"), (10, b'{"b": 1.10}')]
    file = path.with_name("one.golden.json")
    assert file.read_bytes() == b'{\n  "2": {"b":1},\n  "3": [],\n  "10": {"b": 1.10}\n}\n'
    assert [fixture.name for fixture in store.fixtures("a", 1)] == ["one"]


def test_golden_outputs_are_never_changed(store: SchemaStore) -> None:
    """Another output for a recorded version is refused, and nothing of that call is written."""
    store.record("a", 1, "one", b"{}")
    store.add_golden("a", 1, "one", {2: b"{}"})

    with pytest.raises(FrozenSchema, match="version 2"):
        store.add_golden("a", 1, "one", {2: b'{"a":1}', 3: b"{}"})
    assert store.golden("a", 1, "one") == {2: b"{}"}


def test_golden_outputs_belong_to_a_fixture(store: SchemaStore) -> None:
    """Outputs of a fixture that is not there, and outputs that are no JSON, are refused."""
    with pytest.raises(NoSuchSchema, match="no fixture 'one'"):
        store.add_golden("a", 1, "one", {2: b"{}"})
    store.record("a", 1, "one", b"{}")
    with pytest.raises(SchemaError, match="no JSON"):
        store.add_golden("a", 1, "one", {2: b"{"})


@pytest.mark.parametrize("content", [b"[]", b"{", b'{"02": {}}', b'{"two": {}}', b"\xff"])
def test_broken_golden_outputs_are_named(store: SchemaStore, content: bytes) -> None:
    """A file of golden outputs that is none is refused with its path."""
    store.record("a", 1, "one", b"{}").with_name("one.golden.json").write_bytes(content)

    with pytest.raises(BrokenSchema, match=r"a/fixtures/v1/one\.golden\.json"):
        store.golden("a", 1, "one")
