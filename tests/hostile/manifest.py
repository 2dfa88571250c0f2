"""What `manifest.toml` says: the files of the corpus, how each is decoded, and what must come of it."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import attrs

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"

WIRES = ("payload", "json", "flat", "entry")
"""What a file of the corpus holds, told by its suffix: a payload alone, or a whole event of one wire format."""


@attrs.frozen
class HostileFile:
    """One file of the corpus.

    Attributes:
        name: Its name; the suffix is one of `WIRES`.
        row: The row of the threat table that it stands for.
        what: What is hostile about it.
        recipe: Texts and how often each is repeated, in place of a file of that size.
        expect: Outcomes by pattern over `family/lane/wire` or `codec`; the last that matches counts.
        paths: The fields that a refusing class must name.
        encode: What comes of writing it again, where it is accepted.
        why: Why it is right to accept it, where it is accepted.
    """

    name: str
    row: str
    what: str
    canaries: tuple[str, ...]
    expect: dict[str, str]
    recipe: tuple[tuple[str, int], ...] = ()
    codec: str = "families"
    paths: tuple[str, ...] = ()
    encode: str = "ok"
    why: str = ""

    @property
    def wire(self) -> str:
        """What the file holds."""
        return self.name.rpartition(".")[2]

    def content(self) -> bytes:
        """The bytes as stored."""
        if self.recipe:
            return b"".join(text.encode() * times for text, times in self.recipe)
        return (CORPUS / self.name).read_bytes()

    @property
    def event_types(self) -> list[str]:
        """The event types of the `code` codec that this entry stands for."""
        families = ("struct", "pydantic") if self.name.startswith(("upcaster.", "validator.")) else ()
        return [f"{self.name}.{family}" for family in families] or [self.name]

    def expected(self, key: str) -> str:
        """What must come of it for one family, lane and wire, or one codec."""
        return [outcome for pattern, outcome in self.expect.items() if fnmatchcase(key, pattern)][-1]


def _file(entry: dict[str, Any]) -> HostileFile:
    expect = entry.pop("expect")
    recipe = tuple((text, times) for text, times in entry.pop("recipe", ()))
    return HostileFile(
        expect={"*": expect} if isinstance(expect, str) else expect,
        recipe=recipe,
        canaries=tuple(entry.pop("canaries", ())),
        paths=tuple(entry.pop("paths", ())),
        **entry,
    )


_MANIFEST: dict[str, Any] = tomllib.loads((HERE / "manifest.toml").read_text(encoding="utf-8"))

FILES: dict[str, HostileFile] = {entry["name"]: _file(entry) for entry in _MANIFEST["file"]}
"""The files by name."""

CODE: dict[str, HostileFile] = {entry["name"]: _file({**entry, "codec": "code"}) for entry in _MANIFEST["code"]}
"""The event types of the `code` codec, whose own functions misbehave; the same payload meets all of them."""

OUT_OF_SCOPE: dict[str, str] = _MANIFEST["out_of_scope"]
"""The rows of the threat table that no file stands for, and why."""
