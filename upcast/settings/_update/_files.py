"""A file takes the place of another one, unless somebody else was there meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

from upcast._atomic import write_whole
from upcast.errors import UpcastError

__all__ = ["FileChanged", "replace_file"]


class FileChanged(UpcastError, OSError):
    """A file is not any more what was read of it, so it is left alone."""

    reason = "file-changed"


def replace_file(path: Path, before: bytes, after: bytes, *, backup: bool) -> Path | None:
    """Write a file so that at every moment there is either the old one or the new one, whole.

    The mode stays, and of a symbolic link it is the file behind it that is written.

    Args:
        path: The file.
        before: What it should hold still.
        after: What it is to hold.
        backup: Whether to keep the old one beside it.

    Returns:
        The path of the backup, if there is one.

    Raises:
        FileChanged: It holds something else.
        FileExistsError: There is a backup already.
        OSError: It cannot be written.
    """
    target = path.resolve(strict=True)
    if target.read_bytes() != before:
        raise FileChanged(f"{path} was changed meanwhile: run it again")
    if not backup:
        write_whole(target, after)
        return None
    kept = target.with_name(f"{target.name}.bak")
    # The old file itself, under a second name: with its mode, its owner and its times.
    os.link(target, kept)
    try:
        write_whole(target, after)
    except BaseException:
        kept.unlink()
        raise
    return kept
