"""What was given to lint: each source with its keys, whichever way they are written there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import attrs

from upcast._paths import ABSENT, Path, dotted, get, put
from upcast.settings._manifests._records import UNKNOWN, Variable
from upcast.settings.legacy import Legacy
from upcast.settings.spelling import Speller, aliases

__all__ = ["Found", "Names", "Source", "Tree"]


@attrs.frozen
class Found:
    """A key that a source has.

    Attributes:
        value: Its value, or `UNKNOWN`.
        spelling: How it is written there.
        file: The path of the file that sets it, where there is one.
        line: The line in it, where it is known.
        owner: What sets it there, where that is not the file as a whole.
    """

    value: Any = attrs.field(repr=False)
    spelling: str
    file: str = ""
    line: int | None = None
    owner: str = ""

    @property
    def about(self) -> str:
        """What tells it from others, wherever in its file it stands."""
        return f"{self.owner or self.file} {self.spelling}"


class Source(Protocol):
    """Something that has keys."""

    @property
    def label(self) -> str:
        """What it is called to people."""

    @property
    def flat(self) -> bool:
        """Whether it has names and texts, as the environment has."""

    def find(self, path: Path, legacy: Legacy | None = None) -> Found | None:
        """A key, or None where the source does not have it.

        Args:
            path: A key of today's class, or an old one.
            legacy: The declaration of an old key.
        """

    def below(self, path: Path) -> bool:
        """Whether it has something inside a key."""

    def told(self, path: Path) -> str:
        """How a key is written in it."""


@attrs.frozen
class Names:
    """A source of names and texts: the environment, a `.env` file, a secrets directory.

    Attributes:
        label: See `Source.label`.
        speller: The rules by which keys become names.
        variables: What it has, by name as names are compared.
        dotenv: Whether the class is handed on also the names that it does not know.
    """

    label: str
    speller: Speller
    variables: Mapping[str, Variable] = attrs.field(repr=False)
    dotenv: bool = False
    flat: bool = True

    @classmethod
    def of(cls, label: str, speller: Speller, variables: Iterable[Variable], *, dotenv: bool = False) -> Names:
        """A source of variables, of which the last of a name counts."""
        ignored = ("",) if speller.settings_class.model_config.get("env_ignore_empty") else ()
        kept = {speller.folded(each.name): each for each in variables if each.value not in ignored}
        return cls(label, speller, kept, dotenv)

    def find(self, path: Path, legacy: Legacy | None = None) -> Found | None:
        """See `Source.find`."""
        names = self.speller.env_names(path, legacy)
        for name in names:
            variable = self.variables.get(self.speller.folded(name))
            if variable is not None:
                return _found(variable, variable.value)
        return self._inside_text(path) or (self._in_parts(names) if legacy is not None else None)

    def _inside_text(self, path: Path) -> Found | None:
        """A key inside the JSON text of one above it."""
        for depth in range(len(path) - 1, 0, -1):
            for name in self.speller.env_names(path[:depth]):
                variable = self.variables.get(self.speller.folded(name))
                if variable is None:
                    continue
                value = _object(variable.value)
                inner: Any = UNKNOWN if value is UNKNOWN else get(value, path[depth:])
                if inner is not ABSENT:
                    return _found(variable, inner, f"{dotted(path[depth:])} in {variable.name}")
        return None

    def _in_parts(self, names: Iterable[str]) -> Found | None:
        """An old key that is an object, of which each part has a name."""
        delimiter = self.speller.delimiter
        if delimiter is None:
            return None
        for name in names:
            start = self.speller.folded(name + delimiter)
            parts = {each: variable for each, variable in self.variables.items() if each.startswith(start)}
            if not parts:
                continue
            first = next(iter(parts.values()))
            tree: dict[str, Any] = {}
            for each, variable in parts.items():
                inner = tuple(each[len(start) :].split(self.speller.folded(delimiter)))
                clash = any(not isinstance(get(tree, inner[:end]), dict | type(ABSENT)) for end in range(1, len(inner)))
                if all(inner) and not clash:
                    put(tree, inner, variable.value)
            unknown = any(variable.value is UNKNOWN for variable in parts.values())
            return _found(first, UNKNOWN if unknown else tree)
        return None

    def below(self, path: Path) -> bool:
        """See `Source.below`."""
        delimiter = self.speller.delimiter
        starts = tuple(self.speller.folded(name + delimiter) for name in self.speller.env_names(path) if delimiter)
        found = self.find(path)
        inside = found is not None and (found.value is UNKNOWN or bool(_object(found.value)))
        return inside or bool(starts and any(name.startswith(starts) for name in self.variables))

    def told(self, path: Path) -> str:
        """See `Source.told`."""
        names = self.speller.env_names(path)
        if names:
            return names[0]
        return f"{dotted(path[1:])} in the JSON text of {self.speller.env_names(path[:1])[0]}"


@attrs.frozen
class Tree:
    """A source of nested keys: a TOML, YAML or JSON file.

    Attributes:
        label: See `Source.label`.
        speller: The rules by which keys become names.
        data: What it says.
        file: The path of the file.
        lines: The line of each key.
    """

    label: str
    speller: Speller
    data: dict[str, Any] = attrs.field(repr=False)
    file: str
    lines: Mapping[Path, int]
    flat: bool = False

    def find(self, path: Path, legacy: Legacy | None = None) -> Found | None:  # noqa: ARG002  # names are no matter here
        """See `Source.find`."""
        settings_class = self.speller.settings_class
        declared = path[0] in settings_class.model_fields
        for head in aliases(settings_class, path[0]) if declared else (path[0],):
            for actual in (head, *self._alike(head)):
                spelled = (actual, *path[1:])
                value = get(self.data, spelled)
                if value is not ABSENT:
                    return Found(value, dotted(spelled), self.file, self.line(spelled))
        return None

    def _alike(self, head: str) -> Iterator[str]:
        """The keys of the first level that differ from *head* by their case, where it does not matter."""
        folded = self.speller.folded(head)
        yield from (each for each in self.data if isinstance(each, str) and self.speller.folded(each) == folded)

    def line(self, path: Path) -> int | None:
        """The line of a key, or of what is nearest above it."""
        return next((self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines), None)

    def below(self, path: Path) -> bool:
        """See `Source.below`."""
        found = self.find(path)
        return found is not None and isinstance(found.value, dict) and bool(found.value)

    def told(self, path: Path) -> str:
        """See `Source.told`."""
        return self.speller.in_file(path)


def _found(variable: Variable, value: Any, spelling: str = "") -> Found:
    return Found(value, spelling or variable.name, variable.file, variable.line, variable.owner)


def _object(value: Any) -> Any:
    """The object that a JSON text is; empty where it is none."""
    if value is UNKNOWN or isinstance(value, dict):
        return value
    try:
        found = json.loads(value) if isinstance(value, str) and value.lstrip().startswith("{") else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
