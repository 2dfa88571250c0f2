"""YAML documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import attrs

from upcast.errors import MissingExtra
from upcast.settings._documents._document import Edit, Kind, Path, Spot, TextDocument, UnreadableDocument, line_at

try:
    import yaml
except ModuleNotFoundError as error:
    if error.name != "yaml":
        raise
    raise MissingExtra("settings", "reading YAML") from None

from upcast.settings._documents._yaml_edits import Edits
from upcast.settings._documents._yaml_nodes import MarkingLoader, Nodes, TooLarge
from upcast.settings._documents._yaml_values import Obstacle

__all__ = ["YamlDocument"]


@attrs.frozen
class YamlDocument(TextDocument):
    """See `Document`.

    Where a key stands twice the last one counts: a rename renames all, a removal removes all. What an anchor, an alias
    or a merge key shares with another place is not edited, since the other place would change with it.
    """

    kind: ClassVar[Kind] = "yaml"

    _nodes: Nodes = attrs.field(eq=False, repr=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """See `TextDocument.read`."""
        position: int | None = None
        try:
            loader = MarkingLoader(text)
            nodes = Nodes(text, loader)
            # From here on this is what `yaml.safe_load` does, and `or {}` is what pydantic-settings does.
            data: Any = (None if nodes.root is None else loader.construct_document(nodes.root)) or {}
        except yaml.reader.ReaderError as error:
            position, problem = error.position, "a character that YAML does not take"
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            position, problem = mark.index if mark else None, _problem(error)
        except RecursionError:
            problem = "it is nested too deeply"
        except TooLarge:
            problem = "its aliases stand for too much, or for themselves"
        except Exception:  # the library lets through whatever its constructors raise: ValueError, KeyError and others
            problem = "a value is none of its type, such as a date or a number"
        else:
            if isinstance(data, dict):
                return cls(text, data, nodes)
            problem = "the text is no mapping"
        # Outside of the handlers: what the library raised holds pieces of the text.
        raise UnreadableDocument("yaml", None if position is None else line_at(text, position), problem)

    def spots(self) -> Mapping[Path, tuple[Spot, ...]]:
        """See `Document.spots`; a key that is no text, but a number or a truth, is no setting and has none."""
        found = super().spots()
        return {path: spots for path, spots in found.items() if all(isinstance(part, str) for part in path)}

    def _scan(self) -> Mapping[Path, tuple[Spot, ...]]:
        return {path: tuple(entry.spot for entry in entries) for path, entries in self._nodes.entries.items()}

    def _rename(self, path: Path, name: str) -> Sequence[Edit]:
        return self._asked(path, lambda edits: edits.rename(path, name))

    def _replace(self, path: Path, value: object) -> Sequence[Edit]:
        return self._asked(path, lambda edits: edits.replace(path, value))

    def _insert(self, path: Path, value: object, after: Path | None) -> Sequence[Edit]:
        return self._asked(path, lambda edits: edits.insert(path, value, self._home(path), after))

    def _remove(self, path: Path) -> Sequence[Edit]:
        return self._asked(path, lambda edits: edits.remove(path))

    def _move(self, path: Path, to: Path) -> Sequence[Edit]:
        return self._asked(path, lambda edits: edits.move(path, to, self._leaving(path, to), self._home(to)))

    def _asked(self, path: Path, ask: Callable[[Edits], Sequence[Edit]]) -> Sequence[Edit]:
        try:
            return ask(Edits(self._nodes))
        except Obstacle as obstacle:
            problem = str(obstacle)
        raise self._cannot(path, problem)


def _problem(error: yaml.MarkedYAMLError) -> str:
    if isinstance(error, yaml.constructor.ConstructorError):
        return "a tag, a key or a value that settings cannot have"
    if isinstance(error, yaml.composer.ComposerError):
        several = error.context == "expected a single document in the stream"
        return "another document begins" if several else "an anchor or an alias that does not fit"
    return "no YAML from here on"
