"""`upcast settings`: see where settings come from, find and rewrite old spellings, and tell whether a start will work.

One module per command; `_options` has what they share.
"""

from __future__ import annotations

import click

from upcast.cli._group import LazyGroup

__all__ = ["COMMANDS", "command"]

COMMANDS = {
    "explain": ("upcast.cli.settings.explain:command", "Tell where the value of every setting comes from."),
    "health": ("upcast.cli.settings.health:command", "Tell whether a service would start with what it finds here."),
    "lint": ("upcast.cli.settings.lint:command", "Find old spellings in files, the environment and manifests."),
    "update": ("upcast.cli.settings.update:command", "Write old spellings as the new ones, and nothing else."),
    "rolling": ("upcast.cli.settings.rolling:command", "Load stored files of the releases around today's."),
}


@click.group(
    "settings",
    cls=LazyGroup,
    lazily=COMMANDS,
    epilog="""\b
Examples:
  upcast settings explain shop.settings:AppSettings
  upcast settings health shop.settings:AppSettings
  upcast settings lint shop.settings:AppSettings config.toml .env k8s/*.yaml
  upcast settings update shop.settings:AppSettings config.toml --write
  upcast schema check shop.settings:AppSettings

`upcast settings COMMAND --help` tells more about each.""",
)
def command() -> None:
    """See where settings come from, and rewrite old spellings."""
