"""The names of `upcast` in a module: what it calls them, and imports of those that it lacks."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping

import attrs

from upcast.schemas._revise._module import Edit, Module

__all__ = ["Imported", "imported"]

_HOMES = ("upcast", "upcast.steps", "upcast.typing")


@attrs.frozen
class Imported:
    """How a module calls names of `upcast`.

    Attributes:
        names: Names and what they are called.
        edits: What has to be imported for that.
    """

    names: Mapping[str, str]
    edits: tuple[Edit, ...]


def imported(module: Module, wanted: Iterable[str]) -> Imported:
    """How a module may call the names that are *wanted*."""
    statements = [node for node in module.tree.body if isinstance(node, ast.ImportFrom) and node.module in _HOMES]
    whole = _whole_package(module.tree)
    names: dict[str, str] = {}
    missing: list[str] = []
    bound = _bound(module.tree)
    for name in sorted(set(wanted)):
        known = [
            alias.asname or name
            for node in statements
            for alias in node.names
            if not node.level and alias.name in (name, "*")
        ]
        if known:
            names[name] = known[0]
        elif whole:
            names[name] = f"{whole}.{name}"
        else:
            names[name] = f"upcast_{name}" if name in bound else name
            missing.append(name if names[name] == name else f"{name} as {names[name]}")
    return Imported(names, tuple(_edits(module, statements, missing)))


def _whole_package(tree: ast.Module) -> str:
    """What `import upcast` is called, if it is there."""
    aliases = [alias for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    return next((alias.asname or "upcast" for alias in aliases if alias.name == "upcast"), "")


def _bound(tree: ast.Module) -> set[str]:
    """The names that mean something in the module, wherever they are bound."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias():
                found.add((node.asname or node.name).partition(".")[0])
    return found


def _edits(module: Module, statements: list[ast.ImportFrom], missing: list[str]) -> Iterator[Edit]:
    if not missing:
        return
    home = next((node for node in statements if node.module == "upcast" and node.names[0].name != "*"), None)
    if home is None:
        yield _new_statement(module, f"from upcast import {', '.join(missing)}")
        return
    keys = [_order(alias.name) for alias in home.names]
    # What is in order stays in order.
    later = [
        (
            name,
            next((alias for alias in home.names if keys == sorted(keys) and _order(alias.name) > _order(name)), None),
        )
        for name in missing
    ]
    lines = [home.lineno, *(alias.lineno for alias in home.names)]
    on_lines = all(one < other for one, other in itertools.pairwise(lines))
    for name, follower in later:
        if follower is not None:
            start, _ = module.span(follower)
            yield Edit(start, start, f"{name},\n{module.indentation(follower.lineno)}" if on_lines else f"{name}, ")
    if rest := [name for name, follower in later if follower is None]:
        yield _appended(module, home.names[-1], rest, on_lines=on_lines)


def _order(name: str) -> tuple[int, str]:
    """How formatters sort what is imported: constants, classes, functions."""
    name = name.partition(" as ")[0]
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name


def _appended(module: Module, last: ast.alias, names: list[str], *, on_lines: bool) -> Edit:
    _, end = module.span(last)
    if not on_lines:
        return Edit(end, end, "".join(f", {name}" for name in names))
    indent = module.indentation(last.lineno)
    if re.compile(r"[ \t]*,").match(module.text, end):
        # Below the last name, so that a comment behind that stays where it is.
        below = module.line_end(last.lineno)
        return Edit(below, below, "".join(f"\n{indent}{name}," for name in names))
    return Edit(end, end, "".join(f",\n{indent}{name}" for name in names))


def _new_statement(module: Module, statement: str) -> Edit:
    """A new import, below those that are there."""
    body = module.tree.body
    leading = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    first_other = next(
        (
            n
            for n, node in enumerate(body)
            if not isinstance(node, ast.Import | ast.ImportFrom) and not _is_docstring(node, n)
        ),
        len(body),
    )
    block = [node for node in body[:first_other] if node in leading]
    if block:
        at = module.line_end(block[-1].end_lineno or block[-1].lineno)
        return Edit(at, at, f"\n{statement}")
    if body and _is_docstring(body[0], 0):
        at = module.line_end(body[0].end_lineno or 1)
        return Edit(at, at, f"\n\n{statement}")
    at = module.offset(body[0].lineno, 0) if body else len(module.text)
    return Edit(at, at, f"{statement}\n\n")


def _is_docstring(node: ast.stmt, number: int) -> bool:
    return (
        number == 0
        and isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
