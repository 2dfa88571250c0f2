"""`upcast settings explain`: where every value comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import click

from upcast.cli._options import json_option, no_color_option
from upcast.cli.settings._options import load_settings, settings_argument

if TYPE_CHECKING:
    from upcast.settings.explanation import ExplainedSetting, Explanation

__all__ = ["command"]

_STYLES = {"set": "green", "default": "", "missing": "red", "refused": "red"}


@click.command(
    "explain",
    epilog="""\b
Examples:
  upcast settings explain shop.settings:AppSettings
  upcast settings explain shop.settings:AppSettings --values
  upcast settings explain shop.settings:AppSettings --json | jq '.fields[] | select(.state == "missing")'

Exit code: 0 if the settings can be loaded, 1 if not, 2 if the command could not run, 130 after Ctrl-C.""",
)
@settings_argument
@click.option(
    "--values",
    is_flag=True,
    help="Print values too, but none of a secret: by its type, its source, or what it is called.",
)
@json_option
@no_color_option
def command(target: str, *, values: bool, as_json: bool, no_color: bool) -> int:
    """Tell where the value of every setting comes from.

    Loads MODULE:CLASS as a start would, and tells of every setting which source, file and line it comes from, how it is
    spelled there, which lower sources it overrides, and which old spellings are in use.
    """
    from upcast.cli._output import echo_json
    from upcast.settings.explanation import explain

    explanation = explain(load_settings(target), values=values)
    if as_json:
        echo_json(_document(explanation, values=values))
    else:
        _show(explanation, values=values, no_color=no_color)
    return 0 if explanation.ok else 1


def _document(explanation: Explanation, *, values: bool) -> dict[str, Any]:
    document = attrs.asdict(explanation)
    for told, field in zip(document["fields"], explanation.fields, strict=True):
        del told["value"]
        if values:
            told["value"] = _shown(field)
    return document


def _shown(field: ExplainedSetting) -> str | None:
    if field.secret:
        return "********" if field.state in {"set", "refused"} else None
    return None if field.value is None else str(field.value)


def _show(explanation: Explanation, *, values: bool, no_color: bool) -> None:
    from upcast.cli._terminal import Text, cell, columns, console, line

    out = console(no_color=no_color)
    heads = ["setting", "state", *(["value"] if values else []), "spelled", "from", "old spelling"]
    rows: list[list[Text]] = []
    for field in explanation.fields:
        place = field.place
        file = "" if place is None else place.file + (f":{place.line}" if place.line is not None else "")
        origin = "" if place is None else f"{place.source} {file}".rstrip()
        if field.overridden:
            origin += f" (over {', '.join(str(each) for each in field.overridden)})"
        rows.append(
            [
                cell(field.field),
                cell(field.state, _STYLES[field.state]),
                *([cell(_shown(field) or "")] if values else []),
                cell(field.spelling if place is None else place.spelling),
                cell(origin, widest=120),
                cell(_legacy(field), "yellow"),
            ]
        )
    for row in columns(heads, rows):
        line(out, row)
    for problem in explanation.problems:
        line(out, cell(problem, "red", widest=1000))


def _legacy(field: ExplainedSetting) -> str:
    use = field.legacy
    return "" if use is None else f"{use.kind} in {use.since}, until {use.remove_in}"
