"""Dead letters as JSON documents."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from upcast.streams.letters import DeadLetter

__all__ = ["entry_document", "letter_document"]


def letter_document(letter: DeadLetter) -> dict[str, Any]:
    """Why it is here; no value of its payload."""
    # Field by field: a letter leaves out what is at its default, and a program wants the same members each time.
    told = msgspec.structs.asdict(letter.letter)
    return {"letter_id": letter.id, "at": letter.at, **told}


def entry_document(letter: DeadLetter) -> list[dict[str, str]]:
    """The stored entry, field by field, each value as text, or in base64 where it is none."""
    entry = letter.entry
    return [
        {**_text("name", name), **_text("value", value)} for name, value in zip(entry[::2], entry[1::2], strict=True)
    ]


def _text(member: str, content: bytes) -> dict[str, str]:
    try:
        return {member: content.decode()}
    except UnicodeDecodeError:
        return {f"{member}_base64": base64.b64encode(content).decode()}
