"""Which dead letters a command is about: the filters, shared by all of them."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from upcast.cli._connect import need_client

if TYPE_CHECKING:
    from upcast.streams.office import Selection

__all__ = ["filters", "narrows", "none_of"]

_DURATION = re.compile(r"([0-9]{1,9})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class _Moment(click.ParamType[dt.datetime]):
    """A date, a time, or how long ago."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:  # noqa: ARG002  # click's signature
        """Make a moment of what was written."""
        try:
            if ago := _DURATION.fullmatch(value):
                return dt.datetime.now(dt.UTC) - dt.timedelta(seconds=int(ago[1]) * _SECONDS[ago[2]])
            moment = dt.datetime.fromisoformat(value)
        except (ValueError, OverflowError):
            self.fail("write a date or time such as 2026-11-20 or 2026-11-20T08:30, or an age such as 2h or 3d")
        return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


_OPTIONS = (
    click.option("--reason", help="Only those with this reason, such as upcaster-failed."),
    click.option("--stage", help="Only those that failed there: decode, version, upcast, validate, handler, ..."),
    click.option("--type", "event_type", help="Only those of this event type."),
    click.option("--version", "schema_version", type=int, help="Only those stored with this schema version."),
    click.option("--fingerprint", help="Only those with this cause; 4 digits or more."),
    click.option("--group", help="Only those of this consumer group."),
    click.option("--id", "ids", metavar="LETTER_ID", multiple=True, help="Only this letter; give it again for more."),
    click.option(
        "--since", type=_Moment(), help="Only those that came since: a date, a time (UTC), or an age: 2h, 3d."
    ),
    click.option("--until", type=_Moment(), help="Only those that came before then."),
)
_NAMES = ("reason", "stage", "event_type", "schema_version", "fingerprint", "group", "ids", "since", "until")


def filters(command: Callable[..., int]) -> Callable[..., int]:
    """Add the filters to a command, which gets them as one argument, `selection`."""

    @functools.wraps(command)
    def selecting(**arguments: Any) -> int:
        chosen = {name: arguments.pop(name) for name in _NAMES}
        return command(selection=_selection(chosen), **arguments)

    for option in reversed(_OPTIONS):
        option(selecting)
    return selecting


def narrows(selection: Selection) -> bool:
    """Whether any filter was given."""
    return selection != type(selection)()


def none_of(stream: str, selection: Selection) -> str:
    """What is said where no letter is selected."""
    return f"no dead letter in {stream} is one of those" if narrows(selection) else f"no dead letters in {stream}"


def _selection(chosen: dict[str, Any]) -> Selection:
    need_client("upcast dlo")
    from upcast.streams.errors import RequestRefused
    from upcast.streams.office import Selection

    try:
        return Selection(**chosen)
    except RequestRefused as error:
        raise click.UsageError(str(error)) from error
