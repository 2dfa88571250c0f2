"""`upcast stream`: look at a stream through today's classes; `check` and `_render`."""

from __future__ import annotations

import click

from upcast.cli._group import LazyGroup

__all__ = ["COMMANDS", "command"]

COMMANDS = {
    "check": ("upcast.cli.stream.check:command", "Tell what today's code makes of what is in a stream."),
}


@click.group(
    "stream",
    cls=LazyGroup,
    lazily=COMMANDS,
    epilog="""\b
Examples:
  upcast stream check orders --registry shop.events:events

`upcast stream COMMAND --help` tells more about each.""",
)
def command() -> None:
    """Look at a stream through today's classes."""
