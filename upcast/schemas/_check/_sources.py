"""The user's own sources, as far as what they say cannot be told function by function.

A function counts by its text, and so do the functions and constants that it names. What it reaches by other ways, such
as an attribute of a module, a class or an object, cannot be followed: so every other line of the user's modules counts
for every type. Only what is declared on the registry is left out, since that counts for its own type.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from upcast.schemas._opened import Opened

__all__ = ["digest_of", "sources_of"]


def sources_of(opened: Opened) -> bytes:
    """A digest of them: of every loaded module that is neither of Python nor installed, and of those beside it."""
    declared = _declared(opened)
    parts: list[bytes] = []
    for file in sorted({file for folder in _folders() for file in folder.glob("*.py")}):
        try:
            content = file.read_bytes()
        except OSError:
            continue
        rest = _rest(content, declared[str(file)]) if str(file) in declared else content
        parts += (str(file).encode(), rest)
    return digest_of(parts)


def digest_of(parts: Iterable[bytes]) -> bytes:
    """A digest of parts, each told from its neighbours by its length."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def _declared(opened: Opened) -> dict[str, frozenset[str]]:
    """The names of the classes and functions that are declared, by the file they stand in."""
    found: dict[str, set[str]] = {}
    for line in opened.lines.values():
        things: list[object] = [line.cls, *(downcaster.function for downcaster in line.downcasters.values())]
        things += [getattr(edge, "function", None) for edge in line.edges.values()]
        for thing in things:
            file = getattr(sys.modules.get(getattr(thing, "__module__", "")), "__file__", None)
            if file is not None:
                found.setdefault(file, set()).add(getattr(thing, "__name__", ""))
    return {file: frozenset(names) for file, names in found.items()}


def _folders() -> set[Path]:
    """The folders that loaded modules of the user stand in."""
    own = Path(__file__).parents[2]
    foreign = {Path(place) for name, place in sysconfig.get_paths().items() if "lib" in name} | {own}
    found = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.endswith(".py"):
            folder = Path(file).parent
            if foreign.isdisjoint((folder, *folder.parents)):
                found.add(folder)
    return found


@functools.lru_cache(256)
def _rest(source: bytes, declared: frozenset[str]) -> bytes:
    """What a module says besides its declarations; layout and comments do not count."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return source
    return "\n".join(ast.dump(statement) for statement in _others(body, declared)).encode()


def _others(body: list[ast.stmt], declared: frozenset[str]) -> Iterator[ast.stmt]:
    for statement in body:
        named = isinstance(statement, ast.FunctionDef | ast.ClassDef) and statement.name in declared
        # A call such as events.steps(...) declares too.
        if not named and not isinstance(statement, ast.Expr):
            yield statement
