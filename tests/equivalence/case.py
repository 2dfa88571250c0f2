"""A case: classes and a chain as source, which is all that is needed to see a difference again."""

from __future__ import annotations

import linecache
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs

import upcast
from equivalence.prelude import NAMES

__all__ = ["EVENT", "FORMER", "SOURCE", "BuildFailed", "Case", "ClassSource", "EdgeSource", "World", "build", "made"]

EVENT = "shop.event"
FORMER = "shop.formerly"
SOURCE = "shop.source"


@attrs.define
class ClassSource:
    """A class as it is written.

    Attributes:
        name: Its name.
        decorators: What stands above.
        bases: Bases and keywords.
        body: Its members, one text each.
    """

    name: str
    decorators: list[str]
    bases: list[str]
    body: list[str]

    def text(self) -> str:
        """The source."""
        head = "".join(f"@{decorator}\n" for decorator in self.decorators)
        bases = f"({', '.join(self.bases)})" if self.bases else ""
        body = [f"    {line}" for block in self.body for line in block.splitlines()] or ["    pass"]
        return f"{head}class {self.name}{bases}:\n" + "\n".join(body) + "\n"


@attrs.define
class EdgeSource:
    """An edge as it is written: steps, a function, or neither for `unchanged`."""

    steps: list[str] = attrs.field(factory=list)
    function: str = ""
    envelope: bool = False


@attrs.define
class Case:
    """A registry that can be written down and built again.

    Attributes:
        label: Seed and number.
        classes: The classes, those that others name first; the last is the event.
        edges: The chain.
        flat: Whether the codec reads flat events.
        former: Whether the type has a former name.
        split: The version into which another type is split, or 0.
        record_messages: Passed to `codec`.
    """

    label: str
    classes: list[ClassSource]
    edges: list[EdgeSource]
    flat: bool = False
    former: bool = False
    split: int = 0
    record_messages: bool = False

    def class_source(self) -> str:
        """The classes."""
        return "\n\n".join(cls.text() for cls in self.classes)

    def registry_source(self) -> str:
        """The functions, and what is said to the registry."""
        functions = [edge.function for edge in self.edges if edge.function]
        return "\n".join([*functions, "events = Registry()", *self.declarations()])

    def declarations(self) -> list[str]:
        """What is said to the registry, as source."""
        version = len(self.edges) + 1
        formerly = f", formerly=[{FORMER!r}]" if self.former else ""
        lines = [f"events.event({EVENT!r}, version={version}{formerly})({self.classes[-1].name})"]
        for start, edge in enumerate(self.edges, 1):
            if edge.function:
                name = edge.function.split("(")[0].removeprefix("def ")
                asks = ", envelope=True" if edge.envelope else ""
                lines.append(f"events.upcaster({EVENT!r}, from_version={start}{asks})({name})")
            elif edge.steps:
                lines.append(f"events.steps({EVENT!r}, {', '.join(edge.steps)}, from_version={start})")
            else:
                lines.append(f"events.unchanged({EVENT!r}, from_version={start})")
        if self.split:
            into = f"{{{EVENT!r}: {self.split}}}"
            lines.append(f"events.split({SOURCE!r}, from_version=1, into={into})(lambda p: [({EVENT!r}, p)] * 2)")
        return lines

    def script(self) -> str:
        """A module that makes `codec`, to be read and run by a person."""
        form = "Flat()" if self.flat else "StreamEntry()"
        names = "from equivalence.prelude import NAMES\n\nglobals().update(NAMES)\n"
        codec = f"codec = events.codec(envelope={form}, record_messages={self.record_messages})"
        return f"{names}\n{self.class_source()}\n\n{self.registry_source()}\n{codec}\n"


@attrs.define
class World:
    """A case that was built: its module, its class, and the codec."""

    case: Case
    module: types.ModuleType
    cls: Any
    codec: Any

    @property
    def version(self) -> int:
        """Today's."""
        return len(self.case.edges) + 1


class BuildFailed(Exception):
    """Classes that Python or their library refuses."""


@contextmanager
def made(case: Case) -> Iterator[types.ModuleType]:
    """The module of a case: importable while the context lasts, so that its objects can be pickled."""
    name = f"equivalence_{case.label.replace(':', '_').replace('-', '_')}"
    module = types.ModuleType(name)
    module.__dict__.update(NAMES)
    sys.modules[name] = module
    try:
        try:
            with warnings.catch_warnings(action="ignore"):  # a library's advice on how to write classes
                exec(compile(case.class_source(), f"<{name}>", "exec", dont_inherit=True), module.__dict__)
        except Exception as error:
            raise BuildFailed(f"{type(error).__name__}: {error}"[:120]) from error
        yield module
    finally:
        del sys.modules[name]
        linecache.clearcache()  # attrs leaves the source of every class there


def build(case: Case, module: types.ModuleType) -> World:
    """Make the codec of a case; raises `RegistryDefects` where the registry has defects."""
    scope = module.__dict__
    exec(compile(case.registry_source(), f"<{module.__name__}>", "exec", dont_inherit=True), scope)
    form = upcast.Flat() if case.flat else upcast.StreamEntry()
    codec = scope["events"].codec(envelope=form, record_messages=case.record_messages)
    return World(case, module, scope[case.classes[-1].name], codec)
