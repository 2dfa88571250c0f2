"""`upcast schema rules`: the catalogue, and what each rule is about."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import attrs
import click

from upcast.cli._options import json_option, no_color_option
from upcast.cli._output import echo_json
from upcast.cli._problem import CannotRun

if TYPE_CHECKING:
    from upcast.schemas.rules import Rule

__all__ = ["command"]

_STYLES = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}


@click.command(
    "rules",
    epilog="""\b
Examples:
  upcast schema rules
  upcast schema rules U101
  upcast schema rules required-field-added
  upcast schema rules --json

Exit code: 0, or 2 if there is no such rule.""",
)
@click.argument("rule", required=False)
@json_option
@no_color_option
def command(rule: str | None, *, as_json: bool, no_color: bool) -> int:
    """List the rules, or explain one.

    RULE is the id or the name of a rule. Its explanation has an example from before and after such a change, and a
    payload that shows it.
    """
    from upcast.schemas.rules import RULES

    found = None if rule is None else _find(rule)
    if as_json:
        echo_json([_document(each) for each in RULES.values()] if found is None else _document(found))
    elif found is None:
        _list(no_color=no_color)
    else:
        _explain(found, no_color=no_color)
    return 0


def _find(name: str) -> Rule:
    from upcast.schemas.rules import RULES

    by_name = {rule.slug: rule for rule in RULES.values()} | dict(RULES)
    if found := by_name.get(name) or by_name.get(name.upper()):
        return found
    near = difflib.get_close_matches(name, by_name, n=3)
    hint = f": perhaps {' or '.join(near)}" if near else ": upcast schema rules lists them"
    raise CannotRun(f"there is no rule {name!r}{hint}")


def _document(rule: Rule) -> dict[str, Any]:
    return attrs.asdict(rule)


def _list(*, no_color: bool) -> None:
    from upcast.cli._terminal import cell, columns, console, line
    from upcast.schemas.rules import RULES

    out = console(no_color=no_color)
    rows = [
        [
            cell(rule.id, "bold"),
            cell(rule.severity, _STYLES[rule.severity]),
            cell(rule.slug),
            cell(rule.title, "dim", widest=200),
        ]
        for rule in RULES.values()
    ]
    for text in columns(("rule", "at worst", "name", "when"), rows):
        line(out, text)


def _explain(rule: Rule, *, no_color: bool) -> None:
    from upcast.cli._terminal import INDENT, Text, cell, console, line

    out = console(no_color=no_color)
    line(out, cell(f"{rule.severity}[{rule.id}]", _STYLES[rule.severity]).append(f" {rule.slug}", style="bold"))
    line(out, cell(f"{rule.title[:1].upper()}{rule.title[1:]}.", widest=2_000))
    if rule.effects:
        line(out, Text("what it does: ", style="dim").append(", ".join(map(_EFFECTS.__getitem__, rule.effects))))
    for label, source in (("before", rule.old), ("between", rule.between), ("after", rule.new)):
        if source:
            line(out)
            line(out, Text(label, style="dim"))
            for row in source.strip("\n").split("\n"):
                line(out, f"{INDENT}{row}")
    if rule.witness:
        line(out)
        line(out, Text("shown by ", style="dim").append(rule.witness))
    line(out)
    line(out, cell(rule.hint, widest=2_000))
    if rule.mirror:
        line(out, cell(f"the opposite change, in the opposite direction: {rule.mirror}", "dim"))


_EFFECTS = {
    "backward": "today's class refuses stored payloads",
    "forward": "older readers refuse new payloads",
    "loss": "data is lost",
    "meaning": "payloads are read as something else",
}
