"""`upcast dlo`: see, check, replay and discard the dead letters of a stream.

`look`, `check`, `replay` and `discard` are the commands; `_select` has the filters they share, `_settle` what those
share that take letters out; `_render` is how letters look for a person, `_document` for a program.
"""

from __future__ import annotations

import click

from upcast.cli._group import LazyGroup

__all__ = ["COMMANDS", "command"]

COMMANDS = {
    "groups": ("upcast.cli.dlo.look:groups", "Count the dead letters by their cause."),
    "list": ("upcast.cli.dlo.look:letters", "List dead letters, the oldest first."),
    "show": ("upcast.cli.dlo.look:show", "Show one dead letter."),
    "check": ("upcast.cli.dlo.check:command", "Tell which dead letters would pass with today's code."),
    "replay": ("upcast.cli.dlo.replay:command", "Give dead letters back to the group that could not handle them."),
    "discard": ("upcast.cli.dlo.discard:command", "Remove dead letters for good."),
}


@click.group(
    "dlo",
    cls=LazyGroup,
    lazily=COMMANDS,
    epilog="""\b
Examples:
  upcast dlo groups orders
  upcast dlo show orders 1763715600000-0
  upcast dlo check orders --registry shop.events:events
  upcast dlo replay orders --fingerprint 9f31 --dry-run

`upcast dlo COMMAND --help` tells more about each.""",
)
def command() -> None:
    """See, check, replay and discard dead letters.

    The dead letter office of a stream keeps what its consumers could not handle, byte for byte, with the reason.
    """
