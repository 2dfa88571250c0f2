"""What every command prints the same way: text that commands no terminal, and JSON documents."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import click
import msgspec

__all__ = ["echo", "echo_json", "printable"]


def printable(text: str) -> str:
    """Escape what a terminal would obey instead of showing it: names and ids come from whoever wrote the event."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def echo(text: str) -> None:
    """Print a text whose characters come from elsewhere."""
    click.echo(printable(text))
    sys.stdout.flush()


def echo_json(document: Any) -> None:
    """Print one JSON document; what a terminal would obey is escaped as JSON does it."""
    text = msgspec.json.format(msgspec.json.encode(document, enc_hook=_as_json), indent=2).decode()
    click.echo("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))
    sys.stdout.flush()


def _as_json(value: object) -> Any:
    if isinstance(value, Mapping):  # a read-only view of one
        return dict(value)
    raise NotImplementedError(type(value).__qualname__)
