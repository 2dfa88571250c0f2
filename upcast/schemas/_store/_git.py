"""The files of a folder as a git commit has them: read from the objects of the repository, which is never changed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import attrs

from upcast.schemas._store._files import Kind
from upcast.schemas.errors import BrokenSchema, NoSuchSchema, SchemaError

__all__ = ["Git", "GitFiles", "files_at"]

# What git sets for its hooks points at the repository it runs for, which need not be that of the folder.
_FOREIGN = ("GIT_COMMON_DIR", "GIT_DIR", "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_WORK_TREE")
_KINDS: Mapping[bytes, Kind] = {b"100644": "file", b"100664": "file", b"100755": "file"}


@attrs.frozen
class GitFiles:
    """See `Files`.

    Attributes:
        label: See `Files.label`.
        tree: What stands in each folder.
        contents: The content of each file.
    """

    label: str
    tree: Mapping[str, Mapping[str, Kind]]
    contents: Mapping[str, bytes]
    root: None = None

    def entries(self, folder: str) -> Mapping[str, Kind]:
        """See `Files.entries`."""
        return self.tree.get(folder, {})

    def read(self, path: str) -> bytes | None:
        """See `Files.read`.

        Raises:
            BrokenSchema: It is no file.
        """
        folder, _, name = path.rpartition("/")
        if self.entries(folder).get(name, "file") != "file":
            raise BrokenSchema(f"{self.label}/{path} is no file: commit the file itself")
        return self.contents.get(path)


def files_at(ref: str, folder: Path) -> GitFiles:
    """The files below *folder* as they are at *ref*: none where the folder is not there.

    Raises:
        NoSuchSchema: There is no such ref, or the folder is in no repository.
        SchemaError: git is not installed, or fails.
    """
    if ref.startswith("-") or not ref.isprintable() or not ref.strip():
        raise NoSuchSchema(f"{ref!r} is no git ref")
    folder = folder.resolve()
    base = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    git = Git.of(base)
    prefix = git.output("rev-parse", "--show-prefix").removesuffix(b"\n")
    # Of a folder that is no longer there, the rest of the path.
    rest = os.fsencode(folder.relative_to(base).as_posix())
    path = (prefix + (b"" if rest == b"." else rest)).rstrip(b"/")
    commit = git.find(ref + "^{commit}")
    if commit is None:
        raise NoSuchSchema(_no_ref(git, ref))
    label = f"{ref}:{os.fsdecode(path)}"
    tree = git.find(commit + ":" + os.fsdecode(path))
    if tree is None:
        return GitFiles(label, {}, {})
    if git.output("cat-file", "-t", tree).strip() != b"tree":
        raise BrokenSchema(f"{label} is no folder")
    return _read_tree(git, tree, label)


def _read_tree(git: Git, tree: str, label: str) -> GitFiles:
    folders: dict[str, dict[str, Kind]] = {"": {}}
    objects: dict[str, bytes] = {}
    for line in git.output("ls-tree", "-r", "-t", "-z", "--full-tree", tree).split(b"\0")[:-1]:
        about, _, name = line.partition(b"\t")
        mode, kind, digest = about.split()
        path = os.fsdecode(name)
        folder, _, last = path.rpartition("/")
        folders[folder][last] = "folder" if kind == b"tree" else _KINDS.get(mode, "other")
        if kind == b"tree":
            folders[path] = {}
        elif mode in _KINDS:
            objects[path] = digest
    blobs = git.blobs(sorted(set(objects.values())))
    return GitFiles(label, folders, {path: blobs[digest] for path, digest in objects.items()})


@attrs.frozen
class Git:
    """git, run in one folder."""

    command: str
    folder: Path

    @classmethod
    def of(cls, folder: Path) -> Git:
        """Raises: SchemaError: git is not installed."""
        command = shutil.which("git")
        if command is None:
            raise SchemaError("git is not installed: it is needed to read schema snapshots at a ref")
        return cls(command, folder)

    def run(self, *arguments: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        # One language to read, and nobody to ask where a partial clone has to fetch.
        environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
        return subprocess.run(  # noqa: S603  # no shell; a ref that begins with a dash was refused
            [self.command, "-C", str(self.folder), *arguments],
            input=text,
            capture_output=True,
            env=environment,
            check=False,
        )

    def output(self, *arguments: str, text: bytes = b"") -> bytes:
        """What git says.

        Raises:
            SchemaError: It fails.
        """
        done = self.run(*arguments, text=text)
        if done.returncode:
            problem = os.fsdecode(done.stderr).strip().partition("\n")[0].removeprefix("fatal: ")
            if problem.startswith("not a git repository"):
                raise NoSuchSchema(f"{self.folder} is in no git repository")
            raise SchemaError(f"git {arguments[0]} failed in {self.folder}: {problem or f'exit {done.returncode}'}")
        return done.stdout

    def find(self, name: str) -> str | None:
        """The digest of the object of that name."""
        done = self.run("rev-parse", "--verify", "--quiet", name)
        return None if done.returncode else done.stdout.decode("ascii").strip()

    def blobs(self, digests: list[bytes]) -> dict[bytes, bytes]:
        """The contents of files, by their digests, all in one run."""
        found: dict[bytes, bytes] = {}
        if not digests:
            return found
        text = self.output("cat-file", "--batch", text=b"\n".join(digests) + b"\n")
        start = 0
        for digest in digests:
            end = text.index(b"\n", start)
            size = text[start:end].split()[-1]
            if not size.isdigit():
                raise SchemaError(f"git has no object {digest.decode()} in {self.folder}: git fetch gets it")
            found[digest] = text[end + 1 : end + 1 + int(size)]
            start = end + 2 + int(size)
        return found


def _no_ref(git: Git, ref: str) -> str:
    problem = f"there is no git ref {ref!r} in {git.folder}"
    if git.output("rev-parse", "--is-shallow-repository").strip() != b"true":
        return problem
    base = re.split(r"[~^@]", ref)[0]
    remotes = os.fsdecode(git.output("remote")).split()
    remote, _, branch = base.partition("/")
    if base != ref:
        remedy = "git fetch --deepen=50"
    elif remote in remotes and branch:
        remedy = f"git fetch --depth=1 {remote} {branch}:refs/remotes/{base}"
    elif re.fullmatch(r"[0-9a-f]{40,64}", ref):
        remedy = f"git fetch --depth=1 {remotes[0] if remotes else 'origin'} {ref}"
    else:
        origin = remotes[0] if remotes else "origin"
        remedy = f"git fetch --depth=1 {origin} {ref}:{ref} (a branch), git fetch --depth=1 {origin} tag {ref} (a tag)"
    return f"{problem}, which is a shallow clone: {remedy}"
