"""`upcast dlo discard`: remove dead letters for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from upcast.cli.dlo._select import filters, narrows
from upcast.cli.dlo._settle import Progress, Settling, settling

if TYPE_CHECKING:
    from upcast.streams.office import DeadLetterOffice, DiscardReport, Selection

__all__ = ["command"]


@click.command(
    "discard",
    epilog="""\b
Examples:
  upcast dlo discard orders --fingerprint 9f31 --because "test orders of the load test" --dry-run
  upcast dlo discard orders --reason no-letter --because "written by hand" --yes
  upcast dlo discard orders --all --because "the shop is closed"

Exit code: 0 if it was done, 1 if you said no, 2 if the command could not run, 130 after Ctrl-C.""",
)
@filters
@click.option("--because", required=True, metavar="TEXT", help="Why, for the audit stream.")
@click.option("--all", "everything", is_flag=True, help="Every letter; without filters nothing else is accepted.")
@settling
def command(settling: Settling, selection: Selection, because: str, *, everything: bool) -> int:
    """Remove dead letters for good.

    The letters are gone afterwards, and with them the bytes if the stream was trimmed; that and why is kept in the
    audit stream of the office. Shows what it is about and asks first.
    """
    if everything == narrows(selection):
        raise click.UsageError(
            "say which letters, by --fingerprint, --reason, --id or another filter, or --all for every one; not both"
        )

    async def act(office: DeadLetterOffice, chosen: Selection, progress: Progress) -> DiscardReport:
        return await office.discard(
            chosen, because=because, by=settling.by, dry_run=settling.dry_run, progress=progress
        )

    settling.settle("discard", "Discard them?", selection, lambda office: office.groups(selection), act)
    return 0
