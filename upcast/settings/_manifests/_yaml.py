"""YAML as nodes, which know their lines: nothing is constructed, aliases stay shared, and everything is bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from upcast.errors import MissingExtra

try:
    import yaml
except ModuleNotFoundError as missing:
    if missing.name != "yaml":
        raise
    raise MissingExtra("settings", "reading manifests") from None

__all__ = ["Nodes", "UnreadableManifest", "documents"]

MAX_DEPTH: Final = 100
MAX_ALIASES: Final = 2_000
_NULL: Final = "tag:yaml.org,2002:null"
_MERGE: Final = "tag:yaml.org,2002:merge"

# libyaml reads ten times as fast; its composer recurses without a limit, which is why the depth is looked at first.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnreadableManifest(ValueError):
    """A manifest that cannot be read; the text repeats nothing of it.

    Attributes:
        line: The line where reading ended, from 1; None where there is none.
    """

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.line = line


def documents(text: str) -> tuple[yaml.Node, ...]:
    """The documents of a YAML text.

    Raises:
        UnreadableManifest: It is no YAML, is the template of some, or is larger or deeper than any manifest is.
    """
    line: int | None = None
    try:
        _look_over(text)
        return tuple(node for node in yaml.compose_all(text, _LOADER) if node is not None)
    except yaml.MarkedYAMLError as error:
        # The message and its marks show pieces of the text.
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, UnreadableManifest):
            raise
    raise UnreadableManifest(_TEMPLATE if "{{" in text else "is no YAML", line)


_TEMPLATE: Final = "is a template and no YAML yet: give what it renders to, such as the output of helm template"


def _look_over(text: str) -> None:
    depth = aliases = 0
    inside = False
    for event in yaml.parse(text, _LOADER):
        mark = event.start_mark
        if mark is None:
            continue
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise UnreadableManifest(f"is nested deeper than {MAX_DEPTH} levels", mark.line + 1)
            if inside and text[mark.index - 1 : mark.index + 1] == "{{":
                # YAML takes an unquoted {{ ... }} for a mapping whose key is a mapping.
                raise UnreadableManifest(_TEMPLATE, mark.line + 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
            if aliases > MAX_ALIASES:
                raise UnreadableManifest(f"has more than {MAX_ALIASES:,} aliases", mark.line + 1)
        inside = isinstance(event, yaml.MappingStartEvent)


class Nodes:
    """Looks into nodes as into dicts and lists; what is not of the expected kind is empty."""

    def __init__(self) -> None:
        # The nodes are kept beside: ids are only theirs while they live.
        self._flat: dict[int, tuple[yaml.Node | None, dict[str, tuple[int, yaml.Node]]]] = {}

    def entries(self, node: yaml.Node | None) -> Mapping[str, tuple[int, yaml.Node]]:
        """The members of a mapping, those of merged ones included: by name the line of the key, and the value."""
        known = self._flat.get(id(node))
        if known is not None:
            return known[1]
        found: dict[str, tuple[int, yaml.Node]] = {}
        self._flat[id(node)] = (node, found)  # already now: a mapping may be merged into itself
        own: dict[str, tuple[int, yaml.Node]] = {}
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if key.tag == _MERGE:
                merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for each in merged:
                    for name, entry in self.entries(each).items():
                        found.setdefault(name, entry)
            elif isinstance(key, yaml.ScalarNode):
                own[key.value] = (key.start_mark.line + 1, value)
        found.update(own)
        return found

    def get(self, node: yaml.Node | None, *path: str) -> yaml.Node | None:
        """What stands at a path of mappings, or None."""
        for name in path:
            entry = self.entries(node).get(name)
            if entry is None:
                return None
            node = entry[1]
        return node

    def text(self, node: yaml.Node | None, *path: str) -> str:
        """The scalar at a path as it is written; empty where there is none, and for null."""
        found = self.get(node, *path)
        return found.value if isinstance(found, yaml.ScalarNode) and not self.is_null(found) else ""

    def is_null(self, node: yaml.Node) -> bool:
        """Whether a node says nothing."""
        return isinstance(node, yaml.ScalarNode) and node.tag == _NULL

    def items(self, node: yaml.Node | None, *path: str) -> Iterator[yaml.Node]:
        """The items of the list at a path."""
        found = self.get(node, *path)
        yield from found.value if isinstance(found, yaml.SequenceNode) else ()
