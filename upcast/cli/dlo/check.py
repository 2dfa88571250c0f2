"""`upcast dlo check`: would they pass with today's code? Nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import click

from upcast.cli._connect import url_option
from upcast.cli._options import json_option, no_color_option, registry_option, stream_argument
from upcast.cli._output import echo, echo_json
from upcast.cli.dlo._office import in_office
from upcast.cli.dlo._select import filters, none_of

if TYPE_CHECKING:
    from upcast.streams.office import Selection

__all__ = ["command"]


@click.command(
    "check",
    epilog="""\b
Examples:
  upcast dlo check orders --registry shop.events:events
  upcast dlo check orders --registry shop.events:events --reason upcaster-failed --json
  UPCAST_REGISTRY=shop.events:events upcast dlo check orders && echo all would pass

Exit code: 0 if all would pass, 1 if not, 2 if the command could not run.""",
)
@stream_argument
@registry_option("What to read with: the registry or codec of today's code.", required=True)
@filters
@url_option
@json_option
@no_color_option
def command(stream: str, registry: str, selection: Selection, url: str, *, as_json: bool, no_color: bool) -> int:
    """Tell which dead letters would pass with today's code.

    Reads the stored bytes with the registry or codec at hand, cause by cause. No handler is called: a letter whose
    handler failed passes if its event can be read.
    """
    from upcast.cli._load import load_stream_codec
    from upcast.cli._terminal import Bar

    codec = load_stream_codec(registry)
    with Bar("checking", no_color=no_color, active=not as_json) as bar:
        found = in_office(url, stream, lambda office: office.check(codec, selection, progress=bar.advance))
    if as_json:
        groups = [{**attrs.asdict(checked), "verdict": checked.verdict} for checked in found.groups]
        echo_json({"stream": stream, "total": found.total, "passed": found.passed, "groups": groups})
    elif not found.total:
        echo(none_of(stream, selection))
    else:
        from upcast.cli.dlo._render import show_check

        show_check(found, no_color=no_color)
    return 0 if found.passed == found.total else 1
