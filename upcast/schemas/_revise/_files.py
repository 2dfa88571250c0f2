"""Files that are written all together, or put back as they were."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import attrs

from upcast.schemas._check._run import shown_place
from upcast.schemas._store._files import FolderFiles
from upcast.schemas.errors import CannotRevise

__all__ = ["Change", "kept", "unified", "written"]


@attrs.frozen
class Change:
    """A file that is written.

    Attributes:
        path: It.
        before: What it holds; None where it is not there.
        after: What it will hold.
    """

    path: Path
    before: bytes | None
    after: bytes


def unified(changes: Iterable[Change]) -> str:
    """What changes, as a unified diff."""
    found: list[str] = []
    for change in changes:
        name = shown_place(str(change.path))
        old = "/dev/null" if change.before is None else name
        lines = difflib.unified_diff(_lines(change.before), _lines(change.after), old, name, lineterm="")
        found += [f"{line}\n" for line in lines]
    return "".join(found)


def _lines(content: bytes | None) -> list[str]:
    # Not `splitlines`, for which a form feed ends a line too.
    text = (content or b"").decode("utf-8", "replace").replace("\r\n", "\n")
    return text.removesuffix("\n").split("\n") if text else []


@contextlib.contextmanager
def written(changes: Sequence[Change]) -> Iterator[None]:
    """Write files for good, unless the block raises: then every one is as it was.

    Raises:
        CannotRevise: One of them is no longer what it was when the changes were made.
    """
    for change in changes:
        present = change.path.read_bytes() if change.path.exists() else None
        if present != change.before:
            raise CannotRevise(f"{change.path} has changed meanwhile; run this again")
    done: list[Change] = []
    folders: list[Path] = []
    try:
        for change in changes:
            folders += _make_folders(change.path.parent)
            _replace(change.path, change.after)
            done.append(change)
        yield
    except BaseException:
        for change in reversed(done):
            if change.before is None:
                change.path.unlink(missing_ok=True)
            else:
                _replace(change.path, change.before)
        for folder in reversed(folders):
            with contextlib.suppress(OSError):  # somebody has put something into it meanwhile
                folder.rmdir()
        raise


@contextlib.contextmanager
def kept(folder: Path) -> Iterator[None]:
    """Put a folder back as it was if the block raises, whoever wrote into it."""
    before = _content(folder)
    try:
        yield
    except BaseException:
        for path in _content(folder).keys() - before.keys():
            path.unlink()
        for path, content in before.items():
            if not path.exists() or path.read_bytes() != content:
                _replace(path, content)
        raise


def _content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _make_folders(folder: Path) -> list[Path]:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir()
    return missing[::-1]


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees a half of it; its mode stays, and a link stays one."""
    target = path.resolve()
    mode = target.stat().st_mode if target.exists() else None
    FolderFiles(target.parent).write(target.name, content)
    if mode is not None:
        target.chmod(mode)
