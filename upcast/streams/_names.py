"""The names `upcast` gives on the server: companion keys, and owners in a group's list of pending entries.

An owner's name is all that is kept about a pending entry besides its counter, so it says what the entry waits for:

| owner | the entry |
|---|---|
| `<label>~1f2e3d4c` | is in the hands of a consumer; eight hex digits tell one start of it from the next |
| `<label>~1f2e3d4c~crash1` | is handled alone, after one consumer died with it |
| `<group>~retry` | waits for its next attempt; the counter holds the attempts it has had |
| `<group>~wait` | waits for a release that can read it; the counter holds how often it has waited |
| `<group>~crash` | is to be handled alone, or not at all; the counter holds how many consumers died with it |
| `<group>~retry~r2` | the same as without `~r2`, after it was replayed twice |
"""

from __future__ import annotations

import re
import secrets
from typing import Literal, TypeAlias

import attrs

from upcast.streams.errors import StreamError

__all__ = [
    "ORIGIN",
    "REPLAYS",
    "REPLAY_TO",
    "Owner",
    "Parking",
    "audit_key",
    "check_label",
    "crash_name",
    "new_name",
    "office_key",
    "parking_name",
    "read_owner",
    "stream_key",
]

REPLAY_TO = b"upcast-replay-to"
"""The field of an entry that was added by a replay: the group it is for; the others acknowledge it unhandled."""

REPLAYS = b"upcast-replays"
"""The field that counts the replays of an entry that was added by one."""

ORIGIN = b"upcast-origin"
"""The field that holds the id of the original of an entry that was added by a replay."""

Parking: TypeAlias = Literal["retry", "wait", "crash"]
"""What an entry that nobody has in hand waits for."""

_PARKINGS: tuple[Parking, ...] = ("retry", "wait", "crash")
_TAG = re.compile(r"\{[^}]+\}")
_WORKER = re.compile(r"~[0-9a-f]{8}(?:~crash([0-9]{1,3}))?\Z")
_LABEL = re.compile(r"[!-~]{1,200}\Z")


def stream_key(stream: str) -> bytes:
    """The key of a stream, untouched.

    Raises:
        StreamError: It is empty, or has a brace and no hash tag, so that its companions could not be kept beside it.
    """
    if not isinstance(stream, str) or not stream:
        raise StreamError("a stream needs a name: a non-empty string")
    first = _TAG.search(stream)
    if set("{}") & set(stream) and (first is None or first.start() != stream.find("{")):
        raise StreamError(f"{stream!r} has a brace and no hash tag: its dead letters could not be kept on its node")
    return stream.encode()


def _companion(stream: str, kind: str) -> bytes:
    stream_key(stream)
    tagged = stream if "{" in stream else f"{{{stream}}}"
    return f"{tagged}:{kind}".encode()


def office_key(stream: str) -> bytes:
    """The key of a stream's dead letter office, in the same hash slot."""
    return _companion(stream, "dlo")


def audit_key(stream: str) -> bytes:
    """The key of the record of what was done with dead letters, in the same hash slot."""
    return _companion(stream, "audit")


def check_label(label: str, what: str) -> str:
    """Check a label or the name of a group.

    Raises:
        StreamError: It is not printable ASCII without blanks, or longer than 200 characters.
    """
    if not isinstance(label, str) or not _LABEL.match(label):
        raise StreamError(f"{what} must be 1 to 200 printable ASCII characters without blanks")
    return label


def new_name(label: str) -> str:
    """A name of its own for one start of a consumer."""
    return f"{label}~{secrets.token_hex(4)}"


def crash_name(name: str, crashes: int) -> str:
    """The name under which a consumer handles an entry that others died with."""
    return f"{name}~crash{crashes}"


def parking_name(group: str, kind: Parking, replays: int = 0) -> str:
    """The owner of entries that nobody has in hand."""
    return f"{group}~{kind}~r{replays}" if replays else f"{group}~{kind}"


@attrs.frozen
class Owner:
    """What an owner's name says about its entries.

    Attributes:
        kind: `worker` for a consumer; `retry`, `wait` or `crash` for entries that nobody has in hand.
        crashes: How many consumers had died with them before.
        replays: How often they were replayed, as far as is known.
    """

    kind: Literal["worker"] | Parking
    crashes: int = 0
    replays: int = 0


def read_owner(name: bytes, group: str) -> Owner:
    """What an owner's name says; one that is not ours is some consumer's."""
    text = name.decode(errors="replace")
    for kind in _PARKINGS:
        parked = re.fullmatch(re.escape(f"{group}~{kind}") + r"(?:~r([0-9]{1,6}))?", text)
        if parked:
            return Owner(kind, replays=int(parked[1] or 0))
    worker = _WORKER.search(text)
    return Owner("worker", crashes=int((worker and worker[1]) or 0))
