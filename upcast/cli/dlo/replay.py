"""`upcast dlo replay`: give dead letters back to the group that could not handle them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from upcast.cli._options import registry_option
from upcast.cli.dlo._select import filters
from upcast.cli.dlo._settle import Progress, Settling, settling

if TYPE_CHECKING:
    from upcast.streams.office import DeadLetterOffice, LetterCheck, LetterGroup, ReplayReport, Selection

__all__ = ["command"]


@click.command(
    "replay",
    epilog="""\b
Examples:
  upcast dlo replay orders --fingerprint 9f31 --dry-run
  upcast dlo replay orders --fingerprint 9f31
  upcast dlo replay orders --registry shop.events:events --only-passing --rate 200 --yes
  upcast dlo replay orders --id 1763715600000-0 --yes --json

Exit code: 0 if no letter stays but those that would fail again, 1 if others stay or you said no, 2 if the command
could not run, 130 after Ctrl-C, which loses nothing.""",
)
@filters
@registry_option("What --only-passing reads with: the registry or codec of today's code.")
@click.option("--only-passing", is_flag=True, help="Only those that today's code can read.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="How many in a second at most.")
@click.option("--limit", type=click.IntRange(min=1), help="How many at most.")
@click.option(
    "--max-replays",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Leave those that were replayed as often before.",
)
@settling
def command(
    settling: Settling,
    selection: Selection,
    registry: str | None,
    rate: float | None,
    limit: int | None,
    max_replays: int,
    *,
    only_passing: bool,
) -> int:
    """Give dead letters back to the group that could not handle them.

    Only that group gets them again, under their own ids where the stream still has them. Shows what it is about and
    asks first. What was done with each letter is kept in the audit stream of the office.
    """
    codec = None
    if only_passing:
        if registry is None:
            raise click.UsageError("--only-passing needs --registry MODULE:REGISTRY, to read the letters with")
        from upcast.cli._load import load_stream_codec

        codec = load_stream_codec(registry)

    async def look(office: DeadLetterOffice) -> list[LetterGroup] | LetterCheck:
        return await (office.groups(selection) if codec is None else office.check(codec, selection))

    async def act(office: DeadLetterOffice, chosen: Selection, progress: Progress) -> ReplayReport:
        return await office.replay(
            chosen,
            only_passing=codec,
            rate=rate,
            limit=limit,
            max_replays=max_replays,
            dry_run=settling.dry_run,
            by=settling.by,
            progress=progress,
        )

    those = "those that would pass" if only_passing else "them"
    question = f"Replay {those}?" if limit is None else f"Replay {limit:,} of {those} at most?"
    report = settling.settle("replay", question, selection, look, act)
    return 1 if sum(report.skipped.values()) else 0
