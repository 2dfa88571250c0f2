"""Manifests of Kubernetes and of compose: the environment that each container of them gets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from upcast.settings._lint._text import Text, UnreadableFile, read_text
from upcast.settings._manifests._compose import is_compose, services_of
from upcast.settings._manifests._kubernetes import Resource, containers_of, resources
from upcast.settings._manifests._records import (
    UNKNOWN,
    Bundle,
    Container,
    Manifests,
    Problem,
    Reference,
    Unknown,
    Variable,
)
from upcast.settings._manifests._yaml import Nodes, UnreadableManifest, documents
from upcast.settings.documents import UnreadableDocument, read_document

if TYPE_CHECKING:
    import yaml

__all__ = [
    "MAX_MANIFEST",
    "UNKNOWN",
    "Bundle",
    "Container",
    "Manifests",
    "Problem",
    "Reference",
    "Text",
    "Unknown",
    "Variable",
    "is_manifest",
    "read_manifests",
    "variables_of",
]


MAX_MANIFEST: Final = 4 * 1024 * 1024
"""How many bytes a manifest may have; what helm renders can be long."""

# python-dotenv takes time that grows with the square of what it reads.
_MAX_ENV_FILE: Final = 256 * 1024
_COMPOSE = re.compile(r"(docker-)?compose([.-][\w.-]+)?\.ya?ml")


def is_manifest(path: Path) -> bool:
    """Whether a file is a manifest, and no file of settings.

    One of compose is called so: `compose.yaml`, `docker-compose.prod.yml`. One of Kubernetes says `apiVersion` and
    `kind` at the beginning of lines.
    """
    if path.suffix not in (".yaml", ".yml"):
        return False
    if _COMPOSE.fullmatch(path.name):
        return True
    try:
        text = read_text(path, limit=MAX_MANIFEST)
    except UnreadableFile:
        return False
    return all(re.search(rf"^{name}:", text, re.MULTILINE) for name in ("apiVersion", "kind"))


def read_manifests(given: Iterable[Path | Text]) -> Manifests:
    """Read manifests, all of them together: what one refers to may stand in another.

    Args:
        given: Files, folders of which every `.yaml` and `.yml` counts, and texts.
    """
    reader = _Reader()
    for each in given:
        reader.add(each)
    return reader.read()


def variables_of(path: Path) -> list[Variable]:
    """The variables of a `.env` file, of those of one name the last; without those that it only names.

    Raises:
        UnreadableFile: It cannot be read.
        UnreadableDocument: It is no such file.
    """
    document = read_document(read_text(path, limit=_MAX_ENV_FILE), "dotenv")
    spots = document.spots()
    return [
        Variable(name, value, str(path), spots[(name,)][-1].line if (name,) in spots else None)
        for name, value in document.data.items()
        if value is not None
    ]


class _Reader:
    def __init__(self) -> None:
        self._nodes = Nodes()
        self._problems: list[Problem] = []
        self._resources: list[Resource] = []
        self._services: list[Container] = []

    def add(self, given: Path | Text) -> None:
        """Read a manifest, or those of a folder."""
        if isinstance(given, Path) and given.is_dir():
            for file in self._files(given):
                self._file(file, alone=False)
        elif isinstance(given, Path):
            self._file(given, alone=True)
        else:
            self._text(given.name, given.text, alone=True)

    def read(self) -> Manifests:
        """Everything that was added."""
        containers, bundles = containers_of(self._resources, self._nodes)
        return Manifests(containers=(*containers, *self._services), bundles=bundles, problems=tuple(self._problems))

    def _files(self, folder: Path) -> Iterator[Path]:
        found = sorted(each for each in folder.rglob("*") if each.suffix in (".yaml", ".yml") and each.is_file())
        if not found:
            self._problems.append(Problem(str(folder), None, "has no .yaml or .yml file"))
        yield from found

    def _file(self, path: Path, *, alone: bool) -> None:
        try:
            text = read_text(path, limit=MAX_MANIFEST)
        except UnreadableFile as error:
            self._problems.append(Problem(str(path), None, str(error)))
            return
        self._text(str(path), text, alone=alone)

    def _text(self, file: str, text: str, *, alone: bool) -> None:
        try:
            nodes = documents(text)
        except UnreadableManifest as error:
            self._problems.append(Problem(file, error.line, str(error)))
            return
        known = [self._document(file, node) for node in nodes]
        # A folder of manifests holds other files too; one that was named is meant.
        if alone and not any(known):
            self._problems.append(Problem(file, None, "is a manifest of neither Kubernetes nor compose"))

    def _document(self, file: str, node: yaml.Node) -> bool:
        if is_compose(node, self._nodes):
            self._services += services_of(file, node, self._nodes, self._env_file)
            return True
        self._resources += resources(file, node, self._nodes)
        return bool(self._nodes.text(node, "kind"))

    def _env_file(self, path: Path) -> list[Variable] | None:
        line = None
        try:
            return variables_of(path)
        except UnreadableFile as error:
            problem = str(error)
        except UnreadableDocument as error:
            problem, line = error.problem, error.line
        self._problems.append(Problem(str(path), line, problem))
        return None
