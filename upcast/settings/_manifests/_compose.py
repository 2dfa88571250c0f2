"""Compose: the environment of services, and the files that they get it from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from upcast.settings._manifests._records import UNKNOWN, Container, Reference, Value, Variable
from upcast.settings._manifests._yaml import Nodes

if TYPE_CHECKING:
    import yaml

__all__ = ["EnvFile", "is_compose", "services_of"]

EnvFile = Callable[[Path], list[Variable] | None]
"""Reads an `env_file`; None where it cannot be read, which has been said then."""

_SECRETS: Final = "/run/secrets"
_LONGEST: Final = 20
"""How many services extend one another."""


def is_compose(node: yaml.Node, nodes: Nodes) -> bool:
    """Whether a document is one of compose."""
    return bool(nodes.entries(nodes.get(node, "services"))) and not nodes.text(node, "kind")


def services_of(file: str, node: yaml.Node, nodes: Nodes, env_file: EnvFile) -> Iterator[Container]:
    """The services of a document of compose.

    Args:
        file: The path of the file.
        node: The document.
        nodes: How to look into it.
        env_file: How to read an `env_file`, whose path stands relative to the file.
    """
    services = nodes.entries(nodes.get(node, "services"))
    for name, (line, service) in services.items():
        variables: dict[str, Variable] = {}
        missing: list[Reference] = []
        chain = [service]
        while (base := nodes.get(chain[0], "extends")) is not None:
            wanted = nodes.text(base, "service") or nodes.text(base)
            if nodes.text(base, "file") or wanted not in services:
                missing.append(Reference(f"service {wanted}", file, base.start_mark.line + 1))
                break
            if len(chain) > _LONGEST or any(services[wanted][1] is each for each in chain):
                break
            chain.insert(0, services[wanted][1])
        # Of both the nearer service overrides; the environment of any of them overrides the files of all.
        for each in chain:
            for reference, path, required in _env_files(each, nodes):
                held = None
                if "$" not in path:
                    found = Path(file).parent / path
                    held = [] if not required and not found.exists() else env_file(found)
                if held is None:
                    missing.append(Reference("an env_file", file, reference.start_mark.line + 1))
                variables |= {variable.name: variable for variable in held or ()}
        for each in chain:
            variables |= {variable.name: variable for variable in _environment(file, f"service {name}", each, nodes)}
        yield Container(
            name=name,
            label=f"service {name}",
            file=file,
            line=line,
            variables=tuple(variables.values()),
            missing=tuple(missing),
            mounts=(_SECRETS,) if any(nodes.get(each, "secrets") is not None for each in chain) else (),
        )


def _env_files(service: yaml.Node, nodes: Nodes) -> Iterator[tuple[yaml.Node, str, bool]]:
    """Each `env_file` with its path, and whether it must be there."""
    given = nodes.get(service, "env_file")
    if given is None:
        return
    for item in [given] if nodes.text(given) else nodes.items(given):
        path = nodes.text(item, "path") or nodes.text(item)
        if path:
            yield item, path, nodes.text(item, "required").lower() != "false"


def _environment(file: str, owner: str, service: yaml.Node, nodes: Nodes) -> Iterator[Variable]:
    given = nodes.get(service, "environment")
    for item in nodes.items(given):
        name, separator, value = nodes.text(item).partition("=")
        if name:
            yield Variable(name, _value(value) if separator else UNKNOWN, file, item.start_mark.line + 1, owner)
    for name, (line, node) in nodes.entries(given).items():
        # Without a value it is that of whoever runs compose.
        found = UNKNOWN if nodes.is_null(node) else _value(nodes.text(node))
        yield Variable(name, found, file, line, owner)


def _value(text: str) -> Value:
    """The value, unless variables of whoever runs compose stand in it."""
    plain = text.replace("$$", "")
    return UNKNOWN if "$" in plain else text.replace("$$", "$")
