"""Files that are either the old one or the new one, whole, at every moment."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(target: Path, content: bytes) -> None:
    """Write a file in the place of the old one, with the mode and owner that had, or as a new one.

    Args:
        target: The file; a symbolic link is replaced and not followed.
        content: What it shall hold.

    Raises:
        OSError: It cannot be written; the old file stands as it was.
    """
    part = target.with_name(f".{secrets.token_hex(8)}.tmp")
    mode = owner = None
    with suppress(FileNotFoundError):
        there = target.lstat()
        mode, owner = there.st_mode & 0o7777, (there.st_uid, there.st_gid)
    try:
        # Nobody may read in the new file, not even for a moment, what they could not read in the old one.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123  # it is a descriptor
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if owner is not None:
            with suppress(OSError):  # only root may give a file away
                os.chown(part, *owner)
        if mode is not None:
            part.chmod(mode)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    _sync(target.parent)


def _sync(folder: Path) -> None:
    """Make the new name of a file outlive a loss of power."""
    with suppress(OSError):  # some file systems cannot
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
