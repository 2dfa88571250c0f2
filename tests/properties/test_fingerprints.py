"""Fingerprints: they follow what is done to events, and nothing else."""

from __future__ import annotations

import importlib.util
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given

from properties.worlds import World, worlds
from upcast._source import function_text

SOURCE = """\
from typing import Any
import functools

import msgspec

from upcast import Registry, add, convert, map_values, move, rename


def build():
    events = Registry(unversioned=lambda envelope: 1)

    @events.event("order.placed", version=6, formerly=["order.made"])
    class OrderPlaced(msgspec.Struct):
        order_id: str
        total: int = 0

    @events.upcaster("order.placed", from_version=1)
    def renamed(payload):
        payload["id"] = payload.pop("nr")
        return payload

    events.steps("order.placed", rename("id", to="order_id"), add("total", 1), from_version=2)
    events.steps("order.placed", convert("total", lambda v: v + 1, inverse=lambda v: v - 1), from_version=3)
    events.steps("order.placed", map_values("total", {1: 2}, default=3), move("zip", to="a.zip"), from_version=4)
    events.unchanged("order.placed", from_version=5)

    @events.split("both", from_version=1, into={"order.placed": 2})
    def divided(payload, sign="-"):
        payload["total"] = f"{sign:>{3}}"
        return [("order.placed", payload)]

    events.drop("gone", from_version=1)
    return events


fingerprint = build().codec().fingerprint
"""

DIGEST = "211948127e8c929a1ed312952c10b3272aa3f209b4b1d810e7804d40a15e5ee5"
"""Of `SOURCE`: the same on every Python, machine and day; only a change of the fingerprint's own form changes it."""

_numbers = itertools.count()


@pytest.fixture
def fingerprint(tmp_path: Path) -> Iterator[Any]:
    """A function from source text to the fingerprint of the registry in it, through a real file."""
    name = "shop_of_the_fingerprint_tests"

    def of(source: str) -> str:
        # Each text in a file of its own: the line cache would serve the old one for a file that has changed.
        path = tmp_path / f"shop_{next(_numbers)}.py"
        path.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module: ModuleType = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        found: str = module.fingerprint
        return found

    yield of
    sys.modules.pop(name, None)


@given(worlds())
def test_the_same_registry_has_the_same_fingerprint(world: World) -> None:
    """Codecs of one registry, of one declared again, and for other envelopes agree."""
    registry = world.registry()
    one, other = registry.codec(envelope=world.form), registry.codec(envelope=world.form, max_bytes=9)

    assert one.fingerprint == other.fingerprint == world.codec().fingerprint


SAME = {
    "comment": ("    def renamed(payload):", "    # Why it is so.\n    def renamed(payload):  # indeed"),
    "lines": ("def build():", "\n\n\ndef other():\n    return lambda v: v + 9\n\n\ndef build():"),
    "docstring": ("    def renamed(payload):", '    def renamed(payload):\n        """What it does."""'),
    "layout": (
        'convert("total", lambda v: v + 1, inverse=lambda v: v - 1)',
        "convert(\n    'total',\n (lambda v: v + 1),\n    inverse=(\n        lambda v: v - 1\n    ),\n    )",
    ),
    "annotations": ("def renamed(payload):", "def renamed(payload: dict[str, Any]) -> dict[str, Any]:"),
    "name": ("def renamed(", "def renamed_otherwise("),
    "order": (
        '    events.unchanged("order.placed", from_version=5)\n',
        "",
    ),
}

