"""`upcast stream check`: today's code over a sample of what is stored. Nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import click

from upcast.cli._connect import on_server, url_option
from upcast.cli._options import json_option, no_color_option, registry_option, stream_argument
from upcast.cli._output import echo_json
from upcast.cli._problem import CannotRun

if TYPE_CHECKING:
    from valkey.asyncio import Valkey

    from upcast.streams.check import StreamCheck

__all__ = ["command"]


@click.command(
    "check",
    epilog="""\b
Examples:
  upcast stream check orders --registry shop.events:events
  upcast stream check orders --registry shop.events:events --sample 1000000
  UPCAST_REGISTRY=shop.events:events upcast stream check orders --json

Exit code: 0 if all that was read would pass, 1 if not, 2 if there was nothing to read or the command
could not run.""",
)
@stream_argument
@registry_option("What to read with: the registry or codec of today's code.", required=True)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="How many entries to read at most, spread over the stream.",
)
@click.option("--allow-empty", is_flag=True, help="Take a stream without entries for one that passes.")
@url_option
@json_option
@no_color_option
def command(
    stream: str, registry: str, sample: int, url: str, *, allow_empty: bool, as_json: bool, no_color: bool
) -> int:
    """Tell what today's code makes of what is in a stream.

    Reads a sample of the entries with the registry or codec at hand: by type and version, what passes, what fails,
    and where. Run it before a release, on the real stream.
    """
    from upcast.cli._load import load_stream_codec
    from upcast.cli._terminal import Bar

    codec = load_stream_codec(registry)

    async def read(client: Valkey) -> StreamCheck:
        from upcast.streams.check import check_stream

        return await check_stream(client, codec, stream, sample=sample, progress=bar.reach)

    with Bar("checking", no_color=no_color, active=not as_json) as bar:
        found = on_server(url, read, purpose="upcast stream")
    if not (found.length or allow_empty):
        # A gate must not open because of a slip in a name.
        raise CannotRun(f"{stream} has no entries: correct its name, or add --allow-empty")
    if as_json:
        echo_json(
            {
                "stream": stream,
                "length": found.length,
                "sampled": found.sampled,
                "whole": found.whole,
                "passed": found.passed,
                "failed": found.failed,
                "kinds": list(map(attrs.asdict, found.kinds)),
            }
        )
    else:
        from upcast.cli.stream._render import show

        show(found, no_color=no_color)
    return 0 if found.failed == 0 else 1
