"""The frozen files as a git commit has them, read from real repositories."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from upcast.schemas.errors import BrokenSchema, NoSuchSchema, SchemaError
from upcast.schemas.shapes import Integer, Member, Record, SchemaSnapshot, View
from upcast.schemas.store import SchemaStore

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

Git: TypeAlias = Callable[..., str]


def snapshot_of(event_type: str = "order.placed", version: int = 1) -> SchemaSnapshot:
    """A schema snapshot of an object with one integer."""
    view = View(root=Record(members=(Member(name="id", shape=Integer(), required=True),)))
    return SchemaSnapshot(format=1, type=event_type, version=version, family="msgspec", reader=view)


@pytest.fixture
def git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Git:
    """git, as if on a machine that nobody has configured."""
    for name, value in {
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
        "GIT_CEILING_DIRECTORIES": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)

    def run(folder: Path, *arguments: str) -> str:
        done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return run


@pytest.fixture
def repository(git: Git, tmp_path: Path) -> Path:
    """A repository with version 1 on the tag `one` and version 2 on the branch `main`, in `shop/schemas`."""
    root = tmp_path / "shop repository"
    folder = root / "shop" / "schemas"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / "shop").mkdir()
    (root / "shop" / "app.py").write_text("")
    commit(git, root)
    git(root, "tag", "empty")
    store = SchemaStore.at(folder)
    store.freeze(snapshot_of())
    store.record("order.placed", 1, "ünïcode", b'{"id":1 }\r\n')
    store.add_golden("order.placed", 1, "ünïcode", {2: b'{"id":2}'})
    (folder / "README.md").write_text("ours")
    commit(git, root)
    git(root, "tag", "--annotate", "--message=one", "one")
    store.freeze(snapshot_of(version=2))
    store.freeze(snapshot_of("a/b"))
    commit(git, root)
    return root


def commit(git: Git, root: Path) -> None:
    """Commit everything."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=more")


def test_a_commit_is_read_as_it_is(git: Git, repository: Path) -> None:
    """Types, versions, schema snapshots, fixtures and golden outputs are those of the commit, byte for byte."""
    folder = repository / "shop" / "schemas"
    old, new = SchemaStore.at_ref("one", folder), SchemaStore.at_ref("main", folder)

    assert (old.types(), old.versions("order.placed")) == (("order.placed",), (1,))
    assert (new.types(), new.versions("order.placed")) == (("a/b", "order.placed"), (1, 2))
    assert new.schema("a/b", 1) == snapshot_of("a/b")
    assert old.schema_bytes("order.placed", 1) == snapshot_of().to_json()
    assert [(f.name, f.payload) for f in old.fixtures("order.placed", 1)] == [("ünïcode", b'{"id":1 }\r\n')]
    assert old.golden("order.placed", 1, "ünïcode") == {2: b'{"id":2}'}
    assert old.fixtures("order.placed", 1) == SchemaStore.at(folder).fixtures("order.placed", 1)
    assert old.label == "one:shop/schemas"
    with pytest.raises(NoSuchSchema, match=r"order\.placed version 2 is not frozen in one:shop/schemas"):
        old.schema("order.placed", 2)


@pytest.mark.parametrize("ref", ["HEAD", "main~1", "refs/heads/main", "main@{0}", "one^{commit}", "one"])
def test_every_way_to_name_a_commit(repository: Path, ref: str) -> None:
    """Branches, tags, ancestors and the reflog are what git says they are."""
    assert 1 in SchemaStore.at_ref(ref, repository / "shop" / "schemas").versions("order.placed")


def test_a_commit_by_its_digest(git: Git, repository: Path) -> None:
    """A commit is found by its digest, whole or short."""
    digest = git(repository, "rev-parse", "main~1")

    for ref in (digest, digest[:10]):
        assert SchemaStore.at_ref(ref, repository / "shop" / "schemas").types() == ("order.placed",)


