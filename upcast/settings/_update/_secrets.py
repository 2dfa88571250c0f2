"""Which keys hold what must not be shown, and where such things stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import attrs

from upcast._paths import Path, get
from upcast.settings._documents._document import Document
from upcast.settings.history import history_of
from upcast.settings.secrecy import is_secret
from upcast.settings.spelling import annotation_at

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

__all__ = ["MASK", "Secrets", "masked"]

MASK: Final = "********"

# In comments, in lists, and wherever else a line has no key of its own.
_ASSIGNED = re.compile(r"(?<![\w.-])([\w.-]+)[\"']?[ \t]*[=:][ \t]*(?=(\S[^\n]*))")
_WITH_USER = re.compile(r"\w://(\S*@\S*)")
_USER_INSIDE = re.compile(r"\w://.*@", re.DOTALL)
_ENV_COMMENT = re.compile(r"^[ \t]*#[^\n=]*=[ \t]*(\S[^\n]*)", re.MULTILINE)
_ENV_NAME = re.compile(r"[A-Z_][A-Z0-9_.]*|[a-z_][a-z0-9_.]*")


@attrs.frozen
class Secrets:
    """The keys whose values must not be shown.

    Attributes:
        keys: Those that hold what pydantic does not show either, and the old keys that became one of them.
    """

    keys: frozenset[Path]

    @classmethod
    def of_class(cls, settings_class: type[BaseSettings]) -> Secrets:
        """The secret keys of a settings class, by their types; their names tell the others."""
        every = history_of(settings_class).legacy
        fields = [(name,) for name in settings_class.model_fields]
        targets = [key for legacy in every for key in legacy.targets]
        known = {key for key in (*fields, *targets) if is_secret(key, annotation_at(settings_class, key))}
        for legacy in reversed(every):
            together = {*legacy.keys, *legacy.targets}
            if known & together or any(is_secret(key, None) for key in together):
                known |= together
        return cls(frozenset(known))

    def is_secret(self, path: Path) -> bool:
        """Whether what stands at a path, of whatever section of a file, must not be shown."""
        return is_secret(tuple(map(str, path)), None) or any(path[-len(key) :] == key for key in self.keys)

    def hides(self, value: Any) -> bool:
        """Whether a value holds a secret: an address with a user, or one in a list of tables, which have no paths."""
        if isinstance(value, str):
            return _USER_INSIDE.search(value) is not None
        if isinstance(value, dict):
            return any(self.is_secret((name,)) or self.hides(item) for name, item in value.items())
        return isinstance(value, list) and any(map(self.hides, value))


def masked(document: Document, secrets: Secrets) -> str:
    """The text of a document, with as many lines, and a mask in the place of each secret; of each value in `.env`."""
    text = document.text
    pieces = []
    done = 0
    for start, end in sorted(_spans(document, secrets)):
        if end <= done:
            continue
        hidden = text[max(start, done) : end]
        pieces += [text[done:start], "\n".join([MASK] * (hidden.count("\n") + 1))]
        done = end
    return "".join([*pieces, text[done:]])


def _spans(document: Document, secrets: Secrets) -> Iterator[tuple[int, int]]:
    text = document.text
    yield from _dotenv_spans(document) if document.kind == "dotenv" else _table_spans(document, secrets)
    yield from (found.span(2) for found in _ASSIGNED.finditer(text) if is_secret((found[1],), None))
    yield from (found.span(1) for found in _WITH_USER.finditer(text))


def _table_spans(document: Document, secrets: Secrets) -> Iterator[tuple[int, int]]:
    for path, spots in document.spots().items():
        value = get(document.data, path)
        if not isinstance(value, dict) and (secrets.is_secret(path) or secrets.hides(value)):
            yield from ((spot.value.start, spot.value.end) for spot in spots)


def _dotenv_spans(document: Document) -> Iterator[tuple[int, int]]:
    text = document.text
    shown = []
    for path, spots in document.spots().items():
        for spot in spots:
            yield spot.value.start, spot.value.end
            # The middle of a text that lost its quotes looks like a name; so does a key of base64.
            if document.data[path[0]] is not None and _ENV_NAME.fullmatch(path[0]):
                start = text.rfind("\n", 0, spot.key.start) + 1
                shown.append((start, spot.value.end))
    yield from (found.span(1) for found in _ENV_COMMENT.finditer(text))
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        known = any(begin < end and start < stop for begin, stop in shown)
        if line.strip() and not known and not line.lstrip().startswith("#"):
            yield start, end
        start = end + 1
