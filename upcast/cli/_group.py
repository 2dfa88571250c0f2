"""The commands, by name; each is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

__all__ = ["COMMANDS", "LazyGroup", "upcast"]

COMMANDS = {
    "demo": (
        "upcast.cli.demo:command",
        "See five years of stored events become objects of today's class.",
    ),
    "explain": ("upcast.cli._explain:command", "Tell what happens to a stored event, step by step."),
    "schema": ("upcast.cli.schema:command", "Freeze what events are, and tell what a change breaks."),
    "settings": ("upcast.cli.settings:command", "See where settings come from, and rewrite old spellings."),
    "stream": ("upcast.cli.stream:command", "Look at a stream through today's classes."),
    "dlo": ("upcast.cli.dlo:command", "See, check, replay and discard dead letters."),
}
"""For each command where it is, as module:attribute, and its line in the list of commands."""


class LazyGroup(click.Group):
    """A group that lists its commands without importing them.

    Args:
        lazily: For each command where it is, as module:attribute, and its line in the list of commands.
        attributes: What a group of click takes.
    """

    def __init__(self, *, lazily: Mapping[str, tuple[str, str]], **attributes: Any) -> None:
        super().__init__(**attributes)
        self._lazily = lazily

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """The names of the commands."""
        return list(self._lazily)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        """Import a command."""
        if cmd_name not in self._lazily:
            return None
        module, _, attribute = self._lazily[cmd_name][0].partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # as above
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._lazily.items()])


@click.group(
    cls=LazyGroup,
    lazily=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  upcast demo
  upcast explain shop.events:events event.json
  upcast explain shop.events:events --json < event.json
  upcast schema check shop.events:events
  upcast settings explain shop.settings:AppSettings
  upcast stream check orders --registry shop.events:events
  upcast dlo groups orders

`upcast COMMAND --help` tells more about each.""",
)
@click.version_option(package_name="upcast-events", message="upcast %(version)s")
def upcast() -> None:
    """Read every stored version of an event as an object of today's class."""
