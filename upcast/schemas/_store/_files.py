"""Where frozen files stand: a folder, or the same folder as a git commit has it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import attrs

from upcast._atomic import write_whole
from upcast.schemas.errors import BrokenSchema

__all__ = ["Files", "FolderFiles", "Kind"]

Kind: TypeAlias = Literal["file", "folder", "other"]
"""What stands under a name; `other` is never looked into: symbolic links, submodules, devices."""


class Files(Protocol):
    """Files below a folder, by their paths relative to it, with `/` between the parts."""

    @property
    def label(self) -> str:
        """Where they are, for messages."""

    @property
    def root(self) -> Path | None:
        """The folder, where files may be written."""

    def entries(self, folder: str) -> Mapping[str, Kind]:
        """What stands in a folder; nothing where there is no such folder."""

    def read(self, path: str) -> bytes | None:
        """The content of a file; None where there is none."""


@attrs.frozen
class FolderFiles:
    """See `Files`."""

    root: Path

    @property
    def label(self) -> str:
        """See `Files.label`."""
        return str(self.root)

    def entries(self, folder: str) -> Mapping[str, Kind]:
        """See `Files.entries`.

        Raises:
            BrokenSchema: It cannot be read, or is no folder.
        """
        if self._kind(folder) is None:
            return {}
        try:
            with os.scandir(self.root / folder) as found:
                return {
                    entry.name: "folder"
                    if entry.is_dir(follow_symlinks=False)
                    else "file"
                    if entry.is_file(follow_symlinks=False)
                    else "other"
                    for entry in found
                }
        except OSError as error:
            raise self._unreadable(folder, error) from None

    def read(self, path: str) -> bytes | None:
        """See `Files.read`.

        Raises:
            BrokenSchema: It cannot be read, or is no file.
        """
        match self._kind(path):
            case None:
                return None
            case "file":
                try:
                    return (self.root / path).read_bytes()
                except OSError as error:
                    raise self._unreadable(path, error) from None
            case _:
                raise BrokenSchema(f"{self.root / path} is no file: move it away")

    def write(self, path: str, content: bytes) -> Path:
        """Write a file so that at every moment there is either the old one or the new one, whole.

        Raises:
            BrokenSchema: It cannot be written.
        """
        target = self.root / path
        self._kind(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, content)
        except OSError as error:
            raise BrokenSchema(f"{target} cannot be written: {_why(error)}") from None
        return target

    def _kind(self, path: str) -> Kind | None:
        """What stands at *path*, none of whose folders may be a link: it could lead anywhere."""
        place = self.root
        mode = None
        try:
            mode = place.stat().st_mode  # the folder itself may be a link: its owner named it
            for part in path.split("/") if path else ():
                if not stat.S_ISDIR(mode):
                    break
                place /= part
                mode = place.lstat().st_mode
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(path, error) from None
        if stat.S_ISLNK(mode) or (place != self.root / path and not stat.S_ISDIR(mode)):
            what = "a symbolic link" if stat.S_ISLNK(mode) else "no folder"
            raise BrokenSchema(f"{place} is {what}: put the files themselves there")
        return "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "other"

    def _unreadable(self, path: str, error: OSError) -> BrokenSchema:
        return BrokenSchema(f"{self.root / path} cannot be read: {_why(error)}")


def _why(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
