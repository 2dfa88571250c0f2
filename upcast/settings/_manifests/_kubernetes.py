"""Kubernetes: the containers of workloads, and the ConfigMaps and Secrets that they get variables from."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import attrs

from upcast.settings._manifests._records import UNKNOWN, Bundle, Container, Reference, Value, Variable
from upcast.settings._manifests._yaml import Nodes

if TYPE_CHECKING:
    import yaml

__all__ = ["Resource", "containers_of", "resources"]

# Wherever a pod stands; of kinds that are not Kubernetes' own (Rollout, Knative's Service) too.
_PODS: Final = (("spec",), ("spec", "template", "spec"), ("spec", "jobTemplate", "spec", "template", "spec"))
_SOURCES: Final = {"configMap": "ConfigMap", "secret": "Secret"}


@attrs.frozen
class Resource:
    """One resource of a manifest.

    Attributes:
        file: The path of the file.
        node: The resource.
        kind: Its kind.
        name: Its name.
        namespace: Its namespace; empty where the manifest leaves that to whoever applies it.
    """

    file: str
    node: yaml.Node
    kind: str
    name: str
    namespace: str


def resources(file: str, node: yaml.Node, nodes: Nodes) -> Iterator[Resource]:
    """The resources of a document; those of a list one by one."""
    waiting, seen = [node], set()
    while waiting:
        here = waiting.pop(0)
        if id(here) in seen:  # a list that holds itself, or one resource over and over
            continue
        seen.add(id(here))
        kind = nodes.text(here, "kind")
        if kind.endswith("List") and nodes.get(here, "items") is not None:
            waiting += nodes.items(here, "items")
        elif kind:
            about = (nodes.text(here, "metadata", name) for name in ("name", "namespace"))
            yield Resource(file, here, kind, *about)


def containers_of(everything: Iterable[Resource], nodes: Nodes) -> tuple[tuple[Container, ...], tuple[Bundle, ...]]:
    """The containers of all workloads, and the ConfigMaps and Secrets that none of them takes."""
    reader = _Reader(nodes, tuple(everything))
    containers = tuple(reader.containers())
    return containers, tuple(reader.bundles())


class _Reader:
    def __init__(self, nodes: Nodes, everything: tuple[Resource, ...]) -> None:
        self._nodes = nodes
        self._workloads = [each for each in everything if each.kind not in _SOURCES.values()]
        self._sources = [each for each in everything if each.kind in _SOURCES.values()]
        self._taken: set[int] = set()
        self._held: dict[int, dict[str, Variable]] = {}

    def containers(self) -> Iterator[Container]:
        for resource in self._workloads:
            for path in _PODS:
                pod = self._nodes.get(resource.node, *path)
                for role in ("initContainers", "containers"):
                    for node in self._nodes.items(pod, role):
                        yield self._container(resource, role, node)

    def bundles(self) -> Iterator[Bundle]:
        for resource in self._sources:
            if id(resource.node) not in self._taken:
                held = tuple(self._data(resource).values())
                yield Bundle(label=f"{resource.kind} {resource.name}", variables=held)

    def _container(self, resource: Resource, role: str, node: yaml.Node) -> Container:
        name = self._nodes.text(node, "name")
        init = "init " if role == "initContainers" else ""
        label = f"{resource.kind} {resource.name}, {init}container {name}"
        variables: dict[str, Variable] = {}
        missing: list[Reference] = []
        for source in self._nodes.items(node, "envFrom"):
            prefix = self._nodes.text(source, "prefix")
            for kind in _SOURCES:
                reference = self._nodes.get(source, f"{kind}Ref")
                if reference is None:
                    continue
                found = self._source(resource, kind, reference)
                if found is None:
                    missing.append(Reference(self._called(kind, reference), resource.file, _line(reference)))
                    continue
                for held in self._data(found).values():
                    variables[prefix + held.name] = attrs.evolve(held, name=prefix + held.name)
        for entry in self._nodes.items(node, "env"):
            variable = self._variable(resource, entry)
            if variable is not None:
                variables[variable.name] = attrs.evolve(variable, owner=label)
        return Container(
            name=name,
            label=label,
            file=resource.file,
            line=_line(node),
            variables=tuple(variables.values()),
            missing=tuple(missing),
            mounts=tuple(self._nodes.text(mount, "mountPath") for mount in self._nodes.items(node, "volumeMounts")),
        )

    def _variable(self, resource: Resource, entry: yaml.Node) -> Variable | None:
        """What an entry of `env` sets; None where it sets nothing."""
        name = self._nodes.entries(entry).get("name")
        spelled = self._nodes.text(entry, "name")
        if name is None or not spelled:
            return None
        text = self._nodes.text(entry, "value")
        # In the value of one variable that of another may stand.
        value: Value = UNKNOWN if "$(" in text else text
        source = self._nodes.get(entry, "valueFrom")
        if source is not None:
            value = UNKNOWN
            for kind in _SOURCES:
                reference = self._nodes.get(source, f"{kind}KeyRef")
                found = None if reference is None else self._source(resource, kind, reference)
                if found is not None:
                    held = self._data(found).get(self._nodes.text(reference, "key"))
                    if held is None:
                        return None
                    value = held.value
        return Variable(spelled, value, resource.file, _line(name[1]))

    def _source(self, resource: Resource, kind: str, reference: yaml.Node) -> Resource | None:
        """The ConfigMap or Secret that a reference means: of its own namespace before one that names none."""
        name = self._nodes.text(reference, "name")
        found = [each for each in self._sources if (each.kind, each.name) == (_SOURCES[kind], name)]
        near = [each for each in found if each.namespace == resource.namespace]
        near = near or [each for each in found if not (each.namespace and resource.namespace)]
        self._taken |= {id(each.node) for each in near}
        return near[-1] if near else None

    def _called(self, kind: str, reference: yaml.Node) -> str:
        return f"{_SOURCES[kind]} {self._nodes.text(reference, 'name')}"

    def _data(self, resource: Resource) -> dict[str, Variable]:
        """What a ConfigMap or Secret holds, by key."""
        known = self._held.get(id(resource.node))
        if known is not None:
            return known
        held: dict[str, Variable] = {}
        for member in ("data", "stringData"):
            for name, (line, node) in self._nodes.entries(self._nodes.get(resource.node, member)).items():
                value: Value = self._nodes.text(node)
                if member == "data" and resource.kind == "Secret":
                    value = _decoded(str(value))
                held[name] = Variable(name, value, resource.file, line, f"{resource.kind} {resource.name}")
        self._held[id(resource.node)] = held
        return held


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _decoded(text: str) -> Value:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return UNKNOWN
