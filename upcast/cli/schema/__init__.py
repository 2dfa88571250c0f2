"""`upcast schema`: freeze what events are, and keep every change from breaking what is stored.

One module per command; `_sides` reads what `diff` and `export` are about, `_known` refuses slips in names, `_telling`
has the options of commands that report, and prints reports.
"""

from __future__ import annotations

import click

from upcast.cli._group import LazyGroup

__all__ = ["COMMANDS", "command"]

COMMANDS = {
    "freeze": ("upcast.cli.schema.freeze:command", "Write down what each event's class reads and writes."),
    "check": ("upcast.cli.schema.check:command", "Tell whether today's code can be released."),
    "diff": ("upcast.cli.schema.diff:command", "Tell what differs between two versions, and what it breaks."),
    "prove": ("upcast.cli.schema.prove:command", "Search for a stored payload that today's code would not read."),
    "revise": ("upcast.cli.schema.revise:command", "Write the next version of an event whose class was edited."),
    "types": ("upcast.cli.schema.types:command", "Write a TypedDict for each frozen version, for type checkers."),
    "export": ("upcast.cli.schema.export:command", "Print a version as plain JSON Schema."),
    "rules": ("upcast.cli.schema.rules:command", "List the rules, or explain one."),
}


@click.group(
    "schema",
    cls=LazyGroup,
    lazily=COMMANDS,
    epilog="""\b
Examples:
  upcast schema freeze shop.events:events
  upcast schema check shop.events:events --against origin/main
  upcast schema diff schemas#order.placed@1 shop.events:events#order.placed
  upcast schema rules U101

`upcast schema COMMAND --help` tells more about each.""",
)
def command() -> None:
    """Freeze what events are, and tell what a change breaks."""
