"""Names of event types and fixtures as names of files, on every file system and back again."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import unquote_to_bytes

from upcast.schemas.errors import SchemaError

__all__ = ["FIXTURES", "GOLDEN", "file_name", "is_ours", "name_of", "type_folder", "version_of"]

FIXTURES = "fixtures"
"""The folder of the recorded payloads of a type."""

GOLDEN = ".golden"
"""What ends the names of the files that stand beside fixtures."""

_TYPE = re.compile(r"[!-~]{1,200}")
_VERSION = re.compile(r"v([1-9][0-9]{0,8})")
# What stands for something else on some file system or in the folder itself, whatever follows its first dot.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9])(?=\.|\Z)", re.IGNORECASE)
_TAKEN = frozenset({"gate.toml"})
_LONGEST = 120
_CUT = "~"  # never stands in an escaped name


def type_folder(event_type: str) -> str:
    """The name of the folder of an event type.

    Letters, digits, `.`, `_` and `-` stand for themselves, everything else as `%XX`. A longer name than 120
    characters is cut and ends in a digest.

    Raises:
        SchemaError: It is no event type.
    """
    if not _TYPE.fullmatch(event_type):
        raise SchemaError(f"{event_type!r} is no event type: 1 to 200 visible ASCII characters are")
    name = file_name(event_type)
    if len(name) <= _LONGEST:
        return name
    # Of lower case: two types that differ in nothing else must meet, however long they are.
    digest = hashlib.sha256(event_type.lower().encode()).hexdigest()[:16]
    return f"{name[: _LONGEST - len(digest) - 1]}{_CUT}{digest}"


def file_name(name: str) -> str:
    """Any text as one part of a path, from which `name_of` makes it again; never one that ends in `.golden`.

    Raises:
        SchemaError: It is empty, or has no UTF-8 form.
    """
    try:
        escaped = re.sub(rb"[^A-Za-z0-9._-]", lambda found: b"%%%02X" % ord(found[0]), name.encode()).decode()
    except UnicodeEncodeError:
        escaped = ""
    if not escaped:
        raise SchemaError(f"{name!r} names no file")
    if escaped[0] == "." or _DEVICES.match(escaped) or escaped.lower() in _TAKEN:
        escaped = f"%{ord(escaped[0]):02X}{escaped[1:]}"
    if escaped[-1] == ".":
        escaped = f"{escaped[:-1]}%2E"
    if escaped.lower().endswith(GOLDEN):
        escaped = f"{escaped[: -len(GOLDEN)]}%2E{escaped[1 - len(GOLDEN) :]}"
    return escaped


def name_of(file: str) -> str | None:
    """The text that `file_name` made *file* of; None where it cannot have made it, or only in part."""
    try:
        name = unquote_to_bytes(file).decode()
        return name if file_name(name) == file else None
    except (UnicodeError, SchemaError):
        return None


def version_of(name: str) -> int | None:
    """The version that a file or folder is named after."""
    found = _VERSION.fullmatch(name)
    return int(found[1]) if found else None


def is_ours(name: str) -> bool:
    """Whether a file looks as if it were meant to be read; nothing that does is passed over in silence."""
    lowered = name.lower()
    return not name.startswith(".") and (lowered.endswith(".json") or bool(re.match(r"v\d", lowered)))