OTHER = {
    "body": ('payload.pop("nr")', 'payload.pop("number")'),
    "new statement": (
        "        return payload\n\n    events.steps",
        "        payload.clear()\n        return payload\n\n    events.steps",
    ),
    "lambda": ("lambda v: v + 1", "lambda v: v + 2"),
    "inverse": ("lambda v: v - 1", "lambda v: v - 2"),
    "no inverse": (", inverse=lambda v: v - 1", ""),
    "swapped lambdas": ("lambda v: v + 1, inverse=lambda v: v - 1", "lambda v: v - 1, inverse=lambda v: v + 1"),
    "default of a function": ('sign="-"', 'sign="+"'),
    "constant": ('add("total", 1)', 'add("total", True)'),
    "kind of number": ('add("total", 1)', 'add("total", 1.0)'),
    "order of steps": (
        'rename("id", to="order_id"), add("total", 1)',
        'add("total", 1), rename("id", to="order_id")',
    ),
    "table": ("{1: 2}", "{1: 4}"),
    "default of a table": ("default=3", "default=4"),
    "nulls": ("default=3", "default=3, nulls=True"),
    "path": ('to="a.zip"', 'to="b.zip"'),
    "unchanged": (
        'unchanged("order.placed", from_version=5)',
        'steps("order.placed", add("total", 0), from_version=5)',
    ),
    "class": ("total: int = 0", "total: int = 1"),
    "new field": ("total: int = 0", "total: int = 0\n        more: str = ''"),
    "former name": ('["order.made"]', '["order.done"]'),
    "unversioned": ("lambda envelope: 1", "lambda envelope: 2"),
    "target of a split": ('into={"order.placed": 2}', 'into={"order.placed": 1}'),
    "drop": ('    events.drop("gone", from_version=1)\n', ""),
    "envelope": (
        "from_version=1)\n    def renamed(payload):",
        "from_version=1, envelope=True)\n    def renamed(payload, *, envelope):",
    ),
}


def _changed(change: tuple[str, str]) -> str:
    old, new = change
    assert old in SOURCE
    changed = SOURCE.replace(old, new, 1)
    if new == "" and "unchanged" in old:
        # Not taken away, but declared first.
        changed = changed.replace("    @events.event", f"{old}\n    @events.event", 1)
    return changed


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_what_does_nothing_does_not_count(fingerprint: Any, change: tuple[str, str]) -> None:
    """Comments, places, layout, docstrings, annotations and the order of registration leave the fingerprint alone."""
    assert fingerprint(SOURCE) == fingerprint(_changed(change))


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_what_does_something_counts(fingerprint: Any, change: tuple[str, str]) -> None:
    """Any change of a step, of the body of a function, of a class or of a version line is another fingerprint."""
    assert fingerprint(SOURCE) != fingerprint(_changed(change))


def test_the_digest_is_the_same_everywhere(fingerprint: Any) -> None:
    """A fixed registry has a fixed digest, on every Python."""
    assert DIGEST == fingerprint(SOURCE)


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_the_digest_does_not_depend_on_the_hash_seed(tmp_path: Path, seed: str) -> None:
    """Processes with different seeds for hashing agree."""
    path = tmp_path / "shop.py"
    path.write_text(f"{SOURCE}print(fingerprint)\n", encoding="utf-8")

    result = subprocess.run(
        [sys.executable, path], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
    )

    assert DIGEST == result.stdout.strip()


def test_a_function_that_calls_itself_has_a_fingerprint(fingerprint: Any) -> None:
    """A helper inside a function that closes over itself ends, and its body counts."""
    recursive = SOURCE.replace(
        "    events = Registry",
        "    def walk(v):\n        return [walk(i) for i in v] if isinstance(v, list) else v\n\n    events = Registry",
    ).replace('payload.pop("nr")', 'walk(payload.pop("nr"))')

    assert fingerprint(recursive) == fingerprint(recursive)
    assert fingerprint(recursive) != fingerprint(recursive.replace("else v\n", "else str(v)\n"))


def test_an_f_string_is_the_same_text_on_every_python() -> None:
    """A format that holds a field itself, which Pythons parse differently, has one form."""

    def formatted(payload: dict[str, Any]) -> str:
        return f"{payload:>{3}}"

    form = function_text(formatted)

    assert "['Constant', {'value': ''}]" not in repr(form)


def test_a_function_may_hold_any_text(fingerprint: Any) -> None:
    """A lone surrogate in the source of a function is no obstacle to its fingerprint."""
    odd = SOURCE.replace('pop("nr")', r'pop("\ud800")')

    assert fingerprint(odd) != fingerprint(odd.replace("ud800", "udfff"))


def test_the_body_behind_a_cache_counts(fingerprint: Any) -> None:
    """A function in a wrapper that keeps it in `__wrapped__` counts by its own source."""
    cached = SOURCE.replace("lambda v: v + 1,", "functools.cache(lambda v: v + 1),")

    assert fingerprint(cached) != fingerprint(cached.replace("v + 1", "v + 2"))
