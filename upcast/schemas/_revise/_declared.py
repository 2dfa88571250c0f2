"""Where an event and its edges are declared in source, and the edits that make the next version of it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import attrs

from upcast._chain import Edge
from upcast._registry import Registry
from upcast._verdict import Declaration
from upcast.schemas._revise._imports import imported
from upcast.schemas._revise._module import Edit, Module, calls, statement_of
from upcast.schemas._revise._propose import Revision
from upcast.schemas._revise._render import edge_source, function_source, stub_source, verbs
from upcast.schemas.errors import CannotRevise

__all__ = ["Declared", "declared", "edited"]

_EDGES = ("steps", "unchanged", "upcaster", "split", "drop")


@attrs.frozen
class Declared:
    """An event type as a registry has it.

    Attributes:
        event: Its class.
        edges: Its edges by the version they start from.
    """

    event: Declaration
    edges: Mapping[int, Edge]


def declared(registry: Registry, event_type: str) -> Declared:
    """What a registry says of an event type.

    Raises:
        CannotRevise: It is not declared, or twice.
    """
    ledgers = registry._ledger.all()  # noqa: SLF001  # as `open_registry` does, for lines that are not finished too
    found = [event for ledger in ledgers for event in ledger.declarations if event.name == event_type]
    if len(found) != 1:
        known = ", ".join(sorted({event.name for ledger in ledgers for event in ledger.declarations})) or "nothing"
        problem = f"is declared {len(found)} times" if found else f"is not declared; the registry has {known}"
        raise CannotRevise(f"{event_type} {problem}")
    edges = {edge.from_version: edge for ledger in ledgers for name, edge in ledger.edges if name == event_type}
    return Declared(found[0], edges)


def edited(declared: Declared, revision: Revision) -> dict[Path, tuple[bytes, bytes]]:
    """The files that declare an event, before and after they declare the next version too.

    Args:
        declared: What is declared now.
        revision: The steps.

    Raises:
        CannotRevise: Something stands there in a way that only a person can change.
    """
    modules: dict[Path, Module] = {}
    edits: dict[Path, list[Edit]] = {}

    def open_module(where: str) -> tuple[Module, int]:
        file, _, line = where.rpartition(":")
        path = Path(file)
        if path not in modules:
            modules[path] = Module.read(path)
            edits[path] = []
        return modules[path], int(line)

    module, line = open_module(declared.event.where)
    call = _call_at(module, line, ("event",))
    if declared.event.version != revision.new.version:
        edits[module.path].append(_bump(module, call, declared.event, revision.new.version))
    home, place, anchor = module, module.path, call
    if declared.edges:
        home, line = open_module(declared.edges[max(declared.edges)].where)
        anchor = _call_at(home, line, _EDGES)
        place = home.path
    edits[place] += _new_edge(home, anchor, call if home is module else None, revision)
    return {path: (modules[path].raw, modules[path].changed(found)) for path, found in edits.items() if found}


def _call_at(module: Module, line: int, names: tuple[str, ...]) -> ast.Call:
    found = next(calls(module.tree, line, names), None)
    if found is None:
        raise CannotRevise(f"{module.path}:{line}: the call of {' or '.join(names)} is not written out there")
    return found


def _bump(module: Module, call: ast.Call, event: Declaration, version: int) -> Edit:
    where = f"{module.path}:{call.lineno}"
    given = next((keyword.value for keyword in call.keywords if keyword.arg == "version"), None)
    if given is None:
        raise CannotRevise(f"{where}: version= is not written out there; raise it to {version} and run this again")
    if not (isinstance(given, ast.Constant) and type(given.value) is int and given.value == event.version):
        problem = f"version={module.segment(given)} is no number that could be replaced"
        raise CannotRevise(f"{module.path}:{given.lineno}: {problem}; make it {version} there, and run this again")
    if event.reads_up_to is not None and event.reads_up_to <= version:
        problem = f"reads_up_to={event.reads_up_to} means nothing from version {version} on"
        raise CannotRevise(f"{where}: {problem}; take it away, and run this again")
    return Edit(*module.span(given), str(version))


def _new_edge(module: Module, anchor: ast.Call, event: ast.Call | None, revision: Revision) -> list[Edit]:
    """The declaration of the edge, below the statement that the anchor is part of, and the imports it needs."""
    if not isinstance(anchor.func, ast.Attribute):
        name = module.segment(anchor.func)
        raise CannotRevise(f"{module.path}:{anchor.lineno}: {name} is no method of a registry that could be named")
    registry = module.segment(anchor.func.value)
    typed = event.args[0] if event is not None and event.args else None
    event_type = module.segment(typed) if typed is not None else f'"{revision.new.type}"'
    version = revision.old.version
    statement, block = statement_of(module.tree, anchor)
    if revision.is_stub:
        names = [revision.stub_name]
        found = imported(module, ["Payload"])
        head = f"@{registry}.upcaster({event_type}, from_version={version})"
        text = stub_source(head, revision, found.names["Payload"])
    else:
        names = [function.name for function in revision.functions]
        found = imported(module, verbs(revision.steps))
        text = edge_source(registry, event_type, version, revision.steps, found.names) + "\n"
        text = "\n\n".join([*map(function_source, revision.functions), text])
    taken = {node.name for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    if clash := sorted(taken & set(names)):
        raise CannotRevise(f"{module.path}: {clash[0]} is the name of something else there: call that otherwise")
    # Others may stand on the same line behind a semicolon.
    end = statement.end_lineno or statement.lineno
    while more := [s for s in block if s.lineno <= end < (s.end_lineno or s.lineno)]:
        end = max(s.end_lineno or s.lineno for s in more)
    indent = module.indentation(statement.lineno)
    close = isinstance(statement, ast.Expr) and not revision.is_stub and not revision.functions
    gap = "\n" if close else "\n\n\n"
    body = "".join(f"{indent}{line}\n" if line else "\n" for line in text.rstrip("\n").split("\n"))
    at = module.line_end(end)
    return [Edit(at, at, gap + body.rstrip("\n")), *found.edits]
