"""A table of a TOML file, read key by key: what nobody asks for is refused, with file, line and what is allowed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, TypeVar, get_args

from upcast.schemas.errors import BrokenSchema

__all__ = ["Table"]

T = TypeVar("T")


class Table:
    """A table of the file: every key is taken once, and what nobody took is refused.

    Every method raises `BrokenSchema` for what is not as it must be.

    Args:
        content: What stands in it.
        path: The file.
        name: What it is called there; empty for the file itself.
        line: Where it begins; 0 where that is not known.
    """

    def __init__(self, content: dict[str, Any], path: str, name: str, *, line: int = 0) -> None:
        self._content = content
        self._known: list[str] = []
        self._name = name
        self._path = path
        self.place = f"{path}:{line}" if line else path

    def problem(self, key: str, what: str) -> BrokenSchema:
        """An error about one key."""
        dotted = f"{self._name}.{key}" if self._name else key
        return BrokenSchema(f"{self.place}: {dotted}: {what}")

    def take(self, key: str, default: Any) -> Any:
        """Whatever stands there."""
        self._known.append(key)
        return self._content.get(key, default)

    def close(self) -> None:
        """Refuse what was not taken."""
        for key in self._content:
            if key not in self._known:
                raise self.problem(key, f"not known; there are {', '.join(self._known)}")

    def text(self, key: str, *, needed: str = "") -> str:
        """A text; empty where there is none, unless *needed* says what for."""
        found = self.take(key, None)
        if found is None and not needed:
            return ""
        if not isinstance(found, str) or not found.strip():
            raise self.problem(key, f"must be a text that is not blank{f': {needed}' if needed else ''}")
        return found.strip()

    def pointer(self, key: str, found: object) -> str:
        """*found* as JSON pointer."""
        if not isinstance(found, str) or not (found == "" or found.startswith("/")):
            raise self.problem(key, 'must be a JSON pointer, such as "/address/zip", or "" for the whole')
        return found

    def number(self, key: str) -> int | None:
        """A whole number from 1, or None."""
        found = self.take(key, None)
        if found is not None and (type(found) is not int or found < 1):
            raise self.problem(key, "must be a whole number from 1")
        return found

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        found = self.take(key, default)
        if not isinstance(found, bool):
            raise self.problem(key, "must be true or false")
        return found

    def date(self, key: str) -> dt.date:
        """A date, which must be there."""
        found = self.take(key, None)
        if type(found) is not dt.date:  # a time of the day says less than it seems: whose?
            raise self.problem(key, "must be a date without quotes, such as 2026-12-31")
        return found

    def choice(self, key: str, allowed: Any, default: T) -> T:
        """One of the values of a `Literal`."""
        found: T = self.take(key, default)
        if found is not default and found not in get_args(allowed):
            raise self.problem(key, f"must be one of {', '.join(get_args(allowed))}")
        return found

    def entries(self, key: str, text: str) -> Iterator[Table]:
        """The tables of an array, with the line at which each begins where it can be told."""
        found = self.take(key, [])
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise self.problem(key, f"must be tables, each under [[{key}]]")
        heads = [
            number
            for number, line in enumerate(text.splitlines(), start=1)
            if re.match(rf"\s*\[\[\s*{key}\s*\]\]", line)
        ]
        lines = heads if len(heads) == len(found) else [0] * len(found)
        for entry, line in zip(found, lines, strict=True):
            yield Table(entry, self._path, key, line=line)

    def tables(self, key: str) -> Iterator[tuple[str, Table]]:
        """The tables of a table, by name."""
        found = self.take(key, {})
        if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
            raise self.problem(key, f'must be tables, each under [{key}."name.of.the.event"]')
        for name, entry in found.items():
            yield name, Table(entry, self._path, f'{key}."{name}"')
