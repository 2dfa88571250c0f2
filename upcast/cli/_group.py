"""The commands, by name; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click

__all__ = ["COMMANDS", "upcast"]

COMMANDS = {
    "demo": ("upcast.cli.demo", "See five years of stored events become objects of today's class."),
    "explain": ("upcast.cli._explain", "Tell what happens to a stored event, step by step."),
}
"""For each command its module, which names it `command`, and its line in the list of commands."""


class _Lazy(click.Group):
    """A group that lists its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # as above
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  upcast demo
  upcast explain shop.events:events event.json
  upcast explain shop.events:events --json < event.json

`upcast COMMAND --help` tells more about each.""",
)
@click.version_option(package_name="upcast-events", message="upcast %(version)s")
def upcast() -> None:
    """Read every stored version of an event as an object of today's class."""
