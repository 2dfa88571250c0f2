"""The layers of the package, as data, and the rule that imports go downwards only.

A module is known by its first name below `upcast`, so a package counts as one. Every import statement counts,
also one inside a function. An import under `if TYPE_CHECKING:` names a type without running anything: it is
free among neighbours, but it points downwards like any other.
"""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parent.parent / "upcast"

# From the bottom up. A name may be listed before its module exists.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("_envelope", "_finite", "_functions", "_json", "_paths", "_sharing", "_steps", "errors", "steps", "typing"),
    ("_atomic", "_bounds", "_chain", "_door", "_formats", "_line", "_log", "_net_effect", "_releases", "_source"),
    ("_reader",),
    ("_codec", "_downcast", "_explain", "_plan", "_planning", "_writing"),
    ("_edges", "_fingerprint", "_ledger", "_registry", "_runs", "_splits", "_verdict"),
    ("archive", "schemas", "settings", "streams"),
    ("testing",),
    ("__main__", "cli"),
)
# Layers whose members do not know each other at all.
STRANGERS = (5,)
# What the façade `upcast/__init__.py` re-exports ends here; everything above is imported by its own name.
FACADE_REACHES = 4
# Downwards and forbidden all the same.
FORBIDDEN = {("streams", "_registry"): "streams gets a finished codec, never the registry"}


def layer_of(name: str) -> int | None:
    """The number of the layer that lists *name*."""
    return next((number for number, names in enumerate(LAYERS) if name in names), None)


def modules_of(package: Path) -> dict[str, Path]:
    """Every module of *package* by its dotted name."""
    found = {}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def statements(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Yield every import statement and whether it stands under `if TYPE_CHECKING:`."""
    guarded = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            guarded |= {id(inner) for statement in node.body for inner in ast.walk(statement)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, id(node) in guarded


def imports_of(module: str, path: Path, known: dict[str, Path]) -> Iterator[tuple[str, int, bool]]:
    """Yield each module of the package that *module* imports, its line, and whether it is guarded."""
    for node, guarded in statements(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        else:
            base = node.module or ""
            if node.level:
                home = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
                base = ".".join([*home[: len(home) - node.level + 1], *([base] if base else [])])
            targets = [f"{base}.{alias.name}" for alias in node.names]
        for name in targets:
            parts = name.split(".")
            prefixes = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
            target = next((prefix for prefix in prefixes if prefix in known), module)
            if target != module:
                yield target, node.lineno, guarded


def objection(source: str, target: str, *, guarded: bool) -> str | None:
    """Why the module *source* may not import *target*, both by their first names, or None."""
    below = layer_of(target)
    if not target:
        return "the façade is for users; import from the module itself"
    if below is None:
        return None
    if not source:
        return None if below <= FACADE_REACHES else "the façade imports no optional part"
    here = layer_of(source)
    if here is None or source == target:
        return None
    if below > here:
        return f"layer {here} may not import from layer {below}"
    if below == here in STRANGERS and not guarded:
        return f"the members of layer {here} do not know each other"
    return FORBIDDEN.get((source, target))


def violations(package: Path) -> list[str]:
    """Everything in *package* that breaks the rules."""
    known = modules_of(package)
    found = []
    graph: dict[str, set[str]] = {}
    for module, path in sorted(known.items()):
        unit = module.partition(".")[2].partition(".")[0]
        if unit and layer_of(unit) is None:
            found.append(f"{module}: in no layer; LAYERS in {Path(__file__).name} must list it")
        for target, line, guarded in imports_of(module, path, known):
            other = target.partition(".")[2].partition(".")[0]
            reason = objection(unit, other, guarded=guarded)
            if reason:
                found.append(f"{module}:{line} imports {target}: {reason}")
            elif not guarded and unit:
                graph.setdefault(module, set()).add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append("import cycle: " + " → ".join(reversed(error.args[1])))
    return sorted(set(found))


def test_imports_go_downwards() -> None:
    """Every module stands in a layer and imports nothing from above it, from a stranger or in a circle."""
    assert [] == violations(PACKAGE)


def test_no_module_is_listed_twice() -> None:
    """A module belongs to exactly one layer."""
    names = [name for layer in LAYERS for name in layer]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"errors": "", "_codec": "from upcast.errors import x\nimport upcast._plan", "_plan": ""},
            "",
            id="fine",
        ),
        pytest.param(
            {"errors": "from upcast import _codec", "_codec": ""},
            "layer 0 may not import from layer 3",
            id="up",
        ),
        pytest.param(
            {"errors": "from ._codec import x", "_codec": ""},
            "layer 0 may not import from layer 3",
            id="relative",
        ),
        pytest.param(
            {"errors": "def f():\n    import upcast._codec", "_codec": ""},
            "upcast.errors:2 imports upcast._codec",
            id="inside a function",
        ),
        pytest.param(
            {
                "errors": "if TYPE_CHECKING:\n    from upcast._codec import C",
                "_codec": "",
            },
            "layer 0 may not import from layer 3",
            id="up under the guard",
        ),
        pytest.param(
            {
                "_plan": "import upcast._codec",
                "_codec": "import upcast._explain",
                "_explain": "from upcast import _plan",
            },
            "import cycle: ",
            id="circle",
        ),
        pytest.param(
            {"_plan": "import upcast._codec", "_codec": "if TYPE_CHECKING:\n    import upcast._plan"},
            "",
            id="circle under the guard",
        ),
        pytest.param(
            {
                "_door/__init__": "from ._a import x",
                "_door/_a": "from ._b import x",
                "_door/_b": "from . import _a",
            },
            "import cycle: ",
            id="circle in a package",
        ),
        pytest.param(
            {"streams/__init__": "from upcast import settings", "settings": ""},
            "do not know each other",
            id="strangers",
        ),
        pytest.param(
            {"streams/__init__": "", "streams/_a": "from upcast._registry import Registry", "_registry": ""},
            "never the registry",
            id="forbidden pair",
        ),
        pytest.param({"_surprise": ""}, "upcast._surprise: in no layer", id="unknown module"),
        pytest.param({"_codec": "from upcast import Registry"}, "the façade is for users", id="through the façade"),
        pytest.param(
            {"__init__": "from upcast.streams import x", "streams": ""},
            "no optional part",
            id="façade too high",
        ),
        pytest.param({"__init__": "from upcast._registry import x", "_registry": ""}, "", id="façade"),
    ],
)
def test_checker_sees(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    """Each rule of this file finds what it is for, and accepts its fair neighbour."""
    package = tmp_path / "upcast"
    for name, text in ({"__init__": ""} | files).items():
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    found = "\n".join(violations(package))

    assert expected in found
    assert bool(expected) == bool(found)