def test_the_folder_is_found_from_anywhere(
    git: Git, repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The repository is that of the folder, whatever the current one is, and the folder may be gone or linked to."""
    monkeypatch.chdir(repository / "shop")
    assert SchemaStore.at_ref("main", Path("schemas")).types() == ("a/b", "order.placed")
    assert SchemaStore.at_ref("main", Path("../shop/schemas")).types() == ("a/b", "order.placed")
    (tmp_path / "link").symlink_to(repository / "shop")
    assert SchemaStore.at_ref("main", tmp_path / "link" / "schemas").types() == ("a/b", "order.placed")
    shutil.rmtree(repository / "shop")
    monkeypatch.chdir(repository)
    assert SchemaStore.at_ref("main", Path("gone/../shop/schemas")).types() == ("a/b", "order.placed")
    monkeypatch.chdir(tmp_path)
    assert SchemaStore.at_ref("main", repository / "shop" / "schemas").types() == ("a/b", "order.placed")


def test_the_whole_repository_may_be_the_folder(git: Git, tmp_path: Path) -> None:
    """A repository may hold schemas and nothing else."""
    git(tmp_path, "init", "--quiet")
    SchemaStore.at(tmp_path).freeze(snapshot_of())
    commit(git, tmp_path)

    assert SchemaStore.at_ref("HEAD", tmp_path).types() == ("order.placed",)


def test_a_commit_without_the_folder_is_empty(repository: Path) -> None:
    """Where the folder was not there yet, nothing was frozen."""
    store = SchemaStore.at_ref("empty", repository / "shop" / "schemas")

    assert (store.types(), store.versions("order.placed")) == ((), ())


def test_a_file_in_place_of_the_folder_is_named(repository: Path) -> None:
    """What was a file at that commit is no store."""
    with pytest.raises(BrokenSchema, match=r"empty:shop/app\.py is no folder"):
        SchemaStore.at_ref("empty", repository / "shop" / "app.py")


def test_other_working_trees_of_a_repository(git: Git, repository: Path, tmp_path: Path) -> None:
    """A folder in a second working tree sees the same refs."""
    git(repository, "worktree", "add", "--quiet", "--detach", str(tmp_path / "second"), "empty")

    assert SchemaStore.at_ref("one", tmp_path / "second" / "shop" / "schemas").types() == ("order.placed",)


def test_a_repository_inside_another_is_the_one_that_counts(git: Git, repository: Path) -> None:
    """A folder belongs to the repository right above it."""
    inner = repository / "vendor" / "inner"
    inner.mkdir(parents=True)
    git(inner, "init", "--quiet")
    SchemaStore.at(inner / "schemas").freeze(snapshot_of("inner"))
    commit(git, inner)

    assert SchemaStore.at_ref("HEAD", inner / "schemas").types() == ("inner",)


def test_hooks_of_another_repository_do_not_mislead(
    git: Git, repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What git tells its hooks about the repository they run for is no matter of the folder's own."""
    (tmp_path / "other").mkdir()
    git(tmp_path / "other", "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_PREFIX", "elsewhere/")

    assert SchemaStore.at_ref("one", repository / "shop" / "schemas").types() == ("order.placed",)


@pytest.mark.parametrize("ref", ["--help", "--since=yesterday", "-", "", " ", "main\nmain"])
def test_what_git_would_take_for_something_else_is_refused(repository: Path, ref: str) -> None:
    """Options and blanks never reach git."""
    with pytest.raises(NoSuchSchema, match=r"' is no git ref"):
        SchemaStore.at_ref(ref, repository / "shop" / "schemas")


@pytest.mark.parametrize("ref", ["nowhere", "a b", "main:shop", "HEAD~99", "@{9}"])
def test_what_names_no_commit_is_refused(repository: Path, ref: str) -> None:
    """A ref that git does not know is an error that repeats it."""
    with pytest.raises(NoSuchSchema, match="there is no git ref"):
        SchemaStore.at_ref(ref, repository / "shop" / "schemas")


def test_a_folder_outside_of_repositories_is_named(git: Git, tmp_path: Path) -> None:
    """Without a repository there are no refs; in one without commits there is no HEAD."""
    with pytest.raises(NoSuchSchema, match="in no git repository"):
        SchemaStore.at_ref("HEAD", tmp_path / "schemas")
    git(tmp_path, "init", "--quiet")
    with pytest.raises(NoSuchSchema, match="no git ref 'HEAD'"):
        SchemaStore.at_ref("HEAD", tmp_path / "schemas")


def test_without_git_the_message_says_so(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where git is not installed, that is the message."""
    monkeypatch.setenv("PATH", str(repository))

    with pytest.raises(SchemaError, match="git is not installed"):
        SchemaStore.at_ref("HEAD", repository)


def clone(git: Git, repository: Path, tmp_path: Path) -> Path:
    """A clone with the last commit only."""
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repository}", "shallow")
    return tmp_path / "shallow"


@pytest.mark.parametrize(
    "ref", ["one", "origin/release", "release", "main~1", "{digest}"], ids=["tag", "remote", "branch", "parent", "sha"]
)
def test_a_shallow_clone_gets_the_command_that_helps(git: Git, repository: Path, tmp_path: Path, ref: str) -> None:
    """Where the commit was not fetched, the message holds a command that fetches it, and that command does."""
    git(repository, "branch", "release", "main~1")
    git(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    ref = ref.format(digest=git(repository, "rev-parse", "main~1"))
    shallow = clone(git, repository, tmp_path)

    with pytest.raises(NoSuchSchema, match="shallow clone: git fetch --de") as caught:
        SchemaStore.at_ref(ref, shallow / "shop" / "schemas")
    commands = str(caught.value).partition("shallow clone: ")[2].split(", ")
    command = commands[ref == "one"].partition(" (")[0]
    subprocess.run(command.split(), cwd=shallow, check=True, capture_output=True)
    assert SchemaStore.at_ref(ref, shallow / "shop" / "schemas").types() == ("order.placed",)


def test_nothing_is_written_to_the_repository(git: Git, repository: Path) -> None:
    """Reading leaves every file of the repository as it was, and writing to a ref is refused."""

    def state() -> dict[Path, tuple[int, int]]:
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in repository.rglob("*")}

    (repository / "shop" / "app.py").touch()  # stale in the index, which git would like to refresh
    before = state()
    store = SchemaStore.at_ref("main", repository / "shop" / "schemas")
    store.fixtures(store.types()[1], 1)
    for write in (
        lambda: store.freeze(snapshot_of(version=3)),
        lambda: store.record("order.placed", 1, "two", b"{}"),
        lambda: store.add_golden("order.placed", 1, "ünïcode", {3: b"{}"}),
    ):
        with pytest.raises(SchemaError, match="main:shop/schemas is a git ref"):
            write()

    assert state() == before


def test_links_and_submodules_of_a_commit_are_not_followed(git: Git, repository: Path) -> None:
    """A symbolic link is refused as it is in a folder, and so is a submodule in the place of a type."""
    folder = repository / "shop" / "schemas"
    (folder / "order.placed" / "v3.json").symlink_to("v1.json")
    commit(git, repository)
    linked = SchemaStore.at_ref("HEAD", folder)
    with pytest.raises(BrokenSchema, match=r"HEAD:shop/schemas/order\.placed/v3\.json.*no file"):
        linked.types()
    with pytest.raises(BrokenSchema, match="no file"):
        linked.schema("order.placed", 3)
    (folder / "order.placed" / "v3.json").unlink()
    digest = git(repository, "rev-parse", "HEAD")
    git(repository, "add", "--all")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{digest},shop/schemas/module")
    git(repository, "commit", "--quiet", "--message=module")
    with pytest.raises(BrokenSchema, match=r"module.*no file"):
        SchemaStore.at_ref("HEAD", folder).types()


def test_a_lost_object_is_named(git: Git, repository: Path) -> None:
    """Where the repository itself is damaged, git's word is passed on as one error."""
    digest = git(repository, "rev-parse", "main:shop/schemas/order.placed/v1.json")
    (repository / ".git" / "objects" / digest[:2] / digest[2:]).unlink()

    with pytest.raises(SchemaError, match=digest):
        SchemaStore.at_ref("main", repository / "shop" / "schemas")
