"""`upcast schema diff`: what differs between two versions of an event."""

from __future__ import annotations

import click

from upcast.cli.schema._sides import GRAMMAR
from upcast.cli.schema._telling import Telling, telling

__all__ = ["command"]


@click.command(
    "diff",
    epilog=f"""\b
Either side is one of:
{GRAMMAR.removeprefix(chr(8) + chr(10))}

\b
Examples:
  upcast schema diff schemas#order.placed@1 schemas#order.placed@2
  upcast schema diff schemas#order.placed shop.events:events#order.placed --policy full
  upcast schema diff git:main:schemas#order.placed schemas#order.placed
  upcast schema diff before.json after.json --json

Exit code: 0 if nothing blocks under the policy, 1 if something does, 2 if the command could not run.""",
)
@click.argument("old")
@click.argument("new")
@click.option(
    "--policy",
    type=click.Choice(["backward", "forward", "full", "rolling", "none"]),
    default="full",
    show_default=True,
    help="What blocks: that the newer refuses what the older wrote (backward), the opposite (forward), either "
    "(full, rolling), or nothing.",
)
@click.option(
    "--open-objects",
    type=click.Choice(["lenient", "strict"]),
    default="lenient",
    show_default=True,
    help="Whether what the older may have held under the name of a new field counts (strict) or not.",
)
@telling
def command(telling: Telling, old: str, new: str, policy: str, open_objects: str) -> int:
    """Tell what differs between two versions, and what it breaks.

    Each difference that breaks comes with a payload that shows it: one that the one side writes and the decoder of the
    other refuses. Steps between the versions are not run: that is what `upcast schema check` does.
    """
    from upcast.cli.schema._sides import load_side
    from upcast.schemas.diff import diff
    from upcast.schemas.reports.documents import document_of_diff

    sides = load_side(old, version=1), load_side(new, version=2)
    found = diff(*sides, policy=policy, open_objects=open_objects)  # type: ignore[arg-type]  # click chose from them
    return telling.tell(document_of_diff(found), fallback=new.partition("#")[0])
