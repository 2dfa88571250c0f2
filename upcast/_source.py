"""A stable text of what a function or class does, for fingerprints: its normalised source, never its bytecode."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import sys
import types
from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from upcast._functions import global_names

__all__ = ["class_text", "function_text", "is_library"]

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def function_text(function: Callable[..., Any]) -> object:
    """What *function* does, as JSON: equal for equal source, whatever the Python, the file or the line.

    Comments, layout, docstrings, annotations and the function's own name do not count. Defaults do, the values it
    closes over, and the functions and constants of modules that it names. A function without source (a builtin, one
    made by `exec`) counts by its qualified name.
    """
    return _function_text(function, frozenset())


def _function_text(function: Callable[..., Any], above: frozenset[int]) -> object:
    if id(function) in above:
        return "recursive"
    above |= {id(function)}
    if isinstance(function, functools.partial):
        return [
            "partial",
            _function_text(function.func, above),
            [_value(a, above) for a in function.args],
            _value(function.keywords, above),
        ]
    if inspect.ismethod(function):
        return ["method", _function_text(function.__func__, above), class_text(type(function.__self__))]
    if isinstance(function, types.BuiltinMethodType) and not isinstance(function.__self__, types.ModuleType | None):
        return ["builtin", function.__qualname__, _value(function.__self__, above)]
    wrapped = getattr(function, "__wrapped__", None)
    code = getattr(function, "__code__", None)
    if code is None and callable(wrapped):  # what functools.cache makes
        return ["wrapped", type(function).__qualname__, _function_text(wrapped, above)]
    node = _function_node(code) if code is not None else None
    if node is None:
        return [
            "name",
            getattr(function, "__module__", None),
            getattr(function, "__qualname__", type(function).__qualname__),
        ]
    closed = [_value(cell, above) for cell in getattr(function, "__closure__", None) or ()]
    defaults = [_value(getattr(function, name, None), above) for name in ("__defaults__", "__kwdefaults__")]
    body = node.body if isinstance(node.body, list) else [node.body]
    arguments = node.args
    names = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    statements = [_dump(statement) for statement in _without_docstring(body)]
    return ["function", names, statements, closed, defaults, _named(function, above)]


def _named(function: Callable[..., Any], above: frozenset[int]) -> list[object]:
    """What a function names in its module: constants, and functions of the same package by their own text."""
    found: list[object] = []
    for name in sorted(set(global_names(function.__code__))):
        value = function.__globals__.get(name)
        if isinstance(value, types.FunctionType):
            own = _package(value) == _package(function)
            found.append([name, _function_text(value, above) if own else [value.__module__, value.__qualname__]])
        elif name in function.__globals__ and not isinstance(value, types.ModuleType):
            found.append([name, _value(value, above)])
    return found


def _package(function: Callable[..., Any]) -> str:
    return function.__module__.partition(".")[0]


def class_text(cls: type) -> object:
    """What *cls* declares, as JSON: its normalised source, or name and annotations where there is no source."""
    try:
        file = inspect.getsourcefile(cls)
    except (TypeError, OSError):  # a class of a module without file, or typed at a prompt
        file = None
    node = _indexed(file).classes.get(cls.__qualname__) if file else None
    if node is None:
        annotations = {name: str(hint) for name, hint in getattr(cls, "__annotations__", {}).items()}
        return ["class", cls.__qualname__, annotations]
    return [
        "class",
        [_dump(base) for base in node.bases],
        [_dump(statement) for statement in _without_docstring(node.body)],
    ]


def is_library(cls: type) -> bool:
    """Whether a class is part of Python or of the library it is declared with, and so no one's declaration."""
    return cls.__module__.partition(".")[0] in {
        *sys.stdlib_module_names,
        "attr",
        "attrs",
        "msgspec",
        "pydantic",
        "pydantic_settings",
    }


def _function_node(code: Any) -> FunctionNode | None:
    found = _indexed(code.co_filename).functions.get((code.co_firstlineno, code.co_name), [])
    if len(found) > 1:
        # Several lambdas on one line: the positions of the code's instructions tell them apart.
        starts = {
            (line, column) for line, _, column, _ in code.co_positions() if line is not None and column is not None
        }
        inside = [
            node for node in found if all(_covers(node, start) for start in starts if start != (code.co_firstlineno, 0))
        ]
        found = sorted(inside, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0))
    return found[0] if found else None


@attrs.frozen
class _Index:
    """The functions of a file by first line and name, its classes by qualified name."""

    functions: dict[tuple[int, str], list[FunctionNode]] = attrs.field(factory=dict)
    classes: dict[str, ast.ClassDef] = attrs.field(factory=dict)

    def add(self, node: ast.AST, inside: str) -> None:
        """Note what stands in *node*, whose qualified name with its dot is *inside*."""
        for child in ast.iter_child_nodes(node):
            within = inside
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                name = "<lambda>" if isinstance(child, ast.Lambda) else child.name
                decorators = [] if isinstance(child, ast.Lambda) else child.decorator_list
                first = min([child.lineno, *(decorator.lineno for decorator in decorators)])
                self.functions.setdefault((first, name), []).append(child)
                within = f"{inside}{name}.<locals>."
            elif isinstance(child, ast.ClassDef):
                self.classes[inside + child.name] = child
                within = f"{inside}{child.name}."
            self.add(child, within)


def _indexed(filename: str) -> _Index:
    return _index_of("".join(linecache.getlines(filename)))


@functools.lru_cache(maxsize=64)
def _index_of(source: str) -> _Index:
    # A file is read once, however many functions of it a registry holds.
    index = _Index()
    try:
        index.add(ast.parse(source), "")
    except (SyntaxError, RecursionError):
        return _Index()
    return index


def _covers(node: ast.expr | ast.stmt, place: tuple[int, int]) -> bool:
    end = (node.end_lineno or 0, node.end_col_offset or 0)
    return (node.lineno, node.col_offset) <= place <= end


def _without_docstring(body: list[Any]) -> list[Any]:
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return body[1:]
    return body


def _dump(node: object) -> object:
    """A syntax tree as JSON; empty members are left out, so that a member new in some Python changes nothing."""
    if isinstance(node, ast.AST):
        members = {}
        for name, value in ast.iter_fields(node):
            # Some Pythons leave an empty text between the parts of an f-string.
            parts = [part for part in value if not _is_empty_text(part)] if isinstance(node, ast.JoinedStr) else value
            dumped = None if name in {"kind", "type_comment", "ctx"} else _dump(parts)
            if dumped not in (None, []):
                members[name] = dumped
        return [type(node).__name__, members]
    if isinstance(node, list):
        return [_dump(item) for item in node]
    return node if isinstance(node, str | int | bool | None) else repr(node)


def _is_empty_text(node: object) -> bool:
    return isinstance(node, ast.Constant) and node.value == ""


def _value(value: Any, above: frozenset[int]) -> object:
    """A value that a function holds, as far as it can be told in a stable way."""
    content = value
    if type(value).__name__ == "cell":
        try:
            content = value.cell_contents
        except ValueError:
            return "empty"
    if isinstance(content, str | int | float | bool | None):
        return [type(content).__name__, repr(content)]
    if isinstance(content, list | tuple):
        return [type(content).__name__, *(_value(item, above) for item in content)]
    if isinstance(content, dict):
        return ["dict", *([_value(key, above), _value(item, above)] for key, item in content.items())]
    if isinstance(content, type):
        return ["type", content.__module__, content.__qualname__]
    return _function_text(content, above) if callable(content) else ["object", type(content).__qualname__]
