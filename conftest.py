"""Runs the examples of the documentation and the README as tests; `tests/markdown_examples.py` says how."""

from __future__ import annotations

from markdown_examples import collect

pytest_collect_file = collect
