"""`upcast dlo groups`, `list` and `show`: what is in the office. Nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import click

from upcast.cli._connect import url_option
from upcast.cli._options import json_option, no_color_option, registry_option, stream_argument
from upcast.cli._output import echo, echo_json
from upcast.cli.dlo._office import in_office
from upcast.cli.dlo._select import filters, none_of

if TYPE_CHECKING:
    from upcast._codec import Codec
    from upcast._explain import Explanation
    from upcast.streams.letters import DeadLetter
    from upcast.streams.office import DeadLetterOffice, Selection

__all__ = ["groups", "letters", "show"]


@click.command(
    "groups",
    epilog="""\b
Examples:
  upcast dlo groups orders
  upcast dlo groups orders --since 2h
  upcast dlo groups orders --json --url unix:///run/valkey.sock

Exit code: 0 if the office could be read, 2 if not.""",
)
@stream_argument
@filters
@url_option
@json_option
@no_color_option
def groups(stream: str, selection: Selection, url: str, *, as_json: bool, no_color: bool) -> int:
    """Count the dead letters by their cause.

    Letters with one fingerprint have one cause: the same reason at the same place. The largest group comes first.
    """
    found = in_office(url, stream, lambda office: office.groups(selection))
    if as_json:
        echo_json(
            {"stream": stream, "letters": sum(group.count for group in found), "groups": list(map(attrs.asdict, found))}
        )
        return 0
    if not found:
        echo(none_of(stream, selection))
        return 0
    from upcast.cli.dlo._render import show_groups

    show_groups(stream, found, no_color=no_color)
    return 0


@click.command(
    "list",
    epilog="""\b
Examples:
  upcast dlo list orders
  upcast dlo list orders --reason upcaster-failed --version 2 --limit 100
  upcast dlo list orders --since 2026-11-20 --json

Exit code: 0 if the office could be read, 2 if not.""",
)
@stream_argument
@filters
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many at most.")
@url_option
@json_option
@no_color_option
def letters(stream: str, selection: Selection, limit: int, url: str, *, as_json: bool, no_color: bool) -> int:
    """List dead letters, the oldest first.

    Nothing of a payload is shown.
    """

    async def read(office: DeadLetterOffice) -> list[DeadLetter]:
        # One more than is shown tells whether there are more.
        return [letter async for letter in office.letters(selection, limit=limit + 1)]

    found = in_office(url, stream, read)
    shown, more = found[:limit], len(found) > limit
    if as_json:
        from upcast.cli.dlo._document import letter_document

        echo_json({"stream": stream, "letters": [letter_document(letter) for letter in shown], "more": more})
        return 0
    if not shown:
        echo(none_of(stream, selection))
        return 0
    from upcast.cli.dlo._render import show_letters

    show_letters(shown, more=more, no_color=no_color)
    return 0


@click.command(
    "show",
    epilog="""\b
Examples:
  upcast dlo show orders 1763715600000-0
  upcast dlo show orders 1763715600000-0 --values
  upcast dlo show orders 1763715600000-0 --values --registry shop.events:events

Exit code: 0 if there is such a letter, 2 if not.""",
)
@stream_argument
@click.argument("letter", metavar="LETTER_ID")
@click.option("--values", is_flag=True, help="Print the stored entry too, with the values of its payload.")
@registry_option("With --values: tell step by step what today's code makes of it.")
@url_option
@json_option
@no_color_option
def show(
    stream: str, letter: str, registry: str | None, url: str, *, values: bool, as_json: bool, no_color: bool
) -> int:
    """Show one dead letter.

    Why it is here, where it failed and what it comes from. Values of the payload are printed with --values only.
    """
    from upcast.cli.dlo._document import entry_document, letter_document

    codec = None
    if values and registry is not None:
        from upcast.cli._load import load_stream_codec

        codec = load_stream_codec(registry)

    found = in_office(url, stream, lambda office: office.get(letter))
    explanation = _explained(codec, found) if codec is not None and found.entry else None
    if as_json:
        document = letter_document(found)
        if values:
            document["entry"] = entry_document(found)
        if explanation is not None:
            from upcast.cli._explain import explanation_document

            document["explanation"] = explanation_document(explanation)
        echo_json(document)
        return 0
    from upcast.cli.dlo._render import show_entry, show_letter

    show_letter(found, no_color=no_color)
    if values:
        show_entry(found, no_color=no_color)
    if explanation is not None:
        echo(f"\n{explanation}")
    return 0


def _explained(codec: Codec[Any], letter: DeadLetter) -> Explanation:
    from upcast._explain import Explanation
    from upcast.errors import MalformedEvent
    from upcast.streams._entry import fields_of

    try:
        return codec.explain(fields_of(letter.entry))
    except MalformedEvent as error:  # a field stands twice, which a consumer refuses before its codec
        return Explanation.refused(error, None)
