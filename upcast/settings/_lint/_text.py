"""Files as texts, read no further than anything is that people write."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Final

import attrs

__all__ = ["MAX_BYTES", "Text", "UnreadableFile", "read_text", "text_of"]

MAX_BYTES: Final = 1024 * 1024
"""How much of a file is read, unless told otherwise."""


class UnreadableFile(ValueError):
    """A file that cannot be read as text; the message repeats nothing of it."""


@attrs.frozen
class Text:
    """A text that stands in no file, such as that of standard input.

    Attributes:
        name: What it is called.
        text: The text.
    """

    name: str
    text: str = attrs.field(repr=False)


def read_text(path: Path, *, limit: int = MAX_BYTES) -> str:
    """The text of a file, its byte order mark and its line ends as they are.

    Args:
        path: The file.
        limit: How many bytes it may have.

    Raises:
        UnreadableFile: It cannot be read, is larger, or is no UTF-8.
    """
    try:
        with path.open("rb") as file:
            return text_of(file, limit=limit)
    except (OSError, ValueError) as error:  # a ValueError where the path has a null
        if isinstance(error, UnreadableFile):
            raise
        problem = getattr(error, "strerror", None) or "no such file"
    raise UnreadableFile(f"cannot be read: {problem[:1].lower()}{problem[1:]}")


def text_of(stream: IO[bytes], *, limit: int = MAX_BYTES) -> str:
    """The text of a stream; see `read_text`.

    Raises:
        UnreadableFile: It is larger than *limit*, or is no UTF-8.
    """
    found = stream.read(limit + 1)
    if len(found) > limit:
        raise UnreadableFile(f"is larger than {limit // 1024:,} KiB")
    try:
        return found.decode()
    except UnicodeDecodeError:
        pass
    # Outside of the handler: what was raised there holds the whole text.
    raise UnreadableFile("is no text in UTF-8")
